//! Auto reply rules by corp, app and id (ids sort by age).

use super::StoreError;
use super::key::{Prefix, Str};
use super::table::{Table, TableInfo};
use super::tx::{Reads, WriteTx};
use crate::model::{AppKey, AutoReply, AutoReplyId, CorpKey};

/// (corp, app, rule)
const RULES: Table<(Str, Str, Str), AutoReply> = Table::new("auto_replies");
pub(super) const TABLES: &[TableInfo] = &[RULES.info()];

/// The rules of an app, the oldest first.
pub fn list(tx: &impl Reads, corp: &CorpKey, app: &AppKey) -> Result<Vec<AutoReply>, StoreError> {
    RULES.list(tx, &Prefix::text(corp.as_str()).then_text(app.as_str()).range())
}

/// The rule with this id.
pub fn find(tx: &impl Reads, corp: &CorpKey, app: &AppKey, id: &AutoReplyId) -> Result<Option<AutoReply>, StoreError> {
    RULES.get(tx, (corp.as_str(), app.as_str(), id.as_str()))
}

/// Creates or changes a rule.
pub fn put(tx: &WriteTx, rule: &AutoReply) -> Result<(), StoreError> {
    tx.touch_setup();
    RULES.put(tx, (rule.corp.as_str(), rule.app.as_str(), rule.id.as_str()), rule)
}

/// Removes a rule and answers it.
pub fn remove(tx: &WriteTx, corp: &CorpKey, app: &AppKey, id: &AutoReplyId) -> Result<Option<AutoReply>, StoreError> {
    tx.touch_setup();
    RULES.remove(tx, (corp.as_str(), app.as_str(), id.as_str()))
}

/// Removes the rules of apps that a corp no longer has.
pub(super) fn retain(tx: &WriteTx, corp: &CorpKey, apps: &[AppKey]) -> Result<(), StoreError> {
    for (_, app, id) in RULES.keys(tx, &Prefix::text(corp.as_str()).range())? {
        if !apps.iter().any(|known| known.as_str() == app) {
            RULES.remove(tx, (corp.as_str(), &app, &id))?;
        }
    }
    Ok(())
}

pub(super) fn clear(tx: &WriteTx, corp: &CorpKey) -> Result<(), StoreError> {
    RULES.remove_range(tx, &Prefix::text(corp.as_str()).range()).map(drop)
}
