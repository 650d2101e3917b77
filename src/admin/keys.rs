//! API keys: made here, shown once, kept as a hash (PEER-25).
//!
//! A key reads `wbk_<id>_<secret>`: the id has 16 hex digits and may be shown, the secret has 256 random bits. With so
//! many bits a plain SHA-256 cannot be guessed back, so no slow hash is needed on every request.

use crate::clock::Clock;
use crate::config::NetBlock;
use crate::model::{Actor, ApiKey, ApiScope, Secret};
use crate::store::{self, Store, StoreError};
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use subtle::ConstantTimeEq;

/// What every key begins with, so that scanners for leaked secrets recognise it.
pub const PREFIX: &str = "wbk_";

/// What a new key shall be.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// 1 to 60 characters, unique among the keys in force.
    pub name: String,
    /// At least one.
    pub scopes: Vec<ApiScope>,
    /// Addresses or blocks it may come from; empty = from anywhere.
    pub networks: Vec<String>,
    /// Unix milliseconds; `None` = never expires.
    pub expires_at_ms: Option<i64>,
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
    /// There is no such key.
    #[error("there is no API key {0:?}")]
    Unknown(String),
    /// The store failed.
    #[error("store")]
    Store(#[from] StoreError),
}

/// Makes a key. The text in the answer is the only time it is seen.
pub async fn create(store: &Store, clock: &Clock, actor: &Actor, new: NewKey) -> Result<(ApiKey, Secret), KeyError> {
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
        created_at_ms: now_ms,
        expires_at_ms: new.expires_at_ms,
        revoked_at_ms: None,
    };
    let is_free = store
        .write({
            let (key, actor) = (key.clone(), actor.clone());
            move |tx| {
                let is_taken =
                    store::api_keys::list(tx)?.iter().any(|other| other.name == key.name && other.is_valid_at(now_ms));
                if is_taken {
                    return Ok(false);
                }
                store::api_keys::put(tx, &key)?;
                store::audit::append(tx, &actor, "key.create", &key.name, None, Some(facts(&key)))?;
                Ok(true)
            }
        })
        .await?;
    if is_free { Ok((key, text)) } else { Err(KeyError::NameTaken(key.name)) }
}

/// All keys, revoked ones included, the newest first.
pub async fn list(store: &Store) -> Result<Vec<ApiKey>, KeyError> {
    let mut keys = store.read_async(store::api_keys::list).await?;
    keys.sort_by(|a, b| b.created_at_ms.cmp(&a.created_at_ms).then_with(|| a.id.cmp(&b.id)));
    Ok(keys)
}

/// Revokes a key, named by its id or by the name of a key in force; it is refused from the next request on. Revoking a
/// revoked key changes nothing.
pub async fn revoke(store: &Store, clock: &Clock, actor: &Actor, id_or_name: &str) -> Result<ApiKey, KeyError> {
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
            let mut key = found.clone();
            if key.revoked_at_ms.is_none() {
                key.revoked_at_ms = Some(now_ms);
                store::api_keys::put(tx, &key)?;
                store::audit::append(tx, &actor, "key.revoke", &key.name, Some(facts(found)), None)?;
            }
            Ok(Some(key))
        })
        .await?;
    found.ok_or_else(|| KeyError::Unknown(id_or_name.to_owned()))
}

/// Why a presented key is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not of a key's form, or unknown.
    #[error("the API key is not known")]
    Unknown,
    /// Revoked.
    #[error("the API key was revoked")]
    Revoked,
    /// Expired.
    #[error("the API key has expired")]
    Expired,
    /// The key is good, but not from there.
    #[error("the API key may not be used from this address")]
    Network,
}

/// Checks a presented key against the store.
pub async fn authenticate(
    store: &Store,
    now_ms: i64,
    presented: &str,
    from: Option<IpAddr>,
) -> Result<Result<ApiKey, Refused>, StoreError> {
    if !has_form(presented) {
        return Ok(Err(Refused::Unknown));
    }
    let hash = hash(presented);
    let found = store.read_async({
        let hash = hash.clone();
        move |tx| store::api_keys::find_by_hash(tx, &hash)
    });
    Ok(match found.await? {
        Some(key) if bool::from(key.hash.as_bytes().ct_eq(hash.as_bytes())) => admit(key, now_ms, from),
        _ => Err(Refused::Unknown),
    })
}

fn admit(key: ApiKey, now_ms: i64, from: Option<IpAddr>) -> Result<ApiKey, Refused> {
    if key.revoked_at_ms.is_some() {
        return Err(Refused::Revoked);
    }
    if key.expires_at_ms.is_some_and(|at_ms| at_ms <= now_ms) {
        return Err(Refused::Expired);
    }
    let is_near =
        |address| key.networks.iter().filter_map(|text| NetBlock::parse(text)).any(|net| net.contains(address));
    if key.networks.is_empty() || from.is_some_and(is_near) { Ok(key) } else { Err(Refused::Network) }
}

fn has_form(text: &str) -> bool {
    let is_hex =
        |part: &str, length| part.len() == length && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    text.strip_prefix(PREFIX)
        .and_then(|rest| rest.split_once('_'))
        .is_some_and(|(id, secret)| is_hex(id, 16) && is_hex(secret, 64))
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
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> ApiKey {
        ApiKey {
            id: "0011223344556677".into(),
            name: "oa".into(),
            hash: String::new(),
            scopes: vec![ApiScope::SyncRead],
            networks: Vec::new(),
            created_by: "cli:root".into(),
            created_at_ms: 0,
            expires_at_ms: None,
            revoked_at_ms: None,
        }
    }

    #[test]
    fn who_is_admitted() {
        let networks = || vec!["10.0.0.0/8".to_owned(), "2001:db8::/32".to_owned()];
        for (key, from, expected) in [
            (key(), None, None),
            (ApiKey { revoked_at_ms: Some(1), ..key() }, None, Some(Refused::Revoked)),
            (ApiKey { expires_at_ms: Some(1_000), ..key() }, None, Some(Refused::Expired)),
            (ApiKey { expires_at_ms: Some(1_001), ..key() }, None, None),
            (ApiKey { networks: networks(), ..key() }, Some("10.9.8.7"), None),
            (ApiKey { networks: networks(), ..key() }, Some("2001:db8::1"), None),
            (ApiKey { networks: networks(), ..key() }, Some("11.0.0.1"), Some(Refused::Network)),
            (ApiKey { networks: networks(), ..key() }, None, Some(Refused::Network)),
        ] {
            let told = format!("{key:?} from {from:?}");
            let got = admit(key, 1_000, from.map(|text| text.parse().unwrap()));
            assert_eq!(got.err(), expected, "{told}");
        }
    }

    #[test]
    fn form_of_a_key() {
        let good = format!("wbk_{}_{}", "0a".repeat(8), "f0".repeat(32));
        assert!(has_form(&good));
        for bad in ["", "wbk_", "wbk__", &good[1..], &good[..good.len() - 1], &good.to_uppercase(), &format!("{good} ")]
        {
            assert!(!has_form(bad), "{bad:?}");
        }
    }
}
