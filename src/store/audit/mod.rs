//! The audit log: numbered rows, each chained to the one before by hash. Rows are only ever appended; a changed, moved
//! or missing row is found by [`verify_chain`], a cut-off end by the head that is kept beside the log.

mod search;

pub use search::{AuditFilter, AuditPage, LOOKED_AT_MAX, search};

use super::StoreError;
use super::key::{Prefix, Str};
use super::registry::Checks;
use super::table::{Table, TableInfo, everything};
use super::tx::{ReadTx, Reads, WriteTx};
use crate::model::{Actor, AuditRow};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::ops::ControlFlow;

const ROWS: Table<u64, AuditRow> = Table::new("audit");
const HEAD: Table<Str, Head> = Table::new("audit_head");
pub(super) const TABLES: &[TableInfo] = &[ROWS.info(), HEAD.info()];

/// Where in [`HEAD`] the place of the last row that was removed for its age stands.
const BASE: &str = "base";

/// A row's place and hash.
#[derive(Serialize, Deserialize)]
struct Head {
    seq: u64,
    hash: String,
}

/// Where the chain is broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainFault {
    /// The first row that does not fit, or is missing.
    pub seq: u64,
    /// What is wrong with it.
    pub what: String,
}

/// Appends a row with the store's time; returns its number. `before` and `after` must hold no secrets.
pub fn append(
    tx: &WriteTx,
    actor: &Actor,
    action: &str,
    subject: &str,
    before: Option<Value>,
    after: Option<Value>,
) -> Result<u64, StoreError> {
    let head = HEAD.get(tx, "head")?.unwrap_or_else(first_head);
    let mut row = AuditRow {
        seq: head.seq + 1,
        at_ms: tx.now_ms(),
        actor: actor.clone(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        before: before.map(stable),
        after: after.map(stable),
        hash: String::new(),
    };
    row.hash = hash_of(&head.hash, &row);
    ROWS.put(tx, row.seq, &row)?;
    HEAD.put(tx, "head", &Head { seq: row.seq, hash: row.hash })?;
    Ok(row.seq)
}

/// The latest rows before row `before` (all when `None`), the newest first.
pub fn page(tx: &impl Reads, before: Option<u64>, limit: usize) -> Result<Vec<AuditRow>, StoreError> {
    let range = before.map_or_else(everything, |seq| Prefix::all().before::<u64>(seq));
    ROWS.list_last(tx, &range, limit.min(super::PAGE_MAX))
}

/// The hash that row `seq` is chained to: that of the row before, empty for the first.
///
/// # Errors
/// Those of the store; a row before that is missing gives an empty hash, as [`verify_chain`] tells.
pub fn hash_before(tx: &impl Reads, seq: u64) -> Result<String, StoreError> {
    let before = seq.checked_sub(1).map(|seq| ROWS.get(tx, seq)).transpose()?.flatten();
    if let Some(row) = before {
        return Ok(row.hash);
    }
    let base = HEAD.get(tx, BASE)?.filter(|base| base.seq + 1 == seq);
    Ok(base.map(|base| base.hash).unwrap_or_default())
}

/// Removes at most `limit` of the oldest rows, if they are older than `before_ms`; returns how many. The last of them
/// leaves its number and hash behind, from which the chain of those that stay begins; the last row of all stays.
pub fn remove_before(tx: &WriteTx, before_ms: i64, limit: usize) -> Result<u64, StoreError> {
    let end = HEAD.get(tx, "head")?.unwrap_or_else(first_head).seq;
    let mut old = Vec::new();
    ROWS.scan(tx, &everything(), |seq, row| {
        if row.at_ms >= before_ms || seq >= end || old.len() >= limit {
            return Ok(ControlFlow::Break(()));
        }
        old.push(Head { seq, hash: row.hash });
        Ok(ControlFlow::Continue(()))
    })?;
    let Some(last) = old.last() else { return Ok(0) };
    HEAD.put(tx, BASE, last)?;
    let mut rows = ROWS.writer(tx)?;
    old.iter().try_for_each(|row| rows.remove(row.seq).map(drop))?;
    Ok(old.len() as u64)
}

/// Follows the whole chain, from the place that [`remove_before`] has left on; `None` when it is whole.
pub fn verify_chain(tx: &impl Reads) -> Result<Option<ChainFault>, StoreError> {
    let mut head = HEAD.get(tx, BASE)?.unwrap_or_else(first_head);
    let mut fault = None;
    ROWS.scan(tx, &everything(), |seq, row| {
        let what = if seq != head.seq + 1 || row.seq != seq {
            format!("row {} is missing or moved", head.seq + 1)
        } else if row.hash != hash_of(&head.hash, &row) {
            "the row was changed after it was written".to_owned()
        } else {
            head = Head { seq, hash: row.hash };
            return Ok(ControlFlow::Continue(()));
        };
        fault = Some(ChainFault { seq: head.seq + 1, what });
        Ok(ControlFlow::Break(()))
    })?;
    let kept = HEAD.get(tx, "head")?.unwrap_or_else(first_head);
    if fault.is_none() && (kept.seq, &kept.hash) != (head.seq, &head.hash) {
        let what = format!("the log ends at row {}, but row {} was written", head.seq, kept.seq);
        fault = Some(ChainFault { seq: head.seq + 1, what });
    }
    Ok(fault)
}

pub(super) fn check(tx: &ReadTx, checks: &mut Checks) -> Result<(), StoreError> {
    if let Some(fault) = verify_chain(tx)? {
        checks.fault(ROWS.name(), format!("audit row {}: {}", fault.seq, fault.what));
    }
    Ok(())
}

fn first_head() -> Head {
    Head { seq: 0, hash: String::new() }
}

/// Each part goes in with its length, so that no two rows give the same bytes.
fn hash_of(previous: &str, row: &AuditRow) -> String {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    part(previous.as_bytes());
    part(&row.seq.to_be_bytes());
    part(&row.at_ms.to_be_bytes());
    part(row.actor.name.as_bytes());
    part(row.actor.from.as_deref().unwrap_or("\0").as_bytes());
    part(row.action.as_bytes());
    part(row.subject.as_bytes());
    for value in [&row.before, &row.after] {
        let mut text = String::new();
        if let Some(value) = value {
            canonical(value, &mut text);
        }
        part(text.as_bytes());
    }
    hex::encode(hash.finalize())
}

/// The value with numbers that read back as they were written: parsing a fraction may be off by its last bit, which
/// would look like tampering. One that does not settle is kept as text.
fn stable(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            let mut number = number;
            for _ in 0..4 {
                match serde_json::from_str::<serde_json::Number>(&number.to_string()) {
                    Ok(again) if again == number => return Value::Number(number),
                    Ok(again) => number = again,
                    Err(_) => break,
                }
            }
            Value::String(number.to_string())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(stable).collect()),
        Value::Object(map) => Value::Object(map.into_iter().map(|(key, value)| (key, stable(value))).collect()),
        other => other,
    }
}

