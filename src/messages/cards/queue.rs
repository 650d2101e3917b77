//! How much the updates of cards lag behind.

use crate::messages::Messages;
use crate::model::{AppKey, CorpKey};
use crate::store::{self, StoreError};
use std::collections::BTreeMap;

/// Updates that are counted at most.
const COUNTED_MAX: usize = 10_000;

/// The updates of one app's cards that are not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardQueue {
    /// Corp.
    pub corp: CorpKey,
    /// App.
    pub app: AppKey,
    /// How many; of all apps together at most 10,000 are counted.
    pub waiting: usize,
    /// How long the oldest of them has waited, seconds.
    pub oldest_s: i64,
    /// What the oldest waits for, as a sentence; empty while it was not tried.
    pub why: String,
}

impl Messages {
    /// Apps with updates of cards that are not over.
    pub async fn card_queues(&self) -> Result<Vec<CardQueue>, StoreError> {
        let now_ms = self.env().clock.now_ms();
        let (open, _) = self.env().store.read_async(|tx| store::todos::due(tx, i64::MAX, COUNTED_MAX)).await?;
        let mut queues: BTreeMap<(CorpKey, AppKey), CardQueue> = BTreeMap::new();
        for update in open {
            let oldest_s = (now_ms - update.made_at_ms).max(0) / 1_000;
            let key = (update.corp.clone(), update.app.clone());
            let queue = queues.entry(key).or_insert_with(|| CardQueue {
                corp: update.corp,
                app: update.app,
                waiting: 0,
                oldest_s: -1,
                why: String::new(),
            });
            queue.waiting += 1;
            if oldest_s > queue.oldest_s {
                queue.oldest_s = oldest_s;
                queue.why = update.error.unwrap_or_default();
            }
        }
        Ok(queues.into_values().collect())
    }
}
