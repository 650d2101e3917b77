//! `/api/v1/corps/{corp}/apps`: the WeCom apps of a corp.

use super::answer::{NoContent, Ok, Page, Put, Reply};
use super::auth::{CorpRead, CorpWrite, Key};
use super::named::check_key;
use super::routes::Routes;
use super::state::State;
use crate::http::errors::setup_problem;
use crate::http::{Body, Problem};
use crate::model::{App, AppKey, CorpKey};
use crate::setup::service;
use actix_web::web;
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Apps", "Apps (agents) of a corp.")
        .get("/api/v1/corps/{corp}/apps", "List a corp's apps", list)
        .get("/api/v1/corps/{corp}/apps/{app}", "Read an app", read)
        .put("/api/v1/corps/{corp}/apps/{app}", "Add or change an app\nIts secret has its own path.", put)
        .delete(
            "/api/v1/corps/{corp}/apps/{app}",
            "Remove an app with its secrets\nRefused while the corp reads details with it.",
            remove,
        );
}

/// An app's own properties.
#[derive(Debug, Deserialize, ToSchema)]
struct AppBody {
    /// The key, as in the path.
    #[serde(default)]
    key: Option<AppKey>,
    /// Shown name.
    name: String,
    /// WeCom's AgentID.
    agentid: u64,
    /// Whether the app's callback is received.
    #[serde(default)]
    callback_enabled: bool,
}

async fn list(_: Key<CorpRead>, state: web::Data<State>, corp: web::Path<CorpKey>) -> Result<Ok<Page<App>>, Problem> {
    let corp = service::get_corp(&state.app.store, &corp).await.map_err(setup_problem)?;
    Result::Ok(Reply::new(Page::whole(corp.apps)))
}

async fn read(
    _: Key<CorpRead>,
    state: web::Data<State>,
    path: web::Path<(CorpKey, AppKey)>,
) -> Result<Ok<App>, Problem> {
    let (corp, app) = path.into_inner();
    let corp = service::get_corp(&state.app.store, &corp).await.map_err(setup_problem)?;
    corp.find_app(&app).cloned().map(Reply::new).ok_or_else(|| Problem::not_found("app", app))
}

async fn put(
    caller: Key<CorpWrite>,
    state: web::Data<State>,
    path: web::Path<(CorpKey, AppKey)>,
    body: Body<AppBody>,
) -> Result<Put<App>, Problem> {
    let (corp, key) = path.into_inner();
    let AppBody { key: named, name, agentid, callback_enabled } = body.value;
    check_key(key.as_str(), named.as_ref().map(AppKey::as_str))?;
    let app = App { key, name, agentid, callback_enabled };
    let saved = service::put_app(&state.app.store, &caller.actor, &corp, app.clone(), None, BTreeMap::new())
        .await
        .map_err(setup_problem)?;
    Result::Ok(Put::new(app, saved))
}

async fn remove(
    caller: Key<CorpWrite>,
    state: web::Data<State>,
    path: web::Path<(CorpKey, AppKey)>,
) -> Result<NoContent, Problem> {
    let (corp, app) = path.into_inner();
    let done = service::remove_app(&state.app.store, &caller.actor, &corp, &app).await;
    done.map(|()| NoContent).map_err(setup_problem)
}
