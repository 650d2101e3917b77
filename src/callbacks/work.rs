//! The work on what was received: in the order of receipt, several items in one transaction, each done once.

use super::ids::Ids;
use super::{Callbacks, follow_ups, route};
use crate::clock::Stopwatch;
use crate::model::{CorpKey, InboxId, InboxItem, InboxState};
use crate::store::callback_days::CallbackDay;
use crate::store::inbox::{Before, Received, with_work};
use crate::store::{self, Reads, StoreError, WriteTx};
use std::collections::BTreeMap;
use std::time::Duration;

/// Items of one transaction.
const AT_ONCE: usize = 200;
/// Items that one transaction unpacks, or a few more.
const UNPACKED_AT_ONCE: usize = 400;
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
        let watch = Stopwatch::start();
        let (pause, has_more) = match round(&callbacks).await {
            // answers come first: under load the work takes half of the time
            Ok(true) => (watch.elapsed(), true),
            Ok(false) => (LOOK_EVERY, false),
            Err(StoreError::Closed) => return,
            Err(error) => {
                tracing::error!(%error, "the work on callbacks stands still: {error}");
                (PAUSE, true)
            }
        };
        callbacks.0.worked.notify_waiters();
        if callbacks.0.stop.is_cancelled() {
            return;
        }
        tokio::select! {
            () = &mut stored, if !has_more => {}
            () = callbacks.0.clock.sleep(pause) => {}
            () = callbacks.0.stop.cancelled() => return,
        }
    }
}

impl Callbacks {
    /// Says to the queues that work may have put something into them, and to whoever waits for a job of WeCom that one may
    /// have ended.
    fn wake_queues(&self, has_ended_job: bool) {
        if has_ended_job {
            self.0.jobs.env().job_has_ended();
        }
        self.0.pull_wanted.notify_one();
        self.0.pieces_wait.notify_one();
        self.0.webhooks.wake();
        self.0.messages.wake_cards();
    }
}

/// One round over what waits, then over what has arrived; whether there may be more to do at once.
async fn round(callbacks: &Callbacks) -> Result<bool, StoreError> {
    let has_more = waiting(callbacks).await?;
    Ok(match unpack(callbacks).await? {
        Unpacked::All => has_more,
        Unpacked::Some => true,
        Unpacked::PutAside => {
            waiting(callbacks).await?;
            true
        }
    })
}

/// Works on what waits, corp by corp; whether there may be more.
async fn waiting(callbacks: &Callbacks) -> Result<bool, StoreError> {
    let store = &callbacks.0.store;
    let mut has_more = false;
    for corp in store.read_async(store::corps::list).await? {
        let key = corp.key.clone();
        let ids = store.read_async(move |tx| store::inbox::waiting(tx, &key, AT_ONCE)).await?;
        if ids.is_empty() {
            continue;
        }
        has_more |= ids.len() == AT_ONCE;
        let (key, batch, maker) = (corp.key.clone(), ids.clone(), callbacks.0.ids.clone());
        match store.write(move |tx| work_on(tx, &maker, &key, &batch)).await {
            Ok(has_ended_job) => callbacks.wake_queues(has_ended_job),
            Err(StoreError::Closed) => return Err(StoreError::Closed),
            Err(error) => {
                tracing::warn!(corp = %corp.key, %error, "callbacks are worked on one by one: {error}");
                let done = one_by_one(callbacks, &corp.key, ids).await;
                callbacks.wake_queues(true);
                done?;
            }
        }
    }
    Ok(has_more)
}

/// What of that which has arrived was taken out of its rows.
enum Unpacked {
    /// Everything.
    All,
    /// There may be more.
    Some,
    /// Without its work, which did not succeed.
    PutAside,
}

/// Takes what has arrived out of its rows and does the work on it in the same transaction; where that fails, it is only put
/// among what waits.
async fn unpack(callbacks: &Callbacks) -> Result<Unpacked, StoreError> {
    if callbacks.0.intake.tail.is_empty() && !callbacks.0.store.read_async(store::inbox::has_arrived).await? {
        callbacks.0.intake.note_empty();
        return Ok(Unpacked::All);
    }
    let maker = callbacks.0.ids.clone();
    match callbacks.take_over(move |tx| work_on_arrived(tx, &maker)).await {
        Ok((taken, has_ended_job)) => {
            callbacks.0.intake.note_unpacked(taken);
            callbacks.wake_queues(has_ended_job);
            Ok(if taken < UNPACKED_AT_ONCE { Unpacked::All } else { Unpacked::Some })
        }
        Err(StoreError::Closed) => Err(StoreError::Closed),
        Err(error) => {
            tracing::warn!(%error, "what has arrived is put aside before it is worked on: {error}");
            let taken = callbacks.take_over(|tx| store::inbox::settle(tx, UNPACKED_AT_ONCE)).await?;
            callbacks.0.intake.note_unpacked(taken);
            Ok(Unpacked::PutAside)
        }
    }
}

