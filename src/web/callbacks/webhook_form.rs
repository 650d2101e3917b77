//! A webhook's settings, its secret (shown once), its removal.

use crate::http::Problem;
use crate::http::errors::webhook_problem;
use crate::http::permission::CallbacksManage;
use crate::locale::T;
use crate::model::{CorpKey, Webhook};
use crate::web::flash::Flash;
use crate::web::form::{Faults, Form, Nothing, is_on};
use crate::web::frame::Frame;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use crate::webhooks::WebhookError;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .get("/webhooks-new", show_new)
        .post("/webhooks-new", create)
        .get("/webhooks/{webhook}/edit", show)
        .post("/webhooks/{webhook}/edit", save)
        .post("/webhooks/{webhook}/secret", renew)
        .post("/webhooks/{webhook}/remove", remove);
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Fields {
    name: String,
    url: String,
    events: String,
    corps: String,
    timeout_ms: String,
    ca_file: String,
    proxy: String,
    enabled: Option<String>,
}

impl Fields {
    fn of(webhook: &Webhook) -> Self {
        let corps: Vec<&str> = webhook.corps.iter().map(CorpKey::as_str).collect();
        Self {
            name: webhook.name.clone(),
            url: webhook.url.clone(),
            events: webhook.events.join(" "),
            corps: corps.join(" "),
            timeout_ms: webhook.timeout_ms.to_string(),
            ca_file: webhook.ca_file.clone(),
            proxy: webhook.proxy.clone(),
            enabled: webhook.enabled.then(|| "1".to_owned()),
        }
    }

    fn webhook(&self) -> Webhook {
        let parts = |text: &str| {
            text.split([' ', ',', '\n', '\r']).filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        Webhook {
            name: self.name.trim().to_owned(),
            url: self.url.trim().to_owned(),
            events: parts(&self.events),
            corps: parts(&self.corps).into_iter().map(CorpKey::from).collect(),
            enabled: is_on(self.enabled.as_ref()),
            timeout_ms: self.timeout_ms.trim().parse().unwrap_or(0),
            ca_file: self.ca_file.trim().to_owned(),
            proxy: self.proxy.trim().to_owned(),
        }
    }
}

#[derive(Template)]
#[template(path = "callbacks/webhook_form.html")]
struct FormPage {
    f: Frame,
    fields: Fields,
    faults: Faults,
    is_new: bool,
}

impl FormPage {
    fn is_enabled(&self) -> bool {
        is_on(self.fields.enabled.as_ref())
    }
}

/// A secret that was just made, shown once.
#[derive(Template)]
#[template(path = "callbacks/webhook_secret.html")]
struct SecretPage {
    f: Frame,
    name: String,
    secret: String,
}

fn sentence(t: T, field: &str) -> &'static str {
    match field {
        "name" => t.webhook_fault_name(),
        "url" => t.webhook_fault_url(),
        "events" => t.webhook_fault_events(),
        "corps" => t.webhook_fault_corps(),
        "timeout_ms" => t.webhook_fault_timeout(),
        "ca_file" => t.webhook_fault_ca(),
        _ => t.webhook_fault_proxy(),
    }
}

fn page(who: &Person, fields: Fields, faults: Faults, is_new: bool) -> FormPage {
    let title = if is_new { who.t.webhook_new().to_owned() } else { fields.name.clone() };
    FormPage { f: who.frame(title), fields, faults, is_new }
}

async fn show_new(who: Admin<CallbacksManage>) -> Result<HttpResponse, Problem> {
    let fields =
        Fields { timeout_ms: "10000".into(), enabled: Some("1".into()), events: "event.*".into(), ..Fields::default() };
    reply::page(&page(&who, fields, Faults::default(), true))
}

async fn show(
    who: Admin<CallbacksManage>,
    web: web::Data<Web>,
    name: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let view = web.app.webhooks.get(&name).await.map_err(webhook_problem)?;
    reply::page(&page(&who, Fields::of(&view.webhook), Faults::default(), false))
}

async fn store(who: &Person, web: &Web, fields: Fields, is_new: bool) -> Result<HttpResponse, Problem> {
    let webhook = fields.webhook();
    if is_new && web.app.webhooks.get(&webhook.name).await.is_ok() {
        let mut faults = Faults::default();
        faults.add("name", who.t.setup_fault_taken());
        return reply::again(&page(who, fields, faults, true));
    }
    let name = webhook.name.clone();
    match web.app.webhooks.put(&who.actor(), webhook).await {
        Ok(made) => match made.secret {
            Some(secret) => secret_page(who, name, secret.expose()),
            None => Ok(reply::go(who, &format!("/webhooks/{name}"), Some(Flash::good(who.t.webhook_saved())))),
        },
        Err(WebhookError::Faults(list)) => {
            let mut faults = Faults::default();
            for fault in list {
                faults.add(fault.field, sentence(who.t, fault.field));
            }
            reply::again(&page(who, fields, faults, is_new))
        }
        Err(error) => Err(webhook_problem(error)),
    }
}

fn secret_page(who: &Person, name: String, secret: &str) -> Result<HttpResponse, Problem> {
    reply::page(&SecretPage { f: who.frame(who.t.webhook_secret()), name, secret: secret.to_owned() })
}

async fn create(who: Admin<CallbacksManage>, web: web::Data<Web>, form: Form<Fields>) -> Result<HttpResponse, Problem> {
    store(&who, &web, form.0, true).await
}

async fn save(
    who: Admin<CallbacksManage>,
    web: web::Data<Web>,
    name: web::Path<String>,
    form: Form<Fields>,
) -> Result<HttpResponse, Problem> {
    web.app.webhooks.get(&name).await.map_err(webhook_problem)?;
    store(&who, &web, Fields { name: name.into_inner(), ..form.0 }, false).await
}

async fn renew(
    who: Admin<CallbacksManage>,
    web: web::Data<Web>,
    name: web::Path<String>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let secret = web.app.webhooks.renew_secret(&who.actor(), &name).await.map_err(webhook_problem)?;
    secret_page(&who, name.into_inner(), secret.expose())
}

#[derive(Debug, Deserialize)]
struct Confirmation {
    confirm: String,
}

async fn remove(
    who: Admin<CallbacksManage>,
    web: web::Data<Web>,
    name: web::Path<String>,
    form: Form<Confirmation>,
) -> Result<HttpResponse, Problem> {
    if form.0.confirm.trim() != name.as_str() {
        let flash = Flash::bad(who.t.confirm_mismatch());
        return Ok(reply::go(&who, &format!("/webhooks/{name}/edit"), Some(flash)));
    }
    web.app.webhooks.remove(&who.actor(), &name).await.map_err(webhook_problem)?;
    Ok(reply::go(&who, "/webhooks", Some(Flash::good(who.t.webhook_removed(&*name)))))
}
