//! What the engine remembers of a corp between runs, beside the mirror and the bindings.

use super::guard::CLOCK_MINUTES_MAX;
use crate::model::{CorpKey, DepartmentId, RunId, ShownLists};
use crate::store::{self, Reads, StoreError, WriteTx};
use serde::{Deserialize, Serialize};

const NAME: &str = "sync.memory";

/// Numbers and findings that outlive a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// Active employees of the source when a plan was last applied; `None` before the first (DIR-54).
    pub source_employees: Option<u64>,
    /// The largest department id ever seen or chosen; ids are never used twice.
    pub largest_department_id: u32,
    /// The department for disabled members that we created; one that was there before is found by its name each time.
    #[serde(rename = "created_disabled_department")]
    pub disabled_department: Option<DepartmentId>,
    /// Whether the last read has asked for all details itself instead of taking them over from an earlier one.
    pub has_read_details: bool,
    /// When names and details of everything were last read, Unix milliseconds.
    pub full_read_at_ms: Option<i64>,
    /// Whether the contacts secret may list ids; `None` = not asked yet. Private editions may not know the call.
    pub lists_ids: Option<bool>,
    /// Whether the contacts secret may read details; `None` = not asked yet.
    pub contacts_reads_details: Option<bool>,
    /// Which lists of attributes the last read was shown.
    pub shown_lists: ShownLists,
    /// Set while the rows of the mirror are being replaced: a mirror left like that is read again before it is used.
    pub is_mirror_torn: bool,
    /// How often a run may have written to WeCom: a plan that was made at a lower count has drifted. Written in the commit
    /// of the outcome itself, so that it is true after a crash too; a count, for clocks go wrong.
    pub writes: u64,
    /// The run that did so last.
    pub written_by: Option<RunId>,
    /// Whether a run has taken back another one, and none but undos have begun since: what was taken back still follows from
    /// the directory, so that the next plan would do it again.
    pub is_after_undo: bool,
    /// WeCom's clock minus ours at the last read, in seconds; `None` = WeCom did not say.
    pub clock_skew_s: Option<i64>,
    /// The import that a run has handed to WeCom and not yet heard the end of.
    pub import: Option<ImportUnderWay>,
}

/// An import at WeCom. Its rows are the records of the run that are intended and fit a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportUnderWay {
    /// Whose.
    pub run: RunId,
    /// WeCom's id of the job; `None` = handed over, and no answer is known.
    pub job: Option<String>,
    /// When it was handed over, Unix milliseconds.
    pub since_ms: i64,
}

impl Memory {
    /// Notes that a run may have written to WeCom.
    pub fn note_write(&mut self, run: &RunId) {
        self.writes += 1;
        self.written_by = Some(run.clone());
    }

    /// Whether this machine's clock and WeCom's differed at the last read, by so much that nobody is removed by them.
    pub fn do_clocks_differ(&self) -> bool {
        self.clock_skew_s.is_some_and(|skew_s| skew_s.unsigned_abs() / 60 > CLOCK_MINUTES_MAX)
    }

    /// Whether another run has written since the plan of `run` was made, at which [`Memory::writes`] was `writes`. Until
    /// `run` has ended nobody else can have; what it wrote itself does not count.
    pub fn is_written_by_another(&self, run: &RunId, writes: u64) -> bool {
        self.written_by.as_ref() != Some(run) && self.writes != writes
    }
}

/// What is remembered of a corp.
pub fn get(tx: &impl Reads, corp: &CorpKey) -> Result<Memory, StoreError> {
    Ok(store::settings::get(tx, store::Scope::Corp(corp), NAME)?.unwrap_or_default())
}

/// Whether this machine's clock and that of any corp's WeCom are known to differ.
pub fn do_clocks_differ(tx: &impl Reads) -> Result<bool, StoreError> {
    for corp in store::corps::list(tx)? {
        if get(tx, &corp.key)?.do_clocks_differ() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Changes what is remembered of a corp.
pub fn change(tx: &WriteTx, corp: &CorpKey, change: impl FnOnce(&mut Memory)) -> Result<(), StoreError> {
    let before = get(tx, corp)?;
    let mut memory = before.clone();
    change(&mut memory);
    if memory == before {
        return Ok(());
    }
    store::settings::put(tx, store::Scope::Corp(corp), NAME, &memory)
}
