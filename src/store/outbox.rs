//! The outbox: calls that carry messages, by the time at which they are due and at which they were sent; bursts that
//! are collected for a digest; what was sent lately, so that nothing is mistaken for a repetition; counters by day.

use super::StoreError;
use super::key::{Prefix, Str};
use super::registry::Checks;
use super::table::{Table, TableInfo, everything};
use super::tx::{ReadTx, Reads, WriteTx};
use crate::model::{AppKey, CallId, CallState, CorpKey, Delivery, DeliveryState, MessageId, Priority, SendCall, Tally};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// call
const CALLS: Table<Str, SendCall> = Table::new("send_calls");
/// (app, lane, due, call) of calls that wait or are on their way; see [`app_name`]
const DUE: Table<(Str, u32, u64, Str), ()> = Table::new("send_calls_due");
/// (app, sent at, call) → person-times
const SENT: Table<(Str, u64, Str), u64> = Table::new("send_calls_sent");
/// fingerprint of a content at its members → the call that sent it
const PRINTS: Table<Str, Print> = Table::new("send_prints");
/// (until, fingerprint)
const PRINTS_BY_TIME: Table<(u64, Str), ()> = Table::new("send_prints_by_time");
/// (app and rule, folded userid)
const BURSTS: Table<(Str, Str), Burst> = Table::new("message_bursts");
/// (until, app and rule, folded userid)
const BURSTS_BY_TIME: Table<(u64, Str, Str), ()> = Table::new("message_bursts_by_time");
/// (app, day as `YYYYMMDD` in China)
const DAYS: Table<(Str, u32), Day> = Table::new("message_days");
pub(super) const TABLES: &[TableInfo] = &[
    CALLS.info(),
    DUE.info(),
    SENT.info(),
    PRINTS.info(),
    PRINTS_BY_TIME.info(),
    BURSTS.info(),
    BURSTS_BY_TIME.info(),
    DAYS.info(),
];

/// An app in the keys of these tables.
pub fn app_name(corp: &CorpKey, app: &AppKey) -> String {
    format!("{corp}/{app}")
}

/// The reverse of [`app_name`].
pub fn app_of(name: &str) -> Option<(CorpKey, AppKey)> {
    let (corp, app) = name.split_once('/')?;
    Some((CorpKey::from(corp), AppKey::from(app)))
}

fn time(at_ms: i64) -> u64 {
    u64::try_from(at_ms).unwrap_or(0)
}

fn due_key(call: &SendCall) -> Option<(u32, u64)> {
    matches!(call.state, CallState::Waiting | CallState::Sending).then(|| (call.priority.lane(), time(call.due_at_ms)))
}

/// The call with this id.
pub fn call(tx: &impl Reads, id: &CallId) -> Result<Option<SendCall>, StoreError> {
    CALLS.get(tx, id.as_str())
}

/// Creates or changes a call.
pub fn put_call(tx: &WriteTx, call: &SendCall) -> Result<(), StoreError> {
    let app = app_name(&call.corp, &call.app);
    let former = CALLS.writer(tx)?.replace(call.id.as_str(), call)?;
    let (before, after) = (former.as_ref().and_then(due_key), due_key(call));
    if before != after {
        let mut due = DUE.writer(tx)?;
        if let Some((lane, at)) = before {
            due.remove((&app, lane, at, call.id.as_str()))?;
        }
        if let Some((lane, at)) = after {
            due.put((&app, lane, at, call.id.as_str()), &())?;
        }
    }
    let was_sent = former.as_ref().and_then(|old| old.sent_at_ms);
    if call.sent_at_ms != was_sent {
        let mut sent = SENT.writer(tx)?;
        if let Some(at_ms) = was_sent {
            sent.remove((&app, time(at_ms), call.id.as_str()))?;
        }
        if let Some(at_ms) = call.sent_at_ms {
            sent.put((&app, time(at_ms), call.id.as_str()), &(call.to.len() as u64 * call.parts.len() as u64))?;
        }
    }
    Ok(())
}

/// Removes a call; one that is not there is no error.
pub fn remove_call(tx: &WriteTx, id: &CallId) -> Result<(), StoreError> {
    let Some(call) = CALLS.remove(tx, id.as_str())? else { return Ok(()) };
    let app = app_name(&call.corp, &call.app);
    if let Some((lane, at)) = due_key(&call) {
        DUE.remove(tx, (&app, lane, at, id.as_str()))?;
    }
    if let Some(at_ms) = call.sent_at_ms {
        SENT.remove(tx, (&app, time(at_ms), id.as_str()))?;
    }
    Ok(())
}

