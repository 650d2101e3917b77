//! `backup`, `verify`, `rekey`, `compact`: the store's own functions, on threads where blocking is allowed.

use crate::app::App;
use crate::model::Actor;
use crate::ops::admin::{Answer, CommandError, Exit, StoreCommand};
use crate::store::{self, Store, StoreError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What `backup` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupReport {
    /// The copy in the data directory; the caller moves it to where it is wanted.
    pub staged: PathBuf,
    /// Bytes of the copy.
    pub bytes: u64,
}

/// What `verify` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyOutcome {
    /// Whether nothing is wrong.
    pub good: bool,
    /// Rows of all tables.
    pub rows: u64,
    /// Rows by table.
    pub tables: BTreeMap<String, u64>,
    /// What is wrong; at most 100 per table.
    pub faults: Vec<String>,
    /// Count of everything that is wrong.
    pub faults_total: u64,
}

/// What `compact` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompactReport {
    /// Bytes of the file before.
    pub before_bytes: u64,
    /// Bytes of the file now.
    pub after_bytes: u64,
}

/// Executes one of them.
pub(super) async fn execute(app: &App, actor: &Actor, command: StoreCommand) -> Result<Answer, CommandError> {
    match command {
        StoreCommand::Backup => {
            let staged = app.config.server.data_dir.join(format!("backup-{}.redb.part", app.env.new_id()));
            let to = staged.clone();
            app.callbacks.take_over_log().await.map_err(|error| CommandError::from_chain(&error))?;
            blocking(app, move |store| store.backup(&to)).await?;
            let bytes = std::fs::metadata(&staged).map_or(0, |about| about.len());
            note(app, actor, "store.backup").await?;
            Answer::new(Exit::Done, &BackupReport { staged, bytes })
        }
        StoreCommand::Verify => {
            let found = blocking(app, Store::verify).await?;
            let report = VerifyOutcome {
                good: found.is_good(),
                rows: found.rows(),
                tables: found.tables.iter().map(|(name, rows)| ((*name).to_owned(), *rows)).collect(),
                faults: found.faults.iter().map(|fault| format!("{}: {}", fault.table, fault.what)).collect(),
                faults_total: found.faults_total,
            };
            Answer::new(if report.good { Exit::Done } else { Exit::Failed }, &report)
        }
        StoreCommand::Rekey => {
            let report = blocking(app, Store::rekey).await?;
            note(app, actor, "store.rekey").await?;
            Answer::new(Exit::Done, &report)
        }
        StoreCommand::Compact => {
            let (before_bytes, after_bytes) = blocking(app, Store::compact).await?;
            Answer::new(Exit::Done, &CompactReport { before_bytes, after_bytes })
        }
    }
}

async fn blocking<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, CommandError> {
    let store = app.store.clone();
    let done = tokio::task::spawn_blocking(move || work(&store)).await;
    done.map_err(|cause| CommandError::failed(cause.to_string()))?.map_err(|error| CommandError::from_chain(&error))
}

async fn note(app: &App, actor: &Actor, action: &'static str) -> Result<(), CommandError> {
    let actor = actor.clone();
    let noted = app.store.write(move |tx| store::audit::append(tx, &actor, action, "store", None, None).map(drop));
    noted.await.map_err(|error| CommandError::from_chain(&error))
}
