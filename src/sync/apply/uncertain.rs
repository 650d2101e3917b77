//! After a crash: what was intended and has no outcome is looked up before it is repeated.

use super::queue;
use crate::model::{Action, Change, DepartmentId};
use crate::sync::pull::choose::is_not_allowed;
use crate::sync::pull::ids;
use crate::sync::pull::reading::IdMap;
use crate::wecom::{CallError, Client, Credential};
use std::collections::HashMap;

/// What exists at WeCom now, by id.
struct Present {
    departments: HashMap<DepartmentId, DepartmentId>,
    members: IdMap,
}

/// Which of the uncertain creates have reached WeCom: for each whether it is there exactly as intended. One reading of
/// the ids tells about all; where ids may not be listed nothing is known and each is tried again with care.
pub async fn look(client: &Client, uncertain: &[&Change]) -> Result<Vec<bool>, CallError> {
    if !uncertain.iter().any(|change| queue::creates(&change.action)) {
        return Ok(vec![false; uncertain.len()]);
    }
    let listed = client.department_simplelist(&Credential::Contacts, None).await;
    let listed = match listed {
        Ok(listed) => listed,
        Err(error) if is_not_allowed(client, &error) => return Ok(vec![false; uncertain.len()]),
        Err(error) => return Err(error),
    };
    let members = match ids::read_ids(client).await {
        Ok(members) => members,
        Err(error) if is_not_allowed(client, &error) => return Ok(vec![false; uncertain.len()]),
        Err(error) => return Err(error),
    };
    let present = Present { departments: listed.into_iter().map(|d| (d.id, d.parent)).collect(), members };
    Ok(uncertain.iter().map(|change| is_there(&change.action, &present)).collect())
}

fn is_there(action: &Action, present: &Present) -> bool {
    match action {
        Action::CreateDepartment { department, after, .. } | Action::CreateDisabledDepartment { department, after } => {
            present
                .departments
                .get(department)
                .is_some_and(|parent| after.parent.is_none_or(|wanted| wanted == *parent))
        }
        Action::CreateMember { userid, after, .. } => {
            let Some((_, departments)) = present.members.get(&userid.folded()) else { return false };
            let wanted: Vec<DepartmentId> = after.memberships.iter().flatten().map(|m| m.department).collect();
            wanted.len() == departments.len() && wanted.iter().all(|department| departments.contains(department))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DepartmentImage, MemberImage, Membership, UserId};

    #[test]
    fn only_what_is_exactly_as_intended_counts_as_ours() {
        let present = Present {
            departments: [(DepartmentId(2), DepartmentId(1))].into(),
            members: [("a".into(), (UserId::from("A"), vec![DepartmentId(2)]))].into(),
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
            assert_eq!(is_there(&action, &present), want, "{action:?}");
        }
    }
}
