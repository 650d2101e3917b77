//! Callbacks that have only just arrived: many of them in one row, so that becoming durable costs each of them a copy of
//! its bytes and no search of its own. They are taken out and put into the other tables of the inbox after the answer.

use super::packed::{self, Arrival, Arrivals};
use super::{REPEATS, Received, receive_all, with_work};
use crate::model::{CorpKey, InboxItem};
use crate::store::error::{RowError, StoreError};
use crate::store::key::{Key, Prefix, Range, Str};
use crate::store::loose_ends;
use crate::store::table::{TableInfo, everything};
use crate::store::tx::{Reads, WriteTx};
use hashbrown::HashMap;
use std::collections::BTreeSet;
use std::ops::{Bound, ControlFlow};

/// id of the row's first callback → callbacks
const NAME: &str = "inbox_arrived";
pub(super) const INFO: TableInfo = TableInfo {
    name: NAME,
    check: |key, value| {
        <Str as Key>::decode(key).ok_or(RowError::Key)?;
        packed::check(value)
    },
    show: |key| String::from_utf8_lossy(key).into_owned(),
};

/// id of the row's first callback → what could not be read of the row
const BROKEN: &str = "inbox_broken";
pub(super) const BROKEN_INFO: TableInfo = TableInfo {
    name: BROKEN,
    check: |key, _| <Str as Key>::decode(key).map(drop).ok_or(RowError::Key),
    show: INFO.show,
};

/// What a repeat is recognised by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepeatKey {
    /// Key of the corp.
    pub corp: String,
    /// Last part of the address.
    pub receiver: String,
    /// `CreateTime`, Unix seconds.
    pub created_at_s: i64,
    /// See [`InboxItem::digest`].
    pub digest: String,
}

/// Keeps callbacks that are known to be new.
pub fn arrive(tx: &WriteTx, arrivals: &Arrivals) -> Result<(), StoreError> {
    let mut table = tx.open_table(NAME)?;
    for (id, row) in &arrivals.rows {
        tx.mark();
        table.insert(packed::id_text(*id).as_bytes(), row.as_slice()).map_err(|e| tx.fail(e))?;
    }
    Ok(())
}

/// A callback that may be a repeat.
#[derive(Debug, Clone, PartialEq)]
pub struct Late {
    /// As the inbox keeps it.
    pub item: InboxItem,
    /// See [`Arrival::since_ms`].
    pub since_ms: i64,
}

/// Stores callbacks of which each may be a repeat, behind those that have arrived, new ones as well as repeats of these,
/// which are counted when they are taken out. Answers in the same order, and how many more lie packed now.
///
/// # Errors
/// As [`receive_all`].
pub fn receive_late(tx: &WriteTx, all: &[Late]) -> Result<(Vec<Received>, usize), StoreError> {
    let wanted: BTreeSet<(&str, &str, i64, &str)> = all.iter().map(|late| key_of(&late.item)).collect();
    let mut before: HashMap<(String, String, i64, String), Received> = HashMap::new();
    visit(tx, |one| {
        let key = (one.corp, one.receiver, one.created_at_s, one.digest);
        if wanted.contains(&key) {
            let own = || (key.0.to_owned(), key.1.to_owned(), key.2, key.3.to_owned());
            let reply = one.reply.map(str::to_owned);
            before.entry(own()).or_insert_with(|| Received::Again { id: one.inbox_id(), reply });
        }
    })?;
    let mut results = Vec::with_capacity(all.len());
    let mut packed = Arrivals::default();
    let mut corps = Corps::default();
    with_work(tx, |work| {
        for Late { item, since_ms } in all {
            if corps.since_ms(tx, item.corp.as_str())? != Some(*since_ms) {
                results.push(Received::Former);
                continue;
            }
            let (corp, receiver, created_at_s, digest) = key_of(item);
            let key = (corp.to_owned(), receiver.to_owned(), created_at_s, digest.to_owned());
            let known = match before.get(&key) {
                Some(first) => first.clone(),
                None if work.knows(item)? => {
                    results.push(work.receive(item)?);
                    continue;
                }
                None => {
                    before.insert(key, Received::Again { id: item.id.clone(), reply: item.reply.clone() });
                    Received::New
                }
            };
            // behind what has arrived before it, or it would overtake
            packed.push(&Arrival { since_ms: *since_ms, ..as_arrival(item)? });
            results.push(known);
        }
        Ok(())
    })?;
    arrive(tx, &packed)?;
    Ok((results, packed.len()))
}

