//! The way into the store: callbacks that arrive while others become durable share the next turn. What is surely new is packed
//! and written to the write-ahead log; the store takes it over after the answer. What may be a repeat goes into the store at
//! once, and what lies in the log before it. Whoever finds nobody at it begins; a request that is dropped meanwhile takes
//! nothing with it.

mod turns;

use super::Callbacks;
use super::ids::Ids;
use super::receive::DEADLINE;
use super::recent::{KEPT_MAX, Recent};
use super::tail::Tail;
use crate::store::inbox::wal::{self, Wal};
use crate::store::inbox::{Arrival, Arrivals, Late, Received};
use crate::store::{self, Store, StoreError};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Callbacks that may be repeats, of one transaction at most.
const LATE_AT_ONCE: usize = 500;
/// Bytes that may wait for their commit; beyond, WeCom is asked to send again.
const WAITING_MAX_BYTES: usize = 64 << 20;
/// So many seconds before the start are remembered …
const REMEMBERED_S: i64 = 600;
/// … of one receiver at most so many callbacks.
const REMEMBERED_MAX: usize = 10_000;

type Reply = oneshot::Sender<Result<Received, StoreError>>;

/// What waits for the next commit.
pub(super) struct Intake {
    pending: Mutex<Pending>,
    /// What is in the log and may not be in the store yet.
    pub(super) tail: Tail,
    /// The log; of nobody but the one turn that is under way.
    log: Arc<Mutex<Log>>,
    /// Callbacks that lie packed in the log or the store, or may do so when the turn under way ends.
    packed: AtomicUsize,
}

/// The log, where one could be begun.
#[derive(Default)]
struct Log {
    open: Option<Wal>,
    /// The run that was announced last: no other may be written.
    run: u64,
    /// Not to be begun before that time after it failed, Unix milliseconds.
    not_before_ms: i64,
}

impl Log {
    fn lock(log: &Mutex<Self>) -> MutexGuard<'_, Self> {
        log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Pending {
    recent: Recent,
    arrivals: Arrivals,
    new: Vec<Waiter>,
    late: Vec<(Late, Waiter)>,
    late_bytes: usize,
    is_under_way: bool,
}

/// Somebody who waits for an answer.
struct Waiter {
    reply: Option<Reply>,
    since_ms: i64,
}

impl Waiter {
    fn answer(&mut self, result: Result<Received, StoreError>) {
        if let Some(reply) = self.reply.take() {
            // whoever waited may have gone
            let _ = reply.send(result);
        }
    }

    /// Answers where the time is over; the callback is stored all the same if it can be.
    fn expire(&mut self, now_ms: i64) {
        if now_ms.saturating_sub(self.since_ms) >= i64::try_from(DEADLINE.as_millis()).unwrap_or(i64::MAX) {
            self.answer(Err(StoreError::Busy { doing: "storing a callback" }));
        }
    }
}

impl Intake {
    /// With what the store and its log have kept.
    ///
    /// # Errors
    /// [`StoreError::Io`] when there is a log that cannot be read.
    pub(super) fn open(store: &Store, now_ms: i64) -> Result<Self, StoreError> {
        let since_s = now_ms.div_euclid(1_000) - REMEMBERED_S;
        let (since_s, mut known, packed, logged) = store.read(|tx| {
            let (since_s, known) = store::inbox::newest_keys(tx, since_s, REMEMBERED_MAX)?;
            let (packed, _) = store::inbox::count_arrived(tx, None)?;
            Ok((since_s, known, packed, wal::recover(store, tx)?))
        })?;
        let tail = Tail::new(logged);
        let of_log: Vec<_> = tail.look().bundles.iter().flat_map(|one| one.arrivals.keys()).collect();
        if !of_log.is_empty() {
            tracing::info!("{} callbacks are taken over from the log of the last run", of_log.len());
        }
        let packed = packed + of_log.len();
        known.extend(of_log.into_iter().filter(|key| key.created_at_s >= since_s));
        let pending = Pending {
            recent: Recent::new(since_s, &known, KEPT_MAX),
            arrivals: Arrivals::default(),
            new: Vec::new(),
            late: Vec::new(),
            late_bytes: 0,
            is_under_way: false,
        };
        let (pending, log) = (Mutex::new(pending), Arc::default());
        Ok(Self { pending, tail, log, packed: AtomicUsize::new(packed) })
    }

    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Callbacks that lie packed in the store, or will soon.
    pub(super) fn packed(&self) -> usize {
        self.packed.load(Ordering::Acquire)
    }

    /// Notes that none was found. The number may be too high after a commit that failed; it is never too low for long.
    pub(super) fn note_empty(&self) {
        let pending = self.lock();
        if !pending.is_under_way && self.tail.is_empty() {
            self.packed.store(0, Ordering::Release);
        }
    }

    /// Notes that so many do not lie packed any more.
    pub(super) fn note_unpacked(&self, count: usize) {
        let _ =
            self.packed.fetch_update(Ordering::AcqRel, Ordering::Acquire, |packed| Some(packed.saturating_sub(count)));
    }
}

impl Pending {
    fn add(&mut self, ids: &Ids, arrival: &Arrival<'_>, waiter: Waiter) -> Result<(), StoreError> {
        if self.arrivals.bytes() + self.late_bytes > WAITING_MAX_BYTES {
            return Err(StoreError::Busy { doing: "storing a callback" });
        }
        // under the lock, so that ids grow in the order of the rows
        let arrival = Arrival { id: ids.next_bytes(arrival.received_at_ms), ..*arrival };
        let Arrival { corp, receiver, created_at_s, digest, .. } = arrival;
        if self.recent.is_surely_new(corp, receiver, created_at_s, digest) {
            self.arrivals.push(&arrival);
            self.new.push(waiter);
        } else {
            self.late_bytes += arrival.text.len();
            self.late.push((Late { item: arrival.to_item(), since_ms: arrival.since_ms }, waiter));
        }
        Ok(())
    }

