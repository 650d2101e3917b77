//! The appliance's own settings that an administrator changes in the browser; what an operator sets stands in
//! `config.toml`.

use super::Env;
use crate::config::web_base;
use crate::model::{Actor, digest};
use crate::store::{self, Reads, Scope, StoreError, WriteTx};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use utoipa::ToSchema;

const NAME: &str = "base";

/// Minutes that [`Settings::session_idle_min`] may have.
pub const SESSION_IDLE_MIN: RangeInclusive<u32> = 5..=480;
/// Hours that [`Settings::session_max_h`] may have.
pub const SESSION_MAX_H: RangeInclusive<u32> = 1..=72;
/// Days that [`Settings::keep_runs_days`] and [`Settings::keep_history_days`] may have, beside 0: guards count over 30.
pub const KEEP_DAYS: RangeInclusive<u32> = 30..=3_650;
/// Days that [`Settings::keep_audit_days`] may have, beside 0.
pub const KEEP_AUDIT_DAYS: RangeInclusive<u32> = 180..=3_650;
/// Codes of the languages that the pages are written in.
pub const LANGUAGES: [&str; 2] = ["zh", "en"];

/// Base settings. Each takes effect with the next request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Settings {
    /// Under which others reach the bridge, e.g. `https://bridge.example.com`: links and callback URLs derive from it
    /// (OPS-01). No trailing slash; with the base path where there is one. **Without effect while `config.toml` or
    /// `WECOM_BRIDGE_PUBLIC_URL` sets `public_url`, which wins.**
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    /// Language of the pages for people who chose none: `zh` or `en`.
    pub language: String,
    /// Minutes without a request after which a session ends, 5 to 480; default 30. Holds for open sessions too.
    pub session_idle_min: u32,
    /// Hours after which a session ends whatever happens, 1 to 72; default 12. Holds for sessions opened from then on.
    pub session_max_h: u32,
    /// Whether a held plan that removes people needs two people: two administrators allow it, one after the other, and
    /// neither of them is the person who made it (PEER-29).
    pub two_person_removals: bool,
    /// Days after which a run is removed with its journal and the plan that it applied, 30 to 3650; 0 = never; default
    /// 365. The latest ten of each corp that applied a plan stay, and what can still be resumed or is about to be undone.
    pub keep_runs_days: u32,
    /// Days after which a change in the history of a person is removed, 30 to 3650; 0 = never; default 1095.
    pub keep_history_days: u32,
    /// Days after which a row of the audit log is removed, 180 to 3650; default 0 = never. The chain of the rows that stay
    /// can still be verified.
    pub keep_audit_days: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: None,
            language: "zh".into(),
            session_idle_min: 30,
            session_max_h: 12,
            two_person_removals: false,
            keep_runs_days: 365,
            keep_history_days: 1_095,
            keep_audit_days: 0,
        }
    }
}

/// Why settings are not accepted; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A value is outside its range.
    #[error("{field} {rule}")]
    Value {
        /// Name of the setting.
        field: &'static str,
        /// What it must be.
        rule: String,
    },
    /// Somebody has changed the settings since they were looked at.
    #[error("somebody has changed these settings since they were looked at; look at them again")]
    Stale,
    /// The store failed.
    #[error("store")]
    Store(#[from] StoreError),
}

/// The settings in force.
pub async fn get(env: &Env) -> Result<Settings, StoreError> {
    env.store.read_async(read).await
}

/// [`get`] within a transaction.
pub fn read(tx: &impl Reads) -> Result<Settings, StoreError> {
    Ok(store::settings::get(tx, Scope::Appliance, NAME)?.unwrap_or_default())
}

/// Replaces the settings; answers them as they are now. Writes one audit row where something changed.
pub async fn set(env: &Env, actor: &Actor, settings: Settings) -> Result<Settings, SettingsError> {
    let settings = checked(settings)?;
    let actor = actor.clone();
    let stored = env.store.write(move |tx| {
        put(tx, &actor, &settings)?;
        Ok(settings.clone())
    });
    Ok(stored.await?)
}

