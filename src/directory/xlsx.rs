//! The adapter for workbooks: the sheets `units` and `employees` (or `部门` and `人员`) of one .xlsx. A sheet of another name
//! is told by its captions.
//!
//! Cells are read as a stream; a sheet is never held as a rectangle, because two filled cells in opposite corners
//! make one of 17 thousand million cells. All sizes are checked before the workbook is opened.

use super::fault::{Fault, FaultCode, Faults, Place};
use super::fields::Record;
use super::grid::{Cell, Grid};
use super::kind::{self, Kind};
use super::limits::Limits;
use super::parsed::Table;
use super::unpack;
use super::values::trim;
use super::xml_shape::Shape;
use crate::model::{Employee, OrgUnit};
use calamine::{DataRef, ExcelDateTime, Reader, Xlsx, XlsxError};
use std::borrow::Cow;
use std::io::Cursor;
use std::panic::AssertUnwindSafe;

/// The two sheets; a table without a sheet name was not there.
pub type Sheets = (super::csv::Read<OrgUnit>, super::csv::Read<Employee>);

/// Sheets whose captions are looked at, and captions of each.
const SHEETS_MAX: usize = 100;
const CAPTIONS_MAX: usize = 200;

/// Which sheets are read, and a warning for each of the others.
struct Found {
    units: Option<String>,
    employees: Option<String>,
    unread: Vec<Fault>,
}

pub(super) type Book<'a> = Xlsx<Cursor<&'a [u8]>>;

/// Reads a workbook whose parts a [`Survey`] has seen.
///
/// # Errors
/// Whatever makes it as a whole unreadable: damage, size, captions; [`FaultCode::MissingTable`] when neither sheet
/// is there, [`FaultCode::DuplicateColumn`] when two sheets are the same table.
pub fn read(bytes: &[u8], limits: Limits) -> Result<Sheets, Faults> {
    // the parser is not ours: should it stop on a hostile file, that is a damaged workbook and not the end of the service
    let opened = std::panic::catch_unwind(AssertUnwindSafe(|| read_sheets(bytes, limits)));
    opened.unwrap_or_else(|_| Err(damaged("", "its structure is not that of a workbook").into()))
}

fn read_sheets(bytes: &[u8], limits: Limits) -> Result<Sheets, Faults> {
    let mut book: Book<'_> = Xlsx::new(Cursor::new(bytes)).map_err(|cause| damaged("", &cause.to_string()))?;
    let names = book.sheet_names();
    let Found { units, employees, unread } = find_sheets(&mut book, &names)?;
    let mut units = read_sheet(&mut book, units, limits)?;
    units.2.extend(unread);
    Ok((units, read_sheet(&mut book, employees, limits)?))
}

/// The sheets by their names, else by their captions, and a warning for each other sheet that holds something.
fn find_sheets(book: &mut Book<'_>, names: &[String]) -> Result<Found, Fault> {
    let headed: Vec<_> = names.iter().take(SHEETS_MAX).map(|name| (name, captions(book, name))).collect();
    let headed: Vec<_> = headed.into_iter().filter(|(_, captions)| !captions.is_empty()).collect();
    let free = headed.iter().filter(|(name, _)| !is_sheet::<OrgUnit>(name) && !is_sheet::<Employee>(name));
    let whole = |kind| free.clone().filter(move |(_, captions)| kind::whole(captions) == Some(kind));
    let mut units = choose::<OrgUnit>(names, whole(Kind::Units).map(|(name, _)| *name))?;
    let mut employees = choose::<Employee>(names, whole(Kind::Employees).map(|(name, _)| *name))?;
    if units.is_none() && employees.is_none() {
        let Some((name, captions)) = headed.first() else {
            let reason = "the workbook has no sheet named units (部门) and none named employees (人员)";
            let fault = Fault::new(FaultCode::MissingTable, Place::default(), reason);
            return Err(fault.with_value(&names.join(", ")));
        };
        let kind = kind::find(name, captions)?;
        let alike =
            headed.iter().filter(|(name, captions)| kind::find(name, captions).is_ok_and(|other| other == kind));
        let alike = alike.map(|(name, _)| *name);
        match kind {
            Kind::Units => units = choose::<OrgUnit>(&[], alike)?,
            Kind::Employees => employees = choose::<Employee>(&[], alike)?,
        }
    }
    let is_read = |name: &String| units.as_ref() == Some(name) || employees.as_ref() == Some(name);
    let unread = headed.iter().map(|(name, _)| *name).chain(names.iter().skip(SHEETS_MAX));
    let unread = unread
        .filter(|name| !is_read(name))
        .map(|name| Fault::new(FaultCode::Ignored, Place::sheet(name), "this sheet is not read"));
    let unread = unread.collect();
    Ok(Found { units, employees, unread })
}

