//! Everything that can go wrong between a trigger and the end of a run, worded so that an administrator knows what to
//! do. WeCom's refusals are carried as the cause; their numbers are not known here.

use super::input::PlanRefusal;
use crate::model::{CorpKey, EmployeeId, PlanId, PlanState, RunId, RunState};
use crate::store::StoreError;
use crate::wecom::CallError;

/// Code of a run that was refused, because its plan does not follow from the directory any more.
pub(crate) const DIRECTORY_CHANGED: &str = "sync.directory_changed";

/// Why the engine refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// There is no such corp.
    #[error(
        "there is no corp {0}: `wecom-bridge export --redact` shows the corps; connect one first where there is none"
    )]
    NoCorp(CorpKey),
    /// There is no such plan, or it has expired and was removed.
    #[error("there is no plan {0}: plans are kept until they expire; make a new one")]
    NoPlan(PlanId),
    /// There is no such run.
    #[error("there is no run {0}")]
    NoRun(RunId),
    /// A run is over.
    #[error("run {run} has ended already ({state}); there is nothing to cancel", state = ending_text(*state))]
    Ended {
        /// The run.
        run: RunId,
        /// How it ended.
        state: RunState,
    },
    /// Nobody of this id is in the directory or linked.
    #[error("the directory of the corp {corp} has no employee {employee}")]
    NoEmployee {
        /// The corp.
        corp: CorpKey,
        /// The id asked for.
        employee: EmployeeId,
    },
    /// A run has no such record, or it is in no state for what was asked.
    #[error("record {seq} of run {run} cannot be retried: {why}")]
    NoRetry {
        /// The run.
        run: RunId,
        /// The record.
        seq: u32,
        /// Why.
        why: String,
    },
    /// A run cannot go on.
    #[error("run {run} cannot go on: {why}")]
    NoResume {
        /// The run.
        run: RunId,
        /// Why.
        why: String,
    },
    /// A run cannot be undone.
    #[error("run {run} cannot be undone: {why}")]
    NoUndo {
        /// The run.
        run: RunId,
        /// Why.
        why: String,
    },
    /// Something else is at work on the corp (PEER-12).
    #[error("corp {corp} is busy: {what} has been under way since {since} (started by {by}); wait for it or cancel it")]
    Busy {
        /// The corp.
        corp: CorpKey,
        /// What is under way, e.g. `run 0190…`.
        what: String,
        /// Who started it.
        by: String,
        /// When, UTC.
        since: String,
    },
    /// The corp is read-only (DIR-06).
    #[error("corp {0} is set to read-only: nothing is written to WeCom; set access to read-write to allow it")]
    ReadOnly(CorpKey),
    /// Downstream is off.
    #[error("writing to WeCom is switched off for corp {0}: switch on downstream.enabled")]
    NotEnabled(CorpKey),
    /// Nothing to read or write with.
    #[error("corp {corp} cannot be read: {why}")]
    NotConfigured {
        /// The corp.
        corp: CorpKey,
        /// What is missing and where to set it.
        why: String,
    },
    /// The plan is in no state to be applied or decided about.
    #[error("plan {plan} cannot be {doing}: it is {state}", state = state_text(*state))]
    WrongState {
        /// The plan.
        plan: PlanId,
        /// `applied`, `allowed`, `rejected`
        doing: &'static str,
        /// Where it stands.
        state: PlanState,
    },
    /// A decision needs a reason.
    #[error("a decision about plan {0} needs a reason: it is kept in the audit log")]
    NoReason(PlanId),
    /// Two people must allow the plan, and this is not another one.
    #[error("plan {plan} removes people and is allowed by two administrators who have not made it: {why}")]
    SecondPerson {
        /// The plan.
        plan: PlanId,
        /// Why this person cannot, and who can.
        why: String,
    },
    /// The plan is too old.
    #[error("plan {plan} expired at {at}: make a new one")]
    Expired {
        /// The plan.
        plan: PlanId,
        /// When, UTC.
        at: String,
    },
    /// The settings are not those that the plan was made with.
    #[error("the settings of the corp have changed since plan {0} was made: make a new one")]
    OptionsChanged(PlanId),
    /// The target is not what the plan saw.
    #[error(
        "WeCom has changed since plan {plan} was made ({total} differences, first {first}): {written}; make a new plan",
        written = if *has_written { "the rest of it was not written" } else { "nothing was written" }
    )]
    Drift {
        /// The plan.
        plan: PlanId,
        /// What differs, one sentence each, at most 20.
        differences: Vec<String>,
        /// The first of them.
        first: String,
        /// How many there are.
        total: usize,
        /// Whether a part of the plan had been written before.
        has_written: bool,
    },
    /// The directory does not say any more what the plan was made from.
    #[error(
        "the directory has changed since plan {plan} was made, and {total} of its changes do not follow from it any more \
         (first {first}): {written}; make a new plan",
        written = if *has_written { "the rest of it was not written" } else { "nothing was written" }
    )]
    DirectoryChanged {
        /// The plan.
        plan: PlanId,
        /// Which changes, one sentence each, at most 20.
        differences: Vec<String>,
        /// The first of them.
        first: String,
        /// How many there are.
        total: usize,
        /// Whether a part of the plan had been written before.
        has_written: bool,
    },
    /// A run of the corp was interrupted and waits for a decision.
    #[error(
        "run {run} of corp {corp} was interrupted (begun {since} by {by}) and has written a part of its plan: resume it \
         (`wecom-bridge runs retry {run}`) or give it up (`wecom-bridge runs cancel {run}`) before anything else is \
         written"
    )]
    Interrupted {
        /// The corp.
        corp: CorpKey,
        /// The interrupted run.
        run: RunId,
        /// Who started it.
        by: String,
        /// When, UTC.
        since: String,
    },
    /// An import of another run has not ended.
    #[error(
        "run {run} of corp {corp} ended while WeCom was at work on its import (handed over {since}), and WeCom still is: \
         its rows would come over what is written now; nothing was written, try again later"
    )]
    ImportUnderWay {
        /// The corp.
        corp: CorpKey,
        /// The run that has left it.
        run: RunId,
        /// When it was handed over, UTC.
        since: String,
    },
    /// WeCom could not be read; the mirror is as it was.
    #[error("reading WeCom failed ({step}); the former data is kept: {cause}")]
    Read {
        /// What was read, e.g. `the list of departments`.
        step: &'static str,
        /// Why.
        #[source]
        cause: Box<CallError>,
    },
    /// What was read cannot be true; the mirror is as it was.
    #[error("what WeCom answered is not believed, and the former data is kept: {why}")]
    Suspicious {
        /// What is odd about it and what to do.
        why: String,
    },
    /// Writing stopped half way; the run can be resumed.
    #[error("writing stopped ({step}) and can be resumed: {cause}")]
    Stopped {
        /// The endpoint.
        step: &'static str,
        /// Why.
        #[source]
        cause: Box<CallError>,
    },
    /// The directory is half an old one and half a new one.
    #[error(
        "the import of {source_name} has begun to write the directory and has not ended: wait for it, or run it again; \
         nothing is planned with half an import"
    )]
    DirectoryUnfinished {
        /// The file.
        source_name: String,
    },
    /// The directory cannot be planned with.
    #[error("{0}")]
    Plan(#[from] PlanRefusal),
    /// A binding is refused.
    #[error("{0}")]
    Binding(String),
    /// A binding file is refused.
    #[error("the binding file cannot be used: {0}")]
    BindingFile(String),
    /// A binding file would link others by now than its preview showed.
    #[error(
        "links, people or members have changed since the preview, so the file would link others; nothing was linked"
    )]
    LinksChanged,
    /// A person cancelled it.
    #[error("cancelled")]
    Cancelled,
    /// The appliance is about to stop.
    #[error("the appliance is stopping; start again when it is back")]
    Stopping,
    /// A computation ended by a bug.
    #[error("a computation ended by a bug: {0}")]
    Bug(String),
    /// The store.
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl SyncError {
    /// A read that failed.
    pub(crate) fn read(step: &'static str, cause: CallError) -> Self {
        Self::Read { step, cause: Box::new(cause) }
    }

    /// A stable code for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoCorp(_) => "sync.no_corp",
            Self::NoPlan(_) => "sync.no_plan",
            Self::NoRun(_) => "sync.no_run",
            Self::Ended { .. } => "run.ended",
            Self::NoEmployee { .. } => "sync.no_employee",
            Self::NoRetry { .. } => "sync.no_retry",
            Self::NoResume { .. } => "sync.no_resume",
            Self::NoUndo { .. } => "sync.no_undo",
            Self::Busy { .. } => "sync.running",
            Self::ReadOnly(_) => "sync.read_only",
            Self::NotEnabled(_) => "sync.not_enabled",
            Self::NotConfigured { .. } => "sync.not_configured",
            Self::WrongState { .. } => "sync.wrong_state",
            Self::NoReason(_) => "sync.no_reason",
            Self::SecondPerson { .. } => "sync.second_person",
            Self::Expired { .. } => "sync.expired",
            Self::OptionsChanged(_) => "sync.options_changed",
            Self::Drift { .. } => "sync.drift",
            Self::DirectoryChanged { .. } => DIRECTORY_CHANGED,
            Self::Interrupted { .. } => "sync.interrupted",
            Self::ImportUnderWay { .. } => "sync.import_under_way",
            Self::Read { .. } => "sync.read_failed",
            Self::Suspicious { .. } => "sync.suspicious_read",
            Self::Stopped { .. } => "sync.stopped",
            Self::DirectoryUnfinished { .. } => "sync.directory_unfinished",
            Self::Plan(_) => "sync.plan_refused",
            Self::Binding(_) => "binding.refused",
            Self::BindingFile(_) => "binding.bad_file",
            Self::LinksChanged => "binding.changed",
            Self::Cancelled => "sync.cancelled",
            Self::Stopping => "sync.stopping",
            Self::Bug(_) => "sync.bug",
            Self::Store(_) => "store.failed",
        }
    }
}

fn state_text(state: PlanState) -> &'static str {
    match state {
        PlanState::Ready => "ready, no decision is needed",
        PlanState::Held => "held by a guard, decide about it first",
        PlanState::Allowed => "already allowed",
        PlanState::Rejected => "rejected",
        PlanState::Taken => "already taken by a run",
        PlanState::Refused => "refused, because it breaks an invariant",
    }
}

fn ending_text(state: RunState) -> &'static str {
    match state {
        RunState::Running => "under way",
        RunState::Done => "done",
        RunState::Partly => "done but for some records",
        RunState::Failed => "failed",
        RunState::Held => "held by a guard",
        RunState::Cancelled => "cancelled",
        RunState::Rejected => "held by a guard, and its plan was rejected",
    }
}

/// A moment as people read it.
pub(crate) fn utc(at_ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(at_ms)
        .map_or_else(|| at_ms.to_string(), |at| at.format("%Y-%m-%d %H:%M:%S UTC").to_string())
}
