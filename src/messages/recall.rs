//! Taking messages back (MSG-15 to MSG-17): what has not gone out yet is cancelled, what was sent is recalled at WeCom
//! within 24 hours.

use super::{MessageError, Messages, cards, outcome};
use crate::model::{
    Actor, CallId, CallPart, CallState, Delivery, DeliveryState, Message, MessageHead, MessageId, SendCall, Tally,
};
use crate::store::{self, StoreError, WriteTx, outbox};
use crate::wecom::{Credential, Patience};
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Duration;
use utoipa::ToSchema;

/// How long WeCom recalls a message (doc path 94867).
pub const RECALL_MS: i64 = 24 * 3_600_000;
/// Tries of a recall that nobody waits for, and the pause after the first one that failed; the n-th is n² times as long.
const LATE_TRIES: u32 = 4;
const LATE_PAUSE: Duration = Duration::from_secs(15);

/// What came of a recall.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Recalled {
    /// Deliveries that had not gone out yet and never will.
    pub cancelled: usize,
    /// Deliveries that were taken back at WeCom.
    pub recalled: usize,
    /// Deliveries that are on their way and are taken back as soon as they have arrived.
    pub later: usize,
    /// Deliveries that stay, by reason: `too_late`, `no_msgid`, `in_digest`, `other_wecom`, `refused`.
    pub kept: Vec<KeptBecause>,
}

/// Deliveries that could not be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct KeptBecause {
    /// Stable code.
    pub code: &'static str,
    /// How many.
    pub count: usize,
    /// One English sentence.
    pub text: String,
}

impl Recalled {
    fn keep(&mut self, code: &'static str, count: usize, text: impl Into<String>) {
        match self.kept.iter_mut().find(|kept| kept.code == code) {
            Some(kept) => kept.count += count,
            None => self.kept.push(KeptBecause { code, count, text: text.into() }),
        }
    }
}

/// What the store part of a recall has left to do at WeCom.
type ToRecall = Vec<SendCall>;
/// The beginning of a recall, and whether there may be cards to update.
type Begun = (Recalled, ToRecall, bool);

impl Messages {
    /// Takes a message back. May be asked again: what is taken back already is left alone.
    ///
    /// # Errors
    /// [`MessageError::NoMessage`].
    pub async fn recall(&self, actor: &Actor, id: &MessageId) -> Result<Recalled, MessageError> {
        let (wanted, actor, now_ms) = (id.clone(), actor.clone(), self.env().clock.now_ms());
        let begun = self.env().store.write(move |tx| begin(tx, &actor, &wanted, now_ms)).await?;
        let Some((mut recalled, calls, is_todo)) = begun else { return Err(MessageError::NoMessage(id.clone())) };
        for call in calls {
            self.recall_call(&call, &mut recalled).await?;
        }
        if is_todo {
            let wanted = id.clone();
            self.env().store.write(move |tx| cards::show_recalled(tx, &wanted)).await?;
            self.wake_cards();
        }
        Ok(recalled)
    }

    /// Takes one delivery back. WeCom recalls only whole calls: it works alone where nobody else got it with the same one.
    ///
    /// # Errors
    /// [`MessageError::NoDelivery`], [`MessageError::NotAlone`] with the number of other members.
    pub async fn recall_delivery(&self, actor: &Actor, id: &MessageId, seq: u32) -> Result<Recalled, MessageError> {
        let (wanted, actor, now_ms) = (id.clone(), actor.clone(), self.env().clock.now_ms());
        let begun = self.env().store.write(move |tx| begin_one(tx, &actor, &wanted, seq, now_ms)).await??;
        let (mut recalled, call) = begun;
        if let Some(call) = call {
            self.recall_call(&call, &mut recalled).await?;
        }
        Ok(recalled)
    }

