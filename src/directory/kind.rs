//! Which of the two tables a row of captions heads, and what a caption was meant for that nobody knows. Pure.

use super::fault::{Fault, FaultCode, Place};
use super::fields::{Field, Record};
use super::grid::find_field;
use crate::model::{Employee, OrgUnit};
use std::cmp::Ordering;

/// One of the two tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Units.
    Units,
    /// Employees.
    Employees,
}

/// Captions that are named in one fault at most, and characters of each.
const NAMED: usize = 20;
const NAMED_CHARS: usize = 40;
/// So many captions of a table, all required ones among them, are that table whatever the sheet is called.
const WHOLE: usize = 3;
/// Captions that have no letter in common with what they stand for.
const MEANT: [(&str, &str); 15] = [
    ("电话", "mobile"),
    ("电话号码", "mobile"),
    ("联系电话", "mobile"),
    ("移动电话", "mobile"),
    ("phone", "mobile"),
    ("岗位", "position"),
    ("title", "position"),
    ("组", "unit_id"),
    ("小组", "unit_id"),
    ("科室", "unit_id"),
    ("department", "unit_id"),
    ("领导", "superior_id"),
    ("主管", "superior_id"),
    ("manager", "superior_id"),
    ("leader", "head"),
];

/// People where a caption says so that stands for the id or the name of people alone (人员编号, 姓名), whatever is beside it: rosters have
/// columns of the unit too. Otherwise the table that most of the captions belong to. Where they say nothing, the name of the file or sheet does; an id and a
/// name alone are all that units need.
///
/// # Errors
/// [`FaultCode::UnknownTable`] with everything that is missing and unknown; [`FaultCode::EmptySource`] without a caption.
pub fn find(name: &str, captions: &[impl AsRef<str>]) -> Result<Kind, Fault> {
    if captions.iter().any(|caption| is_of_people(caption.as_ref())) {
        return Ok(Kind::Employees);
    }
    match known::<OrgUnit>(captions).cmp(&known::<Employee>(captions)) {
        Ordering::Greater => return Ok(Kind::Units),
        Ordering::Less => return Ok(Kind::Employees),
        Ordering::Equal => {}
    }
    if let Some(kind) = of_name(name) {
        return Ok(kind);
    }
    if missing::<OrgUnit>(captions).is_empty() {
        return Ok(Kind::Units);
    }
    if captions.is_empty() {
        return Err(Fault::new(FaultCode::EmptySource, Place::sheet(name), "the file is empty"));
    }
    let reason = format!(
        "people need {}; units need {}; captions that nobody knows: {}",
        missing::<Employee>(captions).join(", "),
        missing::<OrgUnit>(captions).join(", "),
        unknown(captions, |caption| {
            let is_known = find_field::<Employee>(caption).is_some() || find_field::<OrgUnit>(caption).is_some();
            let near = || nearest::<Employee>(caption, captions).or_else(|| nearest::<OrgUnit>(caption, captions));
            (!is_known).then(near)
        })
    );
    Err(Fault::new(FaultCode::UnknownTable, Place::sheet(name), reason))
}

/// The table that the captions are beyond doubt.
pub fn whole(captions: &[impl AsRef<str>]) -> Option<Kind> {
    let is = |known: usize, missing: Vec<String>| known >= WHOLE && missing.is_empty();
    match find("", captions).ok()? {
        Kind::Units => is(known::<OrgUnit>(captions), missing::<OrgUnit>(captions)).then_some(Kind::Units),
        Kind::Employees => is(known::<Employee>(captions), missing::<Employee>(captions)).then_some(Kind::Employees),
    }
}

/// The table that a file or sheet is named after; `None` where it names neither or both.
pub fn of_name(name: &str) -> Option<Kind> {
    let name = name.to_lowercase();
    let is = |table: &str, own: &str| name.contains(table) || name.contains(own);
    match (is(OrgUnit::TABLE, OrgUnit::TABLE_ZH), is(Employee::TABLE, Employee::TABLE_ZH)) {
        (true, false) => Some(Kind::Units),
        (false, true) => Some(Kind::Employees),
        _ => None,
    }
}

/// What a table lacks: all required columns that are missing, and all captions that are not its own, for one of them may be
/// what was meant. `None` where nothing that is required is missing.
pub fn lacks<T: Record>(sheet: &str, row: u32, captions: &[impl AsRef<str>]) -> Option<Fault> {
    let missing = missing::<T>(captions);
    let only = T::fields().iter().find(|field| field.required && !has(captions, field)).filter(|_| missing.len() == 1);
    let place = Place::cell(sheet, row, only.map_or("", |field| field.name));
    let unknown = unknown(captions, |caption| match find_field::<T>(caption) {
        None => Some(nearest::<T>(caption, captions)),
        Some(_) => None,
    });
    let named = missing.join(", ");
    let reason = match (missing.is_empty(), unknown.is_empty()) {
        (true, _) => return None,
        (false, true) => format!("required columns are missing: {named}"),
        (false, false) => format!("required columns are missing: {named}; captions that nobody knows: {unknown}"),
    };
    Some(Fault::new(FaultCode::MissingColumn, place, reason))
}

fn has<T: Record>(captions: &[impl AsRef<str>], field: &Field<T>) -> bool {
    captions.iter().any(|caption| find_field::<T>(caption.as_ref()).is_some_and(|known| known.name == field.name))
}

fn is_of_people(caption: &str) -> bool {
    let field = find_field::<Employee>(caption).filter(|field| matches!(field.name, "id" | "name"));
    field.is_some() && find_field::<OrgUnit>(caption).is_none()
}

fn known<T: Record>(captions: &[impl AsRef<str>]) -> usize {
    captions.iter().filter(|caption| find_field::<T>(caption.as_ref()).is_some()).count()
}

