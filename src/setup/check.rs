//! The rules over tenants, corps and secrets, the same for the file, the API and the pages. Pure.

use super::fault::SetupFault;
use super::section::join;
use crate::jobs::cron::Ticks;
use crate::model::{
    App, CallbackOf, Corp, Edition, Endpoints, Leaver, MemberField, OutOfScope, Secret, SecretName, Tenant,
};
use crate::sync::expr::{Filter, Template};
use crate::sync::matching::check_rules;
use std::collections::HashSet;
use std::path::Path;
use std::str::FromStr;

/// Checks a tenant; `path` leads the places of the faults.
pub fn check_tenant(tenant: &Tenant, path: &str) -> Vec<SetupFault> {
    let mut faults = Faults::at(path);
    faults.name("name", &tenant.name);
    faults.found
}

/// Checks a corp with its apps and options; `path` leads the places of the faults.
pub fn check_corp(corp: &Corp, path: &str) -> Vec<SetupFault> {
    let mut faults = Faults::at(path);
    faults.name("name", &corp.name);
    let fine = (2..=64).contains(&corp.corpid.len())
        && corp.corpid.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    faults.refuse_unless(fine, "corpid", "must be the CorpID from 我的企业 → 企业信息 (letters and digits)");
    check_endpoints(&corp.endpoints, corp.edition, &mut faults);
    faults.at_least_one("quota.calls_per_minute", corp.quota.calls_per_minute);
    faults.at_least_one("quota.calls_per_hour", corp.quota.calls_per_hour);
    faults.refuse_unless((1..=200).contains(&corp.quota.concurrency), "quota.concurrency", "must be from 1 to 200");
    check_apps(&corp.apps, &mut faults);
    if let Some(key) = &corp.read_app
        && corp.find_app(key).is_none()
    {
        faults.add("read_app", &format!("names the app {key}, which the corp does not have"));
    }
    for (at, rule) in corp.match_rules.iter().enumerate() {
        if let Err(cause) = check_rules(std::slice::from_ref(rule)) {
            faults.add(&format!("match[{}].{}", at + 1, cause.side), &cause.to_string());
        }
    }
    faults.schedule("pull", &corp.pull.cron, &corp.pull.time_zone);
    check_downstream(corp, &mut faults);
    faults.refuse_unless(
        !corp.upstream.enabled,
        "upstream.enabled",
        "WeCom → OA is not part of this release; leave it false",
    );
    faults.refuse_unless(
        !corp.upstream.superiors_from_wecom,
        "upstream.superiors_from_wecom",
        "needs WeCom → OA, which is not part of this release; leave it false",
    );
    faults.found
}

/// Checks the form of a secret without ever repeating it.
///
/// Source: doc path 90930 (token and EncodingAESKey).
pub fn check_secret(name: &SecretName, secret: &Secret, path: &str) -> Option<SetupFault> {
    let text = secret.expose();
    let message = match name {
        SecretName::Contacts | SecretName::App(_) => {
            let fine = (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
            (!fine).then_some("must be 1 to 128 visible ASCII characters; copy it again without blanks")
        }
        SecretName::ContactsToken | SecretName::CustomersToken | SecretName::AppToken(_) => {
            let fine = (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
            (!fine).then_some("must be 1 to 32 letters and digits")
        }
        SecretName::ContactsAesKey | SecretName::CustomersAesKey | SecretName::AppAesKey(_) => {
            let fine = text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric());
            (!fine).then_some("must be 43 letters and digits")
        }
    };
    message.map(|message| SetupFault::new(path, message))
}

fn check_endpoints(endpoints: &Endpoints, edition: Edition, faults: &mut Faults<'_>) {
    if endpoints.api_base.is_empty() {
        let edition = if edition == Edition::Private { "private" } else { "government" };
        faults.add("api_base", &format!("must be given for the {edition} edition, e.g. https://wecom.example.com"));
    } else {
        for (key, value) in [
            ("api_base", &endpoints.api_base),
            ("authorize_base", &endpoints.authorize_base),
            ("login_base", &endpoints.login_base),
            ("console_url", &endpoints.console_url),
        ] {
            let url = url::Url::parse(value).ok();
            let fine = url
                .as_ref()
                .is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none());
            faults.refuse_unless(fine, key, "must be an http:// or https:// address without a query");
            faults.refuse_unless(!fine || url.as_ref().is_some_and(is_bare), key, NO_LOGIN);
        }
    }
    let proxy_fine = endpoints.proxy.is_empty()
        || url::Url::parse(&endpoints.proxy).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") && url.host_str().is_some()
        });
    faults.refuse_unless(proxy_fine, "proxy", "must be http://, https:// or socks5:// with a host, or empty");
    let bare = url::Url::parse(&endpoints.proxy).is_ok_and(|url| is_bare(&url));
    faults.refuse_unless(endpoints.proxy.is_empty() || !proxy_fine || bare, "proxy", NO_LOGIN);
    let ca_fine = endpoints.ca_file.is_empty() || Path::new(&endpoints.ca_file).is_absolute();
    faults.refuse_unless(ca_fine, "ca_file", "must be the whole path of a PEM file on the appliance, from / on");
    let timeout_fine = (100..=600_000).contains(&endpoints.timeout_ms);
    faults.refuse_unless(timeout_fine, "timeout_ms", "must be from 100 to 600000 (milliseconds)");
}

