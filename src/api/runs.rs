//! Runs: started, watched, cancelled, retried, resumed, undone.

use super::answer::{Accepted, Created, Events, Ok, Page, Reply};
use super::auth::{Key, SyncRead, SyncRun};
use super::events::{self, Right};
use super::lists::{self, LatestQuery};
use super::once::Once;
use super::plans;
use super::routes::Routes;
use super::state::State;
use crate::app::App;
use crate::http::errors::{store_problem, sync_problem};
use crate::http::{Problem, Query, Settings};
use crate::model::{Actor, Change, CorpKey, JournalEntry, PlanHead, Run, RunId};
use crate::store;
use crate::sync::SyncError;
use crate::sync::pull::PullRequest;
use crate::sync::service;
use actix_web::web;
use serde::{Deserialize, Serialize};
use std::future::Future;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

pub(super) fn routes(routes: &mut Routes) {
    routes
        .part("Runs", "Executions: progress, counts, calls made, what became of each record.")
        .get("/api/v1/corps/{corp}/runs", "List the runs of a corp by time, the newest first", list)
        .post(
            "/api/v1/corps/{corp}/pulls",
            "Pull: read WeCom into the mirror and bind new members\nAnswers `sync.running` while something else is at work on the corp.",
            pull,
        )
        .post(
            "/api/v1/corps/{corp}/syncs",
            "Sync: pull, plan, and apply when no guard trips\nA plan that a guard holds ends the run as `held` with nothing written.",
            sync,
        )
        .get("/api/v1/runs/{run}", "Read a run", read)
        .get(
            "/api/v1/runs/{run}/events",
            "Watch a run\nServer-sent events: `run` with the run as it stands, then `progress`, at last `ended` with the whole \
             run; then the stream ends. A comment every 15 seconds keeps the connection open. Reconnecting starts with `run` again.",
            watch,
        )
        .get("/api/v1/runs/{run}/records", "List what became of each record, in the order of application", records)
        .post("/api/v1/runs/{run}/records/{seq}/retry", "Try one failed record again", retry)
        .post("/api/v1/runs/{run}/cancel", "Cancel a run\nThe calls under way are ended; what is done stays done. A run that was interrupted and waits is given up.", cancel)
        .post("/api/v1/runs/{run}/resume", "Go on with a run that was stopped half way", resume)
        .post(
            "/api/v1/runs/{run}/undo",
            "Make a plan that gives back what a run changed\nThe plan is applied like any other; each change says how far it can be undone.",
            undo,
        );
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct PullQuery {
    /// Read names and details of everything, not only of what is new.
    full: Option<bool>,
    /// Your word that the many departments or members missing from WeCom's answer were really removed.
    accept_shrink: Option<bool>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct RecordsQuery {
    /// Numbers looked at for the page, 1 to 1000; default 100. Changes that the run did not get to have no record.
    limit: Option<usize>,
    /// `next` of the page before.
    after: Option<u32>,
}

/// What became of one change.
#[derive(Debug, Serialize, ToSchema)]
struct RecordView {
    /// The journal's entry.
    #[serde(flatten)]
    entry: JournalEntry,
    /// The change.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<Change>,
}

/// Does what begins a run, or changes one, and answers the run.
pub(super) async fn start<F>(
    caller: Key<SyncRun>,
    state: web::Data<State>,
    once: Once,
    work: impl FnOnce(Arc<App>, Actor) -> F + Send + 'static,
) -> Result<Accepted<Run>, Problem>
where
    F: Future<Output = Result<RunId, SyncError>> + Send + 'static,
{
    let app = state.app.clone();
    let begun = work(app.clone(), caller.actor);
    once.run(&state, &caller.id, &[], async move {
        let run = begun.await.map_err(sync_problem)?;
        let found = get(&app, &run).await?;
        Result::Ok(Reply::at(found, format!("/api/v1/runs/{run}")))
    })
    .await
}

async fn get(app: &App, run: &RunId) -> Result<Run, Problem> {
    let found = app.jobs.find(run).await.map_err(sync_problem)?;
    found.ok_or_else(|| sync_problem(SyncError::NoRun(run.clone())))
}

async fn list(
    _: Key<SyncRead>,
    state: web::Data<State>,
    corp: web::Path<CorpKey>,
    query: Query<LatestQuery>,
) -> Result<Ok<Page<Run>>, Problem> {
    lists::latest::<RunId, _>(&state, corp, query.0, store::runs::page::<Run>, |run| run.id.to_string()).await
}

async fn pull(
    caller: Key<SyncRun>,
    state: web::Data<State>,
    corp: web::Path<CorpKey>,
    query: Query<PullQuery>,
    once: Once,
) -> Result<Accepted<Run>, Problem> {
    let request = request(query.0);
    start(caller, state, once, move |app, actor| async move { app.jobs.start_pull(&corp, request, &actor).await }).await
}

async fn sync(
    caller: Key<SyncRun>,
    state: web::Data<State>,
    corp: web::Path<CorpKey>,
    query: Query<PullQuery>,
    once: Once,
) -> Result<Accepted<Run>, Problem> {
    let request = request(query.0);
    start(caller, state, once, move |app, actor| async move { app.jobs.start_sync(&corp, request, &actor).await }).await
}

fn request(query: PullQuery) -> PullRequest {
    PullRequest { full: query.full.unwrap_or(false), accept_shrink: query.accept_shrink.unwrap_or(false) }
}

async fn read(_: Key<SyncRead>, state: web::Data<State>, run: web::Path<RunId>) -> Result<Ok<Run>, Problem> {
    get(&state.app, &run).await.map(Reply::new)
}

async fn watch(
    key: Key<SyncRead>,
    state: web::Data<State>,
    settings: web::Data<Settings>,
    run: web::Path<RunId>,
) -> Result<Events, Problem> {
    // subscribed before the state is read, so that nothing falls between the two
    let live = state.app.jobs.subscribe(&run);
    let now = get(&state.app, &run).await?;
    events::stream(state.app.clone(), &settings, now, live, Right::Key(key.id.0))
}

async fn records(
    _: Key<SyncRead>,
    state: web::Data<State>,
    run: web::Path<RunId>,
    query: Query<RecordsQuery>,
) -> Result<Ok<Page<RecordView>>, Problem> {
    let limit = lists::page_limit(query.0.limit)?;
    let from = query.0.after.map_or(0, |seq| seq.saturating_add(1));
    let to = from.saturating_add(u32::try_from(limit).unwrap_or(u32::MAX));
    let known = get(&state.app, &run).await?;
    let (plan, total) = (known.plan, known.total);
    let rows = state.app.store.read_async(move |tx| {
        let entries = store::runs::entries(tx, &run, from..to)?;
        let changes = match &plan {
            Some(plan) if !entries.is_empty() => store::plans::changes(tx, plan, from..to)?,
            _ => Vec::new(),
        };
        Result::Ok((entries, changes))
    });
    let (entries, mut changes) = rows.await.map_err(store_problem)?;
    let items = entries.into_iter().map(|entry| {
        let at = changes.binary_search_by_key(&entry.seq, |change| change.seq);
        RecordView { change: at.ok().map(|at| changes.remove(at)), entry }
    });
    let items = items.collect();
    Result::Ok(Reply::new(Page { items, next: (u64::from(to) < total).then(|| (to - 1).to_string()) }))
}

async fn retry(
    caller: Key<SyncRun>,
    state: web::Data<State>,
    path: web::Path<(RunId, u32)>,
    once: Once,
) -> Result<Accepted<Run>, Problem> {
    let (run, seq) = path.into_inner();
    start(caller, state, once, move |app, actor| async move { app.jobs.retry(&run, seq, &actor).await }).await
}

async fn cancel(
    caller: Key<SyncRun>,
    state: web::Data<State>,
    run: web::Path<RunId>,
    once: Once,
) -> Result<Accepted<Run>, Problem> {
    let app = state.app.clone();
    once.run(&state, &caller.id.clone(), &[], async move {
        app.jobs.cancel(&run, &caller.actor).await.map_err(sync_problem)?;
        Result::Ok(Reply::at(get(&app, &run).await?, format!("/api/v1/runs/{run}")))
    })
    .await
}

async fn resume(
    caller: Key<SyncRun>,
    state: web::Data<State>,
    run: web::Path<RunId>,
    once: Once,
) -> Result<Accepted<Run>, Problem> {
    start(caller, state, once, move |app, actor| async move { app.jobs.resume(&run, &actor).await }).await
}

async fn undo(
    caller: Key<SyncRun>,
    state: web::Data<State>,
    run: web::Path<RunId>,
    once: Once,
) -> Result<Created<PlanHead>, Problem> {
    let app = state.app.clone();
    once.run(
        &state,
        &caller.id.clone(),
        &[],
        async move { plans::made(service::undo(&app.env, &run, &caller.actor).await) },
    )
    .await
}
