//! Every option of a corp's pull and downstream, as the set-up file spells it (`setup-example.toml`). The same types
//! are read from the file, kept in the store, answered by the API and planned with.

use super::ids::{EmployeeId, UnitId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// One match rule: an unbound employee and an unbound member with the same value belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchRule {
    /// `account`, `employee_no`, `name`, `mobile`, `email`, `ext.<key>`
    pub employee: String,
    /// `userid`, `alias`, `name`, `mobile`, `email`, `extattr.<name>`
    pub member: String,
}

/// WeCom → mirror.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PullOptions {
    /// Bind new members by the match rules (DIR-08).
    pub auto_bind: bool,
    /// Schedule, six fields with seconds; empty = manual only (DIR-09).
    pub cron: String,
    /// IANA name of the schedule's zone.
    pub time_zone: String,
    /// How details are read; `auto` asks what the credentials may do (PEER-15).
    pub strategy: StrategyChoice,
}

impl Default for PullOptions {
    fn default() -> Self {
        Self { auto_bind: true, cron: String::new(), time_zone: "Asia/Shanghai".into(), strategy: StrategyChoice::Auto }
    }
}

/// Which read strategy a pull uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StrategyChoice {
    /// Chosen by what the credentials may do.
    #[default]
    Auto,
    /// `department/list` and `user/list` with one secret.
    Lists,
    /// `user/list_id` with the contacts secret, details with the app's.
    IdsAndDetails,
    /// Asynchronous export.
    Export,
}

/// What happens to a member whose employee departed (DIR-46).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Leaver {
    /// Still listed, still occupies a seat, can be enabled again.
    #[default]
    Disable,
    /// Seat freed, chat history gone for good.
    Delete,
}

/// What happens to a bound member whose employee left the scope (DIR-53).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OutOfScope {
    /// Nothing.
    Keep,
    /// As a leaver with `disable`.
    #[default]
    Disable,
    /// As a leaver with `delete`.
    Delete,
}

/// OA → WeCom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DownstreamOptions {
    /// Whether plans may be applied at all.
    pub enabled: bool,
    /// Department id to hang everything under; 0 = root against root (DIR-40, 59, 60).
    pub top_department: u32,
    /// Employee field that gives a new member's userid (DIR-57).
    pub userid_from: String,
    /// Create new members (DIR-41, PEER-03).
    pub create_members: bool,
    /// Update members and departments (PEER-03).
    pub update: bool,
    /// Disable or delete members, delete departments (PEER-03).
    pub remove: bool,
    /// Send WeCom's invitation to new members (DIR-42).
    pub invite: bool,
    /// Part-time units count toward membership and scope (DIR-43).
    pub include_part_time: bool,
    /// Write superiors to `direct_leader` (DIR-25).
    pub superiors_to_wecom: bool,
    /// Departments of members are wholly those of the OA: what was added in WeCom is taken away (DIR-44, 45).
    pub departments_follow_oa: bool,
    /// Departed employees.
    pub leaver: Leaver,
    /// Bound employees outside the scope.
    pub out_of_scope: OutOfScope,
    /// Disabled members are deleted after so many days; 0 = never (DIR-47).
    pub delete_after_days: u32,
    /// Where disabled members are moved; empty = they stay (DIR-48).
    pub disabled_department: String,
    /// Schedule, six fields with seconds; empty = manual only (DIR-55).
    pub cron: String,
    /// IANA name of the schedule's zone.
    pub time_zone: String,
    /// Who is synced.
    pub scope: Scope,
    /// What holds a plan.
    pub guard: GuardLimits,
    /// Member field = text with `{{ CEL }}` holes (DIR-49, PEER-08). Absent fields have the default mapping;
    /// an empty text switches a field off.
    pub fields: BTreeMap<String, String>,
    /// External profile likewise (DIR-50).
    pub external_fields: BTreeMap<String, String>,
}

impl Default for DownstreamOptions {
    fn default() -> Self {
        Self {
            enabled: false,
            top_department: 0,
            userid_from: "employee_no".into(),
            create_members: true,
            update: true,
            remove: true,
            invite: false,
            include_part_time: false,
            superiors_to_wecom: false,
            departments_follow_oa: true,
            leaver: Leaver::Disable,
            out_of_scope: OutOfScope::Disable,
            delete_after_days: 0,
            disabled_department: "已禁用用户".into(),
            cron: String::new(),
            time_zone: "Asia/Shanghai".into(),
            scope: Scope::default(),
            guard: GuardLimits::default(),
            fields: BTreeMap::new(),
            external_fields: BTreeMap::new(),
        }
    }
}

/// Who is synced; all empty = everybody (DIR-51). Exclude beats include (DIR-52).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Scope {
    /// Units with everything below.
    pub units: Vec<UnitId>,
    /// Employees in scope whatever their unit.
    pub include: Vec<EmployeeId>,
    /// Employees never in scope.
    pub exclude: Vec<EmployeeId>,
    /// CEL over the employee (PEER-09); empty = no filter.
    pub filter: String,
}

/// What holds a plan until a named person allows it (PEER-01, DIR-54, BEY-05).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GuardLimits {
    /// Members disabled or deleted in one plan.
    pub max_removals: u32,
    /// The same, in percent of the bound members.
    pub max_removal_percent: u32,
    /// Departments deleted in one plan.
    pub max_department_removals: u32,
    /// Fewer employees than in the previous run.
    pub max_source_drop: u32,
    /// Members disabled or deleted within 30 days.
    pub max_removals_30_days: u32,
    /// Members who leave a department, alone or below a department that moves, in percent of the linked ones; counted from
    /// 20 people on. 0 = off.
    pub max_moves_percent: u32,
    /// Values that become empty, in percent of those there are, in the field that loses most; counted from 20 on. 0 = off.
    pub max_cleared_fields_percent: u32,
    /// Departments deleted in one plan, in percent of the linked ones; counted from 10 on. 0 = off.
    pub max_department_removal_percent: u32,
    /// Linked members whose name becomes another one, in percent of those whose name is known; counted from 20 on. 0 = off.
    pub max_changed_names_percent: u32,
    /// The same of mobiles: whoever holds the number signs in.
    pub max_changed_mobiles_percent: u32,
    /// The same of e-mail addresses.
    pub max_changed_emails_percent: u32,
}

impl Default for GuardLimits {
    fn default() -> Self {
        Self {
            max_removals: 50,
            max_removal_percent: 10,
            max_department_removals: 20,
            max_source_drop: 100,
            max_removals_30_days: 200,
            max_moves_percent: 50,
            max_cleared_fields_percent: 30,
            max_department_removal_percent: 20,
            max_changed_names_percent: 30,
            max_changed_mobiles_percent: 30,
            max_changed_emails_percent: 30,
        }
    }
}

/// Mirror → OA. Kept so that the set-up file round-trips; `enabled = true` is refused until the engine runs that way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UpstreamOptions {
    /// Changes in WeCom are carried over to the OA (DIR-10).
    pub enabled: bool,
    /// Superiors are taken from WeCom (DIR-23).
    pub superiors_from_wecom: bool,
}
