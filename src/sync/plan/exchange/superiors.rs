//! Superiors who are created by the same steps: named after they exist, and not named when they come to nothing.

use super::values::write_of;
use crate::model::{Action, MemberImage, Text, UserId};
use crate::sync::notices::Notices;
use crate::sync::plan::Step;
use hashbrown::{HashMap, HashSet};

/// Takes out what is left of steps that were left out: a member that is not created needs nothing more and is nobody's
/// superior, and an update that lost all its fields is none.
pub(super) fn without_unborn(mut steps: Vec<Step>, notices: &mut Notices) -> Vec<Step> {
    let unborn: HashSet<Text> = steps
        .iter()
        .filter_map(|step| match &step.action {
            Action::CreateMember { userid, after, .. } if *after == MemberImage::default() => Some(userid.folded()),
            _ => None,
        })
        .collect();
    let is_unborn = |userid: &UserId| !unborn.is_empty() && unborn.contains(&userid.folded());
    for step in &mut steps {
        let Some((userid, before, after)) = images_mut(&mut step.action) else { continue };
        let Some(leaders) = after.direct_leader.as_mut() else { continue };
        let Some(lost) = leaders.iter().find(|leader| is_unborn(leader)).cloned() else { continue };
        notices.add("superior.not_created", &userid.0, || format!("superior {lost} is left out: it is not created"));
        leaders.retain(|leader| !is_unborn(leader));
        if after.direct_leader == before.direct_leader {
            (before.direct_leader, after.direct_leader) = (None, None);
        }
    }
    steps.retain(|step| match &step.action {
        Action::CreateMember { userid, .. } => !is_unborn(userid),
        Action::UpdateMember { userid, after, .. } => *after != MemberImage::default() && !is_unborn(userid),
        _ => true,
    });
    steps
}

/// Where a step names a superior whom a later one creates, the superior is written by a step of its own behind that.
pub(super) fn after_creation(steps: Vec<Step>) -> Vec<Step> {
    let created: HashMap<Text, usize> = steps
        .iter()
        .enumerate()
        .filter_map(|(at, step)| match &step.action {
            Action::CreateMember { userid, .. } => Some((userid.folded(), at)),
            _ => None,
        })
        .collect();
    let waits_for = |at: usize, step: &Step| {
        let (_, before, after) = write_of(&step.action)?;
        before?;
        let born = after.direct_leader.iter().flatten().filter_map(|leader| created.get(&leader.folded()));
        born.copied().max().filter(|born| *born > at)
    };
    if created.is_empty() || !steps.iter().enumerate().any(|(at, step)| waits_for(at, step).is_some()) {
        return steps;
    }
    let mut later: HashMap<usize, Vec<Step>> = HashMap::new();
    let mut ordered = Vec::with_capacity(steps.len());
    let waiting: Vec<Option<usize>> = steps.iter().enumerate().map(|(at, step)| waits_for(at, step)).collect();
    for (at, (mut step, born)) in steps.into_iter().zip(waiting).enumerate() {
        if let Some(born) = born
            && let Some(split) = split_superiors(&mut step)
        {
            later.entry(born).or_default().push(split);
        }
        if !matches!(&step.action, Action::UpdateMember { after, .. } if *after == MemberImage::default()) {
            ordered.push(step);
        }
        ordered.extend(later.remove(&at).into_iter().flatten());
    }
    ordered
}

/// The superiors of a step, taken out of it.
fn split_superiors(step: &mut Step) -> Option<Step> {
    let employee = match &step.action {
        Action::UpdateMember { employee, .. } | Action::EnableMember { employee, .. } => employee.clone(),
        Action::DisableMember { employee, .. } => employee.clone()?,
        _ => return None,
    };
    let (userid, before, after) = images_mut(&mut step.action)?;
    let was = MemberImage { direct_leader: before.direct_leader.take(), ..MemberImage::default() };
    let is = MemberImage { direct_leader: after.direct_leader.take(), ..MemberImage::default() };
    let action = Action::UpdateMember { employee, userid: userid.clone(), before: was, after: is };
    Some(Step { action, reason: step.reason })
}

/// The images of a step that changes an existing member.
fn images_mut(action: &mut Action) -> Option<(&UserId, &mut MemberImage, &mut MemberImage)> {
    match action {
        Action::UpdateMember { userid, before, after, .. }
        | Action::EnableMember { userid, before, after, .. }
        | Action::DisableMember { userid, before, after, .. } => Some((userid, before, after)),
        _ => None,
    }
}
