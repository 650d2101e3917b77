//! The loop of one run: takes the changes in order, keeps as many calls under way as the quota allows, writes the
//! journal, and ends the run.

mod attempt;

use super::commit::Commit;
use super::directory::Basis;
use super::ending::{self, Trouble};
use super::execute::{Failure, Hands};
use super::ledger::Ledger;
use super::permit::{Looking, Permit};
use super::queue;
use crate::clock::Stopwatch;
use crate::model::{Calls, Change, Corp, Ending, JournalEntry, Outcome, PlanHead, RetryAsked, Run};
use crate::store::{self, StoreError};
use crate::sync::env::Env;
use crate::sync::error::SyncError;
use crate::sync::facts::{self, ImportUnderWay};
use crate::sync::progress::{Interruption, Phase, Watch};
use crate::sync::pull::choose;
use crate::tasks::joined;
use crate::wecom::{CallMeter, Client, RefusalClass};
use attempt::Tried;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use tokio::task::JoinSet;

/// Outcomes that are written in one commit.
const FLUSH_RECORDS: usize = 64;
/// Outcomes are written, and watchers told, at least so often while something happens.
const FLUSH_MS: u64 = 500;
/// So many refusals of the same kind in a row, without one success between them, are trouble of the whole corp.
const STREAK_MAX: u32 = 20;

/// One run over the changes of its plan.
pub(crate) struct Runner {
    pub(super) env: Env,
    pub(super) plan: PlanHead,
    pub(super) corp: Arc<Corp>,
    earlier_calls: Calls,
    meter: Arc<CallMeter>,
    pub(super) watch: Watch,
    pub(super) hands: Arc<Hands>,
    /// For looks at what was handed over already, whatever the settings say now.
    pub(super) looking: Client,
    pub(super) permit: Arc<Permit>,
    pub(super) width: usize,
    pub(super) changes: Arc<Vec<Change>>,
    pub(super) ledger: Ledger,
    frees: queue::Frees,
    /// Outcomes that are not written yet, in order.
    pub(super) pending: Vec<JournalEntry>,
    /// Changes that were intended and then not tried, to be taken out of the journal.
    pub(super) untried: Vec<u32>,
    /// What has come into being or was linked and is not stored yet.
    unstored: HashSet<queue::Subject>,
    /// Whether WeCom may hold something of what is pending.
    wrote: bool,
    since_flush: Stopwatch,
    streak: Option<(i64, u32)>,
    /// What the changes rest on in the directory; `None` for an undo.
    pub(super) basis: Option<Basis>,
    /// Failures that another change of the same plan may have mended meanwhile.
    again: BTreeSet<usize>,
    pub(super) stopped_by: Option<Trouble>,
    /// The import of which the end is not known, whoever's it is.
    pub(super) under_way: Option<ImportUnderWay>,
    store_error: Option<StoreError>,
    /// How the run had ended before one record of it was tried again; `None` = the whole run is under way.
    retried: Option<Ending>,
}

impl Runner {
    /// A runner over a taken plan; `basis` is what its changes rest on, where that has just been looked at. What the
    /// journal already knows is not done again.
    pub(crate) async fn new(
        env: &Env,
        corp: &Corp,
        plan: &PlanHead,
        run: Run,
        (changes, basis): (Arc<Vec<Change>>, Option<Basis>),
        meter: Arc<CallMeter>,
        watch: &Watch,
    ) -> Result<Self, SyncError> {
        let permit = Arc::new(Permit {
            store: env.store.clone(),
            corp: corp.key.clone(),
            options_hash: plan.options_hash.clone(),
            watch: watch.clone(),
        });
        let client = env.client(corp).await?.metered(meter.clone()).gated(permit.clone());
        let looking = client.gated(Arc::new(Looking(watch.clone())));
        let (id, key) = (run.id.clone(), corp.key.clone());
        let (entries, memory) = env
            .store
            .read_async(move |tx| Ok((store::runs::entries(tx, &id, 0..u32::MAX)?, facts::get(tx, &key)?)))
            .await?;
        let reader = choose::reader(corp, &client, memory.contacts_reads_details);
        Ok(Self {
            env: env.clone(),
            plan: plan.clone(),
            corp: Arc::new(corp.clone()),
            earlier_calls: run.calls.clone(),
            meter,
            watch: watch.clone(),
            looking,
            hands: Arc::new(Hands { client, reader, clock: env.clock.clone() }),
            permit,
            width: usize::try_from(corp.quota.concurrency.clamp(1, 64)).unwrap_or(1),
            ledger: Ledger::new(run, &changes, entries),
            frees: queue::Frees::of(&changes),
            changes,
            basis,
            pending: Vec::new(),
            untried: Vec::new(),
            unstored: HashSet::new(),
            wrote: false,
            since_flush: Stopwatch::start(),
            streak: None,
            again: BTreeSet::new(),
            stopped_by: None,
            under_way: memory.import,
            store_error: None,
            retried: None,
        })
    }

