//! A plan with all its changes. They are asked for page by page, and nothing is printed before all are there: whoever reads
//! the output gets a whole object or none.

use super::context::{Context, print_out};
use super::show;
use crate::model::PlanId;
use crate::ops::admin::{Command, CommandError, Exit, PlanCommand};
use crate::ops::report::{ChangesPage, PlanReport};
use serde::Deserialize;
use std::fmt::Write;

/// Executes a command that answers a stored plan, and prints it: for people with its first changes, as JSON with all.
pub(super) async fn execute(context: &Context, command: Command) -> Result<Exit, CommandError> {
    if !context.is_json() {
        return context.execute(command, show::plan).await;
    }
    let answer = context.ask(command).await?;
    let mut report = PlanReport::deserialize(&answer.value).map_err(unreadable)?;
    report.changes.clear();
    let head = serde_json::to_string(&report).map_err(unreadable)?;
    // The changes are the last field and empty: they are written where the list is open.
    let open = head.strip_suffix("]}").ok_or_else(|| CommandError::failed("the answer has no list of changes"))?;
    let changes = changes(context, report.id).await?;
    print_out(open)?;
    print_out(&changes)?;
    print_out("]}\n")?;
    Ok(answer.exit)
}

async fn changes(context: &Context, plan: PlanId) -> Result<String, CommandError> {
    let (mut from, mut text) = (0, String::new());
    loop {
        let command = PlanCommand::Changes { plan: plan.clone(), from };
        let answer = context.ask(Command::Plans(command)).await?;
        let page = ChangesPage::deserialize(answer.value).map_err(unreadable)?;
        for (at, change) in page.changes.iter().enumerate() {
            let comma = if from == 0 && at == 0 { "" } else { "," };
            let change = serde_json::to_string(change).map_err(unreadable)?;
            // Writing into a text does not fail.
            let _ = write!(text, "{comma}{change}");
        }
        match page.next {
            Some(next) => from = next,
            None => return Ok(text),
        }
    }
}

fn unreadable(cause: impl std::fmt::Display) -> CommandError {
    CommandError::failed(format!("the answer cannot be read: {cause}"))
}
