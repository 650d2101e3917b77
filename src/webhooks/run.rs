//! Who is called when: endpoints side by side, each by itself, so that a slow one holds nobody else up.

use super::Webhooks;
use super::queue::walk;
use crate::model::{PostState, WebhookPost};
use crate::store::{self, StoreError};
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use std::collections::{HashMap, HashSet};

/// Endpoints that are called side by side.
const WIDTH: usize = 16;
/// Without being told, it is looked so often.
const LOOK_EVERY_MS: i64 = 30_000;
/// After a store that cannot be used.
const PAUSE_MS: i64 = 5_000;
/// How often old tellings are removed.
const UPKEEP_EVERY_MS: i64 = 3_600_000;
/// How long tellings that have ended are kept.
const KEPT_MS: i64 = 30 * 24 * 3_600 * 1_000;
/// Dead letters are kept for so long after they died, that somebody may send them again.
const DEAD_KEPT_MS: i64 = 14 * 24 * 3_600 * 1_000;
/// So many ended ones are removed in one commit.
const REMOVED_AT_ONCE: usize = 200;

/// A walk that has ended: whose, and when it is due again.
type Walked = (String, Result<i64, StoreError>);

/// Which endpoints are being called, and when the others are due.
#[derive(Default)]
struct Board {
    walks: FuturesUnordered<BoxFuture<'static, Walked>>,
    under_way: HashSet<String>,
    /// Those under way for which something was enqueued since: to be looked at again.
    again: HashSet<String>,
    /// When those that rest are due, Unix milliseconds; one that is not here is due.
    due_ms: HashMap<String, i64>,
}

impl Board {
    /// Something was enqueued, for whomever.
    fn wake(&mut self) {
        self.due_ms.clear();
        self.again.extend(self.under_way.iter().cloned());
    }

    /// Begins with every endpoint that is due; answers when the next one is.
    async fn begin(&mut self, webhooks: &Webhooks) -> Result<i64, StoreError> {
        let all = webhooks.0.store.read_async(store::webhooks::list).await?;
        self.due_ms.retain(|name, _| all.iter().any(|webhook| webhook.name == *name));
        let now_ms = webhooks.0.clock.now_ms();
        let mut next_ms = now_ms + LOOK_EVERY_MS;
        for webhook in all.into_iter().filter(|webhook| webhook.enabled) {
            let due_ms = self.due_ms.get(&webhook.name).copied().unwrap_or(now_ms);
            if self.under_way.contains(&webhook.name) || self.under_way.len() >= WIDTH {
                continue;
            }
            if due_ms > now_ms {
                next_ms = next_ms.min(due_ms);
                continue;
            }
            self.under_way.insert(webhook.name.clone());
            let (own, name) = (webhooks.clone(), webhook.name.clone());
            self.walks.push(async move { (name, walk(&own, webhook).await) }.boxed());
        }
        Ok(next_ms)
    }

    fn end(&mut self, (name, walked): Walked, now_ms: i64) {
        self.under_way.remove(&name);
        let due_ms = match walked {
            Ok(due_ms) => due_ms,
            Err(error) => {
                if !matches!(error, StoreError::Closed) {
                    tracing::error!(%error, webhook = %name, "the webhook {name} stands still: {error}");
                }
                now_ms + PAUSE_MS
            }
        };
        let is_again = self.again.remove(&name);
        self.due_ms.insert(name, if is_again { due_ms.min(now_ms) } else { due_ms });
    }
}

/// Sends until the appliance stops; attempts under way then end first.
pub(super) async fn run(webhooks: Webhooks) {
    let (clock, stop) = (&webhooks.0.clock, &webhooks.0.stop);
    let mut board = Board::default();
    let mut upkeep_ms = clock.now_ms();
    while !stop.is_cancelled() {
        let woken = webhooks.0.woken.notified();
        if upkeep_ms <= clock.now_ms() {
            upkeep_ms = clock.now_ms() + UPKEEP_EVERY_MS;
            if let Err(error) = webhooks.remove_before(i64::MIN).await {
                tracing::error!(%error, "old tellings to webhooks cannot be removed: {error}");
            }
        }
        let due_ms = match board.begin(&webhooks).await {
            Ok(next_ms) => next_ms.min(upkeep_ms),
            Err(StoreError::Closed) => break,
            Err(error) => {
                tracing::error!(%error, "webhooks stand still: {error}");
                clock.now_ms() + PAUSE_MS
            }
        };
        if board.under_way.is_empty() {
            webhooks.0.walked.notify_waiters();
        }
        let (mut is_told, mut ended) = (false, None);
        let told = async {
            tokio::select! {
                () = woken => is_told = true,
                Some(walked) = board.walks.next() => ended = Some(walked),
            }
        };
        clock.until_due_or_told(Some(due_ms), told, stop).await;
        if is_told {
            board.wake();
        }
        if let Some(walked) = ended {
            board.end(walked, clock.now_ms());
            webhooks.0.walked.notify_waiters();
        }
    }
    while board.walks.next().await.is_some() {}
    webhooks.0.walked.notify_waiters();
}

impl Webhooks {
    /// Removes tellings that have ended and were made before a time, Unix milliseconds, or 30 days ago, whether their
    /// endpoint works or not. They hold what was told: it goes where that goes. Decisions on cards are no callbacks of the
    /// inbox and go after 30 days; dead letters of either kind not before 14 days after they died.
    ///
    /// # Errors
    /// Those of the store; a part may be removed then.
    pub async fn remove_before(&self, before_ms: i64) -> Result<(), StoreError> {
        let now_ms = self.0.clock.now_ms();
        let before_ms = before_ms.max(now_ms - KEPT_MS);
        let is_old = move |post: &WebhookPost| {
            let before_ms = if *post.kind == *super::DECISION { now_ms - KEPT_MS } else { before_ms };
            match post.state {
                PostState::Dead => post.ended_at_ms.unwrap_or(post.made_at_ms) < before_ms.min(now_ms - DEAD_KEPT_MS),
                _ => post.made_at_ms < before_ms,
            }
        };
        for webhook in self.0.store.read_async(store::webhooks::list).await? {
            loop {
                let name = webhook.name.clone();
                let read =
                    move |tx: &store::ReadTx| store::webhooks::ended(tx, &name, before_ms, REMOVED_AT_ONCE, is_old);
                let old = self.0.store.read_async(read).await?;
                let (name, is_last) = (webhook.name.clone(), old.len() < REMOVED_AT_ONCE);
                if !old.is_empty() {
                    self.0.store.write(move |tx| store::webhooks::remove_ended(tx, &name, &old)).await?;
                }
                if is_last || self.0.stop.is_cancelled() {
                    break;
                }
            }
        }
        Ok(())
    }
}
