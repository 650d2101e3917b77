//! A press: whether it counts, and everything that follows from it, in the transaction of its callback.

use super::{card_name, show, valid_until, words};
use crate::model::{
    AppKey, Button, CallId, CallPart, CardPress, CorpKey, Delivery, DeliveryState, EmployeeId, EmployeeStatus, InboxId,
    Message, MessageId, PressCode, PressOutcome, SendCall, Todo, TodoChange, TodoState, ToldRef, UserId,
};
use crate::store::{self, Reads, StoreError, WriteTx};
use crate::webhooks;
use serde_json::{Value, json};

/// The event that a decision is told as.
pub use crate::webhooks::DECISION;

/// A press as the callback tells it.
#[derive(Debug, Clone, Copy)]
pub struct Press<'p> {
    /// The callback that tells it.
    pub callback: &'p InboxId,
    /// When that was received, Unix milliseconds: the time of the press, however late it is worked on.
    pub received_at_ms: i64,
    /// The corp that it came to.
    pub corp: &'p CorpKey,
    /// The app that it came to.
    pub app: &'p AppKey,
    /// Who pressed.
    pub userid: &'p UserId,
    /// `TaskId` of the card.
    pub task_id: &'p str,
    /// `EventKey`: the button.
    pub key: &'p str,
    /// `ResponseCode` of this press.
    pub code: &'p str,
    /// What was chosen besides, as JSON.
    pub choices: &'p Value,
}

/// What a press came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pressed {
    /// It was about this message.
    Noted(MessageId, PressOutcome),
    /// This very callback was worked on before: nothing was done.
    Again(MessageId),
    /// The card is none of ours.
    Foreign,
    /// The card is ours, but nothing is known of it any more.
    Gone(&'static str),
}

/// The card of a press.
struct Found {
    message: Message,
    call: SendCall,
    part: u32,
    /// What the member who pressed got of it.
    delivery: Option<Delivery>,
}

impl Found {
    fn part(&self) -> Option<&CallPart> {
        usize::try_from(self.part).ok().and_then(|at| self.call.parts.get(at))
    }

    /// The button that a key means.
    fn button(&self, key: &str) -> Option<&Button> {
        let intent = self.part()?.intents.iter().find(|intent| intent.key == key)?;
        self.message.buttons.iter().find(|button| button.key == intent.button)
    }
}

/// Takes a press. Everything that follows from it is written in this transaction; the caller wakes the queues afterwards.
/// The same callback may be worked on again: it counts once.
pub fn pressed(tx: &WriteTx, press: Press<'_>) -> Result<Pressed, StoreError> {
    let found = match find(tx, &press)? {
        Lookup::Found(found) => *found,
        Lookup::Foreign => return Ok(Pressed::Foreign),
        Lookup::Gone(why) => return Ok(Pressed::Gone(why)),
    };
    let (message, now_ms) = (&found.message, tx.now_ms());
    let story = store::todos::find(tx, &message.id)?;
    let mut todo = story.unwrap_or_else(|| Todo::new(message.id.clone(), message.tenant.clone()));
    if todo.presses.iter().any(|known| known.callback == *press.callback) {
        return Ok(Pressed::Again(message.id.clone()));
    }
    let outcome = judge(tx, &found, &todo, &press)?;
    let button = found.button(press.key);
    let employee = found.delivery.as_ref().and_then(|delivery| delivery.employee.clone());
    todo.note(CardPress {
        at_ms: now_ms,
        callback: press.callback.clone(),
        corp: press.corp.clone(),
        app: press.app.clone(),
        userid: press.userid.clone(),
        employee: employee.clone(),
        button: button.map(|button| button.key.clone()),
        outcome,
    });
    if matches!(outcome, PressOutcome::NotAssignee | PressOutcome::UnknownButton) {
        tracing::warn!(message = %message.id, corp = %press.corp, userid = %press.userid, outcome = outcome.name(),
            "a press on a card of message {} by member {} does not count: {}", message.id, press.userid, outcome.name());
    } else {
        let card = card_name(&found.call.id, found.part);
        todo.keep(PressCode { card, code: press.code.to_owned(), at_ms: press.received_at_ms });
    }
    let ended = |state: TodoState, by: &str| TodoChange {
        state,
        text: words::of(state).to_owned(),
        button: None,
        employee: None,
        by: by.to_owned(),
        at_ms: now_ms,
        told: None,
    };
    match (outcome, button) {
        (PressOutcome::Decided, Some(button)) => {
            let name = name_of(tx, message, employee.as_ref())?;
            let change = TodoChange {
                text: words::decided(&button.text, name.as_deref()),
                button: Some(button.key.clone()),
                employee,
                told: None,
                ..ended(TodoState::Decided, &format!("member:{}/{}", press.corp, press.userid))
            };
            let told = tell(tx, message, button, &change, &press)?;
            todo.changes.push(TodoChange { told, ..change });
            show::drop_waiting(tx, &todo, now_ms)?;
            show::all(tx, &mut todo, now_ms)?;
            // also where it is not known yet that the card has arrived
            show::pressed(tx, &mut todo, &found.call, found.part, now_ms)?;
        }
        (PressOutcome::Expired, _) => {
            todo.changes.push(ended(TodoState::Expired, "time"));
            show::all(tx, &mut todo, now_ms)?;
            show::pressed(tx, &mut todo, &found.call, found.part, now_ms)?;
        }
        (PressOutcome::Recalled, _) => {
            if todo.end().is_none() {
                todo.changes.push(ended(TodoState::Withdrawn, "recall"));
            }
            show::pressed(tx, &mut todo, &found.call, found.part, now_ms)?;
        }
        (PressOutcome::Late, _) => show::pressed(tx, &mut todo, &found.call, found.part, now_ms)?,
        (PressOutcome::NotAssignee, _) => {
            show::refuse(tx, &todo, &found.call, found.part, &press, now_ms)?;
        }
        (PressOutcome::UnknownButton | PressOutcome::Decided, _) => {}
    }
    store::todos::put(tx, &todo)?;
    Ok(Pressed::Noted(message.id.clone(), outcome))
}

