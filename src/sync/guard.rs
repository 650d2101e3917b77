//! Guards: conditions that hold a plan until a named person allows it (PEER-01, DIR-54, BEY-05).

use crate::model::{Action, Change, GuardLimits, GuardVerdict};

/// What the guards look at besides the changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Known {
    /// Linked members before the plan, without those that the bridge has disabled: they would water a percentage down.
    pub bound_members: u64,
    /// Active employees now.
    pub source: u64,
    /// Active employees at the last applied plan.
    pub previous_source: Option<u64>,
    /// Members disabled or deleted in the last 30 days.
    pub removals_30_days: u64,
    /// Linked members that move, in percent.
    pub moves_percent: u64,
    /// Values that are cleared, in percent, of the field that loses most.
    pub cleared_percent: u64,
    /// Names, mobiles and e-mail addresses that become other ones, in percent of the known ones of linked members.
    pub changed_percent: [u64; 3],
    /// Departments that are deleted, in percent of the linked ones.
    pub deleted_departments_percent: u64,
    /// Members created by this plan and in the last 30 days, and how many WeCom allows; `None` = the account limit is not
    /// known.
    pub creations: Option<(u64, u64)>,
    /// Linked members whose name, mobile or e-mail address is overwritten although nobody knows what it is now.
    pub unseen: u64,
    /// Creations of people who may be among the unlinked members that cannot be read in detail.
    pub unread_creations: u64,
    /// Departments that get another name, in percent of the linked ones.
    pub renamed_departments_percent: u64,
    /// Heads who lead their department no more, in percent.
    pub changed_heads_percent: u64,
    /// Whether an undo was applied, and nobody has looked at a plan since.
    pub is_after_undo: bool,
    /// WeCom's clock minus ours, in seconds; `None` = WeCom did not say.
    pub clock_skew_s: Option<i64>,
    /// Members that an undo takes away although they have, or may have, activated WeCom since they were created; `None` =
    /// no undo.
    pub undone_activated: Option<u64>,
}

/// So many people are overwritten unseen at most: a first sync of more is looked at by a person.
const UNSEEN_MAX: u64 = 20;
/// So many people are created at most while they may be there already and cannot be told.
const UNREAD_CREATIONS_MAX: u64 = 4;
/// Another name for more departments is a column that slipped.
const RENAMED_DEPARTMENTS_PERCENT_MAX: u64 = 30;
/// The same of the column of heads.
const CHANGED_HEADS_PERCENT_MAX: u64 = 50;
/// A clock that is wrong by more minutes tells nobody when a disabled member is to be deleted.
pub(crate) const CLOCK_MINUTES_MAX: u64 = 5;

