//! `tag/*` (doc paths 90210–90216).

use super::Exchange;
use crate::sandbox::events::Change;
use crate::sandbox::state::corp::Owner;
use crate::sandbox::state::member::folded;
use crate::sandbox::state::tag::Tag;
use crate::sandbox::wire::answer::{Answer, Refusal, refuse};
use serde::Serialize;
use std::collections::BTreeSet;

/// Members in one call.
const USERS_MAX: usize = 1000;
/// Departments in one call.
const DEPARTMENTS_MAX: usize = 100;

fn tagid(exchange: &mut Exchange<'_>) -> Result<u32, Refusal> {
    let number = match exchange.query.find("tagid") {
        Some(text) => text.parse().ok(),
        None => match exchange.body.value("tagid") {
            None => return refuse(41017, "tagid missing"),
            Some(_) => exchange.body.number("tagid").and_then(|number| u32::try_from(number).ok()),
        },
    };
    let Some(id) = number.filter(|id| exchange.corp.tags.contains_key(id)) else {
        return refuse(40068, "invalid tagid");
    };
    exchange.subject = id.to_string();
    Ok(id)
}

/// A tag is changed by the secret that created it; the contacts secret also by the super administrators' tags.
fn check_owner(exchange: &Exchange<'_>, id: u32) -> Result<(), Refusal> {
    match (exchange.corp.tags.get(&id).and_then(|tag| tag.owner), exchange.owner) {
        (None, Owner::Contacts) => Ok(()),
        (Some(owner), caller) if owner == caller => Ok(()),
        (_, Owner::Contacts) => refuse(81011, "no permission to modify the tag"),
        (_, Owner::App(_) | Owner::Robot) => refuse(60011, "no privilege to access/modify contact/party/agent "),
    }
}

fn name(exchange: &mut Exchange<'_>, own: Option<u32>) -> Result<String, Refusal> {
    let Some(name) = exchange.body.text("tagname") else { return refuse(41018, "tagname missing") };
    if !(1..=32).contains(&name.chars().count()) {
        return refuse(40072, "invalid tag name size");
    }
    if exchange.corp.tags.iter().any(|(&id, tag)| Some(id) != own && tag.name == name) {
        return refuse(40071, "invalid tag name exist");
    }
    Ok(name)
}

/// `POST tag/create`
pub fn create(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let name = name(exchange, None)?;
    let id = match exchange.body.number("tagid") {
        None => exchange.corp.tags.last_key_value().map_or(1, |(&id, _)| id.saturating_add(1)),
        Some(number) => match u32::try_from(number) {
            Ok(id) if !exchange.corp.tags.contains_key(&id) => id,
            _ => return refuse(40068, "invalid tagid"),
        },
    };
    if exchange.corp.tags.len() >= exchange.corp.limits.tags {
        return refuse(40126, "the number of tags is over the limit");
    }
    exchange.subject = id.to_string();
    let owner = Some(exchange.owner);
    exchange.corp.tags.insert(id, Tag { name, owner, users: BTreeSet::new(), departments: BTreeSet::new() });
    Ok(Answer::new("created").with("tagid", &id))
}

/// `POST tag/update`
pub fn update(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let id = tagid(exchange)?;
    check_owner(exchange, id)?;
    let name = name(exchange, Some(id))?;
    if let Some(tag) = exchange.corp.tags.get_mut(&id) {
        tag.name = name;
    }
    Ok(Answer::new("updated"))
}

/// `GET tag/delete`
pub fn delete(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let id = tagid(exchange)?;
    check_owner(exchange, id)?;
    exchange.corp.tags.remove(&id);
    Ok(Answer::new("deleted"))
}

/// `GET tag/get`: only what the caller sees; departments are not expanded.
pub fn get(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    #[derive(Serialize)]
    struct User<'a> {
        userid: &'a str,
        name: &'a str,
    }
    let id = tagid(exchange)?;
    let Some(tag) = exchange.corp.tags.get(&id) else { return refuse(40068, "invalid tagid") };
    let users: Vec<User<'_>> = tag
        .users
        .iter()
        .filter(|key| exchange.sees_member(key))
        .filter_map(|key| exchange.corp.directory.member(key))
        .map(|member| User { userid: &member.userid, name: &member.name })
        .collect();
    let parties: Vec<u32> = tag.departments.iter().copied().filter(|&id| exchange.sees_department(id)).collect();
    Ok(Answer::new("ok").with("tagname", &tag.name).with("userlist", &users).with("partylist", &parties))
}

