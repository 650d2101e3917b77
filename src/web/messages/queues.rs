//! What waits at each app, how near it is to WeCom's limits, and how long messages are kept.

use crate::http::Problem;
use crate::http::errors::{message_problem, setup_problem, store_problem};
use crate::http::permission::{MessagesManage, MessagesRead};
use crate::locale::T;
use crate::messages::MessageError;
use crate::messages::queues::AppQueue;
use crate::messages::settings::MessageSettings;
use crate::model::{ApiScope, Corp};
use crate::setup::service as setup;
use crate::web::corps;
use crate::web::flash::Flash;
use crate::web::form::{Faults, Form, Nothing};
use crate::web::frame::Frame;
use crate::web::listing::Listing;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::rules;
use crate::web::sheet::{PARAMETERS, Sheet};
use crate::web::slice::Slice;
use crate::web::state::Web;
use crate::web::time;
use crate::web::visit::{Admin, Person};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes.list("/messages/queues", show).post("/messages/queues/resume", resume).post("/messages/queues", save);
}

#[derive(Template)]
#[template(path = "messages/queues.html")]
struct QueuesPage {
    f: Frame,
    list: Listing,
    sheet: Sheet,
    page: Slice<AppQueue>,
    corps: Vec<Corp>,
    keep_days: String,
    faults: Faults,
    may_manage: bool,
}

impl QueuesPage {
    fn minute(&self, at_ms: &i64) -> String {
        time::minute(*at_ms)
    }

    fn place(&self, queue: &AppQueue) -> String {
        rules::place(&self.corps, queue.corp.as_str(), queue.app.as_str())
    }

    fn failed(&self, queue: &AppQueue) -> Option<String> {
        queue.failed_test.as_ref().map(|failure| corps::told(self.f.t, failure))
    }

    fn why<'a>(&self, queue: &'a AppQueue) -> &'a str {
        why(self.f.t, queue)
    }
}

fn why(t: T, queue: &AppQueue) -> &str {
    match queue.paused.as_deref().map(|code| t.delivery_why(code)).filter(|text| !text.is_empty()) {
        Some(text) => text,
        None => queue.paused_text.as_deref().unwrap_or_default(),
    }
}

fn cells(t: T, queue: &AppQueue) -> Vec<String> {
    let state = match (&queue.paused, queue.throttled_until_ms) {
        (Some(_), _) => t.push_queue_paused(),
        (None, Some(_)) => t.push_queue_throttled(),
        (None, None) if queue.failed_test.is_some() => t.app_test_failed(),
        (None, None) if queue.is_untested => t.app_untested(),
        (None, None) => t.push_queue_runs(),
    };
    vec![
        queue.corp.to_string(),
        queue.app.to_string(),
        state.to_owned(),
        queue.failed_test.as_ref().map_or_else(|| why(t, queue).to_owned(), |failure| corps::told(t, failure)),
        queue.calls.to_string(),
        queue.overdue_s.to_string(),
        queue.day_used.to_string(),
        queue.day_limit.map(|limit| limit.to_string()).unwrap_or_default(),
        queue.fullest_minute.to_string(),
        queue.fullest_hour.to_string(),
    ]
}

async fn page(web: &Web, who: &Person, keep_days: Option<String>, faults: Faults) -> Result<QueuesPage, Problem> {
    let (t, list) = (who.t, Listing::of(who, &PARAMETERS));
    let queues = web.app.messages.queues().await.map_err(store_problem)?;
    let corps = setup::list_corps(&web.app.store, None).await.map_err(setup_problem)?;
    let settings = web.app.messages.settings().await.map_err(store_problem)?;
    let columns = [
        ("corp", t.corp_key()),
        ("app", t.inbox_receiver()),
        ("state", t.push_queue_state()),
        ("", t.inbox_note()),
        ("calls", t.push_queue_calls()),
        ("overdue", t.push_queue_overdue()),
        ("day", t.push_queue_day()),
        ("limit", t.push_queue_day_limit()),
        ("minute", t.push_queue_minute()),
        ("hour", t.push_queue_hour()),
    ];
    let sheet = Sheet::new(columns, queues.iter().map(|queue| cells(t, queue)).collect());
    Ok(QueuesPage {
        f: who.frame(t.nav_push_queues()),
        page: sheet.page(&list, queues),
        sheet,
        list,
        corps,
        keep_days: keep_days.unwrap_or_else(|| settings.keep_days.to_string()),
        faults,
        may_manage: who.may(ApiScope::MessagesManage),
    })
}

async fn show(who: Admin<MessagesRead>, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    let page = page(&web, &who, None, Faults::default()).await?;
    match page.sheet.file(&who, &web, &page.list, "queues").await? {
        Some(file) => Ok(file),
        None => reply::page(&page),
    }
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
