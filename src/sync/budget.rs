//! What applying costs (BEY-03): calls by endpoint, seconds under the corp's quota, and how the calls are made.

use crate::model::{Action, Budget, Change, Quota};
use std::collections::BTreeMap;

/// The endpoint that a change calls; `None` for changes of our own rows only.
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

/// How the calls of a plan are made, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// One call per change.
    PerObject,
}

impl Strategy {
    /// As [`Budget::strategy`] spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::PerObject => "per_object",
        }
    }
}

/// Chooses how the calls are made; used by the budget and by the engine, so that both agree.
pub fn choose_strategy(changes: &[Change]) -> (Strategy, &'static str) {
    let creates = changes.iter().filter(|change| matches!(change.action, Action::CreateMember { .. })).count();
    if creates == 0 {
        (Strategy::PerObject, "nobody is created; single calls change exactly what differs")
    } else {
        (Strategy::PerObject, "every record gets its own answer, can be retried alone and is never created twice")
    }
}

/// A typical answer takes this long; only the finish time depends on it.
const CALL_MS: u64 = 80;

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

/// The budget of a plan.
pub fn estimate(changes: &[Change], quota: &Quota, mirrored_memberships: u64, creations_30_days: u64) -> Budget {
    let mut by_endpoint: BTreeMap<String, u64> = BTreeMap::new();
    let mut creates = 0;
    for change in changes {
        if let Some(endpoint) = endpoint(&change.action) {
            *by_endpoint.entry(endpoint.to_owned()).or_default() += 1;
        }
        creates += u64::from(matches!(change.action, Action::CreateMember { .. }));
    }
    let calls: u64 = by_endpoint.values().sum();
    let estimated_s = by_endpoint
        .iter()
        .map(|(endpoint, calls)| {
            // departments are written one after the other (doc path 90205)
            let parallel = if endpoint.starts_with("department/") { 1 } else { u64::from(quota.concurrency) };
            seconds(*calls, quota, parallel)
        })
        .sum();
    let (strategy, reason) = choose_strategy(changes);
    Budget {
        calls,
        by_endpoint,
        // the look before writing: the department list and the pages of member ids
        reads: if calls == 0 { 0 } else { 1 + mirrored_memberships.div_ceil(10_000).max(1) },
        estimated_s,
        strategy: strategy.name().to_owned(),
        strategy_reason: reason.to_owned(),
        creations_30_days: creations_30_days + creates,
        creation_cap: quota.creation_cap(),
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
