//! Export files: good for 2 hours, with `Range`.

use crate::sandbox::shared::State;
use crate::sandbox::state::job::EXPORT_URL_MS;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

/// `GET /export/{file}`
pub async fn file(request: HttpRequest, id: web::Path<String>, state: web::Data<State>) -> HttpResponse {
    let now_ms = state.now_ms();
    let content = state.with(|world| {
        let mut jobs = world.corps.values().flat_map(|corp| &corp.jobs.exports);
        jobs.find_map(|job| {
            let is_good = now_ms < job.due_at_ms + EXPORT_URL_MS;
            job.files.iter().find(|file| file.id == *id).filter(|_| is_good).map(|file| file.content.clone())
        })
    });
    let Some(content) = content else { return HttpResponse::Forbidden().body("the address has expired") };
    let range = request.headers().get(header::RANGE).and_then(|value| value.to_str().ok());
    let Some(range) = range else {
        return HttpResponse::Ok()
            .insert_header((header::ACCEPT_RANGES, "bytes"))
            .content_type("application/octet-stream")
            .body(content);
    };
    match parse_range(range, content.len()) {
        Some((from, to)) => HttpResponse::PartialContent()
            .insert_header((header::CONTENT_RANGE, format!("bytes {from}-{to}/{}", content.len())))
            .content_type("application/octet-stream")
            .body(content[from..=to].to_vec()),
        None => HttpResponse::RangeNotSatisfiable()
            .insert_header((header::CONTENT_RANGE, format!("bytes */{}", content.len())))
            .finish(),
    }
}

/// First and last byte of `bytes=a-b`, `bytes=a-` or `bytes=-n`.
fn parse_range(range: &str, length: usize) -> Option<(usize, usize)> {
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    let last = length.checked_sub(1)?;
    let (from, to) = match (from, to) {
        ("", suffix) => (length.saturating_sub(suffix.parse().ok()?), last),
        (from, "") => (from.parse().ok()?, last),
        (from, to) => (from.parse().ok()?, to.parse::<usize>().ok()?.min(last)),
    };
    (from <= to && from < length).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (range, want) in [
            ("bytes=0-9", Some((0, 9))),
            ("bytes=90-", Some((90, 99))),
            ("bytes=-10", Some((90, 99))),
            ("bytes=90-1000", Some((90, 99))),
            ("bytes=100-", None),
            ("bytes=9-8", None),
            ("lines=1-2", None),
        ] {
            assert_eq!(parse_range(range, 100), want, "{range}");
        }
    }
}
