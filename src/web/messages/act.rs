//! Buttons of one message: recall, send dead letters again.

use crate::http::Problem;
use crate::http::errors::message_problem;
use crate::http::permission::MessagesManage;
use crate::messages::Redrive;
use crate::model::{MessageId, TenantKey};
use crate::web::flash::Flash;
use crate::web::form::{Form, Nothing, is_on};
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::Admin;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .post("/tenants/{tenant}/messages/{message}/recall", recall)
        .post("/tenants/{tenant}/messages/{message}/redrive", redrive);
}

pub(super) async fn check(web: &Web, tenant: &TenantKey, id: &MessageId) -> Result<(), Problem> {
    let status = web.app.messages.status(id).await.map_err(message_problem)?;
    if status.message.tenant == *tenant { Ok(()) } else { Err(Problem::not_found("message", id)) }
}

async fn recall(
    who: Admin<MessagesManage>,
    web: web::Data<Web>,
    path: web::Path<(TenantKey, MessageId)>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let (tenant, id) = path.into_inner();
    check(&web, &tenant, &id).await?;
    let done = web.app.messages.recall(&who.actor(), &id).await.map_err(message_problem)?;
    let kept: usize = done.kept.iter().map(|kept| kept.count).sum();
    let text = who.t.push_recalled(done.cancelled, done.recalled, done.later, kept);
    let flash = if kept == 0 { Flash::good(text) } else { Flash::warning(text) };
    Ok(reply::go(&who, &format!("/tenants/{tenant}/messages/{id}"), Some(flash)))
}

#[derive(Debug, Deserialize)]
struct Wish {
    #[serde(default)]
    doubtful: Option<String>,
}

async fn redrive(
    who: Admin<MessagesManage>,
    web: web::Data<Web>,
    path: web::Path<(TenantKey, MessageId)>,
    form: Form<Wish>,
) -> Result<HttpResponse, Problem> {
    let (tenant, id) = path.into_inner();
    check(&web, &tenant, &id).await?;
    let wish = Redrive { seqs: Vec::new(), accept_duplicates: is_on(form.0.doubtful.as_ref()) };
    let done = web.app.messages.redrive(&who.actor(), &id, wish).await.map_err(message_problem)?;
    let text = who.t.push_redriven(done.again, done.still_dead, done.doubtful);
    let flash = if done.still_dead + done.doubtful == 0 { Flash::good(text) } else { Flash::warning(text) };
    Ok(reply::go(&who, &format!("/tenants/{tenant}/messages/{id}"), Some(flash)))
}
