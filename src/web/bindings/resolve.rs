//! `/corps/{corp}/bindings/resolve`: matches that a rule could not decide. A person chooses one pair, or leaves them.

use super::{Counts, Tab, looked};
use crate::browse::mirror::{CaseRow, MemberRow};
use crate::http::Problem;
use crate::http::errors::{store_problem, sync_problem};
use crate::http::permission::{BindingWrite, SyncRead};
use crate::model::{ApiScope, CorpKey, EmployeeId, TenantKey, UserId};
use crate::store;
use crate::sync::bindings;
use crate::web::flash::Flash;
use crate::web::form::Form;
use crate::web::frame::Frame;
use crate::web::link::part;
use crate::web::listing::Listing;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::Admin;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/corps/{corp}/bindings/resolve", show).post("/corps/{corp}/bindings/resolve", decide);
}

/// Cases on one page.
const CASES: usize = 15;
/// People and members of one case that are listed.
const CANDIDATES: usize = 20;

#[derive(Template)]
#[template(path = "bindings/resolve.html")]
struct ResolvePage {
    f: Frame,
    corp: CorpKey,
    tenant: TenantKey,
    list: Listing,
    tabs: Vec<Tab>,
    cases: Vec<CaseRow>,
    total: usize,
    page: usize,
    can_bind: bool,
}

impl ResolvePage {
    fn at(&self, path: &str) -> String {
        self.f.url(&format!("/corps/{}{path}", self.corp))
    }

    fn employee_url(&self, id: &EmployeeId) -> String {
        self.f.url(&format!("/tenants/{}/employees/{}", self.tenant, part(id)))
    }

    fn member_url(&self, userid: &UserId) -> String {
        self.at(&format!("/members/{}", part(userid)))
    }

    /// `手机号 = 手机号`
    fn rule(&self, case: &CaseRow) -> String {
        match case.rule.split_once(" = ") {
            Some((employee, member)) => {
                format!("{} = {}", self.f.t.employee_field(employee), self.f.t.member_property(member))
            }
            None => case.rule.to_string(),
        }
    }

    fn is_only<T>(&self, all: &[T]) -> bool {
        all.len() == 1
    }

    fn is_listed(&self, index: &usize) -> bool {
        *index < CANDIDATES
    }

    fn hidden<T>(&self, all: &[T]) -> usize {
        all.len().saturating_sub(CANDIDATES)
    }

    fn departments(&self, row: &MemberRow) -> String {
        let names =
            row.departments.iter().take(3).map(|department| {
                department.name.as_ref().map_or_else(|| department.id.to_string(), ToString::to_string)
            });
        names.collect::<Vec<_>>().join("、")
    }

    fn previous(&self) -> Option<String> {
        (self.page > 1).then(|| self.list.at("page", &(self.page - 1).to_string()))
    }

    fn next(&self) -> Option<String> {
        (self.page * CASES < self.total).then(|| self.list.at("page", &(self.page + 1).to_string()))
    }
}

async fn show(who: Admin<SyncRead>, web: web::Data<Web>, corp: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    let corp = corp.into_inner();
    let list = Listing::of(&who, &["page"]);
    let page = list.get("page").parse().unwrap_or(1_usize).max(1);
    let all = bindings::resolve_list(&web.app.env, &corp).await.map_err(sync_problem)?;
    let total = all.len();
    let found = web.app.views.mirror(&corp, move |view| {
        let cases = all.iter().skip((page - 1) * CASES).take(CASES).map(|case| view.case(case));
        Ok((cases.collect::<Vec<_>>(), Counts::of(view, total)?, view.directory().tenant().clone()))
    });
    let (cases, counts, tenant) = looked(found.await)?;
    let tabs = counts.tabs(who.t, &who.base, &corp, "/resolve");
    let (f, can_bind) = (who.frame(who.t.nav_bindings()), who.may(ApiScope::BindingWrite));
    reply::page(&ResolvePage { f, corp, tenant, list, tabs, cases, total, page, can_bind })
}

#[derive(Debug, Deserialize)]
struct Pair {
    case: String,
    #[serde(default)]
    employee: String,
    #[serde(default)]
    userid: String,
}

async fn decide(
    who: Admin<BindingWrite>,
    web: web::Data<Web>,
    corp: web::Path<CorpKey>,
    form: Form<Pair>,
) -> Result<HttpResponse, Problem> {
    let corp = corp.into_inner();
    let Pair { case, employee, userid } = form.0;
    let own = format!("/corps/{corp}/bindings/resolve");
    if employee.is_empty() || userid.is_empty() {
        return Ok(reply::go(&who, &own, Some(Flash::bad(who.t.resolve_choose_both()))));
    }
    let (employee, userid) = (EmployeeId::from(employee), UserId::from(userid.as_str()));
    let (key, wanted, pair) = (corp.clone(), case.clone(), (employee.clone(), userid.clone()));
    let open = web.app.store.read_async(move |tx| {
        let found = store::resolve::find(tx, &key, &wanted)?;
        Ok(found
            .is_some_and(|case| case.employees.contains(&pair.0) && case.members.iter().any(|m| m.is_same(&pair.1))))
    });
    if !open.await.map_err(store_problem)? {
        return Ok(reply::go(&who, &own, Some(Flash::warning(who.t.resolve_gone()))));
    }
    let decided = bindings::resolve(&web.app.env, &corp, &case, &employee, &userid, &who.actor()).await;
    decided.map_err(sync_problem)?;
    web.app.views.refresh_corp(&corp);
    Ok(reply::go(&who, &own, Some(Flash::good(who.t.bind_done(employee, userid)))))
}
