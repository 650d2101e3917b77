//! Reads a corp by id lists (contacts secret) and by details (any secret that may read them) only where they are
//! needed: a run that finds nothing new costs one call for the departments and one per 10,000 memberships.
//!
//! What is known from an earlier read is taken over; names and details that somebody changed in WeCom's console are
//! noticed by the full reads, which a pull does by itself once a day.

use super::context::Context;
use super::reading::{self, Gaps, IdMap, Reading};
use crate::model::{Department, DepartmentId, Member, MemberStatus, ReadStrategy, Text, UserId};
use crate::sync::error::SyncError;
use crate::wecom::{CallError, CallErrorKind, Client, Credential, RefusalClass};
use futures_util::{StreamExt, stream};
use std::collections::{HashMap, HashSet};

/// Rows of one page of `user/list_id` (doc path 96067).
pub const PAGE_ROWS: u32 = 10_000;
/// Up to so many new departments are asked for one by one; `department/list` is slow in large corps.
const SINGLY_MAX: usize = 3;

/// Every membership by member: the answer that proves who exists.
pub async fn read_ids(client: &Client) -> Result<IdMap, CallError> {
    let mut rows: Vec<(UserId, DepartmentId)> = Vec::new();
    let mut cursors: HashSet<String> = HashSet::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = client.user_list_id(cursor.as_deref(), PAGE_ROWS).await?;
        rows.extend(page.rows);
        match page.next_cursor {
            None => return Ok(reading::gather_ids(rows)),
            Some(next) if cursors.insert(next.clone()) => cursor = Some(next),
            // it would never end, and the rows so far prove nothing about who is missing
            Some(_) => {
                let what = "a page of the id list names a next page that was read before".to_owned();
                return Err(CallError { endpoint: "user/list_id", kind: CallErrorKind::Malformed { what } });
            }
        }
    }
}

/// Puts names and details to what the id lists say.
pub async fn read(
    context: &Context,
    listed: Vec<Department>,
    ids: IdMap,
    reader: Option<&Credential>,
    reason: String,
) -> Result<Reading, SyncError> {
    let mut gaps = Gaps::default();
    reading::check_tree(&listed, &mut gaps).map_err(|why| SyncError::Suspicious { why })?;
    let departments = name_departments(context, listed, reader, &mut gaps).await?;
    let fresh = match reader {
        Some(reader) => read_details(context, &ids, reader).await?,
        None => HashMap::new(),
    };
    let mut is_complete = true;
    let visible: HashSet<DepartmentId> = departments.iter().map(|d| d.id).collect();
    let mut missing: HashSet<DepartmentId> = HashSet::new();
    let mut members = Vec::with_capacity(ids.len());
    for (folded, (userid, in_departments)) in &ids {
        let known = fresh.get(folded).or_else(|| context.former.members.get(folded));
        let mut member = reading::from_ids(userid.clone(), in_departments, known);
        if context.is_full && !fresh.contains_key(folded) {
            reading::forget_lists(&mut member);
            // who was not activated when we last knew may be by now
            member.status = member.status.filter(|status| *status != MemberStatus::NotActivated);
        }
        if in_departments.is_empty() {
            gaps.note(format!("member {userid}"), "departments", "the id list names the member without a department");
        }
        if !member.has_details {
            gaps.note(format!("member {userid}"), "details", why_no_details(reader));
        }
        missing.extend(in_departments.iter().filter(|d| !visible.contains(d)));
        if let Some(shown) = fresh.get(folded)
            && shown.memberships.iter().any(|m| !in_departments.contains(&m.department))
        {
            is_complete = false;
            gaps.note(
                format!("member {userid}"),
                "departments",
                "the id list names fewer departments than the details",
            );
        }
        members.push(member);
    }
    for (folded, member) in &fresh {
        if !ids.contains_key(folded) {
            is_complete = false;
            let subject = format!("member {}", member.userid);
            gaps.note(
                subject,
                "id",
                "the details name the member, but the id list does not; nothing is taken as removed",
            );
            members.push(member.clone());
        }
    }
    let mut missing: Vec<DepartmentId> = missing.into_iter().collect();
    missing.sort();
    for id in missing {
        gaps.note(format!("department {id}"), "department", "it has members, but the list of departments lacks it");
        is_complete = false;
    }
    Ok(Reading {
        strategy: if reader.is_some() { ReadStrategy::IdsAndDetails } else { ReadStrategy::IdsOnly },
        reason,
        is_complete,
        is_full: context.is_full,
        departments,
        members,
        fresh: fresh.into_keys().collect(),
        gaps,
    })
}

