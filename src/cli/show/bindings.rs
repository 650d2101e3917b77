//! Bindings and ambiguous cases.

use super::word;
use crate::cli::language::Language;
use crate::cli::table::table;
use crate::model::{DepartmentBinding, MemberBinding, ResolveCase};
use crate::ops::report::time_text;
use serde::Deserialize;

/// What `bindings list` answers.
#[derive(Deserialize)]
pub struct Bindings {
    members: Vec<MemberBinding>,
    departments: Vec<DepartmentBinding>,
}

/// All bindings of a corp.
pub fn bindings(report: &Bindings, language: Language) -> String {
    let pick = |en, zh| language.pick(en, zh);
    let departments: Vec<Vec<String>> = report
        .departments
        .iter()
        .map(|one| {
            vec![one.unit.to_string(), one.department.to_string(), word(&one.origin), time_text(one.bound_at_ms)]
        })
        .collect();
    let members: Vec<Vec<String>> = report
        .members
        .iter()
        .map(|one| {
            vec![one.employee.to_string(), one.userid.to_string(), word(&one.origin), time_text(one.bound_at_ms)]
        })
        .collect();
    let (origin, since) = (pick("origin", "来源"), pick("since", "时间"));
    let mut text = table(&[pick("unit", "OA 部门"), pick("department", "企业微信部门"), origin, since], &departments);
    text.push('\n');
    text.push_str(&table(&[pick("employee", "OA 人员"), "userid", origin, since], &members));
    text
}

/// What `bindings ambiguous` answers.
#[derive(Deserialize)]
pub struct Ambiguous {
    cases: Vec<ResolveCase>,
}

/// The resolve list.
pub fn ambiguous(report: &Ambiguous, language: Language) -> String {
    let pick = |en, zh| language.pick(en, zh);
    if report.cases.is_empty() {
        return format!("{}\n", pick("Nothing is ambiguous.", "没有待确认的关联。"));
    }
    let rows: Vec<Vec<String>> = report
        .cases
        .iter()
        .map(|case| {
            let employees: Vec<&str> = case.employees.iter().map(|id| id.as_str()).collect();
            let members: Vec<&str> = case.members.iter().map(|id| id.as_str()).collect();
            vec![case.rule.to_string(), case.value.to_string(), employees.join(" "), members.join(" ")]
        })
        .collect();
    table(&[pick("rule", "规则"), pick("value", "值"), pick("employees", "人员"), "userid"], &rows)
}
