//! Waiting for an import at WeCom, by the clock.

use super::answers::{self, Answer};
use super::{Next, row};
use crate::model::Text;
use crate::store;
use crate::sync::apply::Runner;
use crate::sync::apply::ending::Trouble;
use crate::sync::apply::execute::is_hopeless;
use crate::sync::apply::present::Now;
use crate::sync::error::SyncError;
use crate::sync::facts::{self, ImportUnderWay};
use crate::sync::progress::{Interruption, Phase};
use crate::wecom::{ImportRow, JobId};
use std::time::Duration;

/// The first question; each pause is half as long again as the one before it, up to the longest.
pub(super) const PAUSE_MS: u64 = 1_000;
/// The longest pause between two questions.
pub(super) const PAUSE_MAX_MS: u64 = 15_000;
/// A job that has not ended after so long, with [`ROW_PATIENCE_MS`] for each of its rows, is not waited for any more.
pub(super) const PATIENCE_MS: i64 = 20 * 60_000;
/// See [`PATIENCE_MS`].
const ROW_PATIENCE_MS: i64 = 500;
/// Who cancels a run still learns what became of the file that is under way, if WeCom ends it within so long: it cannot
/// be taken back.
const CANCEL_PATIENCE_MS: i64 = 60_000;
/// Answers in a row that tell nothing, before the job is given up.
pub(super) const USELESS_MAX: u32 = 5;

/// How a wait has ended.
enum Waited {
    /// With the result.
    Ended(Vec<ImportRow>),
    /// There will be no result, or nobody knows when: the members themselves tell.
    Lost,
    /// The run is to end before; the job goes on without us.
    Left,
}

impl Runner {
    /// Waits for a job and notes what became of the records of its file. `now` is a look that is not younger than the
    /// job.
    pub(super) async fn follow(
        &mut self,
        job: &JobId,
        since_ms: i64,
        file: &[usize],
        now: Now,
    ) -> Result<Next, SyncError> {
        let (answers, now) = match self.wait(job, since_ms, file.len()).await {
            Waited::Left => return Ok(Next::OneByOne),
            Waited::Ended(rows) => {
                let changes = &self.changes;
                let named = |index: &usize| row(&changes[*index]).map_or_else(Text::default, |row| row.userid.folded());
                let file: Vec<(usize, Text)> = file.iter().map(|index| (*index, named(index))).collect();
                let (mut answers, mut now) = (answers::of_file(&file, rows), now);
                if answers.iter().any(|(_, answer)| *answer == Answer::Unknown) {
                    match self.glance().await? {
                        Some(later) => now = later,
                        None => answers.retain(|(_, answer)| *answer != Answer::Unknown),
                    }
                }
                (answers, now)
            }
            Waited::Lost => {
                let Some(now) = self.glance().await? else { return Ok(Next::OneByOne) };
                (file.iter().map(|index| (*index, Answer::Unknown)).collect(), now)
            }
        };
        let is_answered = answers.iter().any(|(_, answer)| *answer != Answer::Unknown);
        self.conclude(answers, now).await?;
        if self.must_end() {
            return Ok(Next::OneByOne);
        }
        self.forget_import().await?;
        let open = file.iter().filter(|index| !self.ledger.is_settled(&self.changes[**index])).count();
        // a job that tells nothing, or leaves most of its file to single calls, helps nobody
        Ok(if is_answered && open * 2 <= file.len() { Next::Go } else { Next::OneByOne })
    }

    async fn wait(&mut self, job: &JobId, since_ms: i64, rows: usize) -> Waited {
        let clock = self.env.clock.clone();
        let rows = i64::try_from(rows).unwrap_or(i64::MAX / 1_000);
        let mut until_ms = since_ms.saturating_add(PATIENCE_MS + rows * ROW_PATIENCE_MS);
        let (mut pause_ms, mut useless, mut is_cancelled) = (PAUSE_MS, 0, false);
        loop {
            if self.watch.is_stopping() {
                return Waited::Left;
            }
            if self.watch.interruption() == Some(Interruption::Cancelled) && !is_cancelled {
                is_cancelled = true;
                until_ms = until_ms.min(clock.now_ms() + CANCEL_PATIENCE_MS);
            }
            if is_cancelled {
                tokio::select! {
                    () = clock.sleep(Duration::from_millis(PAUSE_MS)) => {}
                    () = self.watch.stopping() => {}
                }
            } else {
                // WeCom may say by callback that a job has ended; then the answer is there at once
                tokio::select! {
                    () = self.pause(Duration::from_millis(pause_ms)) => {}
                    () = self.env.next_job_end() => {}
                }
            }
            pause_ms = (pause_ms * 3 / 2).min(PAUSE_MAX_MS);
            match self.looking.batch_getresult(job).await {
                Ok(state) if state.is_finished => return Waited::Ended(state.rows),
                Ok(state) => {
                    useless = 0;
                    self.tell(rows, state.percentage);
                }
                Err(error) if error.is_not_found() => return Waited::Lost,
                Err(error) if error.taken_back().is_some() => {}
                Err(error) if is_hopeless(&error) => {
                    self.stopped_by.get_or_insert(Trouble::Call(error));
                    return Waited::Left;
                }
                Err(_) if useless == USELESS_MAX => return Waited::Lost,
                Err(_) => useless += 1,
            }
            if clock.now_ms() >= until_ms {
                return if is_cancelled { Waited::Left } else { Waited::Lost };
            }
        }
    }

    pub(super) async fn remember_import(&mut self, job: Option<String>, since_ms: i64) -> Result<(), SyncError> {
        let under_way = ImportUnderWay { run: self.ledger.run.id.clone(), job, since_ms };
        self.under_way = Some(under_way.clone());
        let corp = self.corp.key.clone();
        let write =
            move |tx: &store::WriteTx| facts::change(tx, &corp, |memory| memory.import = Some(under_way.clone()));
        Ok(self.env.store.write(write).await?)
    }

    /// Nothing of this run's is under way at WeCom any more.
    pub(super) async fn forget_import(&mut self) -> Result<(), SyncError> {
        if self.under_way.take_if(|under_way| under_way.run == self.ledger.run.id).is_none() {
            return Ok(());
        }
        let (corp, run) = (self.corp.key.clone(), self.ledger.run.id.clone());
        let write = move |tx: &store::WriteTx| {
            facts::change(tx, &corp, |memory| {
                memory.import.take_if(|under_way| under_way.run == run);
            })
        };
        Ok(self.env.store.write(write).await?)
    }

    /// Tells the watchers how far WeCom is with the file.
    fn tell(&self, rows: i64, percentage: u32) {
        let mut run = self.ledger.run.clone();
        let at = u64::try_from(rows).unwrap_or_default() * u64::from(percentage.min(100)) / 100;
        run.done = (run.done + at).min(run.total);
        self.watch.progress(Phase::Apply, &run, self.ledger.failed);
    }
}
