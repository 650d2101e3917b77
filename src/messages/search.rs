//! What is known about messages: status, log, recipients, dead letters.

use super::cards::{self, TodoStatus};
use super::{MessageError, Messages};
use crate::model::{CallId, Delivery, DeliveryState, Message, MessageId, Tally, TenantKey};
use crate::store::deliveries::{DeliveryCursor, DeliveryFilter};
use crate::store::messages::{Listed, MessageFilter};
use crate::store::outbox;
use crate::store::{self, Order, Reads, StoreError};
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// Where a message stands.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MessageStatus {
    /// The message as it was posted.
    pub message: Message,
    /// Where it stands as a whole.
    pub stage: Stage,
    /// Deliveries by state; empty until the recipients were found.
    pub tally: Tally,
    /// When the recipients were found, Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expanded_at_ms: Option<i64>,
    /// When somebody asked for it back, Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recall_at_ms: Option<i64>,
    /// Of a to-do message: who decided, and how far its cards are. Absent in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub todo: Option<TodoStatus>,
}

/// Where a message stands as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Its recipients are still to be found.
    Accepted,
    /// Some deliveries wait.
    Sending,
    /// Nothing waits any more.
    Ended,
}

impl MessageStatus {
    /// Of a message and its head.
    pub fn new(listed: Listed) -> Self {
        let Listed { message, head } = listed;
        let stage = match &head {
            None => Stage::Accepted,
            Some(head) if head.tally.of(DeliveryState::Waiting) > 0 => Stage::Sending,
            Some(_) => Stage::Ended,
        };
        let (expanded_at_ms, recall_at_ms) =
            head.as_ref().map_or((None, None), |head| (Some(head.expanded_at_ms), head.recall_at_ms));
        let tally = head.map(|head| head.tally).unwrap_or_default();
        Self { message, stage, tally, expanded_at_ms, recall_at_ms, todo: None }
    }

    /// Whether something of it waits, is at members, or may be.
    pub fn is_about(&self) -> bool {
        use DeliveryState::{ProbablyDropped, Sent, Unknown, Waiting};
        self.stage == Stage::Accepted
            || [Waiting, Sent, ProbablyDropped, Unknown].iter().any(|state| self.tally.of(*state) > 0)
    }
}

/// Where a page of a message's recipients ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecipientPlace {
    /// Among those that did not get it.
    pub is_dead: bool,
    /// Number of the delivery.
    pub seq: u32,
}

impl std::fmt::Display for RecipientPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", if self.is_dead { "dead" } else { "rest" }, self.seq)
    }
}

impl RecipientPlace {
    /// Reads what [`RecipientPlace`] displays.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, seq) = text.split_once('.')?;
        let is_dead = match kind {
            "dead" => true,
            "rest" => false,
            _ => return None,
        };
        Some(Self { is_dead, seq: seq.parse().ok()? })
    }
}

impl Messages {
    /// Where a message stands.
    ///
    /// # Errors
    /// [`MessageError::NoMessage`].
    pub async fn status(&self, id: &MessageId) -> Result<MessageStatus, MessageError> {
        let (wanted, now_ms) = (id.clone(), self.env().clock.now_ms());
        let read = move |tx: &store::ReadTx| {
            let Some(message) = store::messages::find(tx, &wanted)? else { return Ok(None) };
            let head = store::messages::head(tx, &wanted)?;
            let todo = cards::status(tx, &message, now_ms)?;
            Ok(Some(MessageStatus { todo, ..MessageStatus::new(Listed { message, head }) }))
        };
        self.env().store.read_async(read).await?.ok_or_else(|| MessageError::NoMessage(id.clone()))
    }

    /// One page of messages in the filter's order.
    pub async fn list(
        &self,
        filter: MessageFilter,
        after: Option<MessageId>,
        limit: usize,
    ) -> Result<(Vec<MessageStatus>, Option<MessageId>), StoreError> {
        let read = move |tx: &store::ReadTx| store::messages::search(tx, &filter, after.as_ref(), limit);
        let (rows, next) = self.env().store.read_async(read).await?;
        Ok((rows.into_iter().map(MessageStatus::new).collect(), next))
    }

    /// Deliveries of a message from a number on; for those that wait, with what they wait for.
    ///
    /// # Errors
    /// [`MessageError::NoMessage`].
    pub async fn deliveries(&self, id: &MessageId, from: u32, limit: usize) -> Result<Vec<Delivery>, MessageError> {
        let (wanted, throttled, now_ms) = (id.clone(), self.throttled(), self.env().clock.now_ms());
        let read = move |tx: &store::ReadTx| {
            if store::messages::find(tx, &wanted)?.is_none() {
                return Ok(None);
            }
            with_reasons(tx, store::deliveries::list(tx, &wanted, from, limit)?, &throttled, now_ms).map(Some)
        };
        self.env().store.read_async(read).await?.ok_or_else(|| MessageError::NoMessage(id.clone()))
    }

