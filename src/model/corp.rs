//! A WeCom corporation connected to a tenant, its apps, and where its services are found. Secrets are not here:
//! they are sealed in the store under [`SecretName`].

use super::ids::{AppKey, CorpKey, DepartmentId, TenantKey};
use super::options::{DownstreamOptions, MatchRule, PullOptions, UpstreamOptions};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which WeCom a corp lives in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Edition {
    /// The public cloud.
    #[default]
    Public,
    /// A private deployment (私有化).
    Private,
    /// Government WeCom (政务微信).
    Government,
}

/// What the bridge may do at the corp (DIR-06, DIR-07).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Only pull; every write to WeCom is refused before a call is made.
    #[default]
    ReadOnly,
    /// Pull and push.
    ReadWrite,
}

/// Call limits that the corp's WeCom enforces. Defaults are those of the public edition (doc path 90454).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Quota {
    /// Calls of one API in a minute.
    pub calls_per_minute: u32,
    /// Calls of one API in an hour.
    pub calls_per_hour: u32,
    /// Calls under way at once.
    pub concurrency: u32,
    /// Account limit of the corp (the console shows it); 0 = not known. WeCom lets a corp create three times as many
    /// members in 30 days (doc path 90454).
    pub seats: u32,
}

impl Quota {
    /// Most members that may be created in 30 days, where the account limit is known (doc path 90454).
    pub fn creation_cap(&self) -> Option<u64> {
        (self.seats > 0).then(|| u64::from(self.seats) * 3)
    }
}

impl Default for Quota {
    fn default() -> Self {
        Self { calls_per_minute: 10_000, calls_per_hour: 150_000, concurrency: 10, seats: 0 }
    }
}

/// Where the corp's services are found and how they are reached (PEER-14). Bases have no trailing slash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Endpoints {
    /// Server API; paths start with `/cgi-bin`.
    pub api_base: String,
    /// `/connect/oauth2/authorize`
    pub authorize_base: String,
    /// `/wwlogin/sso/login` and `/wwopen/sso/qrConnect`
    pub login_base: String,
    /// Link shown to the administrator.
    pub console_url: String,
    /// Private CA, PEM; empty = the system's.
    pub ca_file: String,
    /// `http://`, `https://` or `socks5://`; empty = none.
    pub proxy: String,
    /// Time-out of one request.
    pub timeout_ms: u64,
}

/// A WeCom corporation connected to a tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Corp {
    /// Stable key, unique on the appliance.
    pub key: CorpKey,
    /// The tenant whose directory it is kept in step with.
    pub tenant: TenantKey,
    /// Shown name.
    pub name: String,
    /// WeCom's CorpID.
    pub corpid: String,
    /// Edition.
    pub edition: Edition,
    /// Addresses.
    pub endpoints: Endpoints,
    /// Read-only or read-write.
    pub access: Access,
    /// The app whose secret reads details; its visible range is the pull range.
    pub read_app: Option<AppKey>,
    /// Call limits.
    pub quota: Quota,
    /// Apps, in the order of the set-up.
    pub apps: Vec<App>,
    /// Ordered match rules for what is not bound yet.
    pub match_rules: Vec<MatchRule>,
    /// Pull options.
    pub pull: PullOptions,
    /// Downstream options.
    pub downstream: DownstreamOptions,
    /// Upstream options.
    pub upstream: UpstreamOptions,
}

impl Corp {
    /// The department under which everything is hung, where one is set (DIR-40, DIR-60).
    pub fn top_department(&self) -> Option<DepartmentId> {
        (self.downstream.top_department > 0).then_some(DepartmentId(self.downstream.top_department))
    }

    /// The app with this key.
    pub fn find_app(&self, key: &AppKey) -> Option<&App> {
        self.apps.iter().find(|app| app.key == *key)
    }
}

/// A WeCom app of a corp.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct App {
    /// Stable key, unique in its corp.
    pub key: AppKey,
    /// Shown name.
    pub name: String,
    /// WeCom's AgentID.
    pub agentid: u64,
    /// Whether the app's callback is received.
    pub callback_enabled: bool,
}

/// The secrets of a corp, by what they are for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SecretName {
    /// 通讯录同步 secret
    Contacts,
    /// An app's secret.
    App(AppKey),
    /// Token of the contacts callback.
    ContactsToken,
    /// EncodingAESKey of the contacts callback.
    ContactsAesKey,
    /// Token of the callback of customer events.
    CustomersToken,
    /// EncodingAESKey of the callback of customer events.
    CustomersAesKey,
    /// Token of an app's callback.
    AppToken(AppKey),
    /// EncodingAESKey of an app's callback.
    AppAesKey(AppKey),
}

impl SecretName {
    /// The name under which the secret is stored, e.g. `app/oa/secret`.
    pub fn path(&self) -> String {
        match self {
            Self::Contacts => "contacts/secret".into(),
            Self::ContactsToken => "contacts/token".into(),
            Self::ContactsAesKey => "contacts/aes_key".into(),
            Self::CustomersToken => "customers/token".into(),
            Self::CustomersAesKey => "customers/aes_key".into(),
            Self::App(key) => format!("app/{key}/secret"),
            Self::AppToken(key) => format!("app/{key}/token"),
            Self::AppAesKey(key) => format!("app/{key}/aes_key"),
        }
    }
}
