//! What was sent lately, as fingerprints: WeCom would take the same again for a repetition (doc path 90236).

use super::{app_of, time};
use crate::model::{CallId, CorpKey};
use crate::store::StoreError;
use crate::store::key::{Prefix, Str};
use crate::store::registry::Checks;
use crate::store::table::{Table, everything};
use crate::store::tx::{ReadTx, WriteTx};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// fingerprint of a content at its members → the call that sent it
pub(super) const PRINTS: Table<Str, Print> = Table::new("send_prints");
/// (until, fingerprint)
pub(super) const BY_TIME: Table<(u64, Str), ()> = Table::new("send_prints_by_time");

/// Which call sent a content to its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Print {
    /// The app, see [`super::app_name`].
    #[serde(default)]
    pub app: String,
    /// The call, or whatever else sends it.
    pub call: CallId,
    /// Until when WeCom may take the same for a repetition, Unix milliseconds.
    pub until_ms: i64,
}

/// Notes by whom a content is sent. Answers `false`, and changes nothing, when another call sent the same within its
/// time: WeCom would take this one for a repetition.
pub fn note_print(tx: &WriteTx, print: &str, by: &Print, now_ms: i64) -> Result<bool, StoreError> {
    let mut prints = PRINTS.writer(tx)?;
    let mut by_time = BY_TIME.writer(tx)?;
    if let Some(known) = prints.get(print)? {
        if known.call != by.call && known.until_ms > now_ms {
            return Ok(false);
        }
        by_time.remove((time(known.until_ms), print))?;
    }
    prints.put(print, by)?;
    by_time.put((time(by.until_ms), print), &())?;
    Ok(true)
}

/// Forgets at most `limit` contents whose time is over; returns how many.
pub fn forget_prints(tx: &WriteTx, now_ms: i64, limit: usize) -> Result<usize, StoreError> {
    let range = Prefix::all().before::<(u64, Str)>((time(now_ms), ""));
    let mut old = Vec::new();
    BY_TIME.scan(tx, &range, |key, ()| {
        old.push(key);
        Ok(if old.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    let (mut prints, mut by_time) = (PRINTS.writer(tx)?, BY_TIME.writer(tx)?);
    for (at, print) in &old {
        prints.remove(print)?;
        by_time.remove((*at, print))?;
    }
    Ok(old.len())
}

/// Forgets the contents that a corp's calls have sent: the WeCom that it is connected to from now on knows none of them.
pub(in crate::store) fn forget_prints_of(tx: &WriteTx, corp: &CorpKey) -> Result<(), StoreError> {
    let mut old = Vec::new();
    PRINTS.scan(tx, &everything(), |print, row| {
        if app_of(&row.app).is_some_and(|(of, _)| of == *corp) {
            old.push((time(row.until_ms), print));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let (mut prints, mut by_time) = (PRINTS.writer(tx)?, BY_TIME.writer(tx)?);
    for (at, print) in &old {
        prints.remove(print)?;
        by_time.remove((*at, print))?;
    }
    Ok(())
}

pub(super) fn check(tx: &ReadTx, checks: &mut Checks) -> Result<(), StoreError> {
    let mut wanted = Vec::new();
    PRINTS.scan(tx, &everything(), |print, row| {
        wanted.push((time(row.until_ms), print));
        Ok(ControlFlow::Continue(()))
    })?;
    checks.same_keys(BY_TIME.name(), BY_TIME.keys(tx, &everything())?, wanted);
    Ok(())
}
