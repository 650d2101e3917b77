//! What a set-up file says about a corp that is there already: options that it does not name stay as they are. Pure.

use crate::model::{App, Corp, Endpoints};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use toml::Table;

/// The options that a corp's section of a file names; their values are those that were read from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Given(Table);

/// Tables that are one value: a mapping that the file leaves out is taken away when the file has the table at all.
const WHOLE: &[&str] = &["fields", "external_fields"];

impl Given {
    /// Out of a corp's section as it stands in the file.
    pub(super) fn of(section: &Table) -> Self {
        let mut section = section.clone();
        for secret in ["contacts_secret", "contacts_callback"] {
            section.remove(secret);
        }
        for app in section.get_mut("app").and_then(toml::Value::as_array_mut).into_iter().flatten() {
            let Some(app) = app.as_table_mut() else { continue };
            app.remove("secret");
            if let Some(callback) = app.get_mut("callback").and_then(toml::Value::as_table_mut) {
                callback.retain(|key, _| key == "enabled");
            }
        }
        Self(section)
    }

    /// `wanted`, which was read from this section with defaults for what it lacks, with the options of `before` in their
    /// place. Lists (match rules, units of the scope) and the tables of mappings are one value each.
    pub(super) fn fill(&self, before: &Corp, wanted: &Corp) -> Corp {
        let has = |key: &str| self.0.contains_key(key);
        let edition = if has("edition") { wanted.edition } else { before.edition };
        Corp {
            name: if has("name") { wanted.name.clone() } else { before.name.clone() },
            edition,
            endpoints: if edition == before.edition {
                self.endpoints(&before.endpoints, &wanted.endpoints)
            } else {
                // Another edition has other addresses.
                wanted.endpoints.clone()
            },
            access: if has("access") { wanted.access } else { before.access },
            read_app: if has("read_app") { wanted.read_app.clone() } else { before.read_app.clone() },
            quota: self.section("quota", &before.quota, &wanted.quota),
            apps: wanted.apps.iter().map(|app| self.app(before.find_app(&app.key), app)).collect(),
            match_rules: if has("match") { wanted.match_rules.clone() } else { before.match_rules.clone() },
            pull: self.section("pull", &before.pull, &wanted.pull),
            downstream: self.section("downstream", &before.downstream, &wanted.downstream),
            upstream: self.section("upstream", &before.upstream, &wanted.upstream),
            key: wanted.key.clone(),
            tenant: wanted.tenant.clone(),
            corpid: wanted.corpid.clone(),
        }
    }

    fn endpoints(&self, before: &Endpoints, wanted: &Endpoints) -> Endpoints {
        let pick = |key: &str, wanted: &str, before: &str| {
            if self.0.contains_key(key) { wanted.to_owned() } else { before.to_owned() }
        };
        Endpoints {
            api_base: pick("api_base", &wanted.api_base, &before.api_base),
            authorize_base: pick("authorize_base", &wanted.authorize_base, &before.authorize_base),
            login_base: pick("login_base", &wanted.login_base, &before.login_base),
            console_url: pick("console_url", &wanted.console_url, &before.console_url),
            ca_file: pick("ca_file", &wanted.ca_file, &before.ca_file),
            proxy: pick("proxy", &wanted.proxy, &before.proxy),
            timeout_ms: if self.0.contains_key("timeout_ms") { wanted.timeout_ms } else { before.timeout_ms },
        }
    }

    /// One section laid over the one that is there.
    fn section<T: Serialize + DeserializeOwned + Clone>(&self, key: &str, before: &T, wanted: &T) -> T {
        let Some(given) = self.0.get(key).and_then(toml::Value::as_table) else { return before.clone() };
        let (Ok(mut laid), Ok(over)) = (serde_json::to_value(before), serde_json::to_value(wanted)) else {
            return wanted.clone();
        };
        take_over(&mut laid, &over, given);
        // Each option has a value that the type took before.
        serde_json::from_value(laid).unwrap_or_else(|_| wanted.clone())
    }

    fn app(&self, before: Option<&App>, wanted: &App) -> App {
        let Some(before) = before else { return wanted.clone() };
        let sections = self.0.get("app").and_then(toml::Value::as_array).into_iter().flatten();
        let mine = sections
            .filter_map(toml::Value::as_table)
            .find(|table| table.get("key").and_then(toml::Value::as_str) == Some(wanted.key.as_str()));
        let has = |key: &str| mine.is_some_and(|table| table.contains_key(key));
        let says_enabled = mine
            .and_then(|table| table.get("callback"))
            .and_then(toml::Value::as_table)
            .is_some_and(|callback| callback.contains_key("enabled"));
        App {
            key: wanted.key.clone(),
            agentid: wanted.agentid,
            name: if has("name") { wanted.name.clone() } else { before.name.clone() },
            callback_enabled: if says_enabled { wanted.callback_enabled } else { before.callback_enabled },
        }
    }
}

/// Takes over from `wanted` what `given` names, level by level.
fn take_over(laid: &mut Value, wanted: &Value, given: &Table) {
    let (Value::Object(laid), Value::Object(wanted)) = (laid, wanted) else { return };
    for (key, value) in given {
        let Some(wanted) = wanted.get(key) else { continue };
        match (laid.get_mut(key), value.as_table()) {
            (Some(inner), Some(given)) if !WHOLE.contains(&key.as_str()) => take_over(inner, wanted, given),
            _ => drop(laid.insert(key.clone(), wanted.clone())),
        }
    }
}
