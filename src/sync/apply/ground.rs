//! The ground under each record of a run: the directory may move on while the run is under way.

use super::directory::{self, Moved};
use super::ending::Trouble;
use super::{Runner, queue};
use crate::model::{Change, Outcome};
use crate::sync::error::SyncError;
use std::sync::Arc;

impl Runner {
    /// Whether the change may be carried out, as the directory is now. If not, it has its outcome, or the run stops.
    pub(super) async fn is_founded(&mut self, index: usize) -> Result<bool, SyncError> {
        let changes = Arc::clone(&self.changes);
        let change = &changes[index];
        let why = match self.unfounded(index, change).await {
            Ok(why) => why,
            Err(SyncError::Store(error)) => return Err(error.into()),
            Err(error) => {
                self.stopped_by.get_or_insert(Trouble::Drift(error));
                return Ok(false);
            }
        };
        let Some(why) = why else { return Ok(true) };
        let message = format!("{why}: not written; the next plan says what is right now");
        self.settle(change, Outcome::Failed { errcode: 0, message, needs_plan: true }, queue::endpoint(&change.action));
        Ok(false)
    }

    async fn unfounded(&mut self, index: usize, change: &Change) -> Result<Option<String>, SyncError> {
        let Some(basis) = &mut self.basis else { return Ok(None) };
        if let Some(why) = basis.stale.get(&change.seq) {
            return Ok(Some(why.clone()));
        }
        if queue::is_bookkeeping(&change.action) {
            return Ok(None);
        }
        let (key, seen, changes) = (self.corp.key.clone(), basis.seen(index), Arc::clone(&self.changes));
        let moved = self.env.store.read_async(move |tx| directory::moved(tx, &key, seen, &changes[index].action));
        match moved.await? {
            Moved::Not(revision) => {
                basis.units_revision = revision;
                Ok(None)
            }
            Moved::Row => {
                let id = change.action.employee().map(ToString::to_string).unwrap_or_default();
                Ok(Some(format!("the directory's row of employee {id} has changed since the plan was made")))
            }
            Moved::Units => {
                // what is done must be known before what is left is judged
                self.flush().await?;
                self.judge_anew().await?;
                Ok(self.basis.as_ref().and_then(|basis| basis.stale.get(&change.seq)).cloned())
            }
        }
    }

    /// Looks again at what everything that is not done rests on.
    pub(super) async fn judge_anew(&mut self) -> Result<(), SyncError> {
        let ledger = &self.ledger;
        let is_open = |change: &Change| !ledger.is_done(change);
        self.basis = directory::judge(&self.env, &self.plan, &self.changes, is_open).await?;
        Ok(())
    }
}
