//! A table of texts in one allocation: each text is kept folded (lower case), which is what a search looks through, and
//! once more as it is written only where that differs.

use super::bits::Bits;
use super::error::BrowseError;
use memchr::memmem;
use std::cmp::Ordering;
use std::ops::Range;

/// Stands before each text, so that no hit reaches from one text into the next.
const BORDER: char = '\0';

/// The rows of a table, so many texts each.
#[derive(Debug, Default)]
pub(super) struct Cells {
    columns: usize,
    folded: String,
    /// Where each text ends in `folded`.
    ends: Vec<u32>,
    /// Texts that folding changes, by cell: where they are in `written`.
    changed: Vec<(u32, u32, u32)>,
    written: String,
}

impl Cells {
    /// A table without rows.
    pub(super) fn new(columns: usize) -> Self {
        Self { columns, ..Self::default() }
    }

    /// Adds a row; it must have as many texts as the table has columns.
    ///
    /// # Errors
    /// [`BrowseError::TooLarge`] past 4 GiB.
    pub(super) fn push<'t>(&mut self, row: impl IntoIterator<Item = &'t str>) -> Result<(), BrowseError> {
        let full = |_| BrowseError::TooLarge { what: "the list" };
        for text in row {
            self.folded.push(BORDER);
            let start = self.folded.len();
            fold_into(text, &mut self.folded);
            if self.folded[start..] != *text {
                let cell = u32::try_from(self.ends.len()).map_err(full)?;
                let from = u32::try_from(self.written.len()).map_err(full)?;
                self.written.push_str(text);
                self.changed.push((cell, from, u32::try_from(self.written.len()).map_err(full)?));
            }
            self.ends.push(u32::try_from(self.folded.len()).map_err(full)?);
        }
        debug_assert!(self.ends.len().is_multiple_of(self.columns), "a row has {} texts", self.columns);
        Ok(())
    }

    /// Gives back what was reserved for further rows.
    pub(super) fn finish(mut self) -> Self {
        self.folded.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.changed.shrink_to_fit();
        self.written.shrink_to_fit();
        self
    }

    pub(super) fn rows(&self) -> usize {
        self.ends.len() / self.columns.max(1)
    }

    /// A text in lower case.
    pub(super) fn folded(&self, row: usize, column: usize) -> &str {
        let cell = row * self.columns + column;
        let start = if cell == 0 { 0 } else { self.ends[cell - 1] as usize };
        &self.folded[start + BORDER.len_utf8()..self.ends[cell] as usize]
    }

    /// A text as it is written.
    pub(super) fn get(&self, row: usize, column: usize) -> &str {
        let cell = row * self.columns + column;
        match self.changed.binary_search_by_key(&cell, |(cell, _, _)| *cell as usize) {
            Ok(at) => &self.written[self.changed[at].1 as usize..self.changed[at].2 as usize],
            Err(_) => self.folded(row, column),
        }
    }

    /// The row whose text in this column is `text`, letter by letter, where the rows are in the order of these texts.
    pub(super) fn find(&self, column: usize, text: &str) -> Option<usize> {
        self.find_by(|row| self.get(row, column).cmp(text))
    }

    /// The row that compares as equal, where the rows are in that order.
    pub(super) fn find_by(&self, compare: impl Fn(usize) -> Ordering) -> Option<usize> {
        Self::find_within(0..self.rows(), compare)
    }

    /// [`Cells::find_by`] among some of the rows.
    pub(super) fn find_within(rows: Range<usize>, compare: impl Fn(usize) -> Ordering) -> Option<usize> {
        let Range { start: mut from, end: mut to } = rows;
        while from < to {
            let middle = from + (to - from) / 2;
            match compare(middle) {
                Ordering::Less => from = middle + 1,
                Ordering::Greater => to = middle,
                Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    /// The rows that hold a needle in one of their texts, case ignored.
    pub(super) fn search(&self, needle: &Needle) -> Bits {
        let mut hits = Bits::none(self.rows());
        let (finder, bytes) = (memmem::Finder::new(needle.0.as_bytes()), self.folded.as_bytes());
        let (mut at, mut row) = (0, 0);
        while let Some(hit) = finder.find(&bytes[at..]) {
            row = self.row_of(at + hit, row);
            hits.insert(row);
            at = self.end_of(row);
            row += 1;
        }
        hits
    }

    fn end_of(&self, row: usize) -> usize {
        self.ends[(row + 1) * self.columns - 1] as usize
    }

    /// The row in which a place lies; not before `row`. Neighbours are looked at first.
    fn row_of(&self, place: usize, row: usize) -> usize {
        let mut step = 1;
        let (mut from, mut to) = (row, row);
        while self.end_of(to) <= place {
            from = to + 1;
            to = (to + step).min(self.rows() - 1);
            step *= 2;
        }
        while from < to {
            let middle = from + (to - from) / 2;
            if self.end_of(middle) <= place { from = middle + 1 } else { to = middle }
        }
        from
    }

    pub(super) fn bytes(&self) -> usize {
        self.folded.capacity() + self.written.capacity() + self.ends.capacity() * 4 + self.changed.capacity() * 12
    }
}

/// What a search looks for: trimmed and in lower case, never empty.
#[derive(Debug, Clone)]
pub(super) struct Needle(String);

impl Needle {
    /// `None` when there is nothing to look for.
    pub(super) fn new(text: &str) -> Option<Self> {
        let mut folded = String::new();
        fold_into(text.trim(), &mut folded);
        (!folded.is_empty()).then_some(Self(folded))
    }

    /// It in lower case.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a text holds it.
    #[cfg(test)]
    fn hits(&self, text: &str) -> bool {
        let mut folded = String::with_capacity(text.len());
        fold_into(text, &mut folded);
        folded.contains(&self.0)
    }
}

/// Lower case, sign by sign, whatever stands beside it; a border in a text becomes a blank.
pub(super) fn fold_into(text: &str, out: &mut String) {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase() && byte != 0) {
        out.push_str(text);
        return;
    }
    for sign in text.chars() {
        if sign == BORDER {
            out.push(' ');
        } else {
            out.extend(sign.to_lowercase());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_come_back_and_a_search_finds_the_rows_that_hold_them(
            rows in proptest::collection::vec(("[a-cA-C张é]{0,4}", "[a-cA-C李\0]{0,4}"), 0..40),
            needle in "[a-cA-C张李É ]{0,2}",
        ) {
            let mut cells = Cells::new(2);
            for (first, second) in &rows {
                cells.push([first.as_str(), second.as_str()]).unwrap();
            }
            let cells = cells.finish();
            prop_assert_eq!(cells.rows(), rows.len());
            for (at, (first, second)) in rows.iter().enumerate() {
                prop_assert_eq!(cells.get(at, 0), first);
                prop_assert_eq!(cells.get(at, 1), second);
            }
            if let Some(needle) = Needle::new(&needle) {
                let naive = rows.iter().enumerate().filter(|(_, (a, b))| needle.hits(a) || needle.hits(b));
                prop_assert_eq!(cells.search(&needle).iter().collect::<Vec<_>>(), naive.map(|(at, _)| at).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn a_row_is_found_by_its_first_text() {
        let mut cells = Cells::new(1);
        for id in ["A", "B", "a", "b", "张"] {
            cells.push([id]).unwrap();
        }
        for (at, id) in ["A", "B", "a", "b", "张"].iter().enumerate() {
            assert_eq!(cells.find(0, id), Some(at), "{id}");
        }
        assert_eq!(cells.find(0, "c"), None);
        assert!(Needle::new("  ").is_none());
    }
}
