//! Imports and expressions.

use crate::cli::language::Language;
use crate::cli::table::table;
use crate::directory::RowCounts;
use crate::ops::exec::{ExpressionReport, ImportReport};

/// A preview, or an import that was done.
pub fn import(report: &ImportReport, language: Language) -> String {
    let pick = |en, zh| language.pick(en, zh);
    let summary = &report.summary;
    let row = |name: &str, counts: &RowCounts| {
        let numbers =
            [counts.added, counts.changed, counts.departed + counts.removed, counts.returned, counts.unchanged];
        std::iter::once(name.to_owned()).chain(numbers.map(|number| number.to_string())).collect::<Vec<_>>()
    };
    let headings = [
        "",
        pick("new", "新增"),
        pick("changed", "变更"),
        pick("gone", "离职/移除"),
        pick("returned", "恢复"),
        pick("same", "不变"),
    ];
    let rows = [row(pick("units", "部门"), &summary.units), row(pick("employees", "人员"), &summary.employees)];
    let mut text = format!("{}\n", summary.source.name);
    text.push_str(&table(&headings, &rows));
    for (label, faults) in
        [(pick("bad row", "错误行"), &report.faults), (pick("warning", "警告"), &report.warning_list)]
    {
        for fault in faults {
            text.push_str(&format!("{label}: {fault}\n"));
        }
    }
    let questions = [(&summary.other_people, "--allow-other-people"), (&summary.shrunken, "--allow-shrink")];
    for (fault, flag) in questions.iter().filter_map(|(fault, flag)| fault.as_ref().map(|fault| (fault, flag))) {
        let hint = match language {
            Language::En => format!("import it anyway with {flag}"),
            Language::Zh => format!("如确认无误，请加 {flag} 导入"),
        };
        text.push_str(&format!("{fault}; {hint}\n"));
    }
    let quiet = summary.units.is_quiet() && summary.employees.is_quiet();
    let last = match (report.written, quiet) {
        (true, _) => pick("Imported.", "已导入。"),
        (false, true) => pick("Nothing to do.", "没有变化。"),
        (false, false) if summary.shrunken.is_some() || summary.other_people.is_some() => {
            pick("Nothing was written.", "尚未写入。")
        }
        (false, false) => pick("Nothing was written; import with --yes.", "尚未写入；加 --yes 执行导入。"),
    };
    text.push_str(last);
    text.push('\n');
    text
}

/// What an expression says.
pub fn expression(report: &ExpressionReport, language: Language) -> String {
    let pick = |en, zh| language.pick(en, zh);
    if !report.compiles {
        let at = report.position.map(|at| format!(" ({} {at})", pick("character", "第…字符"))).unwrap_or_default();
        let why = report.error.as_deref().unwrap_or_default();
        return format!("{}{at}: {why}\n", pick("does not compile", "无法编译"));
    }
    let rows: Vec<Vec<String>> = report
        .results
        .iter()
        .map(|row| {
            let result = match (&row.result, &row.error) {
                (Some(result), _) => result.clone(),
                (None, error) => format!("! {}", error.as_deref().unwrap_or_default()),
            };
            vec![row.employee.to_string(), row.name.clone(), result]
        })
        .collect();
    table(&[pick("employee", "人员编号"), pick("name", "姓名"), pick("result", "结果")], &rows)
}
