//! Sessions of the browser: a random token in a cookie, of which the store keeps the hash alone. A session ends when it
//! is closed or revoked, after a while without requests, and in any case after some hours.

use super::settings::{self, Settings};
use super::{Env, hash_of_token, is_token, new_token};
use crate::model::{Account, AccountId, Actor, Secret, Session, SessionId};
use crate::store::{self, Reads, StoreError, WriteTx};
use serde_json::json;
use std::net::IpAddr;

/// The time of the last request is stored at most this often.
pub const TOUCH_EVERY_MS: i64 = 60_000;
/// Sessions that one account has open at most; a further one ends the one that was used least recently.
pub const PER_ACCOUNT_MAX: usize = 20;
/// Characters of a browser's name that are kept.
const USER_AGENT_MAX: usize = 200;

/// Where somebody comes from.
#[derive(Debug, Clone, Default)]
pub struct Visitor {
    /// The client's address.
    pub from: Option<IpAddr>,
    /// What the browser calls itself.
    pub user_agent: Option<String>,
}

/// A session that was just opened.
#[derive(Debug, Clone)]
pub struct Opened {
    /// For the cookie; this is the only time it is seen.
    pub token: Secret,
    /// The session.
    pub session: Session,
    /// Whose it is.
    pub account: Account,
}

/// The session that a cookie's token opens, with its account as it is now; `None` when the browser must sign in (again).
/// Costs one read, and once a minute a write.
///
/// A person whose account says [`Account::must_change_password`] may be shown nothing but the form for it.
pub async fn find(env: &Env, token: &str) -> Result<Option<(Session, Account)>, StoreError> {
    if !is_token(token) {
        return Ok(None);
    }
    let hash = hash_of_token(token);
    let now_ms = env.clock.now_ms();
    let found = env.store.read_async(move |tx| {
        let Some(session) = store::sessions::find_by_token(tx, &hash)? else { return Ok(None) };
        let settings = settings::read(tx)?;
        let account = store::accounts::find(tx, &session.account)?.filter(Account::is_enabled);
        Ok(account.filter(|_| is_in_force(&session, &settings, now_ms)).map(|account| (session, account)))
    });
    let Some((mut session, account)) = found.await? else { return Ok(None) };
    if now_ms - session.last_seen_ms >= TOUCH_EVERY_MS {
        session.last_seen_ms = now_ms;
        let (owner, id) = (session.account.clone(), session.id.clone());
        if let Err(error) = env.store.write(move |tx| store::sessions::touch(tx, &owner, &id, now_ms)).await {
            // The request itself may only want to read; the session ends a little early at worst.
            tracing::warn!(%error, "the use of a session could not be noted: {error}");
        }
    }
    Ok(Some((session, account)))
}

/// Whether a session is open, for what goes on after its request; it is not noted as used.
pub async fn is_open(env: &Env, account: &AccountId, id: &SessionId) -> Result<bool, StoreError> {
    let (account, id, now_ms) = (account.clone(), id.clone(), env.clock.now_ms());
    env.store
        .read_async(move |tx| {
            let Some(session) = store::sessions::find(tx, &account, &id)? else { return Ok(false) };
            let is_enabled = store::accounts::find(tx, &account)?.is_some_and(|account| account.is_enabled());
            Ok(is_enabled && is_in_force(&session, &settings::read(tx)?, now_ms))
        })
        .await
}

/// The open sessions of one account or of all, those used last first.
pub async fn list(env: &Env, account: Option<&AccountId>) -> Result<Vec<Session>, StoreError> {
    let account = account.cloned();
    let now_ms = env.clock.now_ms();
    env.store
        .read_async(move |tx| {
            let settings = settings::read(tx)?;
            let mut sessions = store::sessions::list(tx, account.as_ref())?;
            sessions.retain(|session| is_in_force(session, &settings, now_ms));
            sessions.sort_by(|a, b| b.last_seen_ms.cmp(&a.last_seen_ms).then_with(|| a.id.cmp(&b.id)));
            Ok(sessions)
        })
        .await
}

/// Ends one session of an account; answers whether it was there. Whether the actor may do so is the caller's question.
pub async fn revoke(env: &Env, actor: &Actor, account: &AccountId, id: &SessionId) -> Result<bool, StoreError> {
    let (actor, account, id) = (actor.clone(), account.clone(), id.clone());
    env.store
        .write(move |tx| {
            let Some(session) = store::sessions::remove(tx, &account, &id)? else { return Ok(false) };
            append(tx, &actor, "session.revoke", &session)?;
            Ok(true)
        })
        .await
}

/// Ends all sessions of an account but `except`; answers how many there were.
pub async fn revoke_all(
    env: &Env,
    actor: &Actor,
    account: &AccountId,
    except: Option<&SessionId>,
) -> Result<usize, StoreError> {
    let (actor, account, except) = (actor.clone(), account.clone(), except.cloned());
    env.store.write(move |tx| revoke_all_in(tx, &actor, &account, except.as_ref())).await
}

