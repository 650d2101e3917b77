//! Which runs are under way, and how to reach them.

use crate::model::RunId;
use crate::sync::progress::Watch;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

type Map = HashMap<RunId, (Watch, CancellationToken)>;

/// The runs under way.
#[derive(Clone, Default)]
pub(super) struct Active(Arc<Mutex<Map>>);

/// Takes its run off the list when dropped and wakes those who wait for that.
pub(super) struct Done {
    run: RunId,
    ended: CancellationToken,
    active: Active,
}

impl Drop for Done {
    fn drop(&mut self) {
        self.active.lock().remove(&self.run);
        self.ended.cancel();
    }
}

impl Active {
    /// Puts a run on the list.
    pub(super) fn enter(&self, watch: Watch) -> Done {
        let (run, ended) = (watch.run.clone(), CancellationToken::new());
        self.lock().insert(run.clone(), (watch, ended.clone()));
        Done { run, ended, active: self.clone() }
    }

    /// The thread to a run.
    pub(super) fn find(&self, run: &RunId) -> Option<Watch> {
        self.lock().get(run).map(|(watch, _)| watch.clone())
    }

    /// Returns when the run is not on the list.
    pub(super) async fn ended(&self, run: &RunId) {
        let ended = self.lock().get(run).map(|(_, ended)| ended.clone());
        if let Some(ended) = ended {
            ended.cancelled().await;
        }
    }

    /// All of them, the oldest first.
    pub(super) fn list(&self) -> Vec<RunId> {
        let mut runs: Vec<RunId> = self.lock().keys().cloned().collect();
        runs.sort();
        runs
    }

    fn lock(&self) -> MutexGuard<'_, Map> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
