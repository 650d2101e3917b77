//! Plans: heads by corp and id (ids sort by time), changes beside them.

use super::StoreError;
use super::key::{Prefix, Str};
use super::page::Order;
use super::registry::Checks;
use super::table::{Table, TableInfo, everything};
use super::tx::{ReadTx, Reads, WriteTx};
use crate::model::{Change, CorpKey, EmployeeId, PlanHead, PlanId, PlanState, RunId};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::ops::ControlFlow;

/// (corp, plan)
const HEADS: Table<(Str, Str), PlanHead> = Table::new("plans");
/// plan → corp
const CORPS: Table<Str, CorpKey> = Table::new("plan_corps");
/// (corp, plan, seq)
const CHANGES: Table<(Str, Str, u32), Change> = Table::new("plan_changes");
/// (corp, plan) of the plans that wait for a decision
const HELD: Table<(Str, Str), Held> = Table::new("plans_waiting");
pub(super) const TABLES: &[TableInfo] = &[HEADS.info(), CORPS.info(), CHANGES.info(), HELD.info()];

/// What tells whether a plan that waits for a decision can still be allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// When it expires, Unix milliseconds.
    pub expires_at_ms: i64,
    /// [`PlanHead::options_hash`].
    pub options_hash: String,
    /// [`PlanHead::writes`].
    pub writes: u64,
}

/// The plan's head.
pub fn head(tx: &impl Reads, plan: &PlanId) -> Result<Option<PlanHead>, StoreError> {
    match CORPS.get(tx, plan.as_str())? {
        Some(corp) => HEADS.get(tx, (corp.as_str(), plan.as_str())),
        None => Ok(None),
    }
}

