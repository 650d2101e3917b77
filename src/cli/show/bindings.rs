//! Bindings and ambiguous cases.

use crate::cli::language::Language;
use crate::cli::table::table;
use crate::model::{DepartmentBinding, MemberBinding, ResolveCase};
use crate::ops::report::time_text;
use crate::sync::bindings::LinkImport;
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
            vec![
                one.unit.to_string(),
                one.department.to_string(),
                language.t().link_origin(one.origin).to_owned(),
                time_text(one.bound_at_ms),
            ]
        })
        .collect();
    let members: Vec<Vec<String>> = report
        .members
        .iter()
        .map(|one| {
            vec![
                one.employee.to_string(),
                one.userid.to_string(),
                language.t().link_origin(one.origin).to_owned(),
                time_text(one.bound_at_ms),
            ]
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

/// What a binding file did, or would do.
pub fn link_import(report: &LinkImport, language: Language) -> String {
    let (bound, unchanged, empty) = (report.bound, report.unchanged, report.empty);
    let mut text = match (language, report.written) {
        (Language::En, true) => {
            format!("bound now: {bound}; bound before: {unchanged}; rows without a value: {empty}\n")
        }
        (Language::En, false) => {
            format!("would be bound: {bound}; bound before: {unchanged}; rows without a value: {empty}\n")
        }
        (Language::Zh, true) => format!("新关联 {bound} 人；原已关联 {unchanged} 人；未填写 {empty} 行\n"),
        (Language::Zh, false) => format!("将关联 {bound} 人；原已关联 {unchanged} 人；未填写 {empty} 行\n"),
    };
    if report.faults_total > 0 {
        text.push_str(&match language {
            Language::En => format!("rows that are not used: {}\n", report.faults_total),
            Language::Zh => format!("未使用的行：{}\n", report.faults_total),
        });
    }
    for fault in &report.faults {
        text.push_str(&match language {
            Language::En => format!("  row {}, employee {}: {}\n", fault.row, fault.employee, fault.why),
            Language::Zh => {
                format!("  第 {} 行，人员 {}：{}\n", fault.row, fault.employee, language.t().link_fault(fault.code))
            }
        });
    }
    let more = report.faults_total.saturating_sub(report.faults.len() as u64);
    if more > 0 {
        text.push_str(&match language {
            Language::En => format!("  and {more} more\n"),
            Language::Zh => format!("  另有 {more} 行\n"),
        });
    }
    if !report.written {
        text.push_str(language.pick("Nothing was written (--dry-run).\n", "未写入任何内容（--dry-run）。\n"));
    }
    text
}
