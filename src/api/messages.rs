//! Messages: posted, followed, taken back, sent again.

use super::answer::{Accepted, Ok, Page, Reply};
use super::auth::{Key, MessagesManage, MessagesRead, MessagesSend};
use super::confirm::check_count;
use super::lists::page_limit;
use super::once::Once;
use super::routes::Routes;
use super::state::State;
use crate::http::errors::{message_problem, store_problem};
use crate::http::{Body, Bulk, Problem, Query};
use crate::messages::queues::AppQueue;
use crate::messages::settings::MessageSettings;
use crate::messages::{Accepted as Taken, MessageStatus, NewMessage, OnceKey, Recalled, Redrive, Redriven, Trace};
use crate::model::{Actor, Delivery, DeliveryState, MessageId, StoredAnswer, TenantKey};
use crate::store::messages::MessageFilter;
use crate::store::{Order, Search};
use actix_web::web;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Messages", "Messages out: posted once, delivered by the rules, with the truth about each recipient.")
        .post(
            "/api/v1/messages",
            "Post a message\nAnswers when it is stored for good; recipients are found and calls are made afterwards. With an \
             Idempotency-Key the same request may be sent again after a broken connection: it is accepted once.",
            send,
        )
        .post(
            "/api/v1/messages/batch",
            "Post up to 1,000 messages\nAll of them are accepted, or none.",
            send_batch,
        )
        .get(
            "/api/v1/messages",
            "List messages, the newest first\nA page looks at a bounded number of rows: it may be short and still have a `next`.",
            list,
        )
        .get("/api/v1/messages/{message}", "Read a message and where it stands", read)
        .get("/api/v1/messages/{message}/trace", "Follow the life of a message, step by step", trace)
        .get("/api/v1/messages/{message}/deliveries", "List the recipients of a message with the truth about each", recipients)
        .post(
            "/api/v1/messages/{message}/recall",
            "Take a message back\nWhat has not gone out is cancelled; what was sent within the last 24 hours is recalled in WeCom. The id says \
             which message is meant; where `confirm` is given, it must be how many deliveries the message has, as on the page.",
            recall,
        )
        .post(
            "/api/v1/messages/{message}/deliveries/{seq}/recall",
            "Take one delivery back\nWeCom recalls whole calls: where others got it with the same call, it is refused with their number.",
            recall_one,
        )
        .post(
            "/api/v1/messages/{message}/redrive",
            "Send dead letters of a message again\nWith the links, rules and templates as they are now.",
            redrive,
        );
    super::deliveries::routes(routes);
    routes
        .get("/api/v1/message-queues", "Show what waits at each app, and how near it is to WeCom's limits", queues)
        .post("/api/v1/message-queues/resume", "Try paused apps again at once", resume)
        .get("/api/v1/message-settings", "Read how long messages are kept", settings)
        .put("/api/v1/message-settings", "Change how long messages are kept", set_settings);
    super::todos::routes(routes);
}

/// A message that was accepted.
#[derive(Debug, Serialize, ToSchema)]
struct AcceptedMessage {
    /// Its id.
    id: MessageId,
    /// When, Unix milliseconds.
    accepted_at_ms: i64,
}

/// Messages to post together.
#[derive(Debug, Deserialize, ToSchema)]
struct Batch {
    /// 1 to 1,000.
    messages: Vec<NewMessage>,
}

