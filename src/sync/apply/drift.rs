//! Whether WeCom is still what the plan saw. The plan's before-images are compared with a fresh reading of ids and, where
//! it costs little, of names and details; one difference refuses the whole plan, for nobody has seen what it would do now.

use crate::model::{
    Action, Change, Corp, Department, DepartmentId, DepartmentImage, Member, MemberImage, PlanHead, Text, UserId,
};
use crate::store;
use crate::sync::env::Env;
use crate::sync::error::SyncError;
use crate::sync::facts;
use crate::sync::progress::{Phase, Watch};
use crate::sync::pull::choose::{self, Findings};
use crate::sync::pull::context::{Context, Former};
use crate::sync::pull::ids;
use crate::sync::pull::reading::{self, IdMap};
use crate::wecom::{Client, Credential};
use std::collections::{HashMap, HashSet};

/// Differences that are named; all are counted.
const NAMED_MAX: usize = 20;
/// Member lists that are read again for their details: so many, or one in fifty changes.
const LISTS_MIN: usize = 5;
const CHANGES_PER_LIST: usize = 50;

/// What WeCom is now, as far as it was read.
#[derive(Debug, Default)]
struct Now {
    departments: HashMap<DepartmentId, Department>,
    members: IdMap,
    details: HashMap<Text, Member>,
}

/// Reads and compares. On `Err` nothing was written.
pub async fn check(
    env: &Env,
    corp: &Corp,
    client: &Client,
    plan: &PlanHead,
    changes: &[Change],
    watch: &Watch,
) -> Result<(), SyncError> {
    watch.reading(Phase::Check, 0, 0);
    let (key, read_at_ms) = (corp.key.clone(), plan.mirror_read_at_ms);
    let (memory, seen) = env
        .store
        .read_async(move |tx| {
            let is_the_same = store::mirror::head(tx, &key)?.is_some_and(|head| head.read_at_ms == read_at_ms);
            let seen = if is_the_same { store::mirror::members(tx, &key)? } else { Vec::new() };
            Ok((facts::get(tx, &key)?, seen))
        })
        .await?;
    let seen: HashMap<Text, Member> = seen.into_iter().map(|member| (member.userid.folded(), member)).collect();
    let now = if memory.lists_ids == Some(false) || !client.has(&Credential::Contacts) {
        read_everything(env, corp, client, watch).await?
    } else {
        let reader = choose::reader(corp, client, memory.contacts_reads_details);
        read_touched(client, changes, reader.as_ref()).await?
    };
    let found = differences(changes, &now, &seen);
    let Some(first) = found.first().cloned() else { return Ok(()) };
    // what an incremental read takes over may be what is wrong: the next pull reads everything
    let key = corp.key.clone();
    env.store.write(move |tx| facts::change(tx, &key, |memory| memory.full_read_at_ms = None)).await?;
    Err(SyncError::Drift {
        plan: plan.id.clone(),
        first,
        total: found.len(),
        differences: found.into_iter().take(NAMED_MAX).collect(),
    })
}

/// Ids of everything (one call and one per 10,000 memberships), names if departments are touched, and details of few.
async fn read_touched(client: &Client, changes: &[Change], reader: Option<&Credential>) -> Result<Now, SyncError> {
    let fail = |step| move |cause| SyncError::read(step, cause);
    let listed = client.department_simplelist(&Credential::Contacts, None).await;
    let listed = listed.map_err(fail("the ids of departments"))?;
    let members = ids::read_ids(client).await.map_err(fail("the ids of members"))?;
    let mut now = Now { departments: listed.into_iter().map(|d| (d.id, d)).collect(), members, ..Now::default() };
    let Some(reader) = reader else { return Ok(now) };
    if changes.iter().any(|change| before_of_department(&change.action).is_some()) {
        for named in client.department_list(reader, None).await.map_err(fail("names of departments"))? {
            if let Some(department) = now.departments.get_mut(&named.id) {
                department.name = named.name;
            }
        }
    }
    let touched: HashMap<Text, Vec<DepartmentId>> = changes
        .iter()
        .filter_map(|change| before_of_member(&change.action))
        .filter(|(_, before)| !before.fields.is_empty())
        .filter_map(|(userid, _)| {
            let folded = userid.folded();
            let (_, departments) = now.members.get(&folded)?;
            Some((folded, departments.clone()))
        })
        .collect();
    let (lists, _) = reading::cover(&touched);
    if lists.len() <= LISTS_MIN.max(changes.len() / CHANGES_PER_LIST) {
        for (department, _) in lists {
            match client.user_list(reader, department, false).await {
                Ok(members) => reading::unite(&mut now.details, members),
                Err(error) if ids::is_out_of_sight(&error) => {}
                Err(cause) => return Err(SyncError::read("details of members", cause)),
            }
        }
    }
    Ok(now)
}

