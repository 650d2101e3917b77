//! A column of texts that repeat: each text once, and its number in every row.

use super::cells::Cells;
use super::error::BrowseError;
use std::collections::HashMap;

/// The column.
#[derive(Debug)]
pub(super) struct Interned {
    texts: Cells,
    rows: Box<[u32]>,
}

/// An [`Interned`] that is being filled.
pub(super) struct Interning {
    texts: Cells,
    known: HashMap<Box<str>, u32>,
    rows: Vec<u32>,
}

impl Interning {
    pub(super) fn new() -> Self {
        Self { texts: Cells::new(1), known: HashMap::new(), rows: Vec::new() }
    }

    /// Adds a row.
    pub(super) fn push(&mut self, text: &str) -> Result<(), BrowseError> {
        let number = match self.known.get(text) {
            Some(number) => *number,
            None => {
                let number = self.known.len() as u32;
                self.texts.push([text])?;
                self.known.insert(text.into(), number);
                number
            }
        };
        self.rows.push(number);
        Ok(())
    }

    pub(super) fn finish(self) -> Interned {
        Interned { texts: self.texts.finish(), rows: self.rows.into() }
    }
}

impl Interned {
    pub(super) fn get(&self, row: usize) -> &str {
        self.texts.get(self.rows[row] as usize, 0)
    }

    pub(super) fn folded(&self, row: usize) -> &str {
        self.texts.folded(self.rows[row] as usize, 0)
    }

    pub(super) fn bytes(&self) -> usize {
        self.texts.bytes() + self.rows.len() * 4
    }
}
