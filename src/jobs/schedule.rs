//! Scheduled pulls and syncs: starts each tick once, backs off when a schedule fails again and again, and recovers by
//! itself (PEER-07). Which tick is due is decided by [`due`], without a clock.
//!
//! A tick that finds somebody at work on its corp waits and is started when the corp is free, at the latest before the
//! next tick of the same schedule comes; it does not survive a stop of the appliance.

mod due;

use super::Jobs;
use super::cron::Ticks;
use crate::clock::Clock;
use crate::model::{Actor, Corp, CorpKey, Run, RunId, RunState};
use crate::store;
use crate::sync::apply;
use crate::sync::env::Env;
use crate::sync::error::{SyncError, utc};
use crate::sync::pull::PullRequest;
use due::{Memory, UNHEALTHY_AFTER};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::time::Duration;

/// Settings are looked at again at least so often, so that a changed schedule takes effect.
const LOOK_EVERY_MS: i64 = 15_000;

/// What a schedule starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleKind {
    /// A pull (DIR-09).
    Pull,
    /// Pull, plan and apply (DIR-55).
    Sync,
}

impl ScheduleKind {
    const ALL: [Self; 2] = [Self::Pull, Self::Sync];

    fn setting(self) -> &'static str {
        match self {
            Self::Pull => "schedule.pull",
            Self::Sync => "schedule.sync",
        }
    }

    /// As log lines name it.
    fn name(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Sync => "sync",
        }
    }

    fn cron(self, corp: &Corp) -> (&str, &str) {
        match self {
            Self::Pull => (&corp.pull.cron, &corp.pull.time_zone),
            Self::Sync => (&corp.downstream.cron, &corp.downstream.time_zone),
        }
    }
}

/// How one schedule fares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ScheduleHealth {
    /// Of which corp.
    pub corp: CorpKey,
    /// What it starts.
    pub kind: ScheduleKind,
    /// The next tick, Unix milliseconds.
    pub next_at_ms: Option<i64>,
    /// Failures in a row.
    pub failures: u32,
    /// Whether it fails again and again, or cannot be read.
    pub is_unhealthy: bool,
    /// What was wrong last, one English sentence.
    pub last_error: String,
}

/// Starts what is due until the appliance stops.
pub(super) async fn run(jobs: Jobs) {
    let clock = jobs.env().clock.clone();
    let mut looked_at_ms = clock.now_ms();
    loop {
        let next_ms = match next_tick(jobs.env(), looked_at_ms).await {
            Ok(next) => next.unwrap_or(i64::MAX),
            Err(error) => {
                tracing::error!(%error, "the schedules cannot be read");
                i64::MAX
            }
        };
        let now_ms = clock.now_ms();
        let wait_ms = (next_ms.saturating_sub(now_ms)).clamp(0, LOOK_EVERY_MS);
        tokio::select! {
            () = clock.sleep(Duration::from_millis(wait_ms.unsigned_abs())) => {}
            () = jobs.stop_token().cancelled() => return,
        }
        let now_ms = clock.now_ms();
        if let Err(error) = start_due(&jobs, looked_at_ms, now_ms).await {
            tracing::error!(%error, "scheduled runs could not be started");
        }
        looked_at_ms = now_ms;
    }
}

/// The ticks of all corps' schedules; what cannot be read has none.
async fn schedules(env: &Env) -> Result<Vec<(Corp, ScheduleKind, Result<Ticks, String>)>, SyncError> {
    let corps = env.store.read_async(store::corps::list).await?;
    let mut found = Vec::new();
    for corp in corps {
        for kind in ScheduleKind::ALL {
            let (text, zone) = kind.cron(&corp);
            if !text.trim().is_empty() {
                let ticks = Ticks::parse(text, zone).map_err(|fault| fault.to_string());
                found.push((corp.clone(), kind, ticks));
            }
        }
    }
    Ok(found)
}

async fn next_tick(env: &Env, after_ms: i64) -> Result<Option<i64>, SyncError> {
    let schedules = schedules(env).await?;
    Ok(schedules.iter().filter_map(|(_, _, ticks)| ticks.as_ref().ok()?.next_after(after_ms)).min())
}

