//! The way into the store: callbacks that arrive while a commit is under way share the next one. What is surely new is only
//! packed; it is put into the tables of the inbox after the answer. Whoever finds nobody at it begins; a request that is
//! dropped meanwhile takes nothing with it.

use super::Callbacks;
use super::ids::Ids;
use super::receive::DEADLINE;
use super::recent::{KEPT_MAX, Recent};
use crate::store::inbox::{Arrival, Arrivals, Late, Received};
use crate::store::{self, Reads, StoreError};
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
    /// Callbacks that lie packed in the store, or may do so when the commit under way ends.
    packed: AtomicUsize,
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
    /// With what the store has kept.
    pub(super) fn open(tx: &impl Reads, now_ms: i64) -> Result<Self, StoreError> {
        let since_s = now_ms.div_euclid(1_000) - REMEMBERED_S;
        let (since_s, known) = store::inbox::newest_keys(tx, since_s, REMEMBERED_MAX)?;
        let (packed, _) = store::inbox::count_arrived(tx, None)?;
        let pending = Pending {
            recent: Recent::new(since_s, &known, KEPT_MAX),
            arrivals: Arrivals::default(),
            new: Vec::new(),
            late: Vec::new(),
            late_bytes: 0,
            is_under_way: false,
        };
        Ok(Self { pending: Mutex::new(pending), packed: AtomicUsize::new(packed) })
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
        if !pending.is_under_way {
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
        (!is_empty).then(|| Batch { rows: Arc::new((arrivals, late)), new, late: waiting })
    }
}

/// What one commit stores.
struct Batch {
    rows: Arc<(Arrivals, Vec<Late>)>,
    new: Vec<Waiter>,
    late: Vec<Waiter>,
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
        let callbacks = callbacks.clone();
        tokio::spawn(async move { drain(&callbacks).await });
    }
    Ok(stored)
}

/// Commits until nothing waits.
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
        match write(callbacks, &mut batch, 0..usize::MAX, true, is_full).await {
            Ok(results) => {
                batch.new.iter_mut().for_each(|waiter| waiter.answer(Ok(Received::New)));
                batch.late.iter_mut().zip(results).for_each(|(waiter, result)| waiter.answer(Ok(result)));
            }
            // one that may be a repeat may be the cause: each is tried alone
            Err(_) => one_by_one(callbacks, &mut batch).await,
        }
        callbacks.0.stored.notify_one();
    }
}

async fn one_by_one(callbacks: &Callbacks, batch: &mut Batch) {
    if !batch.new.is_empty() {
        let result = write(callbacks, batch, 0..0, true, false).await;
        for waiter in &mut batch.new {
            waiter.answer(match &result {
                Ok(_) => Ok(Received::New),
                Err(error) => Err(StoreError::Refused(error.to_string())),
            });
        }
    }
    for at in 0..batch.late.len() {
        let result = write(callbacks, batch, at..at + 1, false, false).await;
        let result = result.and_then(|mut results| results.pop().ok_or(StoreError::Closed));
        if let Some(waiter) = batch.late.get_mut(at) {
            waiter.answer(result);
        }
    }
}

/// One commit: the new ones, and these of the late ones. Who waits too long meanwhile is answered.
async fn write(
    callbacks: &Callbacks,
    batch: &mut Batch,
    late: std::ops::Range<usize>,
    with_new: bool,
    unpacks: bool,
) -> Result<Vec<Received>, StoreError> {
    let rows = batch.rows.clone();
    let added = if with_new { rows.0.len() } else { 0 };
    callbacks.0.intake.packed.fetch_add(added, Ordering::AcqRel);
    let written = callbacks.0.store.write(move |tx| {
        let (arrivals, items) = &*rows;
        let unpacked = if unpacks { store::inbox::settle(tx, UNPACKED_AT_ONCE.max(2 * added))? } else { 0 };
        if with_new {
            store::inbox::arrive(tx, arrivals)?;
        }
        let items = items.get(late.start..late.end.min(items.len())).unwrap_or_default();
        let (results, repacked) =
            if items.is_empty() { (Vec::new(), 0) } else { store::inbox::receive_late(tx, items)? };
        Ok((results, repacked, unpacked))
    });
    tokio::pin!(written);
    loop {
        tokio::select! {
            biased;
            result = &mut written => {
                let (results, repacked, unpacked) = result?;
                callbacks.0.intake.packed.fetch_add(repacked, Ordering::AcqRel);
                callbacks.0.intake.note_unpacked(unpacked);
                return Ok(results);
            }
            () = callbacks.0.clock.sleep(TICK) => {
                let now_ms = callbacks.0.clock.now_ms();
                batch.new.iter_mut().chain(&mut batch.late).for_each(|waiter| waiter.expire(now_ms));
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
