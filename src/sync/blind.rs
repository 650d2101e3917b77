//! What the look before writing costs, and what it cannot see. Pure; the engine reads by the same rules
//! (`sync/apply/present.rs`).

use super::input::{Look, PlanInput};
use super::looks::{self, BRANCH_MAX, NAMES_SINGLY_MAX, Tree};
use super::members::lists::Sight;
use super::notices::Notices;
use super::pull::ids::PAGE_ROWS;
use super::target::Target;
use crate::model::{Change, DepartmentId, Member, MemberField, ReadStrategy, Text};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Fields that one notice names.
const NAMED_MAX: usize = 12;

/// Calls that compare WeCom with what the plan saw before the first one that writes, as applying the stored plan makes
/// them: ids of departments and members, names of departments that change, details of members that are overwritten. A
/// sync has read the ids already and makes only the others.
///
/// Exact where ids can be listed, unless WeCom refuses a branch for its size. Without id lists everything is read again:
/// then up to three calls more, to find out who may read what; an export is asked for as often as it takes.
pub fn reads(changes: &[Change], input: &PlanInput<'_>, target: &Target<'_>) -> u64 {
    if changes.is_empty() {
        return 0;
    }
    let departments = input.departments.len() as u64;
    let details = match input.facts.look {
        Look::Everything if input.mirror.strategy == ReadStrategy::Export => return 6,
        Look::Everything => return 1 + departments,
        Look::Ids { details } => details,
    };
    let memberships: usize = input.members.iter().map(|member| member.memberships.len()).sum();
    let ids = 1 + (memberships as u64).div_ceil(u64::from(PAGE_ROWS)).max(1);
    if !details {
        return ids;
    }
    let changed: BTreeSet<DepartmentId> =
        changes.iter().filter_map(|change| Some(change.action.department_before()?.0)).collect();
    let names = if changed.len() > NAMES_SINGLY_MAX { 1 } else { changed.len() as u64 };
    let wanted: HashMap<Text, Vec<DepartmentId>> = changes
        .iter()
        .filter_map(|change| {
            let (userid, _) = change.action.member_before()?;
            let member = target.members[target.find_member(userid.as_str())?];
            Some((userid.folded(), member.memberships.iter().map(|place| place.department).collect()))
        })
        .collect();
    if wanted.is_empty() {
        return ids + names;
    }
    ids + names + looks::cheapest(&wanted, &tree(input), BRANCH_MAX).len() as u64
}

fn tree(input: &PlanInput<'_>) -> Tree {
    let parents = input.departments.iter().map(|department| (department.id, department.parent)).collect();
    let mut tree = Tree { parents, ..Tree::default() };
    for place in input.members.iter().flat_map(|member| &member.memberships) {
        *tree.sizes.entry(place.department).or_default() += 1;
    }
    tree
}

/// Names the fields that are overwritten without a comparison, because the credentials do not show what is there.
pub fn tell(changes: &[Change], input: &PlanInput<'_>, target: &Target<'_>, notices: &mut Notices) {
    let sees_details =
        input.facts.look != Look::Ids { details: false } && input.mirror.strategy != ReadStrategy::IdsOnly;
    let sight = Sight::of(input);
    let mut unseen: BTreeMap<String, u64> = BTreeMap::new();
    let mut people = 0;
    for change in changes {
        if let Some((department, before)) = change.action.department_before()
            && before.name.is_none()
            && (!sees_details || target.department(department).is_some_and(|known| known.name.is_none()))
            && change.action.department_after().is_some_and(|after| after.name.is_some())
        {
            *unseen.entry("the name of the department".into()).or_default() += 1;
        }
        let Some((userid, after)) = change.action.member_before().map(|(id, _)| id).zip(change.action.member_after())
        else {
            continue;
        };
        let Some(at) = target.find_member(userid.as_str()) else { continue };
        let member = target.members[at];
        let fields = after.fields.iter().map(|(field, _)| field).filter(|field| !field.is_marker());
        let mut is_unseen = false;
        for field in fields.filter(|field| !sees_details || !is_shown(sight, member, field)) {
            *unseen.entry(field.path().into_owned()).or_default() += 1;
            is_unseen = true;
        }
        people += u64::from(is_unseen);
    }
    if unseen.is_empty() {
        return;
    }
    notices.add("compare.unseen", input.corp.key.as_str(), || {
        let mut named: Vec<String> = unseen.iter().map(|(field, times)| format!("{field} ({times})")).collect();
        let more = named.len().saturating_sub(NAMED_MAX);
        named.truncate(NAMED_MAX);
        let more = if more == 0 { String::new() } else { format!(" and {more} more fields") };
        format!(
            "overwritten without a comparison, because the credentials do not show what is there: {}{more}; {people} members",
            named.join(", ")
        )
    });
}

/// Whether the member's details show the field, or that it is empty.
fn is_shown(sight: Sight, member: &Member, field: &MemberField) -> bool {
    let is_known = member.fields.get(field).is_some() || field.list().is_some_and(|list| sight.knows(member, list));
    member.has_details && is_known
}
