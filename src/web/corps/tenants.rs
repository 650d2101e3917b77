//! Tenants: create, rename, remove.

use super::faults::place;
use crate::http::Problem;
use crate::http::errors::setup_problem;
use crate::http::permission::CorpWrite;
use crate::model::{Tenant, TenantKey};
use crate::setup::SetupError;
use crate::setup::service;
use crate::web::flash::Flash;
use crate::web::form::{Faults, Form};
use crate::web::frame::Frame;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::Admin;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .get("/tenants/new", show_new)
        .post("/tenants/new", create)
        .get("/tenants/{tenant}/edit", show)
        .post("/tenants/{tenant}/edit", save)
        .post("/tenants/{tenant}/remove", remove);
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Fields {
    #[serde(default)]
    key: String,
    name: String,
}

#[derive(Template)]
#[template(path = "corps/tenant.html")]
struct TenantPage {
    f: Frame,
    fields: Fields,
    faults: Faults,
    is_new: bool,
}

async fn show_new(who: Admin<CorpWrite>) -> Result<HttpResponse, Problem> {
    let f = who.frame(who.t.tenant_new());
    reply::page(&TenantPage { f, fields: Fields::default(), faults: Faults::default(), is_new: true })
}

async fn create(who: Admin<CorpWrite>, web: web::Data<Web>, form: Form<Fields>) -> Result<HttpResponse, Problem> {
    let fields = form.0;
    let (t, mut faults) = (who.t, Faults::default());
    let tenant = Tenant { key: TenantKey::from(fields.key.trim()), name: fields.name.trim().to_owned() };
    let is_taken = service::get_tenant(&web.app.store, &tenant.key).await.is_ok();
    if is_taken {
        faults.add("key", t.setup_fault_taken());
    } else {
        let key = tenant.key.clone();
        match service::put_tenant(&web.app.store, &who.actor(), tenant).await {
            Ok(_) => {
                let flash = Flash::good(t.tenant_created());
                return Ok(reply::go(&who, &format!("/corps/new?tenant={key}"), Some(flash)));
            }
            Err(error) => place(t, error, &["key", "name"], "key", &mut faults)?,
        }
    }
    reply::again(&TenantPage { f: who.frame(t.tenant_new()), fields, faults, is_new: true })
}

async fn show(who: Admin<CorpWrite>, web: web::Data<Web>, key: web::Path<TenantKey>) -> Result<HttpResponse, Problem> {
    let tenant = service::get_tenant(&web.app.store, &key).await.map_err(setup_problem)?;
    let fields = Fields { key: tenant.key.to_string(), name: tenant.name.clone() };
    reply::page(&TenantPage { f: who.frame(tenant.name), fields, faults: Faults::default(), is_new: false })
}

async fn save(
    who: Admin<CorpWrite>,
    web: web::Data<Web>,
    key: web::Path<TenantKey>,
    form: Form<Fields>,
) -> Result<HttpResponse, Problem> {
    service::get_tenant(&web.app.store, &key).await.map_err(setup_problem)?;
    let fields = Fields { key: key.to_string(), ..form.0 };
    let tenant = Tenant { key: key.into_inner(), name: fields.name.trim().to_owned() };
    match service::put_tenant(&web.app.store, &who.actor(), tenant).await {
        Ok(_) => Ok(reply::go(&who, "/corps", Some(Flash::good(who.t.saved())))),
        Err(error) => {
            let mut faults = Faults::default();
            place(who.t, error, &["name"], "name", &mut faults)?;
            reply::again(&TenantPage { f: who.frame(fields.name.clone()), fields, faults, is_new: false })
        }
    }
}

#[derive(Debug, Deserialize)]
struct Confirmation {
    confirm: String,
}

async fn remove(
    who: Admin<CorpWrite>,
    web: web::Data<Web>,
    key: web::Path<TenantKey>,
    form: Form<Confirmation>,
) -> Result<HttpResponse, Problem> {
    let back = format!("/tenants/{key}/edit");
    if form.0.confirm.trim() != key.as_str() {
        return Ok(reply::go(&who, &back, Some(Flash::bad(who.t.confirm_mismatch()))));
    }
    match service::remove_tenant(&web.app.store, &who.actor(), &key).await {
        Ok(()) => Ok(reply::go(&who, "/corps", Some(Flash::good(who.t.tenant_removed(&*key))))),
        Err(SetupError::Store(crate::store::StoreError::Conflict { .. }) | SetupError::Conflict { .. }) => {
            Ok(reply::go(&who, &back, Some(Flash::bad(who.t.tenant_has_corps()))))
        }
        Err(error) => Err(setup_problem(error)),
    }
}
