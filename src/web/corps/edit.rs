//! Connects a corp, and changes what a corp is and where its services are found (AUTH-01, AUTH-02, AUTH-05, PEER-14).

use super::faults::place;
use super::fields::{CorpFields, NAMES};
use crate::http::errors::setup_problem;
use crate::http::permission::CorpWrite;
use crate::http::{Problem, Query};
use crate::model::{
    Access, Corp, CorpKey, DownstreamOptions, Edition, MatchRule, PullOptions, Quota, Tenant, UpstreamOptions,
};
use crate::setup::{Linked, Links, RawEndpoints, SetupError, default_endpoints, service};
use crate::web::flash::Flash;
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
    routes
        .get("/corps/new", show_new)
        .post("/corps/new", create)
        .get("/corps/{corp}/edit", show)
        .post("/corps/{corp}/edit", save)
        .post("/corps/{corp}/remove", remove);
}

#[derive(Debug, Deserialize)]
struct NewQuery {
    tenant: Option<String>,
}

#[derive(Template)]
#[template(path = "corps/edit.html")]
struct EditPage {
    f: Frame,
    fields: CorpFields,
    faults: Faults,
    tenants: Vec<(String, String)>,
    is_new: bool,
    /// Somebody has saved something else since the form was opened.
    is_stale: bool,
    /// The corp would become another WeCom: what becomes of its links is to be chosen.
    linked: Option<Linked>,
}

