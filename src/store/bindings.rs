//! Bindings, unique in both directions, and tombstones of deleted members.

use super::key::{Prefix, Range, Str};
use super::page::{Page, Search, page_of};
use super::registry::Checks;
use super::table::{Table, TableInfo, everything};
use super::tx::{ReadTx, Reads, WriteTx};
use super::{StoreError, revisions};
use crate::model::{CorpKey, DepartmentBinding, DepartmentId, EmployeeId, MemberBinding, Tombstone, UnitId, UserId};
use std::ops::ControlFlow;

/// (corp, employee)
const MEMBERS: Table<(Str, Str), MemberBinding> = Table::new("member_bindings");
/// (corp, folded userid) → employee
const BY_USERID: Table<(Str, Str), EmployeeId> = Table::new("member_bindings_by_userid");
/// (corp, unit)
const DEPARTMENTS: Table<(Str, Str), DepartmentBinding> = Table::new("department_bindings");
/// (corp, department) → unit
const BY_DEPARTMENT: Table<(Str, u32), UnitId> = Table::new("department_bindings_by_department");
/// (corp, employee)
const TOMBSTONES: Table<(Str, Str), Tombstone> = Table::new("tombstones");
/// (corp, folded userid) → employee
const TOMBSTONES_BY_USERID: Table<(Str, Str), EmployeeId> = Table::new("tombstones_by_userid");
pub(super) const TABLES: &[TableInfo] = &[
    MEMBERS.info(),
    BY_USERID.info(),
    DEPARTMENTS.info(),
    BY_DEPARTMENT.info(),
    TOMBSTONES.info(),
    TOMBSTONES_BY_USERID.info(),
];

/// All member bindings of a corp, by employee.
pub fn members(tx: &impl Reads, corp: &CorpKey) -> Result<Vec<MemberBinding>, StoreError> {
    MEMBERS.list(tx, &of(corp))
}

/// Calls `visit` with each member binding, by employee; only one is held at a time.
pub fn scan_members(
    tx: &impl Reads,
    corp: &CorpKey,
    mut visit: impl FnMut(MemberBinding) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    MEMBERS.scan(tx, &of(corp), |_, row| visit(row).map(ControlFlow::Continue))
}

/// One page of member bindings by employee; `search` looks into both ids.
pub fn page_members(
    tx: &impl Reads,
    corp: &CorpKey,
    after: Option<&EmployeeId>,
    limit: usize,
    search: Option<&Search>,
) -> Result<Page<MemberBinding>, StoreError> {
    let prefix = Prefix::text(corp.as_str());
    let range = after.map_or_else(|| prefix.range(), |id| prefix.after::<(Str, Str)>((corp.as_str(), id.as_str())));
    let hit = |search: &Search, row: &MemberBinding| search.hits([row.employee.as_str(), row.userid.as_str()]);
    page_of(&MEMBERS, tx, &range, limit, search, hit, |row| row.employee.to_string())
}

/// All department bindings of a corp, by unit.
pub fn departments(tx: &impl Reads, corp: &CorpKey) -> Result<Vec<DepartmentBinding>, StoreError> {
    DEPARTMENTS.list(tx, &of(corp))
}

/// The binding of this employee.
pub fn find_by_employee(
    tx: &impl Reads,
    corp: &CorpKey,
    employee: &EmployeeId,
) -> Result<Option<MemberBinding>, StoreError> {
    MEMBERS.get(tx, (corp.as_str(), employee.as_str()))
}

/// The binding of this member, case of the userid ignored.
pub fn find_by_userid(tx: &impl Reads, corp: &CorpKey, userid: &UserId) -> Result<Option<MemberBinding>, StoreError> {
    match BY_USERID.get(tx, (corp.as_str(), &userid.folded()))? {
        Some(employee) => find_by_employee(tx, corp, &employee),
        None => Ok(None),
    }
}

/// The binding of this unit.
pub fn find_by_unit(tx: &impl Reads, corp: &CorpKey, unit: &UnitId) -> Result<Option<DepartmentBinding>, StoreError> {
    DEPARTMENTS.get(tx, (corp.as_str(), unit.as_str()))
}

/// The binding of this department.
pub fn find_by_department(
    tx: &impl Reads,
    corp: &CorpKey,
    department: DepartmentId,
) -> Result<Option<DepartmentBinding>, StoreError> {
    match BY_DEPARTMENT.get(tx, (corp.as_str(), department.0))? {
        Some(unit) => find_by_unit(tx, corp, &unit),
        None => Ok(None),
    }
}

