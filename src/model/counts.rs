//! How many changes of each kind.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Counts by kind, named as `plan --json` promises.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counts {
    /// Departments.
    pub departments: DepartmentCounts,
    /// Members.
    pub members: MemberCounts,
}

impl Counts {
    /// All changes, bindings included.
    pub fn total(&self) -> u64 {
        let d = &self.departments;
        let m = &self.members;
        d.create
            + d.rename
            + d.r#move
            + d.reorder
            + d.delete
            + d.bind
            + d.unbind
            + m.create
            + m.update
            + m.disable
            + m.enable
            + m.delete
            + m.bind
            + m.unbind
            + m.record
    }
}

/// Department changes. A change that renames and moves counts as a move.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[expect(missing_docs, reason = "counters named after what they count")]
pub struct DepartmentCounts {
    pub create: u64,
    pub rename: u64,
    pub r#move: u64,
    pub reorder: u64,
    pub delete: u64,
    pub bind: u64,
    pub unbind: u64,
}

/// Member changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[expect(missing_docs, reason = "counters named after what they count")]
pub struct MemberCounts {
    pub create: u64,
    pub update: u64,
    pub disable: u64,
    pub enable: u64,
    pub delete: u64,
    pub bind: u64,
    pub unbind: u64,
    /// Only the removal life cycle in the binding begins or ends.
    pub record: u64,
}
