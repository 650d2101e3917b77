//! Whether the links that a change rests on still are as the plan found them. A person may link, unlink or swap at any time,
//! and what nobody is linked with is a stranger's: it is never written.

use super::conflict;
use crate::model::{Action, CorpKey, DepartmentId, EmployeeId, UnitId, UserId};
use crate::store::{self, Reads, StoreError};

/// Why the change must not be written any more; `None` = its links hold. To be asked in the transaction that notes the
/// intention, before any call. What only concerns the bridge's own memory is judged when it is stored.
pub fn refusal(tx: &impl Reads, corp: &CorpKey, action: &Action) -> Result<Option<String>, StoreError> {
    match action {
        Action::CreateMember { .. } | Action::CreateDepartment { .. } => {
            let found = conflict::find(tx, corp, action)?;
            Ok(found.map(|conflict| format!("not created: {conflict}; make a new plan")))
        }
        Action::UpdateMember { employee, userid, .. } | Action::EnableMember { employee, userid, .. } => {
            of_member(tx, corp, employee, userid, "nothing is written")
        }
        Action::DisableMember { employee: Some(employee), userid, .. }
        | Action::DeleteMember { employee: Some(employee), userid, .. } => {
            of_member(tx, corp, employee, userid, "nobody is removed")
        }
        Action::UpdateDepartment { unit: Some(unit), department, .. }
        | Action::DeleteDepartment { unit: Some(unit), department, .. } => of_department(tx, corp, unit, *department),
        _ => Ok(None),
    }
}

fn of_member(
    tx: &impl Reads,
    corp: &CorpKey,
    employee: &EmployeeId,
    userid: &UserId,
    so: &str,
) -> Result<Option<String>, StoreError> {
    let binding = store::bindings::find_by_employee(tx, corp, employee)?;
    let holds = binding.is_some_and(|binding| binding.userid.is_same(userid));
    Ok((!holds)
        .then(|| format!("employee {employee} is not linked to member {userid} any more, so {so}: make a new plan")))
}

fn of_department(
    tx: &impl Reads,
    corp: &CorpKey,
    unit: &UnitId,
    department: DepartmentId,
) -> Result<Option<String>, StoreError> {
    let binding = store::bindings::find_by_unit(tx, corp, unit)?;
    let holds = binding.is_some_and(|binding| binding.department == department);
    Ok((!holds).then(|| {
        format!("unit {unit} is not linked to department {department} any more, so nothing is written: make a new plan")
    }))
}
