//! Compares a source with the stored directory. Pure.
//!
//! What the source does not say is not taken for a wish: columns that it lacks stay as they are stored, a bad row keeps
//! its stored row, and bad rows without an id withhold every departure and removal.

mod contacts;
mod people;

use super::check::check_tree;
use super::diff::{ChangeKind, Changes, Diff, ImportMode, kind_of};
use super::fault::{Fault, FaultCode, Faults, Place, put_in_order};
use super::fields::Record;
use super::parsed::{Parsed, Table};
use crate::model::{Employee, EmployeeStatus, OrgUnit, Text, UnitId};
use people::People;
use std::collections::{HashMap, HashSet};

/// People or units that may go, or people that may become others, however small the directory, unless that is all.
pub const SHRINK_FREE: usize = 5;
/// Per cent of the active people, or of the units, that may go by a source for the whole directory before it is refused
/// as shrunken, and of the people who may have another name, number, mobile or e-mail before it is taken for that of other people. Set by
/// the house; the importer may allow more for one import.
pub const SHRINK_MAX_PERCENT: usize = 20;

/// What is stored.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    /// All units.
    pub units: Vec<OrgUnit>,
    /// All employees, departed ones included.
    pub employees: Vec<Employee>,
}

/// Compares.
///
/// # Errors
/// The directory that would come of it is not one tree, or a source taken for the whole directory lacks one of the two
/// tables or has nothing in it.
pub fn compare(stored: &Stored, parsed: Parsed, mode: ImportMode) -> Result<Diff, Faults> {
    if mode == ImportMode::Replace {
        check_whole(&parsed.units)?;
        check_whole(&parsed.employees)?;
    }
    let Parsed { units, employees, faults, mut warnings, .. } = parsed;
    let nameless = units.nameless + employees.nameless;
    let removes = mode == ImportMode::Replace && nameless == 0;
    if mode == ImportMode::Replace && nameless > 0 {
        let reason = format!("{nameless} bad rows have no id, so nobody is marked as departed and no unit is removed");
        warnings.push(Fault::new(FaultCode::RemovalsWithheld, Place::default(), reason));
    }
    let mut work = Work {
        mode,
        removes,
        unit_at: index(&stored.units),
        employee_at: index(&stored.employees),
        stored,
        units,
        employees,
        faults,
        warnings,
    };
    work.complete_units();
    let mut leaving = work.find_leaving();
    work.keep_what_is_above(&mut leaving);
    // the units of the source are a tree by themselves, not only thanks to what is kept for people with bad rows
    work.check_tree(&leaving)?;
    work.complete_employees(&leaving);
    work.keep_units_in_use(&mut leaving);
    work.keep_what_is_above(&mut leaving);
    work.check_tree(&leaving)?;
    work.warn();
    Ok(work.finish(&leaving))
}

struct Work<'s> {
    mode: ImportMode,
    /// Whether absence means anything.
    removes: bool,
    stored: &'s Stored,
    unit_at: HashMap<&'s str, usize>,
    employee_at: HashMap<&'s str, usize>,
    units: Table<OrgUnit>,
    employees: Table<Employee>,
    faults: Vec<Fault>,
    warnings: Vec<Fault>,
}

impl<'s> Work<'s> {
    fn complete_units(&mut self) {
        for unit in &mut self.units.rows {
            if let Some(at) = self.unit_at.get(unit.id()) {
                self.units.columns.complete(unit, &self.stored.units[*at]);
            }
        }
    }

