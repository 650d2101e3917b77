//! The turns: what waits is made durable in the log, or in the store where it must be, and then answered.

use super::super::Callbacks;
use super::{Batch, Log, Pending};
use crate::store::inbox::Received;
use crate::store::inbox::wal::{self, Wal};
use crate::store::{self, StoreError};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Callbacks that may lie packed; beyond, those who arrive wait until as many have been put where they belong.
const PACKED_MAX: usize = 100_000;
/// Callbacks that one transaction unpacks beside others, at least.
const UNPACKED_AT_ONCE: usize = 500;
/// After a log could not be begun it is tried again so much later, milliseconds.
const BEGIN_AGAIN_MS: i64 = 60_000;
/// How often it is looked whose time is over.
const TICK: Duration = Duration::from_millis(200);

/// Takes turns until nothing waits.
pub(super) async fn drain(callbacks: &Callbacks) {
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
