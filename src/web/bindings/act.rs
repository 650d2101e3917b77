//! Links made and taken away one by one, from whatever page. What stands against a link is said on that page.

use super::{find_member, get_corp, looked};
use crate::http::Problem;
use crate::http::errors::{store_problem, sync_problem};
use crate::http::permission::BindingWrite;
use crate::locale::T;
use crate::model::{Corp, CorpKey, DepartmentId, EmployeeId, MemberField, UnitId, UserId};
use crate::store::{self, Reads, StoreError};
use crate::sync::bindings;
use crate::web::directory::find_person;
use crate::web::flash::Flash;
use crate::web::form::Form;
use crate::web::link;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::Admin;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .post("/corps/{corp}/bindings/bind", bind)
        .post("/corps/{corp}/bindings/unbind", unbind)
        .post("/corps/{corp}/bindings/bind-unit", bind_unit)
        .post("/corps/{corp}/bindings/unbind-unit", unbind_unit);
}

#[derive(Debug, Deserialize)]
struct Pair {
    /// An id, account, number or name.
    employee: String,
    /// A userid or name.
    userid: String,
    #[serde(default)]
    back: String,
}

#[derive(Debug, Deserialize)]
struct One {
    employee: String,
    #[serde(default)]
    back: String,
}

#[derive(Debug, Deserialize)]
struct UnitPair {
    unit: String,
    department: String,
    #[serde(default)]
    back: String,
}

#[derive(Debug, Deserialize)]
struct OneUnit {
    unit: String,
    #[serde(default)]
    back: String,
}

async fn bind(
    who: Admin<BindingWrite>,
    web: web::Data<Web>,
    corp: web::Path<CorpKey>,
    form: Form<Pair>,
) -> Result<HttpResponse, Problem> {
    let corp = get_corp(&web, &corp).await?;
    let back = link::back(&form.0.back, &format!("/corps/{}/bindings", corp.key));
    let (t, employee, userid) = (who.t, form.0.employee.trim().to_owned(), form.0.userid.trim().to_owned());
    let found = web.app.views.mirror(&corp.key, move |view| {
        let employee =
            find_person(t, view.directory(), &employee).map_err(|several| no_employee(t, &employee, &several));
        let member = find_member(view, &userid).map_err(|several| no_member(t, &userid, &several));
        Ok(employee.and_then(|employee| Ok((employee, member?))))
    });
    let (employee, userid) = match looked(found.await)? {
        Ok(pair) => pair,
        Err(told) => return Ok(reply::go(&who, &back, Some(Flash::bad(told)))),
    };
    if let Some(told) = against(&web, t, &corp, &employee, &userid).await? {
        return Ok(reply::go(&who, &back, Some(Flash::bad(told))));
    }
    bindings::bind(&web.app.env, &corp.key, &employee, &userid, &who.actor()).await.map_err(sync_problem)?;
    web.app.views.refresh_corp(&corp.key);
    let done = told(&web, t, &corp.key, &employee, &userid).await?;
    Ok(reply::go(&who, &back, Some(Flash::good(done))))
}

/// That two are linked, by their names.
pub(super) async fn told(
    web: &Web,
    t: T,
    corp: &CorpKey,
    employee: &EmployeeId,
    userid: &UserId,
) -> Result<String, Problem> {
    let (corp, employee, userid) = (corp.clone(), employee.clone(), userid.clone());
    let read = web.app.store.read_async(move |tx| {
        let tenant = store::corps::find(tx, &corp)?.map(|corp| corp.tenant);
        let person =
            tenant.map(|tenant| store::directory::find_employee(tx, &tenant, &employee)).transpose()?.flatten();
        let person = person.map_or_else(String::new, |person| person.name.to_string());
        let member = store::mirror::find_member(tx, &corp, &userid)?;
        let member = member.and_then(|member| member.fields.get(&MemberField::Name).map(ToString::to_string));
        Ok(t.bind_done(t.with_id(&person, &employee), t.with_id(&member.unwrap_or_default(), &userid)))
    });
    read.await.map_err(store_problem)
}

fn no_employee(t: T, typed: &str, several: &[String]) -> String {
    if several.is_empty() { t.pick_no_person(typed) } else { t.pick_several_people(typed, several.join("、")) }
}

fn no_member(t: T, typed: &str, several: &[String]) -> String {
    if several.is_empty() { t.bind_no_member(typed) } else { t.bind_several_members(typed, several.join("、")) }
}

/// What stands against a link, in the reader's language.
async fn against(
    web: &Web,
    t: T,
    corp: &Corp,
    employee: &EmployeeId,
    userid: &UserId,
) -> Result<Option<String>, Problem> {
    let (key, tenant) = (corp.key.clone(), corp.tenant.clone());
    let (employee, userid) = (employee.clone(), userid.clone());
    let read = web.app.store.read_async(move |tx| {
        if store::directory::find_employee(tx, &tenant, &employee)?.is_none() {
            return Ok(Some(t.pick_no_person(&employee)));
        }
        if store::mirror::find_member(tx, &key, &userid)?.is_none() {
            return Ok(Some(t.bind_no_member(&userid)));
        }
        if let Some(other) = store::bindings::find_by_employee(tx, &key, &employee)?
            && !other.userid.is_same(&userid)
        {
            return Ok(Some(t.bind_employee_taken(&employee, other.userid)));
        }
        let other = store::bindings::find_by_userid(tx, &key, &userid)?.filter(|other| other.employee != employee);
        Ok(other.map(|other| t.bind_member_taken(&userid, other.employee)))
    });
    read.await.map_err(store_problem)
}

