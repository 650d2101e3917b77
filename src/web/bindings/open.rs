//! Who has no link yet, on either side, with those on the other side that are likely.

use super::{Counts, Tab, count_cases, looked};
use crate::browse::directory::{EmployeeQuery, EmployeeRow};
use crate::browse::mirror::{Likeness, MemberQuery, MemberRow};
use crate::browse::{Page, Paging};
use crate::http::Problem;
use crate::http::permission::SyncRead;
use crate::model::{ApiScope, CorpKey, EmployeeId, EmployeeStatus, TenantKey, UserId};
use crate::web::directory::{member_captions, member_cells, person_captions, person_cells};
use crate::web::export::{self, Kind, Out};
use crate::web::frame::Frame;
use crate::web::link::part;
use crate::web::listing::{Listing, ROWS};
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use crate::web::{code, reply};
use actix_web::{HttpResponse, web};
use askama::Template;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .get("/corps/{corp}/bindings/employees", people)
        .files("/corps/{corp}/bindings/employees", people_files)
        .get("/corps/{corp}/bindings/members", members)
        .files("/corps/{corp}/bindings/members", members_files);
}

const KNOWN: &[&str] = &["q", "sort", "dir", "after", "before"];

fn paging<C: serde::de::DeserializeOwned + Default>(list: &Listing) -> Paging<C> {
    let cursor = [list.get("after"), list.get("before")].into_iter().find(|cursor| !cursor.is_empty());
    Paging {
        sort: code::find(list.get("sort")).unwrap_or_default(),
        descending: list.is("dir", "desc"),
        cursor: cursor.map(str::to_owned),
        limit: ROWS,
    }
}

/// Links that both templates make.
macro_rules! links {
    ($page:ty) => {
        impl $page {
            fn at(&self, path: &str) -> String {
                self.f.url(&format!("/corps/{}{path}", self.corp))
            }

            fn employee_url(&self, id: &EmployeeId) -> String {
                self.f.url(&format!("/tenants/{}/employees/{}", self.tenant, part(id)))
            }

            fn member_url(&self, userid: &UserId) -> String {
                self.at(&format!("/members/{}", part(userid)))
            }

            fn likeness(&self, likeness: &Likeness) -> &'static str {
                self.f.t.likeness(*likeness)
            }

            /// This page, to come back to.
            fn back(&self) -> &str {
                &self.f.here
            }
        }
    };
}
links!(PeoplePage);
links!(MembersPage);

#[derive(Template)]
#[template(path = "bindings/people.html")]
struct PeoplePage {
    f: Frame,
    corp: CorpKey,
    tenant: TenantKey,
    list: Listing,
    tabs: Vec<Tab>,
    page: Page<(EmployeeRow, Vec<(Likeness, MemberRow)>)>,
    can_bind: bool,
}

impl PeoplePage {
    fn new_url(&self, id: &EmployeeId) -> String {
        self.at(&format!("/bindings/new?employee={}", part(id)))
    }
}

#[derive(Template)]
#[template(path = "bindings/members.html")]
struct MembersPage {
    f: Frame,
    corp: CorpKey,
    tenant: TenantKey,
    list: Listing,
    tabs: Vec<Tab>,
    page: Page<(MemberRow, Vec<(Likeness, EmployeeRow)>)>,
    can_bind: bool,
}

impl MembersPage {
    fn new_url(&self, userid: &UserId) -> String {
        self.at(&format!("/bindings/new?userid={}", part(userid)))
    }
}

/// The people without a link that the address asks for.
fn people_query(list: &Listing) -> EmployeeQuery {
    let (search, status) = (list.get("q").to_owned(), Some(EmployeeStatus::Active));
    EmployeeQuery { search, status, paging: paging(list), ..EmployeeQuery::default() }
}

/// The members without a link that the address asks for.
fn members_query(list: &Listing) -> MemberQuery {
    MemberQuery { search: list.get("q").to_owned(), bound: Some(false), paging: paging(list), ..MemberQuery::default() }
}

async fn people(who: Admin<SyncRead>, web: web::Data<Web>, corp: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    let corp = corp.into_inner();
    let list = Listing::of(&who, KNOWN);
    let query = people_query(&list);
    let cases = count_cases(&web, &corp).await?;
    let found = web.app.views.mirror(&corp, move |view| {
        let page = view.unbound_employees(&query)?;
        let mut likely = view.suggest_members(&page.rows).into_iter();
        let page = page.map(|row| (row, likely.next().unwrap_or_default()));
        Ok((page, Counts::of(view, cases)?, view.directory().tenant().clone()))
    });
    let (page, counts, tenant) = looked(found.await)?;
    let tabs = counts.tabs(who.t, &who.base, &corp, "/employees");
    let (f, can_bind) = (who.frame(who.t.nav_bindings()), who.may(ApiScope::BindingWrite));
    reply::page(&PeoplePage { f, corp, tenant, list, tabs, page, can_bind })
}

async fn members(who: Admin<SyncRead>, web: web::Data<Web>, corp: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    let corp = corp.into_inner();
    let list = Listing::of(&who, KNOWN);
    let query = members_query(&list);
    let cases = count_cases(&web, &corp).await?;
    let found = web.app.views.mirror(&corp, move |view| {
        let page = view.page(&query)?;
        let mut likely = view.suggest_employees(&page.rows).into_iter();
        let page = page.map(|row| (row, likely.next().unwrap_or_default()));
        Ok((page, Counts::of(view, cases)?, view.directory().tenant().clone()))
    });
    let (page, counts, tenant) = looked(found.await)?;
    let tabs = counts.tabs(who.t, &who.base, &corp, "/members");
    let (f, can_bind) = (who.frame(who.t.nav_bindings()), who.may(ApiScope::BindingWrite));
    reply::page(&MembersPage { f, corp, tenant, list, tabs, page, can_bind })
}

async fn people_files(
    who: Admin<SyncRead>,
    web: web::Data<Web>,
    corp: web::Path<CorpKey>,
) -> Result<HttpResponse, Problem> {
    all_people(&who, &web, &corp, Kind::of(&who)).await
}

async fn all_people(who: &Person, web: &Web, corp: &CorpKey, kind: Kind) -> Result<HttpResponse, Problem> {
    let (t, query) = (who.t, people_query(&Listing::of(who, KNOWN)));
    let view = looked(web.app.views.mirror_view(corp).await)?;
    let fill = move |out: Out<'_>| out.rows(view.unbound_employee_rows(&query).map(|row| Ok(person_cells(t, &row))));
    let captions = person_captions(t);
    export::file(web, kind, &format!("unbound-employees-{corp}"), captions, fill).await
}

async fn members_files(
    who: Admin<SyncRead>,
    web: web::Data<Web>,
    corp: web::Path<CorpKey>,
) -> Result<HttpResponse, Problem> {
    all_members(&who, &web, &corp, Kind::of(&who)).await
}

async fn all_members(who: &Person, web: &Web, corp: &CorpKey, kind: Kind) -> Result<HttpResponse, Problem> {
    let (t, query) = (who.t, members_query(&Listing::of(who, KNOWN)));
    let view = looked(web.app.views.mirror_view(corp).await)?;
    let fill = move |out: Out<'_>| out.rows(view.rows(&query).map(|row| Ok(member_cells(t, &row))));
    export::file(web, kind, &format!("unbound-members-{corp}"), member_captions(t), fill).await
}
