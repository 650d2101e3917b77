//! The form of a corp's sync settings: what was entered, from and to the domain.

use super::picks::Picks;
use super::schedule::Choice;
use crate::locale::T;
use crate::model::{Corp, Leaver, MatchRule, OutOfScope, StrategyChoice, digest};
use crate::web::form::{Faults, is_on};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Text fields of a member that a mapping may fill, with the mapping that is in force where none is given.
pub(super) const MAPPED: [(&str, &str); 10] = [
    ("name", "{{ name }}"),
    ("mobile", "{{ mobile }}"),
    ("email", "{{ email }}"),
    ("position", "{{ position }}"),
    ("gender", "{{ gender }}"),
    ("telephone", "{{ telephone }}"),
    ("alias", "{{ alias }}"),
    ("address", ""),
    ("biz_mail", ""),
    ("extattr.工号", "{{ employee_no }}"),
];

/// The same of the external profile.
pub(super) const MAPPED_OUTSIDE: [(&str, &str); 1] = [("position", "{{ position }}")];

/// As it was entered. Lists come as columns: the first `map_field` belongs to the first `map_text`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct SyncFields {
    /// [`SyncFields::mark`] of the settings that the form was filled from.
    pub(super) seen: String,
    pub(super) auto_bind: Option<String>,
    pub(super) strategy: String,
    pub(super) pull_kind: String,
    pub(super) pull_at: String,
    pub(super) pull_text: String,
    pub(super) pull_time_zone: String,
    pub(super) match_employee: Vec<String>,
    pub(super) match_member: Vec<String>,
    pub(super) enabled: Option<String>,
    pub(super) top_department: String,
    pub(super) userid_from: String,
    pub(super) create_members: Option<String>,
    pub(super) update: Option<String>,
    pub(super) remove: Option<String>,
    pub(super) invite: Option<String>,
    pub(super) include_part_time: Option<String>,
    pub(super) superiors_to_wecom: Option<String>,
    pub(super) departments_follow_oa: Option<String>,
    pub(super) leaver: String,
    pub(super) out_of_scope: String,
    pub(super) delete_after_days: String,
    pub(super) disabled_department: String,
    pub(super) sync_kind: String,
    pub(super) sync_at: String,
    pub(super) sync_text: String,
    pub(super) time_zone: String,
    pub(super) filter: String,
    pub(super) max_removals: String,
    pub(super) max_removal_percent: String,
    pub(super) max_department_removals: String,
    pub(super) max_source_drop: String,
    pub(super) max_removals_30_days: String,
    pub(super) max_moves_percent: String,
    pub(super) max_cleared_fields_percent: String,
    pub(super) max_department_removal_percent: String,
    pub(super) max_changed_names_percent: String,
    pub(super) max_changed_mobiles_percent: String,
    pub(super) max_changed_emails_percent: String,
    pub(super) map_field: Vec<String>,
    pub(super) map_text: Vec<String>,
    pub(super) external_field: Vec<String>,
    pub(super) external_text: Vec<String>,
    /// What was picked for the scope and is not saved, see [`Picks`]; put over the scope that is there.
    pub(super) pick: Vec<String>,
    /// Typed where the settings would delete people.
    pub(super) confirm: String,
    /// `save`, `try`, `try_picks` (with nothing but `pick`), or `pick`: on to the scope, with everything that is not saved
    pub(super) what: String,
}

pub(super) fn tick(is_on: bool) -> Option<String> {
    is_on.then(|| "1".to_owned())
}

impl SyncFields {
    /// Tells whether the settings of a corp are still what a form was filled from.
    pub(super) fn mark(corp: &Corp) -> String {
        digest::of(&Self::blank(corp))
    }

    /// The settings as they are.
    pub(super) fn of(corp: &Corp) -> Self {
        Self { seen: Self::mark(corp), ..Self::blank(corp) }
    }

    /// What was picked for the scope.
    pub(super) fn picks(&self) -> Picks {
        Picks::of(self.pick.iter().map(String::as_str))
    }

