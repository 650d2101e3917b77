//! One person by hand, held to the same checks as a file and the API.

use super::fields::{Pairs, Values, mark, take_faults};
use super::pick::{self, Offer};
use super::{get_tenant, looked};
use crate::directory::service;
use crate::http::Problem;
use crate::http::errors::{directory_problem, store_problem};
use crate::http::permission::DirectoryWrite;
use crate::model::{Employee, EmployeeId, TenantKey};
use crate::store;
use crate::web::flash::Flash;
use crate::web::form::{Faults, Form};
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
        .get("/tenants/{tenant}/directory/new-employee", new)
        .post("/tenants/{tenant}/directory/new-employee", create)
        .get("/tenants/{tenant}/employees/{employee}/edit", edit)
        .post("/tenants/{tenant}/employees/{employee}/edit", save);
}

#[derive(Template)]
#[template(path = "directory/edit_person.html")]
struct EditPage {
    f: Frame,
    tenant: TenantKey,
    /// `None` for a new person.
    person: Option<EmployeeId>,
    values: Values,
    faults: Faults,
    offers: Vec<Offer>,
    /// What the form was filled from.
    seen: String,
    is_stale: bool,
}

impl EditPage {
    fn action(&self) -> String {
        match &self.person {
            Some(id) => self.f.url(&format!("/tenants/{}/employees/{}/edit", self.tenant, part(id))),
            None => self.f.url(&format!("/tenants/{}/directory/new-employee", self.tenant)),
        }
    }

    fn cancel(&self) -> String {
        match &self.person {
            Some(id) => self.f.url(&format!("/tenants/{}/employees/{}", self.tenant, part(id))),
            None => self.f.url(&format!("/tenants/{}/directory", self.tenant)),
        }
    }

    fn v(&self, name: &str) -> &str {
        self.values.raw(name)
    }

    fn e(&self, name: &str) -> &str {
        self.faults.of(name)
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.values.get(name) == value
    }

    fn genders(&self) -> [(&'static str, &'static str); 3] {
        let t = self.f.t;
        [("", t.gender_unknown()), ("male", t.gender_male()), ("female", t.gender_female())]
    }

    fn statuses(&self) -> [(&'static str, &'static str); 2] {
        [("active", self.f.t.status_active()), ("departed", self.f.t.status_departed())]
    }
}

async fn new(
    who: Admin<DirectoryWrite>,
    web: web::Data<Web>,
    tenant: web::Path<TenantKey>,
) -> Result<HttpResponse, Problem> {
    let tenant = get_tenant(&web, &tenant).await?.key;
    let mut values = Values::default();
    values.set("unit_id", Listing::of(&who, &["unit"]).get("unit").to_owned());
    values.set("status", "active".into());
    let offers = looked(web.app.views.directory(&tenant, |view| Ok(pick::offers(view))).await)?;
    let f = who.frame(who.t.dir_new_employee());
    let faults = Faults::default();
    reply::page(&EditPage { f, tenant, person: None, values, faults, offers, seen: String::new(), is_stale: false })
}

async fn edit(
    who: Admin<DirectoryWrite>,
    web: web::Data<Web>,
    path: web::Path<(TenantKey, EmployeeId)>,
) -> Result<HttpResponse, Problem> {
    let (tenant, id) = path.into_inner();
    let person = get_person(&web, &tenant, &id).await?;
    let offers = looked(web.app.views.directory(&tenant, |view| Ok(pick::offers(view))).await)?;
    let f = who.frame(who.t.edit_person_title(&person.name));
    let (values, faults, seen) = (Values::of_row(&person), Faults::default(), mark(&person));
    reply::page(&EditPage { f, tenant, person: Some(id), values, faults, offers, seen, is_stale: false })
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
    path: web::Path<(TenantKey, EmployeeId)>,
    form: Form<Pairs>,
) -> Result<HttpResponse, Problem> {
    let (tenant, id) = path.into_inner();
    let person = get_person(&web, &tenant, &id).await?;
    put(&who, &web, tenant, Some(person), form.0).await
}

async fn put(
    who: &Admin<DirectoryWrite>,
    web: &Web,
    tenant: TenantKey,
    before: Option<Employee>,
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
        pick::unit(t, view, &mut values, "unit_id", &mut faults);
        pick::units(t, view, &mut values, "part_time_unit_ids", &mut faults);
        pick::person(t, view, &mut values, "superior_id", &mut faults);
        Ok((values, faults, pick::offers(view)))
    });
    let (values, mut faults, offers) = looked(picked.await)?;
    let row: Employee = values.row(t, &mut faults);
    let seen = entered.get("seen").to_owned();
    let is_stale = before.as_ref().is_some_and(|before| mark(before) != seen);
    if before.is_none() && faults.of("id").is_empty() {
        let (key, id) = (tenant.clone(), row.id.clone());
        let taken = web.app.store.read_async(move |tx| store::directory::find_employee(tx, &key, &id));
        if taken.await.map_err(store_problem)?.is_some() {
            faults.add("id", t.edit_id_taken());
        }
    }
    if faults.is_empty() && !is_stale {
        let id = row.id.clone();
        match service::put_employees(&web.app.store, &tenant, vec![row], &who.actor()).await {
            Ok(_) => {
                web.app.views.refresh_directory(&tenant);
                let to = format!("/tenants/{tenant}/employees/{}", part(&id));
                return Ok(reply::go(who, &to, Some(Flash::good(t.saved()))));
            }
            Err(error) => take_faults(t, error, &mut faults)?,
        }
    }
    let title = before.as_ref().map_or_else(|| t.dir_new_employee().to_owned(), |row| t.edit_person_title(&row.name));
    let seen = before.as_ref().map(mark).unwrap_or_default();
    let (f, person) = (who.frame(title), before.map(|row| row.id));
    reply::again(&EditPage { f, tenant, person, values: entered, faults, offers, seen, is_stale })
}

async fn get_person(web: &Web, tenant: &TenantKey, id: &EmployeeId) -> Result<Employee, Problem> {
    let (key, id) = (tenant.clone(), id.clone());
    let read = web.app.store.read_async(move |tx| Ok(service::get_employee(tx, &key, &id)));
    read.await.map_err(store_problem)?.map_err(directory_problem)
}
