//! Failed sign-ins by name, so that guessing slows down across a restart. The name is kept as a hash, because people
//! now and then type their password there. Names without an account are kept like the others, or the difference would
//! tell who has one; there is a bound to how many.

use super::StoreError;
use super::key::Str;
use super::table::{Table, TableInfo, everything};
use super::tx::{Reads, WriteTx};
use crate::model::Account;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::ops::ControlFlow;

const ATTEMPTS: Table<Str, Attempts> = Table::new("sign_in_attempts");
pub(super) const TABLES: &[TableInfo] = &[ATTEMPTS.info()];

/// Rows kept at most, besides those of accounts.
pub const NAMES_MAX: u64 = 10_000;

/// Failures under one name since the last success.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempts {
    /// How many.
    pub failures: u32,
    /// The last one, Unix milliseconds.
    pub last_ms: i64,
    /// Whether an account has the name.
    pub is_account: bool,
}

/// The failures under a name.
pub fn get(tx: &impl Reads, name: &str) -> Result<Attempts, StoreError> {
    Ok(ATTEMPTS.get(tx, &key(name))?.unwrap_or_default())
}

/// Stores the failures under a name. When too many names have gathered, the ones older than `forget_before_ms` are
/// forgotten, and if that is not enough, all that belong to no account.
pub fn put(tx: &WriteTx, name: &str, attempts: Attempts, forget_before_ms: i64) -> Result<(), StoreError> {
    if ATTEMPTS.writer(tx)?.len()? >= NAMES_MAX {
        let forgotten = forget(tx, |row| row.last_ms < forget_before_ms)?;
        if forgotten == 0 {
            forget(tx, |row| !row.is_account)?;
        }
    }
    ATTEMPTS.put(tx, &key(name), &attempts)
}

/// Forgets the failures under a name; answers whether there were any.
pub fn clear(tx: &WriteTx, name: &str) -> Result<bool, StoreError> {
    Ok(ATTEMPTS.remove(tx, &key(name))?.is_some())
}

/// Forgets the failures whose last one is older; returns under how many names.
pub fn remove_before(tx: &WriteTx, before_ms: i64) -> Result<usize, StoreError> {
    forget(tx, |row| row.last_ms < before_ms)
}

fn forget(tx: &WriteTx, is_due: impl Fn(&Attempts) -> bool) -> Result<usize, StoreError> {
    let mut due = Vec::new();
    ATTEMPTS.scan(tx, &everything(), |key, row| {
        if is_due(&row) {
            due.push(key);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let mut table = ATTEMPTS.writer(tx)?;
    for key in &due {
        table.remove(key)?;
    }
    Ok(due.len())
}

fn key(name: &str) -> String {
    hex::encode(Sha256::digest(Account::folded(name)))
}
