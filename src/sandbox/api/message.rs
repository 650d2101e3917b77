//! `message/send` (doc path 90236).
//!
//! The order of the checks is not documented. Here: token, JSON, agentid, msgtype, receivers, content, who they are,
//! duplicate check, task_id, quota. A repeated request with the check switched on is therefore no second use of its
//! task_id.

use super::Exchange;
use crate::sandbox::messages::content::Content;
use crate::sandbox::messages::flow::{Rate, china_day};
use crate::sandbox::messages::message::{Message, Origin, Receipt, Unreached};
use crate::sandbox::messages::read::{Channel, Reader};
use crate::sandbox::messages::receivers::{Found, Named};
use crate::sandbox::state::corp::Corp;
use crate::sandbox::wire::answer::{Answer, Refusal, refuse};
use crate::sandbox::wire::request::Body;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

const DUPLICATE_DEFAULT_S: i64 = 1800;
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;

/// Runs a handler on the body, whose warnings then count; JSON that is broken is refused with 40058.
pub fn with_body<T>(
    exchange: &mut Exchange<'_>,
    run: impl FnOnce(&mut Exchange<'_>, &mut Body) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let mut body = std::mem::take(&mut exchange.body);
    if body.is_broken() {
        return refuse(40058, "invalid json. invalid Request Parameter");
    }
    let got = run(exchange, &mut body);
    exchange.body = body;
    got
}

/// 0 or 1.
pub fn flag(body: &mut Body, key: &str) -> Result<bool, Refusal> {
    match body.number(key) {
        None | Some(0) => Ok(false),
        Some(1) => Ok(true),
        Some(_) => refuse(40058, format!("invalid {key}. invalid Request Parameter")),
    }
}

/// 86 characters, as the live service gives them.
pub fn new_msgid() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 64]>())
}

/// `4_1603337930_170948`, as private servers give them.
pub fn new_jobid(corp: &mut Corp, now_ms: i64) -> String {
    format!("4_{}_{}", now_ms.div_euclid(1000), corp.jobs.next_number())
}

/// Adds who was named in vain; what is empty is left out.
fn with_unreached(answer: Answer, unreached: &Unreached) -> Answer {
    let lists = [
        ("invaliduser", &unreached.users),
        ("invalidparty", &unreached.parties),
        ("invalidtag", &unreached.tags),
        ("unlicenseduser", &unreached.unlicensed),
    ];
    lists
        .iter()
        .filter(|(_, list)| !list.is_empty())
        .fold(answer, |answer, (key, list)| answer.with(key, &list.join("|")))
}

/// Nobody who was named is valid.
fn all_invalid(corp: &Corp, unreached: &Unreached) -> Refusal {
    let refusal = Refusal::new(corp.message_switches.all_invalid_errcode, "user & party & tag all invalid");
    let lists =
        [("invaliduser", &unreached.users), ("invalidparty", &unreached.parties), ("invalidtag", &unreached.tags)];
    lists
        .iter()
        .filter(|(_, list)| !list.is_empty())
        .fold(refusal, |refusal, (key, list)| refusal.with(key, list.join("|")))
}

/// `POST message/send`
pub fn send(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    with_body(exchange, send_body)
}

fn send_body(exchange: &mut Exchange<'_>, body: &mut Body) -> Result<Answer, Refusal> {
    let agentid = exchange.own_app(body.number("agentid"))?;
    let now_ms = exchange.now_ms;
    let corp = &*exchange.corp;
    let mut reader = Reader::new(corp, Channel::App(agentid), now_ms);
    let msgtype = reader.msgtype(body)?;
    let named = Named::read(body)?;
    let content = reader.content(&msgtype, body)?;
    if named.all && matches!(content, Content::MiniprogramNotice(_)) {
        return refuse(40058, "@all is not allowed for miniprogram_notice. invalid Request Parameter");
    }
    let safe = reader.safe(body, &content)?;
    let translates_ids = flag(body, "enable_id_trans")?;
    let fingerprint = fingerprint(exchange, body)?;
    let Some(app) = corp.apps.get(&agentid) else { return refuse(40056, "invalid agentid") };
    let found = named.resolve(corp, app);
    exchange.subject = subject(&named);
    if !found.is_valid {
        return Err(all_invalid(corp, &found.unreached));
    }
    let msgid_key = if corp.message_switches.send_answers_jobid { "jobid" } else { "msgid" };
    if let Some((print, _)) = &fingerprint
        && let Some(msgid) = corp.messages.repeats.find(print, now_ms)
    {
        let answer = with_unreached(Answer::new("ok"), &found.unreached);
        let answers_msgid = corp.message_switches.duplicate_answers_msgid;
        return Ok(if answers_msgid { answer.with(msgid_key, msgid) } else { answer });
    }
    let card = content.card();
    if card.is_some_and(|card| !card.task_id.is_empty() && corp.messages.ring.has_task_id(agentid, &card.task_id)) {
        return refuse(corp.message_switches.task_id_errcode, "task_id has been used");
    }
    check_day(corp, agentid, &found, now_ms)?;
    let is_updatable = card.is_some_and(crate::sandbox::messages::card::Card::is_updatable);
    let mut message = Message::new(Origin::App { agentid }, content, now_ms);
    (message.safe, message.translates_ids) = (safe, translates_ids);
    (message.cuts, message.remarks) = (reader.cuts, reader.remarks);
    let (msgid, code) = deliver(exchange.corp, agentid, message, &found, is_updatable, now_ms);
    if let Some((print, interval_s)) = fingerprint {
        let kept = exchange.corp.message_limits.codes_kept;
        exchange.corp.messages.repeats.note(print, now_ms + interval_s * 1000, &msgid, kept);
    }
    let answer = with_unreached(Answer::new("ok"), &found.unreached).with(msgid_key, &msgid);
    Ok(match code {
        Some(code) => answer.with("response_code", &code),
        None => answer,
    })
}

