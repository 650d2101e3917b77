//! LDIF (RFC 2849) to entries: comments, folded lines, base64. Knows no meaning of attributes, but that a dump of a
//! directory changes nothing and names no other file.

use super::super::fault::{Fault, FaultCode, Place};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;

/// One value of an entry.
#[derive(Debug)]
pub struct Attribute {
    /// Type in lower case, options included.
    pub kind: String,
    /// The value; `None` when it is not text, as a photograph is.
    pub value: Option<String>,
}

/// One entry.
#[derive(Debug)]
pub struct Entry {
    /// Line of its `dn:`.
    pub line: u32,
    /// Its name as written.
    pub dn: String,
    /// Its values in the order of the file.
    pub attributes: Vec<Attribute>,
}

impl Entry {
    /// The first value of a type, if it is text and not empty.
    pub fn first<'e>(&'e self, kind: &'e str) -> Option<&'e str> {
        self.all(kind).find(|value| !value.trim().is_empty())
    }

    /// All values of a type that are text.
    pub fn all<'e>(&'e self, kind: &'e str) -> impl Iterator<Item = &'e str> {
        self.attributes.iter().filter(move |one| one.kind == kind).filter_map(|one| one.value.as_deref())
    }

    /// Whether the entry is of an object class, written in any case.
    pub fn is_a(&self, class: &str) -> bool {
        self.all("objectclass").any(|value| value.eq_ignore_ascii_case(class))
    }
}

/// Reads entry after entry.
pub struct Entries<'a> {
    sheet: &'a str,
    lines: Lines<'a>,
}

impl<'a> Entries<'a> {
    /// Begins to read a text.
    pub fn new(sheet: &'a str, text: &'a str) -> Self {
        Self { sheet, lines: Lines { rest: text, line: 0, ended: true } }
    }

    /// The next entry.
    ///
    /// # Errors
    /// The file is not LDIF, is cut short, or is more than a dump.
    pub fn next(&mut self) -> Result<Option<Entry>, Fault> {
        loop {
            let Some((line, first)) = self.next_value()? else { return Ok(None) };
            match first.kind.as_str() {
                "dn" => return self.read_entry(line, first).map(Some),
                "version" => self.check_version(line, &first)?,
                "search" | "result" | "ref" => self.read_trailer(line, first)?,
                other => {
                    let reason = "an entry begins with dn:; this line stands outside of any entry";
                    return Err(self.fault(FaultCode::BadLdif, line, reason).with_value(other));
                }
            }
        }
    }

    fn read_entry(&mut self, line: u32, first: Attribute) -> Result<Entry, Fault> {
        let Some(dn) = first.value else {
            return Err(self.fault(FaultCode::BadLdif, line, "the name of the entry is not UTF-8"));
        };
        let mut attributes = Vec::new();
        loop {
            match self.read_value()? {
                Piece::Value(at, value) => {
                    if matches!(value.kind.as_str(), "changetype" | "control") {
                        let reason = "the file holds changes; write a dump of entries, as ldapsearch and slapcat do";
                        return Err(self.fault(FaultCode::UnsupportedLdif, at, reason).with_value(&value.kind));
                    }
                    if value.kind == "dn" {
                        let reason = "a second dn: in one entry; an empty line between two entries is missing";
                        return Err(self.fault(FaultCode::BadLdif, at, reason));
                    }
                    attributes.push(value);
                }
                Piece::Blank => return Ok(Entry { line, dn, attributes }),
                Piece::End => {
                    let reason = "the file ends inside this entry: no empty line follows it, as ldapsearch and slapcat \
                                  write one. The file is cut short; write it again";
                    return Err(self.fault(FaultCode::Truncated, line, reason).with_value(&dn));
                }
            }
        }
    }

    fn check_version(&self, line: u32, value: &Attribute) -> Result<(), Fault> {
        match value.value.as_deref() {
            Some("1") => Ok(()),
            other => {
                let fault = self.fault(FaultCode::UnsupportedLdif, line, "only version 1 of LDIF is read");
                Err(fault.with_value(other.unwrap_or_default()))
            }
        }
    }

    /// What ldapsearch writes around entries unless told not to: references, and how the search ended.
    fn read_trailer(&mut self, line: u32, first: Attribute) -> Result<(), Fault> {
        let mut piece = Piece::Value(line, first);
        while let Piece::Value(at, value) = piece {
            let ended = value.value.as_deref().unwrap_or_default();
            if value.kind == "result" && ended.split_whitespace().next() != Some("0") {
                let reason =
                    "the search did not end well, so entries are missing; search in pages (-E pr=500/noprompt)";
                return Err(self.fault(FaultCode::Truncated, at, reason).with_value(ended));
            }
            piece = self.read_value()?;
        }
        Ok(())
    }

    fn next_value(&mut self) -> Result<Option<(u32, Attribute)>, Fault> {
        loop {
            match self.read_value()? {
                Piece::Value(line, value) => return Ok(Some((line, value))),
                Piece::Blank => {}
                Piece::End => return Ok(None),
            }
        }
    }

