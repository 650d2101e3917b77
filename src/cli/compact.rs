//! `compact`: gives unused pages of the database file back to the disk.

use super::context::Context;
use super::show;
use crate::ops::admin::{Command, CommandError, Exit, StoreCommand};
use clap::Args;

/// Give unused pages of the database file back to the disk; a running server waits meanwhile
#[derive(Debug, Args)]
pub struct Compact {}

impl Compact {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        context.execute(Command::Store(StoreCommand::Compact), show::compacted).await
    }
}
