//! Which of the two tables a row of captions heads, and what a caption was meant for that nobody knows. Pure.

use super::fault::{Fault, FaultCode, Place};
use super::fields::{Field, Record};
use super::grid::find_field;
use super::values::trim;
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
const MEANT: [(&str, &str); 20] = [
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
    // of a binding file
    ("成员账号", "link"),
    ("企业微信账号", "link"),
    ("userid", "link"),
    ("member", "link"),
    ("binding", "link"),
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
    let (people, units) = (columns::<Employee>(), columns::<OrgUnit>());
    if missing(&units, captions).is_empty() {
        return Ok(Kind::Units);
    }
    if captions.is_empty() {
        return Err(Fault::new(FaultCode::EmptySource, Place::sheet(name), "the file is empty"));
    }
    let reason = format!(
        "people need {}; units need {}; captions that nobody knows: {}",
        missing(&people, captions).join(", "),
        missing(&units, captions).join(", "),
        unknown(captions, |caption| {
            let is_known = people.iter().chain(&units).any(|column| column.is(caption));
            let near = || nearest(&people, caption, captions).or_else(|| nearest(&units, caption, captions));
            (!is_known).then(near)
        })
    );
    Err(Fault::new(FaultCode::UnknownTable, Place::sheet(name), reason))
}

/// The table that the captions are beyond doubt.
pub fn whole(captions: &[impl AsRef<str>]) -> Option<Kind> {
    let is = |known: usize, missing: Vec<String>| known >= WHOLE && missing.is_empty();
    match find("", captions).ok()? {
        Kind::Units => is(known::<OrgUnit>(captions), missing(&columns::<OrgUnit>(), captions)).then_some(Kind::Units),
        Kind::Employees => {
            is(known::<Employee>(captions), missing(&columns::<Employee>(), captions)).then_some(Kind::Employees)
        }
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
    let columns = columns::<T>();
    let reason = lacking(&columns, captions)?;
    let mut missing = columns.iter().filter(|column| column.required && !column.is_in(captions));
    let only = missing.next().filter(|_| missing.next().is_none());
    let place = Place::cell(sheet, row, only.map_or("", |column| column.name));
    Some(Fault::new(FaultCode::MissingColumn, place, reason))
}

/// The same of any table with these columns, in words.
pub fn lacking(columns: &[Column], captions: &[impl AsRef<str>]) -> Option<String> {
    let missing = missing(columns, captions);
    if missing.is_empty() {
        return None;
    }
    let unknown = unknown(captions, |caption| match columns.iter().any(|column| column.is(caption)) {
        true => None,
        false => Some(nearest(columns, caption, captions)),
    });
    let named = missing.join(", ");
    Some(match unknown.is_empty() {
        true => format!("required columns are missing: {named}"),
        false => format!("required columns are missing: {named}; captions that nobody knows: {unknown}"),
    })
}

/// A column by both of its captions.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The English one.
    pub name: &'static str,
    /// The Chinese one.
    pub caption: &'static str,
    /// Whether it must be there.
    pub required: bool,
}

impl Column {
    fn of<T>(field: &Field<T>) -> Self {
        Self { name: field.name, caption: field.caption, required: field.required }
    }

    /// Whether a caption is one of the two.
    pub fn is(&self, caption: &str) -> bool {
        let caption = trim(caption);
        caption.eq_ignore_ascii_case(self.name) || caption == self.caption
    }

    fn is_in(&self, captions: &[impl AsRef<str>]) -> bool {
        captions.iter().any(|caption| self.is(caption.as_ref()))
    }
}

fn columns<T: Record>() -> Vec<Column> {
    T::fields().iter().map(Column::of).collect()
}

fn is_of_people(caption: &str) -> bool {
    let field = find_field::<Employee>(caption).filter(|field| matches!(field.name, "id" | "name"));
    field.is_some() && find_field::<OrgUnit>(caption).is_none()
}

fn known<T: Record>(captions: &[impl AsRef<str>]) -> usize {
    captions.iter().filter(|caption| find_field::<T>(caption.as_ref()).is_some()).count()
}

/// The required columns that are not there, by both of their names.
fn missing(columns: &[Column], captions: &[impl AsRef<str>]) -> Vec<String> {
    let missing = columns.iter().filter(|column| column.required && !column.is_in(captions));
    missing.map(|column| format!("{}/{}", column.caption, column.name)).collect()
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
fn nearest(columns: &[Column], caption: &str, captions: &[impl AsRef<str>]) -> Option<&'static str> {
    let caption = caption.to_lowercase();
    let is_own = !caption.is_ascii();
    let free = columns.iter().filter(|column| !column.is_in(captions));
    let name = |field: &Column| if is_own { field.caption } else { field.name };
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
