//! The signature of a telling, as the Standard Webhooks specification has it: HMAC-SHA256 over id, time and body.

use crate::model::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// What every secret begins with.
const PREFIX: &str = "whsec_";
/// Random bytes of a secret.
const SECRET_BYTES: usize = 32;

/// A new secret: `whsec_` and base64.
pub(super) fn generate() -> Secret {
    let bytes: [u8; SECRET_BYTES] = rand::random();
    Secret::new(format!("{PREFIX}{}", STANDARD.encode(bytes)))
}

/// `v1,<base64>`: the header `webhook-signature` of a telling. `timestamp_s` is that of the header `webhook-timestamp`.
pub fn signature(secret: &Secret, id: &str, timestamp_s: i64, body: &str) -> String {
    let text = secret.expose();
    let key = text.strip_prefix(PREFIX).and_then(|encoded| STANDARD.decode(encoded).ok());
    let key = key.unwrap_or_else(|| text.as_bytes().to_vec());
    // an HMAC takes keys of every length
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(&key) else { return String::new() };
    let mac = mac.chain_update(id).chain_update(".").chain_update(timestamp_s.to_string()).chain_update(".");
    let mac = mac.chain_update(body).finalize().into_bytes();
    format!("v1,{}", STANDARD.encode(mac))
}

/// What a receiver does: whether one of the signatures of the header fits and the time is at most `tolerance_s` away.
pub fn verify(
    secret: &Secret,
    (id, timestamp_s, body): (&str, i64, &str),
    signatures: &str,
    now_s: i64,
    tolerance_s: i64,
) -> bool {
    let wanted = signature(secret, id, timestamp_s, body);
    (now_s - timestamp_s).abs() <= tolerance_s
        && signatures.split(' ').any(|given| bool::from(given.as_bytes().ct_eq(wanted.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specification_s_own_sample() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let body = r#"{"test": 2432232314}"#;
        let got = signature(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(got, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn what_a_receiver_refuses() {
        let secret = generate();
        let good = signature(&secret, "1", 1_000, "{}");
        for (id, at_s, body, given, now_s, fits) in [
            ("1", 1_000, "{}", good.clone(), 1_000, true),
            ("1", 1_000, "{}", format!("v1,AAAA {good}"), 1_300, true),
            ("1", 1_000, "{}", good.clone(), 1_301, false),
            ("1", 1_000, "{}", good.clone(), 699, false),
            ("2", 1_000, "{}", good.clone(), 1_000, false),
            ("1", 1_001, "{}", good.clone(), 1_000, false),
            ("1", 1_000, "{ }", good.clone(), 1_000, false),
            ("1", 1_000, "{}", String::new(), 1_000, false),
        ] {
            assert_eq!(
                verify(&secret, (id, at_s, body), &given, now_s, 300),
                fits,
                "{id} {at_s} {body} {given} {now_s}"
            );
        }
        assert_ne!(generate(), generate());
        assert!(!verify(&generate(), ("1", 1_000, "{}"), &good, 1_000, 300));
    }
}
