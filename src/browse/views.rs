//! The snapshots that pages look at: made when somebody asks, shared by all who ask, dropped when nobody does.
//!
//! A snapshot is made out of one view of the store, on a thread where that may take a while, once for all who wait for
//! it. Each question first reads one row, the revision; a snapshot of an older one is replaced. A large one is shown for a
//! moment longer while rows change quickly (a run, an import), unless a person's own change asks to be seen
//! ([`Views::refresh_corp`], [`Views::refresh_directory`]).

mod recipients;
mod rows;
mod shelf;

pub use recipients::Meant;

use super::directory::DirectoryView;
use super::error::BrowseError;
use super::mirror::{Base, MirrorView};
use super::plan::PlanView;
use crate::clock::{Clock, Stopwatch};
use crate::model::{CorpKey, PlanHead, PlanId, TenantKey};
use crate::store::{self, ReadTx, Store};
use crate::tasks;
use shelf::{Kept, Key, Shelf, Snapshot};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// A snapshot that nobody looks at for so long is dropped.
pub const UNUSED_MS: i64 = 10 * 60 * 1_000;
/// How often it is looked whether snapshots are unused.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// So many snapshots are made at once.
const MADE_AT_ONCE: usize = 2;
/// So many exports are written at once.
const EXPORTS_AT_ONCE: usize = 4;

/// How much the snapshots may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ViewLimits {
    /// Bytes of all snapshots together; the one looked at longest ago goes first. One alone may be larger.
    pub bytes_max: usize,
    /// A snapshot of at least so many bytes may be shown for a moment although rows have changed.
    pub late_bytes: usize,
}

impl Default for ViewLimits {
    fn default() -> Self {
        Self { bytes_max: 400 << 20, late_bytes: 2 << 20 }
    }
}

/// The snapshots. Cheap to clone.
#[derive(Clone)]
pub struct Views(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
    shelf: Mutex<Shelf>,
    /// Who makes a snapshot holds its lock; the others wait for it.
    turns: Mutex<HashMap<Key, Arc<tokio::sync::Mutex<()>>>>,
    makers: Semaphore,
    made: AtomicU64,
    exports: Arc<Semaphore>,
    stop: CancellationToken,
}

impl Views {
    /// No snapshot yet.
    pub fn new(store: Store, clock: Clock) -> Self {
        Self::with_limits(store, clock, ViewLimits::default())
    }

    /// No snapshot yet, and other limits than the default ones.
    pub fn with_limits(store: Store, clock: Clock, limits: ViewLimits) -> Self {
        Self(Arc::new(Inner {
            store,
            clock,
            shelf: Mutex::new(Shelf::new(limits)),
            turns: Mutex::default(),
            makers: Semaphore::new(MADE_AT_ONCE),
            made: AtomicU64::new(0),
            exports: Arc::new(Semaphore::new(EXPORTS_AT_ONCE)),
            stop: CancellationToken::new(),
        }))
    }

