//! Talks to the service manager: ready, stopping, still alive. Without systemd all of it does nothing.

use crate::clock::Clock;
use sd_notify::NotifyState;
use std::time::Duration;

/// Tells that the server answers.
pub fn notify_ready(status: &str) {
    notify(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// Tells that the server is about to stop.
pub fn notify_stopping() {
    notify(&[NotifyState::Stopping]);
}

/// How often the service manager wants a sign of life; `None` = it does not.
pub fn watchdog_every() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|limit| limit / 2)
}

/// Gives a sign of life every `every`, as long as `alive` says so. The first `false` ends the signs, and the service
/// manager restarts the service after its limit.
pub async fn watch<F: Future<Output = bool>>(clock: Clock, every: Duration, alive: impl Fn() -> F) {
    while alive().await {
        notify(&[NotifyState::Watchdog]);
        clock.sleep(every).await;
    }
    tracing::error!("the server is not healthy any more; the service manager will restart it");
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(cause) = sd_notify::notify(states) {
        tracing::warn!("the service manager could not be told: {cause}");
    }
}
