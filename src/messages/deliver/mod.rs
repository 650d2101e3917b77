//! The second half of the way: one desk per app takes what is due, the most urgent first, and sends it.
//!
//! Before a request goes out it is stored that it does. What is found in that state after a crash may have arrived, and is
//! repeated exactly as it was, with WeCom's duplicate check (doc path 90236).

mod apply;
mod choose;
mod counts;
mod desk;
mod meters;
mod send;

pub(super) use counts::DAY_PER_SEAT;
pub(super) use desk::Desk;
pub use desk::Paused;
pub(super) use meters::Meters;

use super::Messages;
use super::outcome::{self, Judged, Pause};
use crate::model::{CallId, CallState, SendCall};
use crate::store::outbox;
use crate::store::{self, StoreError, WriteTx};
use crate::wecom::Patience;
use choose::Choice;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::task::TaskTracker;

/// Fingerprints that are forgotten with each group of calls.
const FORGOTTEN_AT_ONCE: usize = 64;
/// Pause after the store failed.
const AFTER_FAILURE: Duration = Duration::from_millis(AFTER_FAILURE_MS.unsigned_abs());
/// The same in milliseconds.
const AFTER_FAILURE_MS: i64 = 2_000;

/// Works until it is stopped.
pub(super) async fn run(messages: &Messages, desk: &Arc<Desk>) {
    let (env, stop) = (messages.env(), &messages.0.stop);
    let calls = TaskTracker::new();
    let mut is_counted = false;
    while !stop.is_cancelled() {
        let woken = desk.wake.notified();
        if !is_counted {
            if let Err(error) = remember(messages, desk).await {
                tracing::error!(%error, "the outbox of {} cannot be read: {error}", desk.name);
                env.clock.pause(AFTER_FAILURE, stop).await;
                continue;
            }
            is_counted = true;
        }
        let next_ms = match step(messages, desk, &calls).await {
            Ok(Step::More) => continue,
            Ok(Step::CountAnew) => {
                is_counted = false;
                continue;
            }
            Ok(Step::Idle { next_ms }) => next_ms,
            Err(error) => {
                tracing::error!(%error, "{} cannot send: {error}; it is tried again", desk.name);
                // what was counted for calls that did not go out
                is_counted = false;
                Some(env.clock.now_ms() + AFTER_FAILURE_MS)
            }
        };
        env.clock.until_due_or_told(next_ms, woken, stop).await;
    }
    calls.close();
    calls.wait().await;
}

/// Counts what was sent in the last hour and today, from the store.
async fn remember(messages: &Messages, desk: &Arc<Desk>) -> Result<(), StoreError> {
    let (desk, now_ms) = (Arc::clone(desk), messages.env().clock.now_ms());
    messages.env().store.read_async(move |tx| desk.remember(tx, now_ms)).await
}

enum Step {
    More,
    /// The corp is another WeCom than the counters are of.
    CountAnew,
    Idle {
        next_ms: Option<i64>,
    },
}

async fn step(messages: &Messages, desk: &Arc<Desk>, calls: &TaskTracker) -> Result<Step, StoreError> {
    let env = messages.env();
    let now_ms = env.clock.now_ms();
    let (limit, is_fair) = match desk.room(now_ms) {
        Ok((0, _)) => return Ok(Step::Idle { next_ms: None }),
        Ok(room) => room,
        Err(until_ms) => return Ok(Step::Idle { next_ms: Some(until_ms) }),
    };
    let busy = desk.under_way();
    let (name, key) = (desk.name.clone(), desk.corp.clone());
    let asked = Arc::clone(desk);
    let (due, corp, is_outdated) = env
        .store
        .read_async(move |tx| {
            let tried = asked.tried();
            let is_free = |id: &str| !busy.contains(id);
            let mut due = outbox::due(tx, &name, now_ms, limit, is_fair, |id| is_free(id) && !tried.contains(id))?;
            if due.calls.is_empty() && !tried.is_empty() {
                asked.forget_tried();
                due = outbox::due(tx, &name, now_ms, limit, is_fair, is_free)?;
            }
            Ok((due, store::corps::find(tx, &key)?, asked.is_outdated(tx)?))
        })
        .await?;
    if is_outdated {
        return Ok(Step::CountAnew);
    }
    if due.calls.is_empty() {
        return Ok(Step::Idle { next_ms: due.next_ms });
    }
    let Some(corp) = corp.filter(|corp| corp.find_app(&desk.app).is_some()) else {
        fail(messages, due.calls, now_ms).await?;
        return Ok(Step::More);
    };
    let client = match env.client(&corp).await {
        Ok(client) => client,
        Err(error) => {
            let pause = Pause { until_ms: None, is_fault: true, code: "settings", text: error.to_string() };
            desk.close_gate(&pause, None, now_ms);
            return Ok(Step::More);
        }
    };
    let chosen: Vec<(SendCall, Choice)> = due
        .calls
        .into_iter()
        .map(|call| {
            let choice = choose::choose(desk, &corp, &call, now_ms);
            (call, choice)
        })
        .collect();
    let chosen = Arc::new(chosen);
    let ids: Vec<String> = chosen.iter().map(|_| messages.new_id()).collect();
    let collects = |(call, choice): &(SendCall, Choice)| {
        matches!(choice, Choice::Divide { .. }) || call.carries.len() > 1 && call.first_sent_at_ms.is_none()
    };
    let may_collect = chosen.iter().any(collects);
    let asked = Arc::clone(&chosen);
    let write = move |tx: &WriteTx| {
        outbox::forget_prints(tx, now_ms, FORGOTTEN_AT_ONCE)?;
        let mut go = Vec::new();
        for ((call, choice), id) in asked.iter().zip(&ids) {
            let call = apply::apply(tx, call, choice, &CallId::from(id.as_str()), now_ms)?;
            go.extend(call.map(|call| (call, choice.over())));
        }
        Ok(go)
    };
    let written = env.store.write(write).await;
    if may_collect {
        // whoever ends bursts must learn of a new one, and of one whose commit failed and may be there all the same
        messages.0.accepted.notify_one();
    }
    let go: Vec<(SendCall, HashSet<String>)> = written?;
    for (call, choice) in chosen.iter() {
        if !go.iter().any(|(went, _)| went.id == call.id) {
            // recalled, or changed in another way, since it was chosen; or its digest is put together anew
            choice.take_back(desk, call, now_ms);
        }
    }
    let client = Arc::new(client.with_patience(Patience::Interactive));
    let agentid = corp.find_app(&desk.app).map_or(0, |app| app.agentid);
    for (call, over) in go {
        desk.begin(&call, now_ms);
        let (messages, desk, client) = (messages.clone(), Arc::clone(desk), Arc::clone(&client));
        calls.spawn(async move {
            let id = call.id.to_string();
            send::send(&messages, &desk, &client, agentid, call, over, now_ms).await;
            desk.end(&id);
        });
    }
    Ok(Step::More)
}

/// The corp or the app is not there any more.
async fn fail(messages: &Messages, calls: Vec<SendCall>, now_ms: i64) -> Result<(), StoreError> {
    let write = move |tx: &WriteTx| {
        calls.iter().try_for_each(|call| {
            let text = "the corp or the app was removed".to_owned();
            let judged = match call.state == CallState::Sending || call.doubts > 0 {
                true => Judged::Unknown { text: format!("an attempt was lost, and {text}") },
                false => Judged::Failed { code: "no_app", text, errcode: 0 },
            };
            outcome::write(tx, call, &judged, &HashSet::new(), now_ms).map(drop)
        })
    };
    messages.env().store.write(write).await
}
