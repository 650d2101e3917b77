//! Reads a corp by asynchronous exports: three calls and a few downloads whatever its size (doc paths 94849 to 94854).

use super::context::Context;
use super::reading::{self, Gaps, Reading};
use crate::model::{Member, ReadStrategy, Text};
use crate::sync::error::SyncError;
use crate::wecom::{Credential, ExportFile, ExportKey, ExportState, JobId};
use std::collections::HashMap;
use std::time::Duration;

/// Private editions advise to ask every two seconds.
const ASK_EVERY: Duration = Duration::from_secs(2);
/// After half an hour an export counts as lost.
const ASK_MAX: u32 = 900;

/// Reads departments and members of what the credential may see.
pub async fn read(context: &Context, credential: &Credential, reason: String) -> Result<Reading, SyncError> {
    let fail = |step| move |cause| SyncError::read(step, cause);
    let key = ExportKey::random();
    let client = &context.client;
    let job = client.export_department(credential, &key).await.map_err(fail("export of departments"))?;
    let files = wait(context, credential, &job, "export of departments").await?;
    let mut departments = Vec::new();
    for text in download(context, &files, &key).await? {
        departments.extend(client.exported_departments(&text).map_err(fail("export of departments"))?);
    }
    let job = client.export_user(credential, &key).await.map_err(fail("export of members"))?;
    let files = wait(context, credential, &job, "export of members").await?;
    let mut members: HashMap<Text, Member> = HashMap::new();
    for text in download(context, &files, &key).await? {
        reading::unite(&mut members, client.exported_members(&text, true).map_err(fail("export of members"))?);
    }
    let mut gaps = Gaps::default();
    reading::check_tree(&departments, &mut gaps).map_err(|why| SyncError::Suspicious { why })?;
    for department in departments.iter().filter(|department| department.name.is_none()) {
        gaps.note(format!("department {}", department.id), "name", format!("{credential} is not shown its name"));
    }
    let mut members: Vec<Member> = members.into_values().collect();
    members.sort_by(|a, b| a.userid.cmp(&b.userid));
    for member in members.iter().filter(|member| member.memberships.is_empty()) {
        gaps.note(format!("member {}", member.userid), "departments", "the export names no department");
    }
    Ok(Reading {
        strategy: ReadStrategy::Export,
        reason,
        is_complete: *credential == Credential::Contacts,
        is_full: true,
        fresh: members.iter().filter(|m| m.has_details).map(|m| m.userid.folded()).collect(),
        departments,
        members,
        gaps,
    })
}

async fn wait(
    context: &Context,
    credential: &Credential,
    job: &JobId,
    step: &'static str,
) -> Result<Vec<ExportFile>, SyncError> {
    for _ in 0..ASK_MAX {
        context.check()?;
        let state = context.client.export_get_result(credential, job).await;
        match state.map_err(|cause| SyncError::read(step, cause))? {
            ExportState::Done(files) => return Ok(files),
            ExportState::Failed => {
                return Err(SyncError::Suspicious { why: format!("the {step} failed at WeCom: pull again") });
            }
            ExportState::Running => {
                tokio::select! {
                    () = context.clock.sleep(ASK_EVERY) => {}
                    _ = context.watch.interrupted() => {}
                }
            }
        }
    }
    Err(SyncError::Suspicious { why: format!("the {step} did not end within half an hour: pull again later") })
}

async fn download(context: &Context, files: &[ExportFile], key: &ExportKey) -> Result<Vec<Vec<u8>>, SyncError> {
    let mut texts = Vec::with_capacity(files.len());
    for file in files {
        context.check()?;
        let text = context.client.export_download(file, key).await;
        texts.push(text.map_err(|cause| SyncError::read("an exported file", cause))?);
    }
    Ok(texts)
}
