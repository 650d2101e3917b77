//! Plans: made, read, decided about, applied, tried with other settings (BEY-01, PEER-01, PEER-05).

use super::answer::{Accepted, Created, Ok, Page, Reply};
use super::auth::{Key, SyncDecide, SyncRead, SyncRun};
use super::lists::{self, LatestQuery};
use super::once::Once;
use super::routes::Routes;
use super::runs;
use super::state::State;
use crate::http::errors::{setup_problem, sync_problem};
use crate::http::{Body, Problem, Query};
use crate::model::{Change, CorpKey, DownstreamOptions, MatchRule, PlanHead, PlanId, Run};
use crate::setup::{SetupError, SetupFaults, check_corp};
use crate::store;
use crate::sync::SyncError;
use crate::sync::pull::PullRequest;
use crate::sync::service::{self, PlanRequest, PullPolicy};
use actix_web::web;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Changes that a what-if lists; the counts count all.
const LISTED_MAX: usize = 1_000;

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Plans", "Everything that one downstream run would do. A plan is applied exactly as it stands, or not at all.")
        .get("/api/v1/corps/{corp}/plans", "List the latest plans of a corp, the newest first", list)
        .post(
            "/api/v1/corps/{corp}/plans",
            "Make a plan\nPulls first, unless the mirror is young enough, and writes nothing to WeCom. Answers `sync.running` \
             while something else is at work on the corp.",
            make,
        )
        .post(
            "/api/v1/corps/{corp}/what-if",
            "What other settings would do\nWith the data that is stored now; nothing is saved and nobody is called.",
            what_if,
        )
        .get("/api/v1/plans/{plan}", "Read a plan's head: guards, counts, budget, invariants, notices", read)
        .get("/api/v1/plans/{plan}/changes", "List a plan's changes in the order of application", changes)
        .post("/api/v1/plans/{plan}/allow", "Allow a held plan\nThe reason is kept in the audit log. Where removals need two people, the answer to the first one is still \
             `held` and names them in `first_allow`; `sync.second_person` tells somebody who cannot be the second.", allow)
        .post("/api/v1/plans/{plan}/reject", "Reject a plan that no run has taken yet\nHeld, ready or allowed: it can never be applied; the reason is kept.", reject)
        .post(
            "/api/v1/plans/{plan}/apply",
            "Apply a plan\nStarts a run and answers it. Refused when the plan is held, expired or taken; `sync.drift` ends the \
             run before anything is written.",
            apply,
        );
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct MakeQuery {
    /// Plan on the mirror as it is when it was read within so many seconds; absent = always pull first.
    max_mirror_age_s: Option<u32>,
    /// Read names and details of everything, not only of what is new.
    full: Option<bool>,
    /// Your word that the many departments or members missing from WeCom's answer were really removed.
    accept_shrink: Option<bool>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ChangesQuery {
    /// Rows on the page, 1 to 1000; default 100.
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<u32>,
}

/// Settings to try.
#[derive(Debug, Deserialize, ToSchema)]
struct WhatIfBody {
    /// Downstream options; absent ones take their defaults.
    downstream: DownstreamOptions,
    /// Match rules; absent = those of the corp.
    #[serde(default)]
    match_rules: Option<Vec<MatchRule>>,
}

/// What other settings would do.
#[derive(Debug, Serialize, ToSchema)]
struct WhatIfView {
    /// As of a plan; its id is `what-if` and it cannot be applied.
    #[serde(flatten)]
    head: PlanHead,
    /// The first 1000 changes.
    changes: Vec<Change>,
}

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
struct DecisionBody {
    /// For the audit log; must not be empty.
    reason: String,
}

async fn list(
    _: Key<SyncRead>,
    state: web::Data<State>,
    corp: web::Path<CorpKey>,
    query: Query<LatestQuery>,
) -> Result<Ok<Page<PlanHead>>, Problem> {
    lists::latest::<PlanId, _>(&state, corp, query.0, store::plans::page, |plan| plan.id.to_string()).await
}

async fn make(
    caller: Key<SyncRun>,
    state: web::Data<State>,
    corp: web::Path<CorpKey>,
    query: Query<MakeQuery>,
    once: Once,
) -> Result<Created<PlanHead>, Problem> {
    let MakeQuery { max_mirror_age_s, full, accept_shrink } = query.0;
    let policy = max_mirror_age_s.map_or(PullPolicy::Always, |age_s| PullPolicy::IfOlderThan(i64::from(age_s) * 1000));
    let pull = PullRequest { full: full.unwrap_or(false), accept_shrink: accept_shrink.unwrap_or(false) };
    let app = state.app.clone();
    once.run(&state, &caller.id.clone(), &[], async move {
        let request = PlanRequest { policy, pull };
        made(service::make_plan(&app.env, &corp, &caller.actor, request).await)
    })
    .await
}

/// The answer to whoever had a plan made.
pub(super) fn made(plan: Result<PlanHead, SyncError>) -> Result<Created<PlanHead>, Problem> {
    let plan = plan.map_err(sync_problem)?;
    let location = format!("/api/v1/plans/{}", plan.id);
    Result::Ok(Reply::at(plan, location))
}

async fn what_if(
    _: Key<SyncRead>,
    state: web::Data<State>,
    corp: web::Path<CorpKey>,
    body: Body<WhatIfBody>,
) -> Result<Ok<WhatIfView>, Problem> {
    let WhatIfBody { downstream, match_rules } = body.value;
    let mut tried = state.app.env.get_corp(&corp).await.map_err(sync_problem)?;
    tried.downstream = downstream.clone();
    if let Some(rules) = &match_rules {
        tried.match_rules.clone_from(rules);
    }
    let faults = check_corp(&tried, "");
    if !faults.is_empty() {
        return Err(setup_problem(SetupError::Faults(SetupFaults(faults))));
    }
    let found = service::plan_with_options(&state.app.env, &corp, downstream, match_rules).await;
    let mut found = found.map_err(sync_problem)?;
    found.changes.truncate(LISTED_MAX);
    Result::Ok(Reply::new(WhatIfView { head: found.head, changes: found.changes }))
}

async fn read(_: Key<SyncRead>, state: web::Data<State>, plan: web::Path<PlanId>) -> Result<Ok<PlanHead>, Problem> {
    service::get_plan(&state.app.env, &plan).await.map(Reply::new).map_err(sync_problem)
}

async fn changes(
    _: Key<SyncRead>,
    state: web::Data<State>,
    plan: web::Path<PlanId>,
    query: Query<ChangesQuery>,
) -> Result<Ok<Page<Change>>, Problem> {
    let limit = lists::page_limit(query.0.limit)?;
    let from = query.0.after.map_or(0, |seq| seq.saturating_add(1));
    let asked = u32::try_from(limit).unwrap_or(u32::MAX).saturating_add(1);
    let rows = service::list_changes(&state.app.env, &plan, from, asked).await.map_err(sync_problem)?;
    Result::Ok(Reply::new(Page::first(rows.into_iter(), limit, |change| change.seq.to_string())))
}

async fn allow(
    caller: Key<SyncDecide>,
    state: web::Data<State>,
    plan: web::Path<PlanId>,
    once: Once,
    body: Body<DecisionBody>,
) -> Result<Ok<PlanHead>, Problem> {
    decide(caller, state, plan.into_inner(), once, body, true).await
}

async fn reject(
    caller: Key<SyncDecide>,
    state: web::Data<State>,
    plan: web::Path<PlanId>,
    once: Once,
    body: Body<DecisionBody>,
) -> Result<Ok<PlanHead>, Problem> {
    decide(caller, state, plan.into_inner(), once, body, false).await
}

async fn decide(
    caller: Key<SyncDecide>,
    state: web::Data<State>,
    plan: PlanId,
    once: Once,
    body: Body<DecisionBody>,
    is_allowed: bool,
) -> Result<Ok<PlanHead>, Problem> {
    let app = state.app.clone();
    once.run(&state, &caller.id.clone(), &body.digest, async move {
        let decided = service::decide(&app.env, &plan, is_allowed, &caller.actor, &body.value.reason).await;
        decided.map(|decided| Reply::new(decided.into_plan())).map_err(sync_problem)
    })
    .await
}

async fn apply(
    caller: Key<SyncRun>,
    state: web::Data<State>,
    plan: web::Path<PlanId>,
    once: Once,
) -> Result<Accepted<Run>, Problem> {
    runs::start(caller, state, once, |app, actor| async move { app.jobs.start_apply(&plan, &actor).await }).await
}
