//! Second factors of accounts: the secrets sealed, the recovery codes as hashes.

use super::StoreError;
use super::key::Str;
use super::registry::Checks;
use super::sealing::{KeyRing, Sealed};
use super::table::{Table, TableInfo, everything};
use super::tx::{ReadTx, Reads, WriteTx};
use crate::model::{AccountId, Secret};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

const FACTORS: Table<Str, Row> = Table::new("account_factors");
pub(super) const TABLES: &[TableInfo] = &[FACTORS.info()];

/// An account's second factor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Factor {
    /// The secret in force.
    pub seed: Option<Secret>,
    /// One that was shown and is not confirmed yet.
    pub pending: Option<Secret>,
    /// The last time step whose code was accepted; neither it nor an earlier one is accepted again.
    pub last_step: u64,
    /// Lower-case hex SHA-256 of each recovery code that is left.
    pub recovery: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Row {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seed: Option<Sealed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pending: Option<Sealed>,
    last_step: u64,
    recovery: Vec<String>,
}

/// An account's second factor; empty when it never had one.
///
/// # Errors
/// [`StoreError::Unsealable`] when the row was damaged or moved.
pub fn get(tx: &impl Reads, account: &AccountId) -> Result<Factor, StoreError> {
    let Some(row) = FACTORS.get(tx, account.as_str())? else { return Ok(Factor::default()) };
    open(tx.keys(), account.as_str(), &row)
}

/// Seals and stores it.
pub fn put(tx: &WriteTx, account: &AccountId, factor: &Factor) -> Result<(), StoreError> {
    FACTORS.put(tx, account.as_str(), &seal(tx.keys(), account.as_str(), factor)?)
}

/// Removes it; answers whether it was there.
pub fn remove(tx: &WriteTx, account: &AccountId) -> Result<bool, StoreError> {
    Ok(FACTORS.remove(tx, account.as_str())?.is_some())
}

/// Seals everything anew with the transaction's current key; returns how many secrets there are.
pub(super) fn reseal(tx: &WriteTx) -> Result<u64, StoreError> {
    let mut rows = Vec::new();
    FACTORS.scan(tx, &everything(), |account, row| {
        rows.push((open(tx.keys(), &account, &row)?, account));
        Ok(ControlFlow::Continue(()))
    })?;
    let mut count = 0;
    for (factor, account) in &rows {
        count += u64::from(factor.seed.is_some()) + u64::from(factor.pending.is_some());
        FACTORS.put(tx, account, &seal(tx.keys(), account, factor)?)?;
    }
    Ok(count)
}

pub(super) fn check(tx: &ReadTx, checks: &mut Checks) -> Result<(), StoreError> {
    FACTORS.scan(tx, &everything(), |account, row| {
        if let Err(error) = open(tx.keys(), &account, &row) {
            checks.fault(FACTORS.name(), error.to_string());
        }
        Ok(ControlFlow::Continue(()))
    })
}

fn open(keys: &KeyRing, account: &str, row: &Row) -> Result<Factor, StoreError> {
    let open = |part: &Option<Sealed>, name: &str| {
        part.as_ref().map(|sealed| keys.open(FACTORS.name(), &place(account, name), sealed)).transpose()
    };
    Ok(Factor {
        seed: open(&row.seed, "seed")?,
        pending: open(&row.pending, "pending")?,
        last_step: row.last_step,
        recovery: row.recovery.clone(),
    })
}

fn seal(keys: &KeyRing, account: &str, factor: &Factor) -> Result<Row, StoreError> {
    let seal = |part: &Option<Secret>, name: &str| {
        part.as_ref().map(|secret| keys.seal(FACTORS.name(), &place(account, name), secret)).transpose()
    };
    Ok(Row {
        seed: seal(&factor.seed, "seed")?,
        pending: seal(&factor.pending, "pending")?,
        last_step: factor.last_step,
        recovery: factor.recovery.clone(),
    })
}

fn place(account: &str, name: &str) -> String {
    format!("{account}/{name}")
}
