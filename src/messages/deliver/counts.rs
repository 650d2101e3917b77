//! What went to an app's members lately, and how much of the day's quota is used.

use super::super::flows::{Flows, Fullest, MINUTE_MAX};
use crate::model::{SendCall, UserId};
use crate::store::{ReadTx, StoreError, outbox};
use std::collections::{HashMap, HashSet, VecDeque};

/// Person-times of one app on one day, per account of the corp (doc path 90236).
pub(in crate::messages) const DAY_PER_SEAT: u64 = 200;
const HOUR_MS: i64 = 3_600_000;
/// How long something waits for calls that are under way for long.
const LATE_MS: i64 = 1_000;
pub(super) const DAY_MS: i64 = 24 * HOUR_MS;
const CHINA_MS: i64 = 8 * HOUR_MS;
/// How far back the last hour is looked at: WeCom's hour may have begun a little earlier than ours.
const LOOK_BACK_MS: i64 = HOUR_MS + 120_000;
/// Contents without a call of ours that are remembered.
const BESIDE_MAX: usize = 50_000;

/// What went out lately; behind one lock, since all of it is counted together.
#[derive(Default)]
pub(super) struct Counts {
    flows: Flows,
    day: Day,
    /// What went to members without a call of ours, and when: the rests of auto replies.
    beside: VecDeque<(i64, String)>,
}

impl Counts {
    /// Begins anew with what the store says was sent to the WeCom that the corp has been since `since_ms`, and with calls on
    /// their way: their members and contents. What went out beside is counted on top.
    pub(super) fn renew<'u>(
        &mut self,
        (mut flows, mut day): (Flows, Day),
        under_way: impl Iterator<Item = (&'u [UserId], usize)>,
        since_ms: i64,
        now_ms: i64,
    ) {
        for (to, parts) in under_way {
            day.person_times += to.len() as u64 * parts as u64;
            for userid in to {
                flows.count(&userid.folded(), parts, now_ms);
            }
        }
        self.beside.retain(|(at_ms, _)| *at_ms > since_ms.max(now_ms - DAY_MS));
        for (at_ms, folded) in &self.beside {
            day.person_times += u64::from(china_day(*at_ms) == day.number);
            if *at_ms > now_ms - LOOK_BACK_MS {
                flows.count(folded, 1, *at_ms);
            }
        }
        (self.flows, self.day) = (flows, day);
    }

    /// Counts one content that goes to a member, folded, without a call of ours; `Err`, and nothing is counted, where it does
    /// not fit in: when it does, Unix milliseconds. `quota` is that of the day; 0 = none.
    pub(super) fn count_beside(&mut self, folded: &str, quota: u64, now_ms: i64) -> Result<(), i64> {
        if let Some(free_ms) = self.flows.free_at(folded, 1, now_ms) {
            return Err(free_ms);
        }
        if !self.day.take(1, quota, now_ms) {
            return Err(next_day_ms(now_ms));
        }
        self.flows.count(folded, 1, now_ms);
        self.beside.push_back((now_ms, folded.to_owned()));
        if self.beside.len() > BESIDE_MAX {
            self.beside.pop_front();
        }
        Ok(())
    }

    /// Members of a call, by their place, at whom so many contents do not fit in now, and when they do. `late` is what WeCom
    /// may still count at a member, folded, together with what went out since.
    pub(super) fn full(
        &mut self,
        call: &SendCall,
        parts: usize,
        late: &HashMap<String, usize>,
        now_ms: i64,
    ) -> Vec<(usize, i64)> {
        let free_at = |(at, userid): (usize, &UserId)| {
            let folded = userid.folded();
            let parts = parts + late.get(&*folded).copied().unwrap_or(0);
            let is_crowded = parts > MINUTE_MAX && late.contains_key(&*folded);
            let free_ms = self.flows.free_at(&folded, parts, now_ms);
            Some((at, free_ms.max(is_crowded.then_some(now_ms + LATE_MS))?))
        };
        call.to.iter().enumerate().filter_map(free_at).collect()
    }

    /// Counts contents of a call at its members, but for those at the places in `besides`; answers who is over WeCom's
    /// limits.
    pub(super) fn count(
        &mut self,
        call: &SendCall,
        parts: usize,
        besides: &[(usize, i64)],
        at_ms: i64,
    ) -> HashSet<String> {
        let members = counted(call, besides).map(UserId::folded);
        members.filter(|folded| self.flows.count(folded, parts, at_ms)).map(|folded| folded.to_string()).collect()
    }

    /// What was counted so at that time did not go out.
    pub(super) fn take_back(&mut self, call: &SendCall, parts: usize, besides: &[(usize, i64)], at_ms: i64) {
        counted(call, besides).for_each(|userid| self.flows.take_back(&userid.folded(), parts, at_ms));
    }

    /// Takes person-times out of the day's quota of so many (0 = none); answers `false`, and takes nothing, when they do
    /// not fit in.
    pub(super) fn take_of_day(&mut self, person_times: u64, quota: u64, now_ms: i64) -> bool {
        self.day.take(person_times, quota, now_ms)
    }

    /// What was taken did not reach WeCom.
    pub(super) fn give_back(&mut self, person_times: u64) {
        self.day.person_times = self.day.person_times.saturating_sub(person_times);
    }

    /// How full the flows to members are, and the day's person-times.
    pub(super) fn meter(&mut self, now_ms: i64) -> (Fullest, u64) {
        let person_times = if self.day.number == china_day(now_ms) { self.day.person_times } else { 0 };
        (self.flows.fullest(now_ms), person_times)
    }
}

/// Members of a call but for those at these places, which are in their order.
fn counted<'c>(call: &'c SendCall, besides: &'c [(usize, i64)]) -> impl Iterator<Item = &'c UserId> {
    let waits = move |at: usize| besides.binary_search_by_key(&at, |(place, _)| *place).is_ok();
    call.to.iter().enumerate().filter(move |(at, _)| !waits(*at)).map(|(_, userid)| userid)
}

/// A day in China, and the person-times that went out on it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Day {
    number: i64,
    pub(super) person_times: u64,
}

impl Day {
    /// Takes person-times out of the quota of so many (0 = none); answers `false`, and takes nothing, when they do not fit in.
    fn take(&mut self, person_times: u64, quota: u64, now_ms: i64) -> bool {
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

fn china_day(at_ms: i64) -> i64 {
    (at_ms + CHINA_MS).div_euclid(DAY_MS)
}

/// When the next day begins in China, Unix milliseconds.
pub(super) fn next_day_ms(at_ms: i64) -> i64 {
    (china_day(at_ms) + 1) * DAY_MS - CHINA_MS
}
