//! What went to an app's members lately, and how much of the day's quota is used.

use super::super::flows::Flows;
use crate::store::{ReadTx, StoreError, outbox};
use std::collections::VecDeque;

/// Person-times of one app on one day, per account of the corp (doc path 90236).
pub(in crate::messages) const DAY_PER_SEAT: u64 = 200;
const HOUR_MS: i64 = 3_600_000;
pub(super) const DAY_MS: i64 = 24 * HOUR_MS;
const CHINA_MS: i64 = 8 * HOUR_MS;
/// How far back the last hour is looked at: WeCom's hour may have begun a little earlier than ours.
pub(super) const LOOK_BACK_MS: i64 = HOUR_MS + 120_000;
/// Contents without a call of ours that are remembered.
pub(super) const BESIDE_MAX: usize = 50_000;

/// What went out lately; behind one lock, since all of it is counted together.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) flows: Flows,
    pub(super) day: Day,
    /// What went to members without a call of ours, and when: the rests of auto replies.
    pub(super) beside: VecDeque<(i64, String)>,
}

/// A day in China, and the person-times that went out on it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Day {
    pub(super) number: i64,
    pub(super) person_times: u64,
}

impl Day {
    /// Takes person-times out of the quota of so many (0 = none); answers `false`, and takes nothing, when they do not fit in.
    pub(super) fn take(&mut self, person_times: u64, quota: u64, now_ms: i64) -> bool {
        if self.number != china_day(now_ms) {
            *self = Self { number: china_day(now_ms), person_times: 0 };
        }
        if quota > 0 && self.person_times + person_times > quota {
            return false;
        }
        self.person_times += person_times;
        true
    }
}

/// What an app sent lately, out of the store: to the WeCom that its corp is, which counts nothing of a former one.
pub(super) fn recollect(tx: &ReadTx, name: &str, since_ms: i64, now_ms: i64) -> Result<(Flows, Day), StoreError> {
    let mut flows = Flows::default();
    outbox::scan_sent(tx, name, since_ms.max(now_ms - LOOK_BACK_MS), |call| {
        let sent_at_ms = call.sent_at_ms.unwrap_or(now_ms);
        for userid in &call.to {
            flows.count(&userid.folded(), call.parts.len(), sent_at_ms);
        }
        Ok(())
    })?;
    let person_times = outbox::person_times(tx, name, since_ms.max(next_day_ms(now_ms) - DAY_MS))?;
    Ok((flows, Day { number: china_day(now_ms), person_times }))
}

pub(super) fn china_day(at_ms: i64) -> i64 {
    (at_ms + CHINA_MS).div_euclid(DAY_MS)
}

/// When the next day begins in China, Unix milliseconds.
pub(super) fn next_day_ms(at_ms: i64) -> i64 {
    (china_day(at_ms) + 1) * DAY_MS - CHINA_MS
}
