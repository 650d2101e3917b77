//! Fetches files from addresses for `media/upload_by_url` (doc path 96219): in a range, as WeCom demands.

use crate::sandbox::acts::EventOrder;
use crate::sandbox::shared::State;
use crate::sandbox::state::corp::Owner;
use crate::sandbox::state::job::{Fetch, FetchState, Media};
use md5::{Digest, Md5};
use serde_json::json;

/// Bytes of a file at most (doc path 96219).
const FILE_MAX_BYTES: usize = 200 << 20;

/// Begins with what was ordered.
pub fn begin(state: &State, http: &reqwest::Client) {
    let ordered: Vec<(String, Fetch)> = state.with(|world| {
        let take = |corp: &mut crate::sandbox::state::corp::Corp| {
            let corpid = corp.corpid.clone();
            let open = corp.jobs.fetches.iter_mut().filter(|job| job.state == FetchState::Ordered);
            open.map(|job| {
                job.state = FetchState::Running;
                (corpid.clone(), job.clone())
            })
            .collect::<Vec<_>>()
        };
        world.corps.values_mut().flat_map(take).collect()
    });
    for (corpid, job) in ordered {
        let (state, http) = (state.clone(), http.clone());
        actix_web::rt::spawn(async move {
            let fetched = fetch(&http, &job).await;
            end(&state, &corpid, &job, fetched);
        });
    }
}

async fn fetch(http: &reqwest::Client, job: &Fetch) -> Result<Vec<u8>, (i64, &'static str)> {
    let lost = |_| (830_003, "download failed");
    let range = format!("bytes=0-{}", FILE_MAX_BYTES - 1);
    let mut answer = http.get(&job.url).header("Range", range).send().await.map_err(lost)?;
    match answer.status().as_u16() {
        206 => {}
        200 => return Err((830_002, "the server does not support Range")),
        _ => return Err((830_003, "download failed")),
    }
    let mut content = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(lost)? {
        if content.len() + chunk.len() > FILE_MAX_BYTES {
            return Err((45001, "media size out of limit"));
        }
        content.extend_from_slice(&chunk);
    }
    if hex::encode(Md5::digest(&content)) != job.md5 { Err((301_019, "md5 not match")) } else { Ok(content) }
}

/// Notes the end and tells the app.
fn end(state: &State, corpid: &str, job: &Fetch, fetched: Result<Vec<u8>, (i64, &'static str)>) {
    let now_ms = state.now_ms();
    state.with_corp(corpid, |corp| {
        let end = match fetched {
            Ok(content) => FetchState::Done(corp.jobs.add_media(Media {
                kind: job.kind.clone(),
                filename: job.filename.clone(),
                created_at_ms: now_ms,
                content,
                robot: String::new(),
            })),
            Err((errcode, errmsg)) => FetchState::Failed { errcode, errmsg: errmsg.to_owned() },
        };
        if let Some(known) = corp.jobs.fetches.iter_mut().find(|known| known.jobid == job.jobid) {
            (known.state, known.ended_at_ms) = (end, now_ms);
        }
    });
    if let Owner::App(agentid) = job.owner {
        let elements = json!({ "JobId": job.jobid }).as_object().cloned();
        let order = EventOrder { event: "upload_media_job_finish".into(), from: None, elements };
        // an app that was removed meanwhile hears nothing
        let _ = state.send_event(corpid, agentid, &order);
    }
}
