//! `key create|list|revoke`: API keys.

use super::context::Context;
use super::show;
use crate::ops::admin::{Command, CommandError, Exit, KeyCommand, KeyExpiry};
use chrono::{DateTime, NaiveDate, NaiveTime};
use clap::{Args, Subcommand};

/// API keys with scopes
#[derive(Debug, Args)]
pub struct Key {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Make a key; it is shown once and never again
    Create {
        /// What the key is for
        #[arg(long, value_name = "NAME")]
        name: String,
        /// A right, e.g. sync.run; may be given many times; `all` stands for every right
        #[arg(long = "scope", value_name = "SCOPE", required = true, value_delimiter = ',')]
        scopes: Vec<String>,
        /// An address or block that the key may come from, e.g. 10.0.0.0/8; may be given many times [default: anywhere]
        #[arg(long = "network", value_name = "BLOCK", value_delimiter = ',')]
        networks: Vec<String>,
        /// When the key ends: 2027-06-30 (end of that day, UTC) or 2027-06-30T18:00:00+08:00 [default: never]
        #[arg(long, value_name = "TIME", value_parser = moment)]
        expires: Option<i64>,
        /// The same as so many days from now
        #[arg(long, value_name = "DAYS", conflicts_with = "expires", value_parser = clap::value_parser!(u32).range(1..=3650))]
        expires_days: Option<u32>,
    },
    /// List the keys, without the keys themselves
    List,
    /// End a key at once, with all keys that were made with it over the API
    Revoke {
        /// The key's id
        id: String,
    },
}

impl Key {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        match self.command {
            Subcommands::Create { name, scopes, networks, expires, expires_days } => {
                let expires = expires.map(KeyExpiry::AtMs).or(expires_days.map(KeyExpiry::Days));
                let command = Command::Key(KeyCommand::Create { name, scopes, networks, expires });
                context.execute(command, show::new_key).await
            }
            Subcommands::List => context.execute(Command::Key(KeyCommand::List), show::keys).await,
            Subcommands::Revoke { id } => context.execute(Command::Key(KeyCommand::Revoke { id }), show::message).await,
        }
    }
}

/// A moment of the calendar in Unix milliseconds; a date stands for its end.
fn moment(text: &str) -> Result<i64, String> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.timestamp_millis());
    }
    text.parse::<NaiveDate>()
        .ok()
        .and_then(|date| date.succ_opt())
        .map(|next| next.and_time(NaiveTime::MIN).and_utc().timestamp_millis())
        .ok_or_else(|| "must be a date such as 2027-06-30, or a time such as 2027-06-30T18:00:00+08:00".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        for (text, want) in [
            ("2027-06-30", Some("2027-07-01T00:00:00Z")),
            ("2027-06-30T18:00:00+08:00", Some("2027-06-30T10:00:00Z")),
            ("2027-06-30T18:00:00Z", Some("2027-06-30T18:00:00Z")),
            ("2027-06-30T18:00:00", None),
            ("2027-02-30", None),
            ("tomorrow", None),
            ("", None),
        ] {
            let got = moment(text).ok();
            assert_eq!(got, want.map(|at| DateTime::parse_from_rfc3339(at).unwrap().timestamp_millis()), "{text}");
        }
    }
}
