//! One corp: switches, limits, secrets, apps, trusted IPs, tokens, the console.

use super::{bad_request, done, not_found};
use crate::sandbox::options::{Limits, MessageLimits, MessageSwitches, Profile, QuotaLimits, Switches, patched};
use crate::sandbox::shared::State;
use crate::sandbox::state::corp::{App, Contacts, Corp, Owner, Settings};
use actix_web::HttpResponse;
use actix_web::web::{self, Data, Json, Path, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/corps/{corpid}", web::get().to(show))
        .route("/corps/{corpid}", web::patch().to(change))
        .route("/corps/{corpid}", web::delete().to(remove))
        .route("/corps/{corpid}/apps/{agentid}", web::patch().to(change_app))
        .route("/corps/{corpid}/apps/{agentid}", web::delete().to(remove_app))
        .route("/corps/{corpid}/trusted-ips", web::put().to(set_trusted_ips))
        .route("/corps/{corpid}/tokens/invalidate", web::post().to(invalidate_tokens))
        .route("/corps/{corpid}/tfa", web::post().to(start_tfa))
        .route("/corps/{corpid}/console/{act:.*}", web::post().to(console));
}

async fn show(state: Data<State>, corpid: Path<String>) -> HttpResponse {
    let shown = state.with_corp(&corpid, |corp| {
        json!({
            "corpid": corp.corpid, "name": corp.name, "profile": corp.profile, "switches": corp.switches,
            "limits": corp.limits, "quota": corp.quota, "message_switches": corp.message_switches,
            "message_limits": corp.message_limits, "settings": corp.settings, "contacts": corp.contacts,
            "apps": corp.apps, "departments": corp.directory.department_count(),
            "members": corp.directory.member_count(), "tags": corp.tags, "chats": corp.chats.groups,
            "robots": corp.robots,
        })
    });
    shown.map_or_else(|| not_found("corp"), |shown| HttpResponse::Ok().json(shown))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CorpChange {
    name: Option<String>,
    /// Sets switches, limits and quota to the profile's; what else is given is laid over that.
    profile: Option<Profile>,
    switches: Option<Value>,
    limits: Option<Value>,
    quota: Option<Value>,
    message_switches: Option<Value>,
    message_limits: Option<Value>,
    settings: Option<Value>,
    contacts: Option<Value>,
}

impl CorpChange {
    /// All or nothing.
    fn lay(self, corp: &mut Corp) -> Result<(), serde_json::Error> {
        let (mut switches, mut limits, mut quota) = (corp.switches.clone(), corp.limits.clone(), corp.quota.clone());
        let mut message_switches = corp.message_switches.clone();
        let mut message_limits = corp.message_limits.clone();
        if let Some(profile) = self.profile {
            (switches, limits, quota) = (Switches::of(profile), Limits::of(profile), QuotaLimits::of(profile));
            (message_switches, message_limits) = (MessageSwitches::of(profile), MessageLimits::of(profile));
        }
        let none = Value::Null;
        switches = patched(&switches, self.switches.as_ref().unwrap_or(&none))?;
        limits = patched(&limits, self.limits.as_ref().unwrap_or(&none))?;
        quota = patched(&quota, self.quota.as_ref().unwrap_or(&none))?;
        message_switches = patched(&message_switches, self.message_switches.as_ref().unwrap_or(&none))?;
        message_limits = patched(&message_limits, self.message_limits.as_ref().unwrap_or(&none))?;
        let settings: Settings = patched(&corp.settings, self.settings.as_ref().unwrap_or(&none))?;
        let contacts: Contacts = patched(&corp.contacts, self.contacts.as_ref().unwrap_or(&none))?;
        corp.profile = self.profile.unwrap_or(corp.profile);
        corp.name = self.name.unwrap_or_else(|| corp.name.clone());
        (corp.switches, corp.limits, corp.quota) = (switches, limits, quota);
        (corp.message_switches, corp.message_limits) = (message_switches, message_limits);
        (corp.settings, corp.contacts) = (settings, contacts);
        Ok(())
    }
}

async fn change(state: Data<State>, corpid: Path<String>, body: Json<CorpChange>) -> actix_web::Result<HttpResponse> {
    let change = body.into_inner();
    match state.with_corp(&corpid, |corp| change.lay(corp)) {
        None => Ok(not_found("corp")),
        Some(changed) => changed.map(|()| done()).map_err(|cause| bad_request(&cause).into()),
    }
}

async fn remove(state: Data<State>, corpid: Path<String>) -> HttpResponse {
    let removed = state.with(|world| {
        world.invalidate_tokens(Some(&corpid), None);
        world.corps.remove(corpid.as_str()).is_some()
    });
    if removed { done() } else { not_found("corp") }
}

/// Creates the app when there is none.
async fn change_app(
    state: Data<State>,
    path: Path<(String, u64)>,
    patch: Json<Value>,
) -> actix_web::Result<HttpResponse> {
    let (corpid, agentid) = path.into_inner();
    let now_ms = state.now_ms();
    let changed = state.with_corp(&corpid, |corp| {
        let present = corp.apps.get(&agentid).cloned();
        let base = present.unwrap_or_else(|| App { created_at_ms: now_ms, ..App::default() });
        let app: App = patched(&base, &patch)?;
        corp.apps.insert(agentid, app);
        Ok::<_, serde_json::Error>(())
    });
    match changed {
        None => Ok(not_found("corp")),
        Some(changed) => changed.map(|()| done()).map_err(|cause| bad_request(&cause).into()),
    }
}

async fn remove_app(state: Data<State>, path: Path<(String, u64)>) -> HttpResponse {
    let (corpid, agentid) = path.into_inner();
    match state.with_corp(&corpid, |corp| corp.apps.remove(&agentid)) {
        Some(Some(_)) => done(),
        _ => not_found("app"),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TrustedIpsChange {
    owner: Owner,
    ips: Vec<String>,
}

/// Effective after 60 s, as in the console.
async fn set_trusted_ips(state: Data<State>, corpid: Path<String>, body: Json<TrustedIpsChange>) -> HttpResponse {
    let ips: Vec<&str> = body.ips.iter().map(String::as_str).collect();
    state.set_trusted_ips(&corpid, body.owner, &ips);
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokensOf {
    owner: Option<Owner>,
}

async fn invalidate_tokens(state: Data<State>, corpid: Path<String>, body: Option<Json<TokensOf>>) -> HttpResponse {
    let owner = body.and_then(|body| body.owner);
    let count = state.with(|world| world.invalidate_tokens(Some(&corpid), owner));
    HttpResponse::Ok().json(json!({ "invalidated": count }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TfaStart {
    userid: String,
}

/// The member's client starts a second verification: answers the code that the page would get.
async fn start_tfa(state: Data<State>, corpid: Path<String>, body: Json<TfaStart>) -> HttpResponse {
    let code = format!("{:016x}", rand::random::<u64>());
    match state.with_corp(&corpid, |corp| corp.tfa_codes.insert(code.clone(), body.into_inner().userid)) {
        Some(_) => HttpResponse::Ok().json(json!({ "code": code })),
        None => not_found("corp"),
    }
}

async fn console(state: Data<State>, path: Path<(String, String)>, body: Json<Value>) -> HttpResponse {
    let (corpid, act) = path.into_inner();
    match state.console(&corpid, &act, &body) {
        Ok(()) => done(),
        Err(refusal) => {
            let answer = json!({ "error": refusal.text, "errcode": refusal.errcode });
            HttpResponse::BadRequest().json(answer)
        }
    }
}
