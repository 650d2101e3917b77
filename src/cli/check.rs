//! `check`: the doctor.

use super::context::{Context, corp_key};
use super::show;
use crate::model::CorpKey;
use crate::ops::admin::{Command, CommandError, Exit};
use clap::Args;

/// Examine a corp's connection: network, clock, tokens, trusted IP, visible range
#[derive(Debug, Args)]
pub struct Check {
    /// The corp [default: all]
    #[arg(long, value_name = "KEY", value_parser = corp_key)]
    corp: Option<CorpKey>,
}

impl Check {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        context.execute(Command::Check { corp: self.corp }, show::findings).await
    }
}
