//! Passive replies (doc paths 90241, 90968): the answer to a callback, checked as strictly as WeCom could, and what it
//! does to the phone.

use super::outbox::{Letter, Talk};
use super::reply_xml::{Node, card_json};
use crate::sandbox::messages::content::Content;
use crate::sandbox::messages::message::{Message, Origin, Receipt};
use crate::sandbox::messages::read::{Channel, Purpose, Reader};
use crate::sandbox::messages::update::CardChange;
use crate::sandbox::options::{EVENTS_WITH_CARD_UPDATE, EVENTS_WITH_REPLY};
use crate::sandbox::state::corp::Corp;
use crate::sandbox::wire::request::Body;
use crate::wecom::crypto::CallbackCrypto;
use serde_json::{Value, json};

/// What the answer of a callback did. The texts stand in the log of deliveries.
pub fn take(corp: &mut Corp, letter: &Letter, talk: &Talk, body: &str, now_ms: i64) -> String {
    if body.is_empty() || (body == "success" && corp.message_switches.tolerates_success) {
        return String::new();
    }
    match read(letter, body).and_then(|root| apply(corp, talk, &root, now_ms)) {
        Ok(done) => done,
        Err(why) => format!("refused: {why}"),
    }
}

/// The decrypted reply: its signature is over the replier's own timestamp and nonce.
fn read(letter: &Letter, body: &str) -> Result<Node, String> {
    let envelope = if body.trim_start().starts_with('{') { json_envelope(body)? } else { Node::parse(body)? };
    let [encrypt, signature, timestamp, nonce] =
        ["Encrypt", "MsgSignature", "TimeStamp", "Nonce"].map(|name| envelope.text_of(name).to_owned());
    for (name, text) in
        [("Encrypt", &encrypt), ("MsgSignature", &signature), ("TimeStamp", &timestamp), ("Nonce", &nonce)]
    {
        if text.is_empty() {
            return Err(format!("{name} is missing"));
        }
    }
    if timestamp.parse::<u64>().is_err() {
        return Err("TimeStamp is not a number".into());
    }
    let callback = &letter.callback;
    let crypto =
        CallbackCrypto::new(&callback.token, &callback.aes_key, &letter.receiver).map_err(|cause| cause.to_string())?;
    let text = crypto.open(&signature, &timestamp, &nonce, &encrypt).map_err(|cause| cause.to_string())?;
    Node::parse(&text)
}

/// The JSON envelope, whose names are in lower case.
fn json_envelope(body: &str) -> Result<Node, String> {
    let value: Value = serde_json::from_str(body).map_err(|cause| format!("no JSON: {cause}"))?;
    let mut envelope = Node::default();
    for (name, key) in
        [("Encrypt", "encrypt"), ("MsgSignature", "msgsignature"), ("TimeStamp", "timestamp"), ("Nonce", "nonce")]
    {
        let text = match value.get(key) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        envelope.inside.push(Node { name: name.into(), text, inside: Vec::new() });
    }
    Ok(envelope)
}

fn apply(corp: &mut Corp, talk: &Talk, root: &Node, now_ms: i64) -> Result<String, String> {
    let to = root.text_of("ToUserName");
    if !to.eq_ignore_ascii_case(&talk.userid) {
        return Err(format!("ToUserName is {to:?}, not the member"));
    }
    if root.text_of("FromUserName") != corp.corpid {
        return Err("FromUserName is not the corp".into());
    }
    if root.text_of("CreateTime").trim().parse::<u64>().is_err() {
        return Err("CreateTime is not a number".into());
    }
    let msgtype = root.text_of("MsgType");
    match msgtype {
        "update_button" | "update_template_card" => {
            if !EVENTS_WITH_CARD_UPDATE.contains(&talk.event.as_str()) {
                return Err(format!("{msgtype} answers template_card_event only"));
            }
            update_card(corp, talk, msgtype, root, now_ms)
        }
        "text" | "image" | "voice" | "video" | "news" => {
            let is_listed = talk.event.is_empty() || EVENTS_WITH_REPLY.contains(&talk.event.as_str());
            if corp.message_switches.replies_only_to_listed_events && !is_listed {
                return Err(format!("{} takes no reply {msgtype}", talk.event));
            }
            say(corp, talk, msgtype, root, now_ms)
        }
        _ => Err(format!("MsgType {msgtype:?} is unknown")),
    }
}

