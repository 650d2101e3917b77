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

/// Gives a sign of life every `every`, for ever. That this task still runs is the sign: a process that hangs gives none,
/// and the service manager restarts it. A full or slow disk is no reason for that, because a restart would only break off
/// what is under way; `/readyz` tells of it.
pub async fn watch(clock: Clock, every: Duration) {
    loop {
        notify(&[NotifyState::Watchdog]);
        clock.sleep(every).await;
    }
}

/// Whether standard output goes to the journal, which keeps it and shows it to others than who started the service.
pub fn stdout_is_journal() -> bool {
    use std::os::unix::fs::MetadataExt;
    let Some(stream) = std::env::var_os("JOURNAL_STREAM") else { return false };
    // DEVICE:INODE of the stream; a shell that was started by a service has the variable and another output
    std::fs::metadata("/proc/self/fd/1")
        .is_ok_and(|own| stream.to_str() == Some(format!("{}:{}", own.dev(), own.ino()).as_str()))
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(cause) = sd_notify::notify(states) {
        tracing::warn!("the service manager could not be told: {cause}");
    }
}