/// Without id lists there is only the whole.
async fn read_everything(env: &Env, corp: &Corp, client: &Client, watch: &Watch) -> Result<Now, SyncError> {
    let key = corp.key.clone();
    let former = env.store.read_async(move |tx| Former::load(tx, &key)).await?;
    let mut findings =
        Findings { lists_ids: former.memory.lists_ids, contacts_reads_details: former.memory.contacts_reads_details };
    let context = Context {
        corp: corp.clone(),
        client: client.clone(),
        clock: env.clock.clone(),
        watch: watch.clone(),
        former,
        is_full: true,
        width: usize::try_from(corp.quota.concurrency.clamp(1, 64)).unwrap_or(1),
    };
    let read = choose::read(&context, &mut findings).await?;
    let mut now = Now { departments: read.departments.into_iter().map(|d| (d.id, d)).collect(), ..Now::default() };
    for member in read.members {
        let departments = member.memberships.iter().map(|m| m.department).collect();
        now.members.insert(member.userid.folded(), (member.userid.clone(), departments));
        now.details.insert(member.userid.folded(), member);
    }
    Ok(now)
}

fn before_of_department(action: &Action) -> Option<(DepartmentId, &DepartmentImage)> {
    match action {
        Action::UpdateDepartment { department, before, .. } | Action::DeleteDepartment { department, before, .. } => {
            Some((*department, before))
        }
        _ => None,
    }
}

fn before_of_member(action: &Action) -> Option<(&UserId, &MemberImage)> {
    match action {
        Action::UpdateMember { userid, before, .. }
        | Action::DisableMember { userid, before, .. }
        | Action::EnableMember { userid, before, .. }
        | Action::DeleteMember { userid, before, .. } => Some((userid, before)),
        _ => None,
    }
}

/// One sentence for each thing that is not as the plan saw it. `seen` is the mirror that the plan was made with, where
/// it is still there: a before-image holds only what the plan changes.
fn differences(changes: &[Change], now: &Now, seen: &HashMap<Text, Member>) -> Vec<String> {
    let mut found = Vec::new();
    // a subject that the plan itself creates or has changed before is not in its old state any more
    let mut changed: HashSet<super::queue::Subject> = HashSet::new();
    for change in changes {
        let subject = super::queue::touches(&change.action);
        if changed.contains(&subject) {
            continue;
        }
        match &change.action {
            Action::CreateDepartment { department, .. } | Action::CreateDisabledDepartment { department, .. } => {
                if now.departments.contains_key(department) {
                    found.push(format!("department {department} exists meanwhile"));
                }
            }
            Action::CreateMember { userid, .. } => {
                if now.members.contains_key(&userid.folded()) {
                    found.push(format!("member {userid} exists meanwhile"));
                }
            }
            Action::BindDepartment { department, .. } if !now.departments.contains_key(department) => {
                found.push(format!("department {department} is gone"));
            }
            Action::BindMember { userid, .. } if !now.members.contains_key(&userid.folded()) => {
                found.push(format!("member {userid} is gone"));
            }
            action => {
                if let Some((id, before)) = before_of_department(action) {
                    found.extend(department_difference(id, before, now));
                }
                if let Some((userid, before)) = before_of_member(action) {
                    found.extend(member_difference(userid, before, now, seen.get(&userid.folded())));
                }
            }
        }
        if !super::queue::is_bookkeeping(&change.action) {
            changed.insert(subject);
        }
    }
    found
}

fn department_difference(id: DepartmentId, before: &DepartmentImage, now: &Now) -> Option<String> {
    let Some(is) = now.departments.get(&id) else { return Some(format!("department {id} is gone")) };
    if let Some(parent) = before.parent
        && parent != is.parent
    {
        return Some(format!("department {id} was moved from {parent} to {}", is.parent));
    }
    match (&before.name, &is.name) {
        (Some(was), Some(is)) if was != is => Some(format!("department {id} was renamed from {was} to {is}")),
        _ => None,
    }
}

