//! The first page: corps with their health, what waits for a decision, what failed, what comes next, charts.

mod chart;

use super::frame::Frame;
use super::routes::Routes;
use super::state::Web;
use super::visit::Person;
use super::{reply, time};
use crate::browse::stats::{CorpStats, Day, Overview};
use crate::http::Problem;
use crate::http::errors::{browse_problem, store_problem};
use crate::model::{ApiScope, CorpKey, DeliveryState, RunBrief, RunKind, RunState};
use crate::ops::health::{self, Readiness, Status};
use crate::store;
use actix_web::{HttpResponse, web};
use askama::Template;
use chart::Series;

/// Days that the charts show.
const DAYS: u32 = 30;

pub(super) fn routes(routes: &mut Routes) {
    routes.get("/", show);
}

struct RunView {
    brief: RunBrief,
    kind: &'static str,
    state: &'static str,
    class: &'static str,
    when: String,
}

struct WaitingView {
    plan: String,
    corp: String,
    guards: Vec<&'static str>,
    removals: u64,
    when: String,
}

struct CorpView {
    key: CorpKey,
    name: String,
    members: Option<u64>,
    departments: Option<u64>,
    unreadable: u64,
    resolve_cases: u64,
    running: Option<RunView>,
    last_pull: Option<RunView>,
    last_sync: Option<RunView>,
    next: Option<String>,
    quota: Option<QuotaView>,
    members_chart: String,
    changes_chart: String,
    calls_chart: String,
    /// Absent where nothing was sent within the days.
    deliveries_chart: Option<String>,
}

/// The API that has used most of its minute.
struct QuotaView {
    api: String,
    used: u64,
    limit: u64,
}

#[derive(Template)]
#[template(path = "overview/page.html")]
struct OverviewPage {
    f: Frame,
    corps: Vec<CorpView>,
    waiting: Vec<WaitingView>,
    failures: Vec<RunView>,
    readiness: Readiness,
    has_tenant: bool,
    can_set_up: bool,
}

impl OverviewPage {
    fn health(&self) -> (&'static str, &'static str) {
        let t = self.f.t;
        match self.readiness.status {
            Status::Ready => ("good", t.health_ready()),
            Status::Degraded => ("warn", t.health_degraded()),
            Status::Down => ("bad", t.health_down()),
        }
    }
}

async fn show(person: Person, web: web::Data<Web>) -> Result<HttpResponse, Problem> {
    let app = &web.app;
    let overview = app.views.overview(&app.jobs, DAYS, chrono_tz::Asia::Shanghai).await.map_err(browse_problem)?;
    let tenants = app.store.read_async(store::tenants::list).await.map_err(store_problem)?;
    let now_ms = app.clock.now_ms();
    let first = store::outbox::day_of(now_ms - i64::from(DAYS) * 86_400_000);
    let sent = app.store.read_async(move |tx| store::outbox::days(tx, first)).await.map_err(store_problem)?;
    let view = View { person: &person, now_ms, sent: &sent };
    let mut waiting = Vec::new();
    let mut failures = Vec::new();
    for corp in &overview.corps {
        waiting.extend(corp.waiting.iter().map(|plan| WaitingView {
            plan: plan.id.to_string(),
            corp: corp.name.clone(),
            guards: plan.guards.iter().map(|name| person.t.guard_option(name).0).collect(),
            removals: plan.removals,
            when: time::ago(person.t, plan.created_at_ms, now_ms),
        }));
        failures.extend(corp.failures.iter().take(5).map(|run| view.run(run)));
    }
    failures.sort_by_key(|run: &RunView| std::cmp::Reverse(run.brief.started_at_ms));
    failures.truncate(8);
    reply::page(&OverviewPage {
        corps: overview.corps.iter().map(|corp| view.corp(corp, &overview)).collect(),
        waiting,
        failures,
        readiness: health::readiness(app).await,
        has_tenant: !tenants.is_empty(),
        can_set_up: person.may(ApiScope::CorpWrite),
        f: person.frame(person.t.nav_overview()),
    })
}

struct View<'a> {
    person: &'a Person,
    now_ms: i64,
    /// Counters of deliveries by app and day.
    sent: &'a [(String, u32, store::outbox::Day)],
}