    /// One page of a message's deliveries: those that are dead first, or only those in one state; each kind by number. The second value
    /// is where the next page begins, `None` at the end.
    pub async fn recipients(
        &self,
        tenant: &TenantKey,
        id: &MessageId,
        state: Option<DeliveryState>,
        after: Option<RecipientPlace>,
        limit: usize,
    ) -> Result<(Vec<Delivery>, Option<RecipientPlace>), StoreError> {
        let (mut kind, past) = after.map_or((0, None), |place| (usize::from(!place.is_dead), Some(place.seq)));
        let mut after = past.map(|seq| DeliveryCursor { message: id.clone(), seq });
        let mut rows: Vec<Delivery> = Vec::new();
        while kind < 2 && rows.len() <= limit {
            let is_wanted =
                |one: &DeliveryState| one.is_dead() == (kind == 0) && state.is_none_or(|state| state == *one);
            let states: Vec<DeliveryState> = DeliveryState::ALL.into_iter().filter(is_wanted).collect();
            let mut next = None;
            if !states.is_empty() {
                let message = Some(id.clone());
                let filter = DeliveryFilter { message, states, order: Order::Oldest, ..DeliveryFilter::default() };
                let wanted = limit + 1 - rows.len();
                let found = self.search_deliveries(tenant.clone(), filter, after.take(), wanted).await?;
                rows.extend(found.0);
                next = found.1;
            }
            match next {
                Some(place) => after = Some(place),
                None => (kind, after) = (kind + 1, None),
            }
        }
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| has_more);
        let next = next.map(|row| RecipientPlace { is_dead: row.state.is_dead(), seq: row.seq });
        Ok((rows, next))
    }

    /// One page of a tenant's deliveries in the filter's order.
    pub async fn search_deliveries(
        &self,
        tenant: TenantKey,
        filter: DeliveryFilter,
        after: Option<DeliveryCursor>,
        limit: usize,
    ) -> Result<(Vec<Delivery>, Option<DeliveryCursor>), StoreError> {
        let (throttled, now_ms) = (self.throttled(), self.env().clock.now_ms());
        let read = move |tx: &store::ReadTx| {
            let (rows, next) = store::deliveries::search(tx, &tenant, &filter, after.as_ref(), limit)?;
            Ok((with_reasons(tx, rows, &throttled, now_ms)?, next))
        };
        self.env().store.read_async(read).await
    }

    /// Names of the apps whose calls wait for a limit of WeCom.
    fn throttled(&self) -> Vec<String> {
        let now_ms = self.env().clock.now_ms();
        let senders = self.senders();
        let held = senders.iter().filter(|(_, desk)| desk.throttled_until_ms(now_ms).is_some());
        held.map(|(name, _)| name.clone()).collect()
    }
}

/// Code and text of what a call waits for, and until when.
type Why = (Option<String>, Option<String>, i64);

/// What deliveries wait for stands in their calls; those that were not tried yet wait for what holds their app up.
fn with_reasons(
    tx: &impl Reads,
    mut rows: Vec<Delivery>,
    throttled: &[String],
    now_ms: i64,
) -> Result<Vec<Delivery>, StoreError> {
    // a time that has passed, while the app is paused, says nothing
    let to_come = |at_ms: &i64| *at_ms > now_ms;
    let mut known: HashMap<CallId, Option<Why>> = HashMap::new();
    for row in rows.iter_mut().filter(|row| row.state == DeliveryState::Waiting) {
        let Some(id) = row.call.clone() else { continue };
        if matches!(row.code.as_deref(), Some("digest" | "member_limit")) {
            row.due_at_ms = collected_until(tx, row)?.filter(to_come);
            continue;
        }
        if !known.contains_key(&id) {
            let reason = outbox::call(tx, &id)?.map(|call| (call.code, call.error, call.due_at_ms));
            known.insert(id.clone(), reason);
        }
        if let Some(Some((code, error, due_at_ms))) = known.get(&id) {
            (row.code, row.error) = (code.clone(), error.clone());
            // of what waits for something else to be mended nobody knows when
            let is_known = matches!(row.code.as_deref(), Some("quiet_hours" | "daily_quota" | "member_limit"));
            row.due_at_ms = is_known.then_some(*due_at_ms).filter(to_come);
        }
        if row.code.is_none()
            && let (Some(corp), Some(app)) = (&row.corp, &row.app)
            && throttled.contains(&outbox::app_name(corp, app))
        {
            row.code = Some("quota".into());
        }
    }
    Ok(rows)
}

/// When what is collected for a member goes out: with what its rule collects, or once WeCom's limits allow it.
fn collected_until(tx: &impl Reads, row: &Delivery) -> Result<Option<i64>, StoreError> {
    let (Some(corp), Some(app), Some(userid)) = (&row.corp, &row.app, &row.userid) else { return Ok(None) };
    let (app, folded) = (outbox::app_name(corp, app), userid.folded());
    let of_rule = row.rule.as_deref().filter(|_| row.code.as_deref() == Some("digest"));
    for rule in of_rule.into_iter().chain([""]) {
        if let Some(burst) = outbox::burst(tx, &app, rule, &folded)? {
            return Ok(Some(burst.until_ms));
        }
    }
    Ok(None)
}
