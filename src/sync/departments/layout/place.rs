//! One unit at a time: keep its link, find its department by name, or create one.

use super::{Attempt, Goal, Place};
use crate::model::{DepartmentId, Text};
use crate::sync::departments::clashes::Hindered;
use crate::sync::input::PlanRefusal;
use crate::sync::notices::Notices;
use hashbrown::HashMap;

impl<'a> Attempt<'_, 'a> {
    pub(super) fn place_root(&mut self) {
        let unit = self.source.units[0].unit;
        match self.target.binding_of_unit(unit.id.as_str()) {
            Some(binding) if binding.department == DepartmentId::ROOT => {}
            old => {
                if let Some(old) = old {
                    self.layout.unbind.push((unit.id.clone(), old.department));
                }
                self.release(DepartmentId::ROOT, unit.id.as_str());
                self.layout.bind.push((0, DepartmentId::ROOT));
            }
        }
        self.layout.places[0] = Place::Existing(DepartmentId::ROOT);
    }

    /// Ends the link of a department with another unit than `unit`.
    pub(super) fn release(&mut self, department: DepartmentId, unit: &str) {
        if let Some(other) = self.target.binding_of_department(department)
            && other.unit.as_str() != unit
            && self.taken_over.insert(department)
            && !self.layout.unbind.iter().any(|(unit, _)| *unit == other.unit)
        {
            self.layout.unbind.push((other.unit.clone(), department));
        }
    }

    /// Uses the stored link where it still holds.
    pub(super) fn keep_link(
        &mut self,
        at: usize,
        parent: DepartmentId,
        hindered: &Hindered,
        notices: &mut Notices,
    ) -> bool {
        let unit = self.source.units[at].unit;
        let Some(binding) = self.target.binding_of_unit(unit.id.as_str()) else { return false };
        let id = binding.department;
        if id == DepartmentId::ROOT || id == self.layout.base {
            self.layout.unbind.push((unit.id.clone(), id));
            return false;
        }
        match self.target.department(id) {
            Some(_) => {
                self.layout.places[at] = Place::Existing(id);
                self.aim(at, id, parent, binding.pushed_name.as_ref(), hindered);
                true
            }
            None if self.target.is_complete => {
                notices.add("department.vanished", &unit.id, || {
                    format!("department {id} was deleted in WeCom; it is looked for by name and else created again")
                });
                self.layout.unbind.push((unit.id.clone(), id));
                false
            }
            None => {
                notices.add("department.not_visible", &unit.id, || {
                    format!("department {id} is not in the visible range; it is left as it is")
                });
                self.layout.places[at] = Place::Existing(id);
                true
            }
        }
    }

    /// Notes what differs between the existing department and the unit.
    pub(super) fn aim(
        &mut self,
        at: usize,
        id: DepartmentId,
        parent: DepartmentId,
        pushed_name: Option<&Text>,
        hindered: &Hindered,
    ) {
        let Some(department) = self.target.department(id) else { return };
        if !self.input.corp.downstream.update || hindered.frozen.contains(&id) {
            return;
        }
        let unit = self.source.units[at].unit;
        let name = unit.name.trim();
        let known = department.name.as_ref().or(pushed_name);
        let is_renamed = known.is_some_and(|known| known.as_str() != name);
        let order = unit.order.map(|order| u32::MAX - order).filter(|order| *order != department.order);
        if is_renamed || department.parent != parent || order.is_some() {
            self.layout.goals.push(Goal {
                unit: at,
                department: id,
                is_new: false,
                name: if is_renamed { Some(Text::from(name)) } else { department.name.clone() },
                parent,
                order,
            });
        }
    }

    /// Departments below `parent` that belong to no unit of the source.
    pub(super) fn free_children(&self, parent: DepartmentId) -> Vec<&'a crate::model::Department> {
        let children = self.target.children(parent).iter().copied();
        children
            .filter(|department| !self.claimed.contains(&department.id) && !self.taken_over.contains(&department.id))
            .collect()
    }

    /// Links units to the free departments of the same name under the same parent (DIR-58).
    pub(super) fn link_by_name(&mut self, unlinked: &mut Vec<usize>, parent: Place, hindered: &Hindered) {
        let Place::Existing(parent_id) = parent else { return };
        let free = self.free_children(parent_id);
        let mut by_name: HashMap<&str, Vec<DepartmentId>> = HashMap::new();
        for department in &free {
            if let Some(name) = &department.name {
                by_name.entry(name.trim()).or_default().push(department.id);
            }
        }
        unlinked.retain(|&at| {
            let unit = self.source.units[at].unit;
            let Some([id]) = by_name.get(unit.name.trim()).map(Vec::as_slice) else { return true };
            let id = *id;
            self.release(id, unit.id.as_str());
            self.claimed.insert(id);
            self.layout.bind.push((at, id));
            self.layout.places[at] = Place::Existing(id);
            self.aim(at, id, parent_id, None, hindered);
            false
        });
    }

    pub(super) fn create(&mut self, at: usize, parent: DepartmentId) -> Result<(), PlanRefusal> {
        let unit = self.source.units[at].unit;
        let id = u32::try_from(self.layout.next_id)
            .map_err(|_| PlanRefusal::IdsUsedUp { largest: u32::MAX })
            .map(DepartmentId)?;
        self.layout.next_id += 1;
        self.layout.places[at] = Place::New(id);
        self.layout.goals.push(Goal {
            unit: at,
            department: id,
            is_new: true,
            name: Some(Text::from(unit.name.trim())),
            parent,
            order: unit.order.map(|order| u32::MAX - order),
        });
        Ok(())
    }
}
