//! The language of what the command line prints for people: English or Chinese.

use crate::locale::{Lang, T};
use clap::ValueEnum;

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// English.
    En,
    /// 简体中文
    Zh,
}

impl Language {
    /// From `LC_ALL`, `LC_MESSAGES` or `LANG`, the first one that is set; English unless it begins with `zh`.
    pub fn of_environment(get: impl Fn(&str) -> Option<String>) -> Self {
        let set =
            ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| get(name).filter(|text| !text.is_empty()));
        if set.is_some_and(|text| text.starts_with("zh")) { Self::Zh } else { Self::En }
    }

    /// The texts of the pages in this language.
    pub fn t(self) -> T {
        T::new(match self {
            Self::En => Lang::En,
            Self::Zh => Lang::Zh,
        })
    }

    /// The text in this language.
    pub fn pick<'a>(self, en: &'a str, zh: &'a str) -> &'a str {
        match self {
            Self::En => en,
            Self::Zh => zh,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_is_set_decides() {
        for (all, lang, expected) in [
            (None, None, Language::En),
            (None, Some("zh_CN.UTF-8"), Language::Zh),
            (Some("C"), Some("zh_CN.UTF-8"), Language::En),
            (Some(""), Some("zh_CN.UTF-8"), Language::Zh),
            (Some("zh_TW"), Some("en_US"), Language::Zh),
        ] {
            let get = |name: &str| match name {
                "LC_ALL" => all.map(str::to_owned),
                "LANG" => lang.map(str::to_owned),
                _ => None,
            };
            assert_eq!(Language::of_environment(get), expected, "LC_ALL {all:?}, LANG {lang:?}");
        }
    }
}
