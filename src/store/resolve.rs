//! The resolve list: matches that a person must decide (DIR-12).

use super::StoreError;
use super::key::{Prefix, Range, Str};
use super::table::{Table, TableInfo};
use super::tx::{Reads, WriteTx};
use crate::model::{CorpKey, ResolveCase};

/// (corp, [`ResolveCase::key`])
const CASES: Table<(Str, Str), ResolveCase> = Table::new("resolve_cases");
pub(super) const TABLES: &[TableInfo] = &[CASES.info()];

/// All open cases of a corp, by key.
pub fn list(tx: &impl Reads, corp: &CorpKey) -> Result<Vec<ResolveCase>, StoreError> {
    CASES.list(tx, &of(corp))
}

/// How many open cases a corp has; they are not decoded.
pub fn count(tx: &impl Reads, corp: &CorpKey) -> Result<u64, StoreError> {
    Ok(CASES.keys(tx, &of(corp))?.len() as u64)
}

/// The case with this [`ResolveCase::key`].
pub fn find(tx: &impl Reads, corp: &CorpKey, key: &str) -> Result<Option<ResolveCase>, StoreError> {
    CASES.get(tx, (corp.as_str(), key))
}

/// Replaces the whole list by what the latest matching found.
pub fn put_all(tx: &WriteTx, corp: &CorpKey, cases: &[ResolveCase]) -> Result<(), StoreError> {
    clear(tx, corp)?;
    let mut table = CASES.writer(tx)?;
    cases.iter().try_for_each(|case| table.put((corp.as_str(), &case.key()), case))
}

/// Takes a decided case off the list and returns it.
pub fn remove(tx: &WriteTx, corp: &CorpKey, key: &str) -> Result<Option<ResolveCase>, StoreError> {
    CASES.remove(tx, (corp.as_str(), key))
}

pub(super) fn clear(tx: &WriteTx, corp: &CorpKey) -> Result<(), StoreError> {
    CASES.remove_range(tx, &of(corp)).map(|_| ())
}

fn of(corp: &CorpKey) -> Range {
    Prefix::text(corp.as_str()).range()
}
