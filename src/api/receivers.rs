//! `/api/v1/receivers/…`: posts of monitoring systems become messages (PEER-24).

use super::answer::{Accepted, Reply};
use super::auth::{Key, MessagesSend};
use super::once::Once;
use super::routes::Routes;
use super::state::State;
use crate::http::errors::message_problem;
use crate::http::{Bulk, Problem, Query};
use crate::messages::receivers::{Addressed, Receiver, ReceiverFault, read};
use crate::model::{MessageId, TenantKey};
use actix_web::web;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part(
            "Receivers",
            "Addresses for monitoring systems. The address says whom a post is for; a post that comes again is the same message.",
        )
        .post(
            "/api/v1/receivers/{receiver}",
            "Take a post of a monitoring system\n`alertmanager` (Prometheus Alertmanager) and `grafana` (webhook contact point): \
             each alert becomes a message. `webhook`: any JSON object with a title or a text; title, text, link and level are \
             found under their usual names.",
            receive,
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

async fn receive(
    caller: Key<MessagesSend>,
    state: web::Data<State>,
    receiver: web::Path<String>,
    once: Once,
    query: Query<AddressQuery>,
    body: Bulk<Post>,
) -> Result<Accepted<Received>, Problem> {
    let receiver = Receiver::find(&receiver).ok_or_else(|| Problem::not_found("receiver", receiver.into_inner()))?;
    let AddressQuery { tenant, source, employees, units, everyone } = query.0;
    let (employees, units) = (employees.as_deref(), units.as_deref());
    let addressed = Addressed::new(receiver, TenantKey::from(tenant), source, employees, units, everyone);
    let addressed = addressed.map_err(receiver_problem)?;
    let (app, actor, post) = (state.app.clone(), caller.actor, body.0.value.0);
    once.run(&state, &caller.id, &body.0.digest, async move {
        let incoming = read(receiver, &addressed, &post).map_err(receiver_problem)?;
        let (messages, accepted) =
            app.messages.accept_posts(&actor, &addressed.tenant, incoming).await.map_err(message_problem)?;
        Result::Ok(Reply::new(Received { messages, accepted }))
    })
    .await
}

fn receiver_problem(fault: ReceiverFault) -> Problem {
    let text = fault.to_string();
    match fault {
        ReceiverFault::Nobody => Problem::bad_request("receiver.nobody", format!("{text}.")),
        ReceiverFault::Form(..) => Problem::invalid("receiver.form", format!("{text}.")),
    }
}
