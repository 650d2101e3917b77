//! The first half of the way: takes accepted messages, finds their recipients, and makes the calls. Also ends bursts.

use super::compose::Composed;
use super::plan::{self, Batch, CALL_MAX};
use super::{Messages, digest, recall, resolve};
use crate::model::{
    CallId, CallState, Carried, Delivery, DeliveryState, Message, MessageHead, Priority, SendCall, Tally, UserId,
};
use crate::store::outbox::{self, Burst};
use crate::store::{self, StoreError, WriteTx};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Messages that are looked at together.
const AT_ONCE: usize = 64;
/// Deliveries of small messages that are written in one commit.
const ROWS_AT_ONCE: usize = 400;
/// Bursts that are ended together.
const BURSTS_AT_ONCE: usize = 1_000;
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
    if let Err(error) = messages.wake_all().await {
        tracing::error!(%error, "the outbox cannot be read: {error}");
    }
    while !stop.is_cancelled() {
        // asked for before the look, so that nothing that is accepted in between is overlooked
        let accepted = messages.0.accepted.notified();
        let next = match step(messages).await {
            Ok(Step::More) => continue,
            Ok(Step::Idle { next_ms }) => next_ms,
            Err(error) => {
                tracing::error!(%error, "recipients cannot be found: {error}; it is tried again");
                tokio::select! {
                    () = env.clock.sleep(AFTER_FAILURE) => {}
                    () = stop.cancelled() => {}
                }
                // a commit that failed may be there all the same
                if let Err(error) = messages.wake_all().await {
                    tracing::error!(%error, "the outbox cannot be read: {error}");
                }
                continue;
            }
        };
        let until = async {
            match next {
                Some(at_ms) => env.clock.sleep_until_ms(at_ms).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = accepted => {}
            () = until => {}
            () = stop.cancelled() => {}
        }
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
            let (bursts, next_ms) = outbox::due_bursts(tx, now_ms, BURSTS_AT_ONCE)?;
            Ok((list, bursts, next_ms))
        })
        .await?;
    let is_idle = expansions.is_empty() && bursts.is_empty();
    write(messages, expansions, now_ms).await?;
    if !bursts.is_empty() {
        end_bursts(messages, bursts, now_ms).await?;
    }
    Ok(if is_idle { Step::Idle { next_ms } } else { Step::More })
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
                if let Some(call) = &row.call {
                    outbox::remove_call(tx, call)?;
                }
            }
            store::deliveries::clear(tx, &first.tenant, &first.id)
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
            Ok(apps)
        })
        .await?;
    apps.iter().for_each(|app| messages.wake(app));
    Ok(())
}

/// A member and what was collected for them.
type Collected = (UserId, Vec<Delivery>);

/// Sends what was collected: by itself where it is one message, else as a digest. Members who collected the same share
/// their calls.
async fn end_bursts(messages: &Messages, bursts: Vec<Burst>, now_ms: i64) -> Result<(), StoreError> {
    let env = messages.env().clone();
    let ids: Vec<CallId> = (0..bursts.len()).map(|_| CallId::from(messages.new_id())).collect();
    let apps: BTreeSet<String> = bursts.iter().map(|burst| burst.app.clone()).collect();
    env.store
        .write(move |tx| {
            let mut groups: BTreeMap<(String, String, Vec<String>), Vec<Collected>> = BTreeMap::new();
            for burst in &bursts {
                let Some(found) = outbox::burst(tx, &burst.app, &burst.rule, &burst.userid)? else { continue };
                if found.until_ms > now_ms {
                    continue;
                }
                let rows = waiting(tx, &found, now_ms)?;
                if let Some(userid) = rows.first().and_then(|row| row.userid.clone()) {
                    let same = rows.iter().map(|row| format!("{} {:?}", row.message, row.call)).collect();
                    groups.entry((found.app.clone(), found.rule.clone(), same)).or_default().push((userid, rows));
                }
                let goes_on = !found.rule.is_empty() && !found.items.is_empty();
                if goes_on {
                    let until_ms = now_ms + found.window_ms;
                    outbox::put_burst(tx, &Burst { until_ms, items: Vec::new(), ..found })?;
                } else {
                    outbox::remove_burst(tx, &found.app, &found.rule, &found.userid)?;
                }
            }
            let mut ids = ids.iter();
            for ((_, rule, _), members) in groups {
                for chunk in members.chunks(CALL_MAX) {
                    if let Some(id) = ids.next() {
                        send_collected(tx, id, &rule, chunk, now_ms)?;
                    }
                }
            }
            Ok(())
        })
        .await?;
    apps.iter().for_each(|app| messages.wake(app));
    Ok(())
}

