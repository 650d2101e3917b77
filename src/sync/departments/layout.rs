//! Which department each unit has, gets, or cannot have.

use super::base::find_base;
use super::clashes::Hindered;
use super::names::check_name;
use super::offers;
use crate::model::{DepartmentId, Edition, RenameOffer, Text, UnitId};
use crate::sync::input::{PlanInput, PlanRefusal};
use crate::sync::notices::Notices;
use crate::sync::source::Source;
use crate::sync::target::Target;
use hashbrown::{HashMap, HashSet};

/// Most levels of departments, the root counted (doc path 90205).
pub const LEVELS_MAX: usize = 15;
/// Most departments of a corp of the public edition (doc path 90205).
pub const DEPARTMENTS_MAX: usize = 30_000;

/// Where one unit goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Out of scope: no department is needed.
    None,
    /// It cannot have a department now, and neither can anything below it.
    Blocked,
    /// The department exists.
    Existing(DepartmentId),
    /// The department is created by this plan.
    New(DepartmentId),
}

impl Place {
    /// The department, existing or new.
    pub fn department(self) -> Option<DepartmentId> {
        match self {
            Self::Existing(id) | Self::New(id) => Some(id),
            Self::None | Self::Blocked => None,
        }
    }
}

/// What a department becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goal {
    /// The unit's position.
    pub unit: usize,
    /// The department.
    pub department: DepartmentId,
    /// Whether it is created.
    pub is_new: bool,
    /// Its name afterwards; `None` = unreadable and left alone.
    pub name: Option<Text>,
    /// Its parent afterwards.
    pub parent: DepartmentId,
    /// Its order where it is to be written.
    pub order: Option<u32>,
}

/// The department side of a plan.
pub struct Layout {
    /// By unit position.
    pub places: Vec<Place>,
    /// Creations and changes, parents first.
    pub goals: Vec<Goal>,
    /// Links that end: vanished departments and departments taken over by another unit.
    pub unbind: Vec<(UnitId, DepartmentId)>,
    /// Links that begin, by unit position.
    pub bind: Vec<(usize, DepartmentId)>,
    /// Created departments without a unit that must give up their name.
    pub displaced: HashSet<DepartmentId>,
    /// Units that look renamed and wait.
    pub offers: Vec<RenameOffer>,
    /// The department under which everything hangs: the root or the top department.
    pub base: DepartmentId,
    /// The next free department id.
    pub next_id: u64,
}

/// Finds a department for every needed unit.
pub fn lay_out(
    input: &PlanInput<'_>,
    source: &Source<'_>,
    target: &Target<'_>,
    needed: &[bool],
    people: &dyn Fn() -> offers::People,
    notices: &mut Notices,
) -> Result<Layout, PlanRefusal> {
    let base = find_base(input, source, target)?;
    let mut hindered = Hindered::default();
    loop {
        let mut attempt = Attempt::new(input, source, target, base);
        let mut own_notices = Notices::like(notices);
        attempt.place_units(needed, people, &hindered, &mut own_notices)?;
        let more = attempt.find_clashes(&hindered);
        if more.frozen.is_empty() && more.blocked.is_empty() {
            for department in &hindered.frozen {
                notices.add("department.name_taken", department.to_string(), || {
                    "not renamed or moved: another department has that name there, or it would hang below itself".into()
                });
            }
            for unit in &hindered.blocked {
                notices.add("unit.name_taken", &source.units[*unit].unit.id, || {
                    "no department is created: another department has that name at that place".into()
                });
            }
            notices.merge(own_notices);
            return Ok(attempt.layout);
        }
        hindered.frozen.extend(more.frozen);
        hindered.blocked.extend(more.blocked);
    }
}

pub(super) struct Attempt<'i, 'a> {
    pub(super) input: &'i PlanInput<'a>,
    pub(super) source: &'i Source<'a>,
    pub(super) target: &'i Target<'a>,
    pub(super) layout: Layout,
    /// Departments that belong to a unit of the source.
    claimed: HashSet<DepartmentId>,
    pub(super) taken_over: HashSet<DepartmentId>,
}

impl<'i, 'a> Attempt<'i, 'a> {
    fn new(input: &'i PlanInput<'a>, source: &'i Source<'a>, target: &'i Target<'a>, base: DepartmentId) -> Self {
        let largest_bound = target.department_bindings.iter().map(|binding| binding.department.0);
        let largest = target.departments().map(|department| department.id.0).chain(largest_bound).max().unwrap_or(1);
        let next_id = u64::from(largest.max(input.facts.largest_department_id)) + 1;
        let layout = Layout {
            places: vec![Place::None; source.units.len()],
            goals: Vec::new(),
            unbind: Vec::new(),
            bind: Vec::new(),
            displaced: HashSet::new(),
            offers: Vec::new(),
            base,
            next_id,
        };
        let mut claimed: HashSet<DepartmentId> = target
            .department_bindings
            .iter()
            .filter(|binding| source.find_unit(binding.unit.as_str()).is_some())
            .map(|binding| binding.department)
            .collect();
        claimed.extend(input.facts.disabled_department);
        claimed.insert(base);
        Self { input, source, target, layout, claimed, taken_over: HashSet::new() }
    }

