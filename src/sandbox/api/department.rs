//! `department/*` (doc paths 90205–90208, 95350, 95351).

use super::{Exchange, view};
use crate::sandbox::rules::department::{self as rules, DepartmentPatch};
use crate::sandbox::state::corp::Owner;
use crate::sandbox::wire::answer::{Answer, Refusal, refuse};
use serde::Serialize;

fn patch(exchange: &mut Exchange<'_>) -> Result<DepartmentPatch, Refusal> {
    let body = &mut exchange.body;
    let id = match body.number("id") {
        None => None,
        Some(number) => match u32::try_from(number) {
            Ok(id) => Some(id),
            Err(_) => return refuse(60123, "invalid party id"),
        },
    };
    let parent = match body.number("parentid") {
        None => None,
        Some(number) => match u32::try_from(number) {
            Ok(id) => Some(id),
            Err(_) => return refuse(60124, "invalid parent party id"),
        },
    };
    let unit_type = body.number("type").and_then(|number| u8::try_from(number).ok());
    Ok(DepartmentPatch {
        id,
        name: body.text("name"),
        name_en: body.text("name_en"),
        parent,
        order: body.u32("order")?,
        unit_type,
    })
}

/// `POST department/create`
pub fn create(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let patch = patch(exchange)?;
    let (id, change) = rules::create(exchange.corp, patch)?;
    exchange.subject = id.to_string();
    exchange.changes.push(change);
    Ok(Answer::new("created").with("id", &id))
}

/// `POST department/update`
pub fn update(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let patch = patch(exchange)?;
    exchange.subject = patch.id.unwrap_or_default().to_string();
    exchange.changes.extend(rules::update(exchange.corp, patch)?);
    Ok(Answer::new("updated"))
}

/// `GET department/delete`
pub fn delete(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let Some(id) = exchange.query.number("id", 60123)? else { return refuse(60003, "department not found") };
    exchange.subject = id.to_string();
    let change = rules::delete(exchange.corp, id)?;
    exchange.changes.push(change);
    Ok(Answer::new("deleted"))
}

/// The departments that are asked for and visible, parents before children.
fn asked(exchange: &mut Exchange<'_>) -> Result<Vec<u32>, Refusal> {
    let directory = &exchange.corp.directory;
    let Some(id) = exchange.query.number("id", 60123)? else {
        let all = directory.subtree(1);
        return Ok(all.into_iter().filter(|&id| exchange.sees_department(id)).collect());
    };
    exchange.subject = id.to_string();
    let directory = &exchange.corp.directory;
    if directory.department(id).is_none() {
        return refuse(60003, "department not found");
    }
    if !exchange.sees_department(id) {
        return refuse(60011, "no privilege to access/modify contact/party/agent ");
    }
    if exchange.corp.switches.has_private_fields && exchange.query.find("no_fetch_child") == Some("1") {
        return Ok(std::iter::once(id).chain(directory.children(id)).collect());
    }
    Ok(directory.subtree(id))
}

/// `GET department/list`
pub fn list(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let ids = asked(exchange)?;
    let with_path = exchange.query.find("get_party_path") == Some("1");
    let departments: Vec<_> = ids
        .iter()
        .filter_map(|&id| exchange.corp.directory.department(id))
        .map(|department| view::Department { corp: exchange.corp, app: exchange.app(), department, with_path })
        .collect();
    Ok(Answer::new("ok").with("department", &departments))
}

/// `GET department/simplelist`
pub fn simplelist(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    #[derive(Serialize)]
    struct Row {
        id: u32,
        parentid: u32,
        order: u32,
    }
    let ids = asked(exchange)?;
    let rows: Vec<Row> = ids
        .iter()
        .filter_map(|&id| exchange.corp.directory.department(id))
        .map(|department| Row { id: department.id, parentid: department.parent, order: department.order })
        .collect();
    Ok(Answer::new("ok").with("department_id", &rows))
}

/// `GET department/get`
pub fn get(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let Some(id) = exchange.query.number("id", 60123)? else { return refuse(60003, "department not found") };
    exchange.subject = id.to_string();
    let Some(department) = exchange.corp.directory.department(id) else {
        return refuse(60003, "department not found");
    };
    if exchange.owner != Owner::Contacts && !exchange.sees_department(id) {
        return refuse(60011, "no privilege to access/modify contact/party/agent ");
    }
    let view = view::Department { corp: exchange.corp, app: exchange.app(), department, with_path: false };
    Ok(Answer::new("ok").with("department", &view))
}
