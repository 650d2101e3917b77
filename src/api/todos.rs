//! What a business system says of its to-do messages.

use super::answer::{Ok, Reply};
use super::auth::{Key, MessagesSend};
use super::once::Once;
use super::routes::Routes;
use super::state::State;
use crate::http::errors::message_problem;
use crate::http::{Body, Problem};
use crate::messages::{MessageStatus, NewTodoState};
use crate::model::MessageId;
use actix_web::web;

/// Within the part of messages.
pub(super) fn routes(routes: &mut Routes) {
    routes.post(
        "/api/v1/messages/{message}/todo",
        "Say what is true of a to-do message now\nIts buttons decide nothing any more, what has not gone out is not sent, and its cards \
         show the new text. The same state with the same text changes nothing.",
        set_todo,
    );
}

async fn set_todo(
    caller: Key<MessagesSend>,
    state: web::Data<State>,
    message: web::Path<MessageId>,
    body: Body<NewTodoState>,
    once: Once,
) -> Result<Ok<MessageStatus>, Problem> {
    let (app, digest) = (state.app.clone(), body.digest);
    once.run(&state, &caller.id.clone(), &digest, async move {
        app.messages.set_todo(&caller.actor, &message, body.value).await.map_err(message_problem)?;
        app.messages.status(&message).await.map(Reply::new).map_err(message_problem)
    })
    .await
}
