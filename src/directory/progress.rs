//! The marker that an import leaves in the store while it writes, so that two do not write at once and an interrupted
//! one is known.

use super::diff::ImportMode;
use super::error::DirectoryError;
use crate::model::{Actor, TenantKey};
use crate::store::{Reads, Scope, StoreError, WriteTx, settings};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const NAME: &str = "directory.import";

/// The marker of an interrupted import, put aside while a merge of another source is written.
const ASIDE: &str = "directory.import.interrupted";

/// An import that has not written for so long was interrupted.
pub const STALE_AFTER_MS: i64 = 30_000;

/// An import that has begun to write and has not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unfinished {
    /// Tells imports apart.
    pub id: String,
    /// The file.
    pub source_name: String,
    /// Mode.
    pub mode: ImportMode,
    /// Who started it.
    pub by: String,
    /// Unix milliseconds.
    pub started_at_ms: i64,
    /// Unix milliseconds of the last commit.
    pub written_at_ms: i64,
    /// Rows written.
    pub done: u64,
    /// Rows to write.
    pub total: u64,
}

impl Unfinished {
    pub(super) fn new(source_name: &str, mode: ImportMode, by: &Actor, total: usize) -> Self {
        Self {
            id: new_id(),
            source_name: source_name.to_owned(),
            mode,
            by: by.name.clone(),
            started_at_ms: 0,
            written_at_ms: 0,
            done: 0,
            total: total as u64,
        }
    }

    /// Whether nobody is writing any more: the import was interrupted and is to be run again. A time to come is that of a
    /// clock which was ahead; should that import still be under way, it finds the marker of the next one and stops.
    pub fn is_interrupted(&self, now_ms: i64) -> bool {
        (now_ms - self.written_at_ms).abs() >= STALE_AFTER_MS
    }
}

/// The import of a tenant that has begun to write and has not ended, still going on or interrupted. Until it has been
/// run again the stored directory may lack changes of the source; it never lacks people.
pub fn find_unfinished(tx: &impl Reads, tenant: &TenantKey) -> Result<Option<Unfinished>, StoreError> {
    settings::get(tx, Scope::Tenant(tenant), NAME)
}

/// Refuses while an import is being written.
pub(super) fn check_free(tx: &impl Reads, tenant: &TenantKey) -> Result<Result<(), DirectoryError>, StoreError> {
    Ok(match find_unfinished(tx, tenant)? {
        Some(other) if !other.is_interrupted(tx.now_ms()) => {
            Err(DirectoryError::Busy { source_name: other.source_name, done: other.done, total: other.total })
        }
        _ => Ok(()),
    })
}

/// Lets a change that is no import in, unless an import is being written. Should one that only seems to be interrupted
/// still be under way, it finds its marker taken over and stops instead of writing over the change; its work stays
/// unfinished until it is run again.
pub(super) fn pass(tx: &WriteTx, tenant: &TenantKey) -> Result<Result<(), DirectoryError>, StoreError> {
    if let Err(busy) = check_free(tx, tenant)? {
        return Ok(Err(busy));
    }
    if let Some(interrupted) = find_unfinished(tx, tenant)? {
        settings::put(tx, Scope::Tenant(tenant), NAME, &Unfinished { id: new_id(), ..interrupted })?;
    }
    Ok(Ok(()))
}

/// Writes the marker of an import that begins. A merge does not do what another, interrupted import has left undone, so
/// that one's marker is put aside.
pub(super) fn begin(tx: &WriteTx, tenant: &TenantKey, mine: &Unfinished) -> Result<(), StoreError> {
    let now = tx.now_ms();
    let is_other = |found: &Unfinished| (found.mode, &found.source_name) != (mine.mode, &mine.source_name);
    if mine.mode == ImportMode::Merge
        && let Some(interrupted) = find_unfinished(tx, tenant)?.filter(is_other)
    {
        let aside: Option<Unfinished> = settings::get(tx, Scope::Tenant(tenant), ASIDE)?;
        if aside.is_none() {
            settings::put(tx, Scope::Tenant(tenant), ASIDE, &interrupted)?;
        }
    }
    settings::put(
        tx,
        Scope::Tenant(tenant),
        NAME,
        &Unfinished { started_at_ms: now, written_at_ms: now, ..mine.clone() },
    )
}

/// Moves the marker on.
///
/// # Errors
/// [`StoreError::Conflict`] when another import has taken over, or something else was written meanwhile.
pub(super) fn advance(tx: &WriteTx, tenant: &TenantKey, mine: &Unfinished, done: u64) -> Result<(), StoreError> {
    match find_unfinished(tx, tenant)? {
        Some(found) if found.id == mine.id => {
            let moved = Unfinished { written_at_ms: tx.now_ms(), done, ..found };
            settings::put(tx, Scope::Tenant(tenant), NAME, &moved)
        }
        _ => Err(StoreError::conflict(format!("the import of {}", mine.source_name), "a later change")),
    }
}

/// Takes the marker away; that of an interrupted import which a merge has put aside comes back.
pub(super) fn end(tx: &WriteTx, tenant: &TenantKey, mine: &Unfinished) -> Result<(), StoreError> {
    let scope = Scope::Tenant(tenant);
    settings::remove(tx, scope, NAME)?;
    let aside: Option<Unfinished> = settings::get(tx, scope, ASIDE)?;
    settings::remove(tx, scope, ASIDE)?;
    match aside.filter(|aside| {
        mine.mode == ImportMode::Merge && (aside.mode, &aside.source_name) != (mine.mode, &mine.source_name)
    }) {
        Some(interrupted) => settings::put(tx, scope, NAME, &interrupted),
        None => Ok(()),
    }
}

fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_that_writes_no_more_was_interrupted() {
        let by = Actor { name: "test".into(), from: None };
        let marker = Unfinished { written_at_ms: 1_000_000, ..Unfinished::new("a.csv", ImportMode::Merge, &by, 9) };
        for (now_ms, is_interrupted) in [
            (1_000_000, false),
            (1_000_000 + STALE_AFTER_MS - 1, false),
            (1_000_000 + STALE_AFTER_MS, true),
            // the clock was set back a little, and a lot
            (1_000_000 - STALE_AFTER_MS + 1, false),
            (1_000_000 - STALE_AFTER_MS, true),
        ] {
            assert_eq!(marker.is_interrupted(now_ms), is_interrupted, "{now_ms}");
        }
    }
}
