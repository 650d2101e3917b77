//! Tenants, corps, apps and secrets one by one, for the REST API and the pages. The same rules as for the set-up file;
//! every change is one commit with its audit row.

mod secrets;

pub use secrets::{list_secrets, put_secret, remove_secret, renew_callback_keys};

use super::check::{check_corp, check_secret, check_tenant};
use super::consent::check_deletion;
use super::error::SetupError;
use super::fault::SetupFault;
use super::links::{Hindrance, Links, check_links};
use super::load::{load_secrets, secret_names};
use super::merge::{Difference, differences};
use super::moved::check_moved;
use super::secret::{generate_aes_key, generate_token};
use super::twins::check_twin;
use crate::model::{Actor, App, AppKey, Corp, CorpKey, Secret, SecretName, Tenant, TenantKey};
use crate::store::{self, Store, StoreError, WriteTx};
use crate::wecom::Clients;
use secrets::{put_if_absent, put_if_other};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a `put` made something new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// It was not there before.
    Created,
    /// It was there and differed.
    Changed,
    /// It was there and equal; nothing was written.
    Same,
}

/// What the administrator has said about the consequences of new settings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Consent {
    /// What becomes of the links where the corp becomes another WeCom.
    pub links: Option<Links>,
    /// Whether settings that begin to delete people were confirmed (DIR-53).
    pub to_delete: bool,
}

impl From<Option<Links>> for Consent {
    fn from(links: Option<Links>) -> Self {
        Self { links, to_delete: false }
    }
}

/// All tenants.
pub async fn list_tenants(store: &Store) -> Result<Vec<Tenant>, SetupError> {
    Ok(store.read_async(store::tenants::list).await?)
}

/// The tenant with this key.
pub async fn get_tenant(store: &Store, key: &TenantKey) -> Result<Tenant, SetupError> {
    let wanted = key.clone();
    let found = store.read_async(move |tx| store::tenants::find(tx, &wanted)).await?;
    found.ok_or_else(|| SetupError::NotFound(format!("tenant {key}")))
}

/// Creates or changes a tenant.
pub async fn put_tenant(store: &Store, actor: &Actor, tenant: Tenant) -> Result<Saved, SetupError> {
    SetupError::of(check_key(TenantKey::parse(tenant.key.as_str()).map(|_| ())))?;
    SetupError::of(check_tenant(&tenant, ""))?;
    let actor = actor.clone();
    let saved = store.write(move |tx| {
        let former = store::tenants::find(tx, &tenant.key)?;
        store::tenants::put(tx, &tenant)?;
        note(tx, &actor, "tenant", tenant.key.as_str(), former.as_ref(), &tenant, Vec::new())
    });
    Ok(saved.await?)
}

/// Removes a tenant with its directory; refused while corps are connected to it.
pub async fn remove_tenant(store: &Store, actor: &Actor, key: &TenantKey) -> Result<(), SetupError> {
    let (actor, key) = (actor.clone(), key.clone());
    let removed = store.write(move |tx| {
        let before = store::tenants::find(tx, &key)?;
        if !store::tenants::remove(tx, &key)? {
            return Err(StoreError::not_found(format!("tenant {key}")));
        }
        store::audit::append(tx, &actor, "tenant.remove", key.as_str(), before.map(|tenant| json!(tenant)), None)?;
        Ok(())
    });
    Ok(removed.await?)
}

/// All corps, or those of one tenant.
pub async fn list_corps(store: &Store, tenant: Option<TenantKey>) -> Result<Vec<Corp>, SetupError> {
    let list = store.read_async(move |tx| match tenant {
        Some(tenant) => store::corps::list_of_tenant(tx, &tenant),
        None => store::corps::list(tx),
    });
    Ok(list.await?)
}

/// The corp with this key.
pub async fn get_corp(store: &Store, key: &CorpKey) -> Result<Corp, SetupError> {
    let wanted = key.clone();
    let found = store.read_async(move |tx| store::corps::find(tx, &wanted)).await?;
    found.ok_or_else(|| SetupError::NotFound(format!("corp {key}")))
}

