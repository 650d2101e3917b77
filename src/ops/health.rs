//! Alive, ready, degraded, down: three probes that can fail, each with its reason (PEER-26).

use crate::app::App;
use crate::jobs::{ScheduleHealth, ScheduleKind};
use crate::model::{CorpKey, PlanHead, PlanState, Run, RunKind, RunState};
use crate::store::{self, Reads, StoreError};
use crate::sync::service;
use crate::webhooks::WebhookView;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Code of the reason that the last test of a credential failed.
pub const FAILED_TEST: &str = "credential.failed";
/// Hours after which a held plan that nobody decides about is a reason. Well below the day after which a plan expires.
const HELD_FOR_H: i64 = 4;

/// Seconds after which a call that is due and does not go out is a reason.
const OVERDUE_S: i64 = 900;
/// Seconds after which an update of a card that has not arrived is a reason.
const CARDS_WAIT_S: i64 = 900;
/// Failures in a row after which a webhook is a reason.
const WEBHOOK_FAILURES: u32 = 3;
/// Callbacks that have waited so long for work are a reason.
const CALLBACKS_WAIT_MS: i64 = 5 * 60 * 1_000;

/// Runs looked at per corp.
const RUNS_LOOKED_AT: usize = 20;

/// Whether the bridge can do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Everything works.
    Ready,
    /// It answers, and something needs a person.
    Degraded,
    /// It cannot do its work.
    Down,
}

/// The answer of `/readyz`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Readiness {
    /// The verdict.
    pub status: Status,
    /// Why it is not `ready`.
    pub reasons: Vec<Reason>,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reason {
    /// Stable code, e.g. `pull.failed`.
    pub code: String,
    /// The corp that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub corp: Option<CorpKey>,
    /// One English sentence: what is wrong and what to do.
    pub text: String,
}

impl Reason {
    fn of(corp: &CorpKey, code: &str, text: String) -> Self {
        Self { code: code.to_owned(), corp: Some(corp.clone()), text }
    }
}

/// Whether the process works at all: the store answers a read, and has taken a write within the last seconds. For
/// `/healthz`; says nothing about WeCom.
pub async fn is_alive(app: &App) -> bool {
    fault_of_store(app).await.is_none()
}

/// Looks at the store, its disk, and the last runs of each corp; what it says is at most two seconds old, but for a
/// store that cannot be read, which shows at once.
pub async fn readiness(app: &App) -> Readiness {
    let down = |text: String| {
        let reason = Reason { code: "store.down".into(), corp: None, text };
        Readiness { status: Status::Down, reasons: vec![reason] }
    };
    if let Some(fault) = fault_of_store(app).await {
        return down(fault);
    }
    let now_ms = app.clock.now_ms();
    let look = || async {
        let mut reasons = app.store.read_async(move |tx| look(tx, now_ms)).await.map_err(|error| error.to_string())?;
        reasons.extend(schedules(app).await);
        reasons.extend(messages(app).await);
        reasons.extend(cards(app).await);
        reasons.extend(callbacks(app).await);
        reasons.extend(webhooks(app).await);
        Ok(reasons)
    };
    match app.pulse.look.get(now_ms, look).await {
        Ok(reasons) => {
            let status = if reasons.is_empty() { Status::Ready } else { Status::Degraded };
            Readiness { status, reasons }
        }
        Err(fault) => down(fault),
    }
}

/// What is wrong with the store. Each question reads, which costs nothing; a write costs the disk and is shared.
async fn fault_of_store(app: &App) -> Option<String> {
    if let Err(error) = app.store.check_open().and(app.store.read_async(|_| Ok(())).await) {
        return Some(error.to_string());
    }
    let write = || async { app.store.write(|_| Ok(())).await.map_err(|error| error.to_string()) };
    app.pulse.write.get(app.clock.now_ms(), write).await.err()
}

