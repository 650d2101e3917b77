//! Which way a corp is read: by what its credentials may do, unless the settings name a way (PEER-15).

use super::context::Context;
use super::ids;
use super::reading::Reading;
use super::{export, lists};
use crate::model::{Corp, Department, Edition, StrategyChoice};
use crate::sync::error::SyncError;
use crate::sync::facts::Memory;
use crate::wecom::{CallError, CallErrorKind, Client, Credential, RefusalClass};

/// What a read has taught about the credentials; remembered for the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Findings {
    /// Whether the contacts secret may list ids.
    pub lists_ids: Option<bool>,
    /// Whether the contacts secret may read details.
    pub contacts_reads_details: Option<bool>,
}

/// What a former read has found out.
impl From<&Memory> for Findings {
    fn from(memory: &Memory) -> Self {
        Self { lists_ids: memory.lists_ids, contacts_reads_details: memory.contacts_reads_details }
    }
}

/// Reads the corp the best way there is.
pub async fn read(context: &Context, findings: &mut Findings) -> Result<Reading, SyncError> {
    let has_contacts = context.client.has(&Credential::Contacts);
    let app = context.corp.read_app.clone().map(Credential::App).filter(|app| context.client.has(app));
    if !has_contacts && app.is_none() {
        return Err(unconfigured(context, NOTHING_TO_READ_WITH));
    }
    match context.corp.pull.strategy {
        StrategyChoice::Auto => by_what_is_allowed(context, findings, app).await,
        StrategyChoice::IdsAndDetails => {
            if !has_contacts {
                return Err(unconfigured(context, "pull.strategy = ids_and_details needs contacts_secret"));
            }
            match by_ids(context, findings, app).await? {
                Some(reading) => Ok(reading),
                None => Err(unconfigured(
                    context,
                    "pull.strategy = ids_and_details, but the contacts secret may not list ids here: choose auto or lists",
                )),
            }
        }
        StrategyChoice::Lists => {
            let credential = match app {
                Some(app) if findings.contacts_reads_details != Some(true) => app,
                _ => Credential::Contacts,
            };
            by_lists(context, &credential, "chosen in the settings (pull.strategy)").await
        }
        StrategyChoice::Export => {
            let credential = match app {
                Some(app) if findings.contacts_reads_details != Some(true) => app,
                _ => Credential::Contacts,
            };
            let reason = format!("chosen in the settings (pull.strategy); {credential} exports");
            export::read(context, &credential, reason).await
        }
    }
}

const NOTHING_TO_READ_WITH: &str =
    "no secret is set: enter contacts_secret, or choose an app with a secret as read_app (interface settings)";

fn unconfigured(context: &Context, why: &str) -> SyncError {
    SyncError::NotConfigured { corp: context.corp.key.clone(), why: why.to_owned() }
}

async fn by_what_is_allowed(
    context: &Context,
    findings: &mut Findings,
    app: Option<Credential>,
) -> Result<Reading, SyncError> {
    let has_contacts = context.client.has(&Credential::Contacts);
    if has_contacts
        && (context.is_full || findings.lists_ids != Some(false))
        && let Some(reading) = by_ids(context, findings, app.clone()).await?
    {
        return Ok(reading);
    }
    // no id lists: a contacts secret that may read lists sees everything, an app its visible range
    if has_contacts && findings.contacts_reads_details != Some(false) {
        match context.client.department_list(&Credential::Contacts, None).await {
            Ok(listed) => {
                findings.contacts_reads_details = Some(true);
                let reason = "this WeCom knows no id lists; the contacts secret may read everything".to_owned();
                return lists::read(context, listed, &Credential::Contacts, reason).await;
            }
            Err(error) if is_not_allowed(&context.client, &error) => findings.contacts_reads_details = Some(false),
            Err(cause) => return Err(SyncError::read("the list of departments", cause)),
        }
    }
    match app {
        Some(app) if has_contacts => {
            by_lists(context, &app, "the contacts secret may read neither id lists nor details").await
        }
        Some(app) => by_lists(context, &app, "no contacts secret is set").await,
        None => Err(unconfigured(
            context,
            "the contacts secret may read neither id lists nor details: set read_app to an app with a secret",
        )),
    }
}

