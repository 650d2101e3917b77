//! Care of the file: backup, restore, verification, compaction, statistics, new master keys.

mod backup;
mod compact;
mod rekey;
mod restore;
mod verify;

pub use super::registry::Fault;
pub use compact::{Stats, TableStats};
pub use rekey::Rekeyed;
pub use restore::{Restored, restore};
pub use verify::VerifyReport;

pub(super) use backup::backup;
