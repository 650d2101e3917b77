//! Secrets of corps, sealed under the master key.

use super::StoreError;
use super::key::{Prefix, Str};
use super::registry::Checks;
use super::sealing::Sealed;
use super::table::{Table, TableInfo, everything};
use super::tx::{Reads, WriteTx};
use crate::model::{CorpKey, Secret, SecretName};
use std::ops::ControlFlow;

const SECRETS: Table<(Str, Str), Sealed> = Table::new("secrets");
pub(super) const TABLES: &[TableInfo] = &[SECRETS.info()];

/// Seals and stores a secret; the clear text is not kept.
pub fn put(tx: &WriteTx, corp: &CorpKey, name: &SecretName, secret: &Secret) -> Result<(), StoreError> {
    let path = name.path();
    tx.touch_setup();
    let sealed = tx.keys().seal(SECRETS.name(), &row(corp.as_str(), &path), secret)?;
    SECRETS.put(tx, (corp.as_str(), &path), &sealed)
}

/// Opens a secret.
///
/// # Errors
/// [`StoreError::Unsealable`] when the row was damaged or moved.
pub fn find(tx: &impl Reads, corp: &CorpKey, name: &SecretName) -> Result<Option<Secret>, StoreError> {
    let path = name.path();
    let Some(sealed) = SECRETS.get(tx, (corp.as_str(), &path))? else { return Ok(None) };
    tx.keys().open(SECRETS.name(), &row(corp.as_str(), &path), &sealed).map(Some)
}

/// The names ([`SecretName::path`]) of the secrets that a corp has.
pub fn names(tx: &impl Reads, corp: &CorpKey) -> Result<Vec<String>, StoreError> {
    Ok(SECRETS.keys(tx, &Prefix::text(corp.as_str()).range())?.into_iter().map(|(_, name)| name).collect())
}

/// Removes a secret; answers whether it was there.
pub fn remove(tx: &WriteTx, corp: &CorpKey, name: &SecretName) -> Result<bool, StoreError> {
    tx.touch_setup();
    Ok(SECRETS.remove(tx, (corp.as_str(), &name.path()))?.is_some())
}

pub(super) fn clear(tx: &WriteTx, corp: &CorpKey) -> Result<(), StoreError> {
    SECRETS.remove_range(tx, &Prefix::text(corp.as_str()).range()).map(|_| ())
}

/// Seals everything anew with the transaction's current key; returns how many secrets there are.
pub(super) fn reseal(tx: &WriteTx) -> Result<u64, StoreError> {
    let mut rows = Vec::new();
    SECRETS.scan(tx, &everything(), |(corp, name), sealed| {
        let row = row(&corp, &name);
        let again = tx.keys().seal(SECRETS.name(), &row, &tx.keys().open(SECRETS.name(), &row, &sealed)?)?;
        rows.push((corp, name, again));
        Ok(ControlFlow::Continue(()))
    })?;
    let mut secrets = SECRETS.writer(tx)?;
    for (corp, name, sealed) in &rows {
        secrets.put((corp, name), sealed)?;
    }
    Ok(rows.len() as u64)
}

pub(super) fn check(tx: &super::ReadTx, checks: &mut Checks) -> Result<(), StoreError> {
    SECRETS.scan(tx, &everything(), |(corp, name), sealed| {
        if let Err(error) = tx.keys().open(SECRETS.name(), &row(&corp, &name), &sealed) {
            checks.fault(SECRETS.name(), error.to_string());
        }
        Ok(ControlFlow::Continue(()))
    })
}

fn row(corp: &str, name: &str) -> String {
    format!("{corp}/{name}")
}
