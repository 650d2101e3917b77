//! A message of an app as one request (doc path 90236), and the change of a card that was sent (doc path 94888).

use crate::model::content::{Card, Checker, LimitFault, LimitRule};
use crate::model::{DepartmentId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

pub use crate::model::content::{Content, Safe, SentId};

/// Most members of one request (doc path 90236).
pub const USERS_MAX: usize = 1000;
/// Most departments of one request (doc path 90236).
pub const DEPARTMENTS_MAX: usize = 100;
/// Most tags of one request (doc path 90236).
pub const TAGS_MAX: usize = 100;
/// Longest time in which an identical request is not delivered again, seconds (doc path 90236).
pub const DUPLICATE_CHECK_MAX_S: u32 = 14_400;

const DOC: u32 = 90236;
const DOC_UPDATE: u32 = 94888;

/// Who gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToWhom {
    /// Everybody in the visible range of the app.
    Everyone,
    /// At most [`USERS_MAX`], [`DEPARTMENTS_MAX`] and [`TAGS_MAX`], not all empty.
    Some {
        /// Members.
        users: Vec<UserId>,
        /// Departments.
        departments: Vec<DepartmentId>,
        /// Tags.
        tags: Vec<u32>,
    },
}

impl ToWhom {
    /// These members.
    pub fn users(users: Vec<UserId>) -> Self {
        Self::Some { users, departments: Vec::new(), tags: Vec::new() }
    }

    fn check(&self, doc: u32, checker: &mut Checker) {
        let Self::Some { users, departments, tags } = self else { return };
        if users.is_empty() && departments.is_empty() && tags.is_empty() {
            checker.fault("touser", LimitRule::Missing, doc);
        }
        checker.count("touser", users.len(), 0, USERS_MAX, doc);
        checker.count("toparty", departments.len(), 0, DEPARTMENTS_MAX, doc);
        checker.count("totag", tags.len(), 0, TAGS_MAX, doc);
        if users.iter().any(|user| user.as_str().is_empty() || user.as_str().contains('|')) {
            checker.fault("touser", LimitRule::Form, doc);
        }
    }
}

/// One request of `message/send`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppMessage {
    /// The app that sends; the credential must be its own.
    pub agentid: u64,
    /// Who gets it.
    pub to: ToWhom,
    /// What it says.
    pub content: Content,
    /// Whether it may be shared on.
    pub safe: Safe,
    /// Replace `$userName=USERID$` and `$departmentName=ID$` by names when it is shown.
    pub translates_ids: bool,
    /// WeCom does not deliver an identical request again for so many seconds, at most [`DUPLICATE_CHECK_MAX_S`]. The
    /// one way to repeat a request whose outcome is unknown.
    pub duplicate_check_s: Option<u32>,
}

impl AppMessage {
    /// A message that may be shared on, without translation and duplicate check.
    pub fn new(agentid: u64, to: ToWhom, content: Content) -> Self {
        Self { agentid, to, content, safe: Safe::Open, translates_ids: false, duplicate_check_s: None }
    }

    /// Whether WeCom would take it as it is: receivers, content, options.
    pub fn check(&self) -> Result<(), Vec<LimitFault>> {
        let mut checker = Checker::default();
        self.to.check(DOC, &mut checker);
        if self.to == ToWhom::Everyone && matches!(self.content, Content::MiniprogramNotice(_)) {
            checker.fault("touser", LimitRule::NotHere, DOC);
        }
        if !self.content.takes(self.safe) {
            checker.fault("safe", LimitRule::NotHere, DOC);
        }
        if self.duplicate_check_s.is_some_and(|s| s == 0 || s > DUPLICATE_CHECK_MAX_S) {
            checker.fault("duplicate_check_interval", LimitRule::Range, DOC);
        }
        let mut faults = checker.into_faults();
        if let Err(more) = self.content.check() {
            faults.extend(more);
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// The body exactly as it is sent: the same message gives the same bytes, as the duplicate check demands.
    pub fn body(&self) -> Value {
        let mut body = Map::new();
        match &self.to {
            ToWhom::Everyone => {
                body.insert("touser".into(), "@all".into());
            }
            ToWhom::Some { users, departments, tags } => {
                let lists = [
                    ("touser", users.iter().map(ToString::to_string).collect::<Vec<_>>()),
                    ("toparty", departments.iter().map(ToString::to_string).collect()),
                    ("totag", tags.iter().map(ToString::to_string).collect()),
                ];
                for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
                    body.insert(name.into(), list.join("|").into());
                }
            }
        }
        body.insert("msgtype".into(), self.content.msgtype().into());
        body.insert("agentid".into(), self.agentid.into());
        body.insert(self.content.msgtype().into(), self.content.body());
        if self.safe != Safe::Open {
            body.insert("safe".into(), self.safe.wire().into());
        }
        if self.translates_ids {
            body.insert("enable_id_trans".into(), 1.into());
        }
        if let Some(interval_s) = self.duplicate_check_s {
            body.insert("enable_duplicate_check".into(), 1.into());
            body.insert("duplicate_check_interval".into(), interval_s.into());
        }
        Value::Object(body)
    }
}

/// What takes the place of a card's buttons, or of the whole card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardChange {
    /// The buttons become these grey words. Only for cards with buttons, votes or drop-downs.
    Words(String),
    /// Another card, of any type; its task id is ignored.
    Card(Box<Card>),
}

