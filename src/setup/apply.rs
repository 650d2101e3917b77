//! Writes a merged set-up into the store, all of it or nothing.

use super::error::SetupError;
use super::fault::SetupFault;
use super::file::SetupFile;
use super::load::{load, secret_names};
use super::merge::{Merge, SetupAction, SetupChange, merge};
use super::moved::check_moved;
use super::service::remove_idle_corp;
use crate::model::Actor;
use crate::store::{self, Store, StoreError, WriteTx};
use crate::wecom::Clients;
use serde_json::json;
use std::collections::HashSet;

/// What applying the file would do.
pub async fn diff(store: &Store, file: &SetupFile, prune: bool) -> Result<Vec<SetupChange>, SetupError> {
    let present = store.read_async(load).await?;
    let merged = merge(&present, file, prune);
    SetupError::of(check_whole(&present, file, &merged.target))?;
    Ok(merged.changes)
}

/// Applies the file in one commit: safe to repeat, and the second time nothing is written. With `prune`, what is not in
/// the file is removed with everything that is kept for it. Each change leaves one row in the audit log.
///
/// On `Err` nothing was changed.
pub async fn apply(
    store: &Store,
    clients: &Clients,
    actor: &Actor,
    file: &SetupFile,
    prune: bool,
) -> Result<Vec<SetupChange>, SetupError> {
    // Checked once before, so that faults come back as faults; the write below checks again on what it then sees.
    diff(store, file, prune).await?;
    let (actor, file) = (actor.clone(), file.clone());
    let merged = store
        .write(move |tx| {
            let present = load(tx)?;
            let merged = merge(&present, &file, prune);
            if let Some(fault) = check_whole(&present, &file, &merged.target).first() {
                return Err(StoreError::Refused(fault.to_string()));
            }
            write_all(tx, &actor, &present, &merged)?;
            Ok(merged)
        })
        .await?;
    for change in merged.changes.iter().filter(|change| change.action == SetupAction::Remove) {
        if let Some(key) = change.subject.strip_prefix("corp ") {
            clients.forget(&key.into());
        }
    }
    Ok(merged.changes)
}

/// References between the parts of a whole set-up, and secrets that would go to another place than the one that they
/// were given for.
fn check_whole(present: &SetupFile, file: &SetupFile, target: &SetupFile) -> Vec<SetupFault> {
    let tenants: HashSet<_> = target.tenants.iter().map(|tenant| &tenant.key).collect();
    let moved = file.corps.iter().filter_map(|given| {
        let former = present.find_corp(&given.corp.key)?;
        let at = format!("corp[{}]", given.corp.key);
        check_moved(&former.corp.endpoints, &given.corp, former.secrets.keys(), &given.secrets, &at)
    });
    let homeless = target.corps.iter().filter(|corp| !tenants.contains(&corp.corp.tenant)).map(|corp| {
        let message = format!("names the tenant {}, which does not exist", corp.corp.tenant);
        SetupFault::new(format!("corp[{}].tenant", corp.corp.key), message)
    });
    moved.chain(homeless).collect()
}

fn write_all(tx: &WriteTx, actor: &Actor, present: &SetupFile, merged: &Merge) -> Result<(), StoreError> {
    let target = &merged.target;
    for tenant in target.tenants.iter().filter(|tenant| present.find_tenant(&tenant.key) != Some(tenant)) {
        store::tenants::put(tx, tenant)?;
    }
    for corp in target.corps.iter().filter(|corp| present.find_corp(&corp.corp.key) != Some(corp)) {
        store::corps::put(tx, &corp.corp)?;
        let former = present.find_corp(&corp.corp.key);
        for (name, secret) in &corp.secrets {
            if former.and_then(|former| former.secrets.get(name)) != Some(secret) {
                store::secrets::put(tx, &corp.corp.key, name, secret)?;
            }
        }
        for name in former.map(|former| secret_names(&former.corp)).unwrap_or_default() {
            if !corp.secrets.contains_key(&name) {
                store::secrets::remove(tx, &corp.corp.key, &name)?;
            }
        }
    }
    for corp in present.corps.iter().filter(|corp| target.find_corp(&corp.corp.key).is_none()) {
        remove_idle_corp(tx, &corp.corp.key)?;
    }
    for tenant in present.tenants.iter().filter(|tenant| target.find_tenant(&tenant.key).is_none()) {
        store::tenants::remove(tx, &tenant.key)?;
    }
    for change in &merged.changes {
        let (verb, after) = match change.action {
            SetupAction::Add => ("create", None),
            SetupAction::Change => ("update", Some(json!(change.differences))),
            SetupAction::Remove => ("remove", None),
            SetupAction::Same | SetupAction::Extra => continue,
        };
        let (kind, subject) = change.subject.split_once(' ').unwrap_or(("setup", &change.subject));
        store::audit::append(tx, actor, &format!("{kind}.{verb}"), subject, None, after)?;
    }
    Ok(())
}
