//! `export`: the set-up as a file that `apply` takes back.

use super::context::Context;
use crate::ops::admin::{Command, CommandError, Exit};
use crate::ops::exec::ExportReport;
use clap::Args;
use std::io::IsTerminal;

/// Print the set-up as a file that `apply` takes back
#[derive(Debug, Args)]
pub struct Export {
    /// Write references to variables instead of secrets
    #[arg(long)]
    redact: bool,
}

impl Export {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        if !self.redact && !std::io::stdout().is_terminal() {
            eprintln!(
                "{}",
                context.language.pick(
                    "This file holds the secrets in clear; keep it like them, or use --redact.",
                    "该文件包含明文密钥，请妥善保管，或使用 --redact。"
                )
            );
        }
        context
            .execute(Command::Export { redact: self.redact }, |exported: &ExportReport, _| exported.toml.clone())
            .await
    }
}
