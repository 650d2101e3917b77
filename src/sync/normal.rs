//! How values are compared: mobiles without spaces and country code, ids and addresses without case.

use std::borrow::Cow;

/// A mobile number as it is compared: digits only (a foreign country code stays, with `+`), `+86`, `0086` and a
/// leading `86` before an eleven-digit mainland number taken off.
pub fn mobile(value: &str) -> Cow<'_, str> {
    let plain = value.bytes().all(|b| b.is_ascii_digit());
    let compact: Cow<'_, str> = if plain {
        Cow::Borrowed(value)
    } else {
        Cow::Owned(value.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect())
    };
    let prefix = ["+86", "0086", "86"]
        .into_iter()
        .find(|prefix| compact.strip_prefix(prefix).is_some_and(|rest| rest.len() == 11 && rest.starts_with('1')));
    match (prefix, compact) {
        (None, compact) => compact,
        (Some(prefix), Cow::Borrowed(text)) => Cow::Borrowed(&text[prefix.len()..]),
        (Some(prefix), Cow::Owned(text)) => Cow::Owned(text[prefix.len()..].to_owned()),
    }
}

/// ASCII lower case, for userids and e-mail addresses.
pub fn folded(value: &str) -> Cow<'_, str> {
    if value.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(value.to_ascii_lowercase())
    } else {
        Cow::Borrowed(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mobiles_of_one_person_compare_equal() {
        for (value, expected) in [
            ("13800000000", "13800000000"),
            ("+86 138 0000 0000", "13800000000"),
            ("+86-13800000000", "13800000000"),
            ("008613800000000", "13800000000"),
            ("8613800000000", "13800000000"),
            ("+1 415 555 0100", "+14155550100"),
            ("+8613800", "+8613800"),
            ("", ""),
            ("86138", "86138"),
        ] {
            assert_eq!(mobile(value), expected, "{value:?}");
        }
    }
}
