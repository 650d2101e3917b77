//! The encyclopaedia of WeCom's errcodes: meaning, cause, cure in both languages, and what the client does about
//! each. The only place that knows numbers.
//!
//! Source: doc path 90313 and the pages named in the contract; texts are ours.

mod apps;
mod cards;
mod credentials;
mod departments;
mod members;
mod messages;
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
    NobodyReached,
    CodeSpent,
    TooLate,
    NoCallback,
    Setup,
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

static TABLES: [&[Explanation]; 7] =
    [credentials::ROWS, departments::ROWS, members::ROWS, others::ROWS, messages::ROWS, cards::ROWS, apps::ROWS];

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

/// What a code means for the caller of an endpoint. The text only tells who holds a number.
pub(super) fn class_of(endpoint: &str, code: i64, text: &str) -> RefusalClass {
    // in a member write it is not the member that was not found
    if matches!(code, 60003 | 60123) && matches!(endpoint, "user/create" | "user/update" | "batch/getresult") {
        return RefusalClass::Invalid;
    }
    // the same number, where it is about people that are reached rather than read
    if code == 82001 && endpoint.starts_with("message/") {
        return RefusalClass::NobodyReached;
    }
    // what an app may not do with its own secret is not cured by another receiver
    if matches!(code, 40056 | 48001..=48006 | 60031 | 301_002) && is_of_app(endpoint) {
        return RefusalClass::Setup;
    }
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
        Class::NobodyReached => RefusalClass::NobodyReached,
        Class::CodeSpent => RefusalClass::CodeSpent,
        Class::TooLate => RefusalClass::TooLate,
        Class::NoCallback => RefusalClass::NoCallback,
        Class::Setup => RefusalClass::Setup,
        Class::Other => RefusalClass::Other,
    }
}

/// Whether a call is made by an app for itself.
fn is_of_app(endpoint: &str) -> bool {
    ["message/", "menu/", "appchat/"].iter().any(|family| endpoint.starts_with(family))
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

    /// Section 11 of the contract, ranges written out.
    const CONTRACT: &[i64] = &[
        -1, 0, 6000, 40001, 40003, 40004, 40005, 40006, 40007, 40013, 40014, 40029, 40031, 40032, 40033, 40035, 40056,
        40057, 40058, 40063, 40066, 40068, 40070, 40071, 40072, 40073, 40088, 40089, 40091, 40092, 40125, 40126, 40132,
        40141, 40203, 40206, 40207, 40208, 40209, 40210, 41001, 41002, 41004, 41006, 41008, 41009, 41011, 41017, 41018,
        41019, 41036, 41066, 42001, 43004, 44001, 45001, 45009, 45024, 45026, 45029, 45031, 45033, 46004, 48001, 48002,
        48004, 48005, 48006, 48008, 48009, 50001, 50002, 50003, 50006, 50100, 60001, 60003, 60004, 60005, 60006, 60007,
        60008, 60009, 60010, 60011, 60012, 60020, 60021, 60030, 60031, 60102, 60103, 60104, 60105, 60106, 60107, 60110,
        60111, 60112, 60123, 60124, 60125, 60127, 60129, 60132, 60136, 60140, 60141, 60142, 60143, 60144, 60145, 60146,
        60147, 60148, 81001, 81002, 81003, 81011, 81012, 81013, 81014, 81015, 81017, 82001, 82002, 82003, 84014, 84015,
        84023, 85002, 90100, 90101, 90102, 90103, 90104, 90105, 90106, 92000, 301002, 301005, 301007, 301012, 301013,
        301014, 301015, 301021, 301036, 302003, 302004, 302005, 302006, 302007, 302008, 2000002,
    ];

    /// Section 15 of the contract of apps, messages and callbacks, as far as the other does not know the code.
    const CONTRACT_OF_MESSAGES: &[i64] = &[
        40008, 40009, 40011, 40016, 40017, 40018, 40019, 40020, 40022, 40023, 40024, 40025, 40026, 40027, 40039, 40050,
        40054, 40055, 40059, 40074, 40094, 40123, 40127, 40201, 41016, 41033, 42014, 42015, 42016, 42017, 42018, 42019,
        42020, 42022, 42027, 42028, 42029, 42030, 42031, 42033, 42035, 42036, 42037, 42038, 42039, 42040, 42041, 42042,
        42043, 42044, 42045, 42046, 42047, 42049, 42050, 42051, 42052, 43009, 43012, 44004, 45002, 45004, 45007, 45008,
        45022, 45032, 45034, 46003, 49008, 60028, 80001, 82004, 84200, 85004, 85005, 85006, 85007, 85008, 85009, 85010,
        85011, 85111, 86001, 86003, 86004, 86005, 86006, 86007, 86008, 86101, 86201, 86202, 86203, 86204, 86205, 86207,
        86215, 86216, 86217, 90200, 90201, 90202, 90203, 90204, 90206, 90207, 90208, 93000, 93004, 93008, 94000, 94001,
        94002, 94003, 94004, 94005, 94006, 94007, 94008, 301016, 301017, 301019, 301042, 830001, 830002, 830003,
    ];

    #[test]
    fn every_code_of_the_contract_is_explained() {
        let contract = || CONTRACT.iter().chain(CONTRACT_OF_MESSAGES);
        let missing: Vec<_> = contract().filter(|code| explain(**code).is_none()).collect();
        assert!(missing.is_empty(), "no explanation of {missing:?}");
        assert_eq!(all().count(), contract().count(), "a code that the contracts do not know");
    }

    #[test]
    fn what_was_not_found_depends_on_the_endpoint() {
        assert_eq!(class_of("department/delete", 60003, ""), RefusalClass::NotFound);
        assert_eq!(class_of("user/update", 60123, ""), RefusalClass::Invalid);
        assert_eq!(class_of("user/update", 60111, ""), RefusalClass::NotFound);
        assert_eq!(class_of("user/get", 123_456, ""), RefusalClass::Other);
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
