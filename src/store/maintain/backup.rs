//! Backup: a logical copy, row by row, out of one read transaction into a fresh file. Sealed values stay sealed; the
//! master key is not in it.

use crate::store::error::StoreError;
use crate::store::inbox::wal;
use crate::store::tx::ReadTx;
use crate::store::{Store, file};
use redb::{Durability, TableHandle};
use std::path::Path;

/// Rows per commit while copying.
const COPY_ROWS: usize = 5_000;

/// Page cache of the copy.
const COPY_CACHE_BYTES: usize = 8 << 20;

impl Store {
    /// Copies the store as of the last commit to a new file of mode 0600, while others read and write. Blocks.
    ///
    /// # Errors
    /// [`StoreError::FileExists`]: a backup never replaces a file. On any `Err` no file of that name has come into being.
    pub fn backup(&self, to: &Path) -> Result<(), StoreError> {
        if to.exists() {
            return Err(StoreError::FileExists { path: to.to_owned() });
        }
        self.read(|tx| backup(tx, to))
    }
}

/// Copies what a transaction sees to a new file.
pub(in crate::store) fn backup(tx: &ReadTx, to: &Path) -> Result<(), StoreError> {
    let temporary = file::beside(to, "partial");
    let result = copy(tx, &temporary).and_then(|()| file::publish(&temporary, to));
    if result.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    result
}

fn copy(tx: &ReadTx, to: &Path) -> Result<(), StoreError> {
    let fail = |error: redb::Error| StoreError::engine(to, error);
    let mut database = file::create_database(file::create_new(to)?, to, COPY_CACHE_BYTES)?;
    let tables = tx.raw().list_tables().map_err(|e| tx.fail(e))?;
    let names: Vec<String> = tables.map(|table| table.name().to_owned()).collect();
    for name in &names {
        copy_table(tx, &database, name, to)?;
    }
    let mut last = database.begin_write().map_err(|e| fail(e.into()))?;
    last.set_quick_repair(true);
    last.commit().map_err(|e| fail(e.into()))?;
    database.compact().map_err(|e| fail(e.into()))?;
    drop(database);
    std::fs::File::open(to).and_then(|finished| finished.sync_all()).map_err(|cause| StoreError::io("write", to, cause))
}

fn copy_table(tx: &ReadTx, database: &redb::Database, name: &str, to: &Path) -> Result<(), StoreError> {
    let fail = |error: redb::Error| StoreError::engine(to, error);
    let definition: redb::TableDefinition<'_, &'static [u8], &'static [u8]> = redb::TableDefinition::new(name);
    let source = tx.raw().open_table(definition).map_err(|e| tx.fail(e))?;
    let mut rows = source.range::<&[u8]>(..).map_err(|e| tx.fail(e))?;
    loop {
        let mut target = database.begin_write().map_err(|e| fail(e.into()))?;
        target.set_durability(Durability::None).map_err(|e| fail(e.into()))?;
        let mut copied = 0;
        {
            let mut table = target.open_table(definition).map_err(|e| fail(e.into()))?;
            for row in rows.by_ref().take(COPY_ROWS) {
                let (key, value) = row.map_err(|e| tx.fail(e))?;
                copied += 1;
                // the log is that of the store; a copy has none
                if !wal::is_mark(name, key.value()) {
                    table.insert(key.value(), value.value()).map_err(|e| fail(e.into()))?;
                }
            }
        }
        target.commit().map_err(|e| fail(e.into()))?;
        if copied < COPY_ROWS {
            return Ok(());
        }
    }
}
