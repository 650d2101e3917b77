//! Time-based one-time passwords (RFC 6238: HMAC-SHA-1, 30 seconds, six digits, as every authenticator app takes them),
//! and the recovery codes beside them. Values in, values out: refuses to know accounts and the store.

use crate::model::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Seconds for which one code is shown.
pub const STEP_S: i64 = 30;
/// Steps before and after the present one whose codes are accepted too: telephones' clocks differ.
pub const DRIFT_STEPS: u64 = 1;
/// Digits of a code.
const DIGITS: usize = 6;
/// Bytes of a secret, as many as SHA-1 gives (RFC 4226 section 4).
const SEED_BYTES: usize = 20;
/// What authenticator apps show above the name.
const ISSUER: &str = "wecom-bridge";

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A new secret in Base32, as apps take it when it is typed.
pub fn new_seed() -> Secret {
    Secret::new(encode(&rand::random::<[u8; SEED_BYTES]>()))
}

/// The number of the present step.
pub fn step_at(now_ms: i64) -> u64 {
    u64::try_from(now_ms.max(0) / 1_000 / STEP_S).unwrap_or(0)
}

/// The code of a step; `None` when the secret is not Base32.
pub fn code_at(seed: &Secret, step: u64) -> Option<String> {
    let seed = decode(seed.expose())?;
    let mac = Hmac::<Sha1>::new_from_slice(&seed).ok()?.chain_update(step.to_be_bytes()).finalize().into_bytes();
    let offset = usize::from(mac.last()? & 0x0F);
    let word = mac.get(offset..offset + 4)?.first_chunk::<4>()?;
    let number = (u32::from_be_bytes(*word) & 0x7FFF_FFFF) % 10_u32.pow(6);
    Some(format!("{number:0DIGITS$}"))
}

/// The step whose code this is, among the present one and its neighbours that lie behind `last_step`. Blanks in the
/// code do not matter.
pub fn find_step(seed: &Secret, code: &str, now_ms: i64, last_step: u64) -> Option<u64> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let now = step_at(now_ms);
    let mut found = None;
    for step in now.saturating_sub(DRIFT_STEPS)..=now + DRIFT_STEPS {
        let wanted = code_at(seed, step)?;
        if step > last_step && bool::from(wanted.as_bytes().ct_eq(code.as_bytes())) {
            found = Some(step);
        }
    }
    found
}

/// The address that an app reads from the QR code.
pub fn uri(name: &str, seed: &Secret) -> Secret {
    // Sign-in names are ASCII; of their characters only the @ has a meaning in a URI's path, and none that harms.
    Secret::new(format!(
        "otpauth://totp/{ISSUER}:{name}?secret={}&issuer={ISSUER}&algorithm=SHA1&digits={DIGITS}&period={STEP_S}",
        seed.expose()
    ))
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
#[error("the address does not fit into a QR code: {0}")]
pub struct QrError(String);

/// A text as a QR code: one `<svg>` element of plain attributes, black on white, that may stand in a page under a strict
/// content security policy.
pub fn qr_svg(text: &str) -> Result<String, QrError> {
    let code = qrcode::QrCode::new(text).map_err(|error| QrError(error.to_string()))?;
    let image = code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(200, 200).build();
    Ok(match image.find("<svg") {
        Some(at) => image[at..].to_owned(),
        None => image,
    })
}

/// New recovery codes: 80 random bits each, in groups of four to be copied by hand.
pub fn new_recovery_codes(count: u8) -> Vec<Secret> {
    (0..count)
        .map(|_| {
            let text = encode(&rand::random::<[u8; 10]>()).to_ascii_lowercase();
            let groups: Vec<&str> = (0..4).filter_map(|at| text.get(at * 4..at * 4 + 4)).collect();
            Secret::new(groups.join("-"))
        })
        .collect()
}

/// The form in which a recovery code is kept; however it was typed. `None` when it cannot be one.
pub fn hash_of_recovery_code(code: &str) -> Option<String> {
    let bare: String =
        code.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_lowercase()).collect();
    let fine = bare.len() == 16 && bare.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'));
    fine.then(|| hex::encode(Sha256::digest(bare)))
}

