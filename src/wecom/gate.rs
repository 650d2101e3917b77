//! Who may still take back a call that waits for its place in the quota: a call may wait for an hour, and what was true
//! when it was made need not be true when it goes out.

use futures_util::future::BoxFuture;

/// Asked about calls that have waited, right before they go out.
pub trait Gate: Send + Sync {
    /// `Err` says why nothing may be sent any more, one English sentence.
    fn check(&self) -> BoxFuture<'_, Result<(), String>>;

    /// Returns, with the reason, when calls that wait are to be given up.
    fn closed(&self) -> BoxFuture<'_, String>;
}

/// A call that took so long to get its place is asked about before it goes out.
pub const ASK_AFTER_MS: i64 = 1_000;
