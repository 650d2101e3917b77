//! The shapes that `--json` promises (design section 6). Further fields may be added; these keep their names.

mod plan;
mod run;

pub use plan::{ChangeReport, ChangesPage, PlanReport, PlanRow};
pub(crate) use run::exit_of;
pub use run::{CallsReport, PullReport, RunReport, SyncReport};

use chrono::{DateTime, SecondsFormat, Utc};

/// Unix milliseconds as `2026-01-31T08:00:00Z`.
pub fn time_text(at_ms: i64) -> String {
    DateTime::<Utc>::from_timestamp_millis(at_ms)
        .map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true))
        .unwrap_or_default()
}
