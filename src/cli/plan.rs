//! `plan`: what a sync would do.

use super::context::{Context, corp_key};
use super::{show, whole_plan};
use crate::model::CorpKey;
use crate::ops::admin::{Command, CommandError, Exit, Reading};
use crate::setup;
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

/// Compute and store what a sync would do; exit code 3 when there are changes, 4 when a guard holds them
#[derive(Debug, Args)]
pub struct Plan {
    /// The corp
    #[arg(long, value_name = "KEY", value_parser = corp_key)]
    corp: CorpKey,
    /// Which way
    #[arg(long, value_enum, default_value = "downstream")]
    direction: Direction,
    #[command(flatten)]
    reading: Reading,
    /// Try other settings on the data that is stored now: a fragment of the set-up file with `[downstream]` or `[[match]]`;
    /// nothing is read from WeCom, nothing is saved
    #[arg(long, value_name = "FILE", conflicts_with_all = ["full", "accept_shrink"])]
    what_if: Option<PathBuf>,
    /// Try one other setting likewise, e.g. downstream.leaver=delete; may be given many times
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = setting, conflicts_with_all = ["full", "accept_shrink"])]
    settings: Vec<(String, String)>,
}

/// Splits `KEY=VALUE`.
fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.trim().to_owned())),
        _ => Err("must be KEY=VALUE, e.g. downstream.leaver=delete".to_owned()),
    }
}

/// Which way to work. This release works downstream only: from the own directory to WeCom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Direction {
    /// From the own directory to WeCom
    Downstream,
}

impl Plan {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let Direction::Downstream = self.direction;
        if self.what_if.is_some() || !self.settings.is_empty() {
            let file = self.what_if.as_deref().map(read_text).transpose()?;
            let settings = setup::fragment_of(file.as_deref(), &self.settings)
                .map_err(|faults| CommandError::usage(faults.to_string()))?;
            let command = Command::WhatIf { corp: self.corp, settings, whole: context.is_json() };
            return context.execute(command, show::plan).await;
        }
        whole_plan::execute(context, Command::Plan { corp: self.corp, reading: self.reading }).await
    }
}

fn read_text(path: &Path) -> Result<String, CommandError> {
    std::fs::read_to_string(path)
        .map_err(|cause| CommandError::usage(format!("{}: cannot be read: {cause}", path.display())))
}
