//! Typed tables over bytes. A value is one format byte (1 = JSON) and the JSON; it is decoded here and not in the
//! engine, so that an error can name table and row. Knows nothing of what the rows mean.

use super::error::{RowError, StoreError};
use super::key::{Key, Prefix, Range};
use super::page::Order;
use super::tx::{Reads, WriteTx};
use serde::Serialize;
use serde::de::{Deserialize, DeserializeOwned};
use std::marker::PhantomData;
use std::ops::ControlFlow;

/// The engine's view of every table.
pub(super) type Definition = redb::TableDefinition<'static, &'static [u8], &'static [u8]>;

/// A row as the engine gives it.
type Entry<'a> = (redb::AccessGuard<'a, &'static [u8]>, redb::AccessGuard<'a, &'static [u8]>);

/// The first byte of every value written today.
const FORMAT_JSON: u8 = 1;

/// A table: its name, and the types of its rows.
pub struct Table<K, V> {
    name: &'static str,
    types: PhantomData<fn() -> (K, V)>,
}

/// What the registry knows of a table: enough to check each of its rows.
#[derive(Clone, Copy)]
pub struct TableInfo {
    /// Its name.
    pub name: &'static str,
    /// Whether a row has the table's form.
    pub(super) check: fn(&[u8], &[u8]) -> Result<(), RowError>,
    /// A key as people read it.
    pub(super) show: fn(&[u8]) -> String,
}

