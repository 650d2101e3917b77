//! Webhooks: business systems are told of what happens in WeCom, signed, in a durable queue, again and again until they
//! have it or the telling is a dead letter.
//!
//! Owns the endpoints, their secrets and the queue; the only place that calls them. It refuses to know what a telling is
//! about: whoever has something to tell calls [`enqueue`] inside the transaction that makes it true, so that nothing is
//! told that did not happen and nothing that happened is not told.

mod client;
mod error;
mod queue;
mod run;
mod service;
mod sign;

/// What a telling of a decision on a card is of. Such tellings are no callbacks, and wait for the webhook that a message
/// names.
pub const DECISION: &str = "card.decision";

pub use error::{WebhookError, WebhookFault};
pub use queue::{RETRY_AFTER_S, WebhookGauge, enqueue, enqueue_for, enqueue_to};
pub use service::{Made, WebhookView};
pub use sign::{signature, verify};

use crate::clock::Clock;
use crate::store::Store;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The room; cheap to clone.
#[derive(Clone)]
pub struct Webhooks(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
    clients: client::Pool,
    /// Endpoints that failed, by name.
    trouble: Mutex<HashMap<String, queue::Trouble>>,
    /// Told when something was enqueued.
    woken: Notify,
    /// Told when an endpoint was walked.
    walked: Notify,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Webhooks {
    /// Sends nothing before [`Webhooks::start`].
    pub fn new(store: Store, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            store,
            clock,
            clients: client::Pool::default(),
            trouble: Mutex::default(),
            woken: Notify::new(),
            walked: Notify::new(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        }))
    }

    /// Starts sending. Ends with [`Webhooks::shutdown`].
    pub fn start(&self) {
        let webhooks = self.clone();
        self.0.tasks.spawn(async move { run::run(webhooks).await });
    }

    /// Lets attempts under way end; what waits is sent after the next start.
    pub async fn shutdown(&self) {
        self.0.stop.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// Says that something was enqueued.
    pub fn wake(&self) {
        self.0.woken.notify_one();
    }
}
