//! Style sheet, script and icons: our own, compiled in, kept by browsers for a year under their version.

use super::routes::Routes;
use super::visit::Visitor;
use crate::http::Problem;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

struct Asset {
    name: &'static str,
    media_type: &'static str,
    content: &'static str,
    version: String,
}

const STYLE: &str = concat!(
    include_str!("../../static/css/base.css"),
    include_str!("../../static/css/frame.css"),
    include_str!("../../static/css/forms.css"),
    include_str!("../../static/css/tables.css"),
    include_str!("../../static/css/parts.css"),
    include_str!("../../static/css/trees.css"),
    include_str!("../../static/css/charts.css"),
    include_str!("../../static/css/overview.css"),
    include_str!("../../static/css/wecom.css"),
);

const SCRIPT: &str = concat!(
    include_str!("../../static/js/core.js"),
    include_str!("../../static/js/forms.js"),
    include_str!("../../static/js/leaving.js"),
    include_str!("../../static/js/trees.js"),
    include_str!("../../static/js/live.js"),
);

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    [
        ("app.css", "text/css; charset=utf-8", STYLE),
        ("app.js", "text/javascript; charset=utf-8", SCRIPT),
        ("icon.svg", "image/svg+xml", include_str!("../../static/icon.svg")),
    ]
    .into_iter()
    .map(|(name, media_type, content)| {
        let version = hex::encode(&Sha256::digest(content)[..6]);
        Asset { name, media_type, content, version }
    })
    .collect()
});

fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// The version of a file; changes with its content.
pub fn version(name: &str) -> &'static str {
    find(name).map(|asset| asset.version.as_str()).unwrap_or_default()
}

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/static/{name}", asset);
}

async fn asset(visitor: Visitor, request: HttpRequest, name: web::Path<String>) -> Result<HttpResponse, Problem> {
    let asset = find(&name).ok_or_else(|| Problem::not_found("file", &*name))?;
    let tag = format!("\"{}\"", asset.version);
    let is_versioned = visitor.query == format!("v={}", asset.version);
    let keep = if is_versioned { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static(keep)))
        .insert_header((header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type)))
        .insert_header((header::ETAG, tag.clone()));
    let is_known = request.headers().get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    if is_known {
        return Ok(answer.status(actix_web::http::StatusCode::NOT_MODIFIED).finish());
    }
    Ok(answer.body(asset.content))
}
