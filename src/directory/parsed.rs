//! A source as it was read: rows, their places, and what is wrong with them. Not yet compared with anything.

use super::fault::Fault;
use super::fields::{Columns, Record};
use crate::model::{Employee, OrgUnit, Text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// How the source was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Two CSV files, in a folder or packed.
    Csv,
    /// A workbook.
    Xlsx,
    /// LDIF.
    Ldif,
    /// Rows handed over by a program.
    Rows,
}

/// Where rows came from; kept with the last import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Source {
    /// Name of the file without its folder.
    pub name: String,
    /// Format.
    pub format: Format,
    /// Lower-case hex SHA-256 of the bytes.
    pub sha256: String,
}

/// One table of a source.
#[derive(Debug, Clone, PartialEq)]
pub struct Table<T> {
    /// Sheet or file as the source names it; empty when the source has no such table.
    pub sheet: Text,
    /// Columns it states.
    pub columns: Columns,
    /// Good rows.
    pub rows: Vec<T>,
    /// Row or line of each of `rows`, from 1.
    pub lines: Vec<u32>,
    /// Ids of the bad rows: they are in the source, so they are not absent.
    pub doubtful: BTreeSet<Text>,
    /// Bad rows without a readable id.
    pub nameless: u32,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            sheet: Text::default(),
            columns: Columns::default(),
            rows: Vec::new(),
            lines: Vec::new(),
            doubtful: BTreeSet::new(),
            nameless: 0,
        }
    }
}

impl<T: Record> Table<T> {
    /// Rows handed over by a program; they state every column. Lines are counted from 1.
    pub fn of_rows(rows: Vec<T>) -> Self {
        let lines = (1..=u32::try_from(rows.len()).unwrap_or(u32::MAX)).collect();
        Self { sheet: T::TABLE.into(), columns: Columns::all::<T>(), rows, lines, ..Self::default() }
    }

    /// Whether the source has this table.
    pub fn is_present(&self) -> bool {
        !self.sheet.is_empty()
    }

    /// Whether the table has neither good nor bad rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.doubtful.is_empty() && self.nameless == 0
    }

    /// The row or line of the source that `rows[at]` came from.
    pub(super) fn line(&self, at: usize) -> u32 {
        self.lines.get(at).copied().unwrap_or(0)
    }
}

/// A source that was read without a structural fault in itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// Where it came from.
    pub source: Source,
    /// Units.
    pub units: Table<OrgUnit>,
    /// Employees.
    pub employees: Table<Employee>,
    /// What is wrong with the bad rows, which are not among the rows.
    pub faults: Vec<Fault>,
    /// What is worth telling.
    pub warnings: Vec<Fault>,
}
