//! Callbacks of each corp by day: how many came, and how late. Kept longer than the callbacks themselves.

use super::StoreError;
use super::key::{Prefix, Str};
use super::table::{Table, TableInfo};
use super::tx::{Reads, WriteTx};
use crate::model::CorpKey;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// (corp, day as `YYYYMMDD` in China)
const DAYS: Table<(Str, u32), CallbackDay> = Table::new("callback_days");
pub(super) const TABLES: &[TableInfo] = &[DAYS.info()];

/// Lags are counted by the smallest of these that they do not exceed, milliseconds; WeCom tells its time in whole seconds.
pub const LAG_STEPS_MS: [i64; 10] =
    [1_000, 2_000, 3_000, 5_000, 10_000, 30_000, 60_000, 300_000, 1_800_000, 21_600_000];

/// The callbacks of one day, repeats and replays left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackDay {
    /// How many came.
    pub received: u64,
    /// How many of those that name their time came within each of [`LAG_STEPS_MS`]; one more entry for later ones.
    pub lags: Vec<u64>,
}

impl CallbackDay {
    /// Counts a callback; `lag_ms` where it names its time.
    pub fn add(&mut self, lag_ms: Option<i64>) {
        self.received += 1;
        if let Some(lag_ms) = lag_ms {
            self.lags.resize(LAG_STEPS_MS.len() + 1, 0);
            self.lags[LAG_STEPS_MS.partition_point(|step| *step < lag_ms)] += 1;
        }
    }

    /// Adds another day.
    pub fn merge(&mut self, other: &Self) {
        self.received += other.received;
        if self.lags.len() < other.lags.len() {
            self.lags.resize(other.lags.len(), 0);
        }
        self.lags.iter_mut().zip(&other.lags).for_each(|(own, other)| *own += other);
    }

    /// The step that so many percent of the lags do not exceed, milliseconds: `None` where no lag is known,
    /// [`i64::MAX`] where it is later than the last step.
    pub fn lag_within_ms(&self, percent: u64) -> Option<i64> {
        let total: u64 = self.lags.iter().sum();
        let wanted = (total * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let at = self.lags.iter().position(|count| {
            seen += count;
            seen >= wanted
        })?;
        Some(LAG_STEPS_MS.get(at).copied().unwrap_or(i64::MAX))
    }
}

/// Adds to the counters of a corp, by day (see [`super::outbox::day_of`]).
pub fn add(tx: &WriteTx, corp: &CorpKey, days: &BTreeMap<u32, CallbackDay>) -> Result<(), StoreError> {
    let mut table = DAYS.writer(tx)?;
    for (day, more) in days {
        let mut known = table.get((corp.as_str(), *day))?.unwrap_or_default();
        known.merge(more);
        table.put((corp.as_str(), *day), &known)?;
    }
    Ok(())
}

/// The days of a corp from a day on.
pub fn list(tx: &impl Reads, corp: &CorpKey, from_day: u32) -> Result<BTreeMap<u32, CallbackDay>, StoreError> {
    let mut days = BTreeMap::new();
    let range = Prefix::text(corp.as_str()).from::<(Str, u32)>((corp.as_str(), from_day));
    DAYS.scan(tx, &range, |(_, day), row| {
        days.insert(day, row);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(days)
}

/// Forgets the counters of a corp of days before `day`.
pub fn forget(tx: &WriteTx, corp: &CorpKey, day: u32) -> Result<(), StoreError> {
    for (_, known) in DAYS.keys(tx, &Prefix::text(corp.as_str()).range())? {
        if known < day {
            DAYS.remove(tx, (corp.as_str(), known))?;
        }
    }
    Ok(())
}

pub(super) fn clear(tx: &WriteTx, corp: &CorpKey) -> Result<(), StoreError> {
    DAYS.remove_range(tx, &Prefix::text(corp.as_str()).range()).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lags_by_their_step() {
        let mut day = CallbackDay::default();
        assert_eq!(day.lag_within_ms(95), None);
        day.add(None);
        assert_eq!((day.received, day.lag_within_ms(50)), (1, None));
        for lag_ms in [0, 1_000, 1_001, 4_000] {
            day.add(Some(lag_ms));
        }
        for (percent, want) in [(50, 1_000), (51, 2_000), (75, 2_000), (76, 5_000), (100, 5_000)] {
            assert_eq!(day.lag_within_ms(percent), Some(want), "{percent} %");
        }
        let mut both = CallbackDay::default();
        both.add(Some(i64::MAX));
        both.merge(&day);
        assert_eq!((both.received, both.lag_within_ms(100)), (6, Some(i64::MAX)));
    }
}
