//! `batch/*` imports (doc paths 90980–90983).

use super::{Exchange, media};
use crate::sandbox::jobs::table::Table;
use crate::sandbox::jobs::{import_departments, import_members};
use crate::sandbox::state::corp::Callback;
use crate::sandbox::state::job::{Import, ImportKind};
use crate::sandbox::wire::answer::{Answer, Refusal, refuse};
use crate::sandbox::wire::request::Body;
use crate::wecom::crypto::AesKey;

/// `POST batch/syncuser`
pub fn syncuser(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    submit(exchange, ImportKind::SyncUser)
}

/// `POST batch/replaceuser`
pub fn replaceuser(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    submit(exchange, ImportKind::ReplaceUser)
}

/// `POST batch/replaceparty`
pub fn replaceparty(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    submit(exchange, ImportKind::ReplaceParty)
}

/// `POST batch/syncparty`, private editions.
pub fn syncparty(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    submit(exchange, ImportKind::SyncParty)
}

fn callback(exchange: &mut Exchange<'_>) -> Result<Option<Callback>, Refusal> {
    let Some(value) = exchange.body.value("callback").cloned() else { return Ok(None) };
    let mut body = Body::of(&value);
    let (url, token) = (body.text("url").unwrap_or_default(), body.text("token").unwrap_or_default());
    let aes_key = body.text("encodingaeskey").unwrap_or_default();
    exchange.body.warn_with(&body);
    if url.is_empty() && token.is_empty() && aes_key.is_empty() {
        return Ok(None);
    }
    if !(url.starts_with("http://") || url.starts_with("https://")) || AesKey::parse(&aes_key).is_err() {
        return refuse(40057, "invalid callback url");
    }
    Ok(Some(Callback { url, token, aes_key }))
}

fn submit(exchange: &mut Exchange<'_>, kind: ImportKind) -> Result<Answer, Refusal> {
    let Some(media_id) = exchange.body.text("media_id").filter(|id| !id.is_empty()) else {
        return refuse(41006, "media_id missing");
    };
    let to_invite = exchange.body.truth("to_invite").unwrap_or(true);
    let callback = callback(exchange)?;
    let content = media::find_media(exchange, &media_id)?.content.clone();
    let table = Table::read(&content, exchange.corp.switches.has_private_fields)?;
    match kind {
        ImportKind::SyncUser | ImportKind::ReplaceUser => import_members::check_columns(&table)?,
        ImportKind::ReplaceParty => import_departments::check_columns(&table)?,
        ImportKind::SyncParty => {}
    }
    if exchange.corp.jobs.is_importing() {
        return refuse(302_008, "an import is already running");
    }
    if kind == ImportKind::ReplaceUser {
        import_members::check_removals(exchange.corp, &table)?;
    }
    let (now_ms, owner) = (exchange.now_ms, exchange.owner);
    let due_at_ms = now_ms + exchange.corp.limits.job_ms;
    let jobs = &mut exchange.corp.jobs;
    let jobid = format!("3{:032x}{}", rand::random::<u128>(), jobs.next_number());
    exchange.subject.clone_from(&jobid);
    jobs.imports.push_back(Import {
        jobid: jobid.clone(),
        kind,
        owner,
        content,
        to_invite,
        callback,
        submitted_at_ms: now_ms,
        due_at_ms,
        is_done: false,
        errcode: 0,
        rows: Vec::new(),
    });
    Ok(Answer::new("ok").with("jobid", &jobid))
}

/// `GET batch/getresult`: 1 started, 2 in progress, 3 finished.
pub fn getresult(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let Some(jobid) = exchange.query.find("jobid") else { return refuse(40063, "jobid is empty") };
    exchange.subject = jobid.to_owned();
    let jobs = &exchange.corp.jobs;
    if jobs.purged.iter().any(|purged| purged == jobid) {
        return refuse(40089, "the result of the job is no longer kept");
    }
    let Some(job) = jobs.imports.iter().find(|job| job.jobid == jobid && job.owner == exchange.owner) else {
        return refuse(40088, "invalid jobid");
    };
    let answer = Answer::new("ok");
    let kind = job.kind.name();
    if job.is_done {
        let answer = answer.with("status", &3).with("type", kind).with("total", &job.rows.len());
        return Ok(answer.with("percentage", &100).with("result", &job.rows));
    }
    let length = (job.due_at_ms - job.submitted_at_ms).max(1);
    let percentage = ((exchange.now_ms - job.submitted_at_ms) * 100 / length).clamp(0, 99);
    let status = if percentage == 0 { 1 } else { 2 };
    let total = Table::read(&job.content, false).map_or(0, |table| table.rows().len());
    let answer = answer.with("status", &status).with("type", kind).with("total", &total);
    Ok(answer.with("percentage", &percentage).with("result", &[0_u8; 0]))
}
