//! One callback: what it says, what was done, the work done again.

use super::inbox::Row;
use super::senders;
use crate::http::Problem;
use crate::http::errors::{setup_problem, store_problem};
use crate::http::permission::{CallbacksManage, CallbacksRead};
use crate::locale::{Lang, T};
use crate::model::{ApiScope, Corp, CorpKey, InboxId, InboxItem, PieceState, ReplyContent};
use crate::setup::service;
use crate::store::StoreError;
use crate::web::flash::Flash;
use crate::web::form::{Form, Nothing};
use crate::web::frame::Frame;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::Admin;
use crate::web::{reply, time};
use crate::wecom::errcode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde_json::Value;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/corps/{corp}/inbox/{callback}", show).post("/corps/{corp}/inbox/{callback}/replay", replay);
}

#[derive(Template)]
#[template(path = "callbacks/detail.html")]
struct DetailPage {
    f: Frame,
    corp: Corp,
    row: Row,
    fields: Vec<(String, String)>,
    created: String,
    lag: String,
    ended: String,
    can_replay: bool,
    rest: Vec<RestRow>,
}

/// One piece of what did not fit into the passive reply.
struct RestRow {
    what: String,
    state: &'static str,
    class: &'static str,
    when: String,
    tries: String,
    why: String,
}

/// Letters of a text that are shown of a piece.
const SHOWN: usize = 60;

fn rest(t: T, lang: Lang, item: &InboxItem) -> Vec<RestRow> {
    let row = |(content, piece): (&ReplyContent, &crate::model::Piece)| {
        let (state, class) = match piece.state {
            PieceState::Waiting => (t.inbox_rest_waiting(), "warn"),
            PieceState::Sent => (t.inbox_rest_sent(), "good"),
            PieceState::GivenUp => (t.inbox_rest_given_up(), "bad"),
            PieceState::Unknown => (t.inbox_rest_unknown(), "warn"),
        };
        let explained = piece.errcode.and_then(errcode::explain).map(|row| {
            let pick = |text: errcode::Bilingual| lang.pick(text.zh, text.en);
            format!("{} {}: {}", row.code, pick(row.meaning), pick(row.fix))
        });
        RestRow {
            what: match content {
                ReplyContent::Text { text } => text.chars().take(SHOWN).collect(),
                _ => t.inbox_rest_picture().to_owned(),
            },
            state,
            class,
            when: time::second(piece.changed_at_ms),
            tries: if piece.attempts > 0 { t.inbox_rest_tries(piece.attempts) } else { String::new() },
            why: explained.or_else(|| piece.error.clone()).unwrap_or_default(),
        }
    };
    item.pieces.iter().zip(&item.rest).map(row).collect()
}

async fn show(
    who: Admin<CallbacksRead>,
    web: web::Data<Web>,
    path: web::Path<(CorpKey, InboxId)>,
) -> Result<HttpResponse, Problem> {
    let (key, id) = path.into_inner();
    let t = who.t;
    let corp = service::get_corp(&web.app.store, &key).await.map_err(setup_problem)?;
    let detail = web.app.callbacks.get(&key, &id).await.map_err(store_problem)?;
    let mut fields = Vec::new();
    flatten("", detail.fields.as_ref().unwrap_or(&Value::Null), &mut fields);
    let item = detail.item;
    let (lag_ms, done_at_ms, rest) = (item.lag_ms(), item.done_at_ms, rest(t, who.lang(), &item));
    let created_at_s = item.created_at_s;
    let mut rows = [Row::of(t, &corp, item)];
    senders::name(&who, &web, &corp, &mut rows).await?;
    let [row] = rows;
    let none = || "–".to_owned();
    reply::page(&DetailPage {
        created: if created_at_s > 0 { time::second(created_at_s * 1_000) } else { none() },
        lag: lag_ms.map_or_else(none, |ms| time::span(t, ms)),
        ended: done_at_ms.map_or_else(none, time::second),
        rest,
        f: who.frame_at(&key, "inbox", t.callback_kind(&row.item.kind)),
        row,
        fields,
        can_replay: who.may(ApiScope::CallbacksManage),
        corp,
    })
}

/// Every text with its path.
fn flatten(path: &str, value: &Value, into: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                flatten(&if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, value, into);
            }
        }
        Value::Array(list) => {
            for (at, value) in list.iter().enumerate() {
                flatten(&format!("{path}[{}]", at + 1), value, into);
            }
        }
        Value::String(text) => into.push((path.to_owned(), text.clone())),
        Value::Null => {}
        other => into.push((path.to_owned(), other.to_string())),
    }
}

async fn replay(
    who: Admin<CallbacksManage>,
    web: web::Data<Web>,
    path: web::Path<(CorpKey, InboxId)>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let (key, id) = path.into_inner();
    let flash = match web.app.callbacks.replay(&key, &id, &who.actor()).await {
        Ok(_) => Flash::good(who.t.inbox_replayed(1)),
        Err(StoreError::Conflict { .. }) => Flash::warning(who.t.inbox_still_waits()),
        Err(error) => return Err(store_problem(error)),
    };
    Ok(reply::go(&who, &format!("/corps/{key}/inbox/{id}"), Some(flash)))
}
