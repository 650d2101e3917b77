//! Departments that we created for units that are gone, deleted bottom-up once they are empty. Everything else stays.

use super::{Step, World};
use crate::model::{Action, BindingOrigin, DepartmentId, DepartmentImage, OutOfScope};
use crate::sync::departments::Place;
use crate::sync::normal;
use crate::sync::notices::Notices;
use hashbrown::{HashMap, HashSet};
use std::borrow::Cow;

/// Adds the deletions to the steps.
pub(super) fn delete(
    world: &World<'_, '_>,
    disabled: Option<DepartmentId>,
    steps: &mut Vec<Step>,
    notices: &mut Notices,
) {
    let options = &world.input.corp.downstream;
    if !options.remove || !world.target.is_complete {
        return;
    }
    let ended: HashSet<DepartmentId> = world.layout.unbind.iter().map(|(_, department)| *department).collect();
    let in_use: HashSet<DepartmentId> = world.layout.places.iter().filter_map(|place| place.department()).collect();
    let mut candidates: HashMap<DepartmentId, &crate::model::UnitId> = HashMap::new();
    for binding in &world.target.department_bindings {
        let id = binding.department;
        let is_unwanted = match world.source.find_unit(binding.unit.as_str()) {
            None => true,
            Some(at) => world.layout.places[at] == Place::None && options.out_of_scope != OutOfScope::Keep,
        };
        if !is_unwanted || in_use.contains(&id) || ended.contains(&id) || world.target.department(id).is_none() {
            continue;
        }
        if binding.origin != BindingOrigin::Created {
            notices.add("department.kept", id.to_string(), || {
                format!("the unit {} is gone, but the department was not created by the bridge: it stays", binding.unit)
            });
        } else if id != DepartmentId::ROOT && id != world.layout.base && Some(id) != disabled {
            candidates.insert(id, &binding.unit);
        }
    }
    if candidates.is_empty() {
        return;
    }
    let people = occupants(world, steps, &candidates);
    let parents = final_parents(world, steps);
    let mut children: HashMap<DepartmentId, usize> = HashMap::new();
    for parent in parents.values() {
        *children.entry(*parent).or_default() += 1;
    }
    // bottom-up: a parent becomes empty when its last child is deleted
    let mut ready: Vec<DepartmentId> = candidates
        .keys()
        .copied()
        .filter(|id| !people.contains_key(id) && children.get(id).copied().unwrap_or(0) == 0)
        .collect();
    ready.sort();
    let mut deleted: HashSet<DepartmentId> = HashSet::new();
    while let Some(id) = ready.pop() {
        let Some(department) = world.target.department(id) else { continue };
        deleted.insert(id);
        let name_now = latest_name(steps, id).or_else(|| department.name.clone());
        steps.push(Step {
            action: Action::DeleteDepartment {
                unit: candidates.get(&id).map(|unit| (*unit).clone()),
                department: id,
                before: DepartmentImage {
                    name: name_now,
                    parent: Some(department.parent),
                    order: Some(department.order),
                },
            },
            reason: "unit.gone",
        });
        if let Some(parent) = parents.get(&id)
            && let Some(left) = children.get_mut(parent)
        {
            *left -= 1;
            if *left == 0 && candidates.contains_key(parent) && !people.contains_key(parent) {
                ready.push(*parent);
            }
        }
    }
    let mut kept: Vec<_> = candidates.into_iter().filter(|(id, _)| !deleted.contains(id)).collect();
    kept.sort();
    for (id, unit) in kept {
        notices.add("department.kept", id.to_string(), || {
            let people = people.get(&id).copied().unwrap_or(0);
            format!("the unit {unit} is gone, but the department is not empty ({people} members): it stays")
        });
    }
}

fn latest_name(steps: &[Step], id: DepartmentId) -> Option<crate::model::Text> {
    steps.iter().rev().find_map(|step| match &step.action {
        Action::UpdateDepartment { department, after, .. } if *department == id => after.name.clone(),
        _ => None,
    })
}

/// Members of the candidates after the plan.
fn occupants(
    world: &World<'_, '_>,
    steps: &[Step],
    candidates: &HashMap<DepartmentId, &crate::model::UnitId>,
) -> HashMap<DepartmentId, usize> {
    let mut moved: HashMap<Cow<'_, str>, Option<&[crate::model::Membership]>> = HashMap::new();
    for step in steps {
        match &step.action {
            Action::UpdateMember { userid, after, .. }
            | Action::EnableMember { userid, after, .. }
            | Action::DisableMember { userid, after, .. }
            | Action::CreateMember { userid, after, .. } => {
                if let Some(memberships) = &after.memberships {
                    moved.insert(normal::folded(userid.as_str()), Some(memberships));
                }
            }
            Action::DeleteMember { userid, .. } => {
                moved.insert(normal::folded(userid.as_str()), None);
            }
            _ => {}
        }
    }
    let mut people: HashMap<DepartmentId, usize> = HashMap::new();
    let mut seat = |memberships: &[crate::model::Membership]| {
        for membership in memberships.iter().filter(|membership| candidates.contains_key(&membership.department)) {
            *people.entry(membership.department).or_default() += 1;
        }
    };
    for member in &world.target.members {
        match moved.remove(&normal::folded(member.userid.as_str())) {
            None => seat(&member.memberships),
            Some(Some(memberships)) => seat(memberships),
            Some(None) => {}
        }
    }
    moved.into_values().flatten().for_each(seat);
    people
}

/// The parent of every department after the plan.
fn final_parents(world: &World<'_, '_>, steps: &[Step]) -> HashMap<DepartmentId, DepartmentId> {
    let mut parents: HashMap<DepartmentId, DepartmentId> =
        world.target.departments().map(|department| (department.id, department.parent)).collect();
    for step in steps {
        match &step.action {
            Action::CreateDepartment { department, after, .. }
            | Action::CreateDisabledDepartment { department, after }
            | Action::UpdateDepartment { department, after, .. } => {
                if let Some(parent) = after.parent {
                    parents.insert(*department, parent);
                }
            }
            _ => {}
        }
    }
    parents
}
