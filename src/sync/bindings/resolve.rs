//! The list of cases that a match rule could not decide: one value, several people (BIND-08).

use super::{new_binding, put, refusal};
use crate::model::{Actor, BindingOrigin, CorpKey, EmployeeId, MemberBinding, ResolveCase, UserId};
use crate::store::{self, StoreError, WriteTx};
use crate::sync::env::Env;
use crate::sync::error::SyncError;

/// All open cases of a corp.
pub async fn resolve_list(env: &Env, corp: &CorpKey) -> Result<Vec<ResolveCase>, SyncError> {
    let key = env.get_corp(corp).await?.key;
    Ok(env.store.read_async(move |tx| store::resolve::list(tx, &key)).await?)
}

/// Decides one pair of a case. The case goes off the list when one of its sides has nobody left; otherwise the others
/// stay on it.
///
/// # Errors
/// When there is no such case, the pair is not of it, or one of the two is linked already.
pub async fn resolve(
    env: &Env,
    corp: &CorpKey,
    case: &str,
    employee: &EmployeeId,
    userid: &UserId,
    actor: &Actor,
) -> Result<MemberBinding, SyncError> {
    let corp = env.get_corp(corp).await?;
    let (case, employee, userid) = (case.to_owned(), employee.clone(), userid.clone());
    let (actor, now_ms) = (actor.clone(), env.clock.now_ms());
    let resolved = env
        .store
        .write(move |tx| {
            let Some(found) = store::resolve::find(tx, &corp.key, &case)? else {
                return Err(StoreError::Refused(format!("there is no open case {case:?}")));
            };
            let is_of_case = found.employees.contains(&employee) && found.members.iter().any(|m| m.is_same(&userid));
            if !is_of_case {
                return Err(StoreError::Refused(format!(
                    "employee {employee} and member {userid} are not both of the case {case:?}"
                )));
            }
            let binding = new_binding(tx, &corp, &employee, &userid, BindingOrigin::Manual, now_ms)?;
            put(tx, &corp, &binding, &actor)?;
            settle(tx, &corp.key, &binding)?;
            Ok(binding)
        })
        .await;
    resolved.map_err(refusal)
}

/// Takes two who are linked now off all open cases; a case of which one side has nobody left is closed.
pub(super) fn settle(tx: &WriteTx, corp: &CorpKey, bound: &MemberBinding) -> Result<(), StoreError> {
    let mut cases = store::resolve::list(tx, corp)?;
    let before = cases.clone();
    for case in &mut cases {
        case.employees.retain(|id| *id != bound.employee);
        case.members.retain(|id| !id.is_same(&bound.userid));
    }
    cases.retain(|case| !case.employees.is_empty() && !case.members.is_empty());
    if cases == before { Ok(()) } else { store::resolve::put_all(tx, corp, &cases) }
}
