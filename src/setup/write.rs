//! Writes a set-up file that reads back as the same set-up.

use super::file::{SetupCorp, SetupFile};
use super::secret::variable_name;
use crate::model::{
    Access, Corp, DownstreamOptions, Edition, MatchRule, PullOptions, Quota, SecretName, Tenant, UpstreamOptions,
};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// The set-up as TOML. With `redact`, each secret is a reference to a variable of the environment, so that the file
/// stays applicable once these are set; without, it holds the secrets in clear and must be kept like them.
pub fn write(file: &SetupFile, redact: bool) -> Result<String, toml::ser::Error> {
    let out = OutFile {
        version: 1,
        tenant: &file.tenants,
        corp: file.corps.iter().map(|corp| OutCorp::new(corp, redact)).collect(),
    };
    toml::to_string(&out)
}

#[derive(Serialize)]
struct OutFile<'a> {
    version: u32,
    #[serde(skip_serializing_if = "<[Tenant]>::is_empty")]
    tenant: &'a [Tenant],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    corp: Vec<OutCorp<'a>>,
}

/// The keys of `[[corp]]` in the order of the documented file: plain values first, then tables.
#[derive(Serialize)]
struct OutCorp<'a> {
    key: &'a str,
    tenant: &'a str,
    name: &'a str,
    corpid: &'a str,
    edition: Edition,
    api_base: &'a str,
    authorize_base: &'a str,
    login_base: &'a str,
    console_url: &'a str,
    ca_file: &'a str,
    proxy: &'a str,
    timeout_ms: u64,
    access: Access,
    #[serde(skip_serializing_if = "Option::is_none")]
    contacts_secret: Option<OutSecret>,
    read_app: &'a str,
    #[serde(skip_serializing_if = "OutKeys::is_empty")]
    contacts_callback: OutKeys,
    #[serde(skip_serializing_if = "OutKeys::is_empty")]
    customers_callback: OutKeys,
    quota: &'a Quota,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    app: Vec<OutApp<'a>>,
    #[serde(rename = "match", skip_serializing_if = "<[MatchRule]>::is_empty")]
    match_rules: &'a [MatchRule],
    pull: &'a PullOptions,
    downstream: &'a DownstreamOptions,
    upstream: &'a UpstreamOptions,
}

#[derive(Serialize)]
struct OutApp<'a> {
    key: &'a str,
    name: &'a str,
    agentid: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<OutSecret>,
    callback: OutCallback,
}

#[derive(Serialize)]
struct OutCallback {
    enabled: bool,
    #[serde(flatten)]
    keys: OutKeys,
}

#[derive(Serialize)]
struct OutKeys {
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<OutSecret>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aes_key: Option<OutSecret>,
}

impl OutKeys {
    fn is_empty(&self) -> bool {
        self.token.is_none() && self.aes_key.is_none()
    }
}

enum OutSecret {
    Clear(String),
    Variable(String),
}

impl Serialize for OutSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Clear(text) => serializer.serialize_str(text),
            Self::Variable(name) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("env", name)?;
                map.end()
            }
        }
    }
}

impl<'a> OutCorp<'a> {
    fn new(entry: &'a SetupCorp, redact: bool) -> Self {
        let corp: &Corp = &entry.corp;
        let secret = |name: SecretName| {
            entry.secrets.get(&name).map(|secret| {
                if redact {
                    OutSecret::Variable(variable_name(&corp.key, &name))
                } else {
                    OutSecret::Clear(secret.expose().to_owned())
                }
            })
        };
        let apps = corp.apps.iter().map(|app| OutApp {
            key: app.key.as_str(),
            name: &app.name,
            agentid: app.agentid,
            secret: secret(SecretName::App(app.key.clone())),
            callback: OutCallback {
                enabled: app.callback_enabled,
                keys: OutKeys {
                    token: secret(SecretName::AppToken(app.key.clone())),
                    aes_key: secret(SecretName::AppAesKey(app.key.clone())),
                },
            },
        });
        Self {
            key: corp.key.as_str(),
            tenant: corp.tenant.as_str(),
            name: &corp.name,
            corpid: &corp.corpid,
            edition: corp.edition,
            api_base: &corp.endpoints.api_base,
            authorize_base: &corp.endpoints.authorize_base,
            login_base: &corp.endpoints.login_base,
            console_url: &corp.endpoints.console_url,
            ca_file: &corp.endpoints.ca_file,
            proxy: &corp.endpoints.proxy,
            timeout_ms: corp.endpoints.timeout_ms,
            access: corp.access,
            contacts_secret: secret(SecretName::Contacts),
            read_app: corp.read_app.as_ref().map_or("", |key| key.as_str()),
            contacts_callback: OutKeys {
                token: secret(SecretName::ContactsToken),
                aes_key: secret(SecretName::ContactsAesKey),
            },
            customers_callback: OutKeys {
                token: secret(SecretName::CustomersToken),
                aes_key: secret(SecretName::CustomersAesKey),
            },
            quota: &corp.quota,
            app: apps.collect(),
            match_rules: &corp.match_rules,
            pull: &corp.pull,
            downstream: &corp.downstream,
            upstream: &corp.upstream,
        }
    }
}
