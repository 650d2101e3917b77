//! What of a layout cannot be reached: names that somebody else keeps, departments that would hang below themselves or
//! too deep. Such departments stay as they are, and such units get none.

use super::layout::{Attempt, Goal, LEVELS_MAX, Place};
use crate::model::{BindingOrigin, DepartmentId, OutOfScope, Text};
use hashbrown::{HashMap, HashSet};

/// What makes another try necessary: changes that turned out to be impossible.
#[derive(Default)]
pub(super) struct Hindered {
    pub(super) frozen: HashSet<DepartmentId>,
    pub(super) blocked: HashSet<usize>,
}

impl Attempt<'_, '_> {
    /// Whether the department, when everything is where it is to be, hangs in the tree within the levels.
    fn reaches_the_top(&self, goal: &Goal, goal_parents: &HashMap<DepartmentId, DepartmentId>) -> bool {
        let above = |id: &DepartmentId| {
            let mirrored = || self.target.department(*id).map(|department| department.parent);
            goal_parents.get(id).copied().or_else(mirrored).filter(|parent| parent.0 != 0)
        };
        std::iter::successors(Some(goal.department), above).take(LEVELS_MAX + 1).count() <= LEVELS_MAX
    }

    /// Which goals cannot be reached because another department keeps that name at that place.
    pub(super) fn find_clashes(&mut self, hindered: &Hindered) -> Hindered {
        let mut more = Hindered::default();
        if self.layout.goals.is_empty() {
            return more;
        }
        let moving: HashSet<DepartmentId> = self.layout.goals.iter().map(|goal| goal.department).collect();
        let mut slots: HashMap<(DepartmentId, Text), DepartmentId> = HashMap::new();
        for department in self.target.departments().filter(|department| !moving.contains(&department.id)) {
            if let Some(name) = &department.name {
                slots.insert((department.parent, name.clone()), department.id);
            }
        }
        let options = &self.input.corp.downstream;
        let goal_parents: HashMap<DepartmentId, DepartmentId> =
            self.layout.goals.iter().map(|goal| (goal.department, goal.parent)).collect();
        for goal in &self.layout.goals {
            // a parent that stays where it is can be below the department, or too deep
            if !self.reaches_the_top(goal, &goal_parents) {
                if goal.is_new {
                    more.blocked.insert(goal.unit);
                } else {
                    more.frozen.insert(goal.department);
                }
                continue;
            }
            let Some(name) = &goal.name else { continue };
            let slot = (goal.parent, name.clone());
            let Some(&occupant) = slots.get(&slot) else {
                slots.insert(slot, goal.department);
                continue;
            };
            // created by us for a unit that is gone or has left the scope: it will be deleted once it is empty
            let is_ours = self.target.binding_of_department(occupant).is_some_and(|binding| {
                let is_unwanted = match self.source.find_unit(binding.unit.as_str()) {
                    None => true,
                    Some(at) => self.layout.places[at] == Place::None && options.out_of_scope != OutOfScope::Keep,
                };
                binding.origin == BindingOrigin::Created && is_unwanted
            });
            let is_free = !moving.contains(&occupant) && !self.taken_over.contains(&occupant);
            if is_ours && is_free && options.remove && options.update && self.target.is_complete {
                self.layout.displaced.insert(occupant);
                slots.insert(slot, goal.department);
            } else if goal.is_new {
                more.blocked.insert(goal.unit);
            } else if !hindered.frozen.contains(&goal.department) {
                more.frozen.insert(goal.department);
            }
        }
        more
    }
}
