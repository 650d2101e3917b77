//! Which callbacks cannot be repeats: the newest ones are remembered by a number each, completely from one second of
//! `CreateTime` on. What is not among them is new, without a look into the store; everything else has to be looked up.

use crate::store::inbox::RepeatKey;
use hashbrown::{DefaultHashBuilder, HashSet};
use std::collections::BTreeMap;
use std::hash::BuildHasher;

/// So many are remembered, some MiB; then the oldest second goes.
pub(super) const KEPT_MAX: usize = 100_000;

/// The newest callbacks.
#[derive(Debug)]
pub(super) struct Recent {
    /// From this `CreateTime` on everything is here that was ever kept.
    since_s: i64,
    seconds: BTreeMap<i64, HashSet<u64>>,
    count: usize,
    kept_max: usize,
    hasher: DefaultHashBuilder,
}

impl Recent {
    /// `known` is everything that is kept from `since_s` on. A callback without `CreateTime` (0) is looked up always.
    pub(super) fn new(since_s: i64, known: &[RepeatKey], kept_max: usize) -> Self {
        let (seconds, hasher) = (BTreeMap::new(), DefaultHashBuilder::default());
        let mut recent = Self { since_s: since_s.max(1), seconds, count: 0, kept_max, hasher };
        for key in known {
            recent.is_surely_new(&key.corp, &key.receiver, key.created_at_s, &key.digest);
        }
        recent
    }

    /// Whether a callback was surely never seen before; from now on it has been.
    pub(super) fn is_surely_new(&mut self, corp: &str, receiver: &str, created_at_s: i64, digest: &str) -> bool {
        if created_at_s < self.since_s {
            return false;
        }
        let number = self.hasher.hash_one((corp, receiver, digest));
        if !self.seconds.entry(created_at_s).or_default().insert(number) {
            return false;
        }
        self.count += 1;
        if self.count > self.kept_max
            && let Some((second, gone)) = self.seconds.pop_first()
        {
            self.count -= gone.len();
            self.since_s = second.saturating_add(1);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_what_is_newer_than_everything_forgotten_is_surely_new() {
        let known = [RepeatKey { corp: "a".into(), receiver: "oa".into(), created_at_s: 10, digest: "m1".into() }];
        let mut recent = Recent::new(10, &known, 4);
        for (receiver, created_at_s, digest, want) in [
            ("oa", 10, "m1", false),
            ("hr", 10, "m1", true),
            ("oa", 10, "m2", true),
            ("oa", 10, "m2", false),
            ("oa", 9, "m3", false),
            ("oa", 0, "m4", false),
            ("oa", 12, "m5", true),
            // the fifth: second 10 goes
            ("oa", 11, "m6", true),
            ("oa", 10, "m7", false),
            ("oa", 11, "m8", true),
        ] {
            let got = recent.is_surely_new("a", receiver, created_at_s, digest);
            assert_eq!(got, want, "{receiver} {created_at_s} {digest}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_surely_new_twice(stream in proptest::collection::vec((0_i64..20, 0_u8..5), 0..300), max in 1_usize..20) {
            let mut recent = Recent::new(5, &[], max);
            let mut seen = std::collections::HashSet::new();
            for (created_at_s, digest) in stream {
                let is_new = recent.is_surely_new("a", "oa", created_at_s, &digest.to_string());
                prop_assert!(!(is_new && seen.contains(&(created_at_s, digest))));
                // what the store would find again
                if is_new || created_at_s >= 1 {
                    seen.insert((created_at_s, digest));
                }
                prop_assert!(recent.count <= max);
            }
        }
    }
}
