//! Objects and arrays inside a body.

use super::Body;
use crate::sandbox::wire::answer::Refusal;
use serde_json::Value;

impl Body {
    /// A body that is not read from the wire.
    pub fn from_value(value: Value) -> Self {
        match value {
            Value::Object(members) => Self { members, ..Self::default() },
            _ => Self { has_warning: true, ..Self::default() },
        }
    }

    /// Whether the member is there.
    pub fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    /// A text that is not empty.
    pub fn filled(&mut self, key: &str) -> Option<String> {
        self.text(key).filter(|text| !text.is_empty())
    }

    /// A text; empty when absent.
    pub fn text_or_empty(&mut self, key: &str) -> String {
        self.text(key).unwrap_or_default()
    }

    /// A number with a fraction; a text of digits is taken with a warning.
    pub fn float(&mut self, key: &str) -> Option<f64> {
        match self.value(key)? {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => {
                let number = text.trim().parse().ok();
                self.has_warning = true;
                number
            }
            _ => {
                self.has_warning = true;
                None
            }
        }
    }

    /// Elements of an array; `None` when there is none.
    pub fn count(&self, key: &str) -> Option<usize> {
        self.value(key)?.as_array().map(Vec::len)
    }

    /// Takes an object out and reads it. Its warnings count as this body's; anything but an object is left out with one.
    pub fn inside<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&mut Self) -> Result<T, Refusal>,
    ) -> Result<Option<T>, Refusal> {
        match self.members.remove(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value @ Value::Object(_)) => self.read_inner(value, read).map(Some),
            Some(_) => {
                self.has_warning = true;
                Ok(None)
            }
        }
    }

    /// Takes an array of objects out and reads each; other elements are left out with a warning.
    pub fn each<T>(
        &mut self,
        key: &str,
        mut read: impl FnMut(&mut Self) -> Result<T, Refusal>,
    ) -> Result<Vec<T>, Refusal> {
        let values = match self.members.remove(key) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(values)) => values,
            Some(_) => {
                self.has_warning = true;
                return Ok(Vec::new());
            }
        };
        let mut list = Vec::with_capacity(values.len());
        for value in values {
            if value.is_object() {
                list.push(self.read_inner(value, &mut read)?);
            } else {
                self.has_warning = true;
            }
        }
        Ok(list)
    }

    fn read_inner<T>(
        &mut self,
        value: Value,
        read: impl FnOnce(&mut Self) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut inner = Self::from_value(value);
        let got = read(&mut inner);
        self.warn_with(&inner);
        got
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_warnings_are_the_outer_bodys() {
        for (text, warning) in [
            (r#"{"a":{"n":1},"l":[{"n":1}]}"#, false),
            (r#"{"a":{"n":"1"},"l":[]}"#, true),
            (r#"{"a":{"n":1},"l":[{"n":"1"}]}"#, true),
            (r#"{"a":[],"l":[]}"#, true),
            (r#"{"a":{},"l":["x"]}"#, true),
            (r#"{"a":null,"l":null}"#, false),
        ] {
            let mut body = Body::parse(text.as_bytes());
            let number = |inner: &mut Body| Ok(inner.number("n"));
            body.inside("a", number).unwrap();
            body.each("l", number).unwrap();
            assert_eq!(body.has_warning(), warning, "{text}");
        }
    }
}