/// Apps that cannot send, and calls that have been due for long.
async fn messages(app: &App) -> Vec<Reason> {
    let queues = match app.messages.queues().await {
        Ok(queues) => queues,
        Err(error) => {
            return vec![Reason { code: "messages.unreadable".into(), corp: None, text: error.to_string() }];
        }
    };
    let paused = queues.iter().filter_map(|queue| {
        let why = queue.paused_text.as_ref()?;
        let text = format!("the app {} sends nothing, {} calls wait: {why}", queue.app, queue.calls);
        Some(Reason::of(&queue.corp, "messages.paused", text))
    });
    let late = queues.iter().filter(|queue| queue.paused.is_none() && queue.overdue_s >= OVERDUE_S).map(|queue| {
        let mut text = format!("a call of the app {} has been due for {} seconds", queue.app, queue.overdue_s);
        if let Some(until) = queue.throttled_until_ms.and_then(chrono::DateTime::from_timestamp_millis) {
            text.push_str(&format!(": WeCom limits its calls until {}", until.format("%H:%M:%S UTC")));
        }
        Reason::of(&queue.corp, "messages.late", text)
    });
    paused.chain(late).collect()
}

/// Cards that still show their buttons although it is over.
async fn cards(app: &App) -> Vec<Reason> {
    let queues = match app.messages.card_queues().await {
        Ok(queues) => queues,
        Err(error) => return vec![Reason { code: "cards.unreadable".into(), corp: None, text: error.to_string() }],
    };
    let late = queues.iter().filter(|queue| queue.oldest_s >= CARDS_WAIT_S).map(|queue| {
        let text = format!(
            "{} updates of cards of the app {} wait, one for {} minutes: {}",
            queue.waiting,
            queue.app,
            queue.oldest_s / 60,
            if queue.why.is_empty() { "they were not tried; the log says why" } else { &queue.why },
        );
        Reason::of(&queue.corp, "cards.late", text)
    });
    late.collect()
}

/// Business systems that do not hear of what happens.
async fn webhooks(app: &App) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let reason = |code: &str, text: String| Reason { code: code.to_owned(), corp: None, text };
    let views = match app.webhooks.list().await {
        Ok(views) => views,
        Err(error) => return vec![reason("webhooks.unreadable", error.to_string())],
    };
    for WebhookView { webhook, gauge } in views {
        if gauge.dead > 0 {
            let text = format!(
                "the webhook {} did not take {} tellings for a day: mend it and send the dead letters again",
                webhook.name, gauge.dead
            );
            reasons.push(reason("webhooks.dead", text));
        }
        if webhook.enabled && gauge.failures >= WEBHOOK_FAILURES {
            let text = format!(
                "the webhook {} failed {} times in a row, {} tellings wait: its page says why",
                webhook.name, gauge.failures, gauge.waiting
            );
            reasons.push(reason("webhooks.failing", text));
        }
    }
    reasons
}

/// Schedules that fail again and again, or cannot be read.
async fn schedules(app: &App) -> Vec<Reason> {
    let schedules = match app.jobs.schedules().await {
        Ok(schedules) => schedules,
        Err(error) => {
            return vec![Reason { code: "schedule.unreadable".into(), corp: None, text: error.to_string() }];
        }
    };
    let unhealthy = schedules.into_iter().filter(|schedule| schedule.is_unhealthy);
    let reason = |schedule: ScheduleHealth| {
        let kind = match schedule.kind {
            ScheduleKind::Pull => "pull",
            ScheduleKind::Sync => "sync",
        };
        let text = format!("the schedule of the {kind} failed {} times: {}", schedule.failures, schedule.last_error);
        Reason::of(&schedule.corp, "schedule.unhealthy", text)
    };
    unhealthy.map(reason).collect()
}