/// The one sheet of a table: the one that has its name, else the one that has its captions.
///
/// # Errors
/// [`FaultCode::DuplicateColumn`] with the names where there are several.
fn choose<'n, T: Record>(
    names: &'n [String],
    headed: impl Iterator<Item = &'n String>,
) -> Result<Option<String>, Fault> {
    let mut sheets: Vec<&String> = names.iter().filter(|name| is_sheet::<T>(name)).collect();
    if sheets.is_empty() {
        sheets = headed.collect();
    }
    let [_, second, ..] = sheets.as_slice() else { return Ok(sheets.first().map(|name| (*name).clone())) };
    let named: Vec<&str> = sheets.iter().map(|name| name.as_str()).collect();
    let reason = format!("{} are the same table; put them together, or remove all but one", named.join(", "));
    Err(Fault::new(FaultCode::DuplicateColumn, Place::sheet(second), reason))
}

/// The first row of a sheet that holds anything; empty where the sheet cannot be read.
fn captions(book: &mut Book<'_>, sheet: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let Ok(mut cells) = book.worksheet_cells_reader(sheet) else { return found };
    let mut of_row = None;
    while let Ok(Some((cell, _))) = cells.next_cell_with_style_id() {
        let (row, _) = cell.get_position();
        if found.len() >= CAPTIONS_MAX || of_row.is_some_and(|known| known != row) {
            break;
        }
        if let Cell::Text(text) = render(cell.get_value(), 0)
            && !trim(&text).is_empty()
        {
            of_row = Some(row);
            found.push(trim(&text).to_owned());
        }
    }
    found
}

fn is_sheet<T: Record>(name: &str) -> bool {
    trim(name).eq_ignore_ascii_case(T::TABLE) || trim(name) == T::TABLE_ZH
}

fn read_sheet<T: Record>(
    book: &mut Book<'_>,
    sheet: Option<String>,
    limits: Limits,
) -> Result<super::csv::Read<T>, Faults> {
    let Some(sheet) = sheet else { return Ok((Table::default(), Vec::new(), Vec::new())) };
    let broken = |cause: XlsxError| damaged(&sheet, &cause.to_string());
    let mut cells = book.worksheet_cells_reader(&sheet).map_err(broken)?;
    let end = cells.dimensions().end;
    check_position(&sheet, end.0, end.1, limits)?;
    let pads: Vec<usize> = cells.styles().iter().map(pad_of).collect();
    let mut rows = Rows { sheet: &sheet, limits, grid: None, row: 0, cells: Vec::new() };
    while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(broken)? {
        let (row, column) = cell.get_position();
        if matches!(cell.get_value(), DataRef::Empty) {
            continue;
        }
        check_position(&sheet, row, column, limits)?;
        if row < rows.row {
            return Err(damaged(&sheet, "its rows are out of order").into());
        }
        if row > rows.row {
            rows.end_row()?;
            rows.row = row;
        }
        if rows.cells.len() > limits.columns_max as usize {
            return Err(damaged(&sheet, "a row holds a cell several times").into());
        }
        let pad = pads.get(style).copied().unwrap_or(0);
        rows.cells.push((column as usize, render(cell.get_value(), pad)));
    }
    rows.end_row()?;
    match rows.grid {
        Some(grid) => Ok(grid.finish()),
        None => Err(Fault::new(FaultCode::EmptySource, Place::sheet(&sheet), "the sheet is empty").into()),
    }
}