/// Binds an employee and a member, or changes what is noted in their binding.
///
/// # Errors
/// [`StoreError::Conflict`] when either of them is bound to somebody else; nothing is written then.
pub fn put_member(tx: &WriteTx, corp: &CorpKey, binding: &MemberBinding) -> Result<(), StoreError> {
    put_members(tx, corp, std::slice::from_ref(binding))
}

/// [`put_member`] for many. Sorted by employee is fastest.
///
/// # Errors
/// [`StoreError::Conflict`] at the first one that contradicts; the closure must then return the error, which takes the
/// ones before it back.
pub fn put_members(tx: &WriteTx, corp: &CorpKey, bindings: &[MemberBinding]) -> Result<(), StoreError> {
    if bindings.is_empty() {
        return Ok(());
    }
    revisions::move_on(tx, corp)?;
    let (mut table, mut by_userid) = (MEMBERS.writer(tx)?, BY_USERID.writer(tx)?);
    for binding in bindings {
        let (employee, userid) = (binding.employee.as_str(), &binding.userid);
        let folded = userid.folded();
        let what = || format!("binding employee {employee} to member {userid}");
        if let Some(present) = table.get((corp.as_str(), employee))?
            && !present.userid.is_same(userid)
        {
            return Err(StoreError::conflict(what(), format!("the employee's binding to member {}", present.userid)));
        }
        match by_userid.get((corp.as_str(), &folded))? {
            Some(present) if present.as_str() != employee => {
                return Err(StoreError::conflict(what(), format!("the member's binding to employee {present}")));
            }
            Some(_) => {}
            None => by_userid.put((corp.as_str(), &folded), &binding.employee)?,
        }
        table.put((corp.as_str(), employee), binding)?;
    }
    Ok(())
}

/// Binds a unit and a department, or changes what is noted in their binding.
///
/// # Errors
/// [`StoreError::Conflict`] when either of them is bound to another one; nothing is written then.
pub fn put_department(tx: &WriteTx, corp: &CorpKey, binding: &DepartmentBinding) -> Result<(), StoreError> {
    put_departments(tx, corp, std::slice::from_ref(binding))
}

/// [`put_department`] for many.
///
/// # Errors
/// As [`put_members`].
pub fn put_departments(tx: &WriteTx, corp: &CorpKey, bindings: &[DepartmentBinding]) -> Result<(), StoreError> {
    if bindings.is_empty() {
        return Ok(());
    }
    revisions::move_on(tx, corp)?;
    let (mut table, mut by_department) = (DEPARTMENTS.writer(tx)?, BY_DEPARTMENT.writer(tx)?);
    for binding in bindings {
        let (unit, department) = (binding.unit.as_str(), binding.department);
        let what = || format!("binding unit {unit} to department {department}");
        if let Some(present) = table.get((corp.as_str(), unit))?
            && present.department != department
        {
            let present = format!("the unit's binding to department {}", present.department);
            return Err(StoreError::conflict(what(), present));
        }
        match by_department.get((corp.as_str(), department.0))? {
            Some(present) if present.as_str() != unit => {
                return Err(StoreError::conflict(what(), format!("the department's binding to unit {present}")));
            }
            Some(_) => {}
            None => by_department.put((corp.as_str(), department.0), &binding.unit)?,
        }
        table.put((corp.as_str(), unit), binding)?;
    }
    Ok(())
}

/// Unbinds an employee and returns the binding.
pub fn remove_member(tx: &WriteTx, corp: &CorpKey, employee: &EmployeeId) -> Result<Option<MemberBinding>, StoreError> {
    let removed = MEMBERS.remove(tx, (corp.as_str(), employee.as_str()))?;
    if let Some(binding) = &removed {
        revisions::move_on(tx, corp)?;
        BY_USERID.remove(tx, (corp.as_str(), &binding.userid.folded()))?;
    }
    Ok(removed)
}

/// Unbinds a unit and returns the binding.
pub fn remove_department(tx: &WriteTx, corp: &CorpKey, unit: &UnitId) -> Result<Option<DepartmentBinding>, StoreError> {
    let removed = DEPARTMENTS.remove(tx, (corp.as_str(), unit.as_str()))?;
    if let Some(binding) = &removed {
        revisions::move_on(tx, corp)?;
        BY_DEPARTMENT.remove(tx, (corp.as_str(), binding.department.0))?;
    }
    Ok(removed)
}

/// All tombstones of a corp, by employee.
pub fn tombstones(tx: &impl Reads, corp: &CorpKey) -> Result<Vec<Tombstone>, StoreError> {
    TOMBSTONES.list(tx, &of(corp))
}

