//! Backups: make, download, remove, nightly; verify the store; how to restore.

use crate::http::Problem;
use crate::http::errors::{backup_problem, store_problem};
use crate::http::permission::OpsBackup;
use crate::ops::backups::{self, BackupFile, BackupSettings};
use crate::store::Store;
use crate::store::VerifyReport;
use crate::web::flash::Flash;
use crate::web::form::{Form, Nothing};
use crate::web::frame::Frame;
use crate::web::listing::Listing;
use crate::web::routes::Routes;
use crate::web::sheet::{PARAMETERS, Sheet};
use crate::web::slice::Slice;
use crate::web::state::Web;
use crate::web::visit::Admin;
use crate::web::{reply, time};
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .list("/system/backup", list)
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
    page: Slice<Row>,
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
    let (t, app, list) = (who.t, &web.app, Listing::of(&who, &PARAMETERS));
    let files = backups::list(app).await.map_err(backup_problem)?;
    let cells = |file: &BackupFile| {
        let how = if file.is_automatic { t.backup_automatic() } else { t.backup_by_hand() };
        vec![file.name.clone(), time::machine(file.made_at_ms), file.bytes.to_string(), how.to_owned()]
    };
    let columns =
        [("file", t.backup_file()), ("made", t.backup_when()), ("size", t.backup_size()), ("kind", t.backup_kind())];
    let sheet = Sheet::new(columns, files.iter().map(cells).collect());
    if let Some(file) = sheet.file(&who, &web, &list, "backups").await? {
        return Ok(file);
    }
    let row = |file: BackupFile| Row { made: time::minute(file.made_at_ms), size: size(file.bytes), file };
    reply::page(&BackupPage {
        f: who.frame(t.nav_backup()),
        page: sheet.page(&list, files.into_iter().map(row).collect()),
        list,
        settings: backups::settings(app).await.map_err(store_problem)?,
        key_file: app.config.keys.master_key_file.display().to_string(),
        data_dir: app.config.server.data_dir.display().to_string(),
        folder: app.config.server.data_dir.join("backups").display().to_string(),
    })
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
