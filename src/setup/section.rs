//! Reads one table of a set-up file key by key, so that every faulty key is reported and not just the first.

use super::fault::SetupFault;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// Reads a table into `T`, whose fields must all have defaults. A faulty key is reported and takes its default.
pub(super) fn read_section<T: DeserializeOwned + Default>(table: Table, path: &str, faults: &mut Vec<SetupFault>) -> T {
    let mut good = Table::new();
    for (key, value) in table {
        let alone = Table::from_iter([(key.clone(), value.clone())]);
        match alone.try_into::<T>() {
            Ok(_) => {
                good.insert(key, value);
            }
            Err(cause) => faults.push(SetupFault::new(join(path, &key), explain(&cause))),
        }
    }
    match good.try_into() {
        Ok(section) => section,
        Err(cause) => {
            faults.push(SetupFault::new(path, explain(&cause)));
            T::default()
        }
    }
}

/// Takes a key that must hold a table; absent = empty.
pub(super) fn take_table(table: &mut Table, key: &str, path: &str, faults: &mut Vec<SetupFault>) -> Table {
    match table.remove(key) {
        None => Table::new(),
        Some(Value::Table(inner)) => inner,
        Some(other) => {
            faults.push(SetupFault::new(join(path, key), format!("must be a table, not {}", other.type_str())));
            Table::new()
        }
    }
}

/// Takes a key that must hold an array of tables; absent = empty.
pub(super) fn take_tables(table: &mut Table, key: &str, path: &str, faults: &mut Vec<SetupFault>) -> Vec<Table> {
    let items = match table.remove(key) {
        None => return Vec::new(),
        Some(Value::Array(items)) => items,
        Some(other) => {
            let message = format!("must be written as [[{key}]], not as {}", other.type_str());
            faults.push(SetupFault::new(join(path, key), message));
            return Vec::new();
        }
    };
    let mut tables = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Value::Table(inner) => tables.push(inner),
            other => {
                let message = format!("must hold tables, not {}", other.type_str());
                faults.push(SetupFault::new(join(path, key), message));
            }
        }
    }
    tables
}

/// `path.key`
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn explain(cause: &toml::de::Error) -> String {
    cause.message().trim().replace("unknown field", "unknown key")
}
