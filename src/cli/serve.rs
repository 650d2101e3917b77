//! `serve`: the server.

use super::context::{Context, print_out};
use super::language::Language;
use super::local;
use super::served::Served;
use super::show;
use super::signals::{heard, reload, wait_for_stop};
use crate::admin::first_start;
use crate::app::App;
use crate::config::FlagValue;
use crate::http;
use crate::ops::admin::{CommandError, Exit};
use crate::ops::exec::SetupLinkReport;
use crate::ops::{logging, systemd};
use crate::store::{self, StoreError};
use clap::Args;

/// Run the server: browser pages, REST API, schedules, health, metrics
#[derive(Debug, Args)]
pub struct Serve {
    /// Address and port, instead of the configured one
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
}

impl Serve {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        let flags = self.listen.map(|value| FlagValue { key: "listen", flag: "--listen", value });
        let config = context.config(flags.into_iter().collect())?;
        logging::start(config.log);
        let faults = local::faults_of_place(&config);
        if !faults.is_empty() {
            return Err(CommandError::usage(format!("the server cannot start:\n  {}", faults.join("\n  "))));
        }
        // Before the first start makes a key and a database: an address that is taken leaves nothing behind.
        let listener = http::listen(&config).map_err(|error| CommandError::from_chain(&error))?;
        let is_first = !store::database_path(&config.server.data_dir).exists();
        let app = local::open(config)?;
        let mut served = match Served::start(app.clone(), Some(listener)).await {
            Ok(served) => served,
            Err(error) => {
                app.close().await;
                return Err(error);
            }
        };
        greet(&app, &served, is_first);
        invite(&app, context.language).await;
        systemd::notify_ready(&format!("listening on {}", served.address()));
        let result = wait(&mut served).await;
        systemd::notify_stopping();
        tracing::info!("stopping: requests and calls under way are ended");
        served.stop().await;
        tracing::info!("stopped");
        result.map(|()| Exit::Done)
    }
}

fn greet(app: &App, served: &Served, is_first: bool) {
    let (address, data_dir) = (served.address(), app.config.server.data_dir.display());
    tracing::info!(%address, "wecom-bridge {} listens on {address}, data in {data_dir}", env!("CARGO_PKG_VERSION"));
    if is_first {
        tracing::info!(
            "first start: a database and the master key {} were made; keep a copy of the key apart from backups",
            app.config.keys.master_key_file.display()
        );
    }
}

/// While there is no account, prints the link under which the first administrator is made; under systemd, whose journal
/// keeps what is printed, only how to get it.
async fn invite(app: &App, language: Language) {
    let link = async {
        let Some(token) = first_start::open_link(&app.admin).await? else { return Ok(None) };
        Ok::<_, StoreError>(Some(first_start::url(&app.public_url().await?, &token)))
    };
    match link.await {
        Ok(None) => {}
        Ok(Some(url)) => {
            // The link is a secret: it goes to who starts the program, never into a log.
            if systemd::stdout_is_journal() {
                tracing::info!(
                    "there is no account yet: run `wecom-bridge admin setup-link` on this machine and open the link that it \
                     prints, to make the first administrator"
                );
                return;
            }
            let valid_min = first_start::VALID_MS / 60_000;
            if let Err(error) = print_out(&show::setup_link(&SetupLinkReport { url, valid_min }, language)) {
                tracing::warn!("{error}");
            }
            tracing::info!(
                "there is no account yet: the link on standard output makes the first administrator; `wecom-bridge admin \
                 setup-link` prints a new one"
            );
        }
        Err(error) => {
            tracing::error!(%error, "no set-up link could be made; run `wecom-bridge admin setup-link`: {error}")
        }
    }
}

/// Waits for the signal to stop, or for the server's own end.
async fn wait(served: &mut Served) -> Result<(), CommandError> {
    let mut hangup = reload();
    let stop = wait_for_stop();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return Ok(()),
            error = served.ended() => return Err(error),
            () = heard(&mut hangup) => {}
        }
        served.reload();
    }
}