/// A tick that is due.
struct Due {
    corp: Corp,
    kind: ScheduleKind,
    /// The next tick of the same schedule: until then this one may wait for the corp.
    next_ms: Option<i64>,
}

/// Starts the schedules that have a tick in `(from_ms, to_ms]`; several ticks of one schedule are one run.
async fn start_due(jobs: &Jobs, from_ms: i64, to_ms: i64) -> Result<(), SyncError> {
    let mut list = Vec::new();
    for (corp, kind, ticks) in schedules(jobs.env()).await? {
        let Ok(ticks) = ticks else { continue };
        let memory = get(jobs.env(), &corp.key, kind).await?;
        let Some(key) = due::key(&ticks, &memory, from_ms, to_ms) else { continue };
        change(jobs.env(), &corp.key, kind, move |memory| memory.last_key.clone_from(&key)).await?;
        list.push(Due { corp, kind, next_ms: ticks.next_after(to_ms) });
    }
    let syncing: HashSet<CorpKey> =
        list.iter().filter(|due| pulls_too(&due.corp, due.kind)).map(|due| due.corp.key.clone()).collect();
    for due in list {
        if due.kind == ScheduleKind::Pull && syncing.contains(&due.corp.key) {
            continue;
        }
        let jobs = jobs.clone();
        jobs.0.tasks.clone().spawn(async move { start_one(jobs, due).await });
    }
    Ok(())
}

/// Whether what is due makes a pull of the same moment needless: a sync that may start reads the corp itself, and only
/// one of the two could have the corp.
fn pulls_too(corp: &Corp, kind: ScheduleKind) -> bool {
    kind == ScheduleKind::Sync && apply::check_allowed(corp).is_ok()
}

async fn start_one(jobs: Jobs, due: Due) {
    let ended = match start_when_free(&jobs, &due).await {
        Ok(Some(run)) => jobs.wait(&run).await,
        Ok(None) => return,
        Err(error) => Err(error),
    };
    let trouble = match &ended {
        Ok(run) => trouble_of(run),
        Err(error) => Some(error.to_string()),
    };
    let (corp, now_ms) = (due.corp.key, jobs.env().clock.now_ms());
    if let Some(why) = &trouble {
        warn_of(jobs.env(), &corp, due.kind, why, now_ms).await;
    }
    let noted = change(jobs.env(), &corp, due.kind, move |memory| due::note(memory, trouble.clone(), now_ms)).await;
    if let Err(error) = noted {
        tracing::error!(%corp, %error, "the end of a scheduled run could not be noted");
    }
}

/// Says in the log that a scheduled run failed and, where the schedule pauses now, until when.
async fn warn_of(env: &Env, corp: &CorpKey, kind: ScheduleKind, why: &str, now_ms: i64) {
    let mut memory = match get(env, corp, kind).await {
        Ok(memory) => memory,
        Err(error) => {
            return tracing::warn!(%corp, %error, "the scheduled {} of corp {corp} failed: {why}", kind.name());
        }
    };
    due::note(&mut memory, Some(why.to_owned()), now_ms);
    let (name, failures) = (kind.name(), memory.failures);
    match memory.pause_end_ms(now_ms) {
        until if until > now_ms => {
            let until = utc(until);
            tracing::warn!(%corp, failures, "the scheduled {name} of corp {corp} failed {failures} times in a row and pauses until {until}: {why}");
        }
        _ => tracing::warn!(%corp, failures, "the scheduled {name} of corp {corp} failed: {why}"),
    }
}

