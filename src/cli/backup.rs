//! `backup FILE`: a copy of the database, with the server up or down.

use super::context::{Context, print_out};
use crate::ops::admin::{Command, CommandError, Exit, StoreCommand};
use crate::ops::exec::BackupReport;
use clap::Args;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Copy the database to FILE while everything goes on; keep the master key's file apart from it
#[derive(Debug, Args)]
pub struct Backup {
    /// Where to; must not exist yet
    file: PathBuf,
}

impl Backup {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        if self.file.exists() {
            let message = format!("{} exists already and is not overwritten: choose another name", self.file.display());
            return Err(CommandError::usage(message));
        }
        let answer = context.ask(Command::Store(StoreCommand::Backup)).await?;
        let report =
            BackupReport::deserialize(&answer.value).map_err(|cause| CommandError::failed(cause.to_string()))?;
        let moved = move_file(&report.staged, &self.file);
        if moved.is_err() {
            // The staged copy is of no use to anybody; that it could not be removed would be said by the move's error.
            let _ = std::fs::remove_file(&report.staged);
        }
        moved.map_err(|cause| CommandError::failed(format!("{}: cannot be written: {cause}", self.file.display())))?;
        if context.is_json() {
            print_out(&format!("{}\n", serde_json::json!({ "file": self.file, "bytes": report.bytes })))?;
        } else {
            let done = context.language.pick("backed up", "已备份");
            print_out(&format!("{}: {done} ({} B)\n", self.file.display(), report.bytes))?;
        }
        Ok(answer.exit)
    }
}

/// Moves a file, across file systems where need be, to a name that must be free. Mode 0600 stays.
fn move_file(from: &Path, to: &Path) -> std::io::Result<()> {
    if std::fs::hard_link(from, to).is_err() {
        use std::os::unix::fs::OpenOptionsExt;
        let mut source = std::fs::File::open(from)?;
        let mut target = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
        let copied = std::io::copy(&mut source, &mut target).and_then(|_| target.sync_all());
        if copied.is_err() {
            let _ = std::fs::remove_file(to);
        }
        copied?;
    }
    std::fs::remove_file(from)
}
