//! Parts of paths and queries: ids may hold any letters.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt::Display;

/// Letters that stand in a path and in a query as they are.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// One part of a path, or one value of a query.
pub fn part(text: impl Display) -> String {
    utf8_percent_encode(&text.to_string(), ESCAPED).to_string()
}

/// A path of ours that a form names as the place to come back to; anything else is the second one.
pub fn back(wanted: &str, otherwise: &str) -> String {
    let fine = wanted.starts_with('/')
        && !wanted.starts_with("//")
        && !wanted.contains('\\')
        && !wanted.chars().any(char::is_control);
    if fine { wanted.to_owned() } else { otherwise.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_hold_any_letters() {
        for (text, expected) in [
            ("a.b-c_d~1", "a.b-c_d~1"),
            ("a@b/c?d#e%f g", "a%40b%2Fc%3Fd%23e%25f%20g"),
            ("张", "%E5%BC%A0"),
            ("<script>", "%3Cscript%3E"),
        ] {
            assert_eq!(part(text), expected);
        }
        assert_eq!(back("/a?b=c", "/x"), "/a?b=c");
        for bad in ["", "//evil", "https://evil", "/\\evil", "/a\r\nb"] {
            assert_eq!(back(bad, "/x"), "/x", "{bad:?}");
        }
    }
}
