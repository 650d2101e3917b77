//! Which changes of a plan follow from one that is made anew. Values only.

use crate::model::{Action, Change, DepartmentId, MemberImage, Membership, Text, UnitId};
use crate::sync::apply::queue;
use std::collections::{HashMap, HashSet};

/// A department as a plan means it: one that is there, or the one that it makes for a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place<'c> {
    There(DepartmentId),
    Of(&'c UnitId),
    ForDisabled,
}

/// Who gets which new department; ids of departments that do not exist yet differ between two plans.
struct Places<'c> {
    new: HashMap<DepartmentId, Place<'c>>,
}

impl<'c> Places<'c> {
    fn of(changes: &'c [Change], there: &HashSet<DepartmentId>) -> Self {
        let new = changes.iter().filter_map(|change| match &change.action {
            Action::CreateDepartment { unit, department, .. } => Some((*department, Place::Of(unit))),
            Action::CreateDisabledDepartment { department, .. } => Some((*department, Place::ForDisabled)),
            _ => None,
        });
        Self { new: new.filter(|(id, _)| !there.contains(id)).collect() }
    }

    fn find(&self, id: DepartmentId) -> Place<'c> {
        self.new.get(&id).copied().unwrap_or(Place::There(id))
    }

    fn seats(&self, memberships: &[Membership]) -> Vec<(Place<'c>, bool)> {
        let mut seats: Vec<_> = memberships.iter().map(|seat| (self.find(seat.department), seat.is_leader)).collect();
        seats.sort();
        seats
    }
}

/// What a plan wants, by what it is about.
struct Wants<'c> {
    places: Places<'c>,
    by_subject: HashMap<queue::Subject, Vec<&'c Action>>,
    units: HashMap<&'c UnitId, Vec<&'c Action>>,
    for_disabled: Vec<&'c Action>,
}

impl<'c> Wants<'c> {
    fn of(changes: &'c [Change], there: &HashSet<DepartmentId>) -> Self {
        let mut wants = Self {
            places: Places::of(changes, there),
            by_subject: HashMap::with_capacity(changes.len()),
            units: HashMap::new(),
            for_disabled: Vec::new(),
        };
        for action in changes.iter().map(|change| &change.action) {
            match action {
                Action::CreateDepartment { unit, .. } => wants.units.entry(unit).or_default().push(action),
                Action::CreateDisabledDepartment { .. } => wants.for_disabled.push(action),
                _ => wants.by_subject.entry(queue::touches(action)).or_default().push(action),
            }
        }
        wants
    }

    fn about(&self, action: &Action) -> &[&'c Action] {
        let found = match action {
            Action::CreateDepartment { unit, .. } => self.units.get(unit),
            Action::CreateDisabledDepartment { .. } => Some(&self.for_disabled),
            _ => self.by_subject.get(&queue::touches(action)),
        };
        found.map_or(&[], Vec::as_slice)
    }
}

/// Which of the open changes do not follow from the fresh plan, and one sentence each. `there` are the departments that
/// are known to exist.
pub(super) fn stale(
    changes: &[Change],
    open: &[Change],
    fresh: &[Change],
    there: &HashSet<DepartmentId>,
) -> HashMap<u32, String> {
    let (places, wants) = (Places::of(changes, there), Wants::of(fresh, there));
    let says = |change: &Change| {
        let what = queue::subject_text(&change.action);
        let whose = change.action.employee().map(|id| format!(" (employee {id})")).unwrap_or_default();
        format!("{what}{whose}: {} does not follow from the directory as it is now", verb(&change.action))
    };
    open.iter()
        .filter(|change| !follows(&change.action, wants.about(&change.action), &places, &wants.places))
        .map(|change| (change.seq, says(change)))
        .collect()
}

fn verb(action: &Action) -> &'static str {
    match action {
        Action::CreateDepartment { .. } | Action::CreateDisabledDepartment { .. } | Action::CreateMember { .. } => {
            "creating it"
        }
        Action::UpdateDepartment { .. } | Action::UpdateMember { .. } => "this change",
        Action::DeleteDepartment { .. } | Action::DeleteMember { .. } => "deleting it",
        Action::DisableMember { .. } => "disabling it",
        Action::EnableMember { .. } => "enabling it",
        Action::BindDepartment { .. } | Action::BindMember { .. } => "this link",
        Action::UnbindDepartment { .. } | Action::UnbindMember { .. } => "taking this link away",
        Action::RecordRemoval { .. } => "this record",
    }
}

