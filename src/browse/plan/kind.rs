//! What a change does, and in which colour it is shown.

use crate::model::Action;
use serde::{Deserialize, Serialize};

/// What a change does, as a plan's counts tell the kinds apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each says what it does")]
pub enum ChangeKind {
    CreateDepartment,
    RenameDepartment,
    /// Also one that is renamed at the same time.
    MoveDepartment,
    ReorderDepartment,
    DeleteDepartment,
    BindDepartment,
    UnbindDepartment,
    CreateMember,
    UpdateMember,
    DisableMember,
    EnableMember,
    DeleteMember,
    BindMember,
    UnbindMember,
    /// The removal life cycle begins in the binding; no call.
    BeginRemoval,
    /// It ends; no call.
    EndRemoval,
}

/// Which side of a plan's counts a change belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeSide {
    /// Departments.
    Departments,
    /// Members.
    Members,
}

/// The colours of the preview (DIR-61).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// Purple: created.
    New,
    /// Orange: linked by this plan.
    Linked,
    /// Blue: updated, moved, enabled again.
    Changed,
    /// Red: disabled, deleted, recorded for removal.
    Removed,
    /// Orange too: linked before and as it should be.
    Matched,
    /// Grey: not linked and left alone.
    Untouched,
}

impl Colour {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::New, Self::Linked, Self::Changed, Self::Removed, Self::Matched, Self::Untouched];
}

impl ChangeKind {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::CreateDepartment,
        Self::RenameDepartment,
        Self::MoveDepartment,
        Self::ReorderDepartment,
        Self::DeleteDepartment,
        Self::BindDepartment,
        Self::UnbindDepartment,
        Self::CreateMember,
        Self::UpdateMember,
        Self::DisableMember,
        Self::EnableMember,
        Self::DeleteMember,
        Self::BindMember,
        Self::UnbindMember,
        Self::BeginRemoval,
        Self::EndRemoval,
    ];

    /// What an action does.
    pub fn of(action: &Action) -> Self {
        match action {
            Action::CreateDepartment { .. } | Action::CreateDisabledDepartment { .. } => Self::CreateDepartment,
            Action::UpdateDepartment { after, .. } if after.parent.is_some() => Self::MoveDepartment,
            Action::UpdateDepartment { after, .. } if after.name.is_some() => Self::RenameDepartment,
            Action::UpdateDepartment { .. } => Self::ReorderDepartment,
            Action::DeleteDepartment { .. } => Self::DeleteDepartment,
            Action::BindDepartment { .. } => Self::BindDepartment,
            Action::UnbindDepartment { .. } => Self::UnbindDepartment,
            Action::CreateMember { .. } => Self::CreateMember,
            Action::UpdateMember { .. } => Self::UpdateMember,
            Action::DisableMember { .. } => Self::DisableMember,
            Action::EnableMember { .. } => Self::EnableMember,
            Action::DeleteMember { .. } => Self::DeleteMember,
            Action::BindMember { .. } => Self::BindMember,
            Action::UnbindMember { .. } => Self::UnbindMember,
            Action::RecordRemoval { cause: Some(_), .. } => Self::BeginRemoval,
            Action::RecordRemoval { cause: None, .. } => Self::EndRemoval,
        }
    }

    /// In which colour it is shown.
    pub fn colour(self) -> Colour {
        match self {
            Self::CreateDepartment | Self::CreateMember => Colour::New,
            Self::BindDepartment | Self::BindMember => Colour::Linked,
            Self::RenameDepartment
            | Self::MoveDepartment
            | Self::ReorderDepartment
            | Self::UnbindDepartment
            | Self::UpdateMember
            | Self::EnableMember
            | Self::UnbindMember
            | Self::EndRemoval => Colour::Changed,
            Self::DeleteDepartment | Self::DisableMember | Self::DeleteMember | Self::BeginRemoval => Colour::Removed,
        }
    }

    /// Which side it belongs to.
    pub fn side(self) -> ChangeSide {
        match self {
            Self::CreateDepartment
            | Self::RenameDepartment
            | Self::MoveDepartment
            | Self::ReorderDepartment
            | Self::DeleteDepartment
            | Self::BindDepartment
            | Self::UnbindDepartment => ChangeSide::Departments,
            _ => ChangeSide::Members,
        }
    }
}

/// How many of each colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "named after the colours that they count")]
pub struct ColourCounts {
    pub new: u32,
    pub linked: u32,
    pub changed: u32,
    pub removed: u32,
    pub matched: u32,
    pub untouched: u32,
}

impl ColourCounts {
    /// Counts taken from elsewhere, colour by colour.
    pub(super) fn of(mut count: impl FnMut(Colour) -> u32) -> Self {
        Self {
            new: count(Colour::New),
            linked: count(Colour::Linked),
            changed: count(Colour::Changed),
            removed: count(Colour::Removed),
            matched: count(Colour::Matched),
            untouched: count(Colour::Untouched),
        }
    }

    /// Everything that the plan does.
    pub fn changes(&self) -> u32 {
        self.new + self.linked + self.changed + self.removed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_listed_once() {
        for (at, kind) in ChangeKind::ALL.iter().enumerate() {
            assert_eq!(*kind as usize, at, "{kind:?}");
        }
        for (at, colour) in Colour::ALL.iter().enumerate() {
            assert_eq!(*colour as usize, at, "{colour:?}");
        }
    }
}
