//! Callbacks: verify → decrypt → recognise repeats → persist → answer → work.
//!
//! Owns what WeCom sends to `/cb/{corp}/{receiver}`: the order of the checks, the inbox that everything is kept in, and the
//! work that follows. A stranger is told nothing; the administrator is told which check failed and why. It refuses to know
//! HTTP: the address, the query and the body come in as values.
//!
//! An answer is given only after the callback is durable, so WeCom may forget it and a crash loses nothing: many lie packed
//! in the write-ahead log then, those of one moment behind one wait for the disk. Work, which begins with taking them over into
//! the store and unpacking them, comes afterwards, in the order of receipt, and each piece of it ends in one transaction
//! together with the mark that it is done; what takes time or may fail outside (a pull, a webhook, a card) is only noted there and has a queue of its own.

mod failures;
mod follow_ups;
mod ids;
pub mod inbox;
pub mod incoming;
mod intake;
mod keys;
mod passive;
pub mod pictures;
mod presses;
mod pulls;
mod receive;
mod recent;
pub mod replies;
mod retention;
mod route;
mod tail;
pub mod tree;
mod work;

pub use incoming::Group;
pub use receive::{Answer, BODY_MAX_BYTES, DEADLINE, Request};
pub use retention::InboxSettings;

use crate::clock::Clock;
use crate::jobs::Jobs;
use crate::messages::Messages;
use crate::model::{CallbackFault, CallbackOf, CorpKey};
use crate::store::{Store, StoreError};
use crate::webhooks::Webhooks;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Who counts callbacks.
pub trait Observer: Send + Sync {
    /// Who counts those of one receiver; asked for once, and kept.
    fn receiver(&self, corp: &CorpKey, of: &CallbackOf) -> Box<dyn ReceiverObserver>;
    /// One was not taken.
    fn refused(&self, corp: &CorpKey, fault: CallbackFault);
}

/// Who counts the callbacks of one receiver.
pub trait ReceiverObserver: Send + Sync {
    /// One was taken; `lag_ms` from WeCom's clock to ours where it named a time.
    fn taken(&self, group: Group, lag_ms: Option<i64>);
    /// One was a repeat.
    fn repeated(&self);
}

/// The room; cheap to clone.
#[derive(Clone)]
pub struct Callbacks(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
    jobs: Jobs,
    webhooks: Webhooks,
    messages: Messages,
    observer: Arc<dyn Observer>,
    keys: keys::Keys,
    failures: failures::Failures,
    ids: Arc<ids::Ids>,
    intake: intake::Intake,
    /// How long callbacks are kept, milliseconds.
    kept_ms: AtomicI64,
    /// Told when something was stored.
    stored: Notify,
    /// Told when a round of work has ended.
    worked: Notify,
    /// Told when pieces of replies wait.
    pieces_wait: Notify,
    /// Told when a pull is wanted.
    pull_wanted: Notify,
    /// Told when a rule may send another picture.
    pictures_wanted: Notify,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Callbacks {
    /// Takes callbacks at once; work begins with [`Callbacks::start`].
    pub fn new(
        (store, clock): (Store, Clock),
        jobs: Jobs,
        webhooks: Webhooks,
        messages: Messages,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, StoreError> {
        let now_ms = clock.now_ms();
        let (settings, intake) = (store.read(retention::get)?, intake::Intake::open(&store, now_ms)?);
        Ok(Self(Arc::new(Inner {
            store,
            clock,
            jobs,
            webhooks,
            messages,
            observer,
            keys: keys::Keys::default(),
            failures: failures::Failures::default(),
            ids: Arc::default(),
            intake,
            kept_ms: AtomicI64::new(settings.kept_ms()),
            stored: Notify::new(),
            worked: Notify::new(),
            pieces_wait: Notify::new(),
            pull_wanted: Notify::new(),
            pictures_wanted: Notify::new(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        })))
    }

    /// Starts the work on what was received, what still waits from before included. Ends with [`Callbacks::shutdown`].
    pub fn start(&self) {
        let callbacks = self.clone();
        self.0.tasks.spawn(async move { work::run(callbacks).await });
        let callbacks = self.clone();
        self.0.tasks.spawn(async move { retention::run(callbacks).await });
        let callbacks = self.clone();
        self.0.tasks.spawn(async move { pulls::run(callbacks).await });
        let callbacks = self.clone();
        self.0.tasks.spawn(async move { follow_ups::run(callbacks).await });
        let callbacks = self.clone();
        self.0.tasks.spawn(async move { pictures::run(callbacks).await });
    }

    /// Ends the work between two items; what is left waits for the next start.
    pub async fn shutdown(&self) {
        self.0.stop.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
        if let Err(error) = self.take_over_log().await {
            tracing::warn!(%error, "callbacks stay in the log until the next start: {error}");
        }
    }
}
