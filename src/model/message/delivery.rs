//! What became of a message at one recipient.

use crate::model::ids::{AppKey, CallId, CorpKey, EmployeeId, MessageId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is true of a message at one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Not sent yet; [`Delivery::code`] says what it waits for.
    Waiting,
    /// WeCom took it for this member.
    Sent,
    /// The employee is linked to no member of a corp that the rules send to.
    NotBound,
    /// The directory has no such employee or unit; it may have one when it is sent again.
    UnknownRecipient,
    /// WeCom does not know the member.
    Invalid,
    /// The member exists, but not in the app's visible range, or has no licence.
    OutsideRange,
    /// WeCom answered ok, and by its limits per member it has thrown the message away (doc path 90236).
    ProbablyDropped,
    /// The connection broke and it could not be found out whether WeCom took it.
    Unknown,
    /// It was refused, or given up.
    Failed,
    /// Its time was over before it could be sent.
    Expired,
    /// Taken back, before or after it was sent.
    Recalled,
}

impl DeliveryState {
    /// All, in the order in which people read them.
    pub const ALL: [Self; 11] = [
        Self::Waiting,
        Self::Sent,
        Self::NotBound,
        Self::UnknownRecipient,
        Self::Invalid,
        Self::OutsideRange,
        Self::ProbablyDropped,
        Self::Unknown,
        Self::Failed,
        Self::Expired,
        Self::Recalled,
    ];

    /// As in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::NotBound => "not_bound",
            Self::UnknownRecipient => "unknown_recipient",
            Self::Invalid => "invalid",
            Self::OutsideRange => "outside_range",
            Self::ProbablyDropped => "probably_dropped",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Recalled => "recalled",
        }
    }

    /// The state with this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether a person should look at it: it did not arrive, and sending it again may help (a dead letter).
    pub const fn is_dead(self) -> bool {
        !matches!(self, Self::Waiting | Self::Sent | Self::Expired | Self::Recalled)
    }
}

/// One recipient at one target: the truth about it. What WeCom answered for the whole call (msgid, response_code) is in
/// the call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Delivery {
    /// The message.
    pub message: MessageId,
    /// Number in the message, from 0.
    pub seq: u32,
    /// The employee; absent where a member was named that nobody is linked to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employee: Option<EmployeeId>,
    /// The member; absent while nobody is linked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userid: Option<UserId>,
    /// The corp; absent where no rule or no link leads to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corp: Option<CorpKey>,
    /// The app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<AppKey>,
    /// Id of the rule that chose corp and app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// What is true.
    pub state: DeliveryState,
    /// Why, as a stable code, e.g. `quiet_hours`, `not_bound`, `refused`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why, as one English sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// WeCom's number, where it refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errcode: Option<i64>,
    /// The call that carries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallId>,
    /// When it was sent, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at_ms: Option<i64>,
    /// When its state last changed, Unix milliseconds.
    pub changed_at_ms: i64,
    /// Of one that waits: when it goes out at the earliest, Unix milliseconds; known only where it is looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at_ms: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_serialised_form() {
        for state in DeliveryState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
            assert_eq!(DeliveryState::find(state.name()), Some(state));
        }
    }
}
