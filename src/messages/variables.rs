//! What the expressions of rules see of a message: its fields, and `data` with what its source adds. Nothing of the
//! recipients: one content goes to a thousand people.

use crate::expr::{Subject, Variable};
use crate::model::{Message, Priority, Text, TodoKind};
use cel::common::types::{CelBool, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString, CelUInt};
use cel::common::value::{CowVal, Val};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashMap;

/// One variable of a rule's expressions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageVariable {
    /// `title`
    Title,
    /// `body`
    Body,
    /// `source`
    Source,
    /// `event`; empty where there is none.
    Event,
    /// `todo`: `pending`, `returned`, `cc`, `forwarded`, `circulated`, `opinion`, or empty.
    Todo,
    /// `url`; empty where there is none.
    Url,
    /// `picture`; empty where there is none.
    Picture,
    /// `priority`: `high`, `normal` or `low`.
    Priority,
    /// `time`: when the message was accepted, `2025-11-25 22:40`.
    Time,
    /// `data.<key>`; empty where the message has no such entry.
    Data(Text),
}

impl MessageVariable {
    /// The names of all variables but the free ones.
    pub const NAMES: [&'static str; 9] =
        ["title", "body", "source", "event", "todo", "url", "picture", "priority", "time"];
}

impl Variable for MessageVariable {
    const NAMES: &'static [&'static str] = &Self::NAMES;
    const MAP: &'static str = "data";
    const MAP_HINT: &'static str = "data.<key>";
    /// A body has 20,000 bytes, all data together 16 KiB.
    const FIELD_MAX_CHARS: usize = 20_000;
    const RESULT_MAX_CHARS: usize = 40_000;
    const IS_LARGE: bool = true;

    fn find(name: &str) -> Option<Self> {
        Some(match name {
            "title" => Self::Title,
            "body" => Self::Body,
            "source" => Self::Source,
            "event" => Self::Event,
            "todo" => Self::Todo,
            "url" => Self::Url,
            "picture" => Self::Picture,
            "priority" => Self::Priority,
            "time" => Self::Time,
            _ => {
                let key = name.strip_prefix("data.")?;
                let plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_');
                return plain.then(|| Self::Data(key.into()));
            }
        })
    }

    fn of_key(key: Text) -> Self {
        Self::Data(key)
    }

    fn key(&self) -> Option<&Text> {
        match self {
            Self::Data(key) => Some(key),
            _ => None,
        }
    }

    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Title => "title",
            Self::Body => "body",
            Self::Source => "source",
            Self::Event => "event",
            Self::Todo => "todo",
            Self::Url => "url",
            Self::Picture => "picture",
            Self::Priority => "priority",
            Self::Time => "time",
            Self::Data(key) => return Cow::Owned(format!("data.{key}")),
        })
    }
}

/// A message as expressions see it.
#[derive(Debug, Clone, Copy)]
pub struct Spoken<'a>(pub &'a Message);

impl<'a> Subject<'a, MessageVariable> for Spoken<'a> {
    fn text(self, variable: &MessageVariable) -> Cow<'a, str> {
        let message = self.0;
        match variable {
            MessageVariable::Title => Cow::Borrowed(&message.title),
            MessageVariable::Body => Cow::Borrowed(&message.body),
            MessageVariable::Source => Cow::Borrowed(&message.source),
            MessageVariable::Event => Cow::Borrowed(&message.event),
            MessageVariable::Todo => Cow::Borrowed(message.todo.map_or("", todo_name)),
            MessageVariable::Url => Cow::Borrowed(message.url.as_deref().unwrap_or_default()),
            MessageVariable::Picture => Cow::Borrowed(message.picture.as_deref().unwrap_or_default()),
            MessageVariable::Priority => Cow::Borrowed(match message.priority {
                Priority::High => "high",
                Priority::Normal => "normal",
                Priority::Low => "low",
            }),
            MessageVariable::Time => Cow::Owned(minute(message.accepted_at_ms)),
            MessageVariable::Data(key) => match message.data.get(key.as_str()) {
                None | Some(Value::Null) => Cow::Borrowed(""),
                Some(Value::String(text)) => Cow::Borrowed(text),
                Some(other) => Cow::Owned(other.to_string()),
            },
        }
    }

    fn value<'b>(self, variable: &MessageVariable) -> CowVal<'b, 'b>
    where
        'a: 'b,
    {
        let of_data = match variable {
            MessageVariable::Data(key) => self.0.data.get(key.as_str()),
            _ => None,
        };
        match of_data {
            Some(Value::Bool(value)) => CowVal::owned(CelBool::from(*value)),
            Some(Value::Number(number)) => match (number.as_i64(), number.as_u64()) {
                (Some(number), _) => CowVal::owned(CelInt::from(number)),
                (None, Some(number)) => CowVal::owned(CelUInt::from(number)),
                (None, None) => CowVal::owned(CelDouble::from(number.as_f64().unwrap_or_default())),
            },
            Some(Value::Array(list)) => CowVal::owned(CelList::from(list.iter().map(boxed).collect::<Vec<_>>())),
            Some(Value::Object(map)) => CowVal::owned(CelMap::from(entries(map))),
            Some(Value::String(_) | Value::Null) | None => CowVal::owned(CelString::from(self.text(variable))),
        }
    }

    fn map<'b>(self) -> CowVal<'b, 'b>
    where
        'a: 'b,
    {
        CowVal::owned(CelMap::from(entries(&self.0.data)))
    }

    fn find_longer(self, max_chars: usize) -> Option<String> {
        let is_long = |value: &Value| value.as_str().is_some_and(|text| text.len() > max_chars);
        self.0.data.iter().find(|(_, value)| is_long(value)).map(|(key, _)| format!("data.{key}"))
    }
}

fn todo_name(todo: TodoKind) -> &'static str {
    match todo {
        TodoKind::Pending => "pending",
        TodoKind::Returned => "returned",
        TodoKind::Cc => "cc",
        TodoKind::Forwarded => "forwarded",
        TodoKind::Circulated => "circulated",
        TodoKind::Opinion => "opinion",
    }
}

/// `2025-11-25 22:40` in the appliance's time zone, which is China's.
fn minute(at_ms: i64) -> String {
    let zone = chrono::FixedOffset::east_opt(8 * 3600);
    let at = zone.and_then(|zone| chrono::DateTime::from_timestamp_millis(at_ms).map(|at| at.with_timezone(&zone)));
    at.map(|at| at.format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default()
}

fn entries<'b>(map: &'b serde_json::Map<String, Value>) -> HashMap<CelMapKey<'b>, Box<dyn Val + 'b>> {
    map.iter().map(|(key, value)| (CelMapKey::from(key.as_str()), boxed(value))).collect()
}

fn boxed<'b>(value: &'b Value) -> Box<dyn Val + 'b> {
    match value {
        Value::Null => Box::new(CelNull),
        Value::Bool(value) => Box::new(CelBool::from(*value)),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Box::new(CelInt::from(number)),
            (None, Some(number)) => Box::new(CelUInt::from(number)),
            (None, None) => Box::new(CelDouble::from(number.as_f64().unwrap_or_default())),
        },
        Value::String(text) => Box::new(CelString::from(text.as_str())),
        Value::Array(list) => Box::new(CelList::from(list.iter().map(boxed).collect::<Vec<_>>())),
        Value::Object(map) => Box::new(CelMap::from(entries(map))),
    }
}
