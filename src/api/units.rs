//! `/api/v1/tenants/{tenant}/units`: the OA's org tree.

use super::answer::{NoContent, Ok, Page, Reply};
use super::auth::{DirectoryRead, DirectoryWrite, Key};
use super::lists::{self, Asked};
use super::once::Once;
use super::routes::Routes;
use super::state::State;
use crate::directory::{RowCounts, service};
use crate::http::errors::{directory_body_problem, directory_problem, store_problem};
use crate::http::{Body, Bulk, Problem, Query};
use crate::model::{OrgUnit, TenantKey, UnitId};
use crate::store;
use actix_web::web;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part(
            "Directory: units",
            "The OA's org tree. Every write is refused as a whole unless one sound tree comes of it.",
        )
        .get("/api/v1/tenants/{tenant}/units", "List the units by id", list)
        .post(
            "/api/v1/tenants/{tenant}/units",
            "Create or change many units\nEach row is the whole unit. All or nothing.",
            put_many,
        )
        .get("/api/v1/tenants/{tenant}/units/{unit}", "Read a unit", read)
        .put(
            "/api/v1/tenants/{tenant}/units/{unit}",
            "Create or change a unit\nThe body is the whole unit; its id must be that of the path.",
            put,
        )
        .delete(
            "/api/v1/tenants/{tenant}/units/{unit}",
            "Remove a unit\nRefused while units hang below it or active employees are in it.",
            remove,
        );
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Rows on the page, 1 to 1000; default 100.
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<String>,
    /// Part of an id or name, case ignored.
    search: Option<String>,
}

/// Many units at once.
#[derive(Debug, Deserialize, ToSchema)]
struct UnitsBody {
    /// Whole units.
    units: Vec<OrgUnit>,
}

async fn list(
    _: Key<DirectoryRead>,
    state: web::Data<State>,
    tenant: web::Path<TenantKey>,
    query: Query<ListQuery>,
) -> Result<Ok<Page<OrgUnit>>, Problem> {
    let asked = Asked::new(query.0.limit, query.0.after, query.0.search)?;
    lists::page(&state, tenant, asked, store::directory::page_units).await
}

async fn read(
    _: Key<DirectoryRead>,
    state: web::Data<State>,
    path: web::Path<(TenantKey, UnitId)>,
) -> Result<Ok<OrgUnit>, Problem> {
    let (tenant, unit) = path.into_inner();
    let found = state.app.store.read_async(move |tx| Result::Ok(service::get_unit(tx, &tenant, &unit))).await;
    found.map_err(store_problem)?.map(Reply::new).map_err(directory_problem)
}

async fn put(
    caller: Key<DirectoryWrite>,
    state: web::Data<State>,
    path: web::Path<(TenantKey, UnitId)>,
    body: Body<OrgUnit>,
) -> Result<Ok<RowCounts>, Problem> {
    let (tenant, id) = path.into_inner();
    super::must_be_same(id.as_str(), body.value.id.as_str())?;
    let done = service::put_units(&state.app.store, &tenant, vec![body.value], &caller.actor).await;
    done.map(Reply::new).map_err(|error| directory_body_problem(error, false))
}

async fn put_many(
    caller: Key<DirectoryWrite>,
    state: web::Data<State>,
    tenant: web::Path<TenantKey>,
    once: Once,
    body: Bulk<UnitsBody>,
) -> Result<Ok<RowCounts>, Problem> {
    let app = state.app.clone();
    let Body { value, digest } = body.0;
    once.run(&state, &caller.id.clone(), &digest, async move {
        let done = service::put_units(&app.store, &tenant, value.units, &caller.actor).await;
        done.map(Reply::new).map_err(|error| directory_body_problem(error, true))
    })
    .await
}

async fn remove(
    caller: Key<DirectoryWrite>,
    state: web::Data<State>,
    path: web::Path<(TenantKey, UnitId)>,
) -> Result<NoContent, Problem> {
    let (tenant, unit) = path.into_inner();
    let done = service::remove_units(&state.app.store, &tenant, vec![unit], &caller.actor).await;
    done.map(|_| NoContent).map_err(directory_problem)
}
