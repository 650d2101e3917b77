//! Webhooks: the list, what one was told, dead letters sent again.

use crate::http::Problem;
use crate::http::errors::webhook_problem;
use crate::http::permission::{CallbacksManage, CallbacksRead};
use crate::locale::T;
use crate::model::{ApiScope, PostId, PostState, WebhookPost};
use crate::store::{self, PAGE_MAX};
use crate::web::export::{self, Kind, Out};
use crate::web::flash::Flash;
use crate::web::form::{Form, Nothing};
use crate::web::frame::Frame;
use crate::web::listing::{Listing, ROWS};
use crate::web::routes::Routes;
use crate::web::sheet::{PARAMETERS, Sheet};
use crate::web::slice::Slice;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use crate::web::{reply, time};
use crate::webhooks::{WebhookError, WebhookView};
use actix_web::{HttpResponse, web};
use askama::Template;

/// Parameters of the list of tellings.
const POSTS: [&str; 4] = ["state", "sort", "dir", "after"];

pub(super) fn routes(routes: &mut Routes) {
    routes
        .list("/webhooks", list)
        .files("/webhooks/{webhook}/posts", posts_files)
        .get("/webhooks/{webhook}", show)
        .post("/webhooks/{webhook}/test", test)
        .post("/webhooks/{webhook}/redrives", redrive_all)
        .post("/webhooks/{webhook}/posts/{post}/redrive", redrive);
}

#[derive(Template)]
#[template(path = "callbacks/webhooks.html")]
struct WebhooksPage {
    f: Frame,
    list: Listing,
    page: Slice<WebhookView>,
    can_change: bool,
}

struct Post {
    post: WebhookPost,
    when: String,
    due: String,
    what: String,
    state: &'static str,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "callbacks/webhook.html")]
struct WebhookPage {
    f: Frame,
    view: WebhookView,
    list: Listing,
    /// The posts as a file.
    files: Listing,
    posts: Vec<Post>,
    next: Option<String>,
    paused: String,
    can_change: bool,
}

impl WebhookPage {
    fn states(&self) -> [(&'static str, &'static str); 3] {
        let t = self.f.t;
        [("waiting", t.inbox_waiting()), ("done", t.post_done()), ("dead", t.post_dead())]
    }
}

async fn list(who: Admin<CallbacksRead>, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    let (t, list) = (who.t, Listing::of(&who, &PARAMETERS));
    let rows = web.app.webhooks.list().await.map_err(webhook_problem)?;
    let columns = [
        ("name", t.webhook_name()),
        ("url", "URL"),
        ("events", t.webhook_events()),
        ("corps", t.webhook_corps()),
        ("waiting", t.webhook_waiting()),
        ("dead", t.post_dead()),
        ("state", t.inbox_state()),
    ];
    let sheet = Sheet::new(columns, rows.iter().map(|row| cells(t, row)).collect());
    if let Some(file) = sheet.file(&who, &web, &list, "webhooks").await? {
        return Ok(file);
    }
    let (page, can_change) = (sheet.page(&list, rows), who.may(ApiScope::CallbacksManage));
    reply::page(&WebhooksPage { f: who.frame(t.nav_webhooks()), list, page, can_change })
}

fn cells(t: T, row: &WebhookView) -> Vec<String> {
    let (webhook, gauge) = (&row.webhook, &row.gauge);
    let state = match (webhook.enabled, gauge.failures) {
        (false, _) => t.reply_off(),
        (true, 0) => t.reply_on(),
        (true, _) => t.webhook_failing(),
    };
    let corps = webhook.corps.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let (waiting, dead) = (gauge.waiting.to_string(), gauge.dead.to_string());
    vec![webhook.name.clone(), webhook.url.clone(), webhook.events.join(" "), corps, waiting, dead, state.to_owned()]
}

fn row(t: T, post: WebhookPost) -> Post {
    let (state, class) = match post.state {
        PostState::Waiting => (t.inbox_waiting(), "warn"),
        PostState::Done => (t.post_done(), "good"),
        PostState::Dead => (t.post_dead(), "bad"),
    };
    let due = if post.state == PostState::Waiting { time::second(post.due_at_ms) } else { String::new() };
    Post { when: time::second(post.made_at_ms), due, what: t.callback_kind(&post.kind), state, class, post }
}

async fn posts_files(
    who: Admin<CallbacksRead>,
    web: web::Data<Web>,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    posts(&who, &web, &name, Kind::of(&who)).await
}

/// What one webhook was told and is to be told.
async fn posts(who: &Person, web: &Web, name: &str, kind: Kind) -> Result<HttpResponse, Problem> {
    let t = who.t;
    web.app.webhooks.get(name).await.map_err(webhook_problem)?;
    let list = Listing::of(who, &POSTS);
    let (state, order) = (wanted(&list), list.by_time());
    let captions = vec![
        t.audit_when(),
        t.inbox_kind(),
        t.inbox_code(),
        t.inbox_state(),
        t.post_attempts(),
        t.post_due(),
        t.inbox_note(),
        t.inbox_source(),
        t.inbox_id(),
    ];
    let (store, name, file) = (web.app.store.clone(), name.to_owned(), format!("webhook-{name}"));
    let fill = move |out: Out<'_>| {
        let read = |after: Option<PostId>| {
            let posts = store.read(|tx| store::webhooks::search(tx, &name, state, after.as_ref(), order, PAGE_MAX))?;
            let next = posts.last().filter(|_| posts.len() == PAGE_MAX).map(|post| post.id.clone());
            Ok((posts, next))
        };
        out.rows(export::pages(read).map(|post| {
            let row = row(t, post?);
            let fault = row.post.error.as_deref().map(|error| t.post_fault(error).0.to_string());
            Ok([
                time::machine(row.post.made_at_ms),
                row.what,
                row.post.kind.to_string(),
                row.state.to_owned(),
                row.post.attempts.to_string(),
                row.due,
                fault.unwrap_or_default(),
                row.post.body,
                row.post.id.to_string(),
            ])
        }))
    };
    export::file(web, kind, &file, captions, fill).await
}

