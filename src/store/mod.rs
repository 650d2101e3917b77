//! The store: one redb file with typed tables. It owns durability, sealing, schema and backup; it refuses to know what
//! the rows are for, and no other room knows the engine.
//!
//! # Reading
//! `store.read(|tx| …)` gives one consistent view of the last commit; `read_async` does the same off the async worker
//! and is the one to use from async code when more than a few rows are read. Copy out, return, then work: a view that
//! lives long keeps the file from reusing its pages. Views never wait for writers.
//!
//! # Writing
//! `store.write(closure).await` hands the closure to the one writer thread, which applies many closures in one
//! transaction and answers when their common commit is durable. The closure is `Fn` because it may be run again after a
//! neighbour failed half-way; it must rest on what it reads through its transaction and have no other effect. On `Err`
//! nothing of the closure is stored, except after [`StoreError::CommitFailed`] and [`StoreError::DiskFull`], where it is
//! unknown: what follows must be safe to repeat. A future that is dropped while it waits does not take the write back.
//! More than about 500 rows go through [`Store::write_chunks`].
//!
//! # Repositories
//! One module per subject, functions over a transaction: readers take `&impl Reads` (either kind of transaction),
//! writers take `&WriteTx`. Secondary indexes are their business; no other code touches tables.
//!
//! ```no_run
//! # use wecom_bridge::store::{self, Store, StoreOptions, KeyRing};
//! # use wecom_bridge::{clock::Clock, model::*};
//! # async fn example() -> Result<(), store::StoreError> {
//! let store = Store::open("data".as_ref(), StoreOptions::new(KeyRing::in_memory(), Clock::system()))?;
//! let tenant = Tenant { key: TenantKey::from("acme"), name: "示例集团".into() };
//! store.write(move |tx| store::tenants::put(tx, &tenant)).await?;
//! let all = store.read(|tx| store::tenants::list(tx))?;
//! # Ok(()) }
//! ```

mod core;
mod error;
mod file;
mod key;
mod keyfile;
mod maintain;
mod meta;
mod migrate;
mod open;
mod page;
mod registry;
mod sealing;
mod table;
mod tx;
mod walk;
mod writer;

pub mod accounts;
pub mod api_keys;
pub mod attempts;
pub mod audit;
pub mod auto_replies;
pub mod bindings;
pub mod callback_days;
pub mod corps;
pub mod deliveries;
pub mod directory;
pub mod factors;
pub mod follow_ups;
pub mod idempotency;
pub mod inbox;
pub mod links;
pub mod loose_ends;
pub mod menus;
pub mod messages;
pub mod mirror;
pub mod outbox;
pub mod pictures;
pub mod plans;
pub mod removals;
pub mod resolve;
pub mod revisions;
pub mod rules;
pub mod runs;
pub mod secrets;
pub mod sessions;
pub mod settings;
pub mod tenants;
pub mod todos;
pub mod trials;
pub mod webhooks;

pub use error::{RowError, StoreError};
pub use file::{FILE_NAME, database_path, tells_panic_itself};
pub use keyfile::{CREDENTIAL, KEY_FILE_NAME};
pub use maintain::{Fault, Rekeyed, Restored, Stats, TableStats, VerifyReport, restore};
pub use open::StoreOptions;
pub use page::{Order, PAGE_MAX, Page, SCAN_MAX, Search};
pub use sealing::{KeyId, KeyRing, KeySource};
pub use settings::Scope;
pub use tx::{ReadTx, Reads, WriteTx};

use self::core::Core;
use crate::tasks::aside;
use std::path::Path;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::Semaphore;
use writer::{BoxedJob, QUEUE_MAX, Work};

/// Rows that [`Store::write_chunks`] should commit at once.
pub const CHUNK_ROWS: usize = 500;

/// The open store; cheap to clone. The file is closed when the last clone is gone; every write that was handed over
/// before is finished first.
#[derive(Clone)]
pub struct Store(Arc<Shared>);

