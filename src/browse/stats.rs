//! The overview: what each corp's runs did day by day, what waits for a person, what failed, what comes next.

use crate::jobs::ScheduleHealth;
use crate::model::{Corp, CorpKey, Direction, PlanHead, PlanId, RunBrief, RunKind, RunState, TenantKey};
use crate::store::{self, ReadTx, StoreError};
use crate::wecom::QuotaUse;
use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::Serialize;

/// Runs of a corp that are read at most; older ones are left out, which is told.
const RUNS_READ: usize = 5_000;
/// Runs that are read at once.
const BATCH: usize = 250;
/// Batches before the span that are read at most to find the last run of each kind.
const BATCHES_BEFORE: usize = 2;
/// Failed runs that are shown.
const FAILURES_SHOWN: usize = 10;

/// What is known about one corp.
#[derive(Debug, Clone, Serialize)]
pub struct CorpStats {
    /// Which corp.
    pub corp: CorpKey,
    /// Its shown name.
    pub name: String,
    /// Its tenant.
    pub tenant: TenantKey,
    /// Members in the mirror; `None` before the first pull.
    pub members: Option<u64>,
    /// Departments in the mirror; `None` before the first pull.
    pub departments: Option<u64>,
    /// When WeCom was last read, Unix milliseconds.
    pub read_at_ms: Option<i64>,
    /// Subjects that could not be read completely.
    pub unreadable: u64,
    /// The days, the oldest first; every day of the span is there.
    pub days: Vec<Day>,
    /// Whether older runs of the span were left out because there are too many.
    pub is_cut: bool,
    /// The run under way.
    pub running: Option<RunBrief>,
    /// The last pull that ended, if it is not long before the span.
    pub last_pull: Option<RunBrief>,
    /// The last downstream run that ended, if it is not long before the span.
    pub last_sync: Option<RunBrief>,
    /// Plans that a guard holds, nobody has decided about, and that can still be allowed; the newest first.
    pub waiting: Vec<WaitingPlan>,
    /// Runs of the span that failed or were done partly, the latest first; at most 10.
    pub failures: Vec<RunBrief>,
    /// Cases that the match rules could not decide.
    pub resolve_cases: u64,
}

/// One day of a corp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Day {
    /// Which day, in the zone of the question.
    pub date: NaiveDate,
    /// Members in WeCom as that day's last pull found them, or the pull before; `None` before the first one known.
    pub members: Option<u64>,
    /// Members that were created.
    pub created: u64,
    /// Members that were updated or enabled again.
    pub updated: u64,
    /// Members that were disabled or deleted.
    pub removed: u64,
    /// Changes of departments.
    pub departments: u64,
    /// Calls that read.
    pub reads: u64,
    /// Calls that write.
    pub writes: u64,
    /// Runs that began.
    pub runs: u64,
    /// Of these, runs that failed or were done partly.
    pub failed: u64,
}

/// A plan that waits for a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaitingPlan {
    /// Which plan.
    pub id: PlanId,
    /// Which way it works.
    pub direction: Direction,
    /// Unix milliseconds.
    pub created_at_ms: i64,
    /// Unix milliseconds.
    pub expires_at_ms: i64,
    /// Names of the tripped guards.
    pub guards: Vec<String>,
    /// All its changes.
    pub changes: u64,
    /// Members that it disables or deletes.
    pub removals: u64,
}

/// The overview of all corps.
#[derive(Debug, Clone, Serialize)]
pub struct Overview {
    /// The corps, by key.
    pub corps: Vec<CorpStats>,
    /// The schedules of all corps, with the next tick of each.
    pub schedules: Vec<ScheduleHealth>,
    /// What is used of the quotas of the corps that were called since the start.
    #[serde(skip)]
    pub quotas: Vec<(CorpKey, QuotaUse)>,
}

/// The span and the clock of a question.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) now_ms: i64,
    pub(super) days: u32,
    pub(super) zone: Tz,
}

impl Span {
    fn date(&self, at_ms: i64) -> NaiveDate {
        DateTime::<Utc>::from_timestamp_millis(at_ms).unwrap_or_default().with_timezone(&self.zone).date_naive()
    }

    /// The first day.
    fn first(&self) -> NaiveDate {
        let back = u64::from(self.days.clamp(1, 366)) - 1;
        let today = self.date(self.now_ms);
        today.checked_sub_days(Days::new(back)).unwrap_or(today)
    }
}

/// Everything about one corp.
pub(super) fn of_corp(tx: &ReadTx, corp: &Corp, span: Span) -> Result<CorpStats, StoreError> {
    let (head, counts) = (store::mirror::head(tx, &corp.key)?, store::mirror::counts(tx, &corp.key)?);
    let first = span.first();
    let runs = runs(tx, &corp.key, first, span)?;
    let is_cut = runs.len() >= RUNS_READ && runs.last().is_some_and(|run| span.date(run.started_at_ms) >= first);
    let last = |kind| runs.iter().find(|run| run.kind == kind && run.state.is_final()).cloned();
    let is_bad = |run: &&RunBrief| matches!(run.state, RunState::Failed | RunState::Partly);
    let in_span = || runs.iter().take_while(|run| span.date(run.started_at_ms) >= first);
    Ok(CorpStats {
        corp: corp.key.clone(),
        name: corp.name.clone(),
        tenant: corp.tenant.clone(),
        members: head.as_ref().map(|_| counts.members),
        departments: head.as_ref().map(|_| counts.departments),
        read_at_ms: head.as_ref().map(|head| head.read_at_ms),
        unreadable: head.as_ref().map_or(0, |head| head.unreadable_total),
        days: days(&runs, first, span),
        is_cut,
        running: runs.iter().find(|run| !run.state.is_final()).cloned(),
        last_pull: last(RunKind::Pull),
        last_sync: last(RunKind::Downstream),
        waiting: crate::sync::service::waiting(tx, corp, span.now_ms)?.iter().map(waiting_plan).collect(),
        failures: in_span().filter(is_bad).take(FAILURES_SHOWN).cloned().collect(),
        resolve_cases: store::resolve::count(tx, &corp.key)?,
    })
}

