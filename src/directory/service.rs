//! Reads and writes units and employees one by one or in batches, with the checks that files are held to. Each call is
//! one transaction: it is done whole or not at all.

use super::compare::{Stored, compare};
use super::diff::{ChangeKind, Changes, ImportMode, RowCounts, kind_of};
use super::error::DirectoryError;
use super::fault::{Fault, FaultCode, Faults, Place};
use super::fields::Record;
use super::import::put_changes;
use super::limits::Limits;
use super::parsed::{Format, Parsed, Source, Table};
use super::progress;
use super::trail::{self, Note};
use super::values::trim;
use crate::model::{Actor, Employee, EmployeeId, EmployeeStatus, OrgUnit, TenantKey, Text, UnitId};
use crate::store::directory::{self as rows, HistoryRow};
use crate::store::{Reads, Store, StoreError, WriteTx, tenants};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Rows of one call.
pub const BATCH_MAX: usize = 5_000;

/// What a closure in a transaction answers: refused, or done.
type Answer<T> = Result<Result<T, DirectoryError>, StoreError>;

/// The unit with this id.
///
/// # Errors
/// [`DirectoryError::NotFound`].
pub fn get_unit(tx: &impl Reads, tenant: &TenantKey, id: &UnitId) -> Result<OrgUnit, DirectoryError> {
    rows::find_unit(tx, tenant, id)?.ok_or_else(|| not_found("unit", id.as_str()))
}

/// The employee with this id.
///
/// # Errors
/// [`DirectoryError::NotFound`].
pub fn get_employee(tx: &impl Reads, tenant: &TenantKey, id: &EmployeeId) -> Result<Employee, DirectoryError> {
    rows::find_employee(tx, tenant, id)?.ok_or_else(|| not_found("employee", id.as_str()))
}

/// Creates or changes units; each row is the whole unit.
///
/// # Errors
/// [`DirectoryError::BadRows`] for rows that break a rule, [`DirectoryError::Refused`] when the units would not be one
/// tree, [`DirectoryError::Busy`] while an import is being written. Nothing is written then.
pub async fn put_units(
    store: &Store,
    tenant: &TenantKey,
    units: Vec<OrgUnit>,
    actor: &Actor,
) -> Result<RowCounts, DirectoryError> {
    let units = Table::of_rows(normalize_all(units)?);
    let (key, by) = (tenant.clone(), actor.clone());
    let write = move |tx: &WriteTx| -> Answer<RowCounts> {
        if let Err(refused) = check_writable(tx, &key)? {
            return Ok(Err(refused));
        }
        let stored = Stored { units: rows::units(tx, &key)?, employees: Vec::new() };
        let diff = match super::check::check_source(&rows_of(&units))
            .and_then(|()| compare(&stored, rows_of(&units), ImportMode::Merge))
        {
            Ok(diff) => diff,
            Err(faults) => return Ok(Err(faults.into())),
        };
        let counts = written(&diff.units.counts);
        let notes: Vec<Note> = diff.units.rows.iter().map(Note::of_change).collect();
        let changed: Vec<OrgUnit> = diff.units.rows.into_iter().map(|change| change.row).collect();
        if !changed.is_empty() {
            rows::put_units(tx, &key, &changed)?;
            trail::append(tx, &by, "directory.put_units", &key, &counts, notes)?;
        }
        Ok(Ok(RowCounts { unchanged: (units.rows.len() - changed.len()) as u64, ..counts }))
    };
    store.write(write).await?
}

/// Creates or changes employees; each row is the whole person. Active people must be in units that exist.
///
/// # Errors
/// As [`put_units`].
pub async fn put_employees(
    store: &Store,
    tenant: &TenantKey,
    employees: Vec<Employee>,
    actor: &Actor,
) -> Result<RowCounts, DirectoryError> {
    let employees = normalize_all(employees)?;
    check_twice(&employees)?;
    let (key, by) = (tenant.clone(), actor.clone());
    store.write(move |tx| put_in(tx, &key, employees.clone(), &by)).await?
}

/// Marks employees as departed; who has departed already stays so.
///
/// # Errors
/// [`DirectoryError::NotFound`] when one of them does not exist; [`DirectoryError::Busy`]. Nothing is written then.
pub async fn depart_employees(
    store: &Store,
    tenant: &TenantKey,
    ids: Vec<EmployeeId>,
    actor: &Actor,
) -> Result<RowCounts, DirectoryError> {
    let (key, by) = (tenant.clone(), actor.clone());
    let write = move |tx: &WriteTx| -> Answer<RowCounts> {
        let (mut employees, mut missing) = (Vec::with_capacity(ids.len()), Vec::new());
        for id in ids.iter().collect::<BTreeSet<_>>() {
            match rows::find_employee(tx, &key, id)? {
                Some(row) => employees.push(Employee { status: EmployeeStatus::Departed, ..row }),
                None => missing.push(id.as_str()),
            }
        }
        if !missing.is_empty() {
            return Ok(Err(not_found("employee", &missing.join(", "))));
        }
        put_in(tx, &key, employees, &by)
    };
    store.write(write).await?
}

