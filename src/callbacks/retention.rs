//! How long callbacks are kept. What repeats and replays are recognised by goes with them, so a callback that was signed
//! before that is not taken.

use super::Callbacks;
use crate::model::Actor;
use crate::store::{self, Reads, Scope, StoreError};
use serde::{Deserialize, Serialize};
use std::sync::atomic::Ordering;
use std::time::Duration;
use utoipa::ToSchema;

const NAME: &str = "callbacks.inbox";
/// Rows that one transaction removes.
const REMOVED_AT_ONCE: usize = 500;
/// How often it is looked.
const EVERY: Duration = Duration::from_secs(600);
/// Counters of callbacks by day are kept for so long.
const COUNTERS_MS: i64 = 400 * 24 * 3_600 * 1_000;

/// What an administrator sets about the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct InboxSettings {
    /// Days for which received callbacks are kept, 1 to 365.
    #[schema(minimum = 1, maximum = 365)]
    pub kept_days: u32,
}

impl Default for InboxSettings {
    fn default() -> Self {
        Self { kept_days: 30 }
    }
}

impl InboxSettings {
    /// Days that can be set.
    pub const KEPT_DAYS: std::ops::RangeInclusive<u32> = 1..=365;

    /// The same in milliseconds.
    pub fn kept_ms(self) -> i64 {
        i64::from(self.kept_days) * 24 * 3_600 * 1_000
    }
}

/// The settings in force.
pub(super) fn get(tx: &impl Reads) -> Result<InboxSettings, StoreError> {
    Ok(store::settings::get(tx, Scope::Appliance, NAME)?.unwrap_or_default())
}

impl Callbacks {
    /// What is set about the inbox.
    pub async fn settings(&self) -> Result<InboxSettings, StoreError> {
        self.0.store.read_async(get).await
    }

    /// Changes it.
    ///
    /// # Errors
    /// [`StoreError::Refused`] names the range; nothing is written then.
    pub async fn put_settings(&self, actor: &Actor, settings: InboxSettings) -> Result<(), StoreError> {
        if !InboxSettings::KEPT_DAYS.contains(&settings.kept_days) {
            return Err(StoreError::Refused("kept_days must be from 1 to 365".into()));
        }
        let actor = actor.clone();
        let written = self.0.store.write(move |tx| {
            let before = get(tx)?;
            if before == settings {
                return Ok(());
            }
            store::settings::put(tx, Scope::Appliance, NAME, &settings)?;
            let json = |value: InboxSettings| serde_json::to_value(value).ok();
            store::audit::append(tx, &actor, "inbox.settings", "inbox", json(before), json(settings)).map(drop)
        });
        written.await?;
        self.0.kept_ms.store(settings.kept_ms(), Ordering::Relaxed);
        Ok(())
    }

    /// Removes what is older than what is kept; answers how many callbacks went.
    pub async fn forget_old(&self) -> Result<usize, StoreError> {
        let before_ms = self.0.clock.now_ms() - self.0.kept_ms.load(Ordering::Relaxed);
        let mut removed = 0;
        let first_day = store::outbox::day_of(self.0.clock.now_ms() - COUNTERS_MS);
        for corp in self.0.store.read_async(store::corps::list).await? {
            let key = corp.key.clone();
            self.0.store.write(move |tx| store::callback_days::forget(tx, &key, first_day)).await?;
            loop {
                let key = corp.key.clone();
                let gone =
                    self.0.store.write(move |tx| store::inbox::remove_before(tx, &key, before_ms, REMOVED_AT_ONCE));
                let gone = gone.await?;
                removed += gone;
                if gone < REMOVED_AT_ONCE || self.0.stop.is_cancelled() {
                    break;
                }
            }
        }
        self.0.store.write(move |tx| store::inbox::remove_broken_before(tx, before_ms)).await?;
        // tellings say what the callbacks said
        self.0.webhooks.remove_before(before_ms).await?;
        Ok(removed)
    }
}

/// Looks from time to time until the appliance stops.
pub(super) async fn run(callbacks: Callbacks) {
    loop {
        match callbacks.forget_old().await {
            Ok(0) | Err(StoreError::Closed) => {}
            Ok(removed) => tracing::info!("{removed} old callbacks were removed"),
            Err(error) => tracing::error!(%error, "old callbacks could not be removed"),
        }
        if !callbacks.0.clock.pause(EVERY, &callbacks.0.stop).await {
            return;
        }
    }
}