    async fn recall_call(&self, call: &SendCall, recalled: &mut Recalled) -> Result<(), MessageError> {
        let env = self.env();
        let now_ms = env.clock.now_ms();
        let count = call.to.len();
        if call.carries.len() > 1 {
            recalled.keep("in_digest", count, "they went out in a digest with other messages");
            return Ok(());
        }
        let last_ms = call.parts.iter().filter_map(|part| part.sent_at_ms).max();
        if call.sent_at_ms.or(last_ms).is_none_or(|at_ms| now_ms - at_ms >= RECALL_MS) {
            recalled.keep("too_late", count, "WeCom recalls a message within 24 hours only");
            return Ok(());
        }
        let is_partly = call.state == CallState::Failed;
        let is_lost = |part: &CallPart| part.msgid.is_none() && (part.sent_at_ms.is_some() || !is_partly);
        if call.parts.iter().any(is_lost) {
            recalled.keep("no_msgid", count, "the answer with their msgid was lost");
            return Ok(());
        }
        let refused = |error: String, recalled: &mut Recalled| recalled.keep("refused", count, error);
        let (key, made_at_ms) = (call.corp.clone(), call.made_at_ms);
        // together, so that the corp is the WeCom that took them
        let read = move |tx: &store::ReadTx| {
            Ok((store::corps::find(tx, &key)?, store::loose_ends::is_former(tx, &key, made_at_ms)?))
        };
        let (corp, is_former) = env.store.read_async(read).await?;
        if is_former {
            let text = "the corp is not connected to the WeCom any more that took them";
            recalled.keep(store::loose_ends::OTHER_WECOM, count, text);
            return Ok(());
        }
        let Some(corp) = corp else {
            refused(format!("there is no corp {}", call.corp), recalled);
            return Ok(());
        };
        let client = match env.client(&corp).await {
            Ok(client) => client.with_patience(Patience::Interactive),
            Err(error) => {
                refused(error.to_string(), recalled);
                return Ok(());
            }
        };
        let credential = Credential::App(call.app.clone());
        let last = call.parts.iter().rposition(|part| part.msgid.is_some());
        for (at, part) in call.parts.iter().enumerate().filter(|(_, part)| part.recalled_at_ms.is_none()) {
            let Some(msgid) = &part.msgid else { continue };
            if let Err(error) = client.message_recall(&credential, msgid).await {
                refused(error.to_string(), recalled);
                return Ok(());
            }
            let (id, is_last) = (call.id.clone(), Some(at) == last);
            env.store.write(move |tx| note(tx, &id, at, is_last, now_ms)).await?;
        }
        recalled.recalled += count;
        Ok(())
    }
}

/// Recalls a call that was asked back while it was on its way, in the background.
pub(super) fn recall_late(messages: &Messages, id: CallId) {
    let (own, tasks) = (messages.clone(), messages.0.tasks.clone());
    tasks.spawn(async move {
        if let Err(error) = try_recall(&own, &id).await {
            tracing::error!(%error, "the call {id} was asked back and cannot be recalled: {error}");
        }
    });
}

/// Goes on with what was asked back when the process ended.
pub(super) async fn resume(messages: &Messages) -> Result<(), StoreError> {
    for id in messages.env().store.read_async(outbox::recalls_wanted).await? {
        recall_late(messages, id);
    }
    Ok(())
}

/// Tries some times; what stays is in the trace of the call, and can be asked back again.
async fn try_recall(messages: &Messages, id: &CallId) -> Result<(), MessageError> {
    let (env, stop) = (messages.env(), &messages.0.stop);
    let mut attempts = 0;
    let why = loop {
        let wanted = id.clone();
        let Some(call) = env.store.read_async(move |tx| outbox::call(tx, &wanted)).await? else { return Ok(()) };
        let mut recalled = Recalled::default();
        messages.recall_call(&call, &mut recalled).await?;
        let Some(kept) = recalled.kept.pop() else { return Ok(()) };
        attempts += 1;
        if kept.code != "refused" || attempts == LATE_TRIES {
            break kept.text;
        }
        if !env.clock.pause(LATE_PAUSE * attempts * attempts, stop).await {
            // taken up again at the next start
            return Ok(());
        }
    };
    tracing::warn!(call = %id, "the call {id} was asked back and stays: {why}");
    let (id, now_ms) = (id.clone(), env.clock.now_ms());
    let write = move |tx: &WriteTx| {
        let Some(mut call) = outbox::call(tx, &id)? else { return Ok(()) };
        call.recall_wanted = false;
        call.note(now_ms, "kept", Some(why.clone()));
        outbox::put_call(tx, &call)
    };
    Ok(env.store.write(write).await?)
}

/// A part was recalled at WeCom; with the last one the deliveries are.
fn note(tx: &WriteTx, id: &CallId, at: usize, is_last: bool, now_ms: i64) -> Result<(), StoreError> {
    let Some(mut call) = outbox::call(tx, id)? else { return Ok(()) };
    if let Some(part) = call.parts.get_mut(at) {
        part.recalled_at_ms = Some(now_ms);
    }
    if is_last {
        call.recall_wanted = false;
        call.note(now_ms, "recalled", None);
        for carried in &call.carries {
            let mut rows = Vec::new();
            for seq in &carried.seqs {
                let row = store::deliveries::find(tx, &carried.message, *seq)?;
                let was_sent = |row: &Delivery| {
                    matches!(row.state, DeliveryState::Sent | DeliveryState::ProbablyDropped | DeliveryState::Unknown)
                        || row.code.as_deref() == Some(outcome::PARTLY)
                };
                rows.extend(row.filter(was_sent).map(|row| taken_back(row, now_ms)));
            }
            store::deliveries::put(tx, &call.tenant, &rows)?;
        }
    }
    outbox::put_call(tx, &call)
}