/// Removes employees for good. Their history stays; a binding to a WeCom member stays too, and the next plan treats
/// the person as departed.
///
/// # Errors
/// As [`depart_employees`].
pub async fn remove_employees(
    store: &Store,
    tenant: &TenantKey,
    ids: Vec<EmployeeId>,
    actor: &Actor,
) -> Result<u64, DirectoryError> {
    let (key, by) = (tenant.clone(), actor.clone());
    let write = move |tx: &WriteTx| -> Answer<u64> {
        if let Err(refused) = check_writable(tx, &key)? {
            return Ok(Err(refused));
        }
        let ids: HashSet<&EmployeeId> = ids.iter().collect();
        for id in &ids {
            if rows::find_employee(tx, &key, id)?.is_none() {
                return Ok(Err(not_found("employee", id.as_str())));
            }
        }
        let mut notes = Vec::with_capacity(ids.len());
        for id in &ids {
            let Some(gone) = rows::remove_employee(tx, &key, id)? else { continue };
            notes.push(Note::of_removed(&gone));
            let (field, actor) = (Text::const_new("*"), by.name.as_str().into());
            let row = HistoryRow { at_ms: tx.now_ms(), actor, field, before: Some(gone.name), after: None };
            rows::append_history(tx, &key, id, &[row])?;
        }
        let counts = RowCounts { removed: ids.len() as u64, ..RowCounts::default() };
        trail::append(tx, &by, "directory.remove_employees", &key, &counts, notes)?;
        Ok(Ok(counts.removed))
    };
    store.write(write).await?
}

/// Removes units. What hangs below them must be removed by the same call, and no active employee may be in them.
///
/// # Errors
/// [`DirectoryError::Refused`] with [`FaultCode::UnitInUse`]; otherwise as [`depart_employees`].
pub async fn remove_units(
    store: &Store,
    tenant: &TenantKey,
    ids: Vec<UnitId>,
    actor: &Actor,
) -> Result<u64, DirectoryError> {
    let (key, by) = (tenant.clone(), actor.clone());
    let write = move |tx: &WriteTx| -> Answer<u64> {
        if let Err(refused) = check_writable(tx, &key)? {
            return Ok(Err(refused));
        }
        let gone: HashSet<&UnitId> = ids.iter().collect();
        for id in &gone {
            if rows::find_unit(tx, &key, id)?.is_none() {
                return Ok(Err(not_found("unit", id.as_str())));
            }
            if let Some(person) = rows::employees_of_unit(tx, &key, id)?.iter().find(|row| row.status.is_active()) {
                return Ok(Err(in_use(id, &format!("employee {} is in it", person.id))));
            }
        }
        let mut notes = Vec::with_capacity(gone.len());
        for unit in rows::units(tx, &key)? {
            if gone.contains(&unit.id) {
                notes.push(Note::of_removed(&unit));
            }
            if let Some(parent) = unit.parent_id.as_ref().filter(|id| gone.contains(id) && !gone.contains(&unit.id)) {
                return Ok(Err(in_use(parent, &format!("unit {} hangs below it", unit.id))));
            }
        }
        for id in &gone {
            rows::remove_unit(tx, &key, id)?;
        }
        let counts = RowCounts { removed: gone.len() as u64, ..RowCounts::default() };
        trail::append(tx, &by, "directory.remove_units", &key, &counts, notes)?;
        Ok(Ok(counts.removed))
    };
    store.write(write).await?
}

fn put_in(tx: &WriteTx, tenant: &TenantKey, employees: Vec<Employee>, by: &Actor) -> Answer<RowCounts> {
    if let Err(refused) = check_writable(tx, tenant)? {
        return Ok(Err(refused));
    }
    let mut known: HashMap<UnitId, bool> = HashMap::new();
    let mut faults = Vec::new();
    let mut changes = Changes::of(employees.len());
    for (at, mut row) in employees.into_iter().enumerate() {
        row.part_time_unit_ids.retain(|id| *id != row.unit_id);
        let named = std::iter::once(&row.unit_id).chain(&row.part_time_unit_ids);
        for id in named.filter(|_| row.status.is_active()) {
            let exists = match known.get(id) {
                Some(exists) => *exists,
                None => *known.entry(id.clone()).or_insert(rows::find_unit(tx, tenant, id)?.is_some()),
            };
            if !exists {
                let column = if *id == row.unit_id { "unit_id" } else { "part_time_unit_ids" };
                let fault =
                    Fault::new(FaultCode::UnknownUnit, place::<Employee>(at, column), "there is no unit with this id");
                faults.push(fault.with_value(id.as_str()));
            }
        }
        match rows::find_employee(tx, tenant, &row.id)? {
            Some(before) => changes.put(Some(&before), row, kind_of),
            None => {
                changes.counts.unchanged -= 1;
                changes.put(None, row, |_, _| ChangeKind::Added);
            }
        }
    }
    if let Some(faults) = Faults::of(faults) {
        return Ok(Err(DirectoryError::BadRows(faults)));
    }
    if !changes.rows.is_empty() {
        put_changes(tx, tenant, &changes.rows, by)?;
        let notes = changes.rows.iter().map(Note::of_change).collect();
        trail::append(tx, by, "directory.put_employees", tenant, &written(&changes.counts), notes)?;
    }
    Ok(Ok(changes.counts))
}