/// The state that a list of posts is narrowed to.
fn wanted(list: &Listing) -> Option<PostState> {
    match list.get("state") {
        "waiting" => Some(PostState::Waiting),
        "done" => Some(PostState::Done),
        "dead" => Some(PostState::Dead),
        _ => None,
    }
}

async fn show(
    who: Admin<CallbacksRead>,
    web: web::Data<Web>,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let t = who.t;
    let view = web.app.webhooks.get(&name).await.map_err(webhook_problem)?;
    let list = Listing::of(&who, &POSTS);
    let (state, files) = (wanted(&list), list.clone().on(who.url(&format!("/webhooks/{name}/posts"))));
    let posts = web.app.webhooks.posts(&name, state, list.after_id()?, list.by_time(), ROWS + 1).await;
    let mut posts = posts.map_err(webhook_problem)?;
    let has_more = posts.len() > ROWS;
    posts.truncate(ROWS);
    let next = posts.last().filter(|_| has_more).map(|post| list.at("after", post.id.as_str()));
    reply::page(&WebhookPage {
        f: who.frame(name.as_str()),
        paused: view.gauge.paused_until_ms.map(time::second).unwrap_or_default(),
        view,
        posts: posts.into_iter().map(|post| row(t, post)).collect(),
        next,
        list,
        files,
        can_change: who.may(ApiScope::CallbacksManage),
    })
}

async fn test(
    who: Admin<CallbacksManage>,
    web: web::Data<Web>,
    name: web::Path<String>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let flash = match web.app.webhooks.test(&who.actor(), &name).await {
        Ok(()) => Flash::good(who.t.webhook_tested()),
        Err(WebhookError::Faults(_)) => Flash::warning(who.t.webhook_is_off()),
        Err(error) => return Err(webhook_problem(error)),
    };
    Ok(reply::go(&who, &format!("/webhooks/{name}"), Some(flash)))
}

async fn redrive_all(
    who: Admin<CallbacksManage>,
    web: web::Data<Web>,
    name: web::Path<String>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let count = web.app.webhooks.redrive_all(&who.actor(), &name).await.map_err(webhook_problem)?;
    Ok(reply::go(&who, &format!("/webhooks/{name}"), Some(Flash::good(who.t.post_redriven(count)))))
}

async fn redrive(
    who: Admin<CallbacksManage>,
    web: web::Data<Web>,
    path: web::Path<(String, PostId)>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let (name, id) = path.into_inner();
    let flash = match web.app.webhooks.redrive(&who.actor(), &name, &id).await {
        Ok(_) => Flash::good(who.t.post_redriven(1)),
        Err(WebhookError::NotDead(_)) => Flash::warning(who.t.post_not_dead()),
        Err(error) => return Err(webhook_problem(error)),
    };
    Ok(reply::go(&who, &format!("/webhooks/{name}"), Some(flash)))
}
