//! Superiors, only where the option is on (DIR-25): written together with the other fields when the superior already
//! exists, else in a second pass after everybody has been created (PEER-11).

use crate::model::{Member, MemberBinding, UserId};

/// What the superior of one member should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Empty = none.
    pub leaders: Vec<UserId>,
    /// Whether the superior exists before this plan.
    pub exists: bool,
}

/// Whether the member's superior must be written; `before` is what is known of the present one.
pub fn difference(
    wanted: &Wanted,
    member: Option<&Member>,
    binding: Option<&MemberBinding>,
    is_maintained: bool,
) -> Option<Option<Vec<UserId>>> {
    let shown = member.and_then(|member| member.direct_leader.as_ref());
    let written =
        binding.and_then(|binding| binding.placed.as_deref()).and_then(|placed| placed.direct_leader.as_ref());
    let known = shown.or(written);
    let is_same = match known {
        Some(known) => {
            known.len() == wanted.leaders.len() && known.iter().zip(&wanted.leaders).all(|(a, b)| a.is_same(b))
        }
        None => wanted.leaders.is_empty(),
    };
    if is_same || (wanted.leaders.is_empty() && !is_maintained) {
        return None;
    }
    // shown again although we wrote something else: WeCom shows only superiors in the visible range
    if shown.is_some_and(Vec::is_empty)
        && written.is_some_and(|written| {
            written.len() == wanted.leaders.len() && written.iter().zip(&wanted.leaders).all(|(a, b)| a.is_same(b))
        })
    {
        return None;
    }
    Some(known.cloned())
}
