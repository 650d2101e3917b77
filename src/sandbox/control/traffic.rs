//! Faults, calls, quota, caller's IP, delivery of events.

use super::{bad_request, done, not_found};
use crate::sandbox::events::outbox::Delivery;
use crate::sandbox::options::{DeliveryOptions, patched};
use crate::sandbox::shared::State;
use crate::sandbox::traffic::calls::Call;
use crate::sandbox::traffic::fault::Fault;
use actix_web::HttpResponse;
use actix_web::web::{self, Data, Json, Path, Query, ServiceConfig};
use serde::Deserialize;
use serde_json::{Value, json};

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/faults", web::get().to(list_faults))
        .route("/faults", web::post().to(add_fault))
        .route("/faults", web::delete().to(clear_faults))
        .route("/faults/{id}", web::delete().to(remove_fault))
        .route("/calls", web::get().to(list_calls))
        .route("/calls", web::delete().to(clear_calls))
        .route("/counts", web::get().to(counts))
        .route("/quota", web::get().to(list_quota))
        .route("/quota", web::delete().to(clear_quota))
        .route("/caller-ip", web::put().to(set_caller_ip))
        .route("/delivery", web::get().to(delivery))
        .route("/delivery", web::patch().to(set_delivery))
        .route("/deliveries", web::get().to(deliveries));
}

async fn list_faults(state: Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(state.faults())
}

async fn add_fault(state: Data<State>, fault: Json<Fault>) -> HttpResponse {
    let fault = fault.into_inner();
    if !(0.0..=1.0).contains(&fault.probability) {
        return HttpResponse::BadRequest().json(json!({ "error": "probability is not between 0 and 1" }));
    }
    HttpResponse::Ok().json(json!({ "id": state.add_fault(fault) }))
}

async fn clear_faults(state: Data<State>) -> HttpResponse {
    state.clear_faults();
    done()
}

async fn remove_fault(state: Data<State>, id: Path<u64>) -> HttpResponse {
    match state.with_traffic(|traffic| traffic.faults.remove(Some(*id))) {
        0 => not_found("fault"),
        _ => done(),
    }
}

fn newest() -> usize {
    100
}

#[derive(Deserialize)]
struct CallsQuery {
    /// How many, newest first.
    #[serde(default = "newest")]
    limit: usize,
    /// Beginning of the endpoint.
    #[serde(default)]
    endpoint: String,
    /// Only refused ones.
    #[serde(default)]
    failed: bool,
}

async fn list_calls(state: Data<State>, query: Query<CallsQuery>) -> HttpResponse {
    let calls: Vec<Call> = state.with_traffic(|traffic| {
        let newest_first = traffic.calls.iter().rev();
        let matching = newest_first
            .filter(|call| call.endpoint.starts_with(&query.endpoint) && (!query.failed || !call.is_applied));
        matching.take(query.limit).cloned().collect()
    });
    HttpResponse::Ok().json(calls)
}

async fn clear_calls(state: Data<State>) -> HttpResponse {
    state.clear_calls();
    done()
}

async fn counts(state: Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(state.call_counts())
}

async fn list_quota(state: Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(state.quotas())
}

async fn clear_quota(state: Data<State>) -> HttpResponse {
    state.clear_quotas();
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallerIp {
    ip: Option<String>,
}

async fn set_caller_ip(state: Data<State>, body: Json<CallerIp>) -> HttpResponse {
    state.set_caller_ip(body.ip.as_deref());
    done()
}

async fn delivery(state: Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(state.delivery())
}

async fn set_delivery(state: Data<State>, patch: Json<Value>) -> actix_web::Result<HttpResponse> {
    let options: DeliveryOptions = patched(&state.delivery(), &patch).map_err(|cause| bad_request(&cause))?;
    state.set_delivery(options);
    Ok(done())
}

#[derive(Deserialize)]
struct DeliveriesQuery {
    /// Only those with a larger number.
    #[serde(default)]
    after: u64,
    /// Only those of this app.
    agentid: Option<u64>,
    /// Only those of this member.
    userid: Option<String>,
    /// Only those of this kind: `text`, `click`, `create_user` …
    kind: Option<String>,
    /// How many, oldest first; absent = all.
    limit: Option<usize>,
}

async fn deliveries(state: Data<State>, query: Query<DeliveriesQuery>) -> HttpResponse {
    let wanted = |delivery: &Delivery| {
        delivery.number > query.after
            && query.agentid.is_none_or(|agentid| delivery.agentid == Some(agentid))
            && query.userid.as_ref().is_none_or(|userid| delivery.userid.eq_ignore_ascii_case(userid))
            && query.kind.as_ref().is_none_or(|kind| delivery.kind == *kind)
    };
    let all = state.deliveries().into_iter().filter(wanted);
    HttpResponse::Ok().json(all.take(query.limit.unwrap_or(usize::MAX)).collect::<Vec<_>>())
}
