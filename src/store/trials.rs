//! What is known of the credentials of a corp since they were entered: whether nothing has gone through yet, and what the last
//! test found. A secret that is entered anew begins anew.

use super::StoreError;
use super::settings::{self, Scope};
use super::tx::{Reads, WriteTx};
use crate::model::{AppKey, CorpKey, SecretName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

const NAME: &str = "credential_trials";

/// The trials of a corp's credentials; those about which nothing is known are not in it.
pub type Trials = BTreeMap<String, Trial>;

/// What is known of one credential.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// When AgentID or secret were entered, Unix milliseconds.
    pub entered_at_ms: i64,
    /// Whether something has gone through since.
    pub has_worked: bool,
    /// What the last test found wrong, unless something has gone through since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<TestFailure>,
    /// Whether the failure is one of the secret or the address, which any call that goes through with it disproves; what is wrong
    /// with an AgentID, a range or the kind of a secret is not.
    #[serde(default)]
    pub is_of_secret: bool,
}

/// A test that did not come out well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TestFailure {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// WeCom's errcode, where one was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errcode: Option<i64>,
    /// What was found, in English.
    pub en: String,
    /// The same in Chinese.
    pub zh: String,
}

/// What is known of a corp's credentials.
pub fn list(tx: &impl Reads, corp: &CorpKey) -> Result<Trials, StoreError> {
    Ok(settings::get(tx, Scope::Corp(corp), NAME)?.unwrap_or_default())
}

/// Whether nothing has gone through with an app since it was entered.
pub fn is_untested(trials: &Trials, app: &AppKey) -> bool {
    trials.get(&SecretName::App(app.clone()).path()).is_some_and(|trial| !trial.has_worked)
}

/// What the last test of a credential found wrong.
pub fn failure<'t>(trials: &'t Trials, of: &SecretName) -> Option<&'t TestFailure> {
    trials.get(&of.path())?.failure.as_ref()
}

/// These are new; of the others only those in `kept` are still there.
pub fn entered(tx: &WriteTx, corp: &CorpKey, new: &[SecretName], kept: &[SecretName]) -> Result<(), StoreError> {
    let before = list(tx, corp)?;
    let kept: Vec<String> = kept.iter().map(SecretName::path).collect();
    let mut now = before.clone();
    now.retain(|name, _| kept.contains(name));
    let entered_at_ms = tx.now_ms();
    now.extend(new.iter().map(|name| (name.path(), Trial { entered_at_ms, ..Trial::default() })));
    if now == before { Ok(()) } else { put(tx, corp, &now) }
}

/// Something that began at `began_ms` has gone through with a credential, for an app with its AgentID too. What was under way
/// when it was entered says nothing about it, nor what began before the last test failed.
pub fn worked(tx: &WriteTx, corp: &CorpKey, of: &SecretName, began_ms: i64) -> Result<(), StoreError> {
    let mut trials = list(tx, corp)?;
    let Some(trial) = trials.get_mut(&of.path()) else { return Ok(()) };
    let since_ms = trial.failure.as_ref().map_or(trial.entered_at_ms, |failure| failure.at_ms.max(trial.entered_at_ms));
    let is_known = trial.has_worked && trial.failure.is_none();
    if is_known || began_ms < since_ms {
        return Ok(());
    }
    (trial.has_worked, trial.failure) = (true, None);
    put(tx, corp, &trials)
}

/// Calls have gone through with these secrets, the first and the last of which began at these times: tests that the secret failed
/// before are over. Whether an app's AgentID is right they do not say, and nothing of a secret that was entered after the first.
pub fn passed(tx: &WriteTx, corp: &CorpKey, calls: &[(SecretName, i64, i64)]) -> Result<(), StoreError> {
    let before = list(tx, corp)?;
    let mut trials = before.clone();
    for (of, first_ms, last_ms) in calls {
        if let Some(trial) = trials.get_mut(&of.path())
            && trial.is_of_secret
            && trial.entered_at_ms <= *first_ms
        {
            trial.failure.take_if(|failure| failure.at_ms <= *last_ms);
        }
    }
    if trials == before { Ok(()) } else { put(tx, corp, &trials) }
}

/// A test that began at `began_ms` found something wrong with a credential; see [`Trial::is_of_secret`].
pub fn failed(
    tx: &WriteTx,
    corp: &CorpKey,
    of: &SecretName,
    began_ms: i64,
    failure: &TestFailure,
    is_of_secret: bool,
) -> Result<(), StoreError> {
    let mut trials = list(tx, corp)?;
    // one that was never entered anew has worked as far as anybody knows
    let trial = trials.entry(of.path()).or_insert_with(|| Trial { has_worked: true, ..Trial::default() });
    if began_ms < trial.entered_at_ms {
        return Ok(());
    }
    (trial.failure, trial.is_of_secret) = (Some(failure.clone()), is_of_secret);
    put(tx, corp, &trials)
}

fn put(tx: &WriteTx, corp: &CorpKey, trials: &Trials) -> Result<(), StoreError> {
    if trials.is_empty() {
        return settings::remove(tx, Scope::Corp(corp), NAME).map(drop);
    }
    settings::put(tx, Scope::Corp(corp), NAME, trials)
}
