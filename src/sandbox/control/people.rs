//! What members do on their phones, events that nobody makes, and callback addresses saved as the console does.

use super::{done, not_found};
use crate::sandbox::acts::{Act, ActError, EventOrder};
use crate::sandbox::api::media_check;
use crate::sandbox::shared::State;
use crate::sandbox::state::corp::{Callback, Owner};
use actix_web::HttpResponse;
use actix_web::web::{self, Bytes, Data, Json, Path, Query, ServiceConfig};
use serde::Deserialize;
use serde_json::json;

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/corps/{corpid}/callback", web::put().to(save_contacts_callback))
        .route("/corps/{corpid}/callback", web::delete().to(remove_contacts_callback))
        .route("/corps/{corpid}/apps/{agentid}/callback", web::put().to(save_app_callback))
        .route("/corps/{corpid}/apps/{agentid}/callback", web::delete().to(remove_app_callback))
        .route("/corps/{corpid}/apps/{agentid}/events", web::post().to(send_event))
        .route("/corps/{corpid}/members/{userid}/apps/{agentid}/act", web::post().to(act))
        .route("/corps/{corpid}/media", web::post().to(add_media));
}

async fn save(state: &State, corpid: &str, owner: Owner, callback: Callback) -> HttpResponse {
    match state.save_callback(corpid, owner, callback).await {
        Ok(()) => done(),
        Err(error) => HttpResponse::BadRequest().json(json!({"error": error.to_string(), "errcode": error.errcode()})),
    }
}

/// Checks the address first, as the console does.
async fn save_app_callback(state: Data<State>, path: Path<(String, u64)>, callback: Json<Callback>) -> HttpResponse {
    let (corpid, agentid) = path.into_inner();
    save(&state, &corpid, Owner::App(agentid), callback.into_inner()).await
}

async fn save_contacts_callback(state: Data<State>, corpid: Path<String>, callback: Json<Callback>) -> HttpResponse {
    save(&state, &corpid, Owner::Contacts, callback.into_inner()).await
}

async fn remove_contacts_callback(state: Data<State>, corpid: Path<String>) -> HttpResponse {
    match state.with_corp(&corpid, |corp| corp.contacts.callback = None) {
        Some(()) => done(),
        None => not_found("corp"),
    }
}

async fn remove_app_callback(state: Data<State>, path: Path<(String, u64)>) -> HttpResponse {
    let (corpid, agentid) = path.into_inner();
    let removed = state.with_corp(&corpid, |corp| corp.apps.get_mut(&agentid).map(|app| app.callback = None));
    match removed.flatten() {
        Some(()) => done(),
        None => not_found("app"),
    }
}

fn refused(error: &ActError) -> HttpResponse {
    let answer = json!({"error": error.to_string()});
    match error {
        ActError::NoCorp | ActError::NoMember | ActError::NoApp | ActError::NoMessage => {
            HttpResponse::NotFound().json(answer)
        }
        _ => HttpResponse::BadRequest().json(answer),
    }
}

async fn act(state: Data<State>, path: Path<(String, String, u64)>, act: Json<Act>) -> HttpResponse {
    let (corpid, userid, agentid) = path.into_inner();
    match state.act(&corpid, &userid, agentid, act.into_inner()) {
        Ok(acted) => HttpResponse::Ok().json(json!({"sent": acted.sent, "opens": acted.opens})),
        Err(error) => refused(&error),
    }
}

async fn send_event(state: Data<State>, path: Path<(String, u64)>, order: Json<EventOrder>) -> HttpResponse {
    let (corpid, agentid) = path.into_inner();
    match state.send_event(&corpid, agentid, &order) {
        Ok(is_sent) => HttpResponse::Ok().json(json!({"sent": u8::from(is_sent)})),
        Err(error) => refused(&error),
    }
}

#[derive(Deserialize)]
struct MediaQuery {
    /// `image`, `voice`, `video`, `file`.
    kind: String,
    /// Name.
    filename: String,
}

/// A file on a member's phone, to be sent with an act; the body is the file.
async fn add_media(state: Data<State>, corpid: Path<String>, query: Query<MediaQuery>, content: Bytes) -> HttpResponse {
    if query.kind == "image" && media_check::image_kind(&content).is_none() {
        return HttpResponse::BadRequest().json(json!({"error": "neither a JPG nor a PNG picture"}));
    }
    match state.add_media(&corpid, &query.kind, &query.filename, content.to_vec()) {
        Some(media_id) => HttpResponse::Ok().json(json!({"media_id": media_id})),
        None => not_found("corp"),
    }
}