impl<K: Key, V: Serialize + DeserializeOwned> Table<K, V> {
    /// A table of this name; the name is part of the file's schema.
    pub const fn new(name: &'static str) -> Self {
        Self { name, types: PhantomData }
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its entry in the registry.
    pub const fn info(&self) -> TableInfo {
        TableInfo { name: self.name, check: check_row::<K, V>, show: show_key::<K> }
    }

    /// The row with this key.
    pub fn get(&self, tx: &impl Reads, key: K::Ref<'_>) -> Result<Option<V>, StoreError> {
        let bytes = encode_key::<K>(key);
        tx.source().get(self.name, &bytes, |value| self.decode(&bytes, value))
    }

    /// Whether there is a row with this key.
    pub fn has(&self, tx: &impl Reads, key: K::Ref<'_>) -> Result<bool, StoreError> {
        Ok(tx.source().get(self.name, &encode_key::<K>(key), |_| Ok(()))?.is_some())
    }

    /// All rows of a stretch, in the order of their keys.
    pub fn list(&self, tx: &impl Reads, range: &Range) -> Result<Vec<V>, StoreError> {
        self.list_sized(tx, range, 0)
    }

    /// [`Table::list`] with room for as many rows as are expected.
    pub fn list_sized(&self, tx: &impl Reads, range: &Range, expected: usize) -> Result<Vec<V>, StoreError> {
        let mut rows = Vec::with_capacity(expected);
        tx.source().scan(self.name, range, false, &mut |key, value| {
            rows.push(self.decode(key, value)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(rows)
    }

    /// The last rows of a stretch, the last one first.
    pub fn list_last(&self, tx: &impl Reads, range: &Range, limit: usize) -> Result<Vec<V>, StoreError> {
        let mut rows = Vec::new();
        if limit == 0 {
            return Ok(rows);
        }
        tx.source().scan(self.name, range, true, &mut |key, value| {
            rows.push(self.decode(key, value)?);
            Ok(if rows.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
        Ok(rows)
    }

    /// Calls `visit` with each row of a stretch until it breaks.
    pub fn scan(
        &self,
        tx: &impl Reads,
        range: &Range,
        mut visit: impl FnMut(K::Owned, V) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        tx.source().scan(self.name, range, false, &mut |key, value| {
            let owned = K::decode(key).ok_or_else(|| self.bad(key, RowError::Key))?;
            visit(owned, self.decode(key, value)?)
        })
    }

    /// Calls `visit` with each row of a stretch as JSON bytes, undecoded, until it breaks.
    pub(super) fn scan_json(
        &self,
        tx: &impl Reads,
        range: &Range,
        mut visit: impl FnMut(&[u8]) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        tx.source().scan(self.name, range, false, &mut |key, value| {
            visit(json_of(value).map_err(|cause| self.bad(key, cause))?)
        })
    }

    /// [`Table::scan`] backwards, from the last row of the stretch to the first.
    pub fn scan_back(
        &self,
        tx: &impl Reads,
        range: &Range,
        mut visit: impl FnMut(K::Owned, V) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        tx.source().scan(self.name, range, true, &mut |key, value| {
            let owned = K::decode(key).ok_or_else(|| self.bad(key, RowError::Key))?;
            visit(owned, self.decode(key, value)?)
        })
    }

    /// The rows at that end of a stretch which comes first, as something that may hold less than the whole row.
    pub(super) fn list_in<T: DeserializeOwned>(
        &self,
        tx: &impl Reads,
        range: &Range,
        order: Order,
        limit: usize,
    ) -> Result<Vec<T>, StoreError> {
        let mut rows = Vec::new();
        if limit == 0 {
            return Ok(rows);
        }
        tx.source().scan(self.name, range, order == Order::Newest, &mut |key, value| {
            rows.push(decode_value(value).map_err(|cause| self.bad(key, cause))?);
            Ok(if rows.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
        Ok(rows)
    }

    /// [`Table::scan_json`] with the keys, from the end that comes first.
    pub(super) fn scan_json_in(
        &self,
        tx: &impl Reads,
        range: &Range,
        order: Order,
        mut visit: impl FnMut(K::Owned, &[u8]) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        tx.source().scan(self.name, range, order == Order::Newest, &mut |key, value| {
            let owned = K::decode(key).ok_or_else(|| self.bad(key, RowError::Key))?;
            visit(owned, json_of(value).map_err(|cause| self.bad(key, cause))?)
        })
    }

    /// Calls `read` with the JSON bytes of a row, undecoded, if there is one.
    pub(super) fn get_json<T>(
        &self,
        tx: &impl Reads,
        key: K::Ref<'_>,
        read: impl FnOnce(&[u8]) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let bytes = encode_key::<K>(key);
        tx.source().get(self.name, &bytes, |value| read(json_of(value).map_err(|cause| self.bad(&bytes, cause))?))
    }

    /// The keys of a stretch; the rows are not decoded.
    pub fn keys(&self, tx: &impl Reads, range: &Range) -> Result<Vec<K::Owned>, StoreError> {
        let mut keys = Vec::new();
        tx.source().scan(self.name, range, false, &mut |key, _| {
            keys.push(K::decode(key).ok_or_else(|| self.bad(key, RowError::Key))?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(keys)
    }

    /// The first key of a stretch.
    pub fn first_key(&self, tx: &impl Reads, range: &Range) -> Result<Option<K::Owned>, StoreError> {
        let mut found = None;
        tx.source().scan(self.name, range, false, &mut |key, _| {
            found = Some(K::decode(key).ok_or_else(|| self.bad(key, RowError::Key))?);
            Ok(ControlFlow::Break(()))
        })?;
        Ok(found)
    }

    /// Opens the table for several changes; it must be dropped before the same table is read or opened again in this
    /// transaction.
    pub fn writer<'tx>(&self, tx: &'tx WriteTx) -> Result<Writer<'tx, K, V>, StoreError> {
        Ok(Writer {
            table: Self::new(self.name),
            inner: tx.open_table(self.name)?,
            tx,
            key: Vec::with_capacity(64),
            value: Vec::with_capacity(256),
        })
    }

    /// Writes one row, whether it is there or not.
    pub fn put(&self, tx: &WriteTx, key: K::Ref<'_>, row: &V) -> Result<(), StoreError> {
        self.writer(tx)?.put(key, row)
    }

    /// Takes one row out and returns it.
    pub fn remove(&self, tx: &WriteTx, key: K::Ref<'_>) -> Result<Option<V>, StoreError> {
        self.writer(tx)?.remove(key)
    }

    /// Takes a whole stretch out; returns how many rows it had.
    pub fn remove_range(&self, tx: &WriteTx, range: &Range) -> Result<u64, StoreError> {
        tx.remove_range(self.name, range, usize::MAX)
    }

    /// Decodes JSON that [`Table::scan_json`] gave.
    pub(super) fn decode_json<'a, T: Deserialize<'a>>(&self, json: &'a [u8]) -> Result<T, StoreError> {
        serde_json::from_slice(json).map_err(|cause| StoreError::BadRow {
            table: self.name,
            key: "(in a scan)".into(),
            cause: cause.into(),
        })
    }

    fn decode(&self, key: &[u8], value: &[u8]) -> Result<V, StoreError> {
        decode_value(value).map_err(|cause| self.bad(key, cause))
    }

    fn bad(&self, key: &[u8], cause: RowError) -> StoreError {
        StoreError::BadRow { table: self.name, key: show_key::<K>(key), cause }
    }
}

/// A table opened for changes.
pub struct Writer<'tx, K, V> {
    table: Table<K, V>,
    inner: redb::Table<'tx, &'static [u8], &'static [u8]>,
    tx: &'tx WriteTx,
    key: Vec<u8>,
    value: Vec<u8>,
}

impl<K: Key, V: Serialize + DeserializeOwned> Writer<'_, K, V> {
    /// The row with this key.
    pub fn get(&mut self, key: K::Ref<'_>) -> Result<Option<V>, StoreError> {
        use redb::ReadableTable;
        self.set_key(key);
        let found = self.inner.get(self.key.as_slice()).map_err(|e| self.tx.fail(e))?;
        found.map(|value| self.table.decode(&self.key, value.value())).transpose()
    }

    /// How many rows the table has.
    pub fn len(&self) -> Result<u64, StoreError> {
        use redb::ReadableTableMetadata;
        self.inner.len().map_err(|e| self.tx.fail(e))
    }

    /// The first key of a stretch.
    pub fn first_key(&self, range: &Range) -> Result<Option<K::Owned>, StoreError> {
        use redb::ReadableTable;
        let mut rows = self.inner.range::<&[u8]>(range.bounds()).map_err(|e| self.tx.fail(e))?;
        rows.next().map(|first| self.key_of(first)).transpose()
    }

    /// The last key of a stretch.
    pub fn last_key(&self, range: &Range) -> Result<Option<K::Owned>, StoreError> {
        use redb::ReadableTable;
        let mut rows = self.inner.range::<&[u8]>(range.bounds()).map_err(|e| self.tx.fail(e))?;
        rows.next_back().map(|last| self.key_of(last)).transpose()
    }

    fn key_of(&self, row: Result<Entry<'_>, redb::StorageError>) -> Result<K::Owned, StoreError> {
        let (key, _) = row.map_err(|e| self.tx.fail(e))?;
        K::decode(key.value()).ok_or_else(|| self.table.bad(key.value(), RowError::Key))
    }

    /// Writes one row, whether it is there or not.
    pub fn put(&mut self, key: K::Ref<'_>, row: &V) -> Result<(), StoreError> {
        self.set_key(key);
        self.set_value(row)?;
        self.tx.mark();
        self.inner.insert(self.key.as_slice(), self.value.as_slice()).map_err(|e| self.tx.fail(e))?;
        Ok(())
    }

    /// Writes one row and returns the one that was there.
    pub fn replace(&mut self, key: K::Ref<'_>, row: &V) -> Result<Option<V>, StoreError> {
        self.set_key(key);
        self.set_value(row)?;
        self.tx.mark();
        let old = self.inner.insert(self.key.as_slice(), self.value.as_slice()).map_err(|e| self.tx.fail(e))?;
        old.map(|value| self.table.decode(&self.key, value.value())).transpose()
    }

    /// Takes one row out and returns it.
    pub fn remove(&mut self, key: K::Ref<'_>) -> Result<Option<V>, StoreError> {
        self.set_key(key);
        self.tx.mark();
        let old = self.inner.remove(self.key.as_slice()).map_err(|e| self.tx.fail(e))?;
        old.map(|value| self.table.decode(&self.key, value.value())).transpose()
    }

    fn set_key(&mut self, key: K::Ref<'_>) {
        self.key.clear();
        K::encode(key, &mut self.key);
    }

    fn set_value(&mut self, row: &V) -> Result<(), StoreError> {
        self.value.clear();
        self.value.push(FORMAT_JSON);
        serde_json::to_writer(&mut self.value, row).map_err(|cause| self.table.bad(&self.key, cause.into()))
    }
}

/// What may be opened for reading, whatever the transaction.
pub(super) fn decode_value<V: DeserializeOwned>(value: &[u8]) -> Result<V, RowError> {
    Ok(serde_json::from_slice(json_of(value)?)?)
}

fn json_of(value: &[u8]) -> Result<&[u8], RowError> {
    match value.split_first() {
        Some((&FORMAT_JSON, json)) => Ok(json),
        other => Err(RowError::Format(other.map(|(format, _)| *format))),
    }
}

fn encode_key<K: Key>(key: K::Ref<'_>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64);
    K::encode(key, &mut bytes);
    bytes
}

fn check_row<K: Key, V: DeserializeOwned>(key: &[u8], value: &[u8]) -> Result<(), RowError> {
    K::decode(key).ok_or(RowError::Key)?;
    decode_value::<V>(value).map(|_| ())
}

fn show_key<K: Key>(key: &[u8]) -> String {
    K::decode(key).map_or_else(|| format!("bytes {}", hex::encode(key)), |parts| format!("{parts:?}"))
}

/// Shortcut for the commonest stretch: the whole table.
pub(super) fn everything() -> Range {
    Prefix::all().range()
}
