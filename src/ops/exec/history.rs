//! `runs …`, `plans …`: what was done, what is planned, and decisions about both.

use super::MessageReport;
use super::sync::{answer_plan, changes_page, follow, refusal, report_of};
use crate::app::App;
use crate::jobs::Cancelled;
use crate::model::{Actor, CorpKey, Outcome, Run, RunId, RunState};
use crate::ops::admin::{Answer, CommandError, Exit, Output, PlanCommand, Progress, RunCommand};
use crate::ops::report::{PlanRow, RunReport, exit_of};
use crate::store::{self, StoreError};
use crate::sync::service::{self, Decided};
use serde_json::json;

/// Plans listed per corp.
const PLANS_LISTED: usize = 50;

/// Executes a command about runs.
pub(super) async fn runs(
    app: &App,
    actor: &Actor,
    command: RunCommand,
    output: &mut dyn Output,
) -> Result<Answer, CommandError> {
    match command {
        RunCommand::List { corp, limit } => {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let mut runs = Vec::new();
            for corp in corps(app, corp).await? {
                let listed = app.store.read_async(move |tx| store::runs::list(tx, &corp, limit)).await;
                runs.extend(listed.map_err(broken)?);
            }
            runs.sort_by(|a, b| b.id.cmp(&a.id));
            runs.truncate(limit);
            let runs: Vec<RunReport> = runs.into_iter().map(RunReport::from).collect();
            Answer::new(Exit::Done, &json!({ "runs": runs }))
        }
        RunCommand::Show { run } => Answer::new(Exit::Done, &RunReport::from(find(app, &run).await?)),
        RunCommand::Retry { run, seq } => {
            let ended = retry(app, actor, &run, seq, output).await?;
            let report = report_of(app, ended).await?;
            Answer::new(exit_of(report.state), &report)
        }
        RunCommand::Undo { run } => {
            output.progress(Progress { label: "plan".into(), done: 0, total: 0 });
            let head = service::undo(&app.env, &run, actor).await.map_err(refusal)?;
            answer_plan(app, head).await
        }
        RunCommand::Cancel { run } => {
            let what = match app.jobs.cancel(&run, actor).await.map_err(refusal)? {
                Cancelled::UnderWay => ("ends after the calls that are under way", "将在当前调用结束后停止"),
                Cancelled::GivenUp => (
                    "was interrupted and is given up; what was done stays done",
                    "此前已中断，现放弃；已完成的部分保留",
                ),
            };
            MessageReport::answer(format!("run {run} {}", what.0), format!("运行 {run} {}", what.1))
        }
    }
}

/// Executes a command about plans.
pub(super) async fn plans(app: &App, actor: &Actor, command: PlanCommand) -> Result<Answer, CommandError> {
    match command {
        PlanCommand::List { corp } => {
            let mut rows: Vec<PlanRow> = Vec::new();
            for corp in corps(app, corp).await? {
                let listed = service::list_plans(&app.env, &corp, PLANS_LISTED).await.map_err(refusal)?;
                rows.extend(listed.into_iter().map(PlanRow::from));
            }
            rows.sort_by(|a, b| b.id.cmp(&a.id));
            Answer::new(Exit::Done, &json!({ "plans": rows }))
        }
        PlanCommand::Show { plan } => {
            let head = service::get_plan(&app.env, &plan).await.map_err(refusal)?;
            let answer = answer_plan(app, head).await?;
            // Looking at a plan is done when it has been shown, whatever the plan says.
            Ok(Answer { exit: Exit::Done, ..answer })
        }
        PlanCommand::Changes { plan, from } => changes_page(app, &plan, from).await,
        PlanCommand::Decide { plan, allow, reason } => {
            let done = match service::decide(&app.env, &plan, allow, actor, &reason).await.map_err(refusal)? {
                Decided::Allowed(head) => (
                    format!("is allowed; apply it:\n  wecom-bridge sync --corp {} --plan {plan}", head.corp),
                    format!("已放行，执行：\n  wecom-bridge sync --corp {} --plan {plan}", head.corp),
                ),
                Decided::HalfAllowed(_) => (
                    "has its first allowance; it is held until a second administrator allows it".to_owned(),
                    "已有一人放行，需另一位管理员再次放行".to_owned(),
                ),
                Decided::Rejected(_) => ("is rejected".to_owned(), "已驳回".to_owned()),
            };
            MessageReport::answer(format!("the plan {plan} {}", done.0), format!("同步预览 {plan} {}", done.1))
        }
    }
}

/// One record, or all that failed; a run that was stopped half way goes on.
async fn retry(
    app: &App,
    actor: &Actor,
    id: &RunId,
    seq: Option<u32>,
    output: &mut dyn Output,
) -> Result<Run, CommandError> {
    let run = find(app, id).await?;
    if seq.is_none() && matches!(run.state, RunState::Failed | RunState::Cancelled | RunState::Running) {
        let resumed = app.jobs.resume(id, actor).await.map_err(refusal)?;
        return follow(app, actor, &resumed, output).await;
    }
    let failed = match seq {
        Some(seq) => vec![seq],
        None => failed_records(app, &run).await?,
    };
    let mut ended = run;
    for seq in failed {
        let again = app.jobs.retry(id, seq, actor).await.map_err(refusal)?;
        ended = follow(app, actor, &again, output).await?;
        if output.stop().is_cancelled() {
            break;
        }
    }
    Ok(ended)
}

/// The records that failed themselves; those skipped because of them are done with them.
async fn failed_records(app: &App, run: &Run) -> Result<Vec<u32>, CommandError> {
    let id = run.id.clone();
    let entries = app.store.read_async(move |tx| store::runs::entries(tx, &id, 0..u32::MAX)).await.map_err(broken)?;
    let failed = entries.into_iter().filter(|entry| matches!(entry.outcome, Outcome::Failed { .. }));
    Ok(failed.map(|entry| entry.seq).collect())
}

async fn find(app: &App, run: &RunId) -> Result<Run, CommandError> {
    let found = app.jobs.find(run).await.map_err(refusal)?;
    found.ok_or_else(|| CommandError::usage(format!("there is no run {run}")))
}

/// The named corp, which must exist, or all.
pub(super) async fn corps(app: &App, corp: Option<CorpKey>) -> Result<Vec<CorpKey>, CommandError> {
    match corp {
        Some(key) => Ok(vec![app.env.get_corp(&key).await.map_err(refusal)?.key]),
        None => {
            let all = app.store.read_async(store::corps::list).await.map_err(broken)?;
            Ok(all.into_iter().map(|corp| corp.key).collect())
        }
    }
}

fn broken(error: StoreError) -> CommandError {
    CommandError::from_chain(&error)
}
