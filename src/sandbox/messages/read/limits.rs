//! Lengths and addresses.

use crate::sandbox::wire::answer::{Refusal, refuse};

/// The text cut to so many bytes, as the server cuts it: half a character shows as U+FFFD. `None` = short enough.
pub fn cut_bytes(text: &str, max: usize) -> Option<String> {
    (text.len() > max).then(|| String::from_utf8_lossy(&text.as_bytes()[..max]).into_owned())
}

/// The text cut to so many characters. `None` = short enough.
pub fn cut_chars(text: &str, max: usize) -> Option<String> {
    (text.chars().count() > max).then(|| text.chars().take(max).collect())
}

/// Length in 汉字, doubled: with `ascii_is_half` an ASCII character counts one, otherwise everything counts two.
pub fn half_han(text: &str, ascii_is_half: bool) -> usize {
    text.chars().map(|c| if ascii_is_half && c.is_ascii() { 1 } else { 2 }).sum()
}

/// Refuses a text of more than `max` bytes.
pub fn check_bytes(field: &str, text: &str, max: usize) -> Result<(), Refusal> {
    if text.len() > max {
        return refuse(40058, format!("{field} exceed max length {max}. invalid Request Parameter"));
    }
    Ok(())
}

/// Refuses an address that is too long, has no scheme (45034) or another one than http and https (40127).
pub fn check_url(field: &str, url: &str, max_bytes: usize) -> Result<(), Refusal> {
    let scheme = match url.split_once("://") {
        Some((scheme, rest)) if !scheme.is_empty() && !rest.is_empty() => scheme.to_ascii_lowercase(),
        _ => return refuse(45034, format!("{field} has no scheme")),
    };
    if !matches!(scheme.as_str(), "http" | "https") {
        return refuse(40127, format!("{field} has an unsupported scheme"));
    }
    check_bytes(field, url, max_bytes)
}

/// Like [`check_url`], where the address may be absent.
pub fn check_optional_url(field: &str, url: &str, max_bytes: usize) -> Result<(), Refusal> {
    if url.is_empty() { Ok(()) } else { check_url(field, url, max_bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_cut_in_the_middle_of_a_character() {
        for (text, max, cut) in [
            ("abc", 3, None),
            ("abcd", 3, Some("abc")),
            ("中文", 6, None),
            ("中文", 5, Some("中\u{fffd}")),
            ("中文", 3, Some("中")),
        ] {
            assert_eq!(cut_bytes(text, max).as_deref(), cut, "{text} to {max}");
        }
        assert_eq!(cut_chars("中文字", 2).as_deref(), Some("中文"));
        assert_eq!(cut_chars("中文", 2), None);
    }

    #[test]
    fn addresses() {
        for (url, errcode) in [
            ("http://a", 0),
            ("HTTPS://a/b?c", 0),
            ("a.example.org/b", 45034),
            ("//a", 45034),
            ("http://", 45034),
            ("weixin://dl", 40127),
            ("javascript:alert(1)", 45034),
            ("http://0123456789012", 0),
            ("http://01234567890123", 40058),
        ] {
            let got = check_url("url", url, 20).err().map_or(0, |refusal| refusal.errcode);
            assert_eq!(got, errcode, "{url}");
        }
    }

    #[test]
    fn ascii_may_count_half() {
        for (text, half, length) in [("中文", false, 4), ("ab", false, 4), ("ab", true, 2), ("中b", true, 3)] {
            assert_eq!(half_han(text, half), length, "{text}");
        }
    }
}
