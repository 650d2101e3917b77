//! Everything about one person: the OA's row with its units, what changed about it, and how it stands in each corp.
//!
//! It is read from the store row by row; no snapshot is needed for it.

use super::directory::{HeadRef, UnitRef};
use super::mirror::Naming;
use crate::model::{
    Change, Corp, CorpKey, DepartmentId, Employee, EmployeeId, JournalEntry, Member, MemberBinding, MemberField,
    OrgUnit, RunId, TenantKey, Text, Tombstone, UnitId, UserId,
};
use crate::store::directory::HistoryRow;
use crate::store::{self, Order, ReadTx, StoreError};
use serde::Serialize;

/// Steps upwards that are followed at most; a longer way is a cycle.
const PATH_MAX: usize = 100;
/// Changes of plans that one look for a person's changes reads at most; how far it came is told.
const CHANGES_READ: u64 = 30_000;
/// Runs that one look for a person's changes reads at most.
const RUNS_READ: usize = 100;
/// Changes of a person that one look answers at most.
const CHANGES_SHOWN: usize = 50;

/// Everything about one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PersonCard {
    /// The OA's row.
    pub employee: Employee,
    /// The main unit, from the top down.
    pub unit: Vec<UnitRef>,
    /// The part-time units, each from the top down.
    pub part_time: Vec<Vec<UnitRef>>,
    /// The direct superior.
    pub superior: Option<HeadRef>,
    /// Units that the person heads, of those that it is in.
    pub heads: Vec<UnitId>,
    /// How the person stands in each corp of the tenant.
    pub corps: Vec<PersonInCorp>,
    /// What changed about the person last.
    pub history: HistoryPage,
}

/// How a person stands in one corp.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PersonInCorp {
    /// Which corp.
    pub corp: CorpKey,
    /// Its shown name.
    pub corp_name: String,
    /// The link, with what was last written through it and the removal where one is under way.
    pub binding: Option<MemberBinding>,
    /// The member as last read; `None` without a link, or when the mirror does not have it.
    pub member: Option<Member>,
    /// Whether the member's name is a name.
    pub naming: Option<Naming>,
    /// The member's departments, each from the top down.
    pub departments: Vec<Vec<PlaceRef>>,
    /// The userid that is kept for the person after we deleted the member.
    pub tombstone: Option<Tombstone>,
}

/// A department on the way to one of a member's departments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlaceRef {
    /// Id.
    pub id: DepartmentId,
    /// Name; `None` when it could not be read or the mirror does not have it.
    pub name: Option<Text>,
}

/// Some of what changed about a person, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HistoryPage {
    /// The changes.
    pub rows: Vec<HistoryRow>,
    /// Where the page of older ones begins; `None` when there are none.
    pub older: Option<u64>,
}

/// What runs did about a person, the latest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PersonChanges {
    /// The changes.
    pub rows: Vec<PersonChange>,
    /// To go on looking in older runs; `None` when all were looked at.
    pub older: Option<RunId>,
}

/// One change of a plan that a run was to make, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PersonChange {
    /// The run.
    pub run: RunId,
    /// When the run began, Unix milliseconds.
    pub started_at_ms: i64,
    /// The change.
    pub change: Change,
    /// What became of it; `None` when the run did not get that far.
    pub entry: Option<JournalEntry>,
}

/// Reads a person's card with the latest `history` rows; `None` when the directory does not have the person.
pub(super) fn card(
    tx: &ReadTx,
    tenant: &TenantKey,
    id: &EmployeeId,
    history: usize,
) -> Result<Option<PersonCard>, StoreError> {
    let Some(employee) = store::directory::find_employee(tx, tenant, id)? else { return Ok(None) };
    let mut heads = Vec::new();
    for unit in std::iter::once(&employee.unit_id).chain(&employee.part_time_unit_ids) {
        let found = store::directory::find_unit(tx, tenant, unit)?;
        heads.extend(found.filter(|unit| unit.head.contains(id)).map(|unit| unit.id));
    }
    let mut corps = Vec::new();
    for corp in store::corps::list_of_tenant(tx, tenant)? {
        corps.push(in_corp(tx, &corp, id)?);
    }
    let superior = match &employee.superior_id {
        Some(superior) => {
            let found = store::directory::find_employee(tx, tenant, superior)?;
            Some(HeadRef { id: superior.clone(), name: found.map(|found| found.name) })
        }
        None => None,
    };
    let part_time = employee.part_time_unit_ids.iter().map(|unit| unit_path(tx, tenant, unit));
    Ok(Some(PersonCard {
        unit: unit_path(tx, tenant, &employee.unit_id)?,
        part_time: part_time.collect::<Result<_, _>>()?,
        superior,
        heads,
        corps,
        history: self::history(tx, tenant, id, None, history)?,
        employee,
    }))
}

