//! The inverse of department changes.

use super::State;
use crate::model::{Action, BindingOrigin, DepartmentId, DepartmentImage, UnitId};
use crate::sync::plan::Step;

impl State<'_, '_> {
    fn unit_of(&self, unit: &UnitId) -> Option<DepartmentId> {
        match self.units.get(unit) {
            Some(department) => *department,
            None => self.target.binding_of_unit(unit.as_str()).map(|binding| binding.department),
        }
    }

    pub(super) fn delete_department(&mut self, unit: Option<&UnitId>, id: DepartmentId, after: &DepartmentImage) {
        let Some(department) = self.target.department(id) else {
            return self.skip_department(id, "it does not exist any more");
        };
        if self.below.get(&id).copied().unwrap_or(0) > 0 {
            return self.skip_department(id, "it is not empty");
        }
        let parent = self.parents.get(&id).copied().unwrap_or(department.parent);
        let before = DepartmentImage {
            name: department.name.clone().or_else(|| after.name.clone()),
            parent: Some(parent),
            order: Some(department.order),
        };
        self.exists.insert(id, false);
        self.count_below(parent, -1);
        if let Some(unit) = unit {
            self.units.insert(unit.clone(), None);
        }
        let action = Action::DeleteDepartment { unit: unit.cloned(), department: id, before };
        self.steps.push(Step { action, reason: "undo.created" });
    }

    pub(super) fn restore_department(
        &mut self,
        unit: Option<&UnitId>,
        id: DepartmentId,
        before: &DepartmentImage,
        after: &DepartmentImage,
    ) {
        if !self.exists(id) {
            return self.skip_department(id, "it does not exist any more");
        }
        // a department that this undo has created or renamed again is where the undo has put it
        let mirrored = self.target.department(id).filter(|_| !self.renamed.contains(&id));
        let parent = self.parents.get(&id).copied().or_else(|| mirrored.map(|department| department.parent));
        let renamed_since = mirrored.is_some_and(|department| {
            after.name.is_some() && department.name.is_some() && department.name != after.name
        });
        let moved_since = parent.is_some_and(|parent| after.parent.is_some_and(|after| after != parent));
        if renamed_since || moved_since {
            return self.skip_department(id, "somebody renamed or moved it since");
        }
        let target_parent = before.parent.filter(|parent| self.exists(*parent));
        if before.parent.is_some() && target_parent.is_none() {
            return self.skip_department(id, "its former parent does not exist any more");
        }
        let reordered_since = mirrored.is_some_and(|shown| after.order.is_some_and(|order| order != shown.order));
        if reordered_since {
            self.skip_department(id, "its order was changed since");
        }
        let order = before.order.filter(|_| !reordered_since);
        let restored = DepartmentImage { name: before.name.clone(), parent: target_parent, order };
        if restored == DepartmentImage::default() {
            if !reordered_since {
                self.skip_department(id, "its former name was not readable");
            }
            return;
        }
        if let Some(target_parent) = target_parent {
            if let Some(parent) = parent {
                self.count_below(parent, -1);
            }
            self.count_below(target_parent, 1);
            self.parents.insert(id, target_parent);
        }
        if restored.name.is_some() {
            self.renamed.insert(id);
        }
        let action = Action::UpdateDepartment {
            unit: unit.cloned(),
            department: id,
            before: DepartmentImage {
                name: after.name.clone().filter(|_| restored.name.is_some()),
                parent: after.parent.filter(|_| restored.parent.is_some()),
                order: after.order.filter(|_| restored.order.is_some()),
            },
            after: restored,
        };
        self.steps.push(Step { action, reason: "undo.changed" });
    }

    pub(super) fn recreate_department(&mut self, unit: Option<&UnitId>, id: DepartmentId, before: &DepartmentImage) {
        if self.exists(id) {
            return self.skip_department(id, "it exists again");
        }
        let Some(parent) = before.parent.filter(|parent| self.exists(*parent)) else {
            return self.skip_department(id, "its former parent does not exist any more");
        };
        if before.name.is_none() {
            return self.skip_department(id, "its former name was not readable");
        }
        if unit.is_some_and(|unit| self.unit_of(unit).is_some()) {
            return self.skip_department(id, "its unit has another department now");
        }
        self.exists.insert(id, true);
        self.renamed.insert(id);
        self.parents.insert(id, parent);
        self.count_below(parent, 1);
        let action = match unit {
            Some(unit) => {
                self.units.insert(unit.clone(), Some(id));
                Action::CreateDepartment { unit: unit.clone(), department: id, after: before.clone() }
            }
            None => Action::CreateDisabledDepartment { department: id, after: before.clone() },
        };
        self.steps.push(Step { action, reason: "undo.deleted" });
    }

    pub(super) fn unbind_department(&mut self, unit: &UnitId, id: DepartmentId) {
        if self.unit_of(unit) == Some(id) {
            self.units.insert(unit.clone(), None);
            let action = Action::UnbindDepartment { unit: unit.clone(), department: id };
            self.steps.push(Step { action, reason: "undo.bound" });
        }
    }

    pub(super) fn bind_department(&mut self, unit: &UnitId, id: DepartmentId) {
        let is_taken = self.units.values().any(|department| *department == Some(id))
            || self.target.binding_of_department(id).is_some_and(
                |binding| !matches!(self.units.get(&binding.unit), Some(department) if *department != Some(id)),
            );
        if self.unit_of(unit).is_none() && self.exists(id) && !is_taken {
            self.units.insert(unit.clone(), Some(id));
            let origin = BindingOrigin::Position;
            let action = Action::BindDepartment { unit: unit.clone(), department: id, origin };
            self.steps.push(Step { action, reason: "undo.unbound" });
        }
    }
}
