//! `key …`

use super::MessageReport;
use crate::admin::keys::{self, NewKey};
use crate::app::App;
use crate::model::{Actor, ApiKey, ApiScope};
use crate::ops::admin::{Answer, CommandError, Exit, KeyCommand, KeyExpiry};
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_with: Option<String>,
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
            made_with: key.made_with,
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
        KeyCommand::Create { name, scopes, networks, expires } => {
            let expires_at_ms = expires.map(|expires| match expires {
                KeyExpiry::Days(days) => app.clock.now_ms() + i64::from(days) * 24 * 3_600 * 1_000,
                KeyExpiry::AtMs(at_ms) => at_ms,
            });
            let new = NewKey { name, scopes: parse_scopes(&scopes)?, networks, expires_at_ms };
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
            let revoked = keys::revoke(&app.store, &app.clock, actor, &id).await.map_err(refused)?;
            let (name, id) = (&revoked.key.name, &revoked.key.id);
            let mut message = format!("the key {name} ({id}) is revoked");
            let mut zh = format!("密钥 {name}（{id}）已吊销");
            if !revoked.with_it.is_empty() {
                let names: Vec<String> =
                    revoked.with_it.iter().map(|key| format!("{} ({})", key.name, key.id)).collect();
                message.push_str(&format!(", and with it the keys that were made with it: {}", names.join(", ")));
                zh.push_str(&format!("；由它创建的密钥一并吊销：{}", names.join("、")));
            }
            MessageReport::answer(message, zh)
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
