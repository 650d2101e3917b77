//! Push rules by tenant.

use super::StoreError;
use super::key::{Prefix, Str};
use super::settings::{self, Scope};
use super::table::{Table, TableInfo};
use super::tx::{Reads, WriteTx};
use crate::model::{Rule, RuleId, TenantKey};

/// (tenant, id)
const RULES: Table<(Str, Str), Rule> = Table::new("rules");
pub(super) const TABLES: &[TableInfo] = &[RULES.info()];

/// The rules of a tenant in the order in which they are asked.
pub fn list(tx: &impl Reads, tenant: &TenantKey) -> Result<Vec<Rule>, StoreError> {
    let mut rules = RULES.list(tx, &Prefix::text(tenant.as_str()).range())?;
    rules.sort_by(|a, b| (a.order, a.id.as_str()).cmp(&(b.order, b.id.as_str())));
    Ok(rules)
}

/// One rule.
pub fn find(tx: &impl Reads, tenant: &TenantKey, id: &RuleId) -> Result<Option<Rule>, StoreError> {
    RULES.get(tx, (tenant.as_str(), id.as_str()))
}

/// Creates or changes a rule; answers the former one.
pub fn put(tx: &WriteTx, rule: &Rule) -> Result<Option<Rule>, StoreError> {
    let former = RULES.writer(tx)?.replace((rule.tenant.as_str(), rule.id.as_str()), rule)?;
    move_on(tx, &rule.tenant)?;
    Ok(former)
}

/// Removes a rule; answers it where it was there.
pub fn remove(tx: &WriteTx, tenant: &TenantKey, id: &RuleId) -> Result<Option<Rule>, StoreError> {
    let former = RULES.remove(tx, (tenant.as_str(), id.as_str()))?;
    if former.is_some() {
        move_on(tx, tenant)?;
    }
    Ok(former)
}

/// Moves on with every change of a tenant's rules: whoever has compiled them knows by it whether they still hold. It
/// outlives the tenant, so that a new one of the same key does not repeat the numbers of the former one.
pub fn revision(tx: &impl Reads, tenant: &TenantKey) -> Result<u64, StoreError> {
    Ok(settings::get(tx, Scope::Appliance, &name(tenant))?.unwrap_or(0))
}

pub(super) fn clear(tx: &WriteTx, tenant: &TenantKey) -> Result<(), StoreError> {
    RULES.remove_range(tx, &Prefix::text(tenant.as_str()).range())?;
    move_on(tx, tenant)
}

fn move_on(tx: &WriteTx, tenant: &TenantKey) -> Result<(), StoreError> {
    let next = revision(tx, tenant)? + 1;
    settings::put(tx, Scope::Appliance, &name(tenant), &next)
}

fn name(tenant: &TenantKey) -> String {
    format!("revision:rules:{tenant}")
}
