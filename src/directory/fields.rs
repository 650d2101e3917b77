//! The columns of the two tables: their names, Chinese captions, and how a value goes in and out.
//!
//! Reading, exporting, comparing and the history all walk these two lists, so they cannot disagree.

use super::values::*;
use crate::model::{Employee, EmployeeId, OrgUnit, Text, UnitId};
use std::collections::{BTreeMap, BTreeSet};

/// A row of one of the two tables.
pub trait Record: Clone + PartialEq + Sized + 'static {
    /// `units` or `employees`: the name of the sheet and of the CSV file.
    const TABLE: &'static str;
    /// The same in Chinese.
    const TABLE_ZH: &'static str;
    /// The columns in the order in which they are exported.
    fn fields() -> &'static [Field<Self>];
    /// A row without values.
    fn blank() -> Self;
    /// The id as text.
    fn id(&self) -> &str;
    /// The name.
    fn name(&self) -> &Text;
    /// The ids in columns that hold several.
    fn listed_ids(&self) -> impl Iterator<Item = &str>;
    /// Further columns.
    fn ext(&self) -> &BTreeMap<Text, Text>;
    /// Further columns.
    fn ext_mut(&mut self) -> &mut BTreeMap<Text, Text>;
}

/// One column.
#[derive(Debug)]
pub struct Field<T: 'static> {
    /// Name in the header and in the history.
    pub name: &'static str,
    /// Chinese caption.
    pub caption: &'static str,
    /// Whether the column and a value must be there.
    pub required: bool,
    /// Characters of a value.
    pub max_chars: usize,
    /// The value as a file holds it.
    pub get: fn(&T) -> Text,
    /// Takes a trimmed value over; empty clears.
    pub set: fn(&mut T, &str) -> Result<(), Refused>,
}

macro_rules! text_field {
    ($name:ident, $caption:literal, $required:literal) => {
        Field {
            name: stringify!($name),
            caption: $caption,
            required: $required,
            max_chars: TEXT_MAX,
            get: |row| row.$name.clone(),
            set: |row, value| {
                row.$name = Text::from(value);
                Ok(())
            },
        }
    };
}

macro_rules! field {
    ($name:literal, $caption:literal, $required:literal, $max:expr, $get:expr, $set:expr) => {
        Field { name: $name, caption: $caption, required: $required, max_chars: $max, get: $get, set: $set }
    };
}

static UNIT_FIELDS: &[Field<OrgUnit>] = &[
    field!("id", "部门编号", true, ID_MAX, |unit| unit.id.0.clone(), |unit, value| {
        unit.id = UnitId(check_id(value)?);
        Ok(())
    }),
    field!(
        "parent_id",
        "上级部门编号",
        false,
        ID_MAX,
        |unit| unit.parent_id.as_ref().map(|id| id.0.clone()).unwrap_or_default(),
        |unit, value| {
            unit.parent_id = optional(value)?.map(UnitId);
            Ok(())
        }
    ),
    field!("name", "部门名称", true, TEXT_MAX, |unit| unit.name.clone(), |unit, value| {
        unit.name = check_line(value)?;
        Ok(())
    }),
    field!(
        "order",
        "排序",
        false,
        TEXT_MAX,
        |unit| unit.order.map(|order| Text::from(order.to_string())).unwrap_or_default(),
        |unit, value| {
            unit.order = parse_order(value)?;
            Ok(())
        }
    ),
    field!(
        "head",
        "部门负责人",
        false,
        TEXT_MAX,
        |unit| join(unit.head.iter().map(EmployeeId::as_str)),
        |unit, value| {
            unit.head = list(value)?.into_iter().map(EmployeeId).collect();
            Ok(())
        }
    ),
];

static EMPLOYEE_FIELDS: &[Field<Employee>] = &[
    field!("id", "人员编号", true, ID_MAX, |row| row.id.0.clone(), |row, value| {
        row.id = EmployeeId(check_id(value)?);
        Ok(())
    }),
    text_field!(account, "账号", false),
    text_field!(employee_no, "工号", false),
    field!("name", "姓名", true, TEXT_MAX, |row| row.name.clone(), |row, value| {
        row.name = check_line(value)?;
        Ok(())
    }),
    text_field!(mobile, "手机号", false),
    text_field!(email, "邮箱", false),
    field!("gender", "性别", false, TEXT_MAX, |row| gender_name(row.gender).into(), |row, value| {
        row.gender = parse_gender(value)?;
        Ok(())
    }),
    text_field!(position, "职位", false),
    field!("unit_id", "主部门", true, ID_MAX, |row| row.unit_id.0.clone(), |row, value| {
        row.unit_id = UnitId(check_id(value)?);
        Ok(())
    }),
    field!(
        "part_time_unit_ids",
        "兼职部门",
        false,
        TEXT_MAX,
        |row| join(row.part_time_unit_ids.iter().map(UnitId::as_str)),
        |row, value| {
            row.part_time_unit_ids = list(value)?.into_iter().map(UnitId).collect();
            Ok(())
        }
    ),
    field!(
        "superior_id",
        "直接上级",
        false,
        ID_MAX,
        |row| row.superior_id.as_ref().map(|id| id.0.clone()).unwrap_or_default(),
        |row, value| {
            row.superior_id = optional(value)?.map(EmployeeId);
            Ok(())
        }
    ),
    text_field!(telephone, "座机", false),
    text_field!(alias, "别名", false),
    text_field!(address, "地址", false),
    field!("status", "状态", false, TEXT_MAX, |row| status_name(row.status).into(), |row, value| {
        row.status = parse_status(value)?;
        Ok(())
    }),
    field!(
        "admin",
        "管理员",
        false,
        TEXT_MAX,
        |row| if row.admin { Text::from("true") } else { Text::default() },
        |row, value| {
            row.admin = parse_yes(value)?;
            Ok(())
        }
    ),
];

