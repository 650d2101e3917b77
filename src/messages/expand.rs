//! The first half of the way: takes accepted messages, finds their recipients, and makes the calls. Also says when bursts end.

use super::compose::Composed;
use super::plan::{self, Batch, CALL_MAX};
use super::{Messages, bursts, cards, recall, resolve};
use crate::model::{CallId, CallState, Message, MessageHead, SendCall, Tally};
use crate::store::outbox;
use crate::store::{self, StoreError, WriteTx};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Messages that are looked at together.
const AT_ONCE: usize = 64;
/// Deliveries of small messages that are written in one commit.
const ROWS_AT_ONCE: usize = 400;
/// Bursts that are ended together.
const BURSTS_AT_ONCE: usize = 1_000;
/// Messages that these have collected, where it is more than one burst.
const COLLECTED_AT_ONCE: u64 = 10_000;
/// Pause after the store failed.
const AFTER_FAILURE: Duration = Duration::from_secs(2);

/// A message with everything that is made of it.
struct Expansion {
    message: Message,
    targets: Vec<Composed>,
    batches: Vec<Batch>,
}

impl Expansion {
    fn rows(&self) -> usize {
        self.batches.iter().map(|batch| batch.rows.len()).sum()
    }
}

/// Works until it is stopped.
pub(super) async fn run(messages: &Messages) {
    let (env, stop) = (messages.env(), &messages.0.stop);
    if let Err(error) = messages.wake_all().await.and(recall::resume(messages).await) {
        tracing::error!(%error, "the outbox cannot be read: {error}");
    }
    while !stop.is_cancelled() {
        // asked for before the look, so that nothing that is accepted in between is overlooked
        let accepted = messages.0.accepted.notified();
        let next_ms = match step(messages).await {
            Ok(Step::More) => continue,
            Ok(Step::Idle { next_ms }) => next_ms,
            Err(error) => {
                tracing::error!(%error, "recipients cannot be found: {error}; it is tried again");
                env.clock.pause(AFTER_FAILURE, stop).await;
                // a commit that failed may be there all the same
                if let Err(error) = messages.wake_all().await {
                    tracing::error!(%error, "the outbox cannot be read: {error}");
                }
                continue;
            }
        };
        env.clock.until_due_or_told(next_ms, accepted, stop).await;
    }
}

enum Step {
    /// There may be more to do at once.
    More,
    /// Nothing to do before that time.
    Idle { next_ms: Option<i64> },
}

async fn step(messages: &Messages) -> Result<Step, StoreError> {
    let env = messages.env();
    let (composer, new_ids) = (Arc::clone(&messages.0.composer), messages.clone());
    let now_ms = env.clock.now_ms();
    let (expansions, bursts, next_ms) = env
        .store
        .read_async(move |tx| {
            let mut list = Vec::new();
            let mut rows = 0;
            for message in store::messages::queued(tx, AT_ONCE)? {
                let targets = unique(composer.compose(tx, &message)?);
                let people = resolve::people(tx, &message)?;
                let batches = plan::batches(tx, &message, &people, &targets, now_ms, || new_ids.new_id())?;
                let expansion = Expansion { message, targets, batches };
                rows += expansion.rows();
                list.push(expansion);
                if rows >= ROWS_AT_ONCE {
                    break;
                }
            }
            let (mut bursts, next_ms) = outbox::due_bursts(tx, now_ms, BURSTS_AT_ONCE)?;
            bursts.truncate(portion(bursts.iter().map(|burst| burst.collected)));
            Ok((list, bursts, next_ms))
        })
        .await?;
    let is_idle = expansions.is_empty() && bursts.is_empty();
    write(messages, expansions, now_ms).await?;
    if !bursts.is_empty() {
        bursts::end(messages, bursts, now_ms).await?;
    }
    Ok(if is_idle { Step::Idle { next_ms } } else { Step::More })
}

/// How many bursts, which have collected so much each, are ended together.
fn portion(collected: impl Iterator<Item = u64>) -> usize {
    let mut sum = 0_u64;
    let fits = |count: &u64| {
        sum = sum.saturating_add(*count);
        sum <= COLLECTED_AT_ONCE
    };
    collected.take_while(fits).count().max(1)
}

/// Of the targets of different rules at one app the first one stays: nobody gets the same message twice in one app.
fn unique(targets: Vec<Composed>) -> Vec<Composed> {
    let mut kept: Vec<Composed> = Vec::new();
    for target in targets {
        let is_there =
            |other: &Composed| other.corp == target.corp && other.app == target.app && other.rule != target.rule;
        if !kept.iter().any(is_there) {
            kept.push(target);
        }
    }
    kept
}

/// Writes what was found: small messages together, large ones batch by batch.
async fn write(messages: &Messages, expansions: Vec<Expansion>, now_ms: i64) -> Result<(), StoreError> {
    let mut small = Vec::new();
    for expansion in expansions {
        if expansion.rows() <= CALL_MAX && expansion.batches.len() <= 8 {
            small.push(expansion);
        } else {
            flush(messages, std::mem::take(&mut small), now_ms).await?;
            write_large(messages, expansion, now_ms).await?;
        }
    }
    flush(messages, small, now_ms).await
}

