//! Whether WeCom is still what the plan saw, or what the plan itself has made of it since. Each change that is still to
//! be written is compared with a fresh reading: one difference refuses all of them, for nobody has seen what they would
//! do now. Values only; [`super::present`] reads.
//!
//! A plan is compared when it is begun, and what is left of it again when it goes on after a stop. What the credential
//! does not show cannot be compared; the plan says so in its notices (`sync::blind`).

use super::present::Now;
use super::queue::{self, Subject};
use super::shown::{self, Shown};
use crate::model::{Action, Change, DepartmentId, DepartmentImage, Member, MemberImage, PlanId, Text, UserId};
use crate::sync::error::SyncError;
use std::collections::{HashMap, HashSet};

/// Differences that are named; all are counted.
const NAMED_MAX: usize = 20;

/// Where a change stands in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Still to be written.
    Open,
    /// Intended by an earlier life of the run, without an outcome: WeCom may be in the state before it or after it.
    Uncertain,
    /// Written: WeCom must be in the state after it.
    Done,
    /// Failed or skipped: it has changed nothing.
    Not,
}

/// The error that refuses the rest of a plan.
pub fn refusal(plan: &PlanId, found: Vec<String>, has_written: bool) -> SyncError {
    let (first, total) = (found.first().cloned().unwrap_or_default(), found.len());
    let differences = found.into_iter().take(NAMED_MAX).collect();
    SyncError::Drift { plan: plan.clone(), differences, first, total, has_written }
}

/// What the earlier changes of the plan have made of a subject.
enum Past {
    /// An earlier change is still to come, or its outcome is not known: nothing can be said.
    Unsettled,
    /// Earlier changes are done.
    Member(MemberImage),
    /// The same of a department.
    Department(DepartmentImage),
}

/// One sentence for each thing that is not as the plan saw it or left it. `seen` is the mirror that the plan was made
/// with, where it is still there: a before-image holds only what the plan changes.
pub fn differences(
    changes: &[Change],
    standing: impl Fn(&Change) -> Standing,
    now: &Now,
    seen: &HashMap<Text, Member>,
) -> Vec<String> {
    let mut found = Vec::new();
    let mut past: HashMap<Subject, Past> = HashMap::new();
    for change in changes {
        let (action, stands) = (&change.action, standing(change));
        let subject = queue::touches(action);
        if stands == Standing::Not {
            continue;
        }
        if stands != Standing::Done && !matches!(past.get(&subject), Some(Past::Unsettled)) {
            found.extend(difference(action, stands == Standing::Uncertain, past.get(&subject), now, seen));
        }
        if !queue::is_bookkeeping(action) {
            let before = past.remove(&subject);
            past.insert(subject, after(action, stands, before));
        }
    }
    found
}

fn after(action: &Action, stands: Standing, past: Option<Past>) -> Past {
    if stands != Standing::Done || matches!(past, Some(Past::Unsettled)) {
        return Past::Unsettled;
    }
    match action {
        Action::CreateDepartment { after, .. }
        | Action::CreateDisabledDepartment { after, .. }
        | Action::UpdateDepartment { after, .. } => {
            let earlier = match past {
                Some(Past::Department(image)) => image,
                _ => DepartmentImage::default(),
            };
            Past::Department(over_department(&earlier, after))
        }
        Action::CreateMember { after, .. }
        | Action::UpdateMember { after, .. }
        | Action::EnableMember { after, .. }
        | Action::DisableMember { after, .. } => {
            let earlier = match past {
                Some(Past::Member(image)) => image,
                _ => MemberImage::default(),
            };
            Past::Member(over_member(&earlier, after))
        }
        _ => Past::Unsettled,
    }
}

fn difference(
    action: &Action,
    is_uncertain: bool,
    past: Option<&Past>,
    now: &Now,
    seen: &HashMap<Text, Member>,
) -> Option<String> {
    match action {
        // one that was intended is looked at by itself
        _ if is_uncertain && queue::creates(action) => None,
        Action::CreateDepartment { department, .. } | Action::CreateDisabledDepartment { department, .. } => {
            now.departments.contains_key(department).then(|| format!("department {department} exists meanwhile"))
        }
        Action::CreateMember { userid, .. } => {
            now.members.contains_key(&userid.folded()).then(|| format!("member {userid} exists meanwhile"))
        }
        Action::BindDepartment { department, .. } => {
            (!now.departments.contains_key(department)).then(|| format!("department {department} is gone"))
        }
        Action::BindMember { userid, .. } => {
            (!now.members.contains_key(&userid.folded())).then(|| format!("member {userid} is gone"))
        }
        Action::UpdateDepartment { department, before, after, .. } => {
            let expected = expected_department(before, past);
            let first = department_difference(*department, &expected, now)?;
            let is_after = || department_difference(*department, &over_department(&expected, after), now).is_none();
            (!(is_uncertain && is_after())).then_some(first)
        }
        Action::DeleteDepartment { department, before, .. } => {
            if is_uncertain && !now.departments.contains_key(department) {
                return None;
            }
            department_difference(*department, &expected_department(before, past), now)
        }
        Action::UpdateMember { userid, before, after, .. }
        | Action::EnableMember { userid, before, after, .. }
        | Action::DisableMember { userid, before, after, .. } => {
            let expected = expected_member(userid, before, after, past, seen);
            let first = member_difference(userid, &expected, now).or_else(|| lost_entry(userid, before, now))?;
            let is_after = || member_difference(userid, &expected.after(after), now).is_none();
            (!(is_uncertain && is_after())).then_some(first)
        }
        Action::DeleteMember { userid, before, .. } => {
            if is_uncertain && !now.members.contains_key(&userid.folded()) {
                return None;
            }
            member_difference(userid, &expected_member(userid, before, before, past, seen), now)
        }
        Action::UnbindDepartment { .. } | Action::UnbindMember { .. } | Action::RecordRemoval { .. } => None,
    }
}

