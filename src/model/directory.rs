//! The OA side: tenants, org units, employees.

use super::ids::{EmployeeId, TenantKey, Text, UnitId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// One organisation with its own OA directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Tenant {
    /// Stable key, used in URLs.
    pub key: TenantKey,
    /// Shown name.
    pub name: String,
}

/// A unit of the OA's org tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrgUnit {
    /// Stable id given by the OA.
    pub id: UnitId,
    /// The unit above; `None` for the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<UnitId>,
    /// Shown name.
    #[schema(value_type = String)]
    pub name: Text,
    /// Position among siblings, smaller first; `None` leaves WeCom's order alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<u32>,
    /// Heads of the unit, the first one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub head: Vec<EmployeeId>,
    /// Further columns of the source, by header.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, String>)]
    pub ext: BTreeMap<Text, Text>,
}

/// Gender as the OA states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Gender {
    /// Not stated.
    #[default]
    Unknown,
    /// 男
    Male,
    /// 女
    Female,
}

impl Gender {
    /// Whether nothing is stated.
    pub fn is_unknown(&self) -> bool {
        *self == Self::Unknown
    }

    /// WeCom's spelling: `0`, `1` (male), `2` (female); source: doc path 90195.
    pub fn wire(self) -> &'static str {
        match self {
            Self::Unknown => "0",
            Self::Male => "1",
            Self::Female => "2",
        }
    }
}

/// Whether an employee works here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum EmployeeStatus {
    /// 在职
    #[default]
    Active,
    /// 离职
    Departed,
}

impl EmployeeStatus {
    /// Whether the employee is active.
    pub fn is_active(&self) -> bool {
        *self == Self::Active
    }
}

/// A person of the OA directory. Absent texts are empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Employee {
    /// Stable id given by the OA.
    pub id: EmployeeId,
    /// Log-in account.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    #[schema(value_type = String)]
    pub account: Text,
    /// Employee number.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    #[schema(value_type = String)]
    pub employee_no: Text,
    /// Shown name.
    #[schema(value_type = String)]
    pub name: Text,
    /// Mobile number.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    #[schema(value_type = String)]
    pub mobile: Text,
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    #[schema(value_type = String)]
    pub email: Text,
    /// Gender.
    #[serde(default, skip_serializing_if = "Gender::is_unknown")]
    pub gender: Gender,
    /// Job title.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    #[schema(value_type = String)]
    pub position: Text,
    /// Main unit.
    pub unit_id: UnitId,
    /// Part-time units, the main unit not among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub part_time_unit_ids: Vec<UnitId>,
    /// Direct superior.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superior_id: Option<EmployeeId>,
    /// Landline.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    #[schema(value_type = String)]
    pub telephone: Text,
    /// Alias.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    #[schema(value_type = String)]
    pub alias: Text,
    /// Address.
    #[serde(default, skip_serializing_if = "Text::is_empty")]
    #[schema(value_type = String)]
    pub address: Text,
    /// Active or departed.
    #[serde(default, skip_serializing_if = "EmployeeStatus::is_active")]
    pub status: EmployeeStatus,
    /// Whether this person administers the OA (DIR-21: the last one is never removed).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub admin: bool,
    /// Further columns of the source, by header.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, String>)]
    pub ext: BTreeMap<Text, Text>,
}

impl Employee {
    /// An active employee with nothing but the required fields.
    pub fn new(id: impl Into<EmployeeId>, name: &str, unit_id: impl Into<UnitId>) -> Self {
        Self {
            id: id.into(),
            account: Text::default(),
            employee_no: Text::default(),
            name: Text::from(name),
            mobile: Text::default(),
            email: Text::default(),
            gender: Gender::Unknown,
            position: Text::default(),
            unit_id: unit_id.into(),
            part_time_unit_ids: Vec::new(),
            superior_id: None,
            telephone: Text::default(),
            alias: Text::default(),
            address: Text::default(),
            status: EmployeeStatus::Active,
            admin: false,
            ext: BTreeMap::new(),
        }
    }
}
