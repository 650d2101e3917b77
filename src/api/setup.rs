//! `/api/v1/setup`: the declarative set-up file, laid over what is there or read back without its secrets.

use super::answer::{Ok, Page, Reply};
use super::auth::{CorpRead, CorpWrite, Key};
use super::once::Once;
use super::routes::Routes;
use super::state::State;
use crate::http::errors::{faults_problem, setup_problem};
use crate::http::{Body, Problem};
use crate::setup::{self, Confirmed, LinkChoices, Links, SetupChange, Terms};
use actix_web::web;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Set-up", "The declarative set-up file: tenants, corps, apps, options.")
        .get("/api/v1/setup", "Read the set-up as a file\nSecrets stand as references to variables, never as themselves.", export)
        .post(
            "/api/v1/setup",
            "Lay a set-up file over what is there\nSafe to repeat: what is equal is left alone, what differs is updated, nothing is removed \
             unless `prune` is given. What cannot be had back, the removal of a tenant or corp with what is kept for it, \
             and settings that begin to delete people, must be named in `confirm` (422 `request.confirm` otherwise). \
             Secrets must be written in place.",
            apply,
        );
}

/// A set-up file.
#[derive(Debug, Serialize, ToSchema)]
struct SetupView {
    /// TOML.
    setup: String,
}

/// A set-up file and what to do with it.
#[derive(Deserialize, ToSchema)]
struct SetupBody {
    /// TOML.
    setup: String,
    /// Only say what would change.
    #[serde(default)]
    dry_run: bool,
    /// Remove what is not in the file.
    #[serde(default)]
    prune: bool,
    /// What becomes of the links of a corp whose tenant, CorpID or address change, by the corp's key.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Links>)]
    links: LinkChoices,
    /// The keys of tenants and corps that may be removed although something is kept for them, and of corps that may begin
    /// to delete people. A dry run names them.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    confirm: Confirmed,
}

async fn export(_: Key<CorpRead>, state: web::Data<State>) -> Result<Ok<SetupView>, Problem> {
    setup::export(&state.app.store, true).await.map(|setup| Reply::new(SetupView { setup })).map_err(setup_problem)
}

async fn apply(
    caller: Key<CorpWrite>,
    state: web::Data<State>,
    once: Once,
    body: Body<SetupBody>,
) -> Result<Ok<Page<SetupChange>>, Problem> {
    let SetupBody { setup: text, dry_run, prune, links, confirm } = body.value;
    let terms = Terms { prune, links, confirm };
    let app = state.app.clone();
    once.run(&state, &caller.id.clone(), &body.digest, async move {
        let file = setup::read_in_place(&text).map_err(|faults| faults_problem(&faults))?;
        let changes = if dry_run {
            setup::diff(&app.store, &file, &terms).await
        } else {
            setup::apply(&app.store, &app.clients, &caller.actor, &file, &terms).await
        };
        changes.map(|changes| Reply::new(Page::whole(changes))).map_err(setup_problem)
    })
    .await
}
