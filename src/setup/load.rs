//! Reads the set-up out of the store.

use super::error::SetupError;
use super::file::{SetupCorp, SetupFile};
use super::write::write;
use crate::model::{Corp, Secret, SecretName};
use crate::store::{self, Reads, Store, StoreError};
use std::collections::BTreeMap;

/// The whole set-up, secrets opened. Tenants and corps come by key.
pub fn load(tx: &impl Reads) -> Result<SetupFile, StoreError> {
    let tenants = store::tenants::list(tx)?;
    let mut corps = Vec::new();
    for corp in store::corps::list(tx)? {
        let secrets = load_secrets(tx, &corp)?;
        corps.push(SetupCorp { corp, secrets, given: None });
    }
    Ok(SetupFile { tenants, corps })
}

/// The secrets of a corp, opened.
pub fn load_secrets(tx: &impl Reads, corp: &Corp) -> Result<BTreeMap<SecretName, Secret>, StoreError> {
    let mut secrets = BTreeMap::new();
    for name in secret_names(corp) {
        if let Some(secret) = store::secrets::find(tx, &corp.key, &name)? {
            secrets.insert(name, secret);
        }
    }
    Ok(secrets)
}

/// Every secret that a corp can have.
pub fn secret_names(corp: &Corp) -> Vec<SecretName> {
    let own = [
        SecretName::Contacts,
        SecretName::ContactsToken,
        SecretName::ContactsAesKey,
        SecretName::CustomersToken,
        SecretName::CustomersAesKey,
    ];
    let of_apps = corp.apps.iter().flat_map(|app| {
        let key = || app.key.clone();
        [SecretName::App(key()), SecretName::AppToken(key()), SecretName::AppAesKey(key())]
    });
    own.into_iter().chain(of_apps).collect()
}

/// The set-up as a file that [`super::apply()`] takes back; see [`write()`] for `redact`.
pub async fn export(store: &Store, redact: bool) -> Result<String, SetupError> {
    let file = store.read_async(load).await?;
    Ok(write(&file, redact)?)
}
