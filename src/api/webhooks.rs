//! `/api/v1/webhooks`: endpoints that are told of what happens, and what they were told.

use super::answer::{Accepted, Created, NoContent, Ok, Page, Put, Reply};
use super::auth::{CallbacksManage, CallbacksRead, Key};
use super::confirm::ConfirmQuery;
use super::once::Once;
use super::routes::Routes;
use super::state::State;
use crate::http::errors::webhook_problem;
use crate::http::{Body, Problem, Query};
use crate::model::{CorpKey, PostId, PostState, Webhook, WebhookPost};
use crate::setup::service::Saved;
use crate::store::Order;
use crate::webhooks::WebhookView;
use actix_web::web;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Webhooks", "Signed tellings of what happens, with retries and dead letters.")
        .get("/api/v1/webhooks", "List webhooks and how they fare", list)
        .get("/api/v1/webhooks/{webhook}", "Read a webhook", read)
        .put(
            "/api/v1/webhooks/{webhook}",
            "Create or change a webhook\nThe answer to its creation shows its secret, this once.",
            put,
        )
        .delete(
            "/api/v1/webhooks/{webhook}",
            "Remove a webhook with everything that is on its way to it\n`confirm` must be its name.",
            remove,
        )
        .post(
            "/api/v1/webhooks/{webhook}/secret",
            "Make a new secret\nThe former one is void at once. A repetition with the same Idempotency-Key answers without it.",
            renew,
        )
        .post("/api/v1/webhooks/{webhook}/test", "Tell it of `webhook.test`", test)
        .get("/api/v1/webhooks/{webhook}/posts", "List what a webhook was told, the newest first", posts)
        .post("/api/v1/webhooks/{webhook}/posts/{post}/redrive", "Send a dead letter again", redrive)
        .post(
            "/api/v1/webhooks/{webhook}/redrives",
            "Send the dead letters of a webhook again\nAt most 1000 of the oldest.",
            redrive_all,
        );
}

/// A webhook's own properties.
#[derive(Debug, Deserialize, ToSchema)]
struct WebhookBody {
    /// Where it is told.
    url: String,
    /// Kinds such as `event.click`, beginnings such as `contact.*`, or `*`.
    #[serde(default)]
    events: Vec<String>,
    /// Only of these corps; empty = of all.
    #[serde(default)]
    corps: Vec<CorpKey>,
    /// Whether anything is sent.
    #[serde(default = "yes")]
    enabled: bool,
    /// Time-out of one attempt, milliseconds.
    #[serde(default = "timeout_ms")]
    timeout_ms: u64,
    /// Private CA.
    #[serde(default)]
    ca_file: String,
    /// Proxy.
    #[serde(default)]
    proxy: String,
}

fn yes() -> bool {
    true
}

fn timeout_ms() -> u64 {
    10_000
}

