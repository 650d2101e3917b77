//! Cards that are answered by pressing a button (BEY-12, MSG-12 to MSG-14).
//!
//! The card carries nothing but random keys; what each means is an [`Intent`](crate::model::Intent) in the call that sent it.
//! A press counts when the key is of that very card, the member who pressed was sent it and is still linked to the employee
//! it was for, the message is open, and its time is not over. The first such press decides, once: the transaction of the
//! callback also holds the telling to the business system and the updates of everybody's card. Those go out afterwards
//! (`send`), each code used for one update only (doc path 94888), and what became of each is kept.
//!
//! Knows no page and no callback: a press comes in as values.

mod close;
mod judge;
mod press;
mod queue;
mod run;
mod send;
mod show;
mod view;
mod words;

pub use close::{CHANGES_MAX, NewTodoState, TodoWish};
pub use press::{DECISION, Press, Pressed, pressed};
pub use queue::CardQueue;
pub use view::{CardStatus, Telling, TodoStage, TodoStatus};
pub use words::TEXT_MAX_CHARS;

pub(super) use close::{recalled, show_recalled};
pub(super) use run::run;
pub(super) use show::{after_sent, drop_ended, has_buttons};
pub(super) use view::status;

use crate::model::{CallId, Message};

/// For so long a response code is good (doc path 94888).
const CODE_VALID_MS: i64 = 72 * 3_600 * 1_000;
/// A code is not used any more so shortly before its end: the call takes its time.
const CODE_SPARE_MS: i64 = 60_000;
/// Buttons without another end are good for so long after the message was accepted.
pub const BUTTONS_VALID_MS: i64 = 30 * 24 * 3_600 * 1_000;

/// A card in codes and lists: as its `task_id`.
fn card_name(call: &CallId, part: u32) -> String {
    format!("{call}@{part}")
}

/// Until when the buttons of a message decide, Unix milliseconds.
pub(super) fn valid_until(message: &Message) -> i64 {
    let longest = message.accepted_at_ms.saturating_add(BUTTONS_VALID_MS);
    message.expires_at_ms.map_or(longest, |at_ms| at_ms.min(longest))
}
