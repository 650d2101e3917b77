//! What is in the write-ahead log and may not be in the store yet, the oldest first. Several may take it over at the same
//! time; the store's mark sees to it that each bundle is taken over once, and here it is forgotten once.

use super::Callbacks;
use crate::model::CorpKey;
use crate::store::inbox::wal::{self, Logged};
use crate::store::{StoreError, WriteTx};
use crate::tasks::joined;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The bundles.
#[derive(Debug, Default)]
pub(super) struct Tail {
    bundles: Mutex<Bundles>,
    /// Held while what lies here is being taken over for somebody who may not wait for it.
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct Bundles {
    waiting: VecDeque<Logged>,
    /// How many went before the first that waits.
    gone: usize,
}

/// The bundles of one moment.
pub(super) struct Looked {
    pub(super) bundles: Vec<Logged>,
    /// What [`Tail::forget`] is told when these were taken over.
    pub(super) end: usize,
}

impl Tail {
    pub(super) fn new(logged: Vec<Logged>) -> Self {
        Self { bundles: Mutex::new(Bundles { waiting: logged.into(), gone: 0 }), turn: Arc::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Bundles> {
        self.bundles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().waiting.is_empty()
    }

    pub(super) fn push(&self, logged: Logged) {
        self.lock().waiting.push_back(logged);
    }

    pub(super) fn look(&self) -> Looked {
        let bundles = self.lock();
        Looked { bundles: bundles.waiting.iter().cloned().collect(), end: bundles.gone + bundles.waiting.len() }
    }

    /// How many callbacks of a corp they are, and the time of receipt of the first, Unix milliseconds.
    pub(super) fn of_corp(&self, corp: &CorpKey) -> (usize, Option<i64>) {
        let bundles = self.lock();
        bundles
            .waiting
            .iter()
            .map(|one| one.arrivals.of_corp(corp.as_str()))
            .fold((0, None), |whole, one| (whole.0 + one.0, whole.1.or(one.1)))
    }

    /// Everything up to there is in the store.
    pub(super) fn forget(&self, end: usize) {
        let mut bundles = self.lock();
        let count = end.saturating_sub(bundles.gone).min(bundles.waiting.len());
        bundles.waiting.drain(..count);
        bundles.gone += count;
    }
}

impl Callbacks {
    /// Writes to the store what lies in the log, and in the same transaction does what `work` does.
    ///
    /// # Errors
    /// Those of the store; the log is as it was then.
    pub(super) async fn take_over<T: Send + 'static>(
        &self,
        work: impl Fn(&WriteTx) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let Looked { bundles, end } = self.0.intake.tail.look();
        let done = self.0.store.write(move |tx| {
            wal::take_over(tx, &bundles)?;
            work(tx)
        });
        let done = done.await?;
        self.0.intake.tail.forget(end);
        Ok(done)
    }

    /// How many callbacks of a corp lie in the log and are not in the store yet, and the time of receipt of the first, Unix
    /// milliseconds.
    pub fn logged(&self, corp: &CorpKey) -> (usize, Option<i64>) {
        self.0.intake.tail.of_corp(corp)
    }

    /// Writes to the store what lies in the log, for whoever copies the store.
    ///
    /// # Errors
    /// Those of the store; the log is as it was then.
    pub async fn take_over_log(&self) -> Result<(), StoreError> {
        if self.0.intake.tail.is_empty() { Ok(()) } else { self.take_over(|_| Ok(())).await }
    }

    /// The same for who can do without: waits no longer than that, in real time. What is not in the store by then gets there
    /// when the disk allows; until it has, nobody waits for it here any more.
    ///
    /// # Errors
    /// Those of the store, where it answered in time.
    pub async fn take_over_log_within(&self, limit: Duration) -> Result<(), StoreError> {
        let tail = &self.0.intake.tail;
        if tail.is_empty() {
            return Ok(());
        }
        let Ok(turn) = Arc::clone(&tail.turn).try_lock_owned() else { return Ok(()) };
        let own = self.clone();
        let work = self.0.tasks.spawn(async move {
            let done = own.take_over_log().await;
            drop(turn);
            done
        });
        let done = tokio::time::timeout(limit, joined(work)).await;
        done.ok().and_then(Result::ok).unwrap_or(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::store::inbox::Arrivals;
    use crate::store::inbox::wal::Wal;
    use crate::store::{KeyRing, Store, StoreOptions};

    #[test]
    fn bundles_are_forgotten_once_whoever_took_them_over() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), StoreOptions::new(KeyRing::in_memory(), Clock::manual(0))).unwrap();
        let mut wal = Wal::begin(&store, 1).unwrap();
        let mut logged = || wal.append(&Arc::new(Arrivals::default()), false).unwrap().unwrap();
        let tail = Tail::new(vec![logged()]);
        let first = tail.look();
        tail.push(logged());
        let both = tail.look();
        tail.push(logged());
        assert_eq!((first.bundles.len(), both.bundles.len()), (1, 2));
        tail.forget(both.end);
        assert_eq!(tail.look().bundles.len(), 1);
        tail.forget(first.end);
        tail.forget(both.end);
        let last = tail.look();
        assert_eq!((last.bundles.len(), tail.is_empty()), (1, false));
        tail.forget(last.end);
        assert!(tail.is_empty());
    }
}
