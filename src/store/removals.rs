//! When members were removed and created, for the guards over 30 days and the monthly creation cap.

use super::StoreError;
use super::key::{Prefix, Str};
use super::table::{Table, TableInfo, everything};
use super::tx::{Reads, WriteTx};
use crate::model::{CorpKey, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// (corp, Unix milliseconds, folded userid)
const REMOVALS: Table<(Str, u64, Str), RemovalKind> = Table::new("removals");
/// (corp, Unix milliseconds, folded userid)
const CREATIONS: Table<(Str, u64, Str), ()> = Table::new("creations");
pub(super) const TABLES: &[TableInfo] = &[REMOVALS.info(), CREATIONS.info()];

/// How a member was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemovalKind {
    /// Disabled.
    Disabled,
    /// Deleted.
    Deleted,
}

/// Notes a removal; noting the same one again changes nothing.
pub fn append(tx: &WriteTx, corp: &CorpKey, at_ms: i64, userid: &UserId, kind: RemovalKind) -> Result<(), StoreError> {
    REMOVALS.put(tx, (corp.as_str(), time(at_ms), &userid.folded()), &kind)
}

/// How many different members were removed since (and at) this moment.
pub fn count_since(tx: &impl Reads, corp: &CorpKey, since_ms: i64) -> Result<u64, StoreError> {
    count_members(&REMOVALS, tx, corp, since_ms)
}

/// Notes a creation; noting the same one again changes nothing.
pub fn append_creation(tx: &WriteTx, corp: &CorpKey, at_ms: i64, userid: &UserId) -> Result<(), StoreError> {
    CREATIONS.put(tx, (corp.as_str(), time(at_ms), &userid.folded()), &())
}

/// How many different members were created since (and at) this moment.
pub fn count_creations_since(tx: &impl Reads, corp: &CorpKey, since_ms: i64) -> Result<u64, StoreError> {
    count_members(&CREATIONS, tx, corp, since_ms)
}

/// Forgets what is older; returns how many rows that were.
pub fn remove_before(tx: &WriteTx, before_ms: i64) -> Result<usize, StoreError> {
    Ok(remove_old(&REMOVALS, tx, before_ms)? + remove_old(&CREATIONS, tx, before_ms)?)
}

pub(super) fn clear(tx: &WriteTx, corp: &CorpKey) -> Result<(), StoreError> {
    REMOVALS.remove_range(tx, &Prefix::text(corp.as_str()).range())?;
    CREATIONS.remove_range(tx, &Prefix::text(corp.as_str()).range()).map(|_| ())
}

type ByTime<V> = Table<(Str, u64, Str), V>;

fn count_members<V: Serialize + serde::de::DeserializeOwned>(
    table: &ByTime<V>,
    tx: &impl Reads,
    corp: &CorpKey,
    since_ms: i64,
) -> Result<u64, StoreError> {
    let range = Prefix::text(corp.as_str()).from::<(Str, u64, Str)>((corp.as_str(), time(since_ms), ""));
    let members: BTreeSet<String> = table.keys(tx, &range)?.into_iter().map(|(_, _, userid)| userid).collect();
    Ok(members.len() as u64)
}

fn remove_old<V: Serialize + serde::de::DeserializeOwned>(
    table: &ByTime<V>,
    tx: &WriteTx,
    before_ms: i64,
) -> Result<usize, StoreError> {
    let mut old = Vec::new();
    table.scan(tx, &everything(), |key, _| {
        if key.1 < time(before_ms) {
            old.push(key);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let mut writer = table.writer(tx)?;
    for (corp, at_ms, userid) in &old {
        writer.remove((corp, *at_ms, userid))?;
    }
    Ok(old.len())
}

/// Times before 1970 count as 1970.
fn time(at_ms: i64) -> u64 {
    u64::try_from(at_ms).unwrap_or(0)
}
