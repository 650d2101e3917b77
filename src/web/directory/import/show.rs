//! The form that takes a file, what was imported last, and files to begin with.

use super::Import;
use crate::directory::export::{to_xlsx, to_zip};
use crate::directory::sample::{SAMPLE_NAME, SampleSpec, generate};
use crate::directory::{
    FaultCode, Faults, ImportMode, ImportOptions, Imported, Unfinished, find_unfinished, import, preview_upload,
};
use crate::http::Problem;
use crate::http::errors::{directory_problem, store_problem};
use crate::http::permission::DirectoryWrite;
use crate::model::TenantKey;
use crate::web::directory::get_tenant;
use crate::web::export::captions;
use crate::web::frame::Frame;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::upload::Upload;
use crate::web::visit::Admin;
use crate::web::{code, form, reply, time};
use actix_web::{HttpResponse, web};
use askama::Template;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .get("/tenants/{tenant}/import", show)
        .post("/tenants/{tenant}/import", upload)
        .get("/tenants/{tenant}/import/template.xlsx", workbook)
        .get("/tenants/{tenant}/import/template.zip", archive);
}

/// Faults of a refused file that the page lists.
const LISTED: usize = 200;

#[derive(Template)]
#[template(path = "directory/import.html")]
struct ImportPage {
    f: Frame,
    tenant: TenantKey,
    mode: ImportMode,
    options: ImportOptions,
    /// Why the file was refused.
    refused: Option<Faults>,
    file: String,
    no_file: bool,
    last: Option<Imported>,
    unfinished: Option<Unfinished>,
    is_interrupted: bool,
    now_ms: i64,
}

impl ImportPage {
    fn at(&self, path: &str) -> String {
        self.f.url(&format!("/tenants/{}/import{path}", self.tenant))
    }

    fn is_replace(&self) -> bool {
        self.mode == ImportMode::Replace
    }

    fn minute(&self, at_ms: &i64) -> String {
        time::minute(*at_ms)
    }

    fn ago(&self, at_ms: &i64) -> String {
        time::ago(self.f.t, *at_ms, self.now_ms)
    }

    /// What was imported last: a file, or what the demo brings.
    fn source<'a>(&'a self, last: &'a Imported) -> &'a str {
        let name = last.summary.source.name.as_str();
        if name == SAMPLE_NAME { self.f.t.import_sample() } else { name }
    }

    fn by(&self, actor: &str) -> String {
        self.f.t.sync_actor(actor)
    }

    /// The table that a file for the whole directory lacks.
    fn lone(&self) -> Option<String> {
        let faults = self.refused.as_ref().filter(|_| self.is_replace())?;
        let missing = faults.list.iter().find(|fault| fault.code == FaultCode::MissingTable)?;
        Some(self.f.t.file_sheet(&missing.place.sheet)).filter(|sheet| !sheet.is_empty())
    }

    fn more(&self, faults: &Faults) -> usize {
        faults.total.saturating_sub(LISTED)
    }

    fn listed<'a>(&self, faults: &'a Faults) -> &'a [crate::directory::Fault] {
        &faults.list[..faults.list.len().min(LISTED)]
    }
}

async fn show(
    who: Admin<DirectoryWrite>,
    web: web::Data<Web>,
    tenant: web::Path<TenantKey>,
) -> Result<HttpResponse, Problem> {
    let key = get_tenant(&web, &tenant).await?.key;
    reply::page(&page(&who, &web, key).await?)
}

async fn page(who: &Admin<DirectoryWrite>, web: &Web, tenant: TenantKey) -> Result<ImportPage, Problem> {
    let key = tenant.clone();
    let read = web.app.store.read_async(move |tx| Ok((import::last_import(tx, &key)?, find_unfinished(tx, &key)?)));
    let (last, unfinished) = read.await.map_err(store_problem)?;
    let now_ms = web.app.clock.now_ms();
    let is_interrupted = unfinished.as_ref().is_some_and(|other| other.is_interrupted(now_ms));
    let options = ImportOptions::default();
    Ok(ImportPage {
        f: who.frame(who.t.import_title()),
        tenant,
        mode: options.mode,
        options,
        refused: None,
        file: String::new(),
        no_file: false,
        last,
        unfinished,
        is_interrupted,
        now_ms,
    })
}

async fn upload(
    who: Admin<DirectoryWrite>,
    web: web::Data<Web>,
    tenant: web::Path<TenantKey>,
    upload: Upload,
) -> Result<HttpResponse, Problem> {
    let tenant = get_tenant(&web, &tenant).await?.key;
    let is_on = |name: &str| form::is_on(upload.fields.get(name));
    let options = ImportOptions {
        mode: code::find(upload.field("mode")).unwrap_or_default(),
        skip_bad_rows: is_on("skip_bad_rows"),
        allow_shrink: is_on("allow_shrink"),
        allow_other_people: is_on("allow_other_people"),
    };
    let Some(file) = upload.file else {
        let page = page(&who, &web, tenant).await?;
        return reply::again(&ImportPage { no_file: true, mode: options.mode, options, ..page });
    };
    let previewed = preview_upload(&web.app.store, &tenant, file.name.clone(), file.content, options).await;
    match previewed {
        Ok((upload, preview)) => {
            let bytes = upload.content.len() + weight(&preview);
            let import = Import::new(upload, preview);
            let id = web.imports.keep(tenant.as_str(), web.app.clock.now_ms(), bytes, import);
            Ok(reply::go(&who, &format!("/tenants/{tenant}/import/{id}"), None))
        }
        Err(error) => {
            let Some(faults) = error.faults().cloned() else { return Err(directory_problem(error)) };
            let page = page(&who, &web, tenant).await?;
            let (mode, file) = (options.mode, file.name);
            reply::again(&ImportPage { refused: Some(faults), file, mode, options, ..page })
        }
    }
}

/// About as many bytes as the rows of a preview take.
fn weight(preview: &crate::directory::Preview) -> usize {
    const ROW: usize = 700;
    let diff = &preview.diff;
    (diff.units.rows.len() + diff.employees.rows.len() + diff.faults.len() + diff.warnings.len()) * ROW
}

async fn workbook(who: Admin<DirectoryWrite>, _: web::Path<TenantKey>) -> Result<HttpResponse, Problem> {
    let (units, people) = generate(SAMPLE);
    let bytes = to_xlsx(&units, &people, captions(who.lang())).map_err(Problem::internal)?;
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(reply::download(&format!("{}.xlsx", who.t.import_template_name()), kind, bytes))
}

async fn archive(who: Admin<DirectoryWrite>, _: web::Path<TenantKey>) -> Result<HttpResponse, Problem> {
    let (units, people) = generate(SAMPLE);
    let bytes = to_zip(&units, &people, captions(who.lang())).map_err(Problem::internal)?;
    Ok(reply::download(&format!("{}.zip", who.t.import_template_name()), "application/zip", bytes))
}

const SAMPLE: SampleSpec = SampleSpec { employees: 8, units: 4, seed: 1 };
