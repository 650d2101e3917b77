//! The write-ahead log of the inbox: a file of a fixed size beside the store, in which callbacks become durable with one
//! short wait, many at a time. They are taken over into the store a moment later ([`take_over`]), in one transaction with a
//! mark of how far that has come; so each is taken over once, whenever the process ends.
//!
//! A record is one bundle of packed rows: magic (4 bytes), run (u64), number (u64), length of what follows (u32), CRC-32 of
//! everything but the magic (u32), then each row as id (16 bytes), length (u32) and bytes. Numbers are little-endian. The
//! run is drawn anew whenever a log is begun and stands in the store's mark, which copies of the store do not have: a log of
//! another run or another store is not read. Once everything in it was taken over it is written from its start again; what is left of earlier records behind the
//! newest has smaller numbers and ends the reading.

use super::arrived::arrive;
use super::packed::Arrivals;
use crate::store::error::StoreError;
use crate::store::settings::{self, Scope};
use crate::store::tx::{Reads, WriteTx};
use crate::store::{Store, file};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of the file: some ten thousand callbacks.
const FILE_BYTES: u64 = 8 << 20;
const MAGIC: &[u8; 4] = b"WBW1";
const HEAD_BYTES: usize = 28;
const ROW_HEAD_BYTES: usize = 20;
/// What the buffer of records keeps when it is not in use.
const BUFFER_KEPT_BYTES: usize = 256 << 10;
/// Bytes that are put down at once when the file is made.
const PIECE_BYTES: usize = 1 << 20;
/// Name of the mark.
const MARK: &str = "inbox.wal";

/// A place in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    run: u64,
    number: u64,
}

/// A bundle that is in the log, and perhaps not yet in the store.
#[derive(Debug, Clone)]
pub struct Logged {
    mark: Mark,
    /// The callbacks.
    pub arrivals: Arc<Arrivals>,
}

/// An open log. After an error of [`Wal::append`] it must be dropped and another one begun, for what the disk holds is
/// unknown then.
#[derive(Debug)]
pub struct Wal {
    file: File,
    run: u64,
    next: u64,
    at: u64,
    buffer: Vec<u8>,
}

impl Wal {
    /// Begins a log beside the store, over whatever was there. To be used only after a commit with [`announce`] of the same
    /// run, in which everything of the log before was taken over. Makes the file where it is missing, mode 0600. Blocks.
    pub fn begin(store: &Store, run: u64) -> Result<Self, StoreError> {
        let path = path_of(store.path());
        let file = open_whole(&path)?;
        // also where it was there: a process may have ended between its making and this
        file.sync_all().map_err(|cause| StoreError::io("write", &path, cause))?;
        file::sync_directory_of(&path)?;
        Ok(Self { file, run, next: 1, at: 0, buffer: Vec::new() })
    }

    /// Writes a bundle and returns when it is durable; `None` when the log has no room for it. With `is_over`, for which
    /// everything that was written must have been taken over, it begins at the start of the file. Blocks.
    pub fn append(&mut self, arrivals: &Arc<Arrivals>, is_over: bool) -> std::io::Result<Option<Logged>> {
        let mark = Mark { run: self.run, number: self.next };
        let at = if is_over { 0 } else { self.at };
        let bytes = arrivals.rows.iter().map(|(_, row)| ROW_HEAD_BYTES + row.len()).sum::<usize>();
        let end = at + (HEAD_BYTES + bytes) as u64;
        if end > FILE_BYTES {
            return Ok(None);
        }
        encode(&mut self.buffer, mark, bytes, arrivals);
        self.file.write_all_at(&self.buffer, at)?;
        self.file.sync_data()?;
        self.buffer.clear();
        self.buffer.shrink_to(BUFFER_KEPT_BYTES);
        (self.at, self.next) = (end, self.next + 1);
        Ok(Some(Logged { mark, arrivals: arrivals.clone() }))
    }
}

/// A number for [`Wal::begin`] and [`announce`].
pub fn new_run() -> u64 {
    rand::random()
}

/// Notes that a log of this run may be read from now on, and no other. In the same transaction everything that waits in the
/// log before must have been taken over.
pub fn announce(tx: &WriteTx, run: u64) -> Result<(), StoreError> {
    settings::put(tx, Scope::Appliance, MARK, &Mark { run, number: 0 })
}

/// Puts bundles of the log, the oldest first, among those that have arrived; what was taken over before is left out.
pub fn take_over(tx: &WriteTx, bundles: &[Logged]) -> Result<(), StoreError> {
    if bundles.is_empty() {
        return Ok(());
    }
    let Some(mut done) = settings::get::<Mark>(tx, Scope::Appliance, MARK)? else { return Ok(()) };
    let before = done;
    // one of another run was taken over when the run of the mark was announced
    for one in bundles.iter().filter(|one| one.mark.run == before.run && one.mark.number > before.number) {
        arrive(tx, &one.arrivals)?;
        done = one.mark;
    }
    if done == before { Ok(()) } else { settings::put(tx, Scope::Appliance, MARK, &done) }
}