/// Calls of an app that are due, the most urgent first, and when the next one is due that is not yet.
pub struct DueCalls {
    /// At most as many as asked for.
    pub calls: Vec<SendCall>,
    /// Unix milliseconds; `None` when no further one waits.
    pub next_ms: Option<i64>,
}

/// Calls of an app that are due now, but for those in `besides`; every lane is looked at in its order.
pub fn due(
    tx: &impl Reads,
    app: &str,
    now_ms: i64,
    limit: usize,
    besides: impl Fn(&str) -> bool,
) -> Result<DueCalls, StoreError> {
    let (mut ids, mut next): (Vec<String>, Option<u64>) = (Vec::new(), None);
    for priority in Priority::ALL {
        let prefix = Prefix::text(app).then_u32(priority.lane());
        DUE.scan(tx, &prefix.range(), |(_, _, at, id), ()| {
            if at > time(now_ms) {
                next = Some(next.map_or(at, |known| known.min(at)));
                return Ok(ControlFlow::Break(()));
            }
            if ids.len() >= limit {
                return Ok(ControlFlow::Break(()));
            }
            if !besides(&id) {
                ids.push(id);
            }
            Ok(ControlFlow::Continue(()))
        })?;
    }
    let mut calls = Vec::with_capacity(ids.len());
    for id in ids {
        calls.extend(CALLS.get(tx, &id)?);
    }
    Ok(DueCalls { calls, next_ms: next.map(|at| i64::try_from(at).unwrap_or(i64::MAX)) })
}

/// Apps that have a call to send now or later.
pub fn apps_waiting(tx: &impl Reads) -> Result<Vec<String>, StoreError> {
    let mut apps = Vec::new();
    let mut range = everything();
    while let Some((app, ..)) = DUE.first_key(tx, &range)? {
        range = Prefix::all().after::<(Str, u32, u64, Str)>((&app, u32::MAX, u64::MAX, "\u{10FFFF}"));
        apps.push(app);
    }
    Ok(apps)
}

/// How much waits at an app, looked at up to a limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Calls; at most the limit.
    pub calls: usize,
    /// When the one that is due longest was due, Unix milliseconds.
    pub oldest_due_ms: Option<i64>,
}

