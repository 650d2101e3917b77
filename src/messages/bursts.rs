//! The end of a burst: what was collected for members, because a rule has a digest or because WeCom's limits are reached,
//! goes out together. What ends before that (taken back, expired, a to-do that is over) does not go along.

use super::plan::{self, CALL_MAX};
use super::{Messages, digest};
use crate::model::content::Content;
use crate::model::{
    CallId, CallState, Carried, Delivery, DeliveryState, Message, MessageId, Priority, SendCall, TenantKey, UserId,
};
use crate::store::outbox::{self, Burst, BurstItem};
use crate::store::{self, Reads, StoreError, WriteTx};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// How a message ended that has not gone out, where it has.
type End = Option<(DeliveryState, &'static str)>;

/// What a digest needs to know of a message.
struct Own {
    id: MessageId,
    tenant: TenantKey,
    title: String,
    url: Option<String>,
    priority: Priority,
    expires_at_ms: Option<i64>,
    end: End,
    /// Its recipients are still to be found, or to be found anew after an interruption; it is collected then.
    is_queued: bool,
}

/// What a rule says of a message by itself.
struct Said {
    /// The call that keeps it; only what all its members share is of use.
    keeper: SendCall,
    line: digest::Line,
    own: Rc<Own>,
}

impl Said {
    fn of(mut keeper: SendCall, own: &Rc<Own>) -> Self {
        // a digest that was made before the words of each message were kept: they are not to be told apart in it
        if keeper.carries.len() > 1 {
            keeper.parts = plan::parts(&keeper.id, &[Content::text(own.title.clone())]);
        }
        (keeper.to, keeper.carries, keeper.trace) = Default::default();
        let line = digest::Line::of(&own.title, own.url.as_deref(), &plan::contents_of(&keeper.parts));
        Self { keeper, line, own: Rc::clone(own) }
    }
}

/// One message for one member.
struct Item {
    row: Delivery,
    said: Rc<Said>,
}

/// What was read in a transaction: members share their messages, which are read once and held once.
#[derive(Default)]
struct Known {
    messages: BTreeMap<MessageId, Rc<Own>>,
    /// By message and call.
    said: BTreeMap<(MessageId, CallId), Rc<Said>>,
}

impl Known {
    fn own(&mut self, tx: &WriteTx, id: &MessageId, now_ms: i64) -> Result<Option<Rc<Own>>, StoreError> {
        if let Some(known) = self.messages.get(id) {
            return Ok(Some(Rc::clone(known)));
        }
        let Some(message) = store::messages::find(tx, id)? else { return Ok(None) };
        let (end, is_queued) = (end_of(tx, &message, now_ms)?, store::messages::is_queued(tx, &message)?);
        let Message { id, tenant, title, url, priority, expires_at_ms, .. } = message;
        let own = Rc::new(Own { id, tenant, title, url, priority, expires_at_ms, end, is_queued });
        self.messages.insert(own.id.clone(), Rc::clone(&own));
        Ok(Some(own))
    }

    /// What the rule says of a message by itself: kept in the call it is in, but for a digest, which names the call.
    fn said(&mut self, tx: &WriteTx, id: &CallId, own: &Rc<Own>) -> Result<Option<Rc<Said>>, StoreError> {
        let place = (own.id.clone(), id.clone());
        if let Some(known) = self.said.get(&place) {
            return Ok(Some(Rc::clone(known)));
        }
        let Some(call) = outbox::call(tx, id)? else { return Ok(None) };
        let carried = call.carries.iter().find(|carried| carried.message == own.id);
        let said = match carried.and_then(|carried| carried.keeper.clone()) {
            Some(keeper) if keeper != *id => self.said(tx, &keeper, own)?,
            _ => Some(Rc::new(Said::of(call, own))),
        };
        if let Some(said) = &said {
            self.said.insert(place, Rc::clone(said));
        }
        Ok(said)
    }
}

/// A member and what was collected for them.
type Collected = (UserId, Vec<Item>);

/// What does not go out together with the rest of a burst follows so much later.
const REST_MS: i64 = 62_000;
/// Messages for one member that are looked at together.
const ITEMS_MAX: usize = 2_000;

/// Sends what was collected: by itself where it is one message, else as a digest. Members who collected the same share
/// their calls.
pub(super) async fn end(messages: &Messages, bursts: Vec<Burst>, now_ms: i64) -> Result<(), StoreError> {
    let env = messages.env().clone();
    let ids: Vec<CallId> = (0..bursts.len()).map(|_| CallId::from(messages.new_id())).collect();
    let apps: BTreeSet<String> = bursts.iter().map(|burst| burst.app.clone()).collect();
    env.store
        .write(move |tx| {
            let mut groups: BTreeMap<(String, String, Vec<String>), Vec<Collected>> = BTreeMap::new();
            let mut known = Known::default();
            for burst in &bursts {
                let Some(found) = outbox::burst(tx, &burst.app, &burst.rule, &burst.userid)? else { continue };
                if found.until_ms > now_ms {
                    continue;
                }
                let mut items = outbox::take_items(tx, &found)?;
                let had_items = !items.is_empty();
                let later = items.split_off(items.len().min(ITEMS_MAX));
                let mut items = waiting(tx, items, &found.userid, &mut known, now_ms)?;
                let lines: Vec<&digest::Line> = items.iter().map(|item| &item.said.line).collect();
                let rest = items.split_off(digest::fitting(&lines));
                let again = |Item { row, .. }: Item| BurstItem { message: row.message, seq: row.seq };
                let rest: Vec<BurstItem> = rest.into_iter().map(again).chain(later).collect();
                // where nothing goes out now, the rest need not wait
                let rest_ms = if items.is_empty() { now_ms } else { now_ms + REST_MS };
                if let Some(userid) = items.first().and_then(|item| item.row.userid.clone()) {
                    let same =
                        items.iter().map(|item| format!("{} {}", item.row.message, item.said.keeper.id)).collect();
                    groups.entry((found.app.clone(), found.rule.clone(), same)).or_default().push((userid, items));
                }
                if !rest.is_empty() {
                    let mut burst = Burst { until_ms: rest_ms, collected: 0, ..found };
                    rest.iter().try_for_each(|item| outbox::collect(tx, &mut burst, item))?;
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

/// What was collected for a member, folded, and still waits, each once; what is over ends, and what is half written
/// is left to the attempt that writes it anew.
fn waiting(
    tx: &WriteTx,
    items: Vec<BurstItem>,
    folded: &str,
    known: &mut Known,
    now_ms: i64,
) -> Result<Vec<Item>, StoreError> {
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    for BurstItem { message, seq } in items {
        let Some(mut row) = store::deliveries::find(tx, &message, seq)? else { continue };
        let is_collected = matches!(row.code.as_deref(), Some("digest" | "member_limit"));
        // the recipients of its message may have been found anew since, and the number be somebody else's
        let is_theirs = row.userid.as_ref().is_some_and(|userid| userid.folded() == folded);
        if row.state != DeliveryState::Waiting || !is_collected || !is_theirs || !seen.insert((message.clone(), seq)) {
            continue;
        }
        let Some(own) = known.own(tx, &message, now_ms)? else { continue };
        if own.is_queued {
            continue;
        }
        if let Some((state, code)) = own.end {
            (row.state, row.code, row.changed_at_ms) = (state, Some(code.into()), now_ms);
            store::deliveries::put(tx, &own.tenant, &[row])?;
            continue;
        }
        let Some(call) = &row.call else { continue };
        let Some(said) = known.said(tx, call, &own)? else { continue };
        found.push(Item { row, said });
    }
    Ok(found)
}

/// Why a message that has not gone out never will, where it is so.
fn end_of(tx: &impl Reads, message: &Message, now_ms: i64) -> Result<End, StoreError> {
    if store::messages::head(tx, &message.id)?.is_some_and(|head| head.recall_at_ms.is_some()) {
        return Ok(Some((DeliveryState::Recalled, "recalled")));
    }
    if message.expires_at_ms.is_some_and(|at_ms| at_ms <= now_ms) {
        return Ok(Some((DeliveryState::Expired, "expired")));
    }
    let todo = store::todos::find(tx, &message.id)?;
    Ok(todo.is_some_and(|todo| todo.end().is_some()).then_some((DeliveryState::Expired, "todo_ended")))
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
    let Some(keeper) = first.first().map(|item| item.said.keeper.clone()) else { return Ok(()) };
    let is_alone = first.len() == 1;
    let contents = if is_alone {
        plan::contents_of(&keeper.parts)
    } else {
        let lines: Vec<&digest::Line> = first.iter().map(|item| &item.said.line).collect();
        digest::texts(&lines)
    };
    let carries = first.iter().enumerate().map(|(n, item)| Carried {
        message: item.row.message.clone(),
        seqs: members.iter().map(|(_, items)| items[n].row.seq).collect(),
        keeper: (!is_alone).then(|| item.said.keeper.id.clone()),
    });
    // what is urgent keeps its lane, and takes along what waits with it
    let priority = first.iter().map(|item| item.said.own.priority).min().unwrap_or_default();
    let expires = first.iter().map(|item| item.said.own.expires_at_ms);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_digest_that_kept_no_words_a_message_has_its_title() {
        let own = |title: &str| {
            let (id, tenant, title, url) = ("m".into(), "t".into(), title.to_owned(), Some("https://oa/1".to_owned()));
            Rc::new(Own {
                id,
                tenant,
                title,
                url,
                priority: Priority::Normal,
                expires_at_ms: None,
                end: None,
                is_queued: false,
            })
        };
        let carried = |message: &str| Carried { message: message.into(), seqs: vec![0], keeper: None };
        let parts = plan::parts(&"c".into(), &[Content::text("您有 2 条新消息：\n1. 甲\n2. 乙")]);
        for (carries, title) in [(vec![carried("m")], "您有 2 条新消息："), (vec![carried("m"), carried("n")], "甲")]
        {
            let said = Said::of(SendCall { carries, parts: parts.clone(), ..SendCall::sample() }, &own("甲"));
            assert_eq!(said.line.title, title);
            let body = said.keeper.parts[0].content.body().to_string();
            assert_eq!(body.contains("乙"), title != "甲", "{body}");
        }
    }
}
