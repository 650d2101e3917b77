//! What a business system, or a recall, says of a to-do message: its cards show it (MSG-14).

use super::{TEXT_MAX_CHARS, show, words};
use crate::messages::{MessageError, MessageFault, Messages};
use crate::model::{Actor, Message, MessageId, Todo, TodoChange, TodoState};
use crate::store::{self, Reads, StoreError, WriteTx};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

/// Changes of one message: each updates cards, and codes for that are few.
pub const CHANGES_MAX: usize = 20;

/// What a business system can say of a to-do message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TodoWish {
    /// It was done, elsewhere or after the decision on the card.
    Done,
    /// It was returned.
    Returned,
    /// It is not needed any more.
    Withdrawn,
}

impl From<TodoWish> for TodoState {
    fn from(wish: TodoWish) -> Self {
        match wish {
            TodoWish::Done => Self::Done,
            TodoWish::Returned => Self::Returned,
            TodoWish::Withdrawn => Self::Withdrawn,
        }
    }
}

/// A change of a to-do message.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTodoState {
    /// What is true now.
    pub state: TodoWish,
    /// What the cards show in place of the buttons, 1 to 20 characters; default `已办理`, `已退回` or `已撤回`.
    #[serde(default)]
    pub text: Option<String>,
}

impl Messages {
    /// Says what is true of a to-do message now: its buttons decide nothing any more, what has not gone out is not sent, and
    /// its cards show the new text. May be said again: the same state with the same text changes nothing.
    ///
    /// # Errors
    /// [`MessageError::NoMessage`], [`MessageError::NoTodo`] where it is none, [`MessageError::Invalid`] at `text`,
    /// [`MessageError::TooManyChanges`]. On every error nothing was changed.
    pub async fn set_todo(&self, actor: &Actor, id: &MessageId, new: NewTodoState) -> Result<(), MessageError> {
        let state = TodoState::from(new.state);
        let text = new.text.as_deref().map_or(words::of(state), str::trim).to_owned();
        let length = text.chars().count();
        if !(1..=TEXT_MAX_CHARS).contains(&length) || text.chars().any(char::is_control) {
            let message = format!("must have 1 to {TEXT_MAX_CHARS} characters in one line; it has {length}");
            return Err(MessageError::Invalid(vec![MessageFault { at: "text".into(), message }]));
        }
        let (id, actor) = (id.clone(), actor.clone());
        self.env().store.write(move |tx| close(tx, &actor, &id, state, &text)).await??;
        self.wake_cards();
        Ok(())
    }
}

fn close(
    tx: &WriteTx,
    actor: &Actor,
    id: &MessageId,
    state: TodoState,
    text: &str,
) -> Result<Result<(), MessageError>, StoreError> {
    let Some(message) = store::messages::find(tx, id)? else { return Ok(Err(MessageError::NoMessage(id.clone()))) };
    if message.todo.is_none() && !show::has_buttons(&message) {
        return Ok(Err(MessageError::NoTodo));
    }
    let mut todo = story(tx, &message)?;
    if todo.end().is_some_and(|end| end.state == state && end.text == text) {
        return Ok(Ok(()));
    }
    if todo.changes.len() >= CHANGES_MAX {
        return Ok(Err(MessageError::TooManyChanges));
    }
    let before = todo.end().map(|end| json!({ "state": end.state, "text": end.text }));
    let after = json!({ "state": state, "text": text });
    store::audit::append(tx, actor, "message.todo", &format!("message {id}"), before, Some(after))?;
    let now_ms = tx.now_ms();
    todo.changes.push(said(state, text, actor, now_ms));
    show::drop_waiting(tx, &todo, now_ms)?;
    show::all(tx, &mut todo, now_ms)?;
    store::todos::put(tx, &todo).map(Ok)
}

fn story(tx: &WriteTx, message: &Message) -> Result<Todo, StoreError> {
    let known = store::todos::find(tx, &message.id)?;
    Ok(known.unwrap_or_else(|| Todo::new(message.id.clone(), message.tenant.clone())))
}

fn said(state: TodoState, text: &str, actor: &Actor, now_ms: i64) -> TodoChange {
    TodoChange {
        state,
        text: text.to_owned(),
        button: None,
        employee: None,
        by: actor.name.clone(),
        at_ms: now_ms,
        told: None,
    }
}

/// The message is being taken back: its buttons decide nothing from here on.
pub(in crate::messages) fn recalled(tx: &WriteTx, message: &Message, actor: &Actor) -> Result<(), StoreError> {
    if !show::has_buttons(message) {
        return Ok(());
    }
    let mut todo = story(tx, message)?;
    if todo.end().is_some() {
        return Ok(());
    }
    todo.changes.push(said(TodoState::Withdrawn, words::of(TodoState::Withdrawn), actor, tx.now_ms()));
    store::todos::put(tx, &todo)
}

/// Cards that WeCom did not take back any more show that the message was.
pub(in crate::messages) fn show_recalled(tx: &WriteTx, id: &MessageId) -> Result<(), StoreError> {
    let Some(mut todo) = store::todos::find(tx, id)? else { return Ok(()) };
    show::all(tx, &mut todo, tx.now_ms())?;
    store::todos::put(tx, &todo)
}
