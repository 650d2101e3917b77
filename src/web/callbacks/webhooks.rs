//! Webhooks: the list, what one was told, dead letters sent again.

use crate::http::Problem;
use crate::http::errors::webhook_problem;
use crate::http::permission::{CallbacksManage, CallbacksRead};
use crate::locale::T;
use crate::model::{ApiScope, PostId, PostState, WebhookPost};
use crate::web::flash::Flash;
use crate::web::form::{Form, Nothing};
use crate::web::frame::Frame;
use crate::web::listing::{Listing, ROWS};
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::Admin;
use crate::web::{reply, time};
use crate::webhooks::{WebhookError, WebhookView};
use actix_web::{HttpResponse, web};
use askama::Template;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .get("/webhooks", list)
        .get("/webhooks/{webhook}", show)
        .post("/webhooks/{webhook}/test", test)
        .post("/webhooks/{webhook}/redrives", redrive_all)
        .post("/webhooks/{webhook}/posts/{post}/redrive", redrive);
}

#[derive(Template)]
#[template(path = "callbacks/webhooks.html")]
struct WebhooksPage {
    f: Frame,
    rows: Vec<WebhookView>,
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
    let rows = web.app.webhooks.list().await.map_err(webhook_problem)?;
    let can_change = who.may(ApiScope::CallbacksManage);
    reply::page(&WebhooksPage { f: who.frame(who.t.nav_webhooks()), rows, can_change })
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

async fn show(
    who: Admin<CallbacksRead>,
    web: web::Data<Web>,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let t = who.t;
    let view = web.app.webhooks.get(&name).await.map_err(webhook_problem)?;
    let list = Listing::of(&who, &["state", "before"]);
    let state = match list.get("state") {
        "waiting" => Some(PostState::Waiting),
        "done" => Some(PostState::Done),
        "dead" => Some(PostState::Dead),
        _ => None,
    };
    let before = Some(list.get("before")).filter(|id| !id.is_empty()).map(PostId::from);
    let mut posts = web.app.webhooks.posts(&name, state, before, ROWS + 1).await.map_err(webhook_problem)?;
    let has_more = posts.len() > ROWS;
    posts.truncate(ROWS);
    let next = posts.last().filter(|_| has_more).map(|post| list.at("before", post.id.as_str()));
    reply::page(&WebhookPage {
        f: who.frame(name.as_str()),
        paused: view.gauge.paused_until_ms.map(time::second).unwrap_or_default(),
        view,
        posts: posts.into_iter().map(|post| row(t, post)).collect(),
        next,
        list,
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
