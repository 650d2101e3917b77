//! Pieces of auto replies that did not fit into the passive reply, by corp and id (ids sort by time).

use super::StoreError;
use super::key::{Prefix, Str};
use super::table::{Table, TableInfo, everything};
use super::tx::{Reads, WriteTx};
use crate::model::{CorpKey, FollowUp, InboxId};
use std::ops::ControlFlow;

/// (corp, piece)
const FOLLOW_UPS: Table<(Str, Str), FollowUp> = Table::new("follow_ups");
pub(super) const TABLES: &[TableInfo] = &[FOLLOW_UPS.info()];

/// Pieces of all corps behind the given one, by corp, the oldest first.
pub fn list(tx: &impl Reads, after: Option<&(CorpKey, InboxId)>, limit: usize) -> Result<Vec<FollowUp>, StoreError> {
    let range = match after {
        Some((corp, id)) => Prefix::all().after::<(Str, Str)>((corp.as_str(), id.as_str())),
        None => everything(),
    };
    let mut rows = Vec::new();
    FOLLOW_UPS.scan(tx, &range, |_, row| {
        if rows.len() == limit {
            return Ok(ControlFlow::Break(()));
        }
        rows.push(row);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(rows)
}

/// One piece.
pub fn find(tx: &impl Reads, corp: &CorpKey, id: &InboxId) -> Result<Option<FollowUp>, StoreError> {
    FOLLOW_UPS.get(tx, (corp.as_str(), id.as_str()))
}

/// Creates or changes a piece.
pub fn put(tx: &WriteTx, piece: &FollowUp) -> Result<(), StoreError> {
    FOLLOW_UPS.put(tx, (piece.corp.as_str(), piece.id.as_str()), piece)
}

/// Removes a piece; answers whether it was there.
pub fn remove(tx: &WriteTx, corp: &CorpKey, id: &InboxId) -> Result<bool, StoreError> {
    Ok(FOLLOW_UPS.remove(tx, (corp.as_str(), id.as_str()))?.is_some())
}

/// How many pieces of a corp wait.
pub(super) fn count(tx: &impl Reads, corp: &CorpKey) -> Result<u64, StoreError> {
    Ok(FOLLOW_UPS.keys(tx, &Prefix::text(corp.as_str()).range())?.len() as u64)
}

pub(super) fn clear(tx: &WriteTx, corp: &CorpKey) -> Result<(), StoreError> {
    FOLLOW_UPS.remove_range(tx, &Prefix::text(corp.as_str()).range()).map(drop)
}
