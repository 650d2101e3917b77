//! An article that WeCom stores (`mpnews`), on a page of its own. Its HTML is the app's: it runs nothing here.

use super::Taste;
use crate::sandbox::html::safe;
use crate::sandbox::messages::content::Content;
use crate::sandbox::shared::State;
use crate::sandbox::state::member::folded;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

const CSP: &str = "sandbox allow-popups; default-src 'none'; img-src http: https: data:; style-src 'unsafe-inline'";

/// `GET …/article/{number}/{index}`
pub async fn page(state: Data<State>, request: HttpRequest, path: Path<(String, String, u64, usize)>) -> HttpResponse {
    let (corpid, userid, number, index) = path.into_inner();
    let taste = Taste::of(&request);
    let message = state.find_message(&corpid, number);
    let message = message.filter(|message| {
        message.recalled_at_ms.is_none() && message.receipt(&folded(&userid)).is_some_and(|receipt| !receipt.is_dropped)
    });
    let article = message.and_then(|message| match message.content {
        Content::Mpnews(news) => news.articles.into_iter().nth(index),
        _ => None,
    });
    let Some(article) = article else { return HttpResponse::NotFound().finish() };
    let author = match article.author.as_str() {
        "" => String::new(),
        author => format!("<p class=author>{}</p>", safe(author)),
    };
    let source = match article.content_source_url.as_str() {
        "" => String::new(),
        url => format!(
            "<p><a href=\"{}\" target=_blank rel=noopener>{}</a></p>",
            safe(url),
            taste.t("阅读原文", "Read original")
        ),
    };
    let html = format!(
        "<!doctype html><html lang=zh-CN><head><meta charset=utf-8>\
         <meta name=viewport content='width=device-width,initial-scale=1'><title>{title}</title><style>\
         :root{{color-scheme:light dark}}body{{font:17px/1.7 system-ui,'Noto Sans CJK SC',sans-serif;max-width:680px;\
         margin:0 auto;padding:24px 20px 64px}}h1{{font-size:22px;line-height:1.4}}img{{max-width:100%}}\
         .author{{color:#6b7280;font-size:15px}}</style></head><body><h1>{title}</h1>{author}<div>{}</div>{source}</body></html>",
        article.content,
        title = safe(&article.title),
    );
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header(("Content-Security-Policy", CSP))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .body(html)
}