/// Starts a tick's run, waiting for the corp where somebody is at work on it; `None` = nothing is started any more:
/// the next tick has come, the schedule was changed, or the appliance stops.
async fn start_when_free(jobs: &Jobs, due: &Due) -> Result<Option<RunId>, SyncError> {
    let (corp, kind, env) = (&due.corp.key, due.kind, jobs.env());
    let mut has_waited = false;
    loop {
        if has_waited && !is_still_scheduled(env, due).await? {
            tracing::info!(%corp, "the scheduled {} of corp {corp} waited and is not wanted any more", kind.name());
            return Ok(None);
        }
        let actor = Actor::schedule();
        let started = match kind {
            ScheduleKind::Pull => jobs.start_pull(corp, PullRequest::default(), &actor).await,
            ScheduleKind::Sync => jobs.start_sync(corp, PullRequest::default(), &actor).await,
        };
        let busy = match started {
            Ok(run) => return Ok(Some(run)),
            Err(SyncError::Stopping) => return Ok(None),
            Err(busy @ SyncError::Busy { .. }) => busy,
            Err(error) => return Err(error),
        };
        if !has_waited {
            has_waited = true;
            let until = due.next_ms.map_or_else(String::new, |at| format!(", at the latest at {}", utc(at)));
            tracing::info!(%corp, "the scheduled {} waits until the corp is free{until}: {busy}", kind.name());
        }
        tokio::select! {
            biased;
            () = jobs.stop_token().cancelled() => return Ok(None),
            () = sleep_until(&env.clock, due.next_ms) => {
                tracing::warn!(%corp, "the scheduled {} is dropped, for its next tick has come: {busy}", kind.name());
                return Ok(None);
            }
            () = env.wait_until_free(corp) => {}
        }
    }
}

async fn sleep_until(clock: &Clock, at_ms: Option<i64>) {
    match at_ms {
        Some(at_ms) => clock.sleep_until_ms(at_ms).await,
        None => std::future::pending().await,
    }
}

/// Whether the schedule that a waiting tick belongs to is as it was.
async fn is_still_scheduled(env: &Env, due: &Due) -> Result<bool, SyncError> {
    let key = due.corp.key.clone();
    let now = env.store.read_async(move |tx| store::corps::find(tx, &key)).await?;
    Ok(now.is_some_and(|corp| due.kind.cron(&corp) == due.kind.cron(&due.corp)))
}

/// A held plan waits for a person and a partly done run has its records: neither is trouble of the schedule.
fn trouble_of(run: &Run) -> Option<String> {
    (run.state == RunState::Failed).then(|| run.message.clone().unwrap_or_else(|| "it failed".into()))
}

async fn get(env: &Env, corp: &CorpKey, kind: ScheduleKind) -> Result<Memory, SyncError> {
    let key = corp.clone();
    let read = move |tx: &store::ReadTx| store::settings::get(tx, store::Scope::Corp(&key), kind.setting());
    Ok(env.store.read_async(read).await?.unwrap_or_default())
}

async fn change(
    env: &Env,
    corp: &CorpKey,
    kind: ScheduleKind,
    change: impl Fn(&mut Memory) + Send + 'static,
) -> Result<(), SyncError> {
    let key = corp.clone();
    env.store
        .write(move |tx| {
            let scope = store::Scope::Corp(&key);
            let mut memory: Memory = store::settings::get(tx, scope, kind.setting())?.unwrap_or_default();
            change(&mut memory);
            store::settings::put(tx, store::Scope::Corp(&key), kind.setting(), &memory)
        })
        .await?;
    Ok(())
}

/// How all schedules fare.
pub(super) async fn health(env: &Env) -> Result<Vec<ScheduleHealth>, SyncError> {
    let mut list = Vec::new();
    for (corp, kind, ticks) in schedules(env).await? {
        let memory = get(env, &corp.key, kind).await?;
        let next_at_ms = ticks.as_ref().ok().and_then(|ticks| ticks.next_after(env.clock.now_ms()));
        list.push(ScheduleHealth {
            corp: corp.key,
            kind,
            next_at_ms: next_at_ms.map(|next| next.max(memory.pause_end_ms(env.clock.now_ms()))),
            failures: memory.failures,
            is_unhealthy: ticks.is_err() || memory.failures >= UNHEALTHY_AFTER,
            last_error: ticks.err().unwrap_or(memory.last_error),
        });
    }
    Ok(list)
}
