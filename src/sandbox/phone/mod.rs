//! `/_sandbox/phone/{corp}/{userid}`: plays the WeCom of a member in the browser. Messages look as they do there, and what
//! is pressed, said or tapped is told to the app by real encrypted callbacks.
//!
//! Works without script: forms, links, redirects. A small script of our own only refreshes.

mod acts;
mod article;
mod bubbles;
mod cards;
mod files;
mod frame;
mod links;
mod list;
mod markup;
mod menu;
mod room;
mod side;
mod time;

use super::html::link_part;
use super::messages::message::Room;
use super::shared::State;
use super::state::corp::Corp;
use super::state::member::{Member, Text, folded};
use actix_web::cookie::{Cookie, SameSite};
use actix_web::web::{self, Data, Path, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use std::fmt::Write;

/// Pages of a phone are never kept, and run nothing but our own files.
const CSP: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; \
                   img-src 'self' data: http: https:; media-src 'self'; form-action 'self'; base-uri 'none'";

/// The cookie that tells the sandbox's OAuth whose phone opened a link: `{corp}:{userid}`, each percent-encoded.
pub const MEMBER_COOKIE: &str = "sandbox_member";
const LANG_COOKIE: &str = "sandbox_lang";
const LOOK_COOKIE: &str = "sandbox_look";

/// Must come before the other routes under `/_sandbox`.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/_sandbox/phone.css", web::get().to(files::style))
        .route("/_sandbox/phone.js", web::get().to(files::script))
        .route("/_sandbox/media/{corpid}/{media_id}", web::get().to(files::media))
        .route("/_sandbox/logo/{corpid}/{agentid}", web::get().to(files::logo))
        .service(
            web::scope("/_sandbox/phone").route("", web::get().to(find)).service(
                web::scope("/{corpid}/{userid}")
                    .route("", web::get().to(list::page))
                    .route("/version", web::get().to(version))
                    .route("/me", web::get().to(list::me))
                    .route("/open", web::get().to(links::open))
                    .route("/scan", web::get().to(links::scan))
                    .route("/scan", web::post().to(links::scanned))
                    .route("/article/{number}/{index}", web::get().to(article::page))
                    .route("/chat/{chatid}", web::get().to(room::chat))
                    .route("/robot/{key}", web::get().to(room::robot))
                    .route("/app/{agentid}", web::get().to(room::app))
                    .route("/app/{agentid}/enter", web::post().to(acts::enter))
                    .route("/app/{agentid}/say", web::post().to(acts::say))
                    .route("/app/{agentid}/picture", web::post().to(acts::picture))
                    .route("/app/{agentid}/press", web::post().to(acts::press))
                    .route("/app/{agentid}/menu/{place}", web::get().to(menu::sheet))
                    .route("/app/{agentid}/menu/{place}", web::post().to(acts::menu))
                    .route("/app/{agentid}/view/{place}", web::get().to(acts::view)),
            ),
        );
}

/// The language of the labels: Chinese unless English was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// 中文
    Zh,
    /// English
    En,
}

/// What the browser remembers about the page.
#[derive(Debug, Clone)]
pub struct Taste {
    /// Language.
    pub lang: Lang,
    /// `auto`, `light` or `dark`.
    pub look: &'static str,
    /// What the last act led to, as a code.
    pub note: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Wish {
    lang: Option<String>,
    look: Option<String>,
    note: String,
}

fn look_of(name: &str) -> &'static str {
    match name {
        "light" => "light",
        "dark" => "dark",
        _ => "auto",
    }
}

impl Taste {
    /// From the query, else from the cookies.
    pub fn of(request: &HttpRequest) -> Self {
        let wish = Query::<Wish>::from_query(request.query_string()).map(Query::into_inner).unwrap_or_default();
        let cookie = |name| request.cookie(name).map(|cookie| cookie.value().to_owned());
        let lang = wish.lang.or_else(|| cookie(LANG_COOKIE)).unwrap_or_default();
        let look = wish.look.or_else(|| cookie(LOOK_COOKIE)).unwrap_or_default();
        Self { lang: if lang == "en" { Lang::En } else { Lang::Zh }, look: look_of(&look), note: wish.note }
    }

    /// The label in the language.
    pub fn t(&self, zh: &'static str, en: &'static str) -> &'static str {
        match self.lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// `zh` or `en`.
    pub fn lang_name(&self) -> &'static str {
        self.t("zh", "en")
    }
}

