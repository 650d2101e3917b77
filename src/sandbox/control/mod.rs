//! `/_sandbox/…`: everything that a rehearsal or a test changes, as JSON. Errors are 400 or 404 with `{"error": …}`.

mod corp;
mod messages;
mod people;
mod traffic;

use super::shared::State;
use super::state::file::StateFile;
use actix_web::web::{self, Data, Json, ServiceConfig};
use actix_web::{HttpResponse, error};
use serde::Deserialize;
use serde_json::{Value, json};

/// Largest state file.
const STATE_MAX_BYTES: usize = 512 * 1024 * 1024;

/// All control routes.
pub fn routes(config: &mut ServiceConfig) {
    let json_config = web::JsonConfig::default()
        .limit(STATE_MAX_BYTES)
        .content_type_required(false)
        .error_handler(|cause, _| bad_request(&cause).into());
    config.service(
        web::scope("/_sandbox")
            .app_data(json_config)
            .route("/info", web::get().to(info))
            .route("/state", web::get().to(save))
            .route("/state", web::put().to(replace))
            .route("/seed", web::post().to(seed))
            .route("/reset", web::post().to(reset))
            .route("/clock", web::get().to(clock))
            .route("/clock", web::post().to(move_clock))
            .configure(traffic::routes)
            .configure(corp::routes)
            .configure(messages::routes)
            .configure(people::routes),
    );
}

fn done() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "ok": true }))
}

fn bad_request(cause: &impl std::fmt::Display) -> error::InternalError<String> {
    let text = cause.to_string();
    let answer = HttpResponse::BadRequest().json(json!({ "error": text }));
    error::InternalError::from_response(text, answer)
}

fn not_found(what: &str) -> HttpResponse {
    HttpResponse::NotFound().json(json!({ "error": format!("no such {what}") }))
}

async fn info(state: Data<State>) -> Json<Value> {
    let corps: Vec<Value> = state.with(|world| {
        world
            .corps
            .values()
            .map(|corp| {
                json!({
                    "corpid": corp.corpid, "name": corp.name, "profile": corp.profile,
                    "departments": corp.directory.department_count(), "members": corp.directory.member_count(),
                    "apps": corp.apps.keys().collect::<Vec<_>>(),
                })
            })
            .collect()
    });
    let calls = state.with_traffic(|traffic| traffic.calls.total());
    Json(json!({
        "base_url": state.base_url(), "profile": state.profile(), "now_ms": state.now_ms(), "corps": corps,
        "calls": calls, "pending_events": state.pending_events(),
    }))
}

async fn save(state: Data<State>) -> actix_web::Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(state.save().map_err(|cause| bad_request(&cause))?))
}

/// Adds the corps of the file; `{"demo": true}` adds the demo corp.
async fn seed(state: Data<State>, body: Json<Value>) -> actix_web::Result<HttpResponse> {
    if body.get("demo") == Some(&Value::Bool(true)) {
        super::seed::demo(&state);
        return Ok(done());
    }
    let file: StateFile = serde_json::from_value(body.into_inner()).map_err(|cause| bad_request(&cause))?;
    state.load(file).map_err(|cause| bad_request(&cause))?;
    Ok(done())
}

/// Like seed, but corps that the file does not name go.
async fn replace(state: Data<State>, body: Json<StateFile>) -> actix_web::Result<HttpResponse> {
    let named: Vec<String> = body.corps.iter().map(|corp| corp.corpid.clone()).collect();
    state.load(body.into_inner()).map_err(|cause| bad_request(&cause))?;
    state.with(|world| world.corps.retain(|corpid, _| named.contains(corpid)));
    Ok(done())
}

/// Forgets corps, tokens, faults, quota windows and calls.
async fn reset(state: Data<State>) -> HttpResponse {
    state.with(|world| *world = super::state::World::default());
    state.clear_faults();
    state.clear_quotas();
    state.clear_calls();
    done()
}

async fn clock(state: Data<State>) -> Json<Value> {
    Json(json!({ "now_ms": state.now_ms() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockChange {
    advance_s: Option<i64>,
    set_ms: Option<i64>,
}

async fn move_clock(state: Data<State>, change: Json<ClockChange>) -> Json<Value> {
    let by_ms = match (change.set_ms, change.advance_s) {
        (Some(set_ms), _) => set_ms.saturating_sub(state.now_ms()),
        (None, advance_s) => advance_s.unwrap_or(0).saturating_mul(1000),
    };
    state.move_time(by_ms);
    Json(json!({ "now_ms": state.now_ms() }))
}
