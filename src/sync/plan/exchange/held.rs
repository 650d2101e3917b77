//! What a linked member has and keeps is not asked for.

use super::values::{Key, MOBILE, UNIQUE, key, released, taken, write_of};
use crate::model::{Action, EmployeeId, MemberImage, MemberStatus, Text, UserId};
use crate::sync::normal;
use crate::sync::notices::Notices;
use crate::sync::plan::Step;
use crate::sync::target::Target;
use hashbrown::{HashMap, HashSet};

/// Leaves out the values that a linked member has and keeps, and what in turn does not become free because of that.
pub(super) fn leave_out_held(
    steps: &mut [Step],
    target: &Target<'_>,
    newly_linked: &HashSet<usize>,
    takers: &mut HashMap<Key, Vec<usize>>,
    releasers: &mut HashMap<Key, usize>,
    notices: &mut Notices,
) {
    let deleted: HashSet<Text> = steps
        .iter()
        .filter_map(|step| match &step.action {
            Action::DeleteMember { userid, .. } => Some(userid.folded()),
            _ => None,
        })
        .collect();
    let mut held: Vec<(usize, usize, String)> = Vec::new();
    let wanted: HashSet<(usize, &str)> = takers.keys().map(|(field, value)| (*field, value.as_str())).collect();
    for (at, member) in target.members.iter().enumerate() {
        let binding = target.binding_of_member(at);
        if binding.is_none() && !newly_linked.contains(&at) {
            continue;
        }
        for (field, name) in UNIQUE.iter().enumerate() {
            let pushed = || binding.and_then(|binding| binding.pushed.get(name)).map(|pushed| &pushed.value);
            let Some(value) = member.fields.get(name).or_else(pushed).filter(|value| !value.is_empty()) else {
                continue;
            };
            let normal = if field == MOBILE { normal::mobile(value) } else { normal::folded(value) };
            if !wanted.contains(&(field, normal.as_ref())) {
                continue;
            }
            let value = key(field, value);
            let Some(list) = takers.get(&value) else { continue };
            let is_own =
                |step: &Step| write_of(&step.action).is_some_and(|(userid, ..)| userid.is_same(&member.userid));
            let is_shown = member.fields.get(name).is_some();
            let is_fixed = field == MOBILE && is_shown && member.status == Some(MemberStatus::Activated);
            let gives = releasers.get(&value).is_some_and(|giver| is_own(&steps[*giver]));
            if (gives && !is_fixed) || deleted.contains(&member.userid.folded()) {
                continue;
            }
            let whose = binding.map(|binding| format!(", who is linked with employee {},", binding.employee));
            let why = format!(
                "member {}{} has it{}",
                member.userid,
                whose.unwrap_or_default(),
                if is_fixed {
                    " and has activated WeCom: only that person can change it there"
                } else {
                    " and keeps it"
                }
            );
            held.extend(list.iter().filter(|taker| !is_own(&steps[**taker])).map(|taker| (*taker, field, why.clone())));
        }
    }
    drop(wanted);
    held.sort();
    while let Some((at, field, why)) = held.pop() {
        let gives = released(&steps[at].action, field);
        let is_new = matches!(steps[at].action, Action::CreateMember { .. });
        let Some((id, name)) = leave_out(&mut steps[at].action, field) else { continue };
        let path = UNIQUE[field].path();
        if is_new {
            notices.add("member.contact_taken", &id, || format!("not created with this {path}: {why}"));
        } else {
            notices.add("field.held", &id, || format!("{path} is left out: {why}"));
        }
        // what it would have given away stays its own
        if let Some(value) = gives {
            releasers.remove(&value);
            let why = format!("member {name}, who cannot take another one now, has it");
            held.extend(takers.get(&value).into_iter().flatten().map(|taker| (*taker, field, why.clone())));
        }
    }
    takers.retain(|value, list| {
        list.retain(|at| taken(&steps[*at].action, value.0).as_ref() == Some(value));
        !list.is_empty()
    });
}

/// Takes a field out of what is written. `None` where it is not in there. A new member is not created at all then, as it
/// is not when a member that nobody is linked with has its contacts: it may be the same person.
fn leave_out(action: &mut Action, field: usize) -> Option<(EmployeeId, UserId)> {
    let name = &UNIQUE[field];
    match action {
        Action::UpdateMember { employee, userid, before, after }
        | Action::EnableMember { employee, userid, before, after }
        | Action::DisableMember { employee: Some(employee), userid, before, after, .. } => {
            after.fields.get(name)?;
            after.fields.remove(name);
            before.fields.remove(name);
            Some((employee.clone(), userid.clone()))
        }
        Action::CreateMember { employee, userid, after, .. } => {
            after.fields.get(name)?;
            *after = MemberImage::default();
            Some((employee.clone(), userid.clone()))
        }
        _ => None,
    }
}
