//! The mirror of a corp: its head, departments and members as last read. Members are found by folded userid and by
//! department.

use super::key::{Prefix, Str};
use super::page::page_of;
use super::registry::Checks;
use super::settings::{self, Scope};
use super::table::{Table, TableInfo};
use super::tx::{ReadTx, Reads, WriteTx};
use super::{Page, Search, StoreError, revisions};
use crate::model::{CorpKey, Department, DepartmentId, Member, MemberField, MirrorHead, UserId};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

const HEADS: Table<Str, MirrorHead> = Table::new("mirror_heads");
const DEPARTMENTS: Table<(Str, u32), Department> = Table::new("departments");
/// (corp, folded userid)
const MEMBERS: Table<(Str, Str), Member> = Table::new("members");
/// (corp, department, folded userid)
const BY_DEPARTMENT: Table<(Str, u32, Str), ()> = Table::new("members_by_department");
pub(super) const TABLES: &[TableInfo] = &[HEADS.info(), DEPARTMENTS.info(), MEMBERS.info(), BY_DEPARTMENT.info()];

/// What is known about the last read; `None` before the first one.
pub fn head(tx: &impl Reads, corp: &CorpKey) -> Result<Option<MirrorHead>, StoreError> {
    HEADS.get(tx, corp.as_str())
}

/// Writes what is known about the last read.
pub fn put_head(tx: &WriteTx, corp: &CorpKey, head: &MirrorHead) -> Result<(), StoreError> {
    revisions::move_on(tx, corp)?;
    HEADS.put(tx, corp.as_str(), head)
}

/// All departments, by id.
pub fn departments(tx: &impl Reads, corp: &CorpKey) -> Result<Vec<Department>, StoreError> {
    DEPARTMENTS.list(tx, &of(corp))
}

/// The department with this id.
pub fn find_department(tx: &impl Reads, corp: &CorpKey, id: DepartmentId) -> Result<Option<Department>, StoreError> {
    DEPARTMENTS.get(tx, (corp.as_str(), id.0))
}

/// All members, by folded userid.
pub fn members(tx: &impl Reads, corp: &CorpKey) -> Result<Vec<Member>, StoreError> {
    let count = head(tx, corp)?.map_or(0, |head| usize::try_from(head.members).unwrap_or(0));
    MEMBERS.list_sized(tx, &of(corp), count)
}

/// Calls `visit` with each member, by folded userid; only one is held at a time.
pub fn scan_members(
    tx: &impl Reads,
    corp: &CorpKey,
    mut visit: impl FnMut(Member) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    MEMBERS.scan(tx, &of(corp), |_, row| visit(row).map(ControlFlow::Continue))
}

/// The member with this userid, case ignored.
pub fn find_member(tx: &impl Reads, corp: &CorpKey, userid: &UserId) -> Result<Option<Member>, StoreError> {
    MEMBERS.get(tx, (corp.as_str(), &userid.folded()))
}

/// The members that have this department among theirs, by folded userid.
pub fn members_of_department(
    tx: &impl Reads,
    corp: &CorpKey,
    department: DepartmentId,
) -> Result<Vec<Member>, StoreError> {
    let mut rows = Vec::new();
    for (_, _, userid) in BY_DEPARTMENT.keys(tx, &Prefix::text(corp.as_str()).then_u32(department.0).range())? {
        rows.extend(MEMBERS.get(tx, (corp.as_str(), &userid))?);
    }
    Ok(rows)
}

/// One page of members by userid; `search` looks into userid, name, alias and mobile.
pub fn page_members(
    tx: &impl Reads,
    corp: &CorpKey,
    after: Option<&UserId>,
    limit: usize,
    search: Option<&Search>,
) -> Result<Page<Member>, StoreError> {
    let prefix = Prefix::text(corp.as_str());
    let range = after.map_or_else(|| prefix.range(), |id| prefix.after::<(Str, Str)>((corp.as_str(), &id.folded())));
    let hit = |search: &Search, row: &Member| {
        let fields = [MemberField::Name, MemberField::Alias, MemberField::Mobile];
        search.hits([row.userid.as_str()])
            || search.hits(fields.iter().filter_map(|field| row.fields.get(field)).map(|text| text.as_str()))
    };
    page_of(&MEMBERS, tx, &range, limit, search, hit, |row| row.userid.to_string())
}

/// Creates or changes departments. Sorted by id is fastest.
pub fn put_departments(tx: &WriteTx, corp: &CorpKey, departments: &[Department]) -> Result<(), StoreError> {
    if departments.is_empty() {
        return Ok(());
    }
    revisions::move_on(tx, corp)?;
    let mut added = 0;
    {
        let mut table = DEPARTMENTS.writer(tx)?;
        for row in departments {
            added += i64::from(table.replace((corp.as_str(), row.id.0), row)?.is_none());
        }
    }
    note(tx, corp, added, 0)
}

