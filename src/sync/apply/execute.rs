//! One change, one call to WeCom, one verdict. An unknown outcome is never guessed: the call is repeated, and what
//! then "exists already" is looked at before it counts as ours.

use super::queue;
use crate::clock::Clock;
use crate::model::{Action, Change, DepartmentId, DepartmentImage, MemberImage, UserId};
use crate::wecom::{CallError, CallErrorKind, Client, Credential, DepartmentWrite, MemberWrite, RefusalClass};
use std::collections::HashSet;
use std::time::Duration;

/// How often a call without an answer is repeated before the run stops.
const LOST_MAX: u32 = 4;

/// What became of one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// WeCom accepted it, or no call was needed.
    Done,
    /// It was so already: an earlier attempt had reached WeCom.
    FoundDone,
    /// WeCom refused it, or it is not ours to overwrite.
    Failed(Failure),
    /// Every further call would fail alike; nothing is known against this change.
    Stop(CallError),
}

/// Why a change failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The endpoint, e.g. `user/create`.
    pub step: &'static str,
    /// WeCom's errcode; 0 when it was not WeCom's answer.
    pub errcode: i64,
    /// What the refusal means.
    pub class: Option<RefusalClass>,
    /// One English sentence.
    pub message: String,
}

/// What calls are made with.
pub struct Hands {
    /// Counted by the run's meter.
    pub client: Client,
    /// The credential that reads details, where there is one.
    pub reader: Option<Credential>,
    /// For pauses.
    pub clock: Clock,
}

/// What a look at an object that "exists already" has shown.
enum Look {
    Ours,
    SomebodyElses(String),
    /// The credential shows nothing there.
    Unseen,
}

impl Hands {
    /// Carries out one change. `tried_before` says that an earlier attempt may have reached WeCom, so that "exists
    /// already" may mean our own work.
    pub async fn carry_out(&self, change: &Change, tried_before: bool) -> Verdict {
        let mut tried = tried_before;
        let mut last = None;
        for attempt in 0..LOST_MAX {
            let error = match self.call(&change.action).await {
                Ok(()) => return Verdict::Done,
                Err(error) => error,
            };
            if error.is_outcome_unknown() {
                tried = true;
                last = Some(error);
                self.clock.sleep(Duration::from_millis(200 << attempt)).await;
                continue;
            }
            return self.judge(&change.action, error, tried).await;
        }
        match last {
            Some(error) => Verdict::Stop(error),
            None => Verdict::Done,
        }
    }

    /// What a call that was answered with an error means for its change.
    async fn judge(&self, action: &Action, error: CallError, tried: bool) -> Verdict {
        if is_hopeless(&error) {
            return Verdict::Stop(error);
        }
        let is_delete = matches!(action, Action::DeleteDepartment { .. } | Action::DeleteMember { .. });
        if is_delete && error.is_not_found() {
            return Verdict::FoundDone;
        }
        if tried && queue::creates(action) && speaks_of_us(action, &error) {
            return match self.look(action).await {
                Ok(Look::Ours) => Verdict::FoundDone,
                // the id is taken where we cannot look, and it was free when the run began; a number or an address that
                // is taken says nothing about us
                Ok(Look::Unseen) if error.class() == Some(&RefusalClass::AlreadyExists) => Verdict::FoundDone,
                Ok(Look::Unseen) => Verdict::Failed(Failure::of(&error)),
                Ok(Look::SomebodyElses(what)) => {
                    let mut failure = Failure::of(&error);
                    failure.message = what;
                    Verdict::Failed(failure)
                }
                Err(cause) => Verdict::Stop(cause),
            };
        }
        Verdict::Failed(Failure::of(&error))
    }

    async fn call(&self, action: &Action) -> Result<(), CallError> {
        match action {
            Action::CreateDepartment { department, after, .. }
            | Action::CreateDisabledDepartment { department, after } => {
                let write = DepartmentWrite { id: Some(*department), image: after.clone() };
                self.client.department_create(&write).await.map(|_| ())
            }
            Action::UpdateDepartment { department, after, .. } => {
                let write = DepartmentWrite { id: Some(*department), image: after.clone() };
                self.client.department_update(&write).await
            }
            Action::DeleteDepartment { department, .. } => self.client.department_delete(*department).await,
            Action::CreateMember { userid, after, invite, .. } => {
                self.client.user_create(&member_write(userid, after, Some(*invite))).await
            }
            Action::UpdateMember { userid, after, .. }
            | Action::EnableMember { userid, after, .. }
            | Action::DisableMember { userid, after, .. } => {
                self.client.user_update(&member_write(userid, after, None)).await
            }
            Action::DeleteMember { userid, .. } => self.client.user_delete(userid).await,
            Action::BindDepartment { .. }
            | Action::UnbindDepartment { .. }
            | Action::BindMember { .. }
            | Action::UnbindMember { .. }
            | Action::RecordRemoval { .. } => Ok(()),
        }
    }

