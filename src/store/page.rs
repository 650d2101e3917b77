//! Pages of long lists: the cursor is the last key, the limit is bounded, and a search reads a bounded stretch.

use super::error::StoreError;
use super::key::{Key, Range};
use super::table::Table;
use super::tx::Reads;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;
use utoipa::ToSchema;

/// Rows on one page at most; larger limits are cut to this.
pub const PAGE_MAX: usize = 1_000;

/// Rows that one searched page reads at most. When it ends there, `next` is set although the page may be short.
pub const SCAN_MAX: usize = 200_000;

/// Which end of a list by time comes first; either is read from its own end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// The newest first.
    #[default]
    Newest,
    /// The oldest first.
    Oldest,
}

impl Order {
    /// Whether `a` comes before `b`, both told by keys that grow with time.
    pub(super) fn precedes<T: Ord + ?Sized>(self, a: &T, b: &T) -> bool {
        match self {
            Self::Newest => a > b,
            Self::Oldest => a < b,
        }
    }
}

/// One page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    /// The rows, in the order of their keys.
    pub rows: Vec<T>,
    /// Where the next page begins (exclusive); `None` when there is no more.
    pub next: Option<String>,
}

/// A case-insensitive substring to look for; empty finds everything.
#[derive(Debug, Clone)]
pub struct Search {
    folded: String,
    /// The needle as it stands in a row's JSON, when looking there first cannot miss a hit.
    raw: Option<Vec<u8>>,
}

impl Search {
    /// Looks for `text`, blanks around it cut off.
    pub fn new(text: &str) -> Self {
        let folded = text.trim().to_lowercase();
        let plain = folded.chars().all(|c| {
            (c.is_ascii() && !c.is_ascii_control() && c != '"' && c != '\\')
                || (!c.is_ascii() && c.to_uppercase().eq(std::iter::once(c)))
        });
        let raw = (plain && !folded.is_empty()).then(|| folded.clone().into_bytes());
        Self { folded, raw }
    }

    /// Whether everything is found.
    pub fn is_empty(&self) -> bool {
        self.folded.is_empty()
    }

    /// Whether one of the texts holds the needle.
    pub fn hits<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> bool {
        self.is_empty()
            || texts.into_iter().any(|text| match &self.raw {
                Some(needle) => holds_folded(text.as_bytes(), needle),
                None => text.to_lowercase().contains(&self.folded),
            })
    }

    /// Whether a row may be a hit, judged by its JSON without decoding it.
    pub(super) fn may_hit(&self, json: &[u8]) -> bool {
        self.raw.as_ref().is_none_or(|needle| holds_folded(json, needle))
    }
}

/// Whether `haystack` holds `needle` (lower case), ASCII letters compared without case.
fn holds_folded(haystack: &[u8], needle: &[u8]) -> bool {
    let Some((&first, rest)) = needle.split_first() else { return true };
    if haystack.len() < needle.len() {
        return false;
    }
    let starts = &haystack[..=haystack.len() - needle.len()];
    memchr::memchr2_iter(first, first.to_ascii_uppercase(), starts)
        .any(|at| haystack[at + 1..at + needle.len()].eq_ignore_ascii_case(rest))
}

/// Reads one page of a stretch. `texts_hit` decides over a decoded row, `name` gives its cursor.
pub(super) fn page_of<K: Key, V: Serialize + DeserializeOwned>(
    table: &Table<K, V>,
    tx: &impl Reads,
    range: &Range,
    limit: usize,
    search: Option<&Search>,
    texts_hit: impl Fn(&Search, &V) -> bool,
    name: impl Fn(&V) -> String,
) -> Result<Page<V>, StoreError> {
    let limit = limit.clamp(1, PAGE_MAX);
    let search = search.filter(|search| !search.is_empty());
    let mut rows: Vec<V> = Vec::with_capacity(limit.min(64));
    let mut next = None;
    let mut scanned = 0;
    table.scan_json(tx, range, |json| {
        scanned += 1;
        if rows.len() == limit {
            next = rows.last().map(&name);
            return Ok(ControlFlow::Break(()));
        }
        if search.is_none_or(|search| search.may_hit(json)) {
            let row: V = table.decode_json(json)?;
            if scanned > SCAN_MAX {
                next = Some(name(&row));
            }
            if search.is_none_or(|search| texts_hit(search, &row)) {
                rows.push(row);
            }
        } else if scanned >= SCAN_MAX {
            let row: V = table.decode_json(json)?;
            next = Some(name(&row));
        }
        Ok(if next.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok(Page { rows, next })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searching() {
        for (needle, text, hit) in [
            ("", "anything", true),
            ("  CHEN ", "A.Chen", true),
            ("张", "张三", true),
            ("张三丰", "张三", false),
            ("É", "café", true),
            ("a\"b", "xA\"By", true),
            ("b", "", false),
        ] {
            assert_eq!(Search::new(needle).hits([text]), hit, "{needle:?} in {text:?}");
        }
    }
}
