//! Cards that are answered by pressing a button (BEY-12, MSG-13, MSG-14).
//!
//! What a button means is kept here and not in the card: a press counts when the member who pressed was sent that very card,
//! is still linked to the employee it was for, the message is open, and its time is not over. The first such press decides,
//! once; it is told to the business system and shown on the cards of everybody, all in the transaction of the callback.

mod update;

pub(crate) use update::run;

use crate::model::content::Content;
use crate::model::{
    Actor, AppKey, Button, CallId, CallState, CardTask, CorpKey, Delivery, DeliveryState, Message, MessageId, PressCode,
    SendCall, Todo, TodoState, UserId,
};
use crate::store::{self, Reads, StoreError, WriteTx};
use crate::webhooks;
use serde_json::{Value, json};

/// A code is good for so long (doc path 94888).
const CODE_VALID_MS: i64 = 72 * 3_600 * 1_000;
/// Letters that a card shows in place of its buttons.
pub const TEXT_MAX: usize = 20;
/// The event that a decision is told as.
pub const DECISION: &str = "card.decision";

/// A press as the callback tells it.
#[derive(Debug, Clone, Copy)]
pub struct Press<'p> {
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
    /// It decided the message.
    Decided(MessageId),
    /// The card is none of ours.
    Foreign,
    /// It does not count, and why.
    Refused(&'static str),
}

/// The card that a press is about.
struct Found {
    message: Message,
    call: SendCall,
    part: u32,
    delivery: Delivery,
}

/// Takes a press. Everything that follows from it is written in this transaction; the caller wakes the queues.
pub fn pressed(tx: &WriteTx, press: Press<'_>) -> Result<Pressed, StoreError> {
    let Some(found) = find(tx, &press)? else { return Ok(Pressed::Foreign) };
    let Found { message, call, part, delivery } = match found {
        Ok(found) => found,
        Err(why) => return Ok(Pressed::Refused(why)),
    };
    let now_ms = tx.now_ms();
    let card = card_name(&call.id, part);
    if let Some(mut todo) = store::intents::todo(tx, &message.id)? {
        // the card still showed its buttons: it was sent after the decision, or its update is on its way
        todo.refused = todo.refused.saturating_add(1);
        show_to(tx, &todo, &call, part, &press, now_ms)?;
        store::intents::put_todo(tx, &todo)?;
        return Ok(Pressed::Refused("it was decided before"));
    }
    let Some(button) = message.buttons.iter().find(|button| button.key == press.key) else {
        return Ok(Pressed::Refused("the card has no such button"));
    };
    let sent_at_ms = delivery.sent_at_ms.unwrap_or(message.accepted_at_ms);
    if message.expires_at_ms.is_some_and(|at_ms| at_ms <= now_ms) || now_ms - sent_at_ms > CODE_VALID_MS {
        return Ok(Pressed::Refused("its time is over"));
    }
    let mut todo = Todo {
        message: message.id.clone(),
        tenant: message.tenant.clone(),
        state: TodoState::Decided,
        text: done_text(button),
        button: Some(button.key.clone()),
        employee: delivery.employee.clone(),
        by: format!("member:{}/{}", press.corp, press.userid),
        at_ms: now_ms,
        refused: 0,
        used: Vec::new(),
        codes: vec![PressCode { card, code: press.code.to_owned(), at_ms: now_ms }],
    };
    tell(tx, &message, &todo, button, &press)?;
    show(tx, &mut todo, now_ms)?;
    store::intents::put_todo(tx, &todo)?;
    Ok(Pressed::Decided(message.id))
}

/// A business system says how a message ended; its cards show it. Answers for how many cards an update is on its way.
///
/// # Errors
/// [`StoreError::NotFound`] when there is no such message, [`StoreError::Refused`] when the text is not 1 to 20 letters.
pub fn close(tx: &WriteTx, id: &MessageId, text: &str, actor: &Actor) -> Result<(Todo, usize), StoreError> {
    let text = text.trim();
    if !(1..=TEXT_MAX).contains(&text.chars().count()) {
        return Err(StoreError::Refused(format!("the text must be 1 to {TEXT_MAX} characters")));
    }
    let message = store::messages::find(tx, id)?.ok_or_else(|| StoreError::not_found(format!("message {id}")))?;
    let now_ms = tx.now_ms();
    let before = store::intents::todo(tx, id)?;
    let mut todo = match before {
        Some(before) => Todo { text: text.to_owned(), ..before },
        None => Todo {
            message: id.clone(),
            tenant: message.tenant,
            state: TodoState::Closed,
            text: text.to_owned(),
            button: None,
            employee: None,
            by: actor.name.clone(),
            at_ms: now_ms,
            refused: 0,
            used: Vec::new(),
            codes: Vec::new(),
        },
    };
    let shown = show(tx, &mut todo, now_ms)?;
    store::intents::put_todo(tx, &todo)?;
    Ok((todo, shown))
}

