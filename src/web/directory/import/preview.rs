//! What an import would do, how far it is, and what became of it.

use super::lists::{KNOWN, Row, faults_of, open_tab, row, slice_of, wanted};
use super::{State, Waiting, gone};
use crate::directory::{ChangeKind, Diff, Fault, ImportMode, ImportOptions, Imported, RowCounts, Summary};
use crate::http::Problem;
use crate::http::permission::DirectoryWrite;
use crate::locale::{Advice, advice};
use crate::model::TenantKey;
use crate::web::export::{self, Kind, Out};
use crate::web::frame::Frame;
use crate::web::link::part;
use crate::web::listing::Listing;
use crate::web::routes::Routes;
use crate::web::slice::Slice;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use crate::web::{code, reply};
use actix_web::{HttpResponse, web};
use askama::Template;

pub(super) fn routes(routes: &mut Routes) {
    routes
        // before the page, whose hole would take the ending too
        .files("/tenants/{tenant}/import/{import}", files)
        .get("/tenants/{tenant}/import/{import}", show);
}

/// A list that the page can show.
struct Tab {
    name: &'static str,
    count: usize,
    href: String,
    is_current: bool,
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
    /// Columns that are taken as further ones.
    further: String,
    shrunken: Option<Fault>,
    other_people: Option<Fault>,
    tabs: Vec<Tab>,
    kinds: Vec<(ChangeKind, u64)>,
    changes: Slice<Row>,
    faults: Slice<Fault>,
    skip_bad_rows: bool,
    allow_shrink: bool,
    allow_other_people: bool,
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
        State::Waiting(waiting) => reply::page(&page(&who, tenant, id, &waiting, waiting.upload.options, None, false)),
        State::Failed { waiting, code, told } => {
            let failed = Some((advice(who.lang(), &code, 409), told));
            reply::page(&page(&who, tenant, id, &waiting, waiting.upload.options, failed, false))
        }
        State::Writing { waiting, done, total } => {
            let (f, file) = (who.frame(who.t.import_writing()), waiting.upload.name.clone());
            reply::reloading_page(&ProgressPage { f, tenant, file, done, total })
        }
        State::Done(done) => reply::page(&DonePage { f: who.frame(who.t.import_done()), tenant, done }),
    }
}

/// The preview, with the lists as the address asks for them and the boxes ticked as `ticked` says.
pub(super) fn page(
    who: &Admin<DirectoryWrite>,
    tenant: TenantKey,
    id: String,
    waiting: &Waiting,
    ticked: ImportOptions,
    failed: Option<(Advice, String)>,
    is_mistyped: bool,
) -> PreviewPage {
    let t = who.t;
    let own = who.url(&format!("/tenants/{tenant}/import/{id}"));
    let mut list = Listing::of(who, KNOWN);
    list.action = own;
    let (diff, summary) = (&waiting.preview.diff, waiting.preview.summary());
    let all = [
        ("employees", t.import_people(), diff.employees.rows.len()),
        ("units", t.import_units(), diff.units.rows.len()),
        ("faults", t.import_faults(), diff.faults.len()),
        ("warnings", t.import_warnings(), diff.warnings.len()),
    ];
    let open = open_tab(&list, diff);
    let bare = |code: &str| format!("{}?show={code}", list.action);
    let tabs = all.map(|(code, name, count)| Tab { name, count, href: bare(code), is_current: code == open });
    let kind: Option<ChangeKind> = code::find(list.get("kind"));
    let (counts, changes) = match open {
        "units" => (Some(diff.units.counts), slice_of(t, &list, &diff.units, kind, true)),
        "employees" => (Some(diff.employees.counts), slice_of(t, &list, &diff.employees, kind, false)),
        _ => (None, Slice::none()),
    };
    let wanted = faults_of(&list, open, diff);
    let faults = Slice::of(&list, &wanted, |fault| (*fault).clone());
    PreviewPage {
        f: who.frame(t.import_preview_title()),
        file: waiting.upload.name.clone(),
        further: waiting.further.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(t.links_and()),
        shrunken: diff.shrunken.clone(),
        other_people: diff.other_people.clone(),
        tabs: tabs.into(),
        kinds: counts.map(kinds).unwrap_or_default(),
        changes,
        faults,
        skip_bad_rows: ticked.skip_bad_rows,
        allow_shrink: ticked.allow_shrink,
        allow_other_people: ticked.allow_other_people,
        confirm: confirm_text(diff, &tenant),
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

/// What must be typed before the import: how many people leave, or the tenant's key where nobody leaves and the file looks
/// shrunken or like that of other people. Empty where nothing needs to be typed.
pub(super) fn confirm_text(diff: &Diff, tenant: &TenantKey) -> String {
    match (diff.employees.counts.departed, diff.shrunken.is_some() || diff.other_people.is_some()) {
        (0, false) => String::new(),
        (0, true) => tenant.to_string(),
        (departed, _) => departed.to_string(),
    }
}

async fn files(
    who: Admin<DirectoryWrite>,
    web: web::Data<Web>,
    path: web::Path<(TenantKey, String)>,
) -> Result<HttpResponse, Problem> {
    whole(&who, &web, path.into_inner(), Kind::of(&who)).await
}

/// The list that is open, as a file: faults to be mended at their source, or everything that would change.
async fn whole(
    who: &Person,
    web: &Web,
    (tenant, id): (TenantKey, String),
    kind: Kind,
) -> Result<HttpResponse, Problem> {
    let t = who.t;
    let found = web.imports.find(&id, tenant.as_str(), web.app.clock.now_ms()).ok_or_else(|| gone(&id))?;
    let waiting = match found.state() {
        State::Waiting(waiting) | State::Failed { waiting, .. } | State::Writing { waiting, .. } => waiting,
        State::Done(_) => return Err(gone(&id)),
    };
    let list = Listing::of(who, KNOWN);
    let open = open_tab(&list, &waiting.preview.diff);
    let of_kind = code::find(list.get("kind"));
    let captions = match open {
        "faults" | "warnings" => {
            vec![
                t.fault_file(),
                t.fault_row_number(),
                t.field_name(),
                t.fault_column(),
                t.fault_value(),
                t.fault_reason(),
                t.details(),
            ]
        }
        _ => vec![t.import_what(), t.field_id(), t.field_name(), t.import_difference()],
    };
    let fill = move |out: Out<'_>| {
        let diff = &waiting.preview.diff;
        let changed = |row: Row| {
            let fields = row.fields.iter().map(|(name, field)| format!("{name}: {} → {}", field.before, field.after));
            let fields = fields.collect::<Vec<_>>().join("\n");
            Ok([t.row_change(row.kind).to_owned(), row.id, row.name, fields])
        };
        match open {
            "units" => {
                out.rows(wanted(&list, &diff.units, of_kind).into_iter().map(|change| changed(row(t, change, true))))
            }
            "employees" => out
                .rows(wanted(&list, &diff.employees, of_kind).into_iter().map(|change| changed(row(t, change, false)))),
            _ => out.rows(faults_of(&list, open, diff).into_iter().map(|fault| {
                Ok([
                    t.file_sheet(&fault.place.sheet),
                    if fault.place.row > 0 { fault.place.row.to_string() } else { String::new() },
                    fault.name.to_string(),
                    t.file_column(&fault.place.sheet, &fault.place.column),
                    fault.value.to_string(),
                    t.fault_text(fault.code).into_owned(),
                    t.told(&fault.reason),
                ])
            })),
        }
    };
    export::file(web, kind, &format!("import-{open}-{tenant}"), captions, fill).await
}
