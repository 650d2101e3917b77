//! `pull`, `plan`, `sync`: starts the work, shows how far it is, answers what came of it.

use crate::app::App;
use crate::jobs::{Phase, RunEvent};
use crate::model::{Actor, CorpKey, EmployeeId, PlanHead, PlanId, PlanState, Run, RunId, RunState};
use crate::ops::admin::{Answer, CommandError, Exit, Output, Progress};
use crate::ops::report::{ChangeReport, ChangesPage, PlanReport, PullReport, SyncReport, exit_of};
use crate::setup;
use crate::store;
use crate::sync::SyncError;
use crate::sync::pull::PullRequest;
use crate::sync::service::{self, Decided, PlanRequest};
use tokio::sync::broadcast::error::RecvError;

/// Changes that a plan is answered with; whoever wants all of them asks for them page by page.
const SHOWN: u32 = 50;

/// Changes on such a page.
const CHANGES_ON_PAGE: u32 = 5_000;

/// Sorts an error of the engine: what the caller can repair in the command or the settings, and what failed.
pub(super) fn refusal(error: SyncError) -> CommandError {
    match &error {
        SyncError::NoCorp(_)
        | SyncError::NoPlan(_)
        | SyncError::NoRun(_)
        | SyncError::Ended { .. }
        | SyncError::NoEmployee { .. }
        | SyncError::NoRetry { .. }
        | SyncError::NoResume { .. }
        | SyncError::NoUndo { .. }
        | SyncError::ReadOnly(_)
        | SyncError::NotEnabled(_)
        | SyncError::NotConfigured { .. }
        | SyncError::SecondPerson { .. }
        | SyncError::NoReason(_) => CommandError::usage(error.to_string()),
        SyncError::Drift { differences, .. } | SyncError::DirectoryChanged { differences, .. } => {
            let list: String = differences.iter().map(|difference| format!("\n  {difference}")).collect();
            CommandError::failed(format!("{error}{list}"))
        }
        _ => CommandError::from_chain(&error),
    }
}

/// Reads a corp into the mirror.
pub(super) async fn pull(
    app: &App,
    actor: &Actor,
    corp: &CorpKey,
    request: PullRequest,
    output: &mut dyn Output,
) -> Result<Answer, CommandError> {
    let id = app.jobs.start_pull(corp, request, actor).await.map_err(refusal)?;
    let run = follow(app, actor, &id, output).await?;
    let key = corp.clone();
    let head = app.store.read_async(move |tx| store::mirror::head(tx, &key)).await;
    let head = head.map_err(|error| CommandError::from_chain(&error))?;
    // Of a pull that failed, nothing is said about the mirror: it is that of an earlier one.
    let head = head.filter(|_| run.state == RunState::Done);
    let found = run.pull.as_ref();
    let report = PullReport {
        run: run.id.clone(),
        state: run.state,
        strategy: found.map(|found| found.strategy),
        strategy_reason: head.as_ref().map(|head| head.strategy_reason.clone()),
        departments: found.map_or(0, |found| found.departments),
        members: found.map_or(0, |found| found.members),
        bound: found.map_or(0, |found| found.bound),
        ambiguous: found.map_or(0, |found| found.ambiguous),
        unreadable_total: found.map_or(0, |found| found.unreadable),
        unreadable: head.map(|head| head.unreadable).unwrap_or_default(),
        calls: run.calls.into(),
        message: run.message,
    };
    Answer::new(exit_of(report.state), &report)
}

/// Makes a plan.
pub(super) async fn plan(
    app: &App,
    actor: &Actor,
    corp: &CorpKey,
    pull: PullRequest,
    output: &mut dyn Output,
) -> Result<Answer, CommandError> {
    output.progress(Progress { label: "plan".into(), done: 0, total: 0 });
    let request = PlanRequest { pull, ..PlanRequest::default() };
    let head = service::make_plan(&app.env, corp, actor, request).await.map_err(refusal)?;
    answer_plan(app, head).await
}

/// Plans with other settings on what is stored now; nothing is saved and nobody is called. Exit code 3 when they would
/// change something.
pub(super) async fn what_if(app: &App, corp: &CorpKey, settings: &str, whole: bool) -> Result<Answer, CommandError> {
    let stored = app.env.get_corp(corp).await.map_err(refusal)?;
    let changed = setup::lay_over(&stored, settings).map_err(|faults| CommandError::usage(faults.to_string()))?;
    let found = service::plan_with_options(&app.env, corp, changed.downstream, Some(changed.match_rules)).await;
    let found = found.map_err(refusal)?;
    let exit = if found.changes.is_empty() { Exit::Done } else { Exit::Pending };
    let total = found.changes.len();
    let shown = if whole { total } else { total.min(SHOWN as usize) };
    Answer::new(exit, &PlanReport::new(found.head, &found.changes[..shown], total as u64))
}

/// Says what would be done with one person and why.
pub(super) async fn explain(app: &App, corp: &CorpKey, employee: &EmployeeId) -> Result<Answer, CommandError> {
    let explanation = service::get_explanation(&app.env, corp, employee).await.map_err(refusal)?;
    Answer::new(Exit::Done, &explanation)
}

