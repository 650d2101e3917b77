//! `restore FILE`: puts a backup in the place of the database. The server must be down.

use super::context::{Context, print_out};
use super::local;
use crate::ops::admin::{CommandError, Exit};
use crate::store;
use clap::Args;
use std::path::PathBuf;

/// Put a backup in the place of the database; the former one is kept beside it. Stop the server first
#[derive(Debug, Args)]
pub struct Restore {
    /// The backup
    file: PathBuf,
    /// Really replace the present database
    #[arg(long)]
    yes: bool,
}

impl Restore {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let config = context.config(Vec::new())?;
        local::refuse_while_served(&config, "restore").await?;
        let present = store::database_path(&config.server.data_dir);
        if present.exists() && !self.yes {
            let message = format!("{} exists; repeat with --yes to put the backup in its place", present.display());
            return Err(CommandError::usage(message));
        }
        let options = local::store_options(&config)?;
        let (from, to) = (self.file.clone(), config.server.data_dir.clone());
        let restored = tokio::task::spawn_blocking(move || store::restore(&from, &to, &options)).await;
        let kept = restored
            .map_err(|cause| CommandError::failed(cause.to_string()))?
            .map_err(|error| CommandError::from_chain(&error))?;
        if context.is_json() {
            print_out(&format!("{}\n", serde_json::json!({ "restored": present, "former": kept })))?;
        } else {
            let done = context.language.pick("restored", "已恢复");
            let mut text = format!("{}: {done}\n", present.display());
            if let Some(kept) = kept {
                let label = context.language.pick("the former database is kept as", "原数据库保留为");
                text.push_str(&format!("{label} {}\n", kept.display()));
            }
            print_out(&text)?;
        }
        Ok(Exit::Done)
    }
}
