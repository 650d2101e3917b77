//! Opening: first start, schema, master key. Leaves the file as it was when it refuses.

use super::core::Core;
use super::error::StoreError;
use super::file;
use super::migrate::{self, Migration};
use super::sealing::KeyRing;
use super::{Store, meta};
use crate::clock::Clock;
use std::path::Path;

/// How a store is opened.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Bytes of the page cache, 16 to 24 MiB on an appliance.
    pub cache_bytes: usize,
    /// The master keys.
    pub keys: KeyRing,
    /// Where the time of audit rows comes from.
    pub clock: Clock,
}

impl StoreOptions {
    /// Bytes of the page cache where nothing else is configured.
    pub const CACHE_BYTES: usize = 24 << 20;

    /// Options with the default page cache.
    pub fn new(keys: KeyRing, clock: Clock) -> Self {
        Self { cache_bytes: Self::CACHE_BYTES, keys, clock }
    }
}

pub(super) fn open(dir_or_file: &Path, options: StoreOptions, migrations: &[Migration]) -> Result<Store, StoreError> {
    let path = file::database_path(dir_or_file);
    if !path.exists() {
        create(&path, &options, migrations)?;
    }
    let path = path.canonicalize().map_err(|cause| StoreError::io("open", &path, cause))?;
    let database = file::open_database(&path, options.cache_bytes)?;
    let core = Core::new(&path, database, options.keys, options.clock, options.cache_bytes);
    let core = file::contained(&path, || {
        let core = std::sync::Arc::new(core);
        migrate::check_not_newer(&core, migrations)?;
        check_keys(&core)?;
        migrate::run(&core, migrations)?;
        std::sync::Arc::into_inner(core).ok_or(StoreError::Busy { doing: "opening" })
    })?;
    Store::from_core(core)
}

/// Builds a new store beside its place and links it in when it is whole, so that a crash during the first start leaves
/// either nothing or a good file.
fn create(path: &Path, options: &StoreOptions, migrations: &[Migration]) -> Result<(), StoreError> {
    file::make_directory_of(path)?;
    let temporary = file::beside(path, "new");
    let built = build(&temporary, options, migrations).and_then(|()| match file::publish(&temporary, path) {
        // Somebody else was faster: use theirs.
        Err(StoreError::FileExists { .. }) => Ok(()),
        other => other,
    });
    let _ = std::fs::remove_file(&temporary);
    built
}

fn build(path: &Path, options: &StoreOptions, migrations: &[Migration]) -> Result<(), StoreError> {
    let mut database = file::create_database(file::create_for_service(path)?, path, options.cache_bytes)?;
    // Compacted while it is empty: 100 KiB instead of 1 MiB.
    database.compact().map_err(|error| StoreError::engine(path, error))?;
    let core = Core::new(path, database, options.keys.clone(), options.clock.clone(), options.cache_bytes);
    let core = std::sync::Arc::new(core);
    let (_lease, tx) = core.begin_write()?;
    super::registry::create_tables(&tx)?;
    meta::put_schema(&tx, migrate::newest(migrations))?;
    meta::put_check(&tx, tx_keys(&tx))?;
    tx.into_raw().commit().map_err(|error| StoreError::engine(path, error))
}

fn tx_keys(tx: &super::WriteTx) -> &KeyRing {
    super::Reads::keys(tx)
}

/// Refuses a ring that lacks a key in use; notes a new current key.
fn check_keys(core: &std::sync::Arc<Core>) -> Result<(), StoreError> {
    let tx = core.begin_read()?;
    let ring = core.keys();
    if let Some(wanted) = meta::find_missing_key(&tx, &ring)? {
        return Err(StoreError::WrongKey {
            path: core.path.to_path_buf(),
            source_name: ring.source.to_string(),
            wanted,
        });
    }
    if meta::has_check(&tx, &ring)? {
        return Ok(());
    }
    drop(tx);
    let (_lease, tx) = core.begin_write()?;
    meta::put_check(&tx, &ring)?;
    tx.into_raw().commit().map_err(|error| StoreError::engine(&core.path, error))
}
