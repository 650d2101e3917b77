//! `message/recall`, `message/update_template_card`, `message/get_statistics` (doc paths 94867, 94888, 92369), and
//! `message/revoke` of private editions.

use super::Exchange;
use super::message::{flag, with_body};
use crate::sandbox::messages::card::CardType;
use crate::sandbox::messages::flow::china_day;
use crate::sandbox::messages::message::{Message, Origin};
use crate::sandbox::messages::read::{Channel, Purpose, Reader};
use crate::sandbox::messages::receivers::Named;
use crate::sandbox::messages::update::CardChange;
use crate::sandbox::state::corp::Owner;
use crate::sandbox::state::member::Text;
use crate::sandbox::wire::answer::{Answer, Refusal, refuse};
use crate::sandbox::wire::request::Body;
use serde_json::json;

/// `POST message/recall`: the own messages of the last 24 hours, for all receivers.
pub fn recall(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    with_body(exchange, |exchange, body| recall_by(exchange, body, "msgid"))
}

/// `POST message/revoke`, private editions.
pub fn revoke(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    with_body(exchange, |exchange, body| recall_by(exchange, body, "jobid"))
}

fn recall_by(exchange: &mut Exchange<'_>, body: &mut Body, key: &str) -> Result<Answer, Refusal> {
    let msgid = body.filled(key).unwrap_or_default();
    exchange.subject.clone_from(&msgid);
    let (owner, now_ms) = (exchange.owner, exchange.now_ms);
    let is_own = |message: &&Message| matches!(message.origin, Origin::App { agentid } if owner == Owner::App(agentid));
    let messages = &exchange.corp.messages;
    let found = messages.ring.find(&msgid).and_then(|number| messages.ring.get(number)).filter(is_own);
    let Some(message) = found else {
        return refuse(40058, format!("invalid {key}. invalid Request Parameter"));
    };
    if message.at_ms + exchange.corp.message_limits.recall_ms < now_ms {
        return refuse(42052, "the message is older than 24 hours");
    }
    let second = exchange.corp.message_switches.second_recall_errcode;
    if message.recalled_at_ms.is_some() && second != 0 {
        return refuse(second, "the message has been recalled");
    }
    let number = message.number;
    if let Some(message) = exchange.corp.messages.ring.get_mut(number) {
        message.recalled_at_ms.get_or_insert(now_ms);
    }
    Ok(Answer::new("ok"))
}

/// `POST message/update_template_card`: one use of a response_code. On a refusal the code is not used up.
pub fn update_template_card(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    with_body(exchange, update)
}

fn update(exchange: &mut Exchange<'_>, body: &mut Body) -> Result<Answer, Refusal> {
    let agentid = exchange.own_app(body.number("agentid"))?;
    let now_ms = exchange.now_ms;
    let is_for_all = flag(body, "atall")?;
    let named = named(body)?;
    if !is_for_all && named == Named::default() {
        return refuse(82001, "All userids & partyids & tagids & atall invalid");
    }
    named.check_counts()?;
    let response_code = body.filled("response_code").unwrap_or_default();
    exchange.subject.clone_from(&response_code);
    let corp = &*exchange.corp;
    let Some(code) = corp.messages.codes.find(&response_code).filter(|code| code.agentid == agentid) else {
        return refuse(60140, "invalid response_code");
    };
    if code.is_used {
        return refuse(42022, "response_code has been used");
    }
    let message = corp.messages.ring.get(code.number);
    let Some(message) = message.filter(|_| now_ms < code.at_ms + corp.message_limits.response_code_ms) else {
        return refuse(60140, "response_code has expired");
    };
    let number = message.number;
    let change = change(exchange, body, agentid, message)?;
    flag(body, "enable_id_trans")?;
    let Some(app) = corp.apps.get(&agentid) else { return refuse(40056, "invalid agentid") };
    let (members, answer) = if is_for_all {
        (message.receipts.iter().map(|receipt| receipt.userid.clone()).collect(), Answer::new("ok"))
    } else {
        let mut found = named.resolve(corp, app);
        let (members, others): (Vec<Text>, Vec<Text>) =
            found.members.into_iter().partition(|userid| message.receipt(userid).is_some());
        // Who is named without having the card is listed; of departments and tags only the receivers are meant.
        let is_named = |userid: &Text| named.users.iter().any(|name| name.eq_ignore_ascii_case(userid));
        found.unreached.users.extend(others.iter().filter(|userid| is_named(userid)).map(ToString::to_string));
        if members.is_empty() {
            let refusal = Refusal::new(corp.message_switches.all_invalid_errcode, "user & party & tag all invalid");
            return Err(refusal.with("invaliduser", found.unreached.users));
        }
        (
            members,
            with_invalid(Answer::new("ok"), &found.unreached.users, &found.unreached.parties, &found.unreached.tags),
        )
    };
    let messages = &mut exchange.corp.messages;
    messages.update_card(number, &members, &change);
    messages.codes.spend(&response_code);
    Ok(answer)
}

