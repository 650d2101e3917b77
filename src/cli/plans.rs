//! `plans list|show|allow|reject`

use super::context::{Context, corp_key, plan_id};
use super::{show, whole_plan};
use crate::model::{CorpKey, PlanId};
use crate::ops::admin::{Command, CommandError, Exit, PlanCommand};
use clap::{Args, Subcommand};

/// Stored plans, and decisions about them
#[derive(Debug, Args)]
pub struct Plans {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// List the stored plans
    List {
        /// Of this corp only
        #[arg(long, value_name = "KEY", value_parser = corp_key)]
        corp: Option<CorpKey>,
    },
    /// Show one plan whole
    Show {
        /// The plan
        #[arg(value_parser = plan_id)]
        plan: PlanId,
    },
    /// Allow a held plan; apply it with `sync --plan`
    Allow {
        /// The plan
        #[arg(value_parser = plan_id)]
        plan: PlanId,
        /// Why; kept in the audit log
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Reject a plan that no run has taken yet; it can never be applied
    Reject {
        /// The plan
        #[arg(value_parser = plan_id)]
        plan: PlanId,
        /// Why; kept in the audit log
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

impl Plans {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        match self.command {
            Subcommands::List { corp } => {
                context.execute(Command::Plans(PlanCommand::List { corp }), show::plans).await
            }
            Subcommands::Show { plan } => {
                whole_plan::execute(context, Command::Plans(PlanCommand::Show { plan })).await
            }
            Subcommands::Allow { plan, reason } => decide(context, plan, true, reason).await,
            Subcommands::Reject { plan, reason } => decide(context, plan, false, reason).await,
        }
    }
}

async fn decide(context: &Context, plan: PlanId, allow: bool, reason: String) -> Result<Exit, CommandError> {
    context.execute(Command::Plans(PlanCommand::Decide { plan, allow, reason }), show::message).await
}
