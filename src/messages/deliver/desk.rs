//! All that is known about one app while the process lives: what holds it up, what went to its members lately, how much of
//! the day's quota is used.

use super::super::flows::Fullest;
use super::super::outcome::{self, Pause};
use super::counts::{Counts, recollect};
use crate::model::{AppKey, CorpKey, SendCall, UserId};
use crate::store::{ReadTx, StoreError, loose_ends, outbox};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Calls of one app under way at once.
const UNDER_WAY_MAX: usize = 16;
const MINUTE_MS: i64 = 60_000;

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
    /// Calls that the fault has stopped since it began. It may be of one of them alone: others are tried first.
    tried: HashSet<String>,
}

/// One app.
pub(in crate::messages) struct Desk {
    pub(super) name: String,
    pub(super) corp: CorpKey,
    pub(super) app: AppKey,
    pub(super) wake: Notify,
    gate: Mutex<Gate>,
    counts: Mutex<Counts>,
    under_way: Mutex<HashMap<String, UnderWay>>,
    is_counted: AtomicBool,
    /// Since when its corp has been the WeCom that the counters are of; see [`loose_ends::since_ms`].
    counted_since_ms: AtomicI64,
}

/// A call on its way.
struct UnderWay {
    to: Vec<UserId>,
    parts: usize,
    since_ms: i64,
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
            counts: Mutex::default(),
            under_way: Mutex::default(),
            is_counted: AtomicBool::new(false),
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

    /// Until when WeCom's limit on calls holds the app up, Unix milliseconds, where it does.
    pub(in crate::messages) fn throttled_until_ms(&self, now_ms: i64) -> Option<i64> {
        let gate = lock(&self.gate);
        let is_held = gate.pause.as_ref().is_some_and(|pause| !pause.is_fault) && gate.until_ms > now_ms;
        is_held.then_some(gate.until_ms)
    }

    /// How full the flows to members are, and the day's person-times.
    pub(in crate::messages) fn meter(&self, now_ms: i64) -> (Fullest, u64) {
        lock(&self.counts).meter(now_ms)
    }

    /// Counts anew: what the store says was sent, and what is on its way. After an error nothing has changed.
    pub(in crate::messages) fn remember(&self, tx: &ReadTx, now_ms: i64) -> Result<(), StoreError> {
        let since_ms = loose_ends::since_ms(tx, &self.corp)?;
        let stored = recollect(tx, &self.name, since_ms, now_ms)?;
        let under_way: Vec<(Vec<UserId>, usize)> =
            lock(&self.under_way).values().map(|call| (call.to.clone(), call.parts)).collect();
        let under_way = under_way.iter().map(|(to, parts)| (to.as_slice(), *parts));
        lock(&self.counts).renew(stored, under_way, since_ms, now_ms);
        self.is_counted.store(true, Ordering::Relaxed);
        self.counted_since_ms.store(since_ms, Ordering::Relaxed);
        Ok(())
    }

    /// Whether it knows what went out before.
    pub(in crate::messages) fn is_counted(&self) -> bool {
        self.is_counted.load(Ordering::Relaxed)
    }

    /// Counts one content that goes to a member, folded, without a call of ours; `Err`, and nothing is counted, where it does
    /// not fit in: when it does, Unix milliseconds. `quota` is that of the day; 0 = none.
    pub(in crate::messages) fn count_beside(&self, folded: &str, quota: u64, now_ms: i64) -> Result<(), i64> {
        lock(&self.counts).count_beside(folded, quota, now_ms)
    }

    /// Whether the counters are of a WeCom that the corp has left.
    pub(in crate::messages) fn is_outdated(&self, tx: &ReadTx) -> Result<bool, StoreError> {
        Ok(loose_ends::since_ms(tx, &self.corp)? > self.counted_since_ms.load(Ordering::Relaxed))
    }

    /// How many further calls may be begun now, and whether those that are due longest rather than the most urgent; or until
    /// when nothing is sent, Unix milliseconds.
    pub(super) fn room(&self, now_ms: i64) -> Result<(usize, bool), i64> {
        let under_way = lock(&self.under_way).len();
        let gate = lock(&self.gate);
        if gate.until_ms > now_ms {
            return Err(gate.until_ms);
        }
        // after a fault one call finds out whether it is mended
        let most = if gate.strikes > 0 { 1 } else { UNDER_WAY_MAX };
        // every second one is the one that is due longest: many urgent ones do not keep the others from being tried
        let is_fair = gate.strikes > 0 && gate.strikes.is_multiple_of(2);
        Ok((most.saturating_sub(under_way), is_fair))
    }

    /// Calls that a fault has stopped since it began.
    pub(super) fn tried(&self) -> HashSet<String> {
        lock(&self.gate).tried.clone()
    }

    /// All of them are tried once more.
    pub(super) fn forget_tried(&self) {
        lock(&self.gate).tried.clear();
    }

    /// Nothing goes out for a while, because of what became of a call.
    pub(super) fn close_gate(&self, pause: &Pause, call: Option<&SendCall>, now_ms: i64) {
        let mut gate = lock(&self.gate);
        // calls that were under way together count once
        if gate.until_ms <= now_ms {
            gate.strikes += 1;
        }
        let pause_ms = outcome::backoff_ms(gate.strikes + if pause.code == "no_connection" { 0 } else { 4 });
        gate.until_ms = gate.until_ms.max(pause.until_ms.unwrap_or(now_ms + pause_ms));
        gate.pause = Some(pause.clone());
        gate.tried.extend(call.filter(|_| pause.is_fault).map(|call| call.id.to_string()));
    }

