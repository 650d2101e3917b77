//! `/api/v1/tenants/{tenant}/employees`: the OA's people and their history.

use super::answer::{NoContent, Ok, Page, Reply};
use super::auth::{DirectoryRead, DirectoryWrite, Key};
use super::lists::{self, Asked};
use super::once::Once;
use super::routes::Routes;
use super::state::State;
use crate::directory::{RowCounts, service};
use crate::http::errors::{directory_body_problem, directory_problem, store_problem};
use crate::http::{Body, Bulk, Problem, Query};
use crate::model::{Employee, EmployeeId, TenantKey};
use crate::store;
use crate::store::directory::HistoryRow;
use actix_web::web;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Directory: employees", "The OA's people, with the same checks as an imported file.")
        .get("/api/v1/tenants/{tenant}/employees", "List the employees by id", list)
        .post(
            "/api/v1/tenants/{tenant}/employees",
            "Create or change many employees\nEach row is the whole person. All or nothing.",
            put_many,
        )
        .post(
            "/api/v1/tenants/{tenant}/departures",
            "Mark employees as departed\nAll or nothing; who has departed already stays so.",
            depart,
        )
        .get("/api/v1/tenants/{tenant}/employees/{employee}", "Read an employee", read)
        .put(
            "/api/v1/tenants/{tenant}/employees/{employee}",
            "Create or change an employee\nThe body is the whole person; its id must be that of the path.",
            put,
        )
        .delete(
            "/api/v1/tenants/{tenant}/employees/{employee}",
            "Remove an employee for good\nThe history and a binding to a WeCom member stay; the next plan treats the person \
             as departed. To record that somebody left, set `status` to `departed` instead.",
            remove,
        )
        .get(
            "/api/v1/tenants/{tenant}/employees/{employee}/history",
            "What changed about an employee, property by property, the oldest first",
            history,
        );
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Rows on the page, 1 to 1000; default 100.
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<String>,
    /// Part of an id, name, account, employee number or mobile, case ignored.
    search: Option<String>,
}

/// Many employees at once.
#[derive(Debug, Deserialize, ToSchema)]
struct EmployeesBody {
    /// Whole people.
    employees: Vec<Employee>,
}

/// Who leaves.
#[derive(Debug, Deserialize, ToSchema)]
struct DepartBody {
    /// Ids of employees.
    employees: Vec<EmployeeId>,
}

async fn list(
    _: Key<DirectoryRead>,
    state: web::Data<State>,
    tenant: web::Path<TenantKey>,
    query: Query<ListQuery>,
) -> Result<Ok<Page<Employee>>, Problem> {
    let asked = Asked::new(query.0.limit, query.0.after, query.0.search)?;
    lists::page(&state, tenant, asked, store::directory::page_employees).await
}

async fn read(
    _: Key<DirectoryRead>,
    state: web::Data<State>,
    path: web::Path<(TenantKey, EmployeeId)>,
) -> Result<Ok<Employee>, Problem> {
    let (tenant, id) = path.into_inner();
    let found = state.app.store.read_async(move |tx| Result::Ok(service::get_employee(tx, &tenant, &id))).await;
    found.map_err(store_problem)?.map(Reply::new).map_err(directory_problem)
}

async fn put(
    caller: Key<DirectoryWrite>,
    state: web::Data<State>,
    path: web::Path<(TenantKey, EmployeeId)>,
    body: Body<Employee>,
) -> Result<Ok<RowCounts>, Problem> {
    let (tenant, id) = path.into_inner();
    super::must_be_same(id.as_str(), body.value.id.as_str())?;
    let done = service::put_employees(&state.app.store, &tenant, vec![body.value], &caller.actor).await;
    done.map(Reply::new).map_err(|error| directory_body_problem(error, false))
}

async fn put_many(
    caller: Key<DirectoryWrite>,
    state: web::Data<State>,
    tenant: web::Path<TenantKey>,
    once: Once,
    body: Bulk<EmployeesBody>,
) -> Result<Ok<RowCounts>, Problem> {
    let app = state.app.clone();
    let Body { value, digest } = body.0;
    once.run(&state, &caller.id.clone(), &digest, async move {
        let done = service::put_employees(&app.store, &tenant, value.employees, &caller.actor).await;
        done.map(Reply::new).map_err(|error| directory_body_problem(error, true))
    })
    .await
}

async fn depart(
    caller: Key<DirectoryWrite>,
    state: web::Data<State>,
    tenant: web::Path<TenantKey>,
    once: Once,
    body: Bulk<DepartBody>,
) -> Result<Ok<RowCounts>, Problem> {
    let app = state.app.clone();
    let Body { value, digest } = body.0;
    once.run(&state, &caller.id.clone(), &digest, async move {
        let done = service::depart_employees(&app.store, &tenant, value.employees, &caller.actor).await;
        done.map(Reply::new).map_err(directory_problem)
    })
    .await
}

async fn remove(
    caller: Key<DirectoryWrite>,
    state: web::Data<State>,
    path: web::Path<(TenantKey, EmployeeId)>,
) -> Result<NoContent, Problem> {
    let (tenant, id) = path.into_inner();
    let done = service::remove_employees(&state.app.store, &tenant, vec![id], &caller.actor).await;
    done.map(|_| NoContent).map_err(directory_problem)
}

async fn history(
    _: Key<DirectoryRead>,
    state: web::Data<State>,
    path: web::Path<(TenantKey, EmployeeId)>,
) -> Result<Ok<Page<HistoryRow>>, Problem> {
    let (tenant, id) = path.into_inner();
    let rows = lists::of(&state, tenant, move |tx, tenant| store::directory::history(tx, tenant, &id)).await?;
    Result::Ok(Reply::new(Page::whole(rows)))
}
