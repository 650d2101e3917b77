//! API keys: made here, shown once, kept as a hash (PEER-25).
//!
//! A key reads `wbk_<id>_<secret>`: the id has 16 hex digits and may be shown, the secret has 256 random bits. With so
//! many bits a plain SHA-256 cannot be guessed back, so no slow hash is needed on every request.

mod door;

pub use door::{Refused, authenticate};

use crate::clock::Clock;
use crate::config::NetBlock;
use crate::model::{Actor, ApiKey, ApiScope, Secret};
use crate::store::{self, Store, StoreError, WriteTx};
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// What every key begins with, so that scanners for leaked secrets recognise it.
pub const PREFIX: &str = "wbk_";

/// What a new key shall be.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// 1 to 60 characters, unique among the keys in force.
    pub name: String,
    /// At least one.
    pub scopes: Vec<ApiScope>,
    /// Addresses or blocks it may come from; empty = from anywhere, or as the key that makes it.
    pub networks: Vec<String>,
    /// Unix milliseconds; `None` = never expires, or with the key that makes it.
    pub expires_at_ms: Option<i64>,
}

/// What a key must not hand on, because it does not have it itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Excess {
    /// A scope.
    #[error("the scope {}", .0.name())]
    Scope(ApiScope),
    /// Addresses from which the making key is refused.
    #[error("use from {0}")]
    Network(String),
    /// A longer life.
    #[error("a life beyond its own end")]
    Expiry,
}

/// Why a key cannot be made or revoked.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The name breaks its rule.
    #[error("a key's name has 1 to 60 characters, no control characters and no blanks at its ends")]
    Name,
    /// Another key in force has the name.
    #[error("there is already a key named {0:?}; revoke it first or choose another name")]
    NameTaken(String),
    /// A key without a scope could do nothing.
    #[error("a key needs at least one scope; the scopes are: {}", ApiScope::ALL.map(ApiScope::name).join(", "))]
    NoScope,
    /// Not an address or a block.
    #[error("{0:?} is not an address or a block such as 10.0.0.0/8")]
    Network(String),
    /// It would never be accepted.
    #[error("the time of expiry lies in the past")]
    Expired,
    /// The key that makes it does not have it itself.
    #[error("a key can hand on only what it has itself; it does not have {0}")]
    NotHeld(Excess),
    /// The key that makes it was revoked, or has expired, meanwhile.
    #[error("the key that makes this one is not in force any more")]
    MakerGone,
    /// There is no such key.
    #[error("there is no API key {0:?}")]
    Unknown(String),
    /// The store failed.
    #[error("store")]
    Store(#[from] StoreError),
}

/// Makes a key. The text in the answer is the only time it is seen.
pub async fn create(store: &Store, clock: &Clock, actor: &Actor, new: NewKey) -> Result<(ApiKey, Secret), KeyError> {
    make(store, clock, actor, None, new).await
}

/// Makes a key on behalf of the key with the id `maker`: it can do no more than that one, from nowhere else and no
/// longer, and is revoked together with it. Networks and expiry that are not given are those of the maker.
///
/// # Errors
/// [`KeyError::NotHeld`] names what the maker does not have itself; nothing is made then.
pub async fn create_with(
    store: &Store,
    clock: &Clock,
    actor: &Actor,
    maker: &str,
    new: NewKey,
) -> Result<(ApiKey, Secret), KeyError> {
    make(store, clock, actor, Some(maker.to_owned()), new).await
}

