//! Carries out exactly one stored plan, journalled call by call.
//!
//! A change is written to the journal as intended before its call and as done in the same commit as its bindings, so a
//! crash at any point leaves three kinds of records: done, not begun, and intended. The last kind is looked at before
//! anything is repeated; ids of new objects are chosen by the plan, so nothing is created twice.

mod commit;
mod conflict;
mod directory;
mod drift;
mod ending;
mod execute;
mod ground;
mod import;
mod ledger;
mod linked;
mod look;
mod permit;
mod present;
mod queue;
mod record;
mod removal;
mod resume;
mod runner;
mod shown;
mod take;
mod uncertain;

pub(crate) use directory::Basis;
pub(crate) use ending::end_retry;
pub(crate) use import::await_left_import;
pub(crate) use runner::Runner;
pub(crate) use take::{check_allowed, checked_changes, get_applicable, get_resumable, take, written_since};

use super::env::Env;
use super::error::SyncError;
use super::progress::Watch;
use crate::model::{Change, Corp, PlanHead};
use crate::wecom::CallMeter;
use present::{Now, Reader};
use std::sync::Arc;

/// Refuses a plan when a part of it does not follow from the directory any more. On `Err` nothing was written.
pub(crate) async fn check_directory(
    env: &Env,
    plan: &PlanHead,
    changes: &Arc<Vec<Change>>,
) -> Result<Option<Basis>, SyncError> {
    let basis = directory::judge(env, plan, changes, |_| true).await?;
    match basis.as_ref().filter(|basis| !basis.stale.is_empty()) {
        Some(basis) => Err(directory::refusal(&plan.id, &basis.stale, false)),
        None => Ok(basis),
    }
}

/// Refuses a stored plan when WeCom is not any more what it saw. On `Err` nothing was written.
pub(crate) async fn check_drift(
    env: &Env,
    corp: &Corp,
    plan: &PlanHead,
    changes: &[Change],
    meter: Arc<CallMeter>,
    watch: &Watch,
) -> Result<(), SyncError> {
    let client = env.client(corp).await?.metered(meter);
    let all: Vec<&Change> = changes.iter().collect();
    let now = Reader { env, corp, client: &client, watch }.read(&all).await?;
    compare(env, plan, changes, &now).await
}

/// The same for a plan that was made a moment ago, after the pull of the same run. Who exists where is known from that
/// pull; names and details are, too, when it has read them all. If it took them over from an earlier read, those that
/// the plan overwrites are read now: with [`crate::sync::looks`] that is one or two calls for an organisation of some
/// thousand people, so that a hundred changes stay within 1.02 × the calls that they cannot do without.
pub(crate) async fn check_after_pull(
    env: &Env,
    corp: &Corp,
    plan: &PlanHead,
    changes: &[Change],
    meter: Arc<CallMeter>,
    watch: &Watch,
) -> Result<(), SyncError> {
    let client = env.client(corp).await?.metered(meter);
    let all: Vec<&Change> = changes.iter().collect();
    match (Reader { env, corp, client: &client, watch }).read_after_pull(&all).await? {
        Some(now) => compare(env, plan, changes, &now).await,
        None => Ok(()),
    }
}

async fn compare(env: &Env, plan: &PlanHead, changes: &[Change], now: &Now) -> Result<(), SyncError> {
    let (key, read_at_ms) = (plan.corp.clone(), plan.mirror_read_at_ms);
    let seen = env.store.read_async(move |tx| resume::seen(tx, &key, read_at_ms)).await?;
    let found = drift::differences(changes, |_| drift::Standing::Open, now, &seen);
    if found.is_empty() {
        return Ok(());
    }
    resume::forget_full_read(env, &plan.corp).await?;
    Err(drift::refusal(&plan.id, found, false))
}