impl View<'_> {
    fn run(&self, brief: &RunBrief) -> RunView {
        let t = self.person.t;
        let (state, class) = match brief.state {
            RunState::Running => (t.overview_run_running(), "info"),
            RunState::Done => (t.overview_run_done(), "good"),
            RunState::Partly => (t.overview_run_partly(), "warn"),
            RunState::Failed => (t.overview_run_failed(), "bad"),
            RunState::Held => (t.overview_run_held(), "warn"),
            RunState::Cancelled => (t.overview_run_cancelled(), ""),
        };
        let kind = match brief.kind {
            RunKind::Pull => t.overview_run_pull(),
            RunKind::Downstream => t.overview_run_sync(),
            RunKind::Plan => t.overview_run_plan(),
        };
        let at_ms = brief.ended_at_ms.unwrap_or(brief.started_at_ms);
        RunView { brief: brief.clone(), kind, state, class, when: time::ago(t, at_ms, self.now_ms) }
    }

    /// What became of the corp's deliveries, day by day.
    fn deliveries(&self, stats: &CorpStats, labels: &[String]) -> Option<String> {
        let prefix = format!("{}/", stats.corp);
        let rows: Vec<_> = self.sent.iter().filter(|(app, ..)| app.starts_with(&prefix)).collect();
        if rows.is_empty() {
            return None;
        }
        let count = |day: &Day, is_meant: fn(DeliveryState) -> bool| -> u64 {
            let date = day.date.format("%Y%m%d").to_string();
            let of_day = rows.iter().filter(|(_, known, _)| known.to_string() == date);
            of_day
                .flat_map(|(_, _, row)| &row.tally.0)
                .filter(|(state, _)| is_meant(**state))
                .map(|(_, n)| u64::from(*n))
                .sum()
        };
        let column = |class, name, is_meant: fn(DeliveryState) -> bool| Series {
            class,
            name,
            values: stats.days.iter().map(|day| count(day, is_meant)).collect(),
        };
        let t = self.person.t;
        let columns = [
            column("good", t.chart_delivered(), |state| state == DeliveryState::Sent),
            column("bad", t.chart_undelivered(), DeliveryState::is_dead),
        ];
        Some(chart::columns(t.chart_deliveries(), labels, &columns))
    }

    fn corp(&self, stats: &CorpStats, overview: &Overview) -> CorpView {
        let t = self.person.t;
        let labels: Vec<String> = stats.days.iter().map(|day| day.date.format("%m-%d").to_string()).collect();
        let column =
            |class, name, of: fn(&Day) -> u64| Series { class, name, values: stats.days.iter().map(of).collect() };
        let changes = [
            column("new", t.chart_created(), |day| day.created),
            column("changed", t.chart_updated(), |day| day.updated),
            column("bad", t.chart_removed(), |day| day.removed),
        ];
        let calls =
            [column("good", t.chart_reads(), |day| day.reads), column("changed", t.chart_writes(), |day| day.writes)];
        let members: Vec<Option<u64>> = stats.days.iter().map(|day| day.members).collect();
        let next = overview.schedules.iter().filter(|schedule| schedule.corp == stats.corp);
        let next = next.filter_map(|schedule| schedule.next_at_ms).min().map(time::minute);
        CorpView {
            key: stats.corp.clone(),
            name: stats.name.clone(),
            members: stats.members,
            departments: stats.departments,
            unreadable: stats.unreadable,
            resolve_cases: stats.resolve_cases,
            running: stats.running.as_ref().map(|run| self.run(run)),
            last_pull: stats.last_pull.as_ref().map(|run| self.run(run)),
            last_sync: stats.last_sync.as_ref().map(|run| self.run(run)),
            next,
            quota: quota(overview, &stats.corp),
            members_chart: chart::line(t.chart_members(), &labels, &members),
            changes_chart: chart::columns(t.chart_changes(), &labels, &changes),
            calls_chart: chart::columns(t.chart_calls(), &labels, &calls),
            deliveries_chart: self.deliveries(stats, &labels),
        }
    }
}

fn quota(overview: &Overview, corp: &CorpKey) -> Option<QuotaView> {
    let (_, used) = overview.quotas.iter().find(|(known, _)| known == corp)?;
    let most = used.apis.iter().max_by_key(|api| api.minute_used)?;
    Some(QuotaView {
        api: most.endpoint.to_owned(),
        used: most.minute_used.into(),
        limit: u64::from(most.minute_used) + u64::from(most.minute_left),
    })
}
