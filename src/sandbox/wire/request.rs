//! What comes in: the query, and the JSON body read as tolerantly as WeCom reads it.
//!
//! A body that is broken, or has members of the wrong type, is read as far as possible, and the answer then warns
//! (doc path 90455). JSON `null` counts as absent.

mod inside;

use super::answer::{Refusal, refuse};
use percent_encoding::percent_decode_str;
use serde::Deserializer;
use serde::de::{MapAccess, Visitor};
use serde_json::{Map, Value};

/// The query string, decoded.
#[derive(Debug, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Decodes `a=1&b=2`.
    pub fn parse(text: &str) -> Self {
        let decode = |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| {
                    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (decode(key), decode(value))
                })
                .collect(),
        )
    }

    /// A parameter; empty counts as absent.
    pub fn find(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, value)| name == key && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// A whole number; `Err(errcode)` when there is something else.
    pub fn number(&self, key: &str, errcode: i64) -> Result<Option<u32>, Refusal> {
        match self.find(key) {
            None => Ok(None),
            Some(text) => match text.parse() {
                Ok(number) => Ok(Some(number)),
                Err(_) => refuse(errcode, format!("invalid {key}")),
            },
        }
    }
}

/// A JSON object, read member by member. Remembers whether anything could not be read.
#[derive(Debug, Default)]
pub struct Body {
    members: Map<String, Value>,
    has_warning: bool,
    is_broken: bool,
}

impl Body {
    /// Reads a body; what comes after a syntax error is lost.
    pub fn parse(bytes: &[u8]) -> Self {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Self::default();
        }
        let mut members = Map::new();
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let whole = reader.deserialize_map(Collect(&mut members)).is_ok() && reader.end().is_ok();
        Self { members, has_warning: !whole, is_broken: !whole }
    }

    /// An object inside another.
    pub fn of(value: &Value) -> Self {
        Self::from_value(value.clone())
    }

    /// Whether it is not JSON at all, rather than JSON of the wrong types.
    pub fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Whether something could not be read.
    pub fn has_warning(&self) -> bool {
        self.has_warning
    }

    /// Takes over the warning of an inner object.
    pub fn warn_with(&mut self, inner: &Self) {
        self.has_warning |= inner.has_warning;
    }

    /// Notes that something could not be read.
    pub fn warn(&mut self) {
        self.has_warning = true;
    }

    /// A member as it stands.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.members.get(key).filter(|value| !value.is_null())
    }

    /// A text. Another type is left out with a warning.
    pub fn text(&mut self, key: &str) -> Option<String> {
        match self.value(key)? {
            Value::String(text) => Some(text.clone()),
            _ => {
                self.has_warning = true;
                None
            }
        }
    }

    /// A text that is also taken as a number (`gender`, ids of old clients).
    pub fn text_or_number(&mut self, key: &str) -> Option<String> {
        match self.value(key)? {
            Value::Number(number) => Some(number.to_string()),
            _ => self.text(key),
        }
    }

    /// A whole number; a text of digits is taken with a warning, anything else left out with one.
    pub fn number(&mut self, key: &str) -> Option<i64> {
        let (number, clean) = as_number(self.value(key)?);
        self.has_warning |= !clean;
        number
    }

    /// A number that fits 32 bits; 40058 when it does not.
    pub fn u32(&mut self, key: &str) -> Result<Option<u32>, Refusal> {
        match self.number(key) {
            None => Ok(None),
            Some(number) => match u32::try_from(number) {
                Ok(number) => Ok(Some(number)),
                Err(_) => refuse(40058, format!("invalid {key}: not in [0, 2^32)")),
            },
        }
    }

    /// A truth value; 0 and 1 are taken too.
    pub fn truth(&mut self, key: &str) -> Option<bool> {
        match self.value(key)? {
            Value::Bool(truth) => Some(*truth),
            Value::Number(number) => Some(number.as_i64() != Some(0)),
            _ => {
                self.has_warning = true;
                None
            }
        }
    }

    /// An array of texts. Elements of another type are left out with a warning.
    pub fn texts(&mut self, key: &str) -> Option<Vec<String>> {
        let Value::Array(values) = self.value(key)? else {
            self.has_warning = true;
            return None;
        };
        let texts: Vec<String> = values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect();
        self.has_warning |= texts.len() != values.len();
        Some(texts)
    }

    /// An array of numbers that fit 32 bits; `errcode` when it is anything else.
    pub fn u32s(&mut self, key: &str, errcode: i64) -> Result<Option<Vec<u32>>, Refusal> {
        let Some(value) = self.value(key) else { return Ok(None) };
        let Value::Array(values) = value else {
            return refuse(errcode, format!("{key} is not an array of integers"));
        };
        let mut clean = true;
        let numbers: Option<Vec<u32>> = values
            .iter()
            .map(|value| {
                let (number, is_clean) = as_number(value);
                clean &= is_clean;
                number.and_then(|number| u32::try_from(number).ok())
            })
            .collect();
        self.has_warning |= !clean;
        match numbers {
            Some(numbers) => Ok(Some(numbers)),
            None => refuse(errcode, format!("{key} is not an array of integers in [0, 2^32)")),
        }
    }
}

/// The number in a value, and whether it was written as one.
fn as_number(value: &Value) -> (Option<i64>, bool) {
    match value {
        Value::Number(number) => (number.as_i64(), number.is_i64() || number.is_u64()),
        Value::String(text) => (text.trim().parse().ok(), false),
        _ => (None, false),
    }
}

/// Keeps the members that were read before an error.
struct Collect<'a>(&'a mut Map<String, Value>);

impl<'de> Visitor<'de> for Collect<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        while let Some((key, value)) = access.next_entry()? {
            self.0.insert(key, value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_body_is_read_as_far_as_it_goes() {
        for (body, name, id, warning) in [
            (r#"{"name":"a","id":2}"#, Some("a"), Some(2), false),
            (r#"{"name":"a","id":"2"}"#, Some("a"), Some(2), true),
            (r#"{"name":1,"id":2}"#, None, Some(2), true),
            (r#"{"name":"a","id":2"#, Some("a"), Some(2), true),
            (r#"{"name":"a",,"id":2}"#, Some("a"), None, true),
            (r#"{"name":null}"#, None, None, false),
            ("", None, None, false),
            ("[]", None, None, true),
        ] {
            let mut read = Body::parse(body.as_bytes());
            let got = (read.text("name"), read.number("id"));
            assert_eq!((got.0.as_deref(), got.1, read.has_warning()), (name, id, warning), "body {body}");
        }
    }

    #[test]
    fn orders_use_all_32_bits() {
        let mut body = Body::parse(br#"{"order":4294967295,"big":4294967296,"minus":-1}"#);
        assert_eq!(body.u32("order"), Ok(Some(u32::MAX)));
        assert_eq!(body.u32("big").unwrap_err().errcode, 40058);
        assert_eq!(body.u32("minus").unwrap_err().errcode, 40058);
    }

    #[test]
    fn the_query_is_decoded() {
        let query = Query::parse("userid=a%40b&x=&department_id=abc");
        assert_eq!(query.find("userid"), Some("a@b"));
        assert_eq!(query.find("x"), None);
        assert_eq!(query.number("department_id", 60123).unwrap_err().errcode, 60123);
    }
}
