//! The outer body of a callback, XML or JSON: no panic, whatever comes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wecom_bridge::wecom::crypto::envelope::Envelope;

fuzz_target!(|text: &str| {
    let _ = Envelope::parse(text);
});
