//! `gettoken` (doc path 91039).

use super::Exchange;
use crate::sandbox::shared::State;
use crate::sandbox::state::corp::{Corp, Owner};
use crate::sandbox::wire::answer::{Answer, Refusal, refuse};
use crate::sandbox::wire::gate;
use crate::sandbox::wire::request::Query;

/// Gives the token of a secret. It needs no token itself, so it runs outside the table's handlers.
pub fn gettoken(state: &State, query: &Query, ip: &str, now_ms: i64) -> Result<Answer, Refusal> {
    if state.with_traffic(|traffic| traffic.quotas.is_banned(ip, now_ms)) {
        return refuse(45009, "api freq out of limit");
    }
    let Some(corpid) = query.find("corpid") else { return refuse(41002, "corpid missing") };
    let Some(secret) = query.find("corpsecret") else { return refuse(41004, "corpsecret missing") };
    let (got, limit) = state.with(|world| {
        let elsewhere = world.corps.values().any(|corp| corp.corpid != corpid && find_owner(corp, secret).is_some());
        let Some(corp) = world.corps.get_mut(corpid) else {
            let looks_right = corpid.starts_with("ww") || corpid.starts_with("wx") || corpid.starts_with("wl");
            let refusal = if looks_right {
                Refusal::new(2_000_002, "corpid does not exist")
            } else {
                Refusal::new(40013, "invalid corpid")
            };
            return (Err(refusal), 2000);
        };
        let limit = corp.quota.wrong_secrets_hour;
        if corp.settings.is_banned {
            return (refuse(301_007, "corp is unavailable"), limit);
        }
        let got = match find_owner(corp, secret) {
            None if elsewhere => refuse(40091, "secret is invalid"),
            None => refuse(corp.switches.wrong_secret_errcode, "invalid credential"),
            Some(owner) => check_owner(corp, owner, ip, now_ms).map(|()| owner),
        };
        (got.map(|owner| world.token(corpid, owner, now_ms)), limit)
    });
    if let Err(Refusal { errcode: 40001 | 40013 | 40091 | 2_000_002, .. }) = got {
        state.with_traffic(|traffic| traffic.quotas.wrong_secret(ip, limit, now_ms));
    }
    let (token, expires_in) = got?;
    Ok(Answer::new("ok").with("access_token", &token).with("expires_in", &expires_in))
}

fn find_owner(corp: &Corp, secret: &str) -> Option<Owner> {
    if corp.contacts.secret == secret {
        return Some(Owner::Contacts);
    }
    corp.apps.iter().find(|(_, app)| app.secret == secret).map(|(&agentid, _)| Owner::App(agentid))
}

fn check_owner(corp: &mut Corp, owner: Owner, ip: &str, now_ms: i64) -> Result<(), Refusal> {
    let is_enabled = match owner {
        Owner::Contacts => corp.contacts.is_enabled,
        Owner::App(agentid) => corp.apps.get(&agentid).is_some_and(|app| app.is_enabled),
        Owner::Robot => false,
    };
    if !is_enabled {
        return refuse(50003, "app is disabled");
    }
    if corp.switches.checks_ip_at_gettoken { gate::check_ip(corp, owner, "gettoken", ip, now_ms) } else { Ok(()) }
}

/// The table's entry: a call with a token in hand asks for nothing new.
pub fn unreachable(_: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    refuse(40058, "invalid Request Parameter")
}
