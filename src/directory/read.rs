//! The way in for files: finds out the format, reads, and holds the source to what can be told from it alone.

use super::check::check_source;
use super::error::DirectoryError;
use super::fault::{Fault, FaultCode, Faults, Place, put_in_order};
use super::fields::Record;
use super::kind::{self, Kind};
use super::limits::Limits;
use super::parsed::{Format, Parsed, Source, Table};
use super::{csv, ldif, text, unpack, xlsx};
use crate::model::{Employee, OrgUnit};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::path::Path;

/// Reads a directory from a file (.xlsx, .zip, .csv, .ldif) or a folder with two CSV files. Blocks.
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
        if is_csv(&file) && !entry.path().is_dir() {
            check_size(&file, entry.metadata().map_err(unreadable)?.len(), limits)?;
            files.push((file, std::fs::read(entry.path()).map_err(unreadable)?));
        }
    }
    read_csv(&name, files, limits)
}

/// Reads a directory from the bytes of a file. The format is told by the content, where that does not tell by the name.
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
        let mut archive = match opened {
            Err(fault) if fault.code == FaultCode::BadArchive && has_end(name, ".xlsx") => {
                return Err(refuse_named(xlsx::damaged("", &fault.reason), name));
            }
            opened => opened.map_err(|fault| refuse_named(fault, name))?,
        };
        if survey.is_book() {
            let (units, employees) = xlsx::read(bytes, limits)?;
            return finish(name, Format::Xlsx, digest, units, employees);
        }
        if has_end(name, ".xlsx") {
            return Err(refuse_named(xlsx::damaged("", "it holds no workbook"), name));
        }
        let files = unpack::take(&mut archive, is_csv).map_err(|fault| refuse_named(fault, name))?;
        return read_csv(name, files, limits);
    }
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        let reason = "an old .xls or a workbook with a password; save it as .xlsx without a password";
        return Err(refuse(FaultCode::UnknownFormat, name, reason));
    }
    if is_csv(name) {
        return read_csv(name, vec![(name.to_owned(), bytes.to_vec())], limits);
    }
    if has_end(name, ".ldif") || looks_like_ldif(bytes) {
        let (units, employees, faults, warnings) = ldif::read(name, bytes, limits)?;
        return finish(name, Format::Ldif, digest, (units, faults, warnings), (employees, Vec::new(), Vec::new()));
    }
    if has_end(name, ".xlsx") {
        return Err(refuse_named(xlsx::damaged("", "it is not packed as one"), name));
    }
    if has_end(name, ".zip") {
        return Err(refuse(FaultCode::BadArchive, name, "the archive is damaged; write it again"));
    }
    if text::decode(name, bytes).is_ok_and(|text| kind::whole(&csv::captions(&text)).is_some()) {
        return read_csv(name, vec![(name.to_owned(), bytes.to_vec())], limits);
    }
    let reason = "not a directory file: give an .xlsx, an .ldif, a .csv, or a folder or .zip with two of these";
    Err(refuse(FaultCode::UnknownFormat, name, reason))
}

fn read_csv(name: &str, files: Vec<(String, Vec<u8>)>, limits: Limits) -> Result<Parsed, DirectoryError> {
    let mut digest = Sha256::new();
    let mut sorted: Vec<_> = files.iter().collect();
    sorted.sort();
    for (file, bytes) in &sorted {
        digest.update((file.len() as u64).to_be_bytes());
        digest.update(file);
        digest.update((bytes.len() as u64).to_be_bytes());
        digest.update(bytes);
    }
    let (mut units, mut employees, mut stray) = (Vec::new(), Vec::new(), Vec::new());
    for (file, bytes) in sorted {
        let told = text::decode(file, bytes).and_then(|text| Ok((kind::find(file, &csv::captions(&text))?, text)));
        match told {
            Ok((Kind::Units, text)) => units.push((file.as_str(), text)),
            Ok((Kind::Employees, text)) => employees.push((file.as_str(), text)),
            Err(fault) if kind::of_name(file).is_some() => return Err(Faults::from(fault).into()),
            Err(fault) => stray.push((file, fault)),
        }
    }
    // what is not understood may be the table that is missing
    if (units.is_empty() || employees.is_empty()) && !stray.is_empty() {
        return Err(Faults::from(stray.swap_remove(0).1).into());
    }
    if units.is_empty() && employees.is_empty() {
        return Err(refuse(FaultCode::MissingTable, name, "there is no .csv file in it"));
    }
    let mut units = read_table::<OrgUnit>(units, limits)?;
    units.2.extend(stray.into_iter().map(|(file, fault)| {
        Fault::new(FaultCode::Ignored, Place::sheet(file), format!("this file is not read: {}", fault.reason))
    }));
    let employees = read_table::<Employee>(employees, limits)?;
    finish(name, Format::Csv, digest, units, employees)
}

/// Reads the one file of a table.
fn read_table<T: Record>(files: Vec<(&str, Cow<'_, str>)>, limits: Limits) -> Result<csv::Read<T>, DirectoryError> {
    match files.as_slice() {
        [] => Ok((Table::default(), Vec::new(), Vec::new())),
        [(name, text)] => Ok(csv::read(name, text, limits)?),
        [_, (second, _), ..] => {
            let mut named: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
            named.sort_unstable();
            let reason = format!("{} are the same table; put them together, or remove all but one", named.join(", "));
            Err(refuse(FaultCode::DuplicateColumn, second, &reason))
        }
    }
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

/// Whether a file of this name in a folder or archive may be one of the two tables. What macOS lays beside a file (`._units.csv`)
/// is none.
pub fn is_csv(file_name: &str) -> bool {
    has_end(file_name, ".csv") && !file_name.starts_with("._")
}

fn has_end(name: &str, end: &str) -> bool {
    name.to_ascii_lowercase().ends_with(end)
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
