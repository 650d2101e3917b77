//! Accepting messages: checked, stored, answered. One small commit, shared with everybody who posts at the same time;
//! recipients are found later.

use super::{MessageError, MessageFault, Messages};
use crate::model::{
    Actor, Button, EmployeeId, MemberRef, Message, MessageId, Priority, Recipients, StoredAnswer, TenantKey, TodoKind,
    UnitId, UserId,
};
use crate::store::{self, StoreError, WriteTx};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// Messages of one batch.
pub const BATCH_MAX: usize = 1_000;
/// Recipients that one message may name; everyone and units are not counted by people.
pub const NAMED_MAX: usize = 50_000;
/// Characters of a title.
pub const TITLE_MAX_CHARS: usize = 512;
/// Bytes of a body.
pub const BODY_MAX_BYTES: usize = 20_000;
/// Characters of source and event.
pub const NAME_MAX_CHARS: usize = 64;
/// Buttons of a card (doc path 90236).
pub const BUTTONS_MAX: usize = 6;
/// Characters of a button's text (MSG-10).
pub const BUTTON_MAX_CHARS: usize = 4;
/// Bytes of an address (doc path 90236).
pub const URL_MAX_BYTES: usize = 2_048;
/// Bytes of the free fields.
pub const DATA_MAX_BYTES: usize = 16 << 10;
/// How long the answer to an idempotency key is kept.
const ONCE_MS: i64 = 24 * 3_600_000;
/// Old answers that are forgotten with each new one.
const FORGOTTEN_AT_ONCE: usize = 50;

/// A message to send.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
pub struct NewMessage {
    /// Whose directory names the recipients.
    pub tenant: TenantKey,
    /// The module that speaks, 1 to 64 characters; rules choose by it.
    pub source: String,
    /// What happened there, at most 64 characters.
    #[serde(default)]
    pub event: String,
    /// Set where it is a to-do message; only those become template cards.
    #[serde(default)]
    pub todo: Option<TodoKind>,
    /// Whom it is for.
    pub recipients: NewRecipients,
    /// 1 to 512 characters.
    pub title: String,
    /// Plain text, at most 20,000 bytes.
    #[serde(default)]
    pub body: String,
    /// Where it leads: `http://` or `https://`, at most 2,048 bytes.
    #[serde(default)]
    pub url: Option<String>,
    /// Picture: `https://`, at most 2,048 bytes.
    #[serde(default)]
    pub picture: Option<String>,
    /// Buttons of a card, at most 6, with texts of at most 4 characters and different keys.
    #[serde(default)]
    pub buttons: Vec<Button>,
    /// What goes first; `high` also goes through quiet hours and is in no digest.
    #[serde(default)]
    pub priority: Priority,
    /// What was not sent by then is not sent any more, Unix milliseconds.
    #[serde(default)]
    pub expires_at_ms: Option<i64>,
    /// Free fields for templates and filters, at most 16 KiB.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub data: Map<String, Value>,
    /// Name of the webhook that hears of decisions.
    #[serde(default)]
    pub webhook: Option<String>,
}

/// Whom a message is for: everyone, or at least one of the others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(default)]
pub struct NewRecipients {
    /// Every active employee of the tenant.
    pub everyone: bool,
    /// Employees by id.
    pub employees: Vec<EmployeeId>,
    /// Units by id, with everybody in and below them.
    pub units: Vec<UnitId>,
    /// Members of corps, linked or not.
    pub bindings: Vec<MemberRef>,
}

/// The idempotency key of a request, and what the request was.
#[derive(Debug, Clone)]
pub struct OnceKey {
    /// Who asks: an API key's id.
    pub scope: String,
    /// The key.
    pub key: String,
    /// What was asked, as a digest.
    pub fingerprint: String,
}

/// Messages that are stored and will be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Their ids, in the order of the request.
    pub ids: Vec<MessageId>,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// Whether the request was accepted earlier, under the same idempotency key.
    pub is_again: bool,
}

