//! What pages and API ask of the inbox: look, look closer, have the work done again, gauges (BEY-10).

use super::Callbacks;
use super::incoming::Incoming;
use crate::model::{Actor, CallbackHealth, CallbackOf, Corp, CorpKey, InboxId, InboxItem, InboxState};
use crate::store::inbox::{InboxFilter, InboxPage, Span};
use crate::store::{self, Reads, StoreError};
use serde::Serialize;
use utoipa::ToSchema;

/// Items that one request has worked on again at most.
pub const REPLAYED_AT_ONCE: usize = 1_000;
/// The time that gauges look back over.
const GAUGED_MS: i64 = 24 * 3_600 * 1_000;
/// Callbacks that one transaction unpacks.
const SETTLED_AT_ONCE: usize = 1_000;

/// How one receiver fares.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ReceiverGauge {
    /// Whose address.
    #[schema(value_type = String)]
    pub receiver: CallbackOf,
    /// Whether callbacks are taken there at all: switched on, and keys set.
    pub is_on: bool,
    /// Callbacks of the last 24 hours; these and the times below are counted by quarters of an hour, so there may be up to 15
    /// minutes more.
    pub received: u64,
    /// Further deliveries of the same.
    pub repeats: u64,
    /// The newest callback, Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_at_ms: Option<i64>,
    /// From WeCom's clock to our receipt: the middle one, milliseconds, as all such times rounded up to two digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lag_median_ms: Option<i64>,
    /// The same for the slowest twentieth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lag_p95_ms: Option<i64>,
    /// From receipt to the end of the work, the slowest twentieth, milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work_p95_ms: Option<i64>,
    /// The longest time between two callbacks, up to now, milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_gap_ms: Option<i64>,
    /// Whether the newest failure is later than the last success.
    pub is_failing: bool,
    /// Checks of the URL and failures.
    pub health: CallbackHealth,
}

/// How the callbacks of a corp fare.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CallbackGauges {
    /// Callbacks that wait for work.
    pub waiting: usize,
    /// Callbacks whose work failed.
    pub failed: usize,
    /// How long the oldest one has waited, milliseconds.
    pub oldest_waiting_ms: i64,
    /// One entry for each receiver: contacts, customers, the apps; then failures at addresses that lead to none (`*`).
    pub receivers: Vec<ReceiverGauge>,
}

/// A callback with what it says.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct InboxDetail {
    /// The callback.
    #[serde(flatten)]
    pub item: InboxItem,
    /// What it says, as JSON; absent where the text cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub fields: Option<serde_json::Value>,
}

impl Callbacks {
    /// Puts what lies packed at this moment where whoever looks finds it. What cannot be put there now is not seen yet.
    pub(super) async fn settle(&self) {
        let mut left = self.0.intake.packed();
        while left > 0 {
            match self.take_over(move |tx| store::inbox::settle(tx, SETTLED_AT_ONCE.min(left))).await {
                Ok(0) => return self.0.intake.note_empty(),
                Ok(settled) => {
                    self.0.intake.note_unpacked(settled);
                    left = left.saturating_sub(settled);
                }
                Err(error) => {
                    tracing::warn!(%error, "what has just arrived cannot be shown: {error}");
                    return;
                }
            }
        }
    }

    /// The first callbacks of a corp behind `after` that a filter wants, in its order.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such corp.
    pub async fn search(
        &self,
        corp: &CorpKey,
        filter: InboxFilter,
        after: Option<InboxId>,
        limit: usize,
    ) -> Result<InboxPage, StoreError> {
        self.settle().await;
        let corp = corp.clone();
        self.0
            .store
            .read_async(move |tx| {
                must_exist(tx, &corp)?;
                store::inbox::search(tx, &corp, &filter, after.as_ref(), limit)
            })
            .await
    }

    /// One callback.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]
    pub async fn get(&self, corp: &CorpKey, id: &InboxId) -> Result<InboxDetail, StoreError> {
        self.settle().await;
        let (corp, wanted) = (corp.clone(), id.clone());
        let found = self.0.store.read_async(move |tx| store::inbox::find(tx, &corp, &wanted)).await?;
        let item = found.ok_or_else(|| StoreError::not_found(format!("callback {id}")))?;
        let fields = Incoming::parse(&item.text).ok().map(|incoming| incoming.tree.to_json());
        Ok(InboxDetail { item, fields })
    }

    /// Has the work on a callback done again. WeCom is not answered again, so a passive reply is not sent again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Conflict`] while it waits anyway.
    pub async fn replay(&self, corp: &CorpKey, id: &InboxId, actor: &Actor) -> Result<InboxItem, StoreError> {
        self.settle().await;
        let (corp, id, actor) = (corp.clone(), id.clone(), actor.clone());
        let replayed = self.0.store.write(move |tx| {
            let found = store::inbox::find(tx, &corp, &id)?;
            let item = found.ok_or_else(|| StoreError::not_found(format!("callback {id}")))?;
            if item.state == InboxState::Waiting {
                return Err(StoreError::conflict(format!("callback {id}"), "work that has yet to be done"));
            }
            let item = again(item);
            store::inbox::put(tx, &item)?;
            store::audit::append(tx, &actor, "inbox.replay", &format!("{corp} {id}"), None, None)?;
            Ok(item)
        });
        let item = replayed.await?;
        self.0.stored.notify_one();
        Ok(item)
    }

    /// What [`Callbacks::replay_all`] would have done again.
    pub async fn replayable(&self, corp: &CorpKey, filter: InboxFilter) -> Result<Vec<InboxId>, StoreError> {
        let page = self.search(corp, filter, None, REPLAYED_AT_ONCE).await?;
        Ok(page.rows.into_iter().filter(|item| item.state != InboxState::Waiting).map(|item| item.id).collect())
    }

