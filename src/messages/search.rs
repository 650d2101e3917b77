//! What is known about messages: status, trace, log, dead letters, queues.

use super::cards::{self, TodoStatus};
use super::flows::Fullest;
use super::{MessageError, Messages, Paused, deliver};
use crate::model::{
    AppKey, CallId, CallState, CorpKey, Delivery, DeliveryState, Message, MessageHead, MessageId, SendCall, Tally,
    TenantKey, TraceRow,
};
use crate::store::deliveries::{DeliveryCursor, DeliveryFilter};
use crate::store::messages::{Listed, MessageFilter};
use crate::store::outbox::{self, Backlog};
use crate::store::{self, Order, PAGE_MAX, Reads, StoreError};
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use utoipa::ToSchema;

/// Calls that a queue's length is counted up to.
const COUNTED_MAX: usize = 10_000;
/// Messages of one page that carries its calls.
const CALLS_SHOWN: usize = 200;

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

/// The life of a message, step by step (PEER-22).
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Trace {
    /// Steps of the message as a whole.
    pub steps: Vec<TraceRow>,
    /// Its calls, each with its steps; at most 200.
    pub calls: Vec<CallTrace>,
}

/// The life of a call.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CallTrace {
    /// Id.
    pub id: CallId,
    /// Corp.
    pub corp: CorpKey,
    /// App.
    pub app: AppKey,
    /// Where it stands.
    pub state: CallState,
    /// Members.
    pub members: usize,
    /// Contents.
    pub parts: usize,
    /// Messages that it carries: more than one in a digest.
    pub messages: usize,
    /// Attempts.
    pub attempts: u32,
    /// Attempts whose outcome was not known.
    pub doubts: u32,
    /// Not before this time, Unix milliseconds.
    pub due_at_ms: i64,
    /// What it waits for or why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The same as a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Type of the first content.
    pub msgtype: String,
    /// Whether WeCom gave what it takes to recall it.
    pub has_msgid: bool,
    /// Whether WeCom has taken all of it back.
    pub is_recalled: bool,
    /// Steps.
    pub steps: Vec<TraceRow>,
    /// Of a call that has nobody and was not sent: whether its members wait for another call, or got another one.
    #[serde(skip)]
    pub elsewhere: Option<DeliveryState>,
}

impl From<SendCall> for CallTrace {
    fn from(call: SendCall) -> Self {
        Self {
            members: call.to.len(),
            parts: call.parts.len(),
            messages: call.carries.len(),
            msgtype: call.parts.first().map(|part| part.content.msgtype().to_owned()).unwrap_or_default(),
            has_msgid: !call.parts.is_empty() && call.parts.iter().all(|part| part.msgid.is_some()),
            is_recalled: !call.parts.is_empty() && call.parts.iter().all(|part| part.recalled_at_ms.is_some()),
            id: call.id,
            corp: call.corp,
            app: call.app,
            state: call.state,
            attempts: call.attempts,
            doubts: call.doubts,
            due_at_ms: call.due_at_ms,
            code: call.code,
            error: call.error,
            steps: call.trace,
            elsewhere: None,
        }
    }
}

/// [`CallTrace::elsewhere`] of the call at a place among those of a message, in the order in which they were made. `waiting` are the
/// calls that name what still waits. Pure.
fn elsewhere(calls: &[SendCall], at: usize, waiting: &HashSet<CallId>) -> Option<DeliveryState> {
    let (call, later) = (calls.get(at)?, calls.get(at + 1..)?);
    if !is_empty(call) {
        return None;
    }
    let of_app = |other: &&SendCall| other.corp == call.corp && other.app == call.app && !other.to.is_empty();
    let later: Vec<CallState> = later.iter().filter(of_app).map(|other| other.state).collect();
    if waiting.contains(&call.id) || later.contains(&CallState::Waiting) {
        return Some(DeliveryState::Waiting);
    }
    let is_out = |state: &CallState| matches!(state, CallState::Sending | CallState::Sent | CallState::Unknown);
    later.iter().any(is_out).then_some(DeliveryState::Sent)
}

/// Whether a call was not sent and has nobody: it keeps what is said, or was taken back.
fn is_empty(call: &SendCall) -> bool {
    call.state == CallState::Dropped && call.to.is_empty()
}

