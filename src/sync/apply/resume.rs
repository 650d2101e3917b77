//! Going on after a stop: first WeCom is read again. What was intended and is there counts as done, and everything that
//! is still to be written is compared like a plan that is begun.

use super::directory;
use super::drift;
use super::ending::Trouble;
use super::present::{self, Reader};
use super::uncertain;
use super::{Runner, execute};
use crate::model::{Change, CorpKey, Member, Outcome, Run, Text};
use crate::store::{self, Reads, StoreError};
use crate::sync::env::Env;
use crate::sync::error::SyncError;
use crate::sync::facts;
use std::collections::HashMap;
use std::sync::Arc;

impl Runner {
    /// Goes on with a run that an error, a person or a crash has stopped.
    ///
    /// When WeCom has changed since, nothing more is written and the run ends as failed.
    pub(crate) async fn resume(mut self) -> Result<Run, SyncError> {
        self.take_up_import().await?;
        if self.must_end() {
            return self.finish().await;
        }
        let changes = Arc::clone(&self.changes);
        let left: Vec<&Change> = changes.iter().filter(|change| !self.ledger.is_settled(change)).collect();
        if left.is_empty() {
            return self.run().await;
        }
        let reader = Reader { env: &self.env, corp: &self.corp, client: &self.hands.client, watch: &self.watch };
        let now = match reader.read(&left).await {
            Ok(now) => now,
            Err(SyncError::Read { cause, .. }) => {
                self.stopped_by = Some(Trouble::Call(*cause));
                return self.finish().await;
            }
            Err(SyncError::Stopping | SyncError::Cancelled) => return self.finish().await,
            Err(error) => return Err(error),
        };
        for change in left {
            let is_in_doubt = self.ledger.is_uncertain(change) && !self.is_of_lost_import(change);
            if is_in_doubt && uncertain::is_there(&change.action, &now) {
                self.succeed(change, Outcome::FoundDone);
            }
        }
        self.flush().await?;
        let (key, read_at_ms) = (self.corp.key.clone(), self.plan.mirror_read_at_ms);
        let seen = self.env.store.read_async(move |tx| seen(tx, &key, read_at_ms)).await?;
        let found = drift::differences(&changes, |change| self.ledger.standing(change), &now, &seen);
        if found.is_empty() {
            self.judge_anew().await?;
            let stale = self.basis.as_ref().filter(|basis| !basis.stale.is_empty());
            if let Some(refusal) = stale.map(|basis| directory::refusal(&self.plan.id, &basis.stale, true)) {
                self.stopped_by = Some(Trouble::Drift(refusal));
                return self.finish().await;
            }
            return self.run().await;
        }
        forget_full_read(&self.env, &self.corp.key).await?;
        self.stopped_by = Some(Trouble::Drift(drift::refusal(&self.plan.id, found, true)));
        self.finish().await
    }

    /// Whether a record that failed, or whose outcome is not known, may be tried again. If not, its outcome says why.
    pub(super) async fn may_be_retried(&mut self, index: usize) -> Result<bool, SyncError> {
        let changes = Arc::clone(&self.changes);
        let change = &changes[index];
        if self.ledger.is_uncertain(change) {
            match self.hands.look(&change.action).await {
                Ok(super::look::Seen::Applied) => {
                    self.succeed(change, Outcome::FoundDone);
                    return Ok(false);
                }
                Ok(_) => {}
                Err(error) => {
                    self.stopped_by = Some(Trouble::Call(error));
                    return Ok(false);
                }
            }
        }
        let now = match present::read_one(&self.hands.client, self.hands.reader.as_ref(), &change.action).await {
            Ok(now) => now,
            Err(error) if execute::is_hopeless(&error) => {
                self.stopped_by = Some(Trouble::Call(error));
                return Ok(false);
            }
            Err(_) => return Ok(true),
        };
        if now.is_empty() {
            return Ok(true);
        }
        let retried = |other: &Change| match other.seq == change.seq {
            true if self.ledger.is_uncertain(change) => drift::Standing::Uncertain,
            true => drift::Standing::Open,
            false if other.seq < change.seq => self.ledger.standing(other),
            false => drift::Standing::Not,
        };
        let found = drift::differences(&about(&changes, change), retried, &now, &HashMap::new());
        let Some(first) = found.first() else { return Ok(true) };
        let message =
            format!("not tried again, for WeCom has changed since the plan was made: {first}; make a new plan");
        self.ledger.reopen(&changes, [change.seq]);
        self.settle(
            change,
            Outcome::Failed { errcode: 0, message, needs_plan: true },
            super::queue::endpoint(&change.action),
        );
        Ok(false)
    }
}

/// The changes of the plan about the same subject.
fn about(changes: &[Change], change: &Change) -> Vec<Change> {
    let subject = super::queue::touches(&change.action);
    changes.iter().filter(|other| super::queue::touches(&other.action) == subject).cloned().collect()
}

/// The members of the mirror that a plan was made with, if it is still there.
pub fn seen(tx: &impl Reads, corp: &CorpKey, read_at_ms: i64) -> Result<HashMap<Text, Member>, StoreError> {
    if store::mirror::head(tx, corp)?.is_none_or(|head| head.read_at_ms != read_at_ms) {
        return Ok(HashMap::new());
    }
    let members = store::mirror::members(tx, corp)?;
    Ok(members.into_iter().map(|member| (member.userid.folded(), member)).collect())
}

/// What an incremental read takes over may be what is wrong: the next pull reads everything.
pub async fn forget_full_read(env: &Env, corp: &CorpKey) -> Result<(), SyncError> {
    let key = corp.clone();
    Ok(env.store.write(move |tx| facts::change(tx, &key, |memory| memory.full_read_at_ms = None)).await?)
}
