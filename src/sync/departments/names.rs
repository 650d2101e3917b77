//! What WeCom accepts as a department's name.

use std::borrow::Cow;

/// Longest name in characters (doc path 90206, 2023-08-15).
pub const NAME_MAX_CHARS: usize = 64;

/// Characters that WeCom refuses in names (doc path 90206).
const FORBIDDEN: [char; 8] = ['\\', ':', '*', '?', '"', '<', '>', '|'];

/// The name without surrounding spaces, or why WeCom would refuse it.
pub fn check_name(name: &str) -> Result<&str, String> {
    let name = name.trim();
    if name.is_empty() {
        return Err("the name is empty".into());
    }
    let chars = name.chars().count();
    if chars > NAME_MAX_CHARS {
        return Err(format!("the name has {chars} characters, WeCom allows {NAME_MAX_CHARS}"));
    }
    match name.chars().find(|c| FORBIDDEN.contains(c) || c.is_control()) {
        Some(c) => Err(format!("the name contains {c:?}, which WeCom refuses")),
        None => Ok(name),
    }
}

/// A name that nobody uses, for the time in which two departments swap theirs.
pub fn temporary(name: &str, id: u32) -> String {
    let kept: Cow<'_, str> = match name.char_indices().nth(NAME_MAX_CHARS - 14) {
        Some((end, _)) => Cow::Owned(name[..end].to_owned()),
        None => Cow::Borrowed(name),
    };
    format!("{kept}~{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let long = "长".repeat(64);
        let too_long = "长".repeat(65);
        for (name, expected) in [
            ("研发", Ok("研发")),
            (" 研发 ", Ok("研发")),
            (long.as_str(), Ok(long.as_str())),
            (too_long.as_str(), Err("65 characters")),
            ("", Err("empty")),
            ("  ", Err("empty")),
            ("a:b", Err("':'")),
            ("a\nb", Err("'\\n'")),
            ("a\\b", Err("'\\\\'")),
            ("A/B", Ok("A/B")),
        ] {
            match (check_name(name), expected) {
                (Ok(got), Ok(expected)) => assert_eq!(got, expected, "{name:?}"),
                (Err(got), Err(expected)) => assert!(got.contains(expected), "{name:?}: {got}"),
                (got, expected) => panic!("{name:?}: {got:?} instead of {expected:?}"),
            }
        }
        assert!(temporary(&long, u32::MAX).chars().count() <= NAME_MAX_CHARS);
    }
}
