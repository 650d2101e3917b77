//! Runs by corp and id (ids sort by time), and their journals.

use super::StoreError;
use super::key::{Prefix, Str};
use super::page::Order;
use super::registry::Checks;
use super::table::{Table, TableInfo, everything};
use super::tx::{ReadTx, Reads, WriteTx};
use super::{corps, plans, settings};
use crate::model::{Asked, CorpKey, JournalEntry, Outcome, PlanHead, Run, RunBrief, RunId, RunKind, RunState};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::ops::ControlFlow;

/// Runs that are read at once.
const LOOKED_AT: usize = 100;
/// (corp, run)
const RUNS: Table<(Str, Str), Run> = Table::new("runs");
/// run → corp
const CORPS: Table<Str, CorpKey> = Table::new("run_corps");
/// (corp, run) of the runs that have not ended
const RUNNING: Table<(Str, Str), ()> = Table::new("runs_running");
/// (corp, run, seq of the change)
const JOURNAL: Table<(Str, Str, u32), JournalEntry> = Table::new("journal");
pub(super) const TABLES: &[TableInfo] = &[RUNS.info(), CORPS.info(), RUNNING.info(), JOURNAL.info()];

/// The run with this id.
pub fn find(tx: &impl Reads, run: &RunId) -> Result<Option<Run>, StoreError> {
    match CORPS.get(tx, run.as_str())? {
        Some(corp) => RUNS.get(tx, (corp.as_str(), run.as_str())),
        None => Ok(None),
    }
}

/// The latest runs of a corp, the newest first.
pub fn list(tx: &impl Reads, corp: &CorpKey, limit: usize) -> Result<Vec<Run>, StoreError> {
    RUNS.list_last(tx, &Prefix::text(corp.as_str()).range(), limit)
}

/// How many runs of a corp are kept.
pub fn count(tx: &impl Reads, corp: &CorpKey) -> Result<u64, StoreError> {
    Ok(RUNS.keys(tx, &Prefix::text(corp.as_str()).range())?.len() as u64)
}

/// The first runs of a corp in this order, or those behind `after`; whole, or as [`RunBrief`] without their failed records.
pub fn page<T: DeserializeOwned>(
    tx: &impl Reads,
    corp: &CorpKey,
    after: Option<&RunId>,
    order: Order,
    limit: usize,
) -> Result<Vec<T>, StoreError> {
    let prefix = Prefix::text(corp.as_str());
    let range = match after {
        Some(run) => prefix.beyond::<(Str, Str)>((corp.as_str(), run.as_str()), order),
        None => prefix.range(),
    };
    RUNS.list_in(tx, &range, order, limit)
}

/// The latest runs of a corp, or those before `before`, the newest first, without their failed records.
pub fn briefs(
    tx: &impl Reads,
    corp: &CorpKey,
    before: Option<&RunId>,
    limit: usize,
) -> Result<Vec<RunBrief>, StoreError> {
    page(tx, corp, before, Order::Newest, limit)
}

/// The run that ended with this plan, because a guard held it. It began before the plan was made, and nothing else did on its corp
/// from then on.
pub fn find_held(tx: &impl Reads, plan: &PlanHead) -> Result<Option<Run>, StoreError> {
    find_last(tx, plan, RunState::Held)
}

/// The latest run of this plan that stands there. Only runs since shortly before the plan was made are looked at.
pub fn find_last(tx: &impl Reads, plan: &PlanHead, state: RunState) -> Result<Option<Run>, StoreError> {
    let mut after = None;
    loop {
        let chunk: Vec<RunBrief> = page(tx, &plan.corp, after.as_ref(), Order::Newest, LOOKED_AT)?;
        let is_wanted = |run: &&RunBrief| run.state == state && run.plan.as_ref() == Some(&plan.id);
        if let Some(run) = chunk.iter().find(is_wanted) {
            return find(tx, &run.id);
        }
        match chunk.last() {
            Some(last) if last.started_at_ms >= plan.created_at_ms => after = Some(last.id.clone()),
            _ => return Ok(None),
        }
    }
}

/// All runs, of all corps, that have not ended; after a start these are the interrupted ones.
pub fn running(tx: &impl Reads) -> Result<Vec<Run>, StoreError> {
    let mut rows = Vec::new();
    for (corp, run) in RUNNING.keys(tx, &everything())? {
        rows.extend(RUNS.get(tx, (&corp, &run))?);
    }
    Ok(rows)
}

/// The run of this corp that has not ended, if there is one.
pub fn running_of(tx: &impl Reads, corp: &CorpKey) -> Result<Option<Run>, StoreError> {
    match RUNNING.first_key(tx, &Prefix::text(corp.as_str()).range())? {
        Some((corp, run)) => RUNS.get(tx, (&corp, &run)),
        None => Ok(None),
    }
}

