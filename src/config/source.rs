//! Collects raw values from the file, the environment and flags, and hands them out typed. What nobody asked for in
//! the end is an unknown key.

use super::fault::{ConfigFault, ConfigFaults};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A line of a file; 0 = the file as a whole.
    File {
        /// The file.
        path: PathBuf,
        /// 1, 2, 3 …
        line: usize,
    },
    /// A variable of the environment.
    Env(String),
    /// A flag of the command line.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line: 0 } => write!(f, "{}", path.display()),
            Self::File { path, line } => write!(f, "{} line {line}", path.display()),
            Self::Env(name) => write!(f, "variable {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// A value given by a flag.
#[derive(Debug, Clone)]
pub struct FlagValue {
    /// The option that it sets, e.g. `listen`.
    pub key: &'static str,
    /// The flag's spelling, e.g. `--listen`.
    pub flag: &'static str,
    /// The value as text; lists are parted by commas.
    pub value: String,
}

/// A value before anybody knows its type.
#[derive(Debug, Clone)]
enum Raw {
    /// Typed by the file.
    Text(String),
    Integer(String),
    List(Vec<String>),
    Other(String),
    /// From a variable or a flag, whatever type the option has.
    Loose(String),
}

impl Raw {
    fn shown(&self) -> String {
        match self {
            Self::Text(text) | Self::Integer(text) | Self::Other(text) | Self::Loose(text) => text.clone(),
            Self::List(items) => format!("[{}]", items.join(", ")),
        }
    }
}

/// The values of all sources by key; later sources win.
pub(super) struct Reader {
    values: BTreeMap<String, (Raw, Origin)>,
    known: Vec<&'static str>,
    faults: Vec<ConfigFault>,
}

impl Reader {
    pub(super) fn new() -> Self {
        Self { values: BTreeMap::new(), known: Vec::new(), faults: Vec::new() }
    }

    pub(super) fn add_file(&mut self, path: &Path) {
        match std::fs::read_to_string(path) {
            Ok(text) => self.add_text(&text, &path.display().to_string()),
            Err(cause) => self.faults.push(ConfigFault {
                key: String::new(),
                value: None,
                expected: format!("the configuration file cannot be read: {cause}"),
                origin: Origin::File { path: path.to_owned(), line: 0 },
            }),
        }
    }

    pub(super) fn add_text(&mut self, text: &str, path: &str) {
        let origin = |at: usize| {
            let line = text.get(..at).map_or(0, |before| before.matches('\n').count() + 1);
            Origin::File { path: PathBuf::from(path), line }
        };
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            self.faults.push(ConfigFault {
                key: String::new(),
                value: None,
                expected: format!("not valid TOML: {}", error.message().trim()),
                origin: origin(error.span().map_or(0, |span| span.start)),
            });
        }
        for (key, value) in table.get_ref() {
            if let DeValue::Table(section) = value.get_ref() {
                for (name, value) in section {
                    let line = origin(name.span().start);
                    self.values.insert(format!("{}.{}", key.get_ref(), name.get_ref()), (raw(value), line));
                }
            } else {
                self.values.insert(key.get_ref().to_string(), (raw(value), origin(key.span().start)));
            }
        }
    }

    pub(super) fn add_env(&mut self, env: &[(String, String)], other: &[&str]) {
        for (name, value) in env {
            let Some(rest) = name.strip_prefix(super::ENV_PREFIX) else { continue };
            if other.iter().any(|known| name == known || (known.ends_with('_') && name.starts_with(known))) {
                continue;
            }
            let key = rest.to_ascii_lowercase().replacen("__", ".", 1);
            self.values.insert(key, (Raw::Loose(value.clone()), Origin::Env(name.clone())));
        }
    }

    pub(super) fn add_flags(&mut self, flags: &[FlagValue]) {
        for flag in flags {
            let raw = Raw::Loose(flag.value.clone());
            self.values.insert(flag.key.to_owned(), (raw, Origin::Flag(flag.flag.to_owned())));
        }
    }

    fn take(&mut self, key: &'static str) -> Option<(Raw, Origin)> {
        self.known.push(key);
        self.values.remove(key)
    }

    fn fault(&mut self, key: &str, raw: &Raw, expected: &str, origin: Origin) {
        let expected = expected.to_owned();
        self.faults.push(ConfigFault { key: key.to_owned(), value: Some(raw.shown()), expected, origin });
    }

    /// A text that `parse` accepts; `expected` says what that is.
    pub(super) fn text<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let (raw, origin) = self.take(key)?;
        let found = match &raw {
            Raw::Text(text) | Raw::Loose(text) => parse(text),
            _ => None,
        };
        if found.is_none() {
            self.fault(key, &raw, expected, origin);
        }
        found
    }

    /// A path; not checked for existence, because the first start may create it.
    pub(super) fn path(&mut self, key: &'static str) -> Option<PathBuf> {
        self.text(key, "must be a path", |text| (!text.is_empty()).then(|| PathBuf::from(text)))
    }

    /// A whole number in a range.
    pub(super) fn integer(&mut self, key: &'static str, default: u64, range: RangeInclusive<u64>) -> u64 {
        let Some((raw, origin)) = self.take(key) else { return default };
        let found = match &raw {
            Raw::Integer(text) | Raw::Loose(text) => text.replace('_', "").parse().ok(),
            _ => None,
        };
        match found.filter(|number| range.contains(number)) {
            Some(number) => number,
            None => {
                let expected = format!("must be a whole number from {} to {}", range.start(), range.end());
                self.fault(key, &raw, &expected, origin);
                default
            }
        }
    }

    /// A list of texts, each accepted by `parse`.
    pub(super) fn list<T>(&mut self, key: &'static str, expected: &str, parse: impl Fn(&str) -> Option<T>) -> Vec<T> {
        let Some((raw, origin)) = self.take(key) else { return Vec::new() };
        let items = match &raw {
            Raw::List(items) => Some(items.clone()),
            Raw::Loose(text) => {
                Some(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
            }
            _ => None,
        };
        let parsed = items.and_then(|items| items.iter().map(|item| parse(item)).collect::<Option<Vec<T>>>());
        parsed.unwrap_or_else(|| {
            self.fault(key, &raw, expected, origin);
            Vec::new()
        })
    }

    /// Adds a fault that only shows when several options are looked at together.
    pub(super) fn together(&mut self, key: &str, expected: &str) {
        let origin = Origin::File { path: PathBuf::from("configuration"), line: 0 };
        self.faults.push(ConfigFault { key: key.to_owned(), value: None, expected: expected.to_owned(), origin });
    }

    /// Turns what nobody asked for into faults and ends the reading.
    pub(super) fn finish(mut self) -> Result<(), ConfigFaults> {
        for (key, (_, origin)) in std::mem::take(&mut self.values) {
            let near = self.known.iter().min_by_key(|known| distance(known, &key)).copied().unwrap_or_default();
            let expected = if distance(near, &key) <= 3 {
                format!("unknown key; did you mean {near}?")
            } else {
                format!("unknown key; known are {}", self.known.join(", "))
            };
            self.faults.push(ConfigFault { key, value: None, expected, origin });
        }
        if self.faults.is_empty() { Ok(()) } else { Err(ConfigFaults(self.faults)) }
    }
}

fn raw(value: &Spanned<DeValue<'_>>) -> Raw {
    match value.get_ref() {
        DeValue::String(text) => Raw::Text(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Raw::Integer(number.as_str().to_owned()),
        DeValue::Array(items) => {
            let texts: Option<Vec<String>> =
                items.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect();
            texts.map_or_else(|| Raw::Other("an array with something else than texts".into()), Raw::List)
        }
        DeValue::Boolean(value) => Raw::Other(value.to_string()),
        other => Raw::Other(format!("({})", other.type_str())),
    }
}

/// Levenshtein distance, for "did you mean".
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, right) in b.chars().enumerate() {
            let cost = corner + usize::from(left != right);
            corner = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.chars().count()]
}
