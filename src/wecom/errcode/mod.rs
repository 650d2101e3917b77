//! The encyclopaedia of WeCom's errcodes: meaning, cause, cure in both languages, and what the client does about
//! each. The only place that knows numbers.
//!
//! Source: doc path 90313 and the pages named in the contract; texts are ours.

mod credentials;
mod departments;
mod members;
mod others;

use super::error::RefusalClass;
use crate::model::UserId;

/// A sentence in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bilingual {
    /// 简体中文
    pub zh: &'static str,
    /// English
    pub en: &'static str,
}

/// What the client does by itself when it meets the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// Nothing: the call fails.
    Fail,
    /// Up to three more attempts with growing pauses.
    RetryBusy,
    /// Fewer calls at once, then again.
    Narrow,
    /// Stops this API for a minute, then for an hour.
    WaitWindow,
    /// Fetches another token once and repeats once.
    RefreshToken,
}

/// Class of a code, before the answer's text is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    NotFound,
    AlreadyExists,
    MobileTaken,
    EmailTaken,
    Invalid,
    Permission,
    DetailsBlocked,
    IpNotTrusted,
    Credential,
    RateLimited,
    Capacity,
    NotEmpty,
    Conflict,
    TooLarge,
    Busy,
    Other,
}

/// One entry of the encyclopaedia.
#[derive(Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The number.
    pub code: i64,
    /// What it says.
    pub meaning: Bilingual,
    /// Why it usually comes.
    pub cause: Bilingual,
    /// What to do.
    pub fix: Bilingual,
    /// What the client does by itself.
    pub retry: Reaction,
    class: Class,
}

/// One row: code, class, then Chinese and English of meaning, cause and fix.
const fn row(
    code: i64,
    class: Class,
    meaning: [&'static str; 2],
    cause: [&'static str; 2],
    fix: [&'static str; 2],
) -> Explanation {
    let retry = match code {
        -1 | 6000 => Reaction::RetryBusy,
        45009 => Reaction::WaitWindow,
        45033 => Reaction::Narrow,
        40014 | 42001 => Reaction::RefreshToken,
        _ => Reaction::Fail,
    };
    Explanation {
        code,
        meaning: Bilingual { zh: meaning[0], en: meaning[1] },
        cause: Bilingual { zh: cause[0], en: cause[1] },
        fix: Bilingual { zh: fix[0], en: fix[1] },
        retry,
        class,
    }
}

static TABLES: [&[Explanation]; 4] = [credentials::ROWS, departments::ROWS, members::ROWS, others::ROWS];

/// Our explanation of a code.
pub fn explain(code: i64) -> Option<&'static Explanation> {
    all().find(|row| row.code == code)
}

/// Every code we know, by table.
pub fn all() -> impl Iterator<Item = &'static Explanation> {
    TABLES.iter().flat_map(|table| table.iter())
}

/// What the client does about a code; unknown codes are never retried (doc path 90313).
pub(super) fn reaction(code: i64) -> Reaction {
    explain(code).map_or(Reaction::Fail, |row| row.retry)
}

/// Whether a code says "too often".
pub(super) fn is_about_frequency(code: i64) -> bool {
    reaction(code) == Reaction::WaitWindow
}

/// What a code means for the caller. The text only tells who holds a number.
pub(super) fn class_of(code: i64, text: &str) -> RefusalClass {
    match explain(code).map_or(Class::Other, |row| row.class) {
        Class::NotFound => RefusalClass::NotFound,
        Class::AlreadyExists => RefusalClass::AlreadyExists,
        Class::MobileTaken => RefusalClass::MobileTaken { holder: holder(text) },
        Class::EmailTaken => RefusalClass::EmailTaken,
        Class::Invalid => RefusalClass::Invalid,
        Class::Permission => RefusalClass::Permission,
        Class::DetailsBlocked => RefusalClass::DetailsBlocked,
        Class::IpNotTrusted => RefusalClass::IpNotTrusted,
        Class::Credential => RefusalClass::Credential,
        Class::RateLimited => RefusalClass::RateLimited,
        Class::Capacity => RefusalClass::Capacity,
        Class::NotEmpty => RefusalClass::NotEmpty,
        Class::Conflict => RefusalClass::Conflict,
        Class::TooLarge => RefusalClass::TooLarge,
        Class::Busy => RefusalClass::Busy,
        Class::Other => RefusalClass::Other,
    }
}

/// The userid after the colon of `mobile existed:<userid>` (contract, trap 18).
fn holder(text: &str) -> Option<UserId> {
    let (_, rest) = text.split_once(':')?;
    let word = rest.trim_start().split([',', ' ']).next()?;
    UserId::parse(word).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_explained_once_and_in_both_languages() {
        let mut seen = std::collections::BTreeSet::new();
        for row in all() {
            assert!(seen.insert(row.code), "{} is there twice", row.code);
            for (what, text) in [("meaning", row.meaning), ("cause", row.cause), ("fix", row.fix)] {
                assert!(!text.en.is_empty() && text.en.is_ascii(), "{} {what} en", row.code);
                assert!(text.zh.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{} {what} zh", row.code);
            }
        }
    }

    #[test]
    fn only_the_documented_codes_are_retried() {
        for row in all() {
            let expected = match row.code {
                -1 | 6000 => Reaction::RetryBusy,
                45009 => Reaction::WaitWindow,
                45033 => Reaction::Narrow,
                40014 | 42001 => Reaction::RefreshToken,
                _ => Reaction::Fail,
            };
            assert_eq!(row.retry, expected, "{}", row.code);
        }
        assert_eq!(reaction(999_999), Reaction::Fail);
    }
}
