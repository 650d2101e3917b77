//! What is old is removed every night: runs with their journals and plans, the history of persons, and what has run out
//! anyway. How long things are kept is among the base settings; what may still be needed stays whatever its age.

use crate::admin::settings::{self, Settings};
use crate::admin::{forget_attempts, sessions};
use crate::app::App;
use crate::model::{Actor, PlanId};
use crate::store::idempotency::KEPT_MS as ANSWERS_KEPT_MS;
use crate::store::{self, CHUNK_ROWS, Scope, StoreError};
use crate::sync::facts;
use crate::sync::service::KEPT_MS as PLANS_KEPT_MS;
use chrono::{DateTime, Timelike};
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::{NoContext, Timestamp, Uuid};

const LAST_DAY: &str = "retention_last_day";
/// The hour from which on it is done, in China's one time zone: after the nightly backup, which usually is at three.
const HOUR: u32 = 4;
const ZONE_MS: i64 = 8 * 3_600_000;
const DAY_MS: i64 = 24 * 3_600_000;
/// How often the time is looked at.
const EVERY: Duration = Duration::from_secs(60);

/// Runs of each corp that have applied a plan and stay whatever their age, so that they can be looked at and undone.
pub const RUNS_SPARED: usize = 10;
/// Guards count removals and creations over 30 days.
const REMOVALS_KEPT_MS: i64 = 60 * DAY_MS;
/// Runs removed in one commit; a large one has 100,000 journal rows.
const RUNS_AT_ONCE: usize = 3;
/// Plans removed in one commit.
const PLANS_AT_ONCE: usize = 3;

/// How much was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Cleaned {
    /// Runs, with their journals and the plans that they applied.
    pub runs: u64,
    /// Plans that nobody applied, a week after they expired.
    pub plans: u64,
    /// Changes of plans that a crash has left without a head.
    pub plan_remains: u64,
    /// Changes in the history of persons.
    pub history: u64,
    /// Answers kept for repeated requests.
    pub answers: u64,
    /// Sessions that have ended.
    pub sessions: u64,
    /// Failed sign-ins that count no more.
    pub attempts: u64,
    /// Notes of removals and creations that no guard counts any more.
    pub removals: u64,
    /// Rows of the audit log.
    pub audit: u64,
}

/// Cleans up every night until `stop`.
pub async fn run(app: Arc<App>, stop: CancellationToken) {
    loop {
        // first the pause: a start has other things to do
        tokio::select! {
            () = app.clock.sleep(EVERY) => {}
            () = stop.cancelled() => return,
        }
        if let Err(error) = clean_if_due(&app).await {
            tracing::error!(%error, "the nightly clean-up failed: {error}");
        }
    }
}

/// Cleans up once a day, at the hour or as soon after it as the appliance runs.
pub async fn clean_if_due(app: &App) -> Result<Option<Cleaned>, StoreError> {
    let now = DateTime::from_timestamp_millis(app.clock.now_ms() + ZONE_MS).unwrap_or_default();
    if now.hour() < HOUR {
        return Ok(None);
    }
    let today = now.format("%Y-%m-%d").to_string();
    let last: Option<String> = app.store.read_async(|tx| store::settings::get(tx, Scope::Appliance, LAST_DAY)).await?;
    if last.as_deref() == Some(&today) {
        return Ok(None);
    }
    // first the mark: what fails is not tried again every minute of the day
    app.store.write(move |tx| store::settings::put(tx, Scope::Appliance, LAST_DAY, &today)).await?;
    clean(app).await.map(Some)
}

/// Removes what is older than the settings say, in small commits. Leaves one row in the audit log where anything was
/// removed for good that a person might look for.
pub async fn clean(app: &App) -> Result<Cleaned, StoreError> {
    let settings = settings::get(&app.admin).await?;
    let now_ms = app.clock.now_ms();
    let mut cleaned = Cleaned::default();
    if let Some(before_ms) = before(now_ms, settings.keep_runs_days) {
        cleaned.runs = remove_runs(app, before_ms).await?;
    }
    cleaned.plans = remove_plans(app, now_ms - PLANS_KEPT_MS).await?;
    let oldest = plan_id_of(now_ms - DAY_MS);
    cleaned.plan_remains = app.store.write(move |tx| store::plans::remove_headless(tx, &oldest)).await?;
    if let Some(before_ms) = before(now_ms, settings.keep_history_days) {
        cleaned.history = remove_history(app, before_ms).await?;
    }
    cleaned.answers = remove_answers(app, now_ms - ANSWERS_KEPT_MS).await?;
    cleaned.sessions = sessions::forget_ended(&app.admin).await?;
    cleaned.attempts = forget_attempts(&app.admin).await?;
    let removed = app.store.write(move |tx| {
        // by a clock that is ahead, what the guards still count would be old
        if facts::do_clocks_differ(tx)? {
            return Ok(0);
        }
        store::removals::remove_before(tx, now_ms - REMOVALS_KEPT_MS)
    });
    let removed = removed.await?;
    cleaned.removals = removed as u64;
    if let Some(before_ms) = before(now_ms, settings.keep_audit_days) {
        cleaned.audit = remove_audit(app, before_ms).await?;
    }
    if cleaned.runs + cleaned.plans + cleaned.history + cleaned.audit > 0 {
        note(app, &settings, cleaned).await?;
        tracing::info!(
            runs = cleaned.runs,
            history = cleaned.history,
            audit = cleaned.audit,
            "old records were removed"
        );
    }
    Ok(cleaned)
}

