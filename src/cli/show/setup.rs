//! Differences of a set-up.

use super::plain;
use crate::cli::language::Language;
use crate::setup::{SetupAction, SetupChange};

/// Whether the action is one that writes.
pub fn is_pending(action: SetupAction) -> bool {
    !matches!(action, SetupAction::Same | SetupAction::Extra)
}

/// One line of a difference with the options that differ below it.
pub fn setup_change(change: &SetupChange, language: Language) -> String {
    let action = match change.action {
        SetupAction::Add => language.pick("+ add", "+ 新增"),
        SetupAction::Change => language.pick("~ change", "~ 修改"),
        SetupAction::Same => language.pick("= same", "= 相同"),
        SetupAction::Extra => language.pick("? not in the file, kept", "? 文件中没有，保留"),
        SetupAction::Remove => language.pick("- remove", "- 删除"),
    };
    let mut text = format!("{action} {}\n", change.subject);
    for difference in &change.differences {
        let shown = |value: &Option<serde_json::Value>| value.as_ref().map_or_else(|| "-".to_owned(), plain);
        let (before, after) = (shown(&difference.before), shown(&difference.after));
        text.push_str(&format!("    {}: {before} → {after}\n", difference.option));
    }
    text
}
