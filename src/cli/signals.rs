//! Signals of the operating system.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Waits for SIGINT (Ctrl-C) or SIGTERM.
pub async fn wait_for_stop() {
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt()), listen(SignalKind::terminate()));
    tokio::select! {
        () = heard(&mut interrupt) => {}
        () = heard(&mut terminate) => {}
    }
}

/// SIGHUP, by which the service manager asks for certificates to be read again.
pub fn reload() -> Option<Signal> {
    listen(SignalKind::hangup())
}

/// Waits for a signal; for ever where it cannot be listened for.
pub async fn heard(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

fn listen(kind: SignalKind) -> Option<Signal> {
    match signal(kind) {
        Ok(signal) => Some(signal),
        Err(cause) => {
            tracing::warn!("a signal cannot be listened for: {cause}");
            None
        }
    }
}
