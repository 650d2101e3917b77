//! Units.

use super::count;
use crate::model::{OrgUnit, TenantKey, UnitId};
use crate::store::key::{Prefix, Range, Str};
use crate::store::page::page_of;
use crate::store::table::{Table, TableInfo};
use crate::store::tenants;
use crate::store::{Page, Reads, Search, StoreError, WriteTx};

const UNITS: Table<(Str, Str), OrgUnit> = Table::new("units");
pub(super) const TABLES: &[TableInfo] = &[UNITS.info()];

/// All units of a tenant, by id.
pub fn units(tx: &impl Reads, tenant: &TenantKey) -> Result<Vec<OrgUnit>, StoreError> {
    UNITS.list(tx, &Prefix::text(tenant.as_str()).range())
}

/// How many units a tenant has.
pub fn count_units(tx: &impl Reads, tenant: &TenantKey) -> Result<u64, StoreError> {
    Ok(super::counts(tx, tenant)?.units)
}

/// The unit with this id.
pub fn find_unit(tx: &impl Reads, tenant: &TenantKey, id: &UnitId) -> Result<Option<OrgUnit>, StoreError> {
    UNITS.get(tx, (tenant.as_str(), id.as_str()))
}

/// One page of units by id; `search` looks into id and name.
pub fn page_units(
    tx: &impl Reads,
    tenant: &TenantKey,
    after: Option<&UnitId>,
    limit: usize,
    search: Option<&Search>,
) -> Result<Page<OrgUnit>, StoreError> {
    let prefix = Prefix::text(tenant.as_str());
    let range = after.map_or_else(|| prefix.range(), |id| prefix.after::<(Str, Str)>((tenant.as_str(), id.as_str())));
    let hit = |search: &Search, unit: &OrgUnit| search.hits([unit.id.as_str(), unit.name.as_str()]);
    page_of(&UNITS, tx, &range, limit, search, hit, |unit| unit.id.to_string())
}

/// Creates or changes units. Sorted by id is fastest.
///
/// # Errors
/// [`StoreError::NotFound`] when the tenant does not exist.
pub fn put_units(tx: &WriteTx, tenant: &TenantKey, units: &[OrgUnit]) -> Result<(), StoreError> {
    tenants::must_exist(tx, tenant)?;
    if units.is_empty() {
        return Ok(());
    }
    let mut created = 0;
    {
        let mut table = UNITS.writer(tx)?;
        for unit in units {
            created += u64::from(table.replace((tenant.as_str(), unit.id.as_str()), unit)?.is_none());
        }
    }
    count(tx, tenant, |counts| counts.units += created)
}

/// Removes a unit and returns it; what lies below it and who is in it is the caller's business.
pub fn remove_unit(tx: &WriteTx, tenant: &TenantKey, id: &UnitId) -> Result<Option<OrgUnit>, StoreError> {
    let removed = UNITS.remove(tx, (tenant.as_str(), id.as_str()))?;
    if removed.is_some() {
        count(tx, tenant, |counts| counts.units = counts.units.saturating_sub(1))?;
    }
    Ok(removed)
}

pub(super) fn clear(tx: &WriteTx, all: &Range) -> Result<(), StoreError> {
    UNITS.remove_range(tx, all).map(|_| ())
}
