//! In which order and how far side by side the changes of a plan are carried out, and what rests on what. Values only.
//!
//! Departments go one after the other (doc path 90195 asks for it); members go side by side as long as none of them
//! rests on another one under way.

use crate::model::{Action, Change, DepartmentId, MemberImage, Text, UserId};
use crate::sync::plan::exchange::takes_and_releases;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// What a change is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A department.
    Department(DepartmentId),
    /// A member, by folded userid.
    Member(Text),
}

impl Subject {
    fn member(userid: &UserId) -> Self {
        Self::Member(userid.folded())
    }
}

/// What a change touches.
pub fn touches(action: &Action) -> Subject {
    match action {
        Action::CreateDepartment { department, .. }
        | Action::UpdateDepartment { department, .. }
        | Action::DeleteDepartment { department, .. }
        | Action::BindDepartment { department, .. }
        | Action::UnbindDepartment { department, .. }
        | Action::CreateDisabledDepartment { department, .. } => Subject::Department(*department),
        Action::CreateMember { userid, .. }
        | Action::UpdateMember { userid, .. }
        | Action::DisableMember { userid, .. }
        | Action::EnableMember { userid, .. }
        | Action::DeleteMember { userid, .. }
        | Action::BindMember { userid, .. }
        | Action::UnbindMember { userid, .. }
        | Action::RecordRemoval { userid, .. } => Subject::member(userid),
    }
}

/// `member a.chen`, `department 12`: how failures name what they are about.
pub fn subject_text(action: &Action) -> String {
    match touches(action) {
        Subject::Department(id) => format!("department {id}"),
        Subject::Member(folded) => match userid(action) {
            Some(userid) => format!("member {userid}"),
            None => format!("member {folded}"),
        },
    }
}

/// The member that a change is about.
pub fn userid(action: &Action) -> Option<&UserId> {
    match action {
        Action::CreateMember { userid, .. }
        | Action::UpdateMember { userid, .. }
        | Action::DisableMember { userid, .. }
        | Action::EnableMember { userid, .. }
        | Action::DeleteMember { userid, .. }
        | Action::BindMember { userid, .. }
        | Action::UnbindMember { userid, .. }
        | Action::RecordRemoval { userid, .. } => Some(userid),
        _ => None,
    }
}

/// Whether a change brings its subject into being.
pub fn creates(action: &Action) -> bool {
    matches!(
        action,
        Action::CreateDepartment { .. } | Action::CreateDisabledDepartment { .. } | Action::CreateMember { .. }
    )
}

/// Whether a change only touches what the bridge itself remembers: no call is made for it.
pub fn is_bookkeeping(action: &Action) -> bool {
    matches!(
        action,
        Action::BindDepartment { .. }
            | Action::UnbindDepartment { .. }
            | Action::BindMember { .. }
            | Action::UnbindMember { .. }
            | Action::RecordRemoval { .. }
    )
}

/// The endpoint that a change calls; empty for bookkeeping.
pub fn endpoint(action: &Action) -> &'static str {
    match action {
        Action::CreateDepartment { .. } | Action::CreateDisabledDepartment { .. } => "department/create",
        Action::UpdateDepartment { .. } => "department/update",
        Action::DeleteDepartment { .. } => "department/delete",
        Action::CreateMember { .. } => "user/create",
        Action::UpdateMember { .. } | Action::EnableMember { .. } | Action::DisableMember { .. } => "user/update",
        Action::DeleteMember { .. } => "user/delete",
        Action::BindDepartment { .. }
        | Action::UnbindDepartment { .. }
        | Action::BindMember { .. }
        | Action::UnbindMember { .. }
        | Action::RecordRemoval { .. } => "",
    }
}

/// What must exist before a change can succeed, its own subject included unless it creates it.
pub fn needs(action: &Action) -> Vec<Subject> {
    let mut subjects = match action {
        Action::CreateDepartment { after, .. }
        | Action::UpdateDepartment { after, .. }
        | Action::CreateDisabledDepartment { after, .. } => after.parent.map(Subject::Department).into_iter().collect(),
        Action::CreateMember { after, .. }
        | Action::UpdateMember { after, .. }
        | Action::EnableMember { after, .. }
        | Action::DisableMember { after, .. } => needs_of_image(after),
        Action::DeleteDepartment { .. }
        | Action::DeleteMember { .. }
        | Action::BindDepartment { .. }
        | Action::UnbindDepartment { .. }
        | Action::BindMember { .. }
        | Action::UnbindMember { .. }
        | Action::RecordRemoval { .. } => Vec::new(),
    };
    if !creates(action) {
        subjects.push(touches(action));
    }
    subjects
}

fn needs_of_image(image: &MemberImage) -> Vec<Subject> {
    let departments = image.memberships.iter().flatten().map(|m| m.department).chain(image.main_department);
    let leaders = image.direct_leader.iter().flatten();
    departments.map(Subject::Department).chain(leaders.map(Subject::member)).collect()
}

