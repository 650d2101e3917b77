//! Webhooks with their sealed secrets, and the tellings that are on their way to them.

mod posts;

pub(super) use posts::end_of_corp;
pub use posts::{add, counts, dead, due, ended, find_post, next_due, put_post, remove_ended, search};

use super::StoreError;
use super::key::Str;
use super::registry::Checks;
use super::sealing::Sealed;
use super::table::{Table, TableInfo, everything};
use super::tx::{ReadTx, Reads, WriteTx};
use crate::model::{Secret, Webhook};
use std::ops::ControlFlow;

const WEBHOOKS: Table<Str, Webhook> = Table::new("webhooks");
const SECRETS: Table<Str, Sealed> = Table::new("webhook_secrets");
pub(super) const TABLES: &[TableInfo] =
    &[WEBHOOKS.info(), SECRETS.info(), posts::POSTS.info(), posts::DUE.info(), posts::DEAD.info()];

/// All webhooks, by name.
pub fn list(tx: &impl Reads) -> Result<Vec<Webhook>, StoreError> {
    WEBHOOKS.list(tx, &everything())
}

/// The webhook of this name.
pub fn find(tx: &impl Reads, name: &str) -> Result<Option<Webhook>, StoreError> {
    WEBHOOKS.get(tx, name)
}

/// Creates or changes a webhook.
pub fn put(tx: &WriteTx, webhook: &Webhook) -> Result<(), StoreError> {
    WEBHOOKS.put(tx, &webhook.name, webhook)
}

/// Removes a webhook with its secret and everything that was on its way to it; answers whether it was there.
pub fn remove(tx: &WriteTx, name: &str) -> Result<bool, StoreError> {
    if WEBHOOKS.remove(tx, name)?.is_none() {
        return Ok(false);
    }
    SECRETS.remove(tx, name)?;
    posts::clear(tx, name)?;
    Ok(true)
}

/// Seals and stores a webhook's secret.
pub fn put_secret(tx: &WriteTx, name: &str, secret: &Secret) -> Result<(), StoreError> {
    SECRETS.put(tx, name, &tx.keys().seal(SECRETS.name(), name, secret)?)
}

/// Opens a webhook's secret.
///
/// # Errors
/// [`StoreError::Unsealable`] when the row was damaged or moved.
pub fn secret(tx: &impl Reads, name: &str) -> Result<Option<Secret>, StoreError> {
    let Some(sealed) = SECRETS.get(tx, name)? else { return Ok(None) };
    tx.keys().open(SECRETS.name(), name, &sealed).map(Some)
}

/// Seals everything anew with the transaction's current key; returns how many secrets there are.
pub(super) fn reseal(tx: &WriteTx) -> Result<u64, StoreError> {
    let mut rows = Vec::new();
    SECRETS.scan(tx, &everything(), |name, sealed| {
        let again = tx.keys().seal(SECRETS.name(), &name, &tx.keys().open(SECRETS.name(), &name, &sealed)?)?;
        rows.push((name, again));
        Ok(ControlFlow::Continue(()))
    })?;
    let mut secrets = SECRETS.writer(tx)?;
    for (name, sealed) in &rows {
        secrets.put(name, sealed)?;
    }
    Ok(rows.len() as u64)
}

pub(super) fn check(tx: &ReadTx, checks: &mut Checks) -> Result<(), StoreError> {
    SECRETS.scan(tx, &everything(), |name, sealed| {
        if let Err(error) = tx.keys().open(SECRETS.name(), &name, &sealed) {
            checks.fault(SECRETS.name(), error.to_string());
        }
        Ok(ControlFlow::Continue(()))
    })?;
    posts::check(tx, checks)
}
