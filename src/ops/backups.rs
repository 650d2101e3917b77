//! Backups kept on the appliance: made by hand or every night, listed, handed out, removed. They lie in `backups` in the
//! data directory, mode 0600, and hold everything but the master key.

use crate::app::App;
use crate::model::Actor;
use crate::store::{self, Scope, StoreError};
use chrono::{DateTime, Timelike};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

const FOLDER: &str = "backups";
const SETTINGS: &str = "backups";
const LAST_DAY: &str = "backups_last_day";
/// The hour of the nightly backup is that of China's one time zone.
const ZONE_MS: i64 = 8 * 3_600_000;
/// How often the time is looked at.
const EVERY: Duration = Duration::from_secs(60);

/// When backups are made by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct BackupSettings {
    /// Hour of the day (UTC+8) at which one is made every day, 0 to 23; `None` = never by themselves.
    pub hour: Option<u8>,
    /// So many of those made by themselves are kept, 1 to 90; the oldest go first. Backups made by hand stay.
    pub keep: u16,
}

impl Default for BackupSettings {
    fn default() -> Self {
        Self { hour: Some(3), keep: 7 }
    }
}

/// One backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupFile {
    /// Name of the file.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// When it was made, Unix milliseconds.
    pub made_at_ms: i64,
    /// Whether it was made by itself.
    pub is_automatic: bool,
}

/// Why a backup cannot be made, found or removed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is no such backup.
    #[error("there is no backup {0:?}")]
    Unknown(String),
    /// The folder cannot be read or written.
    #[error("the folder {path} cannot be used: {cause}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The store failed.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// A task ended by a bug.
    #[error("making the backup ended by a bug: {0}")]
    Bug(String),
}

/// The settings in force.
pub async fn settings(app: &App) -> Result<BackupSettings, StoreError> {
    let found = app.store.read_async(|tx| store::settings::get(tx, Scope::Appliance, SETTINGS)).await?;
    Ok(found.unwrap_or_default())
}

/// Changes them; `keep` is held to 1 to 90 and `hour` to 0 to 23. Writes one audit row.
pub async fn set_settings(app: &App, actor: &Actor, wanted: BackupSettings) -> Result<(), StoreError> {
    let wanted = BackupSettings { hour: wanted.hour.map(|hour| hour.min(23)), keep: wanted.keep.clamp(1, 90) };
    let former = settings(app).await?;
    let actor = actor.clone();
    app.store
        .write(move |tx| {
            store::settings::put(tx, Scope::Appliance, SETTINGS, &wanted)?;
            let facts = |settings: &BackupSettings| serde_json::to_value(settings).ok();
            store::audit::append(tx, &actor, "backup.settings", "appliance", facts(&former), facts(&wanted)).map(drop)
        })
        .await
}

fn folder(app: &App) -> PathBuf {
    app.config.server.data_dir.join(FOLDER)
}

/// Makes a backup now. Writes one audit row. On `Err` no file of that name is left.
pub async fn make(app: &App, actor: &Actor, is_automatic: bool) -> Result<BackupFile, BackupError> {
    let folder = folder(app);
    let made_at_ms = app.clock.now_ms();
    let stamp = DateTime::from_timestamp_millis(made_at_ms + ZONE_MS).unwrap_or_default().format("%Y%m%d-%H%M%S%3f");
    let name = format!("wecom-bridge-{stamp}{}.redb", if is_automatic { "-auto" } else { "" });
    app.callbacks.take_over_log().await?;
    let (store, path) = (app.store.clone(), folder.join(&name));
    let copied = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&folder).map_err(|cause| BackupError::Folder { path: folder, cause })?;
        store.backup(&path)?;
        Ok::<_, BackupError>(std::fs::metadata(&path).map_or(0, |about| about.len()))
    });
    let bytes = copied.await.map_err(|error| BackupError::Bug(error.to_string()))??;
    let (actor, subject) = (actor.clone(), name.clone());
    let facts = serde_json::json!({ "bytes": bytes });
    app.store
        .write(move |tx| store::audit::append(tx, &actor, "backup.make", &subject, None, Some(facts.clone())).map(drop))
        .await?;
    Ok(BackupFile { name, bytes, made_at_ms, is_automatic })
}

