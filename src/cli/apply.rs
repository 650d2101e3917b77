//! `apply FILE`: lays a set-up file over what is there.

use super::context::Context;
use super::language::Language;
use super::show;
use crate::model::CorpKey;
use crate::ops::admin::wire::SecretText;
use crate::ops::admin::{Command, CommandError, Exit};
use crate::ops::exec::ApplyReport;
use crate::setup::{self, Links, ReadFrom};
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
    /// Remove what is not in the file, with everything that is kept for it; look at it with --dry-run first
    #[arg(long)]
    prune: bool,
    /// The corp becomes another WeCom (tenant, corpid or api_base change): drop its links, mirror, plans and runs
    #[arg(long, value_name = "KEY")]
    reset_bindings: Vec<String>,
    /// The corp is the same WeCom at another address (only api_base changes): keep its links
    #[arg(long, value_name = "KEY")]
    keep_bindings: Vec<String>,
    /// The key of a tenant or corp that is removed with what is kept for it, or of a corp that begins to delete people;
    /// may be given many times. A dry run says where it is needed
    #[arg(long, value_name = "KEY")]
    confirm: Vec<String>,
}

impl Apply {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        if let Some(both) = self.reset_bindings.iter().find(|key| self.keep_bindings.contains(key)) {
            return Err(CommandError::usage(format!("--reset-bindings and --keep-bindings both name {both}")));
        }
        let setup = read(&self.file)?;
        let of = |keys: Vec<String>, links| keys.into_iter().map(move |key| (CorpKey::from(key), links));
        let links = of(self.reset_bindings, Links::Reset).chain(of(self.keep_bindings, Links::Keep)).collect();
        let command = Command::Apply {
            setup,
            dry_run: self.dry_run,
            prune: self.prune,
            links,
            confirm: self.confirm.into_iter().collect(),
        };
        context.execute(command, render).await
    }
}

/// Reads and checks the file here, where its references to secrets can be followed, and writes it anew with the secrets
/// in place.
pub(super) fn read(path: &Path) -> Result<SecretText, CommandError> {
    let text = std::fs::read_to_string(path)
        .map_err(|cause| CommandError::usage(format!("{}: cannot be read: {cause}", path.display())))?;
    let env = |name: &str| std::env::var(name).ok();
    let folder = path.parent().unwrap_or(Path::new("."));
    let file = setup::read(&text, &ReadFrom { env: &env, folder })
        .map_err(|faults| CommandError::usage(format!("{}: {faults}", path.display())))?;
    let text = setup::write(&file, false).map_err(|cause| CommandError::failed(cause.to_string()))?;
    Ok(SecretText(text))
}

fn render(applied: &ApplyReport, language: Language) -> String {
    let mut text: String = applied.changes.iter().map(|change| show::setup_change(change, language)).collect();
    for warning in &applied.warnings {
        text.push_str(&format!("{}: {warning}\n", language.pick("warning", "警告")));
    }
    let keys: Vec<String> = applied
        .changes
        .iter()
        .filter_map(|change| change.confirm.as_ref())
        .map(|key| format!("--confirm {key}"))
        .collect();
    if !applied.written && !keys.is_empty() {
        text.push_str(language.pick(
            "Some of this cannot be had back. Without the dry run it needs: ",
            "其中有无法撤回的改动。正式执行时须加：",
        ));
        text.push_str(&format!("{}\n", keys.join(" ")));
    }
    if !applied.written && applied.changes.iter().any(|change| show::is_pending(change.action)) {
        text.push_str(language.pick("Nothing was written (--dry-run).\n", "未写入任何内容（--dry-run）。\n"));
    }
    text
}
