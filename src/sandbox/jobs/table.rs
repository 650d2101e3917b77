//! The CSV of an import: UTF-8 with or without BOM, or GB18030 on the public cloud; header line first.

use crate::sandbox::wire::answer::{Refusal, refuse};
use std::collections::HashMap;

/// Header and rows.
#[derive(Debug)]
pub struct Table {
    columns: HashMap<String, usize>,
    rows: Vec<Vec<String>>,
}

/// One row, read by column name.
#[derive(Debug, Clone, Copy)]
pub struct Row<'t> {
    table: &'t Table,
    cells: &'t [String],
}

fn bad(what: &str) -> Refusal {
    Refusal::new(40092, format!("invalid import file: {what}"))
}

impl Table {
    /// Reads a file; 40092 when it is none, or has no row.
    pub fn read(bytes: &[u8], utf8_only: bool) -> Result<Self, Refusal> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) if utf8_only => return Err(bad("not UTF-8")),
            Err(_) => {
                let (text, _, has_errors) = encoding_rs::GB18030.decode(bytes);
                if has_errors {
                    return Err(bad("neither UTF-8 nor GB18030"));
                }
                text.into_owned()
            }
        };
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let mut records = reader.records();
        let header = match records.next() {
            Some(Ok(header)) => header,
            _ => return Err(bad("empty")),
        };
        let mut columns = HashMap::new();
        for (place, name) in header.iter().enumerate() {
            columns.entry(name.trim().to_owned()).or_insert(place);
        }
        let mut rows = Vec::new();
        for record in records {
            let record = record.map_err(|_| bad("broken CSV"))?;
            if record.iter().any(|cell| !cell.trim().is_empty()) {
                rows.push(record.iter().map(str::to_owned).collect());
            }
        }
        if rows.is_empty() { Err(bad("no row")) } else { Ok(Self { columns, rows }) }
    }

    /// Whether there is a column of this name.
    pub fn has(&self, column: &str) -> bool {
        self.columns.contains_key(column)
    }

    /// All column names.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.keys().map(String::as_str)
    }

    /// Wants these columns.
    pub fn check_columns(&self, names: &[&str]) -> Result<(), Refusal> {
        match names.iter().find(|name| !self.has(name)) {
            Some(name) => refuse(40092, format!("invalid import file: no column {name}")),
            None => Ok(()),
        }
    }

    /// All rows.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        self.rows.iter().map(|cells| Row { table: self, cells })
    }
}

impl<'t> Row<'t> {
    /// The cell as written; `None` = no such column.
    pub fn raw(&self, column: &str) -> Option<&'t str> {
        let place = *self.table.columns.get(column)?;
        Some(self.cells.get(place).map_or("", String::as_str))
    }

    /// The cell trimmed; empty counts as not given.
    pub fn text(&self, column: &str) -> Option<&'t str> {
        self.raw(column).map(str::trim).filter(|cell| !cell.is_empty())
    }

    /// A cell of numbers separated by `;`.
    pub fn numbers(&self, column: &str) -> Result<Option<Vec<u32>>, ()> {
        let Some(text) = self.text(column) else { return Ok(None) };
        let parts = text.split([';', '；']).map(str::trim).filter(|part| !part.is_empty());
        parts.map(|part| part.parse().map_err(|_| ())).collect::<Result<_, _>>().map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_and_empty_files() {
        let text = "姓名,帐号\n张三,zs\n";
        let gbk = encoding_rs::GBK.encode(text).0.into_owned();
        let bom = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
        for (bytes, utf8_only, ok) in [
            (text.as_bytes(), false, true),
            (&bom, true, true),
            (&gbk, false, true),
            (&gbk, true, false),
            (b"", false, false),
            ("姓名,帐号\n".as_bytes(), false, false),
        ] {
            let table = Table::read(bytes, utf8_only);
            assert_eq!(table.is_ok(), ok, "{bytes:?}");
            if let Ok(table) = table {
                let row = table.rows().next().unwrap();
                assert_eq!((row.text("姓名"), row.text("帐号"), row.text("x")), (Some("张三"), Some("zs"), None));
            }
        }
    }
}
