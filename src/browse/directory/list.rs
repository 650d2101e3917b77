//! The list of people.

use super::{DirectoryView, cell};
use crate::browse::bits::Bits;
use crate::browse::cells::Needle;
use crate::browse::collate;
use crate::browse::error::BrowseError;
use crate::browse::list::{self, Orders, Page, Paging, Sorted};
use crate::browse::mirror::Likeness;
use crate::browse::outline::Branch;
use crate::model::{EmployeeId, EmployeeStatus, Text, UnitId};
use serde::{Deserialize, Serialize};

/// A column that sorts the people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "named after what they hold")]
pub enum EmployeeColumn {
    #[default]
    Id,
    Name,
    Account,
    EmployeeNo,
    Mobile,
    Email,
    Position,
    /// The main unit's name.
    Unit,
    /// Active before departed.
    Status,
}

pub(super) const COLUMNS: usize = EmployeeColumn::ALL.len();

impl EmployeeColumn {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Id,
        Self::Name,
        Self::Account,
        Self::EmployeeNo,
        Self::Mobile,
        Self::Email,
        Self::Position,
        Self::Unit,
        Self::Status,
    ];
}

impl From<EmployeeColumn> for usize {
    fn from(column: EmployeeColumn) -> Self {
        column as Self
    }
}

/// Which people are listed. The default is everybody, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EmployeeQuery {
    /// Part of an id, name, account, employee number, mobile or e-mail, case ignored; empty = everybody.
    pub search: String,
    /// Only people of this branch (main or part-time unit).
    pub unit: Option<Branch<UnitId>>,
    /// Of the branch only its topmost unit, nothing below it.
    pub unit_only: bool,
    /// Only people with this status.
    pub status: Option<EmployeeStatus>,
    /// Only administrators of the OA, or only others.
    pub is_admin: Option<bool>,
    /// Order and page.
    pub paging: Paging<EmployeeColumn>,
}

/// A person of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmployeeRow {
    /// Id.
    pub id: EmployeeId,
    /// Name.
    pub name: Text,
    /// Log-in account.
    pub account: Text,
    /// Employee number.
    pub employee_no: Text,
    /// Mobile number.
    pub mobile: Text,
    /// E-mail address.
    pub email: Text,
    /// Job title.
    pub position: Text,
    /// Main unit.
    pub unit: UnitRef,
    /// Part-time units that exist.
    pub part_time: Vec<UnitRef>,
    /// Active or departed.
    pub status: EmployeeStatus,
    /// Whether the person administers the OA.
    pub admin: bool,
}

/// A unit that something names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnitRef {
    /// Id.
    pub id: UnitId,
    /// Name; `None` when there is no such unit.
    pub name: Option<Text>,
}

impl DirectoryView {
    /// One page of the people.
    ///
    /// # Errors
    /// [`BrowseError::BadCursor`].
    pub fn page(&self, query: &EmployeeQuery) -> Result<Page<EmployeeRow>, BrowseError> {
        let page = list::page(self, &query.paging, &self.wanted(query))?;
        Ok(page.map(|row| self.employee_row(row)))
    }

