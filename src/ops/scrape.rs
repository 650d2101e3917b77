//! What `/metrics` answers: the counters, with everything that is a state rather than a count looked up at that moment.

use super::Metrics;
use crate::app::App;
use crate::callbacks::Callbacks;
use crate::jobs::Jobs;
use crate::model::{CorpKey, PlanState, Run, RunKind, RunState};
use crate::store::{self, Reads, StoreError};
use crate::sync::service;
use crate::wecom::QuotaUse;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// How long a scrape waits until what lies in the log of the inbox is in the store.
const LOG_PATIENCE: Duration = Duration::from_secs(1);
/// Runs looked at per corp for the last good ones.
const RUNS_LOOKED_AT: usize = 50;
/// Where none of them was good.
const RUNS_LOOKED_AT_MOST: usize = 2_000;

/// States that a scrape looks up.
struct Seen {
    running: Vec<RunKind>,
    last_good: Vec<(CorpKey, RunKind, i64)>,
    oldest_held_ms: Option<i64>,
    callbacks: Vec<(CorpKey, usize, usize)>,
    oldest_callback_ms: Option<i64>,
}

/// Looks the states up and renders everything.
pub async fn render(app: &App) -> Result<String, StoreError> {
    let now_ms = app.clock.now_ms();
    // what lies in the log of the inbox is looked up where it stands, if the store cannot take it now
    if let Err(error) = app.callbacks.take_over_log_within(LOG_PATIENCE).await {
        tracing::warn!(%error, "what has just arrived is not in the store yet: {error}");
    }
    let callbacks = app.callbacks.clone();
    let seen = app.store.read_async(move |tx| look(tx, &callbacks, now_ms)).await?;
    let metrics = &app.metrics;
    for kind in [RunKind::Pull, RunKind::Downstream, RunKind::Plan] {
        metrics.set_running(kind, seen.running.iter().filter(|running| **running == kind).count());
    }
    for (corp, kind, ended_at_ms) in seen.last_good {
        metrics.set_last_good(&corp, kind, ended_at_ms);
    }
    for (corp, quota) in app.clients.quotas() {
        if let Some(left) = tightest(&quota) {
            metrics.set_quota_left(&corp, left);
        }
    }
    let waits_s = seen.oldest_held_ms.map_or(0, |since_ms| (now_ms - since_ms) / 1000);
    metrics.set_queue_age("held_plans", waits_s);
    messages(app).await?;
    let read = |tx: &store::ReadTx| {
        let names = store::webhooks::list(tx)?.into_iter().map(|webhook| webhook.name);
        names.map(|name| store::webhooks::counts(tx, &name).map(|(waiting, dead)| (name, waiting, dead))).collect()
    };
    let posts: Vec<(String, usize, usize)> = app.store.read_async(read).await?;
    metrics.set_webhook_posts(&posts);
    for (corp, waiting, failed) in &seen.callbacks {
        metrics.set_callbacks(corp, *waiting, *failed);
    }
    let waits_s = seen.oldest_callback_ms.map_or(0, |since_ms| (app.clock.now_ms() - since_ms) / 1000);
    metrics.set_queue_age("callbacks", waits_s);
    metrics.set_store_bytes(app.store.file_bytes()?);
    Ok(metrics.render())
}