async fn make(
    store: &Store,
    clock: &Clock,
    actor: &Actor,
    maker: Option<String>,
    new: NewKey,
) -> Result<(ApiKey, Secret), KeyError> {
    let now_ms = clock.now_ms();
    check(&new, now_ms)?;
    let id = hex::encode(rand::random::<[u8; 8]>());
    let text = Secret::new(format!("{PREFIX}{id}_{}", hex::encode(rand::random::<[u8; 32]>())));
    let key = ApiKey {
        id,
        hash: hash(text.expose()),
        name: new.name,
        scopes: sorted(new.scopes),
        networks: new.networks,
        created_by: actor.name.clone(),
        made_with: maker,
        created_at_ms: now_ms,
        expires_at_ms: new.expires_at_ms,
        revoked_at_ms: None,
    };
    let actor = actor.clone();
    let made = store
        .write(move |tx| {
            let keys = store::api_keys::list(tx)?;
            if keys.iter().any(|other| other.name == key.name && other.is_valid_at(now_ms)) {
                return Ok(Err(KeyError::NameTaken(key.name.clone())));
            }
            // the maker as it is in this very commit: it may have been revoked since the door let it in
            let key = match key.made_with.as_ref().map(|id| keys.iter().find(|other| other.id == *id)) {
                None => key.clone(),
                Some(Some(maker)) if maker.is_valid_at(now_ms) => match within(key.clone(), maker) {
                    Ok(key) => key,
                    Err(excess) => return Ok(Err(KeyError::NotHeld(excess))),
                },
                Some(_) => return Ok(Err(KeyError::MakerGone)),
            };
            store::api_keys::put(tx, &key)?;
            store::audit::append(tx, &actor, "key.create", &key.name, None, Some(facts(&key)))?;
            Ok(Ok(key))
        })
        .await?;
    made.map(|key| (key, text))
}

/// The new key as its maker may make it, or what it would have beyond the maker. Pure.
fn within(mut key: ApiKey, maker: &ApiKey) -> Result<ApiKey, Excess> {
    if let Some(scope) = key.scopes.iter().find(|scope| !maker.scopes.contains(scope)) {
        return Err(Excess::Scope(*scope));
    }
    if key.networks.is_empty() {
        key.networks.clone_from(&maker.networks);
    }
    if !maker.networks.is_empty() {
        let held: Vec<NetBlock> = maker.networks.iter().filter_map(|text| NetBlock::parse(text)).collect();
        let is_held = |text: &String| NetBlock::parse(text).is_some_and(|block| held.iter().any(|h| h.covers(&block)));
        if let Some(network) = key.networks.iter().find(|text| !is_held(text)) {
            return Err(Excess::Network(network.clone()));
        }
    }
    if let Some(end_ms) = maker.expires_at_ms
        && *key.expires_at_ms.get_or_insert(end_ms) > end_ms
    {
        return Err(Excess::Expiry);
    }
    Ok(key)
}

/// All keys, revoked ones included, the newest first.
pub async fn list(store: &Store) -> Result<Vec<ApiKey>, KeyError> {
    let mut keys = store.read_async(store::api_keys::list).await?;
    keys.sort_by(|a, b| b.created_at_ms.cmp(&a.created_at_ms).then_with(|| a.id.cmp(&b.id)));
    Ok(keys)
}

/// A revoked key, and those that went with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// The key that was named.
    pub key: ApiKey,
    /// Keys made with it, or with one of these, that were revoked in the same commit.
    pub with_it: Vec<ApiKey>,
}

/// Revokes a key, named by its id or by the name of a key in force, with all keys that were made with it: who holds a key
/// that must not be used any more may hold those too. They are refused from the next request on. Revoking a revoked key
/// changes nothing.
pub async fn revoke(store: &Store, clock: &Clock, actor: &Actor, id_or_name: &str) -> Result<Revoked, KeyError> {
    let now_ms = clock.now_ms();
    let (wanted, actor) = (id_or_name.to_owned(), actor.clone());
    let found = store
        .write(move |tx| {
            let keys = store::api_keys::list(tx)?;
            let found = keys
                .iter()
                .find(|key| key.id == wanted)
                .or_else(|| keys.iter().find(|key| key.name == wanted && key.revoked_at_ms.is_none()));
            let Some(found) = found else { return Ok(None) };
            let key = end(tx, &actor, now_ms, found)?;
            let made = descendants(&keys, &found.id).filter(|key| key.revoked_at_ms.is_none());
            let with_it = made.map(|key| end(tx, &actor, now_ms, key)).collect::<Result<Vec<_>, _>>()?;
            Ok(Some(Revoked { key, with_it }))
        })
        .await?;
    found.ok_or_else(|| KeyError::Unknown(id_or_name.to_owned()))
}

