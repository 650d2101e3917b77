//! Crossed links (DIR-34): two employees exchange their members, or one hands the member over to the other, in one
//! transaction, so that at no moment a member is free for the match rules.

use super::{refusal, resolve};
use crate::model::{Actor, BindingOrigin, CorpKey, EmployeeId, MemberBinding};
use crate::store::{self, StoreError};
use crate::sync::env::Env;
use crate::sync::error::SyncError;
use serde_json::json;

/// Exchanges the members of two employees; where only one of them has a member, the other one gets it. What is noted in
/// a link (values that cannot be read back, a removal under way) belongs to the member and goes with it: the next plan
/// then gives the member the other employee's values. Answers the links as they are afterwards, in the order of the
/// employees that were named.
///
/// # Errors
/// When the two are the same, neither is linked, or an employee who gets a member is not in the directory; nothing is
/// changed then.
pub async fn swap(
    env: &Env,
    corp: &CorpKey,
    first: &EmployeeId,
    second: &EmployeeId,
    actor: &Actor,
) -> Result<Vec<MemberBinding>, SyncError> {
    let corp = env.get_corp(corp).await?;
    let (first, second, actor, now_ms) = (first.clone(), second.clone(), actor.clone(), env.clock.now_ms());
    let swapped = env
        .store
        .write(move |tx| {
            if first == second {
                return Err(StoreError::Refused("an employee cannot change members with itself".into()));
            }
            let before = [
                store::bindings::remove_member(tx, &corp.key, &first)?,
                store::bindings::remove_member(tx, &corp.key, &second)?,
            ];
            let [of_first, of_second] = before;
            if of_first.is_none() && of_second.is_none() {
                return Err(StoreError::Refused(format!("neither employee {first} nor employee {second} is linked")));
            }
            let note = |binding: &Option<MemberBinding>| binding.as_ref().map(|binding| binding.userid.clone());
            let was = json!({ "corp": corp.key, first.as_str(): note(&of_first), second.as_str(): note(&of_second) });
            let is = json!({ "corp": corp.key, first.as_str(): note(&of_second), second.as_str(): note(&of_first) });
            let mut after = Vec::with_capacity(2);
            for (employee, binding) in [(&first, of_second), (&second, of_first)] {
                let Some(binding) = binding else { continue };
                if store::directory::find_employee(tx, &corp.tenant, employee)?.is_none() {
                    return Err(StoreError::Refused(format!("employee {employee} is not in the directory")));
                }
                let (employee, origin) = (employee.clone(), BindingOrigin::Manual);
                let binding = MemberBinding { employee, origin, bound_at_ms: now_ms, ..binding };
                store::bindings::put_member(tx, &corp.key, &binding)?;
                resolve::settle(tx, &corp.key, &binding)?;
                after.push(binding);
            }
            let subject = format!("employee {first} and employee {second}");
            store::audit::append(tx, &actor, "binding.swap", &subject, Some(was), Some(is))?;
            Ok(after)
        })
        .await;
    swapped.map_err(refusal)
}
