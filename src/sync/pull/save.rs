//! Puts a believed reading in the place of the former mirror. Everything was read before; the rows that differ are
//! written in chunks, and a mirror whose replacement was interrupted is marked until the next pull.

use super::choose::Findings;
use super::context::Former;
use super::reading::{self, Reading};
use crate::model::{CorpKey, Department, DepartmentId, Member, MemberBinding, MemberField, MirrorHead, Text, UserId};
use crate::store::{self, CHUNK_ROWS, Store, StoreError};
use crate::sync::facts;
use std::collections::{HashMap, HashSet};

/// One row of the replacement.
#[derive(Debug, Clone, PartialEq)]
enum Row {
    PutDepartment(Department),
    PutMember(Member),
    RemoveDepartment(DepartmentId),
    RemoveMember(UserId),
    Confirm(MemberBinding),
}

/// What the read has taught besides what it read.
#[derive(Debug, Clone, Copy)]
pub struct Learnt {
    /// About the credentials.
    pub findings: Findings,
    /// About the clocks, see [`facts::Memory::clock_skew_s`].
    pub clock_skew_s: Option<i64>,
}

/// Writes what differs from the former mirror, then the head. On `Err` some rows may be new already; the mirror is
/// marked as torn and no plan is made with it until it was read again.
pub async fn save(
    store: &Store,
    corp: &CorpKey,
    former: &Former,
    mut reading: Reading,
    learnt: Learnt,
    bindings: &[MemberBinding],
    now_ms: i64,
) -> Result<MirrorHead, StoreError> {
    let shown_lists = reading::settle_lists(&mut reading, former.memory.shown_lists);
    let rows = differences(former, &reading, bindings);
    let largest = reading.departments.iter().map(|d| d.id.0).max().unwrap_or(0);
    let is_full = reading.is_full;
    let (departments, members) = (reading.departments.len() as u64, reading.members.len() as u64);
    let (unreadable, unreadable_total) = reading.gaps.into_parts();
    let head = MirrorHead {
        read_at_ms: now_ms,
        strategy: reading.strategy,
        strategy_reason: reading.reason,
        is_complete: reading.is_complete,
        departments,
        members,
        unreadable,
        unreadable_total,
    };
    let key = corp.clone();
    store
        .write_chunks(
            rows,
            CHUNK_ROWS,
            move |tx, first, chunk| {
                if first == 0 {
                    facts::change(tx, &key, |memory| memory.is_mirror_torn = true)?;
                }
                put(tx, &key, chunk)
            },
            |_| {},
        )
        .await?;
    let (key, written) = (corp.clone(), head.clone());
    store
        .write(move |tx| {
            store::mirror::put_head(tx, &key, &written)?;
            facts::change(tx, &key, |memory| {
                memory.is_mirror_torn = false;
                memory.largest_department_id = memory.largest_department_id.max(largest);
                memory.lists_ids = learnt.findings.lists_ids;
                memory.contacts_reads_details = learnt.findings.contacts_reads_details;
                memory.clock_skew_s = learnt.clock_skew_s;
                memory.has_read_details = is_full;
                memory.shown_lists = shown_lists;
                if is_full {
                    memory.full_read_at_ms = Some(now_ms);
                }
            })
        })
        .await?;
    Ok(head)
}

fn put(tx: &store::WriteTx, corp: &CorpKey, rows: &[Row]) -> Result<(), StoreError> {
    let mut departments = Vec::new();
    let mut members = Vec::new();
    let mut gone_departments = Vec::new();
    let mut gone_members = Vec::new();
    for row in rows {
        match row {
            Row::PutDepartment(department) => departments.push(department.clone()),
            Row::PutMember(member) => members.push(member.clone()),
            Row::RemoveDepartment(id) => gone_departments.push(*id),
            Row::RemoveMember(userid) => gone_members.push(userid.clone()),
            Row::Confirm(binding) => {
                // only what is still as it was when the read began: a person may have changed the link meanwhile
                let present = store::bindings::find_by_employee(tx, corp, &binding.employee)?;
                if present.is_some_and(|present| present.userid.is_same(&binding.userid)) {
                    store::bindings::put_member(tx, corp, binding)?;
                }
            }
        }
    }
    store::mirror::put_departments(tx, corp, &departments)?;
    store::mirror::put_members(tx, corp, &members)?;
    store::mirror::remove_departments(tx, corp, &gone_departments)?;
    store::mirror::remove_members(tx, corp, &gone_members)
}

fn differences(former: &Former, reading: &Reading, bindings: &[MemberBinding]) -> Vec<Row> {
    let mut rows = Vec::new();
    let departments: HashSet<DepartmentId> = reading.departments.iter().map(|d| d.id).collect();
    let members: HashSet<Text> = reading.members.iter().map(|m| m.userid.folded()).collect();
    let mut gone: Vec<DepartmentId> =
        former.departments.keys().filter(|id| !departments.contains(id)).copied().collect();
    gone.sort();
    rows.extend(gone.into_iter().map(Row::RemoveDepartment));
    let mut gone: Vec<UserId> =
        former.members.iter().filter(|(id, _)| !members.contains(*id)).map(|(_, m)| m.userid.clone()).collect();
    gone.sort();
    rows.extend(gone.into_iter().map(Row::RemoveMember));
    let changed = reading.departments.iter().filter(|d| former.departments.get(&d.id) != Some(d));
    rows.extend(changed.cloned().map(Row::PutDepartment));
    let changed = reading.members.iter().filter(|m| former.members.get(&m.userid.folded()) != Some(m));
    rows.extend(changed.cloned().map(Row::PutMember));
    rows.extend(confirmed(reading, bindings).into_iter().map(Row::Confirm));
    rows
}

/// Bindings whose last writes the fresh details confirm: from now on another value there is somebody else's change,
/// not a write that WeCom ignored.
fn confirmed(reading: &Reading, bindings: &[MemberBinding]) -> Vec<MemberBinding> {
    let fresh: HashMap<Text, &Member> =
        reading.members.iter().map(|m| (m.userid.folded(), m)).filter(|(id, _)| reading.fresh.contains(id)).collect();
    let mut changed = Vec::new();
    for binding in bindings {
        let Some(member) = fresh.get(&binding.userid.folded()) else { continue };
        let seen: Vec<MemberField> = binding
            .pushed
            .iter()
            .filter(|(field, pushed)| {
                pushed.before.as_ref().is_some_and(|before| *before != pushed.value)
                    && member.fields.get(field) == Some(&pushed.value)
            })
            .map(|(field, _)| field.clone())
            .collect();
        if seen.is_empty() {
            continue;
        }
        let mut binding = binding.clone();
        for field in seen {
            if let Some(mut pushed) = binding.pushed.remove(&field) {
                pushed.before = None;
                binding.pushed.insert(field, pushed);
            }
        }
        changed.push(binding);
    }
    changed
}
