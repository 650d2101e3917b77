//! What is counted of the inbox, in the transactions that write its rows: what waits and what has failed of each corp, and
//! by receiver and quarter of an hour what came, how late, and how fast it was worked on. Whoever asks how callbacks fare
//! reads about a hundred rows, however many callbacks there are.

use crate::model::{CorpKey, InboxItem};
use crate::store::StoreError;
use crate::store::key::{Prefix, Str};
use crate::store::registry::Checks;
use crate::store::table::{Table, TableInfo};
use crate::store::tx::{ReadTx, Reads, WriteTx};
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// corp
const COUNTS: Table<Str, Counts> = Table::new("inbox_counts");
/// (corp, quarter of an hour since 1970) → by receiver
const SLOTS: Table<(Str, u32), Slot> = Table::new("inbox_slots");
pub(super) const INFO: [TableInfo; 2] = [COUNTS.info(), SLOTS.info()];

const SLOT_MS: i64 = 15 * 60 * 1_000;
/// Slots are kept for so long.
const SLOTS_KEPT_MS: i64 = 48 * 3_600 * 1_000;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) waiting: u64,
    pub(super) failed: u64,
}

type Slot = BTreeMap<String, Span>;

/// What came to one receiver within a stretch of time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Callbacks.
    pub received: u64,
    /// Further deliveries of the same.
    pub repeats: u64,
    /// Receipt of the first, Unix milliseconds.
    pub first_at_ms: i64,
    /// Receipt of the last, Unix milliseconds.
    pub last_at_ms: i64,
    /// The longest time between two that followed each other, milliseconds. Where they were not stored in the order of their
    /// receipt it may be longer than it was, by no more than that order was wrong.
    pub longest_gap_ms: i64,
    /// From WeCom's clock to our receipt, milliseconds.
    pub lags: Spread,
    /// From receipt to the end of the work, milliseconds, without what was worked on again.
    pub works: Spread,
}

impl Span {
    fn add(&mut self, item: &InboxItem) {
        let at_ms = item.received_at_ms;
        if self.received == 0 {
            (self.first_at_ms, self.last_at_ms) = (at_ms, at_ms);
        }
        self.longest_gap_ms = self.longest_gap_ms.max(at_ms - self.last_at_ms).max(self.first_at_ms - at_ms);
        self.first_at_ms = self.first_at_ms.min(at_ms);
        self.last_at_ms = self.last_at_ms.max(at_ms);
        self.received += 1;
        if let Some(lag_ms) = item.lag_ms() {
            self.lags.add(lag_ms);
        }
    }

    /// Adds what came after it.
    pub fn follow(&mut self, later: Self) {
        if self.received == 0 {
            *self = later;
            return;
        }
        let between_ms = later.first_at_ms - self.last_at_ms;
        self.longest_gap_ms = self.longest_gap_ms.max(later.longest_gap_ms).max(between_ms);
        self.last_at_ms = later.last_at_ms;
        self.received += later.received;
        self.repeats += later.repeats;
        self.lags.merge(&later.lags);
        self.works.merge(&later.works);
    }
}

/// How many times there was which value; values are kept to two digits, rounded up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Spread(BTreeMap<i64, u64>);

impl Spread {
    /// Counts a value.
    pub fn add(&mut self, value: i64) {
        *self.0.entry(two_digits(value)).or_default() += 1;
    }

    fn remove(&mut self, value: i64) {
        let value = two_digits(value);
        if let Some(count) = self.0.get_mut(&value) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.0.remove(&value);
            }
        }
    }

    fn merge(&mut self, other: &Self) {
        for (value, count) in &other.0 {
            *self.0.entry(*value).or_default() += count;
        }
    }

    /// The value that so many percent do not exceed.
    pub fn percentile(&self, percent: u64) -> Option<i64> {
        let last = self.0.values().sum::<u64>().checked_sub(1)?;
        let wanted = (last * percent).div_ceil(100);
        let mut seen = 0;
        self.0.iter().find_map(|(value, count)| {
            seen += count;
            (seen > wanted).then_some(*value)
        })
    }
}

fn two_digits(value: i64) -> i64 {
    let mut unit = 1;
    while value / unit >= 100 {
        unit *= 10;
    }
    // what is rounded up may have a digit more, which is a nought
    (value.max(0) + unit - 1) / unit * unit
}

