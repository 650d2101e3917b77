//! One unit by hand, held to the same checks as a file and the API.

use super::fields::{Pairs, Values, mark, take_faults};
use super::pick::{self, Offer};
use super::{get_tenant, looked};
use crate::directory::service;
use crate::http::Problem;
use crate::http::errors::{directory_problem, store_problem};
use crate::http::permission::DirectoryWrite;
use crate::model::{OrgUnit, TenantKey, UnitId};
use crate::store;
use crate::web::flash::Flash;
use crate::web::form::{Faults, Form, Nothing};
use crate::web::frame::Frame;
use crate::web::link::part;
use crate::web::listing::Listing;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::Admin;
use actix_web::{HttpResponse, web};
use askama::Template;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .get("/tenants/{tenant}/directory/new-unit", new)
        .post("/tenants/{tenant}/directory/new-unit", create)
        .get("/tenants/{tenant}/units/{unit}/edit", edit)
        .post("/tenants/{tenant}/units/{unit}/edit", save)
        .post("/tenants/{tenant}/units/{unit}/remove", remove);
}

#[derive(Template)]
#[template(path = "directory/edit_unit.html")]
struct EditPage {
    f: Frame,
    tenant: TenantKey,
    /// `None` for a new unit.
    unit: Option<UnitId>,
    values: Values,
    faults: Faults,
    offers: Vec<Offer>,
    /// What the form was filled from.
    seen: String,
    is_stale: bool,
    /// Why it was not removed.
    not_removed: String,
}

impl EditPage {
    fn action(&self) -> String {
        match &self.unit {
            Some(id) => self.f.url(&format!("/tenants/{}/units/{}/edit", self.tenant, part(id))),
            None => self.f.url(&format!("/tenants/{}/directory/new-unit", self.tenant)),
        }
    }

    fn remove_url(&self, id: &UnitId) -> String {
        self.f.url(&format!("/tenants/{}/units/{}/remove", self.tenant, part(id)))
    }

    fn cancel(&self) -> String {
        match &self.unit {
            Some(id) => self.f.url(&format!("/tenants/{}/directory?unit={}", self.tenant, part(id))),
            None => self.f.url(&format!("/tenants/{}/directory", self.tenant)),
        }
    }

    fn v(&self, name: &str) -> &str {
        self.values.raw(name)
    }

    fn e(&self, name: &str) -> &str {
        self.faults.of(name)
    }
}

async fn new(
    who: Admin<DirectoryWrite>,
    web: web::Data<Web>,
    tenant: web::Path<TenantKey>,
) -> Result<HttpResponse, Problem> {
    let tenant = get_tenant(&web, &tenant).await?.key;
    let mut values = Values::default();
    values.set("parent_id", Listing::of(&who, &["unit"]).get("unit").to_owned());
    let offers = looked(web.app.views.directory(&tenant, |view| Ok(pick::offers(view))).await)?;
    let (f, faults) = (who.frame(who.t.dir_new_unit()), Faults::default());
    let (seen, not_removed) = (String::new(), String::new());
    reply::page(&EditPage { f, tenant, unit: None, values, faults, offers, seen, is_stale: false, not_removed })
}

async fn edit(
    who: Admin<DirectoryWrite>,
    web: web::Data<Web>,
    path: web::Path<(TenantKey, UnitId)>,
) -> Result<HttpResponse, Problem> {
    let (tenant, id) = path.into_inner();
    let unit = get_unit(&web, &tenant, &id).await?;
    reply::page(&filled(&who, &web, tenant, unit, String::new()).await?)
}

/// The form as the unit is stored.
async fn filled(
    who: &Admin<DirectoryWrite>,
    web: &Web,
    tenant: TenantKey,
    unit: OrgUnit,
    not_removed: String,
) -> Result<EditPage, Problem> {
    let offers = looked(web.app.views.directory(&tenant, |view| Ok(pick::offers(view))).await)?;
    let f = who.frame(who.t.edit_unit_title(&unit.name));
    let (values, faults, seen) = (Values::of_row(&unit), Faults::default(), mark(&unit));
    Ok(EditPage { f, tenant, unit: Some(unit.id), values, faults, offers, seen, is_stale: false, not_removed })
}