    fn read_value(&mut self) -> Result<Piece, Fault> {
        let Some((line, text)) = self.lines.next_logical() else {
            return if self.lines.ended {
                Ok(Piece::End)
            } else {
                let reason = "the last line has no end; the file is cut short";
                Err(self.fault(FaultCode::Truncated, self.lines.line, reason))
            };
        };
        if text.is_empty() {
            return Ok(Piece::Blank);
        }
        let Some((kind, rest)) = text.split_once(':') else {
            let reason = "not a line of the form name: value";
            return Err(self.fault(FaultCode::BadLdif, line, reason).with_value(&text));
        };
        let kind = kind.to_ascii_lowercase();
        let is_kind = kind.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b';' | b'_'));
        if kind.is_empty() || !is_kind {
            let reason = "not a line of the form name: value";
            return Err(self.fault(FaultCode::BadLdif, line, reason).with_value(&text));
        }
        let value = if let Some(packed) = rest.strip_prefix(':') {
            let bytes = STANDARD.decode(packed.trim()).map_err(|_| {
                let reason = format!("the value of {kind} is not base64; the file is damaged");
                self.fault(FaultCode::BadLdif, line, &reason)
            })?;
            String::from_utf8(bytes).ok()
        } else if rest.starts_with('<') {
            let reason = format!("the value of {kind} stands in another file, which is not read");
            return Err(self.fault(FaultCode::UnsupportedLdif, line, &reason).with_value(rest));
        } else {
            Some(rest.trim_start_matches(' ').to_owned())
        };
        Ok(Piece::Value(line, Attribute { kind, value }))
    }

    fn fault(&self, code: FaultCode, line: u32, reason: &str) -> Fault {
        Fault::new(code, Place::row(self.sheet, line), reason)
    }
}

enum Piece {
    Value(u32, Attribute),
    Blank,
    End,
}

/// Physical lines to logical ones: comments gone, folded lines joined.
struct Lines<'a> {
    rest: &'a str,
    line: u32,
    /// Whether the last physical line had an end.
    ended: bool,
}

impl<'a> Lines<'a> {
    fn next_logical(&mut self) -> Option<(u32, Cow<'a, str>)> {
        loop {
            let first = self.next_physical()?;
            let (line, is_comment) = (self.line, first.starts_with('#'));
            let mut whole = Cow::Borrowed(first);
            while !first.is_empty() && self.rest.starts_with(' ') {
                if let Some(more) = self.next_physical() {
                    whole.to_mut().push_str(&more[1..]);
                }
            }
            if !is_comment {
                // a line that is cut off cannot be told from a whole one, so it is not handed out
                return self.ended.then_some((line, whole));
            }
        }
    }

    fn next_physical(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        self.line = self.line.saturating_add(1);
        let (line, rest) = match self.rest.split_once('\n') {
            Some(both) => both,
            None => {
                self.ended = false;
                (self.rest, "")
            }
        };
        self.rest = rest;
        Some(line.strip_suffix('\r').unwrap_or(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Entry>, (FaultCode, u32)> {
        let mut entries = Entries::new("f.ldif", text);
        let mut all = Vec::new();
        while let Some(entry) = entries.next().map_err(|fault| (fault.code, fault.place.row))? {
            all.push(entry);
        }
        Ok(all)
    }

    #[test]
    fn entries() {
        let text = "version: 1\n\n# a comment\n#  folded\n  still a comment\ndn: dc=x\nobjectClass: Organization\no:: 56S6\n 5L6L\n\
                    description: one \n  two\njpegPhoto:: /9j/\n\n\n# y, x\ndn:: b3U9eSxkYz14\r\nou: y\r\n\r\n# search result\nsearch: 2\nresult: 0 Success\n\n# numEntries: 2\n";
        let all = read(text).unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].line, all[0].first("o"), all[0].first("description")), (6, Some("示例"), Some("one  two")));
        assert!(all[0].is_a("organization"));
        assert_eq!(all[0].first("jpegphoto"), None);
        assert_eq!((all[1].dn.as_str(), all[1].first("ou")), ("ou=y,dc=x", Some("y")));
        assert!(read("").unwrap().is_empty());
    }

    #[test]
    fn what_is_refused() {
        let bad = FaultCode::BadLdif;
        for (text, code, line) in [
            ("dn: dc=x\no: a", FaultCode::Truncated, 2),
            ("dn: dc=x\no: a\n", FaultCode::Truncated, 1),
            ("dn: dc=x\no: a\n\ndn: d", FaultCode::Truncated, 4),
            ("dn: dc=x\no:: @@@\n\n", bad, 2),
            ("dn: dc=x\no:: 56S\n\n", bad, 2),
            ("dn:: /w==\no: x\n\n", bad, 1),
            ("dn: dc=x\nfoo\n\n", bad, 2),
            ("dn: dc=x\ndn: dc=y\n\n", bad, 2),
            ("o: x\n\n", bad, 1),
            ("id,name\n", bad, 1),
            (" folded\n", bad, 1),
            ("dn: dc=x\nchangetype: delete\n\n", FaultCode::UnsupportedLdif, 2),
            ("dn: dc=x\njpegPhoto:< file:///etc/passwd\n\n", FaultCode::UnsupportedLdif, 2),
            ("version: 2\n", FaultCode::UnsupportedLdif, 1),
            ("dn: dc=x\no: x\n\n# search result\nsearch: 2\nresult: 4 Size limit exceeded\n", FaultCode::Truncated, 6),
        ] {
            assert_eq!(read(text).map(|all| all.len()), Err((code, line)), "{text:?}");
        }
    }
}
