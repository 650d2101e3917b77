//! `sync`: plans and applies, or applies a stored plan.

use super::context::{Context, corp_key, plan_id};
use super::plan::Direction;
use super::show;
use crate::model::{CorpKey, PlanId};
use crate::ops::admin::{Command, CommandError, Exit, Reading};
use clap::Args;

/// Pull, plan and apply at once when no guard trips; or apply the plan that --plan names
#[derive(Debug, Args)]
pub struct Sync {
    /// The corp
    #[arg(long, value_name = "KEY", value_parser = corp_key)]
    corp: CorpKey,
    /// Which way
    #[arg(long, value_enum, default_value = "downstream")]
    direction: Direction,
    /// Apply this stored plan and nothing else
    #[arg(long, value_name = "ID", value_parser = plan_id, conflicts_with_all = ["full", "accept_shrink"])]
    plan: Option<PlanId>,
    /// Allow a plan that a guard holds; needs --plan and --reason
    #[arg(long, requires = "plan", requires = "reason")]
    yes: bool,
    /// Why the plan is allowed; kept in the audit log
    #[arg(long, value_name = "TEXT", requires = "yes")]
    reason: Option<String>,
    #[command(flatten)]
    reading: Reading,
}

impl Sync {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let Direction::Downstream = self.direction;
        let reason = self.reason.filter(|_| self.yes);
        let command = Command::Sync { corp: self.corp, plan: self.plan, reason, reading: self.reading };
        context.execute(command, show::sync).await
    }
}