async fn by_lists(context: &Context, credential: &Credential, why: &str) -> Result<Reading, SyncError> {
    let listed = context.client.department_list(credential, None).await;
    let listed = listed.map_err(|cause| SyncError::read("the list of departments", cause))?;
    let sees = match credential {
        Credential::Contacts => "sees the whole corp",
        Credential::App(_) => "sees its visible range, which is the range of the pull",
    };
    lists::read(context, listed, credential, format!("{why}; {credential} {sees}")).await
}

/// Reads by ids; `None` when the contacts secret may not list them.
async fn by_ids(
    context: &Context,
    findings: &mut Findings,
    app: Option<Credential>,
) -> Result<Option<Reading>, SyncError> {
    let client = &context.client;
    let listed = match client.department_simplelist(&Credential::Contacts, None).await {
        Ok(listed) => listed,
        Err(error) if is_not_allowed(&context.client, &error) => {
            findings.lists_ids = Some(false);
            return Ok(None);
        }
        Err(cause) => return Err(SyncError::read(step_of(context, &cause, "the ids of departments"), cause)),
    };
    context.check()?;
    let members = match ids::read_ids(client).await {
        Ok(members) => members,
        Err(error) if is_not_allowed(&context.client, &error) => {
            findings.lists_ids = Some(false);
            return Ok(None);
        }
        Err(cause) => return Err(SyncError::read(step_of(context, &cause, "the ids of members"), cause)),
    };
    findings.lists_ids = Some(true);
    if findings.contacts_reads_details.is_none() {
        findings.contacts_reads_details = Some(may_contacts_read_details(context, &listed).await?);
    }
    if findings.contacts_reads_details == Some(true) {
        let reason = "the contacts secret may read ids and details".to_owned();
        match ids::read(context, listed.clone(), members.clone(), Some(&Credential::Contacts), reason).await {
            // WeCom takes this right away from new addresses (2022-08-15): remember it and go on with the app
            Err(SyncError::Read { cause, .. }) if is_not_allowed(&context.client, &cause) => {
                findings.contacts_reads_details = Some(false);
            }
            answer => return answer.map(Some),
        }
    }
    let reason = match &app {
        Some(app) => format!("the contacts secret lists ids but may not read details; {app} reads details"),
        None => "the contacts secret lists ids but may not read details, and no app is set to read them".to_owned(),
    };
    ids::read(context, listed, members, app.as_ref(), reason).await.map(Some)
}