/// One request of `message/update_template_card`; it uses its code up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardUpdate {
    /// The app that sent the card.
    pub agentid: u64,
    /// Whose card changes; [`ToWhom::Everyone`] = all receivers of the card.
    pub to: ToWhom,
    /// From the answer of the send or from an event: good once, for 72 hours.
    pub response_code: String,
    /// The change.
    pub change: CardChange,
}

impl CardUpdate {
    /// Whether WeCom would take it as it is.
    pub fn check(&self) -> Result<(), Vec<LimitFault>> {
        let mut checker = Checker::default();
        self.to.check(DOC_UPDATE, &mut checker);
        checker.required("response_code", &self.response_code, DOC_UPDATE);
        if let CardChange::Words(words) = &self.change {
            checker.required("button.replace_name", words, DOC_UPDATE);
        }
        let mut faults = checker.into_faults();
        if let CardChange::Card(card) = &self.change
            && let Err(more) = card.check_update()
        {
            faults.extend(more);
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// The body; ids are arrays here, unlike in `message/send`.
    pub fn body(&self) -> Value {
        let mut body = json!({ "agentid": self.agentid, "response_code": self.response_code });
        match &self.to {
            ToWhom::Everyone => body["atall"] = 1.into(),
            ToWhom::Some { users, departments, tags } => {
                if !users.is_empty() {
                    body["userids"] = users.iter().map(UserId::as_str).collect();
                }
                if !departments.is_empty() {
                    body["partyids"] = departments.iter().map(|id| id.0).collect();
                }
                if !tags.is_empty() {
                    body["tagids"] = tags.iter().copied().collect();
                }
            }
        }
        match &self.change {
            CardChange::Words(words) => body["button"] = json!({ "replace_name": words }),
            CardChange::Card(card) => {
                let mut card = Card::clone(card);
                card.task_id.clear();
                body["template_card"] = serde_json::to_value(card).unwrap_or_default();
            }
        }
        body
    }
}

/// What became of a sent message, as far as WeCom tells: accepted, not delivered or read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// For the recall; absent where the duplicate check suppressed the request.
    pub id: Option<SentId>,
    /// Unknown or outside of the visible range, **lower-cased** by WeCom: compare with [`UserId::is_same`].
    pub invalid_users: Vec<UserId>,
    /// Departments alike.
    pub invalid_parties: Vec<DepartmentId>,
    /// Tags alike.
    pub invalid_tags: Vec<u32>,
    /// In the range, but without the basic interface licence: they get nothing.
    pub unlicensed_users: Vec<UserId>,
    /// For one update of the card, within 72 hours; only of cards that may be updated.
    pub response_code: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_of_a_message() {
        let to = ToWhom::Some {
            users: vec!["zhangsan".into(), "lisi".into()],
            departments: vec![DepartmentId(2)],
            tags: vec![],
        };
        let message =
            AppMessage { duplicate_check_s: Some(600), ..AppMessage::new(1_000_002, to, Content::text("你好")) };
        let want = json!({
            "touser": "zhangsan|lisi", "toparty": "2", "msgtype": "text", "agentid": 1_000_002,
            "text": {"content": "你好"}, "enable_duplicate_check": 1, "duplicate_check_interval": 600,
        });
        assert_eq!(message.body(), want);
        assert_eq!(message.check(), Ok(()));
    }

    #[test]
    fn receivers_and_options_are_limited() {
        let message = |to| AppMessage::new(1, to, Content::text("x"));
        let users = |n: usize| ToWhom::users(vec!["u".into(); n]);
        for (message, field) in [
            (message(users(0)), Some("touser")),
            (message(users(1000)), None),
            (message(users(1001)), Some("touser")),
            (message(ToWhom::users(vec!["a|b".into()])), Some("touser")),
            (message(ToWhom::Everyone), None),
            (AppMessage { safe: Safe::Closed, ..message(users(1)) }, None),
            (AppMessage { safe: Safe::Inside, ..message(users(1)) }, Some("safe")),
            (AppMessage { duplicate_check_s: Some(14_401), ..message(users(1)) }, Some("duplicate_check_interval")),
            (AppMessage { content: Content::text(""), ..message(users(1)) }, Some("text.content")),
        ] {
            let got = message.check().err().map(|faults| faults[0].field.clone());
            assert_eq!(got.as_deref(), field, "{message:?}");
        }
    }
}
