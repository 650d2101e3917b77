//! `/corps/{corp}/bindings/resolve`: matches that a rule could not decide. A person chooses one pair, or leaves them.

use super::{Counts, Tab, looked};
use crate::browse::mirror::{CaseRow, MemberRow, MirrorView};
use crate::http::Problem;
use crate::http::errors::{store_problem, sync_problem};
use crate::http::permission::{BindingWrite, SyncRead};
use crate::locale::T;
use crate::model::{ApiScope, CorpKey, EmployeeId, ResolveCase, TenantKey, UserId};
use crate::store;
use crate::sync::bindings;
use crate::web::export::{self, Kind, Out};
use crate::web::flash::Flash;
use crate::web::form::Form;
use crate::web::frame::Frame;
use crate::web::link::part;
use crate::web::listing::Listing;
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::slice::{self, Slice};
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .get("/corps/{corp}/bindings/resolve", show)
        .files("/corps/{corp}/bindings/resolve", files)
        .post("/corps/{corp}/bindings/resolve", decide);
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
    page: Slice<CaseRow>,
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

    fn rule(&self, case: &CaseRow) -> String {
        rule_text(self.f.t, &case.rule)
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
}

/// `手机号 = 手机号`
fn rule_text(t: T, rule: &str) -> String {
    match rule.split_once(" = ") {
        Some((employee, member)) => format!("{} = {}", t.employee_field(employee), t.member_property(member)),
        None => rule.to_owned(),
    }
}

/// The cases of which the address wants a name, an id or the value that they have in common, and how many there are.
fn find(view: &MirrorView, all: &[ResolveCase], list: &Listing) -> Vec<CaseRow> {
    let is_hit = |case: &CaseRow| {
        let employees = case.employees.iter().flat_map(|one| {
            let row = one.row.as_ref();
            [Some(one.id.as_str()), row.map(|row| row.name.as_str()), row.map(|row| row.account.as_str())]
        });
        let members = case.members.iter().flat_map(|one| {
            let row = one.row.as_ref();
            [Some(one.userid.as_str()), row.and_then(|row| row.name.as_deref())]
        });
        slice::is_hit(list, employees.chain(members).flatten().chain([case.value.as_ref()]))
    };
    all.iter().map(|case| view.case(case)).filter(is_hit).collect()
}

const KNOWN: &[&str] = &["q", "page"];

async fn show(who: Admin<SyncRead>, web: web::Data<Web>, corp: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    let corp = corp.into_inner();
    let list = Listing::of(&who, KNOWN);
    let all = bindings::resolve_list(&web.app.env, &corp).await.map_err(sync_problem)?;
    let (total, asked) = (all.len(), list.clone());
    let found = web.app.views.mirror(&corp, move |view| {
        let page = if asked.get("q").is_empty() {
            Slice::sized(&asked, &all, CASES, |case| view.case(case))
        } else {
            Slice::sized(&asked, &find(view, &all, &asked), CASES, Clone::clone)
        };
        Ok((page, Counts::of(view, total)?, view.directory().tenant().clone()))
    });
    let (page, counts, tenant) = looked(found.await)?;
    let tabs = counts.tabs(who.t, &who.base, &corp, "/resolve");
    let (f, can_bind) = (who.frame(who.t.nav_bindings()), who.may(ApiScope::BindingWrite));
    reply::page(&ResolvePage { f, corp, tenant, list, tabs, page, can_bind })
}

async fn files(who: Admin<SyncRead>, web: web::Data<Web>, corp: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    whole(&who, &web, &corp, Kind::of(&who)).await
}

/// One row for each person and each member of a case, so that the file can be sorted and filtered.
async fn whole(who: &Person, web: &Web, corp: &CorpKey, kind: Kind) -> Result<HttpResponse, Problem> {
    let (t, list) = (who.t, Listing::of(who, KNOWN));
    let all = bindings::resolve_list(&web.app.env, corp).await.map_err(sync_problem)?;
    let view = looked(web.app.views.mirror_view(corp).await)?;
    let captions =
        vec![t.resolve_rule(), t.resolve_value(), t.field_id(), t.field_name(), t.wx_userid(), t.wx_member_name()];
    let fill = move |out: Out<'_>| {
        let rows = find(&view, &all, &list).into_iter().flat_map(|case| {
            let (rule, value) = (rule_text(t, &case.rule), case.value.to_string());
            let head = move |rest: [String; 4]| {
                let [id, name, userid, member] = rest;
                Ok([rule.clone(), value.clone(), id, name, userid, member])
            };
            let employees = case.employees.into_iter().map(|one| {
                let name = one.row.map(|row| row.name.to_string()).unwrap_or_default();
                [one.id.to_string(), name, String::new(), String::new()]
            });
            let members = case.members.into_iter().map(|one| {
                let name = one.row.and_then(|row| row.name).map(|name| name.to_string()).unwrap_or_default();
                [String::new(), String::new(), one.userid.to_string(), name]
            });
            employees.chain(members).map(head).collect::<Vec<_>>()
        });
        out.rows(rows)
    };
    export::file(web, kind, &format!("resolve-{corp}"), captions, fill).await
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
    let done = super::act::told(&web, who.t, &corp, &employee, &userid).await?;
    Ok(reply::go(&who, &own, Some(Flash::good(done))))
}