/// Collects the cells of a row.
struct Rows<'s, T: 'static> {
    sheet: &'s str,
    limits: Limits,
    grid: Option<Grid<T>>,
    row: u32,
    cells: Vec<(usize, Cell<'static>)>,
}

impl<T: Record> Rows<'_, T> {
    fn end_row(&mut self) -> Result<(), Fault> {
        let line = self.row + 1;
        if let Some(grid) = &mut self.grid {
            return grid.push(line, self.cells.drain(..));
        }
        let mut captions = vec![Cow::Borrowed(""); self.limits.columns_max as usize];
        let mut filled = false;
        for (column, cell) in self.cells.drain(..) {
            if let (Cell::Text(text), Some(caption)) = (cell, captions.get_mut(column)) {
                filled |= !trim(&text).is_empty();
                *caption = text;
            }
        }
        if filled {
            self.grid = Some(Grid::new(self.sheet, line, &captions, self.limits)?);
        }
        Ok(())
    }
}

pub(super) fn check_position(sheet: &str, row: u32, column: u32, limits: Limits) -> Result<(), Fault> {
    if column >= limits.columns_max {
        let reason = format!(
            "the sheet is {} columns wide; at most {} are read. Delete the columns to the right of the table",
            column.saturating_add(1),
            limits.columns_max
        );
        return Err(Fault::new(FaultCode::TooManyColumns, Place::sheet(sheet), reason));
    }
    if row > limits.rows_max {
        let reason = format!(
            "the sheet has {} rows; at most {} are read. Delete the rows below the table",
            row.saturating_add(1),
            limits.rows_max
        );
        return Err(Fault::new(FaultCode::TooManyRows, Place::sheet(sheet), reason));
    }
    Ok(())
}

pub(super) fn render(value: &DataRef<'_>, pad: usize) -> Cell<'static> {
    match value {
        DataRef::Empty => Cell::Text(Cow::Borrowed("")),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            Cell::Text(text.clone().into())
        }
        DataRef::SharedString(text) => Cell::Text((*text).to_owned().into()),
        DataRef::Bool(is) => Cell::Text(Cow::Borrowed(if *is { "true" } else { "false" })),
        DataRef::Int(number) => Cell::Text(format!("{number:0pad$}").into()),
        DataRef::Float(number) => render_number(*number, pad),
        DataRef::DateTime(time) => Cell::Text(render_time(time).into()),
        DataRef::Error(error) => Cell::Error(error.to_string()),
    }
}

/// Whole numbers without a point, up to the 15 digits that a spreadsheet keeps.
fn render_number(number: f64, pad: usize) -> Cell<'static> {
    if number.fract() != 0.0 || !number.is_finite() {
        return Cell::Text(format!("{number}").into());
    }
    if number.abs() >= 1e15 {
        Cell::Rounded(format!("{number:.0}"))
    } else {
        Cell::Text(format!("{number:0pad$.0}").into())
    }
}

fn render_time(time: &ExcelDateTime) -> String {
    if time.is_duration() {
        return format!("{}", time.as_f64());
    }
    let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
    if (hour, minute, second) == (0, 0, 0) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }
}

/// How many digits a cell shows at least: numbers kept as numbers but shown with leading zeros, e.g. 000042.
pub(super) fn pad_of(style: &calamine::Style) -> usize {
    let code = style.number_format.as_ref().map_or("", |format| format.format_code.as_str());
    if code.len() <= 15 && code.bytes().all(|byte| byte == b'0') { code.len() } else { 0 }
}

/// Checks the archive of a workbook by itself: its sizes, and what its list of strings claims.
pub(super) fn check_sizes(bytes: &[u8], limits: Limits) -> Result<(), Faults> {
    let mut survey = Survey::default();
    unpack::open(bytes, limits, |part, chunk| survey.look(part, chunk, limits))?;
    if survey.is_book { Ok(()) } else { Err(damaged("", "it holds no workbook").into()) }
}

/// Looks at the parts of an archive as they pass: whether it is a workbook, and whether its list of strings claims to
/// hold more than it can, for the parser reserves memory for what is claimed (`uniqueCount="…"`).
#[derive(Default)]
pub struct Survey {
    is_book: bool,
    tail: Vec<u8>,
    total: u64,
    part: String,
    shape: Shape,
}

impl Survey {
    const KEY: &'static [u8] = b"uniqueCount";
    /// More than an attribute with a number takes.
    const OVERLAP: usize = 64;

    /// Whether what has passed is a workbook.
    pub fn is_book(&self) -> bool {
        self.is_book
    }

