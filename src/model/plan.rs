//! A plan: everything one downstream run would do, each change with its reason, before and after. It is stored,
//! hashed, and applied exactly as it stands or not at all.

use super::counts::Counts;
use super::ids::{CorpKey, DepartmentId, PlanId, Text, UnitId, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Which way a plan works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// OA → WeCom.
    Downstream,
}

/// The head of a stored plan; its changes are stored beside it, by `seq`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanHead {
    /// Id.
    pub id: PlanId,
    /// For which corp.
    pub corp: CorpKey,
    /// Which way.
    pub direction: Direction,
    /// Lower-case hex SHA-256 over the canonical JSON of the changes and the options they were planned with.
    pub hash: String,
    /// Unix milliseconds.
    pub created_at_ms: i64,
    /// After this it cannot be applied any more, Unix milliseconds.
    pub expires_at_ms: i64,
    /// Where it stands.
    pub state: PlanState,
    /// The guards' verdicts, tripped or not.
    pub guards: Vec<GuardVerdict>,
    /// Counts by kind.
    pub counts: Counts,
    /// What it will cost.
    pub budget: Budget,
    /// The never-list, each entry proved or with the rows that break it (BEY-08).
    pub invariants: Vec<Invariant>,
    /// What a person should know and nothing will be done about: ambiguous matches, ignored fields, people outside
    /// the range …
    pub notices: Vec<Notice>,
    /// Departments that look like renamed units; they wait for a person and nothing is created in their place (DIR-58).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offers: Vec<RenameOffer>,
    /// Who stands out among the removals and moves (BEY-05).
    #[serde(default)]
    pub blast: Blast,
    /// Count of the employees that the source had (DIR-54).
    pub source_employees: u64,
    /// The directory's revision that it was made from: when that has moved on, what is to be written must follow from the
    /// present directory too.
    #[serde(default)]
    pub directory_revision: u64,
    /// When the mirror that it was planned against was read.
    pub mirror_read_at_ms: i64,
    /// How often runs had written to the corp's WeCom when it was made: when they have written again, it has drifted.
    #[serde(default)]
    pub writes: u64,
    /// Hash of the options (scope, fields …) it was planned with; another value at apply time is drift.
    pub options_hash: String,
    /// What this plan undoes, for a plan made by undo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<super::ids::RunId>,
    /// Who had it made by hand, as the audit log names them; absent for a schedule's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
    /// The first of two people who must allow it; it stays held until the second one has (PEER-29).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_allow: Option<Decision>,
    /// Who decided last about the plan, when, why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// The run that has taken it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_by: Option<super::ids::RunId>,
    /// Milliseconds of pure planning.
    pub compute_ms: u64,
}

impl PlanHead {
    /// Names of the tripped guards.
    pub fn tripped(&self) -> impl Iterator<Item = &GuardVerdict> {
        self.guards.iter().filter(|guard| guard.tripped)
    }

    /// Whether somebody loses the account or is disabled.
    pub fn removes_people(&self) -> bool {
        self.counts.members.disable + self.counts.members.delete > 0
    }

    /// Whether nothing would be done.
    pub fn is_empty(&self) -> bool {
        self.counts.total() == 0
    }
}

/// Where a plan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    /// May be applied.
    Ready,
    /// A guard tripped: waits for a named person.
    Held,
    /// Held and then allowed: may be applied.
    Allowed,
    /// Rejected by a person: never applied.
    Rejected,
    /// A run has taken it.
    Taken,
    /// Breaks an invariant: can never be applied.
    Refused,
}

impl PlanState {
    /// Whether it may still come to be applied.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Ready | Self::Held | Self::Allowed)
    }
}

/// A person's decision about a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Decision {
    /// Who.
    pub by: String,
    /// Unix milliseconds.
    pub at_ms: i64,
    /// Why.
    pub reason: String,
    /// Allowed or rejected.
    pub allowed: bool,
}

