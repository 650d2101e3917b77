//! Runs that a crash or a stop has interrupted: taken up again, given up, and in the way of new ones until then.

use super::{Jobs, SUPERSEDED};
use crate::model::{Actor, CorpKey, Outcome, Run, RunId, RunKind, RunState};
use crate::store::{self, Reads, StoreError, WriteTx};
use crate::sync::error::{SyncError, utc};
use crate::sync::progress::Watch;
use crate::sync::{apply, facts, runs};
use serde_json::json;

/// What came of asking a run to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// It ends after the calls that are under way.
    UnderWay,
    /// It was interrupted and is over now.
    GivenUp,
}

impl Jobs {
    /// Takes up what a crash or a stop has interrupted; to be called once at start. Runs that had begun to write go on
    /// from their journal, unless another run has written since; the others end as failed, for nothing was written. A run
    /// that was cancelled before ends as cancelled, and one of which a record was tried again as it had ended.
    /// Answers the runs that go on.
    pub async fn resume_interrupted(&self) -> Result<Vec<RunId>, SyncError> {
        let interrupted = self.env().store.read_async(store::runs::running).await?;
        let mut resumed = Vec::new();
        for run in interrupted {
            if self.0.active.find(&run.id).is_some() {
                continue;
            }
            let id = run.id.clone();
            match self.take_up(run).await {
                Ok(true) => resumed.push(id),
                Ok(false) => {}
                // one corp's trouble must not keep the others from going on
                Err(error) => tracing::error!(run.id = %id, %error, "run {id} cannot go on"),
            }
        }
        Ok(resumed)
    }

    /// Answers whether the run goes on; if not, it has ended.
    async fn take_up(&self, run: Run) -> Result<bool, SyncError> {
        let lease = self.occupy(&run)?;
        if self.end_asked(&run).await? {
            return Ok(false);
        }
        let corp = self.env().get_corp(&run.corp).await?;
        if run.kind != RunKind::Downstream || !self.has_taken_plan(&run).await? {
            self.end(run, &SyncError::Stopping).await;
            return Ok(false);
        }
        if self.is_superseded(&run).await? {
            let why = format!("it was interrupted, and {SUPERSEDED}");
            self.end(run.clone(), &SyncError::NoResume { run: run.id, why }).await;
            return Ok(false);
        }
        tracing::info!(run.id = %run.id, corp = %run.corp, "run {} was interrupted and goes on", run.id);
        self.spawn(lease, run, move |env, run, watch| async move {
            runs::resume(&env, &corp, run, &watch).await;
        });
        Ok(true)
    }

    /// Ends the interrupted runs of a corp that had not begun to write; refuses when one had. The caller has the corp's
    /// lease, so none of them is under way; `own` is the run that it is for.
    pub(super) async fn end_idle(&self, corp: &CorpKey, own: &RunId) -> Result<(), SyncError> {
        let interrupted = self.env().store.read_async(store::runs::running).await?;
        for run in interrupted.into_iter().filter(|run| run.corp == *corp && run.id != *own) {
            if self.end_asked(&run).await? {
                continue;
            }
            if self.has_taken_plan(&run).await? {
                let since = utc(run.started_at_ms);
                return Err(SyncError::Interrupted { corp: run.corp, run: run.id, by: run.by, since });
            }
            self.end(run, &SyncError::Stopping).await;
        }
        Ok(())
    }

