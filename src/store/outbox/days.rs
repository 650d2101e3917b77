//! What became of deliveries, counted by app and day.

use super::app_name;
use crate::model::{Delivery, DeliveryState, Tally};
use crate::store::StoreError;
use crate::store::key::Str;
use crate::store::table::{Table, everything};
use crate::store::tx::{Reads, WriteTx};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// (app, day as `YYYYMMDD` in China)
pub(super) const DAYS: Table<(Str, u32), Day> = Table::new("message_days");

/// What became of deliveries on one day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// Deliveries that came into each state on that day.
    pub tally: Tally,
}

/// The day in China as `YYYYMMDD`.
pub fn day_of(at_ms: i64) -> u32 {
    let china = chrono::DateTime::from_timestamp_millis(at_ms.saturating_add(8 * 3_600_000)).unwrap_or_default();
    china.format("%Y%m%d").to_string().parse().unwrap_or(0)
}

pub(in crate::store) fn count_day<'d>(
    tx: &WriteTx,
    rows: impl Iterator<Item = &'d Delivery>,
) -> Result<(), StoreError> {
    let mut counts: BTreeMap<(String, u32), Tally> = BTreeMap::new();
    for row in rows.filter(|row| row.state != DeliveryState::Waiting) {
        let app = row.corp.as_ref().zip(row.app.as_ref()).map(|(corp, app)| app_name(corp, app)).unwrap_or_default();
        counts.entry((app, day_of(row.changed_at_ms))).or_default().add(row.state);
    }
    let mut days = DAYS.writer(tx)?;
    for ((app, day), tally) in counts {
        let mut known = days.get((&app, day))?.unwrap_or_default();
        for (state, count) in tally.0 {
            *known.tally.0.entry(state).or_default() += count;
        }
        days.put((&app, day), &known)?;
    }
    Ok(())
}

/// The days of all apps from a day on: app (empty = none), day, counts.
pub fn days(tx: &impl Reads, from_day: u32) -> Result<Vec<(String, u32, Day)>, StoreError> {
    let mut rows = Vec::new();
    DAYS.scan(tx, &everything(), |(app, day), row| {
        if day >= from_day {
            rows.push((app, day, row));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(rows)
}

/// Forgets the counters of days before `day`.
pub fn forget_days(tx: &WriteTx, day: u32) -> Result<(), StoreError> {
    let old: Vec<_> = DAYS.keys(tx, &everything())?.into_iter().filter(|(_, known)| *known < day).collect();
    let mut days = DAYS.writer(tx)?;
    old.iter().try_for_each(|(app, day)| days.remove((app, *day)).map(drop))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_china() {
        for (at_ms, day) in [(1_760_025_599_000, 20_251_009), (1_760_025_600_000, 20_251_010), (-1, 19_700_101)] {
            assert_eq!(day_of(at_ms), day, "{at_ms}");
        }
    }
}
