//! `export/*` (doc paths 94849–94854) and the `async/*` reads of the private editions.

use super::Exchange;
use crate::sandbox::messages::message::Origin;
use crate::sandbox::state::corp::Owner;
use crate::sandbox::state::job::{EXPORT_URL_MS, Export, ExportKind};
use crate::sandbox::wire::answer::{Answer, Refusal, refuse};
use crate::wecom::crypto::AesKey;
use serde::Serialize;

/// `POST export/simple_user`
pub fn simple_user(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    submit(exchange, ExportKind::SimpleUser)
}

/// `POST export/user`
pub fn user(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    submit(exchange, ExportKind::User)
}

/// `POST export/department`
pub fn department(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    submit(exchange, ExportKind::Department)
}

/// `POST export/taguser`
pub fn taguser(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let tagid = match exchange.body.value("tagid") {
        None => return refuse(41017, "tagid missing"),
        Some(_) => exchange.body.number("tagid").and_then(|number| u32::try_from(number).ok()),
    };
    match tagid.filter(|id| exchange.corp.tags.contains_key(id)) {
        Some(tagid) => submit(exchange, ExportKind::TagUser(tagid)),
        None => refuse(40068, "invalid tagid"),
    }
}

fn submit(exchange: &mut Exchange<'_>, kind: ExportKind) -> Result<Answer, Refusal> {
    let Some(aes_key) = exchange.body.text("encoding_aeskey") else { return refuse(40063, "encoding_aeskey is empty") };
    if AesKey::parse(&aes_key).is_err() {
        return refuse(40058, "invalid Request Parameter: encoding_aeskey");
    }
    let (min, max) = (exchange.corp.limits.export_block_min, exchange.corp.limits.export_block_max);
    let block_size = match exchange.body.number("block_size") {
        None => max,
        Some(size) => match usize::try_from(size) {
            Ok(size) if (min..=max).contains(&size) => size,
            _ => return refuse(40058, "invalid Request Parameter: block_size"),
        },
    };
    Ok(Answer::new("ok").with("jobid", &order(exchange, kind, aes_key, block_size)))
}

fn order(exchange: &mut Exchange<'_>, kind: ExportKind, aes_key: String, block_size: usize) -> String {
    let (now_ms, owner) = (exchange.now_ms, exchange.owner);
    let due_at_ms = now_ms + exchange.corp.limits.job_ms;
    let jobs = &mut exchange.corp.jobs;
    jobs.exports.retain(|job| job.due_at_ms + EXPORT_URL_MS > now_ms);
    let jobid = format!("jobid_{:016x}{}", rand::random::<u64>(), jobs.next_number());
    exchange.subject.clone_from(&jobid);
    jobs.exports.push_back(Export {
        jobid: jobid.clone(),
        kind,
        owner,
        aes_key,
        block_size,
        submitted_at_ms: now_ms,
        due_at_ms,
        is_done: false,
        has_failed: false,
        files: Vec::new(),
    });
    jobid
}

fn find<'e>(exchange: &'e mut Exchange<'_>) -> Result<&'e Export, Refusal> {
    let Some(jobid) = exchange.query.find("jobid") else { return refuse(40063, "jobid is empty") };
    exchange.subject = jobid.to_owned();
    let owner = exchange.owner;
    match exchange.corp.jobs.exports.iter().find(|job| job.jobid == jobid && job.owner == owner) {
        Some(job) => Ok(job),
        None => refuse(40088, "invalid jobid"),
    }
}

/// `GET export/get_result`: 0 pending, 1 running, 2 done, 3 failed.
pub fn get_result(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    #[derive(Serialize)]
    struct File {
        url: String,
        size: usize,
        md5: String,
    }
    let (now_ms, base_url) = (exchange.now_ms, exchange.base_url);
    let job = find(exchange)?;
    let answer = Answer::new("ok");
    match job {
        Export { has_failed: true, .. } => Ok(answer.with("status", &3)),
        Export { is_done: true, files, .. } => {
            let list: Vec<File> = files
                .iter()
                .map(|file| File {
                    url: format!("{base_url}/export/{}", file.id),
                    size: file.content.len(),
                    md5: file.md5.clone(),
                })
                .collect();
            Ok(answer.with("status", &2).with("data_list", &list))
        }
        Export { submitted_at_ms, .. } if *submitted_at_ms == now_ms => Ok(answer.with("status", &0)),
        _ => Ok(answer.with("status", &1)),
    }
}

/// `GET async/simplelist`, private editions.
pub fn async_simplelist(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    order_list(exchange, ExportKind::AsyncSimpleList)
}

/// `GET async/list`, private editions.
pub fn async_list(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    order_list(exchange, ExportKind::AsyncList)
}

fn order_list(exchange: &mut Exchange<'_>, kind: fn(u32, bool) -> ExportKind) -> Result<Answer, Refusal> {
    let id = match exchange.query.number("department_id", 60123)? {
        Some(id) if exchange.corp.directory.department(id).is_some() => id,
        _ => return refuse(60003, "department not found"),
    };
    if !exchange.sees_department(id) {
        return refuse(60011, "no privilege to access/modify contact/party/agent ");
    }
    let deep = exchange.query.find("fetch_child") == Some("1");
    Ok(Answer::new("ok").with("jobid", &order(exchange, kind(id, deep), String::new(), 0)))
}

/// The state of a job that sends a message.
fn sending(exchange: &Exchange<'_>) -> Option<Answer> {
    let ring = &exchange.corp.messages.ring;
    let message = ring.get(ring.find(exchange.query.find("jobid")?)?)?;
    message.origin.agentid().filter(|agentid| exchange.owner == Owner::App(*agentid))?;
    let kind = if matches!(message.origin, Origin::Chat { .. }) { "appchat_send" } else { "message_send" };
    let age_ms = exchange.now_ms - message.at_ms;
    let status = match age_ms {
        0 => 0,
        age_ms if age_ms < exchange.corp.message_limits.job_ms => 1,
        _ => 2,
    };
    let detail = serde_json::json!({"errcode": 0, "errmsg": "ok"});
    Some(Answer::new("ok").with("status", &status).with("type", kind).with("detail", &detail))
}

/// `GET async/getresult`: the files are fetched with `media/get`. The status numbers follow `batch/getresult`; the page
/// that documents them was not available, so they are an assumption.
///
/// The jobs of `message/send` and `appchat/send` answer the numbers of chapter 17 of the contract: 0 queued, 1 running,
/// 2 done.
pub fn async_getresult(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    if let Some(answer) = sending(exchange) {
        return Ok(answer);
    }
    let job = find(exchange)?;
    if !job.is_done {
        return Ok(Answer::new("ok").with("status", &2));
    }
    let files: Vec<&str> = job.files.iter().map(|file| file.id.as_str()).collect();
    Ok(Answer::new("ok").with("status", &3).with("media_id_list", &files))
}