/// Changes whose `seq` lies in `from..to`, in the order of application.
///
/// # Errors
/// [`StoreError::NotFound`] when there is no such plan.
pub fn changes(tx: &impl Reads, plan: &PlanId, range: std::ops::Range<u32>) -> Result<Vec<Change>, StoreError> {
    let corp = corp_of(tx, plan)?;
    let limit = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
    let from = all_of(&corp, plan).from::<(Str, Str, u32)>((corp.as_str(), plan.as_str(), range.start));
    let mut rows = Vec::new();
    CHANGES.scan(tx, &from, |(_, _, seq), row| {
        if seq >= range.end || rows.len() >= limit {
            return Ok(ControlFlow::Break(()));
        }
        rows.push(row);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(rows)
}

/// Calls `visit` with each change in the order of application; only one is held at a time.
///
/// # Errors
/// [`StoreError::NotFound`] when there is no such plan.
pub fn scan_changes(
    tx: &impl Reads,
    plan: &PlanId,
    mut visit: impl FnMut(Change) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let corp = corp_of(tx, plan)?;
    CHANGES.scan(tx, &all_of(&corp, plan).range(), |_, row| visit(row).map(ControlFlow::Continue))
}

/// The changes of a plan that are about this employee. Rows are looked at without being decoded, about 0.3 µs each.
///
/// # Errors
/// [`StoreError::NotFound`] when there is no such plan.
pub fn find_changes_of(tx: &impl Reads, plan: &PlanId, employee: &EmployeeId) -> Result<Vec<Change>, StoreError> {
    let corp = corp_of(tx, plan)?;
    let needle = format!("\"employee\":{}", serde_json::Value::from(employee.as_str()));
    let finder = memchr::memmem::Finder::new(needle.as_bytes());
    let mut rows = Vec::new();
    CHANGES.scan_json(tx, &all_of(&corp, plan).range(), |json| {
        if finder.find(json).is_some() {
            rows.push(CHANGES.decode_json(json)?);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(rows)
}

/// How many changes a plan has.
///
/// # Errors
/// [`StoreError::NotFound`] when there is no such plan.
pub fn count_changes(tx: &impl Reads, plan: &PlanId) -> Result<u64, StoreError> {
    let corp = corp_of(tx, plan)?;
    // They are numbered from 0 on, without a gap.
    let last = CHANGES.list_last(tx, &all_of(&corp, plan).range(), 1)?;
    Ok(last.first().map_or(0, |change| u64::from(change.seq) + 1))
}

/// One change.
pub fn change(tx: &impl Reads, plan: &PlanId, seq: u32) -> Result<Option<Change>, StoreError> {
    let corp = corp_of(tx, plan)?;
    CHANGES.get(tx, (corp.as_str(), plan.as_str(), seq))
}

/// The latest plans of a corp, the newest first.
pub fn list(tx: &impl Reads, corp: &CorpKey, limit: usize) -> Result<Vec<PlanHead>, StoreError> {
    HEADS.list_last(tx, &Prefix::text(corp.as_str()).range(), limit)
}

/// The first plans of a corp in this order, or those behind `after`.
pub fn page(
    tx: &impl Reads,
    corp: &CorpKey,
    after: Option<&PlanId>,
    order: Order,
    limit: usize,
) -> Result<Vec<PlanHead>, StoreError> {
    let prefix = Prefix::text(corp.as_str());
    let range = match after {
        Some(plan) => prefix.beyond::<(Str, Str)>((corp.as_str(), plan.as_str()), order),
        None => prefix.range(),
    };
    HEADS.list_in(tx, &range, order, limit)
}

/// Creates or changes a plan's head. Write it after its changes: a plan without a head does not exist.
pub fn put_head(tx: &WriteTx, head: &PlanHead) -> Result<(), StoreError> {
    let key = (head.corp.as_str(), head.id.as_str());
    CORPS.put(tx, head.id.as_str(), &head.corp)?;
    if head.state == PlanState::Held {
        let (expires_at_ms, options_hash) = (head.expires_at_ms, head.options_hash.clone());
        HELD.put(tx, key, &Held { expires_at_ms, options_hash, writes: head.writes })?;
    } else {
        HELD.remove(tx, key)?;
    }
    HEADS.put(tx, key, head)
}

/// What is known of the held plans that have not expired, with their corps, corp by corp.
pub fn held(tx: &impl Reads, now_ms: i64) -> Result<Vec<(CorpKey, Held)>, StoreError> {
    let mut found = Vec::new();
    HELD.scan(tx, &everything(), |(corp, _), held| {
        if held.expires_at_ms > now_ms {
            found.push((CorpKey::from(corp.as_str()), held));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}

/// The held plans that have not expired, of one corp or of all, the newest first.
pub fn waiting(tx: &impl Reads, corp: Option<&CorpKey>, now_ms: i64) -> Result<Vec<PlanHead>, StoreError> {
    let range = corp.map_or_else(everything, |corp| Prefix::text(corp.as_str()).range());
    let mut heads = Vec::new();
    for (corp, plan) in HELD.keys(tx, &range)? {
        heads.extend(HEADS.get(tx, (&corp, &plan))?.filter(|head| head.expires_at_ms > now_ms));
    }
    heads.sort_by(|a, b| b.id.cmp(&a.id));
    Ok(heads)
}

/// The runs that plans take back which can still be applied, or still be allowed.
pub(super) fn taken_back(tx: &impl Reads, corp: &CorpKey, now_ms: i64) -> Result<HashSet<RunId>, StoreError> {
    let mut runs = HashSet::new();
    HEADS.scan(tx, &Prefix::text(corp.as_str()).range(), |_, head| {
        if head.state.is_open() && head.expires_at_ms > now_ms {
            runs.extend(head.undoes);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(runs)
}

/// Writes a chunk of a plan's changes; writing it again changes nothing.
pub fn put_changes(tx: &WriteTx, corp: &CorpKey, plan: &PlanId, changes: &[Change]) -> Result<(), StoreError> {
    let mut table = CHANGES.writer(tx)?;
    changes.iter().try_for_each(|row| table.put((corp.as_str(), plan.as_str(), row.seq), row))
}

/// Removes a plan with its changes; answers whether it was there.
pub fn remove(tx: &WriteTx, plan: &PlanId) -> Result<bool, StoreError> {
    let Some(corp) = CORPS.remove(tx, plan.as_str())? else { return Ok(false) };
    CHANGES.remove_range(tx, &all_of(&corp, plan).range())?;
    HELD.remove(tx, (corp.as_str(), plan.as_str()))?;
    Ok(HEADS.remove(tx, (corp.as_str(), plan.as_str()))?.is_some())
}

/// Removes at most `limit` plans that expired before `before_ms` and that no run has taken (those are what undo reads;
/// they go with their run, see [`super::runs::remove_before`]). Returns how many were removed.
pub fn remove_expired(tx: &WriteTx, before_ms: i64, limit: usize) -> Result<usize, StoreError> {
    let mut old = Vec::new();
    HEADS.scan(tx, &everything(), |_, head| {
        if head.expires_at_ms < before_ms && head.state != PlanState::Taken {
            old.push(head.id);
        }
        Ok(if old.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    old.truncate(limit);
    old.iter().try_for_each(|plan| remove(tx, plan).map(|_| ()))?;
    Ok(old.len())
}

/// Removes changes that a crash left without a head, created before the plan `older_than`; returns how many.
pub fn remove_headless(tx: &WriteTx, older_than: &PlanId) -> Result<u64, StoreError> {
    let mut headless: Vec<(String, String)> = Vec::new();
    let mut range = everything();
    // One step per plan, not per change: from each plan's first change on to the end of its stretch.
    while let Some((corp, plan, _)) = CHANGES.first_key(tx, &range)? {
        range = Prefix::all().after::<(Str, Str, u32)>((&corp, &plan, u32::MAX));
        if plan.as_str() < older_than.as_str() && !CORPS.has(tx, &plan)? {
            headless.push((corp, plan));
        }
    }
    let mut removed = 0;
    for (corp, plan) in &headless {
        removed += CHANGES.remove_range(tx, &Prefix::text(corp).then_text(plan).range())?;
    }
    Ok(removed)
}

/// How many plans of a corp are stored.
pub(super) fn count(tx: &impl Reads, corp: &CorpKey) -> Result<u64, StoreError> {
    Ok(HEADS.keys(tx, &Prefix::text(corp.as_str()).range())?.len() as u64)
}

pub(super) fn clear(tx: &WriteTx, corp: &CorpKey) -> Result<(), StoreError> {
    let all = Prefix::text(corp.as_str()).range();
    for (_, plan) in HEADS.keys(tx, &all)? {
        CORPS.remove(tx, &plan)?;
    }
    HEADS.remove_range(tx, &all)?;
    HELD.remove_range(tx, &all)?;
    CHANGES.remove_range(tx, &all).map(|_| ())
}

pub(super) fn check(tx: &ReadTx, checks: &mut Checks) -> Result<(), StoreError> {
    let wanted = HEADS.keys(tx, &everything())?.into_iter().map(|(_, plan)| plan);
    checks.same_keys(CORPS.name(), CORPS.keys(tx, &everything())?, wanted);
    let mut held = Vec::new();
    HEADS.scan(tx, &everything(), |key, head| {
        if head.state == PlanState::Held {
            held.push(key);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    checks.same_keys(HELD.name(), HELD.keys(tx, &everything())?, held);
    Ok(())
}

fn corp_of(tx: &impl Reads, plan: &PlanId) -> Result<CorpKey, StoreError> {
    CORPS.get(tx, plan.as_str())?.ok_or_else(|| StoreError::not_found(format!("plan {plan}")))
}

fn all_of(corp: &CorpKey, plan: &PlanId) -> Prefix {
    Prefix::text(corp.as_str()).then_text(plan.as_str())
}
