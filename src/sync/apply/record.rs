//! What the bridge remembers of a change that WeCom has accepted: binding, mirror, what was pushed, removals. Written in
//! the same commit as the journal entry; writing it again changes nothing.

use crate::model::{
    Action, AttributeList, BindingOrigin, Change, Corp, CorpKey, Counts, Department, DepartmentBinding, DepartmentId,
    DepartmentImage, EmployeeId, Fields, Member, MemberBinding, MemberImage, MemberStatus, Placement, Pushed, Removal,
    RemovalCause, Tombstone, UserId, WRITTEN,
};
use crate::store::removals::RemovalKind;
use crate::store::{self, StoreError, WriteTx};
use crate::sync::facts;

/// Writes everything that follows from a change that is done. `at_ms` is the moment in the journal.
///
/// # Errors
/// [`StoreError::Conflict`] where [`super::conflict::find`] would have named one: the transaction must then be given up.
pub fn record(tx: &WriteTx, corp: &Corp, change: &Change, at_ms: i64) -> Result<(), StoreError> {
    let key = &corp.key;
    match &change.action {
        Action::CreateDepartment { unit, department, after } => {
            put_department(tx, key, *department, after)?;
            let binding = DepartmentBinding {
                unit: unit.clone(),
                department: *department,
                origin: BindingOrigin::Created,
                bound_at_ms: at_ms,
                pushed_name: after.name.clone(),
            };
            store::bindings::put_department(tx, key, &binding)
        }
        Action::CreateDisabledDepartment { department, after } => {
            put_department(tx, key, *department, after)?;
            facts::change(tx, key, |memory| memory.disabled_department = Some(*department))
        }
        Action::UpdateDepartment { unit, department, after, .. } => {
            put_department(tx, key, *department, after)?;
            let Some(unit) = unit else { return Ok(()) };
            let Some(mut binding) = store::bindings::find_by_unit(tx, key, unit)? else { return Ok(()) };
            if after.name.is_none() || binding.department != *department {
                return Ok(());
            }
            binding.pushed_name = after.name.clone();
            store::bindings::put_department(tx, key, &binding)
        }
        Action::DeleteDepartment { department, .. } => {
            store::mirror::remove_departments(tx, key, &[*department])?;
            if let Some(binding) = store::bindings::find_by_department(tx, key, *department)? {
                store::bindings::remove_department(tx, key, &binding.unit)?;
            }
            facts::change(tx, key, |memory| {
                memory.disabled_department = memory.disabled_department.filter(|id| id != department);
            })
        }
        Action::BindDepartment { unit, department, origin } => {
            let known = store::mirror::find_department(tx, key, *department)?;
            let binding = DepartmentBinding {
                unit: unit.clone(),
                department: *department,
                origin: *origin,
                bound_at_ms: at_ms,
                pushed_name: known.and_then(|known| known.name),
            };
            store::bindings::put_department(tx, key, &binding)
        }
        Action::UnbindDepartment { unit, department } => match store::bindings::find_by_unit(tx, key, unit)? {
            Some(present) if present.department == *department => {
                store::bindings::remove_department(tx, key, unit).map(drop)
            }
            _ => Ok(()),
        },
        Action::CreateMember { employee, userid, after, .. } => {
            // the former binding of somebody who was deleted in the console says nothing about the new member
            store::bindings::remove_member(tx, key, employee)?;
            let mut binding = new_binding(employee, userid, BindingOrigin::Created, at_ms);
            push(&mut binding, None, after);
            store::bindings::put_member(tx, key, &binding)?;
            store::bindings::remove_tombstone(tx, key, employee)?;
            store::mirror::put_members(tx, key, &[created_member(userid, after)])?;
            store::removals::append_creation(tx, key, at_ms, userid)
        }
        Action::UpdateMember { employee, userid, before, after } => {
            update_member(tx, key, userid, after, None)?;
            change_binding(tx, key, employee, userid, |binding| push(binding, Some(before), after))
        }
        Action::EnableMember { employee, userid, before, after } => {
            update_member(tx, key, userid, after, Some(None))?;
            change_binding(tx, key, employee, userid, |binding| {
                push(binding, Some(before), after);
                binding.removal = None;
            })
        }
        Action::DisableMember { employee, userid, cause, before, after } => {
            update_member(tx, key, userid, after, Some(Some(MemberStatus::Disabled)))?;
            if let Some(employee) = employee {
                change_binding(tx, key, employee, userid, |binding| {
                    push(binding, Some(before), after);
                    binding.removal = Some(disabled(binding.removal.take(), *cause, before, at_ms));
                })?;
            }
            store::removals::append(tx, key, at_ms, userid, RemovalKind::Disabled)
        }
        Action::DeleteMember { employee, userid, .. } => {
            store::mirror::remove_members(tx, key, std::slice::from_ref(userid))?;
            if let Some(employee) = employee {
                unbind(tx, key, employee, userid)?;
                bury(tx, key, employee, userid, at_ms)?;
            }
            store::removals::append(tx, key, at_ms, userid, RemovalKind::Deleted)
        }
        Action::BindMember { employee, userid, .. } => {
            store::bindings::put_member(tx, key, &new_binding(employee, userid, BindingOrigin::Rule, at_ms))
        }
        Action::UnbindMember { employee, userid } => unbind(tx, key, employee, userid),
        Action::RecordRemoval { employee, userid, cause } => change_binding(tx, key, employee, userid, |binding| {
            binding.removal = cause.map(|cause| Removal {
                cause,
                disabled_at_ms: None,
                departments_before: Vec::new(),
                was_disabled: false,
                repeats: 0,
            });
        }),
    }
}