/// The required columns that are not there, by both of their names.
fn missing<T: Record>(captions: &[impl AsRef<str>]) -> Vec<String> {
    let missing = T::fields().iter().filter(|field| field.required && !has(captions, field));
    missing.map(|field| format!("{}/{}", field.caption, field.name)).collect()
}

/// The captions that are not known, each with the one that it is nearest to; `near` is `None` for a known one.
fn unknown(captions: &[impl AsRef<str>], near: impl Fn(&str) -> Option<Option<&'static str>>) -> String {
    let cut = |caption: &str| caption.chars().take(NAMED_CHARS).collect::<String>();
    let named = captions.iter().map(AsRef::as_ref).filter(|caption| !caption.is_empty()).filter_map(|caption| {
        Some(match near(caption)? {
            Some(near) => format!("{} → {near}", cut(caption)),
            None => cut(caption),
        })
    });
    let named: Vec<String> = named.collect();
    let more = if named.len() > NAMED { "…" } else { "" };
    format!("{}{more}", named[..named.len().min(NAMED)].join(", "))
}

/// The column that a caption was probably meant for, among those that are not there, as it is called in the language of the
/// caption.
fn nearest<T: Record>(caption: &str, captions: &[impl AsRef<str>]) -> Option<&'static str> {
    let caption = caption.to_lowercase();
    let is_own = !caption.is_ascii();
    let free = T::fields().iter().filter(|field| !has(captions, field));
    let name = |field: &Field<T>| if is_own { field.caption } else { field.name };
    let meant = MEANT.iter().find(|(word, _)| *word == caption).map(|(_, name)| *name);
    if let Some(field) = free.clone().find(|field| Some(field.name) == meant) {
        return Some(name(field));
    }
    let scored = free.map(|field| (alike(&caption, name(field)), field.required, name(field)));
    scored
        .filter(|(percent, ..)| *percent >= 50)
        .max_by_key(|(percent, required, _)| (*percent, *required))
        .map(|best| best.2)
}

/// How much two words have in common in the same order, in percent.
fn alike(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(NAMED_CHARS).collect(), b.chars().collect());
    let mut row = vec![0_usize; b.len() + 1];
    for left in &a {
        let mut diagonal = 0;
        for (at, right) in b.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if left == right { diagonal + 1 } else { above.max(row[at]) };
            diagonal = above;
        }
    }
    row[b.len()] * 200 / (a.len() + b.len()).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captions_decide_then_the_name() {
        use Kind::{Employees, Units};
        for (name, captions, expected) in [
            ("人员 (1).csv", &["人员编号", "姓名", "主部门"][..], Some(Employees)),
            ("导出.csv", &["部门编号", "部门名称"], Some(Units)),
            ("部门.csv", &["人员编号", "姓名", "主部门"], Some(Employees)),
            ("花名册.csv", &["人员编号", "姓名", "部门编号", "部门名称"], Some(Employees)),
            ("部门.csv", &["人员编号", "姓名", "部门编号", "部门名称", "上级部门编号"], Some(Employees)),
            ("Sheet1", &["工号", "姓名", "部门编号", "部门名称", "上级部门编号"], Some(Employees)),
            ("Sheet1", &["部门编号", "部门名称", "主部门"], Some(Units)),
            ("x.csv", &["id", "name", "mobile"], Some(Employees)),
            ("x.csv", &["id", "name", "head"], Some(Units)),
            ("x.csv", &["id", "name"], Some(Units)),
            ("employees.csv", &["id", "name"], Some(Employees)),
            ("人员.csv", &["名字", "电话号码"], Some(Employees)),
            ("部门和人员.csv", &["名字"], None),
            ("wrong.csv", &["名字", "电话号码", "组"], None),
            ("wrong.csv", &[], None),
        ] {
            assert_eq!(find(name, captions).ok(), expected, "{name} {captions:?}");
        }
        for (captions, expected) in [
            (&["id", "name", "parent_id"][..], Some(Units)),
            (&["id", "name"], None),
            (&["人员编号", "姓名", "部门编号", "部门名称", "上级部门编号"], None),
            (&["姓名", "手机号", "邮箱"], None),
            (&["人员编号", "姓名", "主部门", "职级"], Some(Employees)),
        ] {
            assert_eq!(whole(captions), expected, "{captions:?}");
        }
    }

    #[test]
    fn everything_that_is_missing_and_unknown_is_named() {
        let told = |name: &str, captions: &[&str]| find(name, captions).unwrap_err().reason;
        assert_eq!(
            told("wrong.csv", &["名字", "电话号码", "组", "备注"]),
            "people need 人员编号/id, 姓名/name, 主部门/unit_id; units need 部门编号/id, 部门名称/name; captions that nobody knows: \
             名字 → 姓名, 电话号码 → 手机号, 组 → 主部门, 备注"
        );
        let lacking =
            |captions: &[&str]| lacks::<Employee>("人员", 1, captions).map(|fault| (fault.place.column, fault.reason));
        let (column, reason) = lacking(&["编号", "姓名", "部门", "手机"]).unwrap();
        assert_eq!(column, "");
        assert_eq!(
            reason,
            "required columns are missing: 人员编号/id, 主部门/unit_id; captions that nobody knows: 编号 → 人员编号, 部门 → 主部门, \
             手机 → 手机号"
        );
        let (column, reason) = lacking(&["id", "name", "mail"]).unwrap();
        assert_eq!(
            (column.as_str(), reason.as_str()),
            ("unit_id", "required columns are missing: 主部门/unit_id; captions that nobody knows: mail → email",)
        );
        assert_eq!(lacking(&["id", "name", "unit_id", "更多"]), None, "further columns are kept");
    }
}
