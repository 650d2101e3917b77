//! `test-expression`: tries a filter or a field text before it goes into the set-up.

use super::context::{Context, employee_id, tenant_key};
use super::show;
use crate::model::{EmployeeId, TenantKey};
use crate::ops::admin::{Command, CommandError, Exit, ExpressionKind};
use clap::Args;

/// Try a filter or a text with {{ }} holes on the people of a directory
#[derive(Debug, Args)]
pub struct TestExpression {
    /// Whose directory
    #[arg(long, value_name = "KEY", value_parser = tenant_key)]
    tenant: TenantKey,
    /// A condition, e.g. 'position != "" && unit_path.startsWith("总部/")'
    #[arg(long, value_name = "CEL", conflicts_with = "text", required_unless_present = "text")]
    filter: Option<String>,
    /// A text, e.g. '{{ name }} ({{ employee_no }})'
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Only this employee [default: the first twenty]
    #[arg(long, value_name = "ID", value_parser = employee_id)]
    employee: Option<EmployeeId>,
}

impl TestExpression {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let (kind, text) = match (self.filter, self.text) {
            (Some(filter), _) => (ExpressionKind::Filter, filter),
            (None, text) => (ExpressionKind::Text, text.unwrap_or_default()),
        };
        let command = Command::TestExpression { tenant: self.tenant, kind, text, employee: self.employee };
        context.execute(command, show::expression).await
    }
}