    /// Ends an interrupted run that is not to go on by itself: a cancelled one, and one that had ended before a record of it
    /// was tried again. Answers whether it is one of these.
    async fn end_asked(&self, run: &Run) -> Result<bool, SyncError> {
        let id = run.id.clone();
        let ended = self.env().store.write(move |tx| {
            let Some(mut run) = store::runs::find(tx, &id)?.filter(|run| !run.state.is_final()) else {
                return Ok(None);
            };
            let asked = store::runs::asked(tx, &run)?;
            if let Some(cancel) = asked.cancel {
                let message = format!(
                    "cancelled by {}; the appliance stopped before its end, what was done stays done",
                    cancel.by
                );
                give_up(tx, &mut run, message)?;
                return Ok(Some(run));
            }
            let Some(retry) = asked.retry else { return Ok(None) };
            note_doubt(tx, &run)?;
            let journal = store::runs::entries(tx, &id, 0..u32::MAX)?;
            apply::end_retry(&mut run, retry.before, &journal, tx.now_ms());
            store::runs::put(tx, &run)?;
            Ok(Some(run))
        });
        let Some(ended) = ended.await? else { return Ok(false) };
        tracing::info!(run.id = %ended.id, corp = %ended.corp, "run {} was interrupted and does not go on", ended.id);
        self.announce(ended);
        Ok(true)
    }

    async fn end(&self, mut run: Run, why: &SyncError) {
        runs::fail(&mut run, why);
        let watch = Watch::unwatched(run.id.clone());
        runs::end(self.env(), &mut run, &watch).await;
        self.announce(run);
    }

    /// Gives an interrupted run up. What was intended without an outcome may be there, so the next pull reads everything.
    pub(super) async fn give_up(&self, run: &RunId, actor: &Actor) -> Result<Cancelled, SyncError> {
        let found = self.get(run).await?;
        if found.state.is_final() {
            return Err(SyncError::Ended { run: run.clone(), state: found.state });
        }
        let _lease = self.occupy(&found)?;
        let (id, actor) = (run.clone(), actor.clone());
        let ended = self.env().store.write(move |tx| {
            let Some(mut run) = store::runs::find(tx, &id)?.filter(|run| !run.state.is_final()) else {
                return Ok(None);
            };
            let message = "given up after it was interrupted; what was done stays done".to_owned();
            let uncertain = give_up(tx, &mut run, message)?;
            let after = json!({ "corp": run.corp, "interrupted": true, "done": run.done, "uncertain": uncertain });
            store::audit::append(tx, &actor, "run.cancel", &format!("run {id}"), None, Some(after))?;
            Ok(Some(run))
        });
        let Some(ended) = ended.await? else {
            let state = self.get(run).await?.state;
            return Err(SyncError::Ended { run: run.clone(), state });
        };
        self.announce(ended);
        Ok(Cancelled::GivenUp)
    }

    /// Whether another run has written to the corp's WeCom since this one began. A run without a plan, or whose plan is no
    /// longer there, has nothing to go on with.
    pub(super) async fn is_superseded(&self, run: &Run) -> Result<bool, SyncError> {
        let run = run.clone();
        let read = move |tx: &store::ReadTx| {
            let Some(plan) = &run.plan else { return Ok(false) };
            let Some(head) = store::plans::head(tx, plan)? else { return Ok(false) };
            Ok(facts::get(tx, &run.corp)?.is_written_by_another(&run.id, head.writes))
        };
        Ok(self.env().store.read_async(read).await?)
    }
}

/// Ends an interrupted run as cancelled; answers how many of its records are in doubt.
fn give_up(tx: &WriteTx, run: &mut Run, message: String) -> Result<usize, StoreError> {
    run.state = RunState::Cancelled;
    run.ended_at_ms = Some(tx.now_ms());
    run.message = Some(message);
    let uncertain = note_doubt(tx, run)?;
    store::runs::put(tx, run)?;
    Ok(uncertain)
}

/// What a run has intended and left without an outcome may be there: the next pull reads everything. Answers how many
/// records that are.
fn note_doubt(tx: &WriteTx, run: &Run) -> Result<usize, StoreError> {
    let entries = store::runs::entries(tx, &run.id, 0..u32::MAX)?;
    let uncertain = entries.iter().filter(|entry| entry.outcome == Outcome::Intended).count();
    if uncertain > 0 {
        facts::change(tx, &run.corp, |memory| {
            memory.note_write(&run.id);
            memory.full_read_at_ms = None;
        })?;
    }
    Ok(uncertain)
}
