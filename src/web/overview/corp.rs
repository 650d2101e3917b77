//! One corp on the first page: its figures and charts.

use super::Facts;
use super::chart::{self, Series};
use crate::browse::stats::{CorpStats, Day, Overview};
use crate::model::{CorpKey, DeliveryState, RunBrief, RunState, TenantKey};
use crate::store;
use crate::store::callback_days::CallbackDay;
use crate::web::sync::cards::RunCard;
use crate::web::time;
use crate::web::visit::Person;

/// What the page shows of a corp.
pub(super) struct CorpView {
    pub(super) key: CorpKey,
    pub(super) name: String,
    pub(super) tenant: TenantKey,
    pub(super) employees: u64,
    pub(super) units: u64,
    pub(super) members: Option<u64>,
    pub(super) departments: u64,
    /// When WeCom was last read, where no pull of its own did it.
    pub(super) read: Option<String>,
    pub(super) running: Option<RunCard>,
    pub(super) last_pull: Option<RunCard>,
    pub(super) last_sync: Option<RunCard>,
    pub(super) next: Option<String>,
    pub(super) quota: Option<QuotaView>,
    /// How late the callbacks since yesterday came, and how many; absent where none came within the days.
    pub(super) lag: Option<(String, u64)>,
    pub(super) charts: Vec<ChartView>,
}

/// The API that has used most of its minute.
pub(super) struct QuotaView {
    pub(super) api: String,
    pub(super) used: u64,
    pub(super) limit: u64,
}

/// A chart with what it comes to.
pub(super) struct ChartView {
    pub(super) title: &'static str,
    /// The latest level, or the sum of the days.
    pub(super) value: String,
    pub(super) svg: String,
    /// Class of the colour, name.
    pub(super) legend: Vec<(&'static str, &'static str)>,
}

/// Makes the cards of one visit.
pub(super) struct View<'a> {
    pub(super) person: &'a Person,
    pub(super) now_ms: i64,
    pub(super) facts: &'a Facts,
}

