//! `key create|list|revoke`: API keys.

use super::context::Context;
use super::show;
use crate::ops::admin::{Command, CommandError, Exit, KeyCommand};
use clap::{Args, Subcommand};

/// API keys with scopes
#[derive(Debug, Args)]
pub struct Key {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Make a key; it is shown once and never again
    Create {
        /// What the key is for
        #[arg(long, value_name = "NAME")]
        name: String,
        /// A right, e.g. sync.run; may be given many times; `all` stands for every right
        #[arg(long = "scope", value_name = "SCOPE", required = true, value_delimiter = ',')]
        scopes: Vec<String>,
        /// Days until the key ends [default: never]
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
        expires_days: Option<u32>,
    },
    /// List the keys, without the keys themselves
    List,
    /// End a key at once
    Revoke {
        /// The key's id
        id: String,
    },
}

impl Key {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        match self.command {
            Subcommands::Create { name, scopes, expires_days } => {
                let command = Command::Key(KeyCommand::Create { name, scopes, expires_days });
                context.execute(command, show::new_key).await
            }
            Subcommands::List => context.execute(Command::Key(KeyCommand::List), show::keys).await,
            Subcommands::Revoke { id } => context.execute(Command::Key(KeyCommand::Revoke { id }), show::message).await,
        }
    }
}
