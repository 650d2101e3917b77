//! Member imports (doc paths 90980, 90981).

use super::Outcome;
use super::table::{Row, Table};
use crate::sandbox::events::Change;
use crate::sandbox::rules::department::{self, DepartmentPatch};
use crate::sandbox::rules::member::{self as rules, MemberPatch};
use crate::sandbox::state::corp::Corp;
use crate::sandbox::state::job::{Import, ImportKind, ImportRow};
use crate::sandbox::state::member::{Attribute, Text, folded};
use crate::sandbox::wire::answer::{Refusal, refuse};
use std::collections::HashSet;

/// Where departments go that a file names and nobody knows (page of 2024-05-15).
const TO_BE_SET_UP: &str = "其他（待设置部门）";

const KNOWN: [&str; 13] = [
    "姓名",
    "帐号",
    "手机号",
    "邮箱",
    "所在部门",
    "职位",
    "性别",
    "是否部门内领导",
    "排序",
    "别名",
    "地址",
    "座机",
    "禁用",
];

/// What the content must have before the job is taken.
pub fn check_columns(table: &Table) -> Result<(), Refusal> {
    table.check_columns(&["姓名", "帐号", "所在部门"])?;
    if table.has("手机号") || table.has("邮箱") { Ok(()) } else { table.check_columns(&["手机号"]) }
}

/// Aborted when more than 50 members and more than 20 % would go, or up to 50 but more than 80 % (45026).
pub fn check_removals(corp: &Corp, table: &Table) -> Result<(), Refusal> {
    let present = corp.directory.member_count();
    let gone = absent(corp, table).len();
    let over = if gone > 50 { gone * 5 > present } else { gone * 5 > present * 4 };
    if over { refuse(45026, "too many members would be deleted") } else { Ok(()) }
}

/// Members that the file does not name, by folded userid.
fn absent(corp: &Corp, table: &Table) -> Vec<Text> {
    let named: HashSet<Text> = table.rows().filter_map(|row| row.text("帐号").map(folded)).collect();
    corp.directory.members().map(|member| member.key()).filter(|key| !named.contains(key)).collect()
}

/// Carries the import out, row by row.
pub fn run(corp: &mut Corp, job: &Import, table: &Table, now_ms: i64) -> Outcome {
    let mut outcome = Outcome::default();
    if job.kind == ImportKind::ReplaceUser
        && let Err(refusal) = check_removals(corp, table)
    {
        outcome.errcode = refusal.errcode;
        return outcome;
    }
    let mut seen = HashSet::new();
    for row in table.rows() {
        let userid = row.text("帐号").unwrap_or_default().to_owned();
        let result = if !userid.is_empty() && !seen.insert(folded(&userid)) {
            refuse(302_003, "duplicate userid")
        } else {
            import_row(corp, job, table, row, &userid, now_ms, &mut outcome.changes)
        };
        outcome.rows.push(result_row(userid, result));
    }
    if job.kind == ImportKind::ReplaceUser {
        for key in absent(corp, table) {
            match rules::delete(corp, &key) {
                Ok(change) => outcome.changes.push(change),
                Err(refusal) => outcome.rows.push(result_row(key.to_string(), Err(refusal))),
            }
        }
    }
    outcome
}

fn result_row(userid: String, result: Result<(), Refusal>) -> ImportRow {
    let (errcode, errmsg) = match result {
        Ok(()) => (0, "ok".to_owned()),
        Err(refusal) => (refusal.errcode, refusal.text),
    };
    ImportRow { userid: Some(userid), action: None, partyid: None, errcode, errmsg }
}

fn import_row(
    corp: &mut Corp,
    job: &Import,
    table: &Table,
    row: Row<'_>,
    userid: &str,
    now_ms: i64,
    changes: &mut Vec<Change>,
) -> Result<(), Refusal> {
    let mut patch = patch(corp, table, row)?;
    patch.userid = (!userid.is_empty()).then(|| userid.to_owned());
    patch.to_invite = Some(job.to_invite);
    for &id in patch.department.iter().flatten() {
        if corp.directory.department(id).is_none() && !corp.switches.has_private_fields {
            changes.extend(set_up_later(corp, id)?);
        }
    }
    if corp.directory.member(&folded(userid)).is_some() {
        changes.extend(rules::update(corp, patch)?);
    } else {
        changes.push(rules::create(corp, patch, now_ms)?);
    }
    Ok(())
}

/// Creates an unknown department under "others (to be set up)".
fn set_up_later(corp: &mut Corp, id: u32) -> Result<Vec<Change>, Refusal> {
    let mut changes = Vec::new();
    let parent = match corp.directory.sibling(1, TO_BE_SET_UP) {
        Some(parent) => parent,
        None => {
            let patch = DepartmentPatch { name: Some(TO_BE_SET_UP.into()), parent: Some(1), ..Default::default() };
            let (parent, change) = department::create(corp, patch)?;
            changes.push(change);
            parent
        }
    };
    if id != parent {
        let (id, name, parent) = (Some(id), Some(id.to_string()), Some(parent));
        changes.push(department::create(corp, DepartmentPatch { id, name, parent, ..Default::default() })?.1);
    }
    Ok(changes)
}

/// A missing column, or an empty cell, leaves the field as it is; in private editions one space clears it.
fn patch(corp: &Corp, table: &Table, row: Row<'_>) -> Result<MemberPatch, Refusal> {
    let clears = corp.switches.has_private_fields;
    let text = |column: &str| match row.raw(column) {
        Some(" ") if clears => Some(String::new()),
        _ => row.text(column).map(str::to_owned),
    };
    let numbers = |column: &str, errcode: i64| {
        row.numbers(column).map_err(|()| Refusal::new(errcode, format!("invalid {column}")))
    };
    let gender = match row.text("性别") {
        Some("男" | "1") => Some("1".to_owned()),
        Some("女" | "2") => Some("2".to_owned()),
        Some("0") => Some("0".to_owned()),
        Some(other) => return refuse(40058, format!("invalid gender {other}")),
        None => None,
    };
    let enable = match row.text("禁用") {
        Some("0") => Some(true),
        Some("1") => Some(false),
        Some(other) => return refuse(40058, format!("invalid disabled flag {other}")),
        None => None,
    };
    let attributes = table
        .columns()
        .filter(|column| !KNOWN.contains(column))
        .filter_map(|column| text(column).map(|value| Attribute::text(column, &value)))
        .collect();
    let alias = text("别名");
    Ok(MemberPatch {
        name: text("姓名"),
        mobile: text("手机号"),
        email: text("邮箱"),
        department: numbers("所在部门", 41019)?,
        position: text("职位"),
        gender,
        is_leader_in_dept: numbers("是否部门内领导", 40058)?,
        order: numbers("排序", 40058)?,
        english_name: alias.clone(),
        alias,
        address: text("地址"),
        telephone: text("座机"),
        enable,
        extattr: Some(attributes),
        adds_attributes: true,
        ..MemberPatch::default()
    })
}
