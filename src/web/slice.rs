//! Lists that are held in memory as a whole: a search over some texts, pages counted from 1.

use super::listing::{Listing, ROWS};
use crate::store::Search;

/// Part of a list.
pub struct Slice<T> {
    /// The rows of the page.
    pub rows: Vec<T>,
    /// How many rows the whole list has.
    pub total: usize,
    /// Link to the page before.
    pub previous: Option<String>,
    /// Link to the page behind.
    pub next: Option<String>,
}

impl<T> Slice<T> {
    /// A list without rows.
    pub fn none() -> Self {
        Self { rows: Vec::new(), total: 0, previous: None, next: None }
    }

    /// The page that the address asks for.
    pub fn of<A>(list: &Listing, all: &[A], show: impl FnMut(&A) -> T) -> Self {
        Self::sized(list, all, ROWS, show)
    }

    /// The same for one of several lists of a page, whose place stands in a parameter of its own.
    pub fn placed<A>(list: &Listing, parameter: &str, all: &[A], show: impl FnMut(&A) -> T) -> Self {
        let page = page_of(list, parameter, all.len());
        let rows = all.iter().skip((page - 1) * ROWS).take(ROWS).map(show).collect();
        Self::part(list, parameter, rows, all.len())
    }

    /// Rows that were read for [`page_of`] already, out of `total`.
    pub fn part(list: &Listing, parameter: &str, rows: Vec<T>, total: usize) -> Self {
        let (page, pages) = (page_of(list, parameter, total), total.div_ceil(ROWS).max(1));
        let to = |page: usize| list.with(parameter, &page.to_string());
        Self { rows, total, previous: (page > 1).then(|| to(page - 1)), next: (page < pages).then(|| to(page + 1)) }
    }

    /// The same with pages of this size.
    pub fn sized<A>(list: &Listing, all: &[A], size: usize, show: impl FnMut(&A) -> T) -> Self {
        let pages = all.len().div_ceil(size).max(1);
        let page = list.get("page").parse().unwrap_or(1_usize).clamp(1, pages);
        let to = |page: usize| list.at("page", &page.to_string());
        Self {
            rows: all.iter().skip((page - 1) * size).take(size).map(show).collect(),
            total: all.len(),
            previous: (page > 1).then(|| to(page - 1)),
            next: (page < pages).then(|| to(page + 1)),
        }
    }
}

/// The page, counted from 1, of a list with so many rows that a parameter asks for.
pub fn page_of(list: &Listing, parameter: &str, total: usize) -> usize {
    list.get(parameter).parse().unwrap_or(1_usize).clamp(1, total.div_ceil(ROWS).max(1))
}

/// Whether one of the texts holds what the address searches for, in whatever case.
pub fn is_hit<'t>(list: &Listing, texts: impl IntoIterator<Item = &'t str>) -> bool {
    let wanted = list.get("q");
    wanted.is_empty() || Search::new(wanted).hits(texts)
}

/// Sorts rows by a key, the other way round where the address says so.
pub fn sort<T, K: Ord>(list: &Listing, rows: &mut [T], key: impl Fn(&T) -> K) {
    rows.sort_by_cached_key(key);
    if list.is("dir", "desc") {
        rows.reverse();
    }
}
