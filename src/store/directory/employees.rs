//! Employees, by id, by unit and by account.

use super::count;
use crate::model::{Employee, EmployeeId, TenantKey, Text, UnitId};
use crate::store::key::{Prefix, Range, Str};
use crate::store::page::page_of;
use crate::store::registry::Checks;
use crate::store::table::{Table, TableInfo};
use crate::store::tenants;
use crate::store::{Page, ReadTx, Reads, Search, StoreError, WriteTx};
use std::ops::ControlFlow;

const EMPLOYEES: Table<(Str, Str), Employee> = Table::new("employees");
/// (tenant, unit, employee), main and part-time units alike.
const BY_UNIT: Table<(Str, Str, Str), ()> = Table::new("employees_by_unit");
/// (tenant, account in lower case, employee)
const BY_ACCOUNT: Table<(Str, Str, Str), ()> = Table::new("employees_by_account");
pub(super) const TABLES: &[TableInfo] = &[EMPLOYEES.info(), BY_UNIT.info(), BY_ACCOUNT.info()];

/// All employees of a tenant, departed ones included, by id.
pub fn employees(tx: &impl Reads, tenant: &TenantKey) -> Result<Vec<Employee>, StoreError> {
    let count = usize::try_from(count_employees(tx, tenant)?).unwrap_or(0);
    EMPLOYEES.list_sized(tx, &Prefix::text(tenant.as_str()).range(), count)
}

/// Calls `visit` with each employee, departed ones included, by id; only one is held at a time.
pub fn scan_employees(
    tx: &impl Reads,
    tenant: &TenantKey,
    mut visit: impl FnMut(Employee) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    EMPLOYEES.scan(tx, &Prefix::text(tenant.as_str()).range(), |_, row| visit(row).map(ControlFlow::Continue))
}

/// How many employees a tenant has, departed ones included; one row is read.
pub fn count_employees(tx: &impl Reads, tenant: &TenantKey) -> Result<u64, StoreError> {
    Ok(super::counts(tx, tenant)?.employees)
}

/// The employee with this id.
pub fn find_employee(tx: &impl Reads, tenant: &TenantKey, id: &EmployeeId) -> Result<Option<Employee>, StoreError> {
    EMPLOYEES.get(tx, (tenant.as_str(), id.as_str()))
}

/// The employees with this account, case ignored; more than one when the source is not clean.
pub fn find_by_account(tx: &impl Reads, tenant: &TenantKey, account: &str) -> Result<Vec<Employee>, StoreError> {
    let folded = account.to_lowercase();
    let range = Prefix::text(tenant.as_str()).then_text(&folded).range();
    of_index(tx, tenant, BY_ACCOUNT.keys(tx, &range)?)
}

/// The employees whose main or part-time unit this is, by id.
pub fn employees_of_unit(tx: &impl Reads, tenant: &TenantKey, unit: &UnitId) -> Result<Vec<Employee>, StoreError> {
    let range = Prefix::text(tenant.as_str()).then_text(unit.as_str()).range();
    of_index(tx, tenant, BY_UNIT.keys(tx, &range)?)
}

/// One page of employees by id; `search` looks into id, name, account, employee number and mobile.
pub fn page_employees(
    tx: &impl Reads,
    tenant: &TenantKey,
    after: Option<&EmployeeId>,
    limit: usize,
    search: Option<&Search>,
) -> Result<Page<Employee>, StoreError> {
    let prefix = Prefix::text(tenant.as_str());
    let range = after.map_or_else(|| prefix.range(), |id| prefix.after::<(Str, Str)>((tenant.as_str(), id.as_str())));
    let hit = |search: &Search, row: &Employee| {
        search.hits([row.id.as_str(), &row.name, &row.account, &row.employee_no, &row.mobile])
    };
    page_of(&EMPLOYEES, tx, &range, limit, search, hit, |row| row.id.to_string())
}

