//! Answers: a page, a way to another page, a file.

use super::cookies;
use super::flash::Flash;
use super::visit::Visit;
use crate::http::Problem;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};
use askama::Template;
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt};
use tokio::io::AsyncReadExt;

/// Bytes of a file that are read at once while it is handed out.
const PIECE_BYTES: usize = 256 << 10;

/// What pages may load: our own style sheet, script and pictures, nothing inline and nothing from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A page.
pub fn page(template: &impl Template) -> Result<HttpResponse, Problem> {
    page_with(StatusCode::OK, template)
}

/// A page that asks for itself again after a while where there is no script.
pub fn reloading_page(template: &impl Template) -> Result<HttpResponse, Problem> {
    let mut answer = page(template)?;
    answer.extensions_mut().insert(Reloads);
    Ok(answer)
}

/// Marks the answer of [`reloading_page`].
struct Reloads;

/// Whether an answer is a page that asks for itself again.
pub(super) fn reloads<B>(answer: &HttpResponse<B>) -> bool {
    answer.extensions().get::<Reloads>().is_some()
}

/// A page shown again because what was entered is not acceptable (422).
pub fn again(template: &impl Template) -> Result<HttpResponse, Problem> {
    page_with(StatusCode::UNPROCESSABLE_ENTITY, template)
}

/// A page with a status.
pub fn page_with(status: StatusCode, template: &impl Template) -> Result<HttpResponse, Problem> {
    let text = template.render().map_err(Problem::internal)?;
    Ok(HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")))
        .insert_header((header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)))
        .insert_header((header::REFERRER_POLICY, HeaderValue::from_static("same-origin")))
        .body(text))
}

/// 303 to a link of ours (with the base path).
pub fn see_other(url: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, url)).finish()
}

/// 303 to a path of ours (without the base path), which then shows a sentence.
pub fn go(visit: &Visit, path: &str, flash: Option<Flash>) -> HttpResponse {
    let mut answer = see_other(&visit.url(path));
    if let Some(flash) = flash {
        let cookie = cookies::make(visit, cookies::FLASH, &flash.to_cookie(), Some(120));
        // a cookie that cannot be added costs a sentence, nothing else
        let _ = answer.add_cookie(&cookie);
    }
    answer
}

/// A picture that a page shows.
pub fn picture(media_type: &'static str, content: Bytes) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, HeaderValue::from_static(media_type))).body(content)
}

/// A file to keep. The name may have any letters.
pub fn download(name: &str, media_type: &str, content: impl Into<Bytes>) -> HttpResponse {
    kept(name, media_type).body(content.into())
}

/// A file to keep that goes out while it is made or read. One that fails on its way ends the connection.
pub fn stream<E>(name: &str, media_type: &str, pieces: impl Stream<Item = Result<Bytes, E>> + 'static) -> HttpResponse
where
    E: std::error::Error + Send + Sync + 'static,
{
    kept(name, media_type).streaming(pieces.map_err(std::io::Error::other))
}

/// A file in pieces.
pub fn pieces(file: tokio::fs::File) -> impl Stream<Item = std::io::Result<Bytes>> {
    futures_util::stream::unfold(file, |mut file| async move {
        let mut piece = vec![0; PIECE_BYTES];
        match file.read(&mut piece).await {
            Ok(0) => None,
            Ok(read) => {
                piece.truncate(read);
                Some((Ok(Bytes::from(piece)), file))
            }
            Err(cause) => Some((Err(cause), file)),
        }
    })
}

fn kept(name: &str, media_type: &str) -> HttpResponseBuilder {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect();
    let encoded = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::CONTENT_TYPE, media_type)).insert_header((
        header::CONTENT_DISPOSITION,
        format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"),
    ));
    answer
}
