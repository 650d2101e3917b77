//! The calls that carry messages to WeCom: members, contents, what was tried.

use super::Priority;
use crate::model::content::{Content, SentId};
use crate::model::ids::{AppKey, CallId, CorpKey, MessageId, TenantKey, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Hours of the day in which nothing is sent, e.g. 22:00 to 8:00; over midnight where `from_min` is not before
/// `until_min`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuietWindow {
    /// Minutes after midnight at which it begins.
    pub from_min: u16,
    /// Minutes after midnight at which it ends.
    pub until_min: u16,
    /// Time zone, e.g. `Asia/Shanghai`.
    pub zone: String,
}

/// Where a call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// In the making: the recipients of its message are still being found.
    Prepared,
    /// To be sent when it is due.
    Waiting,
    /// On its way: stored before the request goes out. Found after a crash, nobody knows whether it arrived.
    Sending,
    /// WeCom took it.
    Sent,
    /// Given up or refused; see [`SendCall::error`].
    Failed,
    /// Sent, and nobody can find out whether it arrived.
    Unknown,
    /// Not sent as it is: taken back, expired, or sent to nobody because its members get it in other calls.
    Dropped,
}

/// One message/send with its members: what is repeated byte for byte until its outcome is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SendCall {
    /// Id.
    pub id: CallId,
    /// Tenant of its messages.
    pub tenant: TenantKey,
    /// Through which corp.
    pub corp: CorpKey,
    /// Through which app.
    pub app: AppKey,
    /// The most urgent of its messages.
    pub priority: Priority,
    /// Members, at most 1,000 (doc path 90236).
    pub to: Vec<UserId>,
    /// The deliveries of each message that it carries: `seqs` has one entry per member, in the order of `to`. More than
    /// one message in a digest.
    pub carries: Vec<Carried>,
    /// Contents, sent one after the other: more than one where a long text was split.
    pub parts: Vec<CallPart>,
    /// Whether the contents may be put together with others in a digest.
    #[serde(default)]
    pub can_merge: bool,
    /// Where it stands.
    pub state: CallState,
    /// Whether WeCom is asked to suppress a repetition of the same request (doc path 90236). Off where the same content
    /// went out through the app within the last hours in another call.
    pub checks_repeats: bool,
    /// When the request first went out, Unix milliseconds: repetitions are suppressed for four hours from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_sent_at_ms: Option<i64>,
    /// Attempts whose answer was lost; at least 1 once the process has ended while it was on its way.
    #[serde(default)]
    pub doubts: u32,
    /// Attempts.
    #[serde(default)]
    pub attempts: u32,
    /// Not before this time, Unix milliseconds.
    pub due_at_ms: i64,
    /// Until when it was held last, on purpose: quiet hours, the day's quota, WeCom's limits per member. Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_until_ms: Option<i64>,
    /// Not after this time, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at_ms: Option<i64>,
    /// Id of the rule; absent in a digest made because of WeCom's limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Hours in which it is not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<QuietWindow>,
    /// What it waits for or why it failed, as a stable code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The same as an English sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// To be recalled as soon as its outcome is known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recall_wanted: bool,
    /// When it was made, Unix milliseconds.
    pub made_at_ms: i64,
    /// When WeCom took it, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at_ms: Option<i64>,
    /// What happened to it, the oldest first; the last [`SendCall::TRACE_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trace: Vec<TraceRow>,
}

impl SendCall {
    /// Steps of a call that are kept.
    pub const TRACE_MAX: usize = 30;

    /// Notes a step.
    pub fn note(&mut self, at_ms: i64, step: &str, detail: Option<String>) {
        if self.trace.len() >= Self::TRACE_MAX {
            self.trace.remove(1.min(self.trace.len() - 1));
        }
        self.trace.push(TraceRow { at_ms, step: step.to_owned(), detail });
    }

    /// Whether WeCom has taken a part of it: the call must stay as it is.
    pub fn has_sent(&self) -> bool {
        self.parts.iter().any(|part| part.sent_at_ms.is_some())
    }

    /// Persons that the call counts for at WeCom: members times contents (doc path 90236).
    pub fn person_times(&self) -> u64 {
        self.to.len() as u64 * self.parts.iter().filter(|part| part.sent_at_ms.is_none()).count() as u64
    }
}

/// The deliveries of one message in a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Carried {
    /// The message.
    pub message: MessageId,
    /// Numbers of its deliveries, one per member of the call.
    pub seqs: Vec<u32>,
    /// In a digest, the call that keeps what the rule says of this message by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keeper: Option<CallId>,
}

/// One content of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CallPart {
    /// The content as it goes over the wire: msgtype, and the member of that name.
    #[schema(value_type = Object)]
    pub content: Content,
    /// When WeCom took it, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at_ms: Option<i64>,
    /// What recalls it, for 24 hours (doc path 94867). Absent where only the repetition of a lost request was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub msgid: Option<SentId>,
    /// What updates its card, once, for 72 hours (doc path 94888).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_code: Option<String>,
    /// When it was recalled, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recalled_at_ms: Option<i64>,
    /// What the buttons of its card mean. Only here: the card carries nothing but the keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(ignore)]
    pub intents: Vec<Intent>,
}

impl CallPart {
    /// Whether there is something to take back, and what takes it back.
    pub fn can_be_recalled(&self) -> bool {
        self.msgid.is_some() && self.recalled_at_ms.is_none()
    }
}

/// What a button of a card means. It is bound to the card's message, app and receivers by the call that it stands in, and
/// void when the message has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The key that the card carries and the callback brings back: 128 random bits, never used twice.
    pub key: String,
    /// Key of the message's button.
    pub button: String,
}

/// One step in the life of a message or a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TraceRow {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// What, as a stable code: `made`, `sending`, `sent`, `lost`, `again`, `refused`, `held`, `divided`, `recalled` …
    pub step: String,
    /// More, one English sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

#[cfg(test)]
impl SendCall {
    /// A call to one member that waits, for tests.
    pub(crate) fn sample() -> Self {
        Self {
            id: "c".into(),
            tenant: "t".into(),
            corp: "a".into(),
            app: "oa".into(),
            priority: Priority::Normal,
            to: vec!["u".into()],
            carries: Vec::new(),
            parts: Vec::new(),
            can_merge: true,
            state: CallState::Waiting,
            checks_repeats: true,
            first_sent_at_ms: None,
            doubts: 0,
            attempts: 0,
            due_at_ms: 0,
            held_until_ms: None,
            expires_at_ms: None,
            rule: None,
            quiet: None,
            code: None,
            error: None,
            recall_wanted: false,
            made_at_ms: 0,
            sent_at_ms: None,
            trace: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trace_of_a_call_keeps_its_beginning_and_its_end() {
        let mut call = SendCall::sample();
        for n in 0..100 {
            call.note(n, "again", None);
        }
        let times: Vec<i64> = call.trace.iter().map(|row| row.at_ms).collect();
        assert_eq!((times.len(), times[0], times[29]), (SendCall::TRACE_MAX, 0, 99));
    }
}
