//! What a message must be to be accepted. Pure.

use super::{
    BATCH_MAX, BODY_MAX_BYTES, BUTTON_MAX_CHARS, BUTTONS_MAX, DATA_MAX_BYTES, NAME_MAX_CHARS, NAMED_MAX, NewMessage,
    NewRecipients, TITLE_MAX_CHARS, URL_MAX_BYTES,
};
use crate::messages::MessageFault;
use crate::model::{Button, TenantKey, UserId};

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
    use crate::model::{MemberRef, TodoKind};
    use serde_json::json;

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
