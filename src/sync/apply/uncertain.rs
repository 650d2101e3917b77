//! After a crash: what was intended and has no outcome is looked up before it is repeated. Values only.

use super::present::Now;
use crate::model::{Action, DepartmentId};

/// Whether an uncertain create has reached WeCom: it is there exactly as intended. Anything else proves nothing and is
/// tried again with care.
pub fn is_there(action: &Action, now: &Now) -> bool {
    match action {
        Action::CreateDepartment { department, after, .. } | Action::CreateDisabledDepartment { department, after } => {
            let found = now.departments.get(department);
            found.is_some_and(|found| after.parent.is_none_or(|wanted| wanted == found.parent))
        }
        Action::CreateMember { userid, after, .. } => {
            let Some((_, departments)) = now.members.get(&userid.folded()) else { return false };
            let wanted: Vec<DepartmentId> = after.memberships.iter().flatten().map(|m| m.department).collect();
            wanted.len() == departments.len() && wanted.iter().all(|department| departments.contains(department))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Department, DepartmentImage, MemberImage, Membership, UserId};

    #[test]
    fn only_what_is_exactly_as_intended_counts_as_ours() {
        let two =
            Department { id: DepartmentId(2), parent: DepartmentId(1), name: None, order: 0, leaders: Vec::new() };
        let now = Now {
            departments: [(two.id, two)].into(),
            members: [("a".into(), (UserId::from("A"), vec![DepartmentId(2)]))].into(),
            ..Now::default()
        };
        let department = |id, parent| Action::CreateDisabledDepartment {
            department: DepartmentId(id),
            after: DepartmentImage { parent: Some(DepartmentId(parent)), ..DepartmentImage::default() },
        };
        let member = |userid: &str, ids: &[u32]| {
            let memberships =
                ids.iter().map(|id| Membership { department: DepartmentId(*id), order: 0, is_leader: false });
            let after = MemberImage { memberships: Some(memberships.collect()), ..MemberImage::default() };
            Action::CreateMember { employee: userid.into(), userid: userid.into(), after, invite: false }
        };
        for (action, want) in [
            (department(2, 1), true),
            (department(2, 3), false),
            (department(4, 1), false),
            (member("a", &[2]), true),
            (member("a", &[2, 1]), false),
            (member("b", &[2]), false),
        ] {
            assert_eq!(is_there(&action, &now), want, "{action:?}");
        }
    }
}
