//! Compaction and statistics.

use crate::store::error::StoreError;
use crate::store::{Store, registry};
use redb::{ReadableTableMetadata, TableDefinition};
use serde::Serialize;

/// Passes of one compaction; more have never been seen to help.
const PASSES_MAX: usize = 8;

/// Size and content of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Schema version.
    pub schema: u32,
    /// Each table.
    pub tables: Vec<TableStats>,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableStats {
    /// Name.
    pub name: &'static str,
    /// Rows.
    pub rows: u64,
    /// Bytes of keys and values.
    pub stored_bytes: u64,
}

impl Store {
    /// Size and content. Reads every page's head: about a second per gigabyte. Blocks.
    pub fn stats(&self) -> Result<Stats, StoreError> {
        let file_bytes = self.file_bytes()?;
        self.read(|tx| {
            let mut tables = Vec::new();
            for table in registry::tables() {
                let definition: TableDefinition<'_, &'static [u8], &'static [u8]> = TableDefinition::new(table.name);
                let opened = match tx.raw().open_table(definition) {
                    Ok(opened) => opened,
                    Err(redb::TableError::TableDoesNotExist(_)) => continue,
                    Err(error) => return Err(tx.fail(error)),
                };
                let stats = opened.stats().map_err(|e| tx.fail(e))?;
                let rows = opened.len().map_err(|e| tx.fail(e))?;
                tables.push(TableStats { name: table.name, rows, stored_bytes: stats.stored_bytes() });
            }
            Ok(Stats { file_bytes, schema: crate::store::meta::schema(tx)?, tables })
        })
    }

    /// Bytes of the file.
    pub fn file_bytes(&self) -> Result<u64, StoreError> {
        let meta = std::fs::metadata(self.path()).map_err(|cause| StoreError::io("read", self.path(), cause))?;
        Ok(meta.len())
    }

    /// Gives unused pages back to the disk; everybody else waits meanwhile (about a second per million rows). Returns the
    /// bytes before and after. Blocks. A crash in between loses nothing.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when a long read does not end; nothing was done then.
    pub fn compact(&self) -> Result<(u64, u64), StoreError> {
        let before = self.file_bytes()?;
        self.0.core.alone("compact", |database| {
            // Each pass moves what the one before has made movable; the engine says when nothing moved any more.
            for _ in 0..PASSES_MAX {
                if !database.compact().map_err(|error| StoreError::engine(self.path(), error))? {
                    break;
                }
            }
            Ok(())
        })?;
        Ok((before, self.file_bytes()?))
    }
}
