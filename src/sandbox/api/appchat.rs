//! Group chats of apps: `appchat/create`, `update`, `get`, `send` (doc paths 90244 to 90248), and `dismiss`, `revoke` of
//! private editions.

use super::Exchange;
use super::message::{new_jobid, with_body};
use crate::sandbox::messages::flow::{Rate, takes};
use crate::sandbox::messages::message::{Message, Origin, Receipt};
use crate::sandbox::messages::read::{Channel, Reader};
use crate::sandbox::state::chat::Chat;
use crate::sandbox::state::corp::{AppKind, Corp, Owner};
use crate::sandbox::state::member::{Text, folded};
use crate::sandbox::wire::answer::{Answer, Refusal, refuse};
use crate::sandbox::wire::request::Body;
use serde_json::json;
use std::collections::BTreeSet;

const NAME_CHARS: usize = 50;
const CHATID_BYTES: usize = 32;
const MEMBERS: std::ops::RangeInclusive<usize> = 2..=2000;
const REVOKED_MEMBERS: usize = 2000;
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The app of the token: self-built, and the root department in its range.
fn check_app(exchange: &Exchange<'_>) -> Result<u64, Refusal> {
    let Owner::App(agentid) = exchange.owner else { return refuse(48002, "api forbidden") };
    match exchange.app() {
        Some(app) if app.kind != AppKind::SelfBuilt => refuse(48002, "api forbidden"),
        Some(app) if app.visible.departments.contains(&1) => Ok(agentid),
        _ => refuse(exchange.corp.message_switches.chat_range_errcode, "the root is not in the range of the app"),
    }
}

/// A chat of the app by its id.
fn find_chat<'c>(corp: &'c Corp, agentid: u64, chatid: &str) -> Result<&'c Chat, Refusal> {
    if chatid.is_empty() {
        return refuse(86201, "chatid missing");
    }
    match corp.chats.groups.get(chatid) {
        None => refuse(corp.message_switches.unknown_chat_errcode, "chatid does not exist"),
        Some(chat) if chat.agentid != agentid => refuse(86008, "the chat was made by another app"),
        Some(chat) if chat.is_dismissed => refuse(49008, "the chat has been dissolved"),
        Some(chat) => Ok(chat),
    }
}

/// Members by their ids: unknown 86216, not to be reached 86007.
fn members(corp: &Corp, userids: &[String]) -> Result<BTreeSet<String>, Refusal> {
    let mut members = BTreeSet::new();
    for userid in userids {
        let key = folded(userid);
        match corp.directory.member(&key) {
            None => return refuse(86216, format!("invalid member {userid}")),
            Some(member) if !member.is_enabled || member.has_left => {
                return refuse(86007, format!("illegal member {userid}"));
            }
            Some(_) => members.insert(key.to_string()),
        };
    }
    Ok(members)
}

fn name(body: &mut Body) -> String {
    body.text_or_empty("name").chars().take(NAME_CHARS).collect()
}

/// `POST appchat/create`: nobody sees the group before its first message.
pub fn create(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    with_body(exchange, |exchange, body| {
        let agentid = check_app(exchange)?;
        let chatid = body.text_or_empty("chatid");
        if chatid.len() > CHATID_BYTES {
            return refuse(86205, "chatid is too long");
        }
        if !chatid.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return refuse(86001, "invalid chatid");
        }
        let now_ms = exchange.now_ms;
        let corp = &mut *exchange.corp;
        if corp.chats.groups.contains_key(&chatid) {
            return refuse(86215, "chatid exists");
        }
        let Some(list) = body.texts("userlist") else { return refuse(86204, "userlist missing") };
        let members = members(corp, &list)?;
        if !MEMBERS.contains(&members.len()) {
            return refuse(86006, "invalid number of members");
        }
        let owner = match body.filled("owner") {
            Some(owner) => folded(&owner).to_string(),
            None => members.iter().nth(rand::random::<u32>() as usize % members.len()).cloned().unwrap_or_default(),
        };
        check_owner(corp, &owner, &members)?;
        let rate = Rate { count: corp.message_limits.chats_day, span_ms: DAY_MS };
        if !takes(&mut corp.chats.creations, &[rate], now_ms) {
            return refuse(45009, "api freq out of limit");
        }
        let chatid = if chatid.is_empty() { format!("wr{:030x}", rand::random::<u128>() >> 8) } else { chatid };
        let chat = Chat { agentid, name: name(body), owner, members, created_at_ms: now_ms, is_dismissed: false };
        corp.chats.groups.insert(chatid.clone(), chat);
        exchange.subject.clone_from(&chatid);
        Ok(Answer::new("ok").with("chatid", &chatid))
    })
}

