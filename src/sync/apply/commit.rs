//! The commit that ends a stretch of calls: journal entries, what follows from them, and the run's row together.

use super::record;
use crate::model::{Change, Corp, JournalEntry, Outcome, Run};
use crate::store::{self, StoreError};

/// One commit: outcomes with what follows from them. Answers the entries that became failures because a person linked
/// one of their two sides elsewhere meanwhile.
pub fn write(
    tx: &store::WriteTx,
    corp: &Corp,
    changes: &[Change],
    run: &Run,
    entries: &[JournalEntry],
) -> Result<Vec<JournalEntry>, StoreError> {
    let mut entries = entries.to_vec();
    let mut conflicts = Vec::new();
    for entry in &mut entries {
        if !matches!(entry.outcome, Outcome::Done | Outcome::FoundDone) {
            continue;
        }
        let Some(change) = find(changes, entry.seq) else { continue };
        if let Err(error) = record::record(tx, corp, change, entry.at_ms) {
            let StoreError::Conflict { .. } = error else { return Err(error) };
            let message = format!("written to WeCom, but not linked here: {error}");
            entry.outcome = Outcome::Failed { errcode: 0, message };
            conflicts.push(entry.clone());
        }
    }
    store::runs::put_entries(tx, &run.id, &entries)?;
    store::runs::put(tx, run)?;
    Ok(conflicts)
}

/// Changes are numbered in their order, so the place is nearly always the number.
fn find(changes: &[Change], seq: u32) -> Option<&Change> {
    let place = usize::try_from(seq).ok()?;
    match changes.get(place) {
        Some(change) if change.seq == seq => Some(change),
        _ => changes.iter().find(|change| change.seq == seq),
    }
}