/// Takes a link away, if it still is one: a person may have linked the employee to somebody else meanwhile.
fn unbind(tx: &WriteTx, corp: &CorpKey, employee: &EmployeeId, userid: &UserId) -> Result<(), StoreError> {
    match store::bindings::find_by_employee(tx, corp, employee)? {
        Some(present) if present.userid.is_same(userid) => store::bindings::remove_member(tx, corp, employee).map(drop),
        _ => Ok(()),
    }
}

/// Keeps the userid for the person who had it last; whoever had it before has lost it already.
fn bury(
    tx: &WriteTx,
    corp: &CorpKey,
    employee: &EmployeeId,
    userid: &UserId,
    deleted_at_ms: i64,
) -> Result<(), StoreError> {
    if let Some(former) = store::bindings::find_tombstone(tx, corp, userid)?
        && former.employee != *employee
    {
        store::bindings::remove_tombstone(tx, corp, &former.employee)?;
    }
    let tombstone = Tombstone { employee: employee.clone(), userid: userid.clone(), deleted_at_ms };
    store::bindings::put_tombstone(tx, corp, &tombstone)
}

fn new_binding(employee: &EmployeeId, userid: &UserId, origin: BindingOrigin, at_ms: i64) -> MemberBinding {
    MemberBinding {
        employee: employee.clone(),
        userid: userid.clone(),
        origin,
        bound_at_ms: at_ms,
        pushed: Fields::new(),
        placed: None,
        removal: None,
    }
}

/// The removal after a member was disabled; `former` is the one before, when it had begun.
fn disabled(former: Option<Removal>, cause: RemovalCause, before: &MemberImage, at_ms: i64) -> Removal {
    let mut departments_before: Vec<_> = before.memberships.iter().flatten().map(|m| m.department).collect();
    let (mut repeats, mut was_disabled) = (0, before.enable == Some(false));
    if let Some(former) = former.filter(|former| former.disabled_at_ms.is_some()) {
        was_disabled = former.was_disabled;
        repeats = former.repeats + u32::from(former.disabled_at_ms != Some(at_ms));
        if departments_before.is_empty() {
            departments_before = former.departments_before;
        }
    }
    Removal { cause, disabled_at_ms: Some(at_ms), departments_before, was_disabled, repeats }
}

/// Notes what was written and what WeCom showed before it.
fn push(binding: &mut MemberBinding, before: Option<&MemberImage>, after: &MemberImage) {
    for (field, value) in after.fields.iter() {
        let before = before.and_then(|image| image.fields.get(field)).cloned();
        // what only goes along with a list is not ours
        if field.is_marker() || field.list().is_some() && before.as_ref() == Some(value) {
            continue;
        }
        binding.pushed.insert(field.clone(), Pushed { value: value.clone(), before });
    }
    if after.memberships.is_some() || after.main_department.is_some() || after.direct_leader.is_some() {
        let mut placed: Placement = binding.placed.take().map(|placed| *placed).unwrap_or_default();
        placed.memberships = after.memberships.clone().or(placed.memberships);
        placed.main_department = after.main_department.or(placed.main_department);
        placed.direct_leader = after.direct_leader.clone().or(placed.direct_leader);
        binding.placed = Some(Box::new(placed));
    }
}