impl Record for OrgUnit {
    const TABLE: &'static str = "units";
    const TABLE_ZH: &'static str = "部门";
    fn fields() -> &'static [Field<Self>] {
        UNIT_FIELDS
    }
    fn blank() -> Self {
        let (id, ext) = (UnitId::from(""), BTreeMap::new());
        Self { id, parent_id: None, name: Text::default(), order: None, head: Vec::new(), ext }
    }
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn name(&self) -> &Text {
        &self.name
    }
    fn listed_ids(&self) -> impl Iterator<Item = &str> {
        self.head.iter().map(EmployeeId::as_str)
    }
    fn ext(&self) -> &BTreeMap<Text, Text> {
        &self.ext
    }
    fn ext_mut(&mut self) -> &mut BTreeMap<Text, Text> {
        &mut self.ext
    }
}

impl Record for Employee {
    const TABLE: &'static str = "employees";
    const TABLE_ZH: &'static str = "人员";
    fn fields() -> &'static [Field<Self>] {
        EMPLOYEE_FIELDS
    }
    fn blank() -> Self {
        Self::new("", "", "")
    }
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn name(&self) -> &Text {
        &self.name
    }
    fn listed_ids(&self) -> impl Iterator<Item = &str> {
        self.part_time_unit_ids.iter().map(UnitId::as_str)
    }
    fn ext(&self) -> &BTreeMap<Text, Text> {
        &self.ext
    }
    fn ext_mut(&mut self) -> &mut BTreeMap<Text, Text> {
        &mut self.ext
    }
}

/// Which columns a source states. What it does not state is left as it is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// Names out of [`Record::fields`], each with the caption that the source gives it.
    pub known: BTreeMap<&'static str, Text>,
    /// Further columns.
    pub ext: BTreeSet<Text>,
    /// Whether the source states all further columns there are: those that it does not name are cleared.
    pub all_ext: bool,
}

impl Columns {
    /// Every column, as in a REST body.
    pub fn all<T: Record>() -> Self {
        let known = T::fields().iter().map(|field| (field.name, field.name.into())).collect();
        Self { known, ext: BTreeSet::new(), all_ext: true }
    }

    /// How the source calls a column.
    pub fn caption<'c>(&'c self, name: &'c str) -> &'c str {
        self.known.get(name).map_or(name, Text::as_str)
    }

    /// Fills what the source does not state into `row` from what is stored.
    pub fn complete<T: Record>(&self, row: &mut T, stored: &T) {
        for field in T::fields().iter().filter(|field| !self.known.contains_key(field.name)) {
            // a stored value was accepted once; the present rules may be narrower, then the stored value stays out
            let _ = (field.set)(row, &(field.get)(stored));
        }
        if !self.all_ext {
            for (key, value) in stored.ext().iter().filter(|(key, _)| !self.ext.contains(*key)) {
                row.ext_mut().insert(key.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::FaultCode;

    fn set<T: Record>(row: &mut T, name: &str, value: &str) -> Result<Text, FaultCode> {
        let field = T::fields().iter().find(|field| field.name == name).unwrap();
        (field.set)(row, value).map_err(|refused| refused.0)?;
        Ok((field.get)(row))
    }

    #[test]
    fn values_in_and_out() {
        let bad = Err(FaultCode::BadValue);
        for (name, value, expected) in [
            ("gender", "男", Ok("male")),
            ("gender", "2", Ok("female")),
            ("gender", "", Ok("")),
            ("gender", "x", bad),
            ("status", "离职", Ok("departed")),
            ("status", "", Ok("active")),
            ("status", "gone", bad),
            ("admin", "是", Ok("true")),
            ("admin", "FALSE", Ok("")),
            ("admin", "maybe", bad),
            ("part_time_unit_ids", "a; b；a;", Ok("a;b")),
            ("id", "a;b", bad),
            ("id", "a\u{200b}b", bad),
            ("name", "a\nb", bad),
            ("superior_id", "", Ok("")),
        ] {
            let got = set(&mut Employee::blank(), name, value);
            assert_eq!(got, expected.map(Text::from), "employee {name} = {value:?}");
        }
        for (name, value, expected) in [
            ("order", "0", Ok("0")),
            ("order", "4294967295", Ok("4294967295")),
            ("order", "4294967296", bad),
            ("order", "-1", bad),
            ("order", "1.5", bad),
            ("order", "", Ok("")),
            ("head", "E1;E2", Ok("E1;E2")),
            ("parent_id", "", Ok("")),
        ] {
            let got = set(&mut OrgUnit::blank(), name, value);
            assert_eq!(got, expected.map(Text::from), "unit {name} = {value:?}");
        }
    }

    #[test]
    fn what_a_source_does_not_state_stays() {
        let mut stored = Employee::new("1", "old", "u");
        stored.mobile = "13800000000".into();
        stored.ext = BTreeMap::from([("a".into(), "1".into()), ("b".into(), "2".into())]);
        let known = ["id", "name", "unit_id"].map(|name| (name, name.into())).into();
        let columns = Columns { known, ext: ["a".into()].into(), all_ext: false };
        let mut row = Employee::new("1", "new", "u");
        columns.complete(&mut row, &stored);
        assert_eq!((row.name.as_str(), row.mobile.as_str()), ("new", "13800000000"));
        assert_eq!(row.ext, BTreeMap::from([("b".into(), "2".into())]));
    }
}
