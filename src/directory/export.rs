//! The directory back as files of the format that is imported. Reading them again changes nothing.

use super::fields::Record;
use super::guard::guard;
use crate::model::{Employee, OrgUnit, Text};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// In which language the columns are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Captions {
    /// `id`, `name` …
    #[default]
    English,
    /// 编号, 姓名 …
    Chinese,
}

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The CSV writer failed.
    #[error("the CSV could not be written")]
    Csv(#[from] csv::Error),
    /// The workbook could not be written, e.g. because a sheet holds 1,048,576 rows at most.
    #[error("the workbook could not be written")]
    Workbook(#[from] XlsxError),
    /// The archive could not be written.
    #[error("the archive could not be written")]
    Archive(#[from] zip::result::ZipError),
    /// Writing failed.
    #[error("writing failed")]
    Io(#[from] std::io::Error),
}

/// One table as CSV: UTF-8 with a byte order mark, which spreadsheets need to show Chinese; values that would be
/// formulas are guarded.
///
/// # Errors
/// [`ExportError::Csv`].
pub fn to_csv<T: Record>(rows: &[T], captions: Captions) -> Result<Vec<u8>, ExportError> {
    let ext = ext_columns(rows);
    let mut bytes = "\u{feff}".as_bytes().to_vec();
    {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut bytes);
        writer.write_record(header::<T>(&ext, captions).iter().map(|caption| guard(caption).into_owned()))?;
        let mut record = csv::StringRecord::new();
        for row in rows {
            record.clear();
            for value in cells(row, &ext) {
                record.push_field(&guard(&value));
            }
            writer.write_record(&record)?;
        }
        writer.flush()?;
    }
    Ok(bytes)
}

/// Both tables as CSV in an archive.
///
/// # Errors
/// [`ExportError::Csv`], [`ExportError::Archive`].
pub fn to_zip(units: &[OrgUnit], employees: &[Employee], captions: Captions) -> Result<Vec<u8>, ExportError> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in [("units.csv", to_csv(units, captions)?), ("employees.csv", to_csv(employees, captions)?)] {
        archive.start_file(name, SimpleFileOptions::default())?;
        archive.write_all(&bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// Both tables as sheets of a workbook. Every cell is text, so leading zeros and long numbers stay.
///
/// # Errors
/// [`ExportError::Workbook`].
pub fn to_xlsx(units: &[OrgUnit], employees: &[Employee], captions: Captions) -> Result<Vec<u8>, ExportError> {
    let mut book = Workbook::new();
    write_sheet(book.add_worksheet_with_constant_memory()?, units, captions)?;
    write_sheet(book.add_worksheet_with_constant_memory()?, employees, captions)?;
    Ok(book.save_to_buffer()?)
}

fn write_sheet<T: Record>(sheet: &mut Worksheet, rows: &[T], captions: Captions) -> Result<(), ExportError> {
    sheet.set_name(if captions == Captions::Chinese { T::TABLE_ZH } else { T::TABLE })?;
    let ext = ext_columns(rows);
    let bold = Format::new().set_bold();
    for (column, caption) in (0_u16..).zip(header::<T>(&ext, captions)) {
        sheet.set_column_width(column, 16)?;
        sheet.write_string_with_format(0, column, caption.as_str(), &bold)?;
    }
    for (line, row) in (1_u32..).zip(rows) {
        for (column, value) in (0_u16..).zip(cells(row, &ext)) {
            if !value.is_empty() {
                sheet.write_string(line, column, value.as_str())?;
            }
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

fn ext_columns<T: Record>(rows: &[T]) -> Vec<&Text> {
    rows.iter().flat_map(|row| row.ext().keys()).collect::<BTreeSet<_>>().into_iter().collect()
}

fn header<T: Record>(ext: &[&Text], captions: Captions) -> Vec<Text> {
    let own = T::fields().iter().map(|field| match captions {
        Captions::English => Text::const_new(field.name),
        Captions::Chinese => Text::const_new(field.caption),
    });
    own.chain(ext.iter().map(|key| ext_caption::<T>(key))).collect()
}

/// The name itself, unless it would be read as something else.
fn ext_caption<T: Record>(key: &Text) -> Text {
    if super::grid::find_field::<T>(key).is_some() || key.starts_with("ext.") {
        Text::from(format!("ext.{key}"))
    } else {
        key.clone()
    }
}

fn cells<'r, T: Record>(row: &'r T, ext: &'r [&'r Text]) -> impl Iterator<Item = Cow<'r, Text>> {
    let own = T::fields().iter().map(|field| Cow::Owned((field.get)(row)));
    own.chain(ext.iter().map(|key| row.ext().get(*key).map_or_else(|| Cow::Owned(Text::default()), Cow::Borrowed)))
}
