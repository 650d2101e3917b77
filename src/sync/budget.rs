//! What applying costs (BEY-03): calls by endpoint, seconds under the corp's quota, and how the calls are made.

pub mod import;

use super::input::{Look, PlanInput};
use crate::model::{Action, BatchShare, Budget, Change, Quota};
use std::collections::BTreeMap;

/// The endpoint that a change calls when it goes by itself; `None` for changes of our own rows only.
pub fn endpoint(action: &Action) -> Option<&'static str> {
    Some(match action {
        Action::CreateDepartment { .. } | Action::CreateDisabledDepartment { .. } => "department/create",
        Action::UpdateDepartment { .. } => "department/update",
        Action::DeleteDepartment { .. } => "department/delete",
        Action::CreateMember { .. } => "user/create",
        Action::UpdateMember { .. } | Action::DisableMember { .. } | Action::EnableMember { .. } => "user/update",
        Action::DeleteMember { .. } => "user/delete",
        Action::BindDepartment { .. }
        | Action::UnbindDepartment { .. }
        | Action::BindMember { .. }
        | Action::UnbindMember { .. }
        | Action::RecordRemoval { .. } => return None,
    })
}

/// How the calls of a plan are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// One call per change.
    PerObject,
    /// New members by import files as far as these can carry them, the rest with one call per change.
    Batch,
}

impl Strategy {
    /// As [`Budget::strategy`] spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::PerObject => "per_object",
            Self::Batch => "batch",
        }
    }

    /// Whether a stored budget says this.
    pub fn is_of(self, budget: &Budget) -> bool {
        budget.strategy == self.name()
    }
}

/// A typical answer takes this long; only the finish time depends on it.
const CALL_MS: u64 = 80;
/// Rows of the id list in one answer (doc path 96067).
const ID_ROWS: u64 = 10_000;
/// What a file takes before WeCom begins with its rows and after it has ended: looks, upload, waiting. A guess.
const FILE_S: u64 = 3;
/// How many rows of a file WeCom gets through in a second. A guess, for WeCom does not say; only the finish time
/// depends on it.
const FILE_ROWS_PER_S: u64 = 200;
/// How often the result of a file is asked for, as a rule.
const FILE_POLLS: u64 = 3;

/// Seconds that `calls` of one API take at least under a quota with `parallel` calls at once.
///
/// Each window admits its number of calls at once, then the next window must begin.
pub fn seconds(calls: u64, quota: &Quota, parallel: u64) -> u64 {
    if calls == 0 {
        return 0;
    }
    let per_hour = u64::from(quota.calls_per_hour.max(1));
    let per_minute = u64::from(quota.calls_per_minute.max(1));
    let hours = (calls - 1) / per_hour;
    let rest = calls - hours * per_hour;
    let minutes = (rest - 1) / per_minute;
    let waiting = hours * 3600 + minutes * 60;
    let working = (calls * CALL_MS).div_ceil(parallel.max(1)).div_ceil(1000);
    waiting.max(working)
}

/// The budget of a plan made from `input`; `looks` are the calls that compare before the first one that writes.
pub fn estimate(input: &PlanInput<'_>, changes: &[Change], looks: u64) -> Budget {
    let quota = &input.corp.quota;
    let terms =
        import::Terms { edition: input.corp.edition, quota, can_look: input.facts.look == Look::Ids { details: true } };
    let choice = import::choose(changes, terms);
    let mut by_endpoint: BTreeMap<String, u64> = BTreeMap::new();
    let mut creates = 0;
    for change in changes {
        if let Some(endpoint) = endpoint(&change.action) {
            *by_endpoint.entry(endpoint.to_owned()).or_default() += 1;
        }
        creates += u64::from(matches!(change.action, Action::CreateMember { .. }));
    }
    let by_file = choice.share.as_ref().filter(|share| share.files > 0);
    let memberships: usize = input.members.iter().map(|member| member.memberships.len()).sum();
    // the department list and the pages of member ids
    let pages = |memberships: u64| 1 + memberships.div_ceil(ID_ROWS).max(1);
    let mut reads = looks;
    if let Some(share) = by_file {
        move_to_files(&mut by_endpoint, share);
        // before each file everybody's id, after it the details of those in it
        let present = memberships as u64 + share.members / 2;
        reads += share.files * (pages(present) + FILE_POLLS + 1);
    }
    let calls: u64 = by_endpoint.values().sum();
    let single_s: u64 = by_endpoint
        .iter()
        .map(|(endpoint, calls)| {
            // departments are written one after the other (doc path 90205)
            let parallel = if endpoint.starts_with("department/") { 1 } else { u64::from(quota.concurrency) };
            seconds(*calls, quota, parallel)
        })
        .sum();
    let files_s = by_file.map_or(0, |share| share.files * FILE_S + share.members.div_ceil(FILE_ROWS_PER_S));
    Budget {
        calls,
        by_endpoint,
        reads,
        estimated_s: single_s + files_s,
        strategy: choice.strategy.name().to_owned(),
        strategy_reason: choice.reason.to_owned(),
        batch: choice.share,
        creations_30_days: input.facts.creations_30_days + creates,
        creation_cap: quota.creation_cap(),
    }
}

/// Counts a file's two calls instead of the single creations it replaces.
fn move_to_files(by_endpoint: &mut BTreeMap<String, u64>, share: &BatchShare) {
    let single = by_endpoint.remove("user/create").unwrap_or_default().saturating_sub(share.members);
    if single > 0 {
        by_endpoint.insert("user/create".to_owned(), single);
    }
    for endpoint in ["media/upload", "batch/syncuser"] {
        by_endpoint.insert(endpoint.to_owned(), share.files);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows() {
        let quota = Quota { calls_per_minute: 10_000, calls_per_hour: 150_000, concurrency: 10, ..Quota::default() };
        let fast = 1_000_000;
        for (calls, parallel, expected) in [
            (0, fast, 0),
            (1, fast, 1),
            (10_000, fast, 1),
            (10_001, fast, 60),
            (100_000, fast, 540),
            (150_000, fast, 840),
            (150_001, fast, 3_600),
            (1_000, 10, 8),
        ] {
            assert_eq!(seconds(calls, &quota, parallel), expected, "{calls} calls, {parallel} at once");
        }
    }
}
