//! Webhooks: who is told of what happens, and each telling that is on its way.

use super::ids::{CorpKey, PostId, Text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An endpoint of a business system that is told of callbacks and decisions. Its secret is sealed in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Webhook {
    /// Unique name, 1 to 40 of a-z, 0-9 and -; messages name it, it never changes.
    pub name: String,
    /// Where it is told: `http://` or `https://`, without a user name. No other address is ever called, redirects are not
    /// followed.
    pub url: String,
    /// Which events: kinds such as `event.click`, beginnings of kinds such as `contact.*`, or `*`. Decisions on cards
    /// (`card.decision`) go to the webhook that the message names, and to those that list them.
    pub events: Vec<String>,
    /// Only of these corps; empty = of all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corps: Vec<CorpKey>,
    /// Whether anything is sent. What happens while it is off is not kept for it, but for decisions on messages that name it:
    /// those wait.
    pub enabled: bool,
    /// How long one attempt may take, 500 to 30000 milliseconds.
    #[serde(default = "timeout_ms")]
    pub timeout_ms: u64,
    /// Private CA, the whole path of a PEM file; empty = the system's.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ca_file: String,
    /// `http://`, `https://` or `socks5://`; empty = none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub proxy: String,
}

fn timeout_ms() -> u64 {
    10_000
}

impl Webhook {
    /// Whether it wants to hear of an event.
    pub fn wants(&self, kind: &str, corp: &CorpKey) -> bool {
        self.enabled
            && (self.corps.is_empty() || self.corps.contains(corp))
            && self.events.iter().any(|pattern| match pattern.strip_suffix('*') {
                Some(beginning) => kind.starts_with(beginning),
                None => kind == pattern,
            })
    }
}

/// How far a telling has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PostState {
    /// To be sent when it is due.
    Waiting,
    /// The endpoint answered 2xx.
    Done,
    /// Tried to the end in vain: a dead letter, which can be sent again.
    Dead,
}

/// One telling of one event to one webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookPost {
    /// UUID v7; the endpoint sees it as `webhook-id` and can tell a repetition by it.
    pub id: PostId,
    /// To whom.
    pub webhook: String,
    /// Of what.
    #[schema(value_type = String)]
    pub kind: Text,
    /// What happened, as JSON text: sent byte for byte, also in repetitions.
    pub body: String,
    /// Unix milliseconds.
    pub made_at_ms: i64,
    /// Not before this time, Unix milliseconds.
    pub due_at_ms: i64,
    /// Attempts.
    #[serde(default)]
    pub attempts: u32,
    /// State.
    pub state: PostState,
    /// The endpoint's last status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why the last attempt failed, one English sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When it ended, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at_ms: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscriptions() {
        let mut webhook = Webhook {
            name: "oa".into(),
            url: "http://oa.example/hook".into(),
            events: vec!["contact.*".into(), "event.click".into()],
            corps: Vec::new(),
            enabled: true,
            timeout_ms: 10_000,
            ca_file: String::new(),
            proxy: String::new(),
        };
        let corp = CorpKey::from("a");
        for (kind, wanted) in [
            ("contact.create_user", true),
            ("contacts", false),
            ("event.click", true),
            ("event.click2", false),
            ("event.view", false),
        ] {
            assert_eq!(webhook.wants(kind, &corp), wanted, "{kind}");
        }
        webhook.events = vec!["*".into()];
        assert!(webhook.wants("anything", &corp));
        webhook.corps = vec!["b".into()];
        assert!(!webhook.wants("anything", &corp));
        webhook.corps = vec!["a".into()];
        webhook.enabled = false;
        assert!(!webhook.wants("anything", &corp));
    }
}
