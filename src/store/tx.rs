//! Transactions: what closures are given. The engine stays behind them.

use super::core::Lease;
use super::error::StoreError;
use super::key::Range;
use super::sealing::KeyRing;
use super::table::Definition;
use crate::clock::Clock;
use redb::{ReadableTable, TableError};
use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

type ReadTable = redb::ReadOnlyTable<&'static [u8], &'static [u8]>;

/// Rows of a read transaction, which they keep alive.
pub(super) type Rows = redb::Range<'static, &'static [u8], &'static [u8]>;

/// A table of a read transaction; `None` when the file does not have it.
type Opened = (&'static str, Option<Rc<ReadTable>>);

/// Whatever can be read from: a [`ReadTx`], or a [`WriteTx`] with its own changes seen.
pub trait Reads: sealed::Sealed {
    /// The way in for tables.
    #[doc(hidden)]
    fn source(&self) -> Source<'_>;

    /// The store's clock, Unix milliseconds.
    fn now_ms(&self) -> i64;

    /// The keys that open sealed values.
    #[doc(hidden)]
    fn keys(&self) -> &KeyRing;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::ReadTx {}
    impl Sealed for super::WriteTx {}
}

/// One consistent view of the store as of the last commit. Keep it short: while it lives, the file cannot reuse pages.
pub struct ReadTx {
    tx: redb::ReadTransaction,
    tables: RefCell<Vec<Opened>>,
    keys: Arc<KeyRing>,
    clock: Clock,
    lease: Lease,
}

/// One item of a group commit. Sees its own changes and those of the items before it in the same group.
pub struct WriteTx {
    tx: redb::WriteTransaction,
    wrote: Cell<bool>,
    touched_setup: Cell<bool>,
    keys: Arc<KeyRing>,
    clock: Clock,
    path: Arc<Path>,
}

impl Reads for ReadTx {
    fn source(&self) -> Source<'_> {
        Source::Read(self)
    }
    fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }
    fn keys(&self) -> &KeyRing {
        &self.keys
    }
}

impl Reads for WriteTx {
    fn source(&self) -> Source<'_> {
        Source::Write(self)
    }
    fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }
    fn keys(&self) -> &KeyRing {
        &self.keys
    }
}

impl ReadTx {
    pub(super) fn new(tx: redb::ReadTransaction, keys: Arc<KeyRing>, clock: Clock, lease: Lease) -> Self {
        Self { tx, tables: RefCell::new(Vec::new()), keys, clock, lease }
    }

    /// The engine's transaction, for maintenance over all tables.
    pub(super) fn raw(&self) -> &redb::ReadTransaction {
        &self.tx
    }

    /// An engine error with this store's path.
    pub(super) fn fail(&self, error: impl Into<redb::Error>) -> StoreError {
        StoreError::engine(self.lease.path(), error)
    }

    /// The rows of a stretch, for whoever walks several at once; `None` when the file does not have the table.
    pub(super) fn rows(&self, name: &'static str, range: &Range) -> Result<Option<Rows>, StoreError> {
        let Some(table) = self.open(name)? else { return Ok(None) };
        table.range::<&[u8]>(range.bounds()).map(Some).map_err(|e| self.fail(e))
    }

    fn open(&self, name: &'static str) -> Result<Option<Rc<ReadTable>>, StoreError> {
        if let Some((_, table)) = self.tables.borrow().iter().find(|(known, _)| *known == name) {
            return Ok(table.clone());
        }
        let table = match self.tx.open_table(Definition::new(name)) {
            Ok(table) => Some(Rc::new(table)),
            Err(TableError::TableDoesNotExist(_)) => None,
            Err(error) => return Err(self.fail(error)),
        };
        self.tables.borrow_mut().push((name, table.clone()));
        Ok(table)
    }
}

impl WriteTx {
    pub(super) fn new(tx: redb::WriteTransaction, keys: Arc<KeyRing>, clock: Clock, path: Arc<Path>) -> Self {
        Self { tx, wrote: Cell::new(false), touched_setup: Cell::new(false), keys, clock, path }
    }

