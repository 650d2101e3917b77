//! What runs after the call that ordered it: imports and exports. Carried out when due by the sandbox's clock.

pub mod export;
pub mod import_departments;
pub mod import_members;
pub mod table;

use super::events::{Change, JobEvent};
use super::state::corp::{Callback, Corp, Owner};
use super::state::job::{Import, ImportKind, ImportRow, RESULTS_KEPT};

/// What carrying out a job leads to.
pub struct Done {
    /// Who ordered the job.
    pub owner: Owner,
    /// Changes of the directory.
    pub changes: Vec<Change>,
    /// The completion event and where it goes.
    pub event: Option<(Callback, JobEvent)>,
}

/// Carries out all jobs of a corp that are due.
pub fn carry_out(corp: &mut Corp, now_ms: i64) -> Vec<Done> {
    let mut done = Vec::new();
    while let Some(place) = corp.jobs.imports.iter().position(|job| !job.is_done && job.due_at_ms <= now_ms) {
        let Some(mut job) = corp.jobs.imports.get(place).cloned() else { break };
        let changes = run_import(corp, &mut job, now_ms);
        job.is_done = true;
        job.content = Vec::new();
        let event = job.callback.clone().map(|callback| (callback, JobEvent::of_import(&job)));
        done.push(Done { owner: job.owner, changes, event });
        if let Some(slot) = corp.jobs.imports.get_mut(place) {
            *slot = job;
        }
        purge(corp);
    }
    while let Some(place) = corp.jobs.exports.iter().position(|job| !job.is_done && job.due_at_ms <= now_ms) {
        let Some(mut job) = corp.jobs.exports.get(place).cloned() else { break };
        export::run(corp, &mut job);
        let callback = match job.owner {
            Owner::Contacts => corp.contacts.callback.clone(),
            Owner::App(agentid) => corp.apps.get(&agentid).and_then(|app| app.callback.clone()),
            Owner::Robot => None,
        };
        let event = callback.map(|callback| (callback, JobEvent::of_export(&job)));
        done.push(Done { owner: job.owner, changes: Vec::new(), event });
        if let Some(slot) = corp.jobs.exports.get_mut(place) {
            *slot = job;
        }
    }
    done
}

/// Only the results of the last 5 imports are kept.
fn purge(corp: &mut Corp) {
    while corp.jobs.imports.iter().filter(|job| job.is_done).count() > RESULTS_KEPT {
        let Some(place) = corp.jobs.imports.iter().position(|job| job.is_done) else { break };
        if let Some(job) = corp.jobs.imports.remove(place) {
            corp.jobs.purged.push_back(job.jobid);
        }
    }
    while corp.jobs.purged.len() > 1000 {
        corp.jobs.purged.pop_front();
    }
}

fn run_import(corp: &mut Corp, job: &mut Import, now_ms: i64) -> Vec<Change> {
    let table = match table::Table::read(&job.content, corp.switches.has_private_fields) {
        Ok(table) => table,
        Err(refusal) => {
            (job.errcode, job.rows) = (refusal.errcode, Vec::new());
            return Vec::new();
        }
    };
    let outcome = match job.kind {
        ImportKind::SyncUser | ImportKind::ReplaceUser => import_members::run(corp, job, &table, now_ms),
        ImportKind::ReplaceParty => import_departments::replace(corp, &table),
        ImportKind::SyncParty => import_departments::add_by_path(corp, &table),
    };
    job.rows = outcome.rows;
    job.errcode = outcome.errcode;
    let mut changes = outcome.changes;
    if matches!(job.kind, ImportKind::SyncUser | ImportKind::ReplaceUser) {
        changes.extend(import_departments::remove_doomed(corp));
    }
    changes
}

/// What an import did.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Error of the whole job, or 0.
    pub errcode: i64,
    /// Result per row.
    pub rows: Vec<ImportRow>,
    /// Changes of the directory.
    pub changes: Vec<Change>,
}
