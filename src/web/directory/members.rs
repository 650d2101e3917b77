//! `/corps/{corp}/members`: WeCom's departments and members as last read, with what could not be read marked (AUTH-22).

use super::list::BranchPage;
use super::looked;
use super::tree::{self, Item};
use crate::browse::mirror::{
    DepartmentNode, MemberColumn, MemberQuery, MemberRow, MirrorTotals, MirrorView, Naming, StatusFilter,
};
use crate::browse::{Branch, BrowseError, CHILDREN_MAX, Line, OutlineQuery, Page, Paging};
use crate::http::Problem;
use crate::http::permission::SyncRead;
use crate::locale::T;
use crate::model::{ApiScope, CorpKey, DepartmentId, EmployeeId, MirrorHead, TenantKey, UserId};
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
    routes
        .get("/corps/{corp}/members", show)
        .get("/corps/{corp}/members/branch", branch)
        .files("/corps/{corp}/members", files);
}

const KNOWN: &[&str] = &[
    "q",
    "find",
    "department",
    "stray",
    "only",
    "status",
    "bound",
    "naming",
    "removing",
    "sort",
    "dir",
    "after",
    "before",
];
/// Departments that a search in the tree shows.
const DEPARTMENTS_FOUND: usize = 60;

struct Asked {
    query: MemberQuery,
    find: String,
}

impl Asked {
    fn of(list: &Listing) -> Self {
        let cursor = [list.get("after"), list.get("before")].into_iter().find(|cursor| !cursor.is_empty());
        let paging = Paging {
            sort: code::find(list.get("sort")).unwrap_or(MemberColumn::Userid),
            descending: list.is("dir", "desc"),
            cursor: cursor.map(str::to_owned),
            limit: ROWS,
        };
        Self {
            query: MemberQuery {
                search: list.get("q").to_owned(),
                department: tree::department_of_query(list.get("department"), list.get("stray")),
                department_only: list.is("only", "1"),
                status: code::find(list.get("status")),
                bound: code::find_bool(list.get("bound")),
                naming: code::find(list.get("naming")),
                removing: code::find_bool(list.get("removing")),
                has_details: None,
                paging,
            },
            find: list.get("find").to_owned(),
        }
    }
}

struct Found {
    tenant: TenantKey,
    head: Option<MirrorHead>,
    totals: MirrorTotals,
    lines: Vec<Line<DepartmentNode>>,
    hits: Vec<(DepartmentNode, String)>,
    page: Page<MemberRow>,
    department: Option<DepartmentNode>,
    path: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "directory/members.html")]
struct MembersPage {
    f: Frame,
    list: Listing,
    corp: CorpKey,
    found: Found,
    items: Vec<Item>,
    can_bind: bool,
    now_ms: i64,
}

impl MembersPage {
    fn at(&self, path: &str) -> String {
        self.f.url(&format!("/corps/{}{path}", self.corp))
    }

    fn member_url(&self, userid: &UserId) -> String {
        self.at(&format!("/members/{}", part(userid)))
    }

    fn department_url(&self, id: &DepartmentId) -> String {
        self.at(&format!("/members?department={id}"))
    }

    fn employee_url(&self, id: &EmployeeId) -> String {
        self.f.url(&format!("/tenants/{}/employees/{}", self.found.tenant, part(id)))
    }

    fn unit_url(&self, id: &crate::model::UnitId) -> String {
        self.f.url(&format!("/tenants/{}/directory?unit={}", self.found.tenant, part(id)))
    }

    fn department_name(&self, node: &DepartmentNode) -> String {
        tree::department_name(self.f.t, &node.branch, node.name.as_deref())
    }

    fn department_id(&self) -> Option<&DepartmentId> {
        self.found.department.as_ref().and_then(|node| node.branch.node())
    }

    fn naming(&self, naming: &Naming) -> &'static str {
        self.f.t.naming(*naming)
    }

    fn is_read(&self, naming: &Naming) -> bool {
        *naming == Naming::Read
    }

    fn status(&self, row: &MemberRow) -> &'static str {
        self.f.t.member_status(row.status)
    }

    fn status_class(&self, row: &MemberRow) -> &'static str {
        status_class(row)
    }

    fn statuses(&self) -> Vec<(String, &'static str)> {
        let t = self.f.t;
        [StatusFilter::Activated, StatusFilter::NotActivated, StatusFilter::Disabled, StatusFilter::Left]
            .into_iter()
            .map(|status| (code::of(status), t.status_filter(status)))
            .chain([(code::of(StatusFilter::Other), t.status_filter(StatusFilter::Other))])
            .collect()
    }

    fn ago(&self, at_ms: &i64) -> String {
        time::ago(self.f.t, *at_ms, self.now_ms)
    }

    fn minute(&self, at_ms: &i64) -> String {
        time::minute(*at_ms)
    }

    /// The first departments of a member.
    fn shown<'a>(&self, row: &'a MemberRow) -> &'a [crate::browse::mirror::DepartmentRef] {
        &row.departments[..row.departments.len().min(3)]
    }

    fn further(&self, row: &MemberRow) -> usize {
        row.departments.len().saturating_sub(3)
    }
}

pub(super) fn status_class(row: &MemberRow) -> &'static str {
    match StatusFilter::of(row.status) {
        StatusFilter::Activated => "good",
        StatusFilter::Disabled => "bad",
        StatusFilter::NotActivated => "warn",
        StatusFilter::Left | StatusFilter::Other => "",
    }
}

