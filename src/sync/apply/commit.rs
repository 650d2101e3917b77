//! The commit that ends a stretch of calls: journal entries, what follows from them, and the run's row together.

use super::{conflict, queue, record};
use crate::model::{Change, Corp, JournalEntry, Outcome, Run};
use crate::store::{self, StoreError};
use crate::sync::facts;
use std::sync::Arc;

/// Outcomes with what follows from them, in one commit.
pub struct Commit {
    /// The changes of the plan.
    pub changes: Arc<Vec<Change>>,
    /// The run's row.
    pub run: Run,
    /// The outcomes.
    pub entries: Vec<JournalEntry>,
    /// Changes that were intended and then not tried.
    pub untried: Vec<u32>,
    /// Whether WeCom may hold something of these outcomes: the corp remembers it from this commit on.
    pub wrote: bool,
}

impl Commit {
    /// Writes it. Answers the entries that became failures because a person linked one of their two sides elsewhere
    /// meanwhile; of those nothing but the failure is written.
    pub fn write(&self, tx: &store::WriteTx, corp: &Corp) -> Result<Vec<JournalEntry>, StoreError> {
        let mut entries = self.entries.clone();
        let mut conflicts = Vec::new();
        for entry in &mut entries {
            if !is_done(&entry.outcome) {
                continue;
            }
            let Some(change) = find(&self.changes, entry.seq) else { continue };
            match conflict::find(tx, &corp.key, &change.action)? {
                None => record::record(tx, corp, change, entry.at_ms)?,
                Some(conflict) => {
                    let message = conflict_text(change, &conflict);
                    entry.outcome = Outcome::Failed { errcode: 0, message, needs_plan: true };
                    conflicts.push(entry.clone());
                }
            }
        }
        let run = &self.run;
        store::runs::put_entries(tx, &run.id, &entries)?;
        store::runs::remove_entries(tx, &run.id, &self.untried)?;
        store::runs::put(tx, run)?;
        if self.wrote {
            facts::change(tx, &corp.key, |memory| memory.note_write(&run.id))?;
        }
        Ok(conflicts)
    }
}

/// Whether a change has come about.
pub fn is_done(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Done | Outcome::FoundDone)
}

fn conflict_text(change: &Change, conflict: &str) -> String {
    if queue::is_bookkeeping(&change.action) {
        format!("not linked: {conflict}")
    } else {
        format!("written to WeCom, but not linked here: {conflict}")
    }
}

/// Changes are numbered in their order, so the place is nearly always the number.
fn find(changes: &[Change], seq: u32) -> Option<&Change> {
    let place = usize::try_from(seq).ok()?;
    match changes.get(place) {
        Some(change) if change.seq == seq => Some(change),
        _ => changes.iter().find(|change| change.seq == seq),
    }
}
