//! Pictures of auto replies by corp, app and id (ids sort by age), and what they show.

use super::StoreError;
use super::key::{Prefix, Str};
use super::table::{Table, TableInfo};
use super::tx::{Reads, WriteTx};
use crate::model::{AppKey, CorpKey, Picture, PictureId};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use std::ops::ControlFlow;

/// (corp, app, picture)
const PICTURES: Table<(Str, Str, Str), Picture> = Table::new("reply_pictures");
/// (corp, app, picture) → content in base64
const CONTENTS: Table<(Str, Str, Str), String> = Table::new("reply_picture_contents");
pub(super) const TABLES: &[TableInfo] = &[PICTURES.info(), CONTENTS.info()];

/// The pictures of an app, the oldest first.
pub fn list(tx: &impl Reads, corp: &CorpKey, app: &AppKey) -> Result<Vec<Picture>, StoreError> {
    PICTURES.list(tx, &Prefix::text(corp.as_str()).then_text(app.as_str()).range())
}

/// The picture with this id.
pub fn find(tx: &impl Reads, corp: &CorpKey, app: &AppKey, id: &PictureId) -> Result<Option<Picture>, StoreError> {
    PICTURES.get(tx, (corp.as_str(), app.as_str(), id.as_str()))
}

/// What a picture shows.
pub fn find_content(
    tx: &impl Reads,
    corp: &CorpKey,
    app: &AppKey,
    id: &PictureId,
) -> Result<Option<Bytes>, StoreError> {
    let Some(text) = CONTENTS.get(tx, (corp.as_str(), app.as_str(), id.as_str()))? else { return Ok(None) };
    let content = STANDARD.decode(text).map_err(|_| StoreError::Refused(format!("picture {id} cannot be read")))?;
    Ok(Some(content.into()))
}

/// Adds a picture.
pub fn add(tx: &WriteTx, picture: &Picture, content: &[u8]) -> Result<(), StoreError> {
    let key = (picture.corp.as_str(), picture.app.as_str(), picture.id.as_str());
    CONTENTS.put(tx, key, &STANDARD.encode(content))?;
    put(tx, picture)
}

/// Changes what is known of a picture.
pub fn put(tx: &WriteTx, picture: &Picture) -> Result<(), StoreError> {
    tx.touch_setup();
    PICTURES.put(tx, (picture.corp.as_str(), picture.app.as_str(), picture.id.as_str()), picture)
}

/// Removes a picture and answers it.
pub fn remove(tx: &WriteTx, corp: &CorpKey, app: &AppKey, id: &PictureId) -> Result<Option<Picture>, StoreError> {
    tx.touch_setup();
    CONTENTS.remove(tx, (corp.as_str(), app.as_str(), id.as_str()))?;
    PICTURES.remove(tx, (corp.as_str(), app.as_str(), id.as_str()))
}

/// Removes the pictures of apps that a corp no longer has.
pub(super) fn retain(tx: &WriteTx, corp: &CorpKey, apps: &[AppKey]) -> Result<(), StoreError> {
    for (_, app, id) in PICTURES.keys(tx, &Prefix::text(corp.as_str()).range())? {
        if !apps.iter().any(|known| known.as_str() == app) {
            remove(tx, corp, &AppKey::from(app), &PictureId::from(id))?;
        }
    }
    Ok(())
}

/// The WeCom of a corp knows none of its pictures: they are uploaded again when they are wanted.
pub(super) fn forget_uploads(tx: &WriteTx, corp: &CorpKey) -> Result<(), StoreError> {
    for picture in PICTURES.list(tx, &Prefix::text(corp.as_str()).range())? {
        if picture.at_wecom.is_some() || picture.fault.is_some() {
            put(tx, &Picture { at_wecom: None, fault: None, ..picture })?;
        }
    }
    Ok(())
}

pub(super) fn clear(tx: &WriteTx, corp: &CorpKey) -> Result<(), StoreError> {
    CONTENTS.remove_range(tx, &Prefix::text(corp.as_str()).range())?;
    PICTURES.remove_range(tx, &Prefix::text(corp.as_str()).range()).map(drop)
}

pub(super) fn check(tx: &super::ReadTx, checks: &mut super::registry::Checks) -> Result<(), StoreError> {
    let mut wanted = Vec::new();
    PICTURES.scan(tx, &super::table::everything(), |key, _| {
        wanted.push(key);
        Ok(ControlFlow::Continue(()))
    })?;
    checks.same_keys(CONTENTS.name(), CONTENTS.keys(tx, &super::table::everything())?, wanted);
    Ok(())
}
