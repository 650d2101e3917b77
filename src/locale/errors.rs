//! Problems in the reader's language, by their stable code: a title, what it means, what to do. A code that is not
//! here is spoken of by its HTTP status.

mod directory;
mod general;
mod plan;
mod status;
mod sync;

use super::Lang;

/// What a page says about a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advice {
    /// A few words.
    pub title: &'static str,
    /// What happened.
    pub what: &'static str,
    /// What to do.
    pub fix: &'static str,
}

type Texts = [&'static str; 3];

struct Row {
    code: &'static str,
    zh: Texts,
    en: Texts,
}

const fn row(code: &'static str, zh: Texts, en: Texts) -> Row {
    Row { code, zh, en }
}

/// What a page says about a problem's code, or else about its status.
pub fn advice(lang: Lang, code: &str, status: u16) -> Advice {
    let kind = code.rsplit_once('.').filter(|(_, last)| *last == "not_found").map(|_| "not_found");
    let known = |wanted: &str| rows().find(|row| row.code == wanted);
    let found = known(code).or_else(|| kind.and_then(known)).unwrap_or_else(|| status::of_status(status));
    let [title, what, fix] = match lang {
        Lang::Zh => found.zh,
        Lang::En => found.en,
    };
    Advice { title, what, fix }
}

fn rows() -> impl Iterator<Item = &'static Row> {
    [general::ROWS, sync::ROWS, plan::ROWS, directory::ROWS].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_unique_and_texts_are_there() {
        let mut seen = HashSet::new();
        for row in rows() {
            assert!(seen.insert(row.code), "{} twice", row.code);
            assert!(row.zh.iter().chain(&row.en).all(|text| !text.is_empty()), "{}", row.code);
            assert!(row.zh[1].ends_with('。') && row.en[1].ends_with('.'), "{}", row.code);
        }
    }

    #[test]
    fn every_code_of_the_engine_is_explained() {
        for code in ["sync.running", "sync.drift", "sync.read_failed", "sync.stopped", "sync.expired"] {
            assert_eq!(rows().filter(|row| row.code == code).count(), 1, "{code}");
        }
    }

    #[test]
    fn others_are_spoken_of_by_status() {
        assert_eq!(advice(Lang::Zh, "corp.not_found", 404).title, "找不到");
        assert_eq!(advice(Lang::En, "key.scope", 403).title, "Not allowed");
        assert_eq!(advice(Lang::En, "whatever", 500).title, "Something failed");
        assert_eq!(advice(Lang::En, "whatever", 422).title, "Not accepted");
    }
}