/// A page of what changed about a person; `before` is [`HistoryPage::older`] of the page before.
pub(super) fn history(
    tx: &ReadTx,
    tenant: &TenantKey,
    id: &EmployeeId,
    before: Option<u64>,
    limit: usize,
) -> Result<HistoryPage, StoreError> {
    let limit = limit.max(1);
    let mut found = store::directory::history_page(tx, tenant, id, Order::Newest, before, limit + 1)?;
    let has_older = found.len() > limit;
    found.truncate(limit);
    let older = found.last().filter(|_| has_older).map(|(number, _)| *number);
    Ok(HistoryPage { rows: found.into_iter().map(|(_, row)| row).collect(), older })
}

fn in_corp(tx: &ReadTx, corp: &Corp, id: &EmployeeId) -> Result<PersonInCorp, StoreError> {
    let binding = store::bindings::find_by_employee(tx, &corp.key, id)?;
    let member = match &binding {
        Some(binding) => store::mirror::find_member(tx, &corp.key, &binding.userid)?,
        None => None,
    };
    let places = member.iter().flat_map(|member| &member.memberships);
    let departments = places.map(|place| department_path(tx, &corp.key, place.department));
    Ok(PersonInCorp {
        corp: corp.key.clone(),
        corp_name: corp.name.clone(),
        departments: departments.collect::<Result<_, _>>()?,
        naming: member.as_ref().map(|member| Naming::of(member.fields.get(&MemberField::Name).map(Text::as_str))),
        tombstone: store::bindings::find_tombstone_of(tx, &corp.key, id)?,
        member,
        binding,
    })
}

fn unit_path(tx: &ReadTx, tenant: &TenantKey, id: &UnitId) -> Result<Vec<UnitRef>, StoreError> {
    let mut path = Vec::new();
    let mut next = Some(id.clone());
    while let Some(id) = next.filter(|id| path.len() < PATH_MAX && path.iter().all(|step: &UnitRef| step.id != *id)) {
        let found: Option<OrgUnit> = store::directory::find_unit(tx, tenant, &id)?;
        next = found.as_ref().and_then(|unit| unit.parent_id.clone());
        path.push(UnitRef { id, name: found.map(|unit| unit.name) });
    }
    path.reverse();
    Ok(path)
}

fn department_path(tx: &ReadTx, corp: &CorpKey, id: DepartmentId) -> Result<Vec<PlaceRef>, StoreError> {
    let mut path = Vec::new();
    let mut next = Some(id);
    while let Some(id) = next.filter(|id| path.len() < PATH_MAX && path.iter().all(|step: &PlaceRef| step.id != *id)) {
        let found = store::mirror::find_department(tx, corp, id)?;
        // what lies above the visible range is not a step
        if found.is_none() && !path.is_empty() {
            break;
        }
        next = found.as_ref().map(|department| department.parent).filter(|parent| parent.0 > 0);
        path.push(PlaceRef { id, name: found.and_then(|department| department.name) });
    }
    path.reverse();
    Ok(path)
}

/// What the runs of a corp did about a person: looks through the latest runs, or those before `before`, until enough
/// was found or read.
pub(super) fn changes(
    tx: &ReadTx,
    corp: &CorpKey,
    id: &EmployeeId,
    before: Option<&RunId>,
) -> Result<PersonChanges, StoreError> {
    let mut list = PersonChanges { rows: Vec::new(), older: None };
    let mut read = 0;
    let runs = store::runs::briefs(tx, corp, before, RUNS_READ + 1)?;
    for (at, run) in runs.iter().enumerate() {
        if at == RUNS_READ || read >= CHANGES_READ || list.rows.len() >= CHANGES_SHOWN {
            list.older = at.checked_sub(1).map(|last| runs[last].id.clone());
            break;
        }
        let Some(plan) = &run.plan else { continue };
        read += run.total.max(1);
        let found = match store::plans::find_changes_of(tx, plan, id) {
            // the plan went before its run did
            Err(StoreError::NotFound { .. }) => continue,
            found => found?,
        };
        for change in found {
            let entry = store::runs::entry(tx, &run.id, change.seq)?;
            list.rows.push(PersonChange { run: run.id.clone(), started_at_ms: run.started_at_ms, change, entry });
        }
    }
    Ok(list)
}

/// Which person a member is linked with.
pub(super) fn employee_of(tx: &ReadTx, corp: &CorpKey, userid: &UserId) -> Result<Option<EmployeeId>, StoreError> {
    Ok(store::bindings::find_by_userid(tx, corp, userid)?.map(|binding| binding.employee))
}
