//! Received callbacks by corp and id (ids sort by time), what repeats are recognised by, and what still waits for work.
//!
//! A callback and the key of its repeats are written and removed together, so that nothing is worked on twice for as long
//! as it is kept. Repeats carry the same `CreateTime`; standing first in the key it keeps neighbours in time together.
//!
//! What has only just arrived lies packed in rows of its own and is put into these tables after the answer. Counts include
//! it; whoever looks for items has it put there first ([`settle`]). Rows of it that cannot be read are kept aside. Before all
//! that it lies in the write-ahead log ([`wal`]) for a moment, of which the tables know nothing yet.

mod arrived;
mod packed;
mod search;
pub mod wal;

pub use arrived::{
    Late, RepeatKey, arrive, count_arrived, count_broken, has_arrived, newest_keys, receive_late, remove_broken_before,
    settle, take_arrived,
};
pub use packed::{Arrival, Arrivals};
pub use search::{InboxFilter, InboxPage, LOOKED_AT_MAX, search};

use super::StoreError;
use super::key::{Prefix, Str};
use super::registry::Checks;
use super::table::{Table, TableInfo, Writer, everything};
use super::tx::{ReadTx, Reads, WriteTx};
use crate::model::{CallbackHealth, CallbackOf, CorpKey, InboxId, InboxItem, InboxState};
use std::ops::ControlFlow;

/// (corp, item)
const ITEMS: Table<(Str, Str), InboxItem> = Table::new("inbox");
/// (corp, receiver, CreateTime, digest) → item
const REPEATS: Table<(Str, Str, u64, Str), InboxId> = Table::new("inbox_repeats");
/// (corp, item) of those that wait for work
const WAITING: Table<(Str, Str), ()> = Table::new("inbox_waiting");
/// (corp, item) of those whose work failed
const FAILED: Table<(Str, Str), ()> = Table::new("inbox_failed");
/// (corp, kind, item) of those that do not wait
const BY_KIND: Table<(Str, Str, Str), ()> = Table::new("inbox_by_kind");
/// (corp, receiver)
const HEALTH: Table<(Str, Str), CallbackHealth> = Table::new("callback_health");
pub(super) const TABLES: &[TableInfo] = &[
    arrived::INFO,
    arrived::BROKEN_INFO,
    ITEMS.info(),
    REPEATS.info(),
    WAITING.info(),
    FAILED.info(),
    BY_KIND.info(),
    HEALTH.info(),
];

/// What [`receive`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// It is new and stored.
    New,
    /// It was received before; what the first answer carried.
    Again {
        /// The item as it was stored first.
        id: InboxId,
        /// Its passive reply.
        reply: Option<String>,
    },
    /// It came for a WeCom that the corp is not any more; it is not kept.
    Former,
}

/// [`receive_all`] of one.
pub fn receive(tx: &WriteTx, item: &InboxItem) -> Result<Received, StoreError> {
    let received = receive_all(tx, std::slice::from_ref(item))?.pop();
    received.ok_or_else(|| StoreError::not_found(format!("callback {}", item.id)))
}

/// Stores callbacks, or counts repeats of ones that are kept; answers in the same order.
///
/// # Errors
/// [`StoreError::NotFound`] when a repeated one is not there; the closure must return the error then.
pub fn receive_all(tx: &WriteTx, all: &[InboxItem]) -> Result<Vec<Received>, StoreError> {
    let (mut repeats, mut items, mut waiting) = (REPEATS.writer(tx)?, ITEMS.writer(tx)?, WAITING.writer(tx)?);
    let mut results = Vec::with_capacity(all.len());
    for item in all {
        let key = (item.corp.as_str(), item.receiver.segment(), stamp(item), item.digest.as_str());
        if let Some(first) = repeats.get(key)? {
            let reply = count_repeat(&mut items, &item.corp, &first)?;
            results.push(Received::Again { id: first, reply });
            continue;
        }
        let row = (item.corp.as_str(), item.id.as_str());
        repeats.put(key, &item.id)?;
        items.put(row, item)?;
        waiting.put(row, &())?;
        results.push(Received::New);
    }
    Ok(results)
}

/// Counts one more delivery of an item; answers its passive reply.
fn count_repeat(
    items: &mut Writer<'_, (Str, Str), InboxItem>,
    corp: &CorpKey,
    first: &InboxId,
) -> Result<Option<String>, StoreError> {
    let row = (corp.as_str(), first.as_str());
    let known = items.get(row)?;
    let mut known = known.ok_or_else(|| StoreError::not_found(format!("callback {first}")))?;
    known.repeats = known.repeats.saturating_add(1);
    items.put(row, &known)?;
    Ok(known.reply)
}