/// Creates or changes a corp with its apps and options, and sets the secrets that are given; others stay. Callback keys
/// of apps that receive, and that nobody ever gave, are generated.
///
/// # Errors
/// [`SetupError::Faults`], also when the corp's calls would go to another place and stored secrets with them that are not
/// given anew. [`SetupError::Linked`] when the corp would become another WeCom while links to the former one are there.
/// [`SetupError::Unconfirmed`] when the settings begin to delete people.
pub async fn put_corp(
    store: &Store,
    actor: &Actor,
    corp: Corp,
    secrets: BTreeMap<SecretName, Secret>,
) -> Result<Saved, SetupError> {
    let key = corp.key.clone();
    edit_corp(store, actor, &key, secrets, Consent::default(), move |_| Ok(corp.clone())).await.map(|(saved, _)| saved)
}

/// Creates or changes a corp's settings; its apps and secrets stay as they are at that moment. Answers the corp as it is
/// then.
///
/// # Errors
/// As [`put_corp`].
pub async fn put_settings(
    store: &Store,
    actor: &Actor,
    corp: Corp,
    consent: Consent,
) -> Result<(Saved, Corp), SetupError> {
    let key = corp.key.clone();
    let edit = move |present: Option<Corp>| {
        let apps = present.map(|present| present.apps).unwrap_or_default();
        Ok(Corp { apps, ..corp.clone() })
    };
    edit_corp(store, actor, &key, BTreeMap::new(), consent, edit).await
}

/// Changes a corp's settings from what they are at that moment, in one transaction; its apps and secrets stay. What `edit`
/// refuses is not written. Answers the corp as it is then.
///
/// # Errors
/// As [`put_settings`], and what `edit` answers.
pub async fn edit_settings(
    store: &Store,
    actor: &Actor,
    key: &CorpKey,
    consent: Consent,
    edit: impl Fn(&mut Corp) -> Result<(), SetupError> + Send + 'static,
) -> Result<(Saved, Corp), SetupError> {
    let name = format!("corp {key}");
    let edit = move |present: Option<Corp>| {
        let present = present.ok_or_else(|| SetupError::NotFound(name.clone()))?;
        let mut corp = present.clone();
        edit(&mut corp)?;
        Ok(Corp { apps: present.apps, ..corp })
    };
    edit_corp(store, actor, key, BTreeMap::new(), consent, edit).await
}

/// Makes a corp out of the one that is there, in one transaction: nothing that others write in between is lost.
async fn edit_corp(
    store: &Store,
    actor: &Actor,
    key: &CorpKey,
    secrets: BTreeMap<SecretName, Secret>,
    consent: Consent,
    edit: impl Fn(Option<Corp>) -> Result<Corp, SetupError> + Send + 'static,
) -> Result<(Saved, Corp), SetupError> {
    let (actor, key) = (actor.clone(), key.clone());
    let saved = store.write(move |tx| {
        let former = store::corps::find(tx, &key)?;
        let corp = match edit(former.clone()) {
            Ok(corp) => corp,
            Err(refused) => return Ok(Err(refused)),
        };
        let mut faults = check_given(&corp, &secrets);
        if let Some(former) = &former {
            let stored = load_secrets(tx, former)?;
            faults.extend(check_moved(&former.endpoints, &corp, stored.keys(), &secrets, ""));
        }
        faults.extend(check_twin(&corp, &store::corps::list(tx)?, ""));
        if let Err(refused) = SetupError::of(faults) {
            return Ok(Err(refused));
        }
        if let Err(refused) = check_deletion(former.as_ref(), &corp, consent.to_delete) {
            return Ok(Err(refused));
        }
        if let Some(former) = &former {
            match check_links(tx, former, &corp, consent.links)? {
                Ok(act) => act.map_or(Ok(()), |act| act.carry_out(tx, &actor))?,
                Err(Hindrance::Linked(linked)) => return Ok(Err(SetupError::Linked(vec![linked]))),
                Err(Hindrance::Other(error)) => return Ok(Err(error)),
            }
        }
        save_corp(tx, &actor, &corp, &secrets).map(|saved| Ok((saved, corp)))
    });
    saved.await?
}

