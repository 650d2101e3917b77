//! `/tenants/{tenant}/directory`: the OA's tree of units and the list of its people.

use super::tree::{self, Item};
use super::{corp_of, get_tenant, looked};
use crate::browse::directory::{DirectoryTotals, DirectoryView, EmployeeColumn, EmployeeQuery, EmployeeRow, UnitNode};
use crate::browse::mirror::{MirrorView, PersonRow};
use crate::browse::{Branch, BrowseError, CHILDREN_MAX, Line, OutlineQuery, Page, Paging};
use crate::http::Problem;
use crate::http::permission::DirectoryRead;
use crate::locale::T;
use crate::model::{ApiScope, CorpKey, EmployeeStatus, TenantKey, UnitId};
use crate::web::export::{self, Kind};
use crate::web::frame::Frame;
use crate::web::link::part;
use crate::web::listing::{Listing, ROWS};
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::Admin;
use crate::web::{code, reply};
use actix_web::{HttpResponse, web};
use askama::Template;
use std::sync::Arc;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .get("/tenants/{tenant}/directory", show)
        .get("/tenants/{tenant}/directory/branch", branch)
        .files("/tenants/{tenant}/directory", files);
}

const KNOWN: &[&str] =
    &["q", "find", "unit", "stray", "only", "status", "bound", "admin", "sort", "dir", "after", "before", "from"];
/// Units that a search in the tree shows.
const UNITS_FOUND: usize = 60;

/// What the address asks for.
struct Asked {
    query: EmployeeQuery,
    bound: Option<bool>,
    find: String,
}

impl Asked {
    fn of(list: &Listing) -> Self {
        let search = list.get("q").to_owned();
        let status = match list.get("status") {
            // whoever searches for a name does not know that the person has left
            "" if search.is_empty() => Some(EmployeeStatus::Active),
            code => code::find(code),
        };
        let cursor = [list.get("after"), list.get("before")].into_iter().find(|cursor| !cursor.is_empty());
        let paging = Paging {
            sort: code::find(list.get("sort")).unwrap_or(EmployeeColumn::Id),
            descending: list.is("dir", "desc"),
            cursor: cursor.map(str::to_owned),
            limit: ROWS,
        };
        Self {
            query: EmployeeQuery {
                search,
                unit: tree::unit_of_query(list.get("unit"), list.get("stray")),
                unit_only: list.is("only", "1"),
                status,
                is_admin: code::find_bool(list.get("admin")),
                paging,
            },
            bound: code::find_bool(list.get("bound")),
            find: list.get("find").to_owned(),
        }
    }
}

/// What the page shows.
struct Found {
    totals: DirectoryTotals,
    lines: Vec<Line<UnitNode>>,
    hits: Vec<(UnitNode, String)>,
    page: Page<PersonRow>,
    unit: Option<UnitNode>,
    path: Vec<(String, String)>,
    department: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "directory/list.html")]
struct DirectoryPage {
    f: Frame,
    list: Listing,
    tenant: TenantKey,
    corp: Option<CorpKey>,
    can_write: bool,
    totals: DirectoryTotals,
    items: Vec<Item>,
    hits: Vec<(UnitNode, String)>,
    page: Page<PersonRow>,
    unit: Option<UnitNode>,
    path: Vec<(String, String)>,
    department: Option<(String, String)>,
}

impl DirectoryPage {
    fn person_url(&self, row: &EmployeeRow) -> String {
        self.f.url(&format!("/tenants/{}/employees/{}", self.tenant, part(&row.id)))
    }

    fn employee_url(&self, id: &crate::model::EmployeeId) -> String {
        self.f.url(&format!("/tenants/{}/employees/{}", self.tenant, part(id)))
    }

    fn unit_url(&self, id: &UnitId) -> String {
        self.f.url(&format!("/tenants/{}/directory?unit={}", self.tenant, part(id)))
    }

    fn member_url(&self, userid: &crate::model::UserId) -> String {
        let corp = self.corp.as_ref().map(ToString::to_string).unwrap_or_default();
        self.f.url(&format!("/corps/{corp}/members/{}", part(userid)))
    }

