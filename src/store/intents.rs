//! Ends of to-do messages by message, and updates of cards that are on their way.

use super::StoreError;
use super::key::Str;
use super::table::{Table, TableInfo, everything};
use super::tx::{Reads, WriteTx};
use crate::model::{CardTask, MessageId, Todo};

/// message
const TODOS: Table<Str, Todo> = Table::new("todos");
/// (call, part, code)
const UPDATES: Table<(Str, u32, Str), CardTask> = Table::new("card_updates");
pub(super) const TABLES: &[TableInfo] = &[TODOS.info(), UPDATES.info()];

/// How a message ended; `None` while it is open.
pub fn todo(tx: &impl Reads, message: &MessageId) -> Result<Option<Todo>, StoreError> {
    TODOS.get(tx, message.as_str())
}

/// Writes how a message ended.
pub fn put_todo(tx: &WriteTx, todo: &Todo) -> Result<(), StoreError> {
    TODOS.put(tx, todo.message.as_str(), todo)
}

/// Forgets a message.
pub fn remove_todo(tx: &WriteTx, message: &MessageId) -> Result<bool, StoreError> {
    Ok(TODOS.remove(tx, message.as_str())?.is_some())
}

/// Updates on their way, at most `limit`.
pub fn updates(tx: &impl Reads, limit: usize) -> Result<Vec<CardTask>, StoreError> {
    UPDATES.list_first(tx, &everything(), limit)
}

/// Creates or changes an update.
pub fn put_update(tx: &WriteTx, task: &CardTask) -> Result<(), StoreError> {
    UPDATES.put(tx, (task.call.as_str(), task.part, &task.code), task)
}

/// Removes an update; answers whether it was there.
pub fn remove_update(tx: &WriteTx, task: &CardTask) -> Result<bool, StoreError> {
    Ok(UPDATES.remove(tx, (task.call.as_str(), task.part, &task.code))?.is_some())
}
