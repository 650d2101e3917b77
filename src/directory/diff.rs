//! What an import would do, row by row and field by field: the values, and how two rows differ. Pure.

use super::fault::Fault;
use super::fields::Record;
use crate::model::{Employee, OrgUnit, Text, digest};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the source is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ImportMode {
    /// The whole directory: who is absent has departed, absent units are removed.
    #[default]
    Replace,
    /// Only what is in it.
    Merge,
}

/// What is stored.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    /// All units.
    pub units: Vec<OrgUnit>,
    /// All employees, departed ones included.
    pub employees: Vec<Employee>,
}

/// What happens to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// New.
    Added,
    /// Fields differ.
    Changed,
    /// An employee leaves: absent from a whole directory, or said to have departed.
    Departed,
    /// A departed employee is active again; other fields may differ as well.
    Returned,
    /// A unit is removed.
    Removed,
}

/// A field that differs; empty = no value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldChange {
    /// Column name, `ext.<name>` for further columns.
    #[schema(value_type = String)]
    pub field: Text,
    /// Before.
    #[schema(value_type = String)]
    pub before: Text,
    /// After.
    #[schema(value_type = String)]
    pub after: Text,
}

/// What happens to one row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change<T> {
    /// What.
    pub kind: ChangeKind,
    /// The row afterwards; for a removed unit as it was.
    pub row: T,
    /// Fields that differ; empty for added and removed rows.
    pub fields: Vec<FieldChange>,
}

/// Numbers of rows. Each row counts once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RowCounts {
    /// New.
    pub added: u64,
    /// Fields differ.
    pub changed: u64,
    /// Employees who leave.
    pub departed: u64,
    /// Departed employees who are back.
    pub returned: u64,
    /// Units removed.
    pub removed: u64,
    /// As they were.
    pub unchanged: u64,
}

impl RowCounts {
    /// Whether nothing happens.
    pub fn is_quiet(&self) -> bool {
        Self { unchanged: 0, ..*self } == Self::default()
    }

    fn count(&mut self, kind: ChangeKind) {
        *match kind {
            ChangeKind::Added => &mut self.added,
            ChangeKind::Changed => &mut self.changed,
            ChangeKind::Departed => &mut self.departed,
            ChangeKind::Returned => &mut self.returned,
            ChangeKind::Removed => &mut self.removed,
        } += 1;
    }
}

/// The rows of one table that change, and how many do not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Changes<T> {
    /// Units: added and changed ones, then removed ones from below. Employees: who departs by absence comes last.
    pub rows: Vec<Change<T>>,
    /// All rows of the table.
    pub counts: RowCounts,
}

/// What an import would do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff {
    /// Units.
    pub units: Changes<OrgUnit>,
    /// Employees.
    pub employees: Changes<Employee>,
    /// Faults of rows: these rows are left out.
    pub faults: Vec<Fault>,
    /// What is worth telling.
    pub warnings: Vec<Fault>,
    /// Why the source looks like a directory that has lost people or units, where it does.
    pub shrunken: Option<Fault>,
    /// Why the source looks like that of other people, where it does.
    pub other_people: Option<Fault>,
}

impl Diff {
    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.units.rows.is_empty() && self.employees.rows.is_empty()
    }

    /// Tells whether two comparisons do the same to the same rows and leave out the same ones: what somebody has looked at
    /// is still what would be done.
    pub fn digest(&self) -> String {
        fn of<T: Record>(changes: &Changes<T>) -> Vec<(&str, ChangeKind, &[FieldChange])> {
            changes.rows.iter().map(|change| (change.row.id(), change.kind, change.fields.as_slice())).collect()
        }
        digest::of(&(of(&self.units), of(&self.employees), &self.faults))
    }
}

/// What happens to an employee whose row differs.
pub fn kind_of(before: &Employee, after: &Employee) -> ChangeKind {
    match (before.status.is_active(), after.status.is_active()) {
        (true, false) => ChangeKind::Departed,
        (false, true) => ChangeKind::Returned,
        _ => ChangeKind::Changed,
    }
}

/// The fields in which two rows differ, in the order of the columns.
pub fn field_changes<T: Record>(before: &T, after: &T) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    let mut note = |field: Text, before: Text, after: Text| {
        if before != after {
            changes.push(FieldChange { field, before, after });
        }
    };
    for field in T::fields() {
        note(field.name.into(), (field.get)(before), (field.get)(after));
    }
    let empty = Text::default();
    for (key, value) in before.ext() {
        note(Text::from(format!("ext.{key}")), value.clone(), after.ext().get(key).unwrap_or(&empty).clone());
    }
    for (key, value) in after.ext().iter().filter(|(key, _)| !before.ext().contains_key(*key)) {
        note(Text::from(format!("ext.{key}")), empty.clone(), value.clone());
    }
    changes
}

impl<T: Record> Changes<T> {
    /// Begins with everything unchanged.
    pub(super) fn of(stored: usize) -> Self {
        let counts = RowCounts { unchanged: stored as u64, ..RowCounts::default() };
        Self { rows: Vec::new(), counts }
    }

    /// Notes what a row becomes; an equal row is unchanged.
    pub(super) fn put(&mut self, before: Option<&T>, row: T, kind: impl Fn(&T, &T) -> ChangeKind) {
        let (kind, fields) = match before {
            None => (ChangeKind::Added, Vec::new()),
            Some(before) if *before == row => return,
            Some(before) => {
                self.counts.unchanged -= 1;
                (kind(before, &row), field_changes(before, &row))
            }
        };
        self.counts.count(kind);
        self.rows.push(Change { kind, row, fields });
    }

    /// Notes that a row goes.
    pub(super) fn remove(&mut self, row: T) {
        self.counts.unchanged -= 1;
        self.counts.count(ChangeKind::Removed);
        self.rows.push(Change { kind: ChangeKind::Removed, row, fields: Vec::new() });
    }
}
