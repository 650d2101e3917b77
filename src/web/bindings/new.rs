//! Choosing the other side of a link: the members for one person, or the people for one member.

use super::looked;
use crate::browse::directory::{EmployeeQuery, EmployeeRow};
use crate::browse::mirror::{Likeness, MemberQuery, MemberRow, MirrorView};
use crate::browse::{BrowseError, Paging};
use crate::http::Problem;
use crate::http::permission::BindingWrite;
use crate::model::{CorpKey, EmployeeId, EmployeeStatus, TenantKey, UserId};
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
    routes.get("/corps/{corp}/bindings/new", show);
}

/// Candidates on the page.
const SHOWN: usize = 40;

/// What the page shows.
enum Sides {
    /// Members for a person.
    Members { person: EmployeeRow, rows: Vec<(Option<Likeness>, MemberRow)>, total: usize },
    /// People for a member.
    People { member: MemberRow, rows: Vec<(Option<Likeness>, EmployeeRow)>, total: usize },
    /// Neither was named, or it does not exist.
    Nobody,
}

#[derive(Template)]
#[template(path = "bindings/new.html")]
struct NewPage {
    f: Frame,
    corp: CorpKey,
    tenant: TenantKey,
    list: Listing,
    sides: Sides,
}

impl NewPage {
    fn at(&self, path: &str) -> String {
        self.f.url(&format!("/corps/{}{path}", self.corp))
    }

    fn person_path(&self, row: &EmployeeRow) -> String {
        format!("/tenants/{}/employees/{}", self.tenant, part(&row.id))
    }

    fn member_path(&self, row: &MemberRow) -> String {
        format!("/corps/{}/members/{}", self.corp, part(&row.userid))
    }

    fn likeness(&self, likeness: &Likeness) -> &'static str {
        self.f.t.likeness(*likeness)
    }

    fn departments(&self, row: &MemberRow) -> String {
        let names = row
            .departments
            .iter()
            .map(|department| department.name.as_ref().map_or_else(|| department.id.to_string(), ToString::to_string));
        names.collect::<Vec<_>>().join("、")
    }
}

async fn show(
    who: Admin<BindingWrite>,
    web: web::Data<Web>,
    corp: web::Path<CorpKey>,
) -> Result<HttpResponse, Problem> {
    let corp = corp.into_inner();
    let list = Listing::of(&who, &["employee", "userid", "q"]);
    let (employee, userid) = (EmployeeId::from(list.get("employee")), UserId::from(list.get("userid")));
    let search = list.get("q").to_owned();
    let found = web
        .app
        .views
        .mirror(&corp, move |view| Ok((find(view, &employee, &userid, search)?, view.directory().tenant().clone())));
    let (sides, tenant) = looked(found.await)?;
    if let Sides::Nobody = sides {
        let named = [list.get("employee"), list.get("userid")].concat();
        return Err(Problem::not_found("employee", named));
    }
    let f = who.frame(who.t.new_title());
    reply::page(&NewPage { f, corp, tenant, list, sides })
}

fn find(view: &MirrorView, employee: &EmployeeId, userid: &UserId, search: String) -> Result<Sides, BrowseError> {
    if let Some(person) = view.directory().employee(employee) {
        if search.is_empty() {
            let likely = view.suggest_members(std::slice::from_ref(&person)).into_iter().next().unwrap_or_default();
            let rows: Vec<_> = likely.into_iter().map(|(likeness, row)| (Some(likeness), row)).collect();
            return Ok(Sides::Members { person, total: rows.len(), rows });
        }
        let paging = Paging { limit: SHOWN, ..Paging::default() };
        let query = MemberQuery { search, bound: Some(false), paging, ..MemberQuery::default() };
        let page = view.page(&query)?;
        let rows = page.rows.into_iter().map(|row| (None, row)).collect();
        return Ok(Sides::Members { person, rows, total: page.total });
    }
    let Some(member) = view.member(userid) else { return Ok(Sides::Nobody) };
    if search.is_empty() {
        let likely = view.suggest_employees(std::slice::from_ref(&member)).into_iter().next().unwrap_or_default();
        let rows: Vec<_> = likely.into_iter().map(|(likeness, row)| (Some(likeness), row)).collect();
        return Ok(Sides::People { member, total: rows.len(), rows });
    }
    let paging = Paging { limit: SHOWN, ..Paging::default() };
    let status = Some(EmployeeStatus::Active);
    let page = view.people(&EmployeeQuery { search, status, paging, ..EmployeeQuery::default() }, Some(false))?;
    let rows = page.rows.into_iter().map(|row| (None, row.employee)).collect();
    Ok(Sides::People { member, rows, total: page.total })
}
