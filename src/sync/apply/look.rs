//! What became of a call whose answer is missing or says nothing: WeCom is looked at before there is a verdict.
//!
//! Ids are read with the contacts secret, which sees the whole corp: only with it does absence prove anything. Details
//! are read with the credential that may.

use super::execute::{Hands, is_hopeless};
use super::shown::{self, Shown};
use crate::model::{Action, Department, DepartmentId, DepartmentImage, MemberField, MemberImage, UserId};
use crate::sync::pull::ids;
use crate::wecom::{CallError, Credential};
use std::collections::HashSet;

/// What a look at the object of a change has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// As the change wants it.
    Applied,
    /// As it was: the call did not reach it.
    NotApplied,
    /// There, but not as the change wants it, and not ours to overwrite. The sentence says what is there.
    SomebodyElses(String),
    /// The credentials do not show enough.
    Unknown,
}

const NAME_TAKEN: &str =
    "another department of the same name is there already: bind it to the unit, or rename one of them";

impl Hands {
    /// Looks at what a change was to bring about. Only trouble that every further call would have is an error.
    pub async fn look(&self, action: &Action) -> Result<Seen, CallError> {
        match action {
            Action::CreateDepartment { department, after, .. }
            | Action::CreateDisabledDepartment { department, after } => {
                self.look_at_new_department(*department, after).await
            }
            Action::UpdateDepartment { department, after, .. } => self.look_at_department(*department, after).await,
            Action::DeleteDepartment { department, .. } => Ok(match self.find_department(*department).await? {
                Found::Absent => Seen::Applied,
                Found::There(_) => Seen::NotApplied,
                Found::Unseen => Seen::Unknown,
            }),
            Action::CreateMember { userid, after, .. } => self.look_at_new_member(userid, after).await,
            Action::UpdateMember { userid, after, .. }
            | Action::EnableMember { userid, after, .. }
            | Action::DisableMember { userid, after, .. } => self.look_at_member(userid, after).await,
            Action::DeleteMember { userid, .. } => Ok(match self.find_membership(userid).await? {
                Found::Absent => Seen::Applied,
                Found::There(_) => Seen::NotApplied,
                Found::Unseen => Seen::Unknown,
            }),
            Action::BindDepartment { .. }
            | Action::UnbindDepartment { .. }
            | Action::BindMember { .. }
            | Action::UnbindMember { .. }
            | Action::RecordRemoval { .. } => Ok(Seen::Applied),
        }
    }

    async fn look_at_new_department(&self, id: DepartmentId, wanted: &DepartmentImage) -> Result<Seen, CallError> {
        Ok(match self.find_department(id).await? {
            Found::There(found) if wanted.parent.is_none_or(|parent| parent == found.parent) => Seen::Applied,
            Found::There(found) => Seen::SomebodyElses(format!(
                "department {id} exists under department {} although it was to be created: pull and plan again",
                found.parent
            )),
            Found::Absent => Seen::NotApplied,
            Found::Unseen => Seen::Unknown,
        })
    }

    async fn look_at_department(&self, id: DepartmentId, wanted: &DepartmentImage) -> Result<Seen, CallError> {
        let Found::There(mut found) = self.find_department(id).await? else { return Ok(Seen::Unknown) };
        if wanted.name.is_some()
            && let Some(reader) = &self.reader
            && let Some(named) = unless_hopeless(self.client.department_get(reader, id).await)?
        {
            found.name = named.name;
        }
        Ok(seen(shown::department(&found, wanted)))
    }

    async fn look_at_new_member(&self, userid: &UserId, wanted: &MemberImage) -> Result<Seen, CallError> {
        let wanted_in: HashSet<DepartmentId> = wanted.memberships.iter().flatten().map(|m| m.department).collect();
        let theirs = || Seen::SomebodyElses(theirs(userid));
        if let Some(found) = self.details(userid).await? {
            let is_elsewhere = found.memberships.iter().any(|m| !wanted_in.contains(&m.department));
            let names = (found.fields.get(&MemberField::Name), wanted.fields.get(&MemberField::Name));
            let has_other_name = matches!(names, (Some(found), Some(wanted)) if found != wanted);
            return Ok(if is_elsewhere || has_other_name { theirs() } else { Seen::Applied });
        }
        Ok(match self.find_membership(userid).await? {
            Found::Absent => Seen::NotApplied,
            Found::There(departments) if departments.iter().all(|id| wanted_in.contains(id)) => Seen::Applied,
            Found::There(_) => theirs(),
            Found::Unseen => Seen::Unknown,
        })
    }

    async fn look_at_member(&self, userid: &UserId, wanted: &MemberImage) -> Result<Seen, CallError> {
        match self.details(userid).await? {
            Some(found) => Ok(seen(shown::member(&found, wanted))),
            None => Ok(Seen::Unknown),
        }
    }

    async fn details(&self, userid: &UserId) -> Result<Option<crate::model::Member>, CallError> {
        match &self.reader {
            Some(reader) => unless_hopeless(self.client.user_get(reader, userid).await),
            None => Ok(None),
        }
    }

    async fn find_department(&self, id: DepartmentId) -> Result<Found<Department>, CallError> {
        match self.client.department_simplelist(&Credential::Contacts, Some(id)).await {
            Ok(list) => Ok(match list.into_iter().find(|department| department.id == id) {
                Some(found) => Found::There(found),
                None => Found::Absent,
            }),
            Err(error) if is_hopeless(&error) => Err(error),
            Err(error) if error.is_not_found() => Ok(Found::Absent),
            Err(_) => Ok(Found::Unseen),
        }
    }

    /// The departments of a member, by the list that proves who exists: one call per 10,000 memberships, so it is only
    /// asked where the details show nobody.
    async fn find_membership(&self, userid: &UserId) -> Result<Found<Vec<DepartmentId>>, CallError> {
        match ids::read_ids(&self.client).await {
            Ok(mut ids) => Ok(match ids.remove(&userid.folded()) {
                Some((_, departments)) => Found::There(departments),
                None => Found::Absent,
            }),
            Err(error) if is_hopeless(&error) => Err(error),
            Err(_) => Ok(Found::Unseen),
        }
    }
}

enum Found<T> {
    There(T),
    Absent,
    Unseen,
}

fn unless_hopeless<T>(answer: Result<T, CallError>) -> Result<Option<T>, CallError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if is_hopeless(&error) => Err(error),
        Err(_) => Ok(None),
    }
}

fn seen(shown: Shown) -> Seen {
    match shown {
        Shown::Same => Seen::Applied,
        Shown::Other(_) => Seen::NotApplied,
        Shown::Partly => Seen::Unknown,
    }
}

/// What is told of a member that exists and is not ours.
pub fn theirs(userid: &UserId) -> String {
    format!("member {userid} exists with another name or department although it was to be created: link it by hand")
}

/// What is told of a department whose id is free although it "exists already".
pub fn name_taken() -> String {
    NAME_TAKEN.to_owned()
}
