//! Restore: a verified backup takes the store's place; the former file is kept beside it.

use super::rekey::reseal;
use crate::model::{Actor, CorpKey};
use crate::store::error::StoreError;
use crate::store::inbox::wal;
use crate::store::open::StoreOptions;
use crate::store::tx::WriteTx;
use crate::store::{audit, corps, database_path, file, meta, open, sessions};
use std::path::{Path, PathBuf};

/// What a restore did beside its main work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Where the former file is kept, if there was one.
    pub former: Option<PathBuf>,
    /// Corps that are not written to until an administrator switches that on again.
    pub switched_off: Vec<CorpKey>,
}

/// Puts a backup in the place of the store at `to` (a data directory or `.redb` file). The store must be closed. Blocks.
///
/// The backup is copied, opened with the given master keys and those that `rekey` has retired (and migrated where it is
/// older), and verified row by row before anything is replaced. What is sealed with a retired key is sealed anew. Its sessions are ended: some may have been revoked since it was made. Writing to WeCom is
/// switched off in all corps, for the directory is that of the backup: who has left since would be taken back.
///
/// # Errors
/// [`StoreError::InUse`] while a server has the store open; [`StoreError::Corrupt`], [`StoreError::WrongKey`],
/// [`StoreError::NewerSchema`] over the backup. On `Err` the former store is in its place, unchanged.
pub fn restore(from: &Path, to: &Path, options: &StoreOptions, actor: &Actor) -> Result<Restored, StoreError> {
    let to = database_path(to);
    if !from.exists() {
        return Err(StoreError::Missing { path: from.to_owned() });
    }
    file::make_directory_of(&to)?;
    // The name ends in `.redb`, so that opening takes it for a file.
    let temporary = file::beside(&to, "restored").with_extension("redb");
    let result = copy_and_check(from, &temporary, options, actor)
        .and_then(|switched_off| exchange(&temporary, &to, options).map(|former| Restored { former, switched_off }));
    if result.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    result
}

fn copy_and_check(from: &Path, to: &Path, options: &StoreOptions, actor: &Actor) -> Result<Vec<CorpKey>, StoreError> {
    let mut source = std::fs::File::open(from).map_err(|cause| StoreError::io("read", from, cause))?;
    let mut target = file::create_for_service(to)?;
    std::io::copy(&mut source, &mut target)
        .and_then(|_| target.sync_all())
        .map_err(|cause| StoreError::io("write", to, cause))?;
    drop(target);
    let named = |error| name_backup(error, from);
    let opens = StoreOptions { keys: options.keys.with_retired()?, ..options.clone() };
    let store = open::open(to, opens, crate::store::migrate::MIGRATIONS).map_err(named)?;
    let report = store.verify().map_err(named)?;
    let actor = actor.clone();
    // a former store that was kept with its log; backups have none
    let logged = store.read(|tx| wal::recover_beside(from, tx))?;
    let ended = store.write_blocking(move |tx| {
        sessions::clear(tx)?;
        wal::take_over(tx, &logged)?;
        wal::disown(tx)?;
        if !meta::is_only_check(tx, crate::store::Reads::keys(tx))? {
            reseal(tx)?;
        }
        switch_off(tx, &actor)
    });
    store.close();
    match report.faults.first() {
        None => ended,
        Some(fault) => Err(StoreError::Corrupt {
            path: from.to_owned(),
            detail: format!("{} faults, the first in {}: {}", report.faults_total, fault.table, fault.what),
        }),
    }
}

/// Stops all writing to WeCom; answers the corps that were written to before.
fn switch_off(tx: &WriteTx, actor: &Actor) -> Result<Vec<CorpKey>, StoreError> {
    let mut switched = Vec::new();
    for mut corp in corps::list(tx)? {
        if corp.downstream.enabled {
            corp.downstream.enabled = false;
            corps::put(tx, &corp)?;
            switched.push(corp.key);
        }
    }
    let after = serde_json::json!({ "downstream.enabled": false, "corps": switched });
    audit::append(tx, actor, "store.restore", "store", None, Some(after))?;
    Ok(switched)
}

/// Errors over the temporary copy speak of the backup.
fn name_backup(error: StoreError, from: &Path) -> StoreError {
    let path = from.to_owned();
    match error {
        StoreError::Corrupt { detail, .. } => StoreError::Corrupt { path, detail },
        StoreError::NewerSchema { found, supported, .. } => StoreError::NewerSchema { path, found, supported },
        StoreError::WrongKey { source_name, wanted, .. } => StoreError::WrongKey { path, source_name, wanted },
        other => other,
    }
}

fn exchange(new: &Path, to: &Path, options: &StoreOptions) -> Result<Option<PathBuf>, StoreError> {
    let mut former = None;
    // Held until the exchange is done, so that nobody opens the former file in between.
    let mut lock = None;
    if to.exists() {
        lock = Some(lock_unused(to)?);
        let stamp = options.clock.now().format("%Y%m%dT%H%M%S");
        let stem = to.file_stem().unwrap_or_default().to_string_lossy();
        let kept = to.with_file_name(format!("{stem}-before-restore-{stamp}-{:08x}.redb", rand::random::<u32>()));
        // A second name first and then the exchange: at no moment is there no store.
        std::fs::hard_link(to, &kept).map_err(|cause| StoreError::io("keep", to, cause))?;
        // What the former store was still to take over stays with it; the new one has no mark that leads to this log.
        wal::keep_beside(to, &kept)?;
        former = Some(kept);
    }
    std::fs::rename(new, to).map_err(|cause| StoreError::io("replace", to, cause))?;
    drop(lock);
    file::sync_directory_of(to)?;
    Ok(former)
}

/// Takes the lock that an open store holds. A damaged store may be replaced, so it is not opened for this.
fn lock_unused(path: &Path) -> Result<std::fs::File, StoreError> {
    let file = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .map_err(|cause| StoreError::io("open", path, cause))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::InUse { path: path.to_owned() }),
        Err(std::fs::TryLockError::Error(cause)) => Err(StoreError::io("lock", path, cause)),
    }
}
