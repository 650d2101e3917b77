//! What an import would do, how far it is, and what became of it.

use super::{State, Waiting, gone};
use crate::directory::fields::Record;
use crate::directory::{Change, ChangeKind, Changes, Fault, FieldChange, ImportMode, Imported, RowCounts, Summary};
use crate::http::Problem;
use crate::http::permission::DirectoryWrite;
use crate::locale::{Advice, advice};
use crate::model::{Employee, TenantKey};
use crate::web::frame::Frame;
use crate::web::link::part;
use crate::web::listing::{Listing, ROWS};
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::Admin;
use crate::web::{code, reply};
use actix_web::{HttpResponse, web};
use askama::Template;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/tenants/{tenant}/import/{import}", show);
}

/// A row that changes.
struct Row {
    kind: ChangeKind,
    id: String,
    name: String,
    is_unit: bool,
    fields: Vec<(String, FieldChange)>,
}

/// A list that the page can show.
struct Tab {
    code: &'static str,
    name: &'static str,
    count: usize,
    href: String,
    is_current: bool,
}

/// Part of a list.
struct Slice<T> {
    rows: Vec<T>,
    total: usize,
    previous: Option<String>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "directory/import_preview.html")]
pub(super) struct PreviewPage {
    f: Frame,
    tenant: TenantKey,
    id: String,
    list: Listing,
    file: String,
    summary: Summary,
    shrunken: Option<Fault>,
    tabs: Vec<Tab>,
    kinds: Vec<(ChangeKind, u64)>,
    changes: Slice<Row>,
    faults: Slice<Fault>,
    skip_bad_rows: bool,
    allow_shrink: bool,
    /// What has to be typed, where people leave.
    confirm: String,
    is_mistyped: bool,
    failed: Option<(Advice, String)>,
    is_quiet: bool,
}

impl PreviewPage {
    fn at(&self, path: &str) -> String {
        self.f.url(&format!("/tenants/{}/import{path}", self.tenant))
    }

    fn own(&self, path: &str) -> String {
        self.at(&format!("/{}{path}", self.id))
    }

    fn is_replace(&self) -> bool {
        self.summary.mode == ImportMode::Replace
    }

    fn url(&self, row: &Row) -> String {
        let tenant = &self.tenant;
        match row.is_unit {
            true => self.f.url(&format!("/tenants/{tenant}/directory?unit={}", part(&row.id))),
            false => self.f.url(&format!("/tenants/{tenant}/employees/{}", part(&row.id))),
        }
    }

    fn is_new(&self, row: &Row) -> bool {
        row.kind == ChangeKind::Added
    }

    fn kind_code(&self, kind: &ChangeKind) -> String {
        code::of(kind)
    }

    fn kind_name(&self, kind: &ChangeKind) -> &'static str {
        self.f.t.row_change(*kind)
    }

    fn kind_class(&self, kind: &ChangeKind) -> &'static str {
        match kind {
            ChangeKind::Added => "new",
            ChangeKind::Changed => "changed",
            ChangeKind::Departed | ChangeKind::Removed => "bad",
            ChangeKind::Returned => "good",
        }
    }
}

#[derive(Template)]
#[template(path = "directory/import_progress.html")]
struct ProgressPage {
    f: Frame,
    tenant: TenantKey,
    file: String,
    done: u64,
    total: u64,
}

#[derive(Template)]
#[template(path = "directory/import_done.html")]
struct DonePage {
    f: Frame,
    tenant: TenantKey,
    done: Box<Imported>,
}

impl DonePage {
    fn at(&self, path: &str) -> String {
        self.f.url(&format!("/tenants/{}{path}", self.tenant))
    }

    fn sync_url(&self) -> Option<String> {
        let corp = self.f.place.as_ref().and_then(|place| place.corp.as_ref())?;
        Some(self.f.url(&format!("/corps/{}/sync", corp.key)))
    }
}

async fn show(
    who: Admin<DirectoryWrite>,
    web: web::Data<Web>,
    path: web::Path<(TenantKey, String)>,
) -> Result<HttpResponse, Problem> {
    let (tenant, id) = path.into_inner();
    let found = web.imports.find(&id, tenant.as_str(), web.app.clock.now_ms()).ok_or_else(|| gone(&id))?;
    match found.state() {
        State::Waiting(waiting) => reply::page(&page(&who, tenant, id, &waiting, None, false)),
        State::Failed { waiting, code, told } => {
            let failed = Some((advice(who.lang(), &code, 409), told));
            reply::page(&page(&who, tenant, id, &waiting, failed, false))
        }
        State::Writing { waiting, done, total } => {
            let (f, file) = (who.frame(who.t.import_writing()), waiting.upload.name.clone());
            reply::page(&ProgressPage { f, tenant, file, done, total })
        }
        State::Done(done) => reply::page(&DonePage { f: who.frame(who.t.import_done()), tenant, done }),
    }
}

