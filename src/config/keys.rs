//! `[keys]`: where the master key lies under which secrets are sealed in the store.

use super::source::Reader;
use std::path::{Path, PathBuf};

/// The master key's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeysConfig {
    /// A file of mode 0600, created at the first start; a systemd credential named `wecom-bridge.key` goes before it. Default: `master.key` in the data directory.
    pub master_key_file: PathBuf,
}

impl KeysConfig {
    pub(super) fn read(reader: &mut Reader, data_dir: &Path) -> Self {
        let master_key_file = reader.path("keys.master_key_file").unwrap_or_else(|| data_dir.join("master.key"));
        Self { master_key_file }
    }
}