fn check_owner(corp: &Corp, owner: &str, members: &BTreeSet<String>) -> Result<(), Refusal> {
    if corp.directory.member(owner).is_none() {
        return refuse(86005, "invalid owner");
    }
    if !members.contains(owner) {
        return refuse(86207, "the owner is not in the list of members");
    }
    Ok(())
}

/// `POST appchat/update`: all or nothing.
pub fn update(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    with_body(exchange, |exchange, body| {
        let agentid = check_app(exchange)?;
        let now_ms = exchange.now_ms;
        let corp = &mut *exchange.corp;
        let chatid = body.text_or_empty("chatid");
        exchange.subject.clone_from(&chatid);
        let mut chat = find_chat(corp, agentid, &chatid)?.clone();
        if body.has("name") {
            chat.name = name(body);
            if chat.name.is_empty() {
                return refuse(86004, "invalid name");
            }
        }
        chat.members.extend(members(corp, &body.texts("add_user_list").unwrap_or_default())?);
        for userid in body.texts("del_user_list").unwrap_or_default() {
            chat.members.remove(folded(&userid).as_str());
        }
        if !MEMBERS.contains(&chat.members.len()) {
            return refuse(86006, "invalid number of members");
        }
        if let Some(owner) = body.filled("owner") {
            chat.owner = folded(&owner).to_string();
            check_owner(corp, &chat.owner, &chat.members)?;
        } else if !chat.members.contains(&chat.owner) {
            chat.owner = chat.members.first().cloned().unwrap_or_default();
        }
        let rate = Rate { count: corp.message_limits.chat_changes_hour, span_ms: HOUR_MS };
        if !takes(&mut corp.chats.changes, &[rate], now_ms) {
            return refuse(45009, "api freq out of limit");
        }
        corp.chats.groups.insert(chatid, chat);
        Ok(Answer::new("ok"))
    })
}

/// `GET appchat/get`
pub fn get(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let agentid = check_app(exchange)?;
    let chatid = exchange.query.find("chatid").unwrap_or_default();
    exchange.subject = chatid.to_owned();
    let chat = find_chat(exchange.corp, agentid, chatid)?;
    let userid = |key: &String| {
        exchange.corp.directory.member(key).map_or_else(|| key.clone(), |member| member.userid.to_string())
    };
    let userlist: Vec<String> = chat.members.iter().map(userid).collect();
    let mut info = json!({"chatid": chatid, "name": chat.name, "owner": userid(&chat.owner), "userlist": userlist,
                          "chat_type": 0});
    if exchange.corp.switches.has_private_fields {
        let rows = userlist.iter().enumerate();
        info["custom_user_list"] =
            rows.map(|(order, userid)| json!({"userid": userid, "nickname": "", "order": order})).collect();
    }
    Ok(Answer::new("ok").with("chat_info", &info))
}

