//! The confirmation: writes what was previewed, in the background where that takes longer than a moment.

use super::preview::{confirm_text, page};
use super::{State, gone};
use crate::directory::{ImportOptions, confirm_upload};
use crate::http::Problem;
use crate::http::errors::directory_problem;
use crate::http::permission::DirectoryWrite;
use crate::model::TenantKey;
use crate::web::flash::Flash;
use crate::web::form::{self, Form, Nothing, is_typed};
use crate::web::reply;
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::Admin;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use std::time::Duration;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .post("/tenants/{tenant}/import/{import}/confirm", confirm)
        .post("/tenants/{tenant}/import/{import}/discard", discard);
}

/// An import that has ended by then is shown at once.
const MOMENT: Duration = Duration::from_millis(700);

#[derive(Debug, Deserialize)]
struct Fields {
    #[serde(default)]
    confirm: String,
    skip_bad_rows: Option<String>,
    allow_shrink: Option<String>,
    allow_other_people: Option<String>,
}

async fn confirm(
    who: Admin<DirectoryWrite>,
    web: web::Data<Web>,
    path: web::Path<(TenantKey, String)>,
    form: Form<Fields>,
) -> Result<HttpResponse, Problem> {
    let (tenant, id) = path.into_inner();
    let import = web.imports.find(&id, tenant.as_str(), web.app.clock.now_ms()).ok_or_else(|| gone(&id))?;
    let own = format!("/tenants/{tenant}/import/{id}");
    let waiting = match import.state() {
        State::Waiting(waiting) | State::Failed { waiting, .. } => waiting,
        State::Writing { .. } | State::Done(_) => return Ok(reply::go(&who, &own, None)),
    };
    let diff = &waiting.preview.diff;
    let options = ImportOptions {
        mode: waiting.upload.options.mode,
        skip_bad_rows: form::is_on(form.0.skip_bad_rows.as_ref()),
        allow_shrink: form::is_on(form.0.allow_shrink.as_ref()),
        allow_other_people: form::is_on(form.0.allow_other_people.as_ref()),
    };
    // what nobody allows is refused below
    let must_type = diff.employees.counts.departed > 0
        || diff.shrunken.is_some() && options.allow_shrink
        || diff.other_people.is_some() && options.allow_other_people;
    if must_type && !is_typed(&form.0.confirm, &confirm_text(diff, &tenant)) {
        return reply::again(&page(&who, tenant, id, &waiting, options, None, true));
    }
    if let Err(refused) = waiting.preview.check(&options) {
        let refused = directory_problem(refused);
        let said = crate::locale::advice(who.lang(), refused.code(), 422);
        let failed = Some((said, refused.detail().to_owned()));
        return reply::again(&page(&who, tenant, id, &waiting, options, failed, false));
    }
    let Some(waiting) = import.begin() else { return Ok(reply::go(&who, &own, None)) };
    let (app, actor) = (web.app.clone(), who.actor());
    let work = tokio::spawn(async move {
        let told = import.clone();
        let progress = move |at: crate::directory::Progress| told.advance(at.done, at.total);
        let done = confirm_upload(&app.store, &tenant, &waiting.upload, options, &actor, progress).await;
        app.views.refresh_directory(&tenant);
        import.end(match done {
            Ok(imported) => State::Done(Box::new(imported)),
            Err(error) => {
                let problem = directory_problem(error);
                if let Some(cause) = problem.chain() {
                    tracing::error!(tenant = %tenant, "an import failed: {cause}");
                }
                State::Failed { waiting, code: problem.code().to_owned(), told: problem.detail().to_owned() }
            }
        });
    });
    tokio::select! {
        ended = work => ended.map_err(Problem::internal)?,
        () = web.app.clock.sleep(MOMENT) => {}
    }
    Ok(reply::go(&who, &own, None))
}

async fn discard(
    who: Admin<DirectoryWrite>,
    web: web::Data<Web>,
    path: web::Path<(TenantKey, String)>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let (tenant, id) = path.into_inner();
    if web.imports.find(&id, tenant.as_str(), web.app.clock.now_ms()).is_some() {
        web.imports.forget(&id);
    }
    Ok(reply::go(&who, &format!("/tenants/{tenant}/import"), Some(Flash::good(who.t.import_discarded()))))
}