    /// Starts the task that drops what nobody looks at. It ends with [`Views::close`].
    pub fn start(&self) {
        let views = self.clone();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = views.0.clock.sleep(SWEEP_EVERY) => views.sweep(),
                    () = views.0.stop.cancelled() => return,
                }
            }
        });
    }

    /// Drops everything and ends the task.
    pub fn close(&self) {
        self.0.stop.cancel();
        self.shelf().clear();
    }

    /// Drops the snapshots that nobody has looked at for [`UNUSED_MS`].
    pub fn sweep(&self) {
        let oldest_ms = self.0.clock.now_ms() - UNUSED_MS;
        // freed after the lock is given back
        let dropped = self.shelf().take_unused(oldest_ms);
        drop(dropped);
        lock(&self.0.turns).retain(|_, turn| Arc::strong_count(turn) > 1);
    }

    /// Bytes of all snapshots that are kept.
    pub fn bytes(&self) -> usize {
        self.shelf().bytes()
    }

    /// How many snapshots were made so far, for metrics.
    pub fn made(&self) -> u64 {
        self.0.made.load(Ordering::Relaxed)
    }

    /// How many snapshots are kept.
    pub fn kept(&self) -> usize {
        self.shelf().len()
    }

    /// Whoever looks at this directory next sees every change that is stored now, however long that takes.
    pub fn refresh_directory(&self, tenant: &TenantKey) {
        self.shelf().expire(&Key::Directory(tenant.clone()));
    }

    /// Whoever looks at this corp's mirror and links next sees every change that is stored now, however long that takes.
    pub fn refresh_corp(&self, corp: &CorpKey) {
        self.shelf().expire(&Key::Base(corp.clone()));
    }

    /// Looks at a tenant's directory, on a thread where that may take a few milliseconds.
    ///
    /// # Errors
    /// [`BrowseError::NoTenant`], and those of `look`.
    pub async fn directory<T: Send + 'static>(
        &self,
        tenant: &TenantKey,
        look: impl FnOnce(&DirectoryView) -> Result<T, BrowseError> + Send + 'static,
    ) -> Result<T, BrowseError> {
        let view = self.directory_view(tenant).await?;
        aside(move || look(&view)).await
    }

    /// The snapshot itself, for work that outlives one question (an export).
    pub async fn directory_view(&self, tenant: &TenantKey) -> Result<Arc<DirectoryView>, BrowseError> {
        let key = tenant.clone();
        let counts = self.0.store.read_async(move |tx| store::directory::counts(tx, &key)).await?;
        let key = tenant.clone();
        let make = move |tx: &ReadTx| DirectoryView::build(tx, &key).map(Arc::new).map(Snapshot::Directory);
        match self.get(Key::Directory(tenant.clone()), [counts.revision, 0], make).await? {
            Snapshot::Directory(view) => Ok(view),
            other => Err(other.unexpected()),
        }
    }

    /// Looks at a corp's mirror and links, joined with its tenant's directory, on a thread where that may take a few
    /// milliseconds.
    ///
    /// # Errors
    /// [`BrowseError::NoCorp`], and those of `look`.
    pub async fn mirror<T: Send + 'static>(
        &self,
        corp: &CorpKey,
        look: impl FnOnce(&MirrorView) -> Result<T, BrowseError> + Send + 'static,
    ) -> Result<T, BrowseError> {
        let view = self.mirror_view(corp).await?;
        aside(move || look(&view)).await
    }

    /// The snapshot itself, for work that outlives one question (an export).
    pub async fn mirror_view(&self, corp: &CorpKey) -> Result<Arc<MirrorView>, BrowseError> {
        let key = corp.clone();
        let found = self.0.store.read_async(move |tx| {
            let Some(corp) = store::corps::find(tx, &key)? else { return Ok(None) };
            Ok(Some((corp.tenant, store::revisions::of_corp(tx, &key)?)))
        });
        let Some((tenant, revision)) = found.await? else { return Err(BrowseError::NoCorp(corp.clone())) };
        let directory = self.directory_view(&tenant).await?;
        let key = corp.clone();
        let make = move |tx: &ReadTx| Base::build(tx, &key).map(Arc::new).map(Snapshot::Base);
        let base = match self.get(Key::Base(corp.clone()), [revision, 0], make).await? {
            Snapshot::Base(base) => base,
            other => return Err(other.unexpected()),
        };
        let revisions = [directory.revision(), base.revision()];
        let make = move |_: &ReadTx| Ok(Snapshot::Mirror(Arc::new(MirrorView::join(base, directory))));
        match self.get(Key::Mirror(corp.clone()), revisions, make).await? {
            Snapshot::Mirror(view) => Ok(view),
            other => Err(other.unexpected()),
        }
    }

    /// Looks at a plan, its head as it is now, on a thread where that may take a few milliseconds.
    ///
    /// # Errors
    /// [`BrowseError::NoPlan`], and those of `look`.
    pub async fn plan<T: Send + 'static>(
        &self,
        plan: &PlanId,
        look: impl FnOnce(&PlanView, &PlanHead) -> Result<T, BrowseError> + Send + 'static,
    ) -> Result<T, BrowseError> {
        let (view, head) = self.plan_view(plan).await?;
        aside(move || look(&view, &head)).await
    }

    /// The snapshot itself and the plan's head as it is now, for work that outlives one question (an export).
    pub async fn plan_view(&self, plan: &PlanId) -> Result<(Arc<PlanView>, PlanHead), BrowseError> {
        let wanted = plan.clone();
        let head = self.0.store.read_async(move |tx| store::plans::head(tx, &wanted)).await?;
        let head = head.ok_or_else(|| BrowseError::NoPlan(plan.clone()))?;
        let key = Key::Plan(plan.clone());
        if let Some(Snapshot::Plan(view)) = self.find(&key, [0, 0]) {
            return Ok((view, head));
        }
        let mirror = self.mirror_view(&head.corp).await?;
        let (store, of) = (self.0.store.clone(), head.clone());
        let make = move |tx: &ReadTx| PlanView::build(tx, store, &of, &mirror).map(Arc::new).map(Snapshot::Plan);
        match self.get(key, [0, 0], make).await? {
            Snapshot::Plan(view) => Ok((view, head)),
            other => Err(other.unexpected()),
        }
    }

    /// The snapshot of this key, of this revision or a newer one.
    async fn get(
        &self,
        key: Key,
        revision: [u64; 2],
        make: impl FnOnce(&ReadTx) -> Result<Snapshot, BrowseError> + Send + 'static,
    ) -> Result<Snapshot, BrowseError> {
        if let Some(found) = self.find(&key, revision) {
            return Ok(found);
        }
        let turn = lock(&self.0.turns).entry(key.clone()).or_default().clone();
        let _mine = turn.lock().await;
        if let Some(found) = self.find(&key, revision) {
            return Ok(found);
        }
        let _maker = self.0.makers.acquire().await.map_err(|closed| BrowseError::Bug(closed.to_string()))?;
        let store = self.0.store.clone();
        let (made, watch) = aside(move || {
            let watch = Stopwatch::start();
            let mut made = Err(BrowseError::Bug("nothing was made".into()));
            store.read(|tx| {
                made = make(tx);
                Ok(())
            })?;
            Ok((made?, watch))
        })
        .await?;
        let kept = Kept::new(made.clone(), self.0.clock.now_ms(), watch.elapsed_ms());
        self.0.made.fetch_add(1, Ordering::Relaxed);
        // freed after the lock is given back
        let dropped = self.shelf().put(key, kept);
        drop(dropped);
        Ok(made)
    }

    fn find(&self, key: &Key, revision: [u64; 2]) -> Option<Snapshot> {
        self.shelf().find(key, revision, self.0.clock.now_ms())
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        lock(&self.0.shelf)
    }
}

/// Does work on a thread where blocking is allowed.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BrowseError> + Send + 'static,
) -> Result<T, BrowseError> {
    tasks::aside(work).await.unwrap_or_else(|message| Err(BrowseError::Bug(message)))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
