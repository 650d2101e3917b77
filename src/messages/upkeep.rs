//! Removes what is older than the settings say, a little at a time.

use super::{Messages, cards};
use crate::model::Message;
use crate::store::{self, StoreError, WriteTx};
use std::time::Duration;

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(3_600);
/// Rows that are removed in one commit.
const ROWS_AT_ONCE: usize = 500;
/// Counters of days are kept so long, whatever the settings say: they hold no content.
const DAYS_MS: i64 = 400 * 24 * 3_600_000;

pub(super) async fn run(messages: &Messages) {
    let (env, stop) = (messages.env(), &messages.0.stop);
    while !stop.is_cancelled() {
        match messages.remove_old().await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "{count} rows of old messages were removed"),
            Err(error) => tracing::error!(%error, "old messages cannot be removed: {error}"),
        }
        env.clock.pause(EVERY, stop).await;
    }
}

/// Whether somebody may still decide a message on its card.
fn is_open(tx: &WriteTx, message: &Message, now_ms: i64) -> Result<bool, StoreError> {
    if !cards::has_buttons(message) || cards::valid_until(message) <= now_ms {
        return Ok(false);
    }
    Ok(store::todos::find(tx, &message.id)?.is_none_or(|todo| todo.end().is_none()))
}

impl Messages {
    /// Removes what is older than the settings say, but for what still waits and for to-dos that are open; answers how many
    /// rows that were.
    pub async fn remove_old(&self) -> Result<usize, StoreError> {
        let env = self.env();
        let keep_days = self.settings().await?.keep_days;
        let now_ms = env.clock.now_ms();
        let before_ms = now_ms - i64::from(keep_days) * 24 * 3_600_000;
        env.store.write(move |tx| store::outbox::forget_days(tx, store::outbox::day_of(now_ms - DAYS_MS))).await?;
        let mut total = 0;
        while !self.0.stop.is_cancelled() {
            let remove = move |tx: &WriteTx| {
                let is_open = |message: &Message| is_open(tx, message, now_ms);
                store::messages::remove_before(tx, before_ms, ROWS_AT_ONCE, is_open)
            };
            let removed = env.store.write(remove).await?;
            if removed == 0 {
                break;
            }
            total += removed;
        }
        Ok(total)
    }
}
