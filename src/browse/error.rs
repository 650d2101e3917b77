//! Why something could not be shown.

use crate::directory::export::ExportError;
use crate::model::{CorpKey, PlanId, TenantKey};
use crate::store::StoreError;
use crate::sync::SyncError;

/// Why something could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum BrowseError {
    /// There is no such tenant.
    #[error("there is no tenant {0}")]
    NoTenant(TenantKey),
    /// There is no such corp.
    #[error("there is no corp {0}")]
    NoCorp(CorpKey),
    /// There is no such plan (any more).
    #[error("there is no plan {0}; plans that were not applied are kept for a week after they expired")]
    NoPlan(PlanId),
    /// A cursor that this room did not make: an address that was cut off or changed by hand.
    #[error("the place in the list cannot be read from the address: open the list again from its beginning")]
    BadCursor,
    /// More text than a snapshot can hold.
    #[error("{what} holds more than 4 GiB of text and cannot be shown")]
    TooLarge {
        /// What.
        what: &'static str,
    },
    /// A file could not be written.
    #[error("{0}")]
    Export(#[from] ExportError),
    /// The schedules could not be read.
    #[error("{0}")]
    Schedules(#[from] SyncError),
    /// The store.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// A bug ended the work.
    #[error("showing this ended by a bug: {0}")]
    Bug(String),
}
