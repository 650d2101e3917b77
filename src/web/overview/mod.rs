//! The first page: what needs a person, corps with their figures and charts, the latest runs.

mod chart;
mod corp;
mod todo;

use super::corps::failed_tests;
use super::frame::Frame;
use super::reply;
use super::routes::Routes;
use super::state::Web;
use super::sync::cards::RunCard;
use super::visit::Person;
use crate::browse::stats::Overview;
use crate::http::Problem;
use crate::http::errors::{browse_problem, store_problem};
use crate::model::{ApiScope, Corp, CorpKey, DeliveryState, RunBrief, Tally, Tenant, TenantKey};
use crate::ops::health::{self, Readiness, Status};
use crate::store::deliveries::DeliveryFilter;
use crate::store::trials::Trials;
use crate::store::{self, ReadTx, StoreError};
use crate::web::time;
use actix_web::{HttpResponse, web};
use askama::Template;
use corp::CorpView;
use std::collections::{BTreeMap, HashMap};
use todo::Todo;

/// Days that the charts show.
const DAYS: u32 = 30;
/// Runs that are listed, of all corps together.
const RUNS_SHOWN: usize = 8;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/", show);
}

/// A run of the list, with its corp's name.
struct RunRow {
    corp: String,
    card: RunCard,
}

/// A step on the way of a new appliance.
struct Step {
    title: &'static str,
    help: &'static str,
    is_done: bool,
}

#[derive(Template)]
#[template(path = "overview/page.html")]
struct OverviewPage {
    f: Frame,
    corps: Vec<CorpView>,
    todo: Vec<Todo>,
    runs: Vec<RunRow>,
    status: Status,
    /// Troubles of the appliance that no entry of `todo` tells.
    reasons: Vec<String>,
    has_tenant: bool,
    can_set_up: bool,
}

impl OverviewPage {
    fn health(&self) -> (&'static str, &'static str) {
        let t = self.f.t;
        match self.status {
            Status::Ready => ("good", t.health_ready()),
            Status::Degraded => ("warn", t.health_degraded()),
            Status::Down => ("bad", t.health_down()),
        }
    }

    /// What a new appliance still needs.
    fn steps(&self) -> [Step; 4] {
        let t = self.f.t;
        [
            Step { title: t.tenant_new(), help: t.overview_step_tenant(), is_done: self.has_tenant },
            Step { title: t.corp_new(), help: t.overview_step_corp(), is_done: false },
            Step { title: t.overview_step_directory(), help: t.overview_step_directory_help(), is_done: false },
            Step { title: t.overview_step_sync(), help: t.overview_step_sync_help(), is_done: false },
        ]
    }
}

/// What is read beside the figures of the runs.
#[derive(Default)]
struct Facts {
    has_tenant: bool,
    people: HashMap<TenantKey, store::directory::DirectoryCounts>,
    /// The latest runs of each corp.
    runs: Vec<RunBrief>,
    /// Counters of deliveries by app and day.
    sent: Vec<(String, u32, store::outbox::Day)>,
    /// Tenants with deliveries that failed since yesterday, by state, and whether there may be more.
    dead: Vec<(Tenant, Tally, bool)>,
    /// Corps and what is known of their credentials.
    trials: Vec<(Corp, Trials)>,
    /// Counters of callbacks by day.
    received: HashMap<CorpKey, BTreeMap<u32, store::callback_days::CallbackDay>>,
}

