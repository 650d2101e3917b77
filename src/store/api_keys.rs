//! API keys: only a hash of the key is stored; the key itself is shown once by whoever made it.

use super::StoreError;
use super::key::Str;
use super::registry::Checks;
use super::table::{Table, TableInfo, everything};
use super::tx::{ReadTx, Reads, WriteTx};
use crate::model::ApiKey;

const KEYS: Table<Str, ApiKey> = Table::new("api_keys");
/// hash → id
const BY_HASH: Table<Str, String> = Table::new("api_keys_by_hash");
pub(super) const TABLES: &[TableInfo] = &[KEYS.info(), BY_HASH.info()];

/// All keys, revoked and expired ones included, by id.
pub fn list(tx: &impl Reads) -> Result<Vec<ApiKey>, StoreError> {
    KEYS.list(tx, &everything())
}

/// The key with this id.
pub fn find(tx: &impl Reads, id: &str) -> Result<Option<ApiKey>, StoreError> {
    KEYS.get(tx, id)
}

/// The key with this hash, whether it still works or not.
pub fn find_by_hash(tx: &impl Reads, hash: &str) -> Result<Option<ApiKey>, StoreError> {
    match BY_HASH.get(tx, hash)? {
        Some(id) => KEYS.get(tx, &id),
        None => Ok(None),
    }
}

/// Creates or changes a key.
///
/// # Errors
/// [`StoreError::Conflict`] when another key has the same hash, or another one that is not revoked the same name; nothing
/// is written then.
pub fn put(tx: &WriteTx, key: &ApiKey) -> Result<(), StoreError> {
    if let Some(present) = BY_HASH.get(tx, &key.hash)?
        && present != key.id
    {
        return Err(StoreError::conflict(format!("API key {}", key.id), format!("API key {present}, the same key")));
    }
    let namesake = list(tx)?.into_iter().find(|other| {
        other.name == key.name && other.id != key.id && other.revoked_at_ms.is_none() && key.revoked_at_ms.is_none()
    });
    if let Some(namesake) = namesake {
        return Err(StoreError::conflict(format!("API key {}", key.name), format!("key {} of that name", namesake.id)));
    }
    let former = KEYS.writer(tx)?.replace(&key.id, key)?;
    let mut by_hash = BY_HASH.writer(tx)?;
    if let Some(former) = former {
        by_hash.remove(&former.hash)?;
    }
    by_hash.put(&key.hash, &key.id)
}

/// Revokes a key for good; answers whether it was there. A second time changes nothing.
pub fn revoke(tx: &WriteTx, id: &str, at_ms: i64) -> Result<bool, StoreError> {
    let Some(mut key) = KEYS.get(tx, id)? else { return Ok(false) };
    key.revoked_at_ms.get_or_insert(at_ms);
    KEYS.put(tx, id, &key)?;
    Ok(true)
}

pub(super) fn check(tx: &ReadTx, checks: &mut Checks) -> Result<(), StoreError> {
    let wanted = list(tx)?.into_iter().map(|key| key.hash);
    checks.same_keys(BY_HASH.name(), BY_HASH.keys(tx, &everything())?, wanted);
    Ok(())
}