/// Whether the key with this id is in force, for what goes on after its request.
pub async fn is_valid(store: &Store, clock: &Clock, id: &str) -> Result<bool, StoreError> {
    let (id, now_ms) = (id.to_owned(), clock.now_ms());
    let found = store.read_async(move |tx| store::api_keys::find(tx, &id)).await?;
    Ok(found.is_some_and(|key| key.is_valid_at(now_ms)))
}

/// The keys in force that the person with this sign-in name made, the newest first.
pub async fn list_of(store: &Store, clock: &Clock, account_name: &str) -> Result<Vec<ApiKey>, KeyError> {
    let (maker, now_ms) = (Actor::account(account_name, None).name, clock.now_ms());
    let keys = list(store).await?;
    Ok(keys.into_iter().filter(|key| key.created_by == maker && key.is_valid_at(now_ms)).collect())
}

/// Revokes the keys of an account that `is_beyond` picks, with the keys made with them, in the commit that takes the rights from the
/// account. Answers how many.
pub(super) fn revoke_of(
    tx: &WriteTx,
    actor: &Actor,
    account_name: &str,
    now_ms: i64,
    is_beyond: impl Fn(&ApiKey) -> bool,
) -> Result<usize, StoreError> {
    let (keys, maker) = (store::api_keys::list(tx)?, Actor::account(account_name, None).name);
    let mut ended: HashSet<&str> = HashSet::new();
    for own in keys.iter().filter(|key| key.created_by == maker && key.revoked_at_ms.is_none() && is_beyond(key)) {
        for key in std::iter::once(own).chain(descendants(&keys, &own.id)) {
            if key.revoked_at_ms.is_none() && ended.insert(&key.id) {
                end(tx, actor, now_ms, key)?;
            }
        }
    }
    Ok(ended.len())
}

/// Revokes one key; one that is revoked already stays as it is.
fn end(tx: &WriteTx, actor: &Actor, now_ms: i64, key: &ApiKey) -> Result<ApiKey, StoreError> {
    let mut ended = key.clone();
    if ended.revoked_at_ms.is_none() {
        ended.revoked_at_ms = Some(now_ms);
        store::api_keys::put(tx, &ended)?;
        store::audit::append(tx, actor, "key.revoke", &key.name, Some(facts(key)), None)?;
    }
    Ok(ended)
}

/// The keys made with a key, and with those, in no particular order.
fn descendants<'k>(keys: &'k [ApiKey], id: &'k str) -> impl Iterator<Item = &'k ApiKey> {
    let mut found: Vec<&ApiKey> = Vec::new();
    let mut makers = vec![id];
    while let Some(maker) = makers.pop() {
        for key in keys.iter().filter(|key| key.made_with.as_deref() == Some(maker)) {
            if key.id != id && !found.iter().any(|known| known.id == key.id) {
                found.push(key);
                makers.push(&key.id);
            }
        }
    }
    found.into_iter()
}

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

fn sorted(mut scopes: Vec<ApiScope>) -> Vec<ApiScope> {
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}

fn check(new: &NewKey, now_ms: i64) -> Result<(), KeyError> {
    let length = new.name.chars().count();
    if !(1..=60).contains(&length) || new.name.chars().any(char::is_control) || new.name.trim() != new.name {
        return Err(KeyError::Name);
    }
    if new.scopes.is_empty() {
        return Err(KeyError::NoScope);
    }
    if let Some(network) = new.networks.iter().find(|text| NetBlock::parse(text).is_none()) {
        return Err(KeyError::Network(network.clone()));
    }
    if new.expires_at_ms.is_some_and(|at_ms| at_ms <= now_ms) {
        return Err(KeyError::Expired);
    }
    Ok(())
}

/// What the audit log keeps of a key.
fn facts(key: &ApiKey) -> serde_json::Value {
    serde_json::json!({
        "id": key.id, "scopes": key.scopes, "networks": key.networks, "expires_at_ms": key.expires_at_ms,
        "made_with": key.made_with,
    })
}

#[cfg(test)]
mod tests;
