//! Sealing of secrets: XChaCha20-Poly1305 under a key of the ring, bound to table and row, so that a ciphertext moved to
//! another row does not open. Knows nothing of where keys come from (see `keyfile`).

use super::error::StoreError;
use crate::model::Secret;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::Zeroizing;

/// The id of a master key: eight hex digits, chosen at random with the key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub(super) u32);

impl KeyId {
    /// Reads eight hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 8).then(|| u32::from_str_radix(text, 16).ok()).flatten().map(Self)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// One master key.
#[derive(Clone)]
pub(super) struct MasterKey {
    pub(super) id: KeyId,
    pub(super) bytes: Zeroizing<[u8; 32]>,
}

impl MasterKey {
    pub(super) fn generate() -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rand::fill(bytes.as_mut_slice());
        Self { id: KeyId(rand::random()), bytes }
    }
}

/// Where a ring was read from, which decides whether `rekey` can write it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// A 0600 file that the service owns.
    File(std::path::PathBuf),
    /// A systemd credential; read-only for the service.
    Credential(std::path::PathBuf),
    /// Nowhere: lost with the process. For the demo's and tests' throw-away stores.
    Memory,
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Credential(path) => write!(f, "the systemd credential {}", path.display()),
            Self::Memory => f.write_str("memory"),
        }
    }
}

/// The master keys: the current one, with which everything new is sealed, and older ones that still open.
#[derive(Clone)]
pub struct KeyRing {
    /// The first is the current one; never empty.
    pub(super) keys: Vec<MasterKey>,
    pub(super) source: KeySource,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<KeyId> = self.ids().collect();
        f.debug_struct("KeyRing").field("ids", &ids).field("source", &self.source).finish()
    }
}

/// A sealed value as it is stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sealed {
    /// Id of the key, eight hex digits.
    pub(super) key: String,
    /// 24 bytes, hex.
    nonce: String,
    /// Ciphertext and tag, hex.
    text: String,
}

impl KeyRing {
    /// A ring with one new key that is kept nowhere.
    pub fn in_memory() -> Self {
        Self { keys: vec![MasterKey::generate()], source: KeySource::Memory }
    }

    /// Ids of all keys, the current one first.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> + '_ {
        self.keys.iter().map(|key| key.id)
    }

    /// Id of the current key.
    pub fn current(&self) -> KeyId {
        self.keys.first().map_or(KeyId(0), |key| key.id)
    }

    /// Where the ring was read from.
    pub fn source(&self) -> &KeySource {
        &self.source
    }

    /// Seals a text for one row.
    pub(super) fn seal(&self, table: &'static str, row: &str, text: &Secret) -> Result<Sealed, StoreError> {
        let fail = || StoreError::Unsealable { table, key: row.to_owned(), detail: "it could not be sealed" };
        let key = self.keys.first().ok_or_else(fail)?;
        let mut nonce = [0; 24];
        rand::fill(&mut nonce);
        let sealed = XChaCha20Poly1305::new((&*key.bytes).into())
            .encrypt(&XNonce::from(nonce), Payload { msg: text.expose().as_bytes(), aad: &bound_to(table, row) })
            .map_err(|_| fail())?;
        Ok(Sealed { key: key.id.to_string(), nonce: hex::encode(nonce), text: hex::encode(sealed) })
    }

    /// Opens what was sealed for this row and no other.
    pub(super) fn open(&self, table: &'static str, row: &str, sealed: &Sealed) -> Result<Secret, StoreError> {
        let fail = |detail| StoreError::Unsealable { table, key: row.to_owned(), detail };
        let key = self
            .keys
            .iter()
            .find(|key| key.id.to_string() == sealed.key)
            .ok_or_else(|| fail("its master key is not in the key file"))?;
        let mut nonce = [0; 24];
        hex::decode_to_slice(&sealed.nonce, &mut nonce).map_err(|_| fail("its nonce is damaged"))?;
        let text = hex::decode(&sealed.text).map_err(|_| fail("its text is damaged"))?;
        let plain = XChaCha20Poly1305::new((&*key.bytes).into())
            .decrypt(&XNonce::from(nonce), Payload { msg: &text, aad: &bound_to(table, row) })
            .map_err(|_| fail("it was damaged, moved, or sealed with another key"))?;
        String::from_utf8(plain).map(Secret::new).map_err(|_| fail("it is not text"))
    }
}

fn bound_to(table: &str, row: &str) -> Vec<u8> {
    format!("{table}/{row}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_sealed_opens_in_its_place_and_nowhere_else(text in ".{0,80}", row in "[a-z/]{0,20}") {
            let ring = KeyRing::in_memory();
            let sealed = ring.seal("secrets", &row, &Secret::new(text.clone())).unwrap();
            let opened = ring.open("secrets", &row, &sealed).unwrap();
            prop_assert_eq!(opened.expose(), text.as_str());
            let elsewhere = format!("{row}x");
            prop_assert!(ring.open("secrets", &elsewhere, &sealed).is_err());
            prop_assert!(ring.open("other", &row, &sealed).is_err());
            prop_assert!(KeyRing::in_memory().open("secrets", &row, &sealed).is_err());
        }
    }

    #[test]
    fn a_changed_ciphertext_does_not_open() {
        let ring = KeyRing::in_memory();
        let sealed = ring.seal("secrets", "a", &Secret::new("hunter2")).unwrap();
        for at in 0..sealed.text.len() {
            let mut text = sealed.text.clone().into_bytes();
            text[at] = if text[at] == b'0' { b'1' } else { b'0' };
            let changed = Sealed { text: String::from_utf8(text).unwrap(), ..sealed.clone() };
            assert!(ring.open("secrets", "a", &changed).is_err(), "digit {at}");
        }
    }

    #[test]
    fn a_ring_does_not_print_its_keys() {
        let ring = KeyRing::in_memory();
        let printed = format!("{ring:?}");
        assert!(!printed.contains(&hex::encode(*ring.keys[0].bytes)) && printed.contains(&ring.current().to_string()));
    }
}
