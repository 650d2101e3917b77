//! From recipients to people: employees, everybody of a unit and below, members.

use crate::model::{EmployeeId, EmployeeStatus, MemberRef, Message, OrgUnit, Recipients, TenantKey, UnitId};
use crate::store::{self, ReadTx, StoreError};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Somebody who was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    /// The employee, where there is one.
    pub employee: Option<EmployeeId>,
    /// The member, where one was named.
    pub member: Option<MemberRef>,
    /// Why nothing can be sent, as code and sentence.
    pub fault: Option<(&'static str, String)>,
}

impl Person {
    fn employee(id: EmployeeId) -> Self {
        Self { employee: Some(id), member: None, fault: None }
    }

    fn faulty(employee: Option<EmployeeId>, code: &'static str, text: String) -> Self {
        Self { employee, member: None, fault: Some((code, text)) }
    }
}

/// Everybody a message is for, each once, named employees first. Who is named and is not there comes with a fault.
pub(super) fn people(tx: &ReadTx, message: &Message) -> Result<Vec<Person>, StoreError> {
    let tenant = &message.tenant;
    let mut people = Vec::new();
    let (employees, units, bindings) = match &message.recipients {
        Recipients::Everyone => {
            store::directory::scan_employees(tx, tenant, |employee| {
                if employee.status == EmployeeStatus::Active {
                    people.push(Person::employee(employee.id));
                }
                Ok(())
            })?;
            return Ok(people);
        }
        Recipients::Named { employees, units, bindings } => (employees, units, bindings),
    };
    let mut seen: HashSet<EmployeeId> = HashSet::new();
    for id in employees {
        if seen.insert(id.clone()) {
            people.push(named(tx, tenant, id)?);
        }
    }
    if !units.is_empty() {
        for unit in below(tx, tenant, units, &mut people)? {
            for employee in store::directory::employees_of_unit(tx, tenant, &unit)? {
                if employee.status == EmployeeStatus::Active && seen.insert(employee.id.clone()) {
                    people.push(Person::employee(employee.id));
                }
            }
        }
    }
    let mut members: BTreeSet<(String, String)> = BTreeSet::new();
    for member in bindings {
        if !members.insert((member.corp.to_string(), member.userid.folded().to_string())) {
            continue;
        }
        if store::loose_ends::is_former(tx, &member.corp, message.accepted_at_ms)? {
            let text = format!(
                "member {} was named when the corp {} was another WeCom: the same userid is somebody else now",
                member.userid, member.corp
            );
            people.push(Person::faulty(None, store::loose_ends::OTHER_WECOM, text));
            continue;
        }
        // links of another tenant's corp name other people
        let is_own = store::corps::find(tx, &member.corp)?.is_some_and(|corp| corp.tenant == *tenant);
        let bound = match is_own {
            true => store::bindings::find_by_userid(tx, &member.corp, &member.userid)?.map(|binding| binding.employee),
            false => None,
        };
        // who is named as an employee too gets it wherever the rules send it
        if bound.as_ref().is_none_or(|id| !seen.contains(id)) {
            people.push(Person { employee: bound, member: Some(member.clone()), fault: None });
        }
    }
    Ok(people)
}

/// The employee with this id; with a fault where nobody can be reached.
pub(super) fn named(tx: &ReadTx, tenant: &TenantKey, id: &EmployeeId) -> Result<Person, StoreError> {
    let found = store::directory::find_employee(tx, tenant, id)?;
    Ok(match found.map(|employee| employee.status) {
        Some(EmployeeStatus::Active) => Person::employee(id.clone()),
        Some(EmployeeStatus::Departed) => {
            Person::faulty(Some(id.clone()), "departed", format!("employee {id} has left"))
        }
        None => Person::faulty(Some(id.clone()), "unknown_employee", format!("the directory has no employee {id}")),
    })
}

/// The units and all units below them; those that are not there are people with a fault.
fn below(
    tx: &ReadTx,
    tenant: &TenantKey,
    named: &[UnitId],
    people: &mut Vec<Person>,
) -> Result<Vec<UnitId>, StoreError> {
    let units: Vec<OrgUnit> = store::directory::units(tx, tenant)?;
    let mut children: HashMap<&UnitId, Vec<&UnitId>> = HashMap::new();
    let mut known: HashSet<&UnitId> = HashSet::new();
    for unit in &units {
        known.insert(&unit.id);
        if let Some(parent) = &unit.parent_id {
            children.entry(parent).or_default().push(&unit.id);
        }
    }
    let (mut found, mut open): (Vec<UnitId>, Vec<&UnitId>) = (Vec::new(), Vec::new());
    for id in named {
        match known.get(id) {
            Some(id) => open.push(id),
            None => people.push(Person::faulty(None, "unknown_unit", format!("the directory has no unit {id}"))),
        }
    }
    let mut done: HashSet<&UnitId> = HashSet::new();
    while let Some(id) = open.pop() {
        if done.insert(id) {
            found.push(id.clone());
            open.extend(children.get(id).into_iter().flatten());
        }
    }
    Ok(found)
}
