//! The audit log: every change by a person, an API key or a schedule.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who did something, from where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Actor {
    /// `cli:<user>`, `schedule`, `callback`, `key:<name>`, `account:<name>`.
    pub name: String,
    /// Remote address where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

impl Actor {
    /// The command line on the appliance itself; `user` is the operating system's account.
    pub fn cli(user: &str) -> Self {
        Self { name: format!("cli:{user}"), from: None }
    }

    /// A person who has signed in to the browser pages, and the address of the request.
    pub fn account(name: &str, from: Option<std::net::IpAddr>) -> Self {
        Self { name: format!("account:{name}"), from: from.map(|address| address.to_string()) }
    }

    /// Somebody at the door who has not signed in.
    pub fn visitor(from: Option<std::net::IpAddr>) -> Self {
        Self { name: "visitor".into(), from: from.map(|address| address.to_string()) }
    }

    /// What WeCom told us by callback.
    pub fn callback() -> Self {
        Self { name: "callback".into(), from: None }
    }

    /// A schedule.
    pub fn schedule() -> Self {
        Self { name: "schedule".into(), from: None }
    }
}

/// One row of the audit log, chained to the one before by hash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditRow {
    /// 1, 2, 3 …
    pub seq: u64,
    /// Unix milliseconds.
    pub at_ms: i64,
    /// Who.
    pub actor: Actor,
    /// What, as a stable code: `corp.update`, `plan.allow`, `binding.create` …
    pub action: String,
    /// Whom or what.
    pub subject: String,
    /// Before, without secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<serde_json::Value>,
    /// After, without secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<serde_json::Value>,
    /// Lower-case hex SHA-256 of the previous row's hash and this row without `hash`.
    pub hash: String,
}
