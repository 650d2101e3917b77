//! The one thread that writes. It takes what is waiting, applies it in one transaction, commits once and answers all:
//! many small writers share one fsync.
//!
//! An item that fails without having changed anything costs the others nothing. One that fails half-way is left out: the
//! transaction is aborted and the rest is applied again, which is why closures are `Fn`; the failed one is then tried
//! once more by itself, so that its answer rests on committed rows only.

use super::core::Core;
use super::error::StoreError;
use super::tx::WriteTx;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender};
use std::thread::JoinHandle;

/// Items that join the first one in a group.
const GROUP_MAX: usize = 513;

/// Items that may wait; further writers wait for a place.
pub(super) const QUEUE_MAX: usize = 2_048;

/// After so many aborted attempts at a group its items are applied one by one.
const ATTEMPTS_MAX: usize = 4;

/// A write that waits for its turn.
pub(super) trait Job: Send {
    /// Applies it; may be called again after an abort.
    fn run(&mut self, tx: &WriteTx) -> Result<(), StoreError>;
    /// Answers the waiting caller.
    fn answer(self: Box<Self>, result: Result<(), StoreError>);
}

pub(super) type BoxedJob = Box<dyn Job>;

/// A closure and where its result goes.
pub(super) struct Work<F, T, A> {
    pub(super) work: F,
    pub(super) value: Option<T>,
    pub(super) reply: A,
}

impl<F, T, A> Job for Work<F, T, A>
where
    F: Fn(&WriteTx) -> Result<T, StoreError> + Send,
    T: Send,
    A: FnOnce(Result<T, StoreError>) + Send,
{
    fn run(&mut self, tx: &WriteTx) -> Result<(), StoreError> {
        self.value = None;
        self.value = Some((self.work)(tx)?);
        Ok(())
    }

    fn answer(self: Box<Self>, result: Result<(), StoreError>) {
        let Self { value, reply, .. } = *self;
        reply(result.and_then(|()| value.ok_or(StoreError::Closed)));
    }
}

/// The thread, ended by dropping the sender.
pub(super) fn start(core: Arc<Core>) -> Result<(Sender<BoxedJob>, JoinHandle<()>), StoreError> {
    let path = core.path.clone();
    let (sender, receiver) = std::sync::mpsc::channel();
    let thread = std::thread::Builder::new()
        .name("store-writer".into())
        .spawn(move || serve(&core, &receiver))
        .map_err(|cause| StoreError::io("start a thread for", &path, cause))?;
    Ok((sender, thread))
}

fn serve(core: &Arc<Core>, receiver: &Receiver<BoxedJob>) {
    while let Ok(first) = receiver.recv() {
        let mut group = vec![first];
        while group.len() < GROUP_MAX
            && let Ok(next) = receiver.try_recv()
        {
            group.push(next);
        }
        apply(core, group);
    }
}

/// Applies a group; every item is answered when this returns.
fn apply(core: &Arc<Core>, mut group: Vec<BoxedJob>) {
    let mut alone = Vec::new();
    for attempt in 0.. {
        if group.is_empty() {
            break;
        }
        if attempt == ATTEMPTS_MAX {
            alone.append(&mut group);
            break;
        }
        match attempt_group(core, group) {
            Attempt::Answered => break,
            Attempt::Without { rest, failed } => {
                group = rest;
                alone.push(failed);
            }
        }
    }
    for job in alone {
        apply_alone(core, job);
    }
}

enum Attempt {
    /// Committed, or failed for a reason that is nobody's: all are answered.
    Answered,
    /// Aborted because of one item.
    Without { rest: Vec<BoxedJob>, failed: BoxedJob },
}

fn attempt_group(core: &Arc<Core>, mut group: Vec<BoxedJob>) -> Attempt {
    let (lease, tx) = match core.begin_write() {
        Ok(begun) => begun,
        Err(error) => {
            fail_all(group.into_iter().map(|job| (job, Ok(()))), error, core);
            return Attempt::Answered;
        }
    };
    let mut results = Vec::with_capacity(group.len());
    for at in 0..group.len() {
        let result = run(&mut group[at], &tx);
        let dirty = tx.take_mark();
        if let Err(error) = &result
            && (dirty || error.needs_reopening())
        {
            if error.needs_reopening() {
                drop(tx);
                drop(lease);
                core.reopen();
            }
            let failed = group.remove(at);
            return Attempt::Without { rest: group, failed };
        }
        results.push(result);
    }
    let committed = commit(core, tx);
    drop(lease);
    let jobs = group.into_iter().zip(results);
    match committed {
        Ok(()) => {
            for (job, result) in jobs {
                job.answer(result);
            }
        }
        Err(error) => {
            let error = StoreError::engine(&core.path, error);
            core.reopen();
            fail_all(jobs, error, core);
        }
    }
    Attempt::Answered
}

fn apply_alone(core: &Arc<Core>, mut job: BoxedJob) {
    let (lease, tx) = match core.begin_write() {
        Ok(begun) => begun,
        Err(error) => return job.answer(Err(error)),
    };
    if let Err(error) = run(&mut job, &tx) {
        drop(tx);
        drop(lease);
        if error.needs_reopening() {
            core.reopen();
        }
        return job.answer(Err(error));
    }
    let committed = commit(core, tx);
    drop(lease);
    match committed {
        Ok(()) => job.answer(Ok(())),
        Err(error) => {
            let error = StoreError::engine(&core.path, error);
            core.reopen();
            fail_all(std::iter::once((job, Ok(()))), error, core);
        }
    }
}

/// Commits, and lets those who keep something of the set-up know that it may have changed.
fn commit(core: &Core, tx: WriteTx) -> Result<(), redb::CommitError> {
    let touched_setup = tx.has_touched_setup();
    let committed = tx.into_raw().commit();
    if touched_setup {
        core.setup_version.fetch_add(1, Ordering::Release);
    }
    committed
}

fn run(job: &mut BoxedJob, tx: &WriteTx) -> Result<(), StoreError> {
    tx.take_mark();
    catch_unwind(AssertUnwindSafe(|| job.run(tx))).unwrap_or_else(|panic| {
        tx.mark();
        Err(StoreError::Panicked { message: crate::tasks::message_of(panic.as_ref()) })
    })
}

/// Answers all with what stopped the commit; an item that had failed before keeps its own error.
fn fail_all(jobs: impl Iterator<Item = (BoxedJob, Result<(), StoreError>)>, error: StoreError, core: &Core) {
    let path = core.path.to_path_buf();
    tracing::error!(%error, "the store could not be written: {error}");
    for (job, own) in jobs {
        let error = own.err().unwrap_or_else(|| match &error {
            StoreError::DiskFull { .. } => StoreError::DiskFull { path: path.clone() },
            StoreError::NotWritable { detail, .. } => {
                StoreError::NotWritable { path: path.clone(), detail: detail.clone() }
            }
            StoreError::Closed => StoreError::Closed,
            other => StoreError::CommitFailed { path: path.clone(), detail: other.to_string() },
        });
        job.answer(Err(error));
    }
}
