//! `/api/v1/audit`: who changed what, the newest first.

use super::answer::{Ok, Page, Reply};
use super::auth::{AuditRead, Key};
use super::routes::Routes;
use super::state::State;
use crate::http::errors::store_problem;
use crate::http::{Problem, Query};
use crate::model::AuditRow;
use crate::store;
use actix_web::web;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Audit", "Every change by a person, a key or a schedule, chained by hash.")
        .get("/api/v1/audit", "List the audit log, the newest first", list)
        .get(
            "/api/v1/audit/verify",
            "Follow the chain of hashes\nA row that was changed or taken out is named.",
            verify,
        );
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Rows on the page, 1 to 1000; default 100.
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<u64>,
}

/// Whether the audit log is whole.
#[derive(Debug, Serialize, ToSchema)]
struct ChainView {
    /// Whether every row is there and unchanged.
    whole: bool,
    /// The first row that does not fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    what: Option<String>,
}

async fn list(
    _: Key<AuditRead>,
    state: web::Data<State>,
    query: Query<ListQuery>,
) -> Result<Ok<Page<AuditRow>>, Problem> {
    let ListQuery { limit, after } = query.0;
    let limit = super::lists::page_limit(limit)?;
    let items =
        state.app.store.read_async(move |tx| store::audit::page(tx, after, limit)).await.map_err(store_problem)?;
    let next = items.last().filter(|row| items.len() == limit && row.seq > 1).map(|row| row.seq.to_string());
    Result::Ok(Reply::new(Page { items, next }))
}

async fn verify(_: Key<AuditRead>, state: web::Data<State>) -> Result<Ok<ChainView>, Problem> {
    let fault = state.app.store.read_async(store::audit::verify_chain).await.map_err(store_problem)?;
    Result::Ok(Reply::new(match fault {
        None => ChainView { whole: true, seq: None, what: None },
        Some(fault) => ChainView { whole: false, seq: Some(fault.seq), what: Some(fault.what) },
    }))
}
