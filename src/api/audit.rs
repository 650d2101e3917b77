//! `/api/v1/audit`: who changed what, the newest first.

use super::answer::{Ok, Page, Reply};
use super::auth::{AuditRead, Key};
use super::routes::Routes;
use super::state::State;
use crate::browse;
use crate::http::errors::{browse_problem, store_problem};
use crate::http::{Problem, Query};
use crate::model::{ApiScope, AuditRow};
use crate::store::audit::{self, AuditFilter};
use crate::store::{self, Order};
use actix_web::web;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Audit", "Every change by a person, a key or a schedule, chained by hash.")
        .get(
            "/api/v1/audit",
            "List the audit log, the newest first\nWith filters a page may be short or empty and still have a `next`: each \
             looks at a bounded number of rows.",
            list,
        )
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
    /// Part of the actor's name, or of an administrator's shown name, in whatever case.
    actor: Option<String>,
    /// What the action begins with, e.g. `session.` or `plan.allow`.
    action: Option<String>,
    /// Part of the subject, in whatever case. The name of a corp or a tenant finds what concerns it, the name of a person
    /// what is about that person.
    subject: Option<String>,
    /// Not before this time, Unix milliseconds.
    from_ms: Option<i64>,
    /// Before this time, Unix milliseconds.
    until_ms: Option<i64>,
    /// Which rows come first: `newest` (default) or `oldest`.
    #[param(inline)]
    order: Option<Order>,
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
    key: Key<AuditRead>,
    state: web::Data<State>,
    query: Query<ListQuery>,
) -> Result<Ok<Page<AuditRow>>, Problem> {
    let ListQuery { limit, after, actor, action, subject, from_ms, until_ms, order } = query.0;
    let limit = super::lists::page_limit(limit)?;
    let (actor, subject) = (actor.unwrap_or_default(), subject.unwrap_or_default());
    let filter = AuditFilter { action, from_ms, until_ms, order: order.unwrap_or_default(), ..AuditFilter::default() };
    let (app, looks_up_people) = (&state.app, key.may(ApiScope::DirectoryRead));
    let meant = browse::audit::meant(&app.store, &app.views, &actor, &subject, looks_up_people, filter);
    let filter = meant.await.map_err(browse_problem)?;
    let page = state.app.store.read_async(move |tx| audit::search(tx, &filter, after, limit)).await;
    let page = page.map_err(store_problem)?;
    let (items, next) = (page.rows, page.next.map(|seq| seq.to_string()));
    Result::Ok(Reply::new(Page { items, next }))
}

async fn verify(_: Key<AuditRead>, state: web::Data<State>) -> Result<Ok<ChainView>, Problem> {
    let fault = state.app.store.read_async(store::audit::verify_chain).await.map_err(store_problem)?;
    Result::Ok(Reply::new(match fault {
        None => ChainView { whole: true, seq: None, what: None },
        Some(fault) => ChainView { whole: false, seq: Some(fault.seq), what: Some(fault.what) },
    }))
}