/// The collected deliveries that still wait, each once; those whose time is over expire.
fn waiting(tx: &WriteTx, burst: &Burst, now_ms: i64) -> Result<Vec<Delivery>, StoreError> {
    let mut rows: Vec<Delivery> = Vec::new();
    for item in &burst.items {
        let Some(row) = store::deliveries::find(tx, &item.message, item.seq)? else { continue };
        let is_collected = matches!(row.code.as_deref(), Some("digest" | "member_limit"));
        if row.state != DeliveryState::Waiting
            || !is_collected
            || rows.iter().any(|known| known.seq == row.seq && known.message == row.message)
        {
            continue;
        }
        let Some(message) = store::messages::find(tx, &item.message)? else { continue };
        if message.expires_at_ms.is_some_and(|at_ms| at_ms <= now_ms) {
            let mut row = row;
            row.state = DeliveryState::Expired;
            (row.code, row.changed_at_ms) = (Some("expired".into()), now_ms);
            store::deliveries::put(tx, &message.tenant, &[row])?;
            continue;
        }
        rows.push(row);
    }
    Ok(rows)
}

/// One call for members who collected the same messages.
fn send_collected(
    tx: &WriteTx,
    id: &CallId,
    rule: &str,
    members: &[(UserId, Vec<Delivery>)],
    now_ms: i64,
) -> Result<(), StoreError> {
    let Some((_, first)) = members.first() else { return Ok(()) };
    let Some(keeper) = first[0].call.as_ref().map(|call| outbox::call(tx, call)).transpose()?.flatten() else {
        return Ok(());
    };
    let mut lines = Vec::new();
    let mut expires = Vec::new();
    for row in first {
        if let Some(message) = store::messages::find(tx, &row.message)? {
            expires.push(message.expires_at_ms);
            lines.push(digest::Line { title: message.title, url: message.url });
        }
    }
    let contents = if first.len() == 1 { plan::contents_of(&keeper.parts) } else { digest::texts(&lines) };
    let carries = (0..first.len()).map(|n| Carried {
        message: first[n].message.clone(),
        seqs: members.iter().map(|(_, rows)| rows[n].seq).collect(),
    });
    let mut call = SendCall {
        id: id.clone(),
        to: members.iter().map(|(userid, _)| userid.clone()).collect(),
        carries: carries.collect(),
        parts: plan::parts(id, &contents),
        priority: Priority::Normal,
        can_merge: true,
        state: CallState::Waiting,
        checks_repeats: true,
        first_sent_at_ms: None,
        doubts: 0,
        attempts: 0,
        due_at_ms: now_ms,
        expires_at_ms: if expires.iter().all(Option::is_some) { expires.into_iter().flatten().max() } else { None },
        rule: (!rule.is_empty()).then(|| rule.to_owned()),
        code: None,
        error: None,
        recall_wanted: false,
        made_at_ms: now_ms,
        sent_at_ms: None,
        trace: Vec::new(),
        ..keeper
    };
    call.note(now_ms, "made", (first.len() > 1).then(|| format!("a digest of {} messages", first.len())));
    outbox::put_call(tx, &call)?;
    for (n, row) in first.iter().enumerate() {
        let rows: Vec<Delivery> = members
            .iter()
            .map(|(_, rows)| Delivery { call: Some(id.clone()), code: None, ..rows[n].clone() })
            .collect();
        store::deliveries::put(tx, &call.tenant, &rows)?;
        store::messages::add_call(tx, &row.message, id)?;
    }
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
}
