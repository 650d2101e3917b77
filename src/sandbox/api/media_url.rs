//! `media/upload_by_url` and `media/get_upload_by_url_result` (doc paths 96219, 97126). The courier fetches the files.

use super::Exchange;
use crate::sandbox::state::job::{FETCH_KEPT_MS, Fetch, FetchState};
use crate::sandbox::wire::answer::{Answer, Refusal, refuse};
use serde::Serialize;

const FILENAME_BYTES: usize = 128;
const URL_BYTES: usize = 1_024;
const MD5_BYTES: usize = 32;
const JOBID_BYTES: usize = 128;
/// The only scene that there is: welcome messages.
const SCENE: i64 = 1;

/// `POST media/upload_by_url`
pub fn upload(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let (body, now_ms) = (&mut exchange.body, exchange.now_ms);
    if body.number("scene") != Some(SCENE) {
        return refuse(40058, "invalid scene. invalid Request Parameter");
    }
    let kind = body.text("type").unwrap_or_default();
    if !matches!(kind.as_str(), "video" | "file") {
        return refuse(40005, "invalid media type parameter");
    }
    let filename = body.text("filename").unwrap_or_default();
    if filename.is_empty() || filename.len() > FILENAME_BYTES {
        return refuse(40058, format!("filename exceed max length {FILENAME_BYTES}. invalid Request Parameter"));
    }
    let url = body.text("url").unwrap_or_default();
    if url.len() > URL_BYTES {
        return refuse(40039, "invalid url size");
    }
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return refuse(830_001, "invalid url");
    }
    let md5 = body.text("md5").unwrap_or_default().to_ascii_lowercase();
    if md5.len() != MD5_BYTES {
        return refuse(301_019, "invalid md5");
    }
    let owner = exchange.owner;
    let jobs = &mut exchange.corp.jobs;
    jobs.fetches.retain(|job| {
        !matches!(job.state, FetchState::Done(_) | FetchState::Failed { .. })
            || job.ended_at_ms + FETCH_KEPT_MS > now_ms
    });
    let jobid = format!("jobid_{:016x}{}", rand::random::<u64>(), jobs.next_number());
    exchange.subject.clone_from(&filename);
    jobs.fetches.push_back(Fetch {
        jobid: jobid.clone(),
        owner,
        kind,
        filename,
        url,
        md5,
        submitted_at_ms: now_ms,
        ended_at_ms: 0,
        state: FetchState::Ordered,
    });
    Ok(Answer::new("ok").with("jobid", &jobid))
}

#[derive(Serialize)]
struct Detail<'d> {
    errcode: i64,
    errmsg: &'d str,
    #[serde(skip_serializing_if = "str::is_empty")]
    media_id: &'d str,
    #[serde(skip_serializing_if = "String::is_empty")]
    created_at: String,
}

/// `POST media/get_upload_by_url_result`
pub fn result(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let jobid = exchange.body.text("jobid").unwrap_or_default();
    let (owner, now_ms) = (exchange.owner, exchange.now_ms);
    let jobs = &exchange.corp.jobs.fetches;
    let known = jobs.iter().find(|job| job.jobid == jobid && job.owner == owner && jobid.len() <= JOBID_BYTES);
    let is_kept = |job: &&Fetch| job.ended_at_ms == 0 || job.ended_at_ms + FETCH_KEPT_MS > now_ms;
    let Some(job) = known.filter(is_kept) else {
        return refuse(40058, "invalid jobid. invalid Request Parameter");
    };
    let created_at = (job.ended_at_ms / 1000).to_string();
    let (status, detail) = match &job.state {
        FetchState::Ordered | FetchState::Running => return Ok(Answer::new("ok").with("status", &1)),
        FetchState::Done(media_id) => (2, Detail { errcode: 0, errmsg: "ok", media_id, created_at }),
        FetchState::Failed { errcode, errmsg } => {
            (3, Detail { errcode: *errcode, errmsg, media_id: "", created_at: String::new() })
        }
    };
    Ok(Answer::new("ok").with("status", &status).with("detail", &detail))
}