/// The employee for whom this userid is kept, case ignored.
pub fn find_tombstone(tx: &impl Reads, corp: &CorpKey, userid: &UserId) -> Result<Option<Tombstone>, StoreError> {
    match TOMBSTONES_BY_USERID.get(tx, (corp.as_str(), &userid.folded()))? {
        Some(employee) => TOMBSTONES.get(tx, (corp.as_str(), employee.as_str())),
        None => Ok(None),
    }
}

/// The userid that is kept for this employee.
pub fn find_tombstone_of(
    tx: &impl Reads,
    corp: &CorpKey,
    employee: &EmployeeId,
) -> Result<Option<Tombstone>, StoreError> {
    TOMBSTONES.get(tx, (corp.as_str(), employee.as_str()))
}

/// Keeps a deleted member's userid for the person it belonged to.
///
/// # Errors
/// [`StoreError::Conflict`] when the userid is kept for somebody else; nothing is written then.
pub fn put_tombstone(tx: &WriteTx, corp: &CorpKey, tombstone: &Tombstone) -> Result<(), StoreError> {
    let folded = tombstone.userid.folded();
    if let Some(present) = TOMBSTONES_BY_USERID.get(tx, (corp.as_str(), &folded))?
        && present != tombstone.employee
    {
        return Err(StoreError::conflict(
            format!("keeping userid {} for employee {}", tombstone.userid, tombstone.employee),
            format!("its tombstone for employee {present}"),
        ));
    }
    revisions::move_on(tx, corp)?;
    let key = (corp.as_str(), tombstone.employee.as_str());
    let former = TOMBSTONES.writer(tx)?.replace(key, tombstone)?;
    let mut by_userid = TOMBSTONES_BY_USERID.writer(tx)?;
    if let Some(former) = former {
        by_userid.remove((corp.as_str(), &former.userid.folded()))?;
    }
    by_userid.put((corp.as_str(), &folded), &tombstone.employee)
}

/// Forgets an employee's tombstone (the person is back) and returns it.
pub fn remove_tombstone(tx: &WriteTx, corp: &CorpKey, employee: &EmployeeId) -> Result<Option<Tombstone>, StoreError> {
    let removed = TOMBSTONES.remove(tx, (corp.as_str(), employee.as_str()))?;
    if let Some(tombstone) = &removed {
        revisions::move_on(tx, corp)?;
        TOMBSTONES_BY_USERID.remove(tx, (corp.as_str(), &tombstone.userid.folded()))?;
    }
    Ok(removed)
}

/// How many members, departments and tombstones there are, in this order.
pub(super) fn count(tx: &impl Reads, corp: &CorpKey) -> Result<(u64, u64, u64), StoreError> {
    let members = MEMBERS.keys(tx, &of(corp))?.len() as u64;
    let departments = DEPARTMENTS.keys(tx, &of(corp))?.len() as u64;
    Ok((members, departments, TOMBSTONES.keys(tx, &of(corp))?.len() as u64))
}

pub(super) fn clear(tx: &WriteTx, corp: &CorpKey) -> Result<(), StoreError> {
    revisions::move_on(tx, corp)?;
    MEMBERS.remove_range(tx, &of(corp))?;
    BY_USERID.remove_range(tx, &of(corp))?;
    DEPARTMENTS.remove_range(tx, &of(corp))?;
    BY_DEPARTMENT.remove_range(tx, &of(corp))?;
    TOMBSTONES.remove_range(tx, &of(corp))?;
    TOMBSTONES_BY_USERID.remove_range(tx, &of(corp)).map(|_| ())
}

pub(super) fn check(tx: &ReadTx, checks: &mut Checks) -> Result<(), StoreError> {
    let mut userids = Vec::new();
    MEMBERS.scan(tx, &everything(), |(corp, _), row| {
        userids.push((corp, row.userid.folded().to_string()));
        Ok(ControlFlow::Continue(()))
    })?;
    checks.same_keys(BY_USERID.name(), BY_USERID.keys(tx, &everything())?, userids);
    let mut ids = Vec::new();
    DEPARTMENTS.scan(tx, &everything(), |(corp, _), row| {
        ids.push((corp, row.department.0));
        Ok(ControlFlow::Continue(()))
    })?;
    checks.same_keys(BY_DEPARTMENT.name(), BY_DEPARTMENT.keys(tx, &everything())?, ids);
    let mut kept = Vec::new();
    TOMBSTONES.scan(tx, &everything(), |(corp, _), row| {
        kept.push((corp, row.userid.folded().to_string()));
        Ok(ControlFlow::Continue(()))
    })?;
    checks.same_keys(TOMBSTONES_BY_USERID.name(), TOMBSTONES_BY_USERID.keys(tx, &everything())?, kept);
    Ok(())
}

fn of(corp: &CorpKey) -> Range {
    Prefix::text(corp.as_str()).range()
}
