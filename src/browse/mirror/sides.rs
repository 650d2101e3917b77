//! Both trees side by side, branch by branch: what is linked, what is only here, what is only there.

use super::{DepartmentNode, MirrorView, NONE};
use crate::browse::bits::Bits;
use crate::browse::cells::Needle;
use crate::browse::directory::UnitNode;
use crate::browse::outline::{Branch, Children};
use crate::model::{DepartmentId, UnitId};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// A place of the two trees that is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Side {
    /// The top of both.
    Top,
    /// Below this unit, and below the department that it is linked with.
    Unit(Branch<UnitId>),
    /// Below this department, which is linked with no unit.
    Department(Branch<DepartmentId>),
}

/// How a row stands on the two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SideState {
    /// Unit and department are linked, at the same place.
    Linked,
    /// Linked, and the names differ.
    NameDiffers,
    /// Linked, but the department stands elsewhere.
    Moved,
    /// A unit without a department.
    OnlyHere,
    /// A department without a unit.
    OnlyThere,
}

/// One row of the two trees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SideRow {
    /// OA side.
    pub unit: Option<UnitNode>,
    /// WeCom side.
    pub department: Option<DepartmentNode>,
    /// How it stands.
    pub state: SideState,
}

impl SideRow {
    /// Whether there is something below it on either side.
    pub fn has_children(&self) -> bool {
        self.unit.as_ref().is_some_and(|unit| unit.children > 0)
            || self.department.as_ref().is_some_and(|department| department.children > 0)
    }
}

/// How many rows stand how, in both trees together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "named after the states that they count")]
pub struct SideCounts {
    pub linked: usize,
    pub name_differs: usize,
    pub moved: usize,
    pub only_here: usize,
    pub only_there: usize,
}

impl MirrorView {
    /// The rows directly below a place, units in the OA's order first, then the departments that no unit is linked with;
    /// `None` when the place does not exist. At most `limit` rows from the place `from` on.
    pub fn sides(&self, at: &Side, from: usize, limit: usize) -> Option<Children<SideRow>> {
        let (units, departments) = self.below(at)?;
        let shown: HashSet<u32> = units.iter().map(|unit| self.department_at(*unit)).filter(|d| *d != NONE).collect();
        let only_there = departments.iter().filter(|department| {
            // one that is linked with a unit elsewhere is shown there
            !shown.contains(department) && self.unit_at(**department) == NONE
        });
        let pairs: Vec<(u32, u32)> = units
            .iter()
            .map(|unit| (*unit, self.department_at(*unit)))
            .chain(only_there.map(|department| (NONE, *department)))
            .collect();
        let rows = pairs.iter().skip(from).take(limit).map(|(unit, department)| self.side_row(*unit, *department));
        Some(Children { nodes: rows.collect(), total: pairs.len() })
    }

    /// How many units and departments stand how, without those that have no place in their tree.
    pub fn side_counts(&self) -> SideCounts {
        let mut counts = SideCounts::default();
        for (unit, department) in self.all_pairs() {
            match self.state_of(unit, department) {
                SideState::Linked => counts.linked += 1,
                SideState::NameDiffers => counts.name_differs += 1,
                SideState::Moved => counts.moved += 1,
                SideState::OnlyHere => counts.only_here += 1,
                SideState::OnlyThere => counts.only_there += 1,
            }
        }
        counts
    }

    /// All rows of some states in which a text stands in a name or an id, none left out by an empty one: state by state as they
    /// are named, each in the order of the OA's tree, then of WeCom's; at most `limit` from the place `from` on.
    pub fn sides_of(&self, states: &[SideState], search: &str, from: usize, limit: usize) -> Children<SideRow> {
        let found = Needle::new(search).map(|needle| self.found_by(&needle));
        let is_found = |unit: u32, department: u32| {
            found.as_ref().is_none_or(|(units, departments)| {
                (unit != NONE && units.has(unit as usize))
                    || (department != NONE && departments.has(department as usize))
            })
        };
        let (units, departments) = (self.directory.tree(), &self.base.departments.tree);
        let mut rows = Vec::new();
        for (unit, department) in self.all_pairs().filter(|(unit, department)| is_found(*unit, *department)) {
            let state = self.state_of(unit, department);
            let Some(rank) = states.iter().position(|wanted| *wanted == state) else { continue };
            let place = if unit == NONE { (1, departments.place(department)) } else { (0, units.place(unit)) };
            rows.push((rank, place, (unit, department)));
        }
        rows.sort_unstable();
        let shown = rows.iter().skip(from).take(limit);
        let nodes = shown.map(|(_, _, (unit, department))| self.side_row(*unit, *department)).collect();
        Children { nodes, total: rows.len() }
    }

    /// The units and the departments that have it in their name or their id.
    fn found_by(&self, needle: &Needle) -> (Bits, Bits) {
        let departments = &self.base.departments;
        let mut found = departments.names.search(needle);
        if needle.as_str().bytes().all(|byte| byte.is_ascii_digit()) {
            let ids = departments.ids.iter().enumerate();
            ids.filter(|(_, id)| id.to_string().contains(needle.as_str())).for_each(|(at, _)| found.insert(at));
        }
        (self.directory.units_found(needle), found)
    }

    fn all_pairs(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let units = (0_u32..).zip(&self.departments).map(|(unit, department)| (unit, *department));
        let only_there = (0_u32..).zip(&self.units).filter(|(_, unit)| **unit == NONE);
        units.chain(only_there.map(|(department, _)| (NONE, department)))
    }

    /// The units and the departments directly below a place.
    fn below(&self, at: &Side) -> Option<(Vec<u32>, Vec<u32>)> {
        let (units, departments) = (self.directory.tree(), &self.base.departments.tree);
        Some(match at {
            Side::Top => (units.tops().to_vec(), departments.tops().to_vec()),
            Side::Unit(branch) => {
                let unit = self.directory.node_of(branch)?;
                let department = self.department_at(unit);
                let below = if department == NONE { Vec::new() } else { departments.children(department).collect() };
                (units.children(unit).collect(), below)
            }
            Side::Department(branch) => (Vec::new(), departments.children(self.node_of(branch)?).collect()),
        })
    }

    pub(super) fn department_at(&self, unit: u32) -> u32 {
        self.departments.get(unit as usize).copied().unwrap_or(NONE)
    }

    fn unit_at(&self, department: u32) -> u32 {
        self.units.get(department as usize).copied().unwrap_or(NONE)
    }

    fn state_of(&self, unit: u32, department: u32) -> SideState {
        match (unit, department) {
            (NONE, _) => SideState::OnlyThere,
            (_, NONE) => SideState::OnlyHere,
            _ if self.is_moved(unit, department) => SideState::Moved,
            // a name that could not be read differs from nothing
            _ => match self.department_name(department) {
                Some(name) if name != self.directory.unit_name(unit) => SideState::NameDiffers,
                _ => SideState::Linked,
            },
        }
    }

    /// Where the OA's root is hung is a setting, and what has no place of its own cannot be moved.
    fn is_moved(&self, unit: u32, department: u32) -> bool {
        let units = self.directory.tree();
        let Some(above) = units.parent(unit).filter(|above| units.stray() != Some(*above)) else { return false };
        self.base.departments.tree.parent(department) != Some(self.department_at(above))
    }

    fn side_row(&self, unit: u32, department: u32) -> SideRow {
        SideRow {
            unit: (unit != NONE).then(|| self.directory.describe(unit)),
            department: (department != NONE).then(|| self.describe(department)),
            state: self.state_of(unit, department),
        }
    }
}
