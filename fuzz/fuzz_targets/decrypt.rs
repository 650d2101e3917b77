//! Encrypted texts that nobody has encrypted: no panic, and never taken.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wecom_bridge::wecom::crypto::CallbackCrypto;

fuzz_target!(|text: &str| {
    let Ok(crypto) = CallbackCrypto::new("token", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "ww1") else { return };
    assert!(crypto.decrypt(text).is_err());
    assert!(crypto.open(text, text, text, text).is_err());
});
