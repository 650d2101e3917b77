//! Imports and expressions.

use crate::cli::language::Language;
use crate::cli::table::table;
use crate::directory::RowCounts;
use crate::ops::exec::{ChangedRow, ExpressionReport, ImportReport};

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
    if !report.ext_columns.is_empty() {
        let names: Vec<&str> = report.ext_columns.iter().map(|name| name.as_str()).collect();
        let taken = pick("columns taken as ext.…", "作为扩展字段（ext.…）读取的列");
        text.push_str(&format!("{taken}: {}\n", names.join(", ")));
    }
    for row in &report.first_changes {
        text.push_str(&changed_row(row, language));
    }
    let all = [&summary.units, &summary.employees]
        .map(|counts| counts.added + counts.changed + counts.departed + counts.removed + counts.returned);
    let more = all.iter().sum::<u64>().saturating_sub(report.first_changes.len() as u64);
    if more > 0 && !report.first_changes.is_empty() {
        text.push_str(&match language {
            Language::En => format!("  … and {more} more\n"),
            Language::Zh => format!("  … 另有 {more} 项\n"),
        });
    }
    for (label, faults) in
        [(pick("bad row", "错误行"), &report.faults), (pick("warning", "警告"), &report.warning_list)]
    {
        for fault in faults {
            text.push_str(&format!("{label}: {fault}\n"));
        }
    }
    let questions = [(&summary.other_people, "--allow-other-people"), (&summary.shrunken, "--allow-shrink")];
    for (fault, flag) in questions.iter().filter_map(|(fault, flag)| fault.as_ref().map(|fault| (fault, flag))) {
        let told = fault.to_string();
        let told = told.trim_end_matches(['.', '?', '!']);
        text.push_str(&match language {
            Language::En => format!("{told}: {flag} --yes\n"),
            Language::Zh => format!("{told}。如确认无误，请加 {flag} --yes 导入\n"),
        });
    }
    let quiet = summary.units.is_quiet() && summary.employees.is_quiet();
    let last = match (report.written, quiet) {
        (true, _) => pick("Imported.", "已导入。"),
        (false, _) if report.summary.bad_rows > 0 => pick(
            "Nothing was written: mend the bad rows, or leave them out with --skip-bad-rows --yes.",
            "尚未写入：请修正错误行，或加 --skip-bad-rows --yes 跳过。",
        ),
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

/// A row that changes, with the fields that do.
fn changed_row(row: &ChangedRow, language: Language) -> String {
    let t = language.t();
    let what = if row.is_unit { language.pick("unit", "部门") } else { language.pick("employee", "人员") };
    let fields: Vec<String> = row
        .fields
        .iter()
        .map(|change| {
            let shown = |value: &str| if value.is_empty() { "-".to_owned() } else { value.to_owned() };
            format!("{}: {} → {}", change.field, shown(change.before.as_str()), shown(change.after.as_str()))
        })
        .collect();
    let tail = if fields.is_empty() { String::new() } else { format!("  {}", fields.join("; ")) };
    format!("  {}: {what} {} {}{tail}\n", t.row_change(row.kind), row.id, row.name)
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
