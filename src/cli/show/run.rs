//! Runs: pulls, syncs, lists.

use super::plan::{counts, subject};
use crate::cli::language::Language;
use crate::cli::table::{pairs, table, uncut};
use crate::model::{FailedRecord, PlanId, RunId, RunState};
use crate::ops::report::{CallsReport, PullReport, RunReport, SyncReport};
use serde::Deserialize;

/// Lines of one kind that are listed; `--json` has all.
const SHOWN: usize = 50;

/// A pull.
pub fn pull(report: &PullReport, language: Language) -> String {
    let pick = |en, zh| language.pick(en, zh);
    let strategy = match (report.strategy, &report.strategy_reason, language) {
        (Some(strategy), _, Language::Zh) => language.t().read_strategy(strategy).to_owned(),
        (Some(strategy), Some(why), _) => format!("{} ({why})", language.t().read_strategy(strategy)),
        (Some(strategy), None, _) => language.t().read_strategy(strategy).to_owned(),
        (None, ..) => "-".to_owned(),
    };
    let mut text = pairs(&[
        (pick("run", "运行"), report.run.to_string()),
        (pick("state", "状态"), state(report.state, language)),
        (pick("strategy", "读取方式"), strategy),
        (pick("departments", "部门"), report.departments.to_string()),
        (pick("members", "成员"), report.members.to_string()),
        (pick("newly bound", "新关联"), report.bound.to_string()),
        (pick("ambiguous", "待确认"), report.ambiguous.to_string()),
        (pick("unreadable", "无法读取"), report.unreadable_total.to_string()),
        (pick("calls", "调用次数"), calls(&report.calls, language)),
    ]);
    for one in report.unreadable.iter().take(SHOWN) {
        let (subject, what) = (subject(&one.subject, language), language.t().unreadable_part(&one.what));
        text.push_str(&format!("  {subject} ({what}): {}\n", one.why));
    }
    if let Some(message) = &report.message {
        text.push_str(&format!("{message}\n"));
    }
    text
}

/// A sync.
pub fn sync(report: &SyncReport, language: Language) -> String {
    let pick = |en, zh| language.pick(en, zh);
    let id = |id: Option<String>| id.unwrap_or_else(|| "-".into());
    let mut text = pairs(&[
        (pick("run", "运行"), id(report.run.as_ref().map(ToString::to_string))),
        (pick("plan", "同步预览"), id(report.plan.as_ref().map(ToString::to_string))),
        (pick("state", "状态"), state(report.state, language)),
        (pick("changes", "变更"), counts(&report.counts, language)),
        (pick("calls", "调用次数"), calls(&report.calls, language)),
    ]);
    failed(&report.failed, &mut text, language);
    if let Some(message) = &report.message {
        text.push_str(&format!("{message}\n"));
    }
    next_step(report.state, report.plan.as_ref(), report.run.as_ref(), &report.failed, &mut text, language);
    text
}

/// One run.
pub fn run(report: &RunReport, language: Language) -> String {
    let pick = |en, zh| language.pick(en, zh);
    let mut text = pairs(&[
        (pick("run", "运行"), report.id.to_string()),
        (pick("corp", "企业"), report.corp.to_string()),
        (pick("kind", "类型"), language.t().run_kind(report.kind).to_owned()),
        (pick("state", "状态"), state(report.state, language)),
        (pick("started by", "发起人"), report.by.clone()),
        (pick("started", "开始"), report.started_at.clone()),
        (pick("ended", "结束"), report.ended_at.clone().unwrap_or_else(|| "-".into())),
        (pick("steps", "步骤"), format!("{}/{}", report.done, report.total)),
        (pick("changes", "变更"), counts(&report.counts, language)),
        (pick("calls", "调用次数"), calls(&report.calls, language)),
    ]);
    failed(&report.failed, &mut text, language);
    if let Some(message) = &report.message {
        text.push_str(&format!("{message}\n"));
    }
    let (plan, run) = (report.plan.as_ref(), Some(&report.id));
    next_step(report.state, plan, run, &report.failed, &mut text, language);
    text
}

/// The commands with which it goes on.
fn next_step(
    state: RunState,
    plan: Option<&PlanId>,
    run: Option<&RunId>,
    records: &[FailedRecord],
    text: &mut String,
    language: Language,
) {
    let pick = |en, zh| language.pick(en, zh);
    if let (RunState::Held, Some(plan)) = (state, plan) {
        let hint = pick("Look at the plan, then allow or reject it:", "请核对同步预览后放行或驳回：");
        text.push_str(&format!(
            "{hint}\n  wecom-bridge plans show {plan}\n  wecom-bridge plans allow {plan} --reason TEXT\n  wecom-bridge plans reject \
             {plan} --reason TEXT\n"
        ));
    }
    if let (RunState::Partly, Some(run), false) = (state, run, records.is_empty()) {
        let hint = pick("Mend what they name, then try them again:", "按原因处理后，重试失败的记录：");
        text.push_str(&format!("{hint}\n  wecom-bridge runs retry {run}\n"));
    }
}

/// What `runs list` answers.
#[derive(Deserialize)]
pub struct Runs {
    runs: Vec<RunReport>,
}

/// The latest runs.
pub fn runs(report: &Runs, language: Language) -> String {
    let pick = |en, zh| language.pick(en, zh);
    if report.runs.is_empty() {
        return format!("{}\n", pick("There are no runs.", "没有运行记录。"));
    }
    let rows: Vec<Vec<String>> = report
        .runs
        .iter()
        .map(|run| {
            vec![
                run.id.to_string(),
                run.corp.to_string(),
                language.t().run_kind(run.kind).to_owned(),
                state(run.state, language),
                run.started_at.clone(),
                run.by.clone(),
                counts(&run.counts, language),
            ]
        })
        .collect();
    let headings = [
        "id",
        pick("corp", "企业"),
        pick("kind", "类型"),
        pick("state", "状态"),
        pick("started", "开始"),
        pick("by", "发起人"),
        pick("changes", "变更"),
    ];
    table(&headings, &rows)
}

fn failed(records: &[FailedRecord], text: &mut String, language: Language) {
    if records.is_empty() {
        return;
    }
    let rows: Vec<Vec<String>> = records
        .iter()
        .take(SHOWN)
        .map(|record| {
            let errcode = if record.errcode == 0 { "-".to_owned() } else { record.errcode.to_string() };
            vec![
                record.seq.to_string(),
                subject(&record.subject, language),
                record.step.clone(),
                errcode,
                record.message.clone(),
            ]
        })
        .collect();
    let pick = |en, zh| language.pick(en, zh);
    text.push_str(&format!("{}: {}\n", pick("failed", "失败"), records.len()));
    let headings = ["#", pick("subject", "对象"), pick("step", "步骤"), "errcode", pick("why", "原因")];
    text.push_str(&uncut(&headings, &rows));
}

fn calls(calls: &CallsReport, language: Language) -> String {
    let (reads, writes) = (language.pick("reads", "读"), language.pick("writes", "写"));
    format!("{} {reads}, {} {writes}", calls.reads, calls.writes)
}

fn state(state: RunState, language: Language) -> String {
    match state {
        RunState::Running => language.pick("running", "进行中"),
        RunState::Done => language.pick("done", "完成"),
        RunState::Partly => language.pick("partly done", "部分完成"),
        RunState::Failed => language.pick("failed", "失败"),
        RunState::Held => language.pick("held by a guard", "被安全设置拦截"),
        RunState::Cancelled => language.pick("cancelled", "已取消"),
        RunState::Rejected => language.pick("its plan was rejected", "计划已驳回"),
    }
    .to_owned()
}