    /// A page of ours below the tenant.
    fn at(&self, path: &str) -> String {
        self.f.url(&format!("/tenants/{}{path}", self.tenant))
    }

    /// The id of the unit that is shown, for links.
    fn unit_part(&self) -> String {
        self.unit_id().map(part).unwrap_or_default()
    }

    fn unit_id(&self) -> Option<&UnitId> {
        self.unit.as_ref().and_then(|unit| unit.branch.node())
    }

    fn is_active(&self, row: &EmployeeRow) -> bool {
        row.status.is_active()
    }

    /// The whole list of this unit alone, or of its branch.
    fn everybody(&self) -> String {
        self.list.with("status", "all")
    }
}

async fn show(
    who: Admin<DirectoryRead>,
    web: web::Data<Web>,
    tenant: web::Path<TenantKey>,
) -> Result<HttpResponse, Problem> {
    let key = get_tenant(&web, &tenant).await?.key;
    let list = Listing::of(&who, KNOWN);
    let asked = Asked::of(&list);
    let corp = corp_of(&who, &key);
    let t = who.t;
    let (current, base) = (asked.query.unit.clone(), who.base.clone());
    let found = match &corp {
        Some(corp) => {
            let base = who.url(&format!("/corps/{corp}/members"));
            web.app.views.mirror(corp, move |view| find_with_links(t, view, &asked, &base)).await
        }
        None => web.app.views.directory(&key, move |view| find(t, view, &asked)).await,
    };
    let Found { totals, lines, hits, page, unit, path, department } = looked(found)?;
    let (own, load) = (format!("{base}/tenants/{key}/directory"), format!("{base}/tenants/{key}/directory/branch"));
    let items = tree::items(lines, |node| tree::unit_item(t, node, &own, &load, current.as_ref()));
    let can_write = who.may(ApiScope::DirectoryWrite);
    let f = who.frame(t.nav_oa());
    let tenant = key;
    reply::page(&DirectoryPage { f, list, tenant, corp, can_write, totals, items, hits, page, unit, path, department })
}

fn find(t: T, view: &DirectoryView, asked: &Asked) -> Result<Found, BrowseError> {
    let page = view.page(&asked.query)?.map(|employee| PersonRow { employee, userid: None });
    Ok(with_tree(t, view, asked, page))
}

fn find_with_links(t: T, view: &MirrorView, asked: &Asked, members: &str) -> Result<Found, BrowseError> {
    let page = view.people(&asked.query, asked.bound)?;
    let mut found = with_tree(t, view.directory(), asked, page);
    let linked = asked.query.unit.as_ref().and_then(Branch::node).and_then(|unit| view.department_of_unit(unit));
    found.department = linked.map(|department| {
        let name = tree::department_name(t, &department.branch, department.name.as_deref());
        (name, format!("{members}?{}", tree::query_of_department(&department.branch)))
    });
    Ok(found)
}

fn with_tree(t: T, view: &DirectoryView, asked: &Asked, page: Page<PersonRow>) -> Found {
    let current = asked.query.unit.as_ref();
    let open: Vec<Branch<UnitId>> = current.cloned().into_iter().collect();
    let lines = if asked.find.is_empty() { view.outline(&OutlineQuery { levels: 2, open }) } else { Vec::new() };
    let way = |branch: &Branch<UnitId>| {
        let steps = view.path(branch);
        let names = steps.iter().map(|step| tree::unit_name(t, &step.branch, &step.name));
        names.collect::<Vec<_>>().join(" / ")
    };
    let hits = if asked.find.is_empty() { Vec::new() } else { view.find_units(&asked.find, UNITS_FOUND) };
    let steps = current.map(|branch| view.path(branch)).unwrap_or_default();
    let path =
        steps.iter().map(|step| (tree::unit_name(t, &step.branch, &step.name), tree::query_of_unit(&step.branch)));
    Found {
        totals: view.totals(),
        lines,
        hits: hits
            .into_iter()
            .map(|unit| {
                let way = way(&unit.branch);
                (unit, way)
            })
            .collect(),
        page,
        unit: current.and_then(|branch| view.unit(branch)),
        path: path.collect(),
        department: None,
    }
}

