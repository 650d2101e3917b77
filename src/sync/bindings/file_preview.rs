//! A binding file that is looked at first (BIND-05): the pairs that it would link, and then exactly these.

use super::file::{self, LinkImport, LinkPair};
use crate::model::{Actor, CorpKey, EmployeeId, UserId};
use crate::sync::env::Env;
use crate::sync::error::SyncError;
use bytes::Bytes;

/// What a binding file would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkPreview {
    /// In numbers, with the rows that are not used.
    pub report: LinkImport,
    /// Whom it would link with whom.
    pub pairs: Vec<LinkPair>,
}

/// Reads a filled-in file and looks whom it would link; changes nothing. The corp must be idle.
///
/// # Errors
/// [`SyncError::BindingFile`] when the file as a whole cannot be used.
pub async fn preview(
    env: &Env,
    corp: &CorpKey,
    file_name: &str,
    content: Bytes,
    member_field: &str,
    actor: &Actor,
) -> Result<LinkPreview, SyncError> {
    let _lease = env.occupy(corp, "reading a binding file", &actor.name)?;
    let (_, report, pairs) = file::read_pairs(env, corp, file_name, content, member_field).await?;
    Ok(LinkPreview { report: LinkImport { bound: pairs.len() as u64, ..report }, pairs })
}

/// Links exactly the pairs that the preview of this file showed. The corp must be idle.
///
/// # Errors
/// [`SyncError::LinksChanged`] when the file would link others by now, because links, people or members have changed since:
/// nothing is linked then.
pub async fn confirm(
    env: &Env,
    corp: &CorpKey,
    file_name: &str,
    content: Bytes,
    member_field: &str,
    shown: &LinkPreview,
    actor: &Actor,
) -> Result<LinkImport, SyncError> {
    let _lease = env.occupy(corp, "importing links", &actor.name)?;
    let (corp, report, pairs) = file::read_pairs(env, corp, file_name, content, member_field).await?;
    if ids(&pairs) != ids(&shown.pairs) {
        return Err(SyncError::LinksChanged);
    }
    file::bind_pairs(env, &corp, pairs, report, actor).await
}

fn ids(pairs: &[LinkPair]) -> Vec<(&EmployeeId, &UserId)> {
    pairs.iter().map(|pair| (&pair.employee, &pair.userid)).collect()
}
