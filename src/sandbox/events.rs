//! What happened to a directory, as the change events tell it (contacts.md section 8).

use super::state::member::{Department, Member};

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// `create_user`
    MemberCreated(Box<Member>),
    /// `update_user`
    MemberUpdated {
        /// Before.
        before: Box<Member>,
        /// After.
        after: Box<Member>,
    },
    /// `delete_user`
    MemberDeleted(Box<Member>),
    /// `create_party`
    DepartmentCreated(Department),
    /// `update_party`
    DepartmentUpdated {
        /// Before.
        before: Department,
        /// After.
        after: Department,
    },
    /// `delete_party`
    DepartmentDeleted(Department),
    /// `update_tag`
    TagUpdated {
        /// Tag.
        tagid: u32,
        /// Members added, by userid.
        added_users: Vec<String>,
        /// Members removed.
        removed_users: Vec<String>,
        /// Departments added.
        added_departments: Vec<u32>,
        /// Departments removed.
        removed_departments: Vec<u32>,
    },
}