fn taken_back(row: Delivery, now_ms: i64) -> Delivery {
    Delivery {
        state: DeliveryState::Recalled,
        code: Some("recalled".into()),
        error: None,
        changed_at_ms: now_ms,
        ..row
    }
}

/// The part of a recall that is done in the store.
fn begin(tx: &WriteTx, actor: &Actor, id: &MessageId, now_ms: i64) -> Result<Option<Begun>, StoreError> {
    let Some(message) = store::messages::find(tx, id)? else { return Ok(None) };
    store::audit::append(tx, actor, "message.recall", &format!("message {id}"), None, None)?;
    let mut recalled = Recalled::default();
    let mut head = match store::messages::head(tx, id)? {
        Some(head) => head,
        None => {
            store::messages::dequeue(tx, &message)?;
            recalled.cancelled = 1;
            empty_head(&message, now_ms)
        }
    };
    head.recall_at_ms.get_or_insert(now_ms);
    store::messages::put_head(tx, &head)?;
    if head.calls.is_empty() {
        // what an interrupted search for its recipients has left
        drop_prepared(tx, &message, now_ms)?;
    }
    cards::recalled(tx, &message, actor)?;
    let (mut to_recall, mut digests) = (Vec::new(), BTreeSet::new());
    for call in &head.calls {
        let Some(mut call) = outbox::call(tx, call)? else { continue };
        match call.state {
            CallState::Waiting if call.carries.len() == 1 && call.first_sent_at_ms.is_none() => {
                recalled.cancelled += call.to.len();
                call.state = CallState::Dropped;
                call.note(now_ms, "recalled", Some("before it was sent".into()));
                outcome::each_delivery(tx, &call, |_, row, _| {
                    *row = taken_back(row.clone(), now_ms);
                    Ok(())
                })?;
                outbox::put_call(tx, &call)?;
            }
            // what else is in the digest is put together anew when it is sent
            CallState::Waiting if call.first_sent_at_ms.is_none() => {
                digests.insert(call.id);
            }
            CallState::Waiting | CallState::Sending if call.carries.len() == 1 => {
                recalled.later += call.to.len();
                call.recall_wanted = true;
                outbox::put_call(tx, &call)?;
            }
            CallState::Waiting | CallState::Sending => {
                recalled.keep("in_digest", call.to.len(), "they go out in a digest with other messages");
            }
            CallState::Sent | CallState::Unknown if call.parts.iter().any(|part| part.recalled_at_ms.is_none()) => {
                to_recall.push(call);
            }
            CallState::Failed if call.parts.iter().any(CallPart::can_be_recalled) => to_recall.push(call),
            _ => {}
        }
    }
    recalled.cancelled += cancel_collected(tx, &message, &digests, now_ms)?;
    Ok(Some((recalled, to_recall, cards::has_buttons(&message))))
}

/// Drops the calls that are in the making, and takes back what waits for them.
fn drop_prepared(tx: &WriteTx, message: &Message, now_ms: i64) -> Result<(), StoreError> {
    let mut calls = BTreeSet::new();
    store::deliveries::scan(tx, &message.id, |row| {
        calls.extend(row.call);
        Ok(std::ops::ControlFlow::Continue(()))
    })?;
    for id in calls {
        if let Some(mut call) = outbox::call(tx, &id)?.filter(|call| call.state == CallState::Prepared) {
            call.state = CallState::Dropped;
            call.note(now_ms, "recalled", Some("before it was sent".into()));
            outbox::put_call(tx, &call)?;
            store::messages::add_call(tx, &message.id, &id)?;
        }
    }
    cancel_all(tx, message, now_ms)
}

/// What waits in these digests, and in a burst, where it is in no call yet. One look at all deliveries, however many
/// digests there are.
fn cancel_collected(
    tx: &WriteTx,
    message: &Message,
    digests: &BTreeSet<CallId>,
    now_ms: i64,
) -> Result<usize, StoreError> {
    cancel(tx, message, now_ms, |row| {
        matches!(row.code.as_deref(), Some("digest" | "member_limit"))
            || row.call.as_ref().is_some_and(|call| digests.contains(call))
    })
}

