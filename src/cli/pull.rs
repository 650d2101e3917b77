//! `pull`: reads a corp into the mirror and binds what the match rules find.

use super::context::{Context, corp_key};
use super::show;
use crate::model::CorpKey;
use crate::ops::admin::{Command, CommandError, Exit, Reading};
use clap::Args;

/// Read departments and members from WeCom and bind new ones by the match rules
#[derive(Debug, Args)]
pub struct Pull {
    /// The corp
    #[arg(long, value_name = "KEY", value_parser = corp_key)]
    corp: CorpKey,
    #[command(flatten)]
    reading: Reading,
}

impl Pull {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        context.execute(Command::Pull { corp: self.corp, reading: self.reading }, show::pull).await
    }
}
