//! A directory file that somebody uploads: previewed first, imported when that is confirmed.

use super::error::DirectoryError;
use super::import::{self, ImportOptions, Imported, Preview, Progress};
use super::limits::Limits;
use super::parsed::Parsed;
use super::read::read_bytes;
use crate::model::{Actor, TenantKey};
use crate::store::{Store, StoreError};
use bytes::Bytes;

/// A file that waits for its confirmation.
#[derive(Debug, Clone)]
pub struct Upload {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub content: Bytes,
    /// How it was previewed.
    pub options: ImportOptions,
    /// [`Diff::digest`](super::diff::Diff::digest) of what the preview showed.
    pub shown: String,
}

/// Reads a file and compares it with the stored directory; writes nothing.
///
/// # Errors
/// [`DirectoryError::Refused`] with everything that is wrong with the file as a whole.
pub async fn preview_upload(
    store: &Store,
    tenant: &TenantKey,
    name: String,
    content: Bytes,
    options: ImportOptions,
) -> Result<(Upload, Preview), DirectoryError> {
    let parsed = parse(name.clone(), content.clone()).await?;
    let preview = import::preview(store, tenant, parsed, options.mode).await?;
    let (preview, shown) = digested(preview).await?;
    Ok((Upload { name, content, options, shown }, preview))
}

/// Imports what was previewed.
///
/// # Errors
/// [`DirectoryError::PreviewChanged`] when it would do something else to any row than the preview showed, however alike the
/// numbers are; otherwise as [`import::import`].
pub async fn confirm_upload(
    store: &Store,
    tenant: &TenantKey,
    upload: &Upload,
    options: ImportOptions,
    actor: &Actor,
    progress: impl FnMut(Progress),
) -> Result<Imported, DirectoryError> {
    let parsed = parse(upload.name.clone(), upload.content.clone()).await?;
    let (again, does) = digested(import::preview(store, tenant, parsed, options.mode).await?).await?;
    if does != upload.shown {
        return Err(DirectoryError::PreviewChanged);
    }
    import::import_previewed(store, tenant, again, options, actor, progress).await
}

/// Taking a file apart is work for a thread that may block.
async fn parse(name: String, content: Bytes) -> Result<Parsed, DirectoryError> {
    let parsed = tokio::task::spawn_blocking(move || read_bytes(&name, &content, Limits::DIRECTORY_UPLOAD)).await;
    parsed.map_err(|_| StoreError::Closed)?
}

/// A preview with its digest; of many rows it takes longer than a worker may be held.
async fn digested(preview: Preview) -> Result<(Preview, String), DirectoryError> {
    let work = tokio::task::spawn_blocking(move || {
        let digest = preview.diff.digest();
        (preview, digest)
    });
    Ok(work.await.map_err(|_| StoreError::Closed)?)
}