fn slot_of(at_ms: i64) -> u32 {
    u32::try_from(at_ms.max(0) / SLOT_MS).unwrap_or(u32::MAX)
}

/// From receipt to the end of the work; `None` where there is none, or where it was done again.
fn work_ms(received_at_ms: i64, done_at_ms: Option<i64>, replays: u32) -> Option<i64> {
    done_at_ms.filter(|_| replays == 0).map(|done_ms| done_ms - received_at_ms)
}

/// What changes in one transaction; [`Kept::end`] writes it.
pub(super) struct Kept<'tx> {
    tx: &'tx WriteTx,
    counts: HashMap<CorpKey, Counts>,
    slots: HashMap<(CorpKey, u32), Slot>,
}

impl<'tx> Kept<'tx> {
    pub(super) fn new(tx: &'tx WriteTx) -> Self {
        Self { tx, counts: HashMap::new(), slots: HashMap::new() }
    }

    pub(super) fn counts(&mut self, corp: &CorpKey) -> Result<&mut Counts, StoreError> {
        if !self.counts.contains_key(corp) {
            self.counts.insert(corp.clone(), COUNTS.get(self.tx, corp.as_str())?.unwrap_or_default());
        }
        Ok(self.counts.entry(corp.clone()).or_default())
    }

    fn slot(&mut self, item: &InboxItem) -> Result<&mut Slot, StoreError> {
        let key = (item.corp.clone(), slot_of(item.received_at_ms));
        if !self.slots.contains_key(&key) {
            let known = SLOTS.get(self.tx, (key.0.as_str(), key.1))?.unwrap_or_default();
            self.slots.insert(key.clone(), known);
        }
        Ok(self.slots.entry(key).or_default())
    }

    /// Counts a callback that is new.
    pub(super) fn received(&mut self, item: &InboxItem) -> Result<(), StoreError> {
        let slot = self.slot(item)?;
        match slot.get_mut(item.receiver.segment()) {
            Some(span) => span.add(item),
            None => slot.entry(item.receiver.segment().to_owned()).or_default().add(item),
        }
        Ok(())
    }

    /// Counts a repeat of a callback.
    pub(super) fn repeated(&mut self, item: &InboxItem) -> Result<(), StoreError> {
        if let Some(span) = self.slot(item)?.get_mut(item.receiver.segment()) {
            span.repeats += 1;
        }
        Ok(())
    }

    /// Counts the time of the work on a callback, which was another one (`done_at_ms`, `replays`) before.
    pub(super) fn worked(&mut self, before: (Option<i64>, u32), item: &InboxItem) -> Result<(), StoreError> {
        let before = work_ms(item.received_at_ms, before.0, before.1);
        let now = work_ms(item.received_at_ms, item.done_at_ms, item.replays);
        if before != now
            && let Some(span) = self.slot(item)?.get_mut(item.receiver.segment())
        {
            before.iter().for_each(|ms| span.works.remove(*ms));
            now.iter().for_each(|ms| span.works.add(*ms));
        }
        Ok(())
    }

    pub(super) fn end(self) -> Result<(), StoreError> {
        let mut counts = COUNTS.writer(self.tx)?;
        for (corp, row) in &self.counts {
            counts.put(corp.as_str(), row)?;
        }
        let mut slots = SLOTS.writer(self.tx)?;
        for ((corp, slot), row) in &self.slots {
            // there is nothing to be said of what was forgotten
            if !row.is_empty() {
                slots.put((corp.as_str(), *slot), row)?;
            }
        }
        Ok(())
    }
}

/// How many items of a corp wait, packed ones left out, and how many have failed.
pub(super) fn counts(tx: &impl Reads, corp: &CorpKey) -> Result<Counts, StoreError> {
    Ok(COUNTS.get(tx, corp.as_str())?.unwrap_or_default())
}