/// The queue of one app and how near it is to WeCom's limits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AppQueue {
    /// Corp.
    pub corp: CorpKey,
    /// App.
    pub app: AppKey,
    /// Calls that wait, counted up to 10,000.
    pub calls: usize,
    /// How long the call that is due longest is overdue, seconds; 0 = none is.
    pub overdue_s: i64,
    /// Person-times sent today (China).
    pub day_used: u64,
    /// Person-times that WeCom allows in a day; `None` = the corp's account limit is not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day_limit: Option<u64>,
    /// Most messages to one member within the last minute; WeCom drops the 31st.
    pub fullest_minute: u32,
    /// Most messages to one member within the last hour; WeCom drops the 1,001st.
    pub fullest_hour: u32,
    /// Messages of today (China) that WeCom has probably dropped although they were paced.
    pub dropped_today: u32,
    /// Whether nothing has gone through yet with the AgentID and the secret that were entered: neither a test nor a message.
    pub is_untested: bool,
    /// Why nothing goes out, as a stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused: Option<String>,
    /// The same as a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_text: Option<String>,
    /// Until when nothing goes out because a limit of WeCom on calls is reached, Unix milliseconds; it goes on by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throttled_until_ms: Option<i64>,
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

    /// The life of a message.
    ///
    /// # Errors
    /// [`MessageError::NoMessage`].
    pub async fn trace(&self, id: &MessageId) -> Result<Trace, MessageError> {
        let wanted = id.clone();
        let read = move |tx: &store::ReadTx| {
            let Some(message) = store::messages::find(tx, &wanted)? else { return Ok(None) };
            let head = store::messages::head(tx, &wanted)?;
            let mut found = Vec::new();
            for id in head.iter().flat_map(|head| &head.calls).take(CALLS_SHOWN) {
                found.extend(outbox::call(tx, id)?);
            }
            let mut waiting = HashSet::new();
            if found.iter().any(is_empty) {
                let (of, states) = (Some(wanted.clone()), vec![DeliveryState::Waiting]);
                let filter = DeliveryFilter { message: of, states, ..DeliveryFilter::default() };
                let (rows, _) = store::deliveries::search(tx, &message.tenant, &filter, None, PAGE_MAX)?;
                waiting.extend(rows.into_iter().filter_map(|row| row.call));
            }
            let elsewhere: Vec<_> = (0..found.len()).map(|at| elsewhere(&found, at, &waiting)).collect();
            let calls = found.into_iter().zip(elsewhere);
            let calls = calls.map(|(call, elsewhere)| CallTrace { elsewhere, ..call.into() }).collect();
            Ok(Some(Trace { steps: steps(&message, head.as_ref()), calls }))
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
        let (wanted, throttled) = (id.clone(), self.throttled());
        let read = move |tx: &store::ReadTx| {
            if store::messages::find(tx, &wanted)?.is_none() {
                return Ok(None);
            }
            with_reasons(tx, store::deliveries::list(tx, &wanted, from, limit)?, &throttled).map(Some)
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
        let throttled = self.throttled();
        let read = move |tx: &store::ReadTx| {
            let (rows, next) = store::deliveries::search(tx, &tenant, &filter, after.as_ref(), limit)?;
            Ok((with_reasons(tx, rows, &throttled)?, next))
        };
        self.env().store.read_async(read).await
    }

    /// The queues of all apps that have or had something to send.
    pub async fn queues(&self) -> Result<Vec<AppQueue>, StoreError> {
        let now_ms = self.env().clock.now_ms();
        let running: HashMap<String, Arc<deliver::Desk>> = self.senders().clone();
        let messages = self.clone();
        let read = move |tx: &store::ReadTx| {
            let mut apps = Vec::new();
            let today = outbox::days(tx, outbox::day_of(now_ms))?;
            for corp in store::corps::list(tx)? {
                let untested = store::untested::list(tx, &corp.key)?;
                for app in &corp.apps {
                    let name = outbox::app_name(&corp.key, &app.key);
                    let backlog = outbox::backlog(tx, &name, COUNTED_MAX)?;
                    let meter = match running.get(&name) {
                        Some(desk) if !desk.is_outdated(tx)? => None,
                        _ => Some(messages.0.meters.of(tx, &name, now_ms)?),
                    };
                    let of_app = today.iter().filter(|(app, ..)| *app == name);
                    let dropped = of_app.map(|(.., day)| day.tally.of(DeliveryState::ProbablyDropped)).sum();
                    let counted = (untested.contains(&app.key), dropped);
                    apps.push((name, corp.key.clone(), app.key.clone(), corp.quota.seats, backlog, meter, counted));
                }
            }
            Ok(apps)
        };
        let apps = self.env().store.read_async(read).await?;
        let paused = self.paused();
        let senders = self.senders();
        Ok(apps
            .into_iter()
            .map(|(name, corp, app, seats, backlog, stored, (is_untested, dropped))| {
                let running = || senders.get(&name).map(|desk| desk.meter(now_ms));
                let meter = stored.or_else(running).unwrap_or_default();
                let held = paused.iter().find(|held| held.corp == corp && held.app == app);
                let throttled_until_ms = senders.get(&name).and_then(|desk| desk.throttled_until_ms(now_ms));
                AppQueue {
                    dropped_today: dropped,
                    is_untested,
                    throttled_until_ms,
                    ..queue(corp, app, seats, backlog, meter, held, now_ms)
                }
            })
            .collect())
    }

    /// Names of the apps whose calls wait for a limit of WeCom.
    fn throttled(&self) -> Vec<String> {
        let now_ms = self.env().clock.now_ms();
        let senders = self.senders();
        let held = senders.iter().filter(|(_, desk)| desk.throttled_until_ms(now_ms).is_some());
        held.map(|(name, _)| name.clone()).collect()
    }

    /// How long the oldest message waits for its recipients to be found, milliseconds; `None` = none waits.
    pub async fn oldest_queued_ms(&self) -> Result<Option<i64>, StoreError> {
        let now_ms = self.env().clock.now_ms();
        let read = move |tx: &store::ReadTx| {
            let mut oldest = None;
            for (_, id) in store::messages::oldest_queued(tx)? {
                let at_ms = store::messages::find(tx, &id)?.map_or(now_ms, |message| message.accepted_at_ms);
                oldest = Some(oldest.map_or(at_ms, |known: i64| known.min(at_ms)));
            }
            Ok(oldest.map(|at_ms| now_ms - at_ms))
        };
        self.env().store.read_async(read).await
    }
}

fn queue(
    corp: CorpKey,
    app: AppKey,
    seats: u32,
    backlog: Backlog,
    meter: (Fullest, u64),
    held: Option<&Paused>,
    now_ms: i64,
) -> AppQueue {
    AppQueue {
        corp,
        app,
        calls: backlog.calls,
        overdue_s: backlog.oldest_due_ms.map_or(0, |at_ms| ((now_ms - at_ms) / 1_000).max(0)),
        day_used: meter.1,
        day_limit: (seats > 0).then(|| u64::from(seats) * deliver::DAY_PER_SEAT),
        fullest_minute: meter.0.minute,
        fullest_hour: meter.0.hour,
        dropped_today: 0,
        is_untested: false,
        paused: held.map(|held| held.code.to_owned()),
        paused_text: held.map(|held| held.text.clone()),
        throttled_until_ms: None,
    }
}

fn steps(message: &Message, head: Option<&MessageHead>) -> Vec<TraceRow> {
    let step = |at_ms, step: &str, detail: Option<String>| TraceRow { at_ms, step: step.to_owned(), detail };
    let mut steps = vec![step(message.accepted_at_ms, "accepted", Some(format!("by {}", message.accepted_by)))];
    if let Some(head) = head {
        let detail = format!("{} recipients in {} calls", head.tally.total(), head.calls.len());
        steps.push(step(head.expanded_at_ms, "expanded", Some(detail)));
        steps.extend(head.recall_at_ms.map(|at_ms| step(at_ms, "recall", None)));
    }
    steps
}

/// Code and text of what a call waits for.
type Why = (Option<String>, Option<String>);

/// What deliveries wait for stands in their calls; those that were not tried yet wait for what holds their app up.
fn with_reasons(tx: &impl Reads, mut rows: Vec<Delivery>, throttled: &[String]) -> Result<Vec<Delivery>, StoreError> {
    let mut known: HashMap<CallId, Option<Why>> = HashMap::new();
    for row in rows.iter_mut().filter(|row| row.state == DeliveryState::Waiting) {
        let Some(id) = row.call.clone() else { continue };
        if matches!(row.code.as_deref(), Some("digest" | "member_limit")) {
            continue;
        }
        if !known.contains_key(&id) {
            let reason = outbox::call(tx, &id)?.map(|call| (call.code, call.error));
            known.insert(id.clone(), reason);
        }
        if let Some(Some((code, error))) = known.get(&id) {
            (row.code, row.error) = (code.clone(), error.clone());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_call_says_where_its_members_are() {
        let call = |id: &str, app: &str, state: CallState, to: &[&str]| SendCall {
            id: id.into(),
            app: app.into(),
            state,
            to: to.iter().map(|id| (*id).into()).collect(),
            ..SendCall::sample()
        };
        let (waits, sent) = (Some(DeliveryState::Waiting), Some(DeliveryState::Sent));
        let empty = || call("a", "oa", CallState::Dropped, &[]);
        for (calls, waiting, want) in [
            (vec![empty()], vec!["a"], waits),
            (vec![empty()], vec![], None),
            (vec![empty(), call("b", "oa", CallState::Waiting, &["u"])], vec!["b"], waits),
            (vec![empty(), call("b", "oa", CallState::Sent, &["u"])], vec![], sent),
            (vec![empty(), call("b", "oa", CallState::Sent, &["u"])], vec!["a"], waits),
            // what another app's call does with the message is not its matter
            (vec![empty(), call("b", "hr", CallState::Sent, &["u"])], vec!["b"], None),
            (vec![empty(), call("b", "oa", CallState::Failed, &["u"])], vec![], None),
            (vec![call("a", "oa", CallState::Dropped, &["u"])], vec!["a"], None),
            (vec![call("a", "oa", CallState::Sent, &[])], vec!["a"], None),
        ] {
            let waiting: HashSet<CallId> = waiting.into_iter().map(CallId::from).collect();
            assert_eq!(elsewhere(&calls, 0, &waiting), want, "{calls:?} {waiting:?}");
        }
    }
}
