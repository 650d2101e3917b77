//! Pacing by quota before the call: how many calls of one API fit into WeCom's minute and hour windows.
//!
//! WeCom counts per corp and API (doc path 90312) at some moment between our sending and its answer, in windows
//! whose phase nobody knows. A call therefore occupies its place from before it is sent until one whole window after
//! its answer came: then no window of that length, wherever it begins, ever holds more calls than the quota.

mod memory;

pub use memory::{ApiUsed, QuotaAccount, QuotaMemory, QuotaUsed};

use crate::clock::Clock;
use crate::model::Quota;
use memory::Kept;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// One minute and what is added for clocks that run apart.
const MINUTE_MS: i64 = 61_000;
/// One hour and what is added for clocks that run apart.
const HOUR_MS: i64 = 3_610_000;
/// Added where the answer never came: WeCom may count the call later than we gave it up.
const LOST_MS: i64 = 30_000;
/// First lock-out after 45009, then the second (doc path 90312: as long as the window).
const BLOCKS_MS: [i64; 2] = [MINUTE_MS, HOUR_MS];

/// One window of one API.
#[derive(Debug)]
struct Window {
    length_ms: i64,
    step_ms: i64,
    limit: u32,
    /// Finished calls by the moment they leave the window, earliest first.
    leaving: VecDeque<(i64, u32)>,
    finished: u32,
}

impl Window {
    fn new(length_ms: i64, step_ms: i64, limit: u32) -> Self {
        Self { length_ms, step_ms, limit: limit.max(1), leaving: VecDeque::new(), finished: 0 }
    }

    fn expire(&mut self, now_ms: i64) {
        while let Some((at, count)) = self.leaving.front().copied()
            && at <= now_ms
        {
            self.leaving.pop_front();
            self.finished -= count;
        }
    }

    fn add(&mut self, done_ms: i64, count: u32) {
        let leaves = (done_ms + self.step_ms - 1).div_euclid(self.step_ms) * self.step_ms + self.length_ms;
        self.finished += count;
        let at = self.leaving.partition_point(|(other, _)| *other < leaves);
        match self.leaving.get_mut(at) {
            Some((other, n)) if *other == leaves => *n += count,
            _ => self.leaving.insert(at, (leaves, count)),
        }
    }

    /// When the next place becomes free; `None` when there is one. `i64::MAX` = when a call under way gives up.
    fn free_at(&self, under_way: u32) -> Option<i64> {
        if self.finished.saturating_add(under_way) < self.limit {
            return None;
        }
        Some(self.leaving.front().map_or(i64::MAX, |(at, _)| *at))
    }

    fn used(&self, under_way: u32) -> u32 {
        self.finished.saturating_add(under_way)
    }
}

/// All that is known about one API of one corp.
#[derive(Debug)]
struct Api {
    minute: Window,
    hour: Window,
    under_way: u32,
    blocked_until_ms: i64,
    strikes: usize,
    /// What is kept of it: minutes since 1970 with the calls that may have gone out, the earliest first.
    minutes: VecDeque<(i64, u32)>,
}

impl Api {
    fn new(quota: Quota) -> Self {
        Self {
            minute: Window::new(MINUTE_MS, 250, quota.calls_per_minute),
            hour: Window::new(HOUR_MS, 10_000, quota.calls_per_hour),
            under_way: 0,
            blocked_until_ms: 0,
            strikes: 0,
            minutes: VecDeque::new(),
        }
    }

    fn take(&mut self, now_ms: i64) -> Result<(), i64> {
        self.minute.expire(now_ms);
        self.hour.expire(now_ms);
        if self.blocked_until_ms > now_ms {
            return Err(self.blocked_until_ms);
        }
        match (self.minute.free_at(self.under_way), self.hour.free_at(self.under_way)) {
            (None, None) => {
                self.under_way += 1;
                Ok(())
            }
            (minute, hour) => Err(minute.unwrap_or(0).max(hour.unwrap_or(0))),
        }
    }
}

/// The pacer of one corp; survives changes of its other settings.
#[derive(Debug)]
pub(super) struct Pacer {
    clock: Clock,
    state: Mutex<State>,
    changed: Notify,
    kept: Option<Kept>,
}

#[derive(Debug)]
struct State {
    quota: Quota,
    apis: HashMap<&'static str, Api>,
}

impl State {
    fn api(&mut self, name: &'static str) -> &mut Api {
        let quota = self.quota;
        self.apis.entry(name).or_insert_with(|| Api::new(quota))
    }
}

/// Use of one API's quota at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiUse {
    /// Endpoint name.
    pub endpoint: &'static str,
    /// Calls that count in the current minute.
    pub minute_used: u32,
    /// Calls left in the current minute.
    pub minute_left: u32,
    /// Calls that count in the current hour.
    pub hour_used: u32,
    /// Calls left in the current hour.
    pub hour_left: u32,
    /// While WeCom locks us out of this API: until when, Unix milliseconds.
    pub blocked_until_ms: Option<i64>,
}