fn check_writable(tx: &WriteTx, tenant: &TenantKey) -> Answer<()> {
    if tenants::find(tx, tenant)?.is_none() {
        return Ok(Err(DirectoryError::UnknownTenant(tenant.clone())));
    }
    progress::pass(tx, tenant)
}

/// Holds rows to the rules of the columns, and trims their values.
fn normalize_all<T: Record>(given: Vec<T>) -> Result<Vec<T>, DirectoryError> {
    if given.len() > BATCH_MAX {
        let reason = format!("{} rows; at most {BATCH_MAX} in one call", given.len());
        return Err(Faults::from(Fault::new(FaultCode::TooManyRows, Place::sheet(T::TABLE), reason)).into());
    }
    let mut faults = Vec::new();
    let mut good = Vec::with_capacity(given.len());
    for (at, row) in given.into_iter().enumerate() {
        let mut clean = T::blank();
        let mut refuse = |column: &str, code, reason: String, value: &str| {
            faults.push(Fault::new(code, place::<T>(at, column), reason).with_value(value));
        };
        for field in T::fields() {
            let value = (field.get)(&row);
            let value = trim(&value);
            if value.is_empty() && field.required {
                refuse(field.name, FaultCode::MissingValue, format!("{} is required", field.name), "");
            } else if value.chars().count() > field.max_chars {
                refuse(field.name, FaultCode::TooLong, format!("longer than {} characters", field.max_chars), value);
            } else if let Err((code, reason)) = (field.set)(&mut clean, value) {
                refuse(field.name, code, reason.to_owned(), value);
            }
        }
        if row.listed_ids().any(|id| id.contains([';', '；'])) {
            refuse("", FaultCode::BadValue, "an id holds no semicolon".into(), "");
        }
        if row.ext().len() > Limits::FILE.columns_max as usize {
            refuse(
                "ext",
                FaultCode::TooManyColumns,
                format!("more than {} further columns", Limits::FILE.columns_max),
                "",
            );
        }
        for (key, value) in row.ext() {
            let (key, value) = (trim(key), trim(value));
            if key.is_empty() || key.chars().count() > 100 {
                refuse("ext", FaultCode::BadValue, "a name of 1 to 100 characters".into(), key);
            } else if value.chars().count() > Limits::FILE.cell_max_chars {
                refuse(
                    key,
                    FaultCode::TooLong,
                    format!("longer than {} characters", Limits::FILE.cell_max_chars),
                    value,
                );
            } else if !value.is_empty() {
                clean.ext_mut().insert(key.into(), value.into());
            }
        }
        good.push(clean);
    }
    Faults::of(faults).map_or(Ok(good), |faults| Err(DirectoryError::BadRows(faults)))
}

fn check_twice(employees: &[Employee]) -> Result<(), DirectoryError> {
    let mut seen = HashSet::new();
    for (at, row) in employees.iter().enumerate() {
        if !seen.insert(&row.id) {
            let fault = Fault::new(FaultCode::DuplicateEmployee, place::<Employee>(at, "id"), "this id is there twice");
            return Err(Faults::from(fault.with_value(row.id.as_str())).into());
        }
    }
    Ok(())
}

fn rows_of(units: &Table<OrgUnit>) -> Parsed {
    let source = Source { name: String::new(), format: Format::Rows, sha256: String::new() };
    Parsed { source, units: units.clone(), employees: Table::default(), faults: Vec::new(), warnings: Vec::new() }
}

/// Counts without the rows that were not part of the call.
fn written(counts: &RowCounts) -> RowCounts {
    RowCounts { unchanged: 0, ..*counts }
}

fn place<T: Record>(at: usize, column: &str) -> Place {
    Place::cell(T::TABLE, u32::try_from(at + 1).unwrap_or(u32::MAX), column)
}

fn not_found(what: &'static str, id: &str) -> DirectoryError {
    DirectoryError::NotFound { what, id: id.to_owned() }
}

fn in_use(id: &UnitId, reason: &str) -> DirectoryError {
    Faults::from(Fault::new(FaultCode::UnitInUse, Place::sheet(OrgUnit::TABLE), reason).with_value(id.as_str())).into()
}
