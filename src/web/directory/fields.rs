//! Properties and people as pages name them: captions by field, names of actors, texts of faults, the values of a form.

use crate::directory::fields::Record;
use crate::directory::values::trim;
use crate::directory::{DirectoryError, FaultCode};
use crate::http::Problem;
use crate::http::errors::directory_problem;
use crate::locale::T;
use crate::model::Text;
use crate::web::form::Faults;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The fields of a form whose names are not known beforehand.
pub type Pairs = Vec<(String, String)>;

/// The values of a form.
#[derive(Debug, Clone, Default)]
pub struct Values(BTreeMap<String, String>);

impl Values {
    /// As they were sent; of repeated fields the first.
    pub fn of(pairs: Pairs) -> Self {
        let mut values = BTreeMap::new();
        for (name, value) in pairs {
            values.entry(name).or_insert(value);
        }
        Self(values)
    }

    /// The values of a row, and its further columns as lines.
    pub fn of_row<R: Record>(row: &R) -> Self {
        let mut values: BTreeMap<String, String> =
            R::fields().iter().map(|field| (field.name.to_owned(), (field.get)(row).to_string())).collect();
        let lines = row.ext().iter().map(|(name, value)| format!("{name} = {value}\n"));
        values.insert("ext".into(), lines.collect());
        Self(values)
    }

    /// A value, without white space around it; empty where it is absent.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map(|value| trim(value)).unwrap_or_default()
    }

    /// As it was entered.
    pub fn raw(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }

    /// Replaces a value.
    pub fn set(&mut self, name: &str, value: String) {
        self.0.insert(name.to_owned(), value);
    }

    /// The row that they make; what cannot be is noted beside its field.
    pub fn row<R: Record>(&self, t: T, faults: &mut Faults) -> R {
        let mut row = R::blank();
        for field in R::fields() {
            let value = self.get(field.name);
            if value.is_empty() && field.required {
                faults.add(field.name, t.fault_text(FaultCode::MissingValue));
            } else if let Err((code, _)) = (field.set)(&mut row, value) {
                faults.add(field.name, t.fault_text(code));
            }
        }
        for line in self.raw("ext").lines().filter(|line| !trim(line).is_empty()) {
            match line.split_once('=').map(|(name, value)| (trim(name), trim(value))) {
                Some((name, value)) if !name.is_empty() => {
                    if !value.is_empty() {
                        row.ext_mut().insert(Text::from(name), Text::from(value));
                    }
                }
                _ => faults.add("ext", t.edit_ext_fault(trim(line))),
            }
        }
        row
    }
}

/// Tells whether a row is still what a form was filled from.
pub fn mark<R: serde::Serialize>(row: &R) -> String {
    let bytes = serde_json::to_vec(row).unwrap_or_default();
    Sha256::digest(&bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Faults that the directory found in the one row of a form, beside its fields; other errors are problems.
pub fn take_faults(t: T, error: DirectoryError, faults: &mut Faults) -> Result<(), Problem> {
    let Some(found) = error.faults() else { return Err(directory_problem(error)) };
    for fault in &found.list {
        let field = match fault.code {
            FaultCode::Cycle | FaultCode::MissingParent | FaultCode::NoRoot | FaultCode::SeveralRoots => "parent_id",
            FaultCode::DuplicateUnit | FaultCode::DuplicateEmployee | FaultCode::UnitInUse => "id",
            _ if fault.place.column.is_empty() => "id",
            _ => fault.place.column.as_str(),
        };
        faults.add(field, t.fault_text(fault.code));
    }
    Ok(())
}