/// A webhook after it was saved.
#[derive(Debug, Serialize, ToSchema)]
struct SavedWebhookView {
    /// Its settings.
    #[serde(flatten)]
    webhook: Webhook,
    /// The secret of a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// A secret just made.
#[derive(Debug, Serialize, ToSchema)]
struct WebhookSecretView {
    /// The webhook.
    webhook: String,
    /// The secret; absent in a repeated answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// How many dead letters are sent again.
#[derive(Debug, Serialize, ToSchema)]
struct RedrivesView {
    /// Their number.
    posts: usize,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct PostsQuery {
    /// Rows on the page, 1 to 1000; default 100.
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<String>,
    /// `waiting`, `done` or `dead`
    state: Option<PostState>,
    /// Which tellings come first: `newest` (default) or `oldest`.
    #[param(inline)]
    order: Option<Order>,
}

async fn list(_: Key<CallbacksRead>, state: web::Data<State>) -> Result<Ok<Page<WebhookView>>, Problem> {
    let all = state.app.webhooks.list().await.map_err(webhook_problem)?;
    Result::Ok(Reply::new(Page::whole(all)))
}

async fn read(
    _: Key<CallbacksRead>,
    state: web::Data<State>,
    name: web::Path<String>,
) -> Result<Ok<WebhookView>, Problem> {
    state.app.webhooks.get(&name).await.map(Reply::new).map_err(webhook_problem)
}

async fn put(
    caller: Key<CallbacksManage>,
    state: web::Data<State>,
    name: web::Path<String>,
    body: Body<WebhookBody>,
) -> Result<Put<SavedWebhookView>, Problem> {
    let WebhookBody { url, events, corps, enabled, timeout_ms, ca_file, proxy } = body.value;
    let webhook = Webhook { name: name.into_inner(), url, events, corps, enabled, timeout_ms, ca_file, proxy };
    let made = state.app.webhooks.put(&caller.actor, webhook.clone()).await.map_err(webhook_problem)?;
    let saved = if made.is_new { Saved::Created } else { Saved::Changed };
    let secret = made.secret.map(|secret| secret.expose().to_owned());
    Result::Ok(Put::new(SavedWebhookView { webhook, secret }, saved))
}

async fn remove(
    caller: Key<CallbacksManage>,
    state: web::Data<State>,
    name: web::Path<String>,
    query: Query<ConfirmQuery>,
) -> Result<NoContent, Problem> {
    query.0.check(&name)?;
    state.app.webhooks.remove(&caller.actor, &name).await.map(|()| NoContent).map_err(webhook_problem)
}

async fn renew(
    caller: Key<CallbacksManage>,
    state: web::Data<State>,
    name: web::Path<String>,
    once: Once,
) -> Result<Created<WebhookSecretView>, Problem> {
    let (app, webhook) = (state.app.clone(), name.into_inner());
    once.run(&state, &caller.id, &[], async move {
        let secret = app.webhooks.renew_secret(&caller.actor, &webhook).await.map_err(webhook_problem)?;
        let kept = serde_json::json!({ "webhook": webhook });
        let view = WebhookSecretView { webhook, secret: Some(secret.expose().to_owned()) };
        Result::Ok(Reply::new(view).keeping(kept))
    })
    .await
}

async fn test(
    caller: Key<CallbacksManage>,
    state: web::Data<State>,
    name: web::Path<String>,
    once: Once,
) -> Result<Accepted<WebhookSecretView>, Problem> {
    let (app, webhook) = (state.app.clone(), name.into_inner());
    once.run(&state, &caller.id, &[], async move {
        app.webhooks.test(&caller.actor, &webhook).await.map_err(webhook_problem)?;
        Result::Ok(Reply::new(WebhookSecretView { webhook, secret: None }))
    })
    .await
}

async fn posts(
    _: Key<CallbacksRead>,
    state: web::Data<State>,
    name: web::Path<String>,
    query: Query<PostsQuery>,
) -> Result<Ok<Page<WebhookPost>>, Problem> {
    let PostsQuery { limit, after, state: wanted, order } = query.0;
    let limit = super::lists::page_limit(limit)?;
    let (after, order) = (after.map(PostId::from), order.unwrap_or_default());
    let rows = state.app.webhooks.posts(&name, wanted, after, order, limit + 1).await;
    let rows = rows.map_err(webhook_problem)?;
    Result::Ok(Reply::new(Page::first(rows.into_iter(), limit, |post| post.id.to_string())))
}

async fn redrive(
    caller: Key<CallbacksManage>,
    state: web::Data<State>,
    path: web::Path<(String, PostId)>,
    once: Once,
) -> Result<Ok<WebhookPost>, Problem> {
    let ((webhook, post), app) = (path.into_inner(), state.app.clone());
    once.run(&state, &caller.id, &[], async move {
        app.webhooks.redrive(&caller.actor, &webhook, &post).await.map(Reply::new).map_err(webhook_problem)
    })
    .await
}

async fn redrive_all(
    caller: Key<CallbacksManage>,
    state: web::Data<State>,
    name: web::Path<String>,
    once: Once,
) -> Result<Ok<RedrivesView>, Problem> {
    let (app, webhook) = (state.app.clone(), name.into_inner());
    once.run(&state, &caller.id, &[], async move {
        let posts = app.webhooks.redrive_all(&caller.actor, &webhook).await.map_err(webhook_problem)?;
        Result::Ok(Reply::new(RedrivesView { posts }))
    })
    .await
}
