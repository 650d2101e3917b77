//! `/api/v1/tenants/{tenant}/imports`: a directory file is uploaded and previewed, then confirmed by the preview's id.

use super::answer::{Created, Ok, Reply};
use super::auth::{DirectoryRead, DirectoryWrite, Key};
use super::lists;
use super::once::Once;
use super::routes::Routes;
use super::state::State;
use super::upload::Upload;
use crate::directory::{
    Change, ChangeKind, DirectoryError, Fault, FieldChange, ImportMode, ImportOptions, Imported, Preview, Summary,
    confirm_upload, import, preview_upload,
};
use crate::http::errors::directory_problem;
use crate::http::kept::KEPT_MS;
use crate::http::{Problem, Query};
use crate::model::{Employee, OrgUnit, TenantKey};
use actix_web::web;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Changes and faults of each kind that a preview lists; the numbers count all.
const LISTED_MAX: usize = 1_000;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Directory: import", "Directory files: .xlsx, a .zip of CSV files, .ldif.")
        .post(
            "/api/v1/tenants/{tenant}/imports",
            "Upload a directory file and preview it\nNothing is written. The preview is kept for 30 minutes and imported by \
             its id; a structural fault refuses the file as a whole with every fault found.",
            preview,
        )
        .post(
            "/api/v1/tenants/{tenant}/imports/{preview}/confirm",
            "Import what was previewed\nRefused with `import.changed` when it would no longer do what the preview showed.",
            confirm,
        )
        .get("/api/v1/tenants/{tenant}/imports/last", "The last import", last);
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ImportQuery {
    /// `replace` (default: the file is the whole directory, absent employees become departed) or `merge`.
    #[serde(default)]
    #[param(value_type = Option<ImportMode>, inline)]
    mode: ImportMode,
    /// Leave bad rows out and import the rest.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    skip_bad_rows: bool,
    /// Import although more people or units are absent than is usual.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    allow_shrink: bool,
    /// Import although more people than is usual would have another name, number, mobile or e-mail.
    #[serde(default)]
    #[param(value_type = Option<bool>)]
    allow_other_people: bool,
}

/// What an import would do.
#[derive(Debug, Serialize, ToSchema)]
struct PreviewView {
    /// Confirm with it.
    id: String,
    /// After that the file must be uploaded again, Unix milliseconds.
    expires_at_ms: i64,
    /// Numbers.
    summary: Summary,
    /// Whether it can be confirmed with the options that it was uploaded with.
    can_confirm: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<String>,
    /// Units that change, at most 1000.
    units: Vec<ChangeView>,
    /// Employees that change, at most 1000.
    employees: Vec<ChangeView>,
    /// Faults of rows, at most 1000.
    faults: Vec<Fault>,
    /// Warnings, at most 1000.
    warnings: Vec<Fault>,
}

/// What happens to one row.
#[derive(Debug, Serialize, ToSchema)]
struct ChangeView {
    /// What.
    kind: ChangeKind,
    /// Id of the unit or employee.
    id: String,
    /// Its name.
    name: String,
    /// Fields that differ.
    fields: Vec<FieldChange>,
}

async fn preview(
    caller: Key<DirectoryWrite>,
    state: web::Data<State>,
    tenant: web::Path<TenantKey>,
    query: Query<ImportQuery>,
    once: Once,
    upload: Upload,
) -> Result<Created<PreviewView>, Problem> {
    let tenant = tenant.into_inner();
    let ImportQuery { mode, skip_bad_rows, allow_shrink, allow_other_people } = query.0;
    let options = ImportOptions { mode, skip_bad_rows, allow_shrink, allow_other_people };
    let digest = upload.digest;
    let shared = state.clone();
    once.run(&state, &caller.id, &digest, async move {
        let state = shared;
        let previewed = preview_upload(&state.app.store, &tenant, upload.name, upload.content, options).await;
        let (upload, preview) = previewed.map_err(directory_problem)?;
        let now_ms = state.app.clock.now_ms();
        let id = state.kept.keep(tenant.as_str(), now_ms, upload.content.len(), upload);
        let location = format!("/api/v1/tenants/{tenant}/imports/{id}/confirm");
        Result::Ok(Reply::at(view(id, now_ms + KEPT_MS, &preview, &options), location))
    })
    .await
}

async fn confirm(
    caller: Key<DirectoryWrite>,
    state: web::Data<State>,
    path: web::Path<(TenantKey, String)>,
    once: Once,
) -> Result<Ok<Imported>, Problem> {
    let (tenant, id) = path.into_inner();
    let shared = state.clone();
    once.run(&state, &caller.id.clone(), &[], async move {
        let state = shared;
        let now_ms = state.app.clock.now_ms();
        let kept = state.kept.find(&id, tenant.as_str(), now_ms).ok_or_else(|| {
            Problem::not_found("preview", &id).at("preview", "previews are kept for 30 minutes; upload the file again")
        })?;
        let done = confirm_upload(&state.app.store, &tenant, &kept, kept.options, &caller.actor, |_| {}).await;
        let imported = done.map_err(directory_problem)?;
        state.kept.forget(&id);
        Result::Ok(Reply::new(imported))
    })
    .await
}

async fn last(
    _: Key<DirectoryRead>,
    state: web::Data<State>,
    tenant: web::Path<TenantKey>,
) -> Result<Ok<Imported>, Problem> {
    let found = lists::of(&state, tenant.clone(), import::last_import).await?;
    found.map(Reply::new).ok_or_else(|| Problem::not_found("import", tenant))
}

fn view(id: String, expires_at_ms: i64, preview: &Preview, options: &ImportOptions) -> PreviewView {
    let refusal = preview.check(options).err();
    PreviewView {
        id,
        expires_at_ms,
        summary: preview.summary(),
        can_confirm: refusal.is_none(),
        refusal: refusal.as_ref().map(DirectoryError::to_string),
        units: preview.diff.units.rows.iter().take(LISTED_MAX).map(unit_view).collect(),
        employees: preview.diff.employees.rows.iter().take(LISTED_MAX).map(employee_view).collect(),
        faults: preview.diff.faults.iter().take(LISTED_MAX).cloned().collect(),
        warnings: preview.diff.warnings.iter().take(LISTED_MAX).cloned().collect(),
    }
}

fn unit_view(change: &Change<OrgUnit>) -> ChangeView {
    let (id, name) = (change.row.id.to_string(), change.row.name.to_string());
    ChangeView { kind: change.kind, id, name, fields: change.fields.clone() }
}

fn employee_view(change: &Change<Employee>) -> ChangeView {
    let (id, name) = (change.row.id.to_string(), change.row.name.to_string());
    ChangeView { kind: change.kind, id, name, fields: change.fields.clone() }
}
