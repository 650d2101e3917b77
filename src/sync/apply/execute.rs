//! One change, one call to WeCom, one verdict. An unknown outcome is never guessed: after a lost answer the call is
//! repeated, and what then "exists already" is looked at before it counts as ours; after one that said "busy" to the
//! end, the object itself is looked at.

use super::look::{self, Seen};
use super::queue;
use crate::clock::Clock;
use crate::model::{Action, Change, MemberImage, UserId};
use crate::wecom::{CallError, CallErrorKind, Client, Credential, DepartmentWrite, MemberWrite, RefusalClass};
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
    /// It was still waiting when it was taken back, for this reason: WeCom has not seen it.
    TakenBack(String),
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
    /// Whether WeCom may have carried it out all the same.
    pub may_be_applied: bool,
    /// Whether only a new plan can help: see [`crate::model::FailedRecord::needs_plan`].
    pub needs_plan: bool,
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
            return match error.taken_back() {
                Some(why) if !tried => Verdict::TakenBack(why.to_owned()),
                _ => self.judge(&change.action, error, tried).await,
            };
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
        if error.class() == Some(&RefusalClass::Busy) {
            return self.look_after_busy(action, &error).await;
        }
        if tried && queue::creates(action) && speaks_of_us(action, &error) {
            return match self.look(action).await {
                Ok(Seen::Applied) => Verdict::FoundDone,
                // the id is taken where we cannot look, and it was free when the run began; a number or an address that
                // is taken says nothing about us
                Ok(Seen::Unknown) if error.class() == Some(&RefusalClass::AlreadyExists) => Verdict::FoundDone,
                Ok(Seen::NotApplied) if is_about_name(action, &error) => {
                    Verdict::Failed(Failure { message: look::name_taken(), ..Failure::of(&error) })
                }
                Ok(Seen::NotApplied | Seen::Unknown) => Verdict::Failed(Failure::of(&error)),
                Ok(Seen::SomebodyElses(message)) => Verdict::Failed(Failure { message, ..Failure::of(&error) }),
                Err(cause) => Verdict::Stop(cause),
            };
        }
        Verdict::Failed(Failure::of(&error))
    }

    /// "Busy" to the last attempt says nothing about any of them: one may have been carried out.
    async fn look_after_busy(&self, action: &Action, error: &CallError) -> Verdict {
        let failure = Failure::of(error);
        match self.look(action).await {
            Ok(Seen::Applied) => Verdict::FoundDone,
            Ok(Seen::NotApplied) => Verdict::Failed(failure),
            Ok(Seen::SomebodyElses(message)) => Verdict::Failed(Failure { message, ..failure }),
            Ok(Seen::Unknown) => {
                let message = format!(
                    "{}; whether it was carried out all the same cannot be seen with the credentials: try the record \
                     again",
                    failure.message
                );
                Verdict::Failed(Failure { message, may_be_applied: true, ..failure })
            }
            Err(cause) => Verdict::Stop(cause),
        }
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
}

fn member_write(userid: &UserId, image: &MemberImage, to_invite: Option<bool>) -> MemberWrite {
    MemberWrite { userid: userid.clone(), image: image.clone(), to_invite }
}

/// Whether every further call will fail alike. A busy answer concerns one record; many of them in a row stop the run
/// elsewhere.
pub fn is_hopeless(error: &CallError) -> bool {
    error.is_systemic() && error.class() != Some(&RefusalClass::Busy)
}

/// Whether the name of a department is taken, for its id is free.
fn is_about_name(action: &Action, error: &CallError) -> bool {
    queue::userid(action).is_none() && error.class() == Some(&RefusalClass::AlreadyExists)
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
    /// A refusal of our own, of which nothing has reached WeCom; its sentence is still to be said.
    pub fn ours(step: &'static str) -> Self {
        let message = String::new();
        Self { step, errcode: 0, class: None, message, may_be_applied: false, needs_plan: false }
    }

    /// Somebody is there under the userid of a new member, and nothing says that we have created them.
    pub fn theirs(userid: &UserId) -> Self {
        Self { message: look::theirs(userid), ..Self::ours("user/create") }
    }

    /// What an error means for the record.
    pub fn of(error: &CallError) -> Self {
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
        Self {
            step: error.endpoint,
            errcode: error.errcode(),
            class: error.class().cloned(),
            message,
            may_be_applied: false,
            needs_plan: false,
        }
    }
}