    pub(super) fn open_gate(&self) {
        *lock(&self.gate) = Gate::default();
    }

    /// Ids of the calls under way.
    pub(super) fn under_way(&self) -> HashSet<String> {
        lock(&self.under_way).keys().cloned().collect()
    }

    pub(super) fn begin(&self, call: &SendCall, now_ms: i64) {
        let under_way = UnderWay { to: call.to.clone(), parts: unsent(call), since_ms: now_ms };
        lock(&self.under_way).insert(call.id.to_string(), under_way);
    }

    pub(super) fn end(&self, id: &str) {
        lock(&self.under_way).remove(id);
        self.wake();
    }

    /// Members of a call, by their place, at whom its contents do not fit in now, and when they do.
    pub(super) fn full(&self, call: &SendCall, now_ms: i64) -> Vec<(usize, i64)> {
        let late = self.late(now_ms);
        lock(&self.counts).full(call, unsent(call), &late, now_ms)
    }

    /// Contents by member, folded, that have been under way for so long that their beginning counts no more, while WeCom may
    /// count them at any moment.
    fn late(&self, now_ms: i64) -> HashMap<String, usize> {
        let mut late = HashMap::new();
        for call in lock(&self.under_way).values().filter(|call| call.since_ms + MINUTE_MS <= now_ms) {
            for userid in &call.to {
                *late.entry(userid.folded().to_string()).or_default() += call.parts;
            }
        }
        late
    }

    /// Counts contents of a call at its members, but for those at the places in `besides`; answers who is over WeCom's
    /// limits.
    pub(super) fn count(&self, call: &SendCall, parts: usize, besides: &[(usize, i64)], at_ms: i64) -> HashSet<String> {
        lock(&self.counts).count(call, parts, besides, at_ms)
    }

    /// What [`Desk::count`] has counted at that time did not go out: its members have that room again.
    pub(super) fn take_back(&self, call: &SendCall, parts: usize, besides: &[(usize, i64)], at_ms: i64) {
        lock(&self.counts).take_back(call, parts, besides, at_ms);
    }

    /// Takes person-times out of the day's quota of so many (0 = none); answers `false`, and takes nothing, when they do
    /// not fit in.
    pub(super) fn take_of_day(&self, person_times: u64, quota: u64, now_ms: i64) -> bool {
        lock(&self.counts).take_of_day(person_times, quota, now_ms)
    }

    /// What was taken did not reach WeCom.
    pub(super) fn give_back(&self, person_times: u64) {
        lock(&self.counts).give_back(person_times);
    }
}

/// Contents of a call that are still to be sent.
pub(super) fn unsent(call: &SendCall) -> usize {
    call.parts.iter().filter(|part| part.sent_at_ms.is_none()).count()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::counts::DAY_MS;
    use super::*;
    use crate::clock::Clock;
    use crate::model::CallPart;
    use crate::model::content::Content;
    use crate::store::{KeyRing, Store, StoreOptions};
    use std::sync::mpsc;
    use std::time::Duration;

    #[test]
    fn what_is_late_counts_together_with_what_went_out_since() {
        let part = CallPart {
            content: Content::text("x"),
            sent_at_ms: None,
            msgid: None,
            response_code: None,
            recalled_at_ms: None,
            intents: Vec::new(),
        };
        let call = |id: &str| SendCall { id: id.into(), parts: vec![part.clone()], ..SendCall::sample() };
        let desk = Desk::new("a/oa").unwrap();
        for n in 0..10 {
            desk.begin(&call(&format!("late {n}")), 0);
        }
        let now_ms = 70_000;
        for _ in 0..19 {
            desk.count(&call("now"), 1, &[], now_ms);
        }
        assert!(desk.full(&call("next"), now_ms).is_empty(), "the 30th");
        desk.count(&call("now"), 1, &[], now_ms);
        assert_eq!(desk.full(&call("next"), now_ms), [(0, now_ms + 62_000)]);
    }

    /// The rest of an auto reply may be counted at the moment at which everything is counted anew.
    #[test]
    fn counting_anew_and_counting_on_do_not_wait_for_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let options = StoreOptions::new(KeyRing::in_memory(), Clock::manual(1_000));
        let store = Store::open(folder.path(), options).unwrap();
        let desk = Desk::new("acme-main/oa").unwrap();
        let (told, done) = mpsc::channel();
        // two who never end end with the process
        let desk: &'static Desk = Box::leak(Box::new(desk));
        let is_over: &'static AtomicBool = Box::leak(Box::new(AtomicBool::new(false)));
        let anew = told.clone();
        std::thread::spawn(move || {
            for days in 2..10_000 {
                store.read(|tx| desk.remember(tx, days * DAY_MS)).unwrap();
            }
            is_over.store(true, Ordering::Relaxed);
            anew.send(()).unwrap();
        });
        std::thread::spawn(move || {
            for at in 0.. {
                // of a day long past: what is counted is forgotten with the next count
                let _ = desk.count_beside(&format!("u{}", at % 1_000), 0, 0);
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
            }
            told.send(()).unwrap();
        });
        for _ in 0..2 {
            done.recv_timeout(Duration::from_secs(60)).expect("each waits for the other");
        }
    }
}
