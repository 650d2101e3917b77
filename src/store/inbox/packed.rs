//! Callbacks packed one behind the other: what a row of those that have only just arrived holds. Pure.
//!
//! A value is the format byte 2, then for each callback the length of what follows (u32) and: id (16 bytes), time of receipt
//! (i64), `CreateTime` (i64), AgentID (u64), flags (1 an AgentID, 2 a reply, 4 pieces of replies, 8 since when), then the
//! texts, each behind its length (u32): corp, receiver, kind, sender, digest, text, and what the flags name, pieces as JSON,
//! the time (i64) last. Numbers are little-endian. What stands behind all that is skipped: it belongs to a later version.

use super::arrived::RepeatKey;
use crate::model::{CallbackOf, CorpKey, InboxId, InboxItem, InboxState, ReplyContent, Text};
use crate::store::error::RowError;

/// The first byte of every row.
const FORMAT: u8 = 2;
/// A row is closed before it grows beyond this; with key and page head it fits into 64 KiB then.
const ROW_MAX_BYTES: usize = 64_000;
/// What the first row of a bundle is given at once.
const FIRST_BYTES: usize = 4_096;

const HAS_AGENTID: u8 = 1;
const HAS_REPLY: u8 = 2;
const HAS_PIECES: u8 = 4;
const HAS_SINCE: u8 = 8;

/// A callback as it arrives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arrival<'a> {
    /// UUID v7.
    pub id: [u8; 16],
    /// Key of the corp.
    pub corp: &'a str,
    /// Since when the corp was the WeCom whose keys it was opened with ([`crate::store::loose_ends::since_ms`]): once it is
    /// another one, the callback is not kept.
    pub since_ms: i64,
    /// Last part of the address.
    pub receiver: &'a str,
    /// `message.text` …
    pub kind: &'a str,
    /// `FromUserName`
    pub from: &'a str,
    /// The AgentID that it names.
    pub agentid: Option<u64>,
    /// `CreateTime`, Unix seconds; 0 = none.
    pub created_at_s: i64,
    /// Unix milliseconds.
    pub received_at_ms: i64,
    /// What a repeat is recognised by.
    pub digest: &'a str,
    /// The decrypted text.
    pub text: &'a str,
    /// The passive reply.
    pub reply: Option<&'a str>,
    /// Further pieces of an auto reply.
    pub pieces: &'a [ReplyContent],
}

/// Rows in the making, each with the id of its first callback.
#[derive(Debug, Default)]
pub struct Arrivals {
    pub(super) rows: Vec<([u8; 16], Vec<u8>)>,
    count: usize,
    bytes: usize,
}

impl Arrivals {
    /// Adds one; ids must grow.
    pub fn push(&mut self, one: &Arrival<'_>) {
        // pieces are rare: texts that are too long for one reply
        let pieces = if one.pieces.is_empty() { String::new() } else { json(one.pieces) };
        let texts = [one.corp, one.receiver, one.kind, one.from, one.digest, one.text];
        let more = [one.reply, (!pieces.is_empty()).then_some(pieces.as_str())];
        let inside: usize = texts.iter().chain(more.iter().flatten()).map(|text| 4 + text.len()).sum();
        let has_since = one.since_ms != 0;
        let length = 16 + 8 + 8 + 8 + 1 + inside + if has_since { 8 } else { 0 };
        if self.rows.last().is_none_or(|(_, row)| row.len() + 4 + length > ROW_MAX_BYTES) {
            let room = if self.rows.is_empty() { FIRST_BYTES } else { ROW_MAX_BYTES };
            let mut row = Vec::with_capacity(room.max(1 + 4 + length));
            row.push(FORMAT);
            self.rows.push((one.id, row));
        }
        let Some((_, row)) = self.rows.last_mut() else { return };
        put_length(row, length);
        row.extend_from_slice(&one.id);
        row.extend_from_slice(&one.received_at_ms.to_le_bytes());
        row.extend_from_slice(&one.created_at_s.to_le_bytes());
        row.extend_from_slice(&one.agentid.unwrap_or(0).to_le_bytes());
        let flags = [
            (one.agentid.is_some(), HAS_AGENTID),
            (more[0].is_some(), HAS_REPLY),
            (more[1].is_some(), HAS_PIECES),
            (has_since, HAS_SINCE),
        ];
        row.push(flags.iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag).sum());
        for text in texts.iter().chain(more.iter().flatten()) {
            put_length(row, text.len());
            row.extend_from_slice(text.as_bytes());
        }
        if has_since {
            row.extend_from_slice(&one.since_ms.to_le_bytes());
        }
        self.count += 1;
        self.bytes += 4 + length;
    }

    /// Rows that were packed before; what cannot be read is not counted.
    pub(super) fn of_rows(rows: Vec<([u8; 16], Vec<u8>)>) -> Self {
        let count = rows.iter().map(|(_, row)| unpack(row).filter(Result::is_ok).count()).sum();
        let bytes = rows.iter().map(|(_, row)| row.len().saturating_sub(1)).sum();
        Self { rows, count, bytes }
    }

    /// What each of them is recognised by.
    pub fn keys(&self) -> impl Iterator<Item = RepeatKey> + '_ {
        let all = self.rows.iter().flat_map(|(_, row)| unpack(row).filter_map(Result::ok));
        all.map(|one| RepeatKey {
            corp: one.arrival.corp.to_owned(),
            receiver: one.arrival.receiver.to_owned(),
            created_at_s: one.arrival.created_at_s,
            digest: one.arrival.digest.to_owned(),
        })
    }

    /// Without room for more.
    pub fn shrunk(mut self) -> Self {
        self.rows.iter_mut().for_each(|(_, row)| row.shrink_to_fit());
        self
    }

    /// How many they are of a corp, and the time of receipt of the first, Unix milliseconds.
    pub fn of_corp(&self, corp: &str) -> (usize, Option<i64>) {
        let all = self.rows.iter().flat_map(|(_, row)| unpack(row).filter_map(Result::ok));
        let mut times = all.filter(|one| one.arrival.corp == corp).map(|one| one.arrival.received_at_ms);
        let first = times.next();
        (first.map_or(0, |_| 1 + times.count()), first)
    }

    /// How many they are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Their bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

