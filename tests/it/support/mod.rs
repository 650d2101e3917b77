//! What several rooms' tests use.

pub mod child;
pub mod corp;
pub mod ldif;
pub mod slapd;

use std::time::Duration;

/// Returns when something is so; fails after so long, in real time, and names the place that waited.
#[track_caller]
pub fn until(patience: Duration, what: impl Fn() -> bool) -> impl Future<Output = ()> {
    let asked_at = std::panic::Location::caller();
    async move {
        let waiting = async {
            while !what() {
                tokio::task::yield_now().await;
            }
        };
        let came = tokio::time::timeout(patience, waiting).await;
        came.unwrap_or_else(|_| panic!("it never came to what {asked_at} waits for"));
    }
}