/// `GET tag/list`
pub fn list(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    #[derive(Serialize)]
    struct Row<'a> {
        tagid: u32,
        tagname: &'a str,
    }
    let rows: Vec<Row<'_>> = exchange.corp.tags.iter().map(|(&tagid, tag)| Row { tagid, tagname: &tag.name }).collect();
    Ok(Answer::new("ok").with("taglist", &rows))
}

/// Who and what of a call exists and is seen, and what is not.
#[derive(Default)]
struct Targets {
    users: Vec<String>,
    invalid_users: Vec<String>,
    departments: Vec<u32>,
    invalid_departments: Vec<u32>,
}

impl Targets {
    fn read(exchange: &mut Exchange<'_>) -> Result<Self, Refusal> {
        let users = match exchange.body.value("userlist") {
            None => Vec::new(),
            Some(value) if value.is_array() => exchange.body.texts("userlist").unwrap_or_default(),
            Some(_) => return refuse(40035, "invalid parameter: userlist"),
        };
        let departments = exchange.body.u32s("partylist", 40035)?.unwrap_or_default();
        if users.is_empty() && departments.is_empty() {
            return refuse(40035, "invalid parameter: userlist and partylist are both empty");
        }
        if users.len() > USERS_MAX || departments.len() > DEPARTMENTS_MAX {
            return refuse(81014, "too many users or departments");
        }
        let exchange = &*exchange;
        let (users, invalid_users) = users.into_iter().partition(|userid| {
            let key = folded(userid);
            exchange.corp.directory.member(&key).is_some() && exchange.sees_member(&key)
        });
        let (departments, invalid_departments) = departments
            .into_iter()
            .partition(|&id| exchange.corp.directory.department(id).is_some() && exchange.sees_department(id));
        Ok(Self { users, invalid_users, departments, invalid_departments })
    }

    fn is_empty(&self) -> bool {
        self.users.is_empty() && self.departments.is_empty()
    }

    fn answer(&self, errmsg: &'static str) -> Answer {
        let mut answer = Answer::new(errmsg);
        if !self.invalid_users.is_empty() {
            answer = answer.with("invalidlist", &self.invalid_users.join("|"));
        }
        if !self.invalid_departments.is_empty() {
            answer = answer.with("invalidparty", &self.invalid_departments);
        }
        answer
    }
}

/// `POST tag/addtagusers`
pub fn addtagusers(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let id = tagid(exchange)?;
    check_owner(exchange, id)?;
    let targets = Targets::read(exchange)?;
    if targets.is_empty() {
        return refuse(40070, "all list invalid ");
    }
    let corp = &mut *exchange.corp;
    let Some(tag) = corp.tags.get_mut(&id) else { return refuse(40068, "invalid tagid") };
    let new_users: BTreeSet<&String> =
        targets.users.iter().filter(|u| !tag.users.contains(folded(u).as_str())).collect();
    let new_departments: BTreeSet<u32> =
        targets.departments.iter().copied().filter(|id| !tag.departments.contains(id)).collect();
    let nodes = tag.users.len() + tag.departments.len() + new_users.len() + new_departments.len();
    if nodes > corp.limits.tag_nodes {
        return refuse(81003, "the number of nodes of the tag is over the limit");
    }
    tag.users.extend(new_users.iter().map(|userid| folded(userid).to_string()));
    tag.departments.extend(&new_departments);
    exchange.changes.push(Change::TagUpdated {
        tagid: id,
        added_users: new_users.into_iter().cloned().collect(),
        removed_users: Vec::new(),
        added_departments: new_departments.into_iter().collect(),
        removed_departments: Vec::new(),
    });
    Ok(targets.answer("ok"))
}

/// `POST tag/deltagusers`
pub fn deltagusers(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let id = tagid(exchange)?;
    check_owner(exchange, id)?;
    let targets = Targets::read(exchange)?;
    if targets.is_empty() {
        return refuse(40031, "all list invalid");
    }
    let Some(tag) = exchange.corp.tags.get_mut(&id) else { return refuse(40068, "invalid tagid") };
    let removed_users = targets.users.iter().filter(|u| tag.users.remove(folded(u).as_str())).cloned().collect();
    let removed_departments = targets.departments.iter().copied().filter(|id| tag.departments.remove(id)).collect();
    exchange.changes.push(Change::TagUpdated {
        tagid: id,
        added_users: Vec::new(),
        removed_users,
        added_departments: Vec::new(),
        removed_departments,
    });
    Ok(targets.answer("deleted"))
}
