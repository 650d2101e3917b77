//! Probes, metrics, status (PEER-26).
//!
//! `/healthz` and `/readyz` need no key: a supervisor asks them. The sentences of `/readyz` and all of `/metrics` are for
//! a key with `ops.read`, or for a client on the appliance itself: its address is a loopback address and no proxy has
//! written itself into the request.

use super::answer::{Ok, Reply};
use super::auth::{self, Key, OpsRead};
use super::routes::Routes;
use super::state::State;
use crate::http::errors::{store_problem, sync_problem};
use crate::http::{Problem, Settings, client_address};
use crate::jobs::ScheduleHealth;
use crate::model::{ApiScope, CorpKey, ReadStrategy, RunId, TenantKey};
use crate::ops::health::{self, Readiness, Status};
use crate::ops::metrics::CONTENT_TYPE;
use crate::ops::scrape;
use crate::store::{self, Reads, StoreError};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Operation", "Probes, metrics, status.")
        .get("/healthz", "Whether the process works\n200 or 503; needs no key.", alive)
        .get(
            "/readyz",
            "Whether the bridge can do its work\n200 with `ready` or `degraded`, 503 with `down`. The sentences of the reasons \
             are left out for strangers: they are for a key with `ops.read` or a client on the appliance itself.",
            ready,
        )
        .get(
            "/metrics",
            "Counters for Prometheus\nFor a key with `ops.read`, or without a key from the appliance itself (a loopback address and \
             no proxy in between).",
            metrics,
        )
        .get("/api/v1/status", "What is there and what is under way", status);
}

/// Answer of `/healthz`.
#[derive(Debug, Serialize, ToSchema)]
struct AliveView {
    /// Whether the process works.
    alive: bool,
}

/// What is there and what is under way.
#[derive(Debug, Serialize, ToSchema)]
struct StatusView {
    /// Version of the bridge.
    version: &'static str,
    /// Whether it can do its work.
    readiness: Readiness,
    /// Runs under way.
    under_way: Vec<RunId>,
    /// How the schedules fare.
    schedules: Vec<ScheduleHealth>,
    /// Tenants.
    tenants: Vec<TenantStatus>,
    /// Corps.
    corps: Vec<CorpStatus>,
}

/// A tenant in numbers.
#[derive(Debug, Serialize, ToSchema)]
struct TenantStatus {
    /// Its key.
    tenant: TenantKey,
    /// Units.
    units: u64,
    /// Employees, departed ones included.
    employees: u64,
}

/// A corp in numbers.
#[derive(Debug, Serialize, ToSchema)]
struct CorpStatus {
    /// Its key.
    corp: CorpKey,
    /// When WeCom was last read, Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    mirror_read_at_ms: Option<i64>,
    /// How.
    #[serde(skip_serializing_if = "Option::is_none")]
    strategy: Option<ReadStrategy>,
    /// Departments in the mirror.
    departments: u64,
    /// Members in the mirror.
    members: u64,
    /// Ambiguous matches that wait for a person.
    ambiguous: usize,
}

async fn alive(state: web::Data<State>) -> HttpResponse {
    let alive = health::is_alive(&state.app).await;
    let status = if alive { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    HttpResponse::build(status).json(AliveView { alive })
}

async fn ready(request: HttpRequest, state: web::Data<State>, settings: web::Data<Settings>) -> HttpResponse {
    let mut readiness = health::readiness(&state.app).await;
    if may_see(&request, &settings).await.is_err() {
        readiness.reasons.iter_mut().for_each(|reason| reason.text.clear());
    }
    let status = match readiness.status {
        Status::Ready | Status::Degraded => StatusCode::OK,
        Status::Down => StatusCode::SERVICE_UNAVAILABLE,
    };
    HttpResponse::build(status).json(readiness)
}

async fn metrics(
    request: HttpRequest,
    state: web::Data<State>,
    settings: web::Data<Settings>,
) -> Result<HttpResponse, Problem> {
    may_see(&request, &settings).await?;
    let text = scrape::render(&state.app).await.map_err(store_problem)?;
    Result::Ok(HttpResponse::Ok().content_type(CONTENT_TYPE).body(text))
}

async fn status(_: Key<OpsRead>, state: web::Data<State>) -> Result<Ok<StatusView>, Problem> {
    let app = &state.app;
    let (tenants, corps) = app.store.read_async(count).await.map_err(store_problem)?;
    Result::Ok(Reply::new(StatusView {
        version: env!("CARGO_PKG_VERSION"),
        readiness: health::readiness(app).await,
        under_way: app.jobs.under_way(),
        schedules: app.jobs.schedules().await.map_err(sync_problem)?,
        tenants,
        corps,
    }))
}

fn count(tx: &impl Reads) -> Result<(Vec<TenantStatus>, Vec<CorpStatus>), StoreError> {
    let mut tenants = Vec::new();
    for tenant in store::tenants::list(tx)? {
        let counts = store::directory::counts(tx, &tenant.key)?;
        tenants.push(TenantStatus { tenant: tenant.key, units: counts.units, employees: counts.employees });
    }
    let mut corps = Vec::new();
    for corp in store::corps::list(tx)? {
        let (head, counts) = (store::mirror::head(tx, &corp.key)?, store::mirror::counts(tx, &corp.key)?);
        let ambiguous = store::resolve::list(tx, &corp.key)?.len();
        corps.push(CorpStatus {
            corp: corp.key,
            mirror_read_at_ms: head.as_ref().map(|head| head.read_at_ms),
            strategy: head.as_ref().map(|head| head.strategy),
            departments: counts.departments,
            members: counts.members,
            ambiguous,
        });
    }
    Ok((tenants, corps))
}

/// A client on the appliance itself, or a key with `ops.read`.
async fn may_see(request: &HttpRequest, settings: &Settings) -> Result<(), Problem> {
    let headers = request.headers();
    let came_through_proxy =
        ["x-forwarded-for", "forwarded", "x-real-ip"].iter().any(|name| headers.contains_key(*name));
    let client = client_address::of(request, &settings.trusted_proxies);
    if client.is_some_and(|address| address.is_loopback())
        && !came_through_proxy
        && !headers.contains_key("authorization")
    {
        return Result::Ok(());
    }
    auth::check(request, ApiScope::OpsRead).await
}
