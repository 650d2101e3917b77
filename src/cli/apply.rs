//! `apply FILE`: lays a set-up file over what is there.

use super::context::Context;
use super::language::Language;
use super::show;
use crate::ops::admin::wire::SecretText;
use crate::ops::admin::{Command, CommandError, Exit};
use crate::ops::exec::ApplyReport;
use crate::setup::{self, ReadFrom};
use clap::Args;
use std::path::{Path, PathBuf};

/// Apply a set-up file (tenants, corps, apps, options); safe to repeat
#[derive(Debug, Args)]
pub struct Apply {
    /// The file; see packaging/setup-example.toml
    file: PathBuf,
    /// Show what would change and write nothing; exit code 3 when something would
    #[arg(long)]
    dry_run: bool,
    /// Remove what is not in the file
    #[arg(long)]
    prune: bool,
}

impl Apply {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let setup = read(&self.file)?;
        let command = Command::Apply { setup, dry_run: self.dry_run, prune: self.prune };
        context.execute(command, render).await
    }
}

/// Reads and checks the file here, where its references to secrets can be followed, and writes it anew with the secrets
/// in place.
pub(super) fn read(path: &Path) -> Result<SecretText, CommandError> {
    let text = std::fs::read_to_string(path)
        .map_err(|cause| CommandError::failed(format!("{}: cannot be read: {cause}", path.display())))?;
    let env = |name: &str| std::env::var(name).ok();
    let folder = path.parent().unwrap_or(Path::new("."));
    let file = setup::read(&text, &ReadFrom { env: &env, folder })
        .map_err(|faults| CommandError::usage(format!("{}: {faults}", path.display())))?;
    let text = setup::write(&file, false).map_err(|cause| CommandError::failed(cause.to_string()))?;
    Ok(SecretText(text))
}

fn render(applied: &ApplyReport, language: Language) -> String {
    let mut text: String = applied.changes.iter().map(|change| show::setup_change(change, language)).collect();
    if !applied.written && applied.changes.iter().any(|change| show::is_pending(change.action)) {
        text.push_str(language.pick("Nothing was written (--dry-run).\n", "未写入任何内容(--dry-run)。\n"));
    }
    text
}
