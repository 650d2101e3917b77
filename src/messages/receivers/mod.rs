//! What monitoring systems post, as messages (PEER-24): Alertmanager, Grafana, and any system that posts JSON. Reading a
//! post is pure.
//!
//! A notification that is posted again (the sender retries, or reminds) is the same message: it is known by fingerprint,
//! state and beginning.

mod alerts;
mod plain;

use super::accept::{NewMessage, NewRecipients, OnceKey};
use super::{MessageError, Messages};
use crate::model::{Actor, EmployeeId, MessageId, Priority, TenantKey, UnitId};
use futures_util::stream::{self, StreamExt};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// Messages of one post that are accepted at the same time, so that they share commits.
const AT_ONCE: usize = 64;
/// Titles are shortened to so many characters; the whole one stands in the body.
const TITLE_CHARS: usize = 120;
/// Bytes of a body; a longer one says that it was shortened.
const BODY_BYTES: usize = 18_000;
/// Bytes of the free fields; what does not fit is left out.
const DATA_BYTES: usize = 12 << 10;

/// Who posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receiver {
    /// Prometheus Alertmanager, `webhook_configs`.
    Alertmanager,
    /// Grafana, contact point "Webhook".
    Grafana,
    /// Anything that posts one JSON object.
    Webhook,
}

impl Receiver {
    /// The name in addresses, and the source of messages that say no other.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alertmanager => "alertmanager",
            Self::Grafana => "grafana",
            Self::Webhook => "webhook",
        }
    }

    /// The receiver with this name.
    pub fn find(name: &str) -> Option<Self> {
        [Self::Alertmanager, Self::Grafana, Self::Webhook].into_iter().find(|receiver| receiver.name() == name)
    }
}

/// What the address says: these systems can post to an address, and not much more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressed {
    /// Whose directory names the recipients.
    pub tenant: TenantKey,
    /// Source of the messages; rules choose by it.
    pub source: String,
    /// Whom they are for.
    pub recipients: NewRecipients,
}

impl Addressed {
    /// Reads lists of ids joined by commas. `Err` where nobody is named.
    pub fn new(
        receiver: Receiver,
        tenant: TenantKey,
        source: Option<String>,
        employees: Option<&str>,
        units: Option<&str>,
        everyone: bool,
    ) -> Result<Self, ReceiverFault> {
        let ids = |list: Option<&str>| -> Vec<String> {
            let parts = list.unwrap_or_default().split(',');
            parts.map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect()
        };
        let recipients = NewRecipients {
            everyone,
            employees: ids(employees).into_iter().map(EmployeeId::from).collect(),
            units: ids(units).into_iter().map(UnitId::from).collect(),
            bindings: Vec::new(),
        };
        if !everyone && recipients.employees.is_empty() && recipients.units.is_empty() {
            return Err(ReceiverFault::Nobody);
        }
        let source = source.filter(|source| !source.is_empty()).unwrap_or_else(|| receiver.name().to_owned());
        Ok(Self { tenant, source, recipients })
    }
}

/// One message to accept.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// The message.
    pub message: NewMessage,
    /// By what a repetition is known; `None` = every post is a new message.
    pub once: Option<String>,
}

/// Why a post cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiverFault {
    /// The address names no recipient.
    #[error("the address must name somebody: employees=…, units=… or everyone=true")]
    Nobody,
    /// Not the form of the sender.
    #[error("this is not what {0} posts: {1}")]
    Form(&'static str, &'static str),
}

/// The messages of a post.
pub fn read(receiver: Receiver, addressed: &Addressed, post: &Value) -> Result<Vec<Incoming>, ReceiverFault> {
    match receiver {
        Receiver::Alertmanager | Receiver::Grafana => alerts::read(receiver, addressed, post),
        Receiver::Webhook => plain::read(addressed, post).map(|incoming| vec![incoming]),
    }
}

