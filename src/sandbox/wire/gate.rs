//! The gate before every call: whose token, which IP, which permission. In the order that the contract gives:
//! token, quota, IP, permission; the handlers check the rest.

use super::answer::{Refusal, refuse};
use super::request::Query;
use crate::sandbox::state::corp::{AppKind, Corp, Owner};
use crate::sandbox::state::{Grant, World};

/// What a call needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Any token.
    Any,
    /// Ids of departments: any token, the edit authorisation included.
    Ids,
    /// Ids of members, joined: the contacts secret or the edit authorisation.
    MemberIds,
    /// Details: not the contacts secret from an IP newer than 2022-08-15.
    Details,
    /// The contacts secret.
    Contacts,
    /// Write permission on the contacts.
    Write,
    /// An app's token: the contacts secret cannot send messages.
    App,
    /// The key of a group robot in place of a token.
    Robot,
}

/// Corp and secret behind a call: its token, or the key of a robot (93000).
pub fn find_caller(world: &World, needs: Needs, query: &Query, now_ms: i64) -> Result<(String, Owner), Refusal> {
    if needs != Needs::Robot {
        return check_token(world, query.find("access_token"), now_ms).map(|grant| (grant.corpid.clone(), grant.owner));
    }
    let key = query.find("key").unwrap_or_default();
    match world.corps.values().find(|corp| corp.robots.contains_key(key)) {
        Some(corp) => Ok((corp.corpid.clone(), Owner::Robot)),
        None => refuse(93000, "invalid webhook url"),
    }
}

/// The grant behind `access_token`.
pub fn check_token<'w>(world: &'w World, token: Option<&str>, now_ms: i64) -> Result<&'w Grant, Refusal> {
    let Some(token) = token else { return refuse(41001, "access_token missing") };
    match world.grant(token) {
        None => refuse(40014, "invalid access_token"),
        Some(grant) if grant.expires_at_ms <= now_ms => refuse(42001, "access_token expired"),
        Some(grant) => Ok(grant),
    }
}

/// The caller's IP against the trusted ones of the secret.
pub fn check_ip(corp: &mut Corp, owner: Owner, path: &str, ip: &str, now_ms: i64) -> Result<(), Refusal> {
    let is_exempt = corp.message_switches.send_skips_trusted_ip && path == "message/send";
    if !corp.switches.checks_trusted_ip || is_exempt {
        return Ok(());
    }
    match corp.trusted_ips(owner) {
        Some(trusted) if !trusted.trusts(ip, now_ms) => {
            let refusal = Refusal::new(60020, "not allow to access from your ip");
            // Seen in live answers: the lists of addresses come along, empty.
            let is_list = matches!(path, "get_api_domain_ip" | "getcallbackip");
            Err(if is_list { refusal.with("ip_list", Vec::<String>::new()) } else { refusal })
        }
        _ => Ok(()),
    }
}

/// The kind of secret against what the call needs.
pub fn check_permission(corp: &Corp, owner: Owner, needs: Needs, ip: &str) -> Result<(), Refusal> {
    if corp.settings.is_banned {
        return refuse(301_007, "corp is unavailable");
    }
    let agentid = match owner {
        Owner::Contacts => return check_contacts(corp, needs, ip),
        Owner::Robot => return Ok(()),
        Owner::App(agentid) => agentid,
    };
    let Some(app) = corp.apps.get(&agentid) else { return refuse(40014, "invalid access_token") };
    if !app.is_enabled {
        return refuse(50003, "app is disabled");
    }
    if app.is_forbidden {
        return refuse(60031, "app is forbidden to call api");
    }
    if app.kind == AppKind::EditAuthorised {
        return match needs {
            Needs::Ids | Needs::MemberIds | Needs::Write => Ok(()),
            _ => refuse(48008, "api not in the allowed list of the contacts edit authorisation"),
        };
    }
    match needs {
        Needs::Any | Needs::Ids | Needs::Details | Needs::App | Needs::Robot => Ok(()),
        Needs::MemberIds | Needs::Contacts => refuse(48002, "api forbidden"),
        Needs::Write => refuse(corp.switches.app_write_errcode, "no privilege to access/modify contact/party/agent "),
    }
}

fn check_contacts(corp: &Corp, needs: Needs, ip: &str) -> Result<(), Refusal> {
    if !corp.contacts.is_enabled {
        return refuse(48002, "api forbidden: contacts sync is switched off");
    }
    match needs {
        Needs::App => refuse(48002, "api forbidden"),
        Needs::Write if !corp.contacts.can_edit => refuse(60011, "no privilege to access/modify contact/party/agent "),
        Needs::Details if corp.switches.blocks_contacts_reads && !corp.contacts.known_ips.contains(ip) => {
            refuse(48009, "api forbidden for contact assistant")
        }
        _ => Ok(()),
    }
}