    /// Notes that something was changed.
    pub(super) fn mark(&self) {
        self.wrote.set(true);
    }

    /// Whether something was changed since the last question.
    pub(super) fn take_mark(&self) -> bool {
        self.wrote.replace(false)
    }

    /// Notes that something was changed that answers to strangers are made from (see [`super::Store::setup_version`]).
    pub(super) fn touch_setup(&self) {
        self.touched_setup.set(true);
    }

    /// Whether [`WriteTx::touch_setup`] was called.
    pub(super) fn has_touched_setup(&self) -> bool {
        self.touched_setup.get()
    }

    pub(super) fn into_raw(self) -> redb::WriteTransaction {
        self.tx
    }

    /// An engine error with this store's path.
    pub(super) fn fail(&self, error: impl Into<redb::Error>) -> StoreError {
        StoreError::engine(&self.path, error)
    }

    pub(super) fn open_table(
        &self,
        name: &'static str,
    ) -> Result<redb::Table<'_, &'static [u8], &'static [u8]>, StoreError> {
        self.tx.open_table(Definition::new(name)).map_err(|e| self.fail(e))
    }

    /// Takes at most `limit` rows out of a stretch; returns how many.
    pub(super) fn remove_range(&self, name: &'static str, range: &Range, limit: usize) -> Result<u64, StoreError> {
        let mut table = self.open_table(name)?;
        let (mut removed, mut left) = (0, limit);
        let taken = table
            .extract_from_if::<&[u8], _>(range.bounds(), |_, _| {
                let take = left > 0;
                left = left.saturating_sub(1);
                take
            })
            .map_err(|e| self.fail(e))?;
        for row in taken {
            row.map_err(|e| self.fail(e))?;
            removed += 1;
        }
        if removed > 0 {
            self.mark();
        }
        Ok(removed)
    }
}

/// Reads from either kind of transaction.
#[doc(hidden)]
pub enum Source<'tx> {
    /// A read transaction.
    Read(&'tx ReadTx),
    /// A write transaction.
    Write(&'tx WriteTx),
}

/// What a scan calls with key and value of each row.
pub(super) type Visit<'v> = dyn FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>, StoreError> + 'v;

impl Source<'_> {
    /// Calls `read` with the value of a row, if there is one.
    pub(super) fn get<T>(
        &self,
        name: &'static str,
        key: &[u8],
        read: impl FnOnce(&[u8]) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        match self {
            Self::Read(tx) => {
                let Some(table) = tx.open(name)? else { return Ok(None) };
                table.get(key).map_err(|e| tx.fail(e))?.map(|value| read(value.value())).transpose()
            }
            Self::Write(tx) => {
                let table = tx.open_table(name)?;
                let found = table.get(key).map_err(|e| tx.fail(e))?;
                found.map(|value| read(value.value())).transpose()
            }
        }
    }

    /// Calls `visit` with each row of a stretch, backwards if so wished, until it breaks.
    pub(super) fn scan(
        &self,
        name: &'static str,
        range: &Range,
        backwards: bool,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        match self {
            Self::Read(tx) => {
                let Some(table) = tx.open(name)? else { return Ok(()) };
                let rows = table.range::<&[u8]>(range.bounds()).map_err(|e| tx.fail(e))?;
                walk(rows, backwards, visit, |e| tx.fail(e))
            }
            Self::Write(tx) => {
                let table = tx.open_table(name)?;
                let rows = table.range::<&[u8]>(range.bounds()).map_err(|e| tx.fail(e))?;
                walk(rows, backwards, visit, |e| tx.fail(e))
            }
        }
    }
}

fn walk(
    mut rows: redb::Range<'_, &'static [u8], &'static [u8]>,
    backwards: bool,
    visit: &mut Visit<'_>,
    fail: impl Fn(redb::StorageError) -> StoreError,
) -> Result<(), StoreError> {
    loop {
        let row = if backwards { rows.next_back() } else { rows.next() };
        let Some(row) = row else { return Ok(()) };
        let (key, value) = row.map_err(&fail)?;
        if visit(key.value(), value.value())?.is_break() {
            return Ok(());
        }
    }
}
