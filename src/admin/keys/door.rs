//! Whether a presented key is accepted, from where it comes and when.

use super::{PREFIX, hash};
use crate::config::NetBlock;
use crate::model::ApiKey;
use crate::store::{self, Store, StoreError};
use std::net::IpAddr;
use subtle::ConstantTimeEq;

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

pub(super) fn admit(key: ApiKey, now_ms: i64, from: Option<IpAddr>) -> Result<ApiKey, Refused> {
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

pub(super) fn has_form(text: &str) -> bool {
    let is_hex =
        |part: &str, length| part.len() == length && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    text.strip_prefix(PREFIX)
        .and_then(|rest| rest.split_once('_'))
        .is_some_and(|(id, secret)| is_hex(id, 16) && is_hex(secret, 64))
}