impl Messages {
    /// Accepts messages, all or none of them. What is answered is durable. A repetition under the same key accepts
    /// nothing and answers the first answer, also after a crash in between.
    ///
    /// # Errors
    /// [`MessageError::Invalid`] with every fault, [`MessageError::NoTenant`], [`MessageError::OtherRequest`].
    pub async fn accept(
        &self,
        actor: &Actor,
        new: Vec<NewMessage>,
        once: Option<OnceKey>,
    ) -> Result<Accepted, MessageError> {
        let env = self.env();
        let now_ms = env.clock.now_ms();
        let faults = check(&new, now_ms);
        if !faults.is_empty() {
            return Err(MessageError::Invalid(faults));
        }
        let messages: Vec<Message> = new.into_iter().map(|new| message(new, self.new_id(), now_ms, actor)).collect();
        let accepted = env.store.write(move |tx| accept(tx, &messages, once.as_ref(), now_ms)).await??;
        if !accepted.is_again {
            self.0.accepted.notify_one();
        }
        Ok(accepted)
    }
}

fn accept(
    tx: &WriteTx,
    messages: &[Message],
    once: Option<&OnceKey>,
    now_ms: i64,
) -> Result<Result<Accepted, MessageError>, StoreError> {
    if let Some(once) = once {
        let known = store::idempotency::find(tx, &once.scope, &once.key)?;
        if let Some(known) = known.filter(|known| now_ms - known.at_ms < ONCE_MS) {
            if known.fingerprint != once.fingerprint {
                return Ok(Err(MessageError::OtherRequest));
            }
            let ids = serde_json::from_value(known.body["ids"].clone()).unwrap_or_default();
            return Ok(Ok(Accepted { ids, at_ms: known.at_ms, is_again: true }));
        }
    }
    let mut seen: Option<&TenantKey> = None;
    for message in messages {
        if seen != Some(&message.tenant) {
            if store::tenants::find(tx, &message.tenant)?.is_none() {
                return Ok(Err(MessageError::NoTenant(message.tenant.clone())));
            }
            seen = Some(&message.tenant);
        }
    }
    let mut unknown = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        if let Some(name) = &message.webhook
            && store::webhooks::find(tx, name)?.is_none()
        {
            let prefix = if messages.len() == 1 { String::new() } else { format!("messages[{at}].") };
            let fault = format!("there is no webhook {name}: nobody would hear of the decision");
            unknown.push(MessageFault { at: format!("{prefix}webhook"), message: fault });
        }
    }
    if !unknown.is_empty() {
        return Ok(Err(MessageError::Invalid(unknown)));
    }
    for message in messages {
        store::messages::accept(tx, message)?;
    }
    let ids: Vec<MessageId> = messages.iter().map(|message| message.id.clone()).collect();
    if let Some(once) = once {
        store::idempotency::remove_before(tx, now_ms - ONCE_MS + 1, FORGOTTEN_AT_ONCE)?;
        let answer = StoredAnswer {
            fingerprint: once.fingerprint.clone(),
            at_ms: now_ms,
            status: 202,
            location: None,
            body: json!({ "ids": ids }),
        };
        store::idempotency::put(tx, &once.scope, &once.key, &answer)?;
    }
    Ok(Ok(Accepted { ids, at_ms: now_ms, is_again: false }))
}

pub(super) fn message(new: NewMessage, id: String, now_ms: i64, actor: &Actor) -> Message {
    let NewRecipients { everyone, employees, units, bindings } = new.recipients;
    Message {
        id: id.into(),
        tenant: new.tenant,
        source: new.source,
        event: new.event,
        todo: new.todo,
        recipients: if everyone { Recipients::Everyone } else { Recipients::Named { employees, units, bindings } },
        title: new.title,
        body: new.body,
        url: new.url.filter(|url| !url.is_empty()),
        picture: new.picture.filter(|url| !url.is_empty()),
        buttons: new.buttons,
        priority: new.priority,
        expires_at_ms: new.expires_at_ms,
        data: new.data,
        webhook: new.webhook.filter(|name| !name.is_empty()),
        accepted_at_ms: now_ms,
        accepted_by: actor.name.clone(),
    }
}