/// Forgets that there is a log: it belongs to the store that is replaced.
pub(in crate::store) fn disown(tx: &WriteTx) -> Result<(), StoreError> {
    settings::remove(tx, Scope::Appliance, MARK).map(drop)
}

/// Whether a row of a table is the mark, which stays out of copies.
pub(in crate::store) fn is_mark(table: &str, key: &[u8]) -> bool {
    settings::is_row(table, key, Scope::Appliance, MARK)
}

/// Gives the log of a store a second name, beside a second name of the store; whoever begins one beside the first makes a
/// new file then.
pub(in crate::store) fn keep_beside(store: &Path, kept: &Path) -> Result<(), StoreError> {
    let path = path_of(store);
    match std::fs::hard_link(&path, path_of(kept)) {
        Err(cause) if cause.kind() != ErrorKind::NotFound => Err(StoreError::io("keep", &path, cause)),
        _ => Ok(()),
    }
}

/// What was written to the log and not taken over when the process ended, the oldest first. Nothing is changed; the file
/// must not be written before these were taken over.
///
/// # Errors
/// [`StoreError::Io`] when the file is there and cannot be read.
pub fn recover(store: &Store, tx: &impl Reads) -> Result<Vec<Logged>, StoreError> {
    recover_beside(store.path(), tx)
}

/// [`recover`] of the log beside another file than that of the store, of which the store is a copy.
pub(in crate::store) fn recover_beside(store: &Path, tx: &impl Reads) -> Result<Vec<Logged>, StoreError> {
    let Some(mark) = settings::get::<Mark>(tx, Scope::Appliance, MARK)? else { return Ok(Vec::new()) };
    let path = path_of(store);
    let mut bytes = Vec::new();
    match File::open(&path).and_then(|file| file.take(FILE_BYTES).read_to_end(&mut bytes)) {
        Ok(_) => Ok(decode(&bytes, mark)),
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(cause) => Err(StoreError::io("read", &path, cause)),
    }
}

fn path_of(store: &Path) -> PathBuf {
    store.with_extension("wal")
}

/// The file at its full size: a sync must not wait for its length too.
fn open_whole(path: &Path) -> Result<File, StoreError> {
    let opened = match OpenOptions::new().read(true).write(true).open(path) {
        Err(cause) if cause.kind() == ErrorKind::NotFound => return make(path),
        opened => opened.map_err(|cause| StoreError::io("open", path, cause))?,
    };
    let meta = opened.metadata().map_err(|cause| StoreError::io("read", path, cause))?;
    if meta.len() == FILE_BYTES && meta.nlink() == 1 {
        return Ok(opened);
    }
    // left half made, or kept beside a former store
    std::fs::remove_file(path).map_err(|cause| StoreError::io("remove", path, cause))?;
    make(path)
}

/// Beside its place first: what does not fit on the disk leaves nothing behind.
fn make(path: &Path) -> Result<File, StoreError> {
    let temporary = file::beside(path, "new");
    let zeros = vec![0; PIECE_BYTES];
    let made = file::create_for_service(&temporary).and_then(|mut file| {
        (0..FILE_BYTES / PIECE_BYTES as u64)
            .try_for_each(|_| file.write_all(&zeros))
            .and_then(|()| std::fs::rename(&temporary, path))
            .map_err(|cause| StoreError::io("write", path, cause))?;
        Ok(file)
    });
    if made.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    made
}

fn encode(buffer: &mut Vec<u8>, mark: Mark, bytes: usize, arrivals: &Arrivals) {
    buffer.clear();
    buffer.reserve(HEAD_BYTES + bytes);
    buffer.extend_from_slice(MAGIC);
    buffer.extend_from_slice(&mark.run.to_le_bytes());
    buffer.extend_from_slice(&mark.number.to_le_bytes());
    buffer.extend_from_slice(&length(bytes));
    buffer.extend_from_slice(&[0; 4]);
    for (id, row) in &arrivals.rows {
        buffer.extend_from_slice(id);
        buffer.extend_from_slice(&length(row.len()));
        buffer.extend_from_slice(row);
    }
    let sum = checksum(&buffer[MAGIC.len()..HEAD_BYTES - 4], &buffer[HEAD_BYTES..]);
    buffer[HEAD_BYTES - 4..HEAD_BYTES].copy_from_slice(&sum.to_le_bytes());
}

/// A record fits into the file, so its lengths fit.
fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes()
}

fn checksum(head: &[u8], rows: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(head);
    hasher.update(rows);
    hasher.finalize()
}

