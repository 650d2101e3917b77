//! Tokens of forms (see [`crate::admin::csrf`]) on their way through pages: masked anew for each page, so that the size
//! of a compressed page gives nothing away.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

/// The form in which a token stands in a page.
pub fn mask(token: &str) -> String {
    let mut bytes: Vec<u8> = token.bytes().map(|_| rand::random()).collect();
    let masked: Vec<u8> = token.bytes().zip(&bytes).map(|(plain, mask)| plain ^ mask).collect();
    bytes.extend(masked);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Whether what a form brought back is this token; compared in constant time. An empty token fits nothing.
pub fn is_masked(token: &str, given: &str) -> bool {
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(given) else { return false };
    if token.is_empty() || bytes.len() != token.len() * 2 {
        return false;
    }
    let (mask, masked) = bytes.split_at(token.len());
    let plain: Vec<u8> = mask.iter().zip(masked).map(|(mask, masked)| mask ^ masked).collect();
    bool::from(plain.ct_eq(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_own_token_fits() {
        let first = mask("token");
        assert_ne!(first, mask("token"), "masked anew");
        assert!(is_masked("token", &first));
        for (token, given) in [
            ("other", first.as_str()),
            ("token", ""),
            ("token", "AAAA"),
            ("token", &first[1..]),
            ("token", "token"),
            ("", &mask("")),
            ("token", &URL_SAFE_NO_PAD.encode([0; 10])),
        ] {
            assert!(!is_masked(token, given), "{token:?} {given:?}");
        }
    }
}
