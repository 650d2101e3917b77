//! May this plan be applied, by whom, now? Every refusal comes before the first call that writes.

use super::drift;
use crate::model::{Access, Change, Corp, PlanHead, PlanId, PlanState, Run};
use crate::store::{self, StoreError};
use crate::sync::decide::{is_outdated, lacks_two};
use crate::sync::env::Env;
use crate::sync::error::{SyncError, utc};
use crate::sync::{facts, hash};

/// Refuses what the corp's settings forbid.
pub fn check_allowed(corp: &Corp) -> Result<(), SyncError> {
    if corp.access != Access::ReadWrite {
        return Err(SyncError::ReadOnly(corp.key.clone()));
    }
    if !corp.downstream.enabled {
        return Err(SyncError::NotEnabled(corp.key.clone()));
    }
    Ok(())
}

/// The plan, if it may be applied to this corp now. Nothing is changed.
pub async fn get_applicable(env: &Env, corp: &Corp, plan: &PlanId) -> Result<PlanHead, SyncError> {
    check_allowed(corp)?;
    let (wanted, key) = (plan.clone(), corp.key.clone());
    let read = env.store.read_async(move |tx| {
        let head = store::plans::head(tx, &wanted)?;
        let lacks = head.as_ref().map_or(Ok(false), |head| lacks_two(tx, head))?;
        Ok((head, facts::get(tx, &key)?, lacks))
    });
    let (head, memory, lacks) = read.await?;
    let head = head.filter(|head| head.corp == corp.key).ok_or_else(|| SyncError::NoPlan(plan.clone()))?;
    if !matches!(head.state, PlanState::Ready | PlanState::Allowed) {
        return Err(SyncError::WrongState { plan: plan.clone(), doing: "applied", state: head.state });
    }
    if lacks {
        return Err(two_people(plan));
    }
    if env.clock.now_ms() >= head.expires_at_ms {
        return Err(SyncError::Expired { plan: plan.clone(), at: utc(head.expires_at_ms) });
    }
    if is_outdated(corp, &head) {
        return Err(SyncError::OptionsChanged(plan.clone()));
    }
    if memory.writes != head.writes {
        return Err(written_since(plan));
    }
    Ok(head)
}

/// The target is not what the plan was made for.
pub fn written_since(plan: &PlanId) -> SyncError {
    drift::refusal(plan, vec!["another run has written to WeCom since".to_owned()], false)
}

fn two_people(plan: &PlanId) -> SyncError {
    let why = "it removes people, and removals need two people since it was made: make a new plan".to_owned();
    SyncError::SecondPerson { plan: plan.clone(), why }
}

/// The plan of a run that goes on, if what it was made from still holds: settings unchanged, not expired.
pub async fn get_resumable(env: &Env, corp: &Corp, plan: &PlanId) -> Result<PlanHead, SyncError> {
    check_allowed(corp)?;
    let wanted = plan.clone();
    let head = env.store.read_async(move |tx| store::plans::head(tx, &wanted)).await?;
    let head = head.filter(|head| head.corp == corp.key).ok_or_else(|| SyncError::NoPlan(plan.clone()))?;
    if env.clock.now_ms() >= head.expires_at_ms {
        return Err(SyncError::Expired { plan: plan.clone(), at: utc(head.expires_at_ms) });
    }
    if is_outdated(corp, &head) {
        return Err(SyncError::OptionsChanged(plan.clone()));
    }
    Ok(head)
}

/// All changes of a plan whose stored hash they still have: exactly what was looked at is applied.
pub async fn checked_changes(env: &Env, head: &PlanHead) -> Result<Vec<Change>, SyncError> {
    let changes = changes(env, &head.id).await?;
    if hash::of_plan(&changes, &head.options_hash) != head.hash {
        let plan = &head.id;
        return Err(SyncError::Bug(format!("plan {plan} is not what was stored (its hash differs): make a new plan")));
    }
    Ok(changes)
}

/// All changes of a plan, in the order of application.
async fn changes(env: &Env, plan: &PlanId) -> Result<Vec<Change>, SyncError> {
    let wanted = plan.clone();
    Ok(env.store.read_async(move |tx| store::plans::changes(tx, &wanted, 0..u32::MAX)).await?)
}

/// Gives the plan to the run, for good: in one commit the plan is taken, the run names it, a run that it takes back names this one, and the
/// source's size is what the next plan is compared with.
pub async fn take(env: &Env, plan: &PlanHead, run: &Run) -> Result<(), SyncError> {
    let (id, run, source) = (plan.id.clone(), run.clone(), plan.source_employees);
    let named = plan.id.clone();
    let wrong = move |state| SyncError::WrongState { plan: named.clone(), doing: "applied", state };
    env.store
        .write(move |tx| {
            let Some(mut head) = store::plans::head(tx, &id)? else {
                return Err(StoreError::not_found(format!("plan {id}")));
            };
            if !matches!(head.state, PlanState::Ready | PlanState::Allowed) {
                return Ok(Err(wrong(head.state)));
            }
            if lacks_two(tx, &head)? {
                return Ok(Err(two_people(&id)));
            }
            head.state = PlanState::Taken;
            head.taken_by = Some(run.id.clone());
            store::plans::put_head(tx, &head)?;
            store::runs::put(tx, &run)?;
            if let Some(id) = &head.undoes
                && let Some(undone) = store::runs::find(tx, id)?
            {
                store::runs::put(tx, &Run { undone_by: Some(run.id.clone()), ..undone })?;
            }
            let is_undo = head.undoes.is_some();
            facts::change(tx, &head.corp, |memory| {
                memory.is_after_undo = is_undo;
                if !is_undo {
                    memory.source_employees = Some(source);
                }
            })?;
            Ok(Ok(()))
        })
        .await?
}