/// Every fault of the messages; with their place in the list where there is more than one. Pure.
pub fn check(messages: &[NewMessage], now_ms: i64) -> Vec<MessageFault> {
    let mut faults = Vec::new();
    if messages.is_empty() || messages.len() > BATCH_MAX {
        let message = format!("must hold 1 to {BATCH_MAX} messages");
        return vec![MessageFault { at: "messages".into(), message }];
    }
    for (at, message) in messages.iter().enumerate() {
        let prefix = if messages.len() == 1 { String::new() } else { format!("messages[{at}].") };
        let mut list = Faults { prefix, faults: &mut faults };
        check_one(message, now_ms, &mut list);
    }
    faults
}

struct Faults<'f> {
    prefix: String,
    faults: &'f mut Vec<MessageFault>,
}

impl Faults<'_> {
    fn add(&mut self, at: &str, message: impl Into<String>) {
        self.faults.push(MessageFault { at: format!("{}{at}", self.prefix), message: message.into() });
    }

    fn chars(&mut self, at: &str, text: &str, least: usize, most: usize) {
        let length = text.chars().count();
        if !(least..=most).contains(&length) {
            self.add(at, format!("must have {least} to {most} characters; it has {length}"));
        }
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            self.add(at, "must not hold control characters");
        }
    }

    fn address(&mut self, at: &str, url: Option<&str>, schemes: &[&str]) {
        let Some(url) = url.filter(|url| !url.is_empty()) else { return };
        if !schemes.iter().any(|scheme| url.len() > scheme.len() && url.starts_with(scheme)) {
            self.add(at, format!("must begin with {}", schemes.join(" or ")));
        }
        if url.len() > URL_MAX_BYTES {
            self.add(at, format!("must have at most {URL_MAX_BYTES} bytes"));
        }
        if url.chars().any(|c| c.is_control() || c.is_whitespace()) {
            self.add(at, "must not hold blanks or control characters");
        }
    }
}

fn check_one(new: &NewMessage, now_ms: i64, faults: &mut Faults<'_>) {
    if let Err(cause) = TenantKey::parse(new.tenant.as_str()) {
        faults.add("tenant", cause.to_string());
    }
    faults.chars("source", &new.source, 1, NAME_MAX_CHARS);
    faults.chars("event", &new.event, 0, NAME_MAX_CHARS);
    faults.chars("title", &new.title, 1, TITLE_MAX_CHARS);
    if new.title.trim().is_empty() && !new.title.is_empty() {
        faults.add("title", "must not be blank");
    }
    if new.body.len() > BODY_MAX_BYTES {
        faults.add("body", format!("must have at most {BODY_MAX_BYTES} bytes; it has {}", new.body.len()));
    }
    faults.address("url", new.url.as_deref(), &["http://", "https://"]);
    faults.address("picture", new.picture.as_deref(), &["https://"]);
    if new.expires_at_ms.is_some_and(|at_ms| at_ms <= now_ms) {
        faults.add("expires_at_ms", "must lie in the future");
    }
    if serde_json::to_string(&new.data).map_or(true, |text| text.len() > DATA_MAX_BYTES) {
        faults.add("data", format!("must have at most {DATA_MAX_BYTES} bytes as JSON"));
    }
    if let Some(name) = &new.webhook {
        faults.chars("webhook", name, 0, NAME_MAX_CHARS);
    }
    if new.todo.is_none() && !new.buttons.is_empty() {
        faults.add("todo", "must be given with buttons: only to-do messages become cards that show them");
    }
    check_buttons(&new.buttons, faults);
    check_recipients(&new.recipients, faults);
}

fn check_buttons(buttons: &[Button], faults: &mut Faults<'_>) {
    if buttons.len() > BUTTONS_MAX {
        faults.add("buttons", format!("must hold at most {BUTTONS_MAX} buttons"));
    }
    for (at, button) in buttons.iter().enumerate() {
        let is_key = (1..=64).contains(&button.key.len())
            && button.key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        if !is_key {
            faults.add(&format!("buttons[{at}].key"), "must be 1 to 64 of letters, digits, _ and -");
        }
        if buttons[..at].iter().any(|other| other.key == button.key) {
            faults.add(&format!("buttons[{at}].key"), "is there twice");
        }
        faults.chars(&format!("buttons[{at}].text"), &button.text, 1, BUTTON_MAX_CHARS);
        if !(1..=4).contains(&button.style) {
            faults.add(&format!("buttons[{at}].style"), "must be 1 to 4");
        }
    }
}

