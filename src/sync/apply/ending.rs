//! How a run ends: its state and the sentence that says why. Values only.

use crate::model::{Ending, JournalEntry, Outcome, Run, RunState};
use crate::sync::error::SyncError;
use crate::sync::progress::Interruption;
use crate::wecom::CallError;

/// Why the rest of a run is not tried.
#[derive(Debug)]
pub enum Trouble {
    /// Every further call would fail alike.
    Call(CallError),
    /// Refusal after refusal, of the same kind.
    Streak {
        /// WeCom's number.
        errcode: i64,
        /// How many there were.
        count: u32,
    },
    /// The settings do not allow it any more; the sentence says which.
    Halted(String),
    /// WeCom is not what the plan saw and has made of it.
    Drift(SyncError),
}

/// Where the records of a run stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Without an outcome.
    pub open: usize,
    /// Failed and skipped ones.
    pub failed: u64,
    /// Done ones.
    pub succeeded: u64,
    /// All.
    pub total: u64,
}

/// State and sentence of a run that stops now. "Running" = the appliance stops, and the run goes on at the next start.
pub fn of(
    trouble: Option<&Trouble>,
    interruption: Option<Interruption>,
    standing: Standing,
) -> (RunState, Option<String>) {
    let Standing { open, failed, succeeded, total } = standing;
    let interruption = interruption.filter(|_| open > 0);
    match (trouble, interruption) {
        (Some(Trouble::Call(cause)), _) => {
            let error = SyncError::Stopped { step: cause.endpoint, cause: Box::new(cause.clone()) };
            (RunState::Failed, Some(error.to_string()))
        }
        (Some(Trouble::Streak { errcode, count }), _) => {
            let message = format!(
                "stopped after {count} refusals in a row with errcode {errcode}, for the next ones would fail alike; \
                 the failed records tell the cause"
            );
            (RunState::Failed, Some(message))
        }
        (Some(Trouble::Halted(why)), _) => {
            let message = format!(
                "stopped between two records, {open} of {total} were not tried: {why}. What was done stays done; the \
                 run can be resumed when the settings are again those that its plan was made with"
            );
            (RunState::Cancelled, Some(message))
        }
        (Some(Trouble::Drift(error)), _) => (RunState::Failed, Some(error.to_string())),
        (None, Some(Interruption::Stopping)) => (RunState::Running, None),
        (None, Some(Interruption::Cancelled)) => {
            (RunState::Cancelled, Some("cancelled; what was done stays done".to_owned()))
        }
        // a record was tried again while others wait: the run is not done
        (None, None) if open > 0 => {
            (RunState::Failed, Some(format!("{open} of {total} records were not tried yet: resume the run")))
        }
        (None, None) if failed > 0 => {
            let state = if succeeded == 0 { RunState::Failed } else { RunState::Partly };
            (state, Some(format!("{failed} of {total} records failed")))
        }
        (None, None) => (RunState::Done, None),
    }
}

/// How a run ends of which only one record was tried again when the appliance stopped: never as under way, for the rest of
/// it is not to be done at the next start. `before` = how it had ended before.
pub fn of_retry(before: Ending, standing: Standing, now_ms: i64) -> Ending {
    // why the rest was not tried has not changed
    if standing.open > 0 && matches!(before.state, RunState::Failed | RunState::Cancelled) {
        return before;
    }
    let (state, message) = of(None, None, standing);
    let (code, errcode) = code(None, None, standing);
    Ending { state, ended_at_ms: Some(now_ms), message, code, errcode }
}

/// Ends a run of which one record was being tried again when the process died, by what its journal says.
pub(crate) fn end_retry(run: &mut Run, before: Ending, journal: &[JournalEntry], now_ms: i64) {
    let count = |is: fn(&Outcome) -> bool| journal.iter().filter(|entry| is(&entry.outcome)).count() as u64;
    let failed = count(|outcome| matches!(outcome, Outcome::Failed { .. } | Outcome::Skipped { .. }));
    let succeeded = count(|outcome| matches!(outcome, Outcome::Done | Outcome::FoundDone));
    let open = usize::try_from(run.total.saturating_sub(failed + succeeded)).unwrap_or(usize::MAX);
    run.end(of_retry(before, Standing { open, failed, succeeded, total: run.total }, now_ms));
}

