//! Reads a set-up file. All faults are collected; secrets are fetched from where the file says they are.

use super::check::{check_corp, check_secret, check_tenant};
use super::fault::{SetupFault, SetupFaults};
use super::file::{SetupCorp, SetupFile};
use super::given::Given;
use super::secret::SecretSource;
use super::section::{join, read_section, take_table, take_tables};
use crate::model::{
    Access, App, AppKey, Corp, CorpKey, DownstreamOptions, Edition, Endpoints, InvalidId, MatchRule, PullOptions,
    Quota, Secret, SecretName, Tenant, TenantKey, UpstreamOptions,
};
use serde::Deserialize;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use toml::Table;

/// Where references of a file are looked up.
pub struct ReadFrom<'a> {
    /// Variables for `{ env = "NAME" }`.
    pub env: &'a (dyn Fn(&str) -> Option<String> + Sync),
    /// The folder that relative paths of `{ file = "path" }` begin in.
    pub folder: &'a Path,
}

/// Base URLs as given; absent ones take the edition's defaults.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "named as in `Endpoints`")]
pub struct RawEndpoints {
    pub api_base: Option<String>,
    pub authorize_base: Option<String>,
    pub login_base: Option<String>,
    pub console_url: Option<String>,
    pub ca_file: Option<String>,
    pub proxy: Option<String>,
    pub timeout_ms: Option<u64>,
}

/// Completes the addresses of a corp (PEER-14, AUTH-02). The public edition has defaults of its own; elsewhere the
/// further bases default to `api_base`, which must be given (an empty one is refused by [`check_corp`]).
///
/// Sources: doc paths 90664, 91022, 98152.
pub fn default_endpoints(edition: Edition, raw: RawEndpoints) -> Endpoints {
    let base = |given: Option<String>| given.map(|text| text.trim_end_matches('/').to_owned());
    let api_base = base(raw.api_base);
    let or = |given: Option<String>, public: &str| {
        base(given).unwrap_or_else(|| match edition {
            Edition::Public => public.to_owned(),
            Edition::Private | Edition::Government => api_base.clone().unwrap_or_default(),
        })
    };
    Endpoints {
        authorize_base: or(raw.authorize_base, "https://open.weixin.qq.com"),
        login_base: or(raw.login_base, "https://login.work.weixin.qq.com"),
        console_url: or(raw.console_url, "https://work.weixin.qq.com"),
        api_base: or(api_base.clone(), "https://qyapi.weixin.qq.com"),
        ca_file: raw.ca_file.unwrap_or_default(),
        proxy: raw.proxy.unwrap_or_default(),
        timeout_ms: raw.timeout_ms.unwrap_or(5_000),
    }
}

