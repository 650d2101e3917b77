//! Scheduled pulls and syncs: starts each tick once, does not replay what was missed while the appliance was off,
//! backs off when a schedule fails again and again, and recovers by itself (PEER-07).

use super::Jobs;
use super::cron::Ticks;
use crate::model::{Actor, Corp, CorpKey, Run, RunState};
use crate::store;
use crate::sync::apply;
use crate::sync::env::Env;
use crate::sync::error::SyncError;
use crate::sync::pull::PullRequest;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::time::Duration;

/// Settings are looked at again at least so often, so that a changed schedule takes effect.
const LOOK_EVERY_MS: i64 = 15_000;
/// After so many failures in a row a schedule counts as unhealthy and is tried less often.
const UNHEALTHY_AFTER: u32 = 3;
/// The first pause of an unhealthy schedule; it doubles with each further failure.
const PAUSE_MS: i64 = 10 * 60 * 1_000;
/// A look back never reaches further: after a suspended machine or a step of the clock older ticks are not replayed.
const LOOK_BACK_MAX_MS: i64 = 3_600 * 1_000;
/// The longest pause.
const PAUSE_MAX_MS: i64 = 6 * 3_600 * 1_000;

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

    fn cron(self, corp: &Corp) -> (&str, &str) {
        match self {
            Self::Pull => (&corp.pull.cron, &corp.pull.time_zone),
            Self::Sync => (&corp.downstream.cron, &corp.downstream.time_zone),
        }
    }
}

/// What is remembered of one schedule of one corp.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    /// Wall-clock key of the last tick that was started, so that no tick is started twice.
    last_key: String,
    /// Failures in a row.
    failures: u32,
    /// No tick is started before this moment, Unix milliseconds.
    paused_until_ms: i64,
    /// How the last one ended, one English sentence; empty = well.
    last_error: String,
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

/// Starts the schedules that have a tick in `(from_ms, to_ms]`; several ticks of one schedule are one run.
async fn start_due(jobs: &Jobs, from_ms: i64, to_ms: i64) -> Result<(), SyncError> {
    let mut due = Vec::new();
    for (corp, kind, ticks) in schedules(jobs.env()).await? {
        let Ok(ticks) = ticks else { continue };
        let Some(tick) = latest_tick(&ticks, from_ms, to_ms) else { continue };
        let memory = get(jobs.env(), &corp.key, kind).await?;
        let key = ticks.key(tick);
        if memory.last_key == key || to_ms < memory.paused_until_ms {
            continue;
        }
        change(jobs.env(), &corp.key, kind, move |memory| memory.last_key.clone_from(&key)).await?;
        due.push((corp, kind));
    }
    let syncing: HashSet<CorpKey> =
        due.iter().filter(|(corp, kind)| pulls_too(corp, *kind)).map(|(corp, _)| corp.key.clone()).collect();
    for (corp, kind) in due {
        if kind == ScheduleKind::Pull && syncing.contains(&corp.key) {
            continue;
        }
        let jobs = jobs.clone();
        jobs.0.tasks.clone().spawn(async move { start_one(jobs, corp.key, kind).await });
    }
    Ok(())
}

/// Whether what is due makes a pull of the same moment needless: a sync that may start reads the corp itself, and only
/// one of the two could have the corp.
fn pulls_too(corp: &Corp, kind: ScheduleKind) -> bool {
    kind == ScheduleKind::Sync && apply::check_allowed(corp).is_ok()
}

fn latest_tick(ticks: &Ticks, from_ms: i64, to_ms: i64) -> Option<i64> {
    let mut latest = None;
    let mut at = from_ms.max(to_ms.saturating_sub(LOOK_BACK_MAX_MS));
    while let Some(tick) = ticks.next_after(at) {
        if tick > to_ms {
            break;
        }
        latest = Some(tick);
        at = tick;
    }
    latest
}

async fn start_one(jobs: Jobs, corp: CorpKey, kind: ScheduleKind) {
    let actor = Actor::schedule();
    let started = match kind {
        ScheduleKind::Pull => jobs.start_pull(&corp, PullRequest::default(), &actor).await,
        ScheduleKind::Sync => jobs.start_sync(&corp, PullRequest::default(), &actor).await,
    };
    let ended = match started {
        Ok(run) => jobs.wait(&run).await,
        // somebody is at work on the corp: the next tick will do
        Err(SyncError::Busy { .. } | SyncError::Stopping) => return,
        Err(error) => Err(error),
    };
    let trouble = match &ended {
        Ok(run) => trouble_of(run),
        Err(error) => Some(error.to_string()),
    };
    let now_ms = jobs.env().clock.now_ms();
    let noted = change(jobs.env(), &corp, kind, move |memory| note(memory, trouble.clone(), now_ms)).await;
    if let Err(error) = noted {
        tracing::error!(%corp, %error, "the end of a scheduled run could not be noted");
    }
}

/// A held plan waits for a person and a partly done run has its records: neither is trouble of the schedule.
fn trouble_of(run: &Run) -> Option<String> {
    (run.state == RunState::Failed).then(|| run.message.clone().unwrap_or_else(|| "it failed".into()))
}

/// Notes how a scheduled run ended; from the third failure on the schedule pauses, each time twice as long.
fn note(memory: &mut Memory, trouble: Option<String>, now_ms: i64) {
    let Some(trouble) = trouble else {
        *memory = Memory { last_key: std::mem::take(&mut memory.last_key), ..Memory::default() };
        return;
    };
    memory.failures += 1;
    memory.last_error = trouble;
    if let Some(beyond) = memory.failures.checked_sub(UNHEALTHY_AFTER) {
        let pause_ms = PAUSE_MS.saturating_mul(1 << beyond.min(10)).min(PAUSE_MAX_MS);
        memory.paused_until_ms = now_ms + pause_ms;
    }
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
            next_at_ms: next_at_ms.map(|next| next.max(memory.paused_until_ms)),
            failures: memory.failures,
            is_unhealthy: ticks.is_err() || memory.failures >= UNHEALTHY_AFTER,
            last_error: ticks.err().unwrap_or(memory.last_error),
        });
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_schedule_pauses_longer_and_longer_and_recovers() {
        let mut memory = Memory { last_key: "k".into(), ..Memory::default() };
        let mut pauses = Vec::new();
        for _ in 0..9 {
            note(&mut memory, Some("no connection".into()), 1_000);
            pauses.push((memory.paused_until_ms - 1_000).max(-1_000) / 60_000);
        }
        assert_eq!(pauses, [0, 0, 10, 20, 40, 80, 160, 320, 360]);
        note(&mut memory, None, 2_000);
        assert_eq!(memory, Memory { last_key: "k".into(), ..Memory::default() });
    }

    #[test]
    fn many_ticks_in_one_stretch_are_one_run() {
        let ticks = Ticks::parse("*/10 * * * * *", "UTC").unwrap();
        assert_eq!(latest_tick(&ticks, 0, 35_000), Some(30_000));
        assert_eq!(latest_tick(&ticks, 30_000, 35_000), None);
    }

    #[test]
    fn a_tick_missed_long_ago_is_not_replayed() {
        let ticks = Ticks::parse("0 30 2 * * *", "UTC").unwrap();
        let (tick, hour) = (9_000_000, 3_600_000);
        assert_eq!(latest_tick(&ticks, 0, tick + hour - 1), Some(tick));
        assert_eq!(latest_tick(&ticks, 0, tick + 2 * hour), None);
    }
}