/// What was read, with advice where a private edition may simply lack the call and says so in a way of its own.
fn step_of(context: &Context, cause: &CallError, step: &'static str) -> &'static str {
    let is_unexplained = cause.class() == Some(&RefusalClass::Other);
    if is_unexplained && context.client.edition() != Edition::Public { MAYBE_NO_SUCH_CALL } else { step }
}

const MAYBE_NO_SUCH_CALL: &str = "the ids of departments and members; if this WeCom does not have these calls, set \
                                  pull.strategy to lists";

/// One harmless call tells.
async fn may_contacts_read_details(context: &Context, listed: &[Department]) -> Result<bool, SyncError> {
    let Some(top) = listed.first() else { return Ok(false) };
    match context.client.department_get(&Credential::Contacts, top.id).await {
        Ok(_) => Ok(true),
        Err(error) if is_not_allowed(&context.client, &error) || error.is_not_found() => Ok(false),
        Err(cause) => Err(SyncError::read("what the contacts secret may read", cause)),
    }
}

/// The credential that reads details, by what was found out so far.
pub fn reader(corp: &Corp, client: &Client, contacts_reads_details: Option<bool>) -> Option<Credential> {
    if contacts_reads_details == Some(true) && client.has(&Credential::Contacts) {
        return Some(Credential::Contacts);
    }
    corp.read_app.clone().map(Credential::App).filter(|app| client.has(app))
}

/// Whether the credential may not do this, or this WeCom does not know the call; anything else is trouble. Only private
/// and government editions lack calls, and they answer a page instead.
pub fn is_not_allowed(client: &Client, error: &CallError) -> bool {
    says_not_allowed(client.edition(), error)
}

/// Only a refusal that is known to speak of the credential's rights changes the way of reading. A number that nobody
/// knows may mean anything, so it ends the read: taken for "may not", it would make an app's visible range look like
/// the whole corp.
fn says_not_allowed(edition: Edition, error: &CallError) -> bool {
    match error.class() {
        Some(RefusalClass::DetailsBlocked | RefusalClass::Permission) => !error.is_systemic(),
        Some(_) => false,
        None => edition != Edition::Public && matches!(error.kind, CallErrorKind::Malformed { .. }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wecom::{NotSentCause, Refusal};

    fn refusal(class: RefusalClass) -> Refusal {
        Refusal { errcode: 1, errmsg: String::new(), class, caller_ip: None, hint: None }
    }

    fn call(kind: CallErrorKind) -> CallError {
        CallError { endpoint: "user/list_id", kind }
    }

    /// Whether a class lets the read go another way; a new class does not compile until somebody has decided.
    fn expected(class: &RefusalClass) -> bool {
        match class {
            RefusalClass::DetailsBlocked | RefusalClass::Permission => true,
            RefusalClass::NotFound
            | RefusalClass::AlreadyExists
            | RefusalClass::MobileTaken { .. }
            | RefusalClass::EmailTaken
            | RefusalClass::Invalid
            | RefusalClass::IpNotTrusted
            | RefusalClass::Credential
            | RefusalClass::RateLimited
            | RefusalClass::Capacity
            | RefusalClass::NotEmpty
            | RefusalClass::Conflict
            | RefusalClass::TooLarge
            | RefusalClass::Busy
            | RefusalClass::NobodyReached
            | RefusalClass::CodeSpent
            | RefusalClass::TooLate
            | RefusalClass::NoCallback
            | RefusalClass::Setup
            | RefusalClass::Other => false,
        }
    }

    #[test]
    fn only_a_refusal_of_rights_changes_the_way_of_reading() {
        let classes = [
            RefusalClass::NotFound,
            RefusalClass::AlreadyExists,
            RefusalClass::MobileTaken { holder: None },
            RefusalClass::EmailTaken,
            RefusalClass::Invalid,
            RefusalClass::Permission,
            RefusalClass::DetailsBlocked,
            RefusalClass::IpNotTrusted,
            RefusalClass::Credential,
            RefusalClass::RateLimited,
            RefusalClass::Capacity,
            RefusalClass::NotEmpty,
            RefusalClass::Conflict,
            RefusalClass::TooLarge,
            RefusalClass::Busy,
            RefusalClass::Other,
        ];
        for edition in [Edition::Public, Edition::Private, Edition::Government] {
            for class in &classes {
                let error = call(CallErrorKind::Refused(refusal(class.clone())));
                assert_eq!(says_not_allowed(edition, &error), expected(class), "{class:?} on {edition:?}");
                let refusal = Box::new(refusal(class.clone()));
                let cause = NotSentCause::Suspended { refusal, until_ms: 1 };
                let error = call(CallErrorKind::NotSent { cause });
                assert!(!says_not_allowed(edition, &error), "suspended after {class:?} on {edition:?}");
            }
        }
    }

    #[test]
    fn every_code_of_the_encyclopaedia_goes_by_its_class_and_an_unknown_one_is_trouble() {
        let mut rights = 0;
        for row in crate::wecom::errcode::all() {
            let refusal = Refusal::read("user/list_id", row.code, "text");
            let wanted = expected(&refusal.class);
            rights += usize::from(wanted);
            let error = call(CallErrorKind::Refused(refusal));
            assert_eq!(says_not_allowed(Edition::Private, &error), wanted, "{}", row.code);
        }
        assert!(rights > 5, "{rights}");
        for code in [123_456, 999_999, -7] {
            let error = call(CallErrorKind::Refused(Refusal::read("user/list_id", code, "text")));
            assert!(!says_not_allowed(Edition::Public, &error), "{code}");
        }
    }

    #[test]
    fn a_page_instead_of_an_answer_means_a_missing_call_on_private_editions_only() {
        for (edition, kind, want) in [
            (Edition::Private, CallErrorKind::Malformed { what: "a page".into() }, true),
            (Edition::Government, CallErrorKind::Malformed { what: "a page".into() }, true),
            (Edition::Public, CallErrorKind::Malformed { what: "a page".into() }, false),
            (Edition::Private, CallErrorKind::OutcomeUnknown { cause: "cut off".into() }, false),
            (Edition::Private, CallErrorKind::NotSent { cause: NotSentCause::Connect("no route".into()) }, false),
        ] {
            let told = format!("{kind:?} on {edition:?}");
            assert_eq!(says_not_allowed(edition, &call(kind)), want, "{told}");
        }
    }
}
