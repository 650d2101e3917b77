//! Schema versions. Each change of the schema is a numbered file here; a migration and its version number commit
//! together, after an automatic backup; released ones are never edited. A file of a newer schema is refused.

use super::core::Core;
use super::error::StoreError;
use super::maintain;
use super::tx::WriteTx;
use super::{meta, registry};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

mod m0001_first;
#[cfg(test)]
mod tests;

/// One step of the schema.
pub(super) struct Migration {
    /// The version it leads to; the one before must be in force.
    pub(super) to: u32,
    /// What it does, for the log.
    pub(super) name: &'static str,
    /// The change itself. It is run once, in the transaction that also writes the version.
    pub(super) run: fn(&WriteTx) -> Result<(), StoreError>,
}

/// All steps, in order.
pub(super) const MIGRATIONS: &[Migration] = &[m0001_first::MIGRATION];

/// The version that the last step leads to.
pub(super) fn newest(migrations: &[Migration]) -> u32 {
    migrations.last().map_or(0, |migration| migration.to)
}

/// Refuses a file that a newer version has written.
pub(super) fn check_not_newer(core: &Arc<Core>, migrations: &[Migration]) -> Result<(), StoreError> {
    let found = meta::schema(&core.begin_read()?)?;
    let supported = newest(migrations);
    if found == 0 {
        return Err(StoreError::Corrupt {
            path: core.path.to_path_buf(),
            detail: "it has no schema version: it is not a store of wecom-bridge".into(),
        });
    }
    if found > supported {
        return Err(StoreError::NewerSchema { path: core.path.to_path_buf(), found, supported });
    }
    Ok(())
}

/// Runs the steps that are still missing, after a backup beside the file. On `Err` the file has the schema of the last
/// step that succeeded.
pub(super) fn run(core: &Arc<Core>, migrations: &[Migration]) -> Result<(), StoreError> {
    let found = meta::schema(&core.begin_read()?)?;
    let missing: Vec<&Migration> = migrations.iter().filter(|migration| migration.to > found).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let backup = backup_path(core, found);
    maintain::backup(&core.begin_read()?, &backup)?;
    for migration in missing {
        let fail = |cause| StoreError::Migration {
            path: core.path.to_path_buf(),
            to: migration.to,
            backup: backup.clone(),
            cause: Box::new(cause),
        };
        let (_lease, tx) = core.begin_write()?;
        registry::create_tables(&tx)
            .and_then(|()| contained(migration, &tx))
            .and_then(|()| meta::put_schema(&tx, migration.to))
            .map_err(fail)?;
        tx.into_raw().commit().map_err(|error| fail(StoreError::engine(&core.path, error)))?;
        tracing::info!(schema = migration.to, "migrated the store to schema {}: {}", migration.to, migration.name);
    }
    Ok(())
}

/// A step that panics has failed; its transaction is dropped like any other's.
fn contained(migration: &Migration, tx: &WriteTx) -> Result<(), StoreError> {
    catch_unwind(AssertUnwindSafe(|| (migration.run)(tx)))
        .unwrap_or_else(|panic| Err(StoreError::Panicked { message: crate::tasks::message_of(panic.as_ref()) }))
}

fn backup_path(core: &Core, schema: u32) -> PathBuf {
    let stamp = core.clock.now().format("%Y%m%dT%H%M%S");
    let stem = core.path.file_stem().unwrap_or_default().to_string_lossy();
    let suffix: u32 = rand::random();
    core.path.with_file_name(format!("{stem}-before-migration-from-{schema}-{stamp}-{suffix:08x}.redb"))
}
