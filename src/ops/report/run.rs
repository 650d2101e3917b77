//! `pull --json`, `sync --json`, `runs … --json`.

use super::time_text;
use crate::model::{
    Calls, CorpKey, Counts, FailedRecord, PlanHead, PlanId, PlanState, ReadStrategy, Run, RunId, RunKind, RunState,
    Unreadable,
};
use crate::ops::admin::Exit;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a sync came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SyncReport {
    /// The run; absent when there was nothing to apply or a guard holds the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// The plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanId>,
    /// `done`, `partly`, `failed`, `held`, `cancelled`
    pub state: RunState,
    /// What was really changed; of a held plan, what would be.
    pub counts: Counts,
    /// Calls made.
    pub calls: CallsReport,
    /// Records that failed.
    pub failed: Vec<FailedRecord>,
    /// Why it ended as it did, where there is something to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Names of the guards that hold the plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<String>,
}

impl SyncReport {
    /// From a run that has ended.
    pub fn of_run(run: Run) -> Self {
        Self {
            run: Some(run.id),
            plan: run.plan,
            state: run.state,
            counts: run.counts,
            calls: run.calls.into(),
            failed: run.failed,
            message: run.message,
            guards: Vec::new(),
        }
    }

    /// From a plan that was not applied: it is empty, or a guard holds it.
    pub fn of_plan(head: &PlanHead) -> Self {
        let held = head.state == PlanState::Held;
        Self {
            run: None,
            plan: Some(head.id.clone()),
            state: if held { RunState::Held } else { RunState::Done },
            counts: head.counts.clone(),
            calls: CallsReport::default(),
            failed: Vec::new(),
            message: None,
            guards: head.tripped().map(|guard| guard.name.clone()).collect(),
        }
    }
}

/// The exit code of a run.
pub(crate) fn exit_of(state: RunState) -> Exit {
    match state {
        RunState::Done => Exit::Done,
        RunState::Partly => Exit::Partly,
        // a guard held the one as the other, and nothing was written
        RunState::Held | RunState::Rejected => Exit::Held,
        RunState::Failed | RunState::Cancelled | RunState::Running => Exit::Failed,
    }
}

/// What a pull came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PullReport {
    /// The run.
    pub run: RunId,
    /// `done`, `partly`, `failed`, `cancelled`
    pub state: RunState,
    /// How it read; absent when it failed before that was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<ReadStrategy>,
    /// Why that strategy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy_reason: Option<String>,
    /// Departments in the mirror.
    pub departments: u64,
    /// Members in the mirror.
    pub members: u64,
    /// New bindings.
    pub bound: u64,
    /// Cases on the resolve list.
    pub ambiguous: u64,
    /// What could not be read and why, at most 1,000.
    pub unreadable: Vec<Unreadable>,
    /// All that could not be read.
    pub unreadable_total: u64,
    /// Calls made.
    pub calls: CallsReport,
    /// Why it ended as it did, where there is something to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Calls made, by kind and endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallsReport {
    /// That only read.
    pub reads: u64,
    /// That write.
    pub writes: u64,
    /// By endpoint.
    pub by_endpoint: BTreeMap<String, u64>,
}

impl From<Calls> for CallsReport {
    fn from(calls: Calls) -> Self {
        Self { reads: calls.reads, writes: calls.writes, by_endpoint: calls.by_endpoint }
    }
}

/// One run in a list, or alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "fields are named and documented as in `Run`")]
pub struct RunReport {
    pub id: RunId,
    pub corp: CorpKey,
    pub kind: RunKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanId>,
    pub state: RunState,
    pub by: String,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    pub done: u64,
    pub total: u64,
    pub counts: Counts,
    pub calls: CallsReport,
    pub failed: Vec<FailedRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl From<Run> for RunReport {
    fn from(run: Run) -> Self {
        Self {
            id: run.id,
            corp: run.corp,
            kind: run.kind,
            plan: run.plan,
            state: run.state,
            by: run.by,
            started_at: time_text(run.started_at_ms),
            ended_at: run.ended_at_ms.map(time_text),
            done: run.done,
            total: run.total,
            counts: run.counts,
            calls: run.calls.into(),
            failed: run.failed,
            message: run.message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_was_held_and_rejected_exits_as_a_held_one() {
        for (state, exit) in [
            (RunState::Done, Exit::Done),
            (RunState::Partly, Exit::Partly),
            (RunState::Held, Exit::Held),
            (RunState::Rejected, Exit::Held),
            (RunState::Failed, Exit::Failed),
            (RunState::Cancelled, Exit::Failed),
        ] {
            assert_eq!(exit_of(state), exit, "{state:?}");
        }
    }
}