fn member_difference(userid: &UserId, before: &MemberImage, now: &Now, seen: Option<&Member>) -> Option<String> {
    let folded = userid.folded();
    let Some((_, departments)) = now.members.get(&folded) else { return Some(format!("member {userid} is gone")) };
    if let Some(memberships) = before.memberships.as_ref().or(seen.map(|member| &member.memberships)) {
        let was: HashSet<DepartmentId> = memberships.iter().map(|m| m.department).collect();
        let is: HashSet<DepartmentId> = departments.iter().copied().collect();
        if was != is {
            return Some(format!("member {userid} was moved to other departments"));
        }
    }
    let details = now.details.get(&folded)?;
    before.fields.iter().find_map(|(field, was)| {
        let is = details.fields.get(field)?;
        (is != was).then(|| format!("field {} of member {userid} was changed", field.path()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{MemberField, Membership, RemovalCause, Reversible};

    fn image(departments: &[u32], name: &str) -> MemberImage {
        let membership = |id: &u32| Membership { department: DepartmentId(*id), order: 0, is_leader: false };
        MemberImage {
            memberships: Some(departments.iter().map(membership).collect()),
            fields: [(MemberField::Name, Text::from(name))].into_iter().collect(),
            ..MemberImage::default()
        }
    }

    fn department(id: u32, parent: u32, name: &str) -> Department {
        let (id, parent) = (DepartmentId(id), DepartmentId(parent));
        Department { id, parent, name: Some(name.into()), order: 0, leaders: Vec::new() }
    }

    fn now() -> Now {
        let member = |userid: &str, departments: &[u32]| {
            let ids = departments.iter().copied().map(DepartmentId).collect();
            (Text::from(userid), (UserId::from(userid), ids))
        };
        let detail = reading::from_ids("a".into(), &[DepartmentId(2)], None);
        let fields = [(MemberField::Name, Text::from("A"))].into_iter().collect();
        Now {
            departments: [department(1, 0, "root"), department(2, 1, "two")].map(|d| (d.id, d)).into(),
            members: [member("a", &[2]), member("b", &[1, 2])].into(),
            details: [("a".into(), Member { fields, ..detail })].into(),
        }
    }

    fn rename(id: u32, parent: u32, name: &str) -> Action {
        let (department, parent) = (DepartmentId(id), Some(DepartmentId(parent)));
        let before = DepartmentImage { name: Some(name.into()), parent, order: None };
        let after = DepartmentImage { name: Some("new".into()), ..DepartmentImage::default() };
        Action::UpdateDepartment { unit: None, department, before, after }
    }

    fn update(userid: &str, before: MemberImage) -> Action {
        let after = MemberImage::default();
        Action::UpdateMember { employee: userid.into(), userid: userid.into(), before, after }
    }

    fn create(userid: &str) -> Action {
        let after = image(&[2], "x");
        Action::CreateMember { employee: userid.into(), userid: userid.into(), after, invite: false }
    }

    #[test]
    fn what_counts_as_drift() {
        let delete = |userid: &str, departments: &[u32]| Action::DeleteMember {
            employee: None,
            userid: userid.into(),
            cause: RemovalCause::Departed,
            before: image(departments, "A"),
        };
        for (name, actions, want) in [
            ("as seen", vec![rename(2, 1, "two"), update("a", image(&[2], "A")), delete("b", &[2, 1])], vec![]),
            ("renamed", vec![rename(2, 1, "zwei")], vec!["department 2 was renamed from zwei to two"]),
            ("moved", vec![rename(2, 9, "two")], vec!["department 2 was moved from 9 to 1"]),
            ("gone", vec![rename(7, 1, "x")], vec!["department 7 is gone"]),
            ("member gone", vec![delete("z", &[1])], vec!["member z is gone"]),
            ("member moved", vec![update("b", image(&[2], "B"))], vec!["member b was moved to other departments"]),
            ("field", vec![update("a", image(&[2], "Z"))], vec!["field name of member a was changed"]),
            ("created", vec![create("A")], vec!["member A exists meanwhile"]),
            ("created, then updated by the plan", vec![create("c"), update("c", image(&[9], "x"))], vec![]),
        ] {
            let changes: Vec<Change> = (0..)
                .zip(actions)
                .map(|(seq, action)| Change { seq, action, reason: "test".into(), reversible: Reversible::Yes })
                .collect();
            assert_eq!(differences(&changes, &now(), &HashMap::new()), want, "{name}");
        }
    }
}
