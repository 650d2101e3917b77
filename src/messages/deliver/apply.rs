//! Writes what was chosen, in the commit before a request goes out.

use super::super::outcome::{self, Judged};
use super::super::{REPEATS_S, bursts, plan};
use super::choose::Choice;
use crate::model::{CallId, CallState, DeliveryState, SendCall, UserId};
use crate::store::outbox::{self, Print};
use crate::store::{self, StoreError, WriteTx};
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// Writes what was chosen; answers the call where it goes out.
pub(super) fn apply(
    tx: &WriteTx,
    seen: &SendCall,
    choice: &Choice,
    new: &CallId,
    now_ms: i64,
) -> Result<Option<SendCall>, StoreError> {
    // as it is in this very commit: it may have been recalled meanwhile
    let Some(mut call) = outbox::call(tx, &seen.id)? else { return Ok(None) };
    if call.to != seen.to || call.state != seen.state {
        return Ok(None);
    }
    let goes = matches!(choice, Choice::Go { .. } | Choice::Divide { .. });
    if goes && call.carries.len() > 1 && call.first_sent_at_ms.is_none() && bursts::is_outdated(tx, &call, now_ms)? {
        bursts::unmake(tx, &mut call, now_ms)?;
        return Ok(None);
    }
    match choice {
        Choice::Expire => {
            call.state = CallState::Dropped;
            call.code = Some("expired".into());
            call.note(now_ms, "expired", None);
            outcome::each_delivery(tx, &call, |_, row, _| {
                (row.state, row.code, row.changed_at_ms) = (DeliveryState::Expired, Some("expired".into()), now_ms);
                Ok(())
            })?;
            outbox::put_call(tx, &call)?;
            return Ok(None);
        }
        Choice::Hold { until_ms, code } => {
            (call.due_at_ms, call.code) = (*until_ms, Some((*code).to_owned()));
            call.held_until_ms = Some(*until_ms);
            call.note(now_ms, "held", Some((*code).to_owned()));
            outbox::put_call(tx, &call)?;
            return Ok(None);
        }
        Choice::Divide { later } => {
            divide(tx, &mut call, later, new, now_ms)?;
            if call.to.is_empty() {
                call.state = CallState::Dropped;
                outbox::put_call(tx, &call)?;
                return Ok(None);
            }
        }
        Choice::Go { .. } => {}
    }
    let is_interrupted = call.state == CallState::Sending;
    if is_interrupted {
        // it may have arrived; WeCom is not to blame, so that the next pause does not grow
        call.doubts = call.doubts.max(1);
        call.note(now_ms, "interrupted", Some("the process ended while it was on its way".into()));
    }
    // also where it has waited since for something else: a connection, the quota, a person
    if call.doubts > 0 && outcome::repeatable_until(&call).is_none_or(|until_ms| until_ms <= now_ms) {
        let lost = if is_interrupted { "the process ended while it was on its way" } else { "an attempt was lost" };
        let text = format!("{lost}, and WeCom no longer suppresses its repetition");
        outcome::write(tx, &call, &Judged::Unknown { text }, &HashSet::new(), now_ms)?;
        return Ok(None);
    }
    if call.first_sent_at_ms.is_none() {
        call.first_sent_at_ms = Some(now_ms);
        let (app, until_ms) = (outbox::app_name(&call.corp, &call.app), now_ms + i64::from(REPEATS_S) * 1_000);
        let by = Print { app, call: call.id.clone(), until_ms };
        call.checks_repeats = outbox::note_print(tx, &print(&call), &by, now_ms)?;
    }
    call.state = CallState::Sending;
    call.attempts += 1;
    call.note(now_ms, if call.doubts > 0 { "again" } else { "sending" }, None);
    outbox::put_call(tx, &call)?;
    Ok(Some(call))
}

/// What makes two requests the same for WeCom: app, members, contents.
fn print(call: &SendCall) -> String {
    let mut digest = Sha256::new();
    digest.update(outbox::app_name(&call.corp, &call.app));
    for userid in &call.to {
        digest.update([0]);
        digest.update(userid.folded().as_bytes());
    }
    for part in &call.parts {
        digest.update([1]);
        digest.update(part.content.msgtype());
        digest.update(part.content.body().to_string());
    }
    hex::encode(digest.finalize())
}

/// Takes members out of a call who must wait. Their messages are collected and go out together where they can be put
/// together, otherwise as a call of their own.
fn divide(
    tx: &WriteTx,
    call: &mut SendCall,
    later: &[(usize, i64)],
    new: &CallId,
    now_ms: i64,
) -> Result<(), StoreError> {
    let places: HashSet<usize> = later.iter().map(|(at, _)| *at).collect();
    let whole = call.clone();
    let stays = |at: &usize| !places.contains(at);
    let pick = |list: &[u32], keep: bool| -> Vec<u32> {
        list.iter().enumerate().filter(|(at, _)| stays(at) == keep).map(|(_, seq)| *seq).collect()
    };
    call.to = whole.to.iter().enumerate().filter(|(at, _)| stays(at)).map(|(_, id)| id.clone()).collect();
    for carried in &mut call.carries {
        carried.seqs = pick(&carried.seqs, true);
    }
    call.note(now_ms, "divided", Some(format!("{} members must wait: WeCom's limit per member", later.len())));
    if whole.can_merge {
        for (at, free_ms) in later {
            bursts::put_back(tx, &whole, *at, *free_ms, "member_limit")?;
        }
        return Ok(());
    }
    let due_at_ms = later.iter().map(|(_, free_ms)| *free_ms).max().unwrap_or(now_ms);
    let to: Vec<UserId> = later.iter().map(|(at, _)| whole.to[*at].clone()).collect();
    let held_until_ms = Some(due_at_ms);
    let code = Some("member_limit".into());
    let mut other = SendCall { id: new.clone(), to, due_at_ms, held_until_ms, code, ..whole.clone() };
    other.note(now_ms, "made", Some("apart from the others: WeCom's limit per member".into()));
    other.parts = plan::parts(new, &plan::contents_of(&whole.parts));
    for (carried, all) in other.carries.iter_mut().zip(&whole.carries) {
        carried.seqs = pick(&all.seqs, false);
        let mut rows = Vec::new();
        for seq in &carried.seqs {
            if let Some(mut row) = store::deliveries::find(tx, &all.message, *seq)? {
                row.call = Some(new.clone());
                rows.push(row);
            }
        }
        store::deliveries::put(tx, &whole.tenant, &rows)?;
        store::messages::add_call(tx, &all.message, new)?;
    }
    outbox::put_call(tx, &other)
}
