//! Why a person is synced as they are (PEER-04), and whether a corp's connection works (BEY-11).

use super::answer::{Ok, Reply};
use super::auth::{CorpRead, Key};
use super::errors::sync_problem;
use super::routes::Routes;
use super::state::State;
use crate::http::Problem;
use crate::model::CorpKey;
use crate::ops::doctor::{self, Examination};
use actix_web::web;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Diagnosis", "Why something is as it is, and what to do about it.")
        .post(
            "/api/v1/corps/{corp}/check",
            "Examine a corp's connection\nNetwork, clock, tokens, trusted address, visible range. Calls WeCom, writes nothing.",
            check,
        );
}

async fn check(
    _: Key<CorpRead>,
    state: web::Data<State>,
    corp: web::Path<CorpKey>,
) -> Result<Ok<Examination>, Problem> {
    doctor::examine(&state.app, Some(&corp)).await.map(Reply::new).map_err(sync_problem)
}
