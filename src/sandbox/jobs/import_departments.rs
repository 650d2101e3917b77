//! Department imports (doc path 90982; `batch/syncparty` of the private editions).

use super::Outcome;
use super::table::Table;
use crate::sandbox::events::Change;
use crate::sandbox::rules::department::{self as rules, DepartmentPatch};
use crate::sandbox::state::corp::Corp;
use crate::sandbox::state::job::ImportRow;
use crate::sandbox::state::member::{Department, Text};
use crate::sandbox::wire::answer::Refusal;
use std::collections::{BTreeMap, HashMap, HashSet};

const CREATE: u8 = 1;
const RENAME: u8 = 2;
const MOVE: u8 = 4;
const REORDER: u8 = 8;

/// What the content must have before the job is taken.
pub fn check_columns(table: &Table) -> Result<(), Refusal> {
    table.check_columns(&["部门名称", "部门ID", "父部门ID"])
}

struct Wanted {
    id: u32,
    name: String,
    parent: u32,
    order: Option<u32>,
}

fn result_row(partyid: Option<u32>, action: u8, errcode: i64, errmsg: &str) -> ImportRow {
    ImportRow { userid: None, action: Some(action), partyid, errcode, errmsg: errmsg.to_owned() }
}

/// The rows as departments; `Err` = what the result says when the file as a whole is no tree.
fn read(corp: &Corp, table: &Table) -> Result<Vec<Wanted>, Outcome> {
    let mut wanted = Vec::new();
    let mut rows = Vec::new();
    let mut errcode = 0;
    let (mut ids, mut names) = (HashSet::new(), HashSet::new());
    for row in table.rows() {
        let id = row.text("部门ID").and_then(|text| text.parse::<u32>().ok());
        let parent = row.text("父部门ID").and_then(|text| text.parse::<u32>().ok());
        let name = row.text("部门名称").unwrap_or_default().to_owned();
        let order = row.text("排序").and_then(|text| text.parse::<u32>().ok()).filter(|&order| order > 0);
        let fault = match (id, parent) {
            (None | Some(0), _) | (_, None) => Some((302_004, "empty or illegal id")),
            _ if name.is_empty() => Some((302_004, "empty name")),
            (Some(id), _) if !ids.insert(id) => Some((302_006, "duplicate partyid")),
            (_, Some(parent)) if !names.insert((parent, name.clone())) => Some((302_007, "siblings of the same name")),
            _ => None,
        };
        match fault {
            Some((code, text)) => {
                errcode = code;
                rows.push(result_row(id, 0, code, text));
            }
            None => {
                rows.push(result_row(id, 0, 302_004, "the file is refused as a whole"));
                wanted.push(Wanted { id: id.unwrap_or(1), name, parent: parent.unwrap_or(0), order });
            }
        }
    }
    if errcode == 0 && !is_one_tree(&wanted, corp.limits.levels) {
        errcode = 302_004;
    }
    if errcode == 0 { Ok(wanted) } else { Err(Outcome { errcode, rows, changes: Vec::new() }) }
}

/// One root, which is 1 with parent 0, and everything below it.
fn is_one_tree(wanted: &[Wanted], levels: usize) -> bool {
    let parents: HashMap<u32, u32> = wanted.iter().map(|row| (row.id, row.parent)).collect();
    parents.get(&1) == Some(&0)
        && wanted.iter().all(|row| {
            let mut id = row.id;
            for _ in 0..levels {
                match parents.get(&id) {
                    Some(0) => return id == 1,
                    Some(&parent) => id = parent,
                    None => return false,
                }
            }
            false
        })
}

/// Full replacement of the tree by id. What the file leaves out goes now if it is empty, later if not.
pub fn replace(corp: &mut Corp, table: &Table) -> Outcome {
    let wanted = match read(corp, table) {
        Ok(wanted) => wanted,
        Err(outcome) => return outcome,
    };
    let mut outcome = Outcome::default();
    let named: HashSet<u32> = wanted.iter().map(|row| row.id).collect();
    corp.doomed = corp.directory.departments().map(|row| row.id).filter(|id| !named.contains(id)).collect();
    outcome.changes.extend(remove_doomed(corp));
    let mut by_parent: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (place, row) in wanted.iter().enumerate() {
        by_parent.entry(row.parent).or_default().push(place);
    }
    let mut results: BTreeMap<usize, ImportRow> = BTreeMap::new();
    let mut parents = std::collections::VecDeque::from([0]);
    while let Some(parent) = parents.pop_front() {
        for &place in by_parent.get(&parent).map(Vec::as_slice).unwrap_or_default() {
            let row = &wanted[place];
            let result = match put(corp, row, &mut outcome.changes) {
                Ok(action) => result_row(Some(row.id), action, 0, "ok"),
                Err(refusal) => result_row(Some(row.id), 0, refusal.errcode, &refusal.text),
            };
            results.insert(place, result);
            parents.push_back(row.id);
        }
    }
    outcome.rows = results.into_values().collect();
    outcome.changes.extend(remove_doomed(corp));
    outcome
}