/// Finds the item that fails. Those behind it wait, for the order counts, until it has failed often enough.
async fn one_by_one(callbacks: &Callbacks, corp: &CorpKey, ids: Vec<InboxId>) -> Result<(), StoreError> {
    for id in ids {
        let (key, one, maker) = (corp.clone(), [id.clone()], callbacks.0.ids.clone());
        let Err(error) = callbacks.0.store.write(move |tx| work_on(tx, &maker, &key, &one)).await else { continue };
        if matches!(error, StoreError::Closed) {
            return Err(error);
        }
        let (why, now_ms) = (error.to_string(), callbacks.0.clock.now_ms());
        tracing::error!(%corp, callback = %id, "the work on callback {id} failed: {why}");
        let key = corp.clone();
        let noted = callbacks.0.store.write(move |tx| {
            let Some(mut item) = store::inbox::find(tx, &key, &id)? else { return Ok(true) };
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

/// Does the work on these, in their order, in one transaction. Answers whether a job of WeCom has ended (doc path 90240).
fn work_on(tx: &WriteTx, maker: &Ids, corp: &CorpKey, ids: &[InboxId]) -> Result<bool, StoreError> {
    let context = route::Context { ids: maker, webhooks: store::webhooks::list(tx)? };
    let mut done = Done::default();
    with_work(tx, |inbox| {
        for id in ids {
            // gone with its corp, or worked on meanwhile
            let found = inbox.find(corp, id)?.filter(|item| item.state == InboxState::Waiting);
            let Some(mut item) = found else { continue };
            let before = Before::from(&item);
            done.work(tx, &context, &mut item)?;
            inbox.put(before, &item)?;
        }
        Ok(())
    })?;
    done.end(tx)
}

/// Unpacks the oldest of what has arrived, each with its work, but not before others of its corp that still wait. Answers how
/// many left their rows, and as [`work_on`].
fn work_on_arrived(tx: &WriteTx, maker: &Ids) -> Result<(usize, bool), StoreError> {
    let (items, taken) = store::inbox::take_arrived(tx, UNPACKED_AT_ONCE)?;
    let context = route::Context { ids: maker, webhooks: store::webhooks::list(tx)? };
    let mut done = Done::default();
    let mut held: BTreeMap<CorpKey, bool> = BTreeMap::new();
    with_work(tx, |inbox| {
        for mut item in items {
            if inbox.note(&item)? != Received::New {
                continue;
            }
            let is_held = match held.get(&item.corp) {
                Some(is_held) => *is_held,
                None => {
                    let waits = inbox.something_waits(&item.corp)?;
                    *held.entry(item.corp.clone()).or_insert(waits)
                }
            };
            if !is_held {
                done.work(tx, &context, &mut item)?;
            }
            inbox.put_new(&item)?;
        }
        Ok(())
    })?;
    Ok((taken, done.end(tx)?))
}

/// What the work of one transaction adds up to.
#[derive(Default)]
struct Done {
    days: BTreeMap<CorpKey, BTreeMap<u32, CallbackDay>>,
    has_ended_job: bool,
}

impl Done {
    /// Does the work on an item that waits, and notes in it that it is done.
    fn work(&mut self, tx: &WriteTx, context: &route::Context<'_>, item: &mut InboxItem) -> Result<(), StoreError> {
        let note = route::route(tx, context, item)?;
        follow_ups::note(tx, context.ids, item)?;
        self.has_ended_job |= item.kind == route::JOB_ENDED;
        item.state = InboxState::Done;
        item.attempts += 1;
        item.note = note;
        item.done_at_ms = Some(tx.now_ms());
        if item.replays == 0 {
            let days = self.days.entry(item.corp.clone()).or_default();
            days.entry(store::outbox::day_of(item.received_at_ms)).or_default().add(item.lag_ms());
        }
        Ok(())
    }

    /// Writes the counters; whether a job of WeCom has ended.
    fn end(self, tx: &WriteTx) -> Result<bool, StoreError> {
        for (corp, days) in &self.days {
            store::callback_days::add(tx, corp, days)?;
        }
        Ok(self.has_ended_job)
    }
}
