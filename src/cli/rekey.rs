//! `rekey`: a new master key.

use super::context::Context;
use super::show;
use crate::ops::admin::{Command, CommandError, Exit, StoreCommand};
use clap::Args;

/// Make a new master key and seal every secret under it; backups made before still need the old key file
#[derive(Debug, Args)]
pub struct Rekey {}

impl Rekey {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        context.execute(Command::Store(StoreCommand::Rekey), show::tree).await
    }
}
