//! What applying a set-up file would do to the set-up that is there. Pure.

use super::file::{SetupCorp, SetupFile};
use super::secret::{generate_aes_key, generate_token};
use crate::model::{App, Corp, Secret, SecretName};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What happens to one tenant, corp or app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SetupAction {
    /// Is not there yet.
    Add,
    /// Differs.
    Change,
    /// Is there and equal.
    Same,
    /// Is there, is not in the file, and stays.
    Extra,
    /// Is there, is not in the file, and goes (`--prune`).
    Remove,
}

/// One line of the difference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SetupChange {
    /// What happens.
    pub action: SetupAction,
    /// `tenant acme`, `corp acme-main`, `app acme-main/oa`
    pub subject: String,
    /// The options that differ; of something that is removed, how much goes along (`linked_members`, `runs`, …).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// The key that `confirm` must have before this is done, for it cannot be had back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<String>,
}

/// One option that differs. Secrets show as `set`, never as themselves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Difference {
    /// e.g. `downstream.guard.max_removals`
    pub option: String,
    /// Absent = was not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// Absent = will not be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// The outcome of laying a file over what is there.
#[derive(Debug, Clone)]
pub struct Merge {
    /// What changes, line by line.
    pub changes: Vec<SetupChange>,
    /// The set-up afterwards, complete with generated callback keys.
    pub target: SetupFile,
}

impl Merge {
    /// Whether nothing would be written.
    pub fn is_empty(&self) -> bool {
        self.changes.iter().all(|change| matches!(change.action, SetupAction::Same | SetupAction::Extra))
    }
}

/// Lays `wanted` over `present`. Without `prune` nothing is removed, and options that the file does not name stay as they
/// are; with it they take their defaults. Secrets that the file does not give are kept either way, and callback keys that
/// nobody gave are generated.
pub fn merge(present: &SetupFile, wanted: &SetupFile, prune: bool) -> Merge {
    let mut changes = Vec::new();
    let mut target = SetupFile::default();
    for tenant in &wanted.tenants {
        let before = present.find_tenant(&tenant.key);
        changes.push(compare(format!("tenant {}", tenant.key), before.map(to_leaves), to_leaves(tenant)));
        target.tenants.push(tenant.clone());
    }
    for tenant in present.tenants.iter().filter(|tenant| wanted.find_tenant(&tenant.key).is_none()) {
        changes.push(left_over(format!("tenant {}", tenant.key), prune));
        if !prune {
            target.tenants.push(tenant.clone());
        }
    }
    for corp in &wanted.corps {
        let before = present.find_corp(&corp.corp.key);
        target.corps.push(merge_corp(before, corp, prune, &mut changes));
    }
    for corp in present.corps.iter().filter(|corp| wanted.find_corp(&corp.corp.key).is_none()) {
        changes.push(left_over(format!("corp {}", corp.corp.key), prune));
        if !prune {
            target.corps.push(corp.clone());
        }
    }
    Merge { changes, target }
}

fn merge_corp(
    before: Option<&SetupCorp>,
    wanted: &SetupCorp,
    prune: bool,
    changes: &mut Vec<SetupChange>,
) -> SetupCorp {
    let mut after = SetupCorp { given: None, ..wanted.clone() };
    if let (false, Some(before), Some(given)) = (prune, before, &wanted.given) {
        after.corp = given.fill(&before.corp, &wanted.corp);
    }
    let kept = before.map(|corp| corp.secrets.clone()).unwrap_or_default();
    let extra_apps: Vec<&App> = before
        .map(|corp| corp.corp.apps.iter().filter(|app| wanted.corp.find_app(&app.key).is_none()).collect())
        .unwrap_or_default();
    if !prune {
        after.corp.apps.extend(extra_apps.iter().map(|app| (*app).clone()));
    }
    for (name, secret) in kept {
        let belongs = match &name {
            SecretName::App(key) | SecretName::AppToken(key) | SecretName::AppAesKey(key) => {
                after.corp.find_app(key).is_some()
            }
            SecretName::Contacts
            | SecretName::ContactsToken
            | SecretName::ContactsAesKey
            | SecretName::CustomersToken
            | SecretName::CustomersAesKey => true,
        };
        if belongs {
            after.secrets.entry(name).or_insert(secret);
        }
    }
    after.secrets.entry(SecretName::ContactsToken).or_insert_with(generate_token);
    after.secrets.entry(SecretName::ContactsAesKey).or_insert_with(generate_aes_key);
    for app in after.corp.apps.iter().filter(|app| app.callback_enabled) {
        after.secrets.entry(SecretName::AppToken(app.key.clone())).or_insert_with(generate_token);
        after.secrets.entry(SecretName::AppAesKey(app.key.clone())).or_insert_with(generate_aes_key);
    }

    let key = &after.corp.key;
    let mut change =
        compare(format!("corp {key}"), before.map(|corp| corp_leaves(&corp.corp)), corp_leaves(&after.corp));
    note_secrets(&mut change, before, &after, None);
    changes.push(change);
    for app in wanted.corp.apps.iter().filter_map(|app| after.corp.find_app(&app.key)) {
        let old = before.and_then(|corp| corp.corp.find_app(&app.key));
        let mut change = compare(format!("app {key}/{}", app.key), old.map(to_leaves), to_leaves(app));
        note_secrets(&mut change, before, &after, Some(app));
        changes.push(change);
    }
    changes.extend(extra_apps.iter().map(|app| left_over(format!("app {key}/{}", app.key), prune)));
    after
}

