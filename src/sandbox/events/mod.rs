//! What happened to a directory, who is told, and how (contacts.md section 8).

pub mod courier;
pub mod element;
mod fetcher;
pub mod outbox;
pub mod reply;
mod reply_xml;
mod subscribe;
pub mod verify;
pub mod xml;

use super::state::corp::{App, AppKind, Callback, Corp, Owner};
use super::state::job::{Export, ExportKind, Import};
use super::state::member::{Department, Member};
use outbox::Letter;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// `create_user`
    MemberCreated(Box<Member>),
    /// `update_user`
    MemberUpdated {
        /// Before.
        before: Box<Member>,
        /// After.
        after: Box<Member>,
    },
    /// `delete_user`
    MemberDeleted(Box<Member>),
    /// `create_party`
    DepartmentCreated(Department),
    /// `update_party`
    DepartmentUpdated {
        /// Before.
        before: Department,
        /// After.
        after: Department,
    },
    /// `delete_party`
    DepartmentDeleted(Department),
    /// `update_tag`
    TagUpdated {
        /// Tag.
        tagid: u32,
        /// Members added, by userid.
        added_users: Vec<String>,
        /// Members removed.
        removed_users: Vec<String>,
        /// Departments added.
        added_departments: Vec<u32>,
        /// Departments removed.
        removed_departments: Vec<u32>,
    },
}

/// The end of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobEvent {
    /// Job.
    pub jobid: String,
    /// `sync_user`, `export_user` …
    pub kind: &'static str,
    /// Job-level error.
    pub errcode: i64,
    /// `FromUserName`: `sys` for exports.
    pub from: &'static str,
}

impl JobEvent {
    /// Of an import.
    pub fn of_import(job: &Import) -> Self {
        Self { jobid: job.jobid.clone(), kind: job.kind.name(), errcode: job.errcode, from: "FromUser" }
    }

    /// Of an export.
    pub fn of_export(job: &Export) -> Self {
        let kind = match job.kind {
            ExportKind::SimpleUser | ExportKind::AsyncSimpleList(..) => "export_simple_user",
            ExportKind::User | ExportKind::AsyncList(..) => "export_user",
            ExportKind::Department => "export_department",
            ExportKind::TagUser(_) => "export_taguser",
        };
        let errcode = if job.has_failed { 302_005 } else { 0 };
        Self { jobid: job.jobid.clone(), kind, errcode, from: "sys" }
    }
}

/// Who made a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A call with a secret.
    Call(Owner),
    /// An administrator in the console, or a member in the client.
    Console,
}

/// The letters that a change leads to. The contacts address hears nothing of the contacts secret's own writes; apps
/// built for the customer hear everything in full but their own writes; third parties hear ids.
pub fn letters(corp: &Corp, change: &Change, origin: Origin, now_ms: i64) -> Vec<Letter> {
    let mut letters = Vec::new();
    if let Some(callback) = &corp.contacts.callback
        && origin != Origin::Call(Owner::Contacts)
    {
        let form = if corp.switches.reduces_events { xml::Form::Reduced } else { xml::Form::Full };
        letters.extend(
            xml::change(corp, change, form, now_ms).map(|text| letter(callback, &corp.corpid, None, text, change)),
        );
    }
    for (&agentid, app) in &corp.apps {
        let Some(callback) = &app.callback else { continue };
        letters.extend(change_letter(corp, (agentid, app, callback), change, origin, now_ms));
        letters.extend(subscribe::letter(corp, agentid, change, now_ms));
    }
    letters
}

/// What an app hears of the change itself; self-built apps hear nothing.
fn change_letter(
    corp: &Corp,
    (agentid, app, callback): (u64, &App, &Callback),
    change: &Change,
    origin: Origin,
    now_ms: i64,
) -> Option<Letter> {
    if origin == Origin::Call(Owner::App(agentid)) {
        return None;
    }
    let (form, receiver) = match app.kind {
        AppKind::SelfBuilt => return None,
        AppKind::CustomerBuilt => (xml::Form::Full, &corp.corpid),
        AppKind::ThirdParty | AppKind::EditAuthorised => (xml::Form::Suite(&app.suite_id), &app.suite_id),
    };
    let agent = (app.kind == AppKind::CustomerBuilt).then_some(agentid);
    xml::change(corp, change, form, now_ms).map(|text| letter(callback, receiver, agent, text, change))
}

fn letter(callback: &Callback, receiver: &str, agentid: Option<u64>, text: String, change: &Change) -> Letter {
    Letter::new(callback, receiver, agentid, text, change.name())
}

/// The letter at the end of a job.
pub fn job_letter(corp: &Corp, callback: &Callback, event: &JobEvent, now_ms: i64) -> Letter {
    Letter::new(callback, &corp.corpid, None, xml::job(&corp.corpid, event, now_ms), "batch_job_result")
}

impl Change {
    /// `ChangeType`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::MemberCreated(_) => "create_user",
            Self::MemberUpdated { .. } => "update_user",
            Self::MemberDeleted(_) => "delete_user",
            Self::DepartmentCreated(_) => "create_party",
            Self::DepartmentUpdated { .. } => "update_party",
            Self::DepartmentDeleted(_) => "delete_party",
            Self::TagUpdated { .. } => "update_tag",
        }
    }
}
