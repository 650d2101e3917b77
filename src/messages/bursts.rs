//! The end of a burst: what was collected for members, because a rule has a digest or because WeCom's limits are reached,
//! goes out together. What ends before that (taken back, expired, a to-do that is over) does not go along.

use super::plan::{self, CALL_MAX};
use super::{Messages, digest};
use crate::model::{CallId, CallState, Carried, Delivery, DeliveryState, Message, Priority, SendCall, UserId};
use crate::store::outbox::{self, Burst, BurstItem};
use crate::store::{self, Reads, StoreError, WriteTx};
use std::collections::{BTreeMap, BTreeSet};

/// One message for one member.
struct Item {
    row: Delivery,
    /// The call that keeps what the rule says of it by itself.
    keeper: SendCall,
    line: digest::Line,
    priority: Priority,
    expires_at_ms: Option<i64>,
}

/// A member and what was collected for them.
type Collected = (UserId, Vec<Item>);

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
                let mut items = waiting(tx, items, &found.userid, now_ms)?;
                let lines: Vec<digest::Line> = items.iter().map(|item| item.line.clone()).collect();
                let rest = items.split_off(digest::fitting(&lines));
                if let Some(userid) = items.first().and_then(|item| item.row.userid.clone()) {
                    let same = items.iter().map(|item| format!("{} {}", item.row.message, item.keeper.id)).collect();
                    groups.entry((found.app.clone(), found.rule.clone(), same)).or_default().push((userid, items));
                }
                if !rest.is_empty() {
                    let mut burst = Burst { until_ms: now_ms + REST_MS, collected: 0, ..found };
                    for Item { row, .. } in rest {
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

/// What was collected for a member, folded, and still waits, each once; what is over ends.
fn waiting(tx: &WriteTx, items: Vec<BurstItem>, folded: &str, now_ms: i64) -> Result<Vec<Item>, StoreError> {
    let (mut found, mut known) = (Vec::new(), BTreeSet::new());
    for BurstItem { message, seq } in items {
        let Some(mut row) = store::deliveries::find(tx, &message, seq)? else { continue };
        let is_collected = matches!(row.code.as_deref(), Some("digest" | "member_limit"));
        // the recipients of its message may have been found anew since, and the number be somebody else's
        let is_theirs = row.userid.as_ref().is_some_and(|userid| userid.folded() == folded);
        if row.state != DeliveryState::Waiting || !is_collected || !is_theirs || !known.insert((message.clone(), seq)) {
            continue;
        }
        let Some(message) = store::messages::find(tx, &message)? else { continue };
        if let Some((state, code)) = end_of(tx, &message, now_ms)? {
            (row.state, row.code, row.changed_at_ms) = (state, Some(code.into()), now_ms);
            store::deliveries::put(tx, &message.tenant, &[row])?;
            continue;
        }
        let Some(keeper) = keeper_of(tx, &row)? else { continue };
        let contents = plan::contents_of(&keeper.parts);
        let line = digest::Line::of(&message.title, message.url.as_deref(), &contents);
        found.push(Item { row, keeper, line, priority: message.priority, expires_at_ms: message.expires_at_ms });
    }
    Ok(found)
}

/// Why a message that has not gone out never will, where it is so.
fn end_of(
    tx: &impl Reads,
    message: &Message,
    now_ms: i64,
) -> Result<Option<(DeliveryState, &'static str)>, StoreError> {
    if store::messages::head(tx, &message.id)?.is_some_and(|head| head.recall_at_ms.is_some()) {
        return Ok(Some((DeliveryState::Recalled, "recalled")));
    }
    if message.expires_at_ms.is_some_and(|at_ms| at_ms <= now_ms) {
        return Ok(Some((DeliveryState::Expired, "expired")));
    }
    let todo = store::todos::find(tx, &message.id)?;
    Ok(todo.is_some_and(|todo| todo.end().is_some()).then_some((DeliveryState::Expired, "todo_ended")))
}

/// The call that keeps what the rule says of a delivery by itself: its own, but for one that was in a digest before.
fn keeper_of(tx: &impl Reads, row: &Delivery) -> Result<Option<SendCall>, StoreError> {
    let Some(id) = &row.call else { return Ok(None) };
    let Some(call) = outbox::call(tx, id)? else { return Ok(None) };
    match call.carries.iter().find(|carried| carried.message == row.message).and_then(|carried| carried.keeper.clone())
    {
        Some(keeper) => outbox::call(tx, &keeper),
        None => Ok(Some(call)),
    }
}

/// Whether a digest must not go out as it is, because one of its messages is over.
pub(super) fn is_outdated(tx: &impl Reads, call: &SendCall, now_ms: i64) -> Result<bool, StoreError> {
    for carried in &call.carries {
        let Some(message) = store::messages::find(tx, &carried.message)? else { return Ok(true) };
        if end_of(tx, &message, now_ms)?.is_some() {
            return Ok(true);
        }
        for seq in &carried.seqs {
            if !store::deliveries::find(tx, &carried.message, *seq)?.is_some_and(|row| waits_in(&row, call)) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn waits_in(row: &Delivery, call: &SendCall) -> bool {
    row.state == DeliveryState::Waiting && row.call.as_ref() == Some(&call.id)
}

/// Unmakes a digest that has not gone out: what still waits of it goes out together anew, at once.
pub(super) fn unmake(tx: &WriteTx, call: &mut SendCall, now_ms: i64) -> Result<(), StoreError> {
    for at in 0..call.to.len() {
        put_back(tx, call, at, now_ms, "digest")?;
    }
    call.state = CallState::Dropped;
    call.note(now_ms, "divided", Some("a message of the digest is over: the others are put together anew".into()));
    outbox::put_call(tx, call)
}

/// Collects what a call has for the member at a place, to go out at that time.
pub(super) fn put_back(tx: &WriteTx, call: &SendCall, at: usize, until_ms: i64, code: &str) -> Result<(), StoreError> {
    let Some(userid) = call.to.get(at).map(UserId::folded) else { return Ok(()) };
    let app = outbox::app_name(&call.corp, &call.app);
    let mut burst = match outbox::burst(tx, &app, "", &userid)? {
        Some(burst) => burst,
        None => Burst { app, rule: String::new(), userid: userid.to_string(), until_ms, window_ms: 0, collected: 0 },
    };
    for carried in &call.carries {
        let Some(seq) = carried.seqs.get(at) else { continue };
        let Some(mut row) = store::deliveries::find(tx, &carried.message, *seq)?.filter(|row| waits_in(row, call))
        else {
            continue;
        };
        outbox::collect(tx, &mut burst, &BurstItem { message: row.message.clone(), seq: row.seq })?;
        row.code = Some(code.to_owned());
        store::deliveries::put(tx, &call.tenant, &[row])?;
    }
    outbox::put_burst(tx, &burst)
}

/// One call for members who collected the same messages.
fn send_collected(tx: &WriteTx, id: &CallId, rule: &str, members: &[Collected], now_ms: i64) -> Result<(), StoreError> {
    let Some((_, first)) = members.first() else { return Ok(()) };
    let Some(keeper) = first.first().map(|item| item.keeper.clone()) else { return Ok(()) };
    let is_alone = first.len() == 1;
    let contents = if is_alone {
        plan::contents_of(&keeper.parts)
    } else {
        let lines: Vec<digest::Line> = first.iter().map(|item| item.line.clone()).collect();
        digest::texts(&lines)
    };
    let carries = first.iter().enumerate().map(|(n, item)| Carried {
        message: item.row.message.clone(),
        seqs: members.iter().map(|(_, items)| items[n].row.seq).collect(),
        keeper: (!is_alone).then(|| item.keeper.id.clone()),
    });
    // what is urgent keeps its lane, and takes along what waits with it
    let priority = first.iter().map(|item| item.priority).min().unwrap_or_default();
    let expires = first.iter().map(|item| item.expires_at_ms);
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
        // until the last of them is over: what is over before is taken out when it is sent
        expires_at_ms: expires.collect::<Option<Vec<i64>>>().and_then(|all| all.into_iter().max()),
        rule: (!rule.is_empty()).then(|| rule.to_owned()),
        code: None,
        error: None,
        recall_wanted: false,
        made_at_ms: now_ms,
        sent_at_ms: None,
        trace: Vec::new(),
        ..keeper
    };
    call.note(now_ms, "made", (!is_alone).then(|| format!("a digest of {} messages", first.len())));
    outbox::put_call(tx, &call)?;
    for (n, item) in first.iter().enumerate() {
        let row = |items: &[Item]| Delivery { call: Some(id.clone()), code: None, ..items[n].row.clone() };
        let rows: Vec<Delivery> = members.iter().map(|(_, items)| row(items)).collect();
        store::deliveries::put(tx, &call.tenant, &rows)?;
        store::messages::add_call(tx, &item.row.message, id)?;
    }
    Ok(())
}
