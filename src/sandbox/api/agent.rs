//! `agent/get`, `agent/list`, `agent/set` (doc paths 90227, 90228) and the addresses of the service (doc paths 92520,
//! 98988, 100079).

use super::Exchange;
use super::message::with_body;
use crate::sandbox::messages::flow::{Rate, takes};
use crate::sandbox::messages::read::limits::check_url;
use crate::sandbox::state::corp::{AppKind, Corp, Owner};
use crate::sandbox::state::job::MEDIA_MS;
use crate::sandbox::wire::answer::{Answer, Refusal, refuse};
use crate::sandbox::wire::request::Body;
use serde_json::{Value, json};

const NAME_CHARS: std::ops::RangeInclusive<usize> = 1..=32;
const DESCRIPTION_CHARS: std::ops::RangeInclusive<usize> = 4..=120;
const HOME_URL_BYTES: usize = 2048;
const MONTH_MS: i64 = 30 * 24 * 3_600_000;

fn logo_url(exchange: &Exchange<'_>, agentid: u64) -> String {
    format!("{}/_sandbox/logo/{}/{agentid}", exchange.base_url, exchange.corp.corpid)
}

/// `GET agent/get`: an app reads only itself.
pub fn get(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let agentid = exchange.query.find("agentid").map(|text| text.parse().unwrap_or(-1));
    let agentid = exchange.own_app(agentid)?;
    exchange.subject = agentid.to_string();
    let Some(app) = exchange.app() else { return refuse(40056, "invalid agentid") };
    let range = &app.visible;
    let mut answer = Answer::new("ok")
        .with("agentid", &agentid)
        .with("name", &app.name)
        .with("square_logo_url", &logo_url(exchange, agentid))
        .with("close", &i32::from(!app.is_enabled))
        .with("report_location_flag", &i32::from(app.report_location_flag))
        .with("isreportenter", &i32::from(app.isreportenter));
    for (key, text) in
        [("description", &app.description), ("redirect_domain", &app.redirect_domain), ("home_url", &app.home_url)]
    {
        if !text.is_empty() {
            answer = answer.with(key, text);
        }
    }
    if app.kind == AppKind::CustomerBuilt {
        answer = answer.with("customized_publish_status", &app.customized_publish_status);
    }
    let mut parts: Vec<(&'static str, Value)> = Vec::new();
    if !range.users.is_empty() {
        let member = |key: &String| exchange.corp.directory.member(key).map(|member| json!({"userid": member.userid}));
        parts.push(("allow_userinfos", json!({"user": range.users.iter().filter_map(member).collect::<Vec<_>>()})));
    }
    if !range.departments.is_empty() {
        parts.push(("allow_partys", json!({"partyid": range.departments})));
    }
    if !range.tags.is_empty() {
        parts.push(("allow_tags", json!({"tagid": range.tags})));
    }
    Ok(parts.iter().fold(answer, |answer, (name, part)| answer.with(name, part)))
}

/// `GET agent/list`: the token's own app.
pub fn list(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let Owner::App(agentid) = exchange.owner else { return refuse(48002, "api forbidden") };
    let name = exchange.app().map(|app| app.name.as_str()).unwrap_or_default();
    let row = json!({"agentid": agentid, "name": name, "square_logo_url": logo_url(exchange, agentid)});
    Ok(Answer::new("ok").with("agentlist", &[row]))
}

/// `POST agent/set`: what is left out stays. On a refusal nothing was changed, but for 85005: then the domain works for
/// OAuth.
pub fn set(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    with_body(exchange, change)
}

fn report_flag(body: &mut Body, key: &str) -> Result<Option<bool>, Refusal> {
    match body.number(key) {
        None => Ok(None),
        Some(0) => Ok(Some(false)),
        Some(1) => Ok(Some(true)),
        Some(_) => refuse(40059, format!("invalid {key}")),
    }
}

fn change(exchange: &mut Exchange<'_>, body: &mut Body) -> Result<Answer, Refusal> {
    let agentid = exchange.own_app(body.number("agentid"))?;
    exchange.subject = agentid.to_string();
    let now_ms = exchange.now_ms;
    let corp = &mut *exchange.corp;
    let Some(mut app) = corp.apps.get(&agentid).cloned() else { return refuse(40056, "invalid agentid") };
    if app.kind != AppKind::SelfBuilt {
        let errcode = if body.has("home_url") { 60028 } else { 48002 };
        return refuse(errcode, "third-party apps cannot be set");
    }
    app.report_location_flag = report_flag(body, "report_location_flag")?.unwrap_or(app.report_location_flag);
    app.isreportenter = report_flag(body, "isreportenter")?.unwrap_or(app.isreportenter);
    if let Some(media_id) = body.text("logo_mediaid") {
        let logo = corp.jobs.media.get(&media_id);
        if logo.is_none_or(|media| media.kind != "image" || media.created_at_ms + MEDIA_MS <= now_ms) {
            return refuse(40007, "invalid media_id");
        }
        app.logo_mediaid = media_id;
    }
    if let Some(name) = body.text("name") {
        if !NAME_CHARS.contains(&name.chars().count()) {
            return refuse(45022, "name size out of limit");
        }
        app.name = name;
    }
    if let Some(description) = body.text("description") {
        if !DESCRIPTION_CHARS.contains(&description.chars().count()) {
            return refuse(45004, "description size out of limit");
        }
        app.description = description;
    }
    if let Some(home_url) = body.text("home_url") {
        if check_url("home_url", &home_url, HOME_URL_BYTES).is_err() {
            return refuse(40094, "invalid home_url");
        }
        app.home_url = home_url;
    }
    let mut is_owned = true;
    if let Some(domain) = body.text("redirect_domain")
        && domain != app.redirect_domain
    {
        check_domain(corp, &domain)?;
        let rate = Rate { count: corp.message_limits.domain_changes_month, span_ms: MONTH_MS };
        if !takes(&mut app.domain_changes, &[rate], now_ms) {
            return refuse(85004, "too many changes of the domain");
        }
        is_owned = corp.settings.owned_domains.contains(&domain);
        app.redirect_domain = domain;
    }
    corp.apps.insert(agentid, app);
    if is_owned { Ok(Answer::new("ok")) } else { refuse(85005, "the ownership of the domain is not proven") }
}

/// A bare domain: no scheme, port, path or IP (80001), of the corp (85008), and not a provider's (85111).
fn check_domain(corp: &Corp, domain: &str) -> Result<(), Refusal> {
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && !label.starts_with('-')
    };
    let is_domain = domain.contains('.') && domain.split('.').all(is_label);
    let is_ip = domain.parse::<std::net::IpAddr>().is_ok();
    if !is_domain || is_ip {
        return refuse(80001, "invalid domain");
    }
    if corp.settings.provider_domains.contains(domain) {
        return refuse(85111, "the domain belongs to a provider");
    }
    if corp.settings.unrecorded_domains.contains(domain) {
        return refuse(85008, "the domain has no record of the corp");
    }
    Ok(())
}

