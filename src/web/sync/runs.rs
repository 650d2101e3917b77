//! The history of a corp: filters, pages, files.

use super::cards::{CorpView, RunCard};
use super::{Choice, any};
use crate::browse::BrowseError;
use crate::http::Problem;
use crate::http::errors::{store_problem, sync_problem};
use crate::http::permission::SyncRead;
use crate::locale::T;
use crate::model::{CorpKey, RunBrief, RunId, RunKind, RunState};
use crate::store::{self, Order, Reads, StoreError};
use crate::web::export::{self, Kind, Out};
use crate::web::frame::Frame;
use crate::web::listing::{Listing, ROWS};
use crate::web::routes::Routes;
use crate::web::state::Web;
use crate::web::visit::{Admin, Person};
use crate::web::{code, reply, time};
use actix_web::{HttpResponse, web};
use askama::Template;

/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 3_600 * 1_000;
/// Runs that are read at once.
const CHUNK: usize = 100;
/// Runs that are looked at for one page; the next page goes on behind them.
const LOOKED_AT_MAX: usize = 400;
const PARAMS: [&str; 8] = ["kind", "state", "by", "from", "to", "sort", "dir", "after"];

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/corps/{corp}/runs", list).files("/corps/{corp}/runs", files);
}

#[derive(Template)]
#[template(path = "sync/runs.html")]
struct RunsPage {
    f: Frame,
    corp: CorpView,
    list: Listing,
    kinds: Vec<Choice>,
    states: Vec<Choice>,
    runs: Vec<RunCard>,
    next: Option<String>,
}

/// What the history is narrowed to.
#[derive(Clone, Default)]
struct Filter {
    kind: Option<RunKind>,
    state: Option<RunState>,
    by: String,
    from_ms: Option<i64>,
    to_ms: Option<i64>,
    after: Option<RunId>,
    order: Order,
}

impl Filter {
    fn of(t: T, list: &Listing) -> Self {
        Self {
            kind: code::find(list.get("kind")),
            state: code::find(list.get("state")),
            by: t.actor_wanted(list.get("by")).to_lowercase(),
            from_ms: time::of_day(list.get("from")),
            to_ms: time::of_day(list.get("to")).map(|at_ms| at_ms + DAY_MS),
            after: None,
            order: list.by_time(),
        }
    }

    fn has(&self, run: &RunBrief) -> bool {
        self.kind.is_none_or(|kind| kind == run.kind)
            && self.state.is_none_or(|state| state == run.state)
            && (self.by.is_empty() || run.by.to_lowercase().contains(&self.by))
            && self.from_ms.is_none_or(|from_ms| run.started_at_ms >= from_ms)
            && self.to_ms.is_none_or(|to_ms| run.started_at_ms < to_ms)
    }
}

/// The next runs that fit, and where to go on; at most `looked_at_max` are looked at.
fn find(
    tx: &impl Reads,
    corp: &CorpKey,
    filter: &Filter,
    limit: usize,
    looked_at_max: usize,
) -> Result<(Vec<RunBrief>, Option<RunId>), StoreError> {
    let (mut found, mut looked_at, mut after) = (Vec::new(), 0, filter.after.clone());
    loop {
        let chunk = store::runs::page::<RunBrief>(tx, corp, after.as_ref(), filter.order, CHUNK)?;
        let is_last = chunk.len() < CHUNK;
        for run in chunk {
            if found.len() == limit || looked_at == looked_at_max {
                return Ok((found, after));
            }
            // ids sort by time: nothing further fits
            let is_past = match filter.order {
                Order::Newest => filter.from_ms.is_some_and(|from_ms| run.started_at_ms < from_ms),
                Order::Oldest => filter.to_ms.is_some_and(|to_ms| run.started_at_ms >= to_ms),
            };
            if is_past {
                return Ok((found, None));
            }
            looked_at += 1;
            after = Some(run.id.clone());
            if filter.has(&run) {
                found.push(run);
            }
        }
        if is_last {
            return Ok((found, None));
        }
    }
}

async fn corp_of(web: &Web, corp: &CorpKey) -> Result<CorpView, Problem> {
    let found = web.app.env.get_corp(corp).await.map_err(sync_problem)?;
    Ok(CorpView { key: found.key, name: found.name })
}

async fn list(who: Admin<SyncRead>, web: web::Data<Web>, corp: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    let t = who.t;
    let corp = corp_of(&web, &corp).await?;
    let list = Listing::of(&who, &PARAMS);
    let (mut filter, key) = (Filter::of(t, &list), corp.key.clone());
    filter.after = list.after_id()?;
    let read = web.app.store.read_async(move |tx| find(tx, &key, &filter, ROWS, LOOKED_AT_MAX));
    let (runs, next) = read.await.map_err(store_problem)?;
    let now_ms = web.app.clock.now_ms();
    let mut kinds = vec![any(t, t.run_kind_label())];
    kinds.extend(
        [RunKind::Downstream, RunKind::Plan, RunKind::Pull].map(|kind| (code::of(kind), t.run_kind(kind).to_owned())),
    );
    let mut states = vec![any(t, t.run_state_label())];
    let all = [
        RunState::Running,
        RunState::Done,
        RunState::Partly,
        RunState::Failed,
        RunState::Held,
        RunState::Rejected,
        RunState::Cancelled,
    ];
    states.extend(all.map(|state| (code::of(state), t.run_state(state).to_owned())));
    let page = RunsPage {
        f: who.frame(t.nav_runs()),
        corp,
        kinds,
        states,
        runs: runs.iter().map(|run| RunCard::new(t, run, now_ms)).collect(),
        next: next.map(|run| list.at("after", run.as_str())),
        list,
    };
    reply::page(&page)
}

async fn files(who: Admin<SyncRead>, web: web::Data<Web>, corp: web::Path<CorpKey>) -> Result<HttpResponse, Problem> {
    whole(&who, &web, &corp, Kind::of(&who)).await
}

async fn whole(who: &Person, web: &Web, corp: &CorpKey, kind: Kind) -> Result<HttpResponse, Problem> {
    let t = who.t;
    let corp = corp_of(web, corp).await?;
    let list = Listing::of(who, &PARAMS);
    list.check_days()?;
    let filter = Filter::of(t, &list);
    let (store, now_ms, name) = (web.app.store.clone(), web.app.clock.now_ms(), format!("runs-{}", corp.key));
    let captions = vec![
        t.run_id_label(),
        t.run_kind_label(),
        t.run_state_label(),
        t.run_by_label(),
        t.run_started(),
        t.run_took(),
        t.run_counts(),
        t.run_failed_label(),
        t.run_calls(),
    ];
    let fill = move |out: Out<'_>| {
        let (runs, _) = store.read(|tx| find(tx, &corp.key, &filter, usize::MAX, usize::MAX))?;
        let rows = runs.iter().map(|run| {
            let card = RunCard::new(t, run, now_ms);
            let counts = card.counts.iter().map(|count| format!("{} {}", count.label, count.count));
            let counts = counts.collect::<Vec<_>>().join("; ");
            Ok::<_, BrowseError>([
                card.id,
                card.kind.to_owned(),
                card.state.to_owned(),
                card.by,
                card.at,
                card.took,
                counts,
                card.failed.to_string(),
                card.calls.to_string(),
            ])
        });
        out.rows(rows)
    };
    export::file(web, kind, &name, captions, fill).await
}
