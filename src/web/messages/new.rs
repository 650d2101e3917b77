//! A message sent by hand: entered, previewed, sent.

use super::form::{Fields, KINDS, button_field, default_key, ids};
use super::get_tenant;
use super::names::Names;
use crate::browse::Branch;
use crate::http::Problem;
use crate::http::errors::{browse_problem, message_problem, rule_problem, setup_problem, store_problem};
use crate::http::permission::MessagesSend;
use crate::locale::T;
use crate::messages::accept::BUTTONS_MAX;
use crate::messages::compose::Composed;
use crate::messages::{MessageError, Preview, Unreached, rulebook};
use crate::model::content::Content;
use crate::model::{EmployeeId, Priority, TenantKey, UnitId};
use crate::setup::service as setup;
use crate::store;
use crate::web::directory::pick;
use crate::web::flash::Flash;
use crate::web::form::{Faults, Form, is_on};
use crate::web::frame::Frame;
use crate::web::routes::Routes;
use crate::web::rules::{self, Preview as Look};
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use crate::web::{link, reply};
use actix_web::{HttpResponse, web};
use askama::Template;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/tenants/{tenant}/messages/new", show).post("/tenants/{tenant}/messages/new", send);
}

/// What would become of the message.
struct Shown {
    /// Of what is shown.
    digest: String,
    /// Names and ids of the people and units that the fields name.
    named: Vec<(String, String)>,
    /// Where it goes, as what, and that it may wait for others.
    targets: Vec<(String, Look, String)>,
    unreached: Vec<Missed>,
    calls: usize,
}

/// People whom it does not reach, for one reason.
struct Missed {
    why: String,
    count: usize,
    /// Names and pages of the first.
    first: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "messages/new.html")]
struct NewPage {
    f: Frame,
    tenant: TenantKey,
    fields: Fields,
    faults: Faults,
    preview: Option<Shown>,
    webhooks: Vec<String>,
}

/// One row of the form's buttons.
struct ButtonRow<'f> {
    n: usize,
    text: &'f str,
    key: &'f str,
    default_key: String,
    style: &'f str,
    /// Beside its words, and beside its key.
    faults: [&'f str; 2],
}

impl NewPage {
    fn kinds(&self) -> Vec<(&'static str, &'static str)> {
        let t = self.f.t;
        let kinds = KINDS.iter().map(|(name, kind)| (*name, t.todo_kind_of(*kind)));
        std::iter::once(("", t.todo_kind_none())).chain(kinds).collect()
    }

    fn tellers(&self) -> Vec<(&str, &str)> {
        let names = self.webhooks.iter().map(|name| (name.as_str(), name.as_str()));
        std::iter::once(("", self.f.t.todo_new_webhook_none())).chain(names).collect()
    }

    fn styles(&self) -> [(&'static str, &'static str); 4] {
        let t = self.f.t;
        [("1", t.style_primary()), ("2", t.style_secondary()), ("3", t.style_neutral()), ("4", t.style_negative())]
    }

    fn buttons(&self) -> Vec<ButtonRow<'_>> {
        (0..BUTTONS_MAX)
            .map(|n| ButtonRow {
                faults: ["text", "key"].map(|part| self.faults.of(&button_field(n, part))),
                default_key: default_key(n),
                n: n + 1,
                text: self.fields.button_text.get(n).map(String::as_str).unwrap_or_default(),
                key: self.fields.button_key.get(n).map(String::as_str).unwrap_or_default(),
                // one is to be pressed, the others are beside it
                style: self.fields.button_style.get(n).map_or(if n == 0 { "1" } else { "2" }, String::as_str),
            })
            .collect()
    }

    fn has_todo(&self) -> bool {
        !self.fields.todo.is_empty()
            || ["buttons", "todo"].iter().any(|field| !self.faults.of(field).is_empty())
            || self.buttons().iter().any(|row| row.faults.iter().any(|fault| !fault.is_empty()))
    }

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

async fn show(
    who: Admin<MessagesSend>,
    web: web::Data<Web>,
    tenant: web::Path<TenantKey>,
) -> Result<HttpResponse, Problem> {
    let tenant = get_tenant(&web, &tenant).await?.key;
    let once = uuid::Uuid::new_v4().simple().to_string();
    let fields = Fields { once, source: "manual".into(), priority: "normal".into(), ..Fields::default() };
    let f = who.frame(who.t.nav_push_new());
    reply::page(&NewPage {
        f,
        tenant,
        fields,
        faults: Faults::default(),
        preview: None,
        webhooks: webhooks(&web).await?,
    })
}

/// Names of the webhooks that can hear of a decision.
async fn webhooks(web: &Web) -> Result<Vec<String>, Problem> {
    let list = web.app.store.read_async(store::webhooks::list).await.map_err(store_problem)?;
    Ok(list.into_iter().map(|webhook| webhook.name).collect())
}

