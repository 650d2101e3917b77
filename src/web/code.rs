//! Values with a fixed set of codes, as addresses and forms spell them.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The value of a code; `None` for an unknown or an empty one.
pub fn find<T: DeserializeOwned>(code: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(code.to_owned())).ok()
}

/// The code of a value.
pub fn of<T: Serialize>(value: T) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// `yes` and `no`.
pub fn find_bool(code: &str) -> Option<bool> {
    match code {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}
