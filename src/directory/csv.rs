//! The adapter for CSV: one file, or two in a folder or in a .zip.
//!
//! What a file holds is told by its captions ([`super::kind`]), whatever it is called; separated by comma, semicolon or tab, whichever the
//! captions show; values with separators or line ends in double quotes.

use super::fault::{Fault, FaultCode, Faults, Place};
use super::fields::Record;
use super::grid::{Cell, Grid, find_field};
use super::guard::unguard;
use super::limits::Limits;
use super::parsed::Table;
use super::values::trim;
use crate::model::{Employee, OrgUnit};
use std::borrow::Cow;

/// Columns of the widest sheet that a spreadsheet can have, filled or empty.
const COLUMNS_SEEN_MAX: usize = 16_384;

/// Bytes of the captions that are looked at for the separator; a line without end is no captions.
const CAPTIONS_LOOKED_AT: usize = 64 << 10;

/// One file of the two, with its rows' faults and warnings.
pub type Read<T> = (Table<T>, Vec<Fault>, Vec<Fault>);

/// The captions of a file as its separator shows them: the one under which either table knows most of them.
pub fn captions(text: &str) -> Vec<&str> {
    let line = caption_line(text);
    let parts = |separator: char| line.split(separator).map(|part| trim(unguard(part.trim_matches('"'))));
    let is_known = |part: &&str| find_field::<OrgUnit>(part).is_some() || find_field::<Employee>(part).is_some();
    let known = |separator: &char| (parts(*separator).filter(is_known).count(), parts(*separator).count());
    let best = [';', '\t', ','].into_iter().max_by_key(known).unwrap_or(',');
    parts(best).filter(|part| !part.is_empty()).collect()
}

/// Reads one file, whose text was decoded ([`super::text`]).
///
/// # Errors
/// Whatever makes the file as a whole unreadable: captions, an unclosed quote, a last line that is cut off, too many
/// rows.
pub fn read<T: Record>(name: &str, text: &str, limits: Limits) -> Result<Read<T>, Faults> {
    let separator = find_separator::<T>(text);
    match find_trouble(text, separator) {
        Some(Trouble::OpenQuote(line)) => {
            let reason = "a quoted value begins here and never ends; the file is damaged or cut short";
            return Err(Fault::new(FaultCode::Truncated, Place::row(name, line), reason).into());
        }
        Some(Trouble::TooWide(line)) => {
            let reason = format!("more than {COLUMNS_SEEN_MAX} columns; at most {} are read", limits.columns_max);
            return Err(Fault::new(FaultCode::TooManyColumns, Place::row(name, line), reason).into());
        }
        None => {}
    }
    let mut reader =
        csv::ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut grid: Option<Grid<T>> = None;
    let mut last = (0, 0, 0);
    let mut width = 0;
    let mut lines = Lines { text: text.as_bytes(), at: 0, line: 1 };
    while reader.read_record(&mut record).map_err(|cause| bad_csv(name, &cause))? {
        let line = lines.of(record.position().map_or(0, |at| at.byte()));
        last = (line, record.len(), record.iter().filter(|value| !value.is_empty()).count());
        match &mut grid {
            Some(grid) => {
                grid.push(line, record.iter().map(|value| Cell::Text(Cow::Borrowed(unguard(value)))).enumerate())?;
            }
            None if last.2 == 0 => {}
            None => {
                let captions: Vec<_> = record.iter().map(|caption| Cow::Borrowed(unguard(caption))).collect();
                width = captions.len();
                grid = Some(Grid::new(name, line, &captions, limits)?);
            }
        }
    }
    let Some(grid) = grid else {
        return Err(Fault::new(FaultCode::EmptySource, Place::sheet(name), "the file is empty").into());
    };
    if !text.ends_with(['\n', '\r']) && last.1 < width && last.2 > 0 {
        let reason = format!("the last line has {} of {width} values and no line end; the file is cut short", last.1);
        return Err(Fault::new(FaultCode::Truncated, Place::row(name, last.0), reason).into());
    }
    Ok(grid.finish())
}

/// Tells the line in which a record begins. The parser's own count lags behind where lines end in two bytes.
struct Lines<'t> {
    text: &'t [u8],
    at: usize,
    line: u32,
}

impl Lines<'_> {
    /// The line of the record that the parser found from `offset` on; offsets only grow.
    fn of(&mut self, offset: u64) -> u32 {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        while let Some(byte) = self.text.get(self.at) {
            let is_end = matches!(byte, b'\r' | b'\n');
            if self.at >= offset && !is_end {
                break;
            }
            let is_first_of_two = *byte == b'\r' && self.text.get(self.at + 1) == Some(&b'\n');
            self.line += u32::from(is_end && !is_first_of_two);
            self.at += 1;
        }
        self.line
    }
}

fn bad_csv(name: &str, cause: &csv::Error) -> Fault {
    let line = cause.position().map_or(0, |at| u32::try_from(at.line()).unwrap_or(u32::MAX));
    Fault::new(FaultCode::BadCsv, Place::row(name, line), format!("the file cannot be taken apart here: {cause}"))
}