/// Reads a set-up file.
///
/// Checks everything that can be known without the store: forms, ranges, references inside the file, expressions,
/// schedules. On `Err` every fault is listed with its path.
pub fn read(text: &str, from: &ReadFrom<'_>) -> Result<SetupFile, SetupFaults> {
    let mut root: Table = text.parse().map_err(|cause: toml::de::Error| {
        let line = cause.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        SetupFaults(vec![SetupFault::new("", format!("not valid TOML, line {line}: {}", cause.message().trim()))])
    })?;
    let mut faults = Vec::new();
    match root.remove("version") {
        Some(toml::Value::Integer(1)) => {}
        Some(other) => faults.push(SetupFault::new("version", format!("is {other}; this release reads version 1"))),
        None => faults.push(SetupFault::new("version", "is missing; write version = 1")),
    }
    let mut file = SetupFile::default();
    for table in take_tables(&mut root, "tenant", "", &mut faults) {
        if let Some(tenant) = read_tenant(table, file.tenants.len(), &mut faults) {
            file.tenants.push(tenant);
        }
    }
    for table in take_tables(&mut root, "corp", "", &mut faults) {
        if let Some(corp) = read_corp(table, file.corps.len(), from, &mut faults) {
            file.corps.push(corp);
        }
    }
    for key in root.keys() {
        faults.push(SetupFault::new(key, "unknown key; known are version, tenant, corp"));
    }
    refuse_twins("tenant", file.tenants.iter().map(|tenant| tenant.key.as_str()), &mut faults);
    refuse_twins("corp", file.corps.iter().map(|corp| corp.corp.key.as_str()), &mut faults);
    if faults.is_empty() { Ok(file) } else { Err(SetupFaults(faults)) }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawTenant {
    key: Option<String>,
    name: Option<String>,
}

fn read_tenant(table: Table, at: usize, faults: &mut Vec<SetupFault>) -> Option<Tenant> {
    let path = place("tenant", &table, at);
    let raw: RawTenant = read_section(table, &path, faults);
    let key = required_key(raw.key, &path, TenantKey::parse, faults)?;
    let tenant = Tenant { key, name: raw.name.unwrap_or_default() };
    faults.extend(check_tenant(&tenant, &path));
    Some(tenant)
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawCorp {
    key: Option<String>,
    tenant: Option<String>,
    name: Option<String>,
    corpid: Option<String>,
    edition: Edition,
    api_base: Option<String>,
    authorize_base: Option<String>,
    login_base: Option<String>,
    console_url: Option<String>,
    ca_file: Option<String>,
    proxy: Option<String>,
    timeout_ms: Option<u64>,
    access: Access,
    contacts_secret: Option<SecretSource>,
    read_app: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawApp {
    key: Option<String>,
    name: Option<String>,
    agentid: Option<u64>,
    secret: Option<SecretSource>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawCallback {
    enabled: bool,
    token: Option<SecretSource>,
    aes_key: Option<SecretSource>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawCallbackKeys {
    token: Option<SecretSource>,
    aes_key: Option<SecretSource>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawMatch {
    employee: String,
    member: String,
}

fn read_corp(mut table: Table, at: usize, from: &ReadFrom<'_>, faults: &mut Vec<SetupFault>) -> Option<SetupCorp> {
    let path = place("corp", &table, at);
    let under = |key: &str| join(&path, key);
    let given = Given::of(&table);
    let callback = take_table(&mut table, "contacts_callback", &path, faults);
    let customers = take_table(&mut table, "customers_callback", &path, faults);
    let quota = take_table(&mut table, "quota", &path, faults);
    let app_tables = take_tables(&mut table, "app", &path, faults);
    let matches = take_tables(&mut table, "match", &path, faults);
    let pull = take_table(&mut table, "pull", &path, faults);
    let downstream = take_table(&mut table, "downstream", &path, faults);
    let upstream = take_table(&mut table, "upstream", &path, faults);
    let raw: RawCorp = read_section(table, &path, faults);

    let mut secrets = Secrets { found: BTreeMap::new(), from };
    secrets.take(SecretName::Contacts, raw.contacts_secret, &under("contacts_secret"), faults);
    let callback: RawCallbackKeys = read_section(callback, &under("contacts_callback"), faults);
    secrets.take(SecretName::ContactsToken, callback.token, &under("contacts_callback.token"), faults);
    secrets.take(SecretName::ContactsAesKey, callback.aes_key, &under("contacts_callback.aes_key"), faults);
    let callback: RawCallbackKeys = read_section(customers, &under("customers_callback"), faults);
    secrets.take(SecretName::CustomersToken, callback.token, &under("customers_callback.token"), faults);
    secrets.take(SecretName::CustomersAesKey, callback.aes_key, &under("customers_callback.aes_key"), faults);

    let mut apps = Vec::new();
    for table in app_tables {
        apps.extend(read_app(table, apps.len(), &path, &mut secrets, faults));
    }
    let match_rules = read_matches(matches, &path, faults);
    let key = required_key(raw.key, &path, CorpKey::parse, faults);
    let tenant = required(raw.tenant, &under("tenant"), TenantKey::parse, faults);
    let read_app = raw.read_app.filter(|key| !key.is_empty());
    let corp = Corp {
        name: raw.name.unwrap_or_default(),
        corpid: raw.corpid.unwrap_or_default(),
        edition: raw.edition,
        endpoints: default_endpoints(
            raw.edition,
            RawEndpoints {
                api_base: raw.api_base,
                authorize_base: raw.authorize_base,
                login_base: raw.login_base,
                console_url: raw.console_url,
                ca_file: raw.ca_file,
                proxy: raw.proxy,
                timeout_ms: raw.timeout_ms,
            },
        ),
        access: raw.access,
        read_app: read_app.map(|key| AppKey::from(key.as_str())),
        quota: read_section::<Quota>(quota, &under("quota"), faults),
        apps,
        match_rules,
        pull: read_section::<PullOptions>(pull, &under("pull"), faults),
        downstream: read_downstream(downstream, &under("downstream"), faults),
        upstream: read_section::<UpstreamOptions>(upstream, &under("upstream"), faults),
        key: key?,
        tenant: tenant?,
    };
    faults.extend(check_corp(&corp, &path));
    Some(SetupCorp { corp, secrets: secrets.found, given: Some(given) })
}

/// Reads `[[match]]`.
pub(super) fn read_matches(tables: Vec<Table>, path: &str, faults: &mut Vec<SetupFault>) -> Vec<MatchRule> {
    let read = tables.into_iter().enumerate().map(|(at, table)| {
        let raw: RawMatch = read_section(table, &join(path, &format!("match[{}]", at + 1)), faults);
        MatchRule { employee: raw.employee, member: raw.member }
    });
    read.collect()
}

/// Reads `[downstream]` with what is below it.
pub(super) fn read_downstream(mut table: Table, path: &str, faults: &mut Vec<SetupFault>) -> DownstreamOptions {
    let mut inner = |key: &str, faults: &mut Vec<SetupFault>| take_table(&mut table, key, path, faults);
    let (scope, guard) = (inner("scope", faults), inner("guard", faults));
    let (fields, external) = (inner("fields", faults), inner("external_fields", faults));
    DownstreamOptions {
        scope: read_section(scope, &join(path, "scope"), faults),
        guard: read_section(guard, &join(path, "guard"), faults),
        fields: read_section(fields, &join(path, "fields"), faults),
        external_fields: read_section(external, &join(path, "external_fields"), faults),
        ..read_section(table, path, faults)
    }
}

fn read_app(
    mut table: Table,
    at: usize,
    corp: &str,
    secrets: &mut Secrets<'_>,
    faults: &mut Vec<SetupFault>,
) -> Option<App> {
    let path = format!("{corp}.{}", place("app", &table, at));
    let callback = take_table(&mut table, "callback", &path, faults);
    let callback: RawCallback = read_section(callback, &join(&path, "callback"), faults);
    let raw: RawApp = read_section(table, &path, faults);
    if raw.agentid.is_none() && !faults.iter().any(|fault| fault.path == join(&path, "agentid")) {
        faults.push(SetupFault::new(join(&path, "agentid"), "is missing; copy the AgentId from the app's page"));
    }
    let key = required_key(raw.key, &path, AppKey::parse, faults)?;
    secrets.take(SecretName::App(key.clone()), raw.secret, &join(&path, "secret"), faults);
    secrets.take(SecretName::AppToken(key.clone()), callback.token, &join(&path, "callback.token"), faults);
    secrets.take(SecretName::AppAesKey(key.clone()), callback.aes_key, &join(&path, "callback.aes_key"), faults);
    let agentid = raw.agentid.unwrap_or_default();
    Some(App { key, name: raw.name.unwrap_or_default(), agentid, callback_enabled: callback.enabled })
}

/// The secrets of a corp as they are found.
struct Secrets<'a> {
    found: BTreeMap<SecretName, Secret>,
    from: &'a ReadFrom<'a>,
}

impl Secrets<'_> {
    fn take(&mut self, name: SecretName, source: Option<SecretSource>, path: &str, faults: &mut Vec<SetupFault>) {
        let Some(source) = source else { return };
        match source.resolve(self.from) {
            Ok(secret) => {
                faults.extend(check_secret(&name, &secret, path));
                self.found.insert(name, secret);
            }
            Err(message) => faults.push(SetupFault::new(path, message)),
        }
    }
}

/// `corp[acme-main]`, or `corp[#2]` where there is no key.
fn place(kind: &str, table: &Table, at: usize) -> String {
    match table.get("key").and_then(toml::Value::as_str) {
        Some(key) => format!("{kind}[{key}]"),
        None => format!("{kind}[#{}]", at + 1),
    }
}

fn required_key<T>(
    value: Option<String>,
    path: &str,
    parse: impl Fn(&str) -> Result<T, InvalidId>,
    faults: &mut Vec<SetupFault>,
) -> Option<T> {
    required(value, &join(path, "key"), parse, faults)
}

fn required<T>(
    value: Option<String>,
    path: &str,
    parse: impl Fn(&str) -> Result<T, InvalidId>,
    faults: &mut Vec<SetupFault>,
) -> Option<T> {
    let Some(value) = value else {
        if !faults.iter().any(|fault| fault.path == path) {
            faults.push(SetupFault::new(path, "is missing"));
        }
        return None;
    };
    parse(&value).map_err(|cause| faults.push(SetupFault::new(path, cause.to_string()))).ok()
}

fn refuse_twins<'a>(kind: &str, keys: impl Iterator<Item = &'a str>, faults: &mut Vec<SetupFault>) {
    let mut seen = HashSet::new();
    for key in keys {
        if !seen.insert(key) {
            faults.push(SetupFault::new(format!("{kind}[{key}]"), "is there twice"));
        }
    }
}