    /// Does everything that is not done yet, then ends the run. A run whose state is still "running" then was
    /// interrupted by a stop of the appliance and goes on at the next start.
    pub(crate) async fn run(mut self) -> Result<Run, SyncError> {
        self.watch.progress(Phase::Apply, &self.ledger.run, self.ledger.failed);
        let changes = Arc::clone(&self.changes);
        for batch in queue::batches(&changes) {
            if self.must_end() {
                break;
            }
            let width = if batch.is_concurrent { self.width } else { 1 };
            if batch.is_concurrent {
                self.import(batch.range.clone()).await?;
            }
            self.drive(batch.range.collect(), width).await?;
        }
        if !self.must_end() && !self.again.is_empty() {
            self.second_round().await?;
        }
        self.finish().await
    }

    /// Does one record of an ended run again, with those that were skipped because of it. Whatever comes in between, the
    /// run has ended afterwards.
    pub(crate) async fn retry(mut self, asked: RetryAsked) -> Result<Run, SyncError> {
        let seq = asked.seq;
        self.retried = Some(asked.before);
        self.judge_anew().await?;
        if let Some(wanted) = self.changes.iter().position(|change| change.seq == seq)
            && self.may_be_retried(wanted).await?
        {
            for index in self.resting_on(&mut BTreeSet::from([seq])) {
                // a day may have gone by: what differs in WeCom by now says so instead of being written
                self.may_be_retried(index).await?;
                if self.must_end() {
                    return self.finish().await;
                }
            }
            self.again.insert(wanted);
            self.second_round().await?;
        }
        self.finish().await
    }

    pub(super) fn must_end(&self) -> bool {
        self.stopped_by.is_some() || self.store_error.is_some() || self.watch.interruption().is_some()
    }

    /// Carries out the changes at these places, `width` of them side by side.
    async fn drive(&mut self, places: Vec<usize>, width: usize) -> Result<(), SyncError> {
        let changes = Arc::clone(&self.changes);
        let mut places = places.into_iter();
        let mut under_way: JoinSet<Tried> = JoinSet::new();
        loop {
            while under_way.len() < width && self.pending.len() < FLUSH_RECORDS && !self.must_end() {
                let Some(index) = places.next() else { break };
                let change = &changes[index];
                if self.ledger.is_settled(change) {
                    continue;
                }
                if let Some(because_of) = self.ledger.broken.blocks(change) {
                    self.settle(change, Outcome::Skipped { because_of }, "");
                    continue;
                }
                if !self.is_founded(index).await? {
                    continue;
                }
                if queue::is_bookkeeping(&change.action) {
                    self.succeed(change, Outcome::Done);
                } else {
                    if self.unstored.contains(&queue::touches(&change.action)) {
                        // the link that it rests on must be stored before it is asked for
                        self.flush().await?;
                    }
                    self.launch(&mut under_way, index);
                }
            }
            if let Some(tried) = under_way.join_next().await {
                self.judge(joined(std::future::ready(tried)).await.map_err(SyncError::Bug)?);
            } else if places.len() == 0 || self.must_end() {
                return self.flush().await;
            }
            if self.pending.len() >= FLUSH_RECORDS || self.since_flush.elapsed_ms() >= FLUSH_MS {
                self.flush().await?;
            }
        }
    }

    /// Nothing more is written: by the settings, unless somebody has asked the run to end anyway.
    pub(super) fn halt(&mut self, why: String) {
        if self.watch.interruption().is_none() {
            self.stopped_by.get_or_insert(Trouble::Halted(why));
        }
    }

    pub(super) fn succeed(&mut self, change: &Change, outcome: Outcome) {
        self.streak = None;
        self.wrote = true;
        if queue::creates(&change.action) || queue::is_bookkeeping(&change.action) {
            self.unstored.insert(queue::touches(&change.action));
        }
        self.settle(change, outcome, "");
    }

    pub(super) fn fail(&mut self, index: usize, change: &Change, failure: Failure) {
        if self.may_be_mended(change, &failure) {
            self.again.insert(index);
        }
        self.streak = match &failure.class {
            Some(RefusalClass::Permission | RefusalClass::Capacity | RefusalClass::Busy | RefusalClass::Other) => {
                let before = self.streak.filter(|(errcode, _)| *errcode == failure.errcode);
                Some((failure.errcode, before.map_or(0, |(_, count)| count) + 1))
            }
            _ => None,
        };
        if let Some((errcode, count)) = self.streak
            && count >= STREAK_MAX
        {
            self.stopped_by.get_or_insert(Trouble::Streak { errcode, count });
        }
        self.wrote |= failure.may_be_applied;
        let Failure { step, errcode, message, needs_plan, .. } = failure;
        self.settle(change, Outcome::Failed { errcode, message, needs_plan }, step);
    }

