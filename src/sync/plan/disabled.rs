//! The department for disabled members (DIR-48): found or created, and only when somebody is disabled.
//!
//! One that we created follows the option when that changes. One that was there before, under the name of the option, is
//! used as it is: it is neither renamed nor remembered.

use super::{Step, World};
use crate::model::{Action, DepartmentId, DepartmentImage, Leaver, OutOfScope, Text};
use crate::sync::departments::names::check_name;
use crate::sync::input::PlanRefusal;
use crate::sync::notices::Notices;

/// What is to be done about it.
pub(super) struct DisabledDepartment {
    /// Where disabled members go; `None` = they stay.
    pub(super) department: Option<DepartmentId>,
    /// Its creation or renaming.
    pub(super) step: Option<Step>,
    /// The next free department id afterwards.
    pub(super) next_id: u64,
}

/// Finds the department, or plans its creation when `is_needed`.
pub(super) fn find(
    world: &World<'_, '_>,
    is_needed: bool,
    notices: &mut Notices,
) -> Result<DisabledDepartment, PlanRefusal> {
    let options = &world.input.corp.downstream;
    let mut found = DisabledDepartment { department: None, step: None, next_id: world.layout.next_id };
    let is_used = options.leaver == Leaver::Disable || options.out_of_scope == OutOfScope::Disable;
    if options.disabled_department.trim().is_empty() || !is_used {
        return Ok(found);
    }
    let name = check_name(&options.disabled_department).map_err(|reason| PlanRefusal::BadOption {
        option: "disabled_department".into(),
        value: options.disabled_department.clone(),
        reason,
    })?;
    let known = world.input.facts.disabled_department.filter(|id| is_free(world, *id));
    if let Some(id) = known {
        match world.target.department(id) {
            Some(department) => {
                found.department = Some(id);
                let differs = department.name.as_ref().is_some_and(|present| present.trim() != name);
                if differs && options.update && !is_taken(world, department.parent, name, id) {
                    found.step = Some(Step {
                        action: Action::UpdateDepartment {
                            unit: None,
                            department: id,
                            before: DepartmentImage { name: department.name.clone(), ..DepartmentImage::default() },
                            after: DepartmentImage { name: Some(Text::from(name)), ..DepartmentImage::default() },
                        },
                        reason: "disabled_department.renamed",
                    });
                }
                return Ok(found);
            }
            None if !world.target.is_complete => {
                found.department = Some(id);
                return Ok(found);
            }
            None => {}
        }
    }
    let base = world.layout.base;
    let namesake = world
        .target
        .children(base)
        .iter()
        .find(|department| department.name.as_ref().is_some_and(|present| present.trim() == name));
    match namesake {
        Some(department) if is_free(world, department.id) => found.department = Some(department.id),
        Some(_) if is_needed => notices.add("disabled_department.name_taken", name, || {
            "disabled members stay where they are: a unit's department has that name".into()
        }),
        Some(_) => {}
        None if is_needed && is_taken(world, base, name, base) => {
            notices.add("disabled_department.name_taken", name, || {
                "disabled members stay where they are: a unit of that name gets a department there".into()
            });
        }
        None if is_needed => {
            let id = u32::try_from(found.next_id).map_err(|_| PlanRefusal::IdsUsedUp { largest: u32::MAX })?;
            found.next_id += 1;
            found.department = Some(DepartmentId(id));
            found.step = Some(Step {
                action: Action::CreateDisabledDepartment {
                    department: DepartmentId(id),
                    after: DepartmentImage { name: Some(Text::from(name)), parent: Some(base), order: None },
                },
                reason: "disabled_department.new",
            });
        }
        None => {}
    }
    Ok(found)
}

/// Whether no unit has the department.
fn is_free(world: &World<'_, '_>, id: DepartmentId) -> bool {
    id != world.layout.base
        && id != DepartmentId::ROOT
        && world.target.binding_of_department(id).is_none()
        && !world.layout.bind.iter().any(|(_, bound)| *bound == id)
}

/// Whether another department has, or will have, that name there.
fn is_taken(world: &World<'_, '_>, parent: DepartmentId, name: &str, own: DepartmentId) -> bool {
    let planned = world.layout.goals.iter().any(|goal| {
        goal.parent == parent && goal.department != own && goal.name.as_ref().is_some_and(|taken| taken == name)
    });
    planned
        || world.target.children(parent).iter().any(|department| {
            department.id != own && department.name.as_ref().is_some_and(|taken| taken.trim() == name)
        })
}