enum Lookup {
    Found(Box<Found>),
    Foreign,
    Gone(&'static str),
}

/// The card of a press, by its task id.
fn find(tx: &impl Reads, press: &Press<'_>) -> Result<Lookup, StoreError> {
    let parts = press.task_id.split_once('@').and_then(|(call, part)| Some((call, part.parse::<u32>().ok()?)));
    let Some((call, part)) = parts else { return Ok(Lookup::Foreign) };
    let Some(call) = store::outbox::call(tx, &CallId::from(call))? else { return Ok(Lookup::Foreign) };
    if call.corp != *press.corp || call.app != *press.app {
        return Ok(Lookup::Gone("the card was sent by another app"));
    }
    if store::loose_ends::is_former(tx, &call.corp, call.made_at_ms)? {
        return Ok(Lookup::Gone("the card is in a WeCom that the corp is not connected to any more"));
    }
    let [carried] = call.carries.as_slice() else { return Ok(Lookup::Gone("the call is not about one message")) };
    let Some(message) = store::messages::find(tx, &carried.message)? else {
        return Ok(Lookup::Gone("its message is gone"));
    };
    let place = call.to.iter().position(|member| member.is_same(press.userid));
    let seq = place.and_then(|at| carried.seqs.get(at)).copied();
    let delivery = match seq {
        Some(seq) => store::deliveries::find(tx, &message.id, seq)?,
        None => None,
    };
    Ok(Lookup::Found(Box::new(Found { message, call, part, delivery })))
}

/// Whether a press counts.
fn judge(tx: &impl Reads, found: &Found, todo: &Todo, press: &Press<'_>) -> Result<PressOutcome, StoreError> {
    if found.button(press.key).is_none() {
        return Ok(PressOutcome::UnknownButton);
    }
    // who presses has the card, whatever is known of the call
    let arrived = |row: &Delivery| match row.state {
        DeliveryState::Sent | DeliveryState::ProbablyDropped | DeliveryState::Unknown | DeliveryState::Recalled => true,
        DeliveryState::Waiting => found.call.first_sent_at_ms.is_some(),
        _ => false,
    };
    let is_his = |row: &&Delivery| row.userid.as_ref().is_some_and(|member| member.is_same(press.userid));
    let Some(delivery) = found.delivery.as_ref().filter(is_his).filter(|row| arrived(row)) else {
        return Ok(PressOutcome::NotAssignee);
    };
    if let Some(employee) = &delivery.employee {
        let linked = store::bindings::find_by_userid(tx, press.corp, press.userid)?.map(|binding| binding.employee);
        let found = store::directory::find_employee(tx, &found.message.tenant, employee)?;
        // who has left decides nothing, also while the account is still there
        let is_here = found.is_some_and(|employee| employee.status == EmployeeStatus::Active);
        if linked.as_ref() != Some(employee) || !is_here {
            return Ok(PressOutcome::NotAssignee);
        }
    }
    let is_recalled = delivery.state == DeliveryState::Recalled
        || store::messages::head(tx, &found.message.id)?.is_some_and(|head| head.recall_at_ms.is_some());
    Ok(if is_recalled {
        PressOutcome::Recalled
    } else if todo.end().is_some() {
        PressOutcome::Late
    } else if valid_until(&found.message) <= press.received_at_ms {
        PressOutcome::Expired
    } else {
        PressOutcome::Decided
    })
}

fn name_of(tx: &impl Reads, message: &Message, employee: Option<&EmployeeId>) -> Result<Option<String>, StoreError> {
    let Some(id) = employee else { return Ok(None) };
    Ok(store::directory::find_employee(tx, &message.tenant, id)?.map(|employee| employee.name.to_string()))
}

/// Tells the decision: to the webhook that the message names, be it switched on or not, and to those that subscribe to
/// decisions. Answers the telling to the former.
fn tell(
    tx: &WriteTx,
    message: &Message,
    button: &Button,
    change: &TodoChange,
    press: &Press<'_>,
) -> Result<Option<ToldRef>, StoreError> {
    let data = json!({
        "message": message.id, "tenant": message.tenant, "source": message.source, "event": message.event,
        "title": message.title, "button": button.key, "text": button.text, "shown": change.text,
        "employee": change.employee, "corp": press.corp, "app": press.app, "userid": press.userid,
        "choices": press.choices, "at_ms": change.at_ms, "data": message.data,
    });
    let mut told = None;
    for webhook in store::webhooks::list(tx)? {
        let is_named = message.webhook.as_ref() == Some(&webhook.name);
        if is_named || webhook.wants(DECISION, press.corp) {
            let post = webhooks::enqueue_for(tx, &webhook, DECISION, &data)?;
            if is_named {
                told = Some(ToldRef { webhook: webhook.name, post });
            }
        }
    }
    if told.is_none()
        && let Some(name) = &message.webhook
    {
        tracing::error!(message = %message.id, webhook = %name,
            "message {} was decided, and its webhook {name} does not exist: the business system was not told", message.id);
    }
    Ok(told)
}
