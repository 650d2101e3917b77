//! Presses on cards: what the event says, handed to the room of messages in the transaction of its work.

use super::incoming::Incoming;
use crate::messages::cards::{self, Press, Pressed};
use crate::model::{CallbackOf, InboxItem, PressOutcome, UserId};
use crate::store::{StoreError, WriteTx};
use serde_json::{Value, json};

/// The event of a pressed button (contract chapter 13).
pub(super) const KIND: &str = "event.template_card_event";

/// Has the press judged; answers what came of it as one short English text, or `None` where the card is none of ours.
pub(super) fn note(tx: &WriteTx, item: &InboxItem, incoming: &Incoming<'_>) -> Result<Option<String>, StoreError> {
    let CallbackOf::App(app) = &item.receiver else { return Ok(None) };
    let field = |name: &str| incoming.tree.text(name).map(str::trim).unwrap_or_default();
    let choices = incoming.tree.group("SelectedItems").map_or(Value::Null, |group| json!(group.to_json()));
    let userid = UserId(item.from.clone());
    let press = Press {
        callback: &item.id,
        received_at_ms: item.received_at_ms,
        corp: &item.corp,
        app,
        userid: &userid,
        task_id: field("TaskId"),
        key: field("EventKey"),
        code: field("ResponseCode"),
        choices: &choices,
    };
    Ok(match cards::pressed(tx, press)? {
        Pressed::Noted(message, PressOutcome::Decided) => Some(format!("decided message {message}")),
        Pressed::Noted(message, outcome) => {
            Some(format!("a press on a card of message {message} that does not count: {}", outcome.name()))
        }
        Pressed::Again(message) => Some(format!("was worked on before, for message {message}")),
        Pressed::Gone(why) => Some(format!("a press on a card that does not count: {why}")),
        Pressed::Foreign => None,
    })
}