impl Pacer {
    /// A pacer that knows of no call yet, and forgets all with the process unless it is given somebody who keeps them.
    pub(super) fn new(clock: Clock, quota: Quota, memory: Option<(QuotaAccount, Arc<dyn QuotaMemory>)>) -> Arc<Self> {
        let kept = memory.map(|(account, memory)| Kept::new(account, memory));
        let state = Mutex::new(State { quota, apis: HashMap::new() });
        Arc::new(Self { clock, state, changed: Notify::new(), kept })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the limits; what was used stays counted.
    pub(super) fn set_quota(&self, quota: Quota) {
        let mut state = self.state();
        state.quota = quota;
        for api in state.apis.values_mut() {
            api.minute.limit = quota.calls_per_minute.max(1);
            api.hour.limit = quota.calls_per_hour.max(1);
        }
        drop(state);
        self.changed.notify_waiters();
    }

    /// Waits for a place, at most until `deadline_ms`; `Err` is the time at which there would be one.
    pub(super) async fn reserve(self: &Arc<Self>, name: &'static str, deadline_ms: i64) -> Result<Place, i64> {
        self.recall().await;
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let now_ms = self.clock.now_ms();
            let taken = self.state().api(name).take(now_ms);
            match taken {
                Ok(()) => return Ok(Place { pacer: Arc::clone(self), name, fate: Fate::Unsent }),
                Err(i64::MAX) => changed.await,
                Err(at_ms) if at_ms > deadline_ms => return Err(at_ms),
                Err(at_ms) => {
                    tokio::select! {
                        () = &mut changed => {}
                        () = self.clock.sleep_until_ms(at_ms) => {}
                    }
                }
            }
        }
    }

    /// WeCom answered 45009: nothing of this API goes out for a minute, and for an hour if that did not help.
    pub(super) fn block(&self, name: &'static str) {
        let now_ms = self.clock.now_ms();
        let mut state = self.state();
        let api = state.api(name);
        // answers to calls that were under way together count once
        if api.blocked_until_ms <= now_ms {
            api.blocked_until_ms = now_ms + BLOCKS_MS[api.strikes.min(BLOCKS_MS.len() - 1)];
            api.strikes += 1;
        }
    }

    /// A call of this API went through.
    pub(super) fn unblock(&self, name: &'static str) {
        if let Some(api) = self.state().apis.get_mut(name) {
            api.strikes = 0;
        }
    }

    pub(super) fn uses(&self) -> Vec<ApiUse> {
        let now_ms = self.clock.now_ms();
        let mut list: Vec<ApiUse> = self
            .state()
            .apis
            .iter_mut()
            .map(|(name, api)| {
                api.minute.expire(now_ms);
                api.hour.expire(now_ms);
                let (minute, hour) = (api.minute.used(api.under_way), api.hour.used(api.under_way));
                ApiUse {
                    endpoint: name,
                    minute_used: minute,
                    minute_left: api.minute.limit.saturating_sub(minute),
                    hour_used: hour,
                    hour_left: api.hour.limit.saturating_sub(hour),
                    blocked_until_ms: (api.blocked_until_ms > now_ms).then_some(api.blocked_until_ms),
                }
            })
            .collect();
        list.sort_by_key(|api| api.endpoint);
        list
    }
}

/// A reserved place. Dropped before [`Place::sent`] it is given back; dropped after it, it counts as a call whose
/// answer never came.
#[derive(Debug)]
pub(super) struct Place {
    pacer: Arc<Pacer>,
    name: &'static str,
    fate: Fate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Unsent,
    Sent,
    Answered,
}

impl Place {
    /// The request is about to go out.
    pub(super) fn sent(&mut self) {
        self.fate = Fate::Sent;
    }

    /// Nothing reached WeCom after all.
    pub(super) fn give_back(mut self) {
        self.fate = Fate::Unsent;
    }

    /// The answer came.
    pub(super) fn answered(mut self) {
        self.fate = Fate::Answered;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let now_ms = self.pacer.clock.now_ms();
        if let Some(api) = self.pacer.state().apis.get_mut(self.name) {
            api.under_way -= 1;
            let done_ms = match self.fate {
                Fate::Unsent => None,
                Fate::Sent => Some(now_ms + LOST_MS),
                Fate::Answered => Some(now_ms),
            };
            if let Some(done_ms) = done_ms {
                api.minute.add(done_ms, 1);
                api.hour.add(done_ms, 1);
            }
        }
        self.pacer.changed.notify_waiters();
    }
}

/// Seconds until `calls` of one API have gone out under a quota with nothing used yet, answers taken as immediate:
/// what a budget shows. Windows are counted as the pacer keeps them.
pub fn seconds_for(quota: &Quota, calls: u64) -> u64 {
    let (minute, hour) = (u64::from(quota.calls_per_minute.max(1)), u64::from(quota.calls_per_hour.max(1)));
    let whole_hours = calls.saturating_sub(1) / hour;
    let rest = calls.saturating_sub(whole_hours * hour);
    let minutes = rest.saturating_sub(1) / minute;
    let ms = |n: u64, window: i64| n.saturating_mul(window.unsigned_abs());
    Duration::from_millis(ms(whole_hours, HOUR_MS).saturating_add(ms(minutes, MINUTE_MS))).as_secs()
}

#[cfg(test)]
mod tests;
