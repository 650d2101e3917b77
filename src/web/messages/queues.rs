//! What waits at each app, how near it is to WeCom's limits, and how long messages are kept.

use crate::http::Problem;
use crate::http::errors::{message_problem, store_problem};
use crate::http::permission::{MessagesManage, MessagesRead};
use crate::messages::MessageError;
use crate::messages::search::AppQueue;
use crate::messages::settings::MessageSettings;
use crate::model::ApiScope;
use crate::web::flash::Flash;
use crate::web::form::{Faults, Form, Nothing};
use crate::web::frame::Frame;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/messages/queues", show).post("/messages/queues/resume", resume).post("/messages/queues", save);
}

#[derive(Template)]
#[template(path = "messages/queues.html")]
struct QueuesPage {
    f: Frame,
    queues: Vec<AppQueue>,
    keep_days: String,
    faults: Faults,
    may_manage: bool,
}

impl QueuesPage {
    fn why<'a>(&self, queue: &'a AppQueue) -> &'a str {
        match queue.paused.as_deref().map(|code| self.f.t.delivery_why(code)).filter(|text| !text.is_empty()) {
            Some(text) => text,
            None => queue.paused_text.as_deref().unwrap_or_default(),
        }
    }
}

async fn page(web: &Web, who: &Person, keep_days: Option<String>, faults: Faults) -> Result<QueuesPage, Problem> {
    let queues = web.app.messages.queues().await.map_err(store_problem)?;
    let settings = web.app.messages.settings().await.map_err(store_problem)?;
    Ok(QueuesPage {
        f: who.frame(who.t.nav_push_queues()),
        queues,
        keep_days: keep_days.unwrap_or_else(|| settings.keep_days.to_string()),
        faults,
        may_manage: who.may(ApiScope::MessagesManage),
    })
}

async fn show(who: Admin<MessagesRead>, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    reply::page(&page(&web, &who, None, Faults::default()).await?)
}

async fn resume(who: Admin<MessagesManage>, web: web::Data<Web>, _: Form<Nothing>) -> Result<HttpResponse, Problem> {
    web.app.messages.resume_paused();
    Ok(reply::go(&who, "/messages/queues", Some(Flash::good(who.t.push_queue_resumed()))))
}

#[derive(Debug, Deserialize)]
struct Fields {
    keep_days: String,
}

async fn save(who: Admin<MessagesManage>, web: web::Data<Web>, form: Form<Fields>) -> Result<HttpResponse, Problem> {
    let text = form.0.keep_days;
    let wanted = MessageSettings { keep_days: text.trim().parse().unwrap_or(0) };
    match web.app.messages.set_settings(&who.actor(), wanted).await {
        Ok(_) => Ok(reply::go(&who, "/messages/queues", Some(Flash::good(who.t.push_keep_saved())))),
        Err(MessageError::Setting { field, .. }) => {
            let mut faults = Faults::default();
            faults.add(field, who.t.push_keep_hint());
            reply::again(&page(&web, &who, Some(text), faults).await?)
        }
        Err(error) => Err(message_problem(error)),
    }
}
