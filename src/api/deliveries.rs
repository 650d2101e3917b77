//! What reached whom: searched over all messages, as a file, and sent again.

use super::answer::{Download, Ok, Page, Reply};
use super::auth::{Key, MessagesManage, MessagesRead};
use super::confirm::check_count;
use super::lists::page_limit;
use super::messages::state_of;
use super::once::Once;
use super::routes::Routes;
use super::state::State;
use crate::browse::{BrowseError, export};
use crate::http::errors::{browse_problem, message_problem, store_problem};
use crate::http::{Body, Problem, Query};
use crate::messages::{Redriven, log};
use crate::model::{CorpKey, Delivery, DeliveryState, EmployeeId, MessageId, TenantKey, UserId};
use crate::store::deliveries::{DeliveryCursor, DeliveryFilter, Recipient};
use crate::store::{Order, Search};
use actix_web::web;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Beside those of messages, in their part of the document.
pub(super) fn routes(routes: &mut Routes) {
    routes
        .get(
            "/api/v1/tenants/{tenant}/deliveries",
            "Search deliveries by recipient, state, source, title and time, those of the newest messages first",
            search,
        )
        .get("/api/v1/tenants/{tenant}/deliveries-file", "The same as a file", file)
        .post(
            "/api/v1/tenants/{tenant}/redrives",
            "Send dead letters that a search finds again\nWith the links, rules and templates as they are now: at once about 1,000, of 200 \
             messages at most. `confirm` must be how many the search finds, counted up to 10,000 and a page; a request without it is refused and \
             tells. Where there are more, the answer has a `next` for `after`.",
            redrive_found,
        );
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct SearchQuery {
    /// Rows on the page, 1 to 1000; default 100.
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<String>,
    /// To this employee.
    employee: Option<String>,
    /// To this member; needs `corp`.
    userid: Option<String>,
    /// The member's corp.
    corp: Option<String>,
    /// To whoever has this id, name, account, employee number or userid, or is this `corp/userid`; also where the directory
    /// does not know the id. Of one name the first 100 people.
    recipient: Option<String>,
    /// In this state; `dead` = every dead letter.
    state: Option<String>,
    /// Of this message.
    message: Option<String>,
    /// Of messages of this source.
    source: Option<String>,
    /// Of messages with this in their title, case ignored. A page looks at a bounded number of messages: it may be short and still have
    /// a `next`.
    title: Option<String>,
    /// Of messages accepted not before this time, Unix milliseconds.
    from_ms: Option<i64>,
    /// Of messages accepted before this time, Unix milliseconds.
    until_ms: Option<i64>,
    /// Whose state has not changed after this time, Unix milliseconds.
    changed_until_ms: Option<i64>,
    /// Those of which messages come first: `newest` (default) or `oldest`.
    #[param(inline)]
    order: Option<Order>,
    /// For the file: `csv` (default) or `xlsx`.
    format: Option<String>,
    /// For the file: language of the captions, `en` (default) or `zh`.
    captions: Option<String>,
}

/// What is sent again of what a search finds.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
struct RedriveFound {
    /// Also those that may have arrived (`unknown`, `probably_dropped`, in part), at the risk that somebody gets them twice.
    accept_duplicates: bool,
    /// How many dead letters the search finds.
    confirm: Option<usize>,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
struct RedrivenFound {
    #[serde(flatten)]
    done: Redriven,
    /// Where the next request goes on; absent where there are no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

async fn redrive_found(
    caller: Key<MessagesManage>,
    state: web::Data<State>,
    tenant: web::Path<TenantKey>,
    query: Query<SearchQuery>,
    body: Body<RedriveFound>,
    once: Once,
) -> Result<Ok<RedrivenFound>, Problem> {
    let after = cursor(query.0.after.as_deref())?;
    let (tenant, mut filter) = asked(&state, tenant.into_inner(), &query.0).await?;
    // what dies between counting and sending is not meant
    let now_ms = state.app.clock.now_ms();
    filter.changed_until_ms = Some(filter.changed_until_ms.map_or(now_ms, |ms| ms.min(now_ms)));
    let (app, digest, wish) = (state.app.clone(), body.digest, body.value);
    once.run(&state, &caller.id.clone(), &digest, async move {
        let counted = app.messages.count_dead(tenant.clone(), filter.clone(), after.clone()).await;
        let (count, _) = counted.map_err(store_problem)?;
        check_count(wish.confirm, count)?;
        let done = app.messages.redrive_found(&caller.actor, tenant, filter, wish.accept_duplicates, after).await;
        let (done, next) = done.map_err(message_problem)?;
        Result::Ok(Reply::new(RedrivenFound { done, next: next.map(|cursor| cursor.to_string()) }))
    })
    .await
}

/// The tenant and what a query asks for of it.
async fn asked(state: &State, tenant: TenantKey, query: &SearchQuery) -> Result<(TenantKey, DeliveryFilter), Problem> {
    let bad = |at: &str, why: &str| Problem::bad_request("request.query", "The query is not acceptable.").at(at, why);
    let states = match query.state.as_deref() {
        Some("dead") => DeliveryState::ALL.into_iter().filter(|state| state.is_dead()).collect(),
        other => state_of(other)?.into_iter().collect(),
    };
    let tenant = super::lists::of(state, tenant, |_, tenant| Result::Ok(tenant.clone())).await?;
    let recipients = match (&query.employee, &query.corp, &query.userid, &query.recipient) {
        (Some(id), None, None, None) => vec![Recipient::Employee(EmployeeId::from(id.as_str()))],
        (None, Some(corp), Some(userid), None) => {
            vec![Recipient::Member(CorpKey::from(corp.as_str()), UserId::from(userid.as_str()))]
        }
        (None, None, None, Some(typed)) if !typed.trim().is_empty() => {
            state.app.views.recipients(&tenant, typed).await.map_err(browse_problem)?.recipients
        }
        (None, None, None, None) => Vec::new(),
        _ => return Err(bad("query", "give either employee, or corp and userid, or recipient")),
    };
    let filter = DeliveryFilter {
        recipients,
        states,
        message: query.message.as_deref().map(MessageId::from),
        source: query.source.clone(),
        title: query.title.as_deref().map(Search::new),
        from_ms: query.from_ms,
        until_ms: query.until_ms,
        changed_until_ms: query.changed_until_ms,
        order: query.order.unwrap_or_default(),
    };
    Result::Ok((tenant, filter))
}

fn cursor(after: Option<&str>) -> Result<Option<DeliveryCursor>, Problem> {
    let Some(text) = after else { return Result::Ok(None) };
    let bad = || Problem::bad_request("list.cursor", "`after` must be the `next` of the page before.");
    DeliveryCursor::parse(text).map(Some).ok_or_else(bad)
}

async fn search(
    _: Key<MessagesRead>,
    state: web::Data<State>,
    tenant: web::Path<TenantKey>,
    query: Query<SearchQuery>,
) -> Result<Ok<Page<Delivery>>, Problem> {
    let (after, limit) = (cursor(query.0.after.as_deref())?, page_limit(query.0.limit)?);
    let (tenant, filter) = asked(&state, tenant.into_inner(), &query.0).await?;
    let found = state.app.messages.search_deliveries(tenant, filter, after, limit).await;
    let (items, next) = found.map_err(store_problem)?;
    Result::Ok(Reply::new(Page { items, next: next.map(|cursor| cursor.to_string()) }))
}

async fn file(
    _: Key<MessagesRead>,
    state: web::Data<State>,
    tenant: web::Path<TenantKey>,
    query: Query<SearchQuery>,
) -> Result<Download, Problem> {
    let choice = |name: &str, value: Option<&str>, first: &str, second: &str| match value {
        None => Result::Ok(false),
        Some(value) if value == first => Result::Ok(false),
        Some(value) if value == second => Result::Ok(true),
        Some(_) => Err(Problem::bad_request("request.query", "The query is not acceptable.")
            .at(format!("query.{name}"), format!("must be {first} or {second}"))),
    };
    let is_xlsx = choice("format", query.0.format.as_deref(), "csv", "xlsx")?;
    let is_zh = choice("captions", query.0.captions.as_deref(), "en", "zh")?;
    let (tenant, filter) = asked(&state, tenant.into_inner(), &query.0).await?;
    let name = format!("deliveries-{tenant}.{}", if is_xlsx { "xlsx" } else { "csv" });
    let rows = log::rows(&state.app.store, tenant, filter, log::cells).map(|row| row.map_err(BrowseError::from));
    let captions = log::captions(is_zh);
    let written = state.app.views.file(move |out| {
        if is_xlsx { export::xlsx(out, "deliveries", &captions, rows) } else { export::csv(out, &captions, rows) }
    });
    let file = tokio::fs::File::from_std(written.await.map_err(browse_problem)?);
    let content_type = if is_xlsx {
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    } else {
        "text/csv; charset=utf-8"
    };
    Download::file(content_type, name, file).await.map_err(Problem::internal)
}