fn ips(list: &[String]) -> Vec<String> {
    if list.is_empty() { vec!["127.0.0.1".into()] } else { list.to_vec() }
}

/// `GET get_api_domain_ip`
pub fn api_domain_ip(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    Ok(Answer::new("ok").with("ip_list", &ips(&exchange.corp.settings.api_ips)))
}

/// `GET getcallbackip`
pub fn callback_ip(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    Ok(Answer::new("ok").with("ip_list", &ips(&exchange.corp.settings.callback_ips)))
}

/// `GET security/get_server_domain_ip`: what the clients' network must reach. The misspelled name is the page's.
pub fn server_domain_ip(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let (host, port) = match url::Url::parse(exchange.base_url) {
        Ok(url) => (url.host_str().unwrap_or_default().to_owned(), url.port_or_known_default().unwrap_or(443)),
        Err(_) => (exchange.base_url.to_owned(), 443),
    };
    let row = |key: &str, value: &str| json!({key: value, "protocol": "TCP", "port": [port], "is_necessary": 1, "description": "sandbox"});
    let list: Vec<Value> = ips(&exchange.corp.settings.api_ips).iter().map(|ip| row("ip", ip)).collect();
    Ok(Answer::new("ok").with("domain_list", &[row("universal_domian", &host)]).with("ip_list", &list))
}