/// `POST appchat/send`: no msgid, no recall; private servers answer a jobid.
pub fn send(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    with_body(exchange, |exchange, body| {
        let agentid = check_app(exchange)?;
        let now_ms = exchange.now_ms;
        let chatid = body.text_or_empty("chatid");
        exchange.subject.clone_from(&chatid);
        let members: Vec<Text> =
            find_chat(exchange.corp, agentid, &chatid)?.members.iter().map(|key| Text::from(key.as_str())).collect();
        let mut reader = Reader::new(exchange.corp, Channel::Chat(agentid), now_ms);
        let msgtype = reader.msgtype(body)?;
        let content = reader.content(&msgtype, body)?;
        let safe = reader.safe(body, &content)?;
        let mut message = Message::new(Origin::Chat { chatid, agentid }, content, now_ms);
        (message.safe, message.cuts, message.remarks) = (safe, reader.cuts, reader.remarks);
        let corp = &mut *exchange.corp;
        let limits = corp.message_limits.clone();
        let count = u64::try_from(members.len()).unwrap_or(u64::MAX);
        if !corp.chats.takes(count, limits.chat_minute, limits.chat_hour, now_ms) {
            return refuse(45009, "api freq out of limit");
        }
        let rates = [
            Rate { count: limits.chat_member_minute, span_ms: MINUTE_MS },
            Rate { count: limits.chat_member_day, span_ms: DAY_MS },
        ];
        let flows = &mut corp.messages.chat_flows;
        message.receipts = members
            .into_iter()
            .map(|userid| {
                let is_dropped = !flows.passes(agentid, &userid, &rates, now_ms);
                Receipt::new(userid, is_dropped)
            })
            .collect();
        let answer = if corp.message_switches.chat_answers_jobid {
            message.msgid = new_jobid(corp, now_ms);
            Answer::new("ok").with("jobid", &message.msgid)
        } else {
            Answer::new("ok")
        };
        corp.messages.ring.push(message, limits.messages_kept, limits.receipts_kept);
        Ok(answer)
    })
}

/// `POST appchat/dismiss`, private editions.
pub fn dismiss(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    with_body(exchange, |exchange, body| {
        let agentid = check_app(exchange)?;
        let chatid = body.text_or_empty("chatid");
        exchange.subject.clone_from(&chatid);
        find_chat(exchange.corp, agentid, &chatid)?;
        if let Some(chat) = exchange.corp.chats.groups.get_mut(&chatid) {
            chat.is_dismissed = true;
        }
        Ok(Answer::new("ok"))
    })
}

/// `POST appchat/revoke`, private editions: a whole job, or single members of it; the job counts when both are given.
pub fn revoke(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    with_body(exchange, |exchange, body| {
        let agentid = check_app(exchange)?;
        let now_ms = exchange.now_ms;
        if let Some(jobid) = body.filled("jobid") {
            exchange.subject.clone_from(&jobid);
            let number = own_message(exchange.corp, agentid, &jobid)?;
            if let Some(message) = exchange.corp.messages.ring.get_mut(number) {
                message.recalled_at_ms.get_or_insert(now_ms);
            }
            return Ok(Answer::new("ok"));
        }
        let count = body.count("revokelist").unwrap_or_default();
        if count == 0 {
            return refuse(40058, "jobid or revokelist missing. invalid Request Parameter");
        }
        if count > REVOKED_MEMBERS {
            return refuse(40058, "too many revokelist. invalid Request Parameter");
        }
        let rows = body.each("revokelist", |row| {
            Ok((folded(&row.text_or_empty("userid")), row.texts("msgid").unwrap_or_default()))
        })?;
        for (userid, msgids) in rows {
            for msgid in msgids {
                let number = own_message(exchange.corp, agentid, &msgid)?;
                let message = exchange.corp.messages.ring.get_mut(number);
                if let Some(receipt) = message.and_then(|message| message.receipt_mut(&userid)) {
                    receipt.is_recalled = true;
                }
            }
        }
        Ok(Answer::new("ok"))
    })
}

fn own_message(corp: &Corp, agentid: u64, jobid: &str) -> Result<u64, Refusal> {
    let ring = &corp.messages.ring;
    let found = ring.find(jobid).and_then(|number| ring.get(number));
    match found.filter(|message| matches!(&message.origin, Origin::Chat { agentid: own, .. } if *own == agentid)) {
        Some(message) => Ok(message.number),
        None => refuse(40058, "invalid jobid. invalid Request Parameter"),
    }
}
