//! Ordered match rules (DIR-08, DIR-33, DIR-62, BIND-04): who of the unbound belongs together. Stored bindings are
//! never changed, and a rule that hits more than one candidate on either side binds nobody. A single hit on a value that
//! several members may have (a name, an alias, an attribute) proves nothing either while there are unbound members whose
//! details cannot be read, or who are out of sight altogether: one of those may be the right one.

use super::normal;
use crate::model::{
    Access, Corp, Employee, EmployeeId, MatchRule, Member, MemberBinding, MemberField, ResolveCase, Text, UserId,
};
use hashbrown::{HashMap, HashSet};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What the rules found, sorted by employee id and by rule and value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matches {
    /// Pairs to be bound.
    pub bound: Vec<Match>,
    /// Cases for a person.
    pub ambiguous: Vec<ResolveCase>,
}

/// An employee and a member that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// OA side.
    pub employee: EmployeeId,
    /// WeCom side, as WeCom writes it.
    pub userid: UserId,
    /// The rule that hit, e.g. `employee_no = userid`.
    pub rule: Text,
}

/// A rule names a field that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("match rule {rule:?} names {field:?}: {side} fields are {allowed}")]
pub struct UnknownMatchField {
    /// The whole rule.
    pub rule: String,
    /// What it names.
    pub field: String,
    /// `employee` or `member`.
    pub side: &'static str,
    /// What it may name.
    pub allowed: &'static str,
}

/// The name of a rule in plans, bindings and the resolve list.
pub fn rule_name(rule: &MatchRule) -> Text {
    Text::from(format!("{} = {}", rule.employee, rule.member))
}

/// Whether every rule names fields that exist.
pub fn check_rules(rules: &[MatchRule]) -> Result<(), UnknownMatchField> {
    rules.iter().try_for_each(|rule| CompiledRule::compile(rule).map(|_| ()))
}

/// Whether every member of the corp can take part, so that a single hit is the only one. Where nothing is ever written a
/// wrong link hurts nobody in WeCom, and the visible range is the part of the corp that is meant.
pub fn sees_all(corp: &Corp, is_complete: bool) -> bool {
    is_complete || corp.access != Access::ReadWrite
}

/// Finds what belongs together among the active employees and the members that have no binding.
///
/// Rules are tried in order; whoever one rule binds or finds ambiguous takes no part in the later ones. Empty values
/// match nobody; where a single hit may not be the only one it is ambiguous too; userids and e-mail addresses compare
/// without case, mobiles without spaces and country code.
pub fn match_members(
    rules: &[MatchRule],
    employees: &[Employee],
    members: &[Member],
    bindings: &[MemberBinding],
    sees_all: bool,
) -> Result<Matches, UnknownMatchField> {
    let bound_employees: HashSet<&str> = bindings.iter().map(|binding| binding.employee.as_str()).collect();
    let bound_members: HashSet<Text> = bindings.iter().map(|binding| binding.userid.folded()).collect();
    let mut open_employees: Vec<&Employee> = employees
        .iter()
        .filter(|employee| employee.status.is_active() && !bound_employees.contains(employee.id.as_str()))
        .collect();
    let mut open_members: Vec<&Member> =
        members.iter().filter(|member| !bound_members.contains(&member.userid.folded())).collect();
    match_open(rules, &mut open_employees, &mut open_members, sees_all)
}

/// As [`match_members`], over those that are known to be unbound.
pub(super) fn match_open(
    rules: &[MatchRule],
    employees: &mut Vec<&Employee>,
    members: &mut Vec<&Member>,
    sees_all: bool,
) -> Result<Matches, UnknownMatchField> {
    let mut matches = Matches::default();
    for rule in rules {
        settle(rule, employees, members, sees_all, &mut matches)?;
    }
    matches.bound.sort_by(|a, b| a.employee.cmp(&b.employee));
    Ok(matches)
}

/// Applies one rule: whom it binds or finds ambiguous goes into `matches` and out of the open ones.
pub(super) fn settle(
    rule: &MatchRule,
    employees: &mut Vec<&Employee>,
    members: &mut Vec<&Member>,
    sees_all: bool,
    matches: &mut Matches,
) -> Result<(), UnknownMatchField> {
    let compiled = CompiledRule::compile(rule)?;
    if employees.is_empty() || members.is_empty() {
        return Ok(());
    }
    let is_unsure = compiled.is_unsure(members, sees_all);
    let mut groups: BTreeMap<Cow<'_, str>, (Vec<&Employee>, Vec<&Member>)> = BTreeMap::new();
    let mut by_value: HashMap<Cow<'_, str>, Vec<&Member>> = HashMap::new();
    for member in members.iter() {
        let value = compiled.of_member(member);
        if !value.is_empty() {
            by_value.entry(value).or_default().push(member);
        }
    }
    for employee in employees.iter() {
        let value = compiled.of_employee(employee);
        if let Some(members) = by_value.get(&value) {
            let group = groups.entry(value).or_insert_with(|| (Vec::new(), members.clone()));
            group.0.push(employee);
        }
    }
    let name = rule_name(rule);
    let mut settled_employees: HashSet<&str> = HashSet::new();
    let mut settled_members: HashSet<&str> = HashSet::new();
    for (value, (group_employees, group_members)) in &groups {
        settled_employees.extend(group_employees.iter().map(|employee| employee.id.as_str()));
        settled_members.extend(group_members.iter().map(|member| member.userid.as_str()));
        if let ([employee], [member], false) = (group_employees.as_slice(), group_members.as_slice(), is_unsure) {
            matches.bound.push(Match {
                employee: employee.id.clone(),
                userid: member.userid.clone(),
                rule: name.clone(),
            });
        } else {
            let mut case = ResolveCase {
                rule: name.clone(),
                value: Text::from(value.as_ref()),
                employees: group_employees.iter().map(|employee| employee.id.clone()).collect(),
                members: group_members.iter().map(|member| member.userid.clone()).collect(),
            };
            case.employees.sort();
            case.members.sort();
            matches.ambiguous.push(case);
        }
    }
    employees.retain(|employee| !settled_employees.contains(employee.id.as_str()));
    members.retain(|member| !settled_members.contains(member.userid.as_str()));
    Ok(())
}

