//! Why something about messages is refused.

use crate::model::{MessageId, TenantKey};
use crate::store::StoreError;

/// One fault of a message, with the place where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageFault {
    /// Where: `title`, `buttons[2].text`, `messages[3].recipients` …
    pub at: String,
    /// What is wrong there.
    pub message: String,
}

/// Why it was refused. On every one of these nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// The message breaks rules; all faults.
    #[error("the message is not acceptable")]
    Invalid(Vec<MessageFault>),
    /// The tenant does not exist.
    #[error("there is no tenant {0}")]
    NoTenant(TenantKey),
    /// The message does not exist, or was removed after its time.
    #[error("there is no message {0}")]
    NoMessage(MessageId),
    /// The idempotency key was used for another request.
    #[error("this Idempotency-Key was used for another request; choose a new one for a new request")]
    OtherRequest,
    /// Nothing was to be recalled.
    #[error("nothing of the message can be recalled: {0}")]
    NoRecall(&'static str),
    /// A delivery cannot be recalled alone.
    #[error("WeCom recalls only whole calls, and {others} other members got this one with the same call")]
    NotAlone {
        /// How many others.
        others: usize,
    },
    /// It is no to-do message.
    #[error("the message is no to-do: it has neither a kind of to-do nor buttons")]
    NoTodo,
    /// A to-do message was changed too often.
    #[error("the state of the to-do was changed {} times: no further change is taken", super::cards::CHANGES_MAX)]
    TooManyChanges,
    /// Such a delivery does not exist.
    #[error("the message has no delivery {0}")]
    NoDelivery(u32),
    /// A setting is outside its range.
    #[error("{field} {rule}")]
    Setting {
        /// Which.
        field: &'static str,
        /// What it must be.
        rule: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl MessageError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "message.invalid",
            Self::NoTenant(_) => "tenant.not_found",
            Self::NoMessage(_) => "message.not_found",
            Self::OtherRequest => "idempotency.mismatch",
            Self::NoRecall(_) => "message.no_recall",
            Self::NotAlone { .. } => "message.not_alone",
            Self::NoTodo => "message.no_todo",
            Self::TooManyChanges => "message.too_many_changes",
            Self::NoDelivery(_) => "delivery.not_found",
            Self::Setting { .. } => "message.setting",
            Self::Store(_) => "store",
        }
    }
}