/// Ends the session of a cookie (sign-out); without effect when there is none.
pub async fn close(env: &Env, token: &str) -> Result<(), StoreError> {
    if !is_token(token) {
        return Ok(());
    }
    let hash = hash_of_token(token);
    env.store
        .write(move |tx| {
            let Some(session) = store::sessions::find_by_token(tx, &hash)? else { return Ok(()) };
            store::sessions::remove(tx, &session.account, &session.id)?;
            let name = name_of(tx, &session.account)?;
            let actor = Actor { name: format!("account:{name}"), from: session.from.clone() };
            append(tx, &actor, "session.close", &session)
        })
        .await
}

/// [`revoke_all`] within a transaction.
pub(super) fn revoke_all_in(
    tx: &WriteTx,
    actor: &Actor,
    account: &AccountId,
    except: Option<&SessionId>,
) -> Result<usize, StoreError> {
    let mut count = 0;
    for session in store::sessions::list(tx, Some(account))? {
        if except != Some(&session.id) {
            store::sessions::remove(tx, account, &session.id)?;
            append(tx, actor, "session.revoke", &session)?;
            count += 1;
        }
    }
    Ok(count)
}

/// What is needed to open a session, chosen outside the transaction because that may be repeated.
#[derive(Debug, Clone)]
pub(super) struct NewSession {
    pub(super) token: Secret,
    id: SessionId,
    visitor: Visitor,
}

impl NewSession {
    pub(super) fn of(env: &Env, visitor: &Visitor) -> Self {
        Self { token: new_token(), id: SessionId::from(env.new_id()), visitor: visitor.clone() }
    }

    /// Opens the session, clears away what has ended, and writes the audit row. `facts` go into the row.
    pub(super) fn open(
        &self,
        tx: &WriteTx,
        account: &Account,
        mut facts: serde_json::Map<String, serde_json::Value>,
    ) -> Result<Session, StoreError> {
        let (now_ms, settings) = (tx.now_ms(), settings::read(tx)?);
        let session = Session {
            id: self.id.clone(),
            account: account.id.clone(),
            opened_at_ms: now_ms,
            last_seen_ms: now_ms,
            from: self.visitor.from.map(|address| address.to_string()),
            user_agent: self.visitor.user_agent.as_deref().map(shortened).filter(|text| !text.is_empty()),
            expires_at_ms: now_ms + i64::from(settings.session_max_h) * 3_600_000,
        };
        clear_away(tx, &account.id, &settings, now_ms)?;
        store::sessions::insert(tx, &session, &hash_of_token(self.token.expose()))?;
        facts.insert("session".into(), json!(session.id));
        facts.insert("user_agent".into(), json!(session.user_agent));
        let actor = Actor::account(&account.name, self.visitor.from);
        let subject = format!("account {}", account.name);
        store::audit::append(tx, &actor, "session.open", &subject, None, Some(facts.into()))?;
        Ok(session)
    }
}

/// Forgets the sessions of all accounts that have ended by themselves; answers how many.
pub async fn forget_ended(env: &Env) -> Result<u64, StoreError> {
    let forgotten = env.store.write(|tx| {
        let (now_ms, settings) = (tx.now_ms(), settings::read(tx)?);
        let mut ended = store::sessions::list(tx, None)?;
        ended.retain(|session| !is_in_force(session, &settings, now_ms));
        ended.iter().try_for_each(|session| store::sessions::remove(tx, &session.account, &session.id).map(drop))?;
        Ok(ended.len() as u64)
    });
    forgotten.await
}

/// Removes what has ended, and makes room for one more session of the account.
fn clear_away(tx: &WriteTx, account: &AccountId, settings: &Settings, now_ms: i64) -> Result<(), StoreError> {
    let (open, ended): (Vec<_>, Vec<_>) =
        store::sessions::list(tx, None)?.into_iter().partition(|session| is_in_force(session, settings, now_ms));
    let mut own: Vec<&Session> = open.iter().filter(|session| session.account == *account).collect();
    own.sort_by_key(|session| std::cmp::Reverse(session.last_seen_ms));
    for session in ended.iter().chain(own.into_iter().skip(PER_ACCOUNT_MAX - 1)) {
        store::sessions::remove(tx, &session.account, &session.id)?;
    }
    Ok(())
}

fn is_in_force(session: &Session, settings: &Settings, now_ms: i64) -> bool {
    let idle_ms = i64::from(settings.session_idle_min) * 60_000;
    now_ms < session.expires_at_ms && now_ms - session.last_seen_ms < idle_ms
}

fn append(tx: &WriteTx, actor: &Actor, action: &str, session: &Session) -> Result<(), StoreError> {
    let facts = json!({ "session": session.id, "opened_at_ms": session.opened_at_ms, "from": session.from });
    let subject = format!("account {}", name_of(tx, &session.account)?);
    store::audit::append(tx, actor, action, &subject, Some(facts), None).map(drop)
}

fn name_of(tx: &WriteTx, account: &AccountId) -> Result<String, StoreError> {
    Ok(store::accounts::find(tx, account)?.map_or_else(|| account.to_string(), |account| account.name))
}

fn shortened(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(USER_AGENT_MAX).collect()
}
