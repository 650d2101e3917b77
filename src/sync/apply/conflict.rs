//! Whether what WeCom has accepted can be linked here, asked before anything is written: a person may have linked one of
//! the two sides elsewhere meanwhile, and half a change must never be stored.

use crate::model::{Action, CorpKey, DepartmentId, EmployeeId, UnitId, UserId};
use crate::store::{self, Reads, StoreError};

/// Why [`super::record::record`] cannot write what follows from a change: a person linked one of its two sides elsewhere meanwhile.
/// `None` = it can. To be asked before it in the same transaction, so that no half of a change is ever written.
pub fn find(tx: &impl Reads, corp: &CorpKey, action: &Action) -> Result<Option<String>, StoreError> {
    match action {
        Action::CreateDepartment { unit, department, .. } | Action::BindDepartment { unit, department, .. } => {
            department_conflict(tx, corp, unit, *department)
        }
        Action::CreateMember { employee, userid, .. } => {
            if let Some(present) = store::bindings::find_by_employee(tx, corp, employee)?
                && !present.userid.is_same(userid)
                && store::mirror::find_member(tx, corp, &present.userid)?.is_some()
            {
                return Ok(Some(format!("employee {employee} was linked to member {} meanwhile", present.userid)));
            }
            holder_conflict(tx, corp, employee, userid)
        }
        Action::BindMember { employee, userid, .. } => {
            if let Some(present) = store::bindings::find_by_employee(tx, corp, employee)?
                && !present.userid.is_same(userid)
            {
                return Ok(Some(format!("employee {employee} was linked to member {} meanwhile", present.userid)));
            }
            holder_conflict(tx, corp, employee, userid)
        }
        _ => Ok(None),
    }
}

/// Says of a refused mobile whose it is where that member is linked: then the two are two people, and linking them would
/// be wrong.
pub fn holder_text(tx: &impl Reads, corp: &CorpKey, holder: &UserId) -> Result<Option<String>, StoreError> {
    Ok(store::bindings::find_by_userid(tx, corp, holder)?.map(|binding| {
        format!(
            "the mobile number belongs to member {}, who is linked with employee {}, somebody else: correct the number of \
             one of the two in the directory; a member who has activated WeCom can change it there only by themselves",
            binding.userid, binding.employee
        )
    }))
}

fn holder_conflict(
    tx: &impl Reads,
    corp: &CorpKey,
    employee: &EmployeeId,
    userid: &UserId,
) -> Result<Option<String>, StoreError> {
    let holder = store::bindings::find_by_userid(tx, corp, userid)?.filter(|present| present.employee != *employee);
    Ok(holder.map(|present| format!("member {userid} was linked to employee {} meanwhile", present.employee)))
}

fn department_conflict(
    tx: &impl Reads,
    corp: &CorpKey,
    unit: &UnitId,
    department: DepartmentId,
) -> Result<Option<String>, StoreError> {
    if let Some(present) = store::bindings::find_by_unit(tx, corp, unit)?
        && present.department != department
    {
        return Ok(Some(format!("unit {unit} was linked to department {} meanwhile", present.department)));
    }
    let holder = store::bindings::find_by_department(tx, corp, department)?.filter(|present| present.unit != *unit);
    Ok(holder.map(|present| format!("department {department} was linked to unit {} meanwhile", present.unit)))
}
