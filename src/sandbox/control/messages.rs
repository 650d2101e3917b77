//! The truth about messages, and robots.

use super::{done, not_found};
use crate::sandbox::messages::message::{Message, Receipt, Room, Truth};
use crate::sandbox::shared::State;
use crate::sandbox::state::chat::Robot;
use crate::sandbox::state::member::folded;
use actix_web::HttpResponse;
use actix_web::web::{self, Data, Json, Path, Query, ServiceConfig};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Receipts shown without being asked for.
const FEW: usize = 20;

pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/corps/{corpid}/messages", web::get().to(list))
        .route("/corps/{corpid}/messages/{number}", web::get().to(show))
        .route("/corps/{corpid}/robots/{key}", web::put().to(put_robot))
        .route("/corps/{corpid}/robots/{key}", web::delete().to(remove_robot));
}

fn newest() -> usize {
    100
}

#[derive(Deserialize)]
struct Wish {
    /// Only what this member was sent, with what is true of it there.
    userid: Option<String>,
    /// Only what this app sent, or was told.
    agentid: Option<u64>,
    /// Only larger numbers.
    #[serde(default)]
    after: u64,
    /// How many, newest first.
    #[serde(default = "newest")]
    limit: usize,
}

async fn list(state: Data<State>, corpid: Path<String>, wish: Query<Wish>) -> HttpResponse {
    let key = wish.userid.as_deref().map(folded);
    let rows = state.with_corp(&corpid, |corp| {
        let newest_first = corp.messages.ring.iter().rev().filter(|message| {
            message.number > wish.after
                && wish.agentid.is_none_or(|agentid| {
                    message.origin.room() == Room::App(agentid) || message.origin.agentid() == Some(agentid)
                })
                && key.as_ref().is_none_or(|key| message.receipt(key).is_some())
        });
        newest_first.take(wish.limit).map(|message| row(message, key.as_deref(), false)).collect::<Vec<Value>>()
    });
    rows.map_or_else(|| not_found("corp"), |rows| HttpResponse::Ok().json(rows))
}

async fn show(state: Data<State>, path: Path<(String, u64)>) -> HttpResponse {
    let (corpid, number) = path.into_inner();
    match state.find_message(&corpid, number) {
        Some(message) => HttpResponse::Ok().json(row(&message, None, true)),
        None => not_found("message"),
    }
}

/// A message with the numbers of what is true of it; with all receipts when they are few or wanted.
fn row(message: &Message, key: Option<&str>, all: bool) -> Value {
    let mut counts: BTreeMap<Truth, usize> = BTreeMap::new();
    for receipt in &message.receipts {
        *counts.entry(message.truth(receipt)).or_default() += 1;
    }
    let mut row = json!({
        "number": message.number, "at_ms": message.at_ms, "origin": message.origin, "msgid": message.msgid,
        "msgtype": message.content.msgtype(), "content": message.content, "safe": message.safe,
        "unreached": message.unreached, "cuts": message.cuts, "remarks": message.remarks,
        "recalled_at_ms": message.recalled_at_ms,
        "counts": counts.iter().map(|(truth, count)| (truth.name(), *count)).collect::<BTreeMap<_, _>>(),
    });
    let one = |receipt: &Receipt| json!({"truth": message.truth(receipt).name(), "card": receipt.card});
    if let Some(receipt) = key.and_then(|key| message.receipt(key)) {
        row["at_member"] = one(receipt);
    }
    if all || message.receipts.len() <= FEW {
        let receipts: Map<String, Value> =
            message.receipts.iter().map(|receipt| (receipt.userid.to_string(), one(receipt))).collect();
        row["receipts"] = Value::Object(receipts);
    }
    row
}

async fn put_robot(state: Data<State>, path: Path<(String, String)>, robot: Json<Robot>) -> HttpResponse {
    let (corpid, key) = path.into_inner();
    let mut robot = robot.into_inner();
    robot.members = robot.members.iter().map(|userid| folded(userid).to_string()).collect();
    match state.with_corp(&corpid, |corp| corp.robots.insert(key, robot)) {
        Some(_) => done(),
        None => not_found("corp"),
    }
}

async fn remove_robot(state: Data<State>, path: Path<(String, String)>) -> HttpResponse {
    let (corpid, key) = path.into_inner();
    match state.with_corp(&corpid, |corp| corp.robots.remove(&key)) {
        Some(Some(_)) => done(),
        _ => not_found("robot"),
    }
}
