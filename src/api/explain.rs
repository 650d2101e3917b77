//! Why a person is synced as they are (PEER-04), and whether a corp's connection works (BEY-11).

use super::answer::{Ok, Reply};
use super::auth::{CorpRead, Key, SyncRead};
use super::routes::Routes;
use super::state::State;
use crate::http::Problem;
use crate::http::errors::sync_problem;
use crate::model::{CorpKey, EmployeeId};
use crate::ops::doctor::{self, Examination};
use crate::sync::explain::Explanation;
use crate::sync::service;
use actix_web::web;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Diagnosis", "Why something is as it is, and what to do about it.")
        .get(
            "/api/v1/corps/{corp}/explain/{employee}",
            "Explain one person\nSource row, scope, match attempts, field values, the exact JSON, what blocks it. Writes nothing.",
            explain,
        )
        .post(
            "/api/v1/corps/{corp}/check",
            "Examine a corp's connection\nNetwork, clock, tokens, trusted address, visible range. Changes neither WeCom nor the directory; what it finds of each credential is kept (`failed_test`, `credential.failed`).",
            check,
        );
}

async fn explain(
    _: Key<SyncRead>,
    state: web::Data<State>,
    path: web::Path<(CorpKey, EmployeeId)>,
) -> Result<Ok<Explanation>, Problem> {
    let (corp, employee) = path.into_inner();
    service::get_explanation(&state.app.env, &corp, &employee).await.map(Reply::new).map_err(sync_problem)
}

async fn check(
    _: Key<CorpRead>,
    state: web::Data<State>,
    corp: web::Path<CorpKey>,
) -> Result<Ok<Examination>, Problem> {
    doctor::examine(&state.app, Some(&corp)).await.map(Reply::new).map_err(sync_problem)
}
