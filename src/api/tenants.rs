//! `/api/v1/tenants`: the organisations whose directories are kept here.

use super::answer::{NoContent, Ok, Page, Put, Reply};
use super::auth::{CorpRead, CorpWrite, Key};
use super::confirm::ConfirmQuery;
use super::named::check_key;
use super::routes::Routes;
use super::state::State;
use crate::http::errors::setup_problem;
use crate::http::{Body, Problem, Query};
use crate::model::{Tenant, TenantKey};
use crate::setup::service;
use actix_web::web;
use serde::Deserialize;
use utoipa::ToSchema;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Tenants", "Organisations, each with its own directory.")
        .get("/api/v1/tenants", "List the tenants", list)
        .get("/api/v1/tenants/{tenant}", "Read a tenant", read)
        .put("/api/v1/tenants/{tenant}", "Create or change a tenant", put)
        .delete(
            "/api/v1/tenants/{tenant}",
            "Remove a tenant with its whole directory\n`confirm` must be the tenant's key. Refused while a corp is connected to it.",
            remove,
        );
}

/// A tenant's own properties.
#[derive(Debug, Deserialize, ToSchema)]
struct TenantBody {
    /// The key, as in the path.
    #[serde(default)]
    key: Option<TenantKey>,
    /// Shown name.
    name: String,
}

async fn list(_: Key<CorpRead>, state: web::Data<State>) -> Result<Ok<Page<Tenant>>, Problem> {
    service::list_tenants(&state.app.store).await.map(|all| Reply::new(Page::whole(all))).map_err(setup_problem)
}

async fn read(_: Key<CorpRead>, state: web::Data<State>, tenant: web::Path<TenantKey>) -> Result<Ok<Tenant>, Problem> {
    service::get_tenant(&state.app.store, &tenant).await.map(Reply::new).map_err(setup_problem)
}

async fn put(
    caller: Key<CorpWrite>,
    state: web::Data<State>,
    tenant: web::Path<TenantKey>,
    body: Body<TenantBody>,
) -> Result<Put<Tenant>, Problem> {
    check_key(tenant.as_str(), body.value.key.as_ref().map(TenantKey::as_str))?;
    let tenant = Tenant { key: tenant.into_inner(), name: body.value.name };
    let saved = service::put_tenant(&state.app.store, &caller.actor, tenant.clone()).await.map_err(setup_problem)?;
    Result::Ok(Put::new(tenant, saved))
}

async fn remove(
    caller: Key<CorpWrite>,
    state: web::Data<State>,
    tenant: web::Path<TenantKey>,
    query: Query<ConfirmQuery>,
) -> Result<NoContent, Problem> {
    query.0.check(tenant.as_str())?;
    service::remove_tenant(&state.app.store, &caller.actor, &tenant).await.map(|()| NoContent).map_err(setup_problem)
}