/// What came to each receiver of a corp, packed callbacks left out, from the quarter of an hour on in which a time lies (Unix
/// milliseconds).
pub fn spans(tx: &impl Reads, corp: &CorpKey, from_ms: i64) -> Result<BTreeMap<String, Span>, StoreError> {
    let mut spans: BTreeMap<String, Span> = BTreeMap::new();
    let range = Prefix::text(corp.as_str()).from::<(Str, u32)>((corp.as_str(), slot_of(from_ms)));
    SLOTS.scan(tx, &range, |_, slot| {
        for (receiver, span) in slot {
            spans.entry(receiver).or_default().follow(span);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(spans)
}

/// Forgets what nobody asks for any more.
pub(super) fn forget_old(tx: &WriteTx, corp: &CorpKey) -> Result<(), StoreError> {
    let first = slot_of(tx.now_ms() - SLOTS_KEPT_MS);
    let old = Prefix::text(corp.as_str()).before::<(Str, u32)>((corp.as_str(), first));
    SLOTS.remove_range(tx, &old).map(drop)
}

pub(super) fn clear(tx: &WriteTx, corp: &CorpKey) -> Result<(), StoreError> {
    COUNTS.remove(tx, corp.as_str())?;
    SLOTS.remove_range(tx, &Prefix::text(corp.as_str()).range()).map(drop)
}

/// A recount, made of the items in the order of their ids.
#[derive(Default)]
pub(super) struct Recount {
    counts: BTreeMap<String, Counts>,
    slots: BTreeMap<(String, u32), Slot>,
    /// The first slot of each corp, of which older items may have been removed.
    first: BTreeMap<String, u32>,
}

impl Recount {
    pub(super) fn add(&mut self, item: &InboxItem) {
        use crate::model::InboxState;
        let (corp, slot) = (item.corp.to_string(), slot_of(item.received_at_ms));
        let counts = self.counts.entry(corp.clone()).or_default();
        counts.waiting += u64::from(item.state == InboxState::Waiting);
        counts.failed += u64::from(item.state == InboxState::Failed);
        self.first.entry(corp.clone()).or_insert(slot);
        let slot = self.slots.entry((corp, slot)).or_default();
        let span = slot.entry(item.receiver.segment().to_owned()).or_default();
        span.add(item);
        span.repeats += u64::from(item.repeats);
        if let Some(ms) = work_ms(item.received_at_ms, item.done_at_ms, item.replays) {
            span.works.add(ms);
        }
    }

    /// What is kept must be what was found.
    pub(super) fn check(&self, tx: &ReadTx, checks: &mut Checks) -> Result<(), StoreError> {
        let mut kept = BTreeMap::new();
        COUNTS.scan(tx, &crate::store::table::everything(), |corp, row| {
            kept.insert(corp, row);
            Ok(ControlFlow::Continue(()))
        })?;
        for corp in self.counts.keys().chain(kept.keys()) {
            let (kept, found) = (kept.get(corp).copied(), self.counts.get(corp).copied());
            if kept.unwrap_or_default() != found.unwrap_or_default() {
                checks.fault(COUNTS.name(), format!("corp {corp} has {kept:?} instead of {found:?}"));
            }
        }
        SLOTS.scan(tx, &crate::store::table::everything(), |(corp, slot), mut kept| {
            // older callbacks may have been removed, and what is removed is not counted again
            if self.first.get(&corp).is_none_or(|first| slot <= *first) {
                return Ok(ControlFlow::Continue(()));
            }
            let mut found = self.slots.get(&(corp.clone(), slot)).cloned().unwrap_or_default();
            // it depends on the order in which they were stored
            kept.values_mut().chain(found.values_mut()).for_each(|span| span.longest_gap_ms = 0);
            if kept != found {
                checks.fault(SLOTS.name(), format!("quarter {slot} of corp {corp} has {kept:?} instead of {found:?}"));
            }
            Ok(ControlFlow::Continue(()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles() {
        let hundred: Vec<i64> = (1..=101).collect();
        for (values, percent, want) in [
            (&[][..], 50, None),
            (&[7][..], 95, Some(7)),
            (&[1, 2][..], 50, Some(2)),
            (&hundred[..], 50, Some(51)),
            (&hundred[..], 95, Some(96)),
            (&hundred[..], 100, Some(110)),
            (&[-5][..], 50, Some(0)),
        ] {
            let mut spread = Spread::default();
            values.iter().for_each(|value| spread.add(*value));
            assert_eq!(spread.percentile(percent), want, "{percent} % of {} values", values.len());
            values.iter().for_each(|value| spread.remove(*value));
            assert_eq!(spread, Spread::default());
        }
    }

    #[test]
    fn two_digits_are_kept() {
        for (value, want) in [
            (0, 0),
            (99, 99),
            (100, 100),
            (101, 110),
            (999, 1_000),
            (2_000, 2_000),
            (2_001, 2_100),
            (86_400_000, 87_000_000),
        ] {
            assert_eq!(two_digits(value), want, "{value}");
        }
    }
}
