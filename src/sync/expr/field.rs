//! The variables of an expression: the fields of one employee and of the unit it belongs to.

use crate::expr::{Subject, Variable};
use crate::model::{Employee, Gender, Text};
use cel::common::types::{CelBool, CelMap, CelMapKey, CelString};
use cel::common::value::{CowVal, Val};
use std::borrow::Cow;
use std::collections::HashMap;

/// What an expression looks at.
#[derive(Debug, Clone, Copy)]
pub struct Person<'a> {
    /// The employee.
    pub employee: &'a Employee,
    /// Name of the main unit; empty when the unit is unknown.
    pub unit_name: &'a str,
    /// Names from the root to the main unit, joined by `/`, e.g. `总部/研发/平台`.
    pub unit_path: &'a str,
}

/// One variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// `id`
    Id,
    /// `account`
    Account,
    /// `employee_no`
    EmployeeNo,
    /// `name`
    Name,
    /// `mobile`
    Mobile,
    /// `email`
    Email,
    /// `gender`: `male`, `female` or empty
    Gender,
    /// `position`
    Position,
    /// `unit_id`
    UnitId,
    /// `unit_name`
    UnitName,
    /// `unit_path`
    UnitPath,
    /// `telephone`
    Telephone,
    /// `alias`
    Alias,
    /// `address`
    Address,
    /// `status`: `active` or `departed`
    Status,
    /// `admin`, a truth value
    Admin,
    /// `superior_id`; empty where there is none
    SuperiorId,
    /// `ext.<key>`; empty where the employee has no such column
    Ext(Text),
}

impl Field {
    /// The names of all variables but the further columns (`ext`).
    pub const NAMES: [&'static str; 17] = [
        "id",
        "account",
        "employee_no",
        "name",
        "mobile",
        "email",
        "gender",
        "position",
        "unit_id",
        "unit_name",
        "unit_path",
        "telephone",
        "alias",
        "address",
        "status",
        "admin",
        "superior_id",
    ];

    /// The field with this name; `ext.<key>` takes letters of any script, digits and `_` as key.
    pub fn find(name: &str) -> Option<Self> {
        Some(match name {
            "id" => Self::Id,
            "account" => Self::Account,
            "employee_no" => Self::EmployeeNo,
            "name" => Self::Name,
            "mobile" => Self::Mobile,
            "email" => Self::Email,
            "gender" => Self::Gender,
            "position" => Self::Position,
            "unit_id" => Self::UnitId,
            "unit_name" => Self::UnitName,
            "unit_path" => Self::UnitPath,
            "telephone" => Self::Telephone,
            "alias" => Self::Alias,
            "address" => Self::Address,
            "status" => Self::Status,
            "admin" => Self::Admin,
            "superior_id" => Self::SuperiorId,
            _ => {
                let key = name.strip_prefix("ext.")?;
                let plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_');
                return plain.then(|| Self::Ext(key.into()));
            }
        })
    }

    /// The field's value as text.
    pub fn read<'a>(&self, person: &Person<'a>) -> &'a str {
        let employee = person.employee;
        match self {
            Self::Id => employee.id.as_str(),
            Self::Account => &employee.account,
            Self::EmployeeNo => &employee.employee_no,
            Self::Name => &employee.name,
            Self::Mobile => &employee.mobile,
            Self::Email => &employee.email,
            Self::Gender => gender(employee.gender),
            Self::Position => &employee.position,
            Self::UnitId => employee.unit_id.as_str(),
            Self::UnitName => person.unit_name,
            Self::UnitPath => person.unit_path,
            Self::Telephone => &employee.telephone,
            Self::Alias => &employee.alias,
            Self::Address => &employee.address,
            Self::Status => {
                if employee.status.is_active() {
                    "active"
                } else {
                    "departed"
                }
            }
            Self::Admin => {
                if employee.admin {
                    "true"
                } else {
                    "false"
                }
            }
            Self::SuperiorId => employee.superior_id.as_ref().map_or("", |id| id.as_str()),
            Self::Ext(key) => employee.ext.get(key).map_or("", |value| value),
        }
    }

    /// The further column that it reads, if it is one.
    pub fn column(&self) -> Option<&Text> {
        match self {
            Self::Ext(key) => Some(key),
            _ => None,
        }
    }

    /// The name under which [`Field::find`] finds it.
    pub fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Id => "id",
            Self::Account => "account",
            Self::EmployeeNo => "employee_no",
            Self::Name => "name",
            Self::Mobile => "mobile",
            Self::Email => "email",
            Self::Gender => "gender",
            Self::Position => "position",
            Self::UnitId => "unit_id",
            Self::UnitName => "unit_name",
            Self::UnitPath => "unit_path",
            Self::Telephone => "telephone",
            Self::Alias => "alias",
            Self::Address => "address",
            Self::Status => "status",
            Self::Admin => "admin",
            Self::SuperiorId => "superior_id",
            Self::Ext(key) => return Cow::Owned(format!("ext.{key}")),
        })
    }
}

impl Variable for Field {
    const NAMES: &'static [&'static str] = &Self::NAMES;
    const MAP: &'static str = "ext";
    const MAP_HINT: &'static str = "ext.<column>";

    fn find(name: &str) -> Option<Self> {
        Self::find(name)
    }

    fn of_key(key: Text) -> Self {
        Self::Ext(key)
    }

    fn key(&self) -> Option<&Text> {
        self.column()
    }

    fn name(&self) -> Cow<'static, str> {
        self.name()
    }
}

impl<'a> Subject<'a, Field> for &Person<'a> {
    fn text(self, variable: &Field) -> Cow<'a, str> {
        Cow::Borrowed(variable.read(self))
    }

    fn value<'b>(self, variable: &Field) -> CowVal<'b, 'b>
    where
        'a: 'b,
    {
        match variable {
            Field::Admin => CowVal::owned(CelBool::from(self.employee.admin)),
            other => CowVal::owned(CelString::from(other.read(self))),
        }
    }

    fn map<'b>(self) -> CowVal<'b, 'b>
    where
        'a: 'b,
    {
        let entries = self.employee.ext.iter().map(|(key, value)| {
            let value: Box<dyn Val + 'b> = Box::new(CelString::from(value.as_str()));
            (CelMapKey::from(key.as_str()), value)
        });
        CowVal::owned(CelMap::from(entries.collect::<HashMap<CelMapKey<'b>, Box<dyn Val + 'b>>>()))
    }

    fn find_longer(self, max_chars: usize) -> Option<String> {
        let is_long = |value: &str| value.len() > max_chars && value.chars().nth(max_chars).is_some();
        self.employee.ext.iter().find(|(_, value)| is_long(value)).map(|(key, _)| format!("ext.{key}"))
    }
}

fn gender(gender: Gender) -> &'static str {
    match gender {
        Gender::Unknown => "",
        Gender::Male => "male",
        Gender::Female => "female",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_and_read() {
        let employee = Employee::new("e1", "张三", "u1");
        let person = Person { employee: &employee, unit_name: "研发", unit_path: "总部/研发" };
        for name in Field::NAMES {
            let field = Field::find(name).unwrap_or_else(|| panic!("{name} is not found"));
            assert_eq!(field.name(), name);
            field.read(&person);
        }
        assert_eq!(Field::find("ext.工号"), Some(Field::Ext("工号".into())));
        for name in ["ext.", "ext.a-b", "ext.a b", "Name", "", "unit"] {
            assert_eq!(Field::find(name), None, "{name:?}");
        }
    }
}