/// Callbacks that are refused, fail, or wait too long.
async fn callbacks(app: &App) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let broken = app.store.read_async(store::inbox::count_broken).await.unwrap_or_default();
    if broken > 0 {
        let text = format!(
            "{broken} rows of received callbacks cannot be read and are kept aside: look at the disk, and at the log"
        );
        reasons.push(Reason { code: "callbacks.unreadable".into(), corp: None, text });
    }
    let corps = app.store.read_async(store::corps::list).await.unwrap_or_default();
    for corp in corps {
        let Ok(gauges) = app.callbacks.gauges(&corp.key).await else { continue };
        if gauges.oldest_waiting_ms >= CALLBACKS_WAIT_MS {
            let text = format!("{} callbacks wait for work; the log says why", gauges.waiting);
            reasons.push(Reason::of(&corp.key, "callbacks.waiting", text));
        }
        if gauges.failed > 0 {
            let text = format!("the work on {} callbacks failed: look at them and replay them", gauges.failed);
            reasons.push(Reason::of(&corp.key, "callbacks.failed", text));
        }
        let failing = gauges.receivers.iter().filter(|gauge| gauge.is_failing && gauge.is_on);
        for gauge in failing {
            let fault = gauge.health.last.first().map_or("unknown", |failure| failure.fault.name());
            let text = format!("callbacks to {} are refused ({fault}): see the failures of the corp", gauge.receiver);
            reasons.push(Reason::of(&corp.key, "callbacks.refused", text));
        }
    }
    reasons
}

fn look(tx: &impl Reads, now_ms: i64) -> Result<Vec<Reason>, StoreError> {
    let mut reasons = Vec::new();
    for corp in store::corps::list(tx)? {
        let runs = store::runs::list(tx, &corp.key, RUNS_LOOKED_AT)?;
        reasons.extend(judge_runs(&corp.key, &runs));
        let mut plans = store::plans::list(tx, &corp.key, RUNS_LOOKED_AT)?;
        let writes = service::writes(tx, &corp.key)?;
        plans.retain(|plan| service::overtaken(&corp, writes, plan).is_none());
        reasons.extend(judge_plans(&corp.key, &plans, now_ms));
        let held = match held_again_and_again(&runs).0.and_then(|run| run.plan.clone()) {
            Some(plan) => store::plans::head(tx, &plan)?,
            None => None,
        };
        reasons.extend(judge_held(&corp.key, &runs, held.as_ref(), now_ms));
        let trials = store::trials::list(tx, &corp.key)?;
        reasons.extend(trials.iter().filter_map(|(name, trial)| {
            let failure = trial.failure.as_ref()?;
            let text = format!(
                "the last test of {name} failed, and nothing that shows it to be right has gone through since: {}",
                failure.en
            );
            Some(Reason::of(&corp.key, FAILED_TEST, text))
        }));
    }
    Ok(reasons)
}

/// The held plans that can still be decided about and have waited too long. Pure.
fn judge_plans(corp: &CorpKey, plans: &[PlanHead], now_ms: i64) -> Vec<Reason> {
    let waits_h = |plan: &PlanHead| (now_ms - plan.created_at_ms) / 3_600_000;
    let waiting = plans.iter().filter(|plan| plan.state == PlanState::Held && plan.expires_at_ms > now_ms);
    let too_long = waiting.filter(|plan| waits_h(plan) >= HELD_FOR_H);
    let reason = |plan: &PlanHead| {
        let text = format!("plan {} has waited {} hours for a decision: allow or reject it", plan.id, waits_h(plan));
        Reason::of(corp, "plan.held", text)
    };
    too_long.map(reason).collect()
}

/// The latest sync, if a guard held it, and the first of the syncs up to it that were held one after the other.
fn held_again_and_again(runs: &[Run]) -> (Option<&Run>, Option<&Run>) {
    let ended = runs.iter().filter(|run| run.kind == RunKind::Downstream && run.state.is_final());
    let mut held = ended.take_while(|run| matches!(run.state, RunState::Held | RunState::Rejected));
    let last = held.next();
    (last, held.last().or(last))
}

/// Whether no sync gets through any more because a guard holds each of them and nobody has decided about the last one,
/// whose plan is `held`; an expired plan is no decision. Pure.
fn judge_held(corp: &CorpKey, runs: &[Run], held: Option<&PlanHead>, now_ms: i64) -> Option<Reason> {
    let (Some(last), Some(first)) = held_again_and_again(runs) else { return None };
    let undecided = held.is_none_or(|plan| plan.state == PlanState::Held);
    let since_h = (now_ms - first.started_at_ms) / 3_600_000;
    let text = format!(
        "a guard has held every sync for {since_h} hours and nothing was written since; look at the last one ({}) and \
         allow or reject its plan, or make a new plan if it has expired",
        last.id
    );
    (undecided && since_h >= HELD_FOR_H).then(|| Reason::of(corp, "sync.held", text))
}

