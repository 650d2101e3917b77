//! One run from its first row to its last: pull alone, a plan that is applied, or both. Whatever happens, the row says
//! how it ended.

mod ending;

use super::apply::{self, Basis, Runner};
use super::env::Env;
use super::error::SyncError;
use super::progress::{Phase, Watch};
use super::pull::{self, PullRequest};
use super::service::{self, PlanRequest, Undone};
use crate::model::{
    Actor, Asked, Calls, Change, Corp, CorpKey, Counts, PlanHead, PlanId, PlanState, RetryAsked, Run, RunId, RunKind,
    RunState,
};
use crate::store;
use crate::wecom::CallMeter;
use serde_json::json;
use std::sync::Arc;

use ending::{conclude, note_passed};
pub(crate) use ending::{end, fail, stop};

/// A run that has not begun.
pub(crate) fn new_run(env: &Env, corp: &CorpKey, kind: RunKind, actor: &Actor) -> Run {
    Run {
        id: RunId::from(env.new_id()),
        corp: corp.clone(),
        kind,
        plan: None,
        undoes: None,
        undone_by: None,
        state: RunState::Running,
        by: actor.name.clone(),
        started_at_ms: env.clock.now_ms(),
        ended_at_ms: None,
        done: 0,
        total: 0,
        counts: Counts::default(),
        calls: Calls::default(),
        failed: Vec::new(),
        failed_total: 0,
        message: None,
        code: None,
        errcode: None,
        pull: None,
    }
}

/// Writes the row of a run that begins or goes on as a whole; who asked for it goes to the audit log.
pub(crate) async fn begin(env: &Env, run: &Run, actor: &Actor, action: &'static str) -> Result<(), SyncError> {
    begin_asked(env, run, Asked::default(), actor, action).await
}

/// The same, with what the run is to do instead of everything. What was asked of it before is forgotten.
pub(crate) async fn begin_asked(
    env: &Env,
    run: &Run,
    asked: Asked,
    actor: &Actor,
    action: &'static str,
) -> Result<(), SyncError> {
    let (run, actor) = (run.clone(), actor.clone());
    env.store
        .write(move |tx| {
            store::runs::put(tx, &run)?;
            store::runs::put_asked(tx, &run, &asked)?;
            let after = json!({ "run": run.id, "plan": run.plan });
            store::audit::append(tx, &actor, action, &format!("corp {}", run.corp), None, Some(after)).map(drop)
        })
        .await?;
    Ok(())
}

/// The row of a pull that belongs to something else, e.g. to making a plan.
pub(super) async fn begin_pull(env: &Env, corp: &CorpKey, actor: &Actor) -> Result<Run, SyncError> {
    let run = new_run(env, corp, RunKind::Pull, actor);
    let row = run.clone();
    env.store.write(move |tx| store::runs::put(tx, &row)).await?;
    Ok(run)
}

/// Pulls and ends the run. The caller holds the corp's lease.
pub(crate) async fn pull(
    env: &Env,
    corp: &Corp,
    request: PullRequest,
    mut run: Run,
    watch: &Watch,
) -> (Run, Result<(), SyncError>) {
    let meter = Arc::new(CallMeter::new());
    let pulled = pull::pull(env, corp, request, meter.clone(), watch).await;
    note_passed(env, &corp.key, &meter).await;
    run.calls = meter.calls();
    let result = match pulled {
        Ok((_, result)) => {
            run.pull = Some(result);
            run.state = RunState::Done;
            Ok(())
        }
        Err(error) => {
            fail(&mut run, &error);
            Err(error)
        }
    };
    end(env, &mut run, watch).await;
    (run, result)
}

/// Pulls as asked and makes a plan; the run's row names it. Nothing is written to WeCom.
pub(crate) async fn plan(env: &Env, corp: &Corp, request: PlanRequest, mut run: Run, watch: &Watch) -> Run {
    let meter = Arc::new(CallMeter::new());
    let made = async {
        if service::must_pull(env, &corp.key, request.policy).await? {
            run.pull = Some(pull::pull(env, corp, request.pull, meter.clone(), watch).await?.1);
        }
        watch.reading(Phase::Plan, 0, 0);
        service::plan_and_store(env, &corp.key, &run.by).await
    };
    let made = made.await;
    made_plan(env, made, meter, run, watch).await
}

