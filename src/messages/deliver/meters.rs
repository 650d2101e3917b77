//! How full the apps are whose sender does not run yet: read from the store, and kept for a moment because pages, health and
//! metrics ask for the same.

use super::counts::recollect;
use crate::messages::flows::Fullest;
use crate::store::{ReadTx, StoreError, loose_ends, outbox};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How long what was read is told again, milliseconds. Without a sender nothing is sent, so that meanwhile it can only fall.
const KEPT_MS: i64 = 10_000;

/// What was read of an app, and when.
#[derive(Debug, Clone, Copy)]
struct Kept {
    at_ms: i64,
    /// Since when the app's corp is the WeCom that it is.
    since_ms: i64,
    meter: (Fullest, u64),
}

/// What was read lately, by app.
#[derive(Debug, Default)]
pub(in crate::messages) struct Meters(Mutex<HashMap<String, Kept>>);

impl Meters {
    /// How full an app's flows to members are, and the person-times of its day; at most ten seconds old.
    pub(in crate::messages) fn of(&self, tx: &ReadTx, name: &str, now_ms: i64) -> Result<(Fullest, u64), StoreError> {
        let since_ms = outbox::app_of(name).map(|(corp, _)| loose_ends::since_ms(tx, &corp)).transpose()?.unwrap_or(0);
        let known = self.kept().get(name).copied();
        if let Some(known) = known.filter(|kept| kept.since_ms == since_ms && is_fresh(kept.at_ms, now_ms)) {
            return Ok(known.meter);
        }
        let (mut flows, day) = recollect(tx, name, since_ms, now_ms)?;
        let meter = (flows.fullest(now_ms), day.person_times);
        self.kept().insert(name.to_owned(), Kept { at_ms: now_ms, since_ms, meter });
        Ok(meter)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<String, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether what was read then may be told now; a clock that went back makes it old.
fn is_fresh(at_ms: i64, now_ms: i64) -> bool {
    (at_ms..at_ms + KEPT_MS).contains(&now_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_told_for_ten_seconds() {
        let cases = [(0, true), (9_999, true), (10_000, false), (-1, false)];
        for (later_ms, expected) in cases {
            assert_eq!(is_fresh(1_000_000, 1_000_000 + later_ms), expected, "{later_ms} ms later");
        }
    }
}
