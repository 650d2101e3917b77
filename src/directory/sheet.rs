//! Tables of texts as files that spreadsheets open: one row at a time, so that a long table needs no more memory than a
//! short one.

use super::export::ExportError;
use super::guard::guard;
use rust_xlsxwriter::{Format, Workbook, Worksheet};
use std::io::{Seek, Write};

/// Rows that a sheet holds at most, its captions included; a limit of the format.
pub const SHEET_ROWS_MAX: u32 = 1_048_576;
/// Signs that a cell holds at most; a limit of the format. Longer texts are cut there.
const CELL_SIGNS_MAX: usize = 32_767;

/// A table as CSV: UTF-8 with a byte order mark, which spreadsheets need to show Chinese; values that would be formulas
/// are guarded.
///
/// # Errors
/// [`ExportError::Csv`], or the error of a row; what was written before stays written.
pub fn write_csv<R, E>(
    out: impl Write,
    captions: &[impl AsRef<str>],
    rows: impl IntoIterator<Item = Result<R, E>>,
) -> Result<(), E>
where
    R: IntoIterator<Item: AsRef<str>>,
    E: From<ExportError>,
{
    let mut writer = csv_start(out, captions).map_err(E::from)?;
    for row in rows {
        csv_row(&mut writer, row?).map_err(E::from)?;
    }
    writer.flush().map_err(ExportError::from).map_err(E::from)
}

fn csv_start<W: Write>(mut out: W, captions: &[impl AsRef<str>]) -> Result<csv::Writer<W>, ExportError> {
    out.write_all("\u{feff}".as_bytes())?;
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    csv_row(&mut writer, captions)?;
    Ok(writer)
}

fn csv_row<W: Write>(writer: &mut csv::Writer<W>, row: impl IntoIterator<Item: AsRef<str>>) -> Result<(), ExportError> {
    for value in row {
        writer.write_field(guard(value.as_ref()).as_bytes())?;
    }
    writer.write_record(None::<&[u8]>)?;
    Ok(())
}

/// A table as a workbook of one sheet. Every cell is text, so leading zeros and long numbers stay and nothing is a
/// formula. The rows go through a temporary file.
///
/// # Errors
/// [`ExportError::Workbook`], [`ExportError::TooManyRows`], or the error of a row; nothing was written then.
pub fn write_xlsx<R, E>(
    out: impl Write + Seek + Send,
    name: &str,
    captions: &[impl AsRef<str>],
    rows: impl IntoIterator<Item = Result<R, E>>,
) -> Result<(), E>
where
    R: IntoIterator<Item: AsRef<str>>,
    E: From<ExportError>,
{
    let mut book = Workbook::new();
    let sheet = add_sheet(&mut book, name).map_err(E::from)?;
    fill_sheet(sheet, captions, rows)?;
    book.save_to_writer(out).map_err(ExportError::from).map_err(E::from)
}

/// A new sheet whose rows go through a temporary file; it must be filled from the top down.
pub(super) fn add_sheet<'b>(book: &'b mut Workbook, name: &str) -> Result<&'b mut Worksheet, ExportError> {
    let sheet = book.add_worksheet_with_constant_memory()?;
    sheet.set_name(name)?;
    sheet.set_freeze_panes(1, 0)?;
    Ok(sheet)
}

/// Fills a sheet with captions and rows.
pub(super) fn fill_sheet<R, E>(
    sheet: &mut Worksheet,
    captions: &[impl AsRef<str>],
    rows: impl IntoIterator<Item = Result<R, E>>,
) -> Result<(), E>
where
    R: IntoIterator<Item: AsRef<str>>,
    E: From<ExportError>,
{
    start_sheet(sheet, captions).map_err(E::from)?;
    for (line, row) in (1_u32..).zip(rows) {
        sheet_row(sheet, line, row?).map_err(E::from)?;
    }
    Ok(())
}

fn start_sheet(sheet: &mut Worksheet, captions: &[impl AsRef<str>]) -> Result<(), ExportError> {
    let bold = Format::new().set_bold();
    for (column, caption) in (0_u16..).zip(captions) {
        sheet.set_column_width(column, 16)?;
        sheet.write_string_with_format(0, column, caption.as_ref(), &bold)?;
    }
    Ok(())
}

fn sheet_row(sheet: &mut Worksheet, line: u32, row: impl IntoIterator<Item: AsRef<str>>) -> Result<(), ExportError> {
    if line >= SHEET_ROWS_MAX {
        return Err(ExportError::TooManyRows);
    }
    for (column, value) in (0_u16..).zip(row) {
        let value = fitting(value.as_ref());
        if !value.is_empty() {
            sheet.write_string(line, column, value)?;
        }
    }
    Ok(())
}

/// What fits into a cell. Directory fields are far shorter; only a list inside one cell can be longer.
fn fitting(value: &str) -> &str {
    value.char_indices().nth(CELL_SIGNS_MAX).map_or(value, |(end, _)| &value[..end])
}