/// [`edit_corp`] of a corp that must be there.
async fn edit_present_corp(
    store: &Store,
    actor: &Actor,
    key: &CorpKey,
    secrets: BTreeMap<SecretName, Secret>,
    edit: impl Fn(&mut Corp) -> Result<(), SetupError> + Send + 'static,
) -> Result<Saved, SetupError> {
    let name = format!("corp {key}");
    let edit = move |present: Option<Corp>| {
        let mut corp = present.ok_or_else(|| SetupError::NotFound(name.clone()))?;
        edit(&mut corp).map(|()| corp)
    };
    edit_corp(store, actor, key, secrets, Consent::default(), edit).await.map(|(saved, _)| saved)
}

fn check_given(corp: &Corp, secrets: &BTreeMap<SecretName, Secret>) -> Vec<SetupFault> {
    let mut faults = check_key(CorpKey::parse(corp.key.as_str()).map(|_| ()));
    faults.extend(corp.apps.iter().flat_map(|app| check_key(AppKey::parse(app.key.as_str()).map(|_| ()))));
    faults.extend(check_corp(corp, ""));
    let known = secret_names(corp);
    for (name, secret) in secrets {
        let path = format!("secret {}", name.path());
        faults.extend(check_secret(name, secret, &path));
        if !known.contains(name) {
            faults.push(SetupFault::new(path, "belongs to an app that the corp does not have"));
        }
    }
    faults
}

/// Removes a corp with everything that is kept for it; WeCom is not touched.
pub async fn remove_corp(store: &Store, clients: &Clients, actor: &Actor, key: &CorpKey) -> Result<(), SetupError> {
    let (actor, wanted) = (actor.clone(), key.clone());
    let removed = store.write(move |tx| {
        let before = store::corps::find(tx, &wanted)?;
        if !remove_idle_corp(tx, &wanted)? {
            return Err(StoreError::not_found(format!("corp {wanted}")));
        }
        store::audit::append(tx, &actor, "corp.remove", wanted.as_str(), before.map(|corp| json!(corp)), None)?;
        Ok(())
    });
    removed.await?;
    clients.forget(key);
    Ok(())
}

/// Removes a corp under which no run is under way; answers whether it was there.
///
/// # Errors
/// [`StoreError::Conflict`] names the run.
pub(super) fn remove_idle_corp(tx: &WriteTx, corp: &CorpKey) -> Result<bool, StoreError> {
    if let Some(run) = store::runs::running_of(tx, corp)? {
        let what = format!("corp {corp} cannot be removed");
        return Err(StoreError::conflict(what, format!("run {} which is under way", run.id)));
    }
    store::corps::remove(tx, corp)
}

/// Adds or changes one app of a corp; `reads` says whether the corp reads details with it (`None`: as it was). Callback
/// keys of an app that receives, and that nobody ever gave, are generated.
pub async fn put_app(
    store: &Store,
    actor: &Actor,
    corp: &CorpKey,
    app: App,
    reads: Option<bool>,
    secrets: BTreeMap<SecretName, Secret>,
) -> Result<Saved, SetupError> {
    let is_new = Arc::new(AtomicBool::new(false));
    let found = is_new.clone();
    let edit = move |corp: &mut Corp| {
        let place = corp.apps.iter_mut().find(|present| present.key == app.key);
        found.store(place.is_none(), Ordering::Relaxed);
        match place {
            Some(present) => *present = app.clone(),
            None => corp.apps.push(app.clone()),
        }
        match reads {
            Some(true) => corp.read_app = Some(app.key.clone()),
            Some(false) if corp.read_app.as_ref() == Some(&app.key) => corp.read_app = None,
            _ => {}
        }
        Ok(())
    };
    let saved = edit_present_corp(store, actor, corp, secrets, edit).await?;
    Ok(if is_new.load(Ordering::Relaxed) { Saved::Created } else { saved })
}

