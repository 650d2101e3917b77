//! Corps, by key and by tenant. Removing a corp removes everything that is kept for it.

use super::key::{Prefix, Str};
use super::registry::Checks;
use super::table::{Table, TableInfo, everything};
use super::tx::{Reads, WriteTx};
use super::{StoreError, auto_replies, callback_days, links, menus, pictures, secrets, tenants};
use crate::model::{AppKey, Corp, CorpKey, TenantKey};

const CORPS: Table<Str, Corp> = Table::new("corps");
const BY_TENANT: Table<(Str, Str), ()> = Table::new("corps_by_tenant");
pub(super) const TABLES: &[TableInfo] = &[CORPS.info(), BY_TENANT.info()];

/// All corps, by key.
pub fn list(tx: &impl Reads) -> Result<Vec<Corp>, StoreError> {
    CORPS.list(tx, &everything())
}

/// The corps of one tenant, by key.
pub fn list_of_tenant(tx: &impl Reads, tenant: &TenantKey) -> Result<Vec<Corp>, StoreError> {
    let mut corps = Vec::new();
    for (_, corp) in BY_TENANT.keys(tx, &Prefix::text(tenant.as_str()).range())? {
        corps.extend(CORPS.get(tx, &corp)?);
    }
    Ok(corps)
}

/// The corp with this key.
pub fn find(tx: &impl Reads, key: &CorpKey) -> Result<Option<Corp>, StoreError> {
    CORPS.get(tx, key.as_str())
}

/// Creates or changes a corp.
///
/// # Errors
/// [`StoreError::NotFound`] when its tenant does not exist.
pub fn put(tx: &WriteTx, corp: &Corp) -> Result<(), StoreError> {
    tenants::must_exist(tx, &corp.tenant)?;
    tx.touch_setup();
    let former = CORPS.writer(tx)?.replace(corp.key.as_str(), corp)?;
    let mut by_tenant = BY_TENANT.writer(tx)?;
    if let Some(former) = former {
        let apps: Vec<AppKey> = corp.apps.iter().map(|app| app.key.clone()).collect();
        if former.apps.iter().any(|app| !apps.contains(&app.key)) {
            auto_replies::retain(tx, &corp.key, &apps)?;
            pictures::retain(tx, &corp.key, &apps)?;
        }
        by_tenant.remove((former.tenant.as_str(), former.key.as_str()))?;
    }
    by_tenant.put((corp.tenant.as_str(), corp.key.as_str()), &())
}

/// Removes a corp with its secrets, mirror, bindings, plans, runs, callbacks, menus and settings; answers whether it was
/// there. Messages that wait for it end with a reason. The audit log keeps what it says about it.
pub fn remove(tx: &WriteTx, key: &CorpKey) -> Result<bool, StoreError> {
    let Some(corp) = CORPS.remove(tx, key.as_str())? else { return Ok(false) };
    tx.touch_setup();
    BY_TENANT.remove(tx, (corp.tenant.as_str(), key.as_str()))?;
    secrets::clear(tx, key)?;
    links::reset(tx, key)?;
    menus::clear(tx, key)?;
    auto_replies::clear(tx, key)?;
    pictures::clear(tx, key)?;
    callback_days::clear(tx, key)?;
    Ok(true)
}

pub(super) fn check(tx: &super::ReadTx, checks: &mut Checks) -> Result<(), StoreError> {
    let wanted = list(tx)?.into_iter().map(|corp| (corp.tenant.to_string(), corp.key.to_string()));
    checks.same_keys(BY_TENANT.name(), BY_TENANT.keys(tx, &everything())?, wanted);
    Ok(())
}
