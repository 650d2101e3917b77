//! The secrets of a corp: set, made anew, taken away; never shown.

use super::{Saved, edit_present_corp, get_corp};
use crate::model::{Actor, CallbackOf, Corp, CorpKey, Secret, SecretName};
use crate::setup::error::SetupError;
use crate::setup::load::secret_names;
use crate::setup::merge::Difference;
use crate::setup::secret::{generate_aes_key, generate_token};
use crate::store::{self, Store, StoreError, WriteTx};
use std::collections::BTreeMap;

/// Sets one secret of a corp.
pub async fn put_secret(
    store: &Store,
    actor: &Actor,
    corp: &CorpKey,
    name: SecretName,
    secret: Secret,
) -> Result<Saved, SetupError> {
    edit_present_corp(store, actor, corp, BTreeMap::from([(name, secret)]), |_| Ok(())).await
}

/// Makes new callback keys for one of a corp's receivers, and answers them for copying into the console: token, then
/// EncodingAESKey. The former ones are void at once.
pub async fn renew_callback_keys(
    store: &Store,
    actor: &Actor,
    corp: &CorpKey,
    of: &CallbackOf,
) -> Result<(Secret, Secret), SetupError> {
    let (token, aes_key) = (generate_token(), generate_aes_key());
    let secrets = BTreeMap::from([(of.token(), token.clone()), (of.aes_key(), aes_key.clone())]);
    let of = of.clone();
    let edit = move |corp: &mut Corp| match &of {
        CallbackOf::App(app) if corp.find_app(app).is_none() => {
            Err(SetupError::NotFound(format!("app {app} of corp {}", corp.key)))
        }
        _ => Ok(()),
    };
    edit_present_corp(store, actor, corp, secrets, edit).await?;
    Ok((token, aes_key))
}

/// Takes one secret of a corp away.
pub async fn remove_secret(store: &Store, actor: &Actor, corp: &CorpKey, name: SecretName) -> Result<(), SetupError> {
    let (actor, corp) = (actor.clone(), corp.clone());
    let removed = store.write(move |tx| {
        if !store::secrets::remove(tx, &corp, &name)? {
            return Err(StoreError::not_found(format!("secret {} of corp {corp}", name.path())));
        }
        let subject = format!("{corp} {}", name.path());
        store::audit::append(tx, &actor, "secret.remove", &subject, None, None)?;
        Ok(())
    });
    Ok(removed.await?)
}

/// Every secret that a corp can have, and whether it is set; never the secrets themselves.
pub async fn list_secrets(store: &Store, corp: &CorpKey) -> Result<Vec<(SecretName, bool)>, SetupError> {
    let corp = get_corp(store, corp).await?;
    let key = corp.key.clone();
    let set = store.read_async(move |tx| store::secrets::names(tx, &key)).await?;
    Ok(secret_names(&corp).into_iter().map(|name| (name.clone(), set.contains(&name.path()))).collect())
}

/// Sets a secret where it is another one than the stored, and notes it.
pub(super) fn put_if_other(
    tx: &WriteTx,
    corp: &Corp,
    name: &SecretName,
    secret: &Secret,
    changed: &mut Vec<Difference>,
) -> Result<(), StoreError> {
    let before = store::secrets::find(tx, &corp.key, name)?;
    if before.as_ref() == Some(secret) {
        return Ok(());
    }
    let before = before.map(|_| "set".into());
    changed.push(Difference { option: format!("secret {}", name.path()), before, after: Some("set".into()) });
    store::secrets::put(tx, &corp.key, name, secret)
}

/// Makes a secret where there is none, and notes it.
pub(super) fn put_if_absent(
    tx: &WriteTx,
    corp: &Corp,
    name: &SecretName,
    generate: fn() -> Secret,
    changed: &mut Vec<Difference>,
) -> Result<(), StoreError> {
    match store::secrets::find(tx, &corp.key, name)? {
        Some(_) => Ok(()),
        None => put_if_other(tx, corp, name, &generate(), changed),
    }
}
