//! Apps whose AgentID and secret nobody has tried since they were entered: neither a test nor a message has gone through.

use super::StoreError;
use super::settings::{self, Scope};
use super::tx::{Reads, WriteTx};
use crate::model::{AppKey, CorpKey};
use std::collections::BTreeSet;

const NAME: &str = "untested_apps";

/// The apps of a corp that were not tried yet.
pub fn list(tx: &impl Reads, corp: &CorpKey) -> Result<BTreeSet<AppKey>, StoreError> {
    Ok(settings::get(tx, Scope::Corp(corp), NAME)?.unwrap_or_default())
}

/// AgentID or secret of these apps are new; of the others only those in `kept` are still there.
pub fn entered(tx: &WriteTx, corp: &CorpKey, new: Vec<AppKey>, kept: &[AppKey]) -> Result<(), StoreError> {
    let before = list(tx, corp)?;
    let now: BTreeSet<AppKey> = before.iter().filter(|app| kept.contains(app)).cloned().chain(new).collect();
    if now == before { Ok(()) } else { put(tx, corp, &now) }
}

/// Something has gone through with the app's secret and AgentID.
pub fn worked(tx: &WriteTx, corp: &CorpKey, app: &AppKey) -> Result<(), StoreError> {
    let mut left = list(tx, corp)?;
    if left.remove(app) { put(tx, corp, &left) } else { Ok(()) }
}

fn put(tx: &WriteTx, corp: &CorpKey, apps: &BTreeSet<AppKey>) -> Result<(), StoreError> {
    if apps.is_empty() {
        return settings::remove(tx, Scope::Corp(corp), NAME).map(drop);
    }
    settings::put(tx, Scope::Corp(corp), NAME, apps)
}
