//! Backups: make, download, remove, nightly; verify the store; how to restore.

use crate::http::Problem;
use crate::http::errors::{backup_problem, store_problem};
use crate::http::permission::OpsBackup;
use crate::ops::backups::{self, BackupFile, BackupSettings};
use crate::store::Store;
use crate::store::VerifyReport;
use crate::web::export::{self, Kind};
use crate::web::flash::Flash;
use crate::web::form::{Form, Nothing};
use crate::web::frame::Frame;
use crate::web::listing::Listing;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use crate::web::{reply, time};
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .get("/system/backup", list)
        .get("/system/backup.csv", csv)
        .get("/system/backup.xlsx", xlsx)
        .post("/system/backup", make)
        .post("/system/backup/settings", save_settings)
        .post("/system/backup/verify", verify)
        .get("/system/backup/{name}", download)
        .post("/system/backup/{name}/remove", remove);
}

struct Row {
    file: BackupFile,
    made: String,
    size: String,
}

#[derive(Template)]
#[template(path = "system/backup.html")]
struct BackupPage {
    f: Frame,
    list: Listing,
    rows: Vec<Row>,
    settings: BackupSettings,
    key_file: String,
    folder: String,
    data_dir: String,
}

impl BackupPage {
    fn hours(&self) -> Vec<(String, String)> {
        let never = (String::new(), self.f.t.backup_never().to_owned());
        std::iter::once(never).chain((0..24).map(|hour| (hour.to_string(), format!("{hour:02}:00")))).collect()
    }

    fn hour(&self) -> String {
        self.settings.hour.map(|hour| hour.to_string()).unwrap_or_default()
    }
}

/// `1.5 MB`
fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
    let mebibytes = bytes as f64 / 1_048_576.0;
    format!("{mebibytes:.1} MiB")
}

async fn list(who: Admin<OpsBackup>, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    let app = &web.app;
    let rows = backups::list(app).await.map_err(backup_problem)?;
    let rows = rows
        .into_iter()
        .map(|file| Row { made: time::minute(file.made_at_ms), size: size(file.bytes), file })
        .collect();
    reply::page(&BackupPage {
        f: who.frame(who.t.nav_backup()),
        list: Listing::of(&who, &[]),
        rows,
        settings: backups::settings(app).await.map_err(store_problem)?,
        key_file: app.config.keys.master_key_file.display().to_string(),
        data_dir: app.config.server.data_dir.display().to_string(),
        folder: app.config.server.data_dir.join("backups").display().to_string(),
    })
}

async fn csv(who: Admin<OpsBackup>, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    whole(&who, &web, Kind::Csv).await
}

async fn xlsx(who: Admin<OpsBackup>, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    whole(&who, &web, Kind::Xlsx).await
}

async fn whole(who: &Person, web: &Web, kind: Kind) -> Result<HttpResponse, Problem> {
    let t = who.t;
    let rows = backups::list(&web.app).await.map_err(backup_problem)?.into_iter().map(|file| {
        let how = if file.is_automatic { t.backup_automatic() } else { t.backup_by_hand() };
        [file.name, time::machine(file.made_at_ms), file.bytes.to_string(), how.to_owned()]
    });
    let captions = [t.backup_file(), t.backup_when(), t.backup_size(), t.backup_kind()];
    export::few(&web.app.views, kind, "backups", captions, rows.collect()).await
}

async fn make(who: Admin<OpsBackup>, web: web::Data<Web>, _: Form<Nothing>) -> Result<HttpResponse, Problem> {
    let made = backups::make(&web.app, &who.actor(), false).await.map_err(backup_problem)?;
    Ok(reply::go(&who, "/system/backup", Some(Flash::good(who.t.backup_made(made.name, size(made.bytes))))))
}

#[derive(Deserialize)]
struct SettingsFields {
    #[serde(default)]
    hour: String,
    keep: String,
}

async fn save_settings(
    who: Admin<OpsBackup>,
    web: web::Data<Web>,
    form: Form<SettingsFields>,
) -> Result<HttpResponse, Problem> {
    let keep = form.0.keep.trim().parse().ok().filter(|keep| (1..=90).contains(keep));
    let Some(keep) = keep else {
        return Ok(reply::go(&who, "/system/backup", Some(Flash::bad(who.t.settings_fault_range(1, 90)))));
    };
    let wanted = BackupSettings { hour: form.0.hour.parse().ok(), keep };
    backups::set_settings(&web.app, &who.actor(), wanted).await.map_err(store_problem)?;
    Ok(reply::go(&who, "/system/backup", Some(Flash::good(who.t.saved()))))
}

async fn remove(
    who: Admin<OpsBackup>,
    web: web::Data<Web>,
    name: web::Path<String>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    backups::remove(&web.app, &who.actor(), &name).await.map_err(backup_problem)?;
    Ok(reply::go(&who, "/system/backup", Some(Flash::good(who.t.backup_removed(&*name)))))
}

/// Hands a file out piece by piece.
async fn download(_: Admin<OpsBackup>, web: web::Data<Web>, name: web::Path<String>) -> Result<HttpResponse, Problem> {
    let path = backups::find(&web.app, &name).await.map_err(backup_problem)?;
    let file = tokio::fs::File::open(&path).await.map_err(Problem::internal)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header((header::CONTENT_ENCODING, HeaderValue::from_static("identity")))
        .streaming(reply::pieces(file)))
}

#[derive(Template)]
#[template(path = "system/verify.html")]
struct VerifyPage {
    f: Frame,
    report: VerifyReport,
}

async fn verify(who: Admin<OpsBackup>, web: web::Data<Web>, _: Form<Nothing>) -> Result<HttpResponse, Problem> {
    let store = web.app.store.clone();
    let report = tokio::task::spawn_blocking(move || Store::verify(&store)).await.map_err(Problem::internal)?;
    let report = report.map_err(store_problem)?;
    reply::page(&VerifyPage { f: who.frame(who.t.verify_title()), report })
}
