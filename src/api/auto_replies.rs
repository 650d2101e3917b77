//! `/api/v1/corps/{corp}/apps/{app}/auto-replies`: what an app answers at once.

use super::answer::{Created, NoContent, Ok, Page, Reply};
use super::auth::{CallbacksManage, CallbacksRead, Key};
use super::confirm::ConfirmQuery;
use super::once::Once;
use super::routes::Routes;
use super::state::State;
use crate::callbacks::replies::{AutoReplyDraft, TriedReply};
use crate::http::errors::reply_problem;
use crate::http::{Body, Problem, Query};
use crate::model::{AppKey, AutoReply, AutoReplyId, CorpKey, Said, SaidKind};
use actix_web::web;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Auto replies", "Rules by which an app answers what members write or send.")
        .get(
            "/api/v1/corps/{corp}/apps/{app}/auto-replies",
            "List an app's rules, in the order in which they win",
            list,
        )
        .post("/api/v1/corps/{corp}/apps/{app}/auto-replies", "Create a rule", create)
        .get("/api/v1/corps/{corp}/apps/{app}/auto-replies/{rule}", "Read a rule", read)
        .put("/api/v1/corps/{corp}/apps/{app}/auto-replies/{rule}", "Change a rule", put)
        .delete(
            "/api/v1/corps/{corp}/apps/{app}/auto-replies/{rule}",
            "Remove a rule\n`confirm` must be its id.",
            remove,
        )
        .post(
            "/api/v1/corps/{corp}/apps/{app}/auto-replies-removal",
            "Remove several rules\n`confirm` must be their number.",
            remove_many,
        )
        .post("/api/v1/corps/{corp}/apps/{app}/auto-replies-switch", "Switch several rules on or off", switch)
        .post(
            "/api/v1/corps/{corp}/apps/{app}/auto-replies-test",
            "Try the rules out\nWhich rule would answer, and which others match; nothing is sent.",
            try_out,
        );
}

/// Which rules.
#[derive(Debug, Deserialize, ToSchema)]
struct AutoReplyIdsBody {
    /// Their ids.
    rules: Vec<AutoReplyId>,
}

/// Which rules, and how they are to be.
#[derive(Debug, Deserialize, ToSchema)]
struct AutoReplySwitchBody {
    /// Their ids.
    rules: Vec<AutoReplyId>,
    /// Whether they are in force.
    enabled: bool,
}

/// What a member does.
#[derive(Debug, Deserialize, ToSchema)]
struct AutoReplyTryBody {
    /// Writes a text or sends a picture.
    said: SaidKind,
    /// The text.
    #[serde(default)]
    text: String,
}

/// How many rules were changed.
#[derive(Debug, Serialize, ToSchema)]
struct AutoReplyCountView {
    /// Their number.
    rules: usize,
}

type AppPath = web::Path<(CorpKey, AppKey)>;
type RulePath = web::Path<(CorpKey, AppKey, AutoReplyId)>;

async fn list(_: Key<CallbacksRead>, state: web::Data<State>, path: AppPath) -> Result<Ok<Page<AutoReply>>, Problem> {
    let (corp, app) = path.into_inner();
    let rules = state.app.callbacks.auto_replies(&corp, &app).await.map_err(reply_problem)?;
    Result::Ok(Reply::new(Page::whole(rules)))
}

async fn create(
    caller: Key<CallbacksManage>,
    state: web::Data<State>,
    path: AppPath,
    once: Once,
    body: Body<AutoReplyDraft>,
) -> Result<Created<AutoReply>, Problem> {
    let ((corp, key), app, draft) = (path.into_inner(), state.app.clone(), body.value);
    once.run(&state, &caller.id, &body.digest, async move {
        let rule =
            app.callbacks.put_auto_reply(&caller.actor, &corp, &key, None, draft).await.map_err(reply_problem)?;
        let place = format!("/api/v1/corps/{corp}/apps/{key}/auto-replies/{}", rule.id);
        Result::Ok(Reply::at(rule, place))
    })
    .await
}

async fn read(_: Key<CallbacksRead>, state: web::Data<State>, path: RulePath) -> Result<Ok<AutoReply>, Problem> {
    let (corp, app, id) = path.into_inner();
    state.app.callbacks.auto_reply(&corp, &app, &id).await.map(Reply::new).map_err(reply_problem)
}

async fn put(
    caller: Key<CallbacksManage>,
    state: web::Data<State>,
    path: RulePath,
    body: Body<AutoReplyDraft>,
) -> Result<Ok<AutoReply>, Problem> {
    let (corp, app, id) = path.into_inner();
    let saved = state.app.callbacks.put_auto_reply(&caller.actor, &corp, &app, Some(&id), body.value).await;
    saved.map(Reply::new).map_err(reply_problem)
}

async fn remove(
    caller: Key<CallbacksManage>,
    state: web::Data<State>,
    path: RulePath,
    query: Query<ConfirmQuery>,
) -> Result<NoContent, Problem> {
    let (corp, app, id) = path.into_inner();
    query.0.check(id.as_str())?;
    state.app.callbacks.auto_reply(&corp, &app, &id).await.map_err(reply_problem)?;
    let removed = state.app.callbacks.remove_auto_replies(&caller.actor, &corp, &app, vec![id]).await;
    removed.map(|_| NoContent).map_err(reply_problem)
}

async fn remove_many(
    caller: Key<CallbacksManage>,
    state: web::Data<State>,
    path: AppPath,
    once: Once,
    query: Query<ConfirmQuery>,
    body: Body<AutoReplyIdsBody>,
) -> Result<Ok<AutoReplyCountView>, Problem> {
    let ((corp, key), app, ids) = (path.into_inner(), state.app.clone(), body.value.rules);
    query.0.check(&ids.len().to_string())?;
    once.run(&state, &caller.id, &body.digest, async move {
        let rules = app.callbacks.remove_auto_replies(&caller.actor, &corp, &key, ids).await.map_err(reply_problem)?;
        Result::Ok(Reply::new(AutoReplyCountView { rules }))
    })
    .await
}

async fn switch(
    caller: Key<CallbacksManage>,
    state: web::Data<State>,
    path: AppPath,
    once: Once,
    body: Body<AutoReplySwitchBody>,
) -> Result<Ok<AutoReplyCountView>, Problem> {
    let ((corp, key), app) = (path.into_inner(), state.app.clone());
    let AutoReplySwitchBody { rules: ids, enabled } = body.value;
    once.run(&state, &caller.id, &body.digest, async move {
        let switched = app.callbacks.switch_auto_replies(&caller.actor, &corp, &key, ids, enabled).await;
        Result::Ok(Reply::new(AutoReplyCountView { rules: switched.map_err(reply_problem)? }))
    })
    .await
}

async fn try_out(
    _: Key<CallbacksRead>,
    state: web::Data<State>,
    path: AppPath,
    body: Body<AutoReplyTryBody>,
) -> Result<Ok<TriedReply>, Problem> {
    let (corp, app) = path.into_inner();
    let said = match body.value.said {
        SaidKind::Text => Said::Text(&body.value.text),
        SaidKind::Image => Said::Image,
    };
    state.app.callbacks.try_auto_reply(&corp, &app, said).await.map(Reply::new).map_err(reply_problem)
}
