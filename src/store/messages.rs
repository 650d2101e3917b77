//! Messages by id (ids sort by the time of acceptance), where each stands, and which ones wait for their recipients to
//! be found.

use super::key::{Prefix, Str};
use super::page::SCAN_MAX;
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
/// (tenant, source, message), made with the head
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

/// Which messages are asked for.
#[derive(Debug, Clone, Default)]
pub struct MessageFilter {
    /// Of this tenant.
    pub tenant: Option<TenantKey>,
    /// Of this source; only together with a tenant.
    pub source: Option<String>,
    /// With this in title, body, event or id.
    pub text: Option<Search>,
    /// With at least one delivery in this state.
    pub state: Option<DeliveryState>,
    /// Not before this time, Unix milliseconds.
    pub from_ms: Option<i64>,
    /// Before this time, Unix milliseconds.
    pub until_ms: Option<i64>,
}

/// A message of a list, with where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The message.
    pub message: Message,
    /// Where it stands.
    pub head: Option<MessageHead>,
}

/// One page of messages, the newest first, behind the one that the page before ended with. A page looks at a bounded
/// number of rows: it may be short and still have a `next`.
pub fn search(
    tx: &impl Reads,
    filter: &MessageFilter,
    after: Option<&MessageId>,
    limit: usize,
) -> Result<(Vec<Listed>, Option<MessageId>), StoreError> {
    let until = match (after, filter.until_ms) {
        (Some(id), Some(ms)) => Some(id.to_string().min(id_at(ms))),
        (Some(id), None) => Some(id.to_string()),
        (None, ms) => ms.map(id_at),
    };
    let from = filter.from_ms.map(id_at);
    let mut page = Paging { rows: Vec::new(), last: None, scanned: 0, limit, is_over: false };
    let mut visit = |message: Message| -> Result<ControlFlow<()>, StoreError> {
        if from.as_deref().is_some_and(|from| message.id.as_str() < from) {
            page.is_over = true;
            return Ok(ControlFlow::Break(()));
        }
        page.scanned += 1;
        page.last = Some(message.id.clone());
        let texts = [message.title.as_str(), &message.body, &message.event, message.id.as_str()];
        let is_hit = filter.tenant.as_ref().is_none_or(|tenant| *tenant == message.tenant)
            && filter.source.as_ref().is_none_or(|source| *source == message.source)
            && filter.text.as_ref().is_none_or(|search| search.hits(texts));
        if is_hit {
            let head = HEADS.get(tx, message.id.as_str())?;
            let has = |state| match &head {
                Some(head) => head.tally.of(state) > 0,
                None => state == DeliveryState::Waiting,
            };
            if filter.state.is_none_or(has) {
                page.rows.push(Listed { message, head });
            }
        }
        Ok(page.flow())
    };
    match (&filter.tenant, &filter.source) {
        (Some(tenant), Some(source)) => {
            let prefix = Prefix::text(tenant.as_str()).then_text(source);
            let range = match &until {
                Some(id) => prefix.before::<(Str, Str, Str)>((tenant.as_str(), source, id)),
                None => prefix.range(),
            };
            BY_SOURCE.scan_back(tx, &range, |(_, _, id), ()| match MESSAGES.get(tx, &id)? {
                Some(message) => visit(message),
                None => Ok(ControlFlow::Continue(())),
            })?;
        }
        _ => {
            let range = match &until {
                Some(id) => Prefix::all().before::<Str>(id),
                None => everything(),
            };
            MESSAGES.scan_back(tx, &range, |_, message| visit(message))?;
        }
    }
    let next = page.next();
    Ok((page.rows, next))
}

/// A page in the making.
struct Paging<T> {
    rows: Vec<T>,
    last: Option<MessageId>,
    scanned: usize,
    limit: usize,
    is_over: bool,
}

impl<T> Paging<T> {
    fn flow(&mut self) -> ControlFlow<()> {
        if self.rows.len() >= self.limit || self.scanned >= SCAN_MAX {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn next(&self) -> Option<MessageId> {
        let is_full = self.rows.len() >= self.limit || self.scanned >= SCAN_MAX;
        if is_full && !self.is_over { self.last.clone() } else { None }
    }
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
/// once. Answers how many rows were removed; 0 = there is nothing more to remove.
pub fn remove_before(tx: &WriteTx, before_ms: i64, limit: usize) -> Result<usize, StoreError> {
    let range = Prefix::all().before::<Str>(&id_at(before_ms));
    let mut removed = 0;
    while removed < limit.max(1) {
        let Some(id) = MESSAGES.first_key(tx, &range)? else { break };
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
            outbox::remove_call(tx, call)?;
        }
        BY_SOURCE.remove(tx, (head.tenant.as_str(), &head.source, id.as_str()))?;
    }
    dequeue(tx, &message)?;
    todos::remove(tx, id)?;
    MESSAGES.remove(tx, id.as_str())?;
    Ok(removed + 1)
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
    checks.same_keys(BY_SOURCE.name(), BY_SOURCE.keys(tx, &everything())?, sources);
    Ok(())
}
