//! What became of a to-do message: who decided by pressing which button of its card, or what its business system says of it.

use super::ids::{AppKey, CallId, CorpKey, EmployeeId, MessageId, TenantKey, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a to-do message ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TodoState {
    /// A recipient pressed a button of its card.
    Decided,
    /// Its business system says so: done elsewhere, returned, withdrawn.
    Closed,
}

/// The end of a to-do message. A message without one is open: the first valid press, or its business system, makes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Todo {
    /// The message.
    pub message: MessageId,
    /// Its tenant.
    pub tenant: TenantKey,
    /// How it ended.
    pub state: TodoState,
    /// What its cards show in place of the buttons.
    pub text: String,
    /// The button that was pressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub button: Option<String>,
    /// Who pressed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employee: Option<EmployeeId>,
    /// The member who pressed it, or the key that said so.
    pub by: String,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// Presses that came too late or from somebody else.
    #[serde(default)]
    pub refused: u32,
    /// Cards whose code of the send is used up, as `call@part`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used: Vec<String>,
    /// Codes of presses that no update has used: each is good for one more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(ignore)]
    pub codes: Vec<PressCode>,
}

/// The code that came with a press (doc path 94888: once, within 72 hours).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PressCode {
    /// Whose card it changes.
    pub card: String,
    /// The code.
    pub code: String,
    /// When it came, Unix milliseconds.
    pub at_ms: i64,
}

/// One update of a card that is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardTask {
    /// The message.
    pub message: MessageId,
    /// The call that sent the card.
    pub call: CallId,
    /// Which content of the call it is.
    pub part: u32,
    /// The corp.
    pub corp: CorpKey,
    /// The app.
    pub app: AppKey,
    /// Whose card; empty = all receivers'.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<UserId>,
    /// What takes the place of the buttons.
    pub text: String,
    /// The code that it uses up.
    pub code: String,
    /// Attempts that were begun: written before each.
    #[serde(default)]
    pub attempts: u32,
    /// Not before this time, Unix milliseconds.
    pub due_at_ms: i64,
}
