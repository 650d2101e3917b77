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
            let end = |key: &ApiKey| {
                let mut ended = key.clone();
                if ended.revoked_at_ms.is_none() {
                    ended.revoked_at_ms = Some(now_ms);
                    store::api_keys::put(tx, &ended)?;
                    store::audit::append(tx, &actor, "key.revoke", &key.name, Some(facts(key)), None)?;
                }
                Ok::<ApiKey, StoreError>(ended)
            };
            let key = end(found)?;
            let made = descendants(&keys, &found.id);
            let with_it = made.filter(|key| key.revoked_at_ms.is_none()).map(end).collect::<Result<Vec<_>, _>>()?;
            Ok(Some(Revoked { key, with_it }))
        })
        .await?;
    found.ok_or_else(|| KeyError::Unknown(id_or_name.to_owned()))
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
        "made_with": key.made_with,
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
            made_with: None,
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
    fn a_key_hands_on_no_more_than_it_has() {
        use ApiScope::{KeysAdmin, SyncRead, SyncRun};
        let nets = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let maker = |networks: &[&str], expires_at_ms| ApiKey {
            scopes: vec![SyncRead, KeysAdmin],
            networks: nets(networks),
            expires_at_ms,
            ..key()
        };
        let new = |scopes: &[ApiScope], networks: &[&str], expires_at_ms| ApiKey {
            scopes: scopes.to_vec(),
            networks: nets(networks),
            expires_at_ms,
            ..key()
        };
        let network = |text: &str| Excess::Network(text.to_owned());
        for (name, made, by, want) in [
            ("the same", new(&[SyncRead], &[], None), maker(&[], None), Ok((nets(&[]), None))),
            ("another scope", new(&[SyncRead, SyncRun], &[], None), maker(&[], None), Err(Excess::Scope(SyncRun))),
            (
                "fewer networks",
                new(&[SyncRead], &["10.0.0.0/8"], None),
                maker(&[], None),
                Ok((nets(&["10.0.0.0/8"]), None)),
            ),
            (
                "networks inherited",
                new(&[SyncRead], &[], None),
                maker(&["10.0.0.0/8"], None),
                Ok((nets(&["10.0.0.0/8"]), None)),
            ),
            (
                "a smaller block",
                new(&[SyncRead], &["10.1.0.0/16"], None),
                maker(&["10.0.0.0/8"], None),
                Ok((nets(&["10.1.0.0/16"]), None)),
            ),
            (
                "one address of it",
                new(&[SyncRead], &["10.1.2.3"], None),
                maker(&["10.0.0.0/8"], None),
                Ok((nets(&["10.1.2.3"]), None)),
            ),
            (
                "a wider block",
                new(&[SyncRead], &["10.0.0.0/7"], None),
                maker(&["10.0.0.0/8"], None),
                Err(network("10.0.0.0/7")),
            ),
            (
                "everything",
                new(&[SyncRead], &["0.0.0.0/0"], None),
                maker(&["10.0.0.0/8"], None),
                Err(network("0.0.0.0/0")),
            ),
            (
                "one good, one not",
                new(&[SyncRead], &["10.1.0.0/16", "11.0.0.1"], None),
                maker(&["10.0.0.0/8"], None),
                Err(network("11.0.0.1")),
            ),
            ("the other family", new(&[SyncRead], &["::/0"], None), maker(&["10.0.0.0/8"], None), Err(network("::/0"))),
            ("an end inherited", new(&[SyncRead], &[], None), maker(&[], Some(9)), Ok((nets(&[]), Some(9)))),
            ("an earlier end", new(&[SyncRead], &[], Some(8)), maker(&[], Some(9)), Ok((nets(&[]), Some(8)))),
            ("the same end", new(&[SyncRead], &[], Some(9)), maker(&[], Some(9)), Ok((nets(&[]), Some(9)))),
            ("a later end", new(&[SyncRead], &[], Some(10)), maker(&[], Some(9)), Err(Excess::Expiry)),
            (
                "an end where the maker has none",
                new(&[SyncRead], &[], Some(10)),
                maker(&[], None),
                Ok((nets(&[]), Some(10))),
            ),
        ] {
            let got = within(made, &by).map(|key| (key.networks, key.expires_at_ms));
            assert_eq!(got, want, "{name}");
        }
    }

    #[test]
    fn what_was_made_with_a_key_is_found_to_the_last_generation() {
        let named =
            |id: &str, made_with: Option<&str>| ApiKey { id: id.into(), made_with: made_with.map(Into::into), ..key() };
        // a circle cannot be made, and must not hang either
        let keys = [
            named("a", None),
            named("b", Some("a")),
            named("c", Some("b")),
            named("d", Some("a")),
            named("e", None),
            named("f", Some("e")),
            named("x", Some("y")),
            named("y", Some("x")),
        ];
        for (id, want) in [("a", "bcd"), ("b", "c"), ("c", ""), ("e", "f"), ("x", "y"), ("none", "")] {
            let mut found: Vec<&str> = descendants(&keys, id).map(|key| key.id.as_str()).collect();
            found.sort_unstable();
            assert_eq!(found.concat(), want, "{id}");
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