    pub(super) fn blank(corp: &Corp) -> Self {
        let (pull, down) = (&corp.pull, &corp.downstream);
        let (pull_choice, sync_choice) = (Choice::of(&pull.cron), Choice::of(&down.cron));
        let mapped = in_force(&MAPPED, &down.fields);
        let outside = in_force(&MAPPED_OUTSIDE, &down.external_fields);
        let guard = &down.guard;
        Self {
            seen: String::new(),
            auto_bind: tick(pull.auto_bind),
            strategy: strategy_name(pull.strategy).into(),
            pull_kind: pull_choice.kind,
            pull_at: pull_choice.at,
            pull_text: pull_choice.text,
            pull_time_zone: pull.time_zone.clone(),
            match_employee: corp.match_rules.iter().map(|rule| rule.employee.clone()).collect(),
            match_member: corp.match_rules.iter().map(|rule| rule.member.clone()).collect(),
            enabled: tick(down.enabled),
            top_department: down.top_department.to_string(),
            userid_from: down.userid_from.clone(),
            create_members: tick(down.create_members),
            update: tick(down.update),
            remove: tick(down.remove),
            invite: tick(down.invite),
            include_part_time: tick(down.include_part_time),
            superiors_to_wecom: tick(down.superiors_to_wecom),
            departments_follow_oa: tick(down.departments_follow_oa),
            leaver: if down.leaver == Leaver::Delete { "delete".into() } else { "disable".into() },
            out_of_scope: out_of_scope_name(down.out_of_scope).into(),
            delete_after_days: down.delete_after_days.to_string(),
            disabled_department: down.disabled_department.clone(),
            sync_kind: sync_choice.kind,
            sync_at: sync_choice.at,
            sync_text: sync_choice.text,
            time_zone: down.time_zone.clone(),
            filter: down.scope.filter.clone(),
            max_removals: guard.max_removals.to_string(),
            max_removal_percent: guard.max_removal_percent.to_string(),
            max_department_removals: guard.max_department_removals.to_string(),
            max_source_drop: guard.max_source_drop.to_string(),
            max_removals_30_days: guard.max_removals_30_days.to_string(),
            max_moves_percent: guard.max_moves_percent.to_string(),
            max_cleared_fields_percent: guard.max_cleared_fields_percent.to_string(),
            max_department_removal_percent: guard.max_department_removal_percent.to_string(),
            max_changed_names_percent: guard.max_changed_names_percent.to_string(),
            max_changed_mobiles_percent: guard.max_changed_mobiles_percent.to_string(),
            max_changed_emails_percent: guard.max_changed_emails_percent.to_string(),
            map_field: mapped.iter().map(|(field, _)| field.clone()).collect(),
            map_text: mapped.into_iter().map(|(_, text)| text).collect(),
            external_field: outside.iter().map(|(field, _)| field.clone()).collect(),
            external_text: outside.into_iter().map(|(_, text)| text).collect(),
            pick: Vec::new(),
            confirm: String::new(),
            what: String::new(),
        }
    }

    /// Puts what was entered over a corp; a number that is left empty is a fault, for 0 switches some of them off. Faults that no domain check would find are told here.
    pub(super) fn put_over(&self, t: T, corp: &mut Corp, faults: &mut Faults) {
        let mut number = |name: &str, text: &str| {
            text.trim().parse().unwrap_or_else(|_| {
                faults.add(name, t.fault_whole_number());
                0
            })
        };
        let down = &mut corp.downstream;
        down.top_department = number("top_department", &self.top_department);
        down.delete_after_days = number("delete_after_days", &self.delete_after_days);
        let guard = &mut down.guard;
        guard.max_removals = number("max_removals", &self.max_removals);
        guard.max_removal_percent = number("max_removal_percent", &self.max_removal_percent);
        guard.max_department_removals = number("max_department_removals", &self.max_department_removals);
        guard.max_source_drop = number("max_source_drop", &self.max_source_drop);
        guard.max_removals_30_days = number("max_removals_30_days", &self.max_removals_30_days);
        guard.max_moves_percent = number("max_moves_percent", &self.max_moves_percent);
        guard.max_cleared_fields_percent = number("max_cleared_fields_percent", &self.max_cleared_fields_percent);
        guard.max_department_removal_percent =
            number("max_department_removal_percent", &self.max_department_removal_percent);
        guard.max_changed_names_percent = number("max_changed_names_percent", &self.max_changed_names_percent);
        guard.max_changed_mobiles_percent = number("max_changed_mobiles_percent", &self.max_changed_mobiles_percent);
        guard.max_changed_emails_percent = number("max_changed_emails_percent", &self.max_changed_emails_percent);
        down.enabled = is_on(self.enabled.as_ref());
        down.userid_from = self.userid_from.trim().to_owned();
        down.create_members = is_on(self.create_members.as_ref());
        down.update = is_on(self.update.as_ref());
        down.remove = is_on(self.remove.as_ref());
        down.invite = is_on(self.invite.as_ref());
        down.include_part_time = is_on(self.include_part_time.as_ref());
        down.superiors_to_wecom = is_on(self.superiors_to_wecom.as_ref());
        down.departments_follow_oa = is_on(self.departments_follow_oa.as_ref());
        down.leaver = if self.leaver == "delete" { Leaver::Delete } else { Leaver::Disable };
        down.out_of_scope = match self.out_of_scope.as_str() {
            "keep" => OutOfScope::Keep,
            "delete" => OutOfScope::Delete,
            _ => OutOfScope::Disable,
        };
        down.disabled_department = self.disabled_department.trim().to_owned();
        down.scope.filter = self.filter.trim().to_owned();
        self.picks().put_over(&mut down.scope);
        down.fields = mappings(&self.map_field, &self.map_text, &MAPPED);
        down.external_fields = mappings(&self.external_field, &self.external_text, &MAPPED_OUTSIDE);
        let zone = |zone: &str| zone.trim().to_owned();
        for (name, kind, at, text) in [
            ("pull", &self.pull_kind, &self.pull_at, &self.pull_text),
            ("sync", &self.sync_kind, &self.sync_at, &self.sync_text),
        ] {
            let choice = Choice { kind: kind.clone(), at: at.clone(), text: text.clone() };
            let Some(cron) = choice.cron() else {
                faults.add(format!("{name}_at"), t.sync_fault_time());
                continue;
            };
            if name == "pull" {
                (corp.pull.cron, corp.pull.time_zone) = (cron, zone(&self.pull_time_zone));
            } else {
                (corp.downstream.cron, corp.downstream.time_zone) = (cron, zone(&self.time_zone));
            }
        }
        corp.pull.auto_bind = is_on(self.auto_bind.as_ref());
        corp.pull.strategy = strategy_of(&self.strategy);
        corp.match_rules = self
            .match_employee
            .iter()
            .zip(&self.match_member)
            .map(|(employee, member)| MatchRule {
                employee: employee.trim().to_owned(),
                member: member.trim().to_owned(),
            })
            .filter(|rule| !rule.employee.is_empty() || !rule.member.is_empty())
            .collect();
    }
}

