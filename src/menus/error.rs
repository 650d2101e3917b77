//! Why something about a menu was not done.

use crate::model::content::LimitFault;
use crate::store::StoreError;
use crate::sync::SyncError;
use crate::wecom::CallError;

/// Why something about a menu was not done.
#[derive(Debug, thiserror::Error)]
pub enum MenuError {
    /// WeCom would refuse the menu; nothing was stored or published.
    #[error("the menu has faults: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Faults(Vec<LimitFault>),
    /// WeCom did not take the call; what was edited is stored.
    #[error("{0}")]
    Call(#[source] Box<CallError>),
    /// The answer to the call was lost; what was edited is stored.
    #[error(
        "{cause}; {}",
        if *.is_read_back { "read back, WeCom has another menu: it did not arrive" }
        else { "reading back failed too: whether it is in force is not known, compare later" }
    )]
    Lost {
        /// Why there is no answer.
        cause: Box<CallError>,
        /// Whether the menu was read back, and is another one. Otherwise nothing is known, and that is noted.
        is_read_back: bool,
    },
    /// The corp's client cannot be built.
    #[error("{0}")]
    Sync(#[source] Box<SyncError>),
    /// The store failed, or corp or app do not exist.
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl From<CallError> for MenuError {
    fn from(cause: CallError) -> Self {
        Self::Call(Box::new(cause))
    }
}
