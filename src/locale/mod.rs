//! What people read, in Chinese and English. One file per area; each text stands there once in both languages, so a
//! missing one fails the build, and so does a page that asks for a text that is not there.

#[macro_use]
mod texts;

mod actors;
mod bindings;
mod callbacks;
mod corps;
mod directory;
mod errors;
mod expressions;
mod frame;
mod import;
mod overview;
mod push_log;
mod replies;
mod retell;
mod retell_run;
mod rules;
mod settings;
mod sign_in;
mod sync;
mod sync_codes;
mod system;
mod todo;
mod watch;

pub use errors::{Advice, advice};
pub use import::directory_fault;

use serde::{Deserialize, Serialize};

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Lang {
    /// 简体中文
    #[default]
    #[serde(rename = "zh")]
    Zh,
    /// English
    #[serde(rename = "en")]
    En,
}

impl Lang {
    /// Both, in the order of the switch.
    pub const ALL: [Self; 2] = [Self::Zh, Self::En];

    /// For `lang` attributes.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// For cookies and settings.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// The language's own name.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::Zh => "中文",
            Self::En => "English",
        }
    }

    /// The language that a code or tag names.
    pub fn find(code: &str) -> Option<Self> {
        let primary = code.trim().split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|lang| primary.eq_ignore_ascii_case(lang.code()))
    }

    /// The best language of an `Accept-Language` header; `None` where it names none of ours.
    pub fn negotiate(header: &str) -> Option<Self> {
        let mut best: Option<(f32, Self)> = None;
        for range in header.split(',').take(20) {
            let mut parts = range.split(';');
            let Some(lang) = parts.next().and_then(Self::find) else { continue };
            let weight = parts
                .find_map(|part| part.trim().strip_prefix("q=").map(str::to_owned))
                .map_or(1.0, |text| text.trim().parse().unwrap_or(0.0));
            if weight > 0.0 && best.is_none_or(|(known, _)| weight > known) {
                best = Some((weight, lang));
            }
        }
        best.map(|(_, lang)| lang)
    }

    /// One of two texts.
    pub fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

/// All texts in one language; a method for each. Cheap to copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct T {
    /// The language.
    pub lang: Lang,
}

impl T {
    /// The texts in a language.
    pub const fn new(lang: Lang) -> Self {
        Self { lang }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negotiation() {
        for (header, expected) in [
            ("", None),
            ("fr", None),
            ("zh-CN,zh;q=0.9,en;q=0.8", Some(Lang::Zh)),
            ("en-GB,en;q=0.9", Some(Lang::En)),
            ("fr, en;q=0.3, zh;q=0.2", Some(Lang::En)),
            ("en;q=0, zh;q=0.1", Some(Lang::Zh)),
            ("zh-Hant", Some(Lang::Zh)),
            ("en;q=nonsense", None),
        ] {
            assert_eq!(Lang::negotiate(header), expected, "{header:?}");
        }
    }
}
