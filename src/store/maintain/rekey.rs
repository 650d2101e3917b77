//! A new master key: everything sealed is sealed anew. Safe at any crash: the key file holds both keys until the commit
//! that no longer needs the old one is durable.

use crate::store::error::StoreError;
use crate::store::sealing::{KeyRing, KeySource, MasterKey};
use crate::store::tx::WriteTx;
use crate::store::{KeyId, Store, factors, file, meta, secrets, webhooks};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::PoisonError;

/// What a change of keys did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rekeyed {
    /// The key that everything is sealed with now.
    pub current: String,
    /// The keys that open nothing any more.
    pub retired: Vec<String>,
    /// Secrets that were sealed anew.
    pub secrets: u64,
    /// The files that keep the retired keys for the backups made before; none with a systemd credential.
    pub kept: Vec<PathBuf>,
}

impl Store {
    /// Makes a new master key, seals everything with it and moves the old keys out of the key file, each into a file beside
    /// it, where `restore` finds them for the backups made before. Blocks.
    ///
    /// With a systemd credential, which the service cannot write, the operator has put the new key first in it; this then
    /// seals everything with it, after which the old line can go.
    ///
    /// # Errors
    /// [`StoreError::KeyReadOnly`] when a credential has no new key yet. On any `Err` the store opens with the key file
    /// as it then is; run it again.
    pub fn rekey(&self) -> Result<Rekeyed, StoreError> {
        let _one_at_a_time = self.0.core.rekeying.lock().unwrap_or_else(PoisonError::into_inner);
        let former = self.0.core.keys();
        let mut ring = KeyRing::clone(&former);
        match former.source() {
            KeySource::Credential(_) => {
                let only = self.read(|tx| meta::is_only_check(tx, &former))?;
                if only && former.keys.len() == 1 {
                    return Err(StoreError::KeyReadOnly { source_name: former.source().to_string() });
                }
            }
            KeySource::File(path) => {
                ring.keys.insert(0, MasterKey::generate());
                file::write_whole(path, ring.to_text().as_bytes())?;
            }
            KeySource::Memory => ring.keys.insert(0, MasterKey::generate()),
        }
        // From here on every new secret is sealed with the new key; both open.
        self.0.core.set_keys(ring.clone());
        let secrets = self.write_blocking(|tx| {
            meta::put_check(tx, crate::store::Reads::keys(tx))?;
            reseal(tx)
        })?;
        let kept = ring.keep_retired()?;
        let retired: Vec<KeyId> = ring.ids().skip(1).collect();
        ring.keys.truncate(1);
        if let KeySource::File(path) = ring.source() {
            file::write_whole(path, ring.to_text().as_bytes())?;
        }
        let current = ring.current().to_string();
        self.0.core.set_keys(ring);
        Ok(Rekeyed { current, retired: retired.iter().map(KeyId::to_string).collect(), secrets, kept })
    }
}

/// Seals everything with the ring's current key; answers how many secrets.
pub(super) fn reseal(tx: &WriteTx) -> Result<u64, StoreError> {
    let secrets = secrets::reseal(tx)? + factors::reseal(tx)? + webhooks::reseal(tx)?;
    meta::retire_other_checks(tx, crate::store::Reads::keys(tx))?;
    Ok(secrets)
}
