//! Whether the people of a source are those that are stored: what says who somebody is belongs to the same ids as before.
//! Ids are numbers in most systems; those of another organisation are the same numbers, and a column that slipped by one
//! row gives everybody somebody else's number.

use super::is_few;
use crate::directory::fault::{Fault, FaultCode, Place};
use crate::model::{Employee, Text};
use std::borrow::Cow;
use std::collections::HashMap;

/// A column and how it is read.
type Identity = (&'static str, fn(&Employee) -> &Text);
/// The columns that say who somebody is.
const IDENTITY: [Identity; 5] = [
    ("name", |row| &row.name),
    ("account", |row| &row.account),
    ("employee_no", |row| &row.employee_no),
    ("mobile", |row| &row.mobile),
    ("email", |row| &row.email),
];
/// Those of them that no two people share.
const UNIQUE: [usize; 4] = [1, 2, 3, 4];
const MOBILE: usize = 3;
/// Cases that are told as examples.
const EXAMPLES: usize = 3;

/// The form in which two values are compared: a mobile by its digits without the country code of China, the rest without
/// regard to case.
fn normal(column: usize, value: &str) -> Cow<'_, str> {
    if column == MOBILE {
        let digits: String = value.chars().filter(char::is_ascii_digit).collect();
        let own = digits.strip_prefix("0086").or_else(|| digits.strip_prefix("86")).filter(|own| own.len() == 11);
        return Cow::Owned(own.map(str::to_owned).unwrap_or(digits));
    }
    if value.chars().any(char::is_uppercase) { Cow::Owned(value.to_lowercase()) } else { Cow::Borrowed(value) }
}

/// Counts how many known people become somebody else, and how many known people come again under other ids.
pub(super) struct People<'s> {
    changed: [(usize, Vec<String>); IDENTITY.len()],
    again: (usize, Vec<String>),
    /// Who has a value that no two people share.
    owners: [HashMap<Cow<'s, str>, &'s Employee>; UNIQUE.len()],
}

impl<'s> People<'s> {
    /// Nothing counted yet.
    pub(super) fn new(stored: &'s [Employee]) -> Self {
        let owners = UNIQUE.map(|column| {
            let of = |row: &'s Employee| {
                let value = (IDENTITY[column].1)(row);
                (!value.is_empty() && row.status.is_active()).then(|| (normal(column, value), row))
            };
            stored.iter().filter_map(of).collect()
        });
        Self { changed: std::array::from_fn(|_| (0, Vec::new())), again: (0, Vec::new()), owners }
    }

    /// A row for an id that is stored. A value that is new or goes away says nothing.
    pub(super) fn known(&mut self, before: &Employee, after: &Employee) {
        for (column, (_, value)) in IDENTITY.iter().enumerate() {
            let (was, is) = (value(before), value(after));
            if was == is || was.is_empty() || is.is_empty() || normal(column, was) == normal(column, is) {
                continue;
            }
            let (count, examples) = &mut self.changed[column];
            *count += 1;
            if examples.len() < EXAMPLES {
                examples.push(format!("{}: {was} → {is}", after.id));
            }
        }
    }

    /// A row for an id that is not stored.
    pub(super) fn new_id(&mut self, row: &Employee) {
        let owner = UNIQUE.iter().zip(&self.owners).find_map(|(column, owners)| {
            let value = (IDENTITY[*column].1)(row);
            if value.is_empty() { None } else { owners.get(normal(*column, value).as_ref()).copied() }
        });
        if let Some(owner) = owner {
            let (count, examples) = &mut self.again;
            *count += 1;
            if examples.len() < EXAMPLES {
                examples.push(format!("{} has what is {}'s, {}", row.id, owner.id, owner.name));
            }
        }
    }

    /// What is to be asked, where something is. `known` people could have become somebody else.
    pub(super) fn question(self, known: usize, stored: usize, sheet: &str) -> Option<Fault> {
        let columns: Vec<String> = IDENTITY
            .iter()
            .zip(&self.changed)
            .filter(|(_, (count, _))| !is_few(*count, known))
            .map(|((name, _), (count, examples))| format!("{count} another {name} ({})", examples.join("; ")))
            .collect();
        let reason = if !columns.is_empty() {
            format!(
                "{} among the {known} people who are there already under the same id: it looks like the file of another \
                 organisation, or a column has slipped. If it is really so, allow it for this import",
                columns.join(", ")
            )
        } else if !is_few(self.again.0, stored) {
            format!(
                "{} people would come anew who have the number, mobile or e-mail of somebody who is there under another id \
                 ({}); it looks as if the ids have slipped. If they really got other ids, allow it for this import",
                self.again.0,
                self.again.1.join("; ")
            )
        } else {
            return None;
        };
        Some(Fault::new(FaultCode::OtherPeople, Place::sheet(sheet), reason))
    }
}
