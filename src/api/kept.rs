//! Uploaded files between preview and confirmation. They live in memory, bounded in number, size and time; after a
//! restart a file is uploaded again.

use crate::directory::{ImportOptions, Summary};
use crate::model::TenantKey;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// How long a preview can be confirmed.
pub const KEPT_MS: i64 = 30 * 60 * 1000;
/// Files kept at once; the oldest makes room.
const FILES_MAX: usize = 16;

/// One uploaded file.
#[derive(Debug)]
pub struct Kept {
    /// For which tenant.
    pub tenant: TenantKey,
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub content: Bytes,
    /// How it was previewed and will be imported.
    pub options: ImportOptions,
    /// What the preview said.
    pub summary: Summary,
    /// When it came, Unix milliseconds.
    pub at_ms: i64,
}

/// All kept files.
#[derive(Debug)]
pub struct KeptFiles {
    max_bytes: usize,
    files: Mutex<VecDeque<(String, Arc<Kept>)>>,
}

impl KeptFiles {
    /// Keeps at most so many bytes together; a single file may be larger and is then alone.
    pub fn new(max_bytes: usize) -> Self {
        Self { max_bytes, files: Mutex::default() }
    }

    /// Keeps a file and names it. What has expired, and the oldest where there are too many, is forgotten.
    pub fn keep(&self, kept: Kept) -> String {
        let id = uuid::Uuid::new_v4().simple().to_string();
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.retain(|(_, other)| kept.at_ms - other.at_ms < KEPT_MS);
        files.push_back((id.clone(), Arc::new(kept)));
        let size =
            |files: &VecDeque<(String, Arc<Kept>)>| files.iter().map(|(_, file)| file.content.len()).sum::<usize>();
        while files.len() > 1 && (files.len() > FILES_MAX || size(&files) > self.max_bytes) {
            files.pop_front();
        }
        id
    }

    /// The file with this id, of this tenant, not expired.
    pub fn find(&self, id: &str, tenant: &TenantKey, now_ms: i64) -> Option<Arc<Kept>> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, file) = files.iter().find(|(other, _)| other == id)?;
        (file.tenant == *tenant && now_ms - file.at_ms < KEPT_MS).then(|| file.clone())
    }

    /// Forgets a file.
    pub fn forget(&self, id: &str) {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).retain(|(other, _)| other != id);
    }
}
