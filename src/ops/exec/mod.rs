//! Executes commands on the open application; the same code whether a command came over the admin socket or is executed
//! by the command line itself.

mod accounts;
mod bindings;
mod directory;
mod history;
mod keys;
mod maintenance;
mod setup;
mod sync;

pub use accounts::{AccountReport, PasswordReport, SetupLinkReport};
pub use directory::{ChangedRow, ExpressionReport, ExpressionRow, ImportReport};
pub use keys::{KeyReport, NewKeyReport};
pub use maintenance::{BackupReport, CompactReport, VerifyOutcome};
pub use setup::{ApplyReport, ExportReport};

use super::admin::server::Execute;
use super::admin::{Answer, Command, CommandError, Exit, Output, Reading};
use super::doctor;
use crate::app::App;
use crate::directory::ImportOptions;
use crate::model::Actor;
use crate::setup::Terms;
use crate::sync::pull::PullRequest;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

/// A short answer for people, where nothing else is to be said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageReport {
    /// Always true: what failed is an error.
    pub ok: bool,
    /// One English sentence.
    pub message: String,
    /// The same in Chinese.
    pub message_zh: String,
}

impl MessageReport {
    pub(super) fn answer(en: impl Into<String>, zh: impl Into<String>) -> Result<Answer, CommandError> {
        Answer::new(Exit::Done, &Self { ok: true, message: en.into(), message_zh: zh.into() })
    }
}

/// Executes a command on behalf of `actor`.
///
/// On `Err` the message says what is true now; what a command promises on its own page holds.
pub async fn execute(
    app: &App,
    actor: &Actor,
    command: Command,
    output: &mut dyn Output,
) -> Result<Answer, CommandError> {
    match command {
        Command::Apply { setup, dry_run, prune, links, confirm } => {
            setup::apply(app, actor, &setup.0, dry_run, &Terms { prune, links, confirm }).await
        }
        Command::Export { redact } => setup::export(app, redact).await,
        Command::Import { tenant, file, mode, skip_bad_rows, allow_shrink, allow_other_people, yes } => {
            let options = ImportOptions { mode: mode.into(), skip_bad_rows, allow_shrink, allow_other_people };
            directory::import(app, actor, &tenant, file, options, yes, output).await
        }
        Command::Pull { corp, reading } => sync::pull(app, actor, &corp, request(reading), output).await,
        Command::Plan { corp, reading } => sync::plan(app, actor, &corp, request(reading), output).await,
        Command::WhatIf { corp, settings, whole } => sync::what_if(app, &corp, &settings, whole).await,
        Command::Sync { corp, plan: Some(plan), reason, .. } => {
            sync::apply(app, actor, &corp, &plan, reason, output).await
        }
        Command::Sync { corp, plan: None, reading, .. } => {
            sync::sync(app, actor, &corp, request(reading), output).await
        }
        Command::Explain { corp, employee } => sync::explain(app, &corp, &employee).await,
        Command::Check { corp } => {
            let report = doctor::examine(app, corp.as_ref()).await.map_err(sync::refusal)?;
            Answer::new(if report.ok { Exit::Done } else { Exit::Failed }, &report)
        }
        Command::TestExpression { tenant, kind, text, employee } => {
            directory::expression(app, &tenant, kind, &text, employee).await
        }
        Command::Key(command) => keys::execute(app, actor, command).await,
        Command::Admin(command) => accounts::execute(app, actor, command).await,
        Command::Bindings(command) => bindings::execute(app, actor, command).await,
        Command::Runs(command) => history::runs(app, actor, command, output).await,
        Command::Plans(command) => history::plans(app, actor, command).await,
        Command::Store(command) => maintenance::execute(app, actor, command).await,
    }
}

fn request(reading: Reading) -> PullRequest {
    PullRequest { full: reading.full, accept_shrink: reading.accept_shrink }
}

impl Execute for App {
    fn execute<'a>(
        &'a self,
        user: &'a str,
        command: Command,
        output: &'a mut dyn Output,
    ) -> BoxFuture<'a, Result<Answer, CommandError>> {
        Box::pin(async move { execute(self, &Actor::cli(user), command, output).await })
    }
}