/// [`set`], unless the settings are not those any more that `seen` is the digest of ([`digest::of`]).
///
/// # Errors
/// [`SettingsError::Stale`]; then nothing was changed.
pub async fn set_seen(env: &Env, actor: &Actor, seen: &str, settings: Settings) -> Result<Settings, SettingsError> {
    let settings = checked(settings)?;
    let (actor, seen) = (actor.clone(), seen.to_owned());
    let stored = env.store.write(move |tx| {
        if digest::of(&read(tx)?) != seen {
            return Ok(Err(SettingsError::Stale));
        }
        put(tx, &actor, &settings)?;
        Ok(Ok(settings.clone()))
    });
    stored.await?
}

/// Stores checked settings.
pub(super) fn put(tx: &WriteTx, actor: &Actor, settings: &Settings) -> Result<(), StoreError> {
    let former = read(tx)?;
    if former == *settings {
        return Ok(());
    }
    store::settings::put(tx, Scope::Appliance, NAME, settings)?;
    let facts = |settings: &Settings| serde_json::to_value(settings).ok();
    store::audit::append(tx, actor, "settings.change", "appliance", facts(&former), facts(settings)).map(drop)
}

/// The same settings in their exact form, or the first one that is outside its range.
pub(super) fn checked(mut settings: Settings) -> Result<Settings, SettingsError> {
    if let Some(text) = settings.public_url.take().filter(|text| !text.trim().is_empty()) {
        settings.public_url = Some(checked_url(&text)?);
    }
    if !LANGUAGES.contains(&settings.language.as_str()) {
        return Err(SettingsError::Value { field: "language", rule: "must be zh or en".into() });
    }
    for (field, value, range) in [
        ("session_idle_min", settings.session_idle_min, SESSION_IDLE_MIN),
        ("session_max_h", settings.session_max_h, SESSION_MAX_H),
    ] {
        if !range.contains(&value) {
            let rule = format!("must be {} to {}", range.start(), range.end());
            return Err(SettingsError::Value { field, rule });
        }
    }
    for (field, value, range) in [
        ("keep_runs_days", settings.keep_runs_days, KEEP_DAYS),
        ("keep_history_days", settings.keep_history_days, KEEP_DAYS),
        ("keep_audit_days", settings.keep_audit_days, KEEP_AUDIT_DAYS),
    ] {
        if value != 0 && !range.contains(&value) {
            let rule = format!("must be 0 (never) or {} to {}", range.start(), range.end());
            return Err(SettingsError::Value { field, rule });
        }
    }
    Ok(settings)
}

/// Checks an external address.
pub(super) fn checked_url(text: &str) -> Result<String, SettingsError> {
    web_base(text.trim()).ok_or_else(|| SettingsError::Value {
        field: "public_url",
        rule: "must begin with http:// or https://, name a host, and have neither a query nor a user".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let with = |change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            checked(settings)
        };
        assert_eq!(with(|_| ()).unwrap(), Settings::default());
        for (change, field) in [
            ((|s| s.public_url = Some("ftp://a".into())) as fn(&mut Settings), "public_url"),
            (|s| s.public_url = Some("https://u@a".into()), "public_url"),
            (|s| s.public_url = Some("bridge.example.com".into()), "public_url"),
            (|s| s.language = "de".into(), "language"),
            (|s| s.session_idle_min = 4, "session_idle_min"),
            (|s| s.session_idle_min = 481, "session_idle_min"),
            (|s| s.session_max_h = 0, "session_max_h"),
            (|s| s.session_max_h = 73, "session_max_h"),
            (|s| s.keep_runs_days = 29, "keep_runs_days"),
            (|s| s.keep_history_days = 3_651, "keep_history_days"),
            (|s| s.keep_audit_days = 179, "keep_audit_days"),
        ] {
            let error = with(change).unwrap_err();
            assert!(matches!(&error, SettingsError::Value { field: found, .. } if *found == field), "{field}: {error}");
        }
        let url =
            |text: &str| checked(Settings { public_url: Some(text.into()), ..Settings::default() }).unwrap().public_url;
        assert_eq!(url(" https://10.0.0.7:8620/bridge/ ").as_deref(), Some("https://10.0.0.7:8620/bridge"));
        assert_eq!(url("  "), None);
        assert!(with(|s| (s.keep_runs_days, s.keep_history_days, s.keep_audit_days) = (0, 30, 180)).is_ok());
    }

    #[test]
    fn settings_of_an_older_file_take_the_defaults() {
        let read: Settings = serde_json::from_str("{\"language\":\"en\"}").unwrap();
        assert_eq!(read, Settings { language: "en".into(), ..Settings::default() });
    }
}
