//! Messages by id (ids sort by the time of acceptance), where each stands, and which ones wait for their recipients to
//! be found.

mod list;

pub(super) use list::walk_source;
pub use list::{Listed, MessageFilter, search};

use super::key::{Prefix, Range, Str};
use super::registry::Checks;
use super::table::{Table, TableInfo, everything};
use super::tx::{ReadTx, Reads, WriteTx};
use super::{Search, StoreError, deliveries, outbox, todos};
use crate::model::{CallId, DeliveryState, Message, MessageHead, MessageId, Priority, TenantKey};
use std::ops::ControlFlow;

/// message
const MESSAGES: Table<Str, Message> = Table::new("messages");
/// message → where it stands; absent until its recipients were found
const HEADS: Table<Str, MessageHead> = Table::new("message_heads");
/// (tenant, source, message), made with the first delivery or with the head
const BY_SOURCE: Table<(Str, Str, Str), ()> = Table::new("messages_by_source");
/// (lane, message) of those whose recipients are still to be found
const QUEUE: Table<(u32, Str), ()> = Table::new("message_queue");
pub(super) const TABLES: &[TableInfo] = &[MESSAGES.info(), HEADS.info(), BY_SOURCE.info(), QUEUE.info()];

/// The smallest id that a message of this moment can have.
pub fn id_at(at_ms: i64) -> String {
    let ms = at_ms.clamp(0, (1 << 48) - 1);
    format!("{:08x}-{:04x}", ms >> 16, ms & 0xFFFF)
}

/// Stores a message that was just accepted; it then waits for its recipients to be found. Two rows are written.
pub fn accept(tx: &WriteTx, message: &Message) -> Result<(), StoreError> {
    MESSAGES.put(tx, message.id.as_str(), message)?;
    QUEUE.put(tx, (message.priority.lane(), message.id.as_str()), &())
}

/// The message with this id.
pub fn find(tx: &impl Reads, id: &MessageId) -> Result<Option<Message>, StoreError> {
    MESSAGES.get(tx, id.as_str())
}

/// Whether a message has this in its title; it is decoded only where it may.
pub(super) fn has_title(tx: &ReadTx, id: &str, title: &Search) -> Result<bool, StoreError> {
    let found = MESSAGES.get_json(tx, id, |json| {
        if !title.may_hit(json) {
            return Ok(false);
        }
        MESSAGES.decode_json(json).map(|message: Message| title.hits([message.title.as_str()]))
    })?;
    Ok(found.unwrap_or(false))
}

/// Where a message stands; `None` until its recipients were found.
pub fn head(tx: &impl Reads, id: &MessageId) -> Result<Option<MessageHead>, StoreError> {
    HEADS.get(tx, id.as_str())
}

/// Writes where a message stands.
pub fn put_head(tx: &WriteTx, head: &MessageHead) -> Result<(), StoreError> {
    BY_SOURCE.put(tx, (head.tenant.as_str(), &head.source, head.id.as_str()), &())?;
    HEADS.put(tx, head.id.as_str(), head)
}

