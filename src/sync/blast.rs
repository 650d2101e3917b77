//! Who stands out in a plan (BEY-05): heads and administrators among those who are removed or moved, and departments that
//! lose their last member.

use super::impact::Impact;
use super::notices::Notices;
use super::source::Source;
use super::target::Target;
use crate::model::{Blast, BlastTotals, Member, UserId};
use hashbrown::HashSet;

/// How many of each kind are named; all are counted.
const NAMED: usize = 100;

/// Looks over what a plan does to the present members. Without a source only WeCom's own heads are known.
pub(super) fn radius(source: Option<&Source<'_>>, target: &Target<'_>, impact: &Impact<'_>) -> Blast {
    let mut blast = Blast::default();
    if impact.is_quiet() {
        return blast;
    }
    let heads: HashSet<&str> = source
        .into_iter()
        .flat_map(|source| source.units.iter().flat_map(|unit| &unit.unit.head))
        .map(|id| id.as_str())
        .collect();
    for (at, member) in target.members.iter().enumerate() {
        let (removed, moved) = (impact.removes(member), impact.moves(member));
        if !removed && !moved {
            continue;
        }
        let employee = target.binding_of_member(at).map(|binding| binding.employee.as_str());
        let leads = |member: &Member| member.memberships.iter().any(|membership| membership.is_leader);
        let is_admin = employee
            .and_then(|id| source?.find_employee(id))
            .is_some_and(|at| source.is_some_and(|source| source.employees[at].admin));
        let totals = &mut blast.totals;
        if leads(member) || employee.is_some_and(|id| heads.contains(id)) {
            match removed {
                true => name(&mut blast.heads, &mut totals.heads, &member.userid),
                false => name(&mut blast.moved_heads, &mut totals.moved_heads, &member.userid),
            }
        }
        if is_admin {
            match removed {
                true => name(&mut blast.admins, &mut totals.admins, &member.userid),
                false => name(&mut blast.moved_admins, &mut totals.moved_admins, &member.userid),
            }
        }
    }
    blast.emptied = impact.emptied(target);
    blast.totals.emptied = blast.emptied.len() as u64;
    blast.emptied.truncate(NAMED);
    blast
}

fn name(list: &mut Vec<UserId>, total: &mut u64, userid: &UserId) {
    *total += 1;
    if list.len() < NAMED {
        list.push(userid.clone());
    }
}

/// Tells in the notices who stands out.
pub(super) fn tell(blast: &Blast, corp: &str, notices: &mut Notices) {
    let BlastTotals { heads, admins, emptied, moved_heads, moved_admins } = blast.totals;
    let emptied = match emptied {
        0 => String::new(),
        count => format!("; {count} departments lose their last member"),
    };
    let people = |heads: u64, admins: u64| format!("{heads} heads and {admins} administrators");
    if heads + admins > 0 {
        let who = people(heads, admins);
        notices.add("removal.stands_out", corp, || format!("among the removals are {who}{emptied}"));
    }
    if moved_heads + moved_admins > 0 {
        let who = people(moved_heads, moved_admins);
        notices.add("move.stands_out", corp, || format!("among those who move are {who}{emptied}"));
    }
}
