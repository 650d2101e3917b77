//! The end of a burst: what was collected for members, because a rule has a digest or because WeCom's limits are reached,
//! goes out together.

use super::plan::{self, CALL_MAX};
use super::{Messages, digest};
use crate::model::{CallId, CallState, Carried, Delivery, DeliveryState, Priority, SendCall, UserId};
use crate::store::outbox::{self, Burst, BurstItem};
use crate::store::{self, StoreError, WriteTx};
use std::collections::{BTreeMap, BTreeSet};

/// A member and what was collected for them.
type Collected = (UserId, Vec<Delivery>);

/// What does not go out together with the rest of a burst follows so much later.
const REST_MS: i64 = 62_000;

/// Sends what was collected: by itself where it is one message, else as a digest. Members who collected the same share
/// their calls.
pub(super) async fn end(messages: &Messages, bursts: Vec<Burst>, now_ms: i64) -> Result<(), StoreError> {
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
                let items = outbox::take_items(tx, &found)?;
                let had_items = !items.is_empty();
                let (mut rows, lines) = waiting(tx, items, now_ms)?;
                let rest = rows.split_off(digest::fitting(&lines));
                if let Some(userid) = rows.first().and_then(|row| row.userid.clone()) {
                    let same = rows.iter().map(|row| format!("{} {:?}", row.message, row.call)).collect();
                    groups.entry((found.app.clone(), found.rule.clone(), same)).or_default().push((userid, rows));
                }
                if !rest.is_empty() {
                    let mut burst = Burst { until_ms: now_ms + REST_MS, collected: 0, ..found };
                    for row in rest {
                        outbox::collect(tx, &mut burst, &BurstItem { message: row.message, seq: row.seq })?;
                    }
                    outbox::put_burst(tx, &burst)?;
                } else if !found.rule.is_empty() && had_items {
                    let until_ms = now_ms + found.window_ms;
                    outbox::put_burst(tx, &Burst { until_ms, collected: 0, ..found })?;
                } else {
                    outbox::remove_burst(tx, &found)?;
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

/// The collected deliveries that still wait, each once, with what is said of each; those whose time is over expire.
fn waiting(tx: &WriteTx, items: Vec<BurstItem>, now_ms: i64) -> Result<(Vec<Delivery>, Vec<digest::Line>), StoreError> {
    let (mut rows, mut lines, mut known) = (Vec::new(), Vec::new(), BTreeSet::new());
    for item in items {
        let Some(row) = store::deliveries::find(tx, &item.message, item.seq)? else { continue };
        let is_collected = matches!(row.code.as_deref(), Some("digest" | "member_limit"));
        if row.state != DeliveryState::Waiting || !is_collected || !known.insert((item.message.clone(), item.seq)) {
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
        lines.push(digest::Line { title: message.title, url: message.url });
    }
    Ok((rows, lines))
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
    let (mut expires, mut priorities) = (Vec::new(), Vec::new());
    for row in first {
        if let Some(message) = store::messages::find(tx, &row.message)? {
            expires.push(message.expires_at_ms);
            priorities.push(message.priority);
            lines.push(digest::Line { title: message.title, url: message.url });
        }
    }
    let contents = if first.len() == 1 { plan::contents_of(&keeper.parts) } else { digest::texts(&lines) };
    let carries = (0..first.len()).map(|n| Carried {
        message: first[n].message.clone(),
        seqs: members.iter().map(|(_, rows)| rows[n].seq).collect(),
    });
    // what is urgent keeps its lane, and takes along what waits with it
    let priority = priorities.into_iter().min().unwrap_or_default();
    let mut call = SendCall {
        id: id.clone(),
        to: members.iter().map(|(userid, _)| userid.clone()).collect(),
        carries: carries.collect(),
        parts: plan::parts(id, &contents),
        priority,
        quiet: keeper.quiet.clone().filter(|_| priority != Priority::High),
        can_merge: true,
        state: CallState::Waiting,
        checks_repeats: true,
        first_sent_at_ms: None,
        doubts: 0,
        attempts: 0,
        due_at_ms: now_ms,
        held_until_ms: None,
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
