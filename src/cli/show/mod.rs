//! The forms for people of what commands answer, in both languages. Pure: a report in, text out.

mod accounts;
mod bindings;
mod directory;
mod doctor;
mod explain;
mod keys;
mod plan;
mod run;
mod setup;

pub use accounts::{account_password, accounts, setup_link};
pub use bindings::{ambiguous, bindings, link_import};
pub use directory::{expression, import};
pub use doctor::findings;
pub use explain::explanation;
pub use keys::{keys, new_key};
pub use plan::{plan, plan_summary, plans};
pub use run::{pull, run, runs, sync};
pub use setup::{is_pending, setup_change};

use super::language::Language;
use crate::ops::exec::{CompactReport, MessageReport, VerifyOutcome};
use crate::store::Rekeyed;
use serde_json::Value;

/// A sentence.
pub fn message(report: &MessageReport, language: Language) -> String {
    format!("{}\n", language.pick(&report.message, &report.message_zh))
}

/// What a compaction gave back.
pub fn compacted(report: &CompactReport, language: Language) -> String {
    let verb = language.pick("database file", "数据库文件");
    format!("{verb}: {} B → {} B\n", report.before_bytes, report.after_bytes)
}

/// What a verification found.
pub fn verified(report: &VerifyOutcome, language: Language) -> String {
    let pick = |en, zh| language.pick(en, zh);
    let (rows, tables) = (report.rows, report.tables.len());
    let mut text = match language {
        Language::En => format!("{rows} rows in {tables} tables read, audit chain followed\n"),
        Language::Zh => format!("已校验 {tables} 张表共 {rows} 行及审计链\n"),
    };
    for fault in &report.faults {
        text.push_str(&format!("{}: {fault}\n", pick("FAULT", "错误")));
    }
    if report.good {
        text.push_str(pick("No faults.\n", "没有错误。\n"));
    } else {
        let hint = pick("faults in all; restore the latest good backup", "处错误；请恢复最近的完好备份");
        text.push_str(&format!("{} {hint}\n", report.faults_total));
    }
    text
}

/// What a change of keys did, and what is to be kept.
pub fn rekeyed(report: &Rekeyed, language: Language) -> String {
    let pick = |en, zh| language.pick(en, zh);
    let (current, secrets, retired) = (&report.current, report.secrets, report.retired.join(", "));
    let mut text = match language {
        Language::En => {
            format!("{secrets} secrets are sealed with the new master key {current}; {retired} is retired.\n")
        }
        Language::Zh => format!("已用新主密钥 {current} 重新加密 {secrets} 项机密；{retired} 已停用。\n"),
    };
    for file in &report.kept {
        text.push_str(&format!("{} {}\n", pick("The old key is kept in", "旧密钥保存在"), file.display()));
    }
    text.push_str(pick(
        "Copy the new key file to where you keep keys, apart from backups. Backups made until now open only with the old key: \
         keep it as long as you keep them. Make a new backup now.\n",
        "请将新的密钥文件另行备份，与数据库备份分开存放。此前的数据库备份只能用旧密钥打开：保留这些备份期间，请勿删除旧密钥。建议立即重新备份。\n",
    ));
    text
}

/// A value without the quotes of JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}
