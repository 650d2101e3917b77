//! Pages of a list in memory: any of its columns sorts it, up or down, and a cursor stays valid when rows come and go.
//!
//! A cursor is the sort key and the id of the row at a page's edge, so the next page begins behind where that row stands
//! or would stand. Rows of equal sort keys follow in the order of their ids.

use super::bits::Bits;
use super::error::BrowseError;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::cmp::Ordering;
use std::sync::OnceLock;

/// Rows on one page at most; larger limits are cut to this.
pub const PAGE_MAX: usize = 200;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Page<R> {
    /// The rows.
    pub rows: Vec<R>,
    /// How many rows the whole list has under this search and these filters.
    pub total: usize,
    /// How many rows of it stand before this page.
    pub before: usize,
    /// Cursor of the next page; `None` at the end.
    pub next: Option<String>,
    /// Cursor of the page before; `None` at the beginning.
    pub previous: Option<String>,
}

impl<R> Page<R> {
    /// The same page of other rows.
    pub fn map<T>(self, change: impl FnMut(R) -> T) -> Page<T> {
        let Self { rows, total, before, next, previous } = self;
        Page { rows: rows.into_iter().map(change).collect(), total, before, next, previous }
    }
}

/// Which page of a list, in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paging<C> {
    /// The column that sorts.
    pub sort: C,
    /// Whether the largest comes first.
    pub descending: bool,
    /// `next` or `previous` of another page; `None` = the first page. One that belongs to another sort opens the first page.
    pub cursor: Option<String>,
    /// Rows on the page, 1 to [`PAGE_MAX`].
    pub limit: usize,
}

impl<C: Default> Default for Paging<C> {
    fn default() -> Self {
        Self { sort: C::default(), descending: false, cursor: None, limit: 50 }
    }
}

/// A list that can be sorted by its columns. Its rows are numbered in the order of their ids.
pub(super) trait Sorted {
    /// How many rows there are.
    fn len(&self) -> usize;
    /// Appends what the row is sorted by in this column; equal keys follow in the order of the rows' numbers.
    fn push_key(&self, column: usize, row: usize, out: &mut Vec<u8>);
    /// Appends the row's id; the bytes compare as the rows' numbers do.
    fn push_id(&self, row: usize, out: &mut Vec<u8>);
    /// Where the orders are kept once they are known.
    fn orders(&self) -> &Orders;
}

/// The rows in the order of each column, each computed when it is first asked for.
#[derive(Debug)]
pub(super) struct Orders(Box<[OnceLock<Box<[u32]>>]>);

impl Orders {
    /// None is known yet.
    pub(super) fn new(columns: usize) -> Self {
        Self((0..columns).map(|_| OnceLock::new()).collect())
    }

    fn get(&self, list: &impl Sorted, column: usize) -> &[u32] {
        self.0[column].get_or_init(|| sort(list, column))
    }

    pub(super) fn bytes(&self) -> usize {
        self.0.iter().filter_map(OnceLock::get).map(|order| order.len() * 4).sum()
    }
}

fn sort(list: &impl Sorted, column: usize) -> Box<[u32]> {
    let mut keys = Vec::with_capacity(list.len() * 12);
    let mut items: Vec<(u64, u32, u32)> = Vec::with_capacity(list.len());
    let mut ends = Vec::with_capacity(list.len());
    for row in 0..list.len() {
        let start = keys.len();
        list.push_key(column, row, &mut keys);
        let key = &keys[start..];
        let mut head = [0; 8];
        let width = key.len().min(8);
        head[..width].copy_from_slice(&key[..width]);
        items.push((u64::from_be_bytes(head), start as u32, row as u32));
        ends.push(keys.len());
    }
    let key = |item: &(u64, u32, u32)| &keys[item.1 as usize..ends[item.2 as usize]];
    items.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| key(a).cmp(key(b))).then(a.2.cmp(&b.2)));
    items.into_iter().map(|(_, _, row)| row).collect()
}

/// The rows of a list in the asked order, from the first one on.
pub(super) fn rows<'o, L: Sorted, C: Copy + Into<usize>>(
    list: &L,
    orders: &'o Orders,
    paging: &Paging<C>,
    wanted: Bits,
) -> impl Iterator<Item = usize> + use<'o, L, C> {
    let order = orders.get(list, paging.sort.into());
    let (last, descending) = (order.len().wrapping_sub(1), paging.descending);
    let at = move |place: usize| order[if descending { last - place } else { place }] as usize;
    (0..order.len()).map(at).filter(move |row| wanted.has(*row))
}

