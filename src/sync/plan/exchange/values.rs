//! Which values an action takes, and which it gives away.

use crate::model::{Action, MemberField, MemberImage, UserId};
use crate::sync::normal;

/// The fields, by number.
pub(super) const UNIQUE: [MemberField; 2] = [MemberField::Mobile, MemberField::Email];
pub(super) const MOBILE: usize = 0;

/// Field number and value in the form in which it is compared.
pub(in crate::sync) type Key = (usize, String);

pub(super) fn key(field: usize, value: &str) -> Key {
    let normal = if field == MOBILE { normal::mobile(value) } else { normal::folded(value) };
    (field, normal.into_owned())
}

/// What a step writes: whom, what was known, what is written.
pub(super) fn write_of(action: &Action) -> Option<(&UserId, Option<&MemberImage>, &MemberImage)> {
    match action {
        Action::CreateMember { userid, after, .. } => Some((userid, None, after)),
        Action::UpdateMember { userid, before, after, .. }
        | Action::EnableMember { userid, before, after, .. }
        | Action::DisableMember { userid, before, after, .. } => Some((userid, Some(before), after)),
        _ => None,
    }
}

/// The value that an action takes from whoever has it.
pub(in crate::sync) fn taken(action: &Action, field: usize) -> Option<Key> {
    let (_, _, after) = write_of(action)?;
    let value = after.fields.get(&UNIQUE[field]).filter(|value| !value.is_empty())?;
    Some(key(field, value))
}

/// The value that an action gives away.
pub(in crate::sync) fn released(action: &Action, field: usize) -> Option<Key> {
    let (_, before, after) = write_of(action)?;
    let value = before?.fields.get(&UNIQUE[field]).filter(|value| !value.is_empty())?;
    let next = after.fields.get(&UNIQUE[field])?;
    let value = key(field, value);
    (key(field, next) != value).then_some(value)
}

/// The value that a deletion sets free.
pub(super) fn left_behind(action: &Action, field: usize) -> Option<Key> {
    let Action::DeleteMember { before, .. } = action else { return None };
    let value = before.fields.get(&UNIQUE[field]).filter(|value| !value.is_empty())?;
    Some(key(field, value))
}

/// All values that an action takes, and all that it gives away or leaves behind, for whoever carries it out.
pub fn takes_and_releases(action: &Action) -> (Vec<Key>, Vec<Key>) {
    let fields = || 0..UNIQUE.len();
    let takes = fields().filter_map(|field| taken(action, field)).collect();
    let gives = fields().filter_map(|field| released(action, field).or_else(|| left_behind(action, field))).collect();
    (takes, gives)
}
