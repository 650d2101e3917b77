//! `restore FILE`: puts a backup in the place of the database. The server must be down.

use super::context::{Context, account, print_out};
use super::local;
use crate::model::{Actor, CorpKey};
use crate::ops::admin::{CommandError, Exit};
use crate::store::{self, Restored};
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
        if !self.file.exists() {
            return Err(CommandError::usage(format!("{}: there is no such backup", self.file.display())));
        }
        let present = store::database_path(&config.server.data_dir);
        if present.exists() && !self.yes {
            let message = format!("{} exists; repeat with --yes to put the backup in its place", present.display());
            return Err(CommandError::usage(message));
        }
        let options = local::store_options(&config)?;
        let actor = Actor::cli(&account());
        let (from, to) = (self.file.clone(), config.server.data_dir.clone());
        let restored = tokio::task::spawn_blocking(move || store::restore(&from, &to, &options, &actor)).await;
        let Restored { former: kept, switched_off } = restored
            .map_err(|cause| CommandError::failed(cause.to_string()))?
            .map_err(|error| CommandError::from_chain(&error))?;
        if context.is_json() {
            print_out(&format!(
                "{}\n",
                serde_json::json!({ "restored": present, "former": kept, "switched_off": switched_off })
            ))?;
        } else {
            let done = context.language.pick("restored", "已恢复");
            let mut text = format!("{}: {done}\n", present.display());
            if let Some(kept) = kept {
                let label = context.language.pick("the former database is kept as", "原数据库保留为");
                text.push_str(&format!("{label} {}\n", kept.display()));
            }
            if !switched_off.is_empty() {
                let label = context.language.pick(
                    "Writing to WeCom is switched off, for the directory is that of the backup. Import the present one, \
                     look at a plan, then switch it on again (downstream.enabled) for:",
                    "通讯录已回到备份时的状态，因此已关闭向企业微信写入。请先导入最新通讯录并核对同步预览，再重新开启（downstream.enabled）：",
                );
                let keys: Vec<&str> = switched_off.iter().map(CorpKey::as_str).collect();
                text.push_str(&format!("{label} {}\n", keys.join(", ")));
            }
            print_out(&text)?;
        }
        Ok(Exit::Done)
    }
}
