//! Copies everything that a plan depends on out of one view of the store.

use super::error::SyncError;
use super::facts::{self, Memory};
use super::input::{Look, PlanFacts, PlanInput};
use crate::directory::{self, Unfinished};
use crate::model::{
    Corp, CorpKey, Department, DepartmentBinding, Employee, Member, MemberBinding, MirrorHead, OrgUnit, SecretName,
    Tombstone,
};
use crate::store::{self, Reads, Store, StoreError};

/// Thirty days: the window in which removals and creations add up (doc path 90454 counts creations in it too).
pub const WINDOW_MS: i64 = 30 * 24 * 3_600 * 1_000;

/// The values behind a [`PlanInput`].
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The corp with its options as stored.
    pub corp: Corp,
    /// OA units.
    pub units: Vec<OrgUnit>,
    /// OA employees.
    pub employees: Vec<Employee>,
    /// How the mirror was read; `None` before the first pull.
    pub head: Option<MirrorHead>,
    /// Departments in the mirror.
    pub departments: Vec<Department>,
    /// Members in the mirror.
    pub members: Vec<Member>,
    /// Member bindings.
    pub member_bindings: Vec<MemberBinding>,
    /// Department bindings.
    pub department_bindings: Vec<DepartmentBinding>,
    /// Deleted members.
    pub tombstones: Vec<Tombstone>,
    /// Numbers.
    pub facts: PlanFacts,
    /// Everything remembered.
    pub memory: Memory,
    /// The revision of the directory.
    pub directory_revision: u64,
    /// An import that has begun to write the directory and has not ended.
    pub unfinished: Option<Unfinished>,
}

impl Loaded {
    /// The input of a plan, with the corp's stored options or other ones. `None` before the first pull.
    pub fn input<'a>(&'a self, corp: &'a Corp) -> Option<PlanInput<'a>> {
        Some(PlanInput {
            corp,
            units: &self.units,
            employees: &self.employees,
            mirror: self.head.as_ref()?,
            departments: &self.departments,
            members: &self.members,
            member_bindings: &self.member_bindings,
            department_bindings: &self.department_bindings,
            tombstones: &self.tombstones,
            facts: self.facts,
        })
    }
}

/// Loads everything about a corp and its tenant's directory.
pub async fn load(store: &Store, key: &CorpKey, now_ms: i64) -> Result<Loaded, SyncError> {
    let wanted = key.clone();
    let loaded = store.read_async(move |tx| read(tx, &wanted, now_ms)).await?;
    loaded.ok_or_else(|| SyncError::NoCorp(key.clone()))
}

fn read(tx: &impl Reads, key: &CorpKey, now_ms: i64) -> Result<Option<Loaded>, StoreError> {
    let Some(corp) = store::corps::find(tx, key)? else { return Ok(None) };
    let memory = facts::get(tx, key)?;
    let departments = store::mirror::departments(tx, key)?;
    let seen = departments.iter().map(|d| d.id.0).max().unwrap_or(0);
    let since_ms = now_ms - WINDOW_MS;
    let facts = PlanFacts {
        now_ms,
        previous_source_employees: memory.source_employees,
        removals_30_days: store::removals::count_since(tx, key, since_ms)?,
        creations_30_days: store::removals::count_creations_since(tx, key, since_ms)?,
        largest_department_id: memory.largest_department_id.max(seen),
        disabled_department: memory.disabled_department,
        look: look(tx, &corp, &memory)?,
        shown_lists: memory.shown_lists,
        is_after_undo: memory.is_after_undo,
        clock_skew_s: memory.clock_skew_s,
    };
    Ok(Some(Loaded {
        units: store::directory::units(tx, &corp.tenant)?,
        employees: store::directory::employees(tx, &corp.tenant)?,
        head: store::mirror::head(tx, key)?,
        departments,
        members: store::mirror::members(tx, key)?,
        member_bindings: store::bindings::members(tx, key)?,
        department_bindings: store::bindings::departments(tx, key)?,
        tombstones: store::bindings::tombstones(tx, key)?,
        facts,
        memory,
        directory_revision: store::directory::counts(tx, &corp.tenant)?.revision,
        unfinished: directory::find_unfinished(tx, &corp.tenant)?,
        corp,
    }))
}

/// As the engine decides it before it applies a plan.
fn look(tx: &impl Reads, corp: &Corp, memory: &Memory) -> Result<Look, StoreError> {
    let set = store::secrets::names(tx, &corp.key)?;
    let has = |name: SecretName| set.contains(&name.path());
    let has_contacts = has(SecretName::Contacts);
    if memory.lists_ids == Some(false) || !has_contacts {
        return Ok(Look::Everything);
    }
    let app_reads = corp.read_app.clone().is_some_and(|app| has(SecretName::App(app)));
    Ok(Look::Ids { details: memory.contacts_reads_details == Some(true) || app_reads })
}
