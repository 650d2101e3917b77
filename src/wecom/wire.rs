//! Tolerant wire values: numbers that come as strings and strings that come as numbers (contract, section 0.2).
//!
//! Tolerance ends at the kind of thing: an object where a number belongs is an error, never a default.

use crate::model::Text;
use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use std::fmt;

/// A signed number, from a number or a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Int(pub i64);

/// An unsigned 32-bit number (ids, order), from a number or a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct U32(pub u32);

/// An unsigned 64-bit number (sizes, times), from a number or a string; an empty string is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct U64(pub u64);

/// A text, from a string, a number or a truth value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Str(pub Text);

struct IntVisitor;

impl Visitor<'_> for IntVisitor {
    type Value = i64;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, also as text")
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<i64, E> {
        Ok(value)
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<i64, E> {
        i64::try_from(value).map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<i64, E> {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53, checked here")]
        if value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0 {
            Ok(value as i64)
        } else {
            Err(E::invalid_value(Unexpected::Float(value), &self))
        }
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<i64, E> {
        Ok(i64::from(value))
    }
    fn visit_str<E: Error>(self, value: &str) -> Result<i64, E> {
        value.trim().parse().map_err(|_| E::invalid_value(Unexpected::Str(value), &self))
    }
}

impl<'de> Deserialize<'de> for Int {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IntVisitor).map(Self)
    }
}

impl<'de> Deserialize<'de> for U32 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = deserializer.deserialize_any(IntVisitor)?;
        u32::try_from(value)
            .map(Self)
            .map_err(|_| D::Error::invalid_value(Unexpected::Signed(value), &"a number from 0 to 4294967295"))
    }
}

impl<'de> Deserialize<'de> for U64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Str::deserialize(deserializer)?;
        if text.0.is_empty() {
            return Ok(Self(0));
        }
        text.0.parse().map(Self).map_err(|_| D::Error::invalid_value(Unexpected::Str(&text.0), &"an unsigned number"))
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, also as a number")
    }
    fn visit_str<E: Error>(self, value: &str) -> Result<Text, E> {
        Ok(Text::from(value))
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<Text, E> {
        Ok(Text::from(value.to_string()))
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<Text, E> {
        Ok(Text::from(value.to_string()))
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Text, E> {
        Ok(Text::from(value.to_string()))
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<Text, E> {
        Ok(Text::from(if value { "true" } else { "false" }))
    }
}

impl<'de> Deserialize<'de> for Str {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor).map(Self)
    }
}

impl Str {
    /// The text, unless it is empty.
    pub fn non_empty(self) -> Option<Text> {
        (!self.0.is_empty()).then_some(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_in_each_other_s_clothes() {
        for (json, want) in [
            ("5", Some(5)),
            (r#""5""#, Some(5)),
            ("5.0", Some(5)),
            (r#"" 7 ""#, Some(7)),
            ("-1", Some(-1)),
            ("true", Some(1)),
            ("5.5", None),
            (r#""x""#, None),
            (r#""""#, None),
            ("{}", None),
            ("[1]", None),
        ] {
            assert_eq!(serde_json::from_str::<Int>(json).ok().map(|v| v.0), want, "{json}");
        }
        assert_eq!(serde_json::from_str::<U32>("4294967295").unwrap().0, u32::MAX);
        for json in ["4294967296", "-1", "{}"] {
            assert!(serde_json::from_str::<U32>(json).is_err(), "{json}");
        }
        assert_eq!(serde_json::from_str::<U64>(r#""1024""#).unwrap().0, 1024);
        assert_eq!(serde_json::from_str::<Str>("2").unwrap().0, "2");
        assert!(serde_json::from_str::<Str>("{}").is_err());
    }
}
