//! The outbox: calls that carry messages, by the time at which they are due and at which they were sent; bursts that
//! are collected for a digest; what was sent lately, so that nothing is mistaken for a repetition; counters by day.

mod bursts;
mod days;
mod prints;

pub(super) use bursts::take_bursts;
pub use bursts::{Burst, BurstItem, burst, collect, due_bursts, put_burst, remove_burst, take_items};
pub(super) use days::count_day;
pub use days::{Day, day_of, days, forget_days};
pub(super) use prints::forget_prints_of;
pub use prints::{Print, forget_prints, note_print};

use super::StoreError;
use super::key::{Prefix, Str};
use super::registry::Checks;
use super::table::{Table, TableInfo, everything};
use super::tx::{ReadTx, Reads, WriteTx};
use crate::model::{AppKey, CallId, CallPart, CallState, CorpKey, Priority, SendCall};
use std::ops::ControlFlow;

/// call
const CALLS: Table<Str, SendCall> = Table::new("send_calls");
/// (app, lane, due, call) of calls that wait or are on their way; see [`app_name`]
const DUE: Table<(Str, u32, u64, Str), ()> = Table::new("send_calls_due");
/// (app, sent at, call) → person-times
const SENT: Table<(Str, u64, Str), u64> = Table::new("send_calls_sent");
/// call that was asked back while it was on its way, and has arrived
const RECALLS: Table<Str, ()> = Table::new("send_calls_recalls");
pub(super) const TABLES: &[TableInfo] = &[
    CALLS.info(),
    DUE.info(),
    SENT.info(),
    RECALLS.info(),
    prints::PRINTS.info(),
    prints::BY_TIME.info(),
    bursts::BURSTS.info(),
    bursts::ITEMS.info(),
    bursts::BY_TIME.info(),
    days::DAYS.info(),
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

/// Whether it has arrived and is still to be taken back.
fn is_recall_due(call: &SendCall) -> bool {
    call.recall_wanted && call.state == CallState::Sent && call.parts.iter().any(CallPart::can_be_recalled)
}

/// Calls that were asked back while they were on their way, have arrived, and are still to be taken back.
pub fn recalls_wanted(tx: &impl Reads) -> Result<Vec<CallId>, StoreError> {
    Ok(RECALLS.keys(tx, &everything())?.into_iter().map(CallId::from).collect())
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
    let (was_wanted, is_wanted) = (former.as_ref().is_some_and(is_recall_due), is_recall_due(call));
    match (was_wanted, is_wanted) {
        (false, true) => RECALLS.put(tx, call.id.as_str(), &())?,
        (true, false) => drop(RECALLS.remove(tx, call.id.as_str())?),
        _ => {}
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
    if is_recall_due(&call) {
        RECALLS.remove(tx, id.as_str())?;
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

/// Calls of an app that are due now, of those that `is_meant` names: the most urgent first; or, with `is_fair`, those
/// that are due longest, whatever their lane.
pub fn due(
    tx: &impl Reads,
    app: &str,
    now_ms: i64,
    limit: usize,
    is_fair: bool,
    is_meant: impl Fn(&str) -> bool,
) -> Result<DueCalls, StoreError> {
    let (mut ids, mut next): (Vec<(u64, String)>, Option<u64>) = (Vec::new(), None);
    for priority in Priority::ALL {
        let prefix = Prefix::text(app).then_u32(priority.lane());
        let most = if is_fair { ids.len() + limit } else { limit };
        DUE.scan(tx, &prefix.range(), |(_, _, at, id), ()| {
            if at > time(now_ms) {
                next = Some(next.map_or(at, |known| known.min(at)));
                return Ok(ControlFlow::Break(()));
            }
            if ids.len() >= most {
                return Ok(ControlFlow::Break(()));
            }
            if is_meant(&id) {
                ids.push((at, id));
            }
            Ok(ControlFlow::Continue(()))
        })?;
    }
    if is_fair {
        ids.sort();
        ids.truncate(limit);
    }
    let mut calls = Vec::with_capacity(ids.len());
    for (_, id) in ids {
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

pub(super) fn check(tx: &ReadTx, checks: &mut Checks) -> Result<(), StoreError> {
    let (mut due, mut sent, mut recalls) = (Vec::new(), Vec::new(), Vec::new());
    CALLS.scan(tx, &everything(), |id, call| {
        let app = app_name(&call.corp, &call.app);
        due.extend(due_key(&call).map(|(lane, at)| (app.clone(), lane, at, id.clone())));
        recalls.extend(Some(id.clone()).filter(|_| is_recall_due(&call)));
        sent.extend(call.sent_at_ms.map(|at_ms| (app, time(at_ms), id)));
        Ok(ControlFlow::Continue(()))
    })?;
    checks.same_keys(DUE.name(), DUE.keys(tx, &everything())?, due);
    checks.same_keys(SENT.name(), SENT.keys(tx, &everything())?, sent);
    checks.same_keys(RECALLS.name(), RECALLS.keys(tx, &everything())?, recalls);
    prints::check(tx, checks)?;
    bursts::check(tx, checks)
}
