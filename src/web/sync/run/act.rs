//! What can be done with a run.

use crate::http::Problem;
use crate::http::errors::sync_problem;
use crate::http::permission::SyncRun;
use crate::model::RunId;
use crate::web::flash::Flash;
use crate::web::form::{Form, Nothing};
use crate::web::state::Web;
use crate::web::visit::Admin;
use crate::web::{link, reply};
use actix_web::{HttpResponse, web};

pub(super) async fn retry(
    who: Admin<SyncRun>,
    web: web::Data<Web>,
    path: web::Path<(RunId, u32)>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let (run, seq) = path.into_inner();
    let run = web.app.jobs.retry(&run, seq, &who.actor()).await.map_err(sync_problem)?;
    Ok(reply::go(&who, &format!("/runs/{}", link::part(run)), Some(Flash::good(who.t.run_retrying(seq)))))
}

pub(super) async fn cancel(
    who: Admin<SyncRun>,
    web: web::Data<Web>,
    run: web::Path<RunId>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    web.app.jobs.cancel(&run, &who.actor()).await.map_err(sync_problem)?;
    let flash = Flash::good(who.t.run_cancelling());
    Ok(reply::go(&who, &format!("/runs/{}", link::part(&*run)), Some(flash)))
}

pub(super) async fn resume(
    who: Admin<SyncRun>,
    web: web::Data<Web>,
    run: web::Path<RunId>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let run = web.app.jobs.resume(&run, &who.actor()).await.map_err(sync_problem)?;
    Ok(reply::go(&who, &format!("/runs/{}", link::part(run)), None))
}

/// Makes a plan that takes the run back, and goes there.
pub(super) async fn undo(
    who: Admin<SyncRun>,
    web: web::Data<Web>,
    run: web::Path<RunId>,
    _: Form<Nothing>,
) -> Result<HttpResponse, Problem> {
    let run = web.app.jobs.start_undo(&run, &who.actor()).await.map_err(sync_problem)?;
    Ok(reply::go(&who, &format!("/runs/{}?then=plan", link::part(run)), None))
}
