//! Any system that posts one JSON object: title, text, link and level are found under the names that are in use.

use super::{Addressed, Incoming, Raw, ReceiverFault, priority};
use serde_json::{Map, Value};

const TITLES: &[&str] = &["title", "subject", "summary", "name", "alert_name", "ruleName", "标题"];
const BODIES: &[&str] = &["body", "text", "message", "content", "description", "detail", "details", "正文"];
const LINKS: &[&str] = &["url", "link", "href", "ruleUrl"];
const PICTURES: &[&str] = &["picture", "image", "imageUrl", "picurl"];
const LEVELS: &[&str] = &["priority", "severity", "level"];
const EVENTS: &[&str] = &["event", "status", "state", "type"];
const IDENTITIES: &[&str] = &["fingerprint", "id", "event_id", "uuid"];

pub(super) fn read(addressed: &Addressed, post: &Value) -> Result<Incoming, ReceiverFault> {
    let Some(object) = post.as_object() else {
        return Err(ReceiverFault::Form("webhook", "it is not a JSON object"));
    };
    let title = find(object, TITLES);
    let body = find(object, BODIES);
    if title.is_none() && body.is_none() {
        return Err(ReceiverFault::Form("webhook", "it has neither a title nor a text"));
    }
    let event = find(object, EVENTS).unwrap_or_default();
    let once = find(object, IDENTITIES).map(|id| format!("webhook|{}|{id}|{event}", addressed.source));
    let raw = Raw {
        title: title.unwrap_or_else(|| body.clone().unwrap_or_default()),
        body: body.unwrap_or_default(),
        url: find(object, LINKS),
        picture: find(object, PICTURES),
        event,
        priority: priority(&find(object, LEVELS).unwrap_or_default()),
        data: object.clone(),
    };
    Ok(Incoming { message: raw.into_message(addressed), once })
}

/// The first of the names that holds something that can be written out.
fn find(object: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match object.get(*name)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Receiver, read};
    use super::*;
    use crate::messages::accept::check;
    use crate::model::Priority;
    use serde_json::json;

    fn addressed(receiver: Receiver) -> Addressed {
        Addressed::new(receiver, "acme".into(), None, Some("e1, e2"), Some("ops"), false).unwrap()
    }

    fn alert(status: &str) -> Value {
        json!({
            "receiver": "wecom", "status": status, "version": "4", "groupKey": "{}", "externalURL": "http://am:9093",
            "alerts": [{
                "status": status,
                "labels": {"alertname": "HighLoad", "instance": "db1", "severity": "critical"},
                "annotations": {"summary": "load is 20", "description": "for ten minutes"},
                "startsAt": "2025-11-25T14:40:07Z", "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "http://prometheus:9090/graph?g0.expr=x", "fingerprint": "abc",
            }],
        })
    }

    #[test]
    fn alertmanager_and_grafana() {
        for receiver in [Receiver::Alertmanager, Receiver::Grafana] {
            let got = read(receiver, &addressed(receiver), &alert("firing")).unwrap();
            let message = &got[0].message;
            assert_eq!(message.title, "[告警] HighLoad：load is 20");
            assert_eq!(message.body, "for ten minutes\ninstance：db1\nseverity：critical\n开始：2025-11-25 22:40:07");
            assert_eq!(message.url.as_deref(), Some("http://prometheus:9090/graph?g0.expr=x"));
            assert_eq!((message.priority, message.event.as_str()), (Priority::High, "firing"));
            assert_eq!(message.data["labels"]["instance"], "db1");
            assert_eq!(message.recipients.employees.len(), 2);
            assert_eq!(message.source, receiver.name());
            assert_eq!(check(std::slice::from_ref(message), 0), []);
            let again = read(receiver, &addressed(receiver), &alert("firing")).unwrap();
            assert_eq!(again[0].once, got[0].once);
            let over = read(receiver, &addressed(receiver), &alert("resolved")).unwrap();
            assert!(over[0].once != got[0].once && over[0].message.title.starts_with("[恢复]"));
            assert!(read(receiver, &addressed(receiver), &json!({"title": "x"})).is_err());
        }
        let mut grafana = alert("firing");
        grafana["alerts"][0]["panelURL"] = "https://grafana/d/1?viewPanel=2".into();
        let got = read(Receiver::Grafana, &addressed(Receiver::Grafana), &grafana).unwrap();
        assert_eq!(got[0].message.url.as_deref(), Some("https://grafana/d/1?viewPanel=2"));
    }

    #[test]
    fn anything_with_a_title_or_a_text() {
        let to = addressed(Receiver::Webhook);
        for (post, title, body) in [
            (json!({"title": "t", "text": "b"}), "t", "b"),
            (json!({"subject": "t\n1", "message": "b"}), "t 1", "b"),
            (json!({"content": "only a text"}), "only a text", "only a text"),
            (json!({"name": 7, "detail": true}), "7", "true"),
        ] {
            let got = read(Receiver::Webhook, &to, &post).unwrap();
            assert_eq!((got[0].message.title.as_str(), got[0].message.body.as_str()), (title, body), "{post}");
            assert_eq!(got[0].once, None);
        }
        let known = read(Receiver::Webhook, &to, &json!({"title": "t", "id": 5, "status": "open"})).unwrap();
        assert_eq!(known[0].once.as_deref(), Some("webhook|webhook|5|open"));
        for post in [json!([]), json!({}), json!({"title": " "}), json!({"title": {"a": 1}})] {
            assert!(read(Receiver::Webhook, &to, &post).is_err(), "{post}");
        }
    }

    #[test]
    fn whatever_comes_stays_within_the_limits_of_a_message() {
        let to = addressed(Receiver::Webhook);
        let long = "长".repeat(20_000);
        let post = json!({
            "title": long, "text": format!("{long}\u{7}"), "url": "javascript:1", "image": "http://x/y.png",
            "status": "s".repeat(200), "extra": long, "small": 1,
        });
        let got = read(Receiver::Webhook, &to, &post).unwrap().remove(0).message;
        assert_eq!(check(std::slice::from_ref(&got), 0), []);
        assert!(got.title.ends_with('…') && got.body.ends_with("此处已截断）"), "{}", got.title);
        assert_eq!((got.url, got.picture), (None, None));
        assert!(got.data.contains_key("small") && !got.data.contains_key("extra"));
        assert_eq!(
            Addressed::new(Receiver::Webhook, "a".into(), None, Some(" , "), None, false),
            Err(ReceiverFault::Nobody)
        );
    }
}