/// Queues of messages and what became of today's deliveries.
async fn messages(app: &App) -> Result<(), StoreError> {
    let (metrics, now_ms) = (&app.metrics, app.clock.now_ms());
    let waits_ms = app.messages.oldest_queued_ms().await?.unwrap_or(0);
    metrics.set_queue_age("messages_accepted", waits_ms / 1000);
    let queues = app.messages.queues().await?;
    metrics.set_queue_age("send_calls", queues.iter().map(|queue| queue.overdue_s).max().unwrap_or(0));
    for queue in &queues {
        metrics.set_send_calls_waiting(&queue.corp, &queue.app, queue.calls);
    }
    let cards = app.messages.card_queues().await?;
    metrics.set_queue_age("card_updates", cards.iter().map(|queue| queue.oldest_s).max().unwrap_or(0));
    let cards: Vec<_> = cards.into_iter().map(|queue| (queue.corp, queue.app, queue.waiting)).collect();
    metrics.set_card_updates_waiting(&cards);
    let today = store::outbox::day_of(now_ms);
    let days = app.store.read_async(move |tx| store::outbox::days(tx, today)).await?;
    let rows: Vec<_> = days
        .into_iter()
        .map(|(name, _, day)| {
            let (corp, app) = store::outbox::app_of(&name).unwrap_or_else(|| ("".into(), "".into()));
            (corp, app, day.tally)
        })
        .collect();
    metrics.set_deliveries_today(&rows);
    Ok(())
}

/// Counts every run that ends from now on. Ends with the engine.
pub async fn count_runs(metrics: Metrics, jobs: Jobs) {
    let mut ended = jobs.subscribe_ended();
    drop(jobs);
    loop {
        match ended.recv().await {
            Ok(run) if run.state != RunState::Running => {
                let ended_at_ms = run.ended_at_ms.unwrap_or(run.started_at_ms);
                let elapsed_ms = (ended_at_ms - run.started_at_ms).max(0).unsigned_abs();
                metrics.run_ended(&run.corp, run.kind, run.state, elapsed_ms, ended_at_ms);
            }
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

fn look(tx: &impl Reads, log: &Callbacks, now_ms: i64) -> Result<Seen, StoreError> {
    let running = store::runs::running(tx)?.into_iter().map(|run| run.kind).collect();
    let mut seen =
        Seen { running, last_good: Vec::new(), oldest_held_ms: None, callbacks: Vec::new(), oldest_callback_ms: None };
    for corp in store::corps::list(tx)? {
        let key = corp.key.clone();
        let runs = store::runs::list(tx, &key, RUNS_LOOKED_AT)?;
        for kind in [RunKind::Pull, RunKind::Downstream] {
            let is_good = |run: &&Run| run.kind == kind && run.state == RunState::Done;
            let mut good = runs.iter().find(is_good).and_then(|run| run.ended_at_ms);
            // Asked most urgently when many have failed since.
            if good.is_none() && runs.len() == RUNS_LOOKED_AT {
                let more = store::runs::list(tx, &key, RUNS_LOOKED_AT_MOST)?;
                good = more.iter().find(is_good).and_then(|run| run.ended_at_ms);
            }
            if let Some(ended_at_ms) = good {
                seen.last_good.push((key.clone(), kind, ended_at_ms));
            }
        }
        let (waiting, failed) = store::inbox::counts(tx, &key)?;
        let (logged, first_ms) = log.logged(&key);
        seen.callbacks.push((key.clone(), waiting + logged, failed));
        let oldest_ms = store::inbox::oldest_waiting(tx, &key)?.into_iter().chain(first_ms);
        seen.oldest_callback_ms = oldest_ms.chain(seen.oldest_callback_ms).min();
        let writes = service::writes(tx, &key)?;
        for plan in store::plans::list(tx, &key, RUNS_LOOKED_AT)? {
            let is_open = plan.expires_at_ms > now_ms && service::overtaken(&corp, writes, &plan).is_none();
            if plan.state == PlanState::Held && is_open {
                let since = seen.oldest_held_ms.map_or(plan.created_at_ms, |oldest| oldest.min(plan.created_at_ms));
                seen.oldest_held_ms = Some(since);
            }
        }
    }
    Ok(seen)
}

/// Calls left in the tightest window of the busiest API; `None` before the first call.
fn tightest(quota: &QuotaUse) -> Option<u64> {
    quota.apis.iter().map(|api| u64::from(api.minute_left.min(api.hour_left))).min()
}
