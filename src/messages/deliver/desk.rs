//! All that is known about one app while the process lives: what holds it up, what went to its members lately, how much of
//! the day's quota is used.

use super::super::flows::{Flows, Fullest};
use super::super::outcome::{self, Pause};
use crate::model::{AppKey, CorpKey, SendCall, UserId};
use crate::store::{ReadTx, StoreError, loose_ends, outbox};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Calls of one app under way at once.
const UNDER_WAY_MAX: usize = 16;
/// Person-times of one app on one day, per account of the corp (doc path 90236).
pub(in crate::messages) const DAY_PER_SEAT: u64 = 200;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const CHINA_MS: i64 = 8 * HOUR_MS;
/// How far back the last hour is looked at: WeCom's hour may have begun a little earlier than ours.
const LOOK_BACK_MS: i64 = HOUR_MS + 120_000;

/// An app whose calls wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paused {
    /// Corp.
    pub corp: CorpKey,
    /// App.
    pub app: AppKey,
    /// Stable code: `no_connection`, `credential`, `settings`, `read_only`, `refused_app`.
    pub code: &'static str,
    /// One English sentence.
    pub text: String,
    /// When it is tried again, Unix milliseconds.
    pub until_ms: i64,
}

/// What holds an app up.
#[derive(Debug, Default)]
struct Gate {
    until_ms: i64,
    strikes: u32,
    pause: Option<Pause>,
}

/// One app.
pub(in crate::messages) struct Desk {
    pub(super) name: String,
    pub(super) corp: CorpKey,
    pub(super) app: AppKey,
    pub(super) wake: Notify,
    gate: Mutex<Gate>,
    flows: Mutex<Flows>,
    day: Mutex<Day>,
    under_way: Mutex<HashMap<String, UnderWay>>,
    /// Since when its corp has been the WeCom that the counters are of; see [`loose_ends::since_ms`].
    counted_since_ms: AtomicI64,
}

/// A call on its way.
struct UnderWay {
    to: Vec<UserId>,
    parts: usize,
}

/// A day in China, and the person-times that went out on it.
#[derive(Debug, Clone, Copy, Default)]
struct Day {
    number: i64,
    person_times: u64,
}

