//! What the engine remembers of a corp between runs, beside the mirror and the bindings.

use crate::model::{CorpKey, DepartmentId};
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
    /// When names and details of everything were last read, Unix milliseconds.
    pub full_read_at_ms: Option<i64>,
    /// Whether the contacts secret may list ids; `None` = not asked yet. Private editions may not know the call.
    pub lists_ids: Option<bool>,
    /// Whether the contacts secret may read details; `None` = not asked yet.
    pub contacts_reads_details: Option<bool>,
    /// Set while the rows of the mirror are being replaced: a mirror left like that is read again before it is used.
    pub is_mirror_torn: bool,
    /// When the last run that wrote to WeCom ended, Unix milliseconds: older plans have drifted.
    pub written_at_ms: Option<i64>,
}

/// What is remembered of a corp.
pub fn get(tx: &impl Reads, corp: &CorpKey) -> Result<Memory, StoreError> {
    Ok(store::settings::get(tx, store::Scope::Corp(corp), NAME)?.unwrap_or_default())
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
