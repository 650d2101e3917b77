//! Messages as business systems post them, what became of each at each recipient, and the calls that carry them.

mod call;
mod delivery;
mod head;

pub use call::{CallPart, CallState, Carried, Intent, QuietWindow, SendCall, TraceRow};
pub use delivery::{Delivery, DeliveryState};
pub use head::{MessageHead, Tally};

use super::ids::{CorpKey, EmployeeId, MessageId, TenantKey, UnitId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
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