/// The mappings that are in force: known fields with their standard or what stands in its place, then further ones.
fn in_force(known: &[(&str, &str)], own: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let standard = known.iter().map(|(field, text)| {
        let text = own.get(*field).map_or(*text, String::as_str);
        ((*field).to_owned(), text.to_owned())
    });
    let more = own.iter().filter(|(field, _)| !known.iter().any(|(known, _)| known == field));
    standard.chain(more.map(|(field, text)| (field.clone(), text.clone()))).collect()
}

/// Mappings that say something else than the standard; a known field that is left empty is switched off.
fn mappings(fields: &[String], texts: &[String], known: &[(&str, &str)]) -> BTreeMap<String, String> {
    let standard = |field: &str| known.iter().find(|(known, _)| *known == field).map(|(_, text)| *text);
    fields
        .iter()
        .zip(texts)
        .map(|(field, text)| (field.trim(), text.trim()))
        .filter(|(field, text)| !field.is_empty() && standard(field) != Some(text))
        .filter(|(field, text)| !text.is_empty() || standard(field).is_some())
        .map(|(field, text)| (field.to_owned(), text.to_owned()))
        .collect()
}

const fn strategy_name(strategy: StrategyChoice) -> &'static str {
    match strategy {
        StrategyChoice::Auto => "auto",
        StrategyChoice::Lists => "lists",
        StrategyChoice::IdsAndDetails => "ids_and_details",
        StrategyChoice::Export => "export",
    }
}

fn strategy_of(name: &str) -> StrategyChoice {
    match name {
        "lists" => StrategyChoice::Lists,
        "ids_and_details" => StrategyChoice::IdsAndDetails,
        "export" => StrategyChoice::Export,
        _ => StrategyChoice::Auto,
    }
}

const fn out_of_scope_name(choice: OutOfScope) -> &'static str {
    match choice {
        OutOfScope::Keep => "keep",
        OutOfScope::Disable => "disable",
        OutOfScope::Delete => "delete",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_from_the_standard_is_kept() {
        let text = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let fields = text(&["name", "mobile", "address", "position", "extattr.部门", "", "extattr.x", "extattr.工号"]);
        let texts = text(&["{{ name }}", "", "", "{{ position }}!", "{{ unit.name }}", "lost", "", ""]);
        let kept = mappings(&fields, &texts, &MAPPED);
        let expected: BTreeMap<String, String> = [
            ("mobile", ""),
            ("position", "{{ position }}!"),
            ("extattr.部门", "{{ unit.name }}"),
            ("extattr.工号", ""),
        ]
        .into_iter()
        .map(|(field, text)| (field.to_owned(), text.to_owned()))
        .collect();
        assert_eq!(kept, expected);
    }

    /// What is written without being named in the options stands in the form, and saving it unchanged names nothing.
    #[test]
    fn every_mapping_in_force_is_shown() {
        use crate::sync::members::fields::{DEFAULTS, EXTERNAL_DEFAULTS};
        for (known, defaults) in [(&MAPPED[..], &DEFAULTS[..]), (&MAPPED_OUTSIDE[..], &EXTERNAL_DEFAULTS[..])] {
            for default in defaults {
                assert!(known.contains(default), "{default:?}");
            }
            let shown = in_force(known, &BTreeMap::new());
            let (fields, texts): (Vec<_>, Vec<_>) = shown.into_iter().unzip();
            assert_eq!(mappings(&fields, &texts, known), BTreeMap::new());
        }
    }
}
