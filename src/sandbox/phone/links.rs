//! Links and codes: opening an address as the member, and scanning.

use super::{MEMBER_COOKIE, Phone, frame, render};
use crate::sandbox::html::{link_part, safe};
use crate::sandbox::shared::State;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::web::{Data, Form, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use std::fmt::Write;

/// The way over which an address is opened as this member.
pub fn open_path(phone: &Phone<'_>, url: &str) -> String {
    format!("{}/open?url={}", phone.base, link_part(url))
}

fn is_web(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// Sends the browser there and lets the sandbox's OAuth know whose phone it is.
pub fn redirect(corpid: &str, userid: &str, url: &str) -> HttpResponse {
    let value = format!("{}:{}", link_part(corpid), link_part(userid));
    let cookie = Cookie::build(MEMBER_COOKIE, value).path("/").same_site(SameSite::Lax).http_only(true).finish();
    HttpResponse::SeeOther().cookie(cookie).insert_header(("Location", url.to_owned())).finish()
}

#[derive(Deserialize)]
pub struct Target {
    url: String,
}

/// `GET …/open?url=`: http and https only; anything else is shown as what it is.
pub async fn open(
    state: Data<State>,
    request: HttpRequest,
    path: Path<(String, String)>,
    target: Query<Target>,
) -> HttpResponse {
    let (corpid, userid) = path.into_inner();
    let is_member = state.find_member(&corpid, &userid).is_some();
    if is_member && is_web(&target.url) {
        return redirect(&corpid, &userid, &target.url);
    }
    show(&state, &request, &corpid, &userid, &target.url)
}

/// What a code says, when it is no address.
fn show(state: &State, request: &HttpRequest, corpid: &str, userid: &str, text: &str) -> HttpResponse {
    render(state, request, corpid, userid, |out, phone| {
        let title = phone.t("扫描结果", "Result");
        frame::open(out, phone, title, None)?;
        frame::bar(out, phone, title, Some(&phone.base))?;
        write!(
            out,
            "<div class=sheet><p class=result>{}</p><p class=hint>{}</p></div>",
            safe(text),
            phone.t("内容不是网址，未打开任何页面。", "This is no web address; nothing was opened.")
        )?;
        frame::close(out, phone, "")?;
        Ok(true)
    })
}

/// `GET …/scan`: a box for what the camera would read.
pub async fn scan(state: Data<State>, request: HttpRequest, path: Path<(String, String)>) -> HttpResponse {
    let (corpid, userid) = path.into_inner();
    render(&state, &request, &corpid, &userid, |out, phone| {
        let title = phone.t("扫一扫", "Scan");
        frame::open(out, phone, title, None)?;
        frame::bar(out, phone, title, Some(&phone.base))?;
        write!(
            out,
            "<div class=sheet><form method=post action=\"{}/scan\" class=fields>\
             <div class=viewfinder aria-hidden=true><i></i></div>\
             <label>{}<textarea name=payload rows=4 required placeholder=\"https://…\"></textarea></label>\
             <p class=hint>{}</p><button class=primary>{}</button></form></div>",
            phone.base,
            phone.t("二维码内容", "What the code says"),
            phone.t(
                "粘贴二维码里的文字。若是网址，将以当前成员的身份打开。",
                "Paste the text of a QR code. An address is opened as this member."
            ),
            phone.t("识别", "Scan"),
        )?;
        frame::close(out, phone, "")?;
        Ok(true)
    })
}

#[derive(Deserialize)]
pub struct Scanned {
    payload: String,
}

/// `POST …/scan`
pub async fn scanned(
    state: Data<State>,
    request: HttpRequest,
    path: Path<(String, String)>,
    form: Form<Scanned>,
) -> HttpResponse {
    let (corpid, userid) = path.into_inner();
    go_on(&state, &request, &corpid, &userid, form.payload.trim())
}

/// A page that goes on to an address: a redirect straight out of a form would be held by the page's own policy.
pub fn go_on(state: &State, request: &HttpRequest, corpid: &str, userid: &str, url: &str) -> HttpResponse {
    render(state, request, corpid, userid, |out, phone| {
        let (title, path) = (phone.t("正在打开", "Opening"), open_path(phone, url));
        frame::open(out, phone, title, Some(&path))?;
        frame::bar(out, phone, title, Some(&phone.base))?;
        write!(out, "<div class=sheet><p class=result><a href=\"{}\">{}</a></p></div>", safe(&path), safe(url))?;
        frame::close(out, phone, "")?;
        Ok(true)
    })
}