fn json(pieces: &[ReplyContent]) -> String {
    serde_json::to_string(pieces).unwrap_or_default()
}

/// Texts are of bodies of 256 KiB at most.
fn put_length(row: &mut Vec<u8>, length: usize) {
    row.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
}

/// A callback out of a row, its pieces still as JSON.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Unpacked<'a> {
    pub(super) arrival: Arrival<'a>,
    pieces: Option<&'a str>,
    /// The byte of the row behind it.
    pub(super) end: usize,
}

/// The callbacks of a row; ends with the first that cannot be read.
pub(super) fn unpack(row: &[u8]) -> impl Iterator<Item = Result<Unpacked<'_>, RowError>> {
    let (mut rest, mut fault) = match row.split_first() {
        Some((&FORMAT, rest)) => (rest, None),
        other => (&[][..], Some(RowError::Format(other.map(|(format, _)| *format)))),
    };
    std::iter::from_fn(move || {
        if let Some(fault) = fault.take() {
            return Some(Err(fault));
        }
        if rest.is_empty() {
            return None;
        }
        let at = row.len() - rest.len();
        match take(&mut Cursor(rest)) {
            Some((one, behind)) => {
                rest = behind;
                Some(Ok(Unpacked { end: row.len() - rest.len(), ..one }))
            }
            None => {
                rest = &[];
                Some(Err(RowError::Packed { at }))
            }
        }
    })
}

/// A row without what stands before a byte.
pub(super) fn rest(row: &[u8], from: usize) -> Vec<u8> {
    match row.get(from..) {
        Some(rest) if from > 0 => [&[FORMAT], rest].concat(),
        _ => row.to_vec(),
    }
}

/// Whether a row can be read to its end, replies included.
pub(super) fn check(row: &[u8]) -> Result<(), RowError> {
    unpack(row).try_for_each(|one| one?.into_item().map(drop))
}

fn take<'a>(cursor: &mut Cursor<'a>) -> Option<(Unpacked<'a>, &'a [u8])> {
    let mut one = Cursor(cursor.bytes()?);
    let (id, received, created) = (one.array()?, one.array()?, one.array()?);
    let (agentid, [flags]) = (one.array()?, one.array()?);
    let has = |flag: u8| flags & flag != 0;
    let mut arrival = Arrival {
        id,
        since_ms: 0,
        received_at_ms: i64::from_le_bytes(received),
        created_at_s: i64::from_le_bytes(created),
        agentid: has(HAS_AGENTID).then_some(u64::from_le_bytes(agentid)),
        corp: one.text()?,
        receiver: one.text()?,
        kind: one.text()?,
        from: one.text()?,
        digest: one.text()?,
        text: one.text()?,
        reply: if has(HAS_REPLY) { Some(one.text()?) } else { None },
        pieces: &[],
    };
    let pieces = if has(HAS_PIECES) { Some(one.text()?) } else { None };
    if has(HAS_SINCE) {
        arrival.since_ms = i64::from_le_bytes(one.array()?);
    }
    Some((Unpacked { arrival, pieces, end: 0 }, cursor.0))
}

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(u32::from_le_bytes(self.array()?)).ok()?;
        let (first, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(first)
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }
}

