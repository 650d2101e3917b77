//! Keys of the REST API: what they may do, from where, until when. The secret itself is never kept, only its hash.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a key may do. One word per right; a key holds any number of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub enum ApiScope {
    /// Read units, employees and their history.
    #[serde(rename = "directory.read")]
    DirectoryRead,
    /// Write units and employees, import directory files.
    #[serde(rename = "directory.write")]
    DirectoryWrite,
    /// Read tenants, corps and apps (never their secrets), run the doctor, export the set-up.
    #[serde(rename = "corp.read")]
    CorpRead,
    /// Change tenants, corps, apps and their secrets, apply a set-up file.
    #[serde(rename = "corp.write")]
    CorpWrite,
    /// Read mirrors, bindings, plans, runs and explanations.
    #[serde(rename = "sync.read")]
    SyncRead,
    /// Pull, plan, apply, cancel, retry, undo.
    #[serde(rename = "sync.run")]
    SyncRun,
    /// Allow or reject a plan that a guard holds.
    #[serde(rename = "sync.decide")]
    SyncDecide,
    /// Bind, unbind, import bindings, resolve ambiguous matches.
    #[serde(rename = "binding.write")]
    BindingWrite,
    /// Create, list and revoke API keys.
    #[serde(rename = "keys.admin")]
    KeysAdmin,
    /// Read the audit log.
    #[serde(rename = "audit.read")]
    AuditRead,
    /// Read status and metrics.
    #[serde(rename = "ops.read")]
    OpsRead,
    /// Take a backup, which holds everything (secrets stay sealed in it).
    #[serde(rename = "ops.backup")]
    OpsBackup,
    /// See and change the accounts of people, and end their sessions.
    #[serde(rename = "accounts.admin")]
    AccountsAdmin,
    /// Change the appliance's own settings.
    #[serde(rename = "settings.write")]
    SettingsWrite,
    /// Post messages.
    #[serde(rename = "messages.send")]
    MessagesSend,
    /// Read messages, their deliveries, traces and queues.
    #[serde(rename = "messages.read")]
    MessagesRead,
    /// Recall messages, send dead letters again, change how messages are sent and kept.
    #[serde(rename = "messages.manage")]
    MessagesManage,
    /// Read received callbacks, their gauges and failures, auto replies and webhooks (never their secrets).
    #[serde(rename = "callbacks.read")]
    CallbacksRead,
    /// Replay callbacks, change auto replies and webhooks, send dead letters again.
    #[serde(rename = "callbacks.manage")]
    CallbacksManage,
}

impl ApiScope {
    /// Every scope, in the order of this type.
    pub const ALL: [Self; 19] = [
        Self::DirectoryRead,
        Self::DirectoryWrite,
        Self::CorpRead,
        Self::CorpWrite,
        Self::SyncRead,
        Self::SyncRun,
        Self::SyncDecide,
        Self::BindingWrite,
        Self::KeysAdmin,
        Self::AuditRead,
        Self::OpsRead,
        Self::OpsBackup,
        Self::AccountsAdmin,
        Self::SettingsWrite,
        Self::MessagesSend,
        Self::MessagesRead,
        Self::MessagesManage,
        Self::CallbacksRead,
        Self::CallbacksManage,
    ];

    /// The name, as keys, documents and the command line spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DirectoryRead => "directory.read",
            Self::DirectoryWrite => "directory.write",
            Self::CorpRead => "corp.read",
            Self::CorpWrite => "corp.write",
            Self::SyncRead => "sync.read",
            Self::SyncRun => "sync.run",
            Self::SyncDecide => "sync.decide",
            Self::BindingWrite => "binding.write",
            Self::KeysAdmin => "keys.admin",
            Self::AuditRead => "audit.read",
            Self::OpsRead => "ops.read",
            Self::OpsBackup => "ops.backup",
            Self::AccountsAdmin => "accounts.admin",
            Self::SettingsWrite => "settings.write",
            Self::MessagesSend => "messages.send",
            Self::MessagesRead => "messages.read",
            Self::MessagesManage => "messages.manage",
            Self::CallbacksRead => "callbacks.read",
            Self::CallbacksManage => "callbacks.manage",
        }
    }

    /// The scope with this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// A key of the REST API as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Public part of the key, 16 lower-case hex digits; unique.
    pub id: String,
    /// Shown name, unique among the keys that are not revoked; the audit log writes `key:<name>`.
    pub name: String,
    /// Lower-case hex SHA-256 of the whole key as it stands in the `Authorization` header. The secret part has 256
    /// random bits, so a plain hash cannot be guessed back.
    pub hash: String,
    /// What it may do.
    pub scopes: Vec<ApiScope>,
    /// Addresses or blocks it may come from, e.g. `10.0.0.0/8`; empty = from anywhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<String>,
    /// Who created it.
    pub created_by: String,
    /// Id of the key that it was made with; `None` = not made over the API, or before this was noted. Such a key is
    /// revoked together with the one that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_with: Option<String>,
    /// Unix milliseconds.
    pub created_at_ms: i64,
    /// From then on refused, Unix milliseconds; `None` = never expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at_ms: Option<i64>,
    /// When it was revoked, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at_ms: Option<i64>,
}

impl ApiKey {
    /// Whether it is neither revoked nor expired at this moment.
    pub fn is_valid_at(&self, now_ms: i64) -> bool {
        self.revoked_at_ms.is_none() && self.expires_at_ms.is_none_or(|at_ms| now_ms < at_ms)
    }
}

/// The first answer to a request with an `Idempotency-Key`, kept for 24 hours so that a repetition gets it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredAnswer {
    /// Lower-case hex SHA-256 of method, path, query and body of the first request.
    pub fingerprint: String,
    /// When it was given, Unix milliseconds.
    pub at_ms: i64,
    /// HTTP status.
    pub status: u16,
    /// `Location` header, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// JSON body; never holds a secret.
    pub body: serde_json::Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scope_names_are_those_of_the_serialised_form() {
        for scope in ApiScope::ALL {
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.name());
            assert_eq!(ApiScope::find(scope.name()), Some(scope));
        }
        assert_eq!(ApiScope::find("everything"), None);
    }
}
