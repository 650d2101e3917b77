//! `pull`: reads a corp into the mirror and binds what the match rules find.

use super::context::{Context, corp_key};
use super::show;
use crate::model::CorpKey;
use crate::ops::admin::{Command, CommandError, Exit};
use clap::Args;

/// Read departments and members from WeCom and bind new ones by the match rules
#[derive(Debug, Args)]
pub struct Pull {
    /// The corp
    #[arg(long, value_name = "KEY", value_parser = corp_key)]
    corp: CorpKey,
    /// Read all names and details again, not only those of what is new
    #[arg(long)]
    full: bool,
    /// Believe that the many departments or members missing from WeCom's answer were really removed there
    #[arg(long)]
    accept_shrink: bool,
}

impl Pull {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        context
            .execute(Command::Pull { corp: self.corp, full: self.full, accept_shrink: self.accept_shrink }, show::pull)
            .await
    }
}