    /// Ids of stored units that the source does not have.
    fn find_leaving(&self) -> HashSet<&'s str> {
        if !self.removes {
            return HashSet::new();
        }
        let present: HashSet<&str> = self.units.rows.iter().map(Record::id).collect();
        let is_absent = |id: &&str| !present.contains(id) && !self.units.doubtful.contains(*id);
        self.stored.units.iter().map(Record::id).filter(is_absent).collect()
    }

    /// Fills in what the source does not state; active people in units that will not be there become bad rows.
    fn complete_employees(&mut self, leaving: &HashSet<&str>) {
        let incoming: HashSet<Text> = self.units.rows.iter().map(|unit| unit.id.0.clone()).collect();
        let stays = |id: &UnitId| {
            incoming.contains(&id.0) || (self.unit_at.contains_key(id.as_str()) && !leaving.contains(id.as_str()))
        };
        let table = &mut self.employees;
        let (rows, lines) = (std::mem::take(&mut table.rows), std::mem::take(&mut table.lines));
        table.rows.reserve(rows.len());
        table.lines.reserve(rows.len());
        for (mut row, line) in rows.into_iter().zip(lines) {
            if let Some(at) = self.employee_at.get(row.id()) {
                let status = row.status;
                table.columns.complete(&mut row, &self.stored.employees[*at]);
                if self.mode == ImportMode::Replace {
                    // present in a whole directory without a status column: works here
                    row.status = status;
                }
            }
            row.part_time_unit_ids.retain(|id| *id != row.unit_id);
            let mut named = std::iter::once(("unit_id", &row.unit_id))
                .chain(row.part_time_unit_ids.iter().map(|id| ("part_time_unit_ids", id)));
            match named.find(|(_, id)| row.status.is_active() && !stays(id)) {
                Some((column, id)) => {
                    let place = Place::cell(&table.sheet, line, table.columns.caption(column));
                    let fault = Fault::new(FaultCode::UnknownUnit, place, "there is no unit with this id");
                    self.faults.push(fault.with_value(id.as_str()).with_name(&row.name));
                    table.doubtful.insert(row.id.0.clone());
                }
                None => {
                    table.rows.push(row);
                    table.lines.push(line);
                }
            }
        }
    }

    /// Units stay that people with bad rows are in.
    fn keep_units_in_use(&self, leaving: &mut HashSet<&'s str>) {
        for id in &self.employees.doubtful {
            let Some(at) = self.employee_at.get(id.as_str()) else { continue };
            let row = &self.stored.employees[*at];
            if row.status.is_active() {
                for unit in std::iter::once(&row.unit_id).chain(&row.part_time_unit_ids) {
                    leaving.remove(unit.as_str());
                }
            }
        }
    }

    /// Whatever stands above a stored unit that stays, stays.
    fn keep_what_is_above(&self, leaving: &mut HashSet<&'s str>) {
        let incoming: HashSet<&str> = self.units.rows.iter().map(Record::id).collect();
        let kept = |unit: &&OrgUnit| !leaving.contains(unit.id()) && !incoming.contains(unit.id());
        let kept: Vec<&OrgUnit> = self.stored.units.iter().filter(kept).collect();
        for unit in kept {
            let mut above = unit.parent_id.as_ref();
            while let Some(id) = above.filter(|id| leaving.remove(id.as_str())) {
                above = self.unit_at.get(id.as_str()).and_then(|at| self.stored.units[*at].parent_id.as_ref());
            }
        }
    }

    fn check_tree(&self, leaving: &HashSet<&str>) -> Result<(), Faults> {
        let incoming: HashMap<&str, u32> =
            self.units.rows.iter().map(Record::id).zip(self.units.lines.iter().copied()).collect();
        let kept = |unit: &&OrgUnit| !leaving.contains(unit.id()) && !incoming.contains_key(unit.id());
        let result: Vec<&OrgUnit> = self.units.rows.iter().chain(self.stored.units.iter().filter(kept)).collect();
        let checked = check_tree(&result, |unit| match incoming.get(unit.id()) {
            Some(line) => Place::cell(&self.units.sheet, *line, self.units.columns.caption("parent_id")),
            None => Place::sheet("stored units"),
        });
        checked.map_err(|mut faults| {
            put_in_order(&mut faults.list, [&self.units.sheet, &self.employees.sheet]);
            faults
        })
    }

    /// Heads and superiors who are nobody, and values that WeCom will not take.
    fn warn(&mut self) {
        let present: HashSet<&str> = self.employees.rows.iter().map(Record::id).collect();
        let is_known = |id: &str| {
            present.contains(id) || self.employees.doubtful.contains(id) || self.employee_at.contains_key(id)
        };
        let mut warnings = Vec::new();
        if self.units.columns.known.contains_key("head") {
            for (unit, line) in self.units.rows.iter().zip(&self.units.lines) {
                for head in unit.head.iter().filter(|id| !is_known(id.as_str())) {
                    let place = Place::cell(&self.units.sheet, *line, self.units.columns.caption("head"));
                    let fault =
                        Fault::new(FaultCode::UnknownHead, place, "the head is not an employee; imported all the same");
                    warnings.push(fault.with_value(head.as_str()).with_name(&unit.name));
                }
            }
        }
        if self.employees.columns.known.contains_key("superior_id") {
            for (row, line) in self.employees.rows.iter().zip(&self.employees.lines) {
                let Some(superior) = &row.superior_id else { continue };
                let reason = if *superior == row.id {
                    "a person is stated as the own superior; imported all the same"
                } else if is_known(superior.as_str()) {
                    continue;
                } else {
                    "the superior is not an employee; imported all the same"
                };
                let place = Place::cell(&self.employees.sheet, *line, self.employees.columns.caption("superior_id"));
                let fault = Fault::new(FaultCode::UnknownSuperior, place, reason).with_value(superior.as_str());
                warnings.push(fault.with_name(&row.name));
            }
        }
        self.warnings.extend(warnings);
        self.warnings.extend(contacts::warnings(&self.employees));
    }

    fn finish(mut self, leaving: &HashSet<&str>) -> Diff {
        let tables = [self.units.sheet.as_str(), self.employees.sheet.as_str()];
        put_in_order(&mut self.faults, tables);
        put_in_order(&mut self.warnings, tables);
        let mut present: HashSet<Text> = self.employees.rows.iter().map(|row| row.id.0.clone()).collect();
        present.extend(self.employees.doubtful);
        let is_absent = |row: &&Employee| self.removes && row.status.is_active() && !present.contains(&row.id.0);
        let absent: Vec<&Employee> = self.stored.employees.iter().filter(is_absent).collect();
        let removed: Vec<&OrgUnit> = self.stored.units.iter().filter(|unit| leaving.contains(unit.id())).collect();
        let mut units = Changes::of(self.stored.units.len());
        for unit in self.units.rows {
            let before = self.unit_at.get(unit.id()).map(|at| &self.stored.units[*at]);
            units.put(before, unit, |_, _| ChangeKind::Changed);
        }
        for unit in from_below(&removed) {
            units.remove(unit.clone());
        }
        let mut employees = Changes::of(self.stored.employees.len());
        let mut matched = 0;
        let mut people = People::new(&self.stored.employees);
        for row in self.employees.rows {
            let before = self.employee_at.get(row.id()).map(|at| &self.stored.employees[*at]);
            match before {
                Some(before) => {
                    matched += 1;
                    people.known(before, &row);
                }
                None => people.new_id(&row),
            }
            employees.put(before, row, kind_of);
        }
        for before in absent {
            let row = Employee { status: EmployeeStatus::Departed, ..before.clone() };
            employees.put(Some(before), row, kind_of);
        }
        let active = self.stored.employees.iter().filter(|row| row.status.is_active()).count();
        let leaving = usize::try_from(employees.counts.departed).unwrap_or(usize::MAX);
        // a file for the whole directory changes few of the people in it, a part of one few of all people
        let known = if self.mode == ImportMode::Replace { matched } else { self.stored.employees.len() };
        let other_people = people.question(known, self.stored.employees.len(), &self.employees.sheet);
        let whole = self.mode == ImportMode::Replace;
        let shrunken = shrinking("active employees", leaving, active, &self.employees.sheet)
            .filter(|_| whole)
            .or_else(|| shrinking("units", removed.len(), self.stored.units.len(), &self.units.sheet));
        Diff { units, employees, faults: self.faults, warnings: self.warnings, shrunken, other_people }
    }
}

