//! Taking messages back (MSG-15 to MSG-17): what has not gone out yet is cancelled, what was sent is recalled at WeCom
//! within 24 hours.

mod begin;

pub(super) use begin::cancel_all;

use super::{MessageError, Messages, cards, outcome};
use crate::model::{Actor, CallId, CallPart, CallState, Delivery, DeliveryState, MessageId, SendCall};
use crate::store::{self, Reads, StoreError, WriteTx, outbox};
use crate::wecom::{Credential, Patience};
use begin::{begin, begin_one};
use serde::Serialize;
use std::collections::HashMap;
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

/// Why what a call has sent cannot be taken back, as a code and as a sentence; `None` = WeCom may take it back.
fn stays(call: &SendCall, now_ms: i64) -> Option<(&'static str, &'static str)> {
    if call.carries.len() > 1 {
        return Some(("in_digest", "they went out in a digest with other messages"));
    }
    let last_ms = call.parts.iter().filter_map(|part| part.sent_at_ms).max();
    if call.sent_at_ms.or(last_ms).is_none_or(|at_ms| now_ms - at_ms >= RECALL_MS) {
        return Some(("too_late", "WeCom recalls a message within 24 hours only"));
    }
    let is_partly = call.state == CallState::Failed;
    let is_lost = |part: &CallPart| part.msgid.is_none() && (part.sent_at_ms.is_some() || !is_partly);
    call.parts.iter().any(is_lost).then_some(("no_msgid", "the answer with their msgid was lost"))
}

/// How many deliveries a recall would reach.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reach {
    /// What waits, and what WeCom may take back, those too of which only some parts arrived.
    pub reached: u32,
    /// Those that are at their members, or may be, and stay.
    pub stays: u32,
    /// Those that are not known to have arrived and are only not sent again.
    pub dropped: u32,
}

fn reach(tx: &impl Reads, id: &MessageId, now_ms: i64) -> Result<Reach, StoreError> {
    use DeliveryState::{ProbablyDropped, Sent, Waiting};
    let mut rows = Vec::new();
    store::deliveries::scan(tx, id, |row| {
        rows.push((row.state, row.code.as_deref() == Some(outcome::PARTLY), row.call, row.seq));
        Ok(std::ops::ControlFlow::Continue(()))
    })?;
    let mut calls: HashMap<CallId, Option<SendCall>> = HashMap::new();
    let mut reach = Reach::default();
    for (state, is_partly, call, seq) in rows {
        if let Some(name) = call.as_ref().filter(|name| !calls.contains_key(name)) {
            calls.insert(name.clone(), outbox::call(tx, name)?);
        }
        let call = call.as_ref().and_then(|name| calls.get(name)).and_then(Option::as_ref);
        let carries =
            |call: &&SendCall| call.carries.iter().any(|carried| carried.message == *id && carried.seqs.contains(&seq));
        let is_reached = match state {
            // in a digest that is on its way
            Waiting => !call.filter(carries).is_some_and(|of| of.carries.len() > 1 && of.first_sent_at_ms.is_some()),
            Sent | ProbablyDropped => call.is_some_and(|call| stays(call, now_ms).is_none()),
            _ if is_partly => call.is_some_and(|call| stays(call, now_ms).is_none()),
            _ => false,
        };
        let count = match state {
            _ if is_reached => &mut reach.reached,
            Waiting | Sent | ProbablyDropped => &mut reach.stays,
            _ if is_partly => &mut reach.stays,
            state if state.is_dead() => &mut reach.dropped,
            _ => continue,
        };
        *count += 1;
    }
    Ok(reach)
}

/// What the store part of a recall has left to do at WeCom.
type ToRecall = Vec<SendCall>;
impl Messages {
    /// How many deliveries a recall would reach now; none while the recipients are still to be found.
    pub async fn recall_reach(&self, id: &MessageId) -> Result<Reach, StoreError> {
        let (wanted, now_ms) = (id.clone(), self.env().clock.now_ms());
        self.env().store.read_async(move |tx| reach(tx, &wanted, now_ms)).await
    }

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
        if let Some((code, text)) = stays(call, now_ms) {
            recalled.keep(code, count, text);
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
