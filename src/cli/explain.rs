//! `explain`: why a person is treated as they are.

use super::context::{Context, corp_key, employee_id};
use super::show;
use crate::model::{CorpKey, EmployeeId};
use crate::ops::admin::{Command, CommandError, Exit};
use clap::Args;

/// Say for one person what a sync would do and why: scope, match, binding, fields, guards
#[derive(Debug, Args)]
pub struct Explain {
    /// The corp
    #[arg(long, value_name = "KEY", value_parser = corp_key)]
    corp: CorpKey,
    /// The employee's id in the own directory
    #[arg(long, value_name = "ID", value_parser = employee_id)]
    employee: EmployeeId,
}

impl Explain {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let command = Command::Explain { corp: self.corp, employee: self.employee };
        context.execute(command, show::explanation).await
    }
}
