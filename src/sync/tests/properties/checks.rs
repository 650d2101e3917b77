//! What must hold after a run, computed without the planner.

use crate::model::*;
use crate::sync::Draft;
use crate::sync::tests::cloud::Cloud;
use crate::sync::tests::world::World;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What [`decorate`] has put into WeCom, of everybody.
pub(super) fn decorations(world: &World) -> BTreeMap<Text, Vec<(MemberField, Text)>> {
    let is_ours = |field: &MemberField| match field {
        MemberField::ExtAttr(name) => name == "工号",
        MemberField::External(name) => name == "职称",
        other => other.list().is_none(),
    };
    let of = |member: &Member| {
        let all = member.fields.iter().filter(|(field, _)| !is_ours(field));
        all.map(|(field, value)| (field.clone(), value.clone())).collect()
    };
    world.cloud.members.iter().map(|(userid, member)| (userid.clone(), of(member))).collect()
}

/// Members that nobody is linked with.
pub(super) fn strangers(world: &World) -> Vec<Member> {
    let linked: HashSet<Text> = world.member_bindings.iter().map(|binding| binding.userid.folded()).collect();
    world.cloud.members.iter().filter(|(userid, _)| !linked.contains(*userid)).map(|(_, m)| m.clone()).collect()
}

/// Who may be linked with which member, by folded userid: the rules in order over everybody who is active, in scope or
/// not. Everybody is compared with everybody.
pub(super) fn owners(world: &World) -> BTreeMap<Text, EmployeeId> {
    let bound = |id: &EmployeeId| world.member_bindings.iter().any(|binding| binding.employee == *id);
    let taken = |userid: &UserId| world.member_bindings.iter().any(|binding| binding.userid.is_same(userid));
    let mut people: Vec<&Employee> = world.employees.iter().filter(|e| e.status.is_active() && !bound(&e.id)).collect();
    let mut members: Vec<&Member> = world.members.iter().filter(|member| !taken(&member.userid)).collect();
    let mut owners = BTreeMap::new();
    for rule in &world.corp.match_rules {
        let fits = |employee: &Employee, member: &Member| {
            let shown = |field| member.fields.get(&field).cloned().unwrap_or_default();
            let (left, right) = match rule.member.as_str() {
                "userid" => (employee.employee_no.to_lowercase().to_string(), member.userid.folded().to_string()),
                "mobile" => (employee.mobile.to_string(), shown(MemberField::Mobile).to_string()),
                _ => (employee.name.to_string(), shown(MemberField::Name).to_string()),
            };
            !left.is_empty() && left == right
        };
        for member in &members {
            let who: Vec<&&Employee> = people.iter().filter(|employee| fits(employee, member)).collect();
            if let [employee] = who[..]
                && members.iter().filter(|member| fits(employee, member)).count() == 1
            {
                owners.insert(member.userid.folded(), employee.id.clone());
            }
        }
        let (all_people, all_members) = (people.clone(), members.clone());
        people.retain(|employee| !all_members.iter().any(|member| fits(employee, member)));
        members.retain(|member| !all_people.iter().any(|employee| fits(employee, member)));
    }
    owners
}