/// One page of the rows that are wanted.
///
/// # Errors
/// [`BrowseError::BadCursor`].
pub(super) fn page<C: Copy + Into<usize>>(
    list: &impl Sorted,
    paging: &Paging<C>,
    wanted: &Bits,
) -> Result<Page<usize>, BrowseError> {
    let column: usize = paging.sort.into();
    let order = list.orders().get(list, column);
    let walk = Walk { list, order, column, descending: paging.descending };
    let limit = paging.limit.clamp(1, PAGE_MAX);
    let cursor = paging.cursor.as_deref().map(Cursor::read).transpose()?;
    let cursor = cursor.filter(|cursor| cursor.column == column && cursor.descending == paging.descending);
    let total = wanted.count();
    let mut places: Vec<usize> = Vec::with_capacity(limit.min(total));
    let is_wanted = |place: &usize| wanted.has(walk.row(*place));
    match &cursor {
        Some(cursor) if !cursor.backwards => {
            let from = walk.place_of(cursor, Ordering::Greater);
            places.extend((from..order.len()).filter(is_wanted).take(limit));
        }
        Some(cursor) => {
            let to = walk.place_of(cursor, Ordering::Equal);
            places.extend((0..to).rev().filter(is_wanted).take(limit));
            places.reverse();
            if places.len() < limit {
                // the beginning was reached: show a whole first page
                places.clear();
                places.extend((0..order.len()).filter(is_wanted).take(limit));
            }
        }
        None => places.extend((0..order.len()).filter(is_wanted).take(limit)),
    }
    let Some((&first, &last)) = places.first().zip(places.last()) else {
        // everything behind the cursor is gone: what stands before it can still be reached
        let previous = (total > 0).then_some(paging.cursor.clone()).flatten().and(cursor).map(Cursor::turned);
        return Ok(Page { rows: Vec::new(), total, before: total, next: None, previous });
    };
    let before = if total == walk.order.len() { first } else { (0..first).filter(is_wanted).count() };
    let has_next = before + places.len() < total;
    Ok(Page {
        total,
        before,
        next: has_next.then(|| walk.cursor(last, false)),
        previous: (before > 0).then(|| walk.cursor(first, true)),
        rows: places.into_iter().map(|place| walk.row(place)).collect(),
    })
}

/// The list in one order: places count from its beginning.
struct Walk<'l, L> {
    list: &'l L,
    order: &'l [u32],
    column: usize,
    descending: bool,
}

impl<L: Sorted> Walk<'_, L> {
    fn row(&self, place: usize) -> usize {
        self.order[if self.descending { self.order.len() - 1 - place } else { place }] as usize
    }

    /// The first place whose row compares with the cursor's at least so.
    fn place_of(&self, cursor: &Cursor, least: Ordering) -> usize {
        let (mut from, mut to) = (0, self.order.len());
        let (mut key, mut id) = (Vec::new(), Vec::new());
        while from < to {
            let middle = from + (to - from) / 2;
            let row = self.row(middle);
            key.clear();
            id.clear();
            self.list.push_key(self.column, row, &mut key);
            self.list.push_id(row, &mut id);
            let order = key.cmp(&cursor.key).then_with(|| id.cmp(&cursor.id));
            let order = if self.descending { order.reverse() } else { order };
            if order < least { from = middle + 1 } else { to = middle }
        }
        from
    }

    fn cursor(&self, place: usize, backwards: bool) -> String {
        let (mut key, mut id) = (Vec::new(), Vec::new());
        self.list.push_key(self.column, self.row(place), &mut key);
        self.list.push_id(self.row(place), &mut id);
        Cursor { backwards, descending: self.descending, column: self.column, key, id }.write()
    }
}

/// The edge of a page.
struct Cursor {
    backwards: bool,
    descending: bool,
    column: usize,
    key: Vec<u8>,
    id: Vec<u8>,
}

impl Cursor {
    fn write(&self) -> String {
        let mut bytes = vec![u8::from(self.backwards) | u8::from(self.descending) << 1, self.column as u8];
        bytes.extend_from_slice(&(self.key.len() as u32).to_be_bytes());
        bytes.extend_from_slice(&self.key);
        bytes.extend_from_slice(&self.id);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn read(text: &str) -> Result<Self, BrowseError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| BrowseError::BadCursor)?;
        let ([flags, column, width @ ..], rest) = bytes.split_first_chunk::<6>().ok_or(BrowseError::BadCursor)?;
        let width = u32::from_be_bytes(*width) as usize;
        let (key, id) = rest.split_at_checked(width).ok_or(BrowseError::BadCursor)?;
        Ok(Self {
            backwards: flags & 1 != 0,
            descending: flags & 2 != 0,
            column: usize::from(*column),
            key: key.to_vec(),
            id: id.to_vec(),
        })
    }

    fn turned(self) -> String {
        Self { backwards: !self.backwards, ..self }.write()
    }
}
