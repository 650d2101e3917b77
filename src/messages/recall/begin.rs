//! The part of a recall that is done in the store: what has not gone out is cancelled, what was sent is looked up.

use super::{Recalled, ToRecall, taken_back};
use crate::messages::{MessageError, cards, outcome};
use crate::model::{
    Actor, CallId, CallPart, CallState, Delivery, DeliveryState, Message, MessageHead, MessageId, SendCall, Tally,
};
use crate::store::{self, StoreError, WriteTx, outbox};
use std::collections::BTreeSet;

/// The beginning of a recall, and whether there may be cards to update.
pub(super) type Begun = (Recalled, ToRecall, bool);

/// The part of a recall that is done in the store.
pub(super) fn begin(tx: &WriteTx, actor: &Actor, id: &MessageId, now_ms: i64) -> Result<Option<Begun>, StoreError> {
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
pub(in crate::messages) fn cancel_all(tx: &WriteTx, message: &Message, now_ms: i64) -> Result<(), StoreError> {
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

pub(super) type One = (Recalled, Option<SendCall>);

pub(super) fn begin_one(
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