/// The next messages whose recipients are to be found, the most urgent first, then the oldest.
pub fn queued(tx: &impl Reads, limit: usize) -> Result<Vec<Message>, StoreError> {
    let mut rows = Vec::new();
    let mut ids = Vec::new();
    QUEUE.scan(tx, &everything(), |(_, id), ()| {
        ids.push(id);
        Ok(if ids.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    for id in ids {
        rows.extend(MESSAGES.get(tx, &id)?);
    }
    Ok(rows)
}

/// The oldest message that waits for its recipients to be found, by lane.
pub fn oldest_queued(tx: &impl Reads) -> Result<Vec<(Priority, MessageId)>, StoreError> {
    let mut found = Vec::new();
    for priority in Priority::ALL {
        let range = Prefix::all().then_u32(priority.lane()).range();
        if let Some((_, id)) = QUEUE.first_key(tx, &range)? {
            found.push((priority, MessageId::from(id)));
        }
    }
    Ok(found)
}

/// Whether the recipients of a message are still to be found.
pub fn is_queued(tx: &impl Reads, message: &Message) -> Result<bool, StoreError> {
    QUEUE.has(tx, (message.priority.lane(), message.id.as_str()))
}

/// The recipients of a message were found.
pub fn dequeue(tx: &WriteTx, message: &Message) -> Result<(), StoreError> {
    QUEUE.remove(tx, (message.priority.lane(), message.id.as_str())).map(drop)
}

/// Notes the source of a message whose deliveries are about to be written, before it has a head.
pub fn note_source(tx: &WriteTx, message: &Message) -> Result<(), StoreError> {
    BY_SOURCE.put(tx, (message.tenant.as_str(), &message.source, message.id.as_str()), &())
}

/// Sources that the tenant's messages had, by name.
pub fn sources(tx: &impl Reads, tenant: &TenantKey, limit: usize) -> Result<Vec<String>, StoreError> {
    let prefix = Prefix::text(tenant.as_str());
    let mut found: Vec<String> = Vec::new();
    let mut range = prefix.range();
    while found.len() < limit {
        let Some((_, source, _)) = BY_SOURCE.first_key(tx, &range)? else { break };
        range = prefix.after::<(Str, Str, Str)>((tenant.as_str(), &source, "\u{10FFFF}"));
        found.push(source);
    }
    Ok(found)
}

/// Notes that a further call carries a message.
pub fn add_call(tx: &WriteTx, id: &MessageId, call: &CallId) -> Result<(), StoreError> {
    change_head(tx, id, |head| {
        if !head.calls.contains(call) {
            head.calls.push(call.clone());
        }
    })
}

/// Changes the head of a message, where it has one.
pub(super) fn change_head(
    tx: &WriteTx,
    id: &MessageId,
    change: impl FnOnce(&mut MessageHead),
) -> Result<(), StoreError> {
    let mut heads = HEADS.writer(tx)?;
    let Some(mut head) = heads.get(id.as_str())? else { return Ok(()) };
    change(&mut head);
    heads.put(id.as_str(), &head)
}

/// Removes what is left of messages accepted before `before_ms`, with their deliveries and calls: about `limit` rows at
/// once. What still waits to go out stays, and what is open, as `is_open` says. Answers how many rows were removed; 0 = there
/// is nothing more to remove.
pub fn remove_before(
    tx: &WriteTx,
    before_ms: i64,
    limit: usize,
    is_open: impl Fn(&Message) -> Result<bool, StoreError>,
) -> Result<usize, StoreError> {
    let mut range = Prefix::all().before::<Str>(&id_at(before_ms));
    let mut removed = 0;
    while removed < limit.max(1) {
        let Some(id) = MESSAGES.first_key(tx, &range)? else { break };
        let message = MESSAGES.get(tx, &id)?;
        let head = HEADS.get(tx, &id)?;
        let waits = head.is_some_and(|head| head.tally.of(DeliveryState::Waiting) > 0);
        let stays = match &message {
            Some(message) => waits || is_queued(tx, message)? || is_open(message)?,
            None => false,
        };
        if stays {
            range = Range { from: Prefix::all().after::<Str>(&id).from, to: range.to };
            continue;
        }
        removed += remove(tx, &MessageId::from(id), limit - removed.min(limit - 1))?;
    }
    Ok(removed)
}

/// Removes every message of a tenant.
pub(super) fn clear(tx: &WriteTx, tenant: &TenantKey) -> Result<(), StoreError> {
    let mut ids = Vec::new();
    MESSAGES.scan(tx, &everything(), |id, message| {
        if message.tenant == *tenant {
            ids.push(MessageId::from(id));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    for id in ids {
        remove(tx, &id, usize::MAX)?;
    }
    Ok(())
}

fn remove(tx: &WriteTx, id: &MessageId, limit: usize) -> Result<usize, StoreError> {
    let Some(message) = MESSAGES.get(tx, id.as_str())? else { return Ok(0) };
    let removed = deliveries::remove_some(tx, &message.tenant, id, limit)?;
    if removed >= limit {
        return Ok(removed);
    }
    if let Some(head) = HEADS.remove(tx, id.as_str())? {
        for call in &head.calls {
            if !is_needed(tx, call, id)? {
                outbox::remove_call(tx, call)?;
            }
        }
    }
    BY_SOURCE.remove(tx, (message.tenant.as_str(), &message.source, id.as_str()))?;
    dequeue(tx, &message)?;
    todos::remove(tx, id)?;
    MESSAGES.remove(tx, id.as_str())?;
    Ok(removed + 1)
}

/// Whether a call, a digest, carries another message that is there.
fn is_needed(tx: &impl Reads, call: &CallId, without: &MessageId) -> Result<bool, StoreError> {
    let Some(call) = outbox::call(tx, call)? else { return Ok(false) };
    for carried in call.carries.iter().filter(|carried| carried.message != *without) {
        if MESSAGES.has(tx, carried.message.as_str())? {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) fn check(tx: &ReadTx, checks: &mut Checks) -> Result<(), StoreError> {
    let (mut sources, mut lost) = (Vec::new(), Vec::new());
    HEADS.scan(tx, &everything(), |id, head| {
        sources.push((head.tenant.to_string(), head.source, id.clone()));
        if !MESSAGES.has(tx, &id)? {
            lost.push(format!("head {id} is of no message"));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    for (_, id) in QUEUE.keys(tx, &everything())? {
        if !MESSAGES.has(tx, &id)? {
            lost.push(format!("message {id} is queued and not there"));
        }
    }
    lost.into_iter().for_each(|what| checks.fault(HEADS.name(), what));
    let present = BY_SOURCE.keys(tx, &everything())?;
    for (tenant, source, id) in &present {
        // noted before the head
        let early = if HEADS.has(tx, id)? { None } else { MESSAGES.get(tx, id)? };
        let early = early.filter(|message| message.tenant.as_str() == tenant && message.source == *source);
        sources.extend(early.map(|_| (tenant.clone(), source.clone(), id.clone())));
    }
    checks.same_keys(BY_SOURCE.name(), present, sources);
    Ok(())
}
