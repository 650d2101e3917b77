//! `agent/get` (doc path 90227) and the addresses of the API (doc path 92520).

use super::Exchange;
use crate::sandbox::state::corp::Owner;
use crate::sandbox::wire::answer::{Answer, Refusal, refuse};
use serde_json::{Value, json};

/// `GET agent/get`: an app reads only itself.
pub fn get(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let Some(text) = exchange.query.find("agentid") else { return refuse(41011, "agentid missing") };
    let Some(agentid) = text.parse().ok().filter(|id| exchange.corp.apps.contains_key(id)) else {
        return refuse(40056, "invalid agentid");
    };
    exchange.subject = agentid.to_string();
    if exchange.owner != Owner::App(agentid) {
        return refuse(301_002, "not allowed operate another agent with this accesstoken");
    }
    let Some(app) = exchange.app() else { return refuse(40056, "invalid agentid") };
    let range = &app.visible;
    let answer = Answer::new("ok").with("agentid", &agentid).with("name", &app.name);
    let answer = answer.with("close", &i32::from(!app.is_enabled)).with("redirect_domain", "");
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

/// `GET get_api_domain_ip`
pub fn domain_ip(_: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    Ok(Answer::new("ok").with("ip_list", &["127.0.0.1"]))
}