/// The runs of the span, the newest first, and as many before it as tell the last pull and the last downstream run.
fn runs(tx: &ReadTx, corp: &CorpKey, first: NaiveDate, span: Span) -> Result<Vec<RunBrief>, StoreError> {
    let mut list: Vec<RunBrief> = Vec::new();
    let mut earlier = 0;
    while list.len() < RUNS_READ {
        let more = store::runs::briefs(tx, corp, list.last().map(|run| &run.id), BATCH)?;
        let is_end = more.len() < BATCH;
        list.extend(more);
        let is_before = |run: &&RunBrief| span.date(run.started_at_ms) < first;
        earlier += usize::from(list.last().as_ref().is_some_and(is_before));
        let has = |kind| list.iter().any(|run| run.kind == kind && run.state.is_final());
        let is_enough = has(RunKind::Pull) && has(RunKind::Downstream);
        if is_end || earlier > 0 && (is_enough || earlier > BATCHES_BEFORE) {
            break;
        }
    }
    Ok(list)
}

/// The days of the span out of the runs, which come the newest first.
fn days(runs: &[RunBrief], first: NaiveDate, span: Span) -> Vec<Day> {
    let today = span.date(span.now_ms);
    let mut members = None;
    let mut days: Vec<Day> = first.iter_days().take_while(|date| *date <= today).map(Day::empty).collect();
    for run in runs.iter().rev() {
        let found = run.pull.as_ref().map(|pull| pull.members);
        let date = span.date(run.started_at_ms);
        if date < first {
            members = found.or(members);
            continue;
        }
        let at = usize::try_from((date - first).num_days()).unwrap_or(usize::MAX);
        let Some(day) = days.get_mut(at) else { continue };
        day.members = found.or(day.members);
        day.add(run);
    }
    for day in &mut days {
        members = day.members.or(members);
        day.members = members;
    }
    days
}

impl Day {
    fn empty(date: NaiveDate) -> Self {
        Self {
            date,
            members: None,
            created: 0,
            updated: 0,
            removed: 0,
            departments: 0,
            reads: 0,
            writes: 0,
            runs: 0,
            failed: 0,
        }
    }

    fn add(&mut self, run: &RunBrief) {
        let (d, m) = (&run.counts.departments, &run.counts.members);
        self.created += m.create;
        self.updated += m.update + m.enable;
        self.removed += m.disable + m.delete;
        self.departments += d.create + d.rename + d.r#move + d.reorder + d.delete;
        self.reads += run.calls.reads;
        self.writes += run.calls.writes;
        self.runs += 1;
        self.failed += u64::from(matches!(run.state, RunState::Failed | RunState::Partly));
    }
}

fn waiting_plan(head: &PlanHead) -> WaitingPlan {
    WaitingPlan {
        id: head.id.clone(),
        direction: head.direction,
        created_at_ms: head.created_at_ms,
        expires_at_ms: head.expires_at_ms,
        guards: head.tripped().map(|guard| guard.name.clone()).collect(),
        changes: head.counts.total(),
        removals: head.counts.members.disable + head.counts.members.delete,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Asia::Shanghai;
    use serde_json::json;

    const HOUR_MS: i64 = 3_600_000;
    /// 2026-11-25 00:30 in Shanghai, the day before in UTC.
    const NOW_MS: i64 = 1_795_537_800_000;

    fn run(hours_ago: i64, state: &str, members: Option<u64>, created: u64) -> RunBrief {
        let pull = members.map(|members| {
            json!({"strategy": "lists", "departments": 1, "members": members, "bound": 0, "ambiguous": 0, "unreadable": 0})
        });
        let row = json!({
            "id": format!("{hours_ago:05}"), "corp": "acme", "kind": "pull", "state": state, "by": "schedule",
            "started_at_ms": NOW_MS - hours_ago * HOUR_MS, "done": 0, "total": 0,
            "counts": {"departments": {}, "members": {"create": created}},
            "calls": {"reads": 2, "writes": created, "by_endpoint": {}}, "failed": [{"any": "thing"}], "failed_total": 1, "pull": pull
        });
        serde_json::from_value(row).unwrap()
    }

    #[test]
    fn days_begin_at_midnight_of_the_zone_and_members_go_on_from_the_last_pull() {
        let span = Span { now_ms: NOW_MS, days: 3, zone: Shanghai };
        let runs = [
            run(0, "done", None, 5),
            run(1, "failed", None, 1),
            run(24, "done", Some(12), 0),
            run(25, "done", Some(11), 0),
            run(100, "done", Some(7), 9),
        ];
        let shown: Vec<_> = days(&runs, span.first(), span)
            .into_iter()
            .map(|day| (day.date.to_string(), day.members, day.created, day.reads, day.runs, day.failed))
            .collect();
        let today = span.date(NOW_MS);
        let date = |back| (today - Days::new(back)).to_string();
        assert_eq!(
            shown,
            [(date(2), Some(11), 0, 2, 1, 0), (date(1), Some(12), 1, 4, 2, 1), (date(0), Some(12), 5, 2, 1, 0),]
        );
        assert_ne!(today, DateTime::<Utc>::from_timestamp_millis(NOW_MS).unwrap().date_naive(), "the zone counts");
    }

    #[test]
    fn failed_records_are_counted_and_not_read() {
        assert_eq!(run(0, "partly", None, 0).failed, 1);
    }
}
