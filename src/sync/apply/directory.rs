//! Whether the directory still says what a plan was made from. A plan may be a day old when it is applied, a run may take
//! hours, and one that was stopped goes on later: meanwhile people leave, come back and move. Every write must rest on the
//! directory as it is now, so a plan is made anew in memory when the directory has moved on, and each change that is still
//! to be written must follow from that one too. What only comes on top of it waits for the next plan.

mod follows;

use crate::model::{Action, Change, CorpKey, DepartmentId, PlanHead, PlanId};
use crate::store::{self, Reads, StoreError};
use crate::sync::env::Env;
use crate::sync::error::SyncError;
use crate::sync::load::Loaded;
use crate::sync::{plan, service};
use crate::tasks::joined;
use follows::stale;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// Differences that are named; all are counted.
const NAMED_MAX: usize = 20;

/// What the changes of a run rest on, as it was when that was last looked at.
#[derive(Debug, Default)]
pub struct Basis {
    /// The directory's revision then.
    pub revision: u64,
    /// The units, hashed.
    pub units: u64,
    /// Up to which revision they are known to be the same.
    pub units_revision: u64,
    /// Of each change, by its place: the row of its employee, hashed; 0 for none.
    pub rows: Vec<u64>,
    /// Changes, by number, that do not follow from the directory any more, and why.
    pub stale: HashMap<u32, String>,
}

/// The error that refuses a plan, or the rest of it.
pub fn refusal(plan: &PlanId, stale: &HashMap<u32, String>, has_written: bool) -> SyncError {
    let mut found: Vec<(&u32, &String)> = stale.iter().collect();
    found.sort();
    let differences: Vec<String> = found.iter().take(NAMED_MAX).map(|(_, why)| (*why).clone()).collect();
    let first = differences.first().cloned().unwrap_or_default();
    SyncError::DirectoryChanged { plan: plan.clone(), differences, first, total: stale.len(), has_written }
}

/// What the changes rest on now. Those among them for which `is_open` says that they are still to be written and that do
/// not follow from the present directory stand in [`Basis::stale`]. `None` for an undo, which takes back what a run did
/// whatever the directory says. Nothing is written.
///
/// # Errors
/// [`SyncError::Plan`] when nothing at all can be planned from the present directory.
pub async fn judge(
    env: &Env,
    plan: &PlanHead,
    changes: &Arc<Vec<Change>>,
    is_open: impl Fn(&Change) -> bool,
) -> Result<Option<Basis>, SyncError> {
    if plan.undoes.is_some() {
        return Ok(None);
    }
    let (key, known_revision, list) = (plan.corp.clone(), plan.directory_revision, Arc::clone(changes));
    let unmoved = env.store.read_async(move |tx| {
        let Some(corp) = store::corps::find(tx, &key)? else { return Ok(None) };
        let revision = store::directory::counts(tx, &corp.tenant)?.revision;
        if revision != known_revision {
            return Ok(None);
        }
        let mut rows = Vec::with_capacity(list.len());
        for change in list.iter() {
            rows.push(match change.action.employee() {
                Some(id) => store::directory::find_employee(tx, &corp.tenant, id)?.map_or(0, |row| hash_of(&row)),
                None => 0,
            });
        }
        let units = hash_of(&store::directory::units(tx, &corp.tenant)?);
        Ok(Some(Basis { revision, units, units_revision: revision, rows, stale: HashMap::new() }))
    });
    if let Some(basis) = unmoved.await? {
        return Ok(Some(basis));
    }
    let loaded = service::load_whole(env, &plan.corp).await?;
    let open: Vec<Change> = changes.iter().filter(|change| is_open(change)).cloned().collect();
    let list = Arc::clone(changes);
    let judged = tokio::task::spawn_blocking(move || anew(&loaded, &list, &open));
    joined(judged).await.map_err(SyncError::Bug)?.map(Some)
}

fn anew(loaded: &Loaded, changes: &[Change], open: &[Change]) -> Result<Basis, SyncError> {
    let corp = &loaded.corp;
    let Some(input) = loaded.input(corp) else {
        return Err(SyncError::NotConfigured { corp: corp.key.clone(), why: "it was never pulled".into() });
    };
    let fresh = plan::plan(&input)?;
    let there: HashSet<DepartmentId> = loaded.departments.iter().map(|department| department.id).collect();
    let rows_by_id: HashMap<&str, u64> =
        loaded.employees.iter().map(|employee| (employee.id.as_str(), hash_of(employee))).collect();
    let row = |change: &Change| change.action.employee().and_then(|id| rows_by_id.get(id.as_str()).copied());
    Ok(Basis {
        revision: loaded.directory_revision,
        units: hash_of(&loaded.units),
        units_revision: loaded.directory_revision,
        rows: changes.iter().map(|change| row(change).unwrap_or(0)).collect(),
        stale: stale(changes, open, &fresh.changes, &there),
    })
}

/// What has moved under one change since its basis was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// Nothing that concerns it; the units are known to be the same up to this revision.
    Not(u64),
    /// The row of its employee.
    Row,
    /// The units: everything must be looked at again.
    Units,
}

/// Looks at the row of one change and at the units, where the directory has moved on since the basis was looked at.
pub fn moved(tx: &impl Reads, corp: &CorpKey, seen: Seen, action: &Action) -> Result<Moved, StoreError> {
    let Some(corp) = store::corps::find(tx, corp)? else { return Ok(Moved::Not(seen.units_revision)) };
    let revision = store::directory::counts(tx, &corp.tenant)?.revision;
    if revision == seen.revision {
        return Ok(Moved::Not(revision));
    }
    if revision != seen.units_revision && hash_of(&store::directory::units(tx, &corp.tenant)?) != seen.units {
        return Ok(Moved::Units);
    }
    let Some(id) = action.employee() else { return Ok(Moved::Not(revision)) };
    let row = store::directory::find_employee(tx, &corp.tenant, id)?.map_or(0, |row| hash_of(&row));
    Ok(if row == seen.row { Moved::Not(revision) } else { Moved::Row })
}

/// The part of a [`Basis`] that one change is compared with.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    revision: u64,
    units_revision: u64,
    units: u64,
    row: u64,
}

impl Basis {
    /// What the change at this place is compared with.
    pub fn seen(&self, index: usize) -> Seen {
        let row = self.rows.get(index).copied().unwrap_or(0);
        Seen { revision: self.revision, units_revision: self.units_revision, units: self.units, row }
    }
}

fn hash_of<T: serde::Serialize + ?Sized>(value: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    serde_json::to_vec(value).unwrap_or_default().hash(&mut hasher);
    // 0 says that there is no row
    hasher.finish().max(1)
}

#[cfg(test)]
mod tests;