/// Creates or changes a run. One that has ended by it has done, or will not do, what was asked of it.
///
/// # Errors
/// [`StoreError::NotFound`] when its corp does not exist (any more).
pub fn put(tx: &WriteTx, run: &Run) -> Result<(), StoreError> {
    if corps::find(tx, &run.corp)?.is_none() {
        return Err(StoreError::not_found(format!("corp {}", run.corp)));
    }
    let key = (run.corp.as_str(), run.id.as_str());
    CORPS.put(tx, run.id.as_str(), &run.corp)?;
    RUNS.put(tx, key, run)?;
    if run.state.is_final() {
        RUNNING.remove(tx, key)?;
        note_sync(tx, run)?;
        put_asked(tx, run, &Asked::default())
    } else {
        RUNNING.put(tx, key, &())
    }
}

/// The last downstream runs of a corp.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct LastSyncs {
    /// The last one that has ended, however.
    ended: Option<RunId>,
    /// The last one that was done whole and is no undo.
    done: Option<RunId>,
}

const LAST_SYNCS: &str = "runs.last_syncs";

/// The last downstream run of a corp that has ended, and the last one that was done whole and is no undo, however many pulls and plans
/// came after them.
pub fn last_syncs(tx: &impl Reads, corp: &CorpKey) -> Result<(Option<RunBrief>, Option<RunBrief>), StoreError> {
    let last: LastSyncs = settings::get(tx, settings::Scope::Corp(corp), LAST_SYNCS)?.unwrap_or_default();
    let get = |run: Option<RunId>| {
        let run = run.map(|run| RUNS.get(tx, (corp.as_str(), run.as_str()))).transpose()?.flatten();
        Ok::<_, StoreError>(run.as_ref().map(RunBrief::from))
    };
    let done = get(last.done)?;
    // one that failed is forgotten with its age, the last good one is not
    Ok((get(last.ended)?.or_else(|| done.clone()), done))
}

fn note_sync(tx: &WriteTx, run: &Run) -> Result<(), StoreError> {
    if run.kind != RunKind::Downstream {
        return Ok(());
    }
    let scope = settings::Scope::Corp(&run.corp);
    let known: LastSyncs = settings::get(tx, scope, LAST_SYNCS)?.unwrap_or_default();
    let later = |known: &Option<RunId>| known.as_ref().is_none_or(|known| *known < run.id);
    let mut last = known.clone();
    if later(&known.ended) {
        last.ended = Some(run.id.clone());
    }
    if run.state == RunState::Done && run.undoes.is_none() && later(&known.done) {
        last.done = Some(run.id.clone());
    }
    if last == known { Ok(()) } else { settings::put(tx, scope, LAST_SYNCS, &last) }
}

/// What was asked of a run that has not ended.
pub fn asked(tx: &impl Reads, run: &Run) -> Result<Asked, StoreError> {
    Ok(settings::get(tx, settings::Scope::Corp(&run.corp), &asked_name(&run.id))?.unwrap_or_default())
}

/// Writes what is asked of a run; [`put`] forgets it when the run ends.
pub fn put_asked(tx: &WriteTx, run: &Run, asked: &Asked) -> Result<(), StoreError> {
    let (scope, name) = (settings::Scope::Corp(&run.corp), asked_name(&run.id));
    if *asked == Asked::default() {
        return settings::remove(tx, scope, &name).map(drop);
    }
    settings::put(tx, scope, &name, asked)
}

fn asked_name(run: &RunId) -> String {
    format!("run.asked.{run}")
}

/// Writes journal entries; an entry replaces the one with the same `seq`.
///
/// # Errors
/// [`StoreError::NotFound`] when the run does not exist; nothing is written then.
pub fn put_entries(tx: &WriteTx, run: &RunId, entries: &[JournalEntry]) -> Result<(), StoreError> {
    let corp = corp_of(tx, run)?;
    let mut table = JOURNAL.writer(tx)?;
    entries.iter().try_for_each(|row| table.put((corp.as_str(), run.as_str(), row.seq), row))
}

/// Removes journal entries of changes that turned out not to have been tried; ones that are not there are no error.
pub fn remove_entries(tx: &WriteTx, run: &RunId, seqs: &[u32]) -> Result<(), StoreError> {
    let corp = corp_of(tx, run)?;
    let mut table = JOURNAL.writer(tx)?;
    seqs.iter().try_for_each(|seq| table.remove((corp.as_str(), run.as_str(), *seq)).map(drop))
}