/// The fields that a rule may name on the OA side.
pub const EMPLOYEE_FIELDS: &str = "id, account, employee_no, name, mobile, email, alias, ext.<key>";
/// The fields that a rule may name on the WeCom side.
pub const MEMBER_FIELDS: &str = "userid, alias, name, mobile, email, biz_mail, extattr.<name>";

/// A rule whose fields are known to exist.
pub(super) struct CompiledRule<'r> {
    employee: EmployeeSide<'r>,
    member: Option<MemberField>,
}

enum EmployeeSide<'r> {
    Id,
    Account,
    EmployeeNo,
    Name,
    Mobile,
    Email,
    Alias,
    Ext(&'r str),
}

impl<'r> CompiledRule<'r> {
    pub(super) fn compile(rule: &'r MatchRule) -> Result<Self, UnknownMatchField> {
        let unknown = |field: &str, side, allowed| UnknownMatchField {
            rule: rule_name(rule).to_string(),
            field: field.to_owned(),
            side,
            allowed,
        };
        let employee = match rule.employee.as_str() {
            "id" => EmployeeSide::Id,
            "account" => EmployeeSide::Account,
            "employee_no" => EmployeeSide::EmployeeNo,
            "name" => EmployeeSide::Name,
            "mobile" => EmployeeSide::Mobile,
            "email" => EmployeeSide::Email,
            "alias" => EmployeeSide::Alias,
            other => match other.strip_prefix("ext.") {
                Some(key) if !key.is_empty() => EmployeeSide::Ext(key),
                _ => return Err(unknown(other, "employee", EMPLOYEE_FIELDS)),
            },
        };
        let member = match rule.member.as_str() {
            "userid" => None,
            other => match MemberField::find(other) {
                Some(
                    field @ (MemberField::Alias
                    | MemberField::Name
                    | MemberField::Mobile
                    | MemberField::Email
                    | MemberField::BizMail
                    | MemberField::ExtAttr(_)),
                ) => Some(field),
                _ => return Err(unknown(other, "member", MEMBER_FIELDS)),
            },
        };
        Ok(Self { employee, member })
    }

    /// Whether a single hit among these open members may not be the only one. Userids, mobiles and e-mail addresses are one
    /// member's each (doc path 90195: they are refused when taken); anything else a member that is not read may have too.
    pub(super) fn is_unsure(&self, members: &[&Member], sees_all: bool) -> bool {
        matches!(self.member, Some(MemberField::Name | MemberField::Alias | MemberField::ExtAttr(_)))
            && (!sees_all || members.iter().any(|member| !member.has_details))
    }

    /// The employee's value in the form in which it is compared; empty = matches nobody.
    pub(super) fn of_employee<'e>(&self, employee: &'e Employee) -> Cow<'e, str> {
        let value = match self.employee {
            EmployeeSide::Id => employee.id.as_str(),
            EmployeeSide::Account => &employee.account,
            EmployeeSide::EmployeeNo => &employee.employee_no,
            EmployeeSide::Name => &employee.name,
            EmployeeSide::Mobile => &employee.mobile,
            EmployeeSide::Email => &employee.email,
            EmployeeSide::Alias => &employee.alias,
            EmployeeSide::Ext(key) => employee.ext.get(key).map_or("", |value| value),
        };
        self.normal(value)
    }

    /// The member's value in the form in which it is compared; empty or unreadable = matches nobody.
    pub(super) fn of_member<'m>(&self, member: &'m Member) -> Cow<'m, str> {
        let value = match &self.member {
            None => member.userid.as_str(),
            Some(field) => member.fields.get(field).map_or("", |value| value),
        };
        self.normal(value)
    }

    pub(super) fn normal<'v>(&self, value: &'v str) -> Cow<'v, str> {
        let value = value.trim();
        match self.member {
            None | Some(MemberField::Email | MemberField::BizMail) => normal::folded(value),
            Some(MemberField::Mobile) => normal::mobile(value),
            _ => Cow::Borrowed(value),
        }
    }
}
