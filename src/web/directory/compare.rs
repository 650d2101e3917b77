//! `/corps/{corp}/compare`: both trees side by side, with a solid dot where a unit and a department are linked (DIR-58),
//! and links of units and departments made by hand.

mod lines;

use super::looked;
use super::tree::{self, department_name, unit_name};
use crate::browse::directory::UnitNode;
use crate::browse::mirror::{DepartmentNode, MirrorView, Side, SideCounts, SideRow, SideState};
use crate::browse::{Branch, BrowseError, CHILDREN_MAX};
use crate::http::Problem;
use crate::http::errors::store_problem;
use crate::http::permission::SyncRead;
use crate::locale::T;
use crate::model::{ApiScope, CorpKey, DepartmentId, TenantKey, UnitId};
use crate::sync::service::disabled_department;
use crate::web::export::{self, Kind};
use crate::web::frame::Frame;
use crate::web::listing::{Listing, ROWS};
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use crate::web::{code, reply};
use actix_web::{HttpResponse, web};
use askama::Template;
use lines::{Line, close, line, outline, place_of};

pub(super) fn routes(routes: &mut Routes) {
    routes
        .get("/corps/{corp}/compare", show)
        .files("/corps/{corp}/compare", files)
        .get("/corps/{corp}/compare/branch", branch);
}

const KNOWN: &[&str] = &["unit", "department", "strays", "state", "q", "page", "level", "pick"];
/// Units or departments that are offered for a link.
const PICKED: usize = 30;
/// All states, what differs first.
const STATES: [SideState; 5] =
    [SideState::OnlyHere, SideState::OnlyThere, SideState::NameDiffers, SideState::Moved, SideState::Linked];
/// Deeper lines are indented no further.
const LEVEL_MAX: usize = 12;

/// What the page shows of the place that was chosen.
struct Chosen {
    unit: Option<UnitNode>,
    unit_path: String,
    department: Option<DepartmentNode>,
    department_path: String,
    /// Departments that the unit can be linked with.
    departments: Vec<(DepartmentNode, String)>,
    /// Units that the department can be linked with.
    units: Vec<(UnitNode, String)>,
}

struct Found {
    tenant: TenantKey,
    counts: SideCounts,
    is_read: bool,
    lines: Vec<Line>,
    /// Rows of the state that is asked for.
    total: usize,
    chosen: Option<Chosen>,
}

#[derive(Template)]
#[template(path = "directory/compare.html")]
struct ComparePage {
    f: Frame,
    corp: CorpKey,
    list: Listing,
    found: Found,
    pick: String,
    page: usize,
    can_bind: bool,
    /// The department that the bridge made for disabled members.
    disabled: Option<DepartmentId>,
}

/// Names of rows, which both templates show.
macro_rules! names {
    ($page:ty) => {
        impl $page {
            fn at(&self, path: &str) -> String {
                self.f.url(&format!("/corps/{}{path}", self.corp))
            }

            fn unit_name(&self, unit: &UnitNode) -> String {
                unit_name(self.f.t, &unit.branch, &unit.name)
            }

            fn department_name(&self, department: &DepartmentNode) -> String {
                department_name(self.f.t, &department.branch, department.name.as_deref())
            }

            /// Whether it is the department that the bridge made for disabled members, which no unit is linked with.
            fn is_for_disabled(&self, row: &SideRow) -> bool {
                let id = row.department.as_ref().and_then(|department| department.branch.node());
                row.state == SideState::OnlyThere && self.disabled.is_some() && id == self.disabled.as_ref()
            }

            fn state(&self, row: &SideRow) -> &'static str {
                if self.is_for_disabled(row) { self.f.t.side_disabled() } else { self.f.t.side_state(row.state) }
            }

            fn state_class(&self, row: &SideRow) -> &'static str {
                match row.state {
                    SideState::OnlyThere if self.is_for_disabled(row) => "",
                    SideState::Linked => "",
                    SideState::NameDiffers | SideState::Moved => "changed",
                    SideState::OnlyHere => "new",
                    SideState::OnlyThere => "warn",
                }
            }

            fn is_linked(&self, row: &SideRow) -> bool {
                row.unit.is_some() && row.department.is_some()
            }

            fn is_plain(&self, row: &SideRow) -> bool {
                row.state == SideState::Linked
            }

            fn level(&self, line: &Line) -> usize {
                line.level.min(LEVEL_MAX)
            }

            fn load(&self, line: &Line) -> String {
                format!("{}?{}&level={}", self.at("/compare/branch"), line.query, line.level + 1)
            }
        }
    };
}
names!(ComparePage);
names!(BranchPage);

