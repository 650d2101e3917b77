//! Values that only one member may have (mobile and e-mail, doc path 90195): who gives one away writes before who takes
//! it, and people who exchange theirs, two or a whole ring, reach their goal in one run with one call more.
//!
//! That call frees one value of the ring first. An e-mail address is cleared where the member has a mobile. A mobile has no
//! documented way to be cleared, so it becomes, until the same run writes the right one, a number that is nobody's: one of
//! those that the North American numbering plan keeps for fiction (555-0100 to 555-0199 of each area).
//!
//! What cannot become free is not asked for: WeCom would refuse it at every run. An activated member's mobile changes only
//! by that member's own hand (doc path 90197), and a linked member that this plan does not change keeps what it has.

mod held;
mod label;
mod order;
mod spares;
mod superiors;
mod values;

pub(in crate::sync) use label::label;
pub use values::takes_and_releases;

use super::Step;
use crate::sync::notices::Notices;
use crate::sync::target::Target;
use hashbrown::{HashMap, HashSet};
use held::leave_out_held;
use order::{Emitted, Order};
use spares::{Spares, free};
use superiors::{after_creation, without_unborn};
use values::{Key, UNIQUE, left_behind, released, taken};

/// The reason of a call that only frees a value for another member of the same plan.
pub const FREED: &str = "value.freed";

/// What becomes of the values of members that are deleted by the same steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sync) enum Deletions {
    /// Whoever removes people does it last: what takes such a value is refused at first and tried again after it.
    Last,
    /// An undo deletes what the run created: whoever takes such a value waits for that.
    GiveAway,
}

/// Puts the steps into an order in which every value is free when it is taken, adds the calls that free one where
/// values go in a circle, and leaves out what cannot become free. The order is otherwise kept.
///
/// `newly_linked` are the members, by position, that this plan links or would link.
pub(in crate::sync) fn arrange(
    mut steps: Vec<Step>,
    deletions: Deletions,
    target: &Target<'_>,
    newly_linked: &HashSet<usize>,
    notices: &mut Notices,
) -> Vec<Step> {
    let mut takers: HashMap<Key, Vec<usize>> = HashMap::new();
    let mut releasers: HashMap<Key, usize> = HashMap::new();
    for (at, step) in steps.iter().enumerate() {
        for field in 0..UNIQUE.len() {
            let freed = match deletions {
                Deletions::Last => None,
                Deletions::GiveAway => left_behind(&step.action, field),
            };
            releasers.extend(released(&step.action, field).or(freed).map(|value| (value, at)));
        }
    }
    if releasers.is_empty() && target.bindings.is_empty() && newly_linked.is_empty() {
        return steps;
    }
    for (at, step) in steps.iter().enumerate() {
        for field in 0..UNIQUE.len() {
            if let Some(value) = taken(&step.action, field) {
                takers.entry(value).or_default().push(at);
            }
        }
    }
    if takers.is_empty() {
        return steps;
    }
    leave_out_held(&mut steps, target, newly_linked, &mut takers, &mut releasers, notices);
    let waits = |at: usize| -> Vec<(usize, usize)> {
        let of = |field: usize| {
            let value = taken(&steps[at].action, field)?;
            releasers.get(&value).copied().filter(|giver| *giver != at).map(|giver| (giver, field))
        };
        (0..UNIQUE.len()).filter_map(of).collect()
    };
    if (0..steps.len()).all(|at| waits(at).is_empty()) {
        return without_unborn(steps, notices);
    }
    let order = Order::of(steps.len(), waits);
    let mut spares = Spares::new(&steps, target);
    let mut frees: HashMap<usize, Step> = order
        .freed
        .iter()
        .filter_map(|at| {
            let given = |field: &usize| {
                let value = released(&steps[*at].action, *field)?;
                takers.get(&value).filter(|takers| takers.iter().any(|taker| taker != at)).map(|_| *field)
            };
            let fields: Vec<usize> = (0..UNIQUE.len()).filter_map(|field| given(&field)).collect();
            free(&steps[*at].action, &fields, &mut spares, target).map(|step| (*at, step))
        })
        .collect();
    let mut left: Vec<Option<Step>> = steps.into_iter().map(Some).collect();
    let mut arranged = Vec::with_capacity(left.len() + frees.len());
    for emitted in order.emitted {
        match emitted {
            Emitted::Step(at) => arranged.extend(left.get_mut(at).and_then(Option::take)),
            Emitted::Free(at) => arranged.extend(frees.remove(&at)),
        }
    }
    after_creation(without_unborn(arranged, notices))
}

#[cfg(test)]
mod tests;