fn check_recipients(named: &NewRecipients, faults: &mut Faults<'_>) {
    let count = named.employees.len() + named.units.len() + named.bindings.len();
    if named.everyone && count > 0 {
        faults.add("recipients", "everyone stands alone: name nobody else");
    }
    if !named.everyone && count == 0 {
        faults.add("recipients", "must name somebody: everyone, employees, units or bindings");
    }
    if count > NAMED_MAX {
        faults.add("recipients", format!("must name at most {NAMED_MAX}"));
    }
    if named.employees.iter().any(|id| id.as_str().is_empty()) || named.units.iter().any(|id| id.as_str().is_empty()) {
        faults.add("recipients", "an id must not be empty");
    }
    for (at, member) in named.bindings.iter().enumerate() {
        if let Err(cause) = UserId::parse(member.userid.as_str()) {
            faults.add(&format!("recipients.bindings[{at}].userid"), cause.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new() -> NewMessage {
        serde_json::from_value(json!({
            "tenant": "acme", "source": "workflow", "title": "请审批", "recipients": { "employees": ["e1"] }
        }))
        .unwrap()
    }

    #[test]
    fn every_rule_has_its_place() {
        type Change = fn(&mut NewMessage);
        let button = |key: &str, text: &str| Button { key: key.into(), text: text.into(), style: 1 };
        assert_eq!(check(&[new()], 0), []);
        for (change, at) in [
            ((|m| m.tenant = "A".into()) as Change, "tenant"),
            (|m| m.source.clear(), "source"),
            (|m| m.source = "x".repeat(65), "source"),
            (|m| m.event = "事".repeat(65), "event"),
            (|m| m.title.clear(), "title"),
            (|m| m.title = " ".into(), "title"),
            (|m| m.title = "标".repeat(513), "title"),
            (|m| m.body = "文".repeat(6_667), "body"),
            (|m| m.url = Some("ftp://a".into()), "url"),
            (|m| m.url = Some("https://".into()), "url"),
            (|m| m.url = Some(format!("https://a/{}", "x".repeat(2_048))), "url"),
            (|m| m.picture = Some("http://a/p.png".into()), "picture"),
            (|m| m.expires_at_ms = Some(0), "expires_at_ms"),
            (|m| drop(m.data.insert("k".into(), "x".repeat(16 << 10).into())), "data"),
            (|m| m.recipients = NewRecipients::default(), "recipients"),
            (|m| m.recipients.everyone = true, "recipients"),
            (|m| m.recipients.employees.push("".into()), "recipients"),
            (
                |m| m.recipients.bindings.push(MemberRef { corp: "c".into(), userid: "_x".into() }),
                "recipients.bindings[0].userid",
            ),
        ] {
            let mut message = new();
            change(&mut message);
            let found = check(&[message], 0);
            assert_eq!(found.first().map(|fault| fault.at.as_str()), Some(at), "{found:?}");
        }
        for (buttons, at) in [
            (vec![button("ok", "同意")], None),
            (vec![button("ok", "同意这件事")], Some("buttons[0].text")),
            (vec![button("ok", "")], Some("buttons[0].text")),
            (vec![button("o k", "同意")], Some("buttons[0].key")),
            (vec![button("ok", "同意"), button("ok", "驳回")], Some("buttons[1].key")),
            ((0..7).map(|n| button(&n.to_string(), "选")).collect(), Some("buttons")),
        ] {
            let found = check(&[NewMessage { buttons, todo: Some(TodoKind::Pending), ..new() }], 0);
            assert_eq!(found.first().map(|fault| fault.at.as_str()), at, "{found:?}");
        }
        let found = check(&[NewMessage { buttons: vec![button("ok", "同意")], ..new() }], 0);
        assert_eq!(found.first().map(|fault| fault.at.as_str()), Some("todo"), "{found:?}");
        let mut second = new();
        second.title.clear();
        assert_eq!(check(&[new(), second], 0)[0].at, "messages[1].title");
        assert_eq!(check(&[], 0)[0].at, "messages");
    }
}
