//! The loop of one run: takes the changes in order, keeps as many calls under way as the quota allows, writes the
//! journal, and ends the run.

use super::commit;
use super::execute::{Failure, Hands, Verdict};
use super::ledger::Ledger;
use super::{queue, removal, uncertain};
use crate::clock::Stopwatch;
use crate::model::{Calls, Change, Corp, JournalEntry, Outcome, Run, RunState};
use crate::store::{self, StoreError};
use crate::sync::env::Env;
use crate::sync::error::SyncError;
use crate::sync::facts;
use crate::sync::progress::{Interruption, Phase, Watch};
use crate::sync::pull::choose;
use crate::wecom::{CallError, CallMeter, RefusalClass};
use std::collections::BTreeSet;
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
    env: Env,
    corp: Arc<Corp>,
    earlier_calls: Calls,
    meter: Arc<CallMeter>,
    watch: Watch,
    hands: Arc<Hands>,
    width: usize,
    changes: Arc<Vec<Change>>,
    ledger: Ledger,
    frees: queue::Frees,
    /// Outcomes that are not written yet, in order.
    pending: Vec<JournalEntry>,
    since_flush: Stopwatch,
    streak: Option<(i64, u32)>,
    /// Failures that another change of the same plan may have mended meanwhile.
    again: BTreeSet<usize>,
    stopped_by: Option<Trouble>,
    store_error: Option<StoreError>,
}

/// Why the rest of a run is not tried.
enum Trouble {
    /// Every further call would fail alike.
    Call(CallError),
    /// Refusal after refusal, of the same kind.
    Streak { errcode: i64, count: u32 },
}

/// What one task brings back.
struct Tried {
    index: usize,
    result: Result<Verdict, StoreError>,
}

impl Runner {
    /// A runner over a taken plan. What the journal already knows is not done again.
    pub(crate) async fn new(
        env: &Env,
        corp: &Corp,
        run: Run,
        changes: Vec<Change>,
        meter: Arc<CallMeter>,
        watch: &Watch,
    ) -> Result<Self, SyncError> {
        let client = env.client(corp).await?.metered(meter.clone());
        let (id, key) = (run.id.clone(), corp.key.clone());
        let (entries, memory) = env
            .store
            .read_async(move |tx| Ok((store::runs::entries(tx, &id, 0..u32::MAX)?, facts::get(tx, &key)?)))
            .await?;
        let reader = choose::reader(corp, &client, memory.contacts_reads_details);
        Ok(Self {
            env: env.clone(),
            corp: Arc::new(corp.clone()),
            earlier_calls: run.calls.clone(),
            meter,
            watch: watch.clone(),
            hands: Arc::new(Hands { client, reader, clock: env.clock.clone() }),
            width: usize::try_from(corp.quota.concurrency.clamp(1, 64)).unwrap_or(1),
            ledger: Ledger::new(run, &changes, entries),
            frees: queue::Frees::of(&changes),
            changes: Arc::new(changes),
            pending: Vec::new(),
            since_flush: Stopwatch::start(),
            streak: None,
            again: BTreeSet::new(),
            stopped_by: None,
            store_error: None,
        })
    }

    /// Does everything that is not done yet, then ends the run. A run whose state is still "running" then was
    /// interrupted by a stop of the appliance and goes on at the next start.
    pub(crate) async fn run(mut self) -> Result<Run, SyncError> {
        self.watch.progress(Phase::Apply, &self.ledger.run, self.ledger.failed);
        self.look_at_uncertain().await?;
        let changes = Arc::clone(&self.changes);
        for batch in queue::batches(&changes) {
            if self.must_end() {
                break;
            }
            let width = if batch.is_concurrent { self.width } else { 1 };
            self.drive(batch.range.collect(), width).await?;
        }
        if !self.must_end() && !self.again.is_empty() {
            self.second_round().await?;
        }
        self.finish().await
    }

