//! From the answers about a file to the outcomes of its records: WeCom is looked at before it is believed, and what is
//! there but not as the file said is written once more, one by one.

use super::answers::{self, Answer};
use super::judge::{Judged, judge};
use super::row;
use crate::model::{Action, Change, DepartmentId, Member, MemberImage, Outcome, Text};
use crate::sync::apply::Runner;
use crate::sync::apply::ending::Trouble;
use crate::sync::apply::execute::{Failure, Verdict};
use crate::sync::apply::present::{Now, Reader};
use crate::sync::error::SyncError;
use crate::sync::pull::reading::IdMap;
use crate::wecom::{CallError, CallErrorKind, Gate, endpoint};
use futures_util::{StreamExt, stream};
use std::collections::HashMap;
use std::sync::Arc;

/// Records that are written in one commit.
const COMMIT_RECORDS: usize = 500;

impl Runner {
    /// Notes the outcomes of these records. `now` is a look at ids from before the job; where an answer is
    /// [`Answer::Unknown`] it must be one from after it. Records that are to be tried one by one get no outcome.
    pub(super) async fn conclude(&mut self, answers: Vec<(usize, Answer)>, mut now: Now) -> Result<(), SyncError> {
        let changes = Arc::clone(&self.changes);
        let mut told = Vec::with_capacity(answers.len());
        for (index, answer) in answers {
            let Some(row) = row(&changes[index]) else { continue };
            match answer {
                Answer::Refused(refusal) if answers::is_final(&refusal, row.userid) => {
                    let error = CallError::new(endpoint::BATCH_SYNCUSER.name, CallErrorKind::Refused(refusal));
                    self.fail(index, &changes[index], Failure::of(&error));
                    self.flush_large().await?;
                }
                Answer::Refused(_) => {}
                Answer::Accepted => told.push((index, true)),
                Answer::Unknown => told.push((index, false)),
            }
        }
        let is_any_unknown = told.iter().any(|(_, is_accepted)| !is_accepted);
        let mut listed = is_any_unknown.then(|| now.members.clone());
        let shown = match self.details(&told, &mut now).await? {
            Some(shown) => shown,
            None if self.must_end() && self.watch.interruption().is_none() => return self.flush().await,
            None => HashMap::new(),
        };
        let unseen = |(index, _): &(usize, bool)| {
            row(&changes[*index]).is_some_and(|row| !shown.contains_key(&row.userid.folded()))
        };
        if listed.is_none() && told.iter().any(unseen) {
            listed = self.glance().await?.map(|now| now.members);
        }
        let mut differing = Vec::new();
        for (index, is_accepted) in told {
            let change = &changes[index];
            let Some(row) = row(change) else { continue };
            let folded = row.userid.folded();
            let done = if is_accepted { Outcome::Done } else { Outcome::FoundDone };
            match judge(is_accepted, shown.get(&folded), places(listed.as_ref(), &folded), row.after) {
                Judged::Done => self.succeed(change, done),
                Judged::Differs(what) => differing.push((index, done, what)),
                Judged::Theirs => self.fail(index, change, Failure::theirs(row.userid)),
                Judged::Open => {}
            }
            self.flush_large().await?;
        }
        self.write_again(differing).await?;
        self.flush().await
    }

    /// What is shown of these members; `None` when nothing can be read, or the run is to end.
    async fn details(
        &mut self,
        told: &[(usize, bool)],
        now: &mut Now,
    ) -> Result<Option<HashMap<Text, Member>>, SyncError> {
        let Some(credential) = self.hands.reader.clone() else { return Ok(None) };
        let mut wanted: HashMap<Text, Vec<DepartmentId>> = HashMap::with_capacity(told.len());
        for (index, _) in told {
            let Some(row) = row(&self.changes[*index]) else { continue };
            let places: Vec<DepartmentId> = row.after.memberships.iter().flatten().map(|m| m.department).collect();
            let folded = row.userid.folded();
            now.members.entry(folded.clone()).or_insert_with(|| (row.userid.clone(), places.clone()));
            wanted.insert(folded, places);
        }
        let reader = Reader { env: &self.env, corp: &self.corp, client: &self.looking, watch: &self.watch };
        match reader.add_members(now, &wanted, &credential).await {
            Ok(()) => Ok(Some(std::mem::take(&mut now.details))),
            Err(SyncError::Read { cause, .. }) => {
                self.note_trouble(*cause);
                Ok(None)
            }
            Err(SyncError::Stopping | SyncError::Cancelled) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes what differs, some side by side. A record whose write is not made stays without an outcome.
    async fn write_again(&mut self, differing: Vec<(usize, Outcome, String)>) -> Result<(), SyncError> {
        let changes = Arc::clone(&self.changes);
        let (hands, permit, watch) = (Arc::clone(&self.hands), Arc::clone(&self.permit), self.watch.clone());
        let writes = differing.into_iter().filter_map(|(index, done, what)| {
            let update = update_of(&changes[index])?;
            let (hands, permit, watch) = (Arc::clone(&hands), Arc::clone(&permit), watch.clone());
            Some(async move {
                if watch.interruption().is_some() {
                    return (index, done, what, None);
                }
                let verdict = match permit.check().await {
                    Ok(()) => hands.carry_out(&update, false).await,
                    Err(why) => Verdict::TakenBack(why),
                };
                (index, done, what, Some(verdict))
            })
        });
        let mut written = stream::iter(writes.collect::<Vec<_>>()).buffer_unordered(self.width);
        let mut verdicts = Vec::new();
        while let Some(done) = written.next().await {
            verdicts.push(done);
        }
        drop(written);
        for (index, done, what, verdict) in verdicts {
            let change = &changes[index];
            match verdict {
                None => {}
                Some(Verdict::Done | Verdict::FoundDone) => self.succeed(change, done),
                Some(Verdict::Failed(failure)) => {
                    let message = format!(
                        "created by import, but {what} is not as the file said, and writing it again failed: {}",
                        failure.message
                    );
                    self.fail(index, change, Failure { message, may_be_applied: true, ..failure });
                }
                Some(Verdict::Stop(error)) => drop(self.stopped_by.get_or_insert(Trouble::Call(error))),
                Some(Verdict::TakenBack(why)) => self.halt(why),
            }
            self.flush_large().await?;
        }
        Ok(())
    }

    async fn flush_large(&mut self) -> Result<(), SyncError> {
        if self.pending.len() >= COMMIT_RECORDS { self.flush().await } else { Ok(()) }
    }
}

fn places<'a>(listed: Option<&'a IdMap>, folded: &Text) -> Option<Option<&'a [DepartmentId]>> {
    listed.map(|listed| listed.get(folded).map(|(_, departments)| departments.as_slice()))
}

/// The same member written once more; only for a member that the same change has created.
fn update_of(change: &Change) -> Option<Change> {
    let Action::CreateMember { employee, userid, after, .. } = &change.action else { return None };
    let action = Action::UpdateMember {
        employee: employee.clone(),
        userid: userid.clone(),
        before: MemberImage::default(),
        after: after.clone(),
    };
    Some(Change { action, ..change.clone() })
}
