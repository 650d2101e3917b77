//! Counts by kind, as `plan --json` promises them.

use crate::model::{Action, Change, Counts};

/// Counts the changes by kind.
pub fn count(changes: &[Change]) -> Counts {
    let mut counts = Counts::default();
    let Counts { departments, members } = &mut counts;
    for change in changes {
        let counter = match &change.action {
            Action::CreateDepartment { .. } | Action::CreateDisabledDepartment { .. } => &mut departments.create,
            Action::UpdateDepartment { after, .. } if after.parent.is_some() => &mut departments.r#move,
            Action::UpdateDepartment { after, .. } if after.name.is_some() => &mut departments.rename,
            Action::UpdateDepartment { .. } => &mut departments.reorder,
            Action::DeleteDepartment { .. } => &mut departments.delete,
            Action::BindDepartment { .. } => &mut departments.bind,
            Action::UnbindDepartment { .. } => &mut departments.unbind,
            Action::CreateMember { .. } => &mut members.create,
            Action::UpdateMember { .. } => &mut members.update,
            Action::DisableMember { .. } => &mut members.disable,
            Action::EnableMember { .. } => &mut members.enable,
            Action::DeleteMember { .. } => &mut members.delete,
            Action::BindMember { .. } => &mut members.bind,
            Action::UnbindMember { .. } => &mut members.unbind,
            Action::RecordRemoval { .. } => &mut members.record,
        };
        *counter += 1;
    }
    counts
}