/// The card of a press: `None` when it is none of ours, `Err` when the press cannot count.
fn find(tx: &impl Reads, press: &Press<'_>) -> Result<Option<Result<Found, &'static str>>, StoreError> {
    let Some((call, part)) = press.task_id.split_once('@').and_then(|(call, part)| Some((call, part.parse().ok()?)))
    else {
        return Ok(None);
    };
    let Some(call) = store::outbox::call(tx, &CallId::from(call))? else { return Ok(None) };
    if call.corp != *press.corp || call.app != *press.app {
        return Ok(Some(Err("the card was sent by another app")));
    }
    let Some(at) = call.to.iter().position(|member| member.is_same(press.userid)) else {
        return Ok(Some(Err("the card was not sent to this member")));
    };
    let [carried] = call.carries.as_slice() else { return Ok(Some(Err("it is not about one message"))) };
    let (id, seq) = (carried.message.clone(), carried.seqs.get(at).copied());
    let Some(message) = store::messages::find(tx, &id)? else { return Ok(Some(Err("the message is gone"))) };
    let delivery = match seq {
        Some(seq) => store::deliveries::find(tx, &id, seq)?,
        None => None,
    };
    let is_his = |delivery: &Delivery| {
        matches!(delivery.state, DeliveryState::Sent | DeliveryState::ProbablyDropped | DeliveryState::Unknown)
            && delivery.userid.as_ref().is_some_and(|member| member.is_same(press.userid))
    };
    let Some(delivery) = delivery.filter(is_his) else {
        return Ok(Some(Err("the message was not delivered to this member, or taken back")));
    };
    let linked = store::bindings::find_by_userid(tx, press.corp, press.userid)?.map(|binding| binding.employee);
    if delivery.employee.is_some() && linked != delivery.employee {
        return Ok(Some(Err("the member is not linked to the recipient any more")));
    }
    Ok(Some(Ok(Found { message, call, part, delivery })))
}

fn card_name(call: &CallId, part: u32) -> String {
    format!("{call}@{part}")
}

/// What the card says after a button was pressed: 同意 becomes 已同意.
fn done_text(button: &Button) -> String {
    let is_chinese = button.text.chars().next().is_some_and(|letter| !letter.is_ascii());
    if is_chinese && !button.text.starts_with('已') { format!("已{}", button.text) } else { button.text.clone() }
}

/// Tells the decision: to the webhook that the message names, and to those that subscribe to decisions.
fn tell(
    tx: &WriteTx,
    message: &Message,
    todo: &Todo,
    button: &Button,
    press: &Press<'_>,
) -> Result<(), StoreError> {
    let data = json!({
        "message": message.id, "tenant": message.tenant, "source": message.source, "event": message.event,
        "button": button.key, "text": button.text, "employee": todo.employee, "corp": press.corp, "app": press.app,
        "userid": press.userid, "choices": press.choices, "at_ms": todo.at_ms, "data": message.data,
    });
    for webhook in store::webhooks::list(tx)? {
        let is_named = message.webhook.as_ref() == Some(&webhook.name) && webhook.enabled;
        if is_named || webhook.wants(DECISION, press.corp) {
            webhooks::enqueue_for(tx, &webhook, DECISION, &data)?;
        }
    }
    Ok(())
}

/// Puts an update of every card of the message into the queue, as far as there is a code for it; answers how many.
fn show(tx: &WriteTx, todo: &mut Todo, now_ms: i64) -> Result<usize, StoreError> {
    let Some(head) = store::messages::head(tx, &todo.message)? else { return Ok(0) };
    let mut shown = 0;
    for id in head.calls {
        let Some(call) = store::outbox::call(tx, &id)?.filter(|call| call.state == CallState::Sent) else { continue };
        for (at, part) in call.parts.iter().enumerate() {
            let is_card = matches!(&part.content, Content::TemplateCard(card) if card.is_updatable());
            let Some(number) = u32::try_from(at).ok().filter(|_| is_card) else { continue };
            let name = card_name(&call.id, number);
            let is_fresh = part.sent_at_ms.is_some_and(|at_ms| now_ms - at_ms < CODE_VALID_MS);
            let code = match &part.response_code {
                Some(code) if is_fresh && !todo.used.contains(&name) => {
                    todo.used.push(name);
                    code.clone()
                }
                _ => match take_code(todo, &name, now_ms) {
                    Some(code) => code,
                    None => continue,
                },
            };
            put_update(tx, todo, &call, number, Vec::new(), code, now_ms)?;
            shown += 1;
        }
    }
    Ok(shown)
}

/// The code of an earlier press on this card, which is used up by this.
fn take_code(todo: &mut Todo, card: &str, now_ms: i64) -> Option<String> {
    let at = todo.codes.iter().position(|code| code.card == card && now_ms - code.at_ms < CODE_VALID_MS)?;
    Some(todo.codes.remove(at).code)
}

/// Shows the end of a message to one member, with the code of the member's own press.
fn show_to(
    tx: &WriteTx,
    todo: &Todo,
    call: &SendCall,
    part: u32,
    press: &Press<'_>,
    now_ms: i64,
) -> Result<(), StoreError> {
    put_update(tx, todo, call, part, vec![press.userid.clone()], press.code.to_owned(), now_ms)
}

fn put_update(
    tx: &WriteTx,
    todo: &Todo,
    call: &SendCall,
    part: u32,
    to: Vec<UserId>,
    code: String,
    now_ms: i64,
) -> Result<(), StoreError> {
    if code.is_empty() {
        return Ok(());
    }
    let task = CardTask {
        message: todo.message.clone(),
        call: call.id.clone(),
        part,
        corp: call.corp.clone(),
        app: call.app.clone(),
        to,
        text: todo.text.clone(),
        code,
        attempts: 0,
        due_at_ms: now_ms,
    };
    store::intents::put_update(tx, &task)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_card_says_afterwards() {
        for (text, want) in [("同意", "已同意"), ("已阅", "已阅"), ("OK", "OK"), ("", "")] {
            let button = Button { key: "k".into(), text: text.into(), style: 1 };
            assert_eq!(done_text(&button), want);
        }
    }
}
