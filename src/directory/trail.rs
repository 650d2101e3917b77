//! What the audit log keeps of a directory that is changed by hand or by a program: who was changed, from what to what.

use super::diff::{Change, ChangeKind, RowCounts};
use super::fields::Record;
use crate::model::{Actor, TenantKey};
use crate::store::{StoreError, WriteTx, audit};
use serde_json::{Map, Value, json};

/// Records of one call up to which each has a row of its own in the audit log. A larger call has one row with its numbers; the
/// history of each person has the rest, and an import's file is the record of an import.
pub const EACH_MAX: usize = 100;

/// One record of a call: its subject, and its values before and after.
#[derive(Debug)]
pub(super) struct Note {
    kind: &'static str,
    id: String,
    before: Option<Value>,
    after: Option<Value>,
}

impl Note {
    /// Of a record that is new or differs: then only what differs.
    pub(super) fn of_change<T: Record>(change: &Change<T>) -> Self {
        let (before, after) = match change.kind {
            ChangeKind::Added => (None, Some(whole(&change.row))),
            _ => {
                let side = |pick: fn(&super::diff::FieldChange) -> &str| {
                    let values = change.fields.iter().map(|field| (field.field.to_string(), json!(pick(field))));
                    Value::Object(values.collect())
                };
                (Some(side(|field| field.before.as_str())), Some(side(|field| field.after.as_str())))
            }
        };
        Self { kind: kind::<T>(), id: change.row.id().to_owned(), before, after }
    }

    /// Of a record that goes for good.
    pub(super) fn of_removed<T: Record>(row: &T) -> Self {
        Self { kind: kind::<T>(), id: row.id().to_owned(), before: Some(whole(row)), after: None }
    }
}

/// Writes what a call has done: a row for each record, or one row with the numbers where there are more than [`EACH_MAX`].
pub(super) fn append(
    tx: &WriteTx,
    by: &Actor,
    action: &str,
    tenant: &TenantKey,
    counts: &RowCounts,
    notes: Vec<Note>,
) -> Result<(), StoreError> {
    if notes.len() > EACH_MAX {
        return audit::append(tx, by, action, tenant.as_str(), None, serde_json::to_value(counts).ok()).map(drop);
    }
    notes.into_iter().try_for_each(|note| {
        let subject = format!("{} {} {tenant}", note.kind, note.id);
        audit::append(tx, by, action, &subject, note.before, note.after).map(drop)
    })
}

fn kind<T: Record>() -> &'static str {
    if T::TABLE == "units" { "unit" } else { "employee" }
}

/// Every value that a record has.
fn whole<T: Record>(row: &T) -> Value {
    let own = T::fields().iter().map(|field| (field.name.to_owned(), (field.get)(row)));
    let further = row.ext().iter().map(|(name, value)| (format!("ext.{name}"), value.clone()));
    let filled = own.chain(further).filter(|(_, value)| !value.is_empty());
    Value::Object(filled.map(|(name, value)| (name, json!(value))).collect::<Map<_, _>>())
}
