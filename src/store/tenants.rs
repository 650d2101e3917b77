//! Tenants.

use super::key::Str;
use super::table::{Table, TableInfo, everything};
use super::tx::{Reads, WriteTx};
use super::{Scope, StoreError, corps, directory, messages, rules, settings};
use crate::model::{Tenant, TenantKey};

const TENANTS: Table<Str, Tenant> = Table::new("tenants");
pub(super) const TABLES: &[TableInfo] = &[TENANTS.info()];

/// All tenants, by key.
pub fn list(tx: &impl Reads) -> Result<Vec<Tenant>, StoreError> {
    TENANTS.list(tx, &everything())
}

/// The tenant with this key.
pub fn find(tx: &impl Reads, key: &TenantKey) -> Result<Option<Tenant>, StoreError> {
    TENANTS.get(tx, key.as_str())
}

/// Creates or changes a tenant.
pub fn put(tx: &WriteTx, tenant: &Tenant) -> Result<(), StoreError> {
    TENANTS.put(tx, tenant.key.as_str(), tenant)
}

/// Removes a tenant with its whole directory, its messages and its rules; answers whether it was there.
///
/// # Errors
/// [`StoreError::Conflict`] while corps are connected to it; nothing is removed then.
pub fn remove(tx: &WriteTx, key: &TenantKey) -> Result<bool, StoreError> {
    if let Some(corp) = corps::list_of_tenant(tx, key)?.first() {
        return Err(StoreError::conflict(format!("removing tenant {key}"), format!("its corp {}", corp.key)));
    }
    messages::clear(tx, key)?;
    directory::clear(tx, key)?;
    rules::clear(tx, key)?;
    settings::clear(tx, Scope::Tenant(key))?;
    Ok(TENANTS.remove(tx, key.as_str())?.is_some())
}

pub(super) fn must_exist(tx: &impl Reads, key: &TenantKey) -> Result<(), StoreError> {
    if TENANTS.has(tx, key.as_str())? { Ok(()) } else { Err(StoreError::not_found(format!("tenant {key}"))) }
}
