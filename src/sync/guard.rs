//! Guards: conditions that hold a plan until a named person allows it (PEER-01, DIR-54, BEY-05).

use crate::model::{Action, Change, GuardLimits, GuardVerdict};

/// What the guards look at besides the changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Linked members before the plan.
    pub bound_members: u64,
    /// Active employees now.
    pub source: u64,
    /// Active employees at the last applied plan.
    pub previous_source: Option<u64>,
    /// Members disabled or deleted in the last 30 days.
    pub removals_30_days: u64,
}

/// The verdicts of all guards; a guard trips when its value is over its limit.
pub fn check(limits: &GuardLimits, changes: &[Change], known: Known) -> Vec<GuardVerdict> {
    let mut members = 0_u64;
    let mut departments = 0_u64;
    for change in changes {
        match change.action {
            Action::DisableMember { .. } | Action::DeleteMember { .. } => members += 1,
            Action::DeleteDepartment { .. } => departments += 1,
            _ => {}
        }
    }
    let drop = known.previous_source.map_or(0, |previous| previous.saturating_sub(known.source));
    // rounded up, so that 10.1 % is over a limit of 10 %
    let percent = if members == 0 { 0 } else { (members * 100).div_ceil(known.bound_members.max(1)) };
    [
        ("max_removals", members, limits.max_removals),
        ("max_removal_percent", percent, limits.max_removal_percent),
        ("max_department_removals", departments, limits.max_department_removals),
        ("max_source_drop", drop, limits.max_source_drop),
        (
            "max_removals_30_days",
            if members == 0 { 0 } else { known.removals_30_days + members },
            limits.max_removals_30_days,
        ),
    ]
    .into_iter()
    .map(|(name, value, limit)| GuardVerdict {
        name: name.to_owned(),
        tripped: value > u64::from(limit),
        value,
        limit: u64::from(limit),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{MemberImage, RemovalCause, Reversible};

    fn removals(count: u32) -> Vec<Change> {
        let change = |seq| Change {
            seq,
            action: Action::DeleteMember {
                employee: None,
                userid: "a".into(),
                cause: RemovalCause::Departed,
                before: MemberImage::default(),
            },
            reason: "employee.departed".into(),
            reversible: Reversible::No,
        };
        (0..count).map(change).collect()
    }

    #[test]
    fn limits_are_inclusive() {
        let limits = GuardLimits {
            max_removals: 50,
            max_removal_percent: 10,
            max_department_removals: 0,
            max_source_drop: 100,
            max_removals_30_days: 60,
        };
        for (bound, removed, previous, recent, tripped) in [
            (1000, 50, 1000, 0, vec![]),
            (1000, 51, 1000, 0, vec!["max_removals"]),
            (100, 10, 1000, 0, vec![]),
            (100, 11, 1000, 0, vec!["max_removal_percent"]),
            (1001, 0, 1101, 500, vec![]),
            (1000, 0, 1102, 0, vec!["max_source_drop"]),
            (1000, 10, 1000, 50, vec![]),
            (1000, 10, 1000, 51, vec!["max_removals_30_days"]),
            (0, 1, 1000, 0, vec!["max_removal_percent"]),
        ] {
            let known =
                Known { bound_members: bound, source: 1001, previous_source: Some(previous), removals_30_days: recent };
            let verdicts = check(&limits, &removals(removed), known);
            let names: Vec<&str> =
                verdicts.iter().filter(|verdict| verdict.tripped).map(|verdict| verdict.name.as_str()).collect();
            assert_eq!(names, tripped, "bound {bound}, removed {removed}, previous {previous}, recent {recent}");
            assert_eq!(verdicts.len(), 5);
        }
    }
}
