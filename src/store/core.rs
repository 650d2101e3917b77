//! The open database and who may have it: shared by readers and the writer, alone for compaction and checks, and
//! reopened after an I/O error. Knows nothing of tables.

use super::error::StoreError;
use super::sealing::KeyRing;
use super::tx::{ReadTx, WriteTx};
use crate::clock::{Clock, Stopwatch};
use redb::{Database, ReadableDatabase};
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

/// How long something that needs the file alone waits for readers to end.
const ALONE_WITHIN: Duration = Duration::from_secs(30);

pub(super) struct Core {
    pub(super) path: Arc<Path>,
    pub(super) clock: Clock,
    cache_bytes: usize,
    database: Mutex<Option<Arc<Database>>>,
    returned: Condvar,
    keys: RwLock<Arc<KeyRing>>,
    /// Moves on after each commit that changed corps, secrets or rules of the callbacks.
    pub(super) setup_version: AtomicU64,
    /// Held by the one change of keys that may be under way.
    pub(super) rekeying: Mutex<()>,
}

type Slot<'g> = MutexGuard<'g, Option<Arc<Database>>>;

/// The right to use the database for one transaction.
pub(super) struct Lease {
    core: Arc<Core>,
    database: Option<Arc<Database>>,
}

impl Core {
    pub(super) fn new(path: &Path, database: Database, keys: KeyRing, clock: Clock, cache_bytes: usize) -> Self {
        Self {
            path: path.into(),
            clock,
            cache_bytes,
            database: Mutex::new(Some(Arc::new(database))),
            returned: Condvar::new(),
            keys: RwLock::new(Arc::new(keys)),
            setup_version: AtomicU64::new(0),
            rekeying: Mutex::new(()),
        }
    }

    pub(super) fn keys(&self) -> Arc<KeyRing> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_keys(&self, keys: KeyRing) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    fn lock(&self) -> Slot<'_> {
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lease(self: &Arc<Self>) -> Result<Lease, StoreError> {
        let mut database = self.lock();
        if database.is_none() {
            // An earlier reopening failed (disk full, for instance): try again, each caller gets the present reason.
            *database = Some(Arc::new(super::file::open_database(&self.path, self.cache_bytes)?));
        }
        Ok(Lease { core: self.clone(), database: database.clone() })
    }

    /// A view of the last commit.
    pub(super) fn begin_read(self: &Arc<Self>) -> Result<ReadTx, StoreError> {
        // Keys before the snapshot: a key is retired only after the commit that no longer needs it.
        let keys = self.keys();
        let lease = self.lease()?;
        let Some(database) = &lease.database else { return Err(StoreError::Closed) };
        let tx = database.begin_read().map_err(|e| StoreError::engine(&self.path, e))?;
        Ok(ReadTx::new(tx, keys, self.clock.clone(), lease))
    }

    /// A write transaction whose commit survives a crash without a repair. Only the writer thread and maintenance begin
    /// one.
    pub(super) fn begin_write(self: &Arc<Self>) -> Result<(Lease, WriteTx), StoreError> {
        let lease = self.lease()?;
        let Some(database) = &lease.database else { return Err(StoreError::Closed) };
        let mut tx = database.begin_write().map_err(|e| StoreError::engine(&self.path, e))?;
        tx.set_quick_repair(true);
        // Keys after the transaction has begun: rekey sets the new ring before its own transaction.
        let tx = WriteTx::new(tx, self.keys(), self.clock.clone(), self.path.clone());
        Ok((lease, tx))
    }

    /// Runs `work` with nobody else on the file; everybody else waits meanwhile.
    pub(super) fn alone<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&mut Database) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let waiting = Stopwatch::start();
        let mut slot = self.lock();
        loop {
            let Some(mut shared) = slot.take() else {
                *slot = Some(Arc::new(super::file::open_database(&self.path, self.cache_bytes)?));
                continue;
            };
            if let Some(database) = Arc::get_mut(&mut shared) {
                let result = work(database);
                *slot = Some(shared);
                return result;
            }
            *slot = Some(shared);
            slot = self.wait_for_a_return(slot, &waiting).ok_or(StoreError::Busy { doing })?;
        }
    }

    /// Waits until a lease is given back; `None` when the whole wait has become too long. Readers that come meanwhile are
    /// let in: one of them may be what another one waits for.
    fn wait_for_a_return<'g>(&self, slot: Slot<'g>, waiting: &Stopwatch) -> Option<Slot<'g>> {
        let left = ALONE_WITHIN.checked_sub(waiting.elapsed())?;
        let (slot, waited) = self.returned.wait_timeout(slot, left).unwrap_or_else(PoisonError::into_inner);
        (!waited.timed_out()).then_some(slot)
    }

    /// Closes and opens the file again, which the engine asks for after an I/O error. When that fails, the next
    /// transaction tries again.
    pub(super) fn reopen(&self) {
        let waiting = Stopwatch::start();
        let mut slot = self.lock();
        loop {
            match slot.take().map(Arc::try_unwrap) {
                None => break,
                Some(Ok(database)) => {
                    drop(database);
                    break;
                }
                Some(Err(shared)) => {
                    *slot = Some(shared);
                    let Some(back) = self.wait_for_a_return(slot, &waiting) else { return };
                    slot = back;
                }
            }
        }
        match super::file::open_database(&self.path, self.cache_bytes) {
            Ok(database) => *slot = Some(Arc::new(database)),
            Err(error) => tracing::error!(%error, "the store cannot be reopened: {error}"),
        }
    }
}

impl Lease {
    pub(super) fn path(&self) -> &Path {
        &self.core.path
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let _held = self.core.lock();
        self.database = None;
        self.core.returned.notify_all();
    }
}
