//! Bytes to text: UTF-8 with or without a byte order mark, UTF-16 with one, GB18030 (which holds GBK and GB 2312).

use super::fault::{Fault, FaultCode, Place};
use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};
use std::borrow::Cow;

/// Decodes a text file.
///
/// Text that is not UTF-8 is taken for GB18030, unless most of it is UTF-8: then the file is damaged, and reading it
/// in another encoding would turn names into nonsense.
///
/// # Errors
/// [`FaultCode::NotText`] for NUL and other control bytes, [`FaultCode::BadEncoding`] with the line of the first
/// byte that does not fit.
pub fn decode<'a>(sheet: &str, bytes: &'a [u8]) -> Result<Cow<'a, str>, Fault> {
    let text = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => Cow::Borrowed(utf8(sheet, rest)?),
        [0xFF, 0xFE, rest @ ..] => lossless(sheet, UTF_16LE, rest)?,
        [0xFE, 0xFF, rest @ ..] => lossless(sheet, UTF_16BE, rest)?,
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) if is_mostly_utf8(bytes) => Cow::Borrowed(utf8(sheet, bytes)?),
            Err(_) => lossless(sheet, GB18030, bytes)?,
        },
    };
    match text.char_indices().find(|(_, c)| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{85}')) {
        None => Ok(text),
        Some((at, c)) => {
            let line = line_of(&text.as_bytes()[..at]);
            let reason = format!("the file holds the control character {:#04x}; it is not a text file", u32::from(c));
            Err(Fault::new(FaultCode::NotText, Place::row(sheet, line), reason))
        }
    }
}

fn utf8<'a>(sheet: &str, bytes: &'a [u8]) -> Result<&'a str, Fault> {
    std::str::from_utf8(bytes).map_err(|cause| {
        let line = line_of(&bytes[..cause.valid_up_to()]);
        Fault::new(
            FaultCode::BadEncoding,
            Place::row(sheet, line),
            "the file is UTF-8 but damaged here, or cut short; write it again",
        )
    })
}

fn lossless<'a>(sheet: &str, encoding: &'static encoding_rs::Encoding, bytes: &'a [u8]) -> Result<Cow<'a, str>, Fault> {
    if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) {
        return Ok(text);
    }
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    let at = text.find('\u{fffd}').unwrap_or(0);
    let (code, reason) = if text[..at].chars().any(|c| c.is_control() && !c.is_whitespace()) {
        (FaultCode::NotText, "this is not a text file".to_owned())
    } else {
        (
            FaultCode::BadEncoding,
            format!("neither UTF-8 nor {}; save the file as UTF-8 and import it again", encoding.name()),
        )
    };
    Err(Fault::new(code, Place::row(sheet, line_of(&text.as_bytes()[..at])), reason))
}

/// Whether there are far more well-formed UTF-8 characters beyond ASCII than faults between them.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > 4 * bad
}

fn line_of(before: &[u8]) -> u32 {
    let lines = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    u32::try_from(lines).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings() {
        let text = "编号,姓名\n1,张三\n";
        let gb = GB18030.encode(text).0.into_owned();
        let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let with_mark = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
        for (name, bytes) in [("utf-8", text.as_bytes()), ("bom", &with_mark), ("gb18030", &gb), ("utf-16", &utf16)] {
            assert_eq!(decode("f", bytes).unwrap(), text, "{name}");
        }
    }

    #[test]
    fn what_is_not_text() {
        let text = "id,name\n1,张三李四王五\n2,赵六".as_bytes();
        let halved = &text[..text.len() - 1];
        let garbage: Vec<u8> = (0..4_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        for (bytes, code, line) in [
            (halved, FaultCode::BadEncoding, 3),
            (b"id,name\n1,a\0b".as_slice(), FaultCode::NotText, 2),
            (b"id,name\n\xFF\xFF\xFF\n".as_slice(), FaultCode::BadEncoding, 2),
        ] {
            let fault = decode("f", bytes).unwrap_err();
            assert_eq!((fault.code, fault.place.row), (code, line), "{bytes:?}");
        }
        assert!(decode("f", &garbage).is_err());
    }
}