impl Unpacked<'_> {
    /// As the inbox keeps it.
    pub(super) fn into_item(self) -> Result<InboxItem, RowError> {
        let pieces = self.pieces.map_or(Ok(Vec::new()), serde_json::from_str)?;
        Ok(InboxItem { pieces, ..self.arrival.to_item() })
    }
}

impl Arrival<'_> {
    /// As the inbox keeps it, waiting for its work.
    pub fn to_item(&self) -> InboxItem {
        InboxItem {
            id: self.inbox_id(),
            corp: CorpKey::from(self.corp),
            receiver: CallbackOf::of(self.receiver),
            kind: Text::from(self.kind),
            from: Text::from(self.from),
            agentid: self.agentid,
            created_at_s: self.created_at_s,
            received_at_ms: self.received_at_ms,
            digest: self.digest.to_owned(),
            repeats: 0,
            text: self.text.to_owned(),
            state: InboxState::Waiting,
            attempts: 0,
            note: None,
            done_at_ms: None,
            replays: 0,
            reply: self.reply.map(str::to_owned),
            pieces: self.pieces.to_vec(),
            rest: Vec::new(),
        }
    }

    pub(super) fn inbox_id(&self) -> InboxId {
        InboxId::from(id_text(self.id))
    }
}

/// The text of an id.
pub(super) fn id_text(id: [u8; 16]) -> String {
    uuid::Uuid::from_bytes(id).hyphenated().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn arrival<'a>(at: u8, text: &'a str, reply: Option<&'a str>, pieces: &'a [ReplyContent]) -> Arrival<'a> {
        Arrival {
            id: [at; 16],
            corp: "acme",
            since_ms: i64::from(at / 100),
            receiver: "oa",
            kind: "message.text",
            from: "zhangsan",
            agentid: at.is_multiple_of(2).then_some(u64::from(at)),
            created_at_s: 1_700_000_000,
            received_at_ms: 1_700_000_000_123,
            digest: "m1",
            text,
            reply,
            pieces,
        }
    }

    fn items(arrivals: &Arrivals) -> Vec<InboxItem> {
        let all = arrivals.rows.iter().flat_map(|(_, row)| unpack(row));
        all.map(|one| one.unwrap().into_item().unwrap()).collect()
    }

    #[test]
    fn what_is_packed_comes_out_again() {
        let pieces = [ReplyContent::Text { text: "第二".into() }];
        let long = "字".repeat(50_000);
        let mut arrivals = Arrivals::default();
        arrivals.push(&arrival(1, "<xml/>", None, &[]));
        arrivals.push(&arrival(2, &long, Some("<xml>r</xml>"), &pieces));
        (3..200).for_each(|at| arrivals.push(&arrival(at, &long[..999], Some(""), &[])));
        let items = items(&arrivals);
        assert_eq!((items.len(), arrivals.len()), (199, 199));
        assert_eq!((items[0].text.as_str(), &items[0].reply, items[0].agentid), ("<xml/>", &None, None));
        assert_eq!((items[1].text.as_str(), items[1].reply.as_deref()), (long.as_str(), Some("<xml>r</xml>")));
        assert_eq!((items[1].pieces.as_slice(), items[1].agentid), (&pieces[..], Some(2)));
        assert_eq!((items[2].reply.as_deref(), items[2].state), (Some(""), InboxState::Waiting));
        let rows: Vec<_> = arrivals.rows.iter().flat_map(|(_, row)| unpack(row)).collect();
        for one in rows {
            let one = one.unwrap().arrival;
            assert_eq!(one.since_ms, i64::from(one.id[0] / 100));
        }
        let whole: usize = arrivals.rows.iter().map(|(_, row)| row.len() - 1).sum();
        assert_eq!(whole, arrivals.bytes());
        for (id, row) in &arrivals.rows {
            assert!(row.len() <= ROW_MAX_BYTES || *id == [2; 16], "{} bytes", row.len());
        }
        assert!(arrivals.rows.len() > 3);
    }

    #[test]
    fn what_a_later_version_adds_is_skipped_and_what_is_broken_is_refused() {
        let mut arrivals = Arrivals::default();
        arrivals.push(&arrival(1, "<xml/>", None, &[]));
        let row = arrivals.rows[0].1.clone();
        let mut later = row.clone();
        later[1] += 3;
        later.extend_from_slice(b"new");
        later.extend_from_slice(&row[1..]);
        assert_eq!(unpack(&later).filter(Result::is_ok).count(), 2);
        for end in 2..row.len() {
            assert!(check(&row[..end]).is_err(), "{end} bytes");
        }
        assert!(check(&[]).is_err() && check(&[1]).is_err() && check(&[FORMAT]).is_ok());
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd(mut bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some(first) = bytes.first_mut() {
                *first = FORMAT;
            }
            let _ = check(&bytes);
        }
    }
}
