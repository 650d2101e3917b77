//! Runs and their journal.

use super::counts::Counts;
use super::ids::{CorpKey, PlanId, RunId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// WeCom → mirror, then automatic binding.
    Pull,
    /// Applies a plan.
    Downstream,
    /// Pulls, then makes a plan; writes nothing to WeCom.
    Plan,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Under way (or interrupted by a crash, until it is resumed).
    Running,
    /// Everything done.
    Done,
    /// Some records failed, the rest is done.
    Partly,
    /// Stopped by an error.
    Failed,
    /// A guard holds the plan; nothing was written.
    Held,
    /// Stopped by a person.
    Cancelled,
    /// A guard held the plan, and a person has rejected it since; nothing was written.
    Rejected,
}

impl RunState {
    /// Whether nothing more will happen.
    pub fn is_final(self) -> bool {
        self != Self::Running
    }
}

/// One execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Run {
    /// Id.
    pub id: RunId,
    /// For which corp.
    pub corp: CorpKey,
    /// What.
    pub kind: RunKind,
    /// The plan that is applied, or was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanId>,
    /// The run that it takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<RunId>,
    /// The latest run that takes it back, as far as what it did was still there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_by: Option<RunId>,
    /// Where it stands.
    pub state: RunState,
    /// Who started it: a person's name, `schedule`, an API key's name.
    pub by: String,
    /// Unix milliseconds.
    pub started_at_ms: i64,
    /// Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at_ms: Option<i64>,
    /// Steps done, failed ones included.
    pub done: u64,
    /// Steps in all.
    pub total: u64,
    /// What was really changed.
    pub counts: Counts,
    /// Calls made.
    pub calls: Calls,
    /// Records that failed; at most 1,000 are kept here, the journal has all.
    pub failed: Vec<FailedRecord>,
    /// How many records failed or were skipped, those included that are not in `failed`.
    #[serde(default)]
    pub failed_total: u64,
    /// Why it failed or was held, one English sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The same as a stable code, for readers of other languages; absent where the state says it all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// WeCom's errcode, where its answer ended the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errcode: Option<i64>,
    /// For a pull: what it found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull: Option<PullResult>,
}

impl Run {
    /// How it ended.
    pub fn ending(&self) -> Ending {
        Ending {
            state: self.state,
            ended_at_ms: self.ended_at_ms,
            message: self.message.clone(),
            code: self.code.clone(),
            errcode: self.errcode,
        }
    }

    /// Says that it has ended like this.
    pub fn end(&mut self, ending: Ending) {
        self.state = ending.state;
        self.ended_at_ms = ending.ended_at_ms;
        self.message = ending.message;
        self.code = ending.code;
        self.errcode = ending.errcode;
    }
}

/// How a run ended: that part of its row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// Where it stood.
    pub state: RunState,
    /// Unix milliseconds.
    #[serde(default)]
    pub ended_at_ms: Option<i64>,
    /// Why, one English sentence.
    #[serde(default)]
    pub message: Option<String>,
    /// The same as a stable code.
    #[serde(default)]
    pub code: Option<String>,
    /// WeCom's errcode, where its answer ended the run.
    #[serde(default)]
    pub errcode: Option<i64>,
}

/// What people have asked of a run that has not ended. Kept beside the run's row, which the run itself writes over, until
/// the run ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// To end: it does not go on by itself, whatever happens to the process.
    pub cancel: Option<CancelAsked>,
    /// To try one record again and nothing else: the run had ended before.
    pub retry: Option<RetryAsked>,
}

/// Who has cancelled a run, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelAsked {
    /// A person's name, an API key's name.
    pub by: String,
    /// Unix milliseconds.
    pub at_ms: i64,
}

/// Which record of an ended run is tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryAsked {
    /// `seq` of the change.
    pub seq: u32,
    /// How the run had ended.
    pub before: Ending,
}

/// A run without its failed records, which are only counted: for lists of many runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunBrief {
    /// Id.
    pub id: RunId,
    /// For which corp.
    pub corp: CorpKey,
    /// What.
    pub kind: RunKind,
    /// The plan that is applied.
    #[serde(default)]
    pub plan: Option<PlanId>,
    /// The run that it takes back.
    #[serde(default)]
    pub undoes: Option<RunId>,
    /// Where it stands.
    pub state: RunState,
    /// Who started it.
    pub by: String,
    /// Unix milliseconds.
    pub started_at_ms: i64,
    /// Unix milliseconds.
    #[serde(default)]
    pub ended_at_ms: Option<i64>,
    /// Steps done, failed ones included.
    pub done: u64,
    /// Steps in all.
    pub total: u64,
    /// What was really changed.
    pub counts: Counts,
    /// Calls made.
    pub calls: Calls,
    /// How many records failed or were skipped.
    #[serde(default, rename = "failed_total")]
    pub failed: u64,
    /// Why it failed or was held, one English sentence.
    #[serde(default)]
    pub message: Option<String>,
    /// For a pull: what it found.
    #[serde(default)]
    pub pull: Option<PullResult>,
}

impl From<&Run> for RunBrief {
    fn from(run: &Run) -> Self {
        Self {
            id: run.id.clone(),
            corp: run.corp.clone(),
            kind: run.kind,
            plan: run.plan.clone(),
            undoes: run.undoes.clone(),
            state: run.state,
            by: run.by.clone(),
            started_at_ms: run.started_at_ms,
            ended_at_ms: run.ended_at_ms,
            done: run.done,
            total: run.total,
            counts: run.counts.clone(),
            calls: run.calls.clone(),
            failed: run.failed_total,
            message: run.message.clone(),
            pull: run.pull.clone(),
        }
    }
}

/// Calls made by a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Calls {
    /// That only read.
    pub reads: u64,
    /// That write.
    pub writes: u64,
    /// By endpoint, `gettoken` included.
    pub by_endpoint: BTreeMap<String, u64>,
}

/// What a pull found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PullResult {
    /// How it read.
    pub strategy: super::member::ReadStrategy,
    /// Departments in the mirror.
    pub departments: u64,
    /// Members in the mirror.
    pub members: u64,
    /// New bindings.
    pub bound: u64,
    /// Cases put on the resolve list.
    pub ambiguous: u64,
    /// What could not be read.
    pub unreadable: u64,
}

/// A record that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FailedRecord {
    /// `seq` of the change.
    pub seq: u32,
    /// `member a.chen`, `department 12`
    pub subject: String,
    /// The endpoint, e.g. `user/create`.
    pub step: String,
    /// WeCom's errcode; 0 when the failure was not WeCom's answer.
    pub errcode: i64,
    /// One English sentence.
    pub message: String,
    /// Whether what refused it stands until a new plan is made: trying the record again writes nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_plan: bool,
}

/// One line of the journal: what became of one change of one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JournalEntry {
    /// The change.
    pub seq: u32,
    /// What became of it.
    pub outcome: Outcome,
    /// Unix milliseconds of the latest step.
    pub at_ms: i64,
    /// Calls made for it so far.
    pub attempts: u32,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[expect(missing_docs, reason = "the fields say what the variant means")]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Outcome {
    /// Written before the call; found after a crash it means: look first.
    Intended,
    /// WeCom accepted it and the bridge's own rows are written.
    Done,
    /// Found to be so already after an unknown outcome.
    FoundDone,
    /// Refused by WeCom or by us; `needs_plan` = trying it again writes nothing until a new plan is made.
    Failed {
        errcode: i64,
        message: String,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        needs_plan: bool,
    },
    /// Not tried because something it rests on failed.
    Skipped { because_of: u32 },
}