/// What an app sent lately, out of the store: to the WeCom that its corp is, which counts nothing of a former one.
fn recollect(tx: &ReadTx, name: &str, since_ms: i64, now_ms: i64) -> Result<(Flows, Day), StoreError> {
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

/// How full an app's flows to members are, and the person-times of its day, where no sender of it runs yet.
pub(in crate::messages) fn meter_of(tx: &ReadTx, name: &str, now_ms: i64) -> Result<(Fullest, u64), StoreError> {
    let since_ms = outbox::app_of(name).map(|(corp, _)| loose_ends::since_ms(tx, &corp)).transpose()?.unwrap_or(0);
    let (mut flows, day) = recollect(tx, name, since_ms, now_ms)?;
    Ok((flows.fullest(now_ms), day.person_times))
}

impl Desk {
    pub(in crate::messages) fn new(name: &str) -> Option<Self> {
        let (corp, app) = outbox::app_of(name)?;
        Some(Self {
            name: name.to_owned(),
            corp,
            app,
            wake: Notify::new(),
            gate: Mutex::default(),
            flows: Mutex::default(),
            day: Mutex::default(),
            under_way: Mutex::default(),
            counted_since_ms: AtomicI64::new(0),
        })
    }

    /// Something may be due.
    pub(in crate::messages) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Tries again at once.
    pub(in crate::messages) fn resume(&self) {
        lock(&self.gate).until_ms = 0;
        self.wake();
    }

    /// What holds the app up, where a person must do something about it.
    pub(in crate::messages) fn paused(&self) -> Option<Paused> {
        let gate = lock(&self.gate);
        let pause = gate.pause.as_ref().filter(|pause| pause.is_fault)?;
        Some(Paused {
            corp: self.corp.clone(),
            app: self.app.clone(),
            code: pause.code,
            text: pause.text.clone(),
            until_ms: gate.until_ms,
        })
    }

    /// How full the flows to members are, and the day's person-times.
    pub(in crate::messages) fn meter(&self, now_ms: i64) -> (Fullest, u64) {
        let day = *lock(&self.day);
        let person_times = if day.number == china_day(now_ms) { day.person_times } else { 0 };
        (lock(&self.flows).fullest(now_ms), person_times)
    }

    /// Counts anew: what the store says was sent, and what is on its way. After an error nothing has changed.
    pub(super) fn remember(&self, tx: &ReadTx, now_ms: i64) -> Result<(), StoreError> {
        let since_ms = loose_ends::since_ms(tx, &self.corp)?;
        let (mut flows, mut day) = recollect(tx, &self.name, since_ms, now_ms)?;
        for call in lock(&self.under_way).values() {
            day.person_times += call.to.len() as u64 * call.parts as u64;
            for userid in &call.to {
                flows.count(&userid.folded(), call.parts, now_ms);
            }
        }
        (*lock(&self.flows), *lock(&self.day)) = (flows, day);
        self.counted_since_ms.store(since_ms, Ordering::Relaxed);
        Ok(())
    }

    /// Whether the counters are of a WeCom that the corp has left.
    pub(in crate::messages) fn is_outdated(&self, tx: &ReadTx) -> Result<bool, StoreError> {
        Ok(loose_ends::since_ms(tx, &self.corp)? > self.counted_since_ms.load(Ordering::Relaxed))
    }

    /// How many further calls may be begun now; or until when nothing is sent, Unix milliseconds.
    pub(super) fn room(&self, now_ms: i64) -> Result<usize, i64> {
        let gate = lock(&self.gate);
        if gate.until_ms > now_ms {
            return Err(gate.until_ms);
        }
        // after a fault one call finds out whether it is mended
        let most = if gate.strikes > 0 { 1 } else { UNDER_WAY_MAX };
        Ok(most.saturating_sub(lock(&self.under_way).len()))
    }

    pub(super) fn close_gate(&self, pause: &Pause, now_ms: i64) {
        let mut gate = lock(&self.gate);
        // calls that were under way together count once
        if gate.until_ms <= now_ms {
            gate.strikes += 1;
        }
        let pause_ms = outcome::backoff_ms(gate.strikes + if pause.code == "no_connection" { 0 } else { 4 });
        gate.until_ms = gate.until_ms.max(pause.until_ms.unwrap_or(now_ms + pause_ms));
        gate.pause = Some(pause.clone());
    }

    pub(super) fn open_gate(&self) {
        *lock(&self.gate) = Gate::default();
    }

    /// Ids of the calls under way.
    pub(super) fn under_way(&self) -> HashSet<String> {
        lock(&self.under_way).keys().cloned().collect()
    }

    pub(super) fn begin(&self, call: &SendCall) {
        let under_way = UnderWay { to: call.to.clone(), parts: unsent(call) };
        lock(&self.under_way).insert(call.id.to_string(), under_way);
    }

    pub(super) fn end(&self, id: &str) {
        lock(&self.under_way).remove(id);
        self.wake();
    }

    /// Members of a call, by their place, at whom its contents do not fit in now, and when they do.
    pub(super) fn full(&self, call: &SendCall, now_ms: i64) -> Vec<(usize, i64)> {
        let parts = unsent(call);
        let mut flows = lock(&self.flows);
        let free_at = |(at, userid): (usize, &UserId)| Some((at, flows.free_at(&userid.folded(), parts, now_ms)?));
        call.to.iter().enumerate().filter_map(free_at).collect()
    }

    /// Counts a call at its members, but for those at the places in `besides`; answers who is over WeCom's limits.
    pub(super) fn count(&self, call: &SendCall, besides: &[(usize, i64)], at_ms: i64) -> HashSet<String> {
        let parts = unsent(call);
        let mut flows = lock(&self.flows);
        let waits = |at: usize| besides.binary_search_by_key(&at, |(place, _)| *place).is_ok();
        let members = call.to.iter().enumerate().filter(|(at, _)| !waits(*at)).map(|(_, userid)| userid.folded());
        members.filter(|folded| flows.count(folded, parts, at_ms)).map(|folded| folded.to_string()).collect()
    }

    /// Takes person-times out of the day's quota of so many (0 = none); answers `false`, and takes nothing, when they do
    /// not fit in.
    pub(super) fn take_of_day(&self, person_times: u64, quota: u64, now_ms: i64) -> bool {
        let mut day = lock(&self.day);
        if day.number != china_day(now_ms) {
            *day = Day { number: china_day(now_ms), person_times: 0 };
        }
        if quota > 0 && day.person_times + person_times > quota {
            return false;
        }
        day.person_times += person_times;
        true
    }

    /// What was taken did not reach WeCom.
    pub(super) fn give_back(&self, person_times: u64) {
        let mut day = lock(&self.day);
        day.person_times = day.person_times.saturating_sub(person_times);
    }
}

/// Contents of a call that are still to be sent.
pub(super) fn unsent(call: &SendCall) -> usize {
    call.parts.iter().filter(|part| part.sent_at_ms.is_none()).count()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn china_day(at_ms: i64) -> i64 {
    (at_ms + CHINA_MS).div_euclid(DAY_MS)
}

/// When the next day begins in China, Unix milliseconds.
pub(super) fn next_day_ms(at_ms: i64) -> i64 {
    (china_day(at_ms) + 1) * DAY_MS - CHINA_MS
}