/// One guard's verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GuardVerdict {
    /// `max_removals`, `max_removal_percent`, `max_department_removals`, `max_department_removal_percent`,
    /// `max_source_drop`, `max_removals_30_days`, `max_moves_percent`, `max_cleared_fields_percent`,
    /// `max_changed_names_percent`, `max_changed_mobiles_percent`, `max_changed_emails_percent`,
    /// `max_creations_30_days`, `undo_activated_members`, `two_person_removals`
    pub name: String,
    /// Whether it holds the plan.
    pub tripped: bool,
    /// What was found.
    pub value: u64,
    /// What is allowed.
    pub limit: u64,
}

/// One entry of the never-list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Invariant {
    /// Stable name, e.g. `exclude_beats_include`.
    pub name: String,
    /// Whether the plan keeps it.
    pub holds: bool,
    /// `seq` of the changes that break it, at most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broken_by: Vec<u32>,
}

/// Something a person should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Notice {
    /// Stable code, e.g. `match.ambiguous`.
    pub code: String,
    /// Whom or what it is about: an employee id, a unit id, a userid …
    pub subject: String,
    /// One English sentence; pages translate by code.
    pub text: String,
}

/// An unbound department that looks like the renamed counterpart of an unbound unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RenameOffer {
    /// OA side.
    pub unit: UnitId,
    /// Its name there.
    #[schema(value_type = String)]
    pub unit_name: Text,
    /// WeCom side.
    pub department: DepartmentId,
    /// Its name there.
    #[schema(value_type = String)]
    pub department_name: Text,
    /// Children of the same name on both sides.
    pub same_children: u64,
    /// People of the unit that are members of the department.
    pub same_people: u64,
}

/// Who stands out among the removals and moves of a plan; at most 100 of each kind are named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Blast {
    /// Heads of a unit or department who are disabled or deleted.
    pub heads: Vec<UserId>,
    /// Administrators of the OA who are disabled or deleted.
    pub admins: Vec<UserId>,
    /// Departments that lose their last member, by removals, moves or because they are deleted.
    pub emptied: Vec<DepartmentId>,
    /// Heads who leave a department, or go along with one that moves.
    pub moved_heads: Vec<UserId>,
    /// Administrators of the OA who leave a department, or go along with one that moves.
    pub moved_admins: Vec<UserId>,
    /// How many there are of each kind, named or not.
    pub totals: BlastTotals,
}

/// How many stand out among the removals and moves of a plan, by the lists of [`Blast`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct BlastTotals {
    /// Heads who are disabled or deleted.
    pub heads: u64,
    /// Administrators of the OA who are disabled or deleted.
    pub admins: u64,
    /// Departments that lose their last member.
    pub emptied: u64,
    /// Heads who leave a department.
    pub moved_heads: u64,
    /// Administrators of the OA who leave a department.
    pub moved_admins: u64,
}

/// What applying will cost (BEY-03).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Budget {
    /// Calls that write, tokens not counted.
    pub calls: u64,
    /// The same by endpoint, e.g. `user/create`.
    pub by_endpoint: BTreeMap<String, u64>,
    /// Calls that compare WeCom with what the plan saw before the first one that writes, when this plan is applied; not
    /// among `calls`. A sync has read the ids already and makes fewer. With import files about those, too, that ask for
    /// their results and look at them.
    pub reads: u64,
    /// Seconds until the end under the corp's quota.
    pub estimated_s: u64,
    /// `per_object` or `batch`.
    pub strategy: String,
    /// Why that strategy, one English sentence.
    pub strategy_reason: String,
    /// What of the new members goes by batch import and what does not; absent where so few are created that it was not
    /// weighed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchShare>,
    /// Members created by this plan and in the last 30 days together.
    pub creations_30_days: u64,
    /// What WeCom allows of them: three times the account limit (doc path 90454); absent while `quota.seats` is 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creation_cap: Option<u64>,
}

/// How the new members of a plan are divided between import files and single calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BatchShare {
    /// New members that go by file.
    pub members: u64,
    /// Files.
    pub files: u64,
    /// New members that a file cannot carry, by why, e.g. `external_profile`; each takes a call of its own.
    pub single: BTreeMap<String, u64>,
}