/// The records of the mark's run behind the mark, until the first that does not follow the one before or is not whole.
fn decode(mut bytes: &[u8], mark: Mark) -> Vec<Logged> {
    let (mut found, mut last) = (Vec::new(), None);
    while let Some((own, rows, rest)) = record(bytes) {
        if own.run != mark.run || last.is_some_and(|last: u64| own.number != last + 1) {
            break;
        }
        let Some(arrivals) = rows_of(rows) else { break };
        (bytes, last) = (rest, Some(own.number));
        if own.number > mark.number {
            found.push(Logged { mark: own, arrivals: Arc::new(arrivals) });
        }
    }
    found
}

fn record(bytes: &[u8]) -> Option<(Mark, &[u8], &[u8])> {
    let (head, rest) = bytes.split_at_checked(HEAD_BYTES)?;
    let head = head.strip_prefix(MAGIC)?;
    let (run, head) = head.split_first_chunk()?;
    let (number, head) = head.split_first_chunk()?;
    let (bytes_of, sum) = head.split_first_chunk()?;
    let (rows, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*bytes_of)).ok()?)?;
    let is_whole = checksum(&bytes[MAGIC.len()..HEAD_BYTES - 4], rows).to_le_bytes() == *sum;
    let mark = Mark { run: u64::from_le_bytes(*run), number: u64::from_le_bytes(*number) };
    is_whole.then_some((mark, rows, rest))
}

fn rows_of(mut bytes: &[u8]) -> Option<Arrivals> {
    let mut rows = Vec::new();
    while !bytes.is_empty() {
        let (id, rest) = bytes.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (row, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        rows.push((*id, row.to_vec()));
        bytes = rest;
    }
    Some(Arrivals::of_rows(rows))
}

#[cfg(test)]
mod tests {
    use super::super::packed::Arrival;
    use super::*;
    use proptest::prelude::*;

    fn bundle(ids: &[u8]) -> Arc<Arrivals> {
        let mut arrivals = Arrivals::default();
        for id in ids {
            let text = "x".repeat(30_000);
            arrivals.push(&Arrival {
                id: [*id; 16],
                corp: "acme",
                since_ms: 0,
                receiver: "oa",
                kind: "message.text",
                from: "zhangsan",
                agentid: None,
                created_at_s: 1,
                received_at_ms: 2,
                digest: "m1",
                text: &text,
                reply: None,
                pieces: &[],
            });
        }
        Arc::new(arrivals)
    }

    fn log(run: u64, numbers: std::ops::RangeInclusive<u64>) -> Vec<u8> {
        let mut bytes = Vec::new();
        for number in numbers {
            let (arrivals, mut buffer) = (bundle(&[number as u8, 9, 9]), Vec::new());
            let length = arrivals.rows.iter().map(|(_, row)| ROW_HEAD_BYTES + row.len()).sum();
            encode(&mut buffer, Mark { run, number }, length, &arrivals);
            bytes.extend(buffer);
        }
        bytes
    }

    fn numbers(bytes: &[u8], run: u64, number: u64) -> Vec<u64> {
        let found = decode(bytes, Mark { run, number });
        for one in &found {
            assert_eq!(one.arrivals.rows, bundle(&[one.mark.number as u8, 9, 9]).rows);
            assert_eq!((one.arrivals.len(), one.arrivals.rows.len()), (3, 2));
        }
        found.iter().map(|one| one.mark.number).collect()
    }

    #[test]
    fn what_is_behind_the_mark_is_found_and_nothing_else() {
        let whole = log(7, 3..=5);
        assert_eq!(numbers(&whole, 7, 0), [3, 4, 5]);
        assert_eq!(numbers(&whole, 7, 4), [5]);
        assert_eq!(numbers(&whole, 7, 5), [0; 0]);
        assert_eq!(numbers(&whole, 8, 0), [0; 0], "a log of another run");
        let newer_over_older = [log(7, 6..=6), log(7, 3..=5)].concat();
        assert_eq!(numbers(&newer_over_older, 7, 2), [6]);
        let mut with_zeros = whole.clone();
        with_zeros.extend([0; 5_000]);
        assert_eq!(numbers(&with_zeros, 7, 3), [4, 5]);
    }

    #[test]
    fn a_record_that_is_not_whole_ends_the_log() {
        let whole = log(7, 1..=3);
        let one = whole.len() / 3;
        for end in [one - 1, one, one + 1, one + HEAD_BYTES, 2 * one - 1, 2 * one] {
            assert_eq!(numbers(&whole[..end], 7, 0).len(), end / one, "{end}");
        }
        for at in [4, 12, 20, 24, 28, 44, 48, 1_000] {
            let mut broken = whole.clone();
            broken[one + at] ^= 1;
            assert_eq!(numbers(&broken, 7, 0), [1], "byte {at} of the second");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), is_marked: bool) {
            if is_marked && bytes.len() > 4 {
                bytes[..4].copy_from_slice(MAGIC);
            }
            let _ = decode(&bytes, Mark { run: 0, number: 0 });
            let _ = rows_of(&bytes);
        }
    }
}