    /// What the next commit takes; `None` when nothing waits.
    fn take(&mut self) -> Option<Batch> {
        let count = self.late.len().min(LATE_AT_ONCE);
        let (late, waiting): (Vec<Late>, Vec<Waiter>) = self.late.drain(..count).unzip();
        self.late_bytes -= late.iter().map(|late| late.item.text.len()).sum::<usize>().min(self.late_bytes);
        let (arrivals, new) = (std::mem::take(&mut self.arrivals), std::mem::take(&mut self.new));
        let is_empty = arrivals.is_empty() && late.is_empty();
        (!is_empty).then(|| Batch { arrivals: Arc::new(arrivals.shrunk()), items: Arc::new(late), new, late: waiting })
    }
}

/// What one turn makes durable.
struct Batch {
    arrivals: Arc<Arrivals>,
    items: Arc<Vec<Late>>,
    new: Vec<Waiter>,
    late: Vec<Waiter>,
}

impl Batch {
    /// Answers those whose time is over.
    fn expire(&mut self, now_ms: i64) {
        self.new.iter_mut().chain(&mut self.late).for_each(|waiter| waiter.expire(now_ms));
    }
}

/// What became of a callback; comes when it is durable.
pub(super) type Stored = oneshot::Receiver<Result<Received, StoreError>>;

/// Hands a callback over, whose id is given here.
pub(super) fn store(callbacks: &Callbacks, arrival: &Arrival<'_>) -> Result<Stored, StoreError> {
    let (reply, stored) = oneshot::channel();
    let begins = {
        let mut pending = callbacks.0.intake.lock();
        let waiter = Waiter { reply: Some(reply), since_ms: arrival.received_at_ms };
        pending.add(&callbacks.0.ids, arrival, waiter)?;
        !std::mem::replace(&mut pending.is_under_way, true)
    };
    if begins {
        let (callbacks, tasks) = (callbacks.clone(), callbacks.0.tasks.clone());
        tasks.spawn(async move { turns::drain(&callbacks).await });
    }
    Ok(stored)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::jobs::Jobs;
    use crate::messages::{Messages, NoRules};
    use crate::ops::Metrics;
    use crate::store::{KeyRing, StoreOptions};
    use crate::sync::Env;
    use crate::webhooks::Webhooks;
    use crate::wecom::{Clients, NoObserver};
    use std::sync::mpsc;
    use tokio::sync::oneshot::error::TryRecvError;

    fn callbacks(store: &Store, clock: &Clock) -> Callbacks {
        let env = Env::new(store.clone(), clock.clone(), Clients::new(clock.clone(), Arc::new(NoObserver)));
        let (jobs, webhooks) = (Jobs::new(env.clone()), Webhooks::new(store.clone(), clock.clone()));
        let messages = Messages::new(env, Arc::new(NoRules));
        Callbacks::new((store.clone(), clock.clone()), jobs, webhooks, messages, Arc::new(Metrics::new())).unwrap()
    }

    fn arrival(digest: &str, now_ms: i64) -> Arrival<'_> {
        Arrival {
            id: [0; 16],
            corp: "acme",
            since_ms: 0,
            receiver: "oa",
            kind: "message.text",
            from: "zhangsan",
            agentid: None,
            created_at_s: now_ms / 1_000,
            received_at_ms: now_ms,
            digest,
            text: "x",
            reply: None,
            pieces: &[],
        }
    }

    async fn until(what: impl Fn() -> bool) {
        let reached = async {
            while !what() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(60), reached).await.expect("it comes to that");
    }

    /// Who holds the log's lock keeps it from being written; the file is read at the moment of the answer.
    #[tokio::test]
    async fn nobody_is_answered_before_the_log_has_it() {
        let (folder, clock) = (tempfile::tempdir().unwrap(), Clock::manual(1_700_000_000_000));
        let store_ = Store::open(folder.path(), StoreOptions::new(KeyRing::in_memory(), clock.clone())).unwrap();
        let callbacks = callbacks(&store_, &clock);
        let in_the_file = || {
            let logged = store_.read(|tx| wal::recover(&store_, tx)).unwrap();
            logged.iter().map(|one| one.arrivals.len()).sum::<usize>()
        };
        // the first goes into the store, and begins the log
        store(&callbacks, &arrival("m1", clock.now_ms())).unwrap().await.unwrap().unwrap();
        until(|| Log::lock(&callbacks.0.intake.log).open.is_some() && !callbacks.0.intake.lock().is_under_way).await;
        assert_eq!(in_the_file(), 0);

        let (log, (holds, held), (let_go, wait)) =
            (callbacks.0.intake.log.clone(), mpsc::channel(), mpsc::channel::<()>());
        let holder = std::thread::spawn(move || {
            let _log = Log::lock(&log);
            holds.send(()).unwrap();
            // `Err` when the other end is dropped
            let _ = wait.recv();
        });
        held.recv().unwrap();
        let mut answer = store(&callbacks, &arrival("m2", clock.now_ms())).unwrap();
        until(|| callbacks.0.intake.lock().arrivals.is_empty()).await;
        for _ in 0..1_000 {
            assert!(matches!(answer.try_recv(), Err(TryRecvError::Empty)), "answered, and nothing is written");
            tokio::task::yield_now().await;
        }
        assert_eq!(in_the_file(), 0);
        drop(let_go);
        assert!(matches!(answer.await.unwrap().unwrap(), Received::New));
        assert_eq!(in_the_file(), 1, "as the next start would find it");
        holder.join().unwrap();
    }
}
