//! Distinguished names as RFC 4514 writes them.

use crate::model::Text;

/// One attribute of a name: type in lower case, value without escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ava {
    /// Attribute type, lower case.
    pub kind: Text,
    /// Value as it is meant.
    pub value: String,
}

/// A name, the entry's own part first. Each part holds one attribute or, joined by `+`, several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dn(Vec<Vec<Ava>>);

impl Dn {
    /// Takes a name apart; `None` when it breaks the rules.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        if text.trim().is_empty() {
            return Some(Self(parts));
        }
        for part in split(text, &[',', ';']) {
            let mut avas = split(part, &['+']).into_iter().map(parse_ava).collect::<Option<Vec<_>>>()?;
            avas.sort_by(|a, b| a.kind.cmp(&b.kind));
            parts.push(avas);
        }
        Some(Self(parts))
    }

    /// The names above, nearest first.
    pub fn above(&self) -> impl Iterator<Item = Dn> + '_ {
        (1..self.0.len()).map(|from| Self(self.0[from..].to_vec()))
    }

    /// The entry's own part.
    pub fn first(&self) -> &[Ava] {
        self.0.first().map_or(&[], Vec::as_slice)
    }

    /// The form under which names are compared and kept as ids: lower case, single spaces, escaped the same way.
    pub fn folded(&self) -> Text {
        let mut text = Text::default();
        for (at, part) in self.0.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            for (nth, ava) in part.iter().enumerate() {
                if nth > 0 {
                    text.push('+');
                }
                text.push_str(&ava.kind);
                text.push('=');
                escape(&fold(&ava.value), &mut text);
            }
        }
        text
    }
}

/// Values of names are compared without case and with runs of spaces as one.
fn fold(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Writes a value into a name.
pub fn escape(value: &str, into: &mut Text) {
    let last = value.chars().count().saturating_sub(1);
    for (at, c) in value.chars().enumerate() {
        let at_edge = (at == 0 && matches!(c, ' ' | '#')) || (at == last && c == ' ');
        if at_edge || matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=') {
            into.push('\\');
            into.push(c);
        } else if c == '\0' {
            into.push_str("\\00");
        } else {
            into.push(c);
        }
    }
}

/// Splits at separators that are not escaped.
fn split<'a>(text: &'a str, separators: &[char]) -> Vec<&'a str> {
    let (mut parts, mut start, mut escaped) = (Vec::new(), 0, false);
    for (at, c) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if separators.contains(&c) {
            parts.push(&text[start..at]);
            start = at + c.len_utf8();
        }
    }
    parts.push(&text[start..]);
    parts
}

fn parse_ava(text: &str) -> Option<Ava> {
    let (kind, value) = text.split_once('=')?;
    let kind = kind.trim();
    let is_kind = kind.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    if kind.is_empty() || !is_kind {
        return None;
    }
    Some(Ava { kind: kind.to_ascii_lowercase().into(), value: unescape(trim_unescaped(value))? })
}

/// Spaces around a value are not part of it, unless the last one is escaped.
fn trim_unescaped(value: &str) -> &str {
    let value = value.trim_start_matches(' ');
    let trimmed = value.trim_end_matches(' ');
    let slashes = trimmed.len() - trimmed.trim_end_matches('\\').len();
    if slashes % 2 == 1 && trimmed.len() < value.len() { &value[..=trimmed.len()] } else { trimmed }
}

fn unescape(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        match tail {
            [high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let digits = [*high, *low];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
                rest = tail;
            }
            [special, tail @ ..] if special.is_ascii_punctuation() || *special == b' ' => {
                bytes.push(*special);
                rest = tail;
            }
            _ => return None,
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_the_same() {
        for (a, b) in [
            ("OU=研发, DC=Example,dc=org", "ou=研发,dc=example,dc=ORG"),
            ("ou=a\\,b,dc=x", "ou=a\\2Cb,dc=x"),
            ("ou=\\E7\\A0\\94,dc=x", "ou=研,dc=x"),
            ("cn=a+uid=b,dc=x", "uid=B + cn=A,dc=x"),
            ("ou=a  b,dc=x", "ou=A b,dc=x"),
            ("ou=\\#1\\+2,dc=x", "ou=\\231\\2b2,dc=x"),
        ] {
            let (a, b) = (Dn::parse(a).unwrap(), Dn::parse(b).unwrap());
            assert_eq!(a.folded(), b.folded());
            assert_eq!(Dn::parse(&a.folded()).unwrap().folded(), a.folded(), "folding twice changes nothing");
        }
    }

    #[test]
    fn parts() {
        let dn = Dn::parse("uid=a\\=b,ou=销售\\, 华东,dc=example,dc=org").unwrap();
        assert_eq!(dn.first(), [Ava { kind: "uid".into(), value: "a=b".into() }]);
        let above: Vec<_> = dn.above().map(|dn| dn.folded()).collect();
        assert_eq!(above, ["ou=销售\\, 华东,dc=example,dc=org", "dc=example,dc=org", "dc=org"]);
        assert_eq!(Dn::parse("ou=a\\ ,dc=x").unwrap().first()[0].value, "a ");
    }

    #[test]
    fn names_that_break_the_rules() {
        for text in ["abc", "=x", "ou=a\\", "ou=a\\zz", "ou=\\ff,dc=x", "o u=x", "ou=a,,dc=x"] {
            assert_eq!(Dn::parse(text), None, "{text:?}");
        }
    }
}
