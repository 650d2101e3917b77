//! The work on what was received: in the order of receipt, several items in one transaction, each done once.

use super::{Callbacks, route};
use crate::model::{CorpKey, InboxItem, InboxState};
use crate::store::{self, StoreError, WriteTx};
use std::time::Duration;

/// Items of one transaction.
const AT_ONCE: usize = 100;
/// Tries before an item is put aside as failed.
const TRIES: u32 = 5;
/// Pause after a round in which something failed.
const PAUSE: Duration = Duration::from_secs(2);
/// Without being told, it is looked so often.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Works until the appliance stops.
pub(super) async fn run(callbacks: Callbacks) {
    loop {
        let stored = callbacks.0.stored.notified();
        tokio::pin!(stored);
        stored.as_mut().enable();
        let pause = match round(&callbacks).await {
            Ok(true) => None,
            Ok(false) => Some(LOOK_EVERY),
            Err(StoreError::Closed) => return,
            Err(error) => {
                tracing::error!(%error, "the work on callbacks stands still: {error}");
                Some(PAUSE)
            }
        };
        callbacks.0.worked.notify_waiters();
        if callbacks.0.stop.is_cancelled() {
            return;
        }
        if let Some(pause) = pause {
            tokio::select! {
                () = &mut stored => {}
                () = callbacks.0.clock.sleep(pause) => {}
                () = callbacks.0.stop.cancelled() => return,
            }
        }
    }
}

/// One round over all corps; whether there may be more to do at once.
async fn round(callbacks: &Callbacks) -> Result<bool, StoreError> {
    let store = &callbacks.0.store;
    let mut has_more = false;
    for corp in store.read_async(store::corps::list).await? {
        let key = corp.key.clone();
        let items = store.read_async(move |tx| store::inbox::waiting(tx, &key, AT_ONCE)).await?;
        if items.is_empty() {
            continue;
        }
        has_more |= items.len() == AT_ONCE;
        let batch = items.clone();
        let worked = store.write(move |tx| batch.iter().try_for_each(|item| work_on(tx, item))).await;
        match worked {
            Ok(()) => {}
            Err(StoreError::Closed) => return Err(StoreError::Closed),
            Err(error) => {
                tracing::warn!(corp = %corp.key, %error, "callbacks are worked on one by one: {error}");
                one_by_one(callbacks, &corp.key, items).await?;
            }
        }
    }
    Ok(has_more)
}

/// Finds the item that fails. Those behind it wait, for the order counts, until it has failed often enough.
async fn one_by_one(callbacks: &Callbacks, corp: &CorpKey, items: Vec<InboxItem>) -> Result<(), StoreError> {
    for item in items {
        let again = item.clone();
        let Err(error) = callbacks.0.store.write(move |tx| work_on(tx, &again)).await else { continue };
        if matches!(error, StoreError::Closed) {
            return Err(error);
        }
        let (why, now_ms) = (error.to_string(), callbacks.0.clock.now_ms());
        tracing::error!(%corp, callback = %item.id, "the work on callback {} failed: {why}", item.id);
        let noted = callbacks.0.store.write(move |tx| {
            let Some(mut item) = store::inbox::find(tx, &item.corp, &item.id)? else { return Ok(true) };
            item.attempts += 1;
            item.note = Some(why.clone());
            let is_over = item.attempts >= TRIES;
            if is_over {
                item.state = InboxState::Failed;
                item.done_at_ms = Some(now_ms);
            }
            store::inbox::put(tx, &item)?;
            Ok(is_over)
        });
        if !noted.await? {
            return Err(error);
        }
    }
    Ok(())
}

fn work_on(tx: &WriteTx, seen: &InboxItem) -> Result<(), StoreError> {
    use crate::store::Reads;
    // gone with its corp, or worked on meanwhile
    if !store::inbox::is_waiting(tx, &seen.corp, &seen.id)? {
        return Ok(());
    }
    let Some(mut item) = store::inbox::find(tx, &seen.corp, &seen.id)? else { return Ok(()) };
    let note = route::route(tx, &item)?;
    item.state = InboxState::Done;
    item.attempts += 1;
    item.note = note;
    item.done_at_ms = Some(tx.now_ms());
    store::inbox::put(tx, &item)
}
