//! The never-list (BEY-08): a second look over the finished changes that shares nothing with the code that made them
//! but the input. A plan that breaks one of these is never applied.

use super::input::PlanInput;
use super::plan::exchange::FREED;
use crate::model::{
    Access, Action, BindingOrigin, Change, Department, DepartmentId, Employee, EmployeeId, Invariant, Leaver,
    MemberBinding, OutOfScope, RemovalCause, Text, UserId,
};
use hashbrown::{HashMap, HashSet};
use std::collections::{BTreeMap, BTreeSet};

/// Most rows that are named for one entry.
const NAMED: usize = 100;

/// Proves every entry of the never-list for a plan, or names the changes that break it.
pub fn check(input: &PlanInput<'_>, changes: &[Change]) -> Vec<Invariant> {
    let facts = Facts::new(input, changes);
    let mut list = common(input, changes);
    list.push(report("last_admin_stays", last_admin_stays(input, changes, &facts)));
    list.push(report("exclude_beats_include", exclude_beats_include(input, changes)));
    list.push(report("only_linked_touched", only_linked_touched(input, changes, &facts)));
    list.push(report("created_ids_are_new", created_ids_are_new(input, changes)));
    list.push(report("deletes_last", deletes_last(changes)));
    list.push(report("disabled_before_deleted", disabled_before_deleted(input, changes, &facts)));
    list.push(report("absence_is_no_removal", absence_is_no_removal(input, changes)));
    list
}

/// The part of the list that an undo keeps too. An undo takes back creations, an administrator's among them, and
/// creates departments with their old ids.
pub fn check_undo(input: &PlanInput<'_>, changes: &[Change]) -> Vec<Invariant> {
    common(input, changes)
}

fn common(input: &PlanInput<'_>, changes: &[Change]) -> Vec<Invariant> {
    vec![
        report("corp_is_writable", corp_is_writable(input, changes)),
        report("root_stays", root_stays(input, changes)),
        report("one_change_per_member", one_change_per_member(changes)),
        report("parents_before_children", parents_before_children(input, changes)),
        report("no_cycle_and_15_levels", no_cycle_and_15_levels(input, changes)),
    ]
}

fn report(name: &str, broken_by: Vec<u32>) -> Invariant {
    let mut broken_by = broken_by;
    let holds = broken_by.is_empty();
    broken_by.truncate(NAMED);
    Invariant { name: name.to_owned(), holds, broken_by }
}

struct Facts<'a> {
    bindings: HashMap<Text, &'a MemberBinding>,
    employees: HashMap<&'a str, &'a Employee>,
}

impl<'a> Facts<'a> {
    fn new(input: &PlanInput<'a>, changes: &[Change]) -> Self {
        let nothing = changes.is_empty();
        Self {
            bindings: input
                .member_bindings
                .iter()
                .filter(|_| !nothing)
                .map(|binding| (binding.userid.folded(), binding))
                .collect(),
            employees: input
                .employees
                .iter()
                .filter(|employee| employee.admin)
                .map(|employee| (employee.id.as_str(), employee))
                .collect(),
        }
    }
}

fn removed(action: &Action) -> Option<(&Option<EmployeeId>, &UserId)> {
    match action {
        Action::DisableMember { employee, userid, .. } | Action::DeleteMember { employee, userid, .. } => {
            Some((employee, userid))
        }
        _ => None,
    }
}

fn written_member(action: &Action) -> Option<&UserId> {
    match action {
        Action::CreateMember { userid, .. }
        | Action::UpdateMember { userid, .. }
        | Action::EnableMember { userid, .. }
        | Action::DisableMember { userid, .. }
        | Action::DeleteMember { userid, .. } => Some(userid),
        _ => None,
    }
}

fn seqs<'c>(changes: &'c [Change], breaks: impl Fn(&'c Action) -> bool) -> Vec<u32> {
    changes.iter().filter(|change| breaks(&change.action)).map(|change| change.seq).collect()
}

fn corp_is_writable(input: &PlanInput<'_>, changes: &[Change]) -> Vec<u32> {
    if input.corp.access == Access::ReadWrite {
        return Vec::new();
    }
    seqs(changes, |action| super::budget::endpoint(action).is_some())
}

fn root_stays(input: &PlanInput<'_>, changes: &[Change]) -> Vec<u32> {
    let top = input.corp.top_department();
    seqs(changes, |action| match action {
        Action::DeleteDepartment { department, .. } | Action::UpdateDepartment { department, .. } => {
            *department == DepartmentId::ROOT || Some(*department) == top
        }
        Action::CreateDepartment { department, .. } => *department == DepartmentId::ROOT,
        _ => false,
    })
}

