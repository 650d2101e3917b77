//! The file that holds the master keys: one line `ID KEY` per key (8 and 64 hex digits), the first is the current one;
//! empty lines and lines that begin with `#` are skipped. Either a 0600 file of ours or a systemd credential.

use super::error::StoreError;
use super::file;
use super::sealing::{KeyId, KeyRing, KeySource, MasterKey};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use zeroize::{Zeroize, Zeroizing};

/// Name of the systemd credential (`LoadCredential=wecom-bridge.key:…`).
pub const CREDENTIAL: &str = "wecom-bridge.key";

/// Name of the key file in the data directory, where no other place is configured.
pub const KEY_FILE_NAME: &str = "master.key";

const HEAD: &str = "# wecom-bridge master keys, the current one first. Keep a copy apart from the backups of the store:\n\
                    # without this file the secrets in a backup cannot be read.\n";

const HEAD_OF_RETIRED: &str = "# A master key that `wecom-bridge rekey` has retired: it opens the backups made before. `restore` looks here.\n\
                               # Delete it when there is no such backup any more.\n";

impl KeyRing {
    /// The ring for a store: the systemd credential where the service has one, else `key_file`, which is created with a
    /// new key when there is no store yet.
    ///
    /// # Errors
    /// [`StoreError::KeyMissing`] when the store exists and the key file does not, [`StoreError::KeyFileOpen`] when
    /// others may read the file, [`StoreError::KeyFileInvalid`].
    pub fn discover(key_file: &Path, store: &Path) -> Result<Self, StoreError> {
        let credentials = std::env::var_os("CREDENTIALS_DIRECTORY");
        Self::discover_in(credentials.as_deref().map(Path::new), key_file, store)
    }

    /// [`KeyRing::discover`] with the credentials directory given.
    pub fn discover_in(credentials: Option<&Path>, key_file: &Path, store: &Path) -> Result<Self, StoreError> {
        if let Some(credential) = credentials.map(|directory| directory.join(CREDENTIAL))
            && credential.exists()
        {
            return Self::read(&credential, KeySource::Credential(credential.clone()));
        }
        Self::load_or_create(key_file, store)
    }

    /// Reads a 0600 key file.
    pub fn load(key_file: &Path) -> Result<Self, StoreError> {
        let meta = fs::metadata(key_file).map_err(|cause| StoreError::io("read", key_file, cause))?;
        if meta.mode() & 0o077 != 0 {
            return Err(StoreError::KeyFileOpen { path: key_file.to_owned(), mode: meta.mode() & 0o7777 });
        }
        Self::read(key_file, KeySource::File(key_file.to_owned()))
    }

