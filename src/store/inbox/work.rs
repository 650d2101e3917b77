//! The work on many items in one transaction: each is written with its place in the lists and in what is counted.

use super::counts::Kept;
use super::{BY_PLACE, FAILED, ITEMS, REPEATS, Received, WAITING, stamp};
use crate::model::{CorpKey, InboxId, InboxItem, InboxState};
use crate::store::StoreError;
use crate::store::key::{Prefix, Str};
use crate::store::table::Writer;
use crate::store::tx::WriteTx;

/// The tables of the inbox, opened for the work on many items.
pub struct Work<'tx> {
    items: Writer<'tx, (Str, Str), InboxItem>,
    repeats: Writer<'tx, (Str, Str, u64, Str), InboxId>,
    waiting: Writer<'tx, (Str, Str), ()>,
    failed: Writer<'tx, (Str, Str), ()>,
    by_place: Writer<'tx, (Str, Str, Str, Str), ()>,
    kept: Kept<'tx>,
}

/// How far an item was before it was changed.
#[derive(Debug, Clone, Copy)]
pub struct Before {
    state: InboxState,
    done_at_ms: Option<i64>,
    replays: u32,
}

impl From<&InboxItem> for Before {
    fn from(item: &InboxItem) -> Self {
        Self { state: item.state, done_at_ms: item.done_at_ms, replays: item.replays }
    }
}

/// Opens the tables, has the work done and writes what is counted of it. Nothing else may read or write the inbox in this
/// transaction meanwhile.
///
/// # Errors
/// Those of `work`; the closure of the transaction must return them.
pub fn with_work<'tx, T>(
    tx: &'tx WriteTx,
    work: impl FnOnce(&mut Work<'tx>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let mut inbox = Work {
        items: ITEMS.writer(tx)?,
        repeats: REPEATS.writer(tx)?,
        waiting: WAITING.writer(tx)?,
        failed: FAILED.writer(tx)?,
        by_place: BY_PLACE.writer(tx)?,
        kept: Kept::new(tx),
    };
    let done = work(&mut inbox)?;
    inbox.kept.end()?;
    Ok(done)
}

impl Work<'_> {
    /// The item with this id.
    pub fn find(&mut self, corp: &CorpKey, id: &InboxId) -> Result<Option<InboxItem>, StoreError> {
        self.items.get((corp.as_str(), id.as_str()))
    }

    /// Whether something of a corp waits for work.
    pub fn something_waits(&mut self, corp: &CorpKey) -> Result<bool, StoreError> {
        Ok(self.waiting.first_key(&Prefix::text(corp.as_str()).range())?.is_some())
    }

    /// Takes note of an item. A repeat is counted; any other one must be put ([`Work::put_new`]).
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when a repeated one is not there.
    pub fn note(&mut self, item: &InboxItem) -> Result<Received, StoreError> {
        let key = (item.corp.as_str(), item.receiver.segment(), stamp(item), item.digest.as_str());
        let Some(first) = self.repeats.get(key)? else {
            self.repeats.put(key, &item.id)?;
            return Ok(Received::New);
        };
        let row = (item.corp.as_str(), first.as_str());
        let known = self.items.get(row)?;
        let mut known = known.ok_or_else(|| StoreError::not_found(format!("callback {first}")))?;
        known.repeats = known.repeats.saturating_add(1);
        self.items.put(row, &known)?;
        self.kept.repeated(&known)?;
        Ok(Received::Again { id: first, reply: known.reply })
    }

    /// Stores an item, or counts a repeat of one that is kept.
    ///
    /// # Errors
    /// As [`Work::note`].
    pub fn receive(&mut self, item: &InboxItem) -> Result<Received, StoreError> {
        let received = self.note(item)?;
        if received == Received::New {
            self.put_new(item)?;
        }
        Ok(received)
    }

    /// Whether it is a repeat of one that is kept.
    pub fn knows(&mut self, item: &InboxItem) -> Result<bool, StoreError> {
        let key = (item.corp.as_str(), item.receiver.segment(), stamp(item), item.digest.as_str());
        Ok(self.repeats.get(key)?.is_some())
    }

    /// Writes an item for the first time, with its place in the lists.
    pub fn put_new(&mut self, item: &InboxItem) -> Result<(), StoreError> {
        let key = (item.corp.as_str(), item.id.as_str());
        self.items.put(key, item)?;
        self.by_place.put((item.corp.as_str(), item.receiver.segment(), item.kind.as_str(), item.id.as_str()), &())?;
        self.kept.received(item)?;
        self.kept.worked((None, 0), item)?;
        self.list(item)
    }

    /// Writes an item back, with its place in the lists.
    pub fn put(&mut self, before: Before, item: &InboxItem) -> Result<(), StoreError> {
        let key = (item.corp.as_str(), item.id.as_str());
        self.items.put(key, item)?;
        self.kept.worked((before.done_at_ms, before.replays), item)?;
        if before.state == item.state {
            return Ok(());
        }
        match before.state {
            InboxState::Waiting => {
                self.waiting.remove(key)?;
                let counts = self.kept.counts(&item.corp)?;
                counts.waiting = counts.waiting.saturating_sub(1);
            }
            InboxState::Failed => {
                self.failed.remove(key)?;
                let counts = self.kept.counts(&item.corp)?;
                counts.failed = counts.failed.saturating_sub(1);
            }
            InboxState::Done => {}
        }
        self.list(item)
    }

    fn list(&mut self, item: &InboxItem) -> Result<(), StoreError> {
        let key = (item.corp.as_str(), item.id.as_str());
        match item.state {
            InboxState::Waiting => {
                self.waiting.put(key, &())?;
                self.kept.counts(&item.corp)?.waiting += 1;
            }
            InboxState::Failed => {
                self.failed.put(key, &())?;
                self.kept.counts(&item.corp)?.failed += 1;
            }
            InboxState::Done => {}
        }
        Ok(())
    }
}