/// The backups that are there, the newest first.
pub async fn list(app: &App) -> Result<Vec<BackupFile>, BackupError> {
    let folder = folder(app);
    let listed = tokio::task::spawn_blocking(move || list_in(&folder));
    listed.await.map_err(|error| BackupError::Bug(error.to_string()))?
}

fn list_in(folder: &Path) -> Result<Vec<BackupFile>, BackupError> {
    let fail = |cause| BackupError::Folder { path: folder.to_owned(), cause };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(fail(cause)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(fail)?;
        let Some(name) = entry.file_name().to_str().map(str::to_owned).filter(|name| is_name(name)) else { continue };
        let about = entry.metadata().map_err(fail)?;
        let made_at_ms = about
            .modified()
            .ok()
            .and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok())
            .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
        files.push(BackupFile { is_automatic: name.ends_with("-auto.redb"), bytes: about.len(), made_at_ms, name });
    }
    files.sort_by(|a, b| b.name.cmp(&a.name));
    Ok(files)
}

/// Names that we make; anything else in a path is refused.
fn is_name(name: &str) -> bool {
    name.strip_prefix("wecom-bridge-")
        .and_then(|rest| rest.strip_suffix(".redb"))
        .is_some_and(|stamp| !stamp.is_empty() && stamp.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
}

/// Where a backup lies, for handing it out.
pub async fn find(app: &App, name: &str) -> Result<PathBuf, BackupError> {
    let path = folder(app).join(name);
    let is_there = is_name(name) && tokio::fs::try_exists(&path).await.unwrap_or(false);
    if is_there { Ok(path) } else { Err(BackupError::Unknown(name.to_owned())) }
}

/// Removes a backup. Writes one audit row.
pub async fn remove(app: &App, actor: &Actor, name: &str) -> Result<(), BackupError> {
    let path = find(app, name).await?;
    tokio::fs::remove_file(&path).await.map_err(|cause| BackupError::Folder { path, cause })?;
    let (actor, subject) = (actor.clone(), name.to_owned());
    app.store
        .write(move |tx| store::audit::append(tx, &actor, "backup.remove", &subject, None, None).map(drop))
        .await?;
    Ok(())
}

/// Makes the nightly backups until `stop`.
pub async fn run(app: std::sync::Arc<App>, stop: CancellationToken) {
    loop {
        if let Err(error) = make_if_due(&app).await {
            tracing::error!(%error, "the nightly backup failed: {error}");
        }
        tokio::select! {
            () = app.clock.sleep(EVERY) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Makes one when its hour has come and none was made that day; a day that was missed is not made up for.
pub async fn make_if_due(app: &App) -> Result<Option<BackupFile>, BackupError> {
    let settings = settings(app).await?;
    let Some(hour) = settings.hour else { return Ok(None) };
    let now = DateTime::from_timestamp_millis(app.clock.now_ms() + ZONE_MS).unwrap_or_default();
    let today = now.format("%Y-%m-%d").to_string();
    if now.hour() != u32::from(hour) {
        return Ok(None);
    }
    let last: Option<String> = app.store.read_async(|tx| store::settings::get(tx, Scope::Appliance, LAST_DAY)).await?;
    if last.as_deref() == Some(&today) {
        return Ok(None);
    }
    // first the mark: a backup that fails is not tried again every minute of the hour
    app.store.write(move |tx| store::settings::put(tx, Scope::Appliance, LAST_DAY, &today)).await?;
    let actor = Actor::schedule();
    let made = make(app, &actor, true).await?;
    let automatic = list(app).await?.into_iter().filter(|file| file.is_automatic);
    for old in automatic.skip(usize::from(settings.keep)) {
        remove(app, &actor, &old.name).await?;
    }
    Ok(Some(made))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_names() {
        for (name, fine) in [
            ("wecom-bridge-20261125-030000000-auto.redb", true),
            ("wecom-bridge-20261125-224000000.redb", true),
            ("wecom-bridge-.redb", false),
            ("wecom-bridge-../../etc/passwd.redb", false),
            ("wecom-bridge.redb", false),
            ("x", false),
        ] {
            assert_eq!(is_name(name), fine, "{name}");
        }
    }
}
