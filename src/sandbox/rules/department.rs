//! Rules of departments (contacts.md section 2).

use crate::sandbox::events::Change;
use crate::sandbox::state::corp::Corp;
use crate::sandbox::state::member::{Department, Text};
use crate::sandbox::wire::answer::{Refusal, refuse};

/// What a write gives; `None` = not given.
#[derive(Debug, Clone, Default)]
pub struct DepartmentPatch {
    /// Id.
    pub id: Option<u32>,
    /// Name.
    pub name: Option<String>,
    /// English name.
    pub name_en: Option<String>,
    /// Parent.
    pub parent: Option<u32>,
    /// Order.
    pub order: Option<u32>,
    /// Government edition.
    pub unit_type: Option<u8>,
}

/// Creates a department; answers its id.
pub fn create(corp: &mut Corp, patch: DepartmentPatch) -> Result<(u32, Change), Refusal> {
    let Some(name) = patch.name else { return refuse(60001, "department name is empty") };
    check_name(corp, &name)?;
    let name_en = if corp.switches.has_name_en { patch.name_en.unwrap_or_default() } else { String::new() };
    if !name_en.is_empty() {
        check_name(corp, &name_en)?;
    }
    if patch.id.is_some_and(|id| id <= 1) {
        return refuse(60123, "invalid party id");
    }
    let Some(parent) = patch.parent else { return refuse(60004, "parent department not found") };
    if corp.directory.department(parent).is_none() {
        return refuse(60004, "parent department not found");
    }
    let id = patch.id.unwrap_or_else(|| corp.directory.next_department_id());
    if corp.directory.department(id).is_some() {
        return refuse(60008, format!("department existed: {id} is existed"));
    }
    check_sibling(corp, id, parent, &name, &name_en)?;
    if corp.directory.path_to_root(parent).count() + 1 > corp.limits.levels {
        return refuse(81002, "the depth of the department tree is over the limit");
    }
    check_room(corp, parent)?;
    if corp.directory.department_count() >= corp.limits.departments {
        return refuse(81001, "the number of departments is over the limit");
    }
    let department = Department {
        id,
        parent,
        name: Text::from(name),
        name_en: Text::from(name_en),
        order: patch.order.unwrap_or_else(|| corp.directory.next_order(parent)),
        unit_type: patch.unit_type.unwrap_or_default(),
    };
    corp.directory.put_department(department.clone());
    Ok((id, Change::DepartmentCreated(department)))
}

/// Changes what is given; `None` when nothing differs.
pub fn update(corp: &mut Corp, patch: DepartmentPatch) -> Result<Option<Change>, Refusal> {
    let Some(id) = patch.id else { return refuse(60003, "department not found") };
    if id == 0 {
        return refuse(60123, "invalid party id");
    }
    if let Some(name) = &patch.name {
        check_name(corp, name)?;
    }
    if let Some(name_en) = patch.name_en.as_ref().filter(|name| corp.switches.has_name_en && !name.is_empty()) {
        check_name(corp, name_en)?;
    }
    let Some(before) = corp.directory.department(id).cloned() else { return refuse(60003, "department not found") };
    let mut after = before.clone();
    if let Some(parent) = patch.parent {
        check_move(corp, &before, parent)?;
        after.parent = parent;
    }
    if let Some(name) = patch.name {
        after.name = Text::from(name);
    }
    if let Some(name_en) = patch.name_en.filter(|_| corp.switches.has_name_en) {
        after.name_en = Text::from(name_en);
    }
    after.order = patch.order.unwrap_or(after.order);
    after.unit_type = patch.unit_type.unwrap_or(after.unit_type);
    if id != 1 {
        check_sibling(corp, id, after.parent, &after.name, &after.name_en)?;
    }
    if after.parent != before.parent {
        let depth = corp.directory.path_to_root(after.parent).count() + corp.directory.height(id);
        if depth > corp.limits.levels {
            return refuse(81002, "the depth of the department tree is over the limit");
        }
        check_room(corp, after.parent)?;
    }
    if after == before {
        return Ok(None);
    }
    corp.directory.put_department(after.clone());
    Ok(Some(Change::DepartmentUpdated { before, after }))
}

fn check_move(corp: &Corp, department: &Department, parent: u32) -> Result<(), Refusal> {
    if department.id == 1 {
        let tolerated = parent == 0 && !corp.switches.refuses_root_parent_zero;
        return if tolerated { Ok(()) } else { refuse(60124, "invalid parent party id") };
    }
    if corp.directory.department(parent).is_none() {
        return refuse(60124, "invalid parent party id");
    }
    if corp.directory.path_to_root(parent).any(|id| id == department.id) {
        return refuse(60010, "the parent is the department itself or below it");
    }
    Ok(())
}

/// Deletes an empty department.
pub fn delete(corp: &mut Corp, id: u32) -> Result<Change, Refusal> {
    if id == 0 {
        return refuse(60123, "invalid party id");
    }
    if id == 1 {
        return refuse(60007, "the root department cannot be deleted");
    }
    if corp.directory.department(id).is_none() {
        return refuse(60003, "department not found");
    }
    if corp.directory.children(id).next().is_some() {
        return refuse(60006, "department has sub-departments");
    }
    if corp.directory.member_count_of(id) > 0 {
        return refuse(60005, "department has members");
    }
    for tag in corp.tags.values_mut() {
        tag.departments.remove(&id);
    }
    match corp.directory.remove_department(id) {
        Some(department) => Ok(Change::DepartmentDeleted(department)),
        None => refuse(60003, "department not found"),
    }
}

fn check_name(corp: &Corp, name: &str) -> Result<(), Refusal> {
    let length = name.chars().count();
    if length == 0 || length > corp.limits.department_name_chars {
        return refuse(60001, "department name is empty or too long");
    }
    if name.chars().any(|c| matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '｜')) {
        return refuse(60009, "department name has illegal characters");
    }
    if name.trim().is_empty() || name.chars().any(char::is_control) {
        return refuse(60125, "invalid party name");
    }
    super::member::check_words(corp, name)
}

fn check_sibling(corp: &Corp, id: u32, parent: u32, name: &str, name_en: &str) -> Result<(), Refusal> {
    if let Some(other) = corp.directory.sibling(parent, name).filter(|&other| other != id) {
        return refuse(60008, format!("department existed: {other} is existed"));
    }
    if !name_en.is_empty() {
        let mut siblings = corp.directory.children(parent).filter(|&other| other != id);
        let clash = siblings.find(|&other| corp.directory.department(other).is_some_and(|row| row.name_en == name_en));
        if let Some(other) = clash {
            return refuse(60008, format!("department existed: {other} is existed"));
        }
    }
    Ok(())
}

/// Room for one more node.
pub fn check_room(corp: &Corp, department: u32) -> Result<(), Refusal> {
    if corp.directory.node_count(department) >= corp.limits.nodes {
        return refuse(81001, "the number of nodes under the department is over the limit");
    }
    Ok(())
}