/// What the latest runs of a corp, newest first, say about it. Pure.
fn judge_runs(corp: &CorpKey, runs: &[Run]) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for (kind, name) in [(RunKind::Pull, "pull"), (RunKind::Downstream, "sync")] {
        let Some(last) = runs.iter().find(|run| run.kind == kind && run.state.is_final()) else { continue };
        let why = last.message.as_deref().unwrap_or("see the run");
        match last.state {
            RunState::Failed => {
                let text = format!("the last {name} ({}) failed: {why}", last.id);
                reasons.push(Reason::of(corp, &format!("{name}.failed"), text));
            }
            RunState::Partly => {
                let text =
                    format!("the last {name} ({}) left {} records undone: retry them", last.id, last.failed.len());
                reasons.push(Reason::of(corp, &format!("{name}.partly"), text));
            }
            RunState::Running | RunState::Done | RunState::Held | RunState::Cancelled | RunState::Rejected => {}
        }
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Calls, Counts};

    fn run(id: &str, kind: RunKind, state: RunState) -> Run {
        Run {
            id: id.into(),
            corp: "a".into(),
            kind,
            plan: None,
            undoes: None,
            undone_by: None,
            state,
            by: "tester".into(),
            started_at_ms: 0,
            ended_at_ms: None,
            done: 0,
            total: 0,
            counts: Counts::default(),
            calls: Calls::default(),
            failed: Vec::new(),
            failed_total: 0,
            message: None,
            code: None,
            errcode: None,
            pull: None,
        }
    }

    #[test]
    fn syncs_that_are_held_night_after_night_are_told() {
        use RunKind::{Downstream, Pull};
        use RunState::{Done, Held, Running};
        const HOUR_MS: i64 = 3_600_000;
        // Runs newest first, with the hour that they began in; it is hour 100.
        for (runs, told) in [
            (vec![], false),
            (vec![(Downstream, Held, 97)], false),
            (vec![(Downstream, Held, 96)], true),
            (vec![(Downstream, Held, 99), (Pull, Done, 98), (Downstream, Held, 75)], true),
            (vec![(Downstream, Running, 99), (Downstream, Held, 75)], true),
            (vec![(Downstream, Held, 99), (Downstream, Done, 90), (Downstream, Held, 75)], false),
            (vec![(Downstream, Done, 99), (Downstream, Held, 75)], false),
        ] {
            let list: Vec<Run> = runs
                .iter()
                .map(|(kind, state, hour)| Run { started_at_ms: hour * HOUR_MS, ..run("r", *kind, *state) })
                .collect();
            let found = judge_held(&"a".into(), &list, None, 100 * HOUR_MS);
            assert_eq!(found.is_some_and(|reason| reason.code == "sync.held"), told, "{runs:?}");
        }
    }

    #[test]
    fn only_the_last_ended_run_of_a_kind_counts() {
        use RunKind::{Downstream, Pull};
        use RunState::{Cancelled, Done, Failed, Partly, Running};
        for (runs, codes) in [
            (vec![], vec![]),
            (vec![(Pull, Done), (Pull, Failed)], vec![]),
            (vec![(Pull, Failed), (Pull, Done)], vec!["pull.failed"]),
            (vec![(Pull, Running), (Pull, Failed)], vec!["pull.failed"]),
            (vec![(Downstream, Partly), (Pull, Failed)], vec!["pull.failed", "sync.partly"]),
            (vec![(Downstream, Cancelled), (Downstream, Failed)], vec![]),
        ] {
            let list: Vec<Run> = runs.iter().map(|(kind, state)| run("r", *kind, *state)).collect();
            let found: Vec<String> = judge_runs(&"a".into(), &list).into_iter().map(|reason| reason.code).collect();
            assert_eq!(found, codes, "{runs:?}");
        }
    }
}
