//! New members by WeCom's asynchronous import, file by file: a look, the file, the journal, the job, its result, a look.
//!
//! The records of a file are noted as intended before the job is handed over, and its id is stored as soon as it is
//! known, so a stop at any point leaves records that are looked up like any other record in doubt. Nobody is created
//! twice: who is in a file was not there when the look before it was taken, and a file that is handed over again after
//! an unknown outcome holds only those who are still not there. Whatever a file leaves undone is done one by one
//! afterwards, with the usual verdicts.

mod answers;
mod conclude;
mod file;
mod job;
mod judge;
mod left;

use super::Runner;
use super::ending::Trouble;
use super::execute::is_hopeless;
use super::present::{Now, Reader};
use crate::model::{Action, Change, MemberImage, UserId};
use crate::sync::budget::Strategy;
use crate::sync::budget::import::{FILE_ROWS_MIN, goes_by_file};
use crate::sync::error::SyncError;
use crate::sync::facts::ImportUnderWay;
use crate::wecom::{CallError, JobId};
use answers::Answer;
pub(crate) use left::await_left_import;
use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

/// How often a file is handed over again when nobody knows what became of it.
const UNSURE_MAX: u32 = 4;
/// How long the end of somebody else's import is waited for; then everybody is created one by one.
const OTHERS_PATIENCE_S: u64 = 15 * 60;
/// Pauses of that wait.
const OTHERS_PAUSE_S: u64 = 10;

/// What follows after a file.
enum Next {
    /// The next file.
    Go,
    /// The rest goes one by one.
    OneByOne,
    /// Somebody else's import is under way: a pause, a look, the same records again.
    Occupied,
    /// It may have been taken or not: a look, and what is not there again.
    Unsure(CallError),
}

/// The member that a creation is about.
struct Row<'a> {
    userid: &'a UserId,
    after: &'a MemberImage,
    invite: bool,
}

fn row(change: &Change) -> Option<Row<'_>> {
    match &change.action {
        Action::CreateMember { userid, after, invite, .. } => Some(Row { userid, after, invite: *invite }),
        _ => None,
    }
}

impl Runner {
    /// Creates the new members among these changes by import, if the plan says so. What has no outcome afterwards is to
    /// be done one by one.
    pub(super) async fn import(&mut self, range: Range<usize>) -> Result<(), SyncError> {
        if !Strategy::Batch.is_of(&self.plan.budget) {
            return Ok(());
        }
        let mut left: VecDeque<usize> = range.filter(|index| self.is_for_a_file(*index)).collect();
        let (mut unsure, mut waited_s) = (0, 0);
        while !self.must_end() && self.is_worth_a_file(&left) {
            let Some(now) = self.glance().await? else { break };
            let (mut file, found) = self.next_file(&mut left, &now);
            if !found.is_empty() {
                let found = found.into_iter().map(|index| (index, Answer::Unknown)).collect();
                self.conclude(found, now).await?;
                if self.must_end() {
                    break;
                }
                left.extend(file);
                continue;
            }
            file = self.founded(file).await?;
            if self.must_end() {
                break;
            }
            let csv = match self.write_file(&mut file, &mut left) {
                Some(csv) if file.len() >= FILE_ROWS_MIN => csv,
                _ => continue,
            };
            match self.import_file(&file, csv, now).await? {
                Next::Go => unsure = 0,
                Next::OneByOne => break,
                Next::Occupied if waited_s >= OTHERS_PATIENCE_S => break,
                Next::Occupied => {
                    waited_s += OTHERS_PAUSE_S;
                    self.pause(Duration::from_secs(OTHERS_PAUSE_S)).await;
                    put_back(&mut left, file);
                }
                Next::Unsure(error) if unsure == UNSURE_MAX => {
                    self.stopped_by.get_or_insert(Trouble::Call(error));
                }
                Next::Unsure(_) => {
                    unsure += 1;
                    self.pause(Duration::from_secs(1 << unsure)).await;
                    put_back(&mut left, file);
                }
            }
        }
        if !self.must_end() {
            self.forget_import().await?;
        }
        self.flush().await
    }

    /// Takes up an import that an earlier life of the run has handed over: its result comes before any other look.
    pub(super) async fn take_up_import(&mut self) -> Result<(), SyncError> {
        let Some(ImportUnderWay { run, job: Some(job), since_ms }) = self.under_way.clone() else { return Ok(()) };
        if run != self.ledger.run.id {
            return Ok(());
        }
        let file: Vec<usize> = (0..self.changes.len())
            .filter(|index| {
                let change = &self.changes[*index];
                goes_by_file(change) && self.ledger.is_uncertain(change)
            })
            .collect();
        if file.is_empty() {
            return self.forget_import().await;
        }
        let Some(now) = self.glance().await? else { return Ok(()) };
        self.follow(&JobId(job), since_ms, &file, now).await.map(drop)
    }

    /// Whether a record in doubt belongs to a file of this run of which nothing more is known. Its import looks at it more
    /// closely than at others.
    pub(super) fn is_of_lost_import(&self, change: &Change) -> bool {
        let is_ours = self.under_way.as_ref().is_some_and(|under_way| under_way.run == self.ledger.run.id);
        is_ours && Strategy::Batch.is_of(&self.plan.budget) && goes_by_file(change)
    }

    /// Those of the file that the directory still says; the others have their outcome.
    async fn founded(&mut self, file: Vec<usize>) -> Result<Vec<usize>, SyncError> {
        let mut founded = Vec::with_capacity(file.len());
        for index in file {
            if self.is_founded(index).await? {
                founded.push(index);
            }
        }
        Ok(founded)
    }

    fn is_for_a_file(&self, index: usize) -> bool {
        let change = &self.changes[index];
        goes_by_file(change) && !self.ledger.is_settled(change) && self.ledger.broken.blocks(change).is_none()
    }

    /// A few go as cheaply one by one, unless it is in doubt whether an earlier file has created them.
    fn is_worth_a_file(&self, left: &VecDeque<usize>) -> bool {
        left.len() >= FILE_ROWS_MIN || left.iter().any(|index| self.ledger.is_uncertain(&self.changes[*index]))
    }

    /// Who and what is there at this moment; `None` when it cannot be seen, or the run is to end.
    async fn glance(&mut self) -> Result<Option<Now>, SyncError> {
        let reader = Reader { env: &self.env, corp: &self.corp, client: &self.looking, watch: &self.watch };
        match reader.places().await {
            Ok(now) => Ok(now),
            Err(SyncError::Read { cause, .. }) => {
                self.note_trouble(*cause);
                Ok(None)
            }
            Err(SyncError::Stopping | SyncError::Cancelled) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Stops the run where every further call would fail alike.
    fn note_trouble(&mut self, error: CallError) {
        match error.taken_back() {
            Some(why) => self.halt(why.to_owned()),
            None if is_hopeless(&error) => drop(self.stopped_by.get_or_insert(Trouble::Call(error))),
            None => {}
        }
    }

    /// A pause that ends early when the run is to end.
    async fn pause(&self, length: Duration) {
        tokio::select! {
            () = self.env.clock.sleep(length) => {}
            _ = self.watch.interrupted() => {}
        }
    }
}

fn put_back(left: &mut VecDeque<usize>, file: Vec<usize>) {
    for index in file.into_iter().rev() {
        left.push_front(index);
    }
}