    /// Does one record of a finished run again, with those that were skipped because of it.
    pub(crate) async fn retry(mut self, seq: u32) -> Result<Run, SyncError> {
        let wanted = self.changes.iter().position(|change| change.seq == seq);
        self.again.extend(wanted);
        self.second_round().await?;
        self.finish().await
    }

    fn must_end(&self) -> bool {
        self.stopped_by.is_some() || self.store_error.is_some() || self.watch.interruption().is_some()
    }

    /// Settles the creates that an interrupted earlier life had intended and WeCom has accepted.
    async fn look_at_uncertain(&mut self) -> Result<(), SyncError> {
        let changes = Arc::clone(&self.changes);
        let uncertain: Vec<&Change> = changes.iter().filter(|change| self.ledger.is_uncertain(change)).collect();
        if uncertain.is_empty() {
            return Ok(());
        }
        match uncertain::look(&self.hands.client, &uncertain).await {
            Ok(found) => {
                for (change, _) in uncertain.iter().zip(found).filter(|(_, is_there)| *is_there) {
                    self.settle(change, Outcome::FoundDone, "");
                }
                self.flush().await
            }
            Err(error) => {
                self.stopped_by = Some(Trouble::Call(error));
                Ok(())
            }
        }
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
                } else if queue::is_bookkeeping(&change.action) {
                    self.settle(change, Outcome::Done, "");
                } else {
                    self.launch(&mut under_way, index);
                }
            }
            if let Some(tried) = under_way.join_next().await {
                self.judge(tried.map_err(|error| SyncError::Bug(error.to_string()))?);
                while let Some(Ok(tried)) = under_way.try_join_next() {
                    self.judge(tried);
                }
            } else if places.len() == 0 || self.must_end() {
                return self.flush().await;
            }
            if self.pending.len() >= FLUSH_RECORDS || self.since_flush.elapsed_ms() >= FLUSH_MS {
                self.flush().await?;
            }
        }
    }

    /// Writes the intention, then makes the call.
    fn launch(&mut self, under_way: &mut JoinSet<Tried>, index: usize) {
        let change = &self.changes[index];
        let tried_before = self.ledger.is_uncertain(change);
        let entry = self.ledger.intend(change, self.env.clock.now_ms());
        let (store, run) = (self.env.store.clone(), self.ledger.run.id.clone());
        let (changes, hands, corp) = (Arc::clone(&self.changes), Arc::clone(&self.hands), Arc::clone(&self.corp));
        under_way.spawn(async move {
            let written = store.write(move |tx| store::runs::put_entries(tx, &run, std::slice::from_ref(&entry))).await;
            let result = match written {
                Ok(()) => match removal::check(&store, &hands, &corp, &changes[index]).await {
                    Ok(None) => Ok(hands.carry_out(&changes[index], tried_before).await),
                    Ok(Some(failure)) => Ok(Verdict::Failed(failure)),
                    Err(error) => Err(error),
                },
                Err(error) => Err(error),
            };
            Tried { index, result }
        });
    }

    fn judge(&mut self, tried: Tried) {
        let changes = Arc::clone(&self.changes);
        let change = &changes[tried.index];
        match tried.result {
            Ok(Verdict::Done) => self.succeed(change, Outcome::Done),
            Ok(Verdict::FoundDone) => self.succeed(change, Outcome::FoundDone),
            Ok(Verdict::Failed(failure)) => self.fail(tried.index, change, failure),
            // the record stays intended: what became of it is looked up when the run goes on
            Ok(Verdict::Stop(error)) => drop(self.stopped_by.get_or_insert(Trouble::Call(error))),
            Err(error) => drop(self.store_error.get_or_insert(error)),
        }
    }

    fn succeed(&mut self, change: &Change, outcome: Outcome) {
        self.streak = None;
        self.settle(change, outcome, "");
    }

    fn fail(&mut self, index: usize, change: &Change, failure: Failure) {
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
        self.settle(change, Outcome::Failed { errcode: failure.errcode, message: failure.message }, failure.step);
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
        let mut places = Vec::new();
        for (index, change) in self.changes.iter().enumerate() {
            let rests_on_reopened = matches!(
                self.ledger.entry(change.seq).map(|entry| &entry.outcome),
                Some(Outcome::Skipped { because_of }) if reopened.contains(because_of)
            );
            if again.contains(&index) || rests_on_reopened {
                reopened.insert(change.seq);
                places.push(index);
            }
        }
        self.ledger.reopen(&self.changes, reopened);
        self.drive(places, 1).await?;
        self.again.clear();
        Ok(())
    }

    /// Notes an outcome; it is written with the next flush.
    fn settle(&mut self, change: &Change, outcome: Outcome, step: &str) {
        self.pending.push(self.ledger.settle(change, outcome, step, self.env.clock.now_ms()));
    }

    /// Writes what is pending in one commit: outcomes, what follows from them, and the run's row.
    async fn flush(&mut self) -> Result<(), SyncError> {
        self.since_flush = Stopwatch::start();
        if let Some(error) = self.store_error.take() {
            return Err(error.into());
        }
        self.ledger.run.calls = self.calls();
        if !self.pending.is_empty() {
            let entries = std::mem::take(&mut self.pending);
            let (changes, corp, run) = (Arc::clone(&self.changes), Arc::clone(&self.corp), self.ledger.run.clone());
            let conflicts = self.env.store.write(move |tx| commit::write(tx, &corp, &changes, &run, &entries)).await?;
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
    async fn finish(mut self) -> Result<Run, SyncError> {
        self.flush().await?;
        let open = self.changes.iter().filter(|change| !self.ledger.is_settled(change)).count();
        let is_open = open > 0;
        let interruption = self.watch.interruption().filter(|_| is_open && self.stopped_by.is_none());
        let (failed, succeeded) = (self.ledger.failed, self.ledger.succeeded);
        let run = &mut self.ledger.run;
        let now_ms = self.env.clock.now_ms();
        (run.code, run.errcode) = (None, None);
        (run.state, run.message) = match (&self.stopped_by, interruption) {
            (None, Some(Interruption::Stopping)) => (RunState::Running, None),
            (Some(Trouble::Call(cause)), _) => {
                let error = SyncError::Stopped { step: cause.endpoint, cause: Box::new(cause.clone()) };
                run.code = Some(error.code().to_owned());
                run.errcode = cause.refusal().map(|refusal| refusal.errcode);
                (RunState::Failed, Some(error.to_string()))
            }
            (Some(Trouble::Streak { errcode, count }), _) => {
                let message = format!(
                    "stopped after {count} refusals in a row with errcode {errcode}, for the next ones would fail alike; \
                     the failed records tell the cause"
                );
                (run.code, run.errcode) = (Some("run.streak".into()), Some(*errcode));
                (RunState::Failed, Some(message))
            }
            (None, Some(Interruption::Cancelled)) => {
                (RunState::Cancelled, Some("cancelled; what was done stays done".to_owned()))
            }
            // a record was tried again while others wait: the run is not done
            (None, None) if is_open => {
                run.code = Some("run.not_tried".into());
                (RunState::Failed, Some(format!("{open} of {} records were not tried yet: resume the run", run.total)))
            }
            (None, None) if failed > 0 => {
                let state = if succeeded == 0 { RunState::Failed } else { RunState::Partly };
                (state, Some(format!("{failed} of {} records failed", run.total)))
            }
            (None, None) => (RunState::Done, None),
        };
        run.ended_at_ms = run.state.is_final().then_some(now_ms);
        let (row, corp, wrote) = (run.clone(), self.corp.key.clone(), succeeded > 0);
        self.env
            .store
            .write(move |tx| {
                store::runs::put(tx, &row)?;
                if !wrote {
                    return Ok(());
                }
                facts::change(tx, &corp, |memory| memory.written_at_ms = Some(now_ms))
            })
            .await?;
        if self.ledger.run.state.is_final() {
            self.watch.ended(&self.ledger.run);
        }
        Ok(self.ledger.run)
    }
}