    /// Reads a 0600 key file, or creates it with a new key when there is no store yet.
    pub fn load_or_create(key_file: &Path, store: &Path) -> Result<Self, StoreError> {
        let store = file::database_path(store);
        if !key_file.exists() {
            if store.exists() {
                return Err(StoreError::KeyMissing { path: key_file.to_owned(), store });
            }
            file::make_directory_of(key_file)?;
            let ring = Self { keys: vec![MasterKey::generate()], source: KeySource::File(key_file.to_owned()) };
            // Linked into place rather than renamed, so that of two first starts one wins and both use its key.
            let temporary = file::beside(key_file, "new");
            file::write_new(&temporary, ring.to_text().as_bytes())?;
            let published = file::publish(&temporary, key_file);
            let _ = fs::remove_file(&temporary);
            match published {
                Ok(()) | Err(StoreError::FileExists { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Self::load(key_file)
    }

    /// The ring, and behind it the keys that were retired by `rekey` and are kept beside the key file: it opens old backups.
    ///
    /// # Errors
    /// As [`KeyRing::load`], about the file of a retired key.
    pub fn with_retired(&self) -> Result<Self, StoreError> {
        let mut ring = self.clone();
        let KeySource::File(path) = &self.source else { return Ok(ring) };
        let Some(folder) = path.parent() else { return Ok(ring) };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let begin = retired_name(path, "");
        let entries = fs::read_dir(folder).map_err(|cause| StoreError::io("read", folder, cause))?;
        let mut files: Vec<PathBuf> = entries
            .filter_map(Result::ok)
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(&begin))
            .map(|entry| entry.path())
            .collect();
        files.sort();
        for file in files {
            for key in Self::load(&file)?.keys {
                if ring.keys.iter().all(|known| known.id != key.id) {
                    ring.keys.push(key);
                }
            }
        }
        Ok(ring)
    }

    /// Writes each key but the current one into a file of its own beside the key file, mode 0600, and names these files.
    /// None where the ring does not come from a file.
    pub(super) fn keep_retired(&self) -> Result<Vec<PathBuf>, StoreError> {
        let KeySource::File(path) = &self.source else { return Ok(Vec::new()) };
        let mut kept = Vec::new();
        for key in self.keys.iter().skip(1) {
            let to = path.with_file_name(retired_name(path, &key.id.to_string()));
            let mut text = Zeroizing::new(String::from(HEAD_OF_RETIRED));
            text.push_str(&line_of(key));
            text.push('\n');
            file::write_whole(&to, text.as_bytes())?;
            kept.push(to);
        }
        Ok(kept)
    }

    fn read(path: &Path, source: KeySource) -> Result<Self, StoreError> {
        let text = Zeroizing::new(fs::read_to_string(path).map_err(|cause| match cause.kind() {
            std::io::ErrorKind::InvalidData => {
                StoreError::KeyFileInvalid { path: path.to_owned(), line: 1, detail: "it is not text".into() }
            }
            _ => StoreError::io("read", path, cause),
        })?);
        let keys = parse(&text).map_err(|(line, detail)| StoreError::KeyFileInvalid {
            path: path.to_owned(),
            line,
            detail,
        })?;
        Ok(Self { keys, source })
    }

    /// The ring as the key file spells it.
    pub(super) fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::from(HEAD));
        for key in &self.keys {
            text.push_str(&line_of(key));
            text.push('\n');
        }
        text
    }
}

/// `master.key.retired-0a1b2c3d` for `master.key`.
fn retired_name(key_file: &Path, id: &str) -> String {
    format!("{}.retired-{id}", key_file.file_name().unwrap_or_default().to_string_lossy())
}

fn line_of(key: &MasterKey) -> Zeroizing<String> {
    let mut digits = hex::encode(*key.bytes);
    let line = Zeroizing::new(format!("{} {digits}", key.id));
    digits.zeroize();
    line
}

fn parse(text: &str) -> Result<Vec<MasterKey>, (usize, String)> {
    let mut keys: Vec<MasterKey> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let fault = |detail: &str| (at + 1, detail.to_owned());
        let (id, digits) = line.split_once(' ').ok_or_else(|| fault("expected an id, a space and a key"))?;
        let id = KeyId::parse(id).ok_or_else(|| fault("the id is not 8 hex digits"))?;
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(digits.trim(), bytes.as_mut_slice()).map_err(|_| fault("the key is not 64 hex digits"))?;
        if keys.iter().any(|key| key.id == id) {
            return Err(fault("the id is there twice"));
        }
        keys.push(MasterKey { id, bytes });
    }
    if keys.is_empty() { Err((text.lines().count().max(1), "there is no key in it".into())) } else { Ok(keys) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_file_lines() {
        let key = "ab".repeat(32);
        for (text, fault) in [
            (format!("00000001 {key}\n"), None),
            (format!("# note\n\n00000002 {key}\n00000001 {key}"), None),
            (String::new(), Some((1, "there is no key"))),
            (format!("1 {key}"), Some((1, "8 hex"))),
            (format!("# x\n00000001 {}", "ab".repeat(31)), Some((2, "64 hex"))),
            (key.clone(), Some((1, "a space"))),
            (format!("00000001 {key}\n00000001 {key}"), Some((2, "twice"))),
        ] {
            let got = parse(&text);
            match fault {
                None => assert!(got.is_ok(), "{text:?}"),
                Some((line, words)) => {
                    let (at, detail) = got.map(|_| ()).unwrap_err();
                    assert!(at == line && detail.contains(words), "{text:?}: {at} {detail}");
                }
            }
        }
    }

    #[test]
    fn a_ring_is_read_as_it_was_written() {
        let mut ring = KeyRing::in_memory();
        ring.keys.push(MasterKey::generate());
        let again = parse(&ring.to_text()).unwrap();
        let ids: Vec<KeyId> = again.iter().map(|key| key.id).collect();
        assert_eq!(ids, ring.ids().collect::<Vec<_>>());
        assert_eq!(again[1].bytes, ring.keys[1].bytes);
    }
}