impl ComparePage {
    fn tabs(&self) -> Vec<(String, &'static str, usize, bool)> {
        let (t, counts) = (self.f.t, &self.found.counts);
        let all = [
            (SideState::OnlyHere, counts.only_here),
            (SideState::OnlyThere, counts.only_there),
            (SideState::NameDiffers, counts.name_differs),
            (SideState::Moved, counts.moved),
            (SideState::Linked, counts.linked),
        ];
        let tab = |(state, count): (SideState, usize)| {
            let code = code::of(state);
            (self.list.with("state", &code), t.side_state(state), count, self.list.is("state", &code))
        };
        all.into_iter().map(tab).collect()
    }

    fn is_tree(&self) -> bool {
        self.list.get("state").is_empty() && self.list.get("q").is_empty()
    }

    fn unit_id<'a>(&self, unit: &'a UnitNode) -> Option<&'a UnitId> {
        unit.branch.node()
    }

    fn department_id<'a>(&self, department: &'a DepartmentNode) -> Option<&'a DepartmentId> {
        department.branch.node()
    }

    /// Where the forms of the chosen place come back to.
    fn back(&self) -> String {
        let query = self.list.first();
        let query = query.split_once('?').map(|(_, query)| format!("?{query}")).unwrap_or_default();
        format!("/corps/{}/compare{query}", self.corp)
    }

    fn unit_url(&self, unit: &UnitNode) -> String {
        let query = tree::query_of_unit(&unit.branch);
        self.f.url(&format!("/tenants/{}/directory?{query}", self.found.tenant))
    }

    fn department_url(&self, department: &DepartmentNode) -> String {
        format!("{}?{}", self.at("/members"), tree::query_of_department(&department.branch))
    }

    fn previous(&self) -> Option<String> {
        (!self.is_tree() && self.page > 1).then(|| self.list.at("page", &(self.page - 1).to_string()))
    }

    fn next(&self) -> Option<String> {
        let more = !self.is_tree() && self.page * ROWS < self.found.total;
        more.then(|| self.list.at("page", &(self.page + 1).to_string()))
    }
}

#[derive(Template)]
#[template(path = "directory/compare_branch.html")]
struct BranchPage {
    f: Frame,
    corp: CorpKey,
    lines: Vec<Line>,
    hidden: usize,
    disabled: Option<DepartmentId>,
}

async fn for_disabled(web: &Web, corp: &CorpKey) -> Result<Option<DepartmentId>, Problem> {
    let key = corp.clone();
    web.app.store.read_async(move |tx| disabled_department(tx, &key)).await.map_err(store_problem)
}

async fn show(who: Admin<SyncRead>, web: web::Data<Web>, corp: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    let corp = corp.into_inner();
    let list = Listing::of(&who, KNOWN);
    let place = place_of(&list);
    let state: Option<SideState> = code::find(list.get("state"));
    let page = list.get("page").parse().unwrap_or(1_usize).max(1);
    let (t, pick) = (who.t, list.get("pick").to_owned());
    let wanted = pick.clone();
    let search = list.get("q").to_owned();
    let found = web.app.views.mirror(&corp, move |view| Ok(find(t, view, place, (state, &search), page, &wanted)));
    let found = looked(found.await)?;
    let (f, can_bind) = (who.frame(t.nav_compare()), who.may(ApiScope::BindingWrite));
    let disabled = for_disabled(&web, &corp).await?;
    reply::page(&ComparePage { f, corp, list, found, pick, page, can_bind, disabled })
}

/// The states that are asked for.
fn states_of(state: Option<SideState>) -> Vec<SideState> {
    state.map_or(STATES.to_vec(), |state| vec![state])
}

fn find(
    t: T,
    view: &MirrorView,
    place: Option<Side>,
    (state, search): (Option<SideState>, &str),
    page: usize,
    pick: &str,
) -> Found {
    let (lines, total) = if state.is_none() && search.is_empty() {
        let lines = outline(view, place.as_ref());
        let total = lines.len();
        (lines, total)
    } else {
        let rows = view.sides_of(&states_of(state), search, (page - 1) * ROWS, ROWS);
        (rows.nodes.into_iter().map(|row| line(row, 0, place.as_ref())).collect(), rows.total)
    };
    Found {
        tenant: view.directory().tenant().clone(),
        counts: view.side_counts(),
        is_read: view.head().is_some(),
        lines,
        total,
        chosen: place.and_then(|place| choose(t, view, &place, pick)),
    }
}

