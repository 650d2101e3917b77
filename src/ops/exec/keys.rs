//! `key …`

use super::MessageReport;
use crate::admin::keys::{self, NewKey};
use crate::app::App;
use crate::model::{Actor, ApiKey, ApiScope};
use crate::ops::admin::{Answer, CommandError, Exit, KeyCommand};
use crate::ops::report::time_text;
use serde::{Deserialize, Serialize};

/// One key, without the key itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "fields are named and documented as in `ApiKey`")]
pub struct KeyReport {
    pub id: String,
    pub name: String,
    pub scopes: Vec<ApiScope>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<String>,
    pub created_by: String,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<String>,
}

/// A key that was just made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewKeyReport {
    /// The key itself; this is the only time it is seen.
    pub key: String,
    /// About it.
    #[serde(flatten)]
    pub about: KeyReport,
}

impl From<ApiKey> for KeyReport {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            scopes: key.scopes,
            networks: key.networks,
            created_by: key.created_by,
            created_at: time_text(key.created_at_ms),
            expires_at: key.expires_at_ms.map(time_text),
            revoked_at: key.revoked_at_ms.map(time_text),
        }
    }
}

/// Executes one of them.
pub(super) async fn execute(app: &App, actor: &Actor, command: KeyCommand) -> Result<Answer, CommandError> {
    let refused = |error: keys::KeyError| match error {
        keys::KeyError::Store(_) => CommandError::from_chain(&error),
        _ => CommandError::usage(error.to_string()),
    };
    match command {
        KeyCommand::Create { name, scopes, expires_days } => {
            let day_ms = 24 * 3_600 * 1_000;
            let expires_at_ms = expires_days.map(|days| app.clock.now_ms() + i64::from(days) * day_ms);
            let new = NewKey { name, scopes: parse_scopes(&scopes)?, networks: Vec::new(), expires_at_ms };
            let (key, text) = keys::create(&app.store, &app.clock, actor, new).await.map_err(refused)?;
            let report = NewKeyReport { key: text.expose().to_owned(), about: key.into() };
            Answer::new(Exit::Done, &report)
        }
        KeyCommand::List => {
            let keys = keys::list(&app.store).await.map_err(refused)?;
            let keys: Vec<KeyReport> = keys.into_iter().map(KeyReport::from).collect();
            Answer::new(Exit::Done, &serde_json::json!({ "keys": keys }))
        }
        KeyCommand::Revoke { id } => {
            let key = keys::revoke(&app.store, &app.clock, actor, &id).await.map_err(refused)?;
            MessageReport::answer(format!("the key {} ({}) is revoked", key.name, key.id))
        }
    }
}

fn parse_scopes(names: &[String]) -> Result<Vec<ApiScope>, CommandError> {
    if names.iter().any(|name| name == "all") {
        return Ok(ApiScope::ALL.to_vec());
    }
    names
        .iter()
        .map(|name| {
            ApiScope::ALL.into_iter().find(|scope| scope.name() == name).ok_or_else(|| {
                let known = ApiScope::ALL.map(ApiScope::name).join(", ");
                CommandError::usage(format!("{name:?} is no scope; there are: all, {known}"))
            })
        })
        .collect()
}