/// Creates or changes members. Sorted by folded userid is fastest.
pub fn put_members(tx: &WriteTx, corp: &CorpKey, members: &[Member]) -> Result<(), StoreError> {
    if members.is_empty() {
        return Ok(());
    }
    revisions::move_on(tx, corp)?;
    let mut added = 0;
    {
        let mut table = MEMBERS.writer(tx)?;
        let mut by_department = BY_DEPARTMENT.writer(tx)?;
        for row in members {
            let folded = row.userid.folded();
            let former = table.replace((corp.as_str(), &folded), row)?;
            added += i64::from(former.is_none());
            if former.as_ref().is_some_and(|old| places_of(old).eq(places_of(row))) {
                continue;
            }
            for department in former.iter().flat_map(places_of) {
                by_department.remove((corp.as_str(), department, &folded))?;
            }
            for department in places_of(row) {
                by_department.put((corp.as_str(), department, &folded), &())?;
            }
        }
    }
    note(tx, corp, 0, added)
}

/// Removes departments from the mirror; those that are not there are skipped.
pub fn remove_departments(tx: &WriteTx, corp: &CorpKey, ids: &[DepartmentId]) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    revisions::move_on(tx, corp)?;
    let mut removed = 0;
    {
        let mut table = DEPARTMENTS.writer(tx)?;
        for id in ids {
            removed += i64::from(table.remove((corp.as_str(), id.0))?.is_some());
        }
    }
    note(tx, corp, -removed, 0)
}

/// Removes members from the mirror, case of the userid ignored; those that are not there are skipped.
pub fn remove_members(tx: &WriteTx, corp: &CorpKey, userids: &[UserId]) -> Result<(), StoreError> {
    if userids.is_empty() {
        return Ok(());
    }
    revisions::move_on(tx, corp)?;
    let mut removed = 0;
    {
        let mut table = MEMBERS.writer(tx)?;
        let mut by_department = BY_DEPARTMENT.writer(tx)?;
        for userid in userids {
            let folded = userid.folded();
            let former = table.remove((corp.as_str(), &folded))?;
            removed += i64::from(former.is_some());
            for department in former.iter().flat_map(places_of) {
                by_department.remove((corp.as_str(), department, &folded))?;
            }
        }
    }
    note(tx, corp, 0, -removed)
}

/// How many departments and members there are now: what the last read found, and what was written since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MirrorCounts {
    /// Departments.
    pub departments: u64,
    /// Members.
    pub members: u64,
}

/// How many departments and members there are; one row is read.
pub fn counts(tx: &impl Reads, corp: &CorpKey) -> Result<MirrorCounts, StoreError> {
    let known = settings::get(tx, Scope::Appliance, &counts_name(corp))?;
    known.map_or_else(|| counted(tx, corp), Ok)
}

fn counted(tx: &impl Reads, corp: &CorpKey) -> Result<MirrorCounts, StoreError> {
    let departments = DEPARTMENTS.keys(tx, &of(corp))?.len() as u64;
    Ok(MirrorCounts { departments, members: MEMBERS.keys(tx, &of(corp))?.len() as u64 })
}

/// Notes how many rows came or went, after they did.
fn note(tx: &WriteTx, corp: &CorpKey, departments: i64, members: i64) -> Result<(), StoreError> {
    if (departments, members) == (0, 0) {
        return Ok(());
    }
    let known: Option<MirrorCounts> = settings::get(tx, Scope::Appliance, &counts_name(corp))?;
    let counts = match known {
        Some(known) => MirrorCounts {
            departments: known.departments.saturating_add_signed(departments),
            members: known.members.saturating_add_signed(members),
        },
        None => counted(tx, corp)?,
    };
    settings::put(tx, Scope::Appliance, &counts_name(corp), &counts)
}

fn counts_name(corp: &CorpKey) -> String {
    format!("mirror:{corp}")
}

/// Empties the mirror, its head included.
pub fn clear(tx: &WriteTx, corp: &CorpKey) -> Result<(), StoreError> {
    revisions::move_on(tx, corp)?;
    settings::remove(tx, Scope::Appliance, &counts_name(corp))?;
    HEADS.remove(tx, corp.as_str())?;
    DEPARTMENTS.remove_range(tx, &of(corp))?;
    MEMBERS.remove_range(tx, &of(corp))?;
    BY_DEPARTMENT.remove_range(tx, &of(corp)).map(|_| ())
}

pub(super) fn check(tx: &ReadTx, checks: &mut Checks) -> Result<(), StoreError> {
    for corp in super::corps::list(tx)? {
        let mut wanted = Vec::new();
        MEMBERS.scan(tx, &of(&corp.key), |(key, folded), row| {
            wanted.extend(places_of(&row).map(|department| (key.clone(), department, folded.clone())));
            Ok(ControlFlow::Continue(()))
        })?;
        let (kept, there) = (counts(tx, &corp.key)?, counted(tx, &corp.key)?);
        if kept != there {
            checks.fault(MEMBERS.name(), format!("corp {}: {kept:?} are counted, {there:?} are there", corp.key));
        }
        checks.same_keys(BY_DEPARTMENT.name(), BY_DEPARTMENT.keys(tx, &of(&corp.key))?, wanted);
    }
    Ok(())
}

fn of(corp: &CorpKey) -> super::key::Range {
    Prefix::text(corp.as_str()).range()
}

fn places_of(row: &Member) -> impl Iterator<Item = u32> {
    row.memberships.iter().map(|membership| membership.department.0)
}
