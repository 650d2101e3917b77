//! The event stream of a run: its state first, then what happens, at last its end.

use super::answer::Events;
use crate::app::App;
use crate::jobs::RunEvent;
use crate::model::Run;
use bytes::Bytes;
use futures_util::stream;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

/// Between two comments that keep proxies from closing a quiet connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

struct Watcher {
    app: Arc<App>,
    run: Run,
    live: Receiver<RunEvent>,
    stopping: CancellationToken,
    at: At,
}

enum At {
    Begin,
    Live,
    End,
}

/// Events of a run: `run`, then `progress`, then `ended`; the stream ends after that, or when the server stops.
pub fn stream(app: Arc<App>, run: Run, live: Receiver<RunEvent>, stopping: CancellationToken) -> Events {
    let watcher = Watcher { app, run, live, stopping, at: At::Begin };
    Events(Box::pin(stream::unfold(watcher, |mut watcher| async move {
        let chunk = watcher.next().await?;
        Some((Ok(chunk), watcher))
    })))
}

impl Watcher {
    async fn next(&mut self) -> Option<Bytes> {
        match self.at {
            At::Begin => {
                self.at = At::Live;
                Some(event("run", &self.run))
            }
            At::Live if self.run.state.is_final() => Some(self.end().await),
            At::Live => self.wait().await,
            At::End => None,
        }
    }

    async fn wait(&mut self) -> Option<Bytes> {
        let received = tokio::select! {
            received = self.live.recv() => received,
            () = self.app.clock.sleep(KEEP_ALIVE) => return Some(Bytes::from_static(b": still here\n\n")),
            () = self.stopping.cancelled() => return None,
        };
        match received {
            Ok(RunEvent::Ended { run }) => {
                self.run = *run;
                Some(self.end().await)
            }
            Ok(progress) => Some(event("progress", &progress)),
            // each event says everything that the ones before it said
            Err(RecvError::Lagged(_)) => Some(Bytes::from_static(b": behind\n\n")),
            Err(RecvError::Closed) => {
                let run = self.app.jobs.find(&self.run.id).await.ok().flatten()?;
                self.run = run;
                if self.run.state.is_final() { Some(self.end().await) } else { None }
            }
        }
    }

    /// The end is told only when the corp is free again, so that a client may start the next thing at once.
    async fn end(&mut self) -> Bytes {
        self.at = At::End;
        if let Ok(run) = self.app.jobs.wait(&self.run.id).await {
            self.run = run;
        }
        event("ended", &self.run)
    }
}

fn event(name: &str, data: &impl Serialize) -> Bytes {
    let data = serde_json::to_string(data).unwrap_or_default();
    Bytes::from(format!("event: {name}\ndata: {data}\n\n"))
}
