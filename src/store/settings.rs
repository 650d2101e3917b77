//! Small values by name, for the appliance, a tenant or a corp: the largest department id ever seen, the last tick of a
//! schedule, the previous size of a source.

use super::StoreError;
use super::key::{Key, Prefix, Str};
use super::table::{Table, TableInfo};
use super::tx::{Reads, WriteTx};
use crate::model::{CorpKey, TenantKey};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// (scope, name)
const SETTINGS: Table<(Str, Str), Value> = Table::new("settings");
pub(super) const TABLES: &[TableInfo] = &[SETTINGS.info()];

/// Whose setting it is.
#[derive(Debug, Clone, Copy)]
pub enum Scope<'a> {
    /// The appliance's.
    Appliance,
    /// A tenant's; removed with it.
    Tenant(&'a TenantKey),
    /// A corp's; removed with it.
    Corp(&'a CorpKey),
}

impl Scope<'_> {
    fn name(self) -> String {
        match self {
            Self::Appliance => "appliance".into(),
            Self::Tenant(key) => format!("tenant:{key}"),
            Self::Corp(key) => format!("corp:{key}"),
        }
    }
}

/// A setting; `None` when it was never written.
///
/// # Errors
/// [`StoreError::BadRow`] when it holds something else than a `T`.
pub fn get<T: DeserializeOwned>(tx: &impl Reads, scope: Scope<'_>, name: &str) -> Result<Option<T>, StoreError> {
    let scope = scope.name();
    let Some(value) = SETTINGS.get(tx, (&scope, name))? else { return Ok(None) };
    serde_json::from_value(value).map(Some).map_err(|cause| bad(&scope, name, cause))
}

/// Writes a setting.
pub fn put<T: Serialize>(tx: &WriteTx, scope: Scope<'_>, name: &str, value: &T) -> Result<(), StoreError> {
    let scope = scope.name();
    let value = serde_json::to_value(value).map_err(|cause| bad(&scope, name, cause))?;
    SETTINGS.put(tx, (&scope, name), &value)
}

/// Removes a setting; answers whether it was there.
pub fn remove(tx: &WriteTx, scope: Scope<'_>, name: &str) -> Result<bool, StoreError> {
    Ok(SETTINGS.remove(tx, (&scope.name(), name))?.is_some())
}

/// Whether a row of a table is this setting.
pub(super) fn is_row(table: &str, key: &[u8], scope: Scope<'_>, name: &str) -> bool {
    let mut own = Vec::new();
    <(Str, Str) as Key>::encode((&scope.name(), name), &mut own);
    table == SETTINGS.name() && own == key
}

pub(super) fn clear(tx: &WriteTx, scope: Scope<'_>) -> Result<(), StoreError> {
    SETTINGS.remove_range(tx, &Prefix::text(&scope.name()).range()).map(|_| ())
}

fn bad(scope: &str, name: &str, cause: serde_json::Error) -> StoreError {
    StoreError::BadRow { table: SETTINGS.name(), key: format!("{scope} {name}"), cause: cause.into() }
}