async fn unbind(
    who: Admin<BindingWrite>,
    web: web::Data<Web>,
    corp: web::Path<CorpKey>,
    form: Form<One>,
) -> Result<HttpResponse, Problem> {
    let corp = get_corp(&web, &corp).await?.key;
    let back = link::back(&form.0.back, &format!("/corps/{corp}/bindings"));
    let employee = EmployeeId::from(form.0.employee.as_str());
    let (key, id) = (corp.clone(), employee.clone());
    let bound = web.app.store.read_async(move |tx| store::bindings::find_by_employee(tx, &key, &id));
    if bound.await.map_err(store_problem)?.is_none() {
        return Ok(reply::go(&who, &back, Some(Flash::warning(who.t.bind_was_not_bound()))));
    }
    bindings::unbind(&web.app.env, &corp, &employee, &who.actor()).await.map_err(sync_problem)?;
    web.app.views.refresh_corp(&corp);
    Ok(reply::go(&who, &back, Some(Flash::good(who.t.bind_undone(employee)))))
}

async fn bind_unit(
    who: Admin<BindingWrite>,
    web: web::Data<Web>,
    corp: web::Path<CorpKey>,
    form: Form<UnitPair>,
) -> Result<HttpResponse, Problem> {
    let corp = get_corp(&web, &corp).await?;
    let back = link::back(&form.0.back, &format!("/corps/{}/compare", corp.key));
    let t = who.t;
    let unit = UnitId::from(form.0.unit.trim());
    let Some(department) = form.0.department.trim().parse().ok().map(DepartmentId) else {
        return Ok(reply::go(&who, &back, Some(Flash::bad(t.bind_no_department(&form.0.department)))));
    };
    let (of, id) = (corp.clone(), unit.clone());
    let read = web.app.store.read_async(move |tx| against_unit(tx, t, &of, &id, department));
    if let Some(told) = read.await.map_err(store_problem)? {
        return Ok(reply::go(&who, &back, Some(Flash::bad(told))));
    }
    let bound = bindings::bind_department(&web.app.env, &corp.key, &unit, department, &who.actor()).await;
    bound.map_err(sync_problem)?;
    web.app.views.refresh_corp(&corp.key);
    let read = web.app.store.read_async(move |tx| {
        let own = store::directory::find_unit(tx, &corp.tenant, &unit)?
            .map_or_else(String::new, |unit| unit.name.to_string());
        let theirs = store::mirror::find_department(tx, &corp.key, department)?.and_then(|known| known.name);
        let theirs = theirs.map_or_else(String::new, |name| name.to_string());
        Ok(t.bind_done(t.with_id(&own, &unit), t.with_id(&theirs, department)))
    });
    let done = read.await.map_err(store_problem)?;
    Ok(reply::go(&who, &back, Some(Flash::good(done))))
}

fn against_unit(
    tx: &impl Reads,
    t: T,
    corp: &Corp,
    unit: &UnitId,
    department: DepartmentId,
) -> Result<Option<String>, StoreError> {
    if store::directory::find_unit(tx, &corp.tenant, unit)?.is_none() {
        return Ok(Some(t.pick_no_unit(unit)));
    }
    if store::mirror::find_department(tx, &corp.key, department)?.is_none() {
        return Ok(Some(t.bind_no_department(department)));
    }
    if let Some(other) = store::bindings::find_by_unit(tx, &corp.key, unit)?
        && other.department != department
    {
        return Ok(Some(t.bind_unit_taken(unit, other.department)));
    }
    let other = store::bindings::find_by_department(tx, &corp.key, department)?.filter(|other| other.unit != *unit);
    Ok(other.map(|other| t.bind_department_taken(department, other.unit)))
}

async fn unbind_unit(
    who: Admin<BindingWrite>,
    web: web::Data<Web>,
    corp: web::Path<CorpKey>,
    form: Form<OneUnit>,
) -> Result<HttpResponse, Problem> {
    let corp = get_corp(&web, &corp).await?.key;
    let back = link::back(&form.0.back, &format!("/corps/{corp}/compare"));
    let unit = UnitId::from(form.0.unit.as_str());
    let (key, id) = (corp.clone(), unit.clone());
    let bound = web.app.store.read_async(move |tx| store::bindings::find_by_unit(tx, &key, &id));
    if bound.await.map_err(store_problem)?.is_none() {
        return Ok(reply::go(&who, &back, Some(Flash::warning(who.t.bind_was_not_bound()))));
    }
    bindings::unbind_department(&web.app.env, &corp, &unit, &who.actor()).await.map_err(sync_problem)?;
    web.app.views.refresh_corp(&corp);
    Ok(reply::go(&who, &back, Some(Flash::good(who.t.bind_undone(unit)))))
}
