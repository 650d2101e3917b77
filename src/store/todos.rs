//! To-do messages by message: their stories, and the updates of their cards with what became of each.

use super::StoreError;
use super::key::{Prefix, Str};
use super::registry::Checks;
use super::table::{Table, TableInfo, everything};
use super::tx::{ReadTx, Reads, WriteTx};
use crate::model::{CardUpdate, CorpKey, MessageId, Todo};
use std::ops::ControlFlow;

/// message
const TODOS: Table<Str, Todo> = Table::new("todos");
/// (message, number)
const UPDATES: Table<(Str, u32), CardUpdate> = Table::new("card_updates");
/// (due at, message, number) of those that are not over
const DUE: Table<(u64, Str, u32), ()> = Table::new("card_updates_due");
pub(super) const TABLES: &[TableInfo] = &[TODOS.info(), UPDATES.info(), DUE.info()];

fn time(at_ms: i64) -> u64 {
    u64::try_from(at_ms).unwrap_or(0)
}

fn due_at(update: &CardUpdate) -> Option<u64> {
    update.state.is_open().then(|| time(update.due_at_ms))
}

/// The story of a message; `None` = nobody has pressed or said anything yet.
pub fn find(tx: &impl Reads, message: &MessageId) -> Result<Option<Todo>, StoreError> {
    TODOS.get(tx, message.as_str())
}

/// Writes the story of a message.
pub fn put(tx: &WriteTx, todo: &Todo) -> Result<(), StoreError> {
    TODOS.put(tx, todo.message.as_str(), todo)
}

/// Updates of a message's cards, the oldest first.
pub fn updates(tx: &impl Reads, message: &MessageId) -> Result<Vec<CardUpdate>, StoreError> {
    UPDATES.list(tx, &Prefix::text(message.as_str()).range())
}

/// One update.
pub fn update(tx: &impl Reads, message: &MessageId, seq: u32) -> Result<Option<CardUpdate>, StoreError> {
    UPDATES.get(tx, (message.as_str(), seq))
}

/// Creates or changes an update, with its place in the queue.
pub fn put_update(tx: &WriteTx, update: &CardUpdate) -> Result<(), StoreError> {
    let id = update.message.as_str();
    let former = UPDATES.writer(tx)?.replace((id, update.seq), update)?;
    let (before, after) = (former.as_ref().and_then(due_at), due_at(update));
    if before != after {
        let mut due = DUE.writer(tx)?;
        if let Some(at) = before {
            due.remove((at, id, update.seq))?;
        }
        if let Some(at) = after {
            due.put((at, id, update.seq), &())?;
        }
    }
    Ok(())
}

/// Updates that are due, the longest due first, and when the next one is due that is not yet. With `now_ms` at its largest:
/// all that are not over.
pub fn due(tx: &impl Reads, now_ms: i64, limit: usize) -> Result<(Vec<CardUpdate>, Option<i64>), StoreError> {
    let (mut keys, mut next) = (Vec::new(), None);
    DUE.scan(tx, &everything(), |(at, id, seq), ()| {
        if at > time(now_ms) || keys.len() >= limit {
            next = Some(i64::try_from(at).unwrap_or(i64::MAX));
            return Ok(ControlFlow::Break(()));
        }
        keys.push((id, seq));
        Ok(ControlFlow::Continue(()))
    })?;
    let mut rows = Vec::with_capacity(keys.len());
    for (id, seq) in keys {
        rows.extend(UPDATES.get(tx, (&id, seq))?);
    }
    Ok((rows, next))
}

/// The updates of a corp's cards that are not over. All that are not over are read.
pub(super) fn open_of(tx: &impl Reads, corp: &CorpKey) -> Result<Vec<CardUpdate>, StoreError> {
    let (mut open, _) = due(tx, i64::MAX, usize::MAX)?;
    open.retain(|update| update.corp == *corp);
    Ok(open)
}

/// Removes what is known of a message.
pub(super) fn remove(tx: &WriteTx, message: &MessageId) -> Result<(), StoreError> {
    TODOS.remove(tx, message.as_str())?;
    for update in updates(tx, message)? {
        if let Some(at) = due_at(&update) {
            DUE.remove(tx, (at, message.as_str(), update.seq))?;
        }
    }
    UPDATES.remove_range(tx, &Prefix::text(message.as_str()).range()).map(drop)
}

pub(super) fn check(tx: &ReadTx, checks: &mut Checks) -> Result<(), StoreError> {
    let mut due = Vec::new();
    UPDATES.scan(tx, &everything(), |(id, seq), update| {
        due.extend(due_at(&update).map(|at| (at, id.clone(), seq)));
        if !TODOS.has(tx, &id)? {
            checks.fault(UPDATES.name(), format!("update {seq} is of message {id}, which has no story"));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    checks.same_keys(DUE.name(), DUE.keys(tx, &everything())?, due);
    let mut lost = Vec::new();
    for id in TODOS.keys(tx, &everything())? {
        if super::messages::find(tx, &MessageId::from(id.as_str()))?.is_none() {
            lost.push(id);
        }
    }
    lost.into_iter().for_each(|id| checks.fault(TODOS.name(), format!("the story of {id} is of no message")));
    Ok(())
}
