//! `/api/v1/settings`: the appliance's own settings.

use super::answer::{Ok, Reply};
use super::auth::{Key, OpsRead, SettingsWrite};
use super::routes::Routes;
use super::state::State;
use crate::admin::settings::{self, Settings};
use crate::http::errors::{settings_problem, store_problem};
use crate::http::{Body, Problem};
use actix_web::web;
use serde::Serialize;
use utoipa::ToSchema;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part(
            "Settings",
            "Base settings of the appliance that an administrator changes; the rest stands in config.toml.",
        )
        .get("/api/v1/settings", "Read the base settings", read)
        .put(
            "/api/v1/settings",
            "Change the base settings\nReplaces them as a whole: what is absent takes its default.",
            put,
        );
}

/// The base settings, and what comes of them.
#[derive(Debug, Serialize, ToSchema)]
struct SettingsView {
    /// The address that links and callback URLs derive from now: that of `config.toml` where it has one.
    public_url_in_force: String,
    /// The settings.
    #[serde(flatten)]
    settings: Settings,
}

async fn view(state: &State, settings: Settings) -> Result<Ok<SettingsView>, Problem> {
    let public_url_in_force = state.app.public_url().await.map_err(store_problem)?;
    Result::Ok(Reply::new(SettingsView { public_url_in_force, settings }))
}

async fn read(_: Key<OpsRead>, state: web::Data<State>) -> Result<Ok<SettingsView>, Problem> {
    let settings = settings::get(&state.app.admin).await.map_err(store_problem)?;
    view(&state, settings).await
}

async fn put(
    caller: Key<SettingsWrite>,
    state: web::Data<State>,
    body: Body<Settings>,
) -> Result<Ok<SettingsView>, Problem> {
    let stored = settings::set(&state.app.admin, &caller.actor, body.value).await.map_err(settings_problem)?;
    view(&state, stored).await
}