async fn flush(messages: &Messages, small: Vec<Expansion>, now_ms: i64) -> Result<(), StoreError> {
    if small.is_empty() {
        return Ok(());
    }
    let apps = messages
        .env()
        .store
        .write(move |tx| {
            let mut apps = BTreeSet::new();
            for expansion in &small {
                // recalled meanwhile, or found in an attempt whose answer was lost
                if !store::messages::is_queued(tx, &expansion.message)? {
                    continue;
                }
                store::deliveries::clear(tx, &expansion.message.tenant, &expansion.message.id)?;
                let mut calls = Vec::new();
                for batch in &expansion.batches {
                    let made = plan::lay_down(tx, &expansion.message, &expansion.targets, batch, true, now_ms)?;
                    calls.extend(made);
                }
                apps.extend(calls.iter().map(|call| outbox::app_name(&call.corp, &call.app)));
                finish(tx, &expansion.message, calls.into_iter().map(|call| call.id).collect(), now_ms)?;
                cards::drop_ended(tx, &expansion.message, now_ms)?;
            }
            Ok(apps)
        })
        .await?;
    apps.iter().for_each(|app| messages.wake(app));
    Ok(())
}

/// Everybody is written: the message stands as a whole and leaves the queue.
fn finish(tx: &WriteTx, message: &Message, calls: Vec<CallId>, now_ms: i64) -> Result<(), StoreError> {
    let mut tally = Tally::default();
    store::deliveries::scan(tx, &message.id, |row| {
        tally.add(row.state);
        Ok(std::ops::ControlFlow::Continue(()))
    })?;
    let head = MessageHead {
        id: message.id.clone(),
        tenant: message.tenant.clone(),
        source: message.source.clone(),
        expanded_at_ms: now_ms,
        tally,
        calls,
        recall_at_ms: store::messages::head(tx, &message.id)?.and_then(|head| head.recall_at_ms),
    };
    store::messages::put_head(tx, &head)?;
    store::messages::dequeue(tx, message)
}

async fn write_large(messages: &Messages, expansion: Expansion, now_ms: i64) -> Result<(), StoreError> {
    let env = messages.env();
    let Expansion { message, targets, batches } = expansion;
    let (message, targets) = (Arc::new(message), Arc::new(targets));
    let first = Arc::clone(&message);
    // what an interrupted attempt has left is taken out again
    env.store
        .write(move |tx| {
            for row in store::deliveries::list(tx, &first.id, 0, usize::MAX)? {
                let Some(id) = row.call else { continue };
                // only what that attempt made; a call that goes out, or carries something else too, is not its own
                let is_own = |call: &SendCall| {
                    matches!(call.state, CallState::Prepared | CallState::Dropped)
                        && call.carries.iter().all(|carried| carried.message == first.id)
                };
                if outbox::call(tx, &id)?.as_ref().is_some_and(is_own) {
                    outbox::remove_call(tx, &id)?;
                }
            }
            store::deliveries::clear(tx, &first.tenant, &first.id)?;
            store::messages::note_source(tx, &first)
        })
        .await?;
    let mut calls = Vec::new();
    for batch in batches {
        let (message, targets) = (Arc::clone(&message), Arc::clone(&targets));
        let made = env.store.write(move |tx| plan::lay_down(tx, &message, &targets, &batch, false, now_ms)).await?;
        calls.extend(made);
    }
    let apps = env
        .store
        .write(move |tx| {
            let mut apps = BTreeSet::new();
            let is_recalled = !store::messages::is_queued(tx, &message)?;
            for made in &calls {
                // as it is in this very commit: its corp may have left the WeCom meanwhile
                let Some(mut call) = outbox::call(tx, &made.id)? else { continue };
                if call.state == CallState::Prepared {
                    call.state = if is_recalled { CallState::Dropped } else { CallState::Waiting };
                    outbox::put_call(tx, &call)?;
                }
                apps.insert(outbox::app_name(&call.corp, &call.app));
            }
            finish(tx, &message, calls.iter().map(|call| call.id.clone()).collect(), now_ms)?;
            if is_recalled {
                recall::cancel_all(tx, &message, now_ms)?;
            }
            cards::drop_ended(tx, &message, now_ms)?;
            Ok(apps)
        })
        .await?;
    apps.iter().for_each(|app| messages.wake(app));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_rules_at_one_app_the_first_speaks() {
        let target = |rule: &str, app: &str| Composed {
            rule: rule.into(),
            corp: "c".into(),
            app: app.into(),
            contents: Ok(Vec::new()),
            quiet: None,
            digest_ms: None,
        };
        let list = unique(vec![target("1", "a"), target("2", "a"), target("2", "b"), target("1", "a")]);
        let kept: Vec<String> = list.iter().map(|target| format!("{}{}", target.rule, target.app)).collect();
        assert_eq!(kept, ["1a", "2b", "1a"]);
    }

    #[test]
    fn bursts_end_together_as_far_as_they_are_not_too_much() {
        for (collected, count) in [
            (vec![0, 2, 3], 3),
            (vec![COLLECTED_AT_ONCE - 1, 1, 1], 2),
            (vec![COLLECTED_AT_ONCE + 1, 1], 1),
            (vec![u64::MAX, u64::MAX], 1),
        ] {
            assert_eq!(portion(collected.iter().copied()), count, "{collected:?}");
        }
    }
}
