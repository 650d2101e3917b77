//! The way in for files: finds out the format, reads, and holds the source to what can be told from it alone.

use super::check::check_source;
use super::error::DirectoryError;
use super::fault::{Fault, FaultCode, Faults, Place, put_in_order};
use super::fields::Record;
use super::limits::Limits;
use super::parsed::{Format, Parsed, Source, Table};
use super::{csv, ldif, unpack, xlsx};
use crate::model::{Employee, OrgUnit};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Reads a directory from a file (.xlsx, .zip, .ldif) or a folder with `units.csv` and `employees.csv`. Blocks.
///
/// # Errors
/// [`DirectoryError::Refused`] with what is wrong and where; bad rows are not an error, they are listed in the result.
pub fn read_path(path: &Path, limits: Limits) -> Result<Parsed, DirectoryError> {
    let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    let unreadable = |cause: std::io::Error| {
        Faults::from(Fault::new(FaultCode::Unreadable, Place::sheet(&name), format!("cannot be read: {cause}")))
    };
    let about = std::fs::metadata(path).map_err(unreadable)?;
    if !about.is_dir() {
        check_size(&name, about.len(), limits)?;
        return read_bytes(&name, &std::fs::read(path).map_err(unreadable)?, limits);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let file = entry.file_name().to_string_lossy().into_owned();
        if is_csv_table(&file) {
            check_size(&file, entry.metadata().map_err(unreadable)?.len(), limits)?;
            files.push((file, std::fs::read(entry.path()).map_err(unreadable)?));
        }
    }
    read_csv(&name, files, limits)
}

/// Reads a directory from the bytes of a file. The format is told by the content, for CSV also by the name.
///
/// # Errors
/// As [`read_path`].
pub fn read_bytes(name: &str, bytes: &[u8], limits: Limits) -> Result<Parsed, DirectoryError> {
    check_size(name, bytes.len() as u64, limits)?;
    if bytes.is_empty() {
        return Err(refuse(FaultCode::EmptySource, name, "the file is empty"));
    }
    let mut digest = Sha256::new();
    digest.update(bytes);
    if bytes.starts_with(b"PK") {
        let mut survey = xlsx::Survey::default();
        let opened = unpack::open(bytes, limits, |part, chunk| survey.look(part, chunk, limits));
        let mut archive = opened.map_err(|fault| refuse_named(fault, name))?;
        if survey.is_book() {
            let (units, employees) = xlsx::read(bytes, limits)?;
            return finish(name, Format::Xlsx, digest, units, employees);
        }
        let files = unpack::take(&mut archive, is_csv_table).map_err(|fault| refuse_named(fault, name))?;
        return read_csv(name, files, limits);
    }
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        let reason = "an old .xls or a workbook with a password; save it as .xlsx without a password";
        return Err(refuse(FaultCode::UnknownFormat, name, reason));
    }
    if is_csv_table(name) {
        return read_csv(name, vec![(name.to_owned(), bytes.to_vec())], limits);
    }
    if name.to_ascii_lowercase().ends_with(".ldif") || looks_like_ldif(bytes) {
        let (units, employees, faults, warnings) = ldif::read(name, bytes, limits)?;
        return finish(name, Format::Ldif, digest, (units, faults, warnings), (employees, Vec::new(), Vec::new()));
    }
    let reason = "not a directory file: give an .xlsx, an .ldif, a folder or .zip with units.csv and employees.csv, or one \
                  of these two";
    Err(refuse(FaultCode::UnknownFormat, name, reason))
}

fn read_csv(name: &str, files: Vec<(String, Vec<u8>)>, limits: Limits) -> Result<Parsed, DirectoryError> {
    let mut digest = Sha256::new();
    let mut sorted: Vec<_> = files.iter().collect();
    sorted.sort();
    for (file, bytes) in sorted {
        digest.update((file.len() as u64).to_be_bytes());
        digest.update(file);
        digest.update((bytes.len() as u64).to_be_bytes());
        digest.update(bytes);
    }
    let units = read_table::<OrgUnit>(&files, limits)?;
    let employees = read_table::<Employee>(&files, limits)?;
    if files.is_empty() {
        return Err(refuse(FaultCode::MissingTable, name, "neither units.csv nor employees.csv is there"));
    }
    finish(name, Format::Csv, digest, units, employees)
}

fn read_table<T: Record>(files: &[(String, Vec<u8>)], limits: Limits) -> Result<csv::Read<T>, DirectoryError> {
    let mut found = files.iter().filter(|(name, _)| csv::is_table::<T>(name));
    let Some((name, bytes)) = found.next() else { return Ok((Table::default(), Vec::new(), Vec::new())) };
    if let Some((second, _)) = found.next() {
        let reason = format!("{name} and {second} are the same table; remove one");
        return Err(refuse(FaultCode::DuplicateColumn, second, &reason));
    }
    Ok(csv::read(name, bytes, limits)?)
}

fn finish(
    name: &str,
    format: Format,
    digest: Sha256,
    units: csv::Read<OrgUnit>,
    employees: csv::Read<Employee>,
) -> Result<Parsed, DirectoryError> {
    let source = Source { name: name.to_owned(), format, sha256: hex::encode(digest.finalize()) };
    let (units, mut faults, mut warnings) = units;
    let (employees, more_faults, more_warnings) = employees;
    faults.extend(more_faults);
    warnings.extend(more_warnings);
    let parsed = Parsed { source, units, employees, faults, warnings };
    match check_source(&parsed) {
        Ok(()) => Ok(parsed),
        Err(refused) => {
            let mut all = refused.and(parsed.faults);
            put_in_order(&mut all.list, [&parsed.units.sheet, &parsed.employees.sheet]);
            Err(all.into())
        }
    }
}

/// Whether a file of this name in a folder or archive is read as one of the two tables.
pub fn is_csv_table(file_name: &str) -> bool {
    csv::is_table::<OrgUnit>(file_name) || csv::is_table::<Employee>(file_name)
}

/// Comments and empty lines, then `version:` or `dn:`.
fn looks_like_ldif(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let first = bytes.split(|byte| *byte == b'\n').take(1_000).find(|line| {
        let line = line.trim_ascii();
        !line.is_empty() && !line.starts_with(b"#")
    });
    first.is_some_and(|line| line.starts_with(b"dn:") || line.starts_with(b"version:"))
}

fn check_size(name: &str, bytes: u64, limits: Limits) -> Result<(), DirectoryError> {
    if bytes <= limits.input_max_bytes {
        return Ok(());
    }
    let reason = format!("the file has {} MiB; at most {} are read", bytes >> 20, limits.input_max_bytes >> 20);
    Err(refuse(FaultCode::TooLarge, name, &reason))
}

fn refuse(code: FaultCode, name: &str, reason: &str) -> DirectoryError {
    Faults::from(Fault::new(code, Place::sheet(name), reason)).into()
}

/// Names the file where the fault names none.
fn refuse_named(mut fault: Fault, name: &str) -> DirectoryError {
    if fault.place.sheet.is_empty() {
        fault.place.sheet = name.into();
    }
    Faults::from(fault).into()
}
