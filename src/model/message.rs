//! Messages as business systems post them, what became of each at each recipient, and the calls that carry them.

use super::content::{Content, SentId};
use super::ids::{AppKey, CallId, CorpKey, EmployeeId, MessageId, TenantKey, UnitId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a business system posted. Never changed after it was accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// Id; sorts by the time of acceptance.
    pub id: MessageId,
    /// Whose directory names the recipients.
    pub tenant: TenantKey,
    /// The module that speaks, e.g. `workflow`: 1 to 64 characters. Rules choose by it (MSG-02).
    pub source: String,
    /// What happened there, at most 64 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub event: String,
    /// Set where it is a to-do message: only those become template cards (MSG-13).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub todo: Option<TodoKind>,
    /// Whom it is for.
    pub recipients: Recipients,
    /// 1 to 512 characters.
    pub title: String,
    /// Plain text, at most 20,000 bytes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// Where it leads, `http://` or `https://`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Picture, `https://`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// Buttons of a card, at most 6.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<Button>,
    /// What goes first.
    #[serde(default)]
    pub priority: Priority,
    /// What was not sent by then is not sent any more, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at_ms: Option<i64>,
    /// Free fields for templates and filters, at most 16 KiB.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub data: Map<String, Value>,
    /// Name of the webhook that hears of decisions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<String>,
    /// When it was accepted, Unix milliseconds.
    pub accepted_at_ms: i64,
    /// Who posted it: `key:<name>` or `account:<name>`.
    pub accepted_by: String,
}

/// What a to-do message is about (MSG-13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TodoKind {
    /// 待办
    Pending,
    /// 退回
    Returned,
    /// 抄送
    Cc,
    /// 转发
    Forwarded,
    /// 传阅
    Circulated,
    /// 征求意见
    Opinion,
}

/// Whom a message is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Recipients {
    /// Every active employee of the tenant.
    Everyone,
    /// Those named, each once.
    Named {
        /// Employees.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        employees: Vec<EmployeeId>,
        /// Units with everybody in and below them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        units: Vec<UnitId>,
        /// Members of corps, whether an employee is bound to them or not.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        bindings: Vec<MemberRef>,
    },
}

/// A member of a corp.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberRef {
    /// The corp.
    pub corp: CorpKey,
    /// The member.
    pub userid: UserId,
}

/// A button of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Button {
    /// What the business system hears when it is pressed, 1 to 64 of letters, digits, `_`, `-`; unique in the message.
    pub key: String,
    /// 1 to 4 characters (MSG-10).
    pub text: String,
    /// 1 emphasised, 2 secondary, 3 neutral, 4 negative; default 1.
    #[serde(default = "first_style")]
    pub style: u8,
}

fn first_style() -> u8 {
    1
}

/// What goes first when there is more than can be sent at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Before everything else, also through quiet hours and without a digest.
    High,
    /// As usual.
    #[default]
    Normal,
    /// After everything else.
    Low,
}

impl Priority {
    /// All, in the order of sending.
    pub const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Low];

    /// The lane: smaller goes first.
    pub const fn lane(self) -> u32 {
        match self {
            Self::High => 0,
            Self::Normal => 1,
            Self::Low => 2,
        }
    }
}

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
    pub const ALL: [Self; 10] = [
        Self::Waiting,
        Self::Sent,
        Self::NotBound,
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
        matches!(
            self,
            Self::NotBound | Self::Invalid | Self::OutsideRange | Self::ProbablyDropped | Self::Unknown | Self::Failed
        )
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
}

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

/// How many deliveries are in which state; states that do not occur are absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = BTreeMap<String, u32>)]
pub struct Tally(pub BTreeMap<DeliveryState, u32>);

impl Tally {
    /// How many are in a state.
    pub fn of(&self, state: DeliveryState) -> u32 {
        self.0.get(&state).copied().unwrap_or(0)
    }

    /// All together.
    pub fn total(&self) -> u32 {
        self.0.values().sum()
    }

    /// One more in a state.
    pub fn add(&mut self, state: DeliveryState) {
        *self.0.entry(state).or_default() += 1;
    }

    /// One moves from a state to another.
    pub fn shift(&mut self, from: DeliveryState, to: DeliveryState) {
        if let Some(count) = self.0.get_mut(&from) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.0.remove(&from);
            }
        }
        self.add(to);
    }
}

/// Where a message stands as a whole; made when its recipients are found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MessageHead {
    /// The message.
    pub id: MessageId,
    /// Its tenant.
    pub tenant: TenantKey,
    /// Its source.
    pub source: String,
    /// When its recipients were found, Unix milliseconds.
    pub expanded_at_ms: i64,
    /// Deliveries by state.
    pub tally: Tally,
    /// Calls that carry it.
    pub calls: Vec<CallId>,
    /// When somebody asked for it back, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recall_at_ms: Option<i64>,
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

    #[test]
    fn a_tally_forgets_empty_states() {
        let mut tally = Tally::default();
        tally.add(DeliveryState::Waiting);
        tally.shift(DeliveryState::Waiting, DeliveryState::Sent);
        assert_eq!((tally.of(DeliveryState::Sent), tally.total(), tally.0.len()), (1, 1, 1));
    }

    #[test]
    fn the_trace_of_a_call_keeps_its_beginning_and_its_end() {
        let mut call = SendCall {
            id: "c".into(),
            tenant: "t".into(),
            corp: "a".into(),
            app: "oa".into(),
            priority: Priority::Normal,
            to: Vec::new(),
            carries: Vec::new(),
            parts: Vec::new(),
            can_merge: false,
            state: CallState::Waiting,
            checks_repeats: true,
            first_sent_at_ms: None,
            doubts: 0,
            attempts: 0,
            due_at_ms: 0,
            expires_at_ms: None,
            rule: None,
            quiet: None,
            code: None,
            error: None,
            recall_wanted: false,
            made_at_ms: 0,
            sent_at_ms: None,
            trace: Vec::new(),
        };
        for n in 0..100 {
            call.note(n, "again", None);
        }
        let times: Vec<i64> = call.trace.iter().map(|row| row.at_ms).collect();
        assert_eq!((times.len(), times[0], times[29]), (SendCall::TRACE_MAX, 0, 99));
    }
}
