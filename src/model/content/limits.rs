//! A limit that a content breaks, said as a value: which field, which rule, how much. The sentence is made elsewhere.

use serde::Serialize;
use std::fmt;
use utoipa::ToSchema;

/// Longest address in messages and cards, bytes (doc path 90236).
pub const URL_BYTES: usize = 2048;

/// One field that breaks one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LimitFault {
    /// Path of the field, e.g. `news.articles[2].url`.
    pub field: String,
    /// The rule.
    pub rule: LimitRule,
    /// The page of WeCom's documentation that sets it: developer.work.weixin.qq.com/document/path/{doc}.
    pub doc: u32,
}

/// A rule and by how much it is broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum LimitRule {
    /// It is required and empty.
    Missing,
    /// Too many bytes of UTF-8.
    Bytes {
        /// Allowed.
        max: usize,
        /// Given.
        got: usize,
    },
    /// Too many characters.
    Chars {
        /// Allowed.
        max: usize,
        /// Given.
        got: usize,
    },
    /// Too few or too many Chinese characters, counted so that it holds whether an ASCII letter counts as one or as half of one.
    Han {
        /// At least.
        min: usize,
        /// At most.
        max: usize,
    },
    /// Too few or too many entries.
    Count {
        /// At least.
        min: usize,
        /// At most.
        max: usize,
        /// Given.
        got: usize,
    },
    /// Not an address with `http://` or `https://`.
    Address,
    /// A character that is not allowed, or the wrong form.
    Form,
    /// A value outside of its range.
    Range,
    /// The same key or id twice.
    Repeated,
    /// The part does not belong to this type of card, or the option to this type of message.
    NotHere,
    /// Shown shortened above so many characters; WeCom takes it.
    Advised {
        /// Recommended.
        max: usize,
        /// Given.
        got: usize,
    },
}

impl fmt::Display for LimitFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, rule, .. } = self;
        match rule {
            LimitRule::Missing => write!(f, "{field} is missing"),
            LimitRule::Bytes { max, got } => write!(f, "{field} has {got} bytes, {max} are allowed"),
            LimitRule::Chars { max, got } => write!(f, "{field} has {got} characters, {max} are allowed"),
            LimitRule::Han { min: 0, max } => write!(f, "{field} has more than {max} Chinese characters"),
            LimitRule::Han { min, max } => write!(f, "{field} is not of {min} to {max} Chinese characters"),
            LimitRule::Count { min, max, got } => write!(f, "{field} has {got} entries, {min} to {max} are allowed"),
            LimitRule::Address => write!(f, "{field} is not an http:// or https:// address"),
            LimitRule::Form => write!(f, "{field} has a form that is not allowed"),
            LimitRule::Range => write!(f, "{field} is out of its range"),
            LimitRule::Repeated => write!(f, "{field} is there twice"),
            LimitRule::NotHere => write!(f, "{field} does not belong here"),
            LimitRule::Advised { max, got } => {
                write!(f, "{field} has {got} characters and is shown shortened above {max}")
            }
        }
    }
}

/// Whether a text is an address that WeCom takes: http or https and something behind it (errcodes for it exist for a
/// missing and for another scheme).
pub fn check_url(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    is_web && !rest.is_empty() && !url.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// Collects the faults of one content.
#[derive(Debug, Default)]
pub struct Checker {
    faults: Vec<LimitFault>,
}

impl Checker {
    /// The verdict.
    pub fn finish(self) -> Result<(), Vec<LimitFault>> {
        if self.faults.is_empty() { Ok(()) } else { Err(self.faults) }
    }

    /// Notes a fault.
    pub fn fault(&mut self, field: impl Into<String>, rule: LimitRule, doc: u32) {
        self.faults.push(LimitFault { field: field.into(), rule, doc });
    }

    /// The field must hold something.
    pub fn required(&mut self, field: &str, text: &str, doc: u32) {
        if text.trim().is_empty() {
            self.fault(field, LimitRule::Missing, doc);
        }
    }

    /// At most so many bytes.
    pub fn bytes(&mut self, field: &str, text: &str, max: usize, doc: u32) {
        if text.len() > max {
            self.fault(field, LimitRule::Bytes { max, got: text.len() }, doc);
        }
    }

    /// At most so many characters.
    pub fn chars(&mut self, field: &str, text: &str, max: usize, doc: u32) {
        let got = text.chars().count();
        if got > max {
            self.fault(field, LimitRule::Chars { max, got }, doc);
        }
    }

    /// So many 汉字; whether ASCII counts as half of one is not stated, so both counts must fit.
    pub fn han(&mut self, field: &str, text: &str, min: usize, max: usize, doc: u32) {
        let full = text.chars().count();
        let half: usize = text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
        if full > max || half < min * 2 {
            self.fault(field, LimitRule::Han { min, max }, doc);
        }
    }

    /// So many entries.
    pub fn count(&mut self, field: &str, got: usize, min: usize, max: usize, doc: u32) {
        if !(min..=max).contains(&got) {
            self.fault(field, LimitRule::Count { min, max, got }, doc);
        }
    }

    /// A required address.
    pub fn url(&mut self, field: &str, url: &str, max: usize, doc: u32) {
        if url.is_empty() {
            self.fault(field, LimitRule::Missing, doc);
        } else {
            self.optional_url(field, url, max, doc);
        }
    }

    /// An address that may be absent.
    pub fn optional_url(&mut self, field: &str, url: &str, max: usize, doc: u32) {
        if url.is_empty() {
            return;
        }
        if !check_url(url) {
            self.fault(field, LimitRule::Address, doc);
        }
        self.bytes(field, url, max, doc);
    }

    /// Shown shortened above so many characters.
    pub fn advised(&mut self, field: &str, text: &str, max: usize, doc: u32) {
        let got = text.chars().count();
        if got > max {
            self.fault(field, LimitRule::Advised { max, got }, doc);
        }
    }

    /// What was collected.
    pub fn into_faults(self) -> Vec<LimitFault> {
        self.faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (url, ok) in [
            ("https://a.example/x?y#z", true),
            ("HTTP://a", true),
            ("http://", false),
            ("//a", false),
            ("a.example", false),
            ("javascript:alert(1)", false),
            ("weixin://dl", false),
            ("https://a b", false),
        ] {
            assert_eq!(check_url(url), ok, "{url}");
        }
    }

    #[test]
    fn chinese_characters_fit_by_both_counts() {
        for (text, ok) in
            [("三个字", false), ("四个汉字", true), ("abcd", false), ("abcdefgh", true), ("abcdefghijklm", false)]
        {
            let mut checker = Checker::default();
            checker.han("title", text, 4, 12, 1);
            assert_eq!(checker.finish().is_ok(), ok, "{text}");
        }
    }
}