fn last_admin_stays(input: &PlanInput<'_>, changes: &[Change], facts: &Facts<'_>) -> Vec<u32> {
    let leaves: BTreeMap<&str, u32> = changes
        .iter()
        .filter_map(|change| removed(&change.action).map(|(employee, _)| (employee, change.seq)))
        .filter_map(|(employee, seq)| employee.as_ref().map(|id| (id.as_str(), seq)))
        .filter(|(id, _)| facts.employees.contains_key(id))
        .collect();
    if leaves.is_empty() {
        return Vec::new();
    }
    let disabled: HashSet<Text> =
        input.members.iter().filter(|member| member.is_disabled()).map(|member| member.userid.folded()).collect();
    let stays = facts.bindings.iter().any(|(userid, binding)| {
        facts.employees.get(binding.employee.as_str()).is_some_and(|employee| employee.status.is_active())
            && !leaves.contains_key(binding.employee.as_str())
            && !disabled.contains(userid)
    });
    if stays {
        return Vec::new();
    }
    // nobody active stays: then one of those who leave must have been kept
    let kept = facts.bindings.values().any(|binding| {
        facts.employees.contains_key(binding.employee.as_str()) && !leaves.contains_key(binding.employee.as_str())
    });
    if kept { Vec::new() } else { leaves.into_values().collect() }
}

fn one_change_per_member(changes: &[Change]) -> Vec<u32> {
    let mut seen: HashSet<Text> = HashSet::new();
    let mut broken = Vec::new();
    for change in changes {
        let Some(userid) = written_member(&change.action) else { continue };
        // frees a value that another member takes before this one gets its own
        if change.reason == FREED {
            continue;
        }
        let is_second_pass = matches!(
            &change.action,
            Action::UpdateMember { after, .. }
                if after.direct_leader.is_some()
                    && after.fields.is_empty()
                    && after.memberships.is_none()
                    && after.enable.is_none()
        );
        if !seen.insert(userid.folded()) && !is_second_pass {
            broken.push(change.seq);
        }
    }
    broken
}

fn parents_before_children(input: &PlanInput<'_>, changes: &[Change]) -> Vec<u32> {
    let is_new = changes
        .iter()
        .any(|change| matches!(change.action, Action::CreateDepartment { .. } | Action::UpdateDepartment { .. }));
    if !is_new {
        return Vec::new();
    }
    let bound = input.department_bindings.iter().map(|binding| binding.department);
    let mut known: HashSet<DepartmentId> =
        input.departments.iter().map(|department| department.id).chain(bound).collect();
    let mut broken = Vec::new();
    for change in changes {
        match &change.action {
            Action::CreateDepartment { department, after, .. }
            | Action::CreateDisabledDepartment { department, after } => {
                if !after.parent.is_some_and(|parent| known.contains(&parent)) {
                    broken.push(change.seq);
                }
                known.insert(*department);
            }
            Action::UpdateDepartment { after, .. } if after.parent.is_some_and(|parent| !known.contains(&parent)) => {
                broken.push(change.seq);
            }
            Action::DeleteDepartment { department, .. } => {
                known.remove(department);
            }
            _ => {}
        }
    }
    broken
}

fn no_cycle_and_15_levels(input: &PlanInput<'_>, changes: &[Change]) -> Vec<u32> {
    let mut parents: HashMap<DepartmentId, DepartmentId> = HashMap::new();
    let mut placed: Vec<(DepartmentId, u32)> = Vec::new();
    for change in changes {
        if let Action::CreateDepartment { department, after, .. }
        | Action::CreateDisabledDepartment { department, after }
        | Action::UpdateDepartment { department, after, .. } = &change.action
            && let Some(parent) = after.parent
        {
            parents.insert(*department, parent);
            placed.push((*department, change.seq));
        }
    }
    if placed.is_empty() {
        return Vec::new();
    }
    let mirrored: HashMap<DepartmentId, &Department> =
        input.departments.iter().map(|department| (department.id, department)).collect();
    let above =
        |id: &DepartmentId| parents.get(id).copied().or_else(|| mirrored.get(id).map(|department| department.parent));
    let levels = |id: DepartmentId| {
        std::iter::successors(Some(id), |id| above(id).filter(|parent| parent.0 != 0)).take(64).count()
    };
    placed.into_iter().filter(|(department, _)| levels(*department) > 15).map(|(_, seq)| seq).collect()
}

fn exclude_beats_include(input: &PlanInput<'_>, changes: &[Change]) -> Vec<u32> {
    let excluded: HashSet<&str> = input.corp.downstream.scope.exclude.iter().map(|id| id.as_str()).collect();
    if excluded.is_empty() {
        return Vec::new();
    }
    seqs(changes, |action| match action {
        Action::CreateMember { employee, .. }
        | Action::UpdateMember { employee, .. }
        | Action::EnableMember { employee, .. }
        | Action::BindMember { employee, .. } => excluded.contains(employee.as_str()),
        _ => false,
    })
}