/// The departments that a change takes its subject out of: while it is there, they cannot be deleted.
pub fn leaves(action: &Action) -> Vec<DepartmentId> {
    let left = |before: &MemberImage, after: Option<&MemberImage>| {
        let stays = after.and_then(|image| image.memberships.as_deref());
        if after.is_some() && stays.is_none() {
            return Vec::new();
        }
        let was = before.memberships.iter().flatten().map(|m| m.department);
        was.filter(|d| !stays.unwrap_or_default().iter().any(|m| m.department == *d)).collect()
    };
    match action {
        Action::UpdateMember { before, after, .. }
        | Action::EnableMember { before, after, .. }
        | Action::DisableMember { before, after, .. } => left(before, Some(after)),
        Action::DeleteMember { before, .. } => left(before, None),
        Action::UpdateDepartment { before, after, .. } => match (before.parent, after.parent) {
            (Some(was), Some(is)) if was != is => vec![was],
            _ => Vec::new(),
        },
        Action::DeleteDepartment { before, .. } => before.parent.into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Consecutive changes that are carried out together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Indices into the changes.
    pub range: Range<usize>,
    /// Whether they may go side by side.
    pub is_concurrent: bool,
}

/// Cuts the changes, in their order, into batches: departments one by one, members together until one rests on
/// another of the same batch, or takes a mobile or an e-mail address that another of the batch gives away.
pub fn batches(changes: &[Change]) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    let mut under_way: HashSet<Subject> = HashSet::new();
    let mut given_away: HashSet<(usize, String)> = HashSet::new();
    for (index, change) in changes.iter().enumerate() {
        let subject = touches(&change.action);
        let is_concurrent = matches!(subject, Subject::Member(_));
        let (takes, gives) = takes_and_releases(&change.action);
        let fits = match batches.last() {
            Some(batch) if batch.is_concurrent == is_concurrent => {
                !is_concurrent
                    || !(under_way.contains(&subject)
                        || needs(&change.action).iter().any(|need| under_way.contains(need))
                        || takes.iter().any(|value| given_away.contains(value)))
            }
            _ => false,
        };
        match batches.last_mut() {
            Some(batch) if fits => batch.range.end = index + 1,
            _ => {
                under_way.clear();
                given_away.clear();
                batches.push(Batch { range: index..index + 1, is_concurrent });
            }
        }
        under_way.insert(subject);
        given_away.extend(gives);
    }
    batches
}

/// What the plan changes or removes, and what may therefore become free while it is carried out.
pub struct Frees {
    /// Folded userids.
    pub members: HashSet<Text>,
    /// Whether it changes or removes departments.
    pub has_departments: bool,
}

impl Frees {
    /// Looks through the changes.
    pub fn of(changes: &[Change]) -> Self {
        let mut frees = Self { members: HashSet::new(), has_departments: false };
        for action in changes.iter().map(|change| &change.action) {
            if creates(action) || is_bookkeeping(action) {
                continue;
            }
            match userid(action) {
                Some(userid) => drop(frees.members.insert(userid.folded())),
                None => frees.has_departments = true,
            }
        }
        frees
    }
}

/// What has failed so far, and what therefore need not be tried.
#[derive(Debug, Default)]
pub struct Broken {
    /// Subjects that were to be created and do not exist, with the change that failed.
    missing: HashMap<Subject, u32>,
    /// Departments that are not empty because a change that was to empty them failed.
    occupied: HashMap<DepartmentId, u32>,
    /// Mobiles and e-mail addresses that were to be given away by a change that failed.
    kept: HashMap<(usize, String), u32>,
}

impl Broken {
    /// Remembers that a change failed or was skipped.
    pub fn failed(&mut self, change: &Change) {
        if creates(&change.action) {
            self.missing.entry(touches(&change.action)).or_insert(change.seq);
        }
        for department in leaves(&change.action) {
            self.occupied.entry(department).or_insert(change.seq);
        }
        for value in takes_and_releases(&change.action).1 {
            self.kept.entry(value).or_insert(change.seq);
        }
    }

    /// The failed change that this one rests on.
    pub fn blocks(&self, change: &Change) -> Option<u32> {
        if let Action::DeleteDepartment { department, .. } = &change.action
            && let Some(seq) = self.occupied.get(department)
        {
            return Some(*seq);
        }
        if !self.kept.is_empty()
            && let Some(seq) = takes_and_releases(&change.action).0.iter().find_map(|value| self.kept.get(value))
            && *seq != change.seq
        {
            return Some(*seq);
        }
        if self.missing.is_empty() {
            return None;
        }
        needs(&change.action).iter().find_map(|need| self.missing.get(need)).copied()
    }
}

#[cfg(test)]
mod tests;
