//! Accounts of people, and an index by sign-in name.

use super::StoreError;
use super::key::Str;
use super::registry::Checks;
use super::table::{Table, TableInfo, everything};
use super::tx::{ReadTx, Reads, WriteTx};
use crate::model::{Account, AccountId};

const ACCOUNTS: Table<Str, Account> = Table::new("accounts");
/// folded name → id
const BY_NAME: Table<Str, AccountId> = Table::new("accounts_by_name");
pub(super) const TABLES: &[TableInfo] = &[ACCOUNTS.info(), BY_NAME.info()];

/// All accounts, disabled ones included, in the order of their creation.
pub fn list(tx: &impl Reads) -> Result<Vec<Account>, StoreError> {
    ACCOUNTS.list(tx, &everything())
}

/// Whether there is none yet.
pub fn is_empty(tx: &impl Reads) -> Result<bool, StoreError> {
    Ok(ACCOUNTS.first_key(tx, &everything())?.is_none())
}

/// The account with this id.
pub fn find(tx: &impl Reads, id: &AccountId) -> Result<Option<Account>, StoreError> {
    ACCOUNTS.get(tx, id.as_str())
}

/// The account with this sign-in name, in whatever case.
pub fn find_by_name(tx: &impl Reads, name: &str) -> Result<Option<Account>, StoreError> {
    match BY_NAME.get(tx, &Account::folded(name))? {
        Some(id) => find(tx, &id),
        None => Ok(None),
    }
}

/// Creates or changes an account.
///
/// # Errors
/// [`StoreError::Conflict`] when another account has the name; nothing is written then.
pub fn put(tx: &WriteTx, account: &Account) -> Result<(), StoreError> {
    let folded = Account::folded(&account.name);
    if let Some(present) = BY_NAME.get(tx, &folded)?
        && present != account.id
    {
        return Err(StoreError::conflict(
            format!("account {}", account.name),
            format!("account {present} of that name"),
        ));
    }
    let former = ACCOUNTS.writer(tx)?.replace(account.id.as_str(), account)?;
    let mut by_name = BY_NAME.writer(tx)?;
    if let Some(former) = former {
        by_name.remove(&Account::folded(&former.name))?;
    }
    by_name.put(&folded, &account.id)
}

pub(super) fn check(tx: &ReadTx, checks: &mut Checks) -> Result<(), StoreError> {
    let wanted = list(tx)?.into_iter().map(|account| Account::folded(&account.name));
    checks.same_keys(BY_NAME.name(), BY_NAME.keys(tx, &everything())?, wanted);
    Ok(())
}
