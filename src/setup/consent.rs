//! Changes of the set-up that cannot be had back: a tenant or corp that goes with everything that is kept for it, and
//! settings that begin to delete people in WeCom (DIR-53). They are told with what they cost, and done only when their
//! key was repeated.

use super::error::SetupError;
use super::file::SetupFile;
use super::merge::{Difference, SetupAction, SetupChange};
use crate::model::{Corp, CorpKey, DownstreamOptions, Leaver, OutOfScope, TenantKey};
use crate::store::{self, Reads, StoreError};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;

/// The keys of tenants and corps whose loss, or whose deletions, were confirmed.
pub type Confirmed = BTreeSet<String>;

/// A change that wants its key repeated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Consequence {
    /// The key to repeat.
    pub key: String,
    /// `tenant acme`, `corp acme-main`
    pub subject: String,
    /// What it costs, in a few words.
    pub costs: String,
}

impl fmt::Display for Consequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.subject, self.costs)
    }
}

/// The settings that delete people for good and did not before: `downstream.leaver`, … A corp that is new begins with
/// whatever differs from the defaults.
pub fn begins_to_delete(before: Option<&Corp>, after: &Corp) -> Vec<&'static str> {
    let unset = DownstreamOptions::default();
    let (old, new) = (before.map_or(&unset, |corp| &corp.downstream), &after.downstream);
    [
        ("downstream.leaver", new.leaver == Leaver::Delete && old.leaver != Leaver::Delete),
        ("downstream.out_of_scope", new.out_of_scope == OutOfScope::Delete && old.out_of_scope != OutOfScope::Delete),
        ("downstream.delete_after_days", new.delete_after_days > 0 && old.delete_after_days == 0),
    ]
    .into_iter()
    .filter_map(|(name, begins)| begins.then_some(name))
    .collect()
}

/// Refuses settings that begin to delete people unless that was confirmed.
pub(super) fn check_deletion(before: Option<&Corp>, after: &Corp, confirmed: bool) -> Result<(), SetupError> {
    match deletion(before, after) {
        Some(one) if !confirmed => Err(SetupError::Unconfirmed(vec![one])),
        _ => Ok(()),
    }
}

fn deletion(before: Option<&Corp>, after: &Corp) -> Option<Consequence> {
    let settings = begins_to_delete(before, after);
    (!settings.is_empty()).then(|| Consequence {
        key: after.key.to_string(),
        subject: format!("corp {}", after.key),
        costs: format!("begins to delete people in WeCom for good ({})", settings.join(", ")),
    })
}

/// What of a merged set-up wants confirmation. Each line of `changes` that does is given what goes along, and the key.
pub(super) fn weigh(
    tx: &impl Reads,
    present: &SetupFile,
    target: &SetupFile,
    changes: &mut [SetupChange],
) -> Result<Vec<Consequence>, StoreError> {
    let mut all = Vec::new();
    for change in changes {
        let subject = change.subject.clone();
        let found = match (change.action, subject.split_once(' ')) {
            (SetupAction::Remove, Some(("corp", key))) => loss(change, key, of_corp(tx, &key.into())?),
            (SetupAction::Remove, Some(("tenant", key))) => loss(change, key, of_tenant(tx, &key.into())?),
            (SetupAction::Add | SetupAction::Change, Some(("corp", key))) => {
                let key = CorpKey::from(key);
                let before = present.find_corp(&key).map(|corp| &corp.corp);
                target.find_corp(&key).and_then(|after| deletion(before, &after.corp))
            }
            _ => None,
        };
        if let Some(one) = found {
            change.confirm = Some(one.key.clone());
            all.push(one);
        }
    }
    Ok(all)
}

/// Notes what goes along; a corp or tenant for which nothing is kept goes without a word.
fn loss(change: &mut SetupChange, key: &str, kept: Vec<(&'static str, u64)>) -> Option<Consequence> {
    let kept: Vec<_> = kept.into_iter().filter(|(_, count)| *count > 0).collect();
    if kept.is_empty() {
        return None;
    }
    let told: Vec<String> = kept.iter().map(|(what, count)| format!("{} {count}", what.replace('_', " "))).collect();
    change.differences.extend(kept.into_iter().map(|(what, count)| Difference {
        option: what.to_owned(),
        before: Some(count.into()),
        after: None,
    }));
    let costs = format!("is removed with everything that is kept for it ({})", told.join(", "));
    Some(Consequence { key: key.to_owned(), subject: change.subject.clone(), costs })
}

fn of_corp(tx: &impl Reads, key: &CorpKey) -> Result<Vec<(&'static str, u64)>, StoreError> {
    let counts = store::links::count(tx, key)?;
    Ok(vec![
        ("linked_members", counts.members),
        ("linked_departments", counts.departments),
        ("deleted_members_remembered", counts.tombstones),
        ("mirrored_members_and_departments", counts.mirrored),
        ("plans", counts.plans),
        ("runs", store::runs::count(tx, key)?),
        ("waiting_messages_and_callbacks", counts.waiting),
    ])
}

fn of_tenant(tx: &impl Reads, key: &TenantKey) -> Result<Vec<(&'static str, u64)>, StoreError> {
    let counts = store::directory::counts(tx, key)?;
    let rules = store::rules::list(tx, key)?.len() as u64;
    Ok(vec![("units", counts.units), ("employees", counts.employees), ("push_rules", rules)])
}