/// Journal entries whose `seq` lies in `range`, by `seq`.
///
/// # Errors
/// [`StoreError::NotFound`] when the run does not exist.
pub fn entries(tx: &impl Reads, run: &RunId, range: std::ops::Range<u32>) -> Result<Vec<JournalEntry>, StoreError> {
    let corp = corp_of(tx, run)?;
    let from = all_of(&corp, run).from::<(Str, Str, u32)>((corp.as_str(), run.as_str(), range.start));
    let mut rows = Vec::new();
    JOURNAL.scan(tx, &from, |(_, _, seq), row| {
        if seq >= range.end {
            return Ok(ControlFlow::Break(()));
        }
        rows.push(row);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(rows)
}

/// The numbers of all changes that failed or were skipped, in the order of application.
///
/// # Errors
/// [`StoreError::NotFound`] when the run does not exist.
pub fn failed_seqs(tx: &impl Reads, run: &RunId) -> Result<Vec<u32>, StoreError> {
    let corp = corp_of(tx, run)?;
    let mut seqs = Vec::new();
    JOURNAL.scan_json(tx, &all_of(&corp, run).range(), |json| {
        let holds = |needle: &[u8]| memchr::memmem::find(json, needle).is_some();
        if holds(b"\"failed\"") || holds(b"\"skipped\"") {
            let entry: JournalEntry = JOURNAL.decode_json(json)?;
            if matches!(entry.outcome, Outcome::Failed { .. } | Outcome::Skipped { .. }) {
                seqs.push(entry.seq);
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(seqs)
}

/// What became of one change.
pub fn entry(tx: &impl Reads, run: &RunId, seq: u32) -> Result<Option<JournalEntry>, StoreError> {
    let corp = corp_of(tx, run)?;
    JOURNAL.get(tx, (corp.as_str(), run.as_str(), seq))
}

/// Removes at most `limit` runs that ended before `before_ms`, with their journals and the plans that they applied.
/// Returns how many were removed.
///
/// These stay whatever their age: the newest `keep` runs of each corp that have applied a plan, the last one that was done whole, runs whose plan has not
/// expired and can still be resumed, runs that a plan which can still be applied takes back, and runs that have not ended.
pub fn remove_before(tx: &WriteTx, before_ms: i64, keep: usize, limit: usize) -> Result<usize, StoreError> {
    let mut old: Vec<RunBrief> = Vec::new();
    for corp in corps::list(tx)? {
        let room = limit - old.len();
        if room == 0 {
            break;
        }
        let spared = spared(tx, &corp.key, keep)?;
        let mut found = Vec::new();
        RUNS.scan_json(tx, &Prefix::text(corp.key.as_str()).range(), |json| {
            let run: RunBrief = RUNS.decode_json(json)?;
            if run.started_at_ms >= before_ms || found.len() >= room {
                return Ok(ControlFlow::Break(()));
            }
            let is_old = run.state.is_final() && run.ended_at_ms.unwrap_or(run.started_at_ms) < before_ms;
            if is_old && !spared.contains(&run.id) {
                found.push(run);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        for run in found {
            let plan = run.plan.as_ref().filter(|_| run.kind == RunKind::Downstream);
            let head = plan.map(|plan| plans::head(tx, plan)).transpose()?.flatten();
            if head.is_none_or(|head| head.expires_at_ms <= tx.now_ms()) {
                old.push(run);
            }
        }
    }
    for run in &old {
        JOURNAL.remove_range(tx, &all_of(&run.corp, &run.id).range())?;
        RUNS.remove(tx, (run.corp.as_str(), run.id.as_str()))?;
        CORPS.remove(tx, run.id.as_str())?;
        if let Some(plan) = run.plan.as_ref().filter(|_| run.kind == RunKind::Downstream) {
            plans::remove(tx, plan)?;
        }
    }
    Ok(old.len())
}

/// The newest runs that have applied a plan, the last one that was done whole, and those that a plan which is still open takes back.
fn spared(tx: &WriteTx, corp: &CorpKey, keep: usize) -> Result<HashSet<RunId>, StoreError> {
    let mut spared = plans::taken_back(tx, corp, tx.now_ms())?;
    let last: LastSyncs = settings::get(tx, settings::Scope::Corp(corp), LAST_SYNCS)?.unwrap_or_default();
    spared.extend(last.done);
    let mut newest = 0;
    RUNS.scan_json_in(tx, &Prefix::text(corp.as_str()).range(), Order::Newest, |_, json| {
        if newest >= keep {
            return Ok(ControlFlow::Break(()));
        }
        let run: RunBrief = RUNS.decode_json(json)?;
        if run.kind == RunKind::Downstream && run.plan.is_some() {
            newest += 1;
            spared.insert(run.id);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(spared)
}

pub(super) fn clear(tx: &WriteTx, corp: &CorpKey) -> Result<(), StoreError> {
    let all = Prefix::text(corp.as_str()).range();
    for (_, run) in RUNS.keys(tx, &all)? {
        CORPS.remove(tx, &run)?;
    }
    RUNS.remove_range(tx, &all)?;
    RUNNING.remove_range(tx, &all)?;
    JOURNAL.remove_range(tx, &all).map(|_| ())
}

pub(super) fn check(tx: &ReadTx, checks: &mut Checks) -> Result<(), StoreError> {
    let runs = RUNS.list(tx, &everything())?;
    checks.same_keys(CORPS.name(), CORPS.keys(tx, &everything())?, runs.iter().map(|run| run.id.to_string()));
    let open = runs.iter().filter(|run| !run.state.is_final());
    let open = open.map(|run| (run.corp.to_string(), run.id.to_string()));
    checks.same_keys(RUNNING.name(), RUNNING.keys(tx, &everything())?, open);
    Ok(())
}

fn corp_of(tx: &impl Reads, run: &RunId) -> Result<CorpKey, StoreError> {
    CORPS.get(tx, run.as_str())?.ok_or_else(|| StoreError::not_found(format!("run {run}")))
}

fn all_of(corp: &CorpKey, run: &RunId) -> Prefix {
    Prefix::text(corp.as_str()).then_text(run.as_str())
}
