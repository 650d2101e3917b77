//! Files that are fetched: exports (good for 2 hours), images of pages, uploads; with `Range`.

use crate::sandbox::api::media_check;
use crate::sandbox::shared::State;
use crate::sandbox::state::job::EXPORT_URL_MS;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;

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
    ranged(content.into(), range, "application/octet-stream", None)
}

/// `GET /mmbiz/{corpid}/{number}`: an image of a page.
pub async fn page_image(path: web::Path<(String, u64)>, state: web::Data<State>) -> HttpResponse {
    let (corpid, number) = path.into_inner();
    let image = state.with_corp(&corpid, |corp| corp.jobs.page_images.get(&number).cloned()).flatten();
    match image {
        Some(image) => {
            let content_type = media_check::content_type(&image.kind, &image.filename, &image.content);
            ranged(image.content.into(), None, content_type, None)
        }
        None => HttpResponse::NotFound().finish(),
    }
}

/// A file, or the range of it that is asked for.
pub fn ranged(content: Bytes, range: Option<&str>, content_type: &str, filename: Option<&str>) -> HttpResponse {
    let length = content.len();
    let (mut answer, content) = match range.map(|range| parse_range(range, length)) {
        None => (HttpResponse::Ok(), content),
        Some(Some((from, to))) => {
            let mut answer = HttpResponse::PartialContent();
            answer.insert_header((header::CONTENT_RANGE, format!("bytes {from}-{to}/{length}")));
            (answer, content.slice(from..=to))
        }
        Some(None) => {
            return HttpResponse::RangeNotSatisfiable()
                .insert_header((header::CONTENT_RANGE, format!("bytes */{length}")))
                .finish();
        }
    };
    answer.insert_header((header::ACCEPT_RANGES, "bytes")).content_type(content_type.to_owned());
    answer.insert_header(("X-Content-Type-Options", "nosniff"));
    if let Some(filename) = filename
        && let Ok(value) = HeaderValue::from_bytes(format!("attachment; filename=\"{}\"", plain(filename)).as_bytes())
    {
        // Raw UTF-8, as the live service gives names back.
        answer.insert_header(("Content-disposition", value));
    }
    answer.body(content)
}

/// A name that cannot leave its quotes.
fn plain(filename: &str) -> String {
    filename.chars().map(|c| if c.is_control() || c == '"' { '_' } else { c }).collect()
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
