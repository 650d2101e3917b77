//! Accepting messages: checked, stored, answered. One small commit, shared with everybody who posts at the same time;
//! recipients are found later.

mod check;

pub use check::check;

use super::{MessageError, MessageFault, Messages, resolve};
use crate::model::{
    Actor, Button, EmployeeId, MemberRef, Message, MessageId, Priority, Recipients, StoredAnswer, TenantKey, TodoKind,
    UnitId,
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
        self.accept_all(actor, new, once, false).await
    }

    /// Accepts a message that a person sends by hand: as [`Messages::accept`], and one audit row says to how many people.
    ///
    /// # Errors
    /// As [`Messages::accept`].
    pub async fn accept_by_hand(
        &self,
        actor: &Actor,
        new: NewMessage,
        once: Option<OnceKey>,
    ) -> Result<Accepted, MessageError> {
        self.accept_all(actor, vec![new], once, true).await
    }

    async fn accept_all(
        &self,
        actor: &Actor,
        new: Vec<NewMessage>,
        once: Option<OnceKey>,
        is_audited: bool,
    ) -> Result<Accepted, MessageError> {
        let env = self.env();
        let now_ms = env.clock.now_ms();
        let faults = check(&new, now_ms);
        if !faults.is_empty() {
            return Err(MessageError::Invalid(faults));
        }
        let messages: Vec<Message> = new.into_iter().map(|new| message(new, self.new_id(), now_ms, actor)).collect();
        let mut told = Vec::new();
        for message in messages.iter().filter(|_| is_audited) {
            let of = message.clone();
            let people = env.store.read_async(move |tx| Ok(resolve::people(tx, &of)?.len())).await?;
            let what = json!({
                "tenant": message.tenant, "source": message.source, "title": message.title, "recipients": people,
                "everyone": message.recipients == Recipients::Everyone
            });
            told.push((format!("message {}", message.id), what));
        }
        let actor = actor.clone();
        let write = move |tx: &WriteTx| {
            let accepted = accept(tx, &messages, once.as_ref(), now_ms)?;
            if accepted.as_ref().is_ok_and(|accepted| !accepted.is_again) {
                for (subject, what) in &told {
                    store::audit::append(tx, &actor, "message.send", subject, None, Some(what.clone()))?;
                }
            }
            Ok(accepted)
        };
        let accepted = env.store.write(write).await??;
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
