//! What WeCom sends: which receiver it was for, and what became of it. Knows no wire form.

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

/// Why a callback was not taken. The text of each, and what to do, is in the locale files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallbackFault {
    /// The corp has no such app.
    UnknownApp,
    /// The app's callback is switched off.
    Off,
    /// There is no Token or no EncodingAESKey.
    NoKeys,
    /// The stored EncodingAESKey cannot be used.
    BadKey,
    /// `msg_signature`, `timestamp`, `nonce` or `echostr` is missing.
    Parameters,
    /// The body is too large.
    TooLarge,
    /// The body broke off or came too slowly.
    BrokenOff,
    /// The outer body is neither the documented XML nor JSON.
    Envelope,
    /// Token and content do not give the signature, nor does the EncodingAESKey open the content.
    Signature,
    /// The EncodingAESKey opens the content, the Token does not give the signature.
    Token,
    /// The keys of another receiver of the corp fit: the URL is entered in the wrong place.
    OtherReceiver,
    /// `Encrypt` is not base64.
    Base64,
    /// `Encrypt` has an impossible length.
    Length,
    /// The EncodingAESKey differs.
    Padding,
    /// The length inside the plaintext does not fit.
    LengthField,
    /// The CorpID inside the plaintext differs.
    ReceiveId,
    /// The message is not UTF-8.
    Utf8,
    /// The message inside is neither XML nor JSON, or says not what it is.
    Message,
    /// It is older than what is kept: a replay could not be told from it.
    Stale,
    /// The AgentID inside is that of another app; it was taken all the same.
    AgentId,
    /// It could not be stored in time.
    NotStored,
}

impl CallbackFault {
    /// Every fault, in the order of the checks.
    pub const ALL: [Self; 21] = [
        Self::UnknownApp,
        Self::Off,
        Self::NoKeys,
        Self::BadKey,
        Self::Parameters,
        Self::TooLarge,
        Self::BrokenOff,
        Self::Envelope,
        Self::Signature,
        Self::Token,
        Self::OtherReceiver,
        Self::Base64,
        Self::Length,
        Self::Padding,
        Self::LengthField,
        Self::ReceiveId,
        Self::Utf8,
        Self::Message,
        Self::Stale,
        Self::AgentId,
        Self::NotStored,
    ];

    /// The name, as documents and metrics spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownApp => "unknown_app",
            Self::Off => "off",
            Self::NoKeys => "no_keys",
            Self::BadKey => "bad_key",
            Self::Parameters => "parameters",
            Self::TooLarge => "too_large",
            Self::BrokenOff => "broken_off",
            Self::Envelope => "envelope",
            Self::Signature => "signature",
            Self::Token => "token",
            Self::OtherReceiver => "other_receiver",
            Self::Base64 => "base64",
            Self::Length => "length",
            Self::Padding => "padding",
            Self::LengthField => "length_field",
            Self::ReceiveId => "receive_id",
            Self::Utf8 => "utf8",
            Self::Message => "message",
            Self::Stale => "stale",
            Self::AgentId => "agent_id",
            Self::NotStored => "not_stored",
        }
    }
}

/// One callback that was not taken, for the administrator; the sender was told nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CallbackFailure {
    /// Unix milliseconds.
    pub at_ms: i64,
    /// Whether it was the check of the URL (GET) and not a delivery (POST).
    pub is_check: bool,
    /// What was wrong.
    pub fault: CallbackFault,
    /// Particulars, English; empty = none.
    #[serde(default)]
    pub detail: String,
    /// Who sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// What is known of one receiver: the last checks of its URL and the last failures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CallbackHealth {
    /// When the console last checked the URL with success, Unix milliseconds.
    pub checked_at_ms: Option<i64>,
    /// When a delivery was last taken, Unix milliseconds; as of the last failure, or since the start.
    pub taken_at_ms: Option<i64>,
    /// Failures ever counted.
    pub failures: u64,
    /// The last ones, the newest first.
    pub last: Vec<CallbackFailure>,
}

impl CallbackHealth {
    /// Failures that are kept.
    pub const KEPT: usize = 20;

    /// Adds a failure.
    pub fn note(&mut self, failure: CallbackFailure) {
        self.failures += 1;
        self.last.insert(0, failure);
        self.last.truncate(Self::KEPT);
    }

    /// Whether the newest failure is later than the last success.
    pub fn is_failing(&self) -> bool {
        let good = self.checked_at_ms.max(self.taken_at_ms);
        self.last.iter().any(|failure| failure.fault != CallbackFault::AgentId && Some(failure.at_ms) > good)
    }
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

    #[test]
    fn only_the_last_failures_are_kept_and_a_success_ends_them() {
        let mut health = CallbackHealth::default();
        for at_ms in 0..30 {
            let fault = CallbackFault::Signature;
            health.note(CallbackFailure { at_ms, is_check: false, fault, detail: String::new(), from: None });
        }
        assert_eq!((health.failures, health.last.len(), health.last[0].at_ms), (30, CallbackHealth::KEPT, 29));
        assert!(health.is_failing());
        health.taken_at_ms = Some(29);
        assert!(!health.is_failing());
    }
}
