//! The way into the store: callbacks that arrive while others become durable share the next turn. What is surely new is packed
//! and written to the write-ahead log; the store takes it over after the answer. What may be a repeat goes into the store at
//! once, and what lies in the log before it. Whoever finds nobody at it begins; a request that is dropped meanwhile takes
//! nothing with it.

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
use std::time::Duration;
use tokio::sync::oneshot;

/// Callbacks that may be repeats, of one transaction at most.
const LATE_AT_ONCE: usize = 500;
/// Bytes that may wait for their commit; beyond, WeCom is asked to send again.
const WAITING_MAX_BYTES: usize = 64 << 20;
/// Callbacks that may lie packed; beyond, those who arrive wait until as many have been put where they belong.
const PACKED_MAX: usize = 100_000;
/// Callbacks that one transaction unpacks beside others, at least.
const UNPACKED_AT_ONCE: usize = 500;
/// After a log could not be begun it is tried again so much later, milliseconds.
const BEGIN_AGAIN_MS: i64 = 60_000;
/// How often it is looked whose time is over.
const TICK: Duration = Duration::from_millis(200);
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
        tasks.spawn(async move { drain(&callbacks).await });
    }
    Ok(stored)
}

/// Takes turns until nothing waits.
async fn drain(callbacks: &Callbacks) {
    let mut mark = Mark { callbacks, is_over: false };
    loop {
        let batch = {
            let mut pending = callbacks.0.intake.lock();
            let batch = pending.take();
            if batch.is_none() {
                pending.is_under_way = false;
                mark.is_over = true;
            }
            batch
        };
        let Some(mut batch) = batch else { return };
        let is_full = callbacks.0.intake.packed() > PACKED_MAX;
        if batch.items.is_empty() && !is_full && log(callbacks, &mut batch).await {
            batch.new.iter_mut().for_each(|waiter| waiter.answer(Ok(Received::New)));
        } else if let Some(run) = commit(callbacks, &mut batch, is_full).await {
            begin_log(callbacks, &mut batch, run).await;
        }
        callbacks.0.stored.notify_one();
    }
}

/// Writes new ones to the log; whether they are durable there. Otherwise they must go into the store, and the log with them.
async fn log(callbacks: &Callbacks, batch: &mut Batch) -> bool {
    let intake = &callbacks.0.intake;
    let (log, arrivals, is_over) = (intake.log.clone(), batch.arrivals.clone(), intake.tail.is_empty());
    let written = callbacks.0.tasks.spawn_blocking(move || {
        let mut log = Log::lock(&log);
        // until it has succeeded there is none: an error, or a bug, leaves it as nobody knows
        let Some(mut open) = log.open.take() else { return Ok(None) };
        let written = open.append(&arrivals, is_over)?;
        log.open = Some(open);
        Ok(written)
    });
    match patiently(callbacks, batch, written).await {
        Ok(Ok(Some(logged))) => {
            intake.packed.fetch_add(batch.arrivals.len(), Ordering::AcqRel);
            intake.tail.push(logged);
            true
        }
        Ok(Ok(None)) => false,
        Ok(Err::<_, std::io::Error>(error)) => {
            tracing::error!(%error, "the log of callbacks could not be written, the store is written instead: {error}");
            false
        }
        Err(error) => {
            tracing::error!(%error, "the log of callbacks ended by a bug, the store is written instead");
            false
        }
    }
}

/// Commits a batch and answers it. Where no log is open, one is announced with it, whose run this answers.
async fn commit(callbacks: &Callbacks, batch: &mut Batch, is_full: bool) -> Option<u64> {
    let run = {
        let mut log = Log::lock(&callbacks.0.intake.log);
        let is_due = log.open.is_none() && callbacks.0.clock.now_ms() >= log.not_before_ms;
        is_due.then(|| {
            log.run = wal::new_run();
            log.run
        })
    };
    match write(callbacks, batch, 0..usize::MAX, true, (is_full, run)).await {
        Ok(results) => {
            batch.new.iter_mut().for_each(|waiter| waiter.answer(Ok(Received::New)));
            batch.late.iter_mut().zip(results).for_each(|(waiter, result)| waiter.answer(Ok(result)));
            run
        }
        // one that may be a repeat may be the cause: each is tried alone
        Err(_) => {
            one_by_one(callbacks, batch).await;
            None
        }
    }
}

