//! Files of the phone page: style, script, uploads, logos.

use crate::sandbox::api::media_check;
use crate::sandbox::html::safe;
use crate::sandbox::shared::State;
use crate::sandbox::wire::download::ranged;
use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

const STYLE: &str = include_str!("phone.css");
const SCRIPT: &str = include_str!("phone.js");

/// `GET /_sandbox/phone.css`
pub async fn style() -> HttpResponse {
    HttpResponse::Ok().content_type("text/css; charset=utf-8").insert_header(("Cache-Control", "no-cache")).body(STYLE)
}

/// `GET /_sandbox/phone.js`
pub async fn script() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/javascript; charset=utf-8")
        .insert_header(("Cache-Control", "no-cache"))
        .body(SCRIPT)
}

/// `GET /_sandbox/media/{corpid}/{media_id}`: what `PicUrl` of a received picture points to.
pub async fn media(state: Data<State>, request: HttpRequest, path: Path<(String, String)>) -> HttpResponse {
    let (corpid, media_id) = path.into_inner();
    let media = state.with_corp(&corpid, |corp| corp.jobs.media.get(&media_id).cloned()).flatten();
    let Some(media) = media else { return HttpResponse::NotFound().finish() };
    // Only pictures and sounds are shown; anything else is kept out of the page's origin.
    let content_type = match media.kind.as_str() {
        "image" | "voice" | "video" => media_check::content_type(&media.kind, &media.filename, &media.content),
        _ => "application/octet-stream",
    };
    let filename = (media.kind == "file").then_some(media.filename.as_str());
    let range = request.headers().get(header::RANGE).and_then(|value| value.to_str().ok());
    ranged(media.content.into(), range, content_type, filename)
}

/// `GET /_sandbox/logo/{corpid}/{agentid}`
pub async fn logo(state: Data<State>, path: Path<(String, u64)>) -> HttpResponse {
    let (corpid, agentid) = path.into_inner();
    let found = state.with_corp(&corpid, |corp| {
        let app = corp.apps.get(&agentid)?;
        Some((app.name.clone(), corp.jobs.media.get(&app.logo_mediaid).cloned()))
    });
    match found.flatten() {
        Some((_, Some(logo))) => {
            let content_type = media_check::content_type(&logo.kind, &logo.filename, &logo.content);
            ranged(logo.content.into(), None, content_type, None)
        }
        Some((name, None)) => {
            let letter = safe(&name.chars().next().unwrap_or('·').to_string());
            let svg = format!(
                "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 96 96' width='96' height='96'>\
                 <rect width='96' height='96' rx='16' fill='#3b7ddd'/><text x='48' y='63' font-size='44' fill='#fff' \
                 text-anchor='middle' font-family='sans-serif'>{letter}</text></svg>"
            );
            HttpResponse::Ok().content_type("image/svg+xml").body(svg)
        }
        None => HttpResponse::NotFound().finish(),
    }
}