    /// Everybody of the list, from the first one on; for exports.
    pub fn rows<'v>(&'v self, query: &EmployeeQuery) -> impl Iterator<Item = EmployeeRow> + 'v {
        list::rows(self, self.orders(), &query.paging, self.wanted(query)).map(|row| self.employee_row(row))
    }

    /// A person; `None` when there is none of this id.
    pub fn employee(&self, id: &EmployeeId) -> Option<EmployeeRow> {
        self.find_row(id).map(|row| self.employee_row(row))
    }

    /// People who have this very name, account (case ignored) or employee number, by id; at most `limit`.
    pub fn people_called(&self, typed: &str, limit: usize) -> Vec<EmployeeId> {
        let Some(needle) = Needle::new(typed) else { return Vec::new() };
        let cells = &self.people.cells;
        let is_called = |row: &usize| {
            [cell::NAME, cell::EMPLOYEE_NO].iter().any(|column| cells.get(*row, *column) == typed)
                || cells.folded(*row, cell::ACCOUNT) == needle.as_str()
        };
        let hits = cells.search(&needle);
        hits.iter().filter(is_called).take(limit).map(|row| EmployeeId::from(cells.get(row, cell::ID))).collect()
    }

    pub(in crate::browse) fn find_row(&self, id: &EmployeeId) -> Option<usize> {
        self.find_row_of(id.as_str())
    }

    pub(in crate::browse) fn find_row_of(&self, id: &str) -> Option<usize> {
        self.people.cells.find(cell::ID, id)
    }

    pub(in crate::browse) fn wanted(&self, query: &EmployeeQuery) -> Bits {
        let people = &self.people;
        let mut wanted = match Needle::new(&query.search) {
            Some(needle) => people.cells.search(&needle),
            None => Bits::all(people.len()),
        };
        if let Some(branch) = &query.unit {
            let Some(node) = self.node_of(branch) else { return Bits::none(people.len()) };
            let tree = &self.units.tree;
            let mut places = tree.branch(node);
            if query.unit_only {
                places.end = places.start + 1;
            }
            let within = |node: u32| places.contains(&tree.place(node));
            wanted.retain(|row| within(people.units[row]) || people.part_time(row).any(within));
        }
        if let Some(status) = query.status {
            wanted.retain(|row| people.status(row) == status);
        }
        if let Some(is_admin) = query.is_admin {
            wanted.retain(|row| people.is_admin(row) == is_admin);
        }
        wanted
    }

    pub(in crate::browse) fn people_len(&self) -> usize {
        self.people.len()
    }

    pub(in crate::browse) fn employee_name(&self, row: usize) -> &str {
        self.people.cells.get(row, cell::NAME)
    }

    pub(in crate::browse) fn employee_status(&self, row: usize) -> EmployeeStatus {
        self.people.status(row)
    }

    pub(in crate::browse) fn employee_row(&self, row: usize) -> EmployeeRow {
        let people = &self.people;
        let text = |column: usize| Text::from(people.cells.get(row, column));
        EmployeeRow {
            id: EmployeeId(text(cell::ID)),
            name: text(cell::NAME),
            account: text(cell::ACCOUNT),
            employee_no: text(cell::EMPLOYEE_NO),
            mobile: text(cell::MOBILE),
            email: text(cell::EMAIL),
            position: Text::from(people.positions.get(row)),
            unit: self.main_unit(row),
            part_time: people.part_time(row).map(|node| self.unit_ref(node)).collect(),
            status: people.status(row),
            admin: people.is_admin(row),
        }
    }

    /// The values by which a person is compared with members.
    pub(in crate::browse) fn likeness_of(&self, row: usize) -> [(Likeness, &str); 6] {
        let cells = |column: usize| self.people.cells.folded(row, column);
        [
            (Likeness::Account, cells(cell::ID)),
            (Likeness::Account, cells(cell::ACCOUNT)),
            (Likeness::Account, cells(cell::EMPLOYEE_NO)),
            (Likeness::Mobile, cells(cell::MOBILE)),
            (Likeness::Email, cells(cell::EMAIL)),
            (Likeness::Name, cells(cell::NAME)),
        ]
    }

    /// The main unit's node; the stray node when there is no such unit.
    pub(in crate::browse) fn employee_node(&self, row: usize) -> u32 {
        self.people.units[row]
    }

    pub(in crate::browse) fn search(&self, needle: &Needle) -> Bits {
        self.people.cells.search(needle)
    }

    pub(in crate::browse) fn main_unit(&self, row: usize) -> UnitRef {
        match self.people.lost.binary_search_by_key(&row, |(row, _)| *row as usize) {
            Ok(at) => UnitRef { id: UnitId(self.people.lost[at].1.clone()), name: None },
            Err(_) => self.unit_ref(self.people.units[row]),
        }
    }

    fn unit_ref(&self, node: u32) -> UnitRef {
        let cells = &self.units.cells;
        UnitRef { id: UnitId::from(cells.get(node as usize, 0)), name: Some(Text::from(cells.get(node as usize, 1))) }
    }
}

/// What the sort by unit needs of the units.
impl Sorted for DirectoryView {
    fn len(&self) -> usize {
        self.people.len()
    }

    fn push_key(&self, column: usize, row: usize, out: &mut Vec<u8>) {
        let people = &self.people;
        let column = EmployeeColumn::ALL.get(column).copied().unwrap_or_default();
        let cell = match column {
            // rows are in the order of their ids
            EmployeeColumn::Id => return,
            EmployeeColumn::Name => cell::NAME,
            EmployeeColumn::Account => cell::ACCOUNT,
            EmployeeColumn::EmployeeNo => cell::EMPLOYEE_NO,
            EmployeeColumn::Mobile => cell::MOBILE,
            EmployeeColumn::Email => cell::EMAIL,
            EmployeeColumn::Position => return collate::push_folded_key(people.positions.folded(row), out),
            EmployeeColumn::Status => return out.push(people.status(row) as u8),
            EmployeeColumn::Unit => {
                let unit = self.main_unit(row);
                collate::push_key(unit.name.as_ref().unwrap_or(&unit.id.0), out);
                collate::push_end(out);
                return out.extend_from_slice(unit.id.as_str().as_bytes());
            }
        };
        collate::push_folded_key(people.cells.folded(row, cell), out);
    }

    fn push_id(&self, row: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(self.people.cells.get(row, cell::ID).as_bytes());
    }

    fn orders(&self) -> &Orders {
        &self.people.orders
    }
}
