//! Notices, collected so that a hundred thousand of one kind stay readable.

use crate::model::Notice;
use std::collections::BTreeMap;

/// How many notices of one code are listed; the rest is counted in a last one.
pub const LISTED_PER_CODE: usize = 200;

/// Notices by code.
#[derive(Default)]
pub struct Notices {
    by_code: BTreeMap<&'static str, (Vec<Notice>, usize)>,
}

impl Notices {
    /// Adds one; the text is only made when it will be listed.
    pub fn add(&mut self, code: &'static str, subject: impl AsRef<str>, text: impl FnOnce() -> String) {
        let (listed, total) = self.by_code.entry(code).or_default();
        *total += 1;
        if listed.len() < LISTED_PER_CODE {
            listed.push(Notice { code: code.to_owned(), subject: subject.as_ref().to_owned(), text: text() });
        }
    }

    /// Takes over what another collection holds.
    pub fn merge(&mut self, other: Self) {
        for (code, (listed, total)) in other.by_code {
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