fn before(now_ms: i64, days: u32) -> Option<i64> {
    (days > 0).then(|| now_ms - i64::from(days) * DAY_MS)
}

async fn remove_runs(app: &App, before_ms: i64) -> Result<u64, StoreError> {
    let mut total = 0;
    loop {
        let remove = move |tx: &store::WriteTx| store::runs::remove_before(tx, before_ms, RUNS_SPARED, RUNS_AT_ONCE);
        match app.store.write(remove).await? {
            0 => return Ok(total),
            removed => total += removed as u64,
        }
    }
}

async fn remove_plans(app: &App, before_ms: i64) -> Result<u64, StoreError> {
    let mut total = 0;
    loop {
        let remove = move |tx: &store::WriteTx| store::plans::remove_expired(tx, before_ms, PLANS_AT_ONCE);
        match app.store.write(remove).await? {
            0 => return Ok(total),
            removed => total += removed as u64,
        }
    }
}

async fn remove_history(app: &App, before_ms: i64) -> Result<u64, StoreError> {
    let (mut total, mut from) = (0, None);
    loop {
        let read = move |tx: &store::ReadTx| store::directory::old_history(tx, before_ms, from.as_ref(), CHUNK_ROWS);
        let (old, next) = app.store.read_async(read).await?;
        total += old.len() as u64;
        app.store.write(move |tx| store::directory::remove_history(tx, &old)).await?;
        if next.is_none() {
            return Ok(total);
        }
        from = next;
    }
}

async fn remove_answers(app: &App, before_ms: i64) -> Result<u64, StoreError> {
    let mut total = 0;
    loop {
        let remove = move |tx: &store::WriteTx| store::idempotency::remove_before(tx, before_ms, CHUNK_ROWS);
        match app.store.write(remove).await? {
            0 => return Ok(total),
            removed => total += removed as u64,
        }
    }
}

async fn remove_audit(app: &App, before_ms: i64) -> Result<u64, StoreError> {
    let mut total = 0;
    loop {
        let remove = move |tx: &store::WriteTx| store::audit::remove_before(tx, before_ms, CHUNK_ROWS);
        match app.store.write(remove).await? {
            0 => return Ok(total),
            removed => total += removed,
        }
    }
}

async fn note(app: &App, settings: &Settings, cleaned: Cleaned) -> Result<(), StoreError> {
    let kept = json!({
        "keep_runs_days": settings.keep_runs_days,
        "keep_history_days": settings.keep_history_days,
        "keep_audit_days": settings.keep_audit_days,
    });
    app.store
        .write(move |tx| {
            let (kept, removed) = (kept.clone(), json!(cleaned));
            store::audit::append(tx, &Actor::schedule(), "retention.clean", "appliance", Some(kept), Some(removed))
                .map(drop)
        })
        .await
}

/// The smallest id of a plan that was made at this moment or later: ids sort by time.
fn plan_id_of(at_ms: i64) -> PlanId {
    let at_ms = u64::try_from(at_ms).unwrap_or(0);
    let subsecond_nanos = u32::try_from(at_ms % 1_000).unwrap_or(0) * 1_000_000;
    let mut bytes = *Uuid::new_v7(Timestamp::from_unix(NoContext, at_ms / 1_000, subsecond_nanos)).as_bytes();
    bytes[6..].fill(0);
    PlanId::from(Uuid::from_bytes(bytes).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_a_moment_stands_before_those_made_then() {
        for at_ms in [1_i64, 999, 1_700_000_000_123] {
            let id = plan_id_of(at_ms);
            let nanos = u32::try_from(at_ms % 1_000).unwrap() * 1_000_000;
            let seconds = u64::try_from(at_ms).unwrap() / 1_000;
            let made = Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, nanos)).to_string();
            assert!(id.as_str() <= made.as_str() && id.as_str()[..13] == made[..13], "{id} {made}");
            assert!(plan_id_of(at_ms + 1).as_str() > made.as_str());
        }
    }
}