fn expected_department(before: &DepartmentImage, past: Option<&Past>) -> DepartmentImage {
    match past {
        Some(Past::Department(image)) => over_department(before, image),
        _ => before.clone(),
    }
}

/// What a member should be: an image that details are compared with, and the departments that the id list must name.
struct Expected {
    image: MemberImage,
    departments: Option<Vec<DepartmentId>>,
}

impl Expected {
    /// The same when the change has come about.
    fn after(&self, after: &MemberImage) -> Self {
        let written = after.memberships.as_ref().map(|list| list.iter().map(|m| m.department).collect());
        Self { image: over_member(&self.image, after), departments: written.or_else(|| self.departments.clone()) }
    }
}

/// The before-image with what earlier changes of the plan have written since. Departments are those of the mirror where
/// the plan does not change them; order and headship count only where details of them were read.
fn expected_member(
    userid: &UserId,
    before: &MemberImage,
    after: &MemberImage,
    past: Option<&Past>,
    seen: &HashMap<Text, Member>,
) -> Expected {
    let mirrored = seen.get(&userid.folded());
    let mut image = before.clone();
    let mut memberships = before.memberships.as_ref().or(mirrored.map(|member| &member.memberships));
    if let Some(Past::Member(written)) = past {
        memberships = written.memberships.as_ref().or(memberships);
        image = over_member(before, &limited(written, before, after));
    }
    let departments = memberships.map(|list| list.iter().map(|m| m.department).collect());
    if mirrored.is_some_and(|member| !member.has_details) {
        image.memberships = None;
    }
    Expected { image, departments }
}

/// The parts of an image that a change knows or overwrites.
fn limited(image: &MemberImage, before: &MemberImage, after: &MemberImage) -> MemberImage {
    let concerns = |field| before.fields.get(field).is_some() || after.fields.get(field).is_some();
    let fields = image.fields.iter().filter(|(field, _)| concerns(field));
    let is_placed = before.memberships.is_some() || after.memberships.is_some();
    MemberImage {
        fields: fields.map(|(field, value)| (field.clone(), value.clone())).collect(),
        memberships: image.memberships.clone().filter(|_| is_placed),
        main_department: image.main_department.filter(|_| is_placed),
        direct_leader: image
            .direct_leader
            .clone()
            .filter(|_| before.direct_leader.is_some() || after.direct_leader.is_some()),
        enable: image.enable.filter(|_| before.enable.is_some() || after.enable.is_some()),
    }
}

/// `over` written over `under`.
fn over_member(under: &MemberImage, over: &MemberImage) -> MemberImage {
    let mut fields = under.fields.clone();
    for (field, value) in over.fields.iter() {
        fields.insert(field.clone(), value.clone());
    }
    MemberImage {
        fields,
        memberships: over.memberships.clone().or_else(|| under.memberships.clone()),
        main_department: over.main_department.or(under.main_department),
        direct_leader: over.direct_leader.clone().or_else(|| under.direct_leader.clone()),
        enable: over.enable.or(under.enable),
    }
}

fn over_department(under: &DepartmentImage, over: &DepartmentImage) -> DepartmentImage {
    DepartmentImage {
        name: over.name.clone().or_else(|| under.name.clone()),
        parent: over.parent.or(under.parent),
        order: over.order.or(under.order),
    }
}

fn department_difference(id: DepartmentId, expected: &DepartmentImage, now: &Now) -> Option<String> {
    let Some(is) = now.departments.get(&id) else { return Some(format!("department {id} is gone")) };
    if let Some(parent) = expected.parent
        && parent != is.parent
    {
        return Some(format!("department {id} was moved from {parent} to {}", is.parent));
    }
    match (&expected.name, &is.name) {
        (Some(was), Some(is)) if was != is => Some(format!("department {id} was renamed from {was} to {is}")),
        _ => match shown::department(is, expected) {
            Shown::Other(what) => Some(format!("{what} of department {id} was changed")),
            Shown::Same | Shown::Partly => None,
        },
    }
}

fn member_difference(userid: &UserId, expected: &Expected, now: &Now) -> Option<String> {
    let folded = userid.folded();
    let Some((_, departments)) = now.members.get(&folded) else { return Some(format!("member {userid} is gone")) };
    if let Some(expected) = expected.departments.as_ref().filter(|_| now.has_all_places) {
        let was: HashSet<&DepartmentId> = expected.iter().collect();
        if was != departments.iter().collect() {
            return Some(format!("member {userid} was moved to other departments"));
        }
    }
    match shown::member(now.details.get(&folded)?, &expected.image) {
        Shown::Other(what) => Some(format!("{what} of member {userid} was changed")),
        Shown::Same | Shown::Partly => None,
    }
}

/// An entry of a list of attributes that somebody took away since: the change would bring it back.
fn lost_entry(userid: &UserId, before: &MemberImage, now: &Now) -> Option<String> {
    let what = shown::lost(now.details.get(&userid.folded())?, before)?;
    Some(format!("{what} of member {userid} was changed"))
}

#[cfg(test)]
mod tests;