/// JSON with sorted keys, whatever order the map in memory has.
fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (key, value) in entries {
                out.push_str(&Value::String(key.clone()).to_string());
                out.push(':');
                canonical(value, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(values) => {
            out.push('[');
            for value in values {
                canonical(value, out);
                out.push(',');
            }
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_stable_value_reads_back_as_it_was_written(number in any::<f64>(), small in 0.0..1e6) {
            let value = stable(serde_json::json!({"a": [number, small, small * 1.1], "b": small / 3.0}));
            let again: Value = serde_json::from_str(&value.to_string()).unwrap();
            prop_assert_eq!(again, value);
        }
    }

    #[test]
    fn the_order_of_keys_does_not_matter_and_everything_else_does() {
        let text = |json: &str| {
            let mut out = String::new();
            canonical(&serde_json::from_str(json).unwrap(), &mut out);
            out
        };
        assert_eq!(text(r#"{"b":1,"a":[2,{"d":3,"c":4}]}"#), text(r#"{"a":[2,{"c":4,"d":3}],"b":1}"#));
        for other in [r#"{"a":"1"}"#, r#"{"a":[1]}"#, r#"{"a":2}"#, r#"{"b":1}"#, r#"{"a":{"a":1}}"#] {
            assert_ne!(text(r#"{"a":1}"#), text(other));
        }
    }
}
