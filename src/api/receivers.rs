//! `/api/v1/receivers/…`: posts of monitoring systems become messages (PEER-24).

use super::answer::{Accepted, Reply};
use super::auth::{Key, MessagesSend};
use super::once::Once;
use super::routes::Routes;
use super::state::State;
use crate::app::App;
use crate::http::errors::message_problem;
use crate::http::{Body, Problem, Query};
use crate::messages::OnceKey;
use crate::messages::receivers::{Addressed, Receiver, ReceiverFault, read};
use crate::model::{Actor, MessageId, TenantKey};
use actix_web::web;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part(
            "Receivers",
            "Addresses for monitoring systems. The address says whom a post is for; a post that comes again is the same message.",
        )
        .post(
            "/api/v1/receivers/alertmanager",
            "Take a post of Prometheus Alertmanager\nEach alert becomes a message.",
            alertmanager,
        )
        .post(
            "/api/v1/receivers/grafana",
            "Take a post of a Grafana webhook contact point\nEach alert becomes a message.",
            grafana,
        )
        .post(
            "/api/v1/receivers/webhook",
            "Take any JSON object with a title or a text\nTitle, text, link and level are found under their usual names.",
            webhook,
        );
}

/// Whom a post is for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct AddressQuery {
    /// Whose directory names the recipients.
    tenant: String,
    /// Source of the messages; default the receiver's name. Rules choose by it.
    source: Option<String>,
    /// Ids of employees, joined by commas.
    employees: Option<String>,
    /// Ids of units with everybody below, joined by commas.
    units: Option<String>,
    /// Every active employee.
    #[serde(default)]
    everyone: bool,
}

/// A post of any form; what is not understood is refused.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(value_type = Object)]
struct Post(Value);

/// What became of a post.
#[derive(Debug, Serialize, ToSchema)]
struct Received {
    /// The messages, in the order of the post; known ones with the id that they have.
    messages: Vec<MessageId>,
    /// How many of them are new.
    accepted: usize,
}

async fn alertmanager(
    caller: Key<MessagesSend>,
    state: web::Data<State>,
    once: Once,
    query: Query<AddressQuery>,
    body: Body<Post>,
) -> Result<Accepted<Received>, Problem> {
    let (app, actor) = (state.app.clone(), caller.actor);
    once.run(&state, &caller.id, &body.digest, receive(app, actor, Receiver::Alertmanager, query.0, body.value.0)).await
}

async fn grafana(
    caller: Key<MessagesSend>,
    state: web::Data<State>,
    once: Once,
    query: Query<AddressQuery>,
    body: Body<Post>,
) -> Result<Accepted<Received>, Problem> {
    let (app, actor) = (state.app.clone(), caller.actor);
    once.run(&state, &caller.id, &body.digest, receive(app, actor, Receiver::Grafana, query.0, body.value.0)).await
}

async fn webhook(
    caller: Key<MessagesSend>,
    state: web::Data<State>,
    once: Once,
    query: Query<AddressQuery>,
    body: Body<Post>,
) -> Result<Accepted<Received>, Problem> {
    let (app, actor) = (state.app.clone(), caller.actor);
    once.run(&state, &caller.id, &body.digest, receive(app, actor, Receiver::Webhook, query.0, body.value.0)).await
}

async fn receive(
    app: Arc<App>,
    actor: Actor,
    receiver: Receiver,
    query: AddressQuery,
    post: Value,
) -> Result<Accepted<Received>, Problem> {
    let AddressQuery { tenant, source, employees, units, everyone } = query;
    let tenant = TenantKey::from(tenant);
    let addressed = Addressed::new(receiver, tenant, source, employees.as_deref(), units.as_deref(), everyone);
    let addressed = addressed.map_err(receiver_problem)?;
    let incoming = read(receiver, &addressed, &post).map_err(receiver_problem)?;
    let mut received = Received { messages: Vec::with_capacity(incoming.len()), accepted: 0 };
    for one in incoming {
        // what is known by its identity is the same message, whatever else it says now
        let once = one.once.map(|key| OnceKey {
            scope: format!("receiver:{}", addressed.tenant),
            fingerprint: key.clone(),
            key,
        });
        let taken = app.messages.accept(&actor, vec![one.message], once).await.map_err(message_problem)?;
        received.accepted += if taken.is_again { 0 } else { taken.ids.len() };
        received.messages.extend(taken.ids);
    }
    Result::Ok(Reply::new(received))
}

fn receiver_problem(fault: ReceiverFault) -> Problem {
    let text = fault.to_string();
    match fault {
        ReceiverFault::Nobody => Problem::bad_request("receiver.nobody", format!("{text}.")),
        ReceiverFault::Form(..) | ReceiverFault::TooMany => Problem::invalid("receiver.form", format!("{text}.")),
    }
}