impl EditPage {
    fn editions(&self) -> [(&'static str, &'static str, &'static str); 3] {
        let t = self.f.t;
        [
            ("public", t.edition("public"), t.edition_public_hint()),
            ("private", t.edition("private"), t.edition_private_hint()),
            ("government", t.edition("government"), t.edition_government_hint()),
        ]
    }

    fn accesses(&self) -> [(&'static str, &'static str, &'static str); 2] {
        let t = self.f.t;
        [
            ("read-only", t.access_read_only(), t.access_read_only_hint()),
            ("read-write", t.access_read_write(), t.access_read_write_hint()),
        ]
    }

    /// The settings that make it another WeCom, as the form calls them.
    fn changed(&self) -> String {
        let t = self.f.t;
        let name = |setting: &&str| match *setting {
            "tenant" => t.tenant_name(),
            "corpid" => t.corp_corpid(),
            _ => t.corp_api_base(),
        };
        let names: Vec<_> = self.linked.iter().flat_map(|linked| &linked.settings).map(name).collect();
        names.join(t.links_and())
    }

    /// Whether the part for experts is open: something in it is set, or at fault.
    fn is_special(&self) -> bool {
        let fields = &self.fields;
        let set = [&fields.authorize_base, &fields.login_base, &fields.console_url, &fields.ca_file, &fields.proxy];
        let names = ["authorize_base", "login_base", "console_url", "ca_file", "proxy", "timeout_ms"];
        let quota = ["calls_per_minute", "calls_per_hour", "concurrency", "seats"];
        set.iter().any(|text| !text.is_empty())
            || names.iter().chain(&quota).any(|name| !self.faults.of(name).is_empty())
    }
}

async fn tenants(web: &Web) -> Result<Vec<(String, String)>, Problem> {
    let tenants = service::list_tenants(&web.app.store).await.map_err(setup_problem)?;
    Ok(tenants.into_iter().map(|Tenant { key, name }| (key.to_string(), name)).collect())
}

async fn show_new(who: Admin<CorpWrite>, web: web::Data<Web>, query: Query<NewQuery>) -> Result<HttpResponse, Problem> {
    let tenants = tenants(&web).await?;
    let Some(first) = tenants.first() else {
        return Ok(reply::go(&who, "/tenants/new", Some(Flash::warning(who.t.corp_needs_tenant()))));
    };
    let fields = CorpFields::fresh(query.0.tenant.as_deref().unwrap_or(&first.0));
    let f = who.frame(who.t.corp_new());
    reply::page(&EditPage {
        f,
        fields,
        faults: Faults::default(),
        tenants,
        is_new: true,
        is_stale: false,
        linked: None,
    })
}

/// A corp as it is before anything is set.
fn blank(fields: &CorpFields) -> Corp {
    let (tenant, key) = fields.keys();
    Corp {
        key,
        tenant,
        name: String::new(),
        corpid: String::new(),
        edition: Edition::Public,
        endpoints: default_endpoints(Edition::Public, RawEndpoints::default()),
        access: Access::ReadOnly,
        read_app: None,
        quota: Quota::default(),
        apps: Vec::new(),
        match_rules: vec![
            MatchRule { employee: "employee_no".into(), member: "userid".into() },
            MatchRule { employee: "mobile".into(), member: "mobile".into() },
        ],
        pull: PullOptions::default(),
        downstream: DownstreamOptions::default(),
        upstream: UpstreamOptions::default(),
    }
}

fn numbers(who: &Person, bad: Vec<&'static str>, faults: &mut Faults) {
    for name in bad {
        faults.add(name, who.t.fault_whole_number());
    }
}

async fn create(who: Admin<CorpWrite>, web: web::Data<Web>, form: Form<CorpFields>) -> Result<HttpResponse, Problem> {
    let (t, fields, mut faults) = (who.t, form.0, Faults::default());
    let mut corp = blank(&fields);
    numbers(&who, fields.put_over(&mut corp), &mut faults);
    if service::get_corp(&web.app.store, &corp.key).await.is_ok() {
        faults.add("key", t.setup_fault_taken());
    }
    if faults.is_empty() {
        let key = corp.key.clone();
        match service::put_settings(&web.app.store, &who.actor(), corp, None.into()).await {
            Ok(_) => {
                let flash = Flash::good(t.corp_created());
                return Ok(reply::go(&who, &format!("/corps/{key}"), Some(flash)));
            }
            Err(error) => place(t, error, &NAMES, "key", &mut faults)?,
        }
    }
    let tenants = tenants(&web).await?;
    reply::again(&EditPage {
        f: who.frame(t.corp_new()),
        fields,
        faults,
        tenants,
        is_new: true,
        is_stale: false,
        linked: None,
    })
}

async fn show(who: Admin<CorpWrite>, web: web::Data<Web>, key: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    let corp = service::get_corp(&web.app.store, &key).await.map_err(setup_problem)?;
    let f = who.frame(who.t.corp_edit());
    let (fields, tenants) = (CorpFields::of(&corp), tenants(&web).await?);
    reply::page(&EditPage {
        f,
        fields,
        faults: Faults::default(),
        tenants,
        is_new: false,
        is_stale: false,
        linked: None,
    })
}

async fn save(
    who: Admin<CorpWrite>,
    web: web::Data<Web>,
    key: web::Path<CorpKey>,
    form: Form<CorpFields>,
) -> Result<HttpResponse, Problem> {
    let t = who.t;
    let mut corp = service::get_corp(&web.app.store, &key).await.map_err(setup_problem)?;
    let mut fields = form.0;
    (fields.key, fields.tenant) = (corp.key.to_string(), corp.tenant.to_string());
    let (mut faults, mut linked, mut is_stale) = (Faults::default(), None, false);
    numbers(&who, fields.put_over(&mut corp), &mut faults);
    let links = match fields.links.as_str() {
        "reset" => Some(Links::Reset),
        "keep" => Some(Links::Keep),
        _ => None,
    };
    // an unconfirmed choice is none: the corp is refused once more, and the page asks again
    let confirmed = links.filter(|_| fields.confirm.trim() == key.as_str());
    if faults.is_empty() {
        let entered = fields.clone();
        let edit = move |present: &mut Corp| {
            if CorpFields::mark(present) != entered.seen {
                return Err(SetupError::Stale);
            }
            entered.put_over(present);
            Ok(())
        };
        match service::edit_settings(&web.app.store, &who.actor(), &key, confirmed.into(), edit).await {
            Err(SetupError::Stale) => {
                let present = service::get_corp(&web.app.store, &key).await.map_err(setup_problem)?;
                (is_stale, fields.seen) = (true, CorpFields::mark(&present));
            }
            Ok(_) => {
                let told = if confirmed == Some(Links::Reset) { t.links_dropped() } else { t.saved() };
                return Ok(reply::go(&who, &format!("/corps/{key}"), Some(Flash::good(told))));
            }
            Err(SetupError::Linked(found)) => {
                let is_asked = !fields.confirm.is_empty() || links.is_some();
                if links.is_none() && is_asked {
                    faults.add("links", t.links_choose());
                } else if confirmed.is_none() && is_asked {
                    faults.add("confirm", t.confirm_mismatch());
                }
                linked = found.into_iter().next();
            }
            Err(error) => place(t, error, &NAMES, "api_base", &mut faults)?,
        }
    }
    fields.confirm.clear();
    let tenants = tenants(&web).await?;
    reply::again(&EditPage { f: who.frame(t.corp_edit()), fields, faults, tenants, is_new: false, is_stale, linked })
}

#[derive(Debug, Deserialize)]
struct Confirmation {
    confirm: String,
}

async fn remove(
    who: Admin<CorpWrite>,
    web: web::Data<Web>,
    key: web::Path<CorpKey>,
    form: Form<Confirmation>,
) -> Result<HttpResponse, Problem> {
    if form.0.confirm.trim() != key.as_str() {
        return Ok(reply::go(&who, &format!("/corps/{key}"), Some(Flash::bad(who.t.confirm_mismatch()))));
    }
    let app = &web.app;
    service::remove_corp(&app.store, &app.clients, &who.actor(), &key).await.map_err(setup_problem)?;
    Ok(reply::go(&who, "/corps", Some(Flash::good(who.t.corp_removed(&*key)))))
}