/// Removes one app of a corp with its secrets.
pub async fn remove_app(store: &Store, actor: &Actor, corp: &CorpKey, app: &AppKey) -> Result<(), SetupError> {
    let app = app.clone();
    let edit = move |corp: &mut Corp| {
        let before = corp.apps.len();
        corp.apps.retain(|present| present.key != app);
        if corp.apps.len() == before {
            return Err(SetupError::NotFound(format!("app {app} of corp {}", corp.key)));
        }
        if corp.read_app.as_ref() == Some(&app) {
            let what = format!("app {app} cannot be removed");
            return Err(SetupError::Conflict {
                what,
                why: "the corp reads details with it; set another read_app first".into(),
            });
        }
        Ok(())
    };
    edit_present_corp(store, actor, corp, BTreeMap::new(), edit).await.map(|_| ())
}

fn save_corp(
    tx: &WriteTx,
    actor: &Actor,
    corp: &Corp,
    secrets: &BTreeMap<SecretName, Secret>,
) -> Result<Saved, StoreError> {
    let former = store::corps::find(tx, &corp.key)?;
    store::corps::put(tx, corp)?;
    let mut changed = Vec::new();
    for (name, secret) in secrets {
        put_if_other(tx, corp, name, secret, &mut changed)?;
    }
    for app in corp.apps.iter().filter(|app| app.callback_enabled) {
        put_if_absent(tx, corp, &SecretName::AppToken(app.key.clone()), generate_token, &mut changed)?;
        put_if_absent(tx, corp, &SecretName::AppAesKey(app.key.clone()), generate_aes_key, &mut changed)?;
    }
    let is_new = |app: &&App| {
        let before = former.as_ref().and_then(|former| former.find_app(&app.key));
        let secret = format!("secret {}", SecretName::App(app.key.clone()).path());
        before.is_none_or(|before| before.agentid != app.agentid) || changed.iter().any(|one| one.option == secret)
    };
    let of_app = |app: &App| SecretName::App(app.key.clone());
    let mut new: Vec<SecretName> = corp.apps.iter().filter(is_new).map(of_app).collect();
    let contacts = format!("secret {}", SecretName::Contacts.path());
    new.extend(changed.iter().any(|one| one.option == contacts).then_some(SecretName::Contacts));
    let known = secret_names(corp);
    store::trials::entered(tx, &corp.key, &new, &known)?;
    for name in former.iter().flat_map(secret_names).filter(|name| !known.contains(name)) {
        if store::secrets::remove(tx, &corp.key, &name)? {
            changed.push(Difference {
                option: format!("secret {}", name.path()),
                before: Some("set".into()),
                after: None,
            });
        }
    }
    note(tx, actor, "corp", corp.key.as_str(), former.as_ref(), corp, changed)
}

/// Writes the audit row of a `put`, where something changed.
fn note<T: serde::Serialize + PartialEq>(
    tx: &WriteTx,
    actor: &Actor,
    kind: &str,
    subject: &str,
    former: Option<&T>,
    now: &T,
    secrets: Vec<Difference>,
) -> Result<Saved, StoreError> {
    let Some(former) = former else {
        store::audit::append(tx, actor, &format!("{kind}.create"), subject, None, Some(json!(now)))?;
        return Ok(Saved::Created);
    };
    let mut all = differences(former, now);
    all.extend(secrets);
    if all.is_empty() {
        return Ok(Saved::Same);
    }
    store::audit::append(tx, actor, &format!("{kind}.update"), subject, None, Some(json!(all)))?;
    Ok(Saved::Changed)
}

fn check_key(parsed: Result<(), crate::model::InvalidId>) -> Vec<SetupFault> {
    parsed.err().map(|cause| SetupFault::new("key", cause.to_string())).into_iter().collect()
}
