//! `/api/v1/backups`: backups that lie on the appliance, when they are made by themselves, and whether the store is sound.

use super::answer::{Created, Download, NoContent, Ok, Page, Reply};
use super::auth::{Key, OpsBackup};
use super::once::Once;
use super::routes::Routes;
use super::state::State;
use crate::http::errors::{backup_problem, store_problem};
use crate::http::{Body, Problem};
use crate::ops::backups::{self, BackupFile, BackupSettings};
use crate::store::Store;
use actix_web::web;
use serde::Serialize;
use utoipa::ToSchema;

const NO_BODY: &[u8] = &[];

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Backups", "Copies of the store that lie on the appliance, and whether the store is sound.")
        .get("/api/v1/backups", "List the backups on the appliance, the newest first", list)
        .post(
            "/api/v1/backups",
            "Make a backup on the appliance\nSecrets stay sealed in it; the master key is not part of it.",
            make,
        )
        .get("/api/v1/backups/{backup}", "Download a backup", download)
        .delete("/api/v1/backups/{backup}", "Remove a backup", remove)
        .get("/api/v1/backup-settings", "When backups are made by themselves", settings)
        .put(
            "/api/v1/backup-settings",
            "Change when backups are made by themselves\nReplaces the settings as a whole: what is absent takes its default; `hour: null` makes none by itself.",
            put_settings,
        )
        .get(
            "/api/v1/store/verify",
            "Whether the store is sound\nReads every row, compares the indexes and follows the audit log's chain: minutes at a million rows.",
            verify,
        );
}

/// A backup on the appliance.
#[derive(Debug, Serialize, ToSchema)]
struct BackupView {
    /// Name of the file, by which it is asked for.
    name: String,
    /// Its size.
    bytes: u64,
    /// When it was made, Unix milliseconds.
    made_at_ms: i64,
    /// Whether it was made by itself.
    automatic: bool,
}

impl From<BackupFile> for BackupView {
    fn from(file: BackupFile) -> Self {
        Self { name: file.name, bytes: file.bytes, made_at_ms: file.made_at_ms, automatic: file.is_automatic }
    }
}

/// What is wrong with one table.
#[derive(Debug, Serialize, ToSchema)]
struct FaultView {
    /// The table.
    table: String,
    /// What.
    what: String,
}

/// What a look at the whole store has found.
#[derive(Debug, Serialize, ToSchema)]
struct VerifyView {
    /// Whether nothing is wrong.
    whole: bool,
    /// Rows that were read.
    rows: u64,
    /// What is wrong; at most 100 per table are listed.
    faults: Vec<FaultView>,
    /// Count of everything that is wrong.
    faults_total: u64,
}

async fn list(_: Key<OpsBackup>, state: web::Data<State>) -> Result<Ok<Page<BackupView>>, Problem> {
    let files = backups::list(&state.app).await.map_err(backup_problem)?;
    Result::Ok(Reply::new(Page::whole(files.into_iter().map(BackupView::from).collect())))
}

async fn make(caller: Key<OpsBackup>, state: web::Data<State>, once: Once) -> Result<Created<BackupView>, Problem> {
    let app = state.app.clone();
    once.run(&state, &caller.id.clone(), NO_BODY, async move {
        let made = backups::make(&app, &caller.actor, false).await.map_err(backup_problem)?;
        let location = format!("/api/v1/backups/{}", made.name);
        Result::Ok(Reply::at(BackupView::from(made), location))
    })
    .await
}

async fn download(_: Key<OpsBackup>, state: web::Data<State>, name: web::Path<String>) -> Result<Download, Problem> {
    let path = backups::find(&state.app, &name).await.map_err(backup_problem)?;
    let file = tokio::fs::File::open(&path).await.map_err(Problem::internal)?;
    Download::file("application/octet-stream", name.into_inner(), file).await.map_err(Problem::internal)
}

async fn remove(
    caller: Key<OpsBackup>,
    state: web::Data<State>,
    name: web::Path<String>,
) -> Result<NoContent, Problem> {
    backups::remove(&state.app, &caller.actor, &name).await.map(|()| NoContent).map_err(backup_problem)
}

async fn settings(_: Key<OpsBackup>, state: web::Data<State>) -> Result<Ok<BackupSettings>, Problem> {
    backups::settings(&state.app).await.map(Reply::new).map_err(store_problem)
}

async fn put_settings(
    caller: Key<OpsBackup>,
    state: web::Data<State>,
    body: Body<BackupSettings>,
) -> Result<Ok<BackupSettings>, Problem> {
    let wanted = body.value;
    if wanted.hour.is_some_and(|hour| hour > 23) || !(1..=90).contains(&wanted.keep) {
        let told = "`hour` is 0 to 23 or absent, `keep` is 1 to 90.";
        return Err(Problem::invalid("request.body", told));
    }
    backups::set_settings(&state.app, &caller.actor, wanted).await.map_err(store_problem)?;
    backups::settings(&state.app).await.map(Reply::new).map_err(store_problem)
}

async fn verify(_: Key<OpsBackup>, state: web::Data<State>) -> Result<Ok<VerifyView>, Problem> {
    let store = state.app.store.clone();
    let report = tokio::task::spawn_blocking(move || Store::verify(&store)).await.map_err(Problem::internal)?;
    let report = report.map_err(store_problem)?;
    let faults =
        report.faults.iter().map(|fault| FaultView { table: fault.table.to_string(), what: fault.what.clone() });
    Result::Ok(Reply::new(VerifyView {
        whole: report.is_good(),
        rows: report.rows(),
        faults: faults.collect(),
        faults_total: report.faults_total,
    }))
}
