//! Any small table as rows of text: the first sheet of a workbook, or a CSV file. For files that are no directory, such
//! as the list of links; the same sizes are checked as for a directory, and before anything is unpacked.

use super::fault::{Fault, FaultCode, Faults, Place};
use super::grid::Cell;
use super::limits::Limits;
use super::{text, xlsx};
use calamine::{DataRef, Reader, XlsxError};
use std::borrow::Cow;
use std::io::Cursor;
use std::panic::AssertUnwindSafe;

/// A row and its number in the file, from 1.
pub type Row = (u32, Vec<String>);

/// Reads all rows that hold anything, the captions among them.
///
/// # Errors
/// Whatever makes the file as a whole unreadable: damage, encoding, size.
pub fn read(name: &str, bytes: &[u8], limits: Limits) -> Result<Vec<Row>, Faults> {
    if bytes.len() as u64 > limits.input_max_bytes {
        let reason = format!("the file is larger than {} bytes", limits.input_max_bytes);
        return Err(Fault::new(FaultCode::TooLarge, Place::default(), reason).into());
    }
    if bytes.starts_with(b"PK") {
        xlsx::check_sizes(bytes, limits)?;
        let read = std::panic::catch_unwind(AssertUnwindSafe(|| read_sheet(bytes, limits)));
        return read.unwrap_or_else(|_| Err(xlsx::damaged("", "its structure is not that of a workbook").into()));
    }
    read_csv(name, bytes, limits)
}

fn read_sheet(bytes: &[u8], limits: Limits) -> Result<Vec<Row>, Faults> {
    let broken = |cause: XlsxError| xlsx::damaged("", &cause.to_string());
    let mut book: xlsx::Book<'_> = calamine::Xlsx::new(Cursor::new(bytes)).map_err(broken)?;
    let Some(sheet) = book.sheet_names().first().cloned() else {
        return Err(Fault::new(FaultCode::EmptySource, Place::default(), "the workbook has no sheet").into());
    };
    let mut cells = book.worksheet_cells_reader(&sheet).map_err(broken)?;
    let end = cells.dimensions().end;
    xlsx::check_position(&sheet, end.0, end.1, limits)?;
    let pads: Vec<usize> = cells.styles().iter().map(xlsx::pad_of).collect();
    let mut rows: Vec<Row> = Vec::new();
    while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(broken)? {
        let (row, column) = cell.get_position();
        if matches!(cell.get_value(), DataRef::Empty) {
            continue;
        }
        xlsx::check_position(&sheet, row, column, limits)?;
        let text = match xlsx::render(cell.get_value(), pads.get(style).copied().unwrap_or(0)) {
            Cell::Text(text) => text.into_owned(),
            Cell::Rounded(text) | Cell::Error(text) => text,
        };
        let number = row + 1;
        if rows.last().is_none_or(|(last, _)| *last != number) {
            rows.push((number, Vec::new()));
        }
        if let Some((_, values)) = rows.last_mut() {
            let column = column as usize;
            if values.len() <= column {
                values.resize(column + 1, String::new());
            }
            values[column] = text;
        }
    }
    Ok(rows)
}

fn read_csv(name: &str, bytes: &[u8], limits: Limits) -> Result<Vec<Row>, Faults> {
    let text: Cow<'_, str> = text::decode(name, bytes)?;
    let captions = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    let count = |separator: u8| captions.bytes().filter(|b| *b == separator).count();
    let separator = [b';', b'\t'].into_iter().filter(|s| count(*s) > count(b',')).max_by_key(|s| count(*s));
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator.unwrap_or(b','))
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|cause| {
            let line = cause.position().map_or(0, |at| u32::try_from(at.line()).unwrap_or(u32::MAX));
            Fault::new(FaultCode::BadCsv, Place::row(name, line), format!("the file cannot be taken apart: {cause}"))
        })?;
        let line = record.position().map_or(0, |at| u32::try_from(at.line()).unwrap_or(u32::MAX));
        if record.iter().all(|value| value.trim().is_empty()) {
            continue;
        }
        let width = u32::try_from(record.len()).unwrap_or(u32::MAX);
        xlsx::check_position(name, line, width.saturating_sub(1), limits)?;
        rows.push((line, record.iter().map(str::to_owned).collect()));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_csv_with_any_separator() {
        for text in
            ["id,link\r\n1,a\r\n\r\n2,\"b,c\"\r\n", "\u{feff}id;link\n1;a\n\n2;b,c\n", "id\tlink\n1\ta\n\n2\tb,c"]
        {
            let rows = read("links.csv", text.as_bytes(), Limits::UPLOAD).unwrap();
            let values: Vec<&[String]> = rows.iter().map(|(_, values)| values.as_slice()).collect();
            assert_eq!(values, [["id", "link"], ["1", "a"], ["2", "b,c"]], "{text:?}");
        }
    }

    #[test]
    fn what_is_no_table_is_refused() {
        assert!(read("x.xlsx", b"PK\x03\x04 nonsense", Limits::UPLOAD).is_err());
        assert!(read("x.csv", b"id,\0\x01", Limits::UPLOAD).is_err());
    }
}
