//! What became of a to-do message: every press on its cards, who decided, and what its business system says of it
//! (MSG-13, MSG-14, BEY-12).

use super::ids::{AppKey, CorpKey, EmployeeId, InboxId, MessageId, PostId, TenantKey, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a to-do message ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TodoState {
    /// A recipient pressed a button of its card.
    Decided,
    /// Its business system says that it was done elsewhere.
    Done,
    /// Its business system says that it was returned.
    Returned,
    /// It was withdrawn, by its business system or by a recall.
    Withdrawn,
    /// Somebody pressed a button when its time was over.
    Expired,
}

impl TodoState {
    /// All, in the order in which people read them.
    pub const ALL: [Self; 5] = [Self::Decided, Self::Done, Self::Returned, Self::Withdrawn, Self::Expired];

    /// As in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Decided => "decided",
            Self::Done => "done",
            Self::Returned => "returned",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }
}

/// The story of a to-do message; made by the first press, or by the first word of its business system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Todo {
    /// The message.
    pub message: MessageId,
    /// Its tenant.
    pub tenant: TenantKey,
    /// How it ended, and what was said of it afterwards, the oldest first; empty while it is open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<TodoChange>,
    /// Presses, the oldest first: the one that decided, and the last others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub presses: Vec<CardPress>,
    /// Presses that did not count, those that are no longer listed included.
    #[serde(default)]
    pub refused: u32,
    /// Cards whose code of the send is used up, as `call@part`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spent: Vec<String>,
    /// Codes of presses that no update has used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<PressCode>,
}

impl Todo {
    /// Presses that are listed.
    pub const PRESSES_MAX: usize = 50;
    /// Codes that are kept for later updates.
    const CODES_MAX: usize = 50;

    /// An open one.
    pub fn new(message: MessageId, tenant: TenantKey) -> Self {
        Self {
            message,
            tenant,
            changes: Vec::new(),
            presses: Vec::new(),
            refused: 0,
            spent: Vec::new(),
            codes: Vec::new(),
        }
    }

    /// What is true of it now; `None` while it is open.
    pub fn end(&self) -> Option<&TodoChange> {
        self.changes.last()
    }

    /// Notes a press. Of too many the oldest that did not decide is forgotten.
    pub fn note(&mut self, press: CardPress) {
        self.refused = self.refused.saturating_add(u32::from(press.outcome != PressOutcome::Decided));
        if self.presses.len() >= Self::PRESSES_MAX {
            let oldest = self.presses.iter().position(|known| known.outcome != PressOutcome::Decided);
            self.presses.remove(oldest.unwrap_or(0));
        }
        self.presses.push(press);
    }

    /// Keeps the code of a press for a later update.
    pub fn keep(&mut self, code: PressCode) {
        if code.code.is_empty() || self.codes.contains(&code) {
            return;
        }
        if self.codes.len() >= Self::CODES_MAX {
            self.codes.remove(0);
        }
        self.codes.push(code);
    }
}

/// What was decided or said of a to-do message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TodoChange {
    /// The new state.
    pub state: TodoState,
    /// What its cards show in place of the buttons.
    pub text: String,
    /// Key of the button that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub button: Option<String>,
    /// The employee who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employee: Option<EmployeeId>,
    /// `member:<corp>/<userid>`, `key:<name>`, `account:<name>`, or `time`.
    pub by: String,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// The telling to the webhook that the message names; absent where it names none, or that one was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<ToldRef>,
}

/// A telling of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ToldRef {
    /// The webhook.
    pub webhook: String,
    /// The telling: its `webhook-id`.
    pub post: PostId,
}

/// One press on a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CardPress {
    /// When it was worked on, Unix milliseconds.
    pub at_ms: i64,
    /// The callback that told it, in the inbox of the corp.
    pub callback: InboxId,
    /// The corp.
    pub corp: CorpKey,
    /// The app.
    pub app: AppKey,
    /// The member who pressed.
    pub userid: UserId,
    /// The employee whom the card was for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employee: Option<EmployeeId>,
    /// Key of the button; absent where the card has no such button.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub button: Option<String>,
    /// What came of it.
    pub outcome: PressOutcome,
}

/// What came of a press.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PressOutcome {
    /// It decided the message.
    Decided,
    /// The message was decided or closed before.
    Late,
    /// The card was not for this member, or the member is not linked to its recipient any more.
    NotAssignee,
    /// The time of the message was over.
    Expired,
    /// The message was taken back.
    Recalled,
    /// The card has no such button.
    UnknownButton,
}

impl PressOutcome {
    /// As in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Decided => "decided",
            Self::Late => "late",
            Self::NotAssignee => "not_assignee",
            Self::Expired => "expired",
            Self::Recalled => "recalled",
            Self::UnknownButton => "unknown_button",
        }
    }
}

/// The code that came with a press: good for one update of its card within 72 hours (doc path 94888).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PressCode {
    /// Whose card it changes, as `call@part`.
    pub card: String,
    /// The code.
    pub code: String,
    /// When it came, Unix milliseconds.
    pub at_ms: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(n: i64, outcome: PressOutcome) -> CardPress {
        CardPress {
            at_ms: n,
            callback: n.to_string().into(),
            corp: "c".into(),
            app: "a".into(),
            userid: "u".into(),
            employee: None,
            button: None,
            outcome,
        }
    }

    #[test]
    fn names_are_those_of_the_serialised_form() {
        for state in TodoState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
        use PressOutcome::{Decided, Expired, Late, NotAssignee, Recalled, UnknownButton};
        for outcome in [Decided, Late, NotAssignee, Expired, Recalled, UnknownButton] {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.name());
        }
    }

    #[test]
    fn the_press_that_decided_is_never_forgotten() {
        let mut todo = Todo::new("m".into(), "t".into());
        todo.note(press(0, PressOutcome::Decided));
        for n in 1..200 {
            todo.note(press(n, PressOutcome::Late));
        }
        assert_eq!((todo.presses.len(), todo.refused), (Todo::PRESSES_MAX, 199));
        assert_eq!((todo.presses[0].at_ms, todo.presses[49].at_ms), (0, 199));
    }

    #[test]
    fn a_code_is_kept_once_and_an_empty_one_never() {
        let mut todo = Todo::new("m".into(), "t".into());
        let code = |text: &str| PressCode { card: "c@0".into(), code: text.into(), at_ms: 1 };
        for text in ["", "x", "x", "y"] {
            todo.keep(code(text));
        }
        assert_eq!(todo.codes, [code("x"), code("y")]);
    }
}
