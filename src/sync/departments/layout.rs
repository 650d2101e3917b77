//! Which department each unit has, gets, or cannot have.

mod place;

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
