//! The numbers of one run, always what the journal says: counts, failed records, what is broken. Values only.

use super::drift::Standing;
use super::queue::{self, Broken};
use super::record;
use crate::model::{Change, Counts, FailedRecord, JournalEntry, Outcome, Run};
use std::collections::HashMap;

/// Failed records that are kept in the run's row; the journal has all.
const FAILED_KEPT: usize = 1_000;

/// What became of the changes of one run so far.
pub struct Ledger {
    /// The run's row.
    pub run: Run,
    /// What later changes cannot rest on.
    pub broken: Broken,
    /// Failed and skipped records.
    pub failed: u64,
    /// Done records.
    pub succeeded: u64,
    entries: HashMap<u32, JournalEntry>,
    /// Attempts at changes whose outcome was taken back.
    attempts: HashMap<u32, u32>,
}

impl Ledger {
    /// The numbers as the journal has them.
    pub fn new(run: Run, changes: &[Change], entries: impl IntoIterator<Item = JournalEntry>) -> Self {
        let entries = entries.into_iter().map(|entry| (entry.seq, entry)).collect();
        let mut ledger =
            Self { run, broken: Broken::default(), failed: 0, succeeded: 0, entries, attempts: HashMap::new() };
        ledger.recount(changes);
        ledger
    }

    /// Counts everything again.
    pub fn recount(&mut self, changes: &[Change]) {
        self.run.counts = Counts::default();
        self.run.failed.clear();
        self.run.failed_total = 0;
        (self.run.done, self.run.total) = (0, changes.len() as u64);
        (self.failed, self.succeeded) = (0, 0);
        self.broken = Broken::default();
        for change in changes {
            if let Some(entry) = self.entries.get(&change.seq).cloned() {
                self.tally(change, &entry.outcome, queue::endpoint(&change.action));
            }
        }
    }

    /// What is known of a change.
    pub fn entry(&self, seq: u32) -> Option<&JournalEntry> {
        self.entries.get(&seq)
    }

    /// Whether a change has an outcome.
    pub fn is_settled(&self, change: &Change) -> bool {
        self.entry(change.seq).is_some_and(|entry| entry.outcome != Outcome::Intended)
    }

    /// Whether a change has come about.
    pub fn is_done(&self, change: &Change) -> bool {
        self.standing(change) == Standing::Done
    }

    /// Whether an earlier life of the run has intended a change and left no outcome.
    pub fn is_uncertain(&self, change: &Change) -> bool {
        self.entry(change.seq).is_some_and(|entry| entry.outcome == Outcome::Intended)
    }

    /// Whether something is intended and has no outcome: WeCom may hold it.
    pub fn has_uncertain(&self) -> bool {
        self.entries.values().any(|entry| entry.outcome == Outcome::Intended)
    }

    /// Where a change stands, for the comparison of what is left.
    pub fn standing(&self, change: &Change) -> Standing {
        match self.entry(change.seq).map(|entry| &entry.outcome) {
            None => Standing::Open,
            Some(Outcome::Intended) => Standing::Uncertain,
            Some(Outcome::Done | Outcome::FoundDone) => Standing::Done,
            Some(Outcome::Failed { .. } | Outcome::Skipped { .. }) => Standing::Not,
        }
    }

    fn attempts(&self, seq: u32) -> u32 {
        let taken_back = self.attempts.get(&seq).copied().unwrap_or_default();
        self.entry(seq).map_or(taken_back, |entry| entry.attempts)
    }

    /// Takes an intention back that was never written; `former` is what was known before it.
    pub fn withdraw(&mut self, seq: u32, former: Option<JournalEntry>) {
        match former {
            Some(former) => drop(self.entries.insert(seq, former)),
            None => drop(self.entries.remove(&seq)),
        }
    }

    /// Notes that a call is about to be made.
    pub fn intend(&mut self, change: &Change, at_ms: i64) -> JournalEntry {
        let attempts = self.attempts(change.seq) + 1;
        let entry = JournalEntry { seq: change.seq, outcome: Outcome::Intended, at_ms, attempts };
        self.entries.insert(entry.seq, entry.clone());
        entry
    }

    /// Notes an outcome; `step` names the endpoint of a failure.
    pub fn settle(&mut self, change: &Change, outcome: Outcome, step: &str, at_ms: i64) -> JournalEntry {
        let attempts = self.attempts(change.seq);
        let entry = JournalEntry { seq: change.seq, outcome, at_ms, attempts };
        self.entries.insert(change.seq, entry.clone());
        self.tally(change, &entry.outcome, step);
        entry
    }

    /// Replaces outcomes that turned out otherwise when they were stored.
    pub fn correct(&mut self, changes: &[Change], entries: Vec<JournalEntry>) {
        self.entries.extend(entries.into_iter().map(|entry| (entry.seq, entry)));
        self.recount(changes);
    }

    /// Takes the outcomes of these changes back, so that they are tried again. What has none yet stays uncertain.
    pub fn reopen(&mut self, changes: &[Change], seqs: impl IntoIterator<Item = u32>) {
        for seq in seqs {
            if let Some(entry) = self.entries.remove(&seq) {
                self.attempts.insert(seq, entry.attempts);
                if entry.outcome == Outcome::Intended {
                    self.entries.insert(seq, entry);
                }
            }
        }
        self.recount(changes);
    }

    fn tally(&mut self, change: &Change, outcome: &Outcome, step: &str) {
        let (errcode, message, needs_plan) = match outcome {
            Outcome::Intended => return,
            Outcome::Done | Outcome::FoundDone => {
                record::count(&mut self.run.counts, &change.action);
                self.run.done += 1;
                self.succeeded += 1;
                return;
            }
            Outcome::Failed { errcode, message, needs_plan } => (*errcode, message.clone(), *needs_plan),
            Outcome::Skipped { because_of } => {
                (0, format!("not tried, because record {because_of}, on which it rests, failed"), false)
            }
        };
        self.run.done += 1;
        self.failed += 1;
        self.run.failed_total = self.failed;
        self.broken.failed(change);
        if self.run.failed.len() < FAILED_KEPT {
            self.run.failed.push(FailedRecord {
                seq: change.seq,
                subject: queue::subject_text(&change.action),
                step: step.to_owned(),
                errcode,
                message,
                needs_plan,
            });
        }
    }
}
