//! Reads a corp with one secret: `department/list`, then `user/list` of each department. The way for apps without a
//! contacts secret (DIR-01) and for private editions that know no id lists.

use super::context::Context;
use super::ids::is_out_of_sight;
use super::reading::{self, Gaps, Reading};
use crate::model::{Department, DepartmentId, Member, ReadStrategy, Text};
use crate::sync::error::SyncError;
use crate::sync::progress::Phase;
use crate::wecom::{CallError, CallErrorKind, Credential, RefusalClass};
use futures_util::{StreamExt, stream};
use std::collections::HashMap;

/// Reads the members of all listed departments. Only the contacts secret sees the whole corp, so only with it does
/// absence prove anything (DIR-27, DIR-29).
pub async fn read(
    context: &Context,
    listed: Vec<Department>,
    credential: &Credential,
    reason: String,
) -> Result<Reading, SyncError> {
    let mut gaps = Gaps::default();
    reading::check_tree(&listed, &mut gaps).map_err(|why| SyncError::Suspicious { why })?;
    for department in listed.iter().filter(|department| department.name.is_none()) {
        gaps.note(format!("department {}", department.id), "name", format!("{credential} is not shown its name"));
    }
    let mut is_complete = *credential == Credential::Contacts;
    let mut members: HashMap<Text, Member> = HashMap::new();
    let (mut done, total) = (0, listed.len() as u64);
    let places: Vec<DepartmentId> = listed.iter().map(|department| department.id).collect();
    let mut answers = stream::iter(places)
        .map(|id| async move { (id, context.client.user_list(credential, id, false).await) })
        .buffer_unordered(context.width);
    while let Some((id, answer)) = answers.next().await {
        context.check()?;
        match answer {
            Ok(answered) => reading::unite(&mut members, answered),
            Err(error) if error.class() == Some(&RefusalClass::TooLarge) => {
                let fail = |cause| SyncError::read("names of members", cause);
                let answered = context.client.user_simplelist(credential, id, false).await.map_err(fail)?;
                reading::unite(&mut members, answered);
            }
            Err(error) if is_out_of_sight(&error) => {
                is_complete = false;
                gaps.note(format!("department {id}"), "members", error.to_string());
            }
            Err(cause) => return Err(SyncError::read("members of a department", cause)),
        }
        done += 1;
        context.watch.reading(Phase::Pull, done, total);
    }
    drop(answers);
    if let Credential::App(_) = credential {
        single_members(context, credential, &mut members, &mut gaps).await?;
    }
    let mut members: Vec<Member> = members.into_values().collect();
    members.sort_by(|a, b| a.userid.cmp(&b.userid));
    for member in &members {
        if member.memberships.is_empty() {
            let why = "the member is in no visible department (the visible range names the person only)";
            gaps.note(format!("member {}", member.userid), "departments", why);
        }
        if !member.has_details {
            gaps.note(format!("member {}", member.userid), "details", format!("{credential} is not shown details"));
        }
    }
    Ok(Reading {
        strategy: ReadStrategy::Lists,
        reason,
        is_complete,
        is_full: true,
        departments: listed,
        fresh: members.iter().filter(|m| m.has_details).map(|m| m.userid.folded()).collect(),
        members,
        gaps,
    })
}

/// Whether it was the call itself that WeCom did not take, rather than this one time.
fn is_unknown_call(error: &CallError) -> bool {
    match &error.kind {
        CallErrorKind::Malformed { .. } => true,
        CallErrorKind::Refused(_) => !matches!(
            error.class(),
            Some(
                RefusalClass::Busy | RefusalClass::RateLimited | RefusalClass::Credential | RefusalClass::IpNotTrusted
            )
        ),
        _ => false,
    }
}

/// People who are named in the app's visible range by themselves are in none of its departments.
async fn single_members(
    context: &Context,
    credential: &Credential,
    members: &mut HashMap<Text, Member>,
    gaps: &mut Gaps,
) -> Result<(), SyncError> {
    let Credential::App(key) = credential else { return Ok(()) };
    let Some(app) = context.corp.find_app(key) else { return Ok(()) };
    let agent = match context.client.agent_get(credential, app.agentid).await {
        Ok(agent) => agent,
        // not every edition knows the call; without it there is nobody to ask for
        Err(error) if is_unknown_call(&error) => {
            gaps.note(
                format!("app {key}"),
                "members",
                format!("who is named in its visible range one by one: {error}"),
            );
            return Ok(());
        }
        Err(cause) => return Err(SyncError::read("the visible range of the app", cause)),
    };
    for userid in agent.users {
        context.check()?;
        if members.contains_key(&userid.folded()) {
            continue;
        }
        match context.client.user_get(credential, &userid).await {
            Ok(member) => reading::unite(members, vec![member]),
            Err(error) if is_out_of_sight(&error) => {}
            Err(cause) => return Err(SyncError::read("details of a member", cause)),
        }
    }
    Ok(())
}