/// A source for the whole directory has both tables, and rows in both.
fn check_whole<T: Record>(table: &Table<T>) -> Result<(), Fault> {
    if !table.is_present() {
        let reason = format!(
            "{} ({}) is missing; a source for the whole directory has units and employees. To add or change only what is \
             in it, import in merge mode",
            T::TABLE,
            T::TABLE_ZH
        );
        return Err(Fault::new(FaultCode::MissingTable, Place::sheet(T::TABLE), reason));
    }
    if table.is_empty() {
        let reason = format!("there are no {}; an empty table is never taken for a whole directory", T::TABLE);
        return Err(Fault::new(FaultCode::EmptySource, Place::sheet(&table.sheet), reason));
    }
    Ok(())
}

/// However small the directory, not all of it goes unasked.
fn shrinking(what: &str, leaving: usize, stored: usize, sheet: &str) -> Option<Fault> {
    if leaving == 0 || (leaving < stored && is_few(leaving, stored)) {
        return None;
    }
    let reason = format!(
        "{leaving} of {stored} {what} would go, because they are not in the source or are stated as departed; it looks cut \
         short or wrong. If they have really gone, allow it for this import"
    );
    Some(Fault::new(FaultCode::Shrunken, Place::sheet(sheet), reason))
}

fn is_few(rows: usize, of: usize) -> bool {
    rows <= SHRINK_FREE || rows * 100 <= of * SHRINK_MAX_PERCENT
}

fn index<T: Record>(rows: &[T]) -> HashMap<&str, usize> {
    rows.iter().enumerate().map(|(at, row)| (row.id(), at)).collect()
}

/// Children before parents.
fn from_below<'u>(units: &[&'u OrgUnit]) -> Vec<&'u OrgUnit> {
    let at: HashMap<&UnitId, usize> = units.iter().enumerate().map(|(at, unit)| (&unit.id, at)).collect();
    let mut children = vec![0_usize; units.len()];
    let parent = |of: usize| units[of].parent_id.as_ref().and_then(|id| at.get(id).copied());
    for child in 0..units.len() {
        if let Some(parent) = parent(child) {
            children[parent] += 1;
        }
    }
    let mut ready: Vec<usize> = (0..units.len()).filter(|at| children[*at] == 0).collect();
    let mut next = 0;
    while let Some(at) = ready.get(next).copied() {
        next += 1;
        if let Some(parent) = parent(at) {
            children[parent] -= 1;
            if children[parent] == 0 {
                ready.push(parent);
            }
        }
    }
    ready.into_iter().map(|at| units[at]).collect()
}

#[cfg(test)]
mod tests;
