//! The decrypted text of a callback, XML or JSON: no panic, and what was read can be read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wecom_bridge::callbacks::incoming::Incoming;

fuzz_target!(|text: &str| {
    if let Ok(incoming) = Incoming::parse(text) {
        let again = Incoming::parse(text).map(|again| again.digest);
        assert_eq!(again.as_ref(), Ok(&incoming.digest));
        let _ = incoming.tree.to_json();
    }
});
