//! Whether a read may be believed: half an answer must not pass for a corp that lost half its people. Values only.

use super::reading::Reading;
use crate::model::{DepartmentId, ReadStrategy, Text};
use std::collections::HashSet;

/// This many may vanish between two reads whatever the share.
const FEW: usize = 4;
/// Above [`FEW`], so many percent may vanish. WeCom's own guard of imports trips at 20 % too (doc path 90981).
const SHARE_PERCENT: usize = 20;

/// The ids of the former mirror.
#[derive(Debug, Clone, Default)]
pub struct Former {
    /// Departments.
    pub departments: HashSet<DepartmentId>,
    /// Members, folded.
    pub members: HashSet<Text>,
}

/// Refuses a read that lacks what cannot be lacking, or far more than people remove between two reads. The sentence
/// says what is odd. `accept_shrink` is a person's word that so many were really removed.
pub fn check(reading: &Reading, former: &Former, accept_shrink: bool) -> Result<(), String> {
    if reading.is_complete && !reading.departments.iter().any(|d| d.id == DepartmentId::ROOT) {
        return Err("the list of departments lacks the root department, which every corp has".into());
    }
    if reading.departments.is_empty() {
        return Err(match reading.strategy {
            ReadStrategy::Lists | ReadStrategy::Export => "no department is visible: the app's visible range must \
                contain departments, not only single members; set it in the WeCom console"
                .into(),
            ReadStrategy::IdsAndDetails | ReadStrategy::IdsOnly => "the list of departments is empty".into(),
        });
    }
    let departments: HashSet<DepartmentId> = reading.departments.iter().map(|d| d.id).collect();
    let members: HashSet<Text> = reading.members.iter().map(|m| m.userid.folded()).collect();
    let lost = [
        ("departments", former.departments.difference(&departments).count(), former.departments.len()),
        ("members", former.members.difference(&members).count(), former.members.len()),
    ];
    for (what, lost, known) in lost {
        if lost > FEW && lost * 100 > known * SHARE_PERCENT && !accept_shrink {
            return Err(format!(
                "{lost} of {known} {what} are missing from the answer. Half an answer or a changed visible range looks \
                 like that; if they were really removed in WeCom, pull again and accept the smaller list"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Department;
    use crate::sync::pull::reading::{Gaps, from_ids};

    fn reading(departments: std::ops::Range<u32>, members: std::ops::Range<u32>, is_complete: bool) -> Reading {
        let department = |id| Department {
            id: DepartmentId(id),
            parent: DepartmentId(u32::from(id != 1)),
            name: None,
            order: 0,
            leaders: Vec::new(),
        };
        Reading {
            strategy: if is_complete { ReadStrategy::IdsAndDetails } else { ReadStrategy::Lists },
            reason: String::new(),
            is_complete,
            is_full: true,
            departments: departments.map(department).collect(),
            members: members.map(|n| from_ids(format!("m{n}").as_str().into(), &[], None)).collect(),
            fresh: HashSet::new(),
            gaps: Gaps::default(),
        }
    }

    fn former(departments: std::ops::Range<u32>, members: std::ops::Range<u32>) -> Former {
        Former {
            departments: departments.map(DepartmentId).collect(),
            members: members.map(|n| format!("m{n}").into()).collect(),
        }
    }

    #[test]
    fn what_is_believed() {
        for (name, now, before, accept, want) in [
            ("first read", reading(1..2, 0..0, true), Former::default(), false, None),
            ("no root", reading(2..9, 0..9, true), Former::default(), false, Some("lacks the root")),
            ("range below the root", reading(2..9, 0..9, false), Former::default(), false, None),
            ("empty range", reading(2..2, 0..0, false), Former::default(), false, Some("no department is visible")),
            ("half the members", reading(1..9, 0..50, true), former(1..9, 0..100), false, Some("50 of 100 members")),
            ("really gone", reading(1..9, 0..50, true), former(1..9, 0..100), true, None),
            ("exactly a fifth", reading(1..9, 0..80, true), former(1..9, 0..100), false, None),
            ("one more", reading(1..9, 0..79, true), former(1..9, 0..100), false, Some("21 of 100 members")),
            ("few of few", reading(1..9, 0..1, true), former(1..9, 0..5), false, None),
            ("all of few", reading(1..9, 0..0, true), former(1..9, 0..5), false, Some("5 of 5 members")),
            ("others instead", reading(1..9, 100..200, true), former(1..9, 0..100), false, Some("100 of 100")),
            ("departments", reading(1..9, 0..9, true), former(1..30, 0..9), false, Some("21 of 29 departments")),
        ] {
            match (check(&now, &before, accept), want) {
                (Ok(()), None) => {}
                (Err(why), Some(part)) => assert!(why.contains(part), "{name}: {why}"),
                (got, _) => panic!("{name}: {got:?}"),
            }
        }
    }
}
