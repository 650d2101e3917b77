//! `admin create|passwd|list|disable|enable|set-role|reset-totp|setup-link`: accounts of people.

use super::context::Context;
use super::language::Language;
use super::show;
use crate::model::Role;
use crate::ops::admin::wire::SecretText;
use crate::ops::admin::{AdminCommand, Command, CommandError, Exit};
use clap::{Args, Subcommand};
use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};

/// Accounts of the people who sign in to the browser pages
///
/// Needs no sign-in: who may run it could open the database as well. It is the way back in when the last administrator has
/// lost password or telephone, and is written to the audit log.
#[derive(Debug, Args)]
pub struct Admin {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Make an account
    Create {
        /// Sign-in name: 2 to 60 of A-Z a-z 0-9 . _ @ -
        name: String,
        /// What the person may do: administrator, operator or auditor
        #[arg(long, value_name = "ROLE", value_parser = role)]
        role: Role,
        /// The person's name [default: the sign-in name]
        #[arg(long, value_name = "TEXT")]
        display_name: Option<String>,
        /// Language of the pages for this person: zh or en [default: the appliance's]
        #[arg(long, value_name = "CODE")]
        language: Option<String>,
        #[command(flatten)]
        password: PasswordFlags,
    },
    /// Set a new password; ends the account's sessions, and waiting after wrong passwords
    Passwd {
        /// Sign-in name
        name: String,
        #[command(flatten)]
        password: PasswordFlags,
    },
    /// List the accounts
    List,
    /// Disable an account and end its sessions
    Disable {
        /// Sign-in name
        name: String,
    },
    /// Let a disabled account be used again
    Enable {
        /// Sign-in name
        name: String,
    },
    /// Give an account another role; ends its sessions
    SetRole {
        /// Sign-in name
        name: String,
        /// administrator, operator or auditor
        #[arg(value_parser = role)]
        role: Role,
    },
    /// Take the second factor away from somebody who has lost the telephone; ends the account's sessions
    ResetTotp {
        /// Sign-in name
        name: String,
    },
    /// Print a new one-time link for making the first administrator; needs the running server
    SetupLink,
}

/// Where the password comes from: asked for at the terminal unless one of these is given.
#[derive(Debug, Args)]
struct PasswordFlags {
    /// Generate a password and print it once; the person must change it at the next sign-in
    #[arg(long, conflicts_with = "password_file")]
    generate: bool,
    /// Read the password from the first line of a file; `-` is standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Make the person choose another password at the next sign-in
    #[arg(long)]
    must_change: bool,
}

impl Admin {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let command = match self.command {
            Subcommands::Create { name, role, display_name, language, password } => {
                let (password, must_change) = password.read(context.language)?;
                let command = AdminCommand::Create { name, display_name, role, language, password, must_change };
                return context.execute(Command::Admin(command), show::account_password).await;
            }
            Subcommands::Passwd { name, password } => {
                let (password, must_change) = password.read(context.language)?;
                let command = AdminCommand::Passwd { name, password, must_change };
                return context.execute(Command::Admin(command), show::account_password).await;
            }
            Subcommands::List => return context.execute(Command::Admin(AdminCommand::List), show::accounts).await,
            Subcommands::SetupLink => {
                return context.execute(Command::Admin(AdminCommand::SetupLink), show::setup_link).await;
            }
            Subcommands::Disable { name } => AdminCommand::Disable { name },
            Subcommands::Enable { name } => AdminCommand::Enable { name },
            Subcommands::SetRole { name, role } => AdminCommand::SetRole { name, role },
            Subcommands::ResetTotp { name } => AdminCommand::ResetTotp { name },
        };
        context.execute(Command::Admin(command), show::message).await
    }
}

impl PasswordFlags {
    /// The password (`None` = to be generated) and whether it must be changed.
    fn read(self, language: Language) -> Result<(Option<SecretText>, bool), CommandError> {
        if self.generate {
            return Ok((None, true));
        }
        let text = match &self.password_file {
            Some(path) if path == Path::new("-") => first_line(std::io::stdin().lock(), "standard input")?,
            Some(path) => {
                let file = std::fs::File::open(path)
                    .map_err(|cause| CommandError::usage(format!("{}: cannot be read: {cause}", path.display())))?;
                first_line(std::io::BufReader::new(file), &path.display().to_string())?
            }
            None if std::io::stdin().is_terminal() => ask_twice(language)?,
            None => first_line(std::io::stdin().lock(), "standard input")?,
        };
        Ok((Some(SecretText(text)), self.must_change))
    }
}

/// A line without its end; longer ones than any password are not read whole.
fn first_line(from: impl BufRead, name: &str) -> Result<String, CommandError> {
    let mut line = String::new();
    from.take(4_096)
        .read_line(&mut line)
        .map_err(|cause| CommandError::usage(format!("{name}: the password cannot be read: {cause}")))?;
    let line = line.trim_end_matches(['\r', '\n']);
    if line.is_empty() {
        return Err(CommandError::usage(format!("{name}: there is no password in the first line")));
    }
    Ok(line.to_owned())
}

fn ask_twice(language: Language) -> Result<String, CommandError> {
    let first = ask(language.pick("Password: ", "密码："))?;
    if first != ask(language.pick("Once more: ", "再次输入："))? {
        return Err(CommandError::usage("the two passwords differ; nothing was changed"));
    }
    Ok(first)
}

/// Asks at the terminal, where nothing is echoed.
fn ask(prompt: &str) -> Result<String, CommandError> {
    let terminal = console::Term::stderr();
    if !terminal.is_term() {
        return Err(CommandError::usage("standard error is no terminal to ask at; use --password-file or --generate"));
    }
    terminal
        .write_str(prompt)
        .and_then(|()| terminal.read_secure_line())
        .map_err(|cause| CommandError::failed(format!("the terminal cannot be read: {cause}")))
}

fn role(text: &str) -> Result<Role, String> {
    Role::find(text).ok_or_else(|| format!("there are {}", Role::ALL.map(Role::name).join(", ")))
}
