//! Received callbacks by corp and id (ids sort by time), by receiver and kind, what repeats are recognised by, what still
//! waits for work, and what is counted of them.
//!
//! A callback and the key of its repeats are written and removed together, so that nothing is worked on twice for as long
//! as it is kept. Repeats carry the same `CreateTime`; standing first in the key it keeps neighbours in time together.
//!
//! What has only just arrived lies packed in rows of its own and is put into these tables after the answer. Counts include
//! it; whoever looks for items has it put there first ([`settle`]). Rows of it that cannot be read are kept aside. Before all
//! that it lies in the write-ahead log ([`wal`]) for a moment, of which the tables know nothing yet.

mod arrived;
mod counts;
mod packed;
mod search;
pub mod wal;
mod work;

pub use arrived::{
    Late, RepeatKey, arrive, count_arrived, count_broken, has_arrived, newest_keys, receive_late, remove_broken_before,
    settle, take_arrived,
};
pub use counts::{Span, Spread, spans};
pub use packed::{Arrival, Arrivals};
pub use search::{InboxFilter, InboxPage, LOOKED_AT_MAX, search};
pub use work::{Before, Work, with_work};

use super::StoreError;
use super::key::{Prefix, Str};
use super::registry::Checks;
use super::table::{Table, TableInfo, everything};
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
/// (corp, receiver, kind, item)
const BY_PLACE: Table<(Str, Str, Str, Str), ()> = Table::new("inbox_by_place");
/// (corp, receiver)
const HEALTH: Table<(Str, Str), CallbackHealth> = Table::new("callback_health");
pub(super) const TABLES: &[TableInfo] = &[
    arrived::INFO,
    arrived::BROKEN_INFO,
    ITEMS.info(),
    REPEATS.info(),
    WAITING.info(),
    FAILED.info(),
    BY_PLACE.info(),
    HEALTH.info(),
    counts::INFO[0],
    counts::INFO[1],
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
    with_work(tx, |work| work.receive(item))
}

/// Stores callbacks, or counts repeats of ones that are kept; answers in the same order.
///
/// # Errors
/// [`StoreError::NotFound`] when a repeated one is not there; the closure must return the error then.
pub fn receive_all(tx: &WriteTx, all: &[InboxItem]) -> Result<Vec<Received>, StoreError> {
    with_work(tx, |work| all.iter().map(|item| work.receive(item)).collect())
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
    let (arrived, _) = count_arrived(tx, Some(corp))?;
    let kept = counts::counts(tx, corp)?;
    let size = |count| usize::try_from(count).unwrap_or(usize::MAX);
    Ok((arrived + size(kept.waiting), size(kept.failed)))
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

/// Writes an item back, however far it was, with its place in the lists.
///
/// # Errors
/// [`StoreError::NotFound`] when it is not there; nothing is written then.
pub fn put(tx: &WriteTx, item: &InboxItem) -> Result<(), StoreError> {
    let before = find(tx, &item.corp, &item.id)?;
    let before = before.ok_or_else(|| StoreError::not_found(format!("callback {}", item.id)))?;
    with_work(tx, |work| work.put(Before::from(&before), item))
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
    let mut kept = counts::Kept::new(tx);
    for item in &old {
        let key = (item.corp.as_str(), item.id.as_str());
        REPEATS.remove(tx, (item.corp.as_str(), item.receiver.segment(), stamp(item), item.digest.as_str()))?;
        if WAITING.remove(tx, key)?.is_some() {
            let counts = kept.counts(corp)?;
            counts.waiting = counts.waiting.saturating_sub(1);
        }
        if FAILED.remove(tx, key)?.is_some() {
            let counts = kept.counts(corp)?;
            counts.failed = counts.failed.saturating_sub(1);
        }
        BY_PLACE.remove(tx, (item.corp.as_str(), item.receiver.segment(), item.kind.as_str(), item.id.as_str()))?;
        ITEMS.remove(tx, key)?;
    }
    kept.end()?;
    counts::forget_old(tx, corp)?;
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
    BY_PLACE.remove_range(tx, &all)?;
    counts::clear(tx, corp)?;
    HEALTH.remove_range(tx, &all).map(drop)
}

pub(super) fn check(tx: &ReadTx, checks: &mut Checks) -> Result<(), StoreError> {
    let (mut repeats, mut waiting, mut failed, mut places) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut recount = counts::Recount::default();
    ITEMS.scan(tx, &everything(), |(corp, id), item| {
        repeats.push((corp.clone(), item.receiver.segment().to_owned(), stamp(&item), item.digest.clone()));
        recount.add(&item);
        places.push((corp.clone(), item.receiver.segment().to_owned(), item.kind.to_string(), id.clone()));
        match item.state {
            InboxState::Waiting => waiting.push((corp, id)),
            InboxState::Failed => failed.push((corp, id)),
            InboxState::Done => {}
        }
        Ok(ControlFlow::Continue(()))
    })?;
    checks.same_keys(REPEATS.name(), REPEATS.keys(tx, &everything())?, repeats);
    checks.same_keys(WAITING.name(), WAITING.keys(tx, &everything())?, waiting);
    checks.same_keys(FAILED.name(), FAILED.keys(tx, &everything())?, failed);
    checks.same_keys(BY_PLACE.name(), BY_PLACE.keys(tx, &everything())?, places);
    recount.check(tx, checks)
}

fn stamp(item: &InboxItem) -> u64 {
    u64::try_from(item.created_at_s).unwrap_or(0)
}
