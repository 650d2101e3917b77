//! Archives: looks at everything in one before any of it is used, so that a small file cannot fill the memory.

use super::fault::{Fault, FaultCode, Place};
use super::limits::Limits;
use std::io::{Cursor, Read};
use zip::ZipArchive;
use zip::result::ZipError;

/// An archive in memory whose true unpacked size is known to be within the limits.
pub type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// Most entries that are looked at.
const ENTRIES_MAX: usize = 4_096;
/// How much larger than its packed form an entry may be that is held in memory as a whole. Tables of people pack to a
/// fifth or a tenth, and a file of nothing but zeros to a thousandth.
const RATIO_MAX: u64 = 40;
/// Entries up to this size are taken whatever they pack to.
const RATIO_FREE_BYTES: u64 = 16 << 20;

/// Opens an archive and unpacks it once into nothing, counting; what the archive says of its sizes is not believed.
/// `look` sees the bytes of each entry as they pass.
///
/// # Errors
/// [`FaultCode::BadArchive`] when it is damaged, encrypted or cut short, [`FaultCode::TooLarge`] beyond the limit.
pub fn open<'a>(
    bytes: &'a [u8],
    limits: Limits,
    mut look: impl FnMut(&str, &[u8]) -> Result<(), Fault>,
) -> Result<Archive<'a>, Fault> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|cause| damaged("", &cause.to_string()))?;
    if archive.len() > ENTRIES_MAX {
        let reason = format!("the archive holds {} files; at most {ENTRIES_MAX} are read", archive.len());
        return Err(Fault::new(FaultCode::TooLarge, Place::default(), reason));
    }
    let stated = archive.decompressed_size().unwrap_or(0);
    if stated > u128::from(limits.unpacked_max_bytes) {
        return Err(too_large(limits));
    }
    let mut total = 0_u64;
    let mut buffer = vec![0_u8; 64 << 10];
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).map_err(|cause| refused(&cause))?;
        let name = decode_name(entry.name_raw());
        // no more than this is read of it, whatever it claims
        let most = match is_streamed(&name) {
            true => u64::MAX,
            false => RATIO_FREE_BYTES.max(entry.compressed_size().saturating_mul(RATIO_MAX)),
        };
        let mut own = 0_u64;
        loop {
            let got = entry.read(&mut buffer).map_err(|cause| damaged(&name, &cause.to_string()))?;
            if got == 0 {
                break;
            }
            own += got as u64;
            total += got as u64;
            if total > limits.unpacked_max_bytes {
                return Err(too_large(limits));
            }
            if own > most {
                let reason = format!("it unpacks to more than {RATIO_MAX} times its size, which no table does");
                return Err(Fault::new(FaultCode::TooLarge, Place::sheet(&name), reason));
            }
            look(&name, &buffer[..got])?;
        }
    }
    Ok(archive)
}

/// The files of a checked archive whose name, without folders, is wanted: each with that name.
///
/// # Errors
/// [`FaultCode::BadArchive`] when an entry cannot be unpacked.
pub fn take(archive: &mut Archive<'_>, mut wanted: impl FnMut(&str) -> bool) -> Result<Vec<(String, Vec<u8>)>, Fault> {
    let mut files = Vec::new();
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).map_err(|cause| refused(&cause))?;
        let path = decode_name(entry.name_raw());
        let name = path.rsplit(['/', '\\']).next().unwrap_or("").to_owned();
        if path.split(['/', '\\']).any(|folder| folder == "__MACOSX") || !wanted(&name) {
            continue;
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(|cause| damaged(&name, &cause.to_string()))?;
        files.push((name, bytes));
    }
    Ok(files)
}

/// The sheets of a workbook go through the parser in pieces; everything else is held in memory.
fn is_streamed(name: &str) -> bool {
    name.to_ascii_lowercase().starts_with("xl/worksheets/sheet")
}

/// Names are UTF-8, or GBK where Windows packed them.
fn decode_name(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(name) => name.to_owned(),
        Err(_) => encoding_rs::GB18030.decode_without_bom_handling(raw).0.into_owned(),
    }
}

fn refused(cause: &ZipError) -> Fault {
    damaged("", &cause.to_string())
}

fn damaged(name: &str, cause: &str) -> Fault {
    let reason = format!("the archive is damaged, encrypted or cut short ({cause}); write it again without a password");
    Fault::new(FaultCode::BadArchive, Place::sheet(name), reason)
}

fn too_large(limits: Limits) -> Fault {
    let reason = format!("the file unpacks to more than {} MiB", limits.unpacked_max_bytes >> 20);
    Fault::new(FaultCode::TooLarge, Place::default(), reason)
}