fn choose(t: T, view: &MirrorView, place: &Side, pick: &str) -> Option<Chosen> {
    let directory = view.directory();
    let (unit, department) = match place {
        Side::Unit(Branch::Node(id)) => (directory.unit(&Branch::Node(id.clone())), view.department_of_unit(id)),
        Side::Department(branch @ Branch::Node(_)) => {
            let department = view.department(branch)?;
            let linked = department.unit.as_ref().map(|unit| Branch::Node(unit.id.clone()));
            (linked.and_then(|branch| directory.unit(&branch)), Some(department))
        }
        _ => return None,
    };
    if unit.is_none() && department.is_none() {
        return None;
    }
    let unit_way = |branch: &Branch<UnitId>| {
        let names = directory.path(branch).into_iter().map(|step| unit_name(t, &step.branch, &step.name));
        names.collect::<Vec<_>>().join(" / ")
    };
    let department_way = |branch: &Branch<DepartmentId>| {
        let steps = view.path(branch).into_iter();
        let names = steps.map(|step| department_name(t, &step.branch, step.name.as_deref()));
        names.collect::<Vec<_>>().join(" / ")
    };
    let mut chosen = Chosen {
        unit_path: unit.as_ref().map(|unit| unit_way(&unit.branch)).unwrap_or_default(),
        department_path: department.as_ref().map(|node| department_way(&node.branch)).unwrap_or_default(),
        departments: Vec::new(),
        units: Vec::new(),
        unit,
        department,
    };
    match (&chosen.unit, &chosen.department) {
        (Some(unit), None) => {
            let search = if pick.is_empty() { unit.name.as_str() } else { pick };
            let hits = view.find_departments(search, PICKED).into_iter().filter(|node| node.unit.is_none());
            chosen.departments = hits
                .map(|node| {
                    let way = department_way(&node.branch);
                    (node, way)
                })
                .collect();
        }
        (None, Some(department)) => {
            let search = if pick.is_empty() { department.name.as_deref().unwrap_or_default() } else { pick };
            let hits = directory.find_units(search, PICKED).into_iter();
            let free = hits.filter(|unit| unit.branch.node().is_some_and(|id| view.department_of_unit(id).is_none()));
            chosen.units = free
                .map(|unit| {
                    let way = unit_way(&unit.branch);
                    (unit, way)
                })
                .collect();
        }
        _ => {}
    }
    Some(chosen)
}

async fn files(who: Admin<SyncRead>, web: web::Data<Web>, corp: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    whole(&who, &web, &corp, Kind::of(&who)).await
}

/// Both sides row by row, of the state and the search that are shown, else everything.
async fn whole(who: &Person, web: &Web, corp: &CorpKey, kind: Kind) -> Result<HttpResponse, Problem> {
    let (t, list) = (who.t, Listing::of(who, KNOWN));
    let (state, search): (Option<SideState>, _) = (code::find(list.get("state")), list.get("q").to_owned());
    let look = move |view: &MirrorView| -> Result<_, BrowseError> {
        let row = |row: SideRow| {
            let (unit, department) = (row.unit, row.department);
            let text = |count: u32| count.to_string();
            [
                t.side_state(row.state).to_owned(),
                unit.as_ref().and_then(|unit| unit.branch.node()).map(ToString::to_string).unwrap_or_default(),
                unit.as_ref().map(|unit| unit_name(t, &unit.branch, &unit.name)).unwrap_or_default(),
                unit.as_ref().map(|unit| text(unit.total)).unwrap_or_default(),
                department.as_ref().and_then(|node| node.branch.node()).map(ToString::to_string).unwrap_or_default(),
                department
                    .as_ref()
                    .map(|node| department_name(t, &node.branch, node.name.as_deref()))
                    .unwrap_or_default(),
                department.as_ref().map(|node| text(node.total)).unwrap_or_default(),
            ]
        };
        let rows = view.sides_of(&states_of(state), &search, 0, usize::MAX).nodes;
        Ok(rows.into_iter().map(row).collect::<Vec<_>>())
    };
    let rows = looked(web.app.views.mirror(corp, look).await)?;
    let captions = vec![
        t.cmp_state(),
        t.cmp_unit_id(),
        t.cmp_unit(),
        t.cmp_employees(),
        t.cmp_department_id(),
        t.cmp_department(),
        t.cmp_members(),
    ];
    let fill = move |out: export::Out<'_>| out.rows(rows.into_iter().map(Ok));
    export::file(web, kind, &format!("compare-{corp}"), captions, fill).await
}

async fn branch(who: Admin<SyncRead>, web: web::Data<Web>, corp: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    let corp = corp.into_inner();
    let list = Listing::of(&who, KNOWN);
    let place = place_of(&list).ok_or_else(|| Problem::not_found("unit", list.get("unit")))?;
    let level = list.get("level").parse().unwrap_or(1_usize).min(1_000);
    let look = move |view: &MirrorView| -> Result<_, BrowseError> { Ok(view.sides(&place, 0, CHILDREN_MAX)) };
    let found = looked(web.app.views.mirror(&corp, look).await)?;
    let children = found.ok_or_else(|| Problem::not_found("unit", list.get("unit")))?;
    let hidden = children.total - children.nodes.len();
    let mut lines: Vec<Line> = children.nodes.into_iter().map(|row| line(row, level, None)).collect();
    close(&mut lines, level);
    let disabled = for_disabled(&web, &corp).await?;
    reply::page(&BranchPage { f: who.frame(""), corp, lines, hidden, disabled })
}
