//! What a draft of the settings would change, as a person reads it: a draft comes in an address, and whoever saves it need not
//! be the one who entered it.

use super::fields::SyncFields;
use crate::locale::T;
use crate::model::Corp;
use serde_json::Value;

/// A field of the form that differs from what is saved.
pub(super) struct Change {
    pub(super) caption: String,
    /// As it is saved; of a list, the entries that are gone.
    pub(super) before: String,
    /// As it is entered; of a list, the entries that are new.
    pub(super) after: String,
}

/// Every field that differs from the settings of the corp.
pub(super) fn changes(t: T, corp: &Corp, fields: &SyncFields) -> Vec<Change> {
    let differing = fields.differing(corp).into_iter().map(|(name, before, after)| {
        let (before, after) = match (&before, &after) {
            (Value::Array(before), Value::Array(after)) => (only(before, after), only(after, before)),
            _ => (text(t, &name, &before), text(t, &name, &after)),
        };
        Change { caption: caption(t, &name), before, after }
    });
    differing.collect()
}

/// The entries of the first list that the other one lacks.
fn only(list: &[Value], other: &[Value]) -> String {
    let texts = list.iter().filter(|entry| !other.contains(entry)).filter_map(Value::as_str);
    texts.collect::<Vec<_>>().join("、")
}

/// A value as the form shows it.
fn text(t: T, name: &str, value: &Value) -> String {
    let Some(value) = value.as_str() else { return t.settings_off().to_owned() };
    let told = match (name, value) {
        ("leaver", "delete") => t.leaver_delete(),
        ("leaver", _) => t.leaver_disable(),
        ("out_of_scope", "keep") => t.leaving_keep(),
        ("out_of_scope", "delete") => t.leaving_delete(),
        ("out_of_scope", _) => t.leaving_disable(),
        ("strategy", "auto") => t.strategy_auto(),
        ("strategy", "lists") => t.strategy_lists(),
        ("strategy", "ids_and_details") => t.strategy_ids(),
        ("strategy", "export") => t.strategy_export(),
        ("pull_kind" | "sync_kind", "off") => t.schedule_off(),
        ("pull_kind" | "sync_kind", "hourly") => t.schedule_hourly(),
        ("pull_kind" | "sync_kind", "daily") => t.schedule_daily(),
        ("pull_kind" | "sync_kind", "weekdays") => t.schedule_weekdays(),
        ("pull_kind" | "sync_kind", "custom") => t.schedule_custom(),
        (name, "") if is_switch(name) => t.settings_off(),
        (name, _) if is_switch(name) => t.settings_on(),
        (_, "") => t.expression_empty(),
        (_, other) => other,
    };
    told.to_owned()
}

/// Whether a field is a tick.
fn is_switch(name: &str) -> bool {
    matches!(
        name,
        "auto_bind"
            | "enabled"
            | "create_members"
            | "update"
            | "remove"
            | "invite"
            | "include_part_time"
            | "superiors_to_wecom"
            | "departments_follow_oa"
    )
}

/// What the form calls a field; guards have their own names.
fn caption(t: T, name: &str) -> String {
    let of = |section: &str, field: &str| format!("{section} · {field}");
    let told = match name {
        "auto_bind" => t.opt_auto_bind(),
        "strategy" => t.opt_strategy(),
        "pull_kind" => t.schedule_pull(),
        "sync_kind" => t.schedule_sync(),
        "pull_at" => return of(t.schedule_pull(), t.schedule_at()),
        "sync_at" => return of(t.schedule_sync(), t.schedule_at()),
        "pull_text" => return of(t.schedule_pull(), t.schedule_text()),
        "sync_text" => return of(t.schedule_sync(), t.schedule_text()),
        "pull_time_zone" => return of(t.schedule_pull(), t.schedule_zone()),
        "time_zone" => return of(t.schedule_sync(), t.schedule_zone()),
        "match_employee" => return of(t.sync_matching(), t.rule_employee()),
        "match_member" => return of(t.sync_matching(), t.rule_member()),
        "map_field" => return of(t.sync_fields(), t.map_member()),
        "map_text" => return of(t.sync_fields(), t.map_text()),
        "external_field" => return of(t.map_external(), t.map_external_field()),
        "external_text" => return of(t.map_external(), t.map_text()),
        "enabled" => t.opt_enabled(),
        "top_department" => t.opt_top(),
        "userid_from" => t.opt_userid_from(),
        "create_members" => t.opt_create(),
        "update" => t.opt_update(),
        "remove" => t.opt_remove(),
        "invite" => t.opt_invite(),
        "include_part_time" => t.opt_part_time(),
        "superiors_to_wecom" => t.opt_superiors(),
        "departments_follow_oa" => t.opt_follow(),
        "leaver" => t.opt_leaver(),
        "out_of_scope" => t.opt_leaving(),
        "delete_after_days" => t.opt_delete_after(),
        "disabled_department" => t.opt_disabled_department(),
        "filter" => t.opt_filter(),
        guard => t.guard_option(guard).0,
    };
    told.to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::draft::NOT_DRAFTED;
    use super::*;
    use crate::locale::Lang;
    use serde_json::json;

    #[test]
    fn every_field_of_a_draft_has_its_caption() {
        let Ok(Value::Object(fields)) = serde_json::to_value(SyncFields::default()) else { panic!("an object") };
        for lang in [Lang::Zh, Lang::En] {
            for name in fields.keys().filter(|name| !NOT_DRAFTED.contains(&name.as_str())) {
                assert!(!caption(T::new(lang), name).is_empty(), "{name}");
            }
        }
    }

    #[test]
    fn values_read_as_in_the_form() {
        let t = T::new(Lang::Zh);
        for (name, value, expected) in [
            ("remove", Value::Null, "关闭"),
            ("remove", json!(""), "关闭"),
            ("remove", json!("1"), "开启"),
            ("leaver", json!("delete"), "删除"),
            ("out_of_scope", json!("keep"), "保持不变"),
            ("max_removals", json!("1"), "1"),
            ("filter", json!(""), "（空）"),
        ] {
            assert_eq!(text(t, name, &value), expected, "{name}");
        }
        let list = |texts: &[&str]| texts.iter().map(|text| json!(text)).collect::<Vec<_>>();
        assert_eq!(only(&list(&["a", "b", "c"]), &list(&["b"])), "a、c");
    }
}