async fn show(who: Admin<SyncRead>, web: web::Data<Web>, corp: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    let corp = corp.into_inner();
    let list = Listing::of(&who, KNOWN);
    let asked = Asked::of(&list);
    let (t, current) = (who.t, asked.query.department.clone());
    let found = looked(web.app.views.mirror(&corp, move |view| find(t, view, &asked)).await)?;
    let own = who.url(&format!("/corps/{corp}/members"));
    let load = format!("{own}/branch");
    let lines = found.lines.iter().map(Clone::clone).collect();
    let items = tree::items(lines, |node| tree::department_item(t, node, &own, &load, current.as_ref()));
    let f = who.frame(t.nav_members());
    let (can_bind, now_ms) = (who.may(ApiScope::BindingWrite), web.app.clock.now_ms());
    reply::page(&MembersPage { f, list, corp, found, items, can_bind, now_ms })
}

fn find(t: T, view: &MirrorView, asked: &Asked) -> Result<Found, BrowseError> {
    let current = asked.query.department.as_ref();
    let open: Vec<Branch<DepartmentId>> = current.cloned().into_iter().collect();
    let name =
        |step: &crate::browse::mirror::DepartmentStep| tree::department_name(t, &step.branch, step.name.as_deref());
    let way = |branch: &Branch<DepartmentId>| view.path(branch).iter().map(name).collect::<Vec<_>>().join(" / ");
    let is_searching = !asked.find.is_empty();
    let hits = if is_searching { view.find_departments(&asked.find, DEPARTMENTS_FOUND) } else { Vec::new() };
    let steps = current.map(|branch| view.path(branch)).unwrap_or_default();
    Ok(Found {
        tenant: view.directory().tenant().clone(),
        head: view.head().cloned(),
        totals: view.totals(),
        lines: if is_searching { Vec::new() } else { view.outline(&OutlineQuery { levels: 2, open }) },
        hits: hits
            .into_iter()
            .map(|node| {
                let way = way(&node.branch);
                (node, way)
            })
            .collect(),
        page: view.page(&asked.query)?,
        department: current.and_then(|branch| view.department(branch)),
        path: steps.iter().map(|step| (name(step), tree::query_of_department(&step.branch))).collect(),
    })
}

async fn branch(who: Admin<SyncRead>, web: web::Data<Web>, corp: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    let corp = corp.into_inner();
    let list = Listing::of(&who, KNOWN);
    let Some(at) = tree::department_of_query(list.get("department"), list.get("stray")) else {
        return Err(Problem::not_found("department", list.get("department")));
    };
    let found = web.app.views.mirror(&corp, move |view| Ok(view.children(&at, 0, CHILDREN_MAX))).await;
    let children = looked(found)?.ok_or_else(|| Problem::not_found("department", list.get("department")))?;
    let own = who.url(&format!("/corps/{corp}/members"));
    let load = format!("{own}/branch");
    let item = |node: &DepartmentNode| tree::department_item(who.t, node, &own, &load, None);
    let items: Vec<Item> = children.nodes.iter().map(item).collect();
    let hidden = children.total - items.len();
    reply::page(&BranchPage { f: who.frame(""), items, hidden })
}

async fn files(who: Admin<SyncRead>, web: web::Data<Web>, corp: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    let kind = Kind::of(&who);
    whole(who, web, corp.into_inner(), kind).await
}

async fn whole(who: Admin<SyncRead>, web: web::Data<Web>, corp: CorpKey, kind: Kind) -> Result<HttpResponse, Problem> {
    let asked = Asked::of(&Listing::of(&who, KNOWN));
    let t = who.t;
    let view: Arc<MirrorView> = looked(web.app.views.mirror_view(&corp).await)?;
    let fill = move |out: export::Out<'_>| out.rows(view.rows(&asked.query).map(|row| Ok(member_cells(t, &row))));
    export::file(&web, kind, &format!("members-{corp}"), member_captions(t), fill).await
}

/// Captions of a file of members.
pub(in crate::web) fn member_captions(t: T) -> Vec<&'static str> {
    vec![
        t.wx_userid(),
        t.field_name(),
        t.field_alias(),
        t.field_mobile(),
        t.field_email(),
        t.field_position(),
        t.wx_departments(),
        t.field_status(),
        t.wx_naming(),
        t.field_id(),
        t.wx_employee_name(),
    ]
}

/// A member as a row of a file.
pub(in crate::web) fn member_cells(t: T, row: &MemberRow) -> Vec<String> {
    let departments = row
        .departments
        .iter()
        .map(|department| department.name.as_ref().map_or_else(|| department.id.to_string(), ToString::to_string));
    let employee = row.employee.as_ref();
    vec![
        row.userid.to_string(),
        row.name.as_deref().unwrap_or_default().to_owned(),
        row.alias.to_string(),
        row.mobile.to_string(),
        row.email.to_string(),
        row.position.to_string(),
        departments.collect::<Vec<_>>().join(";"),
        t.member_status(row.status).to_owned(),
        if row.naming == Naming::Read { String::new() } else { t.naming(row.naming).to_owned() },
        employee.map(|employee| employee.id.to_string()).unwrap_or_default(),
        employee.and_then(|employee| employee.name.as_deref()).unwrap_or_default().to_owned(),
    ]
}
