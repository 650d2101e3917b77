//! Text that a spreadsheet would take for a formula when it opens a CSV file.
//!
//! Such values are written with an apostrophe before them, which spreadsheets show as text, and read without it.

use std::borrow::Cow;

/// Puts an apostrophe before a value that would be a formula.
pub fn guard(value: &str) -> Cow<'_, str> {
    if is_formula(value) { Cow::Owned(format!("'{value}")) } else { Cow::Borrowed(value) }
}

/// Takes the apostrophe of [`guard`] away.
pub fn unguard(value: &str) -> &str {
    value.strip_prefix('\'').filter(|rest| is_formula(rest)).unwrap_or(value)
}

/// Apostrophes before the sign do not matter, so that a guarded value can be guarded again and come back.
fn is_formula(value: &str) -> bool {
    value.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for (value, written) in [
            ("=1+1", "'=1+1"),
            ("+86 21", "'+86 21"),
            ("-", "'-"),
            ("@a", "'@a"),
            ("'=1", "''=1"),
            ("'a", "'a"),
            ("", ""),
            ("a=1", "a=1"),
        ] {
            assert_eq!(guard(value), written);
            assert_eq!(unguard(written), value);
        }
    }
}