    /// Looks at what a create found in its place. Only trouble with the credential itself is an error.
    async fn look(&self, action: &Action) -> Result<Look, CallError> {
        match action {
            Action::CreateDepartment { department, after, .. }
            | Action::CreateDisabledDepartment { department, after } => {
                self.look_at_department(*department, after).await
            }
            Action::CreateMember { userid, after, .. } => self.look_at_member(userid, after).await,
            _ => Ok(Look::Ours),
        }
    }

    async fn look_at_department(&self, id: DepartmentId, wanted: &DepartmentImage) -> Result<Look, CallError> {
        match self.client.department_simplelist(&Credential::Contacts, Some(id)).await {
            Ok(list) => Ok(match list.iter().find(|department| department.id == id) {
                Some(found) if wanted.parent.is_none_or(|parent| parent == found.parent) => Look::Ours,
                Some(found) => Look::SomebodyElses(format!(
                    "department {id} exists under department {} although it was to be created: pull and plan again",
                    found.parent
                )),
                None => Look::SomebodyElses(NAME_TAKEN.into()),
            }),
            Err(error) if is_hopeless(&error) => Err(error),
            Err(error) if error.is_not_found() => Ok(Look::SomebodyElses(NAME_TAKEN.into())),
            // the id was free when the run began and we have asked for it: nobody else chooses ids like that
            Err(_) => Ok(Look::Ours),
        }
    }

    async fn look_at_member(&self, userid: &UserId, wanted: &MemberImage) -> Result<Look, CallError> {
        let Some(reader) = &self.reader else { return Ok(Look::Unseen) };
        let found = match self.client.user_get(reader, userid).await {
            Ok(found) => found,
            Err(error) if is_hopeless(&error) => return Err(error),
            Err(_) => return Ok(Look::Unseen),
        };
        let wanted_in: HashSet<DepartmentId> = wanted.memberships.iter().flatten().map(|m| m.department).collect();
        let is_elsewhere = found.memberships.iter().any(|m| !wanted_in.contains(&m.department));
        let has_other_name = match (found.fields.get(&NAME), wanted.fields.get(&NAME)) {
            (Some(found), Some(wanted)) => found != wanted,
            _ => false,
        };
        Ok(if is_elsewhere || has_other_name {
            Look::SomebodyElses(format!(
                "member {userid} exists with another name or department although it was to be created: link it by hand"
            ))
        } else {
            Look::Ours
        })
    }
}

const NAME: crate::model::MemberField = crate::model::MemberField::Name;
const NAME_TAKEN: &str =
    "another department of the same name is there already: bind it to the unit, or rename one of them";

fn member_write(userid: &UserId, image: &MemberImage, to_invite: Option<bool>) -> MemberWrite {
    MemberWrite { userid: userid.clone(), image: image.clone(), to_invite }
}

/// Whether every further call will fail alike. A busy answer concerns one record; many of them in a row stop the run
/// elsewhere.
fn is_hopeless(error: &CallError) -> bool {
    error.is_systemic() && error.class() != Some(&RefusalClass::Busy)
}

/// Whether a refused create may be explained by our own earlier attempt: the id, the number or the address is taken,
/// and not by somebody else.
fn speaks_of_us(action: &Action, error: &CallError) -> bool {
    match error.class() {
        Some(RefusalClass::AlreadyExists | RefusalClass::EmailTaken | RefusalClass::MobileTaken { holder: None }) => {
            true
        }
        Some(RefusalClass::MobileTaken { holder: Some(holder) }) => {
            queue::userid(action).is_some_and(|userid| userid.is_same(holder))
        }
        _ => false,
    }
}

impl Failure {
    fn of(error: &CallError) -> Self {
        let message = match (&error.kind, error.class()) {
            (_, Some(RefusalClass::MobileTaken { holder: Some(holder) })) => format!(
                "the mobile number belongs to member {holder}: link this employee to that member if they are the same \
                 person, or free the number (WeCom refused: {})",
                error.errcode()
            ),
            (CallErrorKind::Refused(refusal), Some(RefusalClass::AlreadyExists)) => format!(
                "it exists already and was not created by us, so it is not overwritten: bind it, or give it another id \
                 or name (WeCom refused: {refusal})"
            ),
            _ => error.to_string(),
        };
        Self { step: error.endpoint, errcode: error.errcode(), class: error.class().cloned(), message }
    }
}
