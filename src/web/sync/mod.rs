//! The main job: preview, decide, follow, explain. Every page calls the service that the API and the commands call.

pub(super) mod cards;
mod decisions;
mod explain;
mod hub;
mod plan;
mod run;
mod runs;

use super::routes::Routes;
use crate::locale::T;
use crate::model::{PlanState, RunState};

pub(super) fn routes(routes: &mut Routes) {
    hub::routes(routes);
    plan::routes(routes);
    decisions::routes(routes);
    run::routes(routes);
    runs::routes(routes);
    explain::routes(routes);
}

/// Class of a plan's badge.
fn plan_tone(state: PlanState) -> &'static str {
    match state {
        PlanState::Ready | PlanState::Allowed => "good",
        PlanState::Held => "warn",
        PlanState::Rejected => "",
        PlanState::Taken => "info",
        PlanState::Refused => "bad",
    }
}

/// Class of a run's badge.
fn run_tone(state: RunState) -> &'static str {
    match state {
        RunState::Running => "info",
        RunState::Done => "good",
        RunState::Partly | RunState::Held => "warn",
        RunState::Failed => "bad",
        RunState::Cancelled | RunState::Rejected => "",
    }
}

/// A choice of a filter: code, text.
type Choice = (String, String);

/// The first choice of every filter: no restriction.
fn any(t: T, label: &str) -> Choice {
    (String::new(), format!("{label}{}{}", t.sync_colon(), t.all()))
}
