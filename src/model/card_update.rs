//! Updates of cards that were sent: what each shall show, and what became of it.

use super::ids::{AppKey, CallId, CorpKey, MessageId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How far an update of a card has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CardUpdateState {
    /// To be sent when it is due.
    Waiting,
    /// On its way: stored before the request goes out. Found after a crash, nobody knows whether it arrived.
    Sending,
    /// WeCom took it.
    Done,
    /// A later one took its place before it was sent.
    Superseded,
    /// There is no code for it: the card shows it when somebody presses it next.
    NoCode,
    /// Refused, or its time was over.
    Failed,
    /// Sent, and nobody can find out whether it arrived.
    Unknown,
}

impl CardUpdateState {
    /// All.
    pub const ALL: [Self; 7] =
        [Self::Waiting, Self::Sending, Self::Done, Self::Superseded, Self::NoCode, Self::Failed, Self::Unknown];

    /// As in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Done => "done",
            Self::Superseded => "superseded",
            Self::NoCode => "no_code",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// Whether anything is still to be done.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Sending)
    }
}

/// One update of one card: every receiver's, or that of one member who was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardUpdate {
    /// The message.
    pub message: MessageId,
    /// Number in the message, from 0.
    pub seq: u32,
    /// The call that sent the card.
    pub call: CallId,
    /// Which content of the call it is.
    pub part: u32,
    /// The corp.
    pub corp: CorpKey,
    /// The app.
    pub app: AppKey,
    /// Whose card; empty = that of every receiver.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<UserId>,
    /// What takes the place of the buttons.
    pub text: String,
    /// The response code that it uses up; empty = there is none. Never shown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// Until when the code is good, Unix milliseconds (72 hours, doc path 94888).
    #[serde(default)]
    pub good_until_ms: i64,
    /// How far it has come.
    pub state: CardUpdateState,
    /// Attempts that were begun: written before each.
    #[serde(default)]
    pub attempts: u32,
    /// Attempts whose outcome is not known.
    #[serde(default)]
    pub doubts: u32,
    /// Not before this time, Unix milliseconds.
    pub due_at_ms: i64,
    /// What it waits for or why it failed, as a stable code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The same as an English sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// WeCom's number, where it refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errcode: Option<i64>,
    /// Members whose card WeCom did not change, as it says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreached: Vec<UserId>,
    /// When it was made, Unix milliseconds.
    pub made_at_ms: i64,
    /// When it ended, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at_ms: Option<i64>,
}

impl CardUpdate {
    /// Whether it changes the same card as another one.
    pub fn is_of(&self, call: &CallId, part: u32) -> bool {
        self.call == *call && self.part == part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_serialised_form() {
        for state in CardUpdateState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
    }
}
