//! The directory back as files of the format that is imported. Reading them again changes nothing.

use super::fields::Record;
use super::sheet;
use super::values::in_chinese;
use crate::model::{Employee, OrgUnit, Text};
use rust_xlsxwriter::{Workbook, XlsxError};
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
    /// More rows than a sheet holds.
    #[error("a workbook holds 1,048,575 rows below its captions at most: take the CSV file")]
    TooManyRows,
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
    let mut bytes = Vec::new();
    sheet::write_csv(
        &mut bytes,
        &header::<T>(&ext, captions),
        rows.iter().map(|row| Ok::<_, ExportError>(cells(row, &ext, captions))),
    )?;
    Ok(bytes)
}

/// Both tables as CSV in an archive, each file called as its captions speak.
///
/// # Errors
/// [`ExportError::Csv`], [`ExportError::Archive`].
pub fn to_zip(units: &[OrgUnit], employees: &[Employee], captions: Captions) -> Result<Vec<u8>, ExportError> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in [
        (table_name::<OrgUnit>(captions), to_csv(units, captions)?),
        (table_name::<Employee>(captions), to_csv(employees, captions)?),
    ] {
        let name = format!("{name}.csv");
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
    add_sheet(&mut book, units, captions)?;
    add_sheet(&mut book, employees, captions)?;
    Ok(book.save_to_buffer()?)
}

fn add_sheet<T: Record>(book: &mut Workbook, rows: &[T], captions: Captions) -> Result<(), ExportError> {
    let sheet = sheet::add_sheet(book, table_name::<T>(captions))?;
    let ext = ext_columns(rows);
    sheet::fill_sheet(sheet, &header::<T>(&ext, captions), rows.iter().map(|row| Ok(cells(row, &ext, captions))))
}

fn table_name<T: Record>(captions: Captions) -> &'static str {
    if captions == Captions::Chinese { T::TABLE_ZH } else { T::TABLE }
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

fn cells<'r, T: Record>(row: &'r T, ext: &'r [&'r Text], captions: Captions) -> impl Iterator<Item = Text> {
    let own = T::fields().iter().map(move |field| {
        let value = (field.get)(row);
        match captions {
            Captions::English => value,
            Captions::Chinese => in_chinese(field.name, &value).map_or(value, Text::const_new),
        }
    });
    own.chain(ext.iter().map(|key| row.ext().get(*key).cloned().unwrap_or_default()))
}
