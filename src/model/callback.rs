//! What WeCom sends: which receiver it was for, and what became of it. Knows no wire form.

mod failure;

pub use failure::{CallbackFailure, CallbackFault, CallbackHealth};

use super::auto_reply::ReplyContent;
use super::corp::SecretName;
use super::ids::{AppKey, CorpKey, InboxId, Text, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who receives a callback: the last part of its address, `/cb/{corp}/{receiver}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum CallbackOf {
    /// Changes of the directory (通讯录同步).
    Contacts,
    /// Events of customers (客户联系).
    Customers,
    /// An app's messages and events (接收消息).
    App(AppKey),
}

impl CallbackOf {
    /// Keys that no app may have, because they are addresses of their own.
    pub const RESERVED: [&str; 3] = ["contacts", "customers", "suite"];

    /// The receiver that a path names; it need not exist.
    pub fn of(segment: &str) -> Self {
        match segment {
            "contacts" => Self::Contacts,
            "customers" => Self::Customers,
            app => Self::App(AppKey::from(app)),
        }
    }

    /// The last part of the address.
    pub fn segment(&self) -> &str {
        match self {
            Self::Contacts => "contacts",
            Self::Customers => "customers",
            Self::App(app) => app.as_str(),
        }
    }

    /// Where its Token is kept.
    pub fn token(&self) -> SecretName {
        match self {
            Self::Contacts => SecretName::ContactsToken,
            Self::Customers => SecretName::CustomersToken,
            Self::App(app) => SecretName::AppToken(app.clone()),
        }
    }

    /// Where its EncodingAESKey is kept.
    pub fn aes_key(&self) -> SecretName {
        match self {
            Self::Contacts => SecretName::ContactsAesKey,
            Self::Customers => SecretName::CustomersAesKey,
            Self::App(app) => SecretName::AppAesKey(app.clone()),
        }
    }
}

impl From<String> for CallbackOf {
    fn from(segment: String) -> Self {
        Self::of(&segment)
    }
}

impl From<CallbackOf> for String {
    fn from(receiver: CallbackOf) -> Self {
        receiver.segment().to_owned()
    }
}

impl std::fmt::Display for CallbackOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.segment())
    }
}

/// How far the work on a callback has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InboxState {
    /// Stored and answered; the work has not been done.
    Waiting,
    /// Done, or nothing was to be done.
    Done,
    /// Tried several times in vain; a replay tries again.
    Failed,
}

impl InboxState {
    /// The name, as documents and queries spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// One callback as it was received (BEY-10).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InboxItem {
    /// UUID v7: ids sort by the time of receipt.
    pub id: InboxId,
    /// The corp.
    pub corp: CorpKey,
    /// Whose address it came to.
    #[schema(value_type = String)]
    pub receiver: CallbackOf,
    /// `message.text`, `event.click`, `contact.create_user` …
    #[schema(value_type = String)]
    pub kind: Text,
    /// `FromUserName`: a userid, `sys`, or empty.
    #[schema(value_type = String)]
    pub from: Text,
    /// The AgentID that it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agentid: Option<u64>,
    /// `CreateTime`, Unix seconds; 0 = it names none.
    pub created_at_s: i64,
    /// Unix milliseconds.
    pub received_at_ms: i64,
    /// What a repeated delivery is recognised by.
    pub digest: String,
    /// How often it was delivered again.
    #[serde(default)]
    pub repeats: u32,
    /// The decrypted text, XML or JSON.
    pub text: String,
    /// State of the work.
    pub state: InboxState,
    /// Tries of the work.
    #[serde(default)]
    pub attempts: u32,
    /// What was done, or why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// When the work ended, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at_ms: Option<i64>,
    /// How often somebody had the work done again.
    #[serde(default)]
    pub replays: u32,
    /// The passive reply that the answer carried, unencrypted XML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// What of an auto reply did not fit into the passive reply, or is not ready for it: sent as messages of their own, in
    /// this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pieces: Vec<ReplyContent>,
    /// What became of each of these, in the same order; empty until the work was done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rest: Vec<Piece>,
}

/// What became of one piece of the rest of an auto reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ReplyPiece)]
pub struct Piece {
    /// How far it has come.
    pub state: PieceState,
    /// Attempts that failed.
    #[serde(default)]
    pub attempts: u32,
    /// Why the last one failed, or why nothing is known of it: one English sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// WeCom's number, where it refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errcode: Option<i64>,
    /// When that was, Unix milliseconds.
    pub changed_at_ms: i64,
}

/// How far a piece of the rest of an auto reply has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ReplyPieceState)]
pub enum PieceState {
    /// It is to be sent, for the first time or again.
    Waiting,
    /// WeCom took it.
    Sent,
    /// It was tried so often in vain that it is not tried again; a replay of the callback tries anew.
    GivenUp,
    /// It may have arrived: nobody knows, and WeCom would deliver a repetition twice.
    Unknown,
}

impl InboxItem {
    /// From WeCom's clock to our receipt, milliseconds; `None` where the callback names no time.
    pub fn lag_ms(&self) -> Option<i64> {
        lag_ms(self.created_at_s, self.received_at_ms)
    }
}

/// [`InboxItem::lag_ms`]
pub fn lag_ms(created_at_s: i64, received_at_ms: i64) -> Option<i64> {
    (created_at_s > 0).then(|| (received_at_ms - created_at_s * 1_000).max(0))
}

/// A piece of an auto reply that is sent as a message of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUp {
    /// Sorts by the time at which it was made.
    pub id: InboxId,
    /// The corp.
    pub corp: CorpKey,
    /// The app that answers.
    pub app: AppKey,
    /// The member who is answered.
    pub to: UserId,
    /// The callback that is answered; absent in rows of a time when that was not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<InboxId>,
    /// Which of its [`InboxItem::pieces`] this is.
    #[serde(default)]
    pub place: usize,
    /// What is said: a text or a picture.
    pub content: ReplyContent,
    /// Not before this time, Unix milliseconds.
    pub due_at_ms: i64,
    /// Attempts that failed.
    #[serde(default)]
    pub attempts: u32,
    /// When it was first sent, Unix milliseconds: written before. Absent where it is known that it has not arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun_at_ms: Option<i64>,
    /// Whether WeCom is asked to suppress its repetition; off where the same went to the member a short time ago.
    #[serde(default)]
    pub checks_repeats: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_serialised_form() {
        for fault in CallbackFault::ALL {
            assert_eq!(serde_json::to_value(fault).unwrap(), fault.name());
        }
        for state in [InboxState::Waiting, InboxState::Done, InboxState::Failed] {
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
        for segment in ["contacts", "customers", "oa"] {
            assert_eq!(CallbackOf::of(segment).segment(), segment);
        }
    }
}
