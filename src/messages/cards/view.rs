//! A to-do message as API and pages show it: never with a key or a code.

use super::{has_buttons, valid_until};
use crate::model::{
    AppKey, CallId, CardPress, CardUpdate, CardUpdateState, CorpKey, Message, PostState, Todo, TodoChange, TodoState,
    UserId,
};
use crate::store::{self, Reads, StoreError};
use serde::Serialize;
use utoipa::ToSchema;

/// Where a to-do message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TodoStage {
    /// Its buttons decide.
    Open,
    /// A recipient decided it on the card.
    Decided,
    /// Done elsewhere, says its business system.
    Done,
    /// Returned.
    Returned,
    /// Withdrawn, or recalled.
    Withdrawn,
    /// Its time is over and nobody decided.
    Expired,
}

impl From<TodoState> for TodoStage {
    fn from(state: TodoState) -> Self {
        match state {
            TodoState::Decided => Self::Decided,
            TodoState::Done => Self::Done,
            TodoState::Returned => Self::Returned,
            TodoState::Withdrawn => Self::Withdrawn,
            TodoState::Expired => Self::Expired,
        }
    }
}

/// A to-do message: how it stands, who pressed what, how far its cards are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TodoStatus {
    /// Where it stands.
    pub stage: TodoStage,
    /// Until when its buttons decide, Unix milliseconds; absent where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until_ms: Option<i64>,
    /// The decision on the card, whatever was said afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<TodoChange>,
    /// How the telling of the decision to the named webhook fares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub telling: Option<Telling>,
    /// Everything that was decided or said of it, the oldest first.
    pub changes: Vec<TodoChange>,
    /// Presses, the oldest first: the one that decided, and the last others.
    pub presses: Vec<CardPress>,
    /// Presses that did not count.
    pub refused: u32,
    /// Updates of its cards, the oldest first.
    pub cards: Vec<CardStatus>,
}

/// The telling of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Telling {
    /// The webhook.
    pub webhook: String,
    /// Its state: `waiting`, `done`, `dead`; `removed` = the webhook or its tellings of that time are not kept any more.
    pub state: String,
    /// Attempts.
    pub attempts: u32,
    /// Why the last attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// One update of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CardStatus {
    /// The call that sent the card.
    pub call: CallId,
    /// The corp.
    pub corp: CorpKey,
    /// The app.
    pub app: AppKey,
    /// Whose card; empty = that of every receiver of the call.
    pub to: Vec<UserId>,
    /// What it shows in place of the buttons.
    pub text: String,
    /// How far it has come.
    pub state: CardUpdateState,
    /// Attempts.
    pub attempts: u32,
    /// Attempts whose outcome was not known.
    pub doubts: u32,
    /// What it waits for or why it failed, as a stable code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The same as an English sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// WeCom's number, where it refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errcode: Option<i64>,
    /// Members whose card WeCom did not change, as it says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreached: Vec<UserId>,
    /// When it was made, Unix milliseconds.
    pub made_at_ms: i64,
    /// When it ended, Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at_ms: Option<i64>,
}

impl From<CardUpdate> for CardStatus {
    fn from(update: CardUpdate) -> Self {
        Self {
            call: update.call,
            corp: update.corp,
            app: update.app,
            to: update.to,
            text: update.text,
            state: update.state,
            attempts: update.attempts,
            doubts: update.doubts,
            why: update.why,
            error: update.error,
            errcode: update.errcode,
            unreached: update.unreached,
            made_at_ms: update.made_at_ms,
            ended_at_ms: update.ended_at_ms,
        }
    }
}

/// The to-do side of a message; `None` where it is none and nobody said anything of it.
pub(in crate::messages) fn status(
    tx: &impl Reads,
    message: &Message,
    now_ms: i64,
) -> Result<Option<TodoStatus>, StoreError> {
    let known = store::todos::find(tx, &message.id)?;
    let is_todo = message.todo.is_some() || has_buttons(message);
    if known.is_none() && !is_todo {
        return Ok(None);
    }
    let todo = known.unwrap_or_else(|| Todo::new(message.id.clone(), message.tenant.clone()));
    let valid_until_ms = has_buttons(message).then(|| valid_until(message));
    let stage = match todo.end() {
        Some(end) => end.state.into(),
        None if valid_until_ms.is_some_and(|at_ms| at_ms <= now_ms) => TodoStage::Expired,
        None => TodoStage::Open,
    };
    let decision = todo.changes.iter().find(|change| change.state == TodoState::Decided).cloned();
    let telling = match decision.as_ref().zip(message.webhook.as_ref()) {
        Some((decision, webhook)) => Some(telling(tx, decision, webhook)?),
        None => None,
    };
    let cards = store::todos::updates(tx, &message.id)?.into_iter().map(CardStatus::from).collect();
    let Todo { changes, presses, refused, .. } = todo;
    Ok(Some(TodoStatus { stage, valid_until_ms, decision, telling, changes, presses, refused, cards }))
}

fn telling(tx: &impl Reads, decision: &TodoChange, webhook: &str) -> Result<Telling, StoreError> {
    let post = match &decision.told {
        Some(told) => store::webhooks::find_post(tx, &told.webhook, &told.post)?,
        None => None,
    };
    let state = post.as_ref().map_or("removed", |post| match post.state {
        PostState::Waiting => "waiting",
        PostState::Done => "done",
        PostState::Dead => "dead",
    });
    Ok(Telling {
        webhook: webhook.to_owned(),
        state: state.to_owned(),
        attempts: post.as_ref().map_or(0, |post| post.attempts),
        error: post.and_then(|post| post.error),
    })
}
