//! An OA directory to look at: the tree of units with counts on each branch, and the list of people.
//!
//! A person counts at the main unit and at every part-time unit, once in each branch; only active people count. A list
//! that is filtered by a branch and by "active" therefore has exactly as many rows as the branch says.

mod build;
mod list;
mod units;

pub use list::{EmployeeColumn, EmployeeQuery, EmployeeRow, UnitRef};
pub use units::{HeadRef, UnitNode, UnitStep};

use super::cells::Cells;
use super::intern::Interned;
use super::list::Orders;
use super::tree::{Tally, Tree};
use crate::model::{EmployeeStatus, TenantKey, Text};

/// A tenant's directory as of one revision.
#[derive(Debug)]
pub struct DirectoryView {
    tenant: TenantKey,
    revision: u64,
    units: Units,
    people: People,
    totals: DirectoryTotals,
}

/// How much a directory holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct DirectoryTotals {
    /// Units.
    pub units: usize,
    /// People, departed ones included.
    pub employees: usize,
    /// Active people.
    pub active: usize,
    /// Departed people.
    pub departed: usize,
    /// Administrators of the OA.
    pub admins: usize,
    /// Units whose parent is missing or that are part of a cycle.
    pub misplaced_units: usize,
    /// People whose main unit does not exist.
    pub without_unit: usize,
}

/// The units, numbered by id; the stray node follows.
#[derive(Debug)]
struct Units {
    /// Id and name.
    cells: Cells,
    tree: Tree,
    active: Tally,
    /// Heads by unit.
    heads: Box<[(u32, Text)]>,
}

/// The people, numbered by id.
#[derive(Debug)]
struct People {
    cells: Cells,
    positions: Interned,
    /// The main unit's node.
    units: Box<[u32]>,
    /// (person, node) of the part-time units that exist.
    part_time: Box<[(u32, u32)]>,
    /// The unit that a person names as the main one although it does not exist.
    lost: Box<[(u32, Text)]>,
    flags: Box<[u8]>,
    orders: Orders,
}

/// Columns of [`People::cells`].
mod cell {
    pub(super) const ID: usize = 0;
    pub(super) const NAME: usize = 1;
    pub(super) const ACCOUNT: usize = 2;
    pub(super) const EMPLOYEE_NO: usize = 3;
    pub(super) const MOBILE: usize = 4;
    pub(super) const EMAIL: usize = 5;
    pub(super) const COUNT: usize = 6;
}

const DEPARTED: u8 = 1;
const ADMIN: u8 = 2;

impl People {
    fn len(&self) -> usize {
        self.flags.len()
    }

    fn status(&self, row: usize) -> EmployeeStatus {
        if self.flags[row] & DEPARTED == 0 { EmployeeStatus::Active } else { EmployeeStatus::Departed }
    }

    fn is_admin(&self, row: usize) -> bool {
        self.flags[row] & ADMIN != 0
    }

    fn part_time(&self, row: usize) -> impl Iterator<Item = u32> + '_ {
        let from = self.part_time.partition_point(|(person, _)| (*person as usize) < row);
        self.part_time[from..].iter().take_while(move |(person, _)| *person as usize == row).map(|(_, node)| *node)
    }
}

impl DirectoryView {
    /// Whose directory it is.
    pub fn tenant(&self) -> &TenantKey {
        &self.tenant
    }

    /// How much it holds.
    pub fn totals(&self) -> DirectoryTotals {
        self.totals
    }

    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    pub(super) fn bytes(&self) -> usize {
        let (units, people) = (&self.units, &self.people);
        units.cells.bytes()
            + units.tree.bytes()
            + units.active.bytes()
            + units.heads.len() * size_of::<(u32, Text)>()
            + people.cells.bytes()
            + people.positions.bytes()
            + people.units.len() * 4
            + people.part_time.len() * 8
            + people.lost.len() * size_of::<(u32, Text)>()
            + people.flags.len()
            + people.orders.bytes()
    }
}
