//! Who stands out among the removals (BEY-05): heads, administrators, the last member of a department.

use super::normal;
use super::plan::World;
use crate::model::{Action, Blast, Change, DepartmentId, UserId};
use hashbrown::{HashMap, HashSet};
use std::borrow::Cow;

/// How many of each kind are named.
const NAMED: usize = 100;

/// Looks over the removals of a plan.
pub(super) fn radius(world: &World<'_, '_>, changes: &[Change]) -> Blast {
    let mut removed: HashSet<Cow<'_, str>> = HashSet::new();
    let mut blast = Blast::default();
    let mut heads: HashSet<&str> =
        world.source.units.iter().flat_map(|unit| unit.unit.head.iter()).map(|id| id.as_str()).collect();
    heads.shrink_to_fit();
    for change in changes {
        let (employee, userid) = match &change.action {
            Action::DisableMember { employee, userid, .. } | Action::DeleteMember { employee, userid, .. } => {
                (employee, userid)
            }
            _ => continue,
        };
        removed.insert(normal::folded(userid.as_str()));
        let id = employee.as_ref().map(|id| id.as_str());
        let member = world.target.find_member(userid.as_str()).map(|at| world.target.members[at]);
        let leads = member.is_some_and(|member| member.memberships.iter().any(|membership| membership.is_leader));
        if leads || id.is_some_and(|id| heads.contains(id)) {
            name(&mut blast.heads, userid);
        }
        if id.and_then(|id| world.source.find_employee(id)).is_some_and(|at| world.source.employees[at].admin) {
            name(&mut blast.admins, userid);
        }
    }
    if removed.is_empty() {
        return blast;
    }
    let mut before: HashMap<DepartmentId, (usize, usize)> = HashMap::new();
    for member in &world.target.members {
        let goes = removed.contains(&normal::folded(member.userid.as_str()));
        for membership in &member.memberships {
            let (all, going) = before.entry(membership.department).or_default();
            *all += 1;
            *going += usize::from(goes);
        }
    }
    let mut emptied: Vec<DepartmentId> =
        before.into_iter().filter(|(_, (all, going))| *all == *going).map(|(id, _)| id).collect();
    emptied.sort();
    emptied.truncate(NAMED);
    blast.emptied = emptied;
    blast
}

fn name(list: &mut Vec<UserId>, userid: &UserId) {
    if list.len() < NAMED {
        list.push(userid.clone());
    }
}

impl Blast {
    /// Whether nobody stands out.
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty() && self.admins.is_empty() && self.emptied.is_empty()
    }
}

/// One sentence for the notice.
pub(super) fn sentence(blast: &Blast) -> String {
    format!(
        "among the removals are {} heads and {} administrators, and {} departments lose their last member",
        blast.heads.len(),
        blast.admins.len(),
        blast.emptied.len()
    )
}
