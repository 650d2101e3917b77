//! `user/get`, `simplelist`, `list`, `list_id` (doc paths 90196, 90200, 90201, 96067).

use super::{Exchange, view};
use crate::sandbox::rules::member::{check_userid, not_found};
use crate::sandbox::state::member::{Text, folded};
use crate::sandbox::wire::answer::{Answer, Refusal, refuse};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use std::collections::BTreeSet;

/// `GET user/get`
pub fn get(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let Some(userid) = exchange.query.find("userid") else { return Err(not_found("")) };
    exchange.subject = userid.to_owned();
    check_userid(userid)?;
    let key = folded(userid);
    let Some(member) = exchange.corp.directory.member(&key).filter(|_| exchange.sees_member(&key)) else {
        return Err(not_found(userid));
    };
    let view = view::Member { corp: exchange.corp, app: exchange.app(), member };
    Ok(Answer::new("ok").with_all(&view))
}

/// The members that are asked for, each once, by folded userid.
fn asked<'e>(exchange: &'e mut Exchange<'_>) -> Result<Vec<&'e Text>, Refusal> {
    let id = match exchange.query.number("department_id", 60123)? {
        None => return refuse(60003, "department not found"),
        Some(id) => id,
    };
    exchange.subject = id.to_string();
    let exchange = &*exchange;
    let directory = &exchange.corp.directory;
    if directory.department(id).is_none() {
        return refuse(60003, "department not found");
    }
    if !exchange.sees_department(id) {
        return refuse(60011, "no privilege to access/modify contact/party/agent ");
    }
    let keys: Vec<&Text> = if exchange.query.find("fetch_child") == Some("1") {
        let all: BTreeSet<&Text> = directory.subtree(id).into_iter().flat_map(|id| directory.members_of(id)).collect();
        all.into_iter().collect()
    } else {
        directory.members_of(id).collect()
    };
    if keys.len() > exchange.corp.limits.list_members {
        return refuse(45029, "the answer is too large");
    }
    Ok(keys)
}

/// `GET user/simplelist`
pub fn simplelist(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let keys: Vec<Text> = asked(exchange)?.into_iter().cloned().collect();
    let (corp, app) = (&*exchange.corp, exchange.app());
    let rows: Vec<_> = keys
        .iter()
        .filter_map(|key| corp.directory.member(key))
        .map(|member| view::SimpleMember(view::Member { corp, app, member }))
        .collect();
    Ok(Answer::new("ok").with("userlist", &rows))
}

/// `GET user/list`
pub fn list(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    let keys: Vec<Text> = asked(exchange)?.into_iter().cloned().collect();
    let (corp, app) = (&*exchange.corp, exchange.app());
    let rows: Vec<_> = keys
        .iter()
        .filter_map(|key| corp.directory.member(key))
        .map(|member| view::Member { corp, app, member })
        .collect();
    Ok(Answer::new("ok").with("userlist", &rows))
}

/// `POST user/list_id`: one row per membership. The cursor names the next row, so that pages stay in step with each
/// other when members come and go between them.
pub fn list_id(exchange: &mut Exchange<'_>) -> Result<Answer, Refusal> {
    #[derive(Serialize)]
    struct Row<'a> {
        userid: &'a str,
        department: u32,
    }
    let most = exchange.corp.limits.list_id_rows;
    let limit = match exchange.body.number("limit") {
        None => most,
        Some(limit) => match usize::try_from(limit) {
            Ok(limit) if (1..=most).contains(&limit) => limit,
            _ => return refuse(40058, "invalid Request Parameter: limit"),
        },
    };
    let (from, from_department) = match exchange.body.text("cursor").filter(|cursor| !cursor.is_empty()) {
        None => (String::new(), 0),
        Some(cursor) => match read_cursor(&cursor) {
            Some(place) => place,
            None => return refuse(50100, "invalid cursor"),
        },
    };
    let mut rows = Vec::with_capacity(limit.min(exchange.corp.directory.member_count()));
    let mut next_cursor = String::new();
    'members: for (key, member) in exchange.corp.directory.members_from(&from) {
        let mut departments: Vec<u32> = member.memberships.iter().map(|m| m.department).collect();
        departments.sort_unstable();
        for department in departments {
            if key.as_str() == from && department < from_department {
                continue;
            }
            if rows.len() == limit {
                next_cursor = write_cursor(key, department);
                break 'members;
            }
            rows.push(Row { userid: &member.userid, department });
        }
    }
    Ok(Answer::new("ok").with("next_cursor", &next_cursor).with("dept_user", &rows))
}

fn write_cursor(key: &str, department: u32) -> String {
    URL_SAFE_NO_PAD.encode(format!("1\n{key}\n{department}"))
}

fn read_cursor(cursor: &str) -> Option<(String, u32)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let mut parts = text.split('\n');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some("1"), Some(key), Some(department), None) => Some((key.to_owned(), department.parse().ok()?)),
        _ => None,
    }
}