/// How much waits at an app.
pub fn backlog(tx: &impl Reads, app: &str, limit: usize) -> Result<Backlog, StoreError> {
    let mut found = Backlog::default();
    DUE.scan(tx, &Prefix::text(app).range(), |(_, _, at, _), ()| {
        found.calls += 1;
        let at = i64::try_from(at).unwrap_or(i64::MAX);
        found.oldest_due_ms = Some(found.oldest_due_ms.map_or(at, |oldest| oldest.min(at)));
        Ok(if found.calls < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(found)
}

/// How many calls of a corp wait or are on their way. Keys are read, rows are not.
pub(super) fn count_due(tx: &impl Reads, corp: &CorpKey) -> Result<u64, StoreError> {
    let mut count = 0;
    for app in apps_waiting(tx)?.iter().filter(|app| app_of(app).is_some_and(|(of, _)| of == *corp)) {
        count += DUE.keys(tx, &Prefix::text(app).range())?.len() as u64;
    }
    Ok(count)
}

/// All calls of a corp that have no end yet. Every call is read; about 5 µs each.
pub(super) fn open_calls(tx: &impl Reads, corp: &CorpKey) -> Result<Vec<SendCall>, StoreError> {
    let mut open = Vec::new();
    CALLS.scan(tx, &everything(), |_, call| {
        let is_open = matches!(call.state, CallState::Prepared | CallState::Waiting | CallState::Sending);
        if is_open && call.corp == *corp {
            open.push(call);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(open)
}

/// Ends all bursts of a corp and answers them.
pub(super) fn take_bursts(tx: &WriteTx, corp: &CorpKey) -> Result<Vec<Burst>, StoreError> {
    let mut bursts = Vec::new();
    BURSTS.scan(tx, &everything(), |_, burst| {
        if app_of(&burst.app).is_some_and(|(of, _)| of == *corp) {
            bursts.push(burst);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    for burst in &bursts {
        remove_burst(tx, &burst.app, &burst.rule, &burst.userid)?;
    }
    Ok(bursts)
}

/// Calls that an app sent since a time, the oldest first.
pub fn scan_sent(
    tx: &impl Reads,
    app: &str,
    since_ms: i64,
    mut visit: impl FnMut(SendCall) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let range = Prefix::text(app).from::<(Str, u64, Str)>((app, time(since_ms), ""));
    SENT.scan(tx, &range, |(_, _, id), _| {
        if let Some(call) = CALLS.get(tx, &id)? {
            visit(call)?;
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// Person-times that an app sent since a time.
pub fn person_times(tx: &impl Reads, app: &str, since_ms: i64) -> Result<u64, StoreError> {
    let mut total = 0;
    let range = Prefix::text(app).from::<(Str, u64, Str)>((app, time(since_ms), ""));
    SENT.scan(tx, &range, |_, count| {
        total += count;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(total)
}

/// Which call sent a content to its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Print {
    /// The call.
    pub call: CallId,
    /// Until when WeCom may take the same for a repetition, Unix milliseconds.
    pub until_ms: i64,
}

/// Notes that a call sends a content. Answers `false`, and changes nothing, when another call sent the same within its
/// time: WeCom would take this one for a repetition.
pub fn note_print(tx: &WriteTx, print: &str, call: &CallId, now_ms: i64, until_ms: i64) -> Result<bool, StoreError> {
    let mut prints = PRINTS.writer(tx)?;
    let mut by_time = PRINTS_BY_TIME.writer(tx)?;
    if let Some(known) = prints.get(print)? {
        if known.call != *call && known.until_ms > now_ms {
            return Ok(false);
        }
        by_time.remove((time(known.until_ms), print))?;
    }
    prints.put(print, &Print { call: call.clone(), until_ms })?;
    by_time.put((time(until_ms), print), &())?;
    Ok(true)
}

/// Forgets at most `limit` contents whose time is over; returns how many.
pub fn forget_prints(tx: &WriteTx, now_ms: i64, limit: usize) -> Result<usize, StoreError> {
    let range = Prefix::all().before::<(u64, Str)>((time(now_ms), ""));
    let mut old = Vec::new();
    PRINTS_BY_TIME.scan(tx, &range, |key, ()| {
        old.push(key);
        Ok(if old.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    let (mut prints, mut by_time) = (PRINTS.writer(tx)?, PRINTS_BY_TIME.writer(tx)?);
    for (at, print) in &old {
        prints.remove(print)?;
        by_time.remove((*at, print))?;
    }
    Ok(old.len())
}

/// Messages of one rule to one member that come too fast: the first was sent, what follows is collected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Burst {
    /// Corp and app, see [`app_name`].
    pub app: String,
    /// The rule; empty = WeCom's own limits per member.
    pub rule: String,
    /// The member, folded.
    pub userid: String,
    /// When what was collected goes out, Unix milliseconds.
    pub until_ms: i64,
    /// How long each collection takes, milliseconds.
    pub window_ms: i64,
    /// What was collected.
    pub items: Vec<BurstItem>,
}

/// One collected message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BurstItem {
    /// Message.
    pub message: MessageId,
    /// Number of the delivery.
    pub seq: u32,
}

fn burst_key(app: &str, rule: &str) -> String {
    format!("{app} {rule}")
}

/// The burst of a rule (empty = of the limits) at a member, folded.
pub fn burst(tx: &impl Reads, app: &str, rule: &str, userid: &str) -> Result<Option<Burst>, StoreError> {
    BURSTS.get(tx, (&burst_key(app, rule), userid))
}

/// Creates or changes a burst.
pub fn put_burst(tx: &WriteTx, burst: &Burst) -> Result<(), StoreError> {
    let key = burst_key(&burst.app, &burst.rule);
    let former = BURSTS.writer(tx)?.replace((&key, &burst.userid), burst)?;
    let mut by_time = BURSTS_BY_TIME.writer(tx)?;
    if let Some(former) = former {
        by_time.remove((time(former.until_ms), &key, &burst.userid))?;
    }
    by_time.put((time(burst.until_ms), &key, &burst.userid), &())
}

/// Ends a burst and answers it.
pub fn remove_burst(tx: &WriteTx, app: &str, rule: &str, userid: &str) -> Result<Option<Burst>, StoreError> {
    let key = burst_key(app, rule);
    let removed = BURSTS.remove(tx, (&key, userid))?;
    if let Some(burst) = &removed {
        BURSTS_BY_TIME.remove(tx, (time(burst.until_ms), &key, userid))?;
    }
    Ok(removed)
}

/// Bursts whose time has come, the oldest first, and when the next one's will.
pub fn due_bursts(tx: &impl Reads, now_ms: i64, limit: usize) -> Result<(Vec<Burst>, Option<i64>), StoreError> {
    let (mut found, mut next) = (Vec::new(), None);
    BURSTS_BY_TIME.scan(tx, &everything(), |(at, key, userid), ()| {
        if at > time(now_ms) || found.len() >= limit {
            next = Some(i64::try_from(at).unwrap_or(i64::MAX));
            return Ok(ControlFlow::Break(()));
        }
        found.extend(BURSTS.get(tx, (&key, &userid))?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok((found, next))
}

/// What became of deliveries on one day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// Deliveries that came into each state on that day.
    pub tally: Tally,
}

/// The day in China as `YYYYMMDD`.
pub fn day_of(at_ms: i64) -> u32 {
    let china = chrono::DateTime::from_timestamp_millis(at_ms.saturating_add(8 * 3_600_000)).unwrap_or_default();
    china.format("%Y%m%d").to_string().parse().unwrap_or(0)
}

pub(super) fn count_day<'d>(tx: &WriteTx, rows: impl Iterator<Item = &'d Delivery>) -> Result<(), StoreError> {
    let mut counts: BTreeMap<(String, u32), Tally> = BTreeMap::new();
    for row in rows.filter(|row| row.state != DeliveryState::Waiting) {
        let app = row.corp.as_ref().zip(row.app.as_ref()).map(|(corp, app)| app_name(corp, app)).unwrap_or_default();
        counts.entry((app, day_of(row.changed_at_ms))).or_default().add(row.state);
    }
    let mut days = DAYS.writer(tx)?;
    for ((app, day), tally) in counts {
        let mut known = days.get((&app, day))?.unwrap_or_default();
        for (state, count) in tally.0 {
            *known.tally.0.entry(state).or_default() += count;
        }
        days.put((&app, day), &known)?;
    }
    Ok(())
}

/// The days of all apps from a day on: app (empty = none), day, counts.
pub fn days(tx: &impl Reads, from_day: u32) -> Result<Vec<(String, u32, Day)>, StoreError> {
    let mut rows = Vec::new();
    DAYS.scan(tx, &everything(), |(app, day), row| {
        if day >= from_day {
            rows.push((app, day, row));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(rows)
}

/// Forgets the counters of days before `day`.
pub fn forget_days(tx: &WriteTx, day: u32) -> Result<(), StoreError> {
    let old: Vec<_> = DAYS.keys(tx, &everything())?.into_iter().filter(|(_, known)| *known < day).collect();
    let mut days = DAYS.writer(tx)?;
    old.iter().try_for_each(|(app, day)| days.remove((app, *day)).map(drop))
}

pub(super) fn check(tx: &ReadTx, checks: &mut Checks) -> Result<(), StoreError> {
    let (mut due, mut sent) = (Vec::new(), Vec::new());
    CALLS.scan(tx, &everything(), |id, call| {
        let app = app_name(&call.corp, &call.app);
        due.extend(due_key(&call).map(|(lane, at)| (app.clone(), lane, at, id.clone())));
        sent.extend(call.sent_at_ms.map(|at_ms| (app, time(at_ms), id)));
        Ok(ControlFlow::Continue(()))
    })?;
    checks.same_keys(DUE.name(), DUE.keys(tx, &everything())?, due);
    checks.same_keys(SENT.name(), SENT.keys(tx, &everything())?, sent);
    let (mut prints, mut bursts) = (Vec::new(), Vec::new());
    PRINTS.scan(tx, &everything(), |print, row| {
        prints.push((time(row.until_ms), print));
        Ok(ControlFlow::Continue(()))
    })?;
    BURSTS.scan(tx, &everything(), |(key, userid), row| {
        bursts.push((time(row.until_ms), key, userid));
        Ok(ControlFlow::Continue(()))
    })?;
    checks.same_keys(PRINTS_BY_TIME.name(), PRINTS_BY_TIME.keys(tx, &everything())?, prints);
    checks.same_keys(BURSTS_BY_TIME.name(), BURSTS_BY_TIME.keys(tx, &everything())?, bursts);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_china() {
        for (at_ms, day) in [(1_760_025_599_000, 20_251_009), (1_760_025_600_000, 20_251_010), (-1, 19_700_101)] {
            assert_eq!(day_of(at_ms), day, "{at_ms}");
        }
    }
}