/// Puts one department where the file wants it. The file is a tree without clashes, so only what it left out can clash.
fn put(corp: &mut Corp, row: &Wanted, changes: &mut Vec<Change>) -> Result<u8, Refusal> {
    if corp.directory.sibling(row.parent, &row.name).is_some_and(|other| corp.doomed.contains(&other)) {
        return Err(Refusal::new(302_007, "siblings of the same name"));
    }
    if row.parent != 0 && corp.directory.department(row.parent).is_none() {
        return Err(Refusal::new(60004, "parent department not found"));
    }
    let Some(before) = corp.directory.department(row.id).cloned() else {
        let patch = DepartmentPatch {
            id: Some(row.id),
            name: Some(row.name.clone()),
            parent: Some(row.parent),
            order: row.order,
            ..DepartmentPatch::default()
        };
        // The name may still belong to a sibling whose own row comes later.
        let change = match rules::create(corp, patch) {
            Err(refusal) if refusal.errcode == 60008 => force_create(corp, row),
            other => other?.1,
        };
        changes.push(change);
        return Ok(CREATE);
    };
    let mut after = before.clone();
    (after.name, after.parent, after.order) = (Text::from(&row.name), row.parent, row.order.unwrap_or(before.order));
    let action = if after.name == before.name { 0 } else { RENAME }
        | if after.parent == before.parent { 0 } else { MOVE }
        | if after.order == before.order { 0 } else { REORDER };
    if action != 0 {
        corp.directory.put_department(after.clone());
        changes.push(Change::DepartmentUpdated { before, after });
    }
    Ok(action)
}

fn force_create(corp: &mut Corp, row: &Wanted) -> Change {
    let department = Department {
        id: row.id,
        parent: row.parent,
        name: Text::from(&row.name),
        name_en: Text::default(),
        order: row.order.unwrap_or_else(|| corp.directory.next_order(row.parent)),
        unit_type: 0,
    };
    corp.directory.put_department(department.clone());
    Change::DepartmentCreated(department)
}

/// Removes the left-out departments that have become empty, from the leaves up.
pub fn remove_doomed(corp: &mut Corp) -> Vec<Change> {
    let mut changes = Vec::new();
    loop {
        let empty: Vec<u32> = corp.doomed.iter().copied().filter(|&id| corp.directory.node_count(id) == 0).collect();
        if empty.is_empty() {
            return changes;
        }
        for id in empty {
            corp.doomed.remove(&id);
            // It may have been deleted by hand meanwhile.
            changes.extend(rules::delete(corp, id).ok());
        }
    }
}

/// Adds departments by full path, `上级/下级`, in the first column. The page that documents the columns was not available:
/// an assumption, marked unverified in the contract.
pub fn add_by_path(corp: &mut Corp, table: &Table) -> Outcome {
    let mut outcome = Outcome::default();
    for row in table.rows() {
        let path = row.text("部门名称").or_else(|| row.text("部门路径")).unwrap_or_default().to_owned();
        let mut parent = 1;
        let mut result = Ok(0);
        for name in path.split('/').map(str::trim).filter(|name| !name.is_empty()) {
            if let Some(id) = corp.directory.sibling(parent, name) {
                parent = id;
                continue;
            }
            let patch = DepartmentPatch { name: Some(name.into()), parent: Some(parent), ..Default::default() };
            match rules::create(corp, patch) {
                Ok((id, change)) => {
                    parent = id;
                    result = Ok(CREATE);
                    outcome.changes.push(change);
                }
                Err(refusal) => {
                    result = Err(refusal);
                    break;
                }
            }
        }
        outcome.rows.push(match result {
            Ok(_) if path.is_empty() => result_row(None, 0, 60001, "department name is empty"),
            Ok(action) => result_row(Some(parent), action, 0, "ok"),
            Err(refusal) => result_row(None, 0, refusal.errcode, &refusal.text),
        });
    }
    outcome
}