impl Messages {
    /// Accepts the messages of a post, each by itself and some at a time; answers all ids, in the order of the post, and how
    /// many are new. What is known by its identity, to the same people, is the same message, whatever else it says now. After
    /// an error those before it are accepted, and a repetition of the post accepts the rest.
    ///
    /// # Errors
    /// Those of [`Messages::accept`].
    pub async fn accept_posts(
        &self,
        actor: &Actor,
        tenant: &TenantKey,
        incoming: Vec<Incoming>,
    ) -> Result<(Vec<MessageId>, usize), MessageError> {
        let (mut ids, mut new) = (Vec::with_capacity(incoming.len()), 0);
        let accepting = incoming.into_iter().map(|Incoming { message, once }| {
            let once = once.map(|identity| {
                let key = key_of(&identity, &message);
                OnceKey { scope: format!("receiver:{tenant}"), fingerprint: key.clone(), key }
            });
            self.accept(actor, vec![message], once)
        });
        let mut accepted = stream::iter(accepting).buffered(AT_ONCE);
        while let Some(taken) = accepted.next().await {
            let taken = taken?;
            new += if taken.is_again { 0 } else { taken.ids.len() };
            ids.extend(taken.ids);
        }
        Ok((ids, new))
    }
}

/// The same event is told to several addresses, and each is for other people.
fn key_of(identity: &str, message: &NewMessage) -> String {
    let NewRecipients { everyone, employees, units, bindings: _ } = &message.recipients;
    let mut digest = Sha256::new().chain_update(identity).chain_update([0]).chain_update(&message.source);
    digest.update([0, u8::from(*everyone)]);
    for id in employees.iter().map(EmployeeId::as_str).chain(["\0"]).chain(units.iter().map(UnitId::as_str)) {
        digest.update(id);
        digest.update([0]);
    }
    hex::encode(digest.finalize())
}

/// What a message is made of, before it is brought into bounds.
struct Raw {
    title: String,
    body: String,
    url: Option<String>,
    picture: Option<String>,
    event: String,
    priority: Priority,
    data: Map<String, Value>,
}

impl Raw {
    fn into_message(self, addressed: &Addressed) -> NewMessage {
        let line = self.title.split_whitespace().collect::<Vec<_>>().join(" ");
        let line = if line.is_empty() { addressed.source.clone() } else { line };
        let (title, body) = if line.chars().count() > TITLE_CHARS {
            let short: String = line.chars().take(TITLE_CHARS - 1).collect();
            (format!("{short}…"), format!("{line}\n{}", self.body))
        } else {
            (line, self.body)
        };
        NewMessage {
            tenant: addressed.tenant.clone(),
            source: addressed.source.clone(),
            event: clean(&self.event).chars().take(64).collect(),
            todo: None,
            recipients: addressed.recipients.clone(),
            title: clean(&title),
            body: shortened(clean(body.trim())),
            url: self.url.filter(|url| is_address(url, &["http://", "https://"])),
            picture: self.picture.filter(|url| is_address(url, &["https://"])),
            buttons: Vec::new(),
            priority: self.priority,
            expires_at_ms: None,
            data: bounded(self.data),
            webhook: None,
        }
    }
}

/// Without control characters but line breaks and tabs.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

fn is_address(url: &str, schemes: &[&str]) -> bool {
    schemes.iter().any(|scheme| url.starts_with(scheme) && url.len() > scheme.len())
        && url.len() <= 2048
        && !url.chars().any(|c| c.is_control() || c.is_whitespace())
}

/// A text that is too long says so.
fn shortened(text: String) -> String {
    if text.len() <= BODY_BYTES {
        return text;
    }
    let mut end = BODY_BYTES;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}\n……（原文 {} 字节，此处已截断）", &text[..end], text.len())
}

/// As many entries as fit.
fn bounded(data: Map<String, Value>) -> Map<String, Value> {
    let mut room = DATA_BYTES;
    let mut kept = Map::new();
    for (key, value) in data {
        let size = key.len() + value.to_string().len() + 6;
        if size <= room {
            room -= size;
            kept.insert(key, value);
        }
    }
    kept
}

/// How urgent a word is.
fn priority(word: &str) -> Priority {
    match word.trim().to_ascii_lowercase().as_str() {
        "critical" | "crit" | "emergency" | "alert" | "fatal" | "high" | "page" | "p0" | "p1" | "紧急" | "严重" => {
            Priority::High
        }
        "info" | "information" | "debug" | "low" | "none" | "提示" => Priority::Low,
        _ => Priority::Normal,
    }
}
