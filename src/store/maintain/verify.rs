//! Verification: the engine's own check, every row decoded, and everything that must fit together across tables.

use crate::store::error::StoreError;
use crate::store::registry::{self, Checks, Fault};
use crate::store::tx::{ReadTx, Reads};
use crate::store::{Store, file, key};
use serde::Serialize;
use std::ops::ControlFlow;

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// Rows of each table.
    pub tables: Vec<(&'static str, u64)>,
    /// What is wrong; at most 100 per table are listed.
    pub faults: Vec<Fault>,
    /// Count of everything that is wrong.
    pub faults_total: u64,
}

impl VerifyReport {
    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.faults_total == 0
    }

    /// All rows.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }
}

impl Store {
    /// Checks the whole store. Everybody else waits while the engine checks its pages (about 0.2 s per million rows); the
    /// rows are then read beside the others. Blocks.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when a long read does not end; [`StoreError::Corrupt`] when the file cannot be read at all.
    /// Anything less is in the report.
    pub fn verify(&self) -> Result<VerifyReport, StoreError> {
        let path = self.path().to_owned();
        file::contained(&path, || {
            let whole = self.0.core.alone("verify", |database| {
                database.check_integrity().map_err(|error| StoreError::engine(&path, error))
            })?;
            self.read(|tx| {
                let mut report = verify_rows(tx)?;
                if !whole {
                    report.faults_total += 1;
                    let what = "the file's pages were inconsistent and have been repaired".to_owned();
                    report.faults.insert(0, Fault { table: "(file)", what });
                }
                Ok(report)
            })
        })
    }
}

/// Everything but the engine's own check.
pub(super) fn verify_rows(tx: &ReadTx) -> Result<VerifyReport, StoreError> {
    let mut checks = Checks::default();
    let mut tables = Vec::new();
    for table in registry::tables() {
        let mut rows = 0;
        tx.source().scan(table.name, &key::Prefix::all().range(), false, &mut |key, value| {
            rows += 1;
            checks.row(&table, key, value);
            Ok(ControlFlow::Continue(()))
        })?;
        tables.push((table.name, rows));
    }
    registry::check_all(tx, &mut checks)?;
    Ok(VerifyReport { tables, faults: checks.faults, faults_total: checks.total })
}
