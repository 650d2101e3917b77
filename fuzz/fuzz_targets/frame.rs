//! What stands inside of a text that was encrypted with the right key, behind signature and padding: no panic, and it is
//! taken exactly where it is a frame as WeCom describes it (doc path 90968).
#![no_main]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use wecom_bridge::callbacks::incoming::Incoming;
use wecom_bridge::wecom::crypto::{AesKey, CallbackCrypto};

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const RECEIVER: &[u8] = b"ww1";

fuzz_target!(|bytes: &[u8]| {
    let (Ok(crypto), Ok(key)) = (CallbackCrypto::new("token", KEY, "ww1"), AesKey::parse(KEY)) else { return };
    let mut frame = bytes.to_vec();
    // every second one is given its length and its receiver, so that what follows is reached as well
    if bytes.len() >= 20 && bytes[0] % 2 == 0 {
        let length = u32::try_from(bytes.len() - 20).unwrap_or(u32::MAX);
        frame[16..20].copy_from_slice(&length.to_be_bytes());
        frame.extend_from_slice(RECEIVER);
    }
    let encrypted = STANDARD.encode(key.seal(&frame));
    let signature = crypto.sign("1", "2", &encrypted);
    let opened = crypto.open(&signature, "1", "2", &encrypted);
    assert_eq!(opened.as_deref().ok(), message(&frame));
    let _ = crypto.receiver_of(&encrypted);
    if let Ok(text) = opened {
        let _ = Incoming::parse(&text);
    }
});

/// 16 bytes of chance, the length of the message (4 bytes, the highest first), the message, the receiver.
fn message(frame: &[u8]) -> Option<&str> {
    let length = u32::from_be_bytes(*frame.get(16..)?.first_chunk()?);
    let (message, receiver) = frame.get(20..)?.split_at_checked(usize::try_from(length).ok()?)?;
    std::str::from_utf8(message).ok().filter(|_| receiver == RECEIVER)
}