/// Adds the secrets of the corp itself (`app` = `None`) or of one app that differ.
fn note_secrets(change: &mut SetupChange, before: Option<&SetupCorp>, after: &SetupCorp, app: Option<&App>) {
    let belongs = |name: &SecretName| match name {
        SecretName::App(key) | SecretName::AppToken(key) | SecretName::AppAesKey(key) => {
            app.is_some_and(|app| app.key == *key)
        }
        SecretName::Contacts
        | SecretName::ContactsToken
        | SecretName::ContactsAesKey
        | SecretName::CustomersToken
        | SecretName::CustomersAesKey => app.is_none(),
    };
    let nothing = BTreeMap::new();
    let old: &BTreeMap<SecretName, Secret> = before.map_or(&nothing, |corp| &corp.secrets);
    for (name, secret) in after.secrets.iter().filter(|(name, _)| belongs(name)) {
        let stored = old.get(name);
        if stored == Some(secret) {
            continue;
        }
        let set = || Value::from("set");
        change.differences.push(Difference {
            option: format!("secret {}", name.path()),
            before: stored.map(|_| set()),
            after: Some(set()),
        });
        if change.action == SetupAction::Same {
            change.action = SetupAction::Change;
        }
    }
}

fn left_over(subject: String, prune: bool) -> SetupChange {
    let action = if prune { SetupAction::Remove } else { SetupAction::Extra };
    SetupChange { action, subject, differences: Vec::new(), confirm: None }
}

fn compare(subject: String, before: Option<BTreeMap<String, Value>>, after: BTreeMap<String, Value>) -> SetupChange {
    let Some(before) = before else {
        return SetupChange { action: SetupAction::Add, subject, differences: Vec::new(), confirm: None };
    };
    let differences = differing(&before, &after);
    let action = if differences.is_empty() { SetupAction::Same } else { SetupAction::Change };
    SetupChange { action, subject, differences, confirm: None }
}

/// The options in which two values of one type differ.
pub(super) fn differences<T: Serialize>(before: &T, after: &T) -> Vec<Difference> {
    differing(&to_leaves(before), &to_leaves(after))
}

fn differing(before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) -> Vec<Difference> {
    let mut differences = Vec::new();
    for (option, value) in after {
        let old = before.get(option);
        if old != Some(value) {
            let (option, before, after) = (option.clone(), old.cloned(), Some(value.clone()));
            differences.push(Difference { option, before, after });
        }
    }
    for (option, value) in before.iter().filter(|(option, _)| !after.contains_key(*option)) {
        differences.push(Difference { option: option.clone(), before: Some(value.clone()), after: None });
    }
    differences
}

fn corp_leaves(corp: &Corp) -> BTreeMap<String, Value> {
    let mut leaves = to_leaves(corp);
    leaves.retain(|option, _| option != "apps");
    leaves
}

/// A value as its leaves by dotted path; arrays are leaves.
fn to_leaves<T: Serialize>(value: &T) -> BTreeMap<String, Value> {
    fn walk(path: String, value: Value, leaves: &mut BTreeMap<String, Value>) {
        match value {
            Value::Object(map) => {
                for (key, inner) in map {
                    walk(super::section::join(&path, &key), inner, leaves);
                }
            }
            leaf => {
                leaves.insert(path, leaf);
            }
        }
    }
    let mut leaves = BTreeMap::new();
    // These types are plain data: turning them into JSON does not fail, and a failure would show as "everything differs".
    walk(String::new(), serde_json::to_value(value).unwrap_or_default(), &mut leaves);
    leaves
}
