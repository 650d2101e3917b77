//! The box to try the rules: a message in, rules and previews out.

use super::edit::{Preview, place};
use crate::http::Problem;
use crate::http::errors::{rule_problem, setup_problem, store_problem};
use crate::http::permission::MessagesRead;
use crate::locale::T;
use crate::messages::rulebook::{self, Sample, SampleButton, TrialRule};
use crate::model::{Message, MessageId, Priority, TenantKey, TodoKind};
use crate::setup::service as setup;
use crate::store;
use crate::web::form::{Faults, Form};
use crate::web::frame::Frame;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/tenants/{tenant}/rules/test", show).post("/tenants/{tenant}/rules/test", test);
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Fields {
    source: String,
    event: String,
    todo: String,
    title: String,
    body: String,
    url: String,
    picture: String,
    buttons: String,
    data: String,
    message: String,
}

impl Fields {
    fn sample(t: T) -> Self {
        Self {
            source: "workflow".into(),
            todo: "pending".into(),
            title: t.sample_title().into(),
            body: t.sample_body().into(),
            url: "https://oa.example.com/todo/2025-017".into(),
            buttons: format!("{}\n{}", t.sample_agree(), t.sample_reject()),
            data: "{\"amount\": 1200}".into(),
            ..Self::default()
        }
    }

    fn message(&self, who: &Person, tenant: &TenantKey, now_ms: i64, faults: &mut Faults) -> Message {
        let data = match self.data.trim() {
            "" => serde_json::Map::new(),
            text => serde_json::from_str(text).unwrap_or_else(|_| {
                faults.add("data", who.t.trial_fault_data());
                serde_json::Map::new()
            }),
        };
        let buttons = self.buttons.lines().map(str::trim).filter(|text| !text.is_empty()).take(6);
        let buttons = buttons.enumerate().map(|(n, text)| SampleButton {
            text: text.to_owned(),
            key: format!("button-{n}"),
            style: if n == 0 { 1 } else { 2 },
        });
        let sample = Sample {
            source: Some(self.source.trim().to_owned()),
            event: Some(self.event.trim().to_owned()),
            todo: todo(&self.todo),
            title: Some(self.title.clone()),
            body: Some(self.body.replace("\r\n", "\n")),
            url: Some(self.url.trim().to_owned()),
            picture: Some(self.picture.trim().to_owned()),
            buttons: buttons.collect(),
            priority: Some(Priority::Normal),
            data,
        };
        sample.into_message(tenant, now_ms)
    }
}

fn todo(name: &str) -> Option<TodoKind> {
    serde_json::from_value(name.into()).ok()
}

/// One target of the trial.
struct Shown {
    place: String,
    rule: String,
    counts: bool,
    preview: Preview,
}

#[derive(Template)]
#[template(path = "rules/trial.html")]
struct TrialPage {
    f: Frame,
    tenant: TenantKey,
    fields: Fields,
    faults: Faults,
    rules: Vec<TrialRule>,
    targets: Vec<Shown>,
}

impl TrialPage {
    fn todos(&self) -> [(&'static str, &'static str); 7] {
        let t = self.f.t;
        [
            ("", t.trial_todo_none()),
            ("pending", t.todo_pending()),
            ("returned", t.todo_returned()),
            ("cc", t.todo_cc()),
            ("forwarded", t.todo_forwarded()),
            ("circulated", t.todo_circulated()),
            ("opinion", t.todo_opinion()),
        ]
    }
}

async fn show(
    who: Admin<MessagesRead>,
    web: web::Data<Web>,
    tenant: web::Path<TenantKey>,
) -> Result<HttpResponse, Problem> {
    answer(&who, &web, &tenant, Fields::sample(who.t)).await
}

async fn test(
    who: Admin<MessagesRead>,
    web: web::Data<Web>,
    tenant: web::Path<TenantKey>,
    form: Form<Fields>,
) -> Result<HttpResponse, Problem> {
    answer(&who, &web, &tenant, form.0).await
}

async fn answer(who: &Person, web: &Web, tenant: &TenantKey, fields: Fields) -> Result<HttpResponse, Problem> {
    let t = who.t;
    let corps = setup::list_corps(&web.app.store, Some(tenant.clone())).await.map_err(setup_problem)?;
    let mut faults = Faults::default();
    let mut message = fields.message(who, tenant, web.app.clock.now_ms(), &mut faults);
    let id = fields.message.trim();
    if !id.is_empty() {
        let wanted = MessageId::from(id);
        let found = web.app.store.read_async(move |tx| store::messages::find(tx, &wanted)).await;
        match found.map_err(store_problem)?.filter(|found| found.tenant == *tenant) {
            Some(found) => message = found,
            None => faults.add("message", t.trial_message_unknown()),
        }
    }
    let trial =
        rulebook::run_trial_of_saved(&web.app.env, &web.app.rules, tenant, &message).await.map_err(rule_problem)?;
    let name_of = |id: &str| trial.rules.iter().find(|rule| rule.id.as_str() == id).map(|rule| rule.name.clone());
    let targets = trial.targets.iter().map(|target| Shown {
        place: place(&corps, target.corp.as_str(), target.app.as_str()),
        rule: name_of(target.rule.as_str()).unwrap_or_default(),
        counts: target.counts,
        preview: Preview::of(t, target),
    });
    let targets = targets.collect();
    let f = who.frame(t.trial_title());
    reply::page(&TrialPage { f, tenant: tenant.clone(), fields, faults, rules: trial.rules, targets })
}
