//! What the store knows of itself: its schema version and the check values of the master keys it is sealed with.

use super::error::StoreError;
use super::key::Str;
use super::sealing::{KeyRing, Sealed};
use super::table::{Table, TableInfo, everything};
use super::tx::{Reads, WriteTx};
use crate::model::Secret;
use serde::{Deserialize, Serialize};

const META: Table<Str, Schema> = Table::new("meta");
const KEY_CHECKS: Table<Str, Sealed> = Table::new("key_checks");
pub(super) const TABLES: &[TableInfo] = &[META.info(), KEY_CHECKS.info()];

/// What a check value holds; a key that opens it is the right one.
const CHECK_TEXT: &str = "wecom-bridge";

#[derive(Serialize, Deserialize)]
struct Schema {
    version: u32,
    /// The program's version that wrote it, for people.
    program: String,
}

/// The schema version, 0 for a store that has none yet.
pub(super) fn schema(tx: &impl Reads) -> Result<u32, StoreError> {
    Ok(META.get(tx, "schema")?.map_or(0, |schema| schema.version))
}

pub(super) fn put_schema(tx: &WriteTx, version: u32) -> Result<(), StoreError> {
    META.put(tx, "schema", &Schema { version, program: env!("CARGO_PKG_VERSION").to_owned() })
}

/// The id of a key that the store is sealed with and the ring lacks, or has with other bytes.
pub(super) fn find_missing_key(tx: &impl Reads, ring: &KeyRing) -> Result<Option<String>, StoreError> {
    for id in KEY_CHECKS.keys(tx, &everything())? {
        let Some(check) = KEY_CHECKS.get(tx, &id)? else { continue };
        match ring.open(KEY_CHECKS.name(), &id, &check) {
            Ok(text) if text.expose() == CHECK_TEXT && check.key == id => {}
            _ => return Ok(Some(id)),
        }
    }
    Ok(None)
}

/// Whether a check value of the ring's current key is there.
pub(super) fn has_check(tx: &impl Reads, ring: &KeyRing) -> Result<bool, StoreError> {
    KEY_CHECKS.has(tx, &ring.current().to_string())
}

/// Whether the ring's current key is the only one that the store is sealed with.
pub(super) fn is_only_check(tx: &impl Reads, ring: &KeyRing) -> Result<bool, StoreError> {
    Ok(KEY_CHECKS.keys(tx, &everything())? == [ring.current().to_string()])
}

/// Adds the check value of the ring's current key.
pub(super) fn put_check(tx: &WriteTx, ring: &KeyRing) -> Result<(), StoreError> {
    let id = ring.current().to_string();
    let check = ring.seal(KEY_CHECKS.name(), &id, &Secret::new(CHECK_TEXT))?;
    KEY_CHECKS.put(tx, &id, &check)
}

/// Drops the check values of all keys but the ring's current one, after everything was sealed with that.
pub(super) fn retire_other_checks(tx: &WriteTx, ring: &KeyRing) -> Result<(), StoreError> {
    let current = ring.current().to_string();
    for id in KEY_CHECKS.keys(tx, &everything())? {
        if id != current {
            KEY_CHECKS.remove(tx, &id)?;
        }
    }
    Ok(())
}
