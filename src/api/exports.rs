//! Files to take home: the directory, and a backup of the whole store.

use super::answer::Download;
use super::auth::{DirectoryRead, Key, OpsBackup};
use super::lists;
use super::routes::Routes;
use super::state::State;
use crate::directory::export::{Captions, to_xlsx, to_zip};
use crate::http::errors::store_problem;
use crate::http::{Problem, Query};
use crate::model::TenantKey;
use crate::store;
use actix_web::web;
use bytes::Bytes;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Files", "Files to take home.")
        .get(
            "/api/v1/tenants/{tenant}/directory-file",
            "The whole directory as a file that can be imported again\n`xlsx`, or a .zip of two CSV files.",
            directory,
        )
        .get(
            "/api/v1/backup",
            "A backup of the whole store as of now\nSecrets stay sealed in it; the master key is not part of it.",
            backup,
        );
}

/// Form of a directory file.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Form {
    /// Workbook.
    #[default]
    Xlsx,
    /// Archive of two CSV files.
    Zip,
}

/// Language of the captions.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Chinese.
    #[serde(rename = "zh")]
    Chinese,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct DirectoryQuery {
    /// `xlsx` (default) or `zip`.
    #[serde(default)]
    #[param(value_type = Option<Form>, inline)]
    format: Form,
    /// Language of the captions: `en` (default) or `zh`.
    #[serde(default)]
    #[param(value_type = Option<Language>, inline)]
    captions: Language,
}

async fn directory(
    _: Key<DirectoryRead>,
    state: web::Data<State>,
    tenant: web::Path<TenantKey>,
    query: Query<DirectoryQuery>,
) -> Result<Download, Problem> {
    let DirectoryQuery { format, captions } = query.0;
    let captions = match captions {
        Language::English => Captions::English,
        Language::Chinese => Captions::Chinese,
    };
    let (units, employees) = lists::of(&state, tenant.clone(), |tx, tenant| {
        Ok((store::directory::units(tx, tenant)?, store::directory::employees(tx, tenant)?))
    })
    .await?;
    let (content_type, ending) = match format {
        Form::Xlsx => ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
        Form::Zip => ("application/zip", "zip"),
    };
    let written = tokio::task::spawn_blocking(move || match format {
        Form::Xlsx => to_xlsx(&units, &employees, captions),
        Form::Zip => to_zip(&units, &employees, captions),
    });
    let bytes = written.await.map_err(Problem::internal)?.map_err(Problem::internal)?;
    Ok(Download::bytes(content_type, format!("directory-{tenant}.{ending}"), Bytes::from(bytes)))
}

async fn backup(caller: Key<OpsBackup>, state: web::Data<State>) -> Result<Download, Problem> {
    let app = state.app.clone();
    let staged = app.config.server.data_dir.join(format!("backup-{}.redb.part", app.env.new_id()));
    app.callbacks.take_over_log().await.map_err(store_problem)?;
    let (store, to) = (app.store.clone(), staged.clone());
    tokio::task::spawn_blocking(move || store.backup(&to)).await.map_err(Problem::internal)?.map_err(store_problem)?;
    // opened, then unlinked: the copy goes with the answer, whatever becomes of the client
    let opened = tokio::fs::File::open(&staged).await;
    let removed = tokio::fs::remove_file(&staged).await;
    let file = opened.map_err(Problem::internal)?;
    removed.map_err(Problem::internal)?;
    let actor = caller.actor;
    let noted =
        move |tx: &store::WriteTx| store::audit::append(tx, &actor, "store.backup", "store", None, None).map(drop);
    app.store.write(noted).await.map_err(store_problem)?;
    let name = format!("wecom-bridge-{}.redb", app.clock.now().format("%Y%m%d-%H%M%S"));
    Download::file("application/octet-stream", name, file).await.map_err(Problem::internal)
}