/// The verdicts of all guards; a guard trips when its value is over its limit. A guard that is switched off, or that does
/// not concern the plan, has none.
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
    let in_30_days = if members == 0 { 0 } else { known.removals_30_days + members };
    let skew_minutes = known.clock_skew_s.filter(|_| members > 0).map(|skew_s| skew_s.unsigned_abs() / 60);
    let [names, mobiles, emails] = known.changed_percent;
    let if_any = |value: u64, limit: u64| (value > 0).then_some(limit);
    let after_undo = if known.is_after_undo { changes.len() as u64 } else { 0 };
    let or_off = |limit: u32| (limit > 0).then_some(u64::from(limit));
    [
        ("max_removals", members, Some(u64::from(limits.max_removals))),
        ("max_removal_percent", percent, Some(u64::from(limits.max_removal_percent))),
        ("max_department_removals", departments, Some(u64::from(limits.max_department_removals))),
        (
            "max_department_removal_percent",
            known.deleted_departments_percent,
            or_off(limits.max_department_removal_percent),
        ),
        ("max_source_drop", drop, Some(u64::from(limits.max_source_drop))),
        ("max_removals_30_days", in_30_days, Some(u64::from(limits.max_removals_30_days))),
        ("max_moves_percent", known.moves_percent, or_off(limits.max_moves_percent)),
        ("max_cleared_fields_percent", known.cleared_percent, or_off(limits.max_cleared_fields_percent)),
        ("max_changed_names_percent", names, or_off(limits.max_changed_names_percent)),
        ("max_changed_mobiles_percent", mobiles, or_off(limits.max_changed_mobiles_percent)),
        ("max_changed_emails_percent", emails, or_off(limits.max_changed_emails_percent)),
        ("max_creations_30_days", known.creations.map_or(0, |(count, _)| count), known.creations.map(|(_, cap)| cap)),
        ("unseen_identities", known.unseen, if_any(known.unseen, UNSEEN_MAX)),
        ("unread_creations", known.unread_creations, if_any(known.unread_creations, UNREAD_CREATIONS_MAX)),
        (
            "renamed_departments_percent",
            known.renamed_departments_percent,
            if_any(known.renamed_departments_percent, RENAMED_DEPARTMENTS_PERCENT_MAX),
        ),
        (
            "changed_heads_percent",
            known.changed_heads_percent,
            if_any(known.changed_heads_percent, CHANGED_HEADS_PERCENT_MAX),
        ),
        ("after_undo", after_undo, if_any(after_undo, 0)),
        ("clock_minutes_apart", skew_minutes.unwrap_or(0), skew_minutes.map(|_| CLOCK_MINUTES_MAX)),
        ("undo_activated_members", known.undone_activated.unwrap_or(0), known.undone_activated.map(|_| 0)),
    ]
    .into_iter()
    .filter_map(|(name, value, limit)| {
        let limit = limit?;
        Some(GuardVerdict { name: name.to_owned(), tripped: value > limit, value, limit })
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

    fn tripped(limits: &GuardLimits, changes: &[Change], known: Known) -> Vec<String> {
        check(limits, changes, known)
            .into_iter()
            .filter(|verdict| verdict.tripped)
            .map(|verdict| verdict.name)
            .collect()
    }

    #[test]
    fn limits_are_inclusive() {
        let limits = GuardLimits {
            max_removals: 50,
            max_removal_percent: 10,
            max_department_removals: 0,
            max_source_drop: 100,
            max_removals_30_days: 60,
            ..GuardLimits::default()
        };
        for (bound, removed, previous, recent, want) in [
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
            let known = Known {
                bound_members: bound,
                source: 1001,
                previous_source: Some(previous),
                removals_30_days: recent,
                ..Known::default()
            };
            let got = tripped(&limits, &removals(removed), known);
            assert_eq!(got, want, "bound {bound}, removed {removed}, previous {previous}, recent {recent}");
            assert_eq!(check(&limits, &[], known).len(), 11);
        }
    }

    #[test]
    fn a_wrong_clock_removes_nobody() {
        let limits = GuardLimits { max_removal_percent: 100, ..GuardLimits::default() };
        let apart = |skew_s, removed| {
            let known = Known { bound_members: 100, clock_skew_s: skew_s, ..Known::default() };
            tripped(&limits, &removals(removed), known)
        };
        for skew_s in [Some(0), Some(359), Some(-359), None] {
            assert_eq!(apart(skew_s, 1), Vec::<String>::new(), "{skew_s:?}");
        }
        for skew_s in [Some(360), Some(-360), Some(i64::MIN)] {
            assert_eq!(apart(skew_s, 1), ["clock_minutes_apart"], "{skew_s:?}");
            assert_eq!(apart(skew_s, 0), Vec::<String>::new(), "whoever nobody leaves needs no clock: {skew_s:?}");
        }
    }

    #[test]
    fn the_guards_that_can_be_off_or_do_not_concern_every_plan() {
        let limits = GuardLimits {
            max_moves_percent: 50,
            max_cleared_fields_percent: 30,
            max_department_removal_percent: 20,
            ..GuardLimits::default()
        };
        let at = Known {
            moves_percent: 50,
            cleared_percent: 30,
            changed_percent: [30, 30, 30],
            deleted_departments_percent: 20,
            creations: Some((300, 300)),
            undone_activated: Some(0),
            ..Known::default()
        };
        assert_eq!(tripped(&limits, &[], at), Vec::<String>::new());
        let over = Known {
            moves_percent: 51,
            cleared_percent: 31,
            changed_percent: [31, 31, 31],
            deleted_departments_percent: 21,
            creations: Some((301, 300)),
            undone_activated: Some(1),
            ..Known::default()
        };
        let all = [
            "max_department_removal_percent",
            "max_moves_percent",
            "max_cleared_fields_percent",
            "max_changed_names_percent",
            "max_changed_mobiles_percent",
            "max_changed_emails_percent",
            "max_creations_30_days",
            "undo_activated_members",
        ];
        assert_eq!(tripped(&limits, &[], over), all);
        let off = GuardLimits {
            max_moves_percent: 0,
            max_cleared_fields_percent: 0,
            max_department_removal_percent: 0,
            max_changed_names_percent: 0,
            max_changed_mobiles_percent: 0,
            max_changed_emails_percent: 0,
            ..limits
        };
        let unknown = Known { creations: None, undone_activated: None, ..over };
        let verdicts = check(&off, &[], unknown);
        let names: Vec<&str> = verdicts.iter().map(|verdict| verdict.name.as_str()).collect();
        assert!(all.iter().all(|name| !names.contains(name)), "{names:?}");
    }
}
