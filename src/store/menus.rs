//! Menus of apps: the draft that people edit, and what was last published.

use super::StoreError;
use super::key::{Prefix, Str};
use super::table::{Table, TableInfo};
use super::tx::{Reads, WriteTx};
use crate::model::menu::MenuDraft;
use crate::model::{AppKey, CorpKey};

/// (corp, app)
const MENUS: Table<(Str, Str), MenuDraft> = Table::new("menus");
pub(super) const TABLES: &[TableInfo] = &[MENUS.info()];

/// The menu of an app; `None` = nobody has written one.
pub fn find(tx: &impl Reads, corp: &CorpKey, app: &AppKey) -> Result<Option<MenuDraft>, StoreError> {
    MENUS.get(tx, (corp.as_str(), app.as_str()))
}

/// Writes the menu of an app.
pub fn put(tx: &WriteTx, corp: &CorpKey, app: &AppKey, draft: &MenuDraft) -> Result<(), StoreError> {
    MENUS.put(tx, (corp.as_str(), app.as_str()), draft)
}

/// Removes the menu of an app; answers whether it was there.
pub fn remove(tx: &WriteTx, corp: &CorpKey, app: &AppKey) -> Result<bool, StoreError> {
    Ok(MENUS.remove(tx, (corp.as_str(), app.as_str()))?.is_some())
}

/// What is published, and what is not known of it, is of no concern any more; the drafts stay.
pub(super) fn forget_published(tx: &WriteTx, corp: &CorpKey) -> Result<(), StoreError> {
    for (corp, app) in MENUS.keys(tx, &Prefix::text(corp.as_str()).range())? {
        if let Some(draft) =
            MENUS.get(tx, (&corp, &app))?.filter(|draft| draft.published.is_some() || draft.unsettled.is_some())
        {
            let draft = MenuDraft { published: None, published_at_ms: None, unsettled: None, ..draft };
            MENUS.put(tx, (&corp, &app), &draft)?;
        }
    }
    Ok(())
}

pub(super) fn clear(tx: &WriteTx, corp: &CorpKey) -> Result<(), StoreError> {
    MENUS.remove_range(tx, &Prefix::text(corp.as_str()).range()).map(|_| ())
}
