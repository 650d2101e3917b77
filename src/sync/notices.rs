//! Notices, collected so that a hundred thousand of one kind stay readable.

use crate::model::Notice;
use std::collections::BTreeMap;

/// How many notices of one code are listed; the rest is counted in a last one.
pub const LISTED_PER_CODE: usize = 200;

/// Notices by code.
#[derive(Default)]
pub struct Notices {
    by_code: BTreeMap<&'static str, (Vec<Notice>, usize)>,
    /// When set, only what is about these is kept.
    only: Option<Vec<String>>,
}

impl Notices {
    /// Keeps only what is about one of these subjects, for an explanation.
    pub fn about(subjects: Vec<String>) -> Self {
        Self { only: Some(subjects), ..Self::default() }
    }

    /// Adds one; the text is only made when it will be listed.
    pub fn add(&mut self, code: &'static str, subject: impl AsRef<str>, text: impl FnOnce() -> String) {
        if self.only.as_ref().is_some_and(|only| !only.iter().any(|wanted| wanted == subject.as_ref())) {
            return;
        }
        let (listed, total) = self.by_code.entry(code).or_default();
        *total += 1;
        if listed.len() < LISTED_PER_CODE {
            listed.push(Notice { code: code.to_owned(), subject: subject.as_ref().to_owned(), text: text() });
        }
    }

    /// Takes over what another collection holds.
    pub fn merge(&mut self, other: Self) {
        for (code, (mut listed, mut total)) in other.by_code {
            if let Some(only) = &self.only {
                listed.retain(|notice| only.contains(&notice.subject));
                total = listed.len();
            }
            if total == 0 {
                continue;
            }
            let (own, own_total) = self.by_code.entry(code).or_default();
            own.extend(listed.into_iter().take(LISTED_PER_CODE.saturating_sub(own.len())));
            *own_total += total;
        }
    }

    /// How many there are of a code, listed or not.
    pub fn count(&self, code: &str) -> usize {
        self.by_code.get(code).map_or(0, |(_, total)| *total)
    }

    /// All of them, by code and in the order in which they were added.
    pub fn finish(self) -> Vec<Notice> {
        let mut all = Vec::new();
        for (code, (listed, total)) in self.by_code {
            let more = total - listed.len();
            all.extend(listed);
            if more > 0 {
                all.push(Notice {
                    code: code.to_owned(),
                    subject: format!("{more} more"),
                    text: format!("{more} more of the same kind are not listed"),
                });
            }
        }
        all
    }
}
