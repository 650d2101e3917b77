//! `verify`: checks every row and the audit chain.

use super::context::Context;
use super::show;
use crate::ops::admin::{Command, CommandError, Exit, StoreCommand};
use clap::Args;

/// Check every row of the database and the chain of the audit log
#[derive(Debug, Args)]
pub struct Verify {}

impl Verify {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        context.execute(Command::Store(StoreCommand::Verify), show::verified).await
    }
}