/// No member is touched but those that were linked before and those that the rules give to somebody beyond doubt; and of
/// people that are excluded nothing is ever written but that they are gone.
pub(super) fn check_untouched(before: &World, after: &World, draft: &Draft) {
    let owners = owners(before);
    let new: BTreeMap<Text, &EmployeeId> = draft
        .changes
        .iter()
        .filter_map(|change| match &change.action {
            Action::BindMember { employee, userid, .. } => Some((userid.folded(), employee)),
            _ => None,
        })
        .collect();
    let excluded: BTreeSet<&EmployeeId> = before.corp.downstream.scope.exclude.iter().collect();
    for (userid, employee) in &new {
        assert_eq!(owners.get(userid), Some(*employee), "{userid} is not theirs");
        assert!(!excluded.contains(employee), "{employee} is excluded and was linked");
    }
    for stranger in strangers(before) {
        let folded = stranger.userid.folded();
        let is_same = after.cloud.members.get(&folded) == Some(&stranger);
        assert!(new.contains_key(&folded) || is_same, "{folded} was touched");
    }
    let removes = before.corp.downstream.out_of_scope != OutOfScope::Keep;
    for id in excluded {
        let is_active = before.employees.iter().any(|employee| employee.id == *id && employee.status.is_active());
        let linked = |world: &World| {
            let binding = world.member_bindings.iter().find(|binding| binding.employee == *id);
            binding.map(|binding| binding.userid.folded())
        };
        let Some(folded) = linked(before) else {
            assert_eq!(linked(after), None, "{id} is excluded and has a member now");
            continue;
        };
        let (was, is) = (before.cloud.members.get(&folded), after.cloud.members.get(&folded));
        if let (Some(was), Some(is)) = (was, is) {
            assert_eq!(was.fields, is.fields, "{id} is excluded and was written");
            assert!(!is_active || removes || was == is, "{id} is excluded and was to be kept as it was");
            let is_enabled = was.status == Some(MemberStatus::Disabled) && is.status != was.status;
            assert!(!is_enabled, "{id} is excluded and was enabled");
        } else {
            assert!(!is_active || removes || was.is_none(), "{id} is excluded and was to be kept");
        }
    }
}

/// What must hold by the OA alone, computed from it alone.
pub(super) fn check_outcome(world: &World, draft: &Draft) {
    let waits = |employee: &Employee| {
        draft
            .notices
            .iter()
            .any(|notice| notice.code == "employee.unit_without_department" && notice.subject == employee.id.as_str())
    };
    let department_of: BTreeMap<&UnitId, DepartmentId> =
        world.department_bindings.iter().map(|binding| (&binding.unit, binding.department)).collect();
    let options = &world.corp.downstream;
    if !options.update {
        return;
    }
    for binding in &world.member_bindings {
        let Some(employee) = world.employees.iter().find(|e| e.id == binding.employee) else { continue };
        let Some(member) = world.cloud.members.get(&binding.userid.folded()) else { continue };
        let excluded = options.scope.exclude.contains(&employee.id);
        let filtered = !options.scope.filter.is_empty() && employee.employee_no.ends_with('7');
        let is_narrow = !options.scope.units.is_empty() || !options.scope.include.is_empty();
        if !employee.status.is_active() || excluded || filtered || is_narrow || waits(employee) {
            continue;
        }
        if let Some(department) = department_of.get(&employee.unit_id) {
            assert!(
                member.memberships.iter().any(|seat| seat.department == *department),
                "{} is elsewhere",
                employee.id
            );
            assert_eq!(member.fields.get(&MemberField::Name), Some(&employee.name));
            assert_ne!(member.status, Some(MemberStatus::Disabled), "{} is disabled", employee.id);
        }
    }
}

/// The parts of a WeCom that an undo gives back.
///
/// `skip` are members that may differ, `there` those that a superior can be.
pub(super) fn comparable(
    cloud: &Cloud,
    skip: &HashSet<Text>,
    there: &HashSet<Text>,
) -> (BTreeMap<DepartmentId, Department>, BTreeMap<Text, Member>) {
    let mut members = cloud.members.clone();
    members.retain(|userid, _| !skip.contains(userid));
    for member in members.values_mut() {
        // a superior who is gone cannot be named again
        if let Some(leaders) = &mut member.direct_leader {
            leaders.retain(|leader| there.contains(&leader.folded()));
        }
        member.memberships.sort_by_key(|seat| seat.department);
        // a disabled and re-enabled member is activated or not: the API cannot say which
        if member.status != Some(MemberStatus::Disabled) {
            member.status = Some(MemberStatus::Activated);
        }
    }
    (cloud.departments.clone(), members)
}