/// The item with this id.
pub fn find(tx: &impl Reads, corp: &CorpKey, id: &InboxId) -> Result<Option<InboxItem>, StoreError> {
    ITEMS.get(tx, (corp.as_str(), id.as_str()))
}

/// Ids of the oldest items of a corp that wait for work.
pub fn waiting(tx: &impl Reads, corp: &CorpKey, limit: usize) -> Result<Vec<InboxId>, StoreError> {
    let mut ids = Vec::new();
    if limit > 0 {
        WAITING.scan(tx, &Prefix::text(corp.as_str()).range(), |(_, id), ()| {
            ids.push(InboxId::from(id));
            Ok(if ids.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
    }
    Ok(ids)
}

/// How many items of a corp wait, and how many have failed.
pub fn counts(tx: &impl Reads, corp: &CorpKey) -> Result<(usize, usize), StoreError> {
    let range = Prefix::text(corp.as_str()).range();
    let (arrived, _) = count_arrived(tx, Some(corp))?;
    Ok((arrived + WAITING.keys(tx, &range)?.len(), FAILED.keys(tx, &range)?.len()))
}

/// The time of receipt (Unix milliseconds) of the item of a corp that has waited longest.
pub fn oldest_waiting(tx: &impl Reads, corp: &CorpKey) -> Result<Option<i64>, StoreError> {
    let waits = match waiting(tx, corp, 1)?.first() {
        Some(id) => find(tx, corp, id)?.map(|item| item.received_at_ms),
        None => None,
    };
    let (_, arrived) = count_arrived(tx, Some(corp))?;
    Ok(waits.into_iter().chain(arrived).min())
}

/// The tables of the inbox, opened for the work on many items.
pub struct Work<'tx> {
    items: Writer<'tx, (Str, Str), InboxItem>,
    repeats: Writer<'tx, (Str, Str, u64, Str), InboxId>,
    waiting: Writer<'tx, (Str, Str), ()>,
    failed: Writer<'tx, (Str, Str), ()>,
    by_kind: Writer<'tx, (Str, Str, Str), ()>,
}

impl<'tx> Work<'tx> {
    /// Opens them; nothing else may read or write the inbox in this transaction before this is dropped.
    pub fn open(tx: &'tx WriteTx) -> Result<Self, StoreError> {
        Ok(Self {
            items: ITEMS.writer(tx)?,
            repeats: REPEATS.writer(tx)?,
            waiting: WAITING.writer(tx)?,
            failed: FAILED.writer(tx)?,
            by_kind: BY_KIND.writer(tx)?,
        })
    }

    /// The item with this id.
    pub fn find(&mut self, corp: &CorpKey, id: &InboxId) -> Result<Option<InboxItem>, StoreError> {
        self.items.get((corp.as_str(), id.as_str()))
    }

    /// Whether something of a corp waits for work.
    pub fn something_waits(&mut self, corp: &CorpKey) -> Result<bool, StoreError> {
        Ok(self.waiting.first_key(&Prefix::text(corp.as_str()).range())?.is_some())
    }

    /// Takes note of an item that was taken out of those that have arrived. A repeat is counted and the answer is `false`;
    /// any other one must be put ([`Work::put_new`]).
    pub fn is_new(&mut self, item: &InboxItem) -> Result<bool, StoreError> {
        let key = (item.corp.as_str(), item.receiver.segment(), stamp(item), item.digest.as_str());
        if let Some(first) = self.repeats.get(key)? {
            count_repeat(&mut self.items, &item.corp, &first)?;
            return Ok(false);
        }
        self.repeats.put(key, &item.id)?;
        Ok(true)
    }

    /// Writes an item for the first time, with its place in the lists.
    pub fn put_new(&mut self, item: &InboxItem) -> Result<(), StoreError> {
        let key = (item.corp.as_str(), item.id.as_str());
        self.items.put(key, item)?;
        if item.state == InboxState::Waiting {
            return self.waiting.put(key, &());
        }
        if item.state == InboxState::Failed {
            self.failed.put(key, &())?;
        }
        self.by_kind.put((item.corp.as_str(), item.kind.as_str(), item.id.as_str()), &())
    }

    /// Writes an item back, whose state was `before`, with its place in the lists.
    pub fn put(&mut self, before: InboxState, item: &InboxItem) -> Result<(), StoreError> {
        let key = (item.corp.as_str(), item.id.as_str());
        self.items.put(key, item)?;
        if before == item.state {
            return Ok(());
        }
        let kind = (item.corp.as_str(), item.kind.as_str(), item.id.as_str());
        match item.state {
            InboxState::Waiting => {
                self.by_kind.remove(kind)?;
                self.waiting.put(key, &())?;
            }
            _ => {
                self.waiting.remove(key)?;
                self.by_kind.put(kind, &())?;
            }
        }
        if item.state == InboxState::Failed {
            self.failed.put(key, &())?;
        } else if before == InboxState::Failed {
            self.failed.remove(key)?;
        }
        Ok(())
    }
}

/// Writes an item back, whatever its state was, with its place in the lists.
pub fn put(tx: &WriteTx, item: &InboxItem) -> Result<(), StoreError> {
    let before = find(tx, &item.corp, &item.id)?.map_or(item.state, |before| before.state);
    Work::open(tx)?.put(before, item)
}

/// Removes at most `limit` items of a corp that were received before `before_ms`; returns how many. What waits goes too:
/// nobody will miss work that nobody could do for so long.
pub fn remove_before(tx: &WriteTx, corp: &CorpKey, before_ms: i64, limit: usize) -> Result<usize, StoreError> {
    let mut old = Vec::new();
    if limit > 0 {
        ITEMS.scan(tx, &Prefix::text(corp.as_str()).range(), |_, item| {
            if item.received_at_ms >= before_ms {
                return Ok(ControlFlow::Break(()));
            }
            old.push(item);
            Ok(if old.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
    }
    for item in &old {
        let key = (item.corp.as_str(), item.id.as_str());
        REPEATS.remove(tx, (item.corp.as_str(), item.receiver.segment(), stamp(item), item.digest.as_str()))?;
        WAITING.remove(tx, key)?;
        FAILED.remove(tx, key)?;
        BY_KIND.remove(tx, (item.corp.as_str(), item.kind.as_str(), item.id.as_str()))?;
        ITEMS.remove(tx, key)?;
    }
    Ok(old.len())
}

/// What is known of a receiver.
pub fn health(tx: &impl Reads, corp: &CorpKey, of: &CallbackOf) -> Result<CallbackHealth, StoreError> {
    Ok(HEALTH.get(tx, (corp.as_str(), of.segment()))?.unwrap_or_default())
}

/// Writes what is known of a receiver.
pub fn put_health(tx: &WriteTx, corp: &CorpKey, of: &CallbackOf, health: &CallbackHealth) -> Result<(), StoreError> {
    HEALTH.put(tx, (corp.as_str(), of.segment()), health)
}

pub(super) fn clear(tx: &WriteTx, corp: &CorpKey) -> Result<(), StoreError> {
    settle(tx, usize::MAX)?;
    let all = Prefix::text(corp.as_str()).range();
    ITEMS.remove_range(tx, &all)?;
    REPEATS.remove_range(tx, &all)?;
    WAITING.remove_range(tx, &all)?;
    FAILED.remove_range(tx, &all)?;
    BY_KIND.remove_range(tx, &all)?;
    HEALTH.remove_range(tx, &all).map(drop)
}

pub(super) fn check(tx: &ReadTx, checks: &mut Checks) -> Result<(), StoreError> {
    let (mut repeats, mut waiting, mut failed, mut kinds) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    ITEMS.scan(tx, &everything(), |(corp, id), item| {
        repeats.push((corp.clone(), item.receiver.segment().to_owned(), stamp(&item), item.digest.clone()));
        match item.state {
            InboxState::Waiting => waiting.push((corp, id)),
            state => {
                if state == InboxState::Failed {
                    failed.push((corp.clone(), id.clone()));
                }
                kinds.push((corp, item.kind.to_string(), id));
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    checks.same_keys(REPEATS.name(), REPEATS.keys(tx, &everything())?, repeats);
    checks.same_keys(WAITING.name(), WAITING.keys(tx, &everything())?, waiting);
    checks.same_keys(FAILED.name(), FAILED.keys(tx, &everything())?, failed);
    checks.same_keys(BY_KIND.name(), BY_KIND.keys(tx, &everything())?, kinds);
    Ok(())
}

fn stamp(item: &InboxItem) -> u64 {
    u64::try_from(item.created_at_s).unwrap_or(0)
}
