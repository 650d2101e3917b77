//! `/api/v1/corps/{corp}/inbox`: received callbacks, had worked on again, and how they fare.

use super::answer::{Ok, Page, Reply};
use super::auth::{CallbacksManage, CallbacksRead, Key, SettingsWrite};
use super::confirm::check_count;
use super::once::Once;
use super::routes::Routes;
use super::state::State;
use crate::callbacks::InboxSettings;
use crate::callbacks::inbox::{CallbackGauges, InboxDetail};
use crate::http::errors::store_problem;
use crate::http::{Body, Problem, Query};
use crate::model::{CallbackOf, CorpKey, InboxId, InboxItem, InboxState};
use crate::store::inbox::InboxFilter;
use crate::store::{Order, Search};
use actix_web::web;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Callbacks", "What WeCom sends: the inbox, gauges, the failures that a sender is never told of.")
        .get(
            "/api/v1/corps/{corp}/callbacks",
            "How a corp's callbacks fare\nPer receiver: whether it is on, what came in the last 24 hours, lag and longest gap, the last checks of the \
             URL and the last failures with what was wrong.",
            gauges,
        )
        .get(
            "/api/v1/corps/{corp}/inbox",
            "List received callbacks, the newest first\nWith filters a page may be short or empty and still have a `next`: each looks at a \
             bounded number of rows.",
            list,
        )
        .get("/api/v1/corps/{corp}/inbox/{callback}", "Read a callback with what it says", read)
        .post(
            "/api/v1/corps/{corp}/inbox/{callback}/replay",
            "Have the work on a callback done again\nWeCom is not answered again: a passive reply is not sent a second time.",
            replay,
        )
        .post(
            "/api/v1/corps/{corp}/inbox-replays",
            "Have the work on many callbacks done again\nThose that the body's filter wants, at most 1000 of the newest. `confirm` must be how many these are; a request \
             without it is refused and tells.",
            replay_all,
        )
        .get("/api/v1/inbox-settings", "Read what is set about the inbox", settings)
        .put("/api/v1/inbox-settings", "Change what is set about the inbox", put_settings);
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Rows on the page, 1 to 1000; default 100.
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<String>,
    /// `contacts`, `customers`, or an app's key.
    receiver: Option<String>,
    /// A kind such as `event.click`, or the beginning of kinds with a dot at the end, such as `contact.`
    kind: Option<String>,
    /// `waiting`, `done` or `failed`
    state: Option<InboxState>,
    /// The sender's userid.
    from: Option<String>,
    /// Part of the decrypted text, in whatever case.
    text: Option<String>,
    /// Not received before this time, Unix milliseconds.
    from_ms: Option<i64>,
    /// Received before this time, Unix milliseconds.
    until_ms: Option<i64>,
    /// Which callbacks come first: `newest` (default) or `oldest`.
    #[param(inline)]
    order: Option<Order>,
}

/// Which callbacks are meant.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct ReplaysBody {
    /// `contacts`, `customers`, or an app's key.
    receiver: Option<String>,
    /// A kind, or the beginning of kinds with a dot at the end.
    kind: Option<String>,
    /// `done` or `failed`
    state: Option<InboxState>,
    /// Not received before this time, Unix milliseconds.
    from_ms: Option<i64>,
    /// Received before this time, Unix milliseconds.
    until_ms: Option<i64>,
    /// How many callbacks these are.
    confirm: Option<usize>,
}

/// How many callbacks are worked on again.
#[derive(Debug, Serialize, ToSchema)]
struct ReplaysView {
    /// Their number.
    callbacks: usize,
}

async fn gauges(
    _: Key<CallbacksRead>,
    state: web::Data<State>,
    corp: web::Path<CorpKey>,
) -> Result<Ok<CallbackGauges>, Problem> {
    state.app.callbacks.gauges(&corp).await.map(Reply::new).map_err(store_problem)
}

async fn list(
    _: Key<CallbacksRead>,
    state: web::Data<State>,
    corp: web::Path<CorpKey>,
    query: Query<ListQuery>,
) -> Result<Ok<Page<InboxItem>>, Problem> {
    let ListQuery { limit, after, receiver, kind, state: wanted, from, text, from_ms, until_ms, order } = query.0;
    let limit = super::lists::page_limit(limit)?;
    let filter = InboxFilter {
        receiver: receiver.as_deref().map(CallbackOf::of),
        kind,
        state: wanted,
        from: from.into_iter().collect(),
        text: text.filter(|text| !text.trim().is_empty()).map(|text| Search::new(&text)),
        from_ms,
        until_ms,
        order: order.unwrap_or_default(),
    };
    let page = state.app.callbacks.search(&corp, filter, after.map(InboxId::from), limit).await;
    let page = page.map_err(store_problem)?;
    Result::Ok(Reply::new(Page { items: page.rows, next: page.next.map(|id| id.to_string()) }))
}

async fn read(
    _: Key<CallbacksRead>,
    state: web::Data<State>,
    path: web::Path<(CorpKey, InboxId)>,
) -> Result<Ok<InboxDetail>, Problem> {
    let (corp, id) = path.into_inner();
    state.app.callbacks.get(&corp, &id).await.map(Reply::new).map_err(store_problem)
}

async fn replay(
    caller: Key<CallbacksManage>,
    state: web::Data<State>,
    path: web::Path<(CorpKey, InboxId)>,
    once: Once,
) -> Result<Ok<InboxItem>, Problem> {
    let ((corp, id), app) = (path.into_inner(), state.app.clone());
    once.run(&state, &caller.id, &[], async move {
        app.callbacks.replay(&corp, &id, &caller.actor).await.map(Reply::new).map_err(store_problem)
    })
    .await
}

async fn replay_all(
    caller: Key<CallbacksManage>,
    state: web::Data<State>,
    corp: web::Path<CorpKey>,
    once: Once,
    body: Body<ReplaysBody>,
) -> Result<Ok<ReplaysView>, Problem> {
    let ReplaysBody { receiver, kind, state: wanted, from_ms, until_ms, confirm } = body.value;
    let receiver = receiver.as_deref().map(CallbackOf::of);
    let filter = InboxFilter { receiver, kind, state: wanted, from_ms, until_ms, ..InboxFilter::default() };
    let app = state.app.clone();
    // what comes between counting and replaying is not meant
    let now_ms = app.clock.now_ms();
    let filter = InboxFilter { until_ms: Some(until_ms.map_or(now_ms + 1, |ms| ms.min(now_ms + 1))), ..filter };
    once.run(&state, &caller.id, &body.digest, async move {
        let count = app.callbacks.replayable(&corp, filter.clone()).await.map_err(store_problem)?.len();
        check_count(confirm, count)?;
        let callbacks = app.callbacks.replay_all(&corp, filter, &caller.actor).await.map_err(store_problem)?;
        Result::Ok(Reply::new(ReplaysView { callbacks }))
    })
    .await
}

async fn settings(_: Key<CallbacksRead>, state: web::Data<State>) -> Result<Ok<InboxSettings>, Problem> {
    state.app.callbacks.settings().await.map(Reply::new).map_err(store_problem)
}

async fn put_settings(
    caller: Key<SettingsWrite>,
    state: web::Data<State>,
    body: Body<InboxSettings>,
) -> Result<Ok<InboxSettings>, Problem> {
    let settings = body.value;
    state.app.callbacks.put_settings(&caller.actor, settings).await.map_err(store_problem)?;
    Result::Ok(Reply::new(settings))
}
