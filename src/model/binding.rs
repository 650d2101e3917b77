//! Links between the two sides, stored by id, and what we last wrote through them.

use super::fields::Fields;
use super::ids::{DepartmentId, EmployeeId, Text, UnitId, UserId};
use super::member::Membership;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a binding came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BindingOrigin {
    /// A match rule.
    Rule,
    /// A person, one by one.
    Manual,
    /// A binding file.
    Import,
    /// We created the member or department.
    Created,
    /// Level and name (departments), or a confirmed rename.
    Position,
}

/// Employee ↔ member of one corp. One to one in both directions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MemberBinding {
    /// OA side.
    pub employee: EmployeeId,
    /// WeCom side.
    pub userid: UserId,
    /// Where it came from.
    pub origin: BindingOrigin,
    /// When, Unix milliseconds.
    pub bound_at_ms: i64,
    /// What we last wrote and WeCom accepted, with what was there before; the only memory of fields that cannot be
    /// read back (mobile, e-mail …).
    #[serde(default, skip_serializing_if = "Fields::is_empty")]
    #[schema(value_type = BTreeMap<String, Pushed>)]
    pub pushed: Fields<Pushed>,
    /// Memberships and superiors that we last wrote; the only memory of them where they cannot be read back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed: Option<Box<Placement>>,
    /// Removal life cycle, where it has begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removal: Option<Removal>,
}

impl MemberBinding {
    /// Whether we have disabled the member and not enabled it again.
    pub fn is_disabled(&self) -> bool {
        self.removal.as_ref().is_some_and(|removal| removal.disabled_at_ms.is_some())
    }
}

/// One written field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Pushed {
    /// What we wrote.
    #[schema(value_type = String)]
    pub value: Text,
    /// What WeCom showed before; `None` where it was unreadable. A later read that still shows this value means that
    /// WeCom ignored the write (mobile of an activated member, e-mail with exmail, unknown extattr).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub before: Option<Text>,
}

/// What we last wrote besides texts; a part that we never wrote is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Placement {
    /// Memberships, as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memberships: Option<Vec<Membership>>,
    /// Main department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main_department: Option<DepartmentId>,
    /// Direct superiors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direct_leader: Option<Vec<UserId>>,
}

/// A member on its way out (BEY-05).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Removal {
    /// Why.
    pub cause: RemovalCause,
    /// When we disabled the member, Unix milliseconds; `None` = only recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at_ms: Option<i64>,
    /// Where the member was before it was moved to the disabled department.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub departments_before: Vec<DepartmentId>,
    /// Whether somebody else had disabled the member before us: then it is not ours to enable.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub was_disabled: bool,
    /// How often we disabled the member again because WeCom went on showing another status.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub repeats: u32,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// Why somebody is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RemovalCause {
    /// The employee departed or vanished from the directory.
    Departed,
    /// The employee left the scope.
    OutOfScope,
    /// An undo takes back what a plan created or enabled.
    Undo,
}

/// Unit ↔ department of one corp. One to one in both directions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DepartmentBinding {
    /// OA side.
    pub unit: UnitId,
    /// WeCom side.
    pub department: DepartmentId,
    /// Where it came from; only `Created` departments are ever deleted by a plan.
    pub origin: BindingOrigin,
    /// When, Unix milliseconds.
    pub bound_at_ms: i64,
    /// The name that we last wrote; the only memory of it where names cannot be read back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub pushed_name: Option<Text>,
}

/// A member that we deleted, kept so that the same person gets the same account back (PEER-16).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tombstone {
    /// OA side.
    pub employee: EmployeeId,
    /// The userid that was deleted; never given to somebody else.
    pub userid: UserId,
    /// When, Unix milliseconds.
    pub deleted_at_ms: i64,
}

/// A match rule hit more than one employee or more than one member with the same value: nobody is bound until a person
/// decides (DIR-12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ResolveCase {
    /// The rule, e.g. `mobile = mobile`.
    #[schema(value_type = String)]
    pub rule: Text,
    /// The value that is not unique.
    #[schema(value_type = String)]
    pub value: Text,
    /// All unbound employees that have it.
    pub employees: Vec<EmployeeId>,
    /// All unbound members that have it.
    pub members: Vec<UserId>,
}

impl ResolveCase {
    /// Whether there is just one pair: it waits because members whose details cannot be read may have the value too.
    pub fn is_single(&self) -> bool {
        self.employees.len() == 1 && self.members.len() == 1
    }

    /// Names the case in URLs and lists: stays the same while rule and value do.
    pub fn key(&self) -> String {
        format!("{}: {}", self.rule, self.value)
    }
}