/// The stable code of why a run stops, and WeCom's errcode where one was answered.
pub fn code(
    trouble: Option<&Trouble>,
    interruption: Option<Interruption>,
    standing: Standing,
) -> (Option<String>, Option<i64>) {
    match trouble {
        Some(Trouble::Call(cause)) => {
            let stopped = SyncError::Stopped { step: cause.endpoint, cause: Box::new(cause.clone()) };
            (Some(stopped.code().to_owned()), cause.refusal().map(|refusal| refusal.errcode))
        }
        Some(Trouble::Streak { errcode, .. }) => (Some("run.streak".into()), Some(*errcode)),
        Some(Trouble::Halted(_)) => (Some("run.halted".into()), None),
        Some(Trouble::Drift(error)) => (Some(error.code().to_owned()), None),
        None if standing.open > 0 && interruption.is_none() => (Some("run.not_tried".into()), None),
        None => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_runs_end() {
        let standing = |open, failed, succeeded| Standing { open, failed, succeeded, total: 9 };
        let halted = Trouble::Halted("switched off".into());
        let streak = Trouble::Streak { errcode: 45024, count: 20 };
        for (trouble, interruption, standing, state, part) in [
            (None, None, standing(0, 0, 9), RunState::Done, ""),
            (None, None, standing(0, 2, 7), RunState::Partly, "2 of 9 records failed"),
            (None, None, standing(0, 9, 0), RunState::Failed, "9 of 9 records failed"),
            (None, None, standing(3, 1, 5), RunState::Failed, "3 of 9 records were not tried yet"),
            (None, Some(Interruption::Cancelled), standing(3, 0, 6), RunState::Cancelled, "cancelled"),
            (None, Some(Interruption::Cancelled), standing(0, 0, 9), RunState::Done, ""),
            (None, Some(Interruption::Stopping), standing(3, 0, 6), RunState::Running, ""),
            (Some(&halted), Some(Interruption::Stopping), standing(3, 0, 6), RunState::Cancelled, "switched off"),
            (Some(&streak), None, standing(3, 6, 0), RunState::Failed, "20 refusals in a row"),
        ] {
            let (got, message) = of(trouble, interruption, standing);
            assert_eq!(got, state, "{trouble:?} {interruption:?} {standing:?}");
            assert!(message.unwrap_or_default().contains(part), "{trouble:?} {interruption:?} {standing:?}");
        }
    }

    #[test]
    fn a_retry_that_is_interrupted_leaves_an_ended_run() {
        use RunState::{Cancelled, Done, Failed, Partly};
        for (before, open, failed, succeeded, state, part) in [
            (Cancelled, 3, 0, 6, Cancelled, "as before"),
            (Failed, 3, 1, 5, Failed, "as before"),
            // the record itself is in doubt or was not begun: the run can be resumed, and looks at it
            (Partly, 1, 0, 8, Failed, "1 of 9 records were not tried yet"),
            (Partly, 0, 1, 8, Partly, "1 of 9 records failed"),
            (Partly, 0, 0, 9, Done, ""),
            (Failed, 0, 0, 9, Done, ""),
        ] {
            let before = Ending {
                state: before,
                ended_at_ms: Some(1),
                message: Some("as before".into()),
                code: None,
                errcode: None,
            };
            let got = of_retry(before.clone(), Standing { open, failed, succeeded, total: 9 }, 2);
            assert_eq!(got.state, state, "{before:?} {open} {failed}");
            assert!(got.message.unwrap_or_default().contains(part), "{before:?} {open} {failed}");
            assert_eq!(got.ended_at_ms, Some(if part == "as before" { 1 } else { 2 }));
        }
    }
}
