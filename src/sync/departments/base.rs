//! The department under which everything hangs.

use crate::model::{BindingOrigin, DepartmentId};
use crate::sync::input::{PlanInput, PlanRefusal};
use crate::sync::source::Source;
use crate::sync::target::Target;

/// The root, or the top department; DIR-40, DIR-59, DIR-60.
pub(super) fn find_base(
    input: &PlanInput<'_>,
    source: &Source<'_>,
    target: &Target<'_>,
) -> Result<DepartmentId, PlanRefusal> {
    if let Some(top) = input.corp.top_department() {
        return match target.department(top) {
            Some(_) => Ok(top),
            None => Err(PlanRefusal::TopDepartmentMissing { department: top }),
        };
    }
    let root_unit = source.units[0].unit;
    let Some(root) = target.department(DepartmentId::ROOT) else { return Err(PlanRefusal::RootNotVisible) };
    let is_linked_by_hand = target.binding_of_unit(root_unit.id.as_str()).is_some_and(|binding| {
        binding.department == DepartmentId::ROOT
            && matches!(binding.origin, BindingOrigin::Manual | BindingOrigin::Import)
    });
    let is_linked = target.binding_of_unit(root_unit.id.as_str()).is_some_and(|b| b.department == DepartmentId::ROOT);
    match &root.name {
        _ if is_linked_by_hand => Ok(DepartmentId::ROOT),
        Some(name) if name.trim() == root_unit.name.trim() => Ok(DepartmentId::ROOT),
        Some(name) => {
            Err(PlanRefusal::RootNameMismatch { unit: root_unit.name.to_string(), department: name.to_string() })
        }
        None if is_linked => Ok(DepartmentId::ROOT),
        None => Err(PlanRefusal::RootNameUnreadable),
    }
}