/// The request as it came and its interval, when it asks for the duplicate check.
fn fingerprint(exchange: &Exchange<'_>, body: &mut Body) -> Result<Option<(String, i64)>, Refusal> {
    let checks = flag(body, "enable_duplicate_check")?;
    let interval_s = body.number("duplicate_check_interval").unwrap_or(DUPLICATE_DEFAULT_S);
    if !(0..=exchange.corp.message_limits.duplicate_max_s).contains(&interval_s) {
        return refuse(40058, "invalid duplicate_check_interval. invalid Request Parameter");
    }
    if !checks {
        return Ok(None);
    }
    // Spaces and the order of members do not make another request.
    let same: serde_json::Value = serde_json::from_slice(exchange.upload).unwrap_or_default();
    Ok(Some((hex::encode(Sha256::digest(same.to_string())), interval_s)))
}

/// What the calls log shows.
fn subject(named: &Named) -> String {
    let count = named.users.len() + named.parties.len() + named.tags.len();
    match named.users.first() {
        _ if named.all => "@all".into(),
        Some(first) if count == 1 => first.clone(),
        Some(first) => format!("{first} +{}", count - 1),
        None => format!("{} departments, {} tags", named.parties.len(), named.tags.len()),
    }
}

/// Person-times of the day: one message to 1,000 members is 1,000. Over the limit nothing is sent.
fn check_day(corp: &Corp, agentid: u64, found: &Found, now_ms: i64) -> Result<(), Refusal> {
    let accounts = u64::try_from(corp.limits.members).unwrap_or(u64::MAX);
    let limit = accounts.saturating_mul(corp.message_limits.day_per_account);
    let sent = corp.messages.days.of(agentid, china_day(now_ms)).person_times;
    let wanted = u64::try_from(found.members.len()).unwrap_or(u64::MAX);
    if limit > 0 && sent.saturating_add(wanted) > limit {
        return refuse(corp.message_switches.daily_quota_errcode, "api freq out of limit");
    }
    Ok(())
}

/// Puts the message before its receivers, or drops it silently where too many came. Answers msgid and response_code.
fn deliver(
    corp: &mut Corp,
    agentid: u64,
    mut message: Message,
    found: &Found,
    is_updatable: bool,
    now_ms: i64,
) -> (String, Option<String>) {
    let msgid = if corp.message_switches.send_answers_jobid { new_jobid(corp, now_ms) } else { new_msgid() };
    message.msgid.clone_from(&msgid);
    message.unreached.clone_from(&found.unreached);
    let limits = &corp.message_limits;
    let rates = [
        Rate { count: limits.member_minute, span_ms: MINUTE_MS },
        Rate { count: limits.member_hour, span_ms: HOUR_MS },
    ];
    let messages = &mut corp.messages;
    message.receipts = found
        .members
        .iter()
        .map(|userid| Receipt::new(userid.clone(), !messages.flows.passes(agentid, userid, &rates, now_ms)))
        .collect();
    messages.days.count(agentid, u64::try_from(found.members.len()).unwrap_or(u64::MAX), now_ms);
    let number = messages.ring.push(message, limits.messages_kept, limits.receipts_kept);
    let code = is_updatable.then(|| messages.codes.give(number, agentid, now_ms, limits.codes_kept));
    (msgid, code)
}