async fn one_by_one(callbacks: &Callbacks, batch: &mut Batch) {
    if !batch.new.is_empty() {
        let result = write(callbacks, batch, 0..0, true, (false, None)).await;
        for waiter in &mut batch.new {
            waiter.answer(match &result {
                Ok(_) => Ok(Received::New),
                Err(error) => Err(StoreError::Refused(error.to_string())),
            });
        }
    }
    for at in 0..batch.late.len() {
        let result = write(callbacks, batch, at..at + 1, false, (false, None)).await;
        let result = result.and_then(|mut results| results.pop().ok_or(StoreError::Closed));
        if let Some(waiter) = batch.late.get_mut(at) {
            waiter.answer(result);
        }
    }
}

/// One commit: what lies in the log, the new ones, and these of the late ones; the run of another log is announced with it.
async fn write(
    callbacks: &Callbacks,
    batch: &mut Batch,
    late: std::ops::Range<usize>,
    with_new: bool,
    (unpacks, run): (bool, Option<u64>),
) -> Result<Vec<Received>, StoreError> {
    let intake = &callbacks.0.intake;
    let (arrivals, items, looked) = (batch.arrivals.clone(), batch.items.clone(), intake.tail.look());
    let added = if with_new { arrivals.len() } else { 0 };
    intake.packed.fetch_add(added, Ordering::AcqRel);
    let bundles = looked.bundles;
    let written = callbacks.0.store.write(move |tx| {
        wal::take_over(tx, &bundles)?;
        if let Some(run) = run {
            wal::announce(tx, run)?;
        }
        let unpacked = if unpacks { store::inbox::settle(tx, UNPACKED_AT_ONCE.max(2 * added))? } else { 0 };
        if with_new {
            store::inbox::arrive(tx, &arrivals)?;
        }
        let items = items.get(late.start..late.end.min(items.len())).unwrap_or_default();
        let (results, repacked) =
            if items.is_empty() { (Vec::new(), 0) } else { store::inbox::receive_late(tx, items)? };
        Ok((results, repacked, unpacked))
    });
    let (results, repacked, unpacked) = patiently(callbacks, batch, written).await?;
    intake.tail.forget(looked.end);
    intake.packed.fetch_add(repacked, Ordering::AcqRel);
    intake.note_unpacked(unpacked);
    Ok(results)
}

/// Begins the log that was announced. Where that fails the store is written until it succeeds.
async fn begin_log(callbacks: &Callbacks, batch: &mut Batch, run: u64) {
    let (store, log) = (callbacks.0.store.clone(), callbacks.0.intake.log.clone());
    // whoever stops waits for it: it holds the store open
    let begun = callbacks.0.tasks.spawn_blocking(move || {
        let begun = Wal::begin(&store, run)?;
        let mut log = Log::lock(&log);
        // whoever took so long that another one was announced meanwhile comes too late
        if log.run == run {
            log.open = Some(begun);
        }
        Ok::<_, StoreError>(())
    });
    let why = match patiently(callbacks, batch, begun).await {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    tracing::warn!("callbacks go into the store without a log: {why}");
    Log::lock(&callbacks.0.intake.log).not_before_ms = callbacks.0.clock.now_ms() + BEGIN_AGAIN_MS;
}

/// Waits for what makes a batch durable. Who waits too long meanwhile is answered.
async fn patiently<T>(callbacks: &Callbacks, batch: &mut Batch, done: impl Future<Output = T>) -> T {
    tokio::pin!(done);
    loop {
        tokio::select! {
            biased;
            result = &mut done => return result,
            () = callbacks.0.clock.sleep(TICK) => {
                let now_ms = callbacks.0.clock.now_ms();
                batch.expire(now_ms);
                let mut pending = callbacks.0.intake.lock();
                let Pending { new, late, .. } = &mut *pending;
                new.iter_mut().chain(late.iter_mut().map(|(_, waiter)| waiter)).for_each(|waiter| waiter.expire(now_ms));
            }
        }
    }
}

/// Should it end half-way (with the worker that it runs on), those who wait are told, and the next callback begins anew.
struct Mark<'a> {
    callbacks: &'a Callbacks,
    is_over: bool,
}

impl Drop for Mark<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            let mut pending = self.callbacks.0.intake.lock();
            pending.is_under_way = false;
            drop(pending.take());
            pending.late.clear();
            pending.late_bytes = 0;
        }
    }
}