impl View<'_> {
    pub(super) fn corp(&self, stats: &CorpStats, overview: &Overview) -> CorpView {
        let next = overview.schedules.iter().filter(|schedule| schedule.corp == stats.corp);
        let next = next.filter_map(|schedule| schedule.next_at_ms).min().map(time::minute);
        let card = |run: &RunBrief| RunCard::new(self.person.t, run, self.now_ms);
        let people = self.facts.people.get(&stats.tenant);
        let read = stats.read_at_ms.map(|at_ms| time::ago(self.person.t, at_ms, self.now_ms));
        // a sync reads WeCom too: a pull before that is not the last one
        let is_last =
            |run: &&RunBrief| stats.read_at_ms.is_none_or(|at_ms| run.ended_at_ms.is_none_or(|end| end >= at_ms));
        let pull_card = |run: &RunBrief| {
            let has_read = matches!(run.state, RunState::Done | RunState::Partly);
            let found = card(run);
            RunCard { ago: read.clone().filter(|_| has_read).unwrap_or(found.ago), ..found }
        };
        CorpView {
            key: stats.corp.clone(),
            name: stats.name.clone(),
            tenant: stats.tenant.clone(),
            employees: people.map_or(0, |counts| counts.active()),
            units: people.map_or(0, |counts| counts.units),
            members: stats.members,
            departments: stats.departments.unwrap_or(0),
            running: stats.running.as_ref().map(card),
            last_pull: stats.last_pull.as_ref().filter(is_last).map(pull_card),
            read,
            last_sync: stats.last_sync.as_ref().map(card),
            next,
            quota: quota(overview, &stats.corp),
            lag: self.lag(stats),
            charts: self.charts(stats),
        }
    }

    fn charts(&self, stats: &CorpStats) -> Vec<ChartView> {
        let t = self.person.t;
        let labels: Vec<String> = stats.days.iter().map(|day| day.date.format("%m-%d").to_string()).collect();
        let column =
            |class, name, of: fn(&Day) -> u64| Series { class, name, values: stats.days.iter().map(of).collect() };
        let changes = vec![
            column("new", t.chart_created(), |day| day.created),
            column("changed", t.chart_updated(), |day| day.updated),
            column("bad", t.chart_removed(), |day| day.removed),
        ];
        let calls = vec![
            column("good", t.chart_reads(), |day| day.reads),
            column("changed", t.chart_writes(), |day| day.writes),
        ];
        let members: Vec<Option<u64>> = stats.days.iter().map(|day| day.members).collect();
        let now = members.iter().flatten().last();
        let mut charts = vec![
            ChartView {
                title: t.chart_members(),
                value: now.map(u64::to_string).unwrap_or_default(),
                svg: chart::line(t.chart_members(), &labels, &members),
                legend: Vec::new(),
            },
            summed(t.chart_changes(), &labels, &changes),
            summed(t.chart_calls(), &labels, &calls),
        ];
        charts.extend(self.deliveries(stats).map(|columns| summed(t.chart_deliveries(), &labels, &columns)));
        charts.extend(self.callbacks(stats).map(|columns| summed(t.chart_callbacks(), &labels, &columns)));
        charts
    }

    /// The corp's callbacks, day by day; `None` where none came within the days.
    fn callbacks(&self, stats: &CorpStats) -> Option<Vec<Series>> {
        let days = self.facts.received.get(&stats.corp).filter(|days| !days.is_empty())?;
        let count = |day: &Day| {
            let date = day.date.format("%Y%m%d").to_string().parse::<u32>().ok();
            date.and_then(|date| days.get(&date)).map_or(0, |day| day.received)
        };
        let values = stats.days.iter().map(count).collect();
        Some(vec![Series { class: "changed", name: self.person.t.chart_callbacks(), values }])
    }

    /// How late 95 % of the callbacks since yesterday came, and how many there were.
    fn lag(&self, stats: &CorpStats) -> Option<(String, u64)> {
        let t = self.person.t;
        let days = self.facts.received.get(&stats.corp).filter(|days| !days.is_empty())?;
        let mut recent = CallbackDay::default();
        for at_ms in [self.now_ms, self.now_ms - 86_400_000] {
            if let Some(day) = days.get(&store::outbox::day_of(at_ms)) {
                recent.merge(day);
            }
        }
        let lag = match recent.lag_within_ms(95) {
            None => "–".to_owned(),
            Some(i64::MAX) => t.overview_lag_late().to_owned(),
            Some(ms) if ms < 60_000 => t.overview_lag_seconds(ms / 1_000),
            Some(ms) => t.overview_lag_minutes(ms / 60_000),
        };
        Some((lag, recent.received))
    }

    /// What became of the corp's deliveries, day by day; `None` where nothing was sent within the days.
    fn deliveries(&self, stats: &CorpStats) -> Option<Vec<Series>> {
        let prefix = format!("{}/", stats.corp);
        let rows: Vec<_> = self.facts.sent.iter().filter(|(app, ..)| app.starts_with(&prefix)).collect();
        if rows.is_empty() {
            return None;
        }
        let count = |day: &Day, is_meant: fn(DeliveryState) -> bool| -> u64 {
            let date = day.date.format("%Y%m%d").to_string();
            let of_day = rows.iter().filter(|(_, known, _)| known.to_string() == date);
            let tallies = of_day.flat_map(|(_, _, row): &&(String, u32, store::outbox::Day)| &row.tally.0);
            tallies.filter(|(state, _)| is_meant(**state)).map(|(_, n)| u64::from(*n)).sum()
        };
        let column = |class, name, is_meant: fn(DeliveryState) -> bool| Series {
            class,
            name,
            values: stats.days.iter().map(|day| count(day, is_meant)).collect(),
        };
        let t = self.person.t;
        Some(vec![
            column("good", t.chart_delivered(), |state| state == DeliveryState::Sent),
            column("bad", t.chart_undelivered(), DeliveryState::is_dead),
        ])
    }
}

/// Columns with the sum of all of them.
fn summed(title: &'static str, labels: &[String], columns: &[Series]) -> ChartView {
    ChartView {
        title,
        value: columns.iter().flat_map(|row| &row.values).sum::<u64>().to_string(),
        svg: chart::columns(title, labels, columns),
        legend: columns.iter().map(|row| (row.class, row.name)).collect(),
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