struct Shared {
    core: Arc<Core>,
    places: Arc<Semaphore>,
    sender: Mutex<Option<Sender<BoxedJob>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Store {
    /// Opens the store of a data directory (or a `.redb` file), creating it at first start, and runs the migrations that
    /// it still needs after an automatic backup beside it.
    ///
    /// # Errors
    /// See the variants of [`StoreError`]; each says what to do. On `Err` the file is as it was.
    pub fn open(dir_or_file: &Path, options: StoreOptions) -> Result<Self, StoreError> {
        open::open(dir_or_file, options, migrate::MIGRATIONS)
    }

    /// Opens a store that must exist.
    ///
    /// # Errors
    /// [`StoreError::Missing`], and those of [`Store::open`].
    pub fn open_existing(dir_or_file: &Path, options: StoreOptions) -> Result<Self, StoreError> {
        let path = database_path(dir_or_file);
        if path.exists() { Self::open(&path, options) } else { Err(StoreError::Missing { path }) }
    }

    fn from_core(core: Core) -> Result<Self, StoreError> {
        let core = Arc::new(core);
        let (sender, thread) = writer::start(core.clone())?;
        Ok(Self(Arc::new(Shared {
            core,
            places: Arc::new(Semaphore::new(QUEUE_MAX)),
            sender: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
        })))
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.0.core.path
    }

    /// The master keys in use, without their bytes.
    pub fn keys(&self) -> Arc<KeyRing> {
        self.0.core.keys()
    }

    /// Reads from one view of the last commit. Blocks for as long as `work` takes; keep it short.
    pub fn read<T>(&self, work: impl FnOnce(&ReadTx) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let tx = self.0.core.begin_read()?;
        work(&tx)
    }

    /// [`Store::read`] on a thread where blocking is allowed.
    pub async fn read_async<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ReadTx) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.clone();
        aside(move || store.read(work)).await.unwrap_or_else(|message| Err(StoreError::Panicked { message }))
    }

    /// Applies `work` and returns when it is durable (group commit). See the module's page for what `Err` means.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&WriteTx) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let place = self.0.places.clone().acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let (sender, receiver) = tokio::sync::oneshot::channel();
        self.submit(Box::new(Work {
            work,
            value: None,
            reply: move |result| {
                drop(place);
                let _ = sender.send(result);
            },
        }))?;
        receiver.await.unwrap_or(Err(StoreError::Closed))
    }

    /// [`Store::write`] for code that may block. Never from an async worker, and never from inside a closure given to
    /// this store's `write`, for which it would wait for ever.
    pub fn write_blocking<T: Send + 'static>(
        &self,
        work: impl Fn(&WriteTx) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        self.submit(Box::new(Work {
            work,
            value: None,
            reply: move |result| {
                let _ = sender.send(result);
            },
        }))?;
        receiver.recv().unwrap_or(Err(StoreError::Closed))
    }

    /// Writes many rows, `chunk` of them per commit ([`CHUNK_ROWS`] as a rule). `put` is given the place of the chunk's
    /// first row and the chunk, and may write a progress row beside them; `progress` hears how many rows are durable.
    ///
    /// On `Err` the chunks before are stored and the rest is not: it must be safe to run again from the start.
    pub async fn write_chunks<R: Send + Sync + 'static>(
        &self,
        rows: Vec<R>,
        chunk: usize,
        put: impl Fn(&WriteTx, usize, &[R]) -> Result<(), StoreError> + Send + Sync + 'static,
        mut progress: impl FnMut(usize),
    ) -> Result<usize, StoreError> {
        let (rows, put) = (Arc::new(rows), Arc::new(put));
        let mut done = 0;
        while done < rows.len() {
            let end = rows.len().min(done + chunk.max(1));
            let (rows, put) = (rows.clone(), put.clone());
            self.write(move |tx| put(tx, done, &rows[done..end])).await?;
            done = end;
            progress(done);
        }
        Ok(done)
    }

    /// Writes that wait for their commit now, for metrics; `write_blocking` is not counted.
    pub fn waiting(&self) -> usize {
        QUEUE_MAX.saturating_sub(self.0.places.available_permits())
    }

    /// Moves on with every commit that changed corps, their secrets, or what callbacks are answered with: who keeps
    /// something of these in memory asks for it again when the number differs. Costs nothing; starts anew with the process.
    pub fn setup_version(&self) -> u64 {
        self.0.core.setup_version.load(std::sync::atomic::Ordering::Acquire)
    }

    /// Whether it takes writes: [`StoreError::Closed`] once it was closed. Costs nothing.
    pub fn check_open(&self) -> Result<(), StoreError> {
        let sender = self.0.sender.lock().unwrap_or_else(PoisonError::into_inner);
        sender.as_ref().map(|_| ()).ok_or(StoreError::Closed)
    }

    fn submit(&self, job: BoxedJob) -> Result<(), StoreError> {
        let sender = self.0.sender.lock().unwrap_or_else(PoisonError::into_inner);
        sender.as_ref().ok_or(StoreError::Closed)?.send(job).map_err(|_| StoreError::Closed)
    }

    /// Finishes the writes that were handed over and ends the writer; later ones answer [`StoreError::Closed`]. Blocks
    /// for about one commit. Dropping the last clone does the same.
    pub fn close(&self) {
        self.0.close();
    }
}

impl Shared {
    fn close(&self) {
        drop(self.sender.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        // The last clone may have lived in a closure: the writer does not wait for itself.
        if let Some(thread) = thread
            && thread.thread().id() != std::thread::current().id()
        {
            let _ = thread.join();
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.close();
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.0.core.path).finish_non_exhaustive()
    }
}
