//! How far an undo reaches where one change rests on another of the same plan.

use super::values::{Key, UNIQUE, released, taken, write_of};
use crate::model::{Action, Change, Reversible, Text};
use hashbrown::{HashMap, HashSet};

/// Labels as partly reversible what cannot be given back because of another change of the same plan.
pub(in crate::sync) fn label(changes: &mut [Change]) {
    label_givers(changes);
    label_superiors(changes);
}

/// What gave a value to a change that cannot give it back itself, and so on along a chain.
fn label_givers(changes: &mut [Change]) {
    let mut givers: HashMap<Key, usize> = HashMap::new();
    for (at, change) in changes.iter().enumerate() {
        givers.extend((0..UNIQUE.len()).filter_map(|field| Some((released(&change.action, field)?, at))));
    }
    if givers.is_empty() {
        return;
    }
    let mut open: Vec<usize> = (0..changes.len()).filter(|at| changes[*at].reversible != Reversible::Yes).collect();
    while let Some(at) = open.pop() {
        for field in 0..UNIQUE.len() {
            let giver = taken(&changes[at].action, field).and_then(|value| givers.get(&value).copied());
            if let Some(giver) = giver.filter(|giver| changes[*giver].reversible == Reversible::Yes) {
                changes[giver].reversible = Reversible::Partly;
                open.push(giver);
            }
        }
    }
}

/// What takes a superior away who is deleted: the deleted member may not come back.
fn label_superiors(changes: &mut [Change]) {
    let deleted: HashSet<Text> = changes
        .iter()
        .filter_map(|change| match &change.action {
            Action::DeleteMember { userid, .. } => Some(userid.folded()),
            _ => None,
        })
        .collect();
    if deleted.is_empty() {
        return;
    }
    for change in changes.iter_mut().filter(|change| change.reversible == Reversible::Yes) {
        if let Some((_, Some(before), after)) = write_of(&change.action)
            && after.direct_leader.is_some()
            && before.direct_leader.iter().flatten().any(|leader| deleted.contains(&leader.folded()))
        {
            change.reversible = Reversible::Partly;
        }
    }
}
