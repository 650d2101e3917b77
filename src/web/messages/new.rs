//! A message sent by hand: entered, previewed, sent.

use super::get_tenant;
use crate::http::Problem;
use crate::http::errors::message_problem;
use crate::http::permission::MessagesSend;
use crate::messages::{MessageError, NewMessage, NewRecipients, Preview};
use crate::model::{EmployeeId, Priority, TenantKey, UnitId};
use crate::web::flash::Flash;
use crate::web::form::{Faults, Form, is_on};
use crate::web::frame::Frame;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::Admin;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/tenants/{tenant}/messages/new", show).post("/tenants/{tenant}/messages/new", send);
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Fields {
    source: String,
    title: String,
    body: String,
    url: String,
    picture: String,
    priority: String,
    everyone: Option<String>,
    employees: String,
    units: String,
    act: String,
}

/// What would be said at one target.
struct Said {
    reach: String,
    texts: Vec<String>,
    fault: String,
}

#[derive(Template)]
#[template(path = "messages/new.html")]
struct NewPage {
    f: Frame,
    tenant: TenantKey,
    fields: Fields,
    faults: Faults,
    preview: Option<Vec<Said>>,
    unreached: Vec<(String, usize)>,
    calls: usize,
}

impl NewPage {
    fn priorities(&self) -> Vec<(&'static str, &'static str)> {
        let t = self.f.t;
        vec![
            ("normal", t.message_priority(Priority::Normal)),
            ("high", t.message_priority(Priority::High)),
            ("low", t.message_priority(Priority::Low)),
        ]
    }

    fn is_everyone(&self) -> bool {
        is_on(self.fields.everyone.as_ref())
    }
}

fn ids(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', '，', '\n', '\r', ' ', ';']).map(str::trim).filter(|part| !part.is_empty())
}

fn some(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

impl Fields {
    fn message(&self, tenant: &TenantKey) -> NewMessage {
        let everyone = is_on(self.everyone.as_ref());
        let recipients = NewRecipients {
            everyone,
            employees: ids(&self.employees).filter(|_| !everyone).map(EmployeeId::from).collect(),
            units: ids(&self.units).filter(|_| !everyone).map(UnitId::from).collect(),
            bindings: Vec::new(),
        };
        NewMessage {
            tenant: tenant.clone(),
            source: self.source.trim().to_owned(),
            event: String::new(),
            todo: None,
            recipients,
            title: self.title.trim().to_owned(),
            body: self.body.replace("\r\n", "\n"),
            url: some(&self.url),
            picture: some(&self.picture),
            buttons: Vec::new(),
            priority: match self.priority.as_str() {
                "high" => Priority::High,
                "low" => Priority::Low,
                _ => Priority::Normal,
            },
            expires_at_ms: None,
            data: serde_json::Map::new(),
            webhook: None,
        }
    }
}

async fn show(
    who: Admin<MessagesSend>,
    web: web::Data<Web>,
    tenant: web::Path<TenantKey>,
) -> Result<HttpResponse, Problem> {
    let tenant = get_tenant(&web, &tenant).await?.key;
    let fields = Fields { source: "manual".into(), priority: "normal".into(), ..Fields::default() };
    let f = who.frame(who.t.nav_push_new());
    reply::page(&NewPage {
        f,
        tenant,
        fields,
        faults: Faults::default(),
        preview: None,
        unreached: Vec::new(),
        calls: 0,
    })
}

async fn send(
    who: Admin<MessagesSend>,
    web: web::Data<Web>,
    tenant: web::Path<TenantKey>,
    form: Form<Fields>,
) -> Result<HttpResponse, Problem> {
    let tenant = get_tenant(&web, &tenant).await?.key;
    let (t, fields) = (who.t, form.0);
    let message = fields.message(&tenant);
    let page = |preview: Option<Preview>, faults: Faults| {
        let said = preview.as_ref().map(|preview| said(t, preview));
        let unreached = preview.iter().flat_map(|preview| &preview.unreached);
        let unreached = unreached.map(|(code, text, count)| {
            let known = t.delivery_why(code);
            (if known.is_empty() { text.clone() } else { known.to_owned() }, *count)
        });
        let unreached = unreached.collect();
        let calls = preview.as_ref().map_or(0, |preview| preview.calls);
        let f = who.frame(t.nav_push_new());
        NewPage { f, tenant: tenant.clone(), fields: fields.clone(), faults, preview: said, unreached, calls }
    };
    let done = if fields.act == "send" {
        web.app.messages.accept(&who.actor(), vec![message], None).await.map(|accepted| accepted.ids.into_iter().next())
    } else {
        match web.app.messages.preview(&who.actor(), message).await {
            Ok(preview) => return reply::page(&page(Some(preview), Faults::default())),
            Err(error) => Err(error),
        }
    };
    match done {
        Ok(id) => {
            let id = id.map(|id| id.to_string()).unwrap_or_default();
            let flash = Flash::good(t.push_new_sent());
            Ok(reply::go(&who, &format!("/tenants/{tenant}/messages/{id}"), Some(flash)))
        }
        Err(MessageError::Invalid(list)) => {
            let mut faults = Faults::default();
            for fault in list {
                let field = fault.at.split(['.', '[']).next().unwrap_or_default().to_owned();
                let field = if field == "recipients" { "employees".to_owned() } else { field };
                faults.add(field, fault.message);
            }
            reply::again(&page(None, faults))
        }
        Err(error) => Err(message_problem(error)),
    }
}

fn said(t: crate::locale::T, preview: &Preview) -> Vec<Said> {
    let one = |(target, count): &(crate::messages::Composed, usize)| Said {
        reach: t.push_new_reach(count, &target.corp, &target.app),
        texts: target.contents.iter().flatten().map(|content| text(&content.body())).collect(),
        fault: target.contents.as_ref().err().cloned().unwrap_or_default(),
    };
    preview.targets.iter().map(one).collect()
}

/// The words of a content, one under the other.
fn text(body: &serde_json::Value) -> String {
    fn walk(value: &serde_json::Value, into: &mut Vec<String>) {
        match value {
            serde_json::Value::String(text) => into.push(text.clone()),
            serde_json::Value::Array(list) => list.iter().for_each(|value| walk(value, into)),
            serde_json::Value::Object(map) => {
                for (key, value) in map {
                    if !matches!(key.as_str(), "card_type" | "task_id" | "key") {
                        walk(value, into);
                    }
                }
            }
            _ => {}
        }
    }
    let mut words = Vec::new();
    walk(body, &mut words);
    words.join("\n")
}
