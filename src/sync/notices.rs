//! Notices, collected so that a hundred thousand of one kind stay readable.

use crate::model::Notice;
use std::collections::BTreeMap;

/// How many notices of one code are listed; the rest is counted in a last one.
pub const LISTED_PER_CODE: usize = 200;

/// Notices by code.
pub struct Notices {
    by_code: BTreeMap<&'static str, (Vec<Notice>, usize)>,
    listed_max: usize,
}

impl Default for Notices {
    fn default() -> Self {
        Self { by_code: BTreeMap::new(), listed_max: LISTED_PER_CODE }
    }
}

impl Notices {
    /// Lists every one, for explanations of single persons.
    pub fn all() -> Self {
        Self { listed_max: usize::MAX, ..Self::default() }
    }

    /// An empty collection that lists as many.
    pub fn like(other: &Self) -> Self {
        Self { listed_max: other.listed_max, ..Self::default() }
    }

    /// Adds one; the text is only made when it will be listed.
    pub fn add(&mut self, code: &'static str, subject: impl AsRef<str>, text: impl FnOnce() -> String) {
        let (listed, total) = self.by_code.entry(code).or_default();
        *total += 1;
        if listed.len() < self.listed_max {
            listed.push(Notice { code: code.to_owned(), subject: subject.as_ref().to_owned(), text: text() });
        }
    }

    /// Takes over what another collection holds.
    pub fn merge(&mut self, other: Self) {
        for (code, (listed, total)) in other.by_code {
            let (own, own_total) = self.by_code.entry(code).or_default();
            own.extend(listed.into_iter().take(self.listed_max.saturating_sub(own.len())));
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
