//! A corp's WeCom side to look at, joined with its tenant's directory: the tree of departments with counts on each
//! branch, the list of members, the links between the two sides.
//!
//! A member counts at each of its departments, once in each branch. What could not be read is told apart from what is
//! empty, and names that WeCom answered as placeholders (AUTH-22) from names.

mod base;
mod departments;
mod links;
mod members;
mod naming;
mod sides;
mod suggest;

pub use departments::{DepartmentNode, DepartmentStep, UnitLink};
pub use links::{BindingColumn, BindingQuery, BindingRow, CaseRow, LinkState, PersonRow};
pub use members::{DepartmentRef, EmployeeRef, MemberColumn, MemberQuery, MemberRow, StatusFilter};
pub use naming::Naming;
pub use sides::{Side, SideCounts, SideRow, SideState};
pub use suggest::{Likeness, UserLookup};

pub(super) use base::Base;

use super::directory::DirectoryView;
use super::list::Orders;
use super::tree::NONE;
use crate::model::{CorpKey, MirrorHead, TenantKey};
use std::sync::Arc;
use suggest::Alike;

/// A corp's mirror and links as of one revision, and the directory that they are joined with.
#[derive(Debug)]
pub struct MirrorView {
    base: Arc<Base>,
    directory: Arc<DirectoryView>,
    /// The person of each link, [`NONE`] when the directory does not have it any more.
    employees: Box<[u32]>,
    /// The link of each person of the directory, or [`NONE`].
    links: Box<[u32]>,
    /// The unit of each department, or [`NONE`].
    units: Box<[u32]>,
    /// The department of each unit, or [`NONE`].
    departments: Box<[u32]>,
    member_orders: Orders,
    binding_orders: Orders,
    alike_members: Alike,
    alike_people: Alike,
    totals: MirrorTotals,
}

/// How much a corp's WeCom side holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct MirrorTotals {
    /// Departments.
    pub departments: usize,
    /// Departments that are linked with a unit.
    pub linked_departments: usize,
    /// Departments whose name could not be read or is a placeholder.
    pub unnamed_departments: usize,
    /// Members.
    pub members: usize,
    /// Members that are linked with a person.
    pub bound: usize,
    /// Members that are not.
    pub unbound: usize,
    /// Disabled members.
    pub disabled: usize,
    /// Members of whom only id and departments are known.
    pub without_details: usize,
    /// Members whose name could not be read.
    pub unreadable: usize,
    /// Members whose name is a placeholder (AUTH-22).
    pub untranslated: usize,
    /// Members on their way out.
    pub removing: usize,
    /// Links whose person or member is gone.
    pub broken_links: usize,
}

impl MirrorView {
    pub(super) fn join(base: Arc<Base>, directory: Arc<DirectoryView>) -> Self {
        let mut links = vec![NONE; directory.people_len()];
        let find = |binding: usize| directory.find_row_of(base.bindings.employee(binding));
        let employees: Box<[u32]> =
            (0..base.bindings.len()).map(|at| find(at).map_or(NONE, |row| row as u32)).collect();
        for (binding, employee) in (0_u32..).zip(&employees).filter(|(_, employee)| **employee != NONE) {
            links[*employee as usize] = binding;
        }
        let mut units = vec![NONE; base.departments.len()];
        let mut departments = vec![NONE; directory.units_len()];
        for link in &base.departments.links {
            let (unit, department) = (directory.node_of_id(&link.unit), link.department);
            if let Some(unit) = unit {
                units[department as usize] = unit;
                departments[unit as usize] = department;
            }
        }
        let totals = base.totals(&employees);
        Self {
            base,
            directory,
            employees,
            links: links.into(),
            units: units.into(),
            departments: departments.into(),
            member_orders: Orders::new(members::COLUMNS),
            binding_orders: Orders::new(links::COLUMNS),
            alike_members: Alike::default(),
            alike_people: Alike::default(),
            totals,
        }
    }

    /// Which corp it is.
    pub fn corp(&self) -> &CorpKey {
        &self.base.corp
    }

    /// The directory on the other side.
    pub fn directory(&self) -> &DirectoryView {
        &self.directory
    }

    /// What is known about the last read; `None` before the first one.
    pub fn head(&self) -> Option<&MirrorHead> {
        self.base.head.as_ref()
    }

    /// How much there is.
    pub fn totals(&self) -> MirrorTotals {
        self.totals
    }

    pub(super) fn revision(&self) -> [u64; 2] {
        [self.directory.revision(), self.base.revision]
    }

    pub(super) fn tenant(&self) -> &TenantKey {
        self.directory.tenant()
    }

    pub(super) fn bytes(&self) -> usize {
        let numbers = self.employees.len() + self.links.len() + self.units.len() + self.departments.len();
        let alike = self.alike_members.bytes() + self.alike_people.bytes();
        numbers * 4 + self.member_orders.bytes() + self.binding_orders.bytes() + alike
    }
}
