//! Sessions by account, and an index by the hash of their token. The token itself is nowhere in the store.

use super::StoreError;
use super::key::{Prefix, Str};
use super::registry::Checks;
use super::table::{Table, TableInfo, everything};
use super::tx::{ReadTx, Reads, WriteTx};
use crate::model::{AccountId, Session, SessionId};
use serde::{Deserialize, Serialize};

/// (account, session)
const SESSIONS: Table<(Str, Str), Row> = Table::new("sessions");
/// token hash → (account, session)
const BY_TOKEN: Table<Str, (AccountId, SessionId)> = Table::new("sessions_by_token");
pub(super) const TABLES: &[TableInfo] = &[SESSIONS.info(), BY_TOKEN.info()];

#[derive(Serialize, Deserialize)]
struct Row {
    #[serde(flatten)]
    session: Session,
    token_hash: String,
}

/// The session whose token has this hash, whether it is still in force or not.
pub fn find_by_token(tx: &impl Reads, token_hash: &str) -> Result<Option<Session>, StoreError> {
    match BY_TOKEN.get(tx, token_hash)? {
        Some((account, id)) => find(tx, &account, &id),
        None => Ok(None),
    }
}

/// One session of an account.
pub fn find(tx: &impl Reads, account: &AccountId, id: &SessionId) -> Result<Option<Session>, StoreError> {
    Ok(SESSIONS.get(tx, (account.as_str(), id.as_str()))?.map(|row| row.session))
}

/// The sessions of one account, or of all, in the order of opening within each account.
pub fn list(tx: &impl Reads, account: Option<&AccountId>) -> Result<Vec<Session>, StoreError> {
    let range = account.map_or_else(everything, |account| Prefix::text(account.as_str()).range());
    Ok(SESSIONS.list(tx, &range)?.into_iter().map(|row| row.session).collect())
}

/// Stores a new session.
pub fn insert(tx: &WriteTx, session: &Session, token_hash: &str) -> Result<(), StoreError> {
    let key = (session.account.as_str(), session.id.as_str());
    SESSIONS.put(tx, key, &Row { session: session.clone(), token_hash: token_hash.to_owned() })?;
    BY_TOKEN.put(tx, token_hash, &(session.account.clone(), session.id.clone()))
}

/// Notes that a session was used; one that has ended meanwhile does not come back.
pub fn touch(tx: &WriteTx, account: &AccountId, id: &SessionId, now_ms: i64) -> Result<(), StoreError> {
    let key = (account.as_str(), id.as_str());
    let Some(mut row) = SESSIONS.get(tx, key)? else { return Ok(()) };
    row.session.last_seen_ms = row.session.last_seen_ms.max(now_ms);
    SESSIONS.put(tx, key, &row)
}

/// Ends a session; returns it when it was there.
pub fn remove(tx: &WriteTx, account: &AccountId, id: &SessionId) -> Result<Option<Session>, StoreError> {
    let Some(row) = SESSIONS.remove(tx, (account.as_str(), id.as_str()))? else { return Ok(None) };
    BY_TOKEN.remove(tx, &row.token_hash)?;
    Ok(Some(row.session))
}

/// Ends all sessions: a backup may hold some that were revoked since.
pub(super) fn clear(tx: &WriteTx) -> Result<(), StoreError> {
    SESSIONS.remove_range(tx, &everything())?;
    BY_TOKEN.remove_range(tx, &everything()).map(|_| ())
}

pub(super) fn check(tx: &ReadTx, checks: &mut Checks) -> Result<(), StoreError> {
    let wanted = SESSIONS.list(tx, &everything())?.into_iter().map(|row| row.token_hash);
    checks.same_keys(BY_TOKEN.name(), BY_TOKEN.keys(tx, &everything())?, wanted);
    Ok(())
}
