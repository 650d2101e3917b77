//! The order in which WeCom accepts the department changes: parents first, and no two siblings of one name at any
//! moment. A swap of names goes through a temporary name.

use super::layout::{Goal, Layout};
use super::names;
use crate::model::{Action, DepartmentId, DepartmentImage, Text};
use crate::sync::source::Source;
use crate::sync::target::Target;
use hashbrown::{HashMap, HashSet};

/// One step with its reason.
pub struct Step {
    /// What is done.
    pub action: Action,
    /// Why.
    pub reason: &'static str,
}

/// Puts the goals of a layout in order.
pub fn schedule(layout: &Layout, source: &Source<'_>, target: &Target<'_>) -> Vec<Step> {
    if layout.goals.is_empty() {
        return Vec::new();
    }
    let mut state = State::new(layout, source, target);
    for first in 0..layout.goals.len() {
        let mut waiting = vec![first];
        while let Some(&current) = waiting.last() {
            let goal = &layout.goals[current];
            if state.is_done[current] {
                waiting.pop();
                continue;
            }
            let occupant = state.occupant(goal);
            match occupant {
                None => match state.in_the_way_above(goal) {
                    // the new parent is still below the department: what is between them moves first
                    Some(Some(next)) if !waiting.contains(&next) => waiting.push(next),
                    Some(_) => {
                        state.is_done[current] = true;
                        waiting.pop();
                    }
                    None => {
                        state.reach(current);
                        waiting.pop();
                    }
                },
                Some(occupant) => match state.pending(occupant) {
                    // the one in the way can go first
                    Some(next) if !waiting.contains(&next) && state.is_settled(layout.goals[next].parent) => {
                        waiting.push(next);
                    }
                    _ => state.step_aside(occupant),
                },
            }
        }
    }
    state.steps
}

struct State<'l> {
    layout: &'l Layout,
    source: &'l Source<'l>,
    now: HashMap<DepartmentId, (DepartmentId, Option<Text>)>,
    slots: HashMap<(DepartmentId, Text), DepartmentId>,
    goal_of: HashMap<DepartmentId, usize>,
    orders: HashMap<DepartmentId, u32>,
    is_done: Vec<bool>,
    steps: Vec<Step>,
    unit_of: HashMap<DepartmentId, crate::model::UnitId>,
    exists: HashSet<DepartmentId>,
}

impl<'l> State<'l> {
    fn new(layout: &'l Layout, source: &'l Source<'l>, target: &Target<'_>) -> Self {
        let mut now = HashMap::new();
        let mut slots = HashMap::new();
        let mut orders = HashMap::new();
        let mut unit_of = HashMap::new();
        for department in target.departments() {
            if let Some(name) = &department.name {
                slots.insert((department.parent, name.clone()), department.id);
            }
            now.insert(department.id, (department.parent, department.name.clone()));
            orders.insert(department.id, department.order);
            if let Some(binding) = target.binding_of_department(department.id) {
                unit_of.insert(department.id, binding.unit.clone());
            }
        }
        let exists = now.keys().copied().collect();
        let goal_of = layout.goals.iter().enumerate().map(|(at, goal)| (goal.department, at)).collect();
        let is_done = vec![false; layout.goals.len()];
        Self { layout, source, now, slots, goal_of, orders, is_done, steps: Vec::new(), unit_of, exists }
    }

    /// Who has the name at the place that the goal wants.
    fn occupant(&self, goal: &Goal) -> Option<DepartmentId> {
        let name = goal.name.clone()?;
        self.slots.get(&(goal.parent, name)).copied().filter(|id| *id != goal.department)
    }

    /// `Some` when the new parent now is below the department itself: then the nearest department between them that is
    /// still to move, if there is one.
    fn in_the_way_above(&self, goal: &Goal) -> Option<Option<usize>> {
        let above = |id: &DepartmentId| self.now.get(id).map(|(parent, _)| *parent).filter(|parent| parent.0 != 0);
        let chain: Vec<DepartmentId> = std::iter::successors(Some(goal.parent), above).take(64).collect();
        let own = chain.iter().position(|id| *id == goal.department)?;
        Some(chain[..own].iter().find_map(|id| self.pending(*id)))
    }

    /// The goal of a department that it has not reached yet.
    fn pending(&self, department: DepartmentId) -> Option<usize> {
        self.goal_of.get(&department).copied().filter(|at| !self.is_done[*at])
    }

    /// Whether a department and everything above it are where they will stay.
    fn is_settled(&self, department: DepartmentId) -> bool {
        let mut next = Some(department);
        while let Some(id) = next.filter(|id| self.exists.contains(id)) {
            if self.pending(id).is_some() {
                return false;
            }
            next = self.now.get(&id).map(|(parent, _)| *parent).filter(|parent| *parent != id);
        }
        self.exists.contains(&department)
    }

    fn place(&mut self, id: DepartmentId, parent: DepartmentId, name: Option<Text>) {
        if let Some((parent, Some(name))) = self.now.remove(&id)
            && self.slots.get(&(parent, name.clone())) == Some(&id)
        {
            self.slots.remove(&(parent, name));
        }
        if let Some(name) = &name {
            self.slots.insert((parent, name.clone()), id);
        }
        self.now.insert(id, (parent, name));
        self.exists.insert(id);
    }

    fn reach(&mut self, at: usize) {
        let goal = &self.layout.goals[at];
        let unit = self.source.units[goal.unit].unit.id.clone();
        self.is_done[at] = true;
        if goal.is_new {
            self.steps.push(Step {
                action: Action::CreateDepartment {
                    unit,
                    department: goal.department,
                    after: DepartmentImage { name: goal.name.clone(), parent: Some(goal.parent), order: goal.order },
                },
                reason: "unit.new",
            });
        } else {
            let (parent, name) = self.now.get(&goal.department).cloned().unwrap_or((goal.parent, None));
            let renamed = goal.name.is_some() && goal.name != name;
            let moved = parent != goal.parent;
            self.steps.push(Step {
                action: Action::UpdateDepartment {
                    unit: Some(unit),
                    department: goal.department,
                    before: DepartmentImage {
                        name: name.filter(|_| renamed),
                        parent: Some(parent).filter(|_| moved),
                        order: goal.order.and_then(|_| self.orders.get(&goal.department).copied()),
                    },
                    after: DepartmentImage {
                        name: goal.name.clone().filter(|_| renamed),
                        parent: Some(goal.parent).filter(|_| moved),
                        order: goal.order,
                    },
                },
                reason: match (moved, renamed) {
                    (true, _) => "unit.moved",
                    (false, true) => "unit.renamed",
                    (false, false) => "unit.reordered",
                },
            });
        }
        self.place(goal.department, goal.parent, goal.name.clone());
    }

    /// Gives a department in the way a temporary name.
    fn step_aside(&mut self, id: DepartmentId) {
        let Some((parent, Some(name))) = self.now.get(&id).cloned() else { return };
        let mut number = id.0;
        let mut free = Text::from(names::temporary(&name, number));
        while self.slots.contains_key(&(parent, free.clone())) {
            number = number.wrapping_add(1);
            free = Text::from(names::temporary(&name, number));
        }
        self.steps.push(Step {
            action: Action::UpdateDepartment {
                unit: self.unit_of.get(&id).cloned(),
                department: id,
                before: DepartmentImage { name: Some(name), ..DepartmentImage::default() },
                after: DepartmentImage { name: Some(free.clone()), ..DepartmentImage::default() },
            },
            reason: "unit.steps_aside",
        });
        self.place(id, parent, Some(free));
    }
}