fn key_of(item: &InboxItem) -> (&str, &str, i64, &str) {
    (item.corp.as_str(), item.receiver.segment(), item.created_at_s, item.digest.as_str())
}

fn as_arrival(item: &InboxItem) -> Result<Arrival<'_>, StoreError> {
    let id = uuid::Uuid::parse_str(item.id.as_str());
    Ok(Arrival {
        id: id.map_err(|_| StoreError::Refused(format!("the id {} is no UUID", item.id)))?.into_bytes(),
        corp: item.corp.as_str(),
        since_ms: 0,
        receiver: item.receiver.segment(),
        kind: &item.kind,
        from: &item.from,
        agentid: item.agentid,
        created_at_s: item.created_at_s,
        received_at_ms: item.received_at_ms,
        digest: &item.digest,
        text: &item.text,
        reply: item.reply.as_deref(),
        pieces: &item.pieces,
    })
}

/// Since when each corp is the WeCom that it is, read once in a transaction; `None` = there is no such corp.
#[derive(Default)]
struct Corps(HashMap<String, Option<i64>>);

impl Corps {
    fn since_ms(&mut self, tx: &WriteTx, corp: &str) -> Result<Option<i64>, StoreError> {
        if let Some(known) = self.0.get(corp) {
            return Ok(*known);
        }
        let key = CorpKey::from(corp);
        let since_ms = match crate::store::corps::find(tx, &key)? {
            Some(_) => Some(loose_ends::since_ms(tx, &key)?),
            None => None,
        };
        self.0.insert(corp.to_owned(), since_ms);
        Ok(since_ms)
    }
}

