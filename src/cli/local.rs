//! Executes commands in this process, for when no server runs.

use super::signals::wait_for_stop;
use crate::app::App;
use crate::clock::Clock;
use crate::config::{Config, LogConfig, LogFormat, LogLevel};
use crate::http::tls::Certificate;
use crate::model::Actor;
use crate::ops::admin::client::Client;
use crate::ops::admin::{AdminCommand, Answer, Command, CommandError, KeyCommand, Output, RunCommand, SOCKET_NAME};
use crate::ops::{exec, logging};
use crate::store::{self, KeyRing, StoreOptions};
use std::path::Path;
use std::sync::Arc;

/// Opens the store, executes the command, closes the store.
pub async fn execute(
    config: Config,
    user: &str,
    command: Command,
    output: &mut dyn Output,
) -> Result<Answer, CommandError> {
    // A command says what it has to say itself; only what is wrong is logged beside it.
    let level = if config.log.level == LogLevel::Info { LogLevel::Warn } else { config.log.level };
    logging::start(LogConfig { level, format: LogFormat::Text });
    // Only what begins something makes a store; looking at one that is not there is a mistake in the data directory.
    let app = match &command {
        Command::Apply { .. }
        | Command::Key(KeyCommand::Create { .. })
        | Command::Admin(AdminCommand::Create { .. }) => open(config)?,
        Command::Admin(AdminCommand::SetupLink) => {
            return Err(CommandError::usage(
                "no server runs that could be opened with a set-up link: start it (systemctl start wecom-bridge), and it \
                 prints one itself; or make the first account with `wecom-bridge admin create`",
            ));
        }
        _ => App::open_existing(config, Clock::system()).map_err(|error| CommandError::from_chain(&error))?,
    };
    let actor = Actor::cli(user);
    let result = {
        let work = async {
            if matches!(command, Command::Sync { .. } | Command::Runs(RunCommand::Retry { .. })) {
                end_interrupted(&app, output).await?;
            }
            exec::execute(&app, &actor, command, output).await
        };
        tokio::pin!(work);
        tokio::select! {
            result = &mut work => result,
            () = wait_for_stop() => match cancel_runs(&app, &actor).await {
                // The run ends between two records and its answer says so.
                true => work.await,
                false => Err(CommandError::failed("interrupted; nothing more was done")),
            },
        }
    };
    app.close().await;
    result
}

/// Ends what a crash has interrupted before anything else is written: a server does so at its start.
async fn end_interrupted(app: &App, output: &mut dyn Output) -> Result<(), CommandError> {
    let resumed = app.jobs.resume_interrupted().await.map_err(|error| CommandError::from_chain(&error))?;
    for run in resumed {
        output.note(&format!("run {run} was interrupted; it is ended first"));
        let ended = app.jobs.wait(&run).await.map_err(|error| CommandError::from_chain(&error))?;
        if let Some(message) = ended.message {
            output.note(&format!("run {run}: {message}"));
        }
    }
    Ok(())
}

/// Asks the runs of this process to end; answers whether there are any.
async fn cancel_runs(app: &App, actor: &Actor) -> bool {
    let runs = app.jobs.under_way();
    for run in &runs {
        if let Err(error) = app.jobs.cancel(run, actor).await {
            tracing::warn!("run {run} could not be cancelled: {error}");
        }
    }
    !runs.is_empty()
}

/// What of the files and folders that the configuration names would keep the server from starting. Looks only; nothing is
/// made.
pub fn faults_of_place(config: &Config) -> Vec<String> {
    let mut faults = Vec::new();
    if let Err(error) = Certificate::load(&config.tls) {
        faults.push(format!("tls: {}", CommandError::from_chain(&error).message));
    }
    let folder = &config.server.data_dir;
    if let Err(why) = can_be_made(folder) {
        faults.push(format!("data_dir: {} {why}", folder.display()));
    }
    let key = &config.keys.master_key_file;
    let home = key.parent().filter(|home| !home.as_os_str().is_empty() && *home != folder.as_path());
    if let Some(Err(why)) = home.map(can_be_made) {
        faults.push(format!("keys.master_key_file: {} {why}", key.display()));
    }
    faults
}

/// Whether this account may write in a folder, or make it.
fn can_be_made(folder: &Path) -> Result<(), String> {
    let there = folder.ancestors().find(|above| above.exists()).unwrap_or(Path::new("."));
    let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
    if !there.is_dir() {
        return Err(format!("cannot be used: {} is no folder", there.display()));
    }
    // The system knows better than the permission bits: root, ACLs, file systems that are read-only.
    match tempfile_in(there) {
        Ok(()) => Ok(()),
        Err(cause) => Err(format!("cannot be written: {}: {cause}", there.display())),
    }
}

fn tempfile_in(folder: &Path) -> std::io::Result<()> {
    let probe = folder.join(format!(".wecom-bridge-probe-{:08x}", rand::random::<u32>()));
    std::fs::OpenOptions::new().write(true).create_new(true).open(&probe)?;
    std::fs::remove_file(&probe)
}

/// Opens the application with the error as people should read it.
pub fn open(config: Config) -> Result<Arc<App>, CommandError> {
    // Looked at before the key is made, so that nothing is left where no store can be.
    if let Err(why) = can_be_made(&config.server.data_dir) {
        return Err(CommandError::usage(format!("data_dir: {} {why}", config.server.data_dir.display())));
    }
    App::open(config, Clock::system()).map_err(|error| CommandError::from_chain(&error))
}

/// Options to open or restore the store with, without opening it.
pub fn store_options(config: &Config) -> Result<StoreOptions, CommandError> {
    let keys = KeyRing::discover(&config.keys.master_key_file, &config.server.data_dir)
        .map_err(|error| CommandError::from_chain(&error))?;
    let mut options = StoreOptions::new(keys, Clock::system());
    options.cache_bytes = config.limits.store_cache_bytes();
    Ok(options)
}

/// Refuses what needs the database alone while a server has it.
pub async fn refuse_while_served(config: &Config, doing: &str) -> Result<(), CommandError> {
    if Client::connect(&config.server.data_dir.join(SOCKET_NAME)).await?.is_none() {
        return Ok(());
    }
    let path = store::database_path(&config.server.data_dir);
    Err(CommandError::failed(format!(
        "`{doing}` needs the database {} alone and the server is running: stop the server first (systemctl stop \
         wecom-bridge), then repeat the command",
        path.display()
    )))
}
