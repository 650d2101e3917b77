//! `plan --json`.

use super::time_text;
use crate::model::{
    Blast, Budget, Change, CorpKey, Counts, Decision, Direction, GuardVerdict, Invariant, Notice, PlanHead, PlanId,
    PlanState, RenameOffer, RunId,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A whole plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "fields are named and documented as in `PlanHead`")]
pub struct PlanReport {
    pub id: PlanId,
    pub corp: CorpKey,
    pub hash: String,
    pub state: PlanState,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// RFC 3339, UTC.
    pub expires_at: String,
    pub direction: Direction,
    /// Whether a guard holds it and nobody has decided yet.
    pub held: bool,
    pub guards: Vec<GuardVerdict>,
    pub counts: Counts,
    pub budget: Budget,
    pub compute_ms: u64,
    pub source_employees: u64,
    pub invariants: Vec<Invariant>,
    pub notices: Vec<Notice>,
    pub offers: Vec<RenameOffer>,
    pub blast: Blast,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<RunId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_allow: Option<Decision>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// How many changes the plan has; those below may be the first of them.
    pub changes_total: u64,
    pub changes: Vec<ChangeReport>,
}

impl PlanReport {
    /// From a stored plan with `total` changes and as many of the first ones as the reader is shown.
    pub fn new(head: PlanHead, changes: &[Change], total: u64) -> Self {
        Self {
            id: head.id,
            corp: head.corp,
            hash: head.hash,
            state: head.state,
            created_at: time_text(head.created_at_ms),
            expires_at: time_text(head.expires_at_ms),
            direction: head.direction,
            held: head.state == PlanState::Held,
            guards: head.guards,
            counts: head.counts,
            budget: head.budget,
            compute_ms: head.compute_ms,
            source_employees: head.source_employees,
            invariants: head.invariants,
            notices: head.notices,
            offers: head.offers,
            blast: head.blast,
            undoes: head.undoes,
            made_by: head.made_by,
            first_allow: head.first_allow,
            decision: head.decision,
            changes_total: total,
            changes: changes.iter().map(ChangeReport::new).collect(),
        }
    }
}

/// A plan in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "fields are named and documented as in `PlanHead`")]
pub struct PlanRow {
    pub id: PlanId,
    pub corp: CorpKey,
    pub state: PlanState,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// RFC 3339, UTC.
    pub expires_at: String,
    pub counts: Counts,
    /// Names of the tripped guards.
    pub guards: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}

impl From<PlanHead> for PlanRow {
    fn from(head: PlanHead) -> Self {
        let guards = head.tripped().map(|guard| guard.name.clone()).collect();
        Self {
            id: head.id,
            corp: head.corp,
            state: head.state,
            created_at: time_text(head.created_at_ms),
            expires_at: time_text(head.expires_at_ms),
            counts: head.counts,
            guards,
            decision: head.decision,
        }
    }
}

/// A page of a plan's changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangesPage {
    /// In the order of application.
    pub changes: Vec<ChangeReport>,
    /// Where the next page begins; absent = this was the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangeReport {
    /// Its place in the order of application.
    pub seq: u32,
    /// What is done, e.g. `create_member`, `update_department`.
    pub kind: String,
    /// To whom or what, e.g. `member a.chen`, `department 12`.
    pub subject: String,
    /// `userid` or `department`, `employee` or `unit`, `before`, `after` and what else the kind has.
    #[serde(flatten)]
    pub details: Map<String, Value>,
    /// Why, as a stable code.
    pub reason: String,
    /// `yes`, `partly`, `no`
    pub reversible: String,
}

impl ChangeReport {
    /// From a change of a plan.
    pub fn new(change: &Change) -> Self {
        // A change is plain data: turning it into JSON does not fail, and what could not be turned is left out.
        let mut details = match serde_json::to_value(change) {
            Ok(Value::Object(map)) => map,
            _ => Map::new(),
        };
        let mut take = |key: &str| match details.remove(key) {
            Some(Value::String(text)) => text,
            _ => String::new(),
        };
        let (kind, reason, reversible) = (take("action"), take("reason"), take("reversible"));
        details.remove("seq");
        details.retain(|_, value| !value.is_null());
        let subject = match (details.get("userid").and_then(Value::as_str), details.get("department")) {
            (Some(userid), _) => format!("member {userid}"),
            (None, Some(department)) => format!("department {department}"),
            (None, None) => String::new(),
        };
        Self { seq: change.seq, kind, subject, details, reason, reversible }
    }

    /// A text among the details.
    pub fn detail(&self, key: &str) -> Option<&str> {
        self.details.get(key).and_then(Value::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Action, DepartmentId, DepartmentImage, MemberField, MemberImage, Reversible};

    #[test]
    fn a_change_has_the_promised_names() {
        let mut after = MemberImage::default();
        after.fields.insert(MemberField::Name, "陈".into());
        let change = Change {
            seq: 3,
            action: Action::CreateMember { employee: "e1".into(), userid: "a.chen".into(), after, invite: false },
            reason: "employee.new".into(),
            reversible: Reversible::Partly,
        };
        assert_eq!(
            serde_json::to_value(ChangeReport::new(&change)).unwrap(),
            serde_json::json!({
                "seq": 3, "kind": "create_member", "subject": "member a.chen", "userid": "a.chen", "employee": "e1",
                "after": { "fields": { "name": "陈" } }, "invite": false, "reason": "employee.new",
                "reversible": "partly",
            })
        );
        let change = Change {
            seq: 4,
            action: Action::DeleteDepartment {
                unit: None,
                department: DepartmentId(12),
                before: DepartmentImage { name: Some("旧".into()), ..DepartmentImage::default() },
            },
            reason: "unit.gone".into(),
            reversible: Reversible::Yes,
        };
        assert_eq!(
            serde_json::to_value(ChangeReport::new(&change)).unwrap(),
            serde_json::json!({
                "seq": 4, "kind": "delete_department", "subject": "department 12", "department": 12,
                "before": { "name": "旧" }, "reason": "unit.gone", "reversible": "yes",
            })
        );
    }
}