/// The separator under which the captions make most sense.
fn find_separator<T: Record>(text: &str) -> u8 {
    let captions = caption_line(text);
    let known = |separator: &u8| {
        captions.split(char::from(*separator)).filter(|part| find_field::<T>(part.trim_matches('"')).is_some()).count()
    };
    // the last of equal ones wins, so the comma stands last
    [b';', b'\t', b','].into_iter().max_by_key(known).unwrap_or(b',')
}

/// The first line that holds anything but separators.
fn caption_line(text: &str) -> &str {
    let is_filled = |line: &&str| line.chars().any(|c| !matches!(c, ',' | ';' | '"') && !c.is_whitespace());
    let line = text.split(['\n', '\r']).find(is_filled).unwrap_or("");
    let end = (0..=line.len().min(CAPTIONS_LOOKED_AT)).rev().find(|at| line.is_char_boundary(*at));
    &line[..end.unwrap_or(0)]
}

/// What a file has that must not reach the parser, and its line.
enum Trouble {
    /// A quoted value begins that never ends.
    OpenQuote(u32),
    /// More columns than any spreadsheet has.
    TooWide(u32),
}

fn find_trouble(text: &str, separator: u8) -> Option<Trouble> {
    let (mut line, mut opened, mut at_start, mut columns) = (1_u32, None, true, 1_usize);
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match (byte, opened) {
            (b'"', Some(_)) if bytes.peek() == Some(&b'"') => drop(bytes.next()),
            (b'"', Some(_)) => opened = None,
            (b'"', None) if at_start => opened = Some(line),
            (b'\n', None) => columns = 1,
            (byte, None) if byte == separator => columns += 1,
            _ => {}
        }
        if columns > COLUMNS_SEEN_MAX {
            return Some(Trouble::TooWide(line));
        }
        line += u32::from(byte == b'\n');
        at_start = opened.is_none() && (byte == separator || byte == b'\n' || byte == b'\r');
    }
    opened.map(Trouble::OpenQuote)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str) -> Result<Read<OrgUnit>, FaultCode> {
        read("units.csv", text, Limits::FILE).map_err(|faults| faults.list[0].code)
    }

    #[test]
    fn separators_and_quotes() {
        for text in [
            "id,parent_id,name\n1,,总部\n2,1,\"a,\"\"b\"\"\"\n",
            "id;parent_id;name\r\n1;;总部\r\n2;1;\"a,\"\"b\"\"\"",
            "部门编号\t上级部门编号\t部门名称\n1\t\t总部\n2\t1\ta,\"b\"\n",
            "\n,,\nid,parent_id,name\n\n1,,总部\n,,\n2,1,\"a,\"\"b\"\"\"\n",
            "\"id\",\"parent_id\",\"name\"\n\"1\",\"\",\"总部\"\n\"2\",\"1\",\"a,\"\"b\"\"\"\n",
        ] {
            let (table, faults, _) = units(text).unwrap();
            assert!(faults.is_empty(), "{text}: {faults:?}");
            let names: Vec<_> = table.rows.iter().map(|unit| unit.name.as_str()).collect();
            assert_eq!(names, ["总部", "a,\"b\""], "{text}");
        }
    }

    #[test]
    fn files_that_are_refused() {
        for (text, code) in [
            ("", FaultCode::EmptySource),
            ("\n\n", FaultCode::EmptySource),
            ("id,parent_id\n1,\n", FaultCode::MissingColumn),
            ("id,parent_id,name\n1,,总部\n2,1", FaultCode::Truncated),
            ("id,parent_id,name\n1,,\"总部\n2,1,b\n", FaultCode::Truncated),
            ("id,name,name\n", FaultCode::DuplicateColumn),
        ] {
            assert_eq!(units(text).err(), Some(code), "{text:?}");
        }
    }

    #[test]
    fn a_short_last_line_with_its_end_is_complete() {
        assert_eq!(units("id,name,order\n1,总部\n").unwrap().0.rows.len(), 1);
        assert_eq!(units("id,name\n1,总部").unwrap().0.rows.len(), 1);
    }

    #[test]
    fn lines_are_those_of_the_file() {
        for end in ["\n", "\r\n", "\r"] {
            let text = format!("id,name,unit_id,address{end}1,a,u,\"two{end}lines\"{end}{end}2,,u,{end}3,,u,x{end}");
            let (table, faults, _) = read::<Employee>("employees.csv", &text, Limits::FILE).unwrap();
            assert_eq!(table.rows[0].address, format!("two{end}lines"));
            let rows: Vec<_> = faults.iter().map(|fault| fault.place.row).collect();
            assert_eq!((table.lines[0], &rows[..]), (2, &[5, 6][..]), "{end:?}");
        }
    }

    #[test]
    fn captions_as_they_stand() {
        for (text, expected) in [
            ("id,parent_id,name\n1,,a\n", &["id", "parent_id", "name"][..]),
            ("\r\n,,\r\n\"id\";\"name\"\r\n", &["id", "name"]),
            ("\u{feff}人员编号\t姓名\t\n1\t2,3,4,5\n", &["人员编号", "姓名"]),
            ("名字；电话", &["名字；电话"]),
            ("名字;电话\n", &["名字", "电话"]),
            (" \n", &[]),
        ] {
            assert_eq!(captions(text), expected, "{text:?}");
        }
    }
}