/// The preview, with the lists as the address asks for them.
pub(super) fn page(
    who: &Admin<DirectoryWrite>,
    tenant: TenantKey,
    id: String,
    waiting: &Waiting,
    failed: Option<(Advice, String)>,
    is_mistyped: bool,
) -> PreviewPage {
    let t = who.t;
    let own = who.url(&format!("/tenants/{tenant}/import/{id}"));
    let mut list = Listing::of(who, &["show", "kind", "page"]);
    list.action = own;
    let (diff, summary) = (&waiting.preview.diff, waiting.preview.summary());
    let all = [
        ("employees", t.import_people(), diff.employees.rows.len()),
        ("units", t.import_units(), diff.units.rows.len()),
        ("faults", t.import_faults(), diff.faults.len()),
        ("warnings", t.import_warnings(), diff.warnings.len()),
    ];
    let first = if diff.faults.is_empty() {
        all.iter().find(|tab| tab.2 > 0).map_or("employees", |tab| tab.0)
    } else {
        "faults"
    };
    let open = all.iter().map(|tab| tab.0).find(|code| list.is("show", code)).unwrap_or(first);
    let bare = |code: &str| format!("{}?show={code}", list.action);
    let tabs = all.map(|(code, name, count)| Tab { code, name, count, href: bare(code), is_current: code == open });
    let kind: Option<ChangeKind> = code::find(list.get("kind"));
    let (counts, changes) = match open {
        "units" => (Some(diff.units.counts), rows(t, &list, &diff.units, kind, true)),
        "employees" => (Some(diff.employees.counts), rows(t, &list, &diff.employees, kind, false)),
        _ => (None, Slice::none()),
    };
    let faults = match open {
        "faults" => slice(&list, &diff.faults, Clone::clone),
        "warnings" => slice(&list, &diff.warnings, Clone::clone),
        _ => Slice::none(),
    };
    let departed = diff.employees.counts.departed;
    PreviewPage {
        f: who.frame(t.import_preview_title()),
        file: waiting.upload.name.clone(),
        shrunken: diff.shrunken.clone(),
        tabs: tabs.into(),
        kinds: counts.map(kinds).unwrap_or_default(),
        changes,
        faults,
        skip_bad_rows: waiting.upload.options.skip_bad_rows,
        allow_shrink: waiting.upload.options.allow_shrink,
        confirm: if departed > 0 { departed.to_string() } else { String::new() },
        is_mistyped,
        failed,
        is_quiet: diff.is_empty(),
        summary,
        list,
        tenant,
        id,
    }
}

fn kinds(counts: RowCounts) -> Vec<(ChangeKind, u64)> {
    let all = [
        (ChangeKind::Added, counts.added),
        (ChangeKind::Changed, counts.changed),
        (ChangeKind::Returned, counts.returned),
        (ChangeKind::Departed, counts.departed),
        (ChangeKind::Removed, counts.removed),
    ];
    all.into_iter().filter(|(_, count)| *count > 0).collect()
}

fn rows<R: Record>(
    t: crate::locale::T,
    list: &Listing,
    changes: &Changes<R>,
    kind: Option<ChangeKind>,
    is_unit: bool,
) -> Slice<Row>
where
    Change<R>: Named,
{
    let caption = |field: &str| if is_unit { t.unit_field(field) } else { t.employee_field(field) };
    let row = |change: &&Change<R>| {
        let (id, name) = change.names();
        let fields = change.fields.iter().map(|field| (caption(&field.field), field.clone())).collect();
        Row { kind: change.kind, id, name, is_unit, fields }
    };
    let wanted: Vec<&Change<R>> =
        changes.rows.iter().filter(|change| kind.is_none_or(|kind| change.kind == kind)).collect();
    slice(list, &wanted, row)
}

/// Id and name of a row that changes.
trait Named {
    fn names(&self) -> (String, String);
}

impl Named for Change<Employee> {
    fn names(&self) -> (String, String) {
        (self.row.id.to_string(), self.row.name.to_string())
    }
}

impl Named for Change<crate::model::OrgUnit> {
    fn names(&self) -> (String, String) {
        (self.row.id.to_string(), self.row.name.to_string())
    }
}

impl<T> Slice<T> {
    fn none() -> Self {
        Self { rows: Vec::new(), total: 0, previous: None, next: None }
    }
}

/// The page of a list that the address asks for, counted from 1.
fn slice<A, B>(list: &Listing, all: &[A], show: impl Fn(&A) -> B) -> Slice<B> {
    let pages = all.len().div_ceil(ROWS).max(1);
    let page = list.get("page").parse().unwrap_or(1_usize).clamp(1, pages);
    let to = |page: usize| list.at("page", &page.to_string());
    Slice {
        rows: all.iter().skip((page - 1) * ROWS).take(ROWS).map(show).collect(),
        total: all.len(),
        previous: (page > 1).then(|| to(page - 1)),
        next: (page < pages).then(|| to(page + 1)),
    }
}