#[derive(Template)]
#[template(path = "directory/branch.html")]
pub(super) struct BranchPage {
    pub(super) f: Frame,
    pub(super) items: Vec<Item>,
    pub(super) hidden: usize,
}

async fn branch(
    who: Admin<DirectoryRead>,
    web: web::Data<Web>,
    tenant: web::Path<TenantKey>,
) -> Result<HttpResponse, Problem> {
    let list = Listing::of(&who, KNOWN);
    let Some(at) = tree::unit_of_query(list.get("unit"), list.get("stray")) else {
        return Err(Problem::not_found("unit", ""));
    };
    let key = tenant.into_inner();
    let wanted = at.clone();
    let found = web.app.views.directory(&key, move |view| Ok(view.children(&wanted, 0, CHILDREN_MAX))).await;
    let children = looked(found)?.ok_or_else(|| Problem::not_found("unit", list.get("unit")))?;
    let own = who.url(&format!("/tenants/{key}/directory"));
    let load = format!("{own}/branch");
    let item = |node: &UnitNode| tree::unit_item(who.t, node, &own, &load, None);
    let items: Vec<Item> = children.nodes.iter().map(item).collect();
    let hidden = children.total - items.len();
    reply::page(&BranchPage { f: who.frame(""), items, hidden })
}

async fn files(
    who: Admin<DirectoryRead>,
    web: web::Data<Web>,
    tenant: web::Path<TenantKey>,
) -> Result<HttpResponse, Problem> {
    let kind = Kind::of(&who);
    whole(who, web, tenant.into_inner(), kind).await
}

async fn whole(
    who: Admin<DirectoryRead>,
    web: web::Data<Web>,
    tenant: TenantKey,
    kind: Kind,
) -> Result<HttpResponse, Problem> {
    let asked = Asked::of(&Listing::of(&who, KNOWN));
    let t = who.t;
    let mut captions = person_captions(t);
    let name = format!("directory-{tenant}");
    match corp_of(&who, &tenant) {
        Some(corp) => {
            captions.push(t.wx_userid());
            let view = looked(web.app.views.mirror_view(&corp).await)?;
            let fill = move |out: export::Out<'_>| {
                let view: Arc<MirrorView> = view;
                out.rows(view.people_rows(&asked.query, asked.bound).map(|row| {
                    let userid = row.userid.as_ref().map(ToString::to_string).unwrap_or_default();
                    Ok(person_cells(t, &row.employee).into_iter().chain([userid]))
                }))
            };
            export::file(&web, kind, &name, captions, fill).await
        }
        None => {
            let view = looked(web.app.views.directory_view(&tenant).await)?;
            let fill = move |out: export::Out<'_>| {
                let view: Arc<DirectoryView> = view;
                out.rows(view.rows(&asked.query).map(|row| Ok(person_cells(t, &row))))
            };
            export::file(&web, kind, &name, captions, fill).await
        }
    }
}

/// Captions of a file of people.
pub(in crate::web) fn person_captions(t: T) -> Vec<&'static str> {
    vec![
        t.field_id(),
        t.field_name(),
        t.field_account(),
        t.field_employee_no(),
        t.field_mobile(),
        t.field_email(),
        t.field_position(),
        t.field_unit_id(),
        t.dir_unit_name(),
        t.field_status(),
    ]
}

/// A person as a row of a file.
pub(in crate::web) fn person_cells(t: T, row: &EmployeeRow) -> Vec<String> {
    vec![
        row.id.to_string(),
        row.name.to_string(),
        row.account.to_string(),
        row.employee_no.to_string(),
        row.mobile.to_string(),
        row.email.to_string(),
        row.position.to_string(),
        row.unit.id.to_string(),
        row.unit.name.as_deref().unwrap_or_default().to_owned(),
        t.employee_status(row.status).to_owned(),
    ]
}
