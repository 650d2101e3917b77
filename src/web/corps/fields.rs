//! The form of a corp: what was entered, from and to the domain.

use crate::model::{Access, Corp, CorpKey, Edition, Quota, TenantKey, digest};
use crate::setup::{RawEndpoints, default_endpoints};
use serde::{Deserialize, Serialize};

/// Names of the fields, for placing faults.
pub(super) const NAMES: [&str; 17] = [
    "tenant",
    "key",
    "name",
    "corpid",
    "edition",
    "api_base",
    "authorize_base",
    "login_base",
    "console_url",
    "ca_file",
    "proxy",
    "timeout_ms",
    "access",
    "calls_per_minute",
    "calls_per_hour",
    "concurrency",
    "seats",
];

/// As it was entered.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct CorpFields {
    /// [`CorpFields::mark`] of the corp that the form was filled from.
    pub(super) seen: String,
    pub(super) tenant: String,
    pub(super) key: String,
    pub(super) name: String,
    pub(super) corpid: String,
    pub(super) edition: String,
    pub(super) api_base: String,
    pub(super) authorize_base: String,
    pub(super) login_base: String,
    pub(super) console_url: String,
    pub(super) ca_file: String,
    pub(super) proxy: String,
    pub(super) timeout_ms: String,
    pub(super) access: String,
    pub(super) calls_per_minute: String,
    pub(super) calls_per_hour: String,
    pub(super) concurrency: String,
    pub(super) seats: String,
    /// What becomes of the links: `reset`, `keep` or empty.
    pub(super) links: String,
    /// The corp's key, typed to confirm it.
    pub(super) confirm: String,
}

impl CorpFields {
    /// A form for a new corp.
    pub(super) fn fresh(tenant: &str) -> Self {
        let quota = Quota::default();
        Self {
            tenant: tenant.to_owned(),
            edition: "public".into(),
            access: "read-write".into(),
            timeout_ms: "5000".into(),
            calls_per_minute: quota.calls_per_minute.to_string(),
            calls_per_hour: quota.calls_per_hour.to_string(),
            concurrency: quota.concurrency.to_string(),
            seats: quota.seats.to_string(),
            ..Self::default()
        }
    }

    /// Tells whether a corp is still what a form was filled from.
    pub(super) fn mark(corp: &Corp) -> String {
        digest::of(&Self::blank(corp))
    }

    /// The form of a corp as it is.
    pub(super) fn of(corp: &Corp) -> Self {
        Self { seen: Self::mark(corp), ..Self::blank(corp) }
    }

    fn blank(corp: &Corp) -> Self {
        let at = &corp.endpoints;
        let standard = default_endpoints(
            corp.edition,
            RawEndpoints { api_base: Some(at.api_base.clone()), ..RawEndpoints::default() },
        );
        let unless = |value: &str, standard: &str| if value == standard { String::new() } else { value.to_owned() };
        Self {
            tenant: corp.tenant.to_string(),
            key: corp.key.to_string(),
            name: corp.name.clone(),
            corpid: corp.corpid.clone(),
            edition: edition_name(corp.edition).into(),
            api_base: match corp.edition {
                Edition::Public => {
                    unless(&at.api_base, &default_endpoints(Edition::Public, RawEndpoints::default()).api_base)
                }
                _ => at.api_base.clone(),
            },
            authorize_base: unless(&at.authorize_base, &standard.authorize_base),
            login_base: unless(&at.login_base, &standard.login_base),
            console_url: unless(&at.console_url, &standard.console_url),
            ca_file: at.ca_file.clone(),
            proxy: at.proxy.clone(),
            timeout_ms: at.timeout_ms.to_string(),
            access: match corp.access {
                Access::ReadOnly => "read-only".into(),
                Access::ReadWrite => "read-write".into(),
            },
            calls_per_minute: corp.quota.calls_per_minute.to_string(),
            calls_per_hour: corp.quota.calls_per_hour.to_string(),
            concurrency: corp.quota.concurrency.to_string(),
            seats: corp.quota.seats.to_string(),
            ..Self::default()
        }
    }

    /// Puts what was entered over a corp; answers the fields that are no numbers.
    pub(super) fn put_over(&self, corp: &mut Corp) -> Vec<&'static str> {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let mut bad = Vec::new();
        let mut number = |name: &'static str, text: &str| {
            text.trim().parse::<u32>().unwrap_or_else(|_| {
                bad.push(name);
                1
            })
        };
        corp.name = self.name.trim().to_owned();
        corp.corpid = self.corpid.trim().to_owned();
        corp.edition = edition_of(&self.edition);
        corp.endpoints = default_endpoints(
            corp.edition,
            RawEndpoints {
                api_base: given(&self.api_base),
                authorize_base: given(&self.authorize_base),
                login_base: given(&self.login_base),
                console_url: given(&self.console_url),
                ca_file: given(&self.ca_file),
                proxy: given(&self.proxy),
                timeout_ms: Some(number("timeout_ms", &self.timeout_ms).into()),
            },
        );
        corp.access = if self.access == "read-only" { Access::ReadOnly } else { Access::ReadWrite };
        corp.quota.calls_per_minute = number("calls_per_minute", &self.calls_per_minute);
        corp.quota.calls_per_hour = number("calls_per_hour", &self.calls_per_hour);
        corp.quota.concurrency = number("concurrency", &self.concurrency);
        corp.quota.seats = number("seats", &self.seats);
        bad
    }

    /// Keys as entered.
    pub(super) fn keys(&self) -> (TenantKey, CorpKey) {
        (TenantKey::from(self.tenant.trim()), CorpKey::from(self.key.trim()))
    }
}

fn edition_of(name: &str) -> Edition {
    match name {
        "private" => Edition::Private,
        "government" => Edition::Government,
        _ => Edition::Public,
    }
}

/// The edition as the form spells it.
pub(super) const fn edition_name(edition: Edition) -> &'static str {
    match edition {
        Edition::Public => "public",
        Edition::Private => "private",
        Edition::Government => "government",
    }
}
