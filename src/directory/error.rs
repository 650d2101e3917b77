//! Why something was not done with the directory.

use super::fault::{FaultCode, Faults};
use crate::model::TenantKey;

/// Why something was not done. Unless a variant says otherwise, the stored directory is as it was.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The source, or the directory that would come of it, is unsound. Nothing was written.
    #[error("{0}")]
    Refused(Faults),
    /// Rows are bad and were not to be skipped. Nothing was written.
    #[error("{total} bad rows; the first: {0}. Correct them, or leave them out", total = .0.total)]
    BadRows(Faults),
    /// The tenant does not exist.
    #[error("there is no tenant {0}")]
    UnknownTenant(TenantKey),
    /// There is no such unit or employee.
    #[error("there is no {what} {id}")]
    NotFound {
        /// `unit` or `employee`
        what: &'static str,
        /// The id asked for.
        id: String,
    },
    /// Another import of the tenant is being written.
    #[error(
        "an import of {source_name} is being written, {done} of {total} rows; try again when it has ended, or in half a minute if it was interrupted"
    )]
    Busy {
        /// The file that is imported.
        source_name: String,
        /// Rows written.
        done: u64,
        /// Rows to write.
        total: u64,
    },
    /// Somebody changed the directory between the comparison and the writing.
    #[error(
        "the directory was changed by somebody else while the source was compared with it; nothing was written, import again"
    )]
    Changed,
    /// What was previewed would no longer do what the preview showed. Nothing was written.
    #[error("the directory has changed since the preview, so the import would do something else; preview it again")]
    PreviewChanged,
    /// The store failed. An import that had begun to write goes on where it stopped when it is run again.
    #[error("the store failed: {0}")]
    Store(#[from] crate::store::StoreError),
}

impl DirectoryError {
    /// The stable code, e.g. `directory.duplicate_unit`.
    pub fn code(&self) -> String {
        match self {
            Self::Refused(faults) => faults.list.first().map_or_else(String::new, |fault| fault.code.code()),
            Self::BadRows(_) => "directory.bad_rows".into(),
            Self::UnknownTenant(_) => "directory.unknown_tenant".into(),
            Self::NotFound { .. } => "directory.not_found".into(),
            Self::Busy { .. } => "directory.busy".into(),
            Self::Changed => "directory.changed".into(),
            Self::PreviewChanged => "import.changed".into(),
            Self::Store(_) => "store".into(),
        }
    }

    /// The fault that refused, where there is one.
    pub fn fault_code(&self) -> Option<FaultCode> {
        match self {
            Self::Refused(faults) | Self::BadRows(faults) => faults.list.first().map(|fault| fault.code),
            _ => None,
        }
    }

    /// All faults, where faults are the reason.
    pub fn faults(&self) -> Option<&Faults> {
        match self {
            Self::Refused(faults) | Self::BadRows(faults) => Some(faults),
            _ => None,
        }
    }
}

impl From<Faults> for DirectoryError {
    fn from(faults: Faults) -> Self {
        Self::Refused(faults)
    }
}