fn follows(action: &Action, wanted: &[&Action], old: &Places<'_>, new: &Places<'_>) -> bool {
    let same_parent =
        |a: Option<DepartmentId>, b: Option<DepartmentId>| a.map(|id| old.find(id)) == b.map(|id| new.find(id));
    let any = |test: &dyn Fn(&Action) -> bool| wanted.iter().any(|wanted| test(wanted));
    match action {
        Action::CreateDepartment { after, .. } => any(&|wanted| {
            matches!(wanted, Action::CreateDepartment { after: w, .. }
                if w.name == after.name && same_parent(after.parent, w.parent))
        }),
        Action::CreateDisabledDepartment { after, .. } => {
            any(&|wanted| matches!(wanted, Action::CreateDisabledDepartment { after: w, .. } if w.name == after.name))
        }
        Action::UpdateDepartment { after, .. } => any(&|wanted| {
            let Action::UpdateDepartment { after: w, .. } = wanted else { return false };
            let reorders_only = after.name.is_none() && after.parent.is_none();
            (after.name.is_none() || after.name == w.name)
                && (after.parent.is_none() || same_parent(after.parent, w.parent))
                && (!reorders_only || after.order == w.order)
        }),
        Action::DeleteDepartment { .. } => any(&|wanted| matches!(wanted, Action::DeleteDepartment { .. })),
        Action::BindDepartment { unit, .. } => {
            any(&|wanted| matches!(wanted, Action::BindDepartment { unit: w, .. } if w == unit))
        }
        Action::UnbindDepartment { unit, .. } => {
            any(&|wanted| matches!(wanted, Action::UnbindDepartment { unit: w, .. } if w == unit))
        }
        Action::CreateMember { employee, after, .. } => {
            any(&|wanted| matches!(wanted, Action::CreateMember { employee: w, .. } if w == employee))
                && covers(after, wanted, old, new)
        }
        Action::UpdateMember { employee, after, .. } => {
            any(&|wanted| wanted.employee() == Some(employee)) && covers(after, wanted, old, new)
        }
        Action::EnableMember { employee, after, .. } => {
            any(&|wanted| matches!(wanted, Action::EnableMember { employee: w, .. } if w == employee))
                && covers(after, wanted, old, new)
        }
        Action::DisableMember { employee, cause, .. } => any(
            &|wanted| matches!(wanted, Action::DisableMember { employee: w, cause: c, .. } if w == employee && c == cause),
        ),
        Action::DeleteMember { employee, cause, .. } => any(
            &|wanted| matches!(wanted, Action::DeleteMember { employee: w, cause: c, .. } if w == employee && c == cause),
        ),
        Action::BindMember { employee, .. } => {
            any(&|wanted| matches!(wanted, Action::BindMember { employee: w, .. } if w == employee))
        }
        Action::UnbindMember { employee, .. } => {
            any(&|wanted| matches!(wanted, Action::UnbindMember { employee: w, .. } if w == employee))
        }
        Action::RecordRemoval { employee, cause, .. } => any(
            &|wanted| matches!(wanted, Action::RecordRemoval { employee: w, cause: c, .. } if w == employee && c == cause),
        ),
    }
}

/// Whether everything that an image writes is written by the wanted changes of the same member too.
fn covers(after: &MemberImage, wanted: &[&Action], old: &Places<'_>, new: &Places<'_>) -> bool {
    let images: Vec<&MemberImage> = wanted.iter().filter_map(|action| image(action)).collect();
    let text = |field, value: &Text| images.iter().any(|image| image.fields.get(field) == Some(value));
    let seats = after.memberships.as_ref().map(|seats| old.seats(seats));
    let main = after.main_department.map(|id| old.find(id));
    after.fields.iter().all(|(field, value)| text(field, value))
        && (seats.is_none()
            || images.iter().any(|image| image.memberships.as_ref().map(|seats| new.seats(seats)) == seats))
        && (main.is_none() || images.iter().any(|image| image.main_department.map(|id| new.find(id)) == main))
        && (after.direct_leader.is_none() || images.iter().any(|image| image.direct_leader == after.direct_leader))
        && (after.enable.is_none() || images.iter().any(|image| image.enable == after.enable))
}

fn image(action: &Action) -> Option<&MemberImage> {
    match action {
        Action::CreateMember { after, .. }
        | Action::UpdateMember { after, .. }
        | Action::EnableMember { after, .. }
        | Action::DisableMember { after, .. } => Some(after),
        _ => None,
    }
}