/// Pulls and makes a plan that takes back what another run has done.
pub(crate) async fn undo(env: &Env, corp: &Corp, undone: Undone, mut run: Run, watch: &Watch) -> Run {
    let meter = Arc::new(CallMeter::new());
    let made = async {
        run.pull = Some(pull::pull(env, corp, undone.pull_request(), meter.clone(), watch).await?.1);
        watch.reading(Phase::Plan, 0, 0);
        service::plan_undo(env, corp, undone, &run.by).await
    };
    let made = made.await;
    made_plan(env, made, meter, run, watch).await
}

async fn made_plan(
    env: &Env,
    made: Result<PlanHead, SyncError>,
    meter: Arc<CallMeter>,
    mut run: Run,
    watch: &Watch,
) -> Run {
    note_passed(env, &run.corp, &meter).await;
    match made {
        Ok(plan) => (run.plan, run.state) = (Some(plan.id), RunState::Done),
        Err(error) => fail(&mut run, &error),
    }
    run.calls = meter.calls();
    end(env, &mut run, watch).await;
    run
}
/// A plan that was made on details from an earlier read is made again at most so often.
const REPLANS: u32 = 1;

/// Pull, plan, and apply at once when no guard trips; otherwise the plan is held (exit code 4 of the command).
pub(crate) async fn sync(env: &Env, corp: &Corp, request: PullRequest, mut run: Run, watch: &Watch) -> Run {
    let meter = Arc::new(CallMeter::new());
    let tried = try_sync(env, corp, request, &mut run, meter.clone(), watch).await;
    note_passed(env, &corp.key, &meter).await;
    match tried {
        Ok(Some(ended)) => return ended,
        Ok(None) => {}
        Err(error) => return stop(env, run, meter.calls(), &error, watch).await,
    }
    run.calls = meter.calls();
    end(env, &mut run, watch).await;
    run
}

