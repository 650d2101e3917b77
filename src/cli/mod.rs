//! The command line: one file per subcommand. It reads flags and files, has commands executed, and prints; it decides
//! nothing about directories.

mod admin;
mod apply;
mod backup;
mod bindings;
mod check;
mod check_config;
mod compact;
mod context;
mod demo;
mod explain;
mod export;
mod import;
mod key;
mod language;
mod local;
mod openapi;
mod plan;
mod plans;
mod pull;
mod rekey;
mod restore;
mod runs;
mod sandbox;
mod serve;
mod served;
mod show;
mod signals;
mod sync;
mod table;
mod terminal;
mod test_expression;
mod verify;
mod whole_plan;

use crate::ops::admin::{CommandError, Exit};
use crate::store;
use clap::{Parser, Subcommand};
use context::{Context, Global, print_out};
use std::process::ExitCode;

/// Keeps an organisation's own directory and WeCom in step: plans, previews, applies and journals every change.
#[derive(Debug, Parser)]
#[command(name = "wecom-bridge", version, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = "Exit codes: 0 done or nothing to do, 1 failed, 2 usage or configuration, 3 changes pending, \
                        4 held by a guard, 5 partly done.")]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    Demo(demo::Demo),
    Serve(serve::Serve),
    Sandbox(sandbox::Sandbox),
    Apply(apply::Apply),
    Export(export::Export),
    Import(import::Import),
    Pull(pull::Pull),
    Plan(plan::Plan),
    Sync(sync::Sync),
    Explain(explain::Explain),
    Check(check::Check),
    CheckConfig(check_config::CheckConfig),
    Key(key::Key),
    Admin(admin::Admin),
    Bindings(bindings::Bindings),
    Runs(runs::Runs),
    Plans(plans::Plans),
    TestExpression(test_expression::TestExpression),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Verify(verify::Verify),
    Rekey(rekey::Rekey),
    Compact(compact::Compact),
    Openapi(openapi::Openapi),
}

/// Runs the program and answers its exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(refused) => return refuse(&refused),
    };
    let context = Context::new(cli.global);
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |about| {
        if !store::tells_panic_itself() {
            usual(about);
        }
    }));
    // An error means that a provider is set already, which then is the same one.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => {
            eprintln!("wecom-bridge: threads cannot be started: {cause}");
            return ExitCode::from(Exit::Failed.code());
        }
    };
    let result = runtime.block_on(dispatch(cli.command, &context));
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    let exit = result.unwrap_or_else(|error| {
        eprintln!("wecom-bridge: {error}");
        if context.is_json() {
            print_error(&error);
        }
        error.exit
    });
    ExitCode::from(exit.code())
}

/// A command line that cannot be understood, or a wish for help.
fn refuse(refused: &clap::Error) -> ExitCode {
    // A terminal that is gone is no reason for another exit code.
    let _ = refused.print();
    if refused.use_stderr() && std::env::args_os().any(|arg| arg == "--json") {
        let text = refused.to_string();
        let first = text.lines().next().unwrap_or_default();
        print_error(&CommandError::usage(first.strip_prefix("error: ").unwrap_or(first)));
    }
    ExitCode::from(if refused.use_stderr() { Exit::Usage.code() } else { Exit::Done.code() })
}

/// The one object of `--json` where a command did not do what it should.
fn print_error(error: &CommandError) {
    let code = match error.exit {
        Exit::Usage => "usage",
        _ => "failed",
    };
    // Standard output that cannot be written leaves the exit code and the message on standard error.
    let _ = print_out(&format!("{}\n", serde_json::json!({ "error": { "code": code, "message": error.message } })));
}

async fn dispatch(command: Subcommands, context: &Context) -> Result<Exit, CommandError> {
    match command {
        Subcommands::Demo(command) => command.run(context).await,
        Subcommands::Serve(command) => command.run(context).await,
        Subcommands::Sandbox(command) => command.run(context).await,
        Subcommands::Apply(command) => command.run(context).await,
        Subcommands::Export(command) => command.run(context).await,
        Subcommands::Import(command) => command.run(context).await,
        Subcommands::Pull(command) => command.run(context).await,
        Subcommands::Plan(command) => command.run(context).await,
        Subcommands::Sync(command) => command.run(context).await,
        Subcommands::Explain(command) => command.run(context).await,
        Subcommands::Check(command) => command.run(context).await,
        Subcommands::CheckConfig(command) => command.run(context),
        Subcommands::Key(command) => command.run(context).await,
        Subcommands::Admin(command) => command.run(context).await,
        Subcommands::Bindings(command) => command.run(context).await,
        Subcommands::Runs(command) => command.run(context).await,
        Subcommands::Plans(command) => command.run(context).await,
        Subcommands::TestExpression(command) => command.run(context).await,
        Subcommands::Backup(command) => command.run(context).await,
        Subcommands::Restore(command) => command.run(context).await,
        Subcommands::Verify(command) => command.run(context).await,
        Subcommands::Rekey(command) => command.run(context).await,
        Subcommands::Compact(command) => command.run(context).await,
        Subcommands::Openapi(command) => command.run(context),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn only_downstream_is_accepted() {
        assert!(Cli::try_parse_from(["wecom-bridge", "plan", "--corp", "a", "--direction", "downstream"]).is_ok());
        assert!(Cli::try_parse_from(["wecom-bridge", "plan", "--corp", "a", "--direction", "upstream"]).is_err());
    }

    #[test]
    fn a_held_plan_needs_a_reason_and_a_yes_together() {
        for (flags, fine) in [
            (&["--plan", "p", "--yes", "--reason", "r"][..], true),
            (&["--plan", "p"], true),
            (&["--plan", "p", "--yes"], false),
            (&["--plan", "p", "--reason", "r"], false),
            (&["--yes", "--reason", "r"], false),
        ] {
            let args = ["wecom-bridge", "sync", "--corp", "a"].iter().chain(flags);
            assert_eq!(Cli::try_parse_from(args).is_ok(), fine, "{flags:?}");
        }
    }
}
