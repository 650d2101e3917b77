//! `runs list|show|retry|undo|cancel`

use super::context::{Context, corp_key, run_id};
use super::show;
use crate::model::{CorpKey, RunId};
use crate::ops::admin::{Command, CommandError, Exit, RunCommand};
use clap::{Args, Subcommand};

/// What was done: runs and their journals
#[derive(Debug, Args)]
pub struct Runs {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// List the latest runs
    List {
        /// Of this corp only
        #[arg(long, value_name = "KEY", value_parser = corp_key)]
        corp: Option<CorpKey>,
        /// How many
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
    },
    /// Show one run with its failed records
    Show {
        /// The run
        #[arg(value_parser = run_id)]
        run: RunId,
    },
    /// Try failed records again: one, or all
    Retry {
        /// The run
        #[arg(value_parser = run_id)]
        run: RunId,
        /// Only this record
        #[arg(long)]
        seq: Option<u32>,
    },
    /// Make a plan that gives back what the run changed; apply it with `sync --plan`
    Undo {
        /// The run
        #[arg(value_parser = run_id)]
        run: RunId,
    },
    /// Stop a run after the calls that are under way
    Cancel {
        /// The run
        #[arg(value_parser = run_id)]
        run: RunId,
    },
}

impl Runs {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        match self.command {
            Subcommands::List { corp, limit } => {
                context.execute(Command::Runs(RunCommand::List { corp, limit }), show::runs).await
            }
            Subcommands::Show { run } => context.execute(Command::Runs(RunCommand::Show { run }), show::run).await,
            Subcommands::Retry { run, seq } => {
                context.execute(Command::Runs(RunCommand::Retry { run, seq }), show::sync).await
            }
            Subcommands::Undo { run } => context.execute(Command::Runs(RunCommand::Undo { run }), show::plan).await,
            Subcommands::Cancel { run } => {
                context.execute(Command::Runs(RunCommand::Cancel { run }), show::message).await
            }
        }
    }
}