/// A phone in somebody's hand.
pub struct Phone<'w> {
    /// Corp.
    pub corp: &'w Corp,
    /// The member.
    pub member: &'w Member,
    /// The member's key.
    pub key: Text,
    /// Taste.
    pub taste: &'w Taste,
    /// The sandbox's time.
    pub now_ms: i64,
    /// Path of this phone.
    pub base: String,
}

impl<'w> Phone<'w> {
    /// The phone of a member; `None` when there is none.
    pub fn of(corp: &'w Corp, userid: &str, taste: &'w Taste, now_ms: i64) -> Option<Self> {
        let key = folded(userid);
        let member = corp.directory.member(&key)?;
        let base = base(&corp.corpid, &member.userid);
        Some(Self { corp, member, key, taste, now_ms, base })
    }

    /// The label in the language.
    pub fn t(&self, zh: &'static str, en: &'static str) -> &'static str {
        self.taste.t(zh, en)
    }

    /// Path of a room.
    pub fn room_path(&self, room: &Room) -> String {
        match room {
            Room::App(agentid) => format!("{}/app/{agentid}", self.base),
            Room::Chat(chatid) => format!("{}/chat/{}", self.base, link_part(chatid)),
            Room::Robot(key) => format!("{}/robot/{}", self.base, link_part(key)),
        }
    }
}

/// Path of a member's phone.
pub fn base(corpid: &str, userid: &str) -> String {
    format!("/_sandbox/phone/{}/{}", link_part(corpid), link_part(userid))
}

/// Renders a page of a phone, or says that there is none.
fn render(
    state: &State,
    request: &HttpRequest,
    corpid: &str,
    userid: &str,
    write: impl FnOnce(&mut String, &Phone<'_>) -> Result<bool, std::fmt::Error>,
) -> HttpResponse {
    let taste = Taste::of(request);
    let now_ms = state.now_ms();
    let mut html = String::with_capacity(32 * 1024);
    let written = state.with_corp(corpid, |corp| {
        let phone = Phone::of(corp, userid, &taste, now_ms)?;
        // Writing into a String cannot fail.
        write(&mut html, &phone).ok()
    });
    match written.flatten() {
        Some(true) => answer(html, &taste),
        _ => {
            let mut html = String::new();
            let _ = frame::nothing(&mut html, &taste);
            HttpResponse::NotFound()
                .content_type("text/html; charset=utf-8")
                .insert_header(("Content-Security-Policy", CSP))
                .body(html)
        }
    }
}

fn keep(name: &'static str, value: &'static str) -> Cookie<'static> {
    Cookie::build(name, value).path("/_sandbox").same_site(SameSite::Lax).http_only(true).finish()
}

fn answer(html: String, taste: &Taste) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header(("Content-Security-Policy", CSP))
        .insert_header(("Referrer-Policy", "no-referrer"))
        .insert_header(("Cache-Control", "no-store"))
        .cookie(keep(LANG_COOKIE, taste.lang_name()))
        .cookie(keep(LOOK_COOKIE, taste.look))
        .body(html)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Search {
    corp: String,
    userid: String,
}

/// The search box: to the phone of the member of this userid, name or beginning of one.
async fn find(state: Data<State>, search: Query<Search>) -> HttpResponse {
    let wanted = search.userid.trim();
    let key = folded(wanted);
    let found = state.with(|world| {
        let corp = world.corps.get(&search.corp).or_else(|| world.corps.values().next())?;
        let directory = &corp.directory;
        let member = directory
            .member(&key)
            .or_else(|| directory.members().find(|member| member.name == wanted))
            .or_else(|| directory.members_from(&key).next().map(|row| row.1).filter(|m| m.key().starts_with(&*key)))?;
        Some(base(&corp.corpid, &member.userid))
    });
    match found.filter(|_| !wanted.is_empty()) {
        Some(path) => see_other(&path),
        None => {
            let mut html = String::new();
            let taste = Taste { lang: Lang::Zh, look: "auto", note: String::new() };
            let _ = frame::nothing(&mut html, &taste);
            HttpResponse::NotFound()
                .content_type("text/html; charset=utf-8")
                .insert_header(("Content-Security-Policy", CSP))
                .body(html)
        }
    }
}

/// A number that grows with everything that the page could show.
async fn version(state: Data<State>, path: Path<(String, String)>) -> HttpResponse {
    let shown = state.with_corp(&path.0, |corp| corp.messages.ring.version());
    let mut text = String::new();
    let _ = write!(text, "{}.{}", shown.unwrap_or_default(), state.last_delivery());
    HttpResponse::Ok().content_type("text/plain").insert_header(("Cache-Control", "no-store")).body(text)
}

fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header(("Location", path.to_owned())).finish()
}