/// Takes the oldest rows out until these are `limit` callbacks or more, in the order of receipt. Those of corps that are no
/// more, or that became another WeCom after they were opened, are dropped: a reset ends what waits, and they had all but
/// arrived. The second is how many left the rows.
///
/// What cannot be read is kept aside, from the first such callback of its row on, so that it holds nobody up
/// ([`count_broken`]).
pub fn take_arrived(tx: &WriteTx, limit: usize) -> Result<(Vec<InboxItem>, usize), StoreError> {
    let (mut items, mut rows, mut broken, mut taken) = (Vec::new(), Vec::new(), Vec::new(), 0);
    let mut corps = Corps::default();
    tx.source().scan(NAME, &everything(), false, &mut |key, value| {
        let mut read_to = 0;
        for one in packed::unpack(value) {
            let (end, item) = match one {
                Ok(one) if corps.since_ms(tx, one.arrival.corp)? != Some(one.arrival.since_ms) => (one.end, Ok(None)),
                Ok(one) => (one.end, one.into_item().map(Some)),
                Err(cause) => (0, Err(cause)),
            };
            match item {
                Ok(item) => items.extend(item),
                Err(cause) => {
                    let cause = bad(key, cause);
                    tracing::error!(%cause, "callbacks that had arrived cannot be read and are kept aside: {cause}");
                    broken.push((key.to_vec(), packed::rest(value, read_to)));
                    break;
                }
            }
            (read_to, taken) = (end, taken + 1);
        }
        rows.push(key.to_vec());
        Ok(if taken < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    let mut table = tx.open_table(NAME)?;
    for key in rows {
        tx.mark();
        table.remove(key.as_slice()).map_err(|e| tx.fail(e))?;
    }
    if !broken.is_empty() {
        let mut table = tx.open_table(BROKEN)?;
        for (key, value) in broken {
            table.insert(key.as_slice(), value.as_slice()).map_err(|e| tx.fail(e))?;
        }
    }
    Ok((items, taken))
}

/// How many rows with callbacks that could not be read are kept aside.
pub fn count_broken(tx: &impl Reads) -> Result<usize, StoreError> {
    let mut count = 0;
    tx.source().scan(BROKEN, &everything(), false, &mut |_, _| {
        count += 1;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(count)
}

/// Forgets rows that could not be read and arrived before a time, Unix milliseconds; answers how many.
pub fn remove_broken_before(tx: &WriteTx, before_ms: i64) -> Result<usize, StoreError> {
    let (mut old, end) = (Vec::new(), super::search::first_id(before_ms));
    tx.source().scan(BROKEN, &everything(), false, &mut |key, _| {
        if key >= end.as_bytes() {
            return Ok(ControlFlow::Break(()));
        }
        old.push(key.to_vec());
        Ok(ControlFlow::Continue(()))
    })?;
    if !old.is_empty() {
        let mut table = tx.open_table(BROKEN)?;
        for key in &old {
            tx.mark();
            table.remove(key.as_slice()).map_err(|e| tx.fail(e))?;
        }
    }
    Ok(old.len())
}

/// Puts the oldest of those that have arrived, `limit` or a few more, among those that wait for work; answers how many left
/// their rows.
pub fn settle(tx: &WriteTx, limit: usize) -> Result<usize, StoreError> {
    let (items, taken) = take_arrived(tx, limit)?;
    receive_all(tx, &items)?;
    Ok(taken)
}

/// Whether something has arrived and was not put elsewhere yet.
pub fn has_arrived(tx: &impl Reads) -> Result<bool, StoreError> {
    let mut found = false;
    tx.source().scan(NAME, &everything(), false, &mut |_, _| {
        found = true;
        Ok(ControlFlow::Break(()))
    })?;
    Ok(found)
}

/// How many have arrived and were not put elsewhere yet, and the time of receipt of the first, Unix milliseconds; of one
/// corp, or of all.
pub fn count_arrived(tx: &impl Reads, corp: Option<&CorpKey>) -> Result<(usize, Option<i64>), StoreError> {
    let (mut count, mut first) = (0, None);
    visit(tx, |one| {
        if corp.is_none_or(|corp| corp.as_str() == one.corp) {
            count += 1;
            first = first.or(Some(one.received_at_ms));
        }
    })?;
    Ok((count, first))
}

/// What the newest repeats would be recognised by: everything of `since_s` (Unix seconds) and later, or of a later second
/// where these were more than `limit`; with that second.
pub fn newest_keys(tx: &impl Reads, since_s: i64, limit: usize) -> Result<(i64, Vec<RepeatKey>), StoreError> {
    let (mut since_s, mut keys) = (since_s.max(1), Vec::new());
    let mut rest = everything();
    while let Some((corp, receiver, ..)) = REPEATS.first_key(tx, &rest)? {
        let of_receiver = Prefix::text(&corp).then_text(&receiver).range();
        let mut found = 0;
        REPEATS.scan_back(tx, &of_receiver, |(corp, receiver, created, digest), _| {
            let created_at_s = i64::try_from(created).unwrap_or(i64::MAX);
            if created_at_s < since_s {
                return Ok(ControlFlow::Break(()));
            }
            if found == limit {
                since_s = created_at_s.saturating_add(1);
                return Ok(ControlFlow::Break(()));
            }
            found += 1;
            keys.push(RepeatKey { corp, receiver, created_at_s, digest });
            Ok(ControlFlow::Continue(()))
        })?;
        rest = match of_receiver.to {
            Bound::Excluded(end) => Range { from: Bound::Included(end), to: Bound::Unbounded },
            _ => break,
        };
    }
    visit(tx, |one| {
        if one.created_at_s >= since_s {
            let (corp, receiver) = (one.corp.to_owned(), one.receiver.to_owned());
            keys.push(RepeatKey { corp, receiver, created_at_s: one.created_at_s, digest: one.digest.to_owned() });
        }
    })?;
    keys.retain(|key| key.created_at_s >= since_s);
    Ok((since_s, keys))
}

/// Calls `visit` with each callback that has arrived, as far as its row can be read.
fn visit(tx: &impl Reads, mut visit: impl FnMut(Arrival<'_>)) -> Result<(), StoreError> {
    tx.source().scan(NAME, &everything(), false, &mut |_, value| {
        packed::unpack(value).map_while(Result::ok).for_each(|one| visit(one.arrival));
        Ok(ControlFlow::Continue(()))
    })
}

fn bad(key: &[u8], cause: RowError) -> StoreError {
    StoreError::BadRow { table: NAME, key: (INFO.show)(key), cause }
}
