//! `rekey`: a new master key.

use super::context::Context;
use super::show;
use crate::ops::admin::{Command, CommandError, Exit, StoreCommand};
use clap::Args;

/// Make a new master key and seal every secret under it; the old key is kept in a file beside the new one, for the
/// backups made before
#[derive(Debug, Args)]
pub struct Rekey {
    /// Really do it
    #[arg(long)]
    yes: bool,
}

impl Rekey {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        if !self.yes {
            return Err(CommandError::usage(
                "a new master key would be made and every secret sealed under it. Backups made until now open only with the \
                 present key, which is kept in a file beside the new one: copy both to where you keep keys. Nothing was done; \
                 repeat with --yes",
            ));
        }
        context.execute(Command::Store(StoreCommand::Rekey), show::rekeyed).await
    }
}