    fn place_units(
        &mut self,
        needed: &[bool],
        people: &dyn Fn() -> offers::People,
        hindered: &Hindered,
        notices: &mut Notices,
    ) -> Result<(), PlanRefusal> {
        let has_top = self.input.corp.top_department().is_some();
        let base_level = self.target.level(self.layout.base);
        let mut cached_people: Option<offers::People> = None;
        let is_public = self.input.corp.edition == Edition::Public;
        let mut room =
            if is_public { DEPARTMENTS_MAX.saturating_sub(self.target.department_count()) } else { usize::MAX };
        // the root unit takes part like a child of the base when there is a top department
        if !has_top {
            self.place_root();
        }
        for parent in std::iter::once(None).chain((0..self.source.units.len()).map(Some)) {
            let siblings: &[usize] = match parent {
                None if has_top => &[0],
                None => continue,
                Some(at) => &self.source.units[at].children,
            };
            let place = match parent {
                None => Place::Existing(self.layout.base),
                Some(at) => self.layout.places[at],
            };
            let Some(parent_id) = place.department() else {
                if place == Place::Blocked {
                    siblings.iter().filter(|at| needed[**at]).for_each(|at| self.layout.places[*at] = Place::Blocked);
                }
                continue;
            };
            let mut names: HashMap<&str, usize> = HashMap::new();
            let mut unlinked: Vec<usize> = Vec::new();
            for &at in siblings.iter().filter(|at| needed[**at]) {
                let unit = &self.source.units[at];
                let level = base_level + unit.level - usize::from(!has_top);
                let is_too_deep = level > LEVELS_MAX;
                let name = match check_name(&unit.unit.name) {
                    _ if is_too_deep => Err(format!("it would be on level {level}, WeCom has {LEVELS_MAX}")),
                    Ok(name) => match names.insert(name, at) {
                        Some(first) => {
                            names.insert(name, first);
                            let first = &self.source.units[first].unit.id;
                            Err(format!("unit {first} has the same name under the same parent"))
                        }
                        None => Ok(name),
                    },
                    Err(reason) => Err(reason),
                };
                if let Err(reason) = name {
                    let below = count_below(self.source, at);
                    let code = if is_too_deep { "unit.too_deep" } else { "unit.skipped" };
                    notices.add(code, &unit.unit.id, || {
                        format!(
                            "unit {}: {reason}; it, {below} units below it and their people are left alone",
                            unit.path
                        )
                    });
                    self.layout.places[at] = Place::Blocked;
                } else if hindered.blocked.contains(&at) {
                    self.layout.places[at] = Place::Blocked;
                } else if !self.keep_link(at, parent_id, hindered, notices) {
                    unlinked.push(at);
                }
            }
            if unlinked.is_empty() {
                continue;
            }
            self.link_by_name(&mut unlinked, place, hindered);
            if let Place::Existing(parent_id) = place
                && !unlinked.is_empty()
            {
                let disabled = self.input.corp.downstream.disabled_department.trim();
                let mut free = self.free_children(parent_id);
                // where disabled people are is no unit under another name
                free.retain(|department| department.name.as_ref().is_none_or(|name| name.trim() != disabled));
                if !free.is_empty() {
                    let people = cached_people.get_or_insert_with(people);
                    let offered = offers::find(self.source, self.target, needed, &unlinked, &free, &names, people);
                    for offer in offered {
                        notices.add("department.rename_candidate", &offer.unit, || offer.sentence());
                        self.layout.offers.push(offer.clone());
                        if let Some(at) = self.source.find_unit(offer.unit.as_str()) {
                            self.layout.places[at] = Place::Blocked;
                            unlinked.retain(|unit| *unit != at);
                        }
                    }
                }
            }
            for at in unlinked {
                if room == 0 {
                    let unit = self.source.units[at].unit;
                    notices.add("departments.limit", &unit.id, || {
                        format!("no department is created: a corp has at most {DEPARTMENTS_MAX}")
                    });
                    self.layout.places[at] = Place::Blocked;
                    continue;
                }
                room -= 1;
                self.create(at, parent_id)?;
            }
        }
        Ok(())
    }

    fn place_root(&mut self) {
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
    fn release(&mut self, department: DepartmentId, unit: &str) {
        if let Some(other) = self.target.binding_of_department(department)
            && other.unit.as_str() != unit
            && self.taken_over.insert(department)
            && !self.layout.unbind.iter().any(|(unit, _)| *unit == other.unit)
        {
            self.layout.unbind.push((other.unit.clone(), department));
        }
    }

    /// Uses the stored link where it still holds.
    fn keep_link(&mut self, at: usize, parent: DepartmentId, hindered: &Hindered, notices: &mut Notices) -> bool {
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
    fn aim(
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
    fn free_children(&self, parent: DepartmentId) -> Vec<&'a crate::model::Department> {
        let children = self.target.children(parent).iter().copied();
        children
            .filter(|department| !self.claimed.contains(&department.id) && !self.taken_over.contains(&department.id))
            .collect()
    }

    /// Links units to the free departments of the same name under the same parent (DIR-58).
    fn link_by_name(&mut self, unlinked: &mut Vec<usize>, parent: Place, hindered: &Hindered) {
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

    fn create(&mut self, at: usize, parent: DepartmentId) -> Result<(), PlanRefusal> {
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

fn count_below(source: &Source<'_>, at: usize) -> usize {
    let mut below = 0;
    let mut open = vec![at];
    while let Some(at) = open.pop() {
        below += source.units[at].children.len();
        open.extend(&source.units[at].children);
    }
    below
}