/// Arrays here, unlike in `message/send`.
fn with_invalid(answer: Answer, users: &[String], parties: &[String], tags: &[String]) -> Answer {
    let numbers = |list: &[String]| list.iter().filter_map(|id| id.parse::<u64>().ok()).collect::<Vec<_>>();
    let answer = if users.is_empty() { answer } else { answer.with("invaliduser", users) };
    let answer = if parties.is_empty() { answer } else { answer.with("invalidparty", &numbers(parties)) };
    if tags.is_empty() { answer } else { answer.with("invalidtag", &numbers(tags)) }
}

fn named(body: &mut Body) -> Result<Named, Refusal> {
    let texts = |ids: Option<Vec<u32>>| ids.unwrap_or_default().iter().map(ToString::to_string).collect();
    Ok(Named {
        all: false,
        users: body.texts("userids").unwrap_or_default(),
        parties: texts(body.u32s("partyids", 40035)?),
        tags: texts(body.u32s("tagids", 40035)?),
    })
}

/// Exactly one of `button` and `template_card`.
fn change(exchange: &Exchange<'_>, body: &mut Body, agentid: u64, message: &Message) -> Result<CardChange, Refusal> {
    let sent = message.content.card().map(|card| card.card_type).unwrap_or_default();
    match (body.has("button"), body.has("template_card")) {
        (true, false) => {
            if matches!(sent, CardType::TextNotice | CardType::NewsNotice) {
                return refuse(40058, "button: the card has no buttons. invalid Request Parameter");
            }
            let name = body.inside("button", |inner| Ok(inner.text_or_empty("replace_name")))?.unwrap_or_default();
            if name.is_empty() {
                return refuse(40058, "button.replace_name missing. invalid Request Parameter");
            }
            Ok(CardChange::Button(name))
        }
        (false, true) => {
            let mut reader = Reader::new(exchange.corp, Channel::App(agentid), exchange.now_ms);
            let card = body.inside("template_card", |inner| reader.card(inner, Purpose::Update))?;
            match card {
                Some(card) => Ok(CardChange::Card(Box::new(card))),
                None => refuse(41016, "missing title"),
            }
        }
        _ => refuse(40058, "one of button and template_card. invalid Request Parameter"),
    }
}

/// `POST message/get_statistics`: messages of the app, today or yesterday.
pub fn get_statistics(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    with_body(exchange, |exchange, body| {
        let back = match body.number("time_type") {
            None | Some(0) => 0,
            Some(1) => 1,
            Some(_) => return refuse(40058, "invalid time_type. invalid Request Parameter"),
        };
        let Owner::App(agentid) = exchange.owner else { return refuse(48002, "api forbidden") };
        let count = exchange.corp.messages.days.of(agentid, china_day(exchange.now_ms) - back).messages;
        let name = exchange.app().map(|app| app.name.as_str()).unwrap_or_default();
        let rows =
            if count == 0 { Vec::new() } else { vec![json!({"agentid": agentid, "app_name": name, "count": count})] };
        Ok(Answer::new("ok").with("statistics", &rows))
    })
}