/// The content of an ordinary reply in the form of `message/send`, whose limits hold here too.
fn content_json(msgtype: &str, root: &Node) -> Result<Value, String> {
    let inside = |name: &str| root.find(name).cloned().unwrap_or_default();
    Ok(match msgtype {
        "text" => json!({"content": root.text_of("Content")}),
        "image" => json!({"media_id": inside("Image").text_of("MediaId")}),
        "voice" => json!({"media_id": inside("Voice").text_of("MediaId")}),
        "video" => {
            let video = inside("Video");
            json!({"media_id": video.text_of("MediaId"), "title": video.text_of("Title"),
                   "description": video.text_of("Description")})
        }
        _ => {
            let articles = inside("Articles");
            let items: Vec<Value> = articles
                .inside
                .iter()
                .filter(|item| item.name == "item")
                .map(|item| {
                    json!({"title": item.text_of("Title"), "description": item.text_of("Description"),
                           "picurl": item.text_of("PicUrl"), "url": item.text_of("Url")})
                })
                .collect();
            if root.text_of("ArticleCount").trim().parse() != Ok(items.len()) {
                return Err("ArticleCount is not the number of items".into());
            }
            json!({"articles": items})
        }
    })
}

fn say(corp: &mut Corp, talk: &Talk, msgtype: &str, root: &Node, now_ms: i64) -> Result<String, String> {
    let mut body = Body::from_value(json!({msgtype: content_json(msgtype, root)?}));
    let mut reader = Reader::new(corp, Channel::Reply(talk.agentid), now_ms);
    let content: Content =
        reader.content(msgtype, &mut body).map_err(|refusal| format!("{} {}", refusal.errcode, refusal.text))?;
    let mut message = Message::new(Origin::Reply { agentid: talk.agentid }, content, now_ms);
    (message.cuts, message.remarks) = (reader.cuts, reader.remarks);
    message.receipts = vec![Receipt::new(talk.userid.clone(), false)];
    let limits = &corp.message_limits;
    corp.messages.ring.push(message, limits.messages_kept, limits.receipts_kept);
    Ok(msgtype.to_owned())
}

/// Changes the card for the member who pressed, and for nobody else.
fn update_card(corp: &mut Corp, talk: &Talk, msgtype: &str, root: &Node, now_ms: i64) -> Result<String, String> {
    let number = talk.message.ok_or("the event has no card")?;
    let message = corp.messages.ring.get(number).ok_or("the card is no longer kept")?;
    let sent = message.content.card().ok_or("the message is no card")?;
    let change = if msgtype == "update_button" {
        let name = root.find("Button").map(|button| button.text_of("ReplaceName")).unwrap_or_default();
        if name.is_empty() {
            return Err("Button/ReplaceName is missing".into());
        }
        if sent.card_type.is_notice() {
            return Err("the card has no buttons".into());
        }
        CardChange::Button(name.to_owned())
    } else {
        let node = root.find("TemplateCard").ok_or("TemplateCard is missing")?;
        let mut reader = Reader::new(corp, Channel::App(talk.agentid), now_ms);
        let card = reader.card(&mut Body::from_value(card_json(node)), Purpose::Update);
        CardChange::Card(Box::new(card.map_err(|refusal| format!("{} {}", refusal.errcode, refusal.text))?))
    };
    corp.messages.update_card(number, std::slice::from_ref(&talk.userid), &change);
    Ok(msgtype.to_owned())
}