    /// Has the work on everything that a filter wants done again, at most [`REPLAYED_AT_ONCE`] of the newest; answers how
    /// many there are.
    pub async fn replay_all(&self, corp: &CorpKey, filter: InboxFilter, actor: &Actor) -> Result<usize, StoreError> {
        let ids = self.replayable(corp, filter).await?;
        if ids.is_empty() {
            return Ok(0);
        }
        let (corp, actor) = (corp.clone(), actor.clone());
        let replayed = self.0.store.write(move |tx| {
            let mut count = 0;
            for id in &ids {
                let Some(item) = store::inbox::find(tx, &corp, id)? else { continue };
                if item.state != InboxState::Waiting {
                    store::inbox::put(tx, &again(item))?;
                    count += 1;
                }
            }
            let what = serde_json::json!({ "callbacks": count });
            store::audit::append(tx, &actor, "inbox.replay", corp.as_str(), None, Some(what))?;
            Ok(count)
        });
        let count = replayed.await?;
        self.0.stored.notify_one();
        Ok(count)
    }

    /// How a corp's callbacks fare.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such corp.
    pub async fn gauges(&self, corp: &CorpKey) -> Result<CallbackGauges, StoreError> {
        self.settle().await;
        let (key, now_ms) = (corp.clone(), self.0.clock.now_ms());
        let mut gauges = self.0.store.read_async(move |tx| look(tx, &key, now_ms)).await?;
        // there is none unless the store cannot be written
        let (logged, first_ms) = self.logged(corp);
        gauges.waiting += logged;
        gauges.oldest_waiting_ms = gauges.oldest_waiting_ms.max(first_ms.map_or(0, |first_ms| now_ms - first_ms));
        for gauge in &mut gauges.receivers {
            let stored = std::mem::take(&mut gauge.health);
            gauge.health = self.0.failures.health(corp, &gauge.receiver, stored);
            gauge.health.taken_at_ms = gauge.health.taken_at_ms.max(gauge.last_at_ms);
            gauge.is_failing = gauge.health.is_failing();
        }
        gauges.receivers.retain(|gauge| gauge.receiver.segment() != "*" || gauge.health.failures > 0);
        Ok(gauges)
    }

    /// Returns when nothing waits for work any more, as far as the work can be done. For tests and for stopping neatly.
    pub async fn idle(&self) -> Result<(), StoreError> {
        loop {
            let worked = self.0.worked.notified();
            tokio::pin!(worked);
            worked.as_mut().enable();
            let is_logged = !self.0.intake.tail.is_empty();
            let is_idle = self.0.store.read_async(move |tx| {
                if is_logged || store::inbox::has_arrived(tx)? {
                    return Ok(false);
                }
                for corp in store::corps::list(tx)? {
                    if store::inbox::oldest_waiting(tx, &corp.key)?.is_some() {
                        return Ok(false);
                    }
                }
                Ok(true)
            });
            if is_idle.await? {
                return Ok(());
            }
            worked.await;
        }
    }
}

fn must_exist(tx: &impl Reads, corp: &CorpKey) -> Result<Corp, StoreError> {
    store::corps::find(tx, corp)?.ok_or_else(|| StoreError::not_found(format!("corp {corp}")))
}

fn again(item: InboxItem) -> InboxItem {
    InboxItem {
        state: InboxState::Waiting,
        attempts: 0,
        note: None,
        done_at_ms: None,
        replays: item.replays.saturating_add(1),
        ..item
    }
}

fn look(tx: &impl Reads, key: &CorpKey, now_ms: i64) -> Result<CallbackGauges, StoreError> {
    let corp = must_exist(tx, key)?;
    let mut spans = store::inbox::spans(tx, key, now_ms - GAUGED_MS)?;
    let (waiting, failed) = store::inbox::counts(tx, key)?;
    let oldest_waiting_ms = store::inbox::oldest_waiting(tx, key)?.map_or(0, |since_ms| (now_ms - since_ms).max(0));
    let names = store::secrets::names(tx, key)?;
    let apps = corp.apps.iter().map(|app| (CallbackOf::App(app.key.clone()), app.callback_enabled));
    let stray = (CallbackOf::of("*"), false);
    let all = [(CallbackOf::Contacts, true), (CallbackOf::Customers, true)].into_iter().chain(apps).chain([stray]);
    let mut receivers = Vec::new();
    for (receiver, is_on) in all {
        let has_keys = names.contains(&receiver.token().path()) && names.contains(&receiver.aes_key().path());
        let health = store::inbox::health(tx, key, &receiver)?;
        let span = spans.remove(receiver.segment());
        receivers.push(gauge(span, receiver, is_on && has_keys, health, now_ms));
    }
    Ok(CallbackGauges { waiting, failed, oldest_waiting_ms, receivers })
}

fn gauge(span: Option<Span>, receiver: CallbackOf, is_on: bool, health: CallbackHealth, now_ms: i64) -> ReceiverGauge {
    let span = span.unwrap_or_default();
    let last_at_ms = (span.received > 0).then_some(span.last_at_ms);
    ReceiverGauge {
        receiver,
        is_on,
        received: span.received,
        repeats: span.repeats,
        last_at_ms,
        lag_median_ms: span.lags.percentile(50),
        lag_p95_ms: span.lags.percentile(95),
        work_p95_ms: span.works.percentile(95),
        longest_gap_ms: last_at_ms.map(|last_ms| span.longest_gap_ms.max(now_ms - last_ms)),
        is_failing: false,
        health,
    }
}
