//! Carries out exactly one stored plan, journalled call by call.
//!
//! A change is written to the journal as intended before its call and as done in the same commit as its bindings, so a
//! crash at any point leaves three kinds of records: done, not begun, and intended. The last kind is looked at before
//! anything is repeated; ids of new objects are chosen by the plan, so nothing is created twice.

mod commit;
mod drift;
mod execute;
mod ledger;
mod queue;
mod record;
mod removal;
mod runner;
mod take;
mod uncertain;

pub(crate) use runner::Runner;
pub(crate) use take::{check_allowed, checked_changes, get_applicable, get_resumable, take};

use super::env::Env;
use super::error::SyncError;
use super::progress::Watch;
use crate::model::{Change, Corp, PlanHead};
use crate::wecom::CallMeter;
use std::sync::Arc;

/// Refuses the plan when WeCom is not any more what the plan saw.
pub(crate) async fn check_drift(
    env: &Env,
    corp: &Corp,
    plan: &PlanHead,
    changes: &[Change],
    meter: Arc<CallMeter>,
    watch: &Watch,
) -> Result<(), SyncError> {
    let client = env.client(corp).await?.metered(meter);
    drift::check(env, corp, &client, plan, changes, watch).await
}
