//! Writes a merged set-up into the store, all of it or nothing.

use super::check::check_corp;
use super::consent::{Confirmed, Consequence, weigh};
use super::error::SetupError;
use super::fault::SetupFault;
use super::file::SetupFile;
use super::links::{Hindrance, LinkAct, LinkChoices, check_links};
use super::load::{load, secret_names};
use super::merge::{Merge, SetupAction, SetupChange, merge};
use super::moved::check_moved;
use super::service::remove_idle_corp;
use super::twins::check_twin;
use crate::model::Actor;
use crate::store::{self, Reads, Store, StoreError, WriteTx};
use crate::wecom::Clients;
use serde_json::json;
use std::collections::HashSet;

/// How a file is laid over what is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// What is not in the file is removed with everything that is kept for it.
    pub prune: bool,
    /// What becomes of the links of corps that become another WeCom.
    pub links: LinkChoices,
    /// The keys of what may be removed or may begin to delete people.
    pub confirm: Confirmed,
}

/// What applying the file would do; each line that wants a confirmation says so.
pub async fn diff(store: &Store, file: &SetupFile, terms: &Terms) -> Result<Vec<SetupChange>, SetupError> {
    let (file, terms) = (file.clone(), terms.clone());
    let prepared = store.read_async(move |tx| prepare(tx, &file, &terms)).await??;
    Ok(prepared.merged.changes)
}

/// Applies the file in one commit: safe to repeat, and the second time nothing is written. Each change leaves one row in
/// the audit log.
///
/// # Errors
/// [`SetupError::Linked`] when a corp would become another WeCom and the terms do not say what becomes of its links;
/// [`SetupError::Unconfirmed`] when something goes that cannot be had back and the terms do not name it. On `Err` nothing
/// was changed.
pub async fn apply(
    store: &Store,
    clients: &Clients,
    actor: &Actor,
    file: &SetupFile,
    terms: &Terms,
) -> Result<Vec<SetupChange>, SetupError> {
    let (actor, file, terms) = (actor.clone(), file.clone(), terms.clone());
    let applied = store.write(move |tx| {
        let prepared = match prepare(tx, &file, &terms)? {
            Ok(prepared) => prepared,
            Err(refused) => return Ok(Err(refused)),
        };
        let open =
            prepared.consequences.iter().filter(|one| !terms.confirm.contains(&one.key)).cloned().collect::<Vec<_>>();
        if !open.is_empty() {
            return Ok(Err(SetupError::Unconfirmed(open)));
        }
        for act in &prepared.acts {
            act.carry_out(tx, &actor)?;
        }
        write_all(tx, &actor, &prepared.present, &prepared.merged)?;
        Ok(Ok(prepared.merged.changes))
    });
    let changes = applied.await??;
    for change in changes.iter().filter(|change| change.action == SetupAction::Remove) {
        if let Some(key) = change.subject.strip_prefix("corp ") {
            clients.forget(&key.into());
        }
    }
    Ok(changes)
}

/// What will be written.
struct Prepared {
    present: SetupFile,
    merged: Merge,
    acts: Vec<LinkAct>,
    consequences: Vec<Consequence>,
}

fn prepare(tx: &impl Reads, file: &SetupFile, terms: &Terms) -> Result<Result<Prepared, SetupError>, StoreError> {
    let present = load(tx)?;
    let mut merged = merge(&present, file, terms.prune);
    let mut faults = check_whole(&present, file, &merged.target);
    for corp in terms.links.keys().filter(|corp| file.find_corp(corp).is_none()) {
        let message = "is not in the file, so nothing can be said about its links";
        faults.push(SetupFault::new(format!("corp[{corp}]"), message));
    }
    if let Err(refused) = SetupError::of(faults) {
        return Ok(Err(refused));
    }
    let (mut acts, mut linked) = (Vec::new(), Vec::new());
    for target in &merged.target.corps {
        let key = &target.corp.key;
        let Some(former) = present.find_corp(key) else { continue };
        let act = match check_links(tx, &former.corp, &target.corp, terms.links.get(key).copied())? {
            Ok(Some(act)) => act,
            Ok(None) => continue,
            Err(Hindrance::Linked(one)) => {
                linked.push(one);
                continue;
            }
            Err(Hindrance::Other(error)) => return Ok(Err(error)),
        };
        let subject = format!("corp {key}");
        if let Some(change) = merged.changes.iter_mut().find(|change| change.subject == subject) {
            change.differences.extend(act.difference());
        }
        acts.push(act);
    }
    if !linked.is_empty() {
        return Ok(Err(SetupError::Linked(linked)));
    }
    let consequences = weigh(tx, &present, &merged.target, &mut merged.changes)?;
    Ok(Ok(Prepared { present, merged, acts, consequences }))
}

/// References between the parts of a whole set-up, and secrets that would go to another place than the one that they
/// were given for.
fn check_whole(present: &SetupFile, file: &SetupFile, target: &SetupFile) -> Vec<SetupFault> {
    let tenants: HashSet<_> = target.tenants.iter().map(|tenant| &tenant.key).collect();
    let moved = file.corps.iter().filter_map(|given| {
        let former = present.find_corp(&given.corp.key)?;
        let becomes = target.find_corp(&given.corp.key)?;
        let at = format!("corp[{}]", given.corp.key);
        check_moved(&former.corp.endpoints, &becomes.corp, former.secrets.keys(), &given.secrets, &at)
    });
    let homeless = target.corps.iter().filter(|corp| !tenants.contains(&corp.corp.tenant)).map(|corp| {
        let message = format!("names the tenant {}, which does not exist", corp.corp.tenant);
        SetupFault::new(format!("corp[{}].tenant", corp.corp.key), message)
    });
    // What the file says was checked when it was read; laid over what is there it may not fit.
    let laid = file.corps.iter().filter_map(|given| target.find_corp(&given.corp.key));
    let unfit = laid.flat_map(|corp| {
        let at = format!("corp[{}]", corp.corp.key);
        let twin = check_twin(&corp.corp, target.corps.iter().map(|other| &other.corp), &at);
        check_corp(&corp.corp, &at).into_iter().chain(twin)
    });
    moved.chain(homeless).chain(unfit).collect()
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