async fn send(
    who: Admin<MessagesSend>,
    web: web::Data<Web>,
    tenant: web::Path<TenantKey>,
    form: Form<Fields>,
) -> Result<HttpResponse, Problem> {
    let tenant = get_tenant(&web, &tenant).await?.key;
    let (t, typed, webhooks) = (who.t, form.0, webhooks(&web).await?);
    let mut fields = typed.clone();
    let (faults, names) = named(&web, t, &tenant, &mut fields).await?;
    let message = fields.message(&tenant);
    let page = |preview: Option<Shown>, faults: Faults| {
        let f = who.frame(t.nav_push_new());
        // what was typed stays as it was: who is meant stands in the preview
        NewPage { f, tenant: tenant.clone(), fields: typed.clone(), faults, preview, webhooks: webhooks.clone() }
    };
    if !faults.is_empty() {
        return reply::again(&page(None, faults));
    }
    // a message to everybody is looked at before it goes out
    let digest = fields.fingerprint(&tenant);
    let is_seen = !is_on(fields.everyone.as_ref()) || fields.seen.as_ref() == Some(&digest);
    let done = if fields.act == "send" && is_seen {
        let once = fields.once(&who.account.id, &tenant);
        web.app.messages.accept_by_hand(&who.actor(), message, once).await
    } else {
        match web.app.messages.preview(&who.actor(), message).await {
            Ok(preview) => {
                let shown = shown(&who, &web, &tenant, names, (preview, digest), fields.priority == "high").await?;
                return reply::page(&page(Some(shown), Faults::default()));
            }
            Err(error) => Err(error),
        }
    };
    match done {
        Ok(accepted) => {
            let id = accepted.ids.first().map(ToString::to_string).unwrap_or_default();
            let flash = match accepted.is_again {
                true => Flash::warning(t.push_new_sent_before()),
                false => Flash::good(t.push_new_sent()),
            };
            Ok(reply::go(&who, &format!("/tenants/{tenant}/messages/{id}"), Some(flash)))
        }
        Err(MessageError::Invalid(list)) => {
            let mut faults = Faults::default();
            for fault in list {
                faults.add(fields.field_of(&fault.at), t.message_fault(&fault.at, &fault.message));
            }
            reply::again(&page(None, faults))
        }
        Err(error) => Err(message_problem(error)),
    }
}

/// People and units that are shown of those that the fields name.
const NAMED_MAX: usize = 100;

/// Puts ids in the place of names, accounts and numbers that only one person or unit has, and tells whom they mean. What
/// nobody has stays as it is: the preview tells it.
async fn named(
    web: &Web,
    t: T,
    tenant: &TenantKey,
    fields: &mut Fields,
) -> Result<(Faults, Vec<(String, String)>), Problem> {
    let (employees, units) = (fields.employees.clone(), fields.units.clone());
    let picked = web.app.views.directory(tenant, move |view| {
        let mut faults = Faults::default();
        let employees = pick::each(t, &employees, &mut faults, "employees", |typed| pick::find_person(t, view, typed));
        let units = pick::each(t, &units, &mut faults, "units", |typed| pick::find_unit(t, view, typed));
        let person = |id: &str| view.employee(&EmployeeId::from(id)).map(|row| row.name.to_string());
        let unit = |id: &str| view.unit(&Branch::Node(UnitId::from(id))).map(|unit| unit.name.to_string());
        let with_name = |id: &str, name: Option<String>| name.map(|name| (name, id.to_owned()));
        let people = ids(&employees).filter_map(|id| with_name(id, person(id)));
        let names = people.chain(ids(&units).filter_map(|id| with_name(id, unit(id)))).take(NAMED_MAX).collect();
        Ok((employees, units, faults, names))
    });
    let (employees, units, faults, names) = picked.await.map_err(browse_problem)?;
    (fields.employees, fields.units) = (employees, units);
    Ok((faults, names))
}

async fn shown(
    who: &Person,
    web: &Web,
    tenant: &TenantKey,
    named: Vec<(String, String)>,
    (preview, digest): (Preview, String),
    is_urgent: bool,
) -> Result<Shown, Problem> {
    let t = who.t;
    let corps = setup::list_corps(&web.app.store, Some(tenant.clone())).await.map_err(setup_problem)?;
    let missed = preview.unreached.iter().flat_map(|group| &group.people).cloned().collect();
    let names = Names::read(web, tenant, missed).await?;
    let rules = rulebook::list(&web.app.env, tenant).await.map_err(rule_problem)?;
    let target = |((target, count), unused): (&(Composed, usize), &Vec<&str>)| {
        let place = rules::place(&corps, target.corp.as_str(), target.app.as_str());
        let fault = |text: &String| t.content_fault(text).unwrap_or_else(|| text.clone());
        let look = Look::of_contents(&target.contents, fault);
        let rule = rules.iter().find(|rule| rule.id.as_str() == target.rule);
        let by = rule.map(|rule| format!(" · {}", t.push_by_rule(&rule.name))).unwrap_or_default();
        let is_card = |content: &Content| matches!(content, Content::TemplateCard(_));
        let can_wait = !is_urgent && !target.contents.iter().flatten().any(is_card);
        let window = target.digest_ms.filter(|_| can_wait).map(|ms| t.push_new_digest(ms / 1_000));
        let look = Look { unused: t.message_fields(unused), ..look };
        (format!("{}{by}", t.push_new_reach(count, place)), look, window.unwrap_or_default())
    };
    let unreached = |group: Unreached| {
        let known = t.delivery_why(group.code);
        let why = if known.is_empty() { t.told(&group.text) } else { known.to_owned() };
        let person = |id: &EmployeeId| match names.of(id) {
            "" => (id.to_string(), String::new()),
            name => (name.to_owned(), who.url(&format!("/tenants/{tenant}/employees/{}", link::part(id)))),
        };
        Missed { why, count: group.count, first: group.people.iter().map(person).collect() }
    };
    Ok(Shown {
        digest,
        named,
        targets: preview.targets.iter().zip(&preview.unused).map(target).collect(),
        calls: preview.calls,
        unreached: preview.unreached.into_iter().map(unreached).collect(),
    })
}