/// Messages that were accepted together.
#[derive(Debug, Serialize, ToSchema)]
struct AcceptedMessages {
    /// Their ids, in the order of the request.
    ids: Vec<MessageId>,
    /// When, Unix milliseconds.
    accepted_at_ms: i64,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Rows on the page, 1 to 1000; default 100.
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<String>,
    /// Only of this tenant.
    tenant: Option<String>,
    /// Only of this source; needs `tenant`.
    source: Option<String>,
    /// Only with this in title, body, event or id.
    search: Option<String>,
    /// Only with a delivery in this state, e.g. `failed`.
    state: Option<String>,
    /// Accepted not before this time, Unix milliseconds.
    from_ms: Option<i64>,
    /// Accepted before this time, Unix milliseconds.
    until_ms: Option<i64>,
    /// Which messages come first: `newest` (default) or `oldest`.
    #[param(inline)]
    order: Option<Order>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct RecallQuery {
    /// How many deliveries the message has.
    confirm: Option<usize>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct RecipientsQuery {
    /// Rows on the page, 1 to 1000; default 100.
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<u32>,
}

async fn take(
    state: &State,
    actor: &Actor,
    messages: Vec<NewMessage>,
    once: Option<OnceKey>,
) -> Result<Taken, Problem> {
    state.app.messages.accept(actor, messages, once).await.map_err(message_problem)
}

/// The answer to an accepted request; marked where the request was accepted before.
fn answer<T: Serialize>(taken: &Taken, value: T, location: Option<String>) -> Result<Accepted<T>, Problem> {
    if taken.is_again {
        let body = serde_json::to_value(&value).map_err(Problem::internal)?;
        let stored = StoredAnswer { fingerprint: String::new(), at_ms: taken.at_ms, status: 202, location, body };
        return Result::Ok(Reply::Again(stored));
    }
    Result::Ok(match location {
        Some(location) => Reply::at(value, location),
        None => Reply::new(value),
    })
}

async fn send(
    caller: Key<MessagesSend>,
    state: web::Data<State>,
    body: Body<NewMessage>,
    once: Once,
) -> Result<Accepted<AcceptedMessage>, Problem> {
    let once = once.into_key(&caller.id, &body.digest);
    let taken = take(&state, &caller.actor, vec![body.value], once).await?;
    let id = taken.ids.first().cloned().unwrap_or_else(|| MessageId::from(""));
    let location = Some(format!("/api/v1/messages/{id}"));
    answer(&taken, AcceptedMessage { id, accepted_at_ms: taken.at_ms }, location)
}

async fn send_batch(
    caller: Key<MessagesSend>,
    state: web::Data<State>,
    body: Bulk<Batch>,
    once: Once,
) -> Result<Accepted<AcceptedMessages>, Problem> {
    let once = once.into_key(&caller.id, &body.0.digest);
    let taken = take(&state, &caller.actor, body.0.value.messages, once).await?;
    answer(&taken, AcceptedMessages { ids: taken.ids.clone(), accepted_at_ms: taken.at_ms }, None)
}

/// The state of a query.
pub(super) fn state_of(name: Option<&str>) -> Result<Option<DeliveryState>, Problem> {
    let Some(name) = name else { return Result::Ok(None) };
    let names = DeliveryState::ALL.map(DeliveryState::name).join(", ");
    DeliveryState::find(name).map(Some).ok_or_else(|| {
        Problem::bad_request("request.query", "The query is not acceptable.")
            .at("query.state", format!("must be one of {names}"))
    })
}

async fn list(
    _: Key<MessagesRead>,
    state: web::Data<State>,
    query: Query<ListQuery>,
) -> Result<Ok<Page<MessageStatus>>, Problem> {
    let query = query.0;
    let filter = MessageFilter {
        tenant: query.tenant.map(TenantKey::from),
        source: query.source,
        text: query.search.map(|text| Search::new(&text)),
        state: state_of(query.state.as_deref())?,
        from_ms: query.from_ms,
        until_ms: query.until_ms,
        order: query.order.unwrap_or_default(),
    };
    let (limit, after) = (page_limit(query.limit)?, query.after.map(MessageId::from));
    let (items, next) = state.app.messages.list(filter, after, limit).await.map_err(store_problem)?;
    Result::Ok(Reply::new(Page { items, next: next.map(|id| id.to_string()) }))
}

async fn read(
    _: Key<MessagesRead>,
    state: web::Data<State>,
    message: web::Path<MessageId>,
) -> Result<Ok<MessageStatus>, Problem> {
    state.app.messages.status(&message).await.map(Reply::new).map_err(message_problem)
}

async fn trace(
    _: Key<MessagesRead>,
    state: web::Data<State>,
    message: web::Path<MessageId>,
) -> Result<Ok<Trace>, Problem> {
    state.app.messages.trace(&message).await.map(Reply::new).map_err(message_problem)
}

async fn recipients(
    _: Key<MessagesRead>,
    state: web::Data<State>,
    message: web::Path<MessageId>,
    query: Query<RecipientsQuery>,
) -> Result<Ok<Page<Delivery>>, Problem> {
    let limit = page_limit(query.0.limit)?;
    let from = query.0.after.map_or(0, |seq| seq.saturating_add(1));
    let found = state.app.messages.deliveries(&message, from, limit + 1).await.map_err(message_problem)?;
    Result::Ok(Reply::new(Page::first(found.into_iter(), limit, |row| row.seq.to_string())))
}

async fn recall(
    caller: Key<MessagesManage>,
    state: web::Data<State>,
    message: web::Path<MessageId>,
    query: Query<RecallQuery>,
    once: Once,
) -> Result<Ok<Recalled>, Problem> {
    let app = state.app.clone();
    once.run(&state, &caller.id.clone(), &[], async move {
        if let Some(confirm) = query.0.confirm {
            let status = app.messages.status(&message).await.map_err(message_problem)?;
            check_count(Some(confirm), usize::try_from(status.tally.total()).unwrap_or(usize::MAX))?;
        }
        app.messages.recall(&caller.actor, &message).await.map(Reply::new).map_err(message_problem)
    })
    .await
}

async fn recall_one(
    caller: Key<MessagesManage>,
    state: web::Data<State>,
    path: web::Path<(MessageId, u32)>,
    once: Once,
) -> Result<Ok<Recalled>, Problem> {
    let (app, (message, seq)) = (state.app.clone(), path.into_inner());
    once.run(&state, &caller.id.clone(), &[], async move {
        let done = app.messages.recall_delivery(&caller.actor, &message, seq).await;
        done.map(Reply::new).map_err(message_problem)
    })
    .await
}

async fn redrive(
    caller: Key<MessagesManage>,
    state: web::Data<State>,
    message: web::Path<MessageId>,
    body: Body<Redrive>,
    once: Once,
) -> Result<Ok<Redriven>, Problem> {
    let (app, digest) = (state.app.clone(), body.digest);
    once.run(&state, &caller.id.clone(), &digest, async move {
        let done = app.messages.redrive(&caller.actor, &message, body.value).await;
        done.map(Reply::new).map_err(message_problem)
    })
    .await
}

async fn queues(_: Key<MessagesRead>, state: web::Data<State>) -> Result<Ok<Page<AppQueue>>, Problem> {
    let found = state.app.messages.queues().await.map_err(store_problem)?;
    Result::Ok(Reply::new(Page::whole(found)))
}

async fn resume(_: Key<MessagesManage>, state: web::Data<State>, _: Once) -> Result<Ok<Page<AppQueue>>, Problem> {
    state.app.messages.resume_paused();
    let found = state.app.messages.queues().await.map_err(store_problem)?;
    Result::Ok(Reply::new(Page::whole(found)))
}

async fn settings(_: Key<MessagesRead>, state: web::Data<State>) -> Result<Ok<MessageSettings>, Problem> {
    state.app.messages.settings().await.map(Reply::new).map_err(store_problem)
}

async fn set_settings(
    caller: Key<MessagesManage>,
    state: web::Data<State>,
    body: Body<MessageSettings>,
) -> Result<Ok<MessageSettings>, Problem> {
    let done = state.app.messages.set_settings(&caller.actor, body.value).await;
    done.map(Reply::new).map_err(message_problem)
}
