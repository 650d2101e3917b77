//! Links made and taken away by people (BIND-05 to BIND-08): one by one, all at once, by file, and from the list of
//! cases that the match rules could not decide. Every change is in the audit log; nothing is written to WeCom.

mod file;
mod file_preview;
mod resolve;
mod swap;
mod units;

pub use file::{FileFormat, LinkFault, LinkFaultCode, LinkImport, LinkPair, LinkRequest, export, import};
pub use file_preview::{LinkPreview, confirm, preview};
pub use resolve::{resolve, resolve_list};
pub use swap::swap;
pub use units::{bind_department, unbind_department};

use super::env::Env;
use super::error::SyncError;
use crate::model::{Actor, BindingOrigin, Corp, CorpKey, EmployeeId, Fields, MemberBinding, UserId};
use crate::store::{self, CHUNK_ROWS, Reads, StoreError, WriteTx};
use serde_json::json;

/// Links an employee and a member.
///
/// # Errors
/// When one of the two does not exist, or is linked to somebody else, who is named; nothing is changed then.
pub async fn bind(
    env: &Env,
    corp: &CorpKey,
    employee: &EmployeeId,
    userid: &UserId,
    actor: &Actor,
) -> Result<MemberBinding, SyncError> {
    let corp = env.get_corp(corp).await?;
    let (employee, userid, actor, now_ms) = (employee.clone(), userid.clone(), actor.clone(), env.clock.now_ms());
    let bound = env
        .store
        .write(move |tx| {
            let binding = new_binding(tx, &corp, &employee, &userid, BindingOrigin::Manual, now_ms)?;
            put(tx, &corp, &binding, &actor)?;
            resolve::settle(tx, &corp.key, &binding)?;
            Ok(binding)
        })
        .await;
    bound.map_err(refusal)
}

/// A binding of two that exist; the userid is spelt as WeCom spells it.
fn new_binding(
    tx: &impl Reads,
    corp: &Corp,
    employee: &EmployeeId,
    userid: &UserId,
    origin: BindingOrigin,
    now_ms: i64,
) -> Result<MemberBinding, StoreError> {
    if store::directory::find_employee(tx, &corp.tenant, employee)?.is_none() {
        return Err(StoreError::Refused(format!("employee {employee} is not in the directory")));
    }
    let Some(member) = store::mirror::find_member(tx, &corp.key, userid)? else {
        return Err(StoreError::Refused(format!(
            "member {userid} is not known: pull first if it was created in WeCom just now"
        )));
    };
    Ok(MemberBinding {
        employee: employee.clone(),
        userid: member.userid,
        origin,
        bound_at_ms: now_ms,
        pushed: Fields::new(),
        placed: None,
        removal: None,
    })
}

fn put(tx: &WriteTx, corp: &Corp, binding: &MemberBinding, actor: &Actor) -> Result<(), StoreError> {
    if let Some(present) = store::bindings::find_by_employee(tx, &corp.key, &binding.employee)? {
        if present.userid.is_same(&binding.userid) {
            return Ok(());
        }
        return Err(StoreError::conflict(
            format!("the link of employee {}", binding.employee),
            format!("its link to member {}: take that away first", present.userid),
        ));
    }
    store::bindings::put_member(tx, &corp.key, binding)?;
    let after = json!({ "corp": corp.key, "userid": binding.userid, "origin": binding.origin });
    store::audit::append(tx, actor, "binding.create", &format!("employee {}", binding.employee), None, Some(after))
        .map(drop)
}

/// Takes one employee's link away (BIND-06); the member stays as it is.
///
/// # Errors
/// [`SyncError::Binding`] when the employee is not linked.
pub async fn unbind(
    env: &Env,
    corp: &CorpKey,
    employee: &EmployeeId,
    actor: &Actor,
) -> Result<MemberBinding, SyncError> {
    let mut unbound = unbind_many(env, corp, std::slice::from_ref(employee), actor).await?;
    unbound.pop().ok_or_else(|| SyncError::Bug("a link was taken away and is not told".into()))
}

/// Takes the links of these employees away in one commit: all of them or, on `Err`, none.
///
/// # Errors
/// [`SyncError::Binding`] when one of them is not linked.
pub async fn unbind_many(
    env: &Env,
    corp: &CorpKey,
    employees: &[EmployeeId],
    actor: &Actor,
) -> Result<Vec<MemberBinding>, SyncError> {
    let corp = env.get_corp(corp).await?;
    let (employees, actor) = (employees.to_vec(), actor.clone());
    let unbound = env.store.write(move |tx| {
        let take = |employee: &EmployeeId| {
            let Some(binding) = store::bindings::remove_member(tx, &corp.key, employee)? else {
                return Err(StoreError::Refused(format!("employee {employee} is not linked; nothing was changed")));
            };
            let before = json!({ "corp": corp.key, "userid": binding.userid, "origin": binding.origin });
            store::audit::append(tx, &actor, "binding.remove", &format!("employee {employee}"), Some(before), None)?;
            Ok(binding)
        };
        employees.iter().map(take).collect()
    });
    unbound.await.map_err(refusal)
}

/// Takes the links of all employees away (BIND-07); answers how many there were. The corp must be idle.
pub async fn unbind_all(env: &Env, corp: &CorpKey, actor: &Actor) -> Result<u64, SyncError> {
    let _lease = env.occupy(corp, "taking all links away", &actor.name)?;
    let corp = env.get_corp(corp).await?;
    let key = corp.key.clone();
    let all = env.store.read_async(move |tx| store::bindings::members(tx, &key)).await?;
    let count = all.len() as u64;
    let (key, by) = (corp.key.clone(), actor.clone());
    // the audit row comes first: a crash in the middle leaves a row too many rather than one too few
    let noted = move |tx: &WriteTx| {
        let before = json!({ "links": count });
        store::audit::append(tx, &by, "binding.remove_all", &format!("corp {key}"), Some(before), None).map(drop)
    };
    env.store.write(noted).await?;
    let key = corp.key.clone();
    let employees: Vec<EmployeeId> = all.into_iter().map(|binding| binding.employee).collect();
    env.store
        .write_chunks(
            employees,
            CHUNK_ROWS,
            move |tx, _, chunk| {
                chunk.iter().try_for_each(|employee| store::bindings::remove_member(tx, &key, employee).map(drop))
            },
            |_| {},
        )
        .await?;
    Ok(count)
}

/// What a person can mend becomes an answer to the person; the rest is trouble of the store.
fn refusal(error: StoreError) -> SyncError {
    match error {
        StoreError::Refused(why) => SyncError::Binding(why),
        StoreError::Conflict { what, present } => SyncError::Binding(format!("{what} conflicts with {present}")),
        other => other.into(),
    }
}