/// `Some` = the runner has ended (or interrupted) the run; `None` = `run` says how it ended.
async fn try_sync(
    env: &Env,
    corp: &Corp,
    request: PullRequest,
    run: &mut Run,
    meter: Arc<CallMeter>,
    watch: &Watch,
) -> Result<Option<Run>, SyncError> {
    apply::await_left_import(env, corp, &run.id, meter.clone(), watch).await?;
    let mut replans = 0;
    loop {
        let (_, result) = pull::pull(env, corp, request, meter.clone(), watch).await?;
        run.pull = Some(result);
        run.calls = meter.calls();
        watch.reading(Phase::Plan, 0, 0);
        let plan = service::plan_and_store(env, &corp.key, &run.by).await?;
        run.plan = Some(plan.id.clone());
        if !may_be_applied(run, &plan) {
            return Ok(None);
        }
        // the settings may have changed while WeCom was read
        let corp = env.get_corp(&corp.key).await?;
        let plan = apply::get_applicable(env, &corp, &plan.id).await?;
        let changes = Arc::new(apply::checked_changes(env, &plan).await?);
        let checked = async {
            let basis = apply::check_directory(env, &plan, &changes).await?;
            apply::check_after_pull(env, &corp, &plan, &changes, meter.clone(), watch).await?;
            Ok(basis)
        };
        match checked.await {
            Ok(basis) => return run_plan(env, &corp, &plan, (changes, basis), run, meter, watch).await.map(Some),
            // nobody has seen this plan yet: the next pull reads everything, and the plan is made on that
            Err(SyncError::Drift { .. } | SyncError::DirectoryChanged { .. }) if replans < REPLANS => replans += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Whether a fresh plan is applied without a person; if not, the run's row says why.
fn may_be_applied(run: &mut Run, plan: &PlanHead) -> bool {
    match plan.state {
        PlanState::Held => {
            run.state = RunState::Held;
            let names: Vec<&str> = plan.tripped().map(|guard| guard.name.as_str()).collect();
            run.message = Some(format!("held by {}: look at the plan, then allow or reject it", names.join(", ")));
            false
        }
        PlanState::Refused => {
            let broken: Vec<&str> = plan.invariants.iter().filter(|i| !i.holds).map(|i| i.name.as_str()).collect();
            run.state = RunState::Failed;
            run.message = Some(format!("the plan breaks {} and is never applied", broken.join(", ")));
            run.code = Some("run.plan_refused".into());
            false
        }
        _ => true,
    }
}

/// Applies a stored plan after comparing the target with what the plan saw.
pub(crate) async fn apply(env: &Env, corp: &Corp, plan: PlanId, mut run: Run, watch: &Watch) -> Run {
    let meter = Arc::new(CallMeter::new());
    let applied = async {
        apply::await_left_import(env, corp, &run.id, meter.clone(), watch).await?;
        let head = apply::get_applicable(env, corp, &plan).await?;
        let changes = Arc::new(apply::checked_changes(env, &head).await?);
        let basis = apply::check_directory(env, &head, &changes).await?;
        if !changes.is_empty() {
            apply::check_drift(env, corp, &head, &changes, meter.clone(), watch).await?;
        }
        run_plan(env, corp, &head, (changes, basis), &mut run, meter.clone(), watch).await
    };
    let applied = applied.await;
    note_passed(env, &corp.key, &meter).await;
    match applied {
        Ok(ended) => ended,
        Err(error) => stop(env, run, meter.calls(), &error, watch).await,
    }
}

async fn run_plan(
    env: &Env,
    corp: &Corp,
    plan: &PlanHead,
    (changes, basis): (Arc<Vec<Change>>, Option<Basis>),
    run: &mut Run,
    meter: Arc<CallMeter>,
    watch: &Watch,
) -> Result<Run, SyncError> {
    (run.plan, run.undoes) = (Some(plan.id.clone()), plan.undoes.clone());
    run.total = changes.len() as u64;
    apply::take(env, plan, run).await?;
    // the meter goes on counting; what it has counted so far must not be added a second time
    let mut own = run.clone();
    own.calls = Calls::default();
    let runner = Runner::new(env, corp, plan, own, (changes, basis), meter, watch).await?;
    runner.run().await
}

/// Goes on with a run that was interrupted, or that an error or a person stopped.
pub(crate) async fn resume(env: &Env, corp: &Corp, run: Run, watch: &Watch) -> Run {
    let meter = Arc::new(CallMeter::new());
    let resumed = async {
        let Some(plan) = run.plan.clone() else {
            return Err(SyncError::Bug("a run without a plan cannot be resumed".into()));
        };
        let head = apply::get_resumable(env, corp, &plan).await?;
        let changes = Arc::new(apply::checked_changes(env, &head).await?);
        let runner = Runner::new(env, corp, &head, run.clone(), (changes, None), meter.clone(), watch).await?;
        runner.resume().await
    };
    let resumed = resumed.await;
    note_passed(env, &corp.key, &meter).await;
    conclude(env, resumed, run, watch).await
}

/// Does one failed or skipped record of a finished run again. The run has ended afterwards, in any case.
pub(crate) async fn retry(env: &Env, corp: &Corp, run: Run, asked: RetryAsked, watch: &Watch) -> Run {
    let meter = Arc::new(CallMeter::new());
    let retried = async {
        let Some(plan) = run.plan.clone() else {
            return Err(SyncError::Bug("a run without a plan has no records".into()));
        };
        let head = apply::get_resumable(env, corp, &plan).await?;
        let changes = Arc::new(apply::checked_changes(env, &head).await?);
        let runner = Runner::new(env, corp, &head, run.clone(), (changes, None), meter.clone(), watch).await?;
        runner.retry(asked).await
    };
    let retried = retried.await;
    note_passed(env, &corp.key, &meter).await;
    conclude(env, retried, run, watch).await
}
