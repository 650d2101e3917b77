//! One change of a plan, with what was known before it.

use super::binding::RemovalCause;
use super::fields::Fields;
use super::ids::{DepartmentId, EmployeeId, Text, UnitId, UserId};
use super::member::Membership;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One change. `seq` is its place in the order of application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// 0, 1, 2 … in the order of application: department create/update top-down, members, superiors, member removals,
    /// department deletes bottom-up.
    pub seq: u32,
    /// What is done.
    #[serde(flatten)]
    pub action: Action,
    /// Why, as a stable code, e.g. `employee.new`, `employee.departed`, `unit.renamed`, `field.changed`.
    #[schema(value_type = String)]
    pub reason: Text,
    /// Whether an undo can give back the state.
    pub reversible: Reversible,
}

/// How far an undo reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Reversible {
    /// Completely.
    Yes,
    /// Fields that cannot be read back stay as written.
    Partly,
    /// Not at all (delete).
    No,
}

/// The parent of a department, which may be created by the same plan.
pub type ParentId = DepartmentId;

/// What a change does. Department ids of creations are chosen by the plan (larger than any id ever seen), so that a
/// repeated create is recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[expect(missing_docs, reason = "the fields are named by their types; each variant says what is done with them")]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// `department/create` with a chosen id, then bind.
    CreateDepartment { unit: UnitId, department: DepartmentId, after: DepartmentImage },
    /// `department/update` with the fields that differ.
    /// `unit` is absent for the department of disabled members and for one whose unit is gone.
    UpdateDepartment { unit: Option<UnitId>, department: DepartmentId, before: DepartmentImage, after: DepartmentImage },
    /// `department/delete`, then unbind. `before` allows undo.
    DeleteDepartment { unit: Option<UnitId>, department: DepartmentId, before: DepartmentImage },
    /// No call: link an existing department.
    BindDepartment { unit: UnitId, department: DepartmentId, origin: super::binding::BindingOrigin },
    /// No call: the link goes, the department stays (gone in WeCom, taken over by another unit, or undo).
    UnbindDepartment { unit: UnitId, department: DepartmentId },
    /// `department/create` of the department for disabled members, bound to no unit.
    CreateDisabledDepartment { department: DepartmentId, after: DepartmentImage },
    /// `user/create`, then bind.
    CreateMember { employee: EmployeeId, userid: UserId, after: MemberImage, invite: bool },
    /// `user/update` with the fields that differ.
    UpdateMember { employee: EmployeeId, userid: UserId, before: MemberImage, after: MemberImage },
    /// `user/update` with `enable: 0`, moved to the disabled department where one is set.
    DisableMember {
        employee: Option<EmployeeId>,
        userid: UserId,
        cause: RemovalCause,
        before: MemberImage,
        after: MemberImage,
    },
    /// `user/update` with `enable: 1` and everything that differs (re-hire).
    EnableMember { employee: EmployeeId, userid: UserId, before: MemberImage, after: MemberImage },
    /// `user/delete`, then unbind and leave a tombstone.
    DeleteMember { employee: Option<EmployeeId>, userid: UserId, cause: RemovalCause, before: MemberImage },
    /// No call: link an existing member.
    BindMember {
        employee: EmployeeId,
        userid: UserId,
        #[schema(value_type = String)]
        rule: Text,
    },
    /// No call: the link goes, the member stays; no tombstone is left.
    UnbindMember { employee: EmployeeId, userid: UserId },
    /// No call: the removal life cycle begins or ends in the binding (`None` = ends).
    RecordRemoval { employee: EmployeeId, userid: UserId, cause: Option<RemovalCause> },
}

impl Action {
    /// The employee that a change of a member is made for.
    pub fn employee(&self) -> Option<&EmployeeId> {
        match self {
            Self::CreateMember { employee, .. }
            | Self::UpdateMember { employee, .. }
            | Self::EnableMember { employee, .. }
            | Self::BindMember { employee, .. }
            | Self::UnbindMember { employee, .. }
            | Self::RecordRemoval { employee, .. } => Some(employee),
            Self::DisableMember { employee, .. } | Self::DeleteMember { employee, .. } => employee.as_ref(),
            _ => None,
        }
    }

    /// The department that is changed or deleted, with what was known of it.
    pub fn department_before(&self) -> Option<(DepartmentId, &DepartmentImage)> {
        match self {
            Self::UpdateDepartment { department, before, .. } | Self::DeleteDepartment { department, before, .. } => {
                Some((*department, before))
            }
            _ => None,
        }
    }

    /// What a department is to be.
    pub fn department_after(&self) -> Option<&DepartmentImage> {
        match self {
            Self::CreateDepartment { after, .. }
            | Self::CreateDisabledDepartment { after, .. }
            | Self::UpdateDepartment { after, .. } => Some(after),
            _ => None,
        }
    }

    /// The member that is changed or deleted, with what was known of it.
    pub fn member_before(&self) -> Option<(&UserId, &MemberImage)> {
        match self {
            Self::UpdateMember { userid, before, .. }
            | Self::DisableMember { userid, before, .. }
            | Self::EnableMember { userid, before, .. }
            | Self::DeleteMember { userid, before, .. } => Some((userid, before)),
            _ => None,
        }
    }

    /// What a member is to be.
    pub fn member_after(&self) -> Option<&MemberImage> {
        match self {
            Self::CreateMember { after, .. }
            | Self::UpdateMember { after, .. }
            | Self::DisableMember { after, .. }
            | Self::EnableMember { after, .. } => Some(after),
            _ => None,
        }
    }
}

/// A department's managed fields. In `after` of an update, `None` = not written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DepartmentImage {
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub name: Option<Text>,
    /// Parent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ParentId>,
    /// WeCom's order, larger first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<u32>,
}

/// A member's managed fields. In `after` of an update, what is absent is not written; `before` holds what was known
/// of the same fields (absent = unreadable).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MemberImage {
    /// Texts; an empty value clears the field where WeCom allows that.
    #[serde(default, skip_serializing_if = "Fields::is_empty")]
    #[schema(value_type = BTreeMap<String, String>)]
    pub fields: Fields<Text>,
    /// All memberships; always written as a whole (department, order, is_leader_in_dept together).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memberships: Option<Vec<Membership>>,
    /// Main department; written together with `memberships`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main_department: Option<DepartmentId>,
    /// Direct superiors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direct_leader: Option<Vec<UserId>>,
    /// Enabled or disabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable: Option<bool>,
}