/// Answers a stored plan with the first of its changes.
pub(super) async fn answer_plan(app: &App, head: PlanHead) -> Result<Answer, CommandError> {
    let changes = service::list_changes(&app.env, &head.id, 0, SHOWN).await.map_err(refusal)?;
    let exit = match head.state {
        PlanState::Held => Exit::Held,
        PlanState::Refused => Exit::Failed,
        _ if changes.is_empty() => Exit::Done,
        _ => Exit::Pending,
    };
    let id = head.id.clone();
    let total = app.store.read_async(move |tx| store::plans::count_changes(tx, &id)).await;
    let total = total.map_err(|error| CommandError::from_chain(&error))?;
    Answer::new(exit, &PlanReport::new(head, &changes, total))
}

/// Answers a page of a stored plan's changes, from the one with this number on; an empty page is the end.
pub(super) async fn changes_page(app: &App, plan: &PlanId, from: u32) -> Result<Answer, CommandError> {
    let changes = service::list_changes(&app.env, plan, from, CHANGES_ON_PAGE).await.map_err(refusal)?;
    let next = changes.last().map(|change| change.seq.saturating_add(1));
    let changes: Vec<ChangeReport> = changes.iter().map(ChangeReport::new).collect();
    Answer::new(Exit::Done, &ChangesPage { changes, next })
}

/// Pulls, plans and applies.
pub(super) async fn sync(
    app: &App,
    actor: &Actor,
    corp: &CorpKey,
    pull: PullRequest,
    output: &mut dyn Output,
) -> Result<Answer, CommandError> {
    let id = app.jobs.start_sync(corp, pull, actor).await.map_err(refusal)?;
    let run = follow(app, actor, &id, output).await?;
    answer(report_of(app, run).await?)
}

/// Applies the named plan, after allowing it where a reason is given.
pub(super) async fn apply(
    app: &App,
    actor: &Actor,
    corp: &CorpKey,
    plan: &PlanId,
    reason: Option<String>,
    output: &mut dyn Output,
) -> Result<Answer, CommandError> {
    let head = service::get_plan(&app.env, plan).await.map_err(refusal)?;
    if head.corp != *corp {
        return Err(CommandError::usage(format!("the plan {plan} is one of the corp {}", head.corp)));
    }
    match (head.state, reason) {
        (PlanState::Held, None) => return answer(SyncReport::of_plan(&head)),
        (PlanState::Held, Some(reason)) => {
            let decided = service::decide(&app.env, plan, true, actor, &reason).await.map_err(refusal)?;
            if let Decided::HalfAllowed(head) = decided {
                output.note("this is the first of two allowances; a second administrator must allow the plan too");
                return answer(SyncReport::of_plan(&head));
            }
        }
        _ => {}
    }
    let id = app.jobs.start_apply(plan, actor).await.map_err(refusal)?;
    let run = follow(app, actor, &id, output).await?;
    answer(report_of(app, run).await?)
}

fn answer(report: SyncReport) -> Result<Answer, CommandError> {
    Answer::new(exit_of(report.state), &report)
}

/// The report of a run; that of a held one says what the plan would do and what holds it.
pub(super) async fn report_of(app: &App, run: Run) -> Result<SyncReport, CommandError> {
    let held = run.plan.clone().filter(|_| run.state == RunState::Held);
    let mut report = SyncReport::of_run(run);
    if let Some(plan) = held {
        let head = service::get_plan(&app.env, &plan).await.map_err(refusal)?;
        report.guards = head.tripped().map(|guard| guard.name.clone()).collect();
        report.counts = head.counts;
    }
    Ok(report)
}

/// Shows how far a run is until it has ended; answers its row. Whoever wants the command to stop cancels the run, which
/// ends between two records.
pub(super) async fn follow(app: &App, actor: &Actor, id: &RunId, output: &mut dyn Output) -> Result<Run, CommandError> {
    let mut events = app.jobs.subscribe(id);
    let stop = output.stop();
    let mut is_stopping = false;
    loop {
        let event = tokio::select! {
            event = events.recv() => event,
            () = stop.cancelled(), if !is_stopping => {
                is_stopping = true;
                // A run that has just ended by itself cannot be cancelled; its end is about to be heard.
                if let Err(error) = app.jobs.cancel(id, actor).await {
                    tracing::debug!("run {id} could not be cancelled: {error}");
                }
                continue;
            }
        };
        match event {
            Ok(RunEvent::Progress { phase, done, total, .. }) => {
                let label = match phase {
                    Phase::Pull => "pull",
                    Phase::Plan => "plan",
                    Phase::Check => "check",
                    Phase::Apply => "apply",
                };
                output.progress(Progress { label: label.into(), done, total });
            }
            Ok(RunEvent::Ended { .. }) | Err(RecvError::Closed) => break,
            // Each event says all that the ones before it said.
            Err(RecvError::Lagged(_)) => {}
        }
    }
    app.jobs.wait(id).await.map_err(refusal)
}
