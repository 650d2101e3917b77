//! Links between units and departments made by people; among them the renames that a plan offers (DIR-58).

use super::refusal;
use crate::model::{Actor, BindingOrigin, CorpKey, DepartmentBinding, DepartmentId, UnitId};
use crate::store::{self, StoreError};
use crate::sync::env::Env;
use crate::sync::error::SyncError;
use serde_json::json;

/// Links a unit and a department. A link that is there already and was found by position becomes one made by hand: it
/// then holds whatever the two are named.
///
/// # Errors
/// When one of the two does not exist, or is linked to another one, which is named; nothing is changed then.
pub async fn bind_department(
    env: &Env,
    corp: &CorpKey,
    unit: &UnitId,
    department: DepartmentId,
    actor: &Actor,
) -> Result<DepartmentBinding, SyncError> {
    let corp = env.get_corp(corp).await?;
    let (unit, actor, now_ms) = (unit.clone(), actor.clone(), env.clock.now_ms());
    let bound = env
        .store
        .write(move |tx| {
            if store::directory::find_unit(tx, &corp.tenant, &unit)?.is_none() {
                return Err(StoreError::Refused(format!("unit {unit} is not in the directory")));
            }
            let Some(known) = store::mirror::find_department(tx, &corp.key, department)? else {
                return Err(StoreError::Refused(format!("department {department} is not known: pull first")));
            };
            if let Some(present) = store::bindings::find_by_unit(tx, &corp.key, &unit)? {
                if present.department == department {
                    if matches!(present.origin, BindingOrigin::Manual | BindingOrigin::Import) {
                        return Ok(present);
                    }
                    let binding = DepartmentBinding { origin: BindingOrigin::Manual, ..present.clone() };
                    store::bindings::put_department(tx, &corp.key, &binding)?;
                    let was = json!({ "corp": corp.key, "department": department, "origin": present.origin });
                    let is = json!({ "corp": corp.key, "department": department, "origin": binding.origin });
                    store::audit::append(tx, &actor, "binding.create", &format!("unit {unit}"), Some(was), Some(is))?;
                    return Ok(binding);
                }
                return Err(StoreError::conflict(
                    format!("the link of unit {unit}"),
                    format!("its link to department {}: take that away first", present.department),
                ));
            }
            let binding = DepartmentBinding {
                unit: unit.clone(),
                department,
                origin: BindingOrigin::Manual,
                bound_at_ms: now_ms,
                pushed_name: known.name,
            };
            store::bindings::put_department(tx, &corp.key, &binding)?;
            let after = json!({ "corp": corp.key, "department": department });
            store::audit::append(tx, &actor, "binding.create", &format!("unit {unit}"), None, Some(after))?;
            Ok(binding)
        })
        .await;
    bound.map_err(refusal)
}

/// Takes a unit's link away; the department stays.
///
/// # Errors
/// When the unit is not linked.
pub async fn unbind_department(
    env: &Env,
    corp: &CorpKey,
    unit: &UnitId,
    actor: &Actor,
) -> Result<DepartmentBinding, SyncError> {
    let corp = env.get_corp(corp).await?;
    let (unit, actor) = (unit.clone(), actor.clone());
    let unbound = env
        .store
        .write(move |tx| {
            let Some(binding) = store::bindings::remove_department(tx, &corp.key, &unit)? else {
                return Err(StoreError::Refused(format!("unit {unit} is not linked")));
            };
            let before = json!({ "corp": corp.key, "department": binding.department });
            store::audit::append(tx, &actor, "binding.remove", &format!("unit {unit}"), Some(before), None)?;
            Ok(binding)
        })
        .await;
    unbound.map_err(refusal)
}