/// Changes the binding of a pair, if it still is one.
fn change_binding(
    tx: &WriteTx,
    corp: &CorpKey,
    employee: &EmployeeId,
    userid: &UserId,
    change: impl FnOnce(&mut MemberBinding),
) -> Result<(), StoreError> {
    match store::bindings::find_by_employee(tx, corp, employee)? {
        Some(mut binding) if binding.userid.is_same(userid) => {
            change(&mut binding);
            store::bindings::put_member(tx, corp, &binding)
        }
        _ => Ok(()),
    }
}

fn put_department(tx: &WriteTx, corp: &CorpKey, id: DepartmentId, after: &DepartmentImage) -> Result<(), StoreError> {
    let known = store::mirror::find_department(tx, corp, id)?;
    let mut department =
        known.unwrap_or(Department { id, parent: DepartmentId(0), name: None, order: 0, leaders: Vec::new() });
    if after.name.is_some() {
        department.name = after.name.clone();
    }
    if let Some(parent) = after.parent {
        department.parent = parent;
    }
    if let Some(order) = after.order {
        department.order = order;
    }
    store::mirror::put_departments(tx, corp, &[department])?;
    facts::change(tx, corp, |memory| memory.largest_department_id = memory.largest_department_id.max(id.0))
}

/// What WeCom has accepted is what it shows, until a read says otherwise.
fn created_member(userid: &UserId, after: &MemberImage) -> Member {
    let mut fields = after.fields.clone();
    AttributeList::ALL.into_iter().for_each(|list| drop(fields.insert(list.marker(), WRITTEN)));
    Member {
        userid: userid.clone(),
        memberships: after.memberships.clone().unwrap_or_default(),
        main_department: after.main_department,
        status: Some(match after.enable {
            Some(false) => MemberStatus::Disabled,
            _ => MemberStatus::NotActivated,
        }),
        direct_leader: after.direct_leader.clone(),
        fields,
        has_details: true,
    }
}

/// Changes the mirror's row of a member. `status` is the new one where it changes (`Some(None)` = enabled again, state
/// not known).
fn update_member(
    tx: &WriteTx,
    corp: &CorpKey,
    userid: &UserId,
    after: &MemberImage,
    status: Option<Option<MemberStatus>>,
) -> Result<(), StoreError> {
    let Some(mut member) = store::mirror::find_member(tx, corp, userid)? else { return Ok(()) };
    for list in AttributeList::ALL.into_iter().filter(|list| after.fields.get(&list.marker()).is_some()) {
        let entries = member.fields.iter().map(|(field, _)| field).filter(|field| field.is_entry_of(list));
        for gone in entries.cloned().collect::<Vec<_>>() {
            member.fields.remove(&gone);
        }
    }
    for (field, value) in after.fields.iter() {
        member.fields.insert(field.clone(), value.clone());
    }
    if let Some(memberships) = &after.memberships {
        member.memberships.clone_from(memberships);
    }
    member.main_department = after.main_department.or(member.main_department);
    if after.direct_leader.is_some() {
        member.direct_leader.clone_from(&after.direct_leader);
    }
    if let Some(status) = status {
        member.status = status;
    }
    store::mirror::put_members(tx, corp, &[member])
}

/// Counts a change that is done.
pub fn count(counts: &mut Counts, action: &Action) {
    let (departments, members) = (&mut counts.departments, &mut counts.members);
    let counter = match action {
        Action::CreateDepartment { .. } | Action::CreateDisabledDepartment { .. } => &mut departments.create,
        Action::UpdateDepartment { after, .. } if after.parent.is_some() => &mut departments.r#move,
        Action::UpdateDepartment { after, .. } if after.name.is_some() => &mut departments.rename,
        Action::UpdateDepartment { .. } => &mut departments.reorder,
        Action::DeleteDepartment { .. } => &mut departments.delete,
        Action::BindDepartment { .. } => &mut departments.bind,
        Action::UnbindDepartment { .. } => &mut departments.unbind,
        Action::CreateMember { .. } => &mut members.create,
        Action::UpdateMember { .. } => &mut members.update,
        Action::DisableMember { .. } => &mut members.disable,
        Action::EnableMember { .. } => &mut members.enable,
        Action::DeleteMember { .. } => &mut members.delete,
        Action::BindMember { .. } => &mut members.bind,
        Action::UnbindMember { .. } => &mut members.unbind,
        Action::RecordRemoval { .. } => &mut members.record,
    };
    *counter += 1;
}
