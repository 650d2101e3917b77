//! What a run reports while it works, and how it is stopped.

use crate::model::{Counts, Run, RunId, RunState};
use serde::Serialize;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// How many events a slow listener may be behind before it misses some. Each event says everything that the ones
/// before it said, so nothing is lost by a gap.
const EVENTS_KEPT: usize = 256;

/// What a run is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Reads WeCom.
    Pull,
    /// Computes the plan.
    Plan,
    /// Compares the target with what the plan saw.
    Check,
    /// Writes.
    Apply,
}

/// One event of a run.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RunEvent {
    /// How far it is. `total` is 0 while it is not known yet.
    Progress {
        /// Which run.
        run: RunId,
        /// What it is at.
        phase: Phase,
        /// Steps done, failed ones included.
        done: u64,
        /// Steps in all.
        total: u64,
        /// Failed and skipped records.
        failed: u64,
        /// What was changed so far.
        counts: Counts,
    },
    /// It has ended; the whole run as it is stored.
    Ended {
        /// The run.
        run: Box<Run>,
    },
}

/// The thread between a run and those who watch it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Watch {
    /// Which run.
    pub run: RunId,
    events: broadcast::Sender<RunEvent>,
    cancel: CancellationToken,
    stop: CancellationToken,
}

/// Why a run should end early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interruption {
    /// A person cancelled it: it ends as cancelled.
    Cancelled,
    /// The appliance stops: the run stays under way and is taken up at the next start.
    Stopping,
}

impl Watch {
    /// For a run that nobody can stop but the appliance (`stop`).
    pub fn new(run: RunId, stop: CancellationToken) -> Self {
        Self { run, events: broadcast::channel(EVENTS_KEPT).0, cancel: CancellationToken::new(), stop }
    }

    /// For work that nobody watches.
    pub fn unwatched(run: RunId) -> Self {
        Self::new(run, CancellationToken::new())
    }

    /// Events from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<RunEvent> {
        self.events.subscribe()
    }

    /// Asks the run to end between two records.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// Whether the run should end, and why. What a person has asked for stands, whatever happens to the appliance.
    pub fn interruption(&self) -> Option<Interruption> {
        if self.cancel.is_cancelled() {
            Some(Interruption::Cancelled)
        } else if self.stop.is_cancelled() {
            Some(Interruption::Stopping)
        } else {
            None
        }
    }

    /// Returns when the run should end.
    pub async fn interrupted(&self) -> Interruption {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Interruption::Cancelled,
            () = self.stop.cancelled() => Interruption::Stopping,
        }
    }

    /// Whether the appliance stops: nothing is waited for any more, whether the run is cancelled or not.
    pub fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Returns when the appliance stops.
    pub async fn stopping(&self) {
        self.stop.cancelled().await;
    }

    /// Tells the watchers how far the run is.
    pub fn progress(&self, phase: Phase, run: &Run, failed: u64) {
        // an error only means that nobody listens
        let _ = self.events.send(RunEvent::Progress {
            run: self.run.clone(),
            phase,
            done: run.done,
            total: run.total,
            failed,
            counts: run.counts.clone(),
        });
    }

    /// Tells the watchers how far a reading phase is, where no counts of changes exist.
    pub fn reading(&self, phase: Phase, done: u64, total: u64) {
        let _ = self.events.send(RunEvent::Progress {
            run: self.run.clone(),
            phase,
            done,
            total,
            failed: 0,
            counts: Counts::default(),
        });
    }

    /// Tells the watchers that the run has ended.
    pub fn ended(&self, run: &Run) {
        debug_assert!(run.state != RunState::Running, "a run that goes on has not ended");
        let _ = self.events.send(RunEvent::Ended { run: Box::new(run.clone()) });
    }
}
