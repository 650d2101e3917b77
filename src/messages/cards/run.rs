//! The queue of card updates: what is due is begun, and goes out beside the others, so that a call that takes long holds no
//! other card up.

use super::send::{self, AFTER_FAILURE, UpdateId, id_of};
use crate::messages::Messages;
use crate::model::CardUpdateState;
use crate::store::{self, StoreError};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::task::TaskTracker;

/// Updates under way at once.
const AT_ONCE: usize = 32;

/// What is under way.
#[derive(Clone, Default)]
struct UnderWay(Arc<Mutex<HashSet<UpdateId>>>);

impl UnderWay {
    fn lock(&self) -> MutexGuard<'_, HashSet<UpdateId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Works until it is stopped, beginning with what was interrupted.
pub(in crate::messages) async fn run(messages: &Messages) {
    let (env, stop) = (messages.env(), &messages.0.stop);
    let (calls, under_way) = (TaskTracker::new(), UnderWay::default());
    let mut is_resumed = false;
    while !stop.is_cancelled() {
        // asked for before the look, so that nothing that is written in between is overlooked
        let woken = messages.0.cards.notified();
        let next_ms = match step(messages, &calls, &under_way, &mut is_resumed).await {
            Ok(Step::More) => continue,
            Ok(Step::Idle { next_ms }) => next_ms,
            Err(StoreError::Closed) => break,
            Err(error) => {
                tracing::error!(%error, "updates of cards stand still: {error}; it is tried again");
                // a commit that failed may be there all the same
                is_resumed = false;
                env.clock.pause(AFTER_FAILURE, stop).await;
                continue;
            }
        };
        env.clock.until_due_or_told(next_ms, woken, stop).await;
    }
    calls.close();
    calls.wait().await;
}

enum Step {
    /// There may be more to do at once.
    More,
    /// Nothing to do before that time, or before one that is under way has ended.
    Idle { next_ms: Option<i64> },
}

async fn step(
    messages: &Messages,
    calls: &TaskTracker,
    under_way: &UnderWay,
    is_resumed: &mut bool,
) -> Result<Step, StoreError> {
    let env = messages.env();
    let busy = under_way.lock().clone();
    if !*is_resumed {
        let known = busy.clone();
        env.store.write(move |tx| send::resume(tx, &known)).await?;
        *is_resumed = true;
    }
    let room = AT_ONCE.saturating_sub(busy.len());
    if room == 0 {
        return Ok(Step::Idle { next_ms: None });
    }
    let (now_ms, limit) = (env.clock.now_ms(), AT_ONCE + busy.len());
    let (mut due, next_ms) = env.store.read_async(move |tx| store::todos::due(tx, now_ms, limit)).await?;
    due.retain(|update| update.state == CardUpdateState::Waiting);
    due.truncate(room);
    if due.is_empty() {
        return Ok(Step::Idle { next_ms });
    }
    for update in env.store.write(move |tx| send::begin(tx, &due, now_ms)).await? {
        let id = id_of(&update);
        under_way.lock().insert(id.clone());
        let (messages, under_way) = (messages.clone(), under_way.clone());
        calls.spawn(async move {
            send::one(&messages, update).await;
            under_way.lock().remove(&id);
            messages.wake_cards();
        });
    }
    Ok(Step::More)
}