async fn create(
    who: Admin<DirectoryWrite>,
    web: web::Data<Web>,
    tenant: web::Path<TenantKey>,
    form: Form<Pairs>,
) -> Result<HttpResponse, Problem> {
    let tenant = get_tenant(&web, &tenant).await?.key;
    put(&who, &web, tenant, None, form.0).await
}

async fn save(
    who: Admin<DirectoryWrite>,
    web: web::Data<Web>,
    path: web::Path<(TenantKey, UnitId)>,
    form: Form<Pairs>,
) -> Result<HttpResponse, Problem> {
    let (tenant, id) = path.into_inner();
    let unit = get_unit(&web, &tenant, &id).await?;
    put(&who, &web, tenant, Some(unit), form.0).await
}

async fn put(
    who: &Admin<DirectoryWrite>,
    web: &Web,
    tenant: TenantKey,
    before: Option<OrgUnit>,
    pairs: Pairs,
) -> Result<HttpResponse, Problem> {
    let t = who.t;
    let entered = Values::of(pairs);
    let mut values = entered.clone();
    if let Some(before) = &before {
        values.set("id", before.id.to_string());
    }
    let picked = web.app.views.directory(&tenant, move |view| {
        let mut faults = Faults::default();
        pick::unit(t, view, &mut values, "parent_id", &mut faults);
        pick::people(t, view, &mut values, "head", &mut faults);
        Ok((values, faults, pick::offers(view)))
    });
    let (values, mut faults, offers) = looked(picked.await)?;
    let row: OrgUnit = values.row(t, &mut faults);
    let is_stale = before.as_ref().is_some_and(|before| mark(before) != entered.get("seen"));
    if before.is_none() && faults.of("id").is_empty() {
        let (key, id) = (tenant.clone(), row.id.clone());
        let taken = web.app.store.read_async(move |tx| store::directory::find_unit(tx, &key, &id));
        if taken.await.map_err(store_problem)?.is_some() {
            faults.add("id", t.edit_id_taken());
        }
    }
    if faults.is_empty() && !is_stale {
        let id = row.id.clone();
        match service::put_units(&web.app.store, &tenant, vec![row], &who.actor()).await {
            Ok(_) => {
                web.app.views.refresh_directory(&tenant);
                let to = format!("/tenants/{tenant}/directory?unit={}", part(&id));
                return Ok(reply::go(who, &to, Some(Flash::good(t.saved()))));
            }
            Err(error) => take_faults(t, error, &mut faults)?,
        }
    }
    let title = before.as_ref().map_or_else(|| t.dir_new_unit().to_owned(), |row| t.edit_unit_title(&row.name));
    let seen = before.as_ref().map(mark).unwrap_or_default();
    let (f, unit, not_removed) = (who.frame(title), before.map(|row| row.id), String::new());
    reply::again(&EditPage { f, tenant, unit, values: entered, faults, offers, seen, is_stale, not_removed })
}

async fn remove(
    who: Admin<DirectoryWrite>,
    web: web::Data<Web>,
    path: web::Path<(TenantKey, UnitId)>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let (tenant, id) = path.into_inner();
    let unit = get_unit(&web, &tenant, &id).await?;
    match service::remove_units(&web.app.store, &tenant, vec![id], &who.actor()).await {
        Ok(_) => {
            web.app.views.refresh_directory(&tenant);
            let above = unit.parent_id.as_ref().map(|id| format!("?unit={}", part(id))).unwrap_or_default();
            let done = Flash::good(who.t.edit_unit_removed(&unit.name));
            Ok(reply::go(&who, &format!("/tenants/{tenant}/directory{above}"), Some(done)))
        }
        Err(error) => {
            let Some(code) = error.fault_code() else { return Err(directory_problem(error)) };
            let why = who.t.fault_text(code).into_owned();
            reply::again(&filled(&who, &web, tenant, unit, why).await?)
        }
    }
}

async fn get_unit(web: &Web, tenant: &TenantKey, id: &UnitId) -> Result<OrgUnit, Problem> {
    let (key, id) = (tenant.clone(), id.clone());
    let read = web.app.store.read_async(move |tx| Ok(service::get_unit(tx, &key, &id)));
    read.await.map_err(store_problem)?.map_err(directory_problem)
}