/// Creates or changes employees. Sorted by id is fastest.
///
/// # Errors
/// [`StoreError::NotFound`] when the tenant does not exist.
pub fn put_employees(tx: &WriteTx, tenant: &TenantKey, employees: &[Employee]) -> Result<(), StoreError> {
    tenants::must_exist(tx, tenant)?;
    if employees.is_empty() {
        return Ok(());
    }
    let key = tenant.as_str();
    let (mut created, mut left, mut returned) = (0, 0, 0);
    {
        let (mut units, mut accounts) = (Vec::new(), Vec::new());
        let mut table = EMPLOYEES.writer(tx)?;
        for row in employees {
            let former = table.replace((key, row.id.as_str()), row)?;
            created += u64::from(former.is_none());
            match (former.as_ref().is_some_and(|old| !old.status.is_active()), !row.status.is_active()) {
                (false, true) => left += 1,
                (true, false) => returned += 1,
                _ => {}
            }
            let same_units = former.as_ref().is_some_and(|old| units_of(old).eq(units_of(row)));
            let account = folded_account(row);
            let former_account = former.as_ref().and_then(folded_account);
            if let Some(old) = former.as_ref().filter(|_| !same_units) {
                units.extend(units_of(old).map(|unit| (unit.0.clone(), &row.id, false)));
            }
            if !same_units {
                units.extend(units_of(row).map(|unit| (unit.0.clone(), &row.id, true)));
            }
            if account != former_account {
                accounts.extend(former_account.map(|old| (old, &row.id, false)));
                accounts.extend(account.map(|new| (new, &row.id, true)));
            }
        }
        write_index(&BY_UNIT, tx, key, units)?;
        write_index(&BY_ACCOUNT, tx, key, accounts)?;
    }
    count(tx, tenant, |counts| {
        counts.employees += created;
        counts.departed = (counts.departed + left).saturating_sub(returned);
    })
}

/// Removes an employee and returns it. Bindings and history stay.
pub fn remove_employee(tx: &WriteTx, tenant: &TenantKey, id: &EmployeeId) -> Result<Option<Employee>, StoreError> {
    let key = tenant.as_str();
    let Some(removed) = EMPLOYEES.remove(tx, (key, id.as_str()))? else { return Ok(None) };
    for unit in units_of(&removed) {
        BY_UNIT.remove(tx, (key, unit.as_str(), id.as_str()))?;
    }
    if let Some(account) = folded_account(&removed) {
        BY_ACCOUNT.remove(tx, (key, &account, id.as_str()))?;
    }
    count(tx, tenant, |counts| {
        counts.employees = counts.employees.saturating_sub(1);
        counts.departed = counts.departed.saturating_sub(u64::from(!removed.status.is_active()));
    })?;
    Ok(Some(removed))
}

pub(super) fn clear(tx: &WriteTx, all: &Range) -> Result<(), StoreError> {
    EMPLOYEES.remove_range(tx, all)?;
    BY_UNIT.remove_range(tx, all)?;
    BY_ACCOUNT.remove_range(tx, all).map(|_| ())
}

/// How many there are, and how many of them have departed.
pub(super) fn check(tx: &ReadTx, tenant: &TenantKey, checks: &mut Checks) -> Result<(u64, u64), StoreError> {
    let all = Prefix::text(tenant.as_str()).range();
    let entry = |text: &str, id: &EmployeeId| (tenant.to_string(), text.to_owned(), id.to_string());
    let (mut count, mut departed, mut units, mut accounts) = (0, 0, Vec::new(), Vec::new());
    EMPLOYEES.scan(tx, &all, |_, row| {
        count += 1;
        departed += u64::from(!row.status.is_active());
        units.extend(units_of(&row).map(|unit| entry(unit.as_str(), &row.id)));
        accounts.extend(folded_account(&row).map(|account| entry(&account, &row.id)));
        Ok(ControlFlow::Continue(()))
    })?;
    checks.same_keys(BY_UNIT.name(), BY_UNIT.keys(tx, &all)?, units);
    checks.same_keys(BY_ACCOUNT.name(), BY_ACCOUNT.keys(tx, &all)?, accounts);
    Ok((count, departed))
}

/// Takes entries out of an index (`false`) and puts others in (`true`), in the order of their keys: neighbours are
/// written together. Of one key, the latest wish counts.
fn write_index(
    index: &Table<(Str, Str, Str), ()>,
    tx: &WriteTx,
    tenant: &str,
    mut entries: Vec<(Text, &EmployeeId, bool)>,
) -> Result<(), StoreError> {
    entries.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    let mut table = index.writer(tx)?;
    for (text, id, is_there) in &entries {
        let key = (tenant, text.as_str(), id.as_str());
        if *is_there { table.put(key, &())? } else { table.remove(key).map(|_| ())? }
    }
    Ok(())
}

fn of_index(
    tx: &impl Reads,
    tenant: &TenantKey,
    keys: Vec<(String, String, String)>,
) -> Result<Vec<Employee>, StoreError> {
    let mut rows = Vec::with_capacity(keys.len());
    for (_, _, id) in keys {
        rows.extend(EMPLOYEES.get(tx, (tenant.as_str(), &id))?);
    }
    Ok(rows)
}

fn units_of(row: &Employee) -> impl Iterator<Item = &UnitId> {
    std::iter::once(&row.unit_id).chain(row.part_time_unit_ids.iter().filter(|unit| **unit != row.unit_id))
}

fn folded_account(row: &Employee) -> Option<Text> {
    (!row.account.is_empty()).then(|| row.account.to_lowercase())
}
