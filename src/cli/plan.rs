//! `plan`: what a sync would do.

use super::context::{Context, corp_key};
use super::show;
use crate::model::CorpKey;
use crate::ops::admin::{Command, CommandError, Exit};
use clap::{Args, ValueEnum};

/// Compute and store what a sync would do; exit code 3 when there are changes, 4 when a guard holds them
#[derive(Debug, Args)]
pub struct Plan {
    /// The corp
    #[arg(long, value_name = "KEY", value_parser = corp_key)]
    corp: CorpKey,
    /// Which way
    #[arg(long, value_enum, default_value = "downstream")]
    direction: Direction,
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
        context.execute(Command::Plan { corp: self.corp }, show::plan).await
    }
}
