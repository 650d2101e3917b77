//! The OA side: units, employees, and the history of each person's properties. Indexes by unit and by account, and
//! counters, are kept in the same transaction.

mod employees;
mod history;
mod units;

pub use employees::{
    count_employees, employees, employees_of_unit, find_by_account, find_employee, page_employees, put_employees,
    remove_employee, scan_employees,
};
pub use history::{
    HistoryPlace, HistoryRow, append_histories, append_history, history, history_page, old_history, remove_history,
};
pub use units::{count_units, find_unit, page_units, put_units, remove_unit, units};

use super::StoreError;
use super::key::{Prefix, Str};
use super::registry::Checks;
use super::table::{Table, TableInfo};
use super::tx::{ReadTx, Reads, WriteTx};
use crate::model::TenantKey;
use serde::{Deserialize, Serialize};

const COUNTS: Table<Str, DirectoryCounts> = Table::new("directory_counts");

/// How many rows a tenant's directory has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryCounts {
    /// Units.
    pub units: u64,
    /// Employees, departed ones included.
    pub employees: u64,
    /// Those of them who have departed.
    #[serde(default)]
    pub departed: u64,
    /// Moves on with every change of units or employees: who has read the directory knows by it whether what was read
    /// still holds.
    #[serde(default)]
    pub revision: u64,
}

pub(super) fn tables() -> Vec<TableInfo> {
    [&[COUNTS.info()][..], units::TABLES, employees::TABLES, history::TABLES].concat()
}

impl DirectoryCounts {
    /// Employees who have not departed.
    pub fn active(&self) -> u64 {
        self.employees.saturating_sub(self.departed)
    }
}

/// How many rows the directory has; one row is read.
pub fn counts(tx: &impl Reads, tenant: &TenantKey) -> Result<DirectoryCounts, StoreError> {
    Ok(COUNTS.get(tx, tenant.as_str())?.unwrap_or_default())
}

/// Removes a tenant's whole directory and its history. The revision stays and moves on, so that a new tenant of the same
/// key does not repeat the numbers of the former one.
pub(super) fn clear(tx: &WriteTx, tenant: &TenantKey) -> Result<(), StoreError> {
    let all = Prefix::text(tenant.as_str()).range();
    units::clear(tx, &all)?;
    employees::clear(tx, &all)?;
    history::clear(tx, &all)?;
    count(tx, tenant, |counts| *counts = DirectoryCounts { revision: counts.revision, ..DirectoryCounts::default() })
}

/// Moves the counters and the revision on after a change of the directory.
fn count(tx: &WriteTx, tenant: &TenantKey, change: impl FnOnce(&mut DirectoryCounts)) -> Result<(), StoreError> {
    let mut table = COUNTS.writer(tx)?;
    let mut counts = table.get(tenant.as_str())?.unwrap_or_default();
    change(&mut counts);
    counts.revision += 1;
    table.put(tenant.as_str(), &counts)
}

pub(super) fn check(tx: &ReadTx, checks: &mut Checks) -> Result<(), StoreError> {
    for tenant in super::tenants::list(tx)? {
        let kept = counts(tx, &tenant.key)?;
        let (employees, departed) = employees::check(tx, &tenant.key, checks)?;
        let found = DirectoryCounts {
            units: units::units(tx, &tenant.key)?.len() as u64,
            employees,
            departed,
            revision: kept.revision,
        };
        if kept != found {
            checks.fault(COUNTS.name(), format!("tenant {}: {kept:?} is kept, {found:?} is there", tenant.key));
        }
    }
    Ok(())
}
