//! How values are compared: mobiles without spaces and country code, ids and addresses without case; and what WeCom takes
//! for a mobile and an e-mail address (contacts.md 3.1; doc paths 90195, 92230).

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

/// Bytes of an e-mail address at most.
pub const MAIL_MAX: usize = 64;

/// The mobile as it is written, or why WeCom would refuse it (60103).
///
/// # Errors
/// A sentence.
pub fn check_mobile(value: &str) -> Result<Cow<'_, str>, String> {
    let form = value.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b' ' | b'(' | b')'));
    let number = mobile(value);
    let digits = number.strip_prefix('+').unwrap_or(&number);
    if !form || digits.contains('+') || !(5..=31).contains(&digits.len()) {
        return Err("it is not a mobile number: digits with an optional + and country code".into());
    }
    Ok(number)
}

/// Why a mobile is none that WeCom knows: only those of mainland China go without their country code.
pub fn doubt_of_mobile(value: &str) -> Option<String> {
    let number = match check_mobile(value) {
        Ok(number) => number,
        Err(why) => return Some(why),
    };
    let is_own = number.len() == 11 && number.starts_with('1');
    (!is_own && !number.starts_with('+'))
        .then(|| "without a country code it is a mobile of mainland China: 11 digits that begin with 1".to_owned())
}

/// The e-mail address, or why WeCom would refuse it (60105).
///
/// # Errors
/// A sentence.
pub fn check_mail(value: &str, limit: usize) -> Result<Cow<'_, str>, String> {
    let domain_ok = |domain: &str| domain.contains('.') && domain.split('.').all(|label| !label.is_empty());
    let ok = (6..=limit).contains(&value.len())
        && value.is_ascii()
        && !value.contains([' ', ',', ';', '<', '>'])
        && value
            .split_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.contains('@') && domain_ok(domain));
    if ok { Ok(Cow::Borrowed(value)) } else { Err(format!("it is not an e-mail address of 6 to {limit} bytes")) }
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