/// Takes back what waits of a message that was recalled while its recipients were being found.
pub(super) fn cancel_all(tx: &WriteTx, message: &Message, now_ms: i64) -> Result<(), StoreError> {
    cancel(tx, message, now_ms, |_| true).map(drop)
}

fn cancel(
    tx: &WriteTx,
    message: &Message,
    now_ms: i64,
    is_meant: impl Fn(&Delivery) -> bool,
) -> Result<usize, StoreError> {
    let mut rows = Vec::new();
    store::deliveries::scan(tx, &message.id, |row| {
        if row.state == DeliveryState::Waiting && is_meant(&row) {
            rows.push(taken_back(row, now_ms));
        }
        Ok(std::ops::ControlFlow::Continue(()))
    })?;
    store::deliveries::put(tx, &message.tenant, &rows)?;
    Ok(rows.len())
}

fn empty_head(message: &Message, now_ms: i64) -> MessageHead {
    MessageHead {
        id: message.id.clone(),
        tenant: message.tenant.clone(),
        source: message.source.clone(),
        expanded_at_ms: now_ms,
        tally: Tally::default(),
        calls: Vec::new(),
        recall_at_ms: Some(now_ms),
    }
}

type One = (Recalled, Option<SendCall>);

fn begin_one(
    tx: &WriteTx,
    actor: &Actor,
    id: &MessageId,
    seq: u32,
    now_ms: i64,
) -> Result<Result<One, MessageError>, StoreError> {
    let Some(message) = store::messages::find(tx, id)? else { return Ok(Err(MessageError::NoMessage(id.clone()))) };
    let Some(row) = store::deliveries::find(tx, id, seq)? else { return Ok(Err(MessageError::NoDelivery(seq))) };
    store::audit::append(tx, actor, "message.recall", &format!("message {id} delivery {seq}"), None, None)?;
    let mut recalled = Recalled::default();
    let call = row.call.as_ref().map(|call| outbox::call(tx, call)).transpose()?.flatten();
    // one that is collected keeps the name of a call that it is not in any more
    let carries =
        |call: &SendCall| call.carries.iter().any(|carried| carried.message == *id && carried.seqs.contains(&seq));
    match (row.state, call) {
        (DeliveryState::Waiting, Some(call)) if !carries(&call) => {
            store::deliveries::put(tx, &message.tenant, &[taken_back(row, now_ms)])?;
            recalled.cancelled = 1;
            Ok(Ok((recalled, None)))
        }
        (DeliveryState::Waiting, Some(mut call)) if call.first_sent_at_ms.is_none() => {
            if call.carries.len() > 1 {
                // the others are put together anew when they are sent
                store::deliveries::put(tx, &message.tenant, &[taken_back(row, now_ms)])?;
                recalled.cancelled = 1;
                return Ok(Ok((recalled, None)));
            }
            let place = call.carries.first().and_then(|carried| carried.seqs.iter().position(|known| *known == seq));
            if let Some(place) = place {
                call.to.remove(place);
                call.carries[0].seqs.remove(place);
                if call.to.is_empty() {
                    call.state = CallState::Dropped;
                }
                outbox::put_call(tx, &call)?;
            }
            store::deliveries::put(tx, &message.tenant, &[taken_back(row, now_ms)])?;
            recalled.cancelled = 1;
            Ok(Ok((recalled, None)))
        }
        (DeliveryState::Waiting, Some(call)) if call.to.len() == 1 && call.carries.len() > 1 => {
            recalled.keep("in_digest", 1, "they go out in a digest with other messages");
            Ok(Ok((recalled, None)))
        }
        (DeliveryState::Waiting, Some(mut call)) if call.to.len() == 1 => {
            call.recall_wanted = true;
            outbox::put_call(tx, &call)?;
            recalled.later = 1;
            Ok(Ok((recalled, None)))
        }
        (DeliveryState::Sent | DeliveryState::ProbablyDropped | DeliveryState::Waiting, Some(call)) => {
            if call.to.len() > 1 {
                return Ok(Err(MessageError::NotAlone { others: call.to.len() - 1 }));
            }
            Ok(Ok((recalled, Some(call))))
        }
        (DeliveryState::Recalled, _) => Ok(Ok((recalled, None))),
        _ => Ok(Err(MessageError::NoRecall("it did not arrive"))),
    }
}