fn only_linked_touched(input: &PlanInput<'_>, changes: &[Change], facts: &Facts<'_>) -> Vec<u32> {
    let mut members: HashMap<Text, EmployeeId> = HashMap::new();
    let mut departments: BTreeMap<DepartmentId, BindingOrigin> =
        input.department_bindings.iter().map(|binding| (binding.department, binding.origin)).collect();
    let disabled: BTreeSet<&str> = [input.corp.downstream.disabled_department.trim()].into();
    let mut broken = Vec::new();
    for change in changes {
        let is_linked = |employee: &EmployeeId, userid: &UserId| {
            let folded = userid.folded();
            members.get(&folded).is_some_and(|linked| linked == employee)
                || facts.bindings.get(&folded).is_some_and(|binding| binding.employee == *employee)
        };
        let ok = match &change.action {
            Action::BindMember { employee, userid, .. } => {
                let is_free = !facts.bindings.contains_key(&userid.folded());
                is_free && members.insert(userid.folded(), employee.clone()).is_none()
            }
            Action::CreateMember { employee, userid, .. } => {
                members.insert(userid.folded(), employee.clone());
                true
            }
            Action::UpdateMember { employee, userid, .. }
            | Action::EnableMember { employee, userid, .. }
            | Action::UnbindMember { employee, userid }
            | Action::RecordRemoval { employee, userid, .. } => is_linked(employee, userid),
            Action::DisableMember { employee, userid, .. } | Action::DeleteMember { employee, userid, .. } => {
                employee.as_ref().is_some_and(|employee| is_linked(employee, userid))
            }
            Action::CreateDepartment { department, .. } | Action::CreateDisabledDepartment { department, .. } => {
                departments.insert(*department, BindingOrigin::Created);
                true
            }
            Action::BindDepartment { department, origin, .. } => {
                departments.insert(*department, *origin);
                true
            }
            Action::UpdateDepartment { department, after, .. } => {
                departments.contains_key(department)
                    || (Some(*department) == input.facts.disabled_department
                        && after.name.as_ref().is_some_and(|name| disabled.contains(name.as_str())))
            }
            Action::DeleteDepartment { department, .. } => departments.get(department) == Some(&BindingOrigin::Created),
            Action::UnbindDepartment { department, .. } => departments.contains_key(department),
        };
        if !ok {
            broken.push(change.seq);
        }
    }
    broken
}

fn created_ids_are_new(input: &PlanInput<'_>, changes: &[Change]) -> Vec<u32> {
    let creates = |action: &Action| {
        matches!(
            action,
            Action::CreateMember { .. } | Action::CreateDepartment { .. } | Action::CreateDisabledDepartment { .. }
        )
    };
    if !changes.iter().any(|change| creates(&change.action)) {
        return Vec::new();
    }
    let mut userids: HashSet<Text> = input.members.iter().map(|member| member.userid.folded()).collect();
    let buried: HashMap<Text, &EmployeeId> =
        input.tombstones.iter().map(|tombstone| (tombstone.userid.folded(), &tombstone.employee)).collect();
    let mirrored = input.departments.iter().map(|department| department.id.0).max().unwrap_or(0);
    let mut largest = mirrored.max(input.facts.largest_department_id);
    let mut broken = Vec::new();
    for change in changes {
        let ok = match &change.action {
            Action::CreateMember { employee, userid, .. } => {
                buried.get(&userid.folded()).is_none_or(|former| *former == employee) && userids.insert(userid.folded())
            }
            Action::CreateDepartment { department, .. } | Action::CreateDisabledDepartment { department, .. } => {
                let is_larger = department.0 > largest;
                largest = largest.max(department.0);
                is_larger
            }
            _ => true,
        };
        if !ok {
            broken.push(change.seq);
        }
    }
    broken
}

fn deletes_last(changes: &[Change]) -> Vec<u32> {
    let stage = |action: &Action| match action {
        Action::DeleteDepartment { .. } => 3,
        Action::DeleteMember { .. } => 2,
        Action::DisableMember { .. } => 1,
        _ => 0,
    };
    let mut reached = 0;
    let mut broken = Vec::new();
    for change in changes {
        let stage = stage(&change.action);
        if stage < reached {
            broken.push(change.seq);
        }
        reached = reached.max(stage);
    }
    broken
}

fn disabled_before_deleted(input: &PlanInput<'_>, changes: &[Change], facts: &Facts<'_>) -> Vec<u32> {
    let options = &input.corp.downstream;
    seqs(changes, |action| {
        let Action::DeleteMember { userid, cause, .. } = action else { return false };
        let deletes_at_once = match cause {
            RemovalCause::Departed => options.leaver == Leaver::Delete,
            RemovalCause::OutOfScope => options.out_of_scope == OutOfScope::Delete,
            RemovalCause::Undo => false,
        };
        let waited = facts
            .bindings
            .get(&userid.folded())
            .and_then(|binding| binding.removal.as_ref())
            .and_then(|removal| removal.disabled_at_ms)
            .is_some_and(|at| options.delete_after_days > 0 && at < input.facts.now_ms);
        !deletes_at_once && !waited
    })
}

fn absence_is_no_removal(input: &PlanInput<'_>, changes: &[Change]) -> Vec<u32> {
    if !changes.iter().any(|change| removed(&change.action).is_some()) && input.mirror.is_complete {
        return Vec::new();
    }
    let visible: HashSet<Text> = input.members.iter().map(|member| member.userid.folded()).collect();
    seqs(changes, |action| match action {
        Action::DeleteDepartment { .. } => !input.mirror.is_complete,
        _ => removed(action).is_some_and(|(_, userid)| !visible.contains(&userid.folded())),
    })
}