/// Why no address holds an account.
const NO_LOGIN: &str = "must not hold a user name or password, which would stand in clear in exports and the audit log; \
                        let the other side know the appliance by its address";

fn is_bare(url: &url::Url) -> bool {
    url.username().is_empty() && url.password().is_none()
}

fn check_apps(apps: &[App], faults: &mut Faults<'_>) {
    let (mut keys, mut agents) = (HashSet::new(), HashSet::new());
    for app in apps {
        let under = format!("app[{}]", app.key);
        faults.name(&join(&under, "name"), &app.name);
        faults.refuse_unless(keys.insert(&app.key), &under, "is there twice");
        let is_free = !CallbackOf::RESERVED.contains(&app.key.as_str());
        faults.refuse_unless(is_free, &under, "is taken by a callback address of the corp itself; choose another key");
        faults.refuse_unless(
            agents.insert(app.agentid),
            &join(&under, "agentid"),
            "is used by another app of the corp",
        );
    }
}

fn check_downstream(corp: &Corp, faults: &mut Faults<'_>) {
    let options = &corp.downstream;
    faults.schedule("downstream", &options.cron, &options.time_zone);
    let source =
        matches!(options.userid_from.as_str(), "id" | "account" | "employee_no" | "mobile" | "email" | "alias")
            || options.userid_from.strip_prefix("ext.").is_some_and(|key| !key.is_empty());
    faults.refuse_unless(
        source,
        "downstream.userid_from",
        "must be one of id, account, employee_no, mobile, email, alias, ext.<key>",
    );
    let guard = &options.guard;
    for (key, percent) in [
        ("max_removal_percent", guard.max_removal_percent),
        ("max_department_removal_percent", guard.max_department_removal_percent),
        ("max_moves_percent", guard.max_moves_percent),
        ("max_cleared_fields_percent", guard.max_cleared_fields_percent),
        ("max_changed_names_percent", guard.max_changed_names_percent),
        ("max_changed_mobiles_percent", guard.max_changed_mobiles_percent),
        ("max_changed_emails_percent", guard.max_changed_emails_percent),
    ] {
        faults.refuse_unless(percent <= 100, &format!("downstream.guard.{key}"), "must be from 0 to 100");
    }
    let deletes =
        [("leaver", options.leaver == Leaver::Delete), ("out_of_scope", options.out_of_scope == OutOfScope::Delete)];
    for (key, _) in deletes.iter().filter(|(_, deletes)| *deletes && options.delete_after_days > 0) {
        faults.add(
            "downstream.delete_after_days",
            &format!(
                "does nothing while {key} = \"delete\", which deletes at once: write {key} = \"disable\" to disable first \
                 and delete after {} days, or set 0",
                options.delete_after_days
            ),
        );
    }
    let name = &options.disabled_department;
    let fine = name.chars().count() <= 64 && !name.contains(['\\', ':', '*', '?', '"', '<', '>', '|']);
    faults.refuse_unless(
        fine,
        "downstream.disabled_department",
        "must be at most 64 characters without \\ : * ? \" < > |",
    );
    for key in options.fields.keys() {
        let known = MemberField::find(key)
            .is_some_and(|field| !matches!(field, MemberField::External(_)) && !field.is_item() && !field.is_marker());
        faults.refuse_unless(
            known,
            &format!("downstream.fields.{key}"),
            "is no member field; known are name, alias, mobile, email, biz_mail, position, gender, telephone, address, \
             external_position, extattr.<name>",
        );
    }
    let templates = options.fields.iter().map(|entry| ("fields", entry));
    let external = options.external_fields.iter().map(|entry| ("external_fields", entry));
    for (section, (key, text)) in templates.chain(external) {
        if let Err(cause) = Template::compile(text) {
            faults.add(&format!("downstream.{section}.{key}"), &cause.to_string());
        }
    }
    if !options.scope.filter.trim().is_empty()
        && let Err(cause) = Filter::compile(&options.scope.filter)
    {
        faults.add("downstream.scope.filter", &cause.to_string());
    }
}

/// Faults under one path.
struct Faults<'a> {
    path: &'a str,
    found: Vec<SetupFault>,
}

impl<'a> Faults<'a> {
    fn at(path: &'a str) -> Self {
        Self { path, found: Vec::new() }
    }

    fn add(&mut self, key: &str, message: &str) {
        self.found.push(SetupFault::new(join(self.path, key), message));
    }

    fn refuse_unless(&mut self, fine: bool, key: &str, message: &str) {
        if !fine {
            self.add(key, message);
        }
    }

    fn name(&mut self, key: &str, name: &str) {
        let length = name.trim().chars().count();
        self.refuse_unless((1..=64).contains(&length), key, "must be 1 to 64 characters");
    }

    fn at_least_one(&mut self, key: &str, value: u32) {
        self.refuse_unless(value > 0, key, "must be at least 1");
    }

    fn schedule(&mut self, section: &str, cron: &str, time_zone: &str) {
        let zone = chrono_tz::Tz::from_str(time_zone).is_ok();
        self.refuse_unless(zone, &join(section, "time_zone"), "must be an IANA name such as Asia/Shanghai");
        if !zone || cron.trim().is_empty() {
            return;
        }
        if let Err(cause) = Ticks::parse(cron, time_zone) {
            let message = format!(
                "is no schedule ({cause}); write six fields, seconds first, days as MON-SUN, e.g. 0 30 2 * * *"
            );
            self.add(&join(section, "cron"), &message);
        }
    }
}
