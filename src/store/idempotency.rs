//! Answers kept by Idempotency-Key, so that a repeated request gets the first one's answer.

use super::StoreError;
use super::key::{Prefix, Str};
use super::registry::Checks;
use super::table::{Table, TableInfo, everything};
use super::tx::{ReadTx, Reads, WriteTx};
use crate::model::StoredAnswer;
use std::ops::ControlFlow;

/// Answers are kept this long.
pub const KEPT_MS: i64 = 24 * 3_600_000;

/// (scope, key)
const ANSWERS: Table<(Str, Str), StoredAnswer> = Table::new("idempotency");
/// (Unix milliseconds, scope, key)
const BY_TIME: Table<(u64, Str, Str), ()> = Table::new("idempotency_by_time");
pub(super) const TABLES: &[TableInfo] = &[ANSWERS.info(), BY_TIME.info()];

/// The answer kept for a key; `scope` separates the callers (an API key's id).
pub fn find(tx: &impl Reads, scope: &str, key: &str) -> Result<Option<StoredAnswer>, StoreError> {
    ANSWERS.get(tx, (scope, key))
}

/// Keeps an answer.
///
/// # Errors
/// [`StoreError::Conflict`] when the key is taken by a different request; nothing is written then.
pub fn put(tx: &WriteTx, scope: &str, key: &str, answer: &StoredAnswer) -> Result<(), StoreError> {
    let former = ANSWERS.get(tx, (scope, key))?;
    if former.as_ref().is_some_and(|former| former.fingerprint != answer.fingerprint) {
        return Err(StoreError::conflict(format!("Idempotency-Key {key}"), "an earlier, different request"));
    }
    if let Some(former) = former {
        BY_TIME.remove(tx, (time(former.at_ms), scope, key))?;
    }
    ANSWERS.put(tx, (scope, key), answer)?;
    BY_TIME.put(tx, (time(answer.at_ms), scope, key), &())
}

/// Forgets at most `limit` answers that are older; returns how many.
pub fn remove_before(tx: &WriteTx, before_ms: i64, limit: usize) -> Result<usize, StoreError> {
    let range = Prefix::all().before::<(u64, Str, Str)>((time(before_ms), "", ""));
    let mut old = Vec::new();
    if limit > 0 {
        BY_TIME.scan(tx, &range, |key, ()| {
            old.push(key);
            Ok(if old.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
    }
    let (mut answers, mut by_time) = (ANSWERS.writer(tx)?, BY_TIME.writer(tx)?);
    for (at_ms, scope, key) in &old {
        answers.remove((scope, key))?;
        by_time.remove((*at_ms, scope, key))?;
    }
    Ok(old.len())
}

pub(super) fn check(tx: &ReadTx, checks: &mut Checks) -> Result<(), StoreError> {
    let mut wanted = Vec::new();
    ANSWERS.scan(tx, &everything(), |(scope, key), answer| {
        wanted.push((time(answer.at_ms), scope, key));
        Ok(ControlFlow::Continue(()))
    })?;
    checks.same_keys(BY_TIME.name(), BY_TIME.keys(tx, &everything())?, wanted);
    Ok(())
}

fn time(at_ms: i64) -> u64 {
    u64::try_from(at_ms).unwrap_or(0)
}
