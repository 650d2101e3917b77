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
    if change.action == SetupAction::Remove {
        for lost in &change.differences {
            let count = lost.before.as_ref().map(plain).unwrap_or_default();
            let goes = language.pick("goes along", "一并删除");
            text.push_str(&format!("    {goes}: {} {count}\n", lost_name(&lost.option, language)));
        }
        return text;
    }
    if change.confirm.is_some() {
        text.push_str(
            language.pick("    ! begins to delete people in WeCom for good\n", "    ! 将开始从企业微信彻底删除人员\n"),
        );
    }
    for difference in &change.differences {
        let shown = |value: &Option<serde_json::Value>| value.as_ref().map_or_else(|| "-".to_owned(), plain);
        let (before, after) = (shown(&difference.before), shown(&difference.after));
        text.push_str(&format!("    {}: {before} → {after}\n", difference.option));
    }
    text
}

/// What goes along with a corp or tenant, in words.
fn lost_name(option: &str, language: Language) -> &str {
    match option {
        "linked_members" => language.pick("linked members", "已关联成员"),
        "linked_departments" => language.pick("linked departments", "已关联部门"),
        "deleted_members_remembered" => language.pick("deleted members that are remembered", "已删除成员的记录"),
        "mirrored_members_and_departments" => {
            language.pick("members and departments in the mirror", "已读取的成员和部门")
        }
        "plans" => language.pick("plans", "同步预览"),
        "runs" => language.pick("runs with their journals", "运行记录"),
        "waiting_messages_and_callbacks" => language.pick("waiting messages and callbacks", "等待中的消息和回调"),
        "units" => language.pick("units", "部门"),
        "employees" => language.pick("employees", "人员"),
        "push_rules" => language.pick("push rules", "推送规则"),
        other => other,
    }
}