fn why_no_details(reader: Option<&Credential>) -> String {
    match reader {
        Some(credential) => format!("{credential} cannot see the member: widen its visible range in the WeCom console"),
        None => "no credential may read details: set read_app to an app whose visible range is the whole corp".into(),
    }
}

/// Names of departments: those that are known are kept, unless this is a full read.
async fn name_departments(
    context: &Context,
    listed: Vec<Department>,
    reader: Option<&Credential>,
    gaps: &mut Gaps,
) -> Result<Vec<Department>, SyncError> {
    let former = &context.former.departments;
    let unknown: Vec<DepartmentId> = listed
        .iter()
        .map(|d| d.id)
        .filter(|id| context.is_full || context.former.hints.departments.contains(id) || !former.contains_key(id))
        .collect();
    let mut named: HashMap<DepartmentId, Department> = HashMap::new();
    if let Some(reader) = reader
        && !unknown.is_empty()
    {
        context.check()?;
        let fail = |cause| SyncError::read("names of departments", cause);
        if !context.is_full && unknown.len() <= SINGLY_MAX {
            for id in &unknown {
                match context.client.department_get(reader, *id).await {
                    Ok(department) => drop(named.insert(*id, department)),
                    Err(error) if is_out_of_sight(&error) => {}
                    Err(error) => return Err(fail(error)),
                }
            }
        } else {
            let answered = context.client.department_list(reader, None).await.map_err(fail)?;
            named.extend(answered.into_iter().map(|department| (department.id, department)));
        }
    }
    let mut departments = Vec::with_capacity(listed.len());
    for mut department in listed {
        let known = named.remove(&department.id).or_else(|| former.get(&department.id).cloned());
        if let Some(known) = known {
            department.name = known.name;
            department.leaders = known.leaders;
        }
        if department.name.is_none() {
            let why = match reader {
                Some(credential) => format!("{credential} cannot see the department: widen its visible range"),
                None => why_no_details(None),
            };
            gaps.note(format!("department {}", department.id), "name", why);
        }
        departments.push(department);
    }
    Ok(departments)
}

/// Whether a read was refused because its object is outside what the credential may see.
pub fn is_out_of_sight(error: &CallError) -> bool {
    matches!(error.class(), Some(RefusalClass::NotFound | RefusalClass::Permission))
}

/// Details of those who are new, have moved, or of all in a full read.
async fn read_details(context: &Context, ids: &IdMap, reader: &Credential) -> Result<HashMap<Text, Member>, SyncError> {
    let wanted: HashMap<Text, Vec<DepartmentId>> = ids
        .iter()
        .filter(|(folded, (_, departments))| {
            context.is_full
                || context.former.hints.names(folded)
                || context.former.members.get(*folded).is_none_or(|known| !reading::fits(known, departments))
        })
        .map(|(folded, (_, departments))| (folded.clone(), departments.clone()))
        .collect();
    let (lists, mut singles) = reading::cover(&wanted);
    let mut by_list = Vec::with_capacity(lists.len());
    for (department, covered) in lists {
        if covered.len() == 1 && !context.is_full {
            singles.extend(covered);
        } else {
            by_list.push((department, covered));
        }
    }
    let mut found: HashMap<Text, Member> = HashMap::with_capacity(wanted.len());
    let (mut done, total) = (0, (by_list.len() + singles.len()) as u64);
    let mut answers = stream::iter(by_list)
        .map(
            |(department, covered)| async move { (covered, context.client.user_list(reader, department, false).await) },
        )
        .buffer_unordered(context.width);
    while let Some((covered, answer)) = answers.next().await {
        context.check()?;
        match answer {
            Ok(members) => reading::unite(&mut found, members),
            Err(error) if error.class() == Some(&RefusalClass::TooLarge) => singles.extend(covered),
            Err(error) if is_out_of_sight(&error) => {}
            Err(cause) => return Err(SyncError::read("details of members", cause)),
        }
        done += 1;
        context.watch.reading(crate::sync::progress::Phase::Pull, done, total);
    }
    drop(answers);
    let userids: Vec<UserId> =
        singles.into_iter().filter_map(|folded| ids.get(&folded).map(|(userid, _)| userid.clone())).collect();
    let mut answers = stream::iter(userids)
        .map(|userid| async move { context.client.user_get(reader, &userid).await })
        .buffer_unordered(context.width);
    while let Some(answer) = answers.next().await {
        context.check()?;
        match answer {
            Ok(member) => reading::unite(&mut found, vec![member]),
            Err(error) if is_out_of_sight(&error) => {}
            Err(cause) => return Err(SyncError::read("details of a member", cause)),
        }
    }
    Ok(found)
}