    /// Whether another change of the same plan may free what this one lacks: a number, an address, a name.
    fn may_be_mended(&self, change: &Change, failure: &Failure) -> bool {
        match &failure.class {
            Some(RefusalClass::MobileTaken { holder: Some(holder) }) => self.frees.members.contains(&holder.folded()),
            Some(RefusalClass::EmailTaken | RefusalClass::MobileTaken { holder: None }) => {
                !self.frees.members.is_empty()
            }
            Some(RefusalClass::AlreadyExists) => queue::userid(&change.action).is_none() && self.frees.has_departments,
            Some(RefusalClass::NotEmpty | RefusalClass::Conflict) => true,
            _ => false,
        }
    }

    /// Tries again what may have been mended, one by one, with what was skipped because of it.
    async fn second_round(&mut self) -> Result<(), SyncError> {
        self.flush().await?;
        let again = std::mem::take(&mut self.again);
        let mut reopened: BTreeSet<u32> = again.iter().map(|index| self.changes[*index].seq).collect();
        let mut places = self.resting_on(&mut reopened);
        places.extend(again);
        places.sort_unstable();
        self.ledger.reopen(&self.changes, reopened);
        self.drive(places, 1).await?;
        self.again.clear();
        Ok(())
    }

    /// The places of what was skipped because of these records, or because of what was; they are added.
    fn resting_on(&self, seqs: &mut BTreeSet<u32>) -> Vec<usize> {
        let mut places = Vec::new();
        for (index, change) in self.changes.iter().enumerate() {
            let outcome = self.ledger.entry(change.seq).map(|entry| &entry.outcome);
            if matches!(outcome, Some(Outcome::Skipped { because_of }) if seqs.contains(because_of)) {
                seqs.insert(change.seq);
                places.push(index);
            }
        }
        places
    }

    /// Notes an outcome; it is written with the next flush.
    pub(super) fn settle(&mut self, change: &Change, outcome: Outcome, step: &str) {
        self.pending.push(self.ledger.settle(change, outcome, step, self.env.clock.now_ms()));
    }

    /// Writes what is pending in one commit: outcomes, what follows from them, and the run's row.
    pub(super) async fn flush(&mut self) -> Result<(), SyncError> {
        self.since_flush = Stopwatch::start();
        if let Some(error) = self.store_error.take() {
            return Err(error.into());
        }
        self.ledger.run.calls = self.calls();
        if !(self.pending.is_empty() && self.untried.is_empty()) {
            let commit = Commit {
                changes: Arc::clone(&self.changes),
                run: self.ledger.run.clone(),
                entries: std::mem::take(&mut self.pending),
                untried: std::mem::take(&mut self.untried),
                wrote: std::mem::take(&mut self.wrote),
            };
            self.unstored.clear();
            let corp = Arc::clone(&self.corp);
            let conflicts = self.env.store.write(move |tx| commit.write(tx, &corp)).await?;
            if !conflicts.is_empty() {
                self.ledger.correct(&self.changes, conflicts);
            }
        }
        self.watch.progress(Phase::Apply, &self.ledger.run, self.ledger.failed);
        Ok(())
    }

    fn calls(&self) -> Calls {
        let mut calls = self.earlier_calls.clone();
        let now = self.meter.calls();
        calls.reads += now.reads;
        calls.writes += now.writes;
        for (endpoint, count) in now.by_endpoint {
            *calls.by_endpoint.entry(endpoint).or_default() += count;
        }
        calls
    }

    /// Ends the run, unless the appliance stops: then it stays under way.
    pub(super) async fn finish(mut self) -> Result<Run, SyncError> {
        self.flush().await?;
        let standing = ending::Standing {
            open: self.changes.iter().filter(|change| !self.ledger.is_settled(change)).count(),
            failed: self.ledger.failed,
            succeeded: self.ledger.succeeded,
            total: self.ledger.run.total,
        };
        let (run, now_ms) = (&mut self.ledger.run, self.env.clock.now_ms());
        let (trouble, interruption) = (self.stopped_by.as_ref(), self.watch.interruption());
        let is_stopping = trouble.is_none() && interruption == Some(Interruption::Stopping);
        match self.retried.take().filter(|_| is_stopping) {
            Some(before) => run.end(ending::of_retry(before, standing, now_ms)),
            None => {
                let (state, message) = ending::of(trouble, interruption, standing);
                let (code, errcode) = ending::code(trouble, interruption, standing);
                run.end(Ending { state, ended_at_ms: state.is_final().then_some(now_ms), message, code, errcode });
            }
        }
        let (row, corp, is_uncertain) = (run.clone(), self.corp.key.clone(), self.ledger.has_uncertain());
        self.env
            .store
            .write(move |tx| {
                store::runs::put(tx, &row)?;
                if !is_uncertain {
                    return Ok(());
                }
                facts::change(tx, &corp, |memory| memory.note_write(&row.id))
            })
            .await?;
        if self.ledger.run.state.is_final() {
            self.watch.ended(&self.ledger.run);
        }
        Ok(self.ledger.run)
    }
}
