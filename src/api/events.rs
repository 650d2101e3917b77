//! The event stream of a run: its state first, then what happens, at last its end. It ends before that when whoever listens may not
//! any more: signed out, revoked, disabled.

use super::answer::Events;
use crate::admin::{keys, sessions};
use crate::app::App;
use crate::http::watchers::Seat;
use crate::http::{Problem, Settings};
use crate::jobs::RunEvent;
use crate::model::{AccountId, Run, SessionId};
use actix_web::http::StatusCode;
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
/// So long a look at the right of whoever listens is enough.
const LOOKED_MS: i64 = 1_000;

/// By what right somebody listens.
#[derive(Debug, Clone)]
pub enum Right {
    /// A browser's session.
    Session {
        /// Whose.
        account: AccountId,
        /// Which.
        session: SessionId,
    },
    /// An API key, by its id.
    Key(String),
}

impl Right {
    fn text(&self) -> &str {
        match self {
            Self::Session { session, .. } => session.as_str(),
            Self::Key(id) => id,
        }
    }

    /// Whether it still is one. A store that cannot be read says no.
    async fn holds(&self, app: &App) -> bool {
        match self {
            Self::Session { account, session } => {
                sessions::is_open(&app.admin, account, session).await.unwrap_or(false)
            }
            Self::Key(id) => keys::is_valid(&app.store, &app.clock, id).await.unwrap_or(false),
        }
    }
}

struct Watcher {
    app: Arc<App>,
    run: Run,
    live: Receiver<RunEvent>,
    stopping: CancellationToken,
    at: At,
    right: Right,
    looked_at_ms: i64,
    _seat: Seat,
}

enum At {
    Begin,
    Live,
    End,
}

/// Events of a run: `run`, then `progress`, then `ended`; the stream ends after that, when the server stops, or when the right
/// ends by which somebody listens.
///
/// # Errors
/// 503 `events.too_many` while too many listen.
pub fn stream(
    app: Arc<App>,
    settings: &Settings,
    run: Run,
    live: Receiver<RunEvent>,
    right: Right,
) -> Result<Events, Problem> {
    let Some(seat) = settings.watchers.seat(right.text()) else {
        let told = "Too many event streams are open: close some, or ask for the run's state now and then instead.";
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "events.too_many", told).retry_after_s(15));
    };
    let (stopping, looked_at_ms) = (settings.stopping.clone(), app.clock.now_ms());
    let watcher = Watcher { app, run, live, stopping, at: At::Begin, right, looked_at_ms, _seat: seat };
    Ok(Events(Box::pin(stream::unfold(watcher, |mut watcher| async move {
        let chunk = watcher.next().await?;
        Some((Ok(chunk), watcher))
    }))))
}

impl Watcher {
    async fn next(&mut self) -> Option<Bytes> {
        match self.at {
            At::Begin => {
                self.at = At::Live;
                Some(event("run", &self.run))
            }
            At::Live if self.run.state.is_final() => self.end().await,
            At::Live => self.wait().await,
            At::End => None,
        }
    }

    async fn wait(&mut self) -> Option<Bytes> {
        let received = tokio::select! {
            received = self.live.recv() => received,
            () = self.app.clock.sleep(KEEP_ALIVE) => {
                return self.may_listen(0).await.then(|| Bytes::from_static(b": still here\n\n"));
            }
            () = self.stopping.cancelled() => return None,
        };
        match received {
            Ok(RunEvent::Ended { run }) => {
                self.run = *run;
                self.end().await
            }
            Ok(progress) => self.may_listen(LOOKED_MS).await.then(|| event("progress", &progress)),
            // each event says everything that the ones before it said
            Err(RecvError::Lagged(_)) => Some(Bytes::from_static(b": behind\n\n")),
            Err(RecvError::Closed) => {
                let run = self.app.jobs.find(&self.run.id).await.ok().flatten()?;
                self.run = run;
                if self.run.state.is_final() { self.end().await } else { None }
            }
        }
    }

    /// The end is told only when the corp is free again, so that a client may start the next thing at once.
    async fn end(&mut self) -> Option<Bytes> {
        self.at = At::End;
        if let Ok(run) = self.app.jobs.wait(&self.run.id).await {
            self.run = run;
        }
        self.may_listen(0).await.then(|| event("ended", &self.run))
    }

    /// Whether the right still holds, where the last look at it is older than `looked_ms`.
    async fn may_listen(&mut self, looked_ms: i64) -> bool {
        let now_ms = self.app.clock.now_ms();
        if now_ms - self.looked_at_ms < looked_ms {
            return true;
        }
        self.looked_at_ms = now_ms;
        self.right.holds(&self.app).await
    }
}

fn event(name: &str, data: &impl Serialize) -> Bytes {
    let data = serde_json::to_string(data).unwrap_or_default();
    Bytes::from(format!("event: {name}\ndata: {data}\n\n"))
}
