//! Messages that come too fast for a member, collected until they go out together.

use super::{app_of, time};
use crate::model::{CorpKey, MessageId};
use crate::store::StoreError;
use crate::store::key::{Prefix, Str};
use crate::store::registry::Checks;
use crate::store::table::{Table, everything};
use crate::store::tx::{ReadTx, Reads, WriteTx};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// (app and rule, folded userid)
pub(super) const BURSTS: Table<(Str, Str), Burst> = Table::new("message_bursts");
/// (app and rule, folded userid, number) → what was collected
pub(super) const ITEMS: Table<(Str, Str, u64), BurstItem> = Table::new("message_burst_items");
/// (until, app and rule, folded userid)
pub(super) const BY_TIME: Table<(u64, Str, Str), ()> = Table::new("message_bursts_by_time");

/// Messages of one rule to one member that come too fast: the first was sent, what follows is collected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Burst {
    /// Corp and app, see [`super::app_name`].
    pub app: String,
    /// The rule; empty = WeCom's own limits per member.
    pub rule: String,
    /// The member, folded.
    pub userid: String,
    /// When what was collected goes out, Unix milliseconds.
    pub until_ms: i64,
    /// How long each collection takes, milliseconds.
    pub window_ms: i64,
    /// How many were collected since it was opened: the number of the next.
    #[serde(default)]
    pub collected: u64,
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
    let mut by_time = BY_TIME.writer(tx)?;
    if let Some(former) = former {
        by_time.remove((time(former.until_ms), &key, &burst.userid))?;
    }
    by_time.put((time(burst.until_ms), &key, &burst.userid), &())
}

/// Collects one more message; the caller writes the burst.
pub fn collect(tx: &WriteTx, burst: &mut Burst, item: &BurstItem) -> Result<(), StoreError> {
    let key = burst_key(&burst.app, &burst.rule);
    ITEMS.put(tx, (&key, &burst.userid, burst.collected), item)?;
    burst.collected += 1;
    Ok(())
}

/// Takes out what was collected, the oldest first.
pub fn take_items(tx: &WriteTx, burst: &Burst) -> Result<Vec<BurstItem>, StoreError> {
    let range = Prefix::text(&burst_key(&burst.app, &burst.rule)).then_text(&burst.userid).range();
    let mut items = Vec::new();
    ITEMS.scan(tx, &range, |_, item| {
        items.push(item);
        Ok(ControlFlow::Continue(()))
    })?;
    ITEMS.remove_range(tx, &range)?;
    Ok(items)
}

/// Ends a burst whose items were taken out.
pub fn remove_burst(tx: &WriteTx, burst: &Burst) -> Result<(), StoreError> {
    let key = burst_key(&burst.app, &burst.rule);
    if let Some(known) = BURSTS.remove(tx, (&key, &burst.userid))? {
        BY_TIME.remove(tx, (time(known.until_ms), &key, &burst.userid))?;
    }
    Ok(())
}

/// Bursts whose time has come, the oldest first, and when the next one's will.
pub fn due_bursts(tx: &impl Reads, now_ms: i64, limit: usize) -> Result<(Vec<Burst>, Option<i64>), StoreError> {
    let (mut found, mut next) = (Vec::new(), None);
    BY_TIME.scan(tx, &everything(), |(at, key, userid), ()| {
        if at > time(now_ms) || found.len() >= limit {
            next = Some(i64::try_from(at).unwrap_or(i64::MAX));
            return Ok(ControlFlow::Break(()));
        }
        found.extend(BURSTS.get(tx, (&key, &userid))?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok((found, next))
}

/// Ends all bursts of a corp and answers what they had collected.
pub(in crate::store) fn take_bursts(tx: &WriteTx, corp: &CorpKey) -> Result<Vec<BurstItem>, StoreError> {
    let mut bursts = Vec::new();
    BURSTS.scan(tx, &everything(), |_, burst| {
        if app_of(&burst.app).is_some_and(|(of, _)| of == *corp) {
            bursts.push(burst);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let mut items = Vec::new();
    for burst in &bursts {
        items.extend(take_items(tx, burst)?);
        remove_burst(tx, burst)?;
    }
    Ok(items)
}

pub(super) fn check(tx: &ReadTx, checks: &mut Checks) -> Result<(), StoreError> {
    let mut wanted = Vec::new();
    BURSTS.scan(tx, &everything(), |(key, userid), row| {
        wanted.push((time(row.until_ms), key, userid));
        Ok(ControlFlow::Continue(()))
    })?;
    checks.same_keys(BY_TIME.name(), BY_TIME.keys(tx, &everything())?, wanted);
    for (key, userid, number) in ITEMS.keys(tx, &everything())? {
        if BURSTS.get(tx, (&key, &userid))?.is_none_or(|burst| burst.collected <= number) {
            checks.fault(ITEMS.name(), format!("item {number} of {key} {userid} is of no burst"));
        }
    }
    Ok(())
}