/// RFC 4648 Base32 without padding.
fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut held, mut bits) = (0_u32, 0);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(letter(held >> bits));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(letter(held << (5 - bits)));
    }
    text
}

fn letter(value: u32) -> char {
    char::from(BASE32[usize::from((value & 31) as u8)])
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    let (mut held, mut bits) = (0_u32, 0);
    for byte in text.bytes() {
        let value = BASE32.iter().position(|letter| *letter == byte)?;
        held = (held << 5) | u32::try_from(value).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xFF).ok()?);
        }
        held &= (1 << bits) - 1;
    }
    (!bytes.is_empty()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seed() -> Secret {
        Secret::new(encode(b"12345678901234567890"))
    }

    #[test]
    fn the_vectors_of_rfc_6238() {
        // appendix B, SHA-1; eight digits there, the last six of them here
        for (at_s, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code_at(&seed(), step_at(at_s * 1_000)).unwrap(), code, "at {at_s} s");
        }
    }

    #[test]
    fn which_codes_are_accepted() {
        let now_ms = 1_111_111_111_000;
        let now = step_at(now_ms);
        for (step, last, accepted) in [
            (now, 0, true),
            (now - 1, 0, true),
            (now + 1, 0, true),
            (now - 2, 0, false),
            (now + 2, 0, false),
            (now, now, false),     // used already
            (now - 1, now, false), // older than one that was used
            (now + 1, now, true),
        ] {
            let code = code_at(&seed(), step).unwrap();
            let found = find_step(&seed(), &code, now_ms, last);
            assert_eq!(found, accepted.then_some(step), "step {step}, last {last}");
        }
        let code = code_at(&seed(), now).unwrap();
        assert_eq!(find_step(&seed(), &format!(" {} {}", &code[..3], &code[3..]), now_ms, 0), Some(now));
        for wrong in ["", "12345", "１２３４５６", &code[1..], &format!("{code}0")] {
            assert_eq!(find_step(&seed(), wrong, now_ms, 0), None, "{wrong:?}");
        }
    }

    #[test]
    fn base32_as_in_rfc_4648() {
        for (plain, text) in
            [("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("foobar", "MZXW6YTBOI")]
        {
            assert_eq!(encode(plain.as_bytes()), text);
        }
        assert_eq!(decode("MZXW6!"), None);
        assert_eq!(decode(""), None);
    }

    proptest! {
        #[test]
        fn base32_reads_back(bytes in prop::collection::vec(any::<u8>(), 1..40)) {
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }
    }

    #[test]
    fn the_picture_is_one_plain_element() {
        let svg = qr_svg(uri("zhang.san@example", &seed()).expose()).unwrap();
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"), "{svg}");
        assert!(!svg.contains("style") && !svg.contains("script") && !svg.contains("<?xml"), "{svg}");
        assert!(qr_svg(&"x".repeat(5_000)).is_err());
    }

    #[test]
    fn recovery_codes_are_kept_as_hashes_however_they_are_typed() {
        let codes = new_recovery_codes(10);
        assert_eq!(codes.len(), 10);
        let code = codes[0].expose();
        assert_eq!((code.len(), code.matches('-').count()), (19, 3), "{code}");
        let hash = hash_of_recovery_code(code).unwrap();
        assert_eq!(hash_of_recovery_code(&code.to_uppercase().replace('-', " ")), Some(hash.clone()));
        assert_ne!(hash_of_recovery_code(codes[1].expose()), Some(hash));
        for wrong in ["", "123456", &code[1..], "0000-0000-0000-0000"] {
            assert_eq!(hash_of_recovery_code(wrong), None, "{wrong:?}");
        }
    }
}