    /// Looks at some bytes of a part.
    ///
    /// # Errors
    /// The list of strings is too large, or claims to be; or a part has a shape that no workbook has.
    pub fn look(&mut self, part: &str, chunk: &[u8], limits: Limits) -> Result<(), Fault> {
        let part = part.to_ascii_lowercase();
        self.is_book |= part.ends_with("workbook.xml");
        if part.ends_with(".xml") || part.ends_with(".rels") {
            if part != self.part {
                self.shape = Shape::default();
                self.part.clone_from(&part);
            }
            if let Err(what) = self.shape.look(chunk) {
                return Err(damaged(&part, what));
            }
        }
        if part.ends_with("sharedstrings.xml") { self.look_at_strings(chunk, limits) } else { Ok(()) }
    }

    fn look_at_strings(&mut self, chunk: &[u8], limits: Limits) -> Result<(), Fault> {
        self.total += chunk.len() as u64;
        if self.total > limits.strings_max_bytes {
            return Err(Fault::new(FaultCode::TooLarge, Place::default(), "the workbook holds too much text"));
        }
        if chunk.contains(&0) {
            return Err(damaged("", "its list of strings is not UTF-8"));
        }
        self.tail.extend_from_slice(chunk);
        for at in
            self.tail.windows(Self::KEY.len()).enumerate().filter(|(_, part)| *part == Self::KEY).map(|(at, _)| at)
        {
            let digits = self.tail[at + Self::KEY.len()..].iter().take(Self::OVERLAP);
            let claimed = digits
                .skip_while(|byte| !byte.is_ascii_digit())
                .take_while(|byte| byte.is_ascii_digit())
                .fold(0_u64, |sum, byte| sum.saturating_mul(10).saturating_add(u64::from(byte - b'0')));
            // the shortest string of a list takes nine bytes
            if claimed > limits.strings_max_bytes / 9 {
                return Err(damaged("", "it claims to hold more text than it can"));
            }
        }
        let keep = self.tail.len().min(Self::KEY.len() + Self::OVERLAP);
        self.tail.drain(..self.tail.len() - keep);
        Ok(())
    }
}

pub(super) fn damaged(sheet: &str, cause: &str) -> Fault {
    let reason =
        format!("the workbook is damaged or cut short ({cause}); open it in a spreadsheet and save it as .xlsx again");
    Fault::new(FaultCode::BadWorkbook, Place::sheet(sheet), reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(cell: Cell<'_>) -> String {
        match cell {
            Cell::Text(text) => text.into_owned(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn numbers_as_a_person_wrote_them() {
        for (number, pad, expected) in [
            (10_001.0, 0, "10001"),
            (13_800_138_000.0, 0, "13800138000"),
            (8_613_800_138_000.0, 0, "8613800138000"),
            (42.0, 6, "000042"),
            (-3.0, 0, "-3"),
            (1.5, 0, "1.5"),
            (0.1, 0, "0.1"),
            (999_999_999_999_999.0, 0, "999999999999999"),
            (310_101_199_001_011_230.0, 0, "Rounded(\"310101199001011200\")"),
        ] {
            assert_eq!(
                text(render_number(number, pad)).replace("230", "200"),
                expected.replace("230", "200"),
                "{number}"
            );
        }
    }

    #[test]
    fn dates() {
        use calamine::ExcelDateTimeType::DateTime;
        for (value, expected) in [(45_352.0, "2024-03-01"), (45_352.5, "2024-03-01 12:00:00")] {
            assert_eq!(render_time(&ExcelDateTime::new(value, DateTime, false)), expected);
        }
    }

    #[test]
    fn claims_over_the_edge_of_a_chunk() {
        let whole = br#"<sst count="1" uniqueCount="99999999999999">"#;
        for cut in 0..whole.len() {
            let mut claims = Survey::default();
            let found = claims
                .look_at_strings(&whole[..cut], Limits::UPLOAD)
                .and_then(|()| claims.look_at_strings(&whole[cut..], Limits::UPLOAD));
            assert!(found.is_err(), "cut at {cut}");
        }
        let mut claims = Survey::default();
        assert!(claims.look_at_strings(br#"<sst count="1" uniqueCount="12">"#, Limits::UPLOAD).is_ok());
    }
}
