//! The last look before somebody loses access. A plan may be a day old, and a run may go on after a stop: a removal is
//! carried out only while its cause still holds.

use super::execute::{Failure, Hands};
use crate::model::{Action, Change, Corp, EmployeeStatus, MemberStatus, RemovalCause};
use crate::store::{self, Store, StoreError};
use crate::wecom::Credential;

/// Why the removal must not be carried out any more; `None` = it may, or the change removes nobody. Nothing is written.
pub async fn check(store: &Store, hands: &Hands, corp: &Corp, change: &Change) -> Result<Option<Failure>, StoreError> {
    let action = &change.action;
    let (Action::DisableMember { employee, userid, cause, .. } | Action::DeleteMember { employee, userid, cause, .. }) =
        action
    else {
        return Ok(None);
    };
    let step = super::queue::endpoint(action);
    let refuse = |message: String| Ok(Some(Failure { message, ..Failure::ours(step) }));
    let plan_anew = |message: String| Ok(Some(Failure { message, needs_plan: true, ..Failure::ours(step) }));
    if let Some(employee) = employee {
        let (tenant, id) = (corp.tenant.clone(), employee.clone());
        let row = store.read_async(move |tx| store::directory::find_employee(tx, &tenant, &id)).await?;
        if *cause == RemovalCause::Departed && row.is_some_and(|row| row.status == EmployeeStatus::Active) {
            return plan_anew(format!("employee {employee} is active again, so nobody is removed: make a new plan"));
        }
    }
    let Action::DeleteMember { before, cause, .. } = action else { return Ok(None) };
    // who was seen as activated was deleted knowingly: a guard has held that plan
    let takes_back = *cause == RemovalCause::Undo && change.reason == "undo.created";
    if !takes_back && before.enable != Some(false) {
        return Ok(None);
    }
    let Some(reader) = &hands.reader else {
        return refuse(format!(
            "no credential may read details, so nobody can tell whether member {userid} has been enabled again: set read_app, \
             or delete the member in the WeCom console"
        ));
    };
    match hands.client.user_get(reader, userid).await {
        Ok(member) if takes_back && member.status.is_some_and(|status| status != MemberStatus::NotActivated) => {
            plan_anew(format!(
                "member {userid} was to be deleted because its creation is taken back, but has activated WeCom since: make \
                 a new plan, which a guard will hold"
            ))
        }
        Ok(member) if !takes_back && member.status.is_some_and(|status| status != MemberStatus::Disabled) => {
            plan_anew(format!(
                "member {userid} was to be deleted after its time as a disabled member, but has been enabled again: pull \
                 and make a new plan"
            ))
        }
        Ok(_) => Ok(None),
        // an app does not see who is outside its visible range either (doc path 90196): that proves nothing
        Err(error) if error.is_not_found() && *reader == Credential::Contacts => Ok(None),
        Err(error) if error.is_not_found() => refuse(format!(
            "{reader} cannot see member {userid}, so nobody can tell whether the account is in use: widen the visible range \
             of the app, pull and make a new plan"
        )),
        Err(error) => refuse(format!("member {userid} cannot be looked at before it is deleted: {error}")),
    }
}
