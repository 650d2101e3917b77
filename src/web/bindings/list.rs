//! `/corps/{corp}/bindings`: all links of people with what is remarkable about them.

use super::{Counts, Tab, count_cases, looked};
use crate::browse::mirror::{BindingColumn, BindingQuery, BindingRow, LinkState, MirrorView};
use crate::browse::{Page, Paging};
use crate::http::Problem;
use crate::http::permission::SyncRead;
use crate::locale::T;
use crate::model::{ApiScope, BindingOrigin, CorpKey, EmployeeId, TenantKey, UserId};
use crate::web::export::{self, Kind};
use crate::web::frame::Frame;
use crate::web::link::part;
use crate::web::listing::{Listing, ROWS};
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::Admin;
use crate::web::{code, reply, time};
use actix_web::{HttpResponse, web};
use askama::Template;
use std::sync::Arc;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/corps/{corp}/bindings", show).files("/corps/{corp}/bindings", files);
}

const KNOWN: &[&str] = &["q", "state", "origin", "removing", "sort", "dir", "after", "before"];

fn asked(list: &Listing) -> BindingQuery {
    let cursor = [list.get("after"), list.get("before")].into_iter().find(|cursor| !cursor.is_empty());
    BindingQuery {
        search: list.get("q").to_owned(),
        state: code::find(list.get("state")),
        origin: code::find(list.get("origin")),
        removing: code::find_bool(list.get("removing")),
        paging: Paging {
            sort: code::find(list.get("sort")).unwrap_or(BindingColumn::Employee),
            descending: list.is("dir", "desc"),
            cursor: cursor.map(str::to_owned),
            limit: ROWS,
        },
    }
}

#[derive(Template)]
#[template(path = "bindings/list.html")]
struct BindingsPage {
    f: Frame,
    corp: CorpKey,
    tenant: TenantKey,
    list: Listing,
    tabs: Vec<Tab>,
    page: Page<BindingRow>,
    broken: usize,
    can_bind: bool,
}

impl BindingsPage {
    fn at(&self, path: &str) -> String {
        self.f.url(&format!("/corps/{}/bindings{path}", self.corp))
    }

    fn corp_at(&self, path: &str) -> String {
        self.f.url(&format!("/corps/{}{path}", self.corp))
    }

    fn employee_url(&self, id: &EmployeeId) -> String {
        self.f.url(&format!("/tenants/{}/employees/{}", self.tenant, part(id)))
    }

    fn member_url(&self, userid: &UserId) -> String {
        self.corp_at(&format!("/members/{}", part(userid)))
    }

    fn state(&self, row: &BindingRow) -> &'static str {
        self.f.t.link_state(row.state)
    }

    fn state_class(&self, row: &BindingRow) -> &'static str {
        match row.state {
            LinkState::Whole => "good",
            LinkState::Departed => "warn",
            LinkState::EmployeeGone | LinkState::MemberGone => "bad",
        }
    }

    fn minute(&self, at_ms: &i64) -> String {
        time::minute(*at_ms)
    }

    fn states(&self) -> Vec<(String, &'static str)> {
        let all = [LinkState::Whole, LinkState::Departed, LinkState::EmployeeGone, LinkState::MemberGone];
        all.into_iter().map(|state| (code::of(state), self.f.t.link_state(state))).collect()
    }

    fn origins(&self) -> Vec<(String, &'static str)> {
        let all = [BindingOrigin::Rule, BindingOrigin::Manual, BindingOrigin::Import, BindingOrigin::Created];
        all.into_iter().map(|origin| (code::of(origin), self.f.t.origin(&origin))).collect()
    }
}

async fn show(who: Admin<SyncRead>, web: web::Data<Web>, corp: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    let corp = corp.into_inner();
    let list = Listing::of(&who, KNOWN);
    let query = asked(&list);
    let cases = count_cases(&web, &corp).await?;
    let found = web.app.views.mirror(&corp, move |view| {
        let tenant = view.directory().tenant().clone();
        Ok((view.bindings(&query)?, Counts::of(view, cases)?, tenant, view.totals().broken_links))
    });
    let (page, counts, tenant, broken) = looked(found.await)?;
    let tabs = counts.tabs(who.t, &who.base, &corp, "");
    let (f, can_bind) = (who.frame(who.t.nav_bindings()), who.may(ApiScope::BindingWrite));
    reply::page(&BindingsPage { f, corp, tenant, list, tabs, page, broken, can_bind })
}

async fn files(who: Admin<SyncRead>, web: web::Data<Web>, corp: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    let kind = Kind::of(&who);
    whole(who, web, corp.into_inner(), kind).await
}

async fn whole(who: Admin<SyncRead>, web: web::Data<Web>, corp: CorpKey, kind: Kind) -> Result<HttpResponse, Problem> {
    let (t, query) = (who.t, asked(&Listing::of(&who, KNOWN)));
    let captions = vec![
        t.field_id(),
        t.field_name(),
        t.dir_unit_name(),
        t.wx_userid(),
        t.wx_member_name(),
        t.bind_state(),
        t.bind_origin(),
        t.bind_bound_at(),
        t.bind_removal(),
        t.bind_disabled_at(),
    ];
    let view: Arc<MirrorView> = looked(web.app.views.mirror_view(&corp).await)?;
    let fill = move |out: export::Out<'_>| out.rows(view.binding_rows(&query).map(|row| Ok(cells(t, &row))));
    export::file(&web, kind, &format!("bindings-{corp}"), captions, fill).await
}

fn cells(t: T, row: &BindingRow) -> Vec<String> {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    vec![
        row.employee.id.to_string(),
        text(row.employee.name.as_deref()),
        text(row.unit.as_ref().and_then(|unit| unit.name.as_deref())),
        row.userid.to_string(),
        text(row.member_name.as_deref()),
        t.link_state(row.state).to_owned(),
        t.origin(&row.origin).to_owned(),
        time::minute(row.bound_at_ms),
        row.removal.map(|cause| t.leaving_cause(&cause)).unwrap_or_default().to_owned(),
        row.disabled_at_ms.map(time::minute).unwrap_or_default(),
    ]
}