fn facts(tx: &ReadTx, corps: &[CorpKey], first_day: u32, yesterday_ms: i64) -> Result<Facts, StoreError> {
    let tenants = store::tenants::list(tx)?;
    let mut facts =
        Facts { has_tenant: !tenants.is_empty(), sent: store::outbox::days(tx, first_day)?, ..Facts::default() };
    for tenant in tenants {
        let counts = store::directory::counts(tx, &tenant.key)?;
        let states = DeliveryState::ALL.into_iter().filter(|state| state.is_dead()).collect();
        let dead = DeliveryFilter { states, from_ms: Some(yesterday_ms), ..DeliveryFilter::default() };
        let (dead, more) = store::deliveries::search(tx, &tenant.key, &dead, None, todo::DEAD_COUNTED)?;
        if !dead.is_empty() {
            let mut tally = Tally::default();
            dead.iter().for_each(|row| tally.add(row.state));
            facts.dead.push((tenant.clone(), tally, more.is_some()));
        }
        facts.people.insert(tenant.key, counts);
    }
    for corp in corps {
        facts.runs.extend(store::runs::briefs(tx, corp, None, RUNS_SHOWN)?);
        if let Some(found) = store::corps::find(tx, corp)? {
            facts.trials.push((found, store::trials::list(tx, corp)?));
        }
        facts.received.insert(corp.clone(), store::callback_days::list(tx, corp, first_day)?);
    }
    facts.runs.sort_by_key(|run| std::cmp::Reverse(run.started_at_ms));
    facts.runs.truncate(RUNS_SHOWN);
    Ok(facts)
}

async fn show(person: Person, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    let (app, t) = (&web.app, person.t);
    let overview = app.views.overview(&app.jobs, DAYS, chrono_tz::Asia::Shanghai).await.map_err(browse_problem)?;
    let now_ms = app.clock.now_ms();
    let first = store::outbox::day_of(now_ms - i64::from(DAYS) * 86_400_000);
    let keys: Vec<CorpKey> = overview.corps.iter().map(|corp| corp.corp.clone()).collect();
    let yesterday = time::day(now_ms - 86_400_000);
    let yesterday_ms = time::of_day(&yesterday).unwrap_or(now_ms);
    let read = app.store.read_async(move |tx| facts(tx, &keys, first, yesterday_ms));
    let facts = read.await.map_err(store_problem)?;
    let Readiness { status, reasons } = health::readiness(app).await;
    let mut todo: Vec<Todo> = overview.corps.iter().flat_map(|corp| todo::of_corp(&person, corp, now_ms)).collect();
    let may_see_corps = person.may(ApiScope::CorpRead);
    if may_see_corps {
        let failed = facts.trials.iter().flat_map(|(corp, trials)| failed_tests(t, corp, trials));
        todo.extend(failed.map(|failed| todo::of_test(&person, failed)));
    }
    if person.may(ApiScope::MessagesRead) {
        let queues = app.messages.queues().await.map_err(store_problem)?;
        todo.extend(queues.iter().filter_map(|queue| todo::of_queue(&person, queue)));
        let failed = facts.dead.iter();
        todo.extend(failed.map(|(tenant, count, has_more)| {
            todo::of_dead(&person, tenant, (count, *has_more), facts.people.len() > 1, &yesterday)
        }));
    }
    if person.may(ApiScope::OpsBackup) && overview.corps.iter().any(|corp| corp.members.is_some()) {
        todo.extend(todo::of_backups(&person, app, now_ms).await);
    }
    let is_told = |code: &str| match code {
        todo::PAUSED => person.may(ApiScope::MessagesRead),
        health::FAILED_TEST => may_see_corps,
        code => todo::TOLD.contains(&code),
    };
    let untold = reasons.iter().filter(|reason| !is_told(&reason.code));
    let view = corp::View { person: &person, now_ms, facts: &facts };
    reply::page(&OverviewPage {
        corps: overview.corps.iter().map(|stats| view.corp(stats, &overview)).collect(),
        todo,
        runs: facts
            .runs
            .iter()
            .map(|run| RunRow { corp: name_of(&overview, run), card: RunCard::new(t, run, now_ms) })
            .collect(),
        status,
        reasons: untold.map(|reason| t.health_reason(&reason.code)).collect(),
        has_tenant: facts.has_tenant,
        can_set_up: person.may(ApiScope::CorpWrite),
        f: person.frame(t.nav_overview()),
    })
}

fn name_of(overview: &Overview, run: &RunBrief) -> String {
    let found = overview.corps.iter().find(|corp| corp.corp == run.corp);
    found.map_or_else(|| run.corp.to_string(), |corp| corp.name.clone())
}
