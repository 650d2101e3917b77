//! One call of a run: the intention in the journal before it, and what is made of its outcome.

use super::Runner;
use crate::model::{Corp, JournalEntry, Outcome};
use crate::store::{self, StoreError};
use crate::sync::apply::ending::Trouble;
use crate::sync::apply::execute::{Failure, Verdict};
use crate::sync::apply::{conflict, linked, queue, removal};
use crate::wecom::RefusalClass;
use std::sync::Arc;
use tokio::task::JoinSet;

/// What one task brings back.
pub(super) struct Tried {
    /// Place of the change.
    index: usize,
    /// What was known of the change before.
    former: Option<JournalEntry>,
    came: Came,
}

/// What became of an attempt.
enum Came {
    Judged(Verdict),
    /// The settings forbid it: nothing was noted and nothing called.
    Halted(String),
    /// Its links are other ones by now: nothing was noted and nothing called.
    Unlinked(String),
    Broken(StoreError),
}

/// Whose the mobile is that WeCom refused, where that is known.
async fn name_holder(store: &store::Store, corp: &Corp, mut failure: Failure) -> Came {
    if let Some(RefusalClass::MobileTaken { holder: Some(holder) }) = failure.class.clone() {
        let key = corp.key.clone();
        match store.read_async(move |tx| conflict::holder_text(tx, &key, &holder)).await {
            Ok(Some(text)) => failure.message = format!("{text} (WeCom refused: {})", failure.errcode),
            Ok(None) => {}
            Err(error) => return Came::Broken(error),
        }
    }
    Came::Judged(Verdict::Failed(failure))
}

impl Runner {
    /// Writes the intention, if the settings still allow it, then makes the call.
    pub(super) fn launch(&mut self, under_way: &mut JoinSet<Tried>, index: usize) {
        let change = &self.changes[index];
        let former = self.ledger.entry(change.seq).cloned();
        let tried_before = self.ledger.is_uncertain(change);
        let entry = self.ledger.intend(change, self.env.clock.now_ms());
        let (store, run, permit) = (self.env.store.clone(), self.ledger.run.id.clone(), Arc::clone(&self.permit));
        let (changes, hands, corp) = (Arc::clone(&self.changes), Arc::clone(&self.hands), Arc::clone(&self.corp));
        let noted_changes = Arc::clone(&changes);
        under_way.spawn(async move {
            let noted = store.write(move |tx| {
                if let Some(why) = permit.refusal(tx)? {
                    return Ok(Some(Came::Halted(why)));
                }
                if let Some(why) = linked::refusal(tx, &permit.corp, &noted_changes[index].action)? {
                    return Ok(Some(Came::Unlinked(why)));
                }
                store::runs::put_entries(tx, &run, std::slice::from_ref(&entry))?;
                Ok(None)
            });
            let came = match noted.await {
                Ok(None) => match removal::check(&store, &hands, &corp, &changes[index]).await {
                    Ok(None) => match hands.carry_out(&changes[index], tried_before).await {
                        Verdict::Failed(failure) => name_holder(&store, &corp, failure).await,
                        verdict => Came::Judged(verdict),
                    },
                    Ok(Some(failure)) => Came::Judged(Verdict::Failed(failure)),
                    Err(error) => Came::Broken(error),
                },
                Ok(Some(hindered)) => hindered,
                Err(error) => Came::Broken(error),
            };
            Tried { index, former, came }
        });
    }

    /// What became of an attempt.
    pub(super) fn judge(&mut self, tried: Tried) {
        let changes = Arc::clone(&self.changes);
        let change = &changes[tried.index];
        match tried.came {
            Came::Judged(Verdict::Done) => self.succeed(change, Outcome::Done),
            Came::Judged(Verdict::FoundDone) => self.succeed(change, Outcome::FoundDone),
            Came::Judged(Verdict::Failed(failure)) => self.fail(tried.index, change, failure),
            // the record stays intended: what became of it is looked up when the run goes on
            Came::Judged(Verdict::Stop(error)) => match error.taken_back() {
                Some(why) => self.halt(why.to_owned()),
                None => drop(self.stopped_by.get_or_insert(Trouble::Call(error))),
            },
            Came::Judged(Verdict::TakenBack(why)) => {
                if tried.former.is_none() {
                    self.untried.push(change.seq);
                }
                self.ledger.withdraw(change.seq, tried.former);
                self.halt(why);
            }
            Came::Unlinked(message) => {
                let step = queue::endpoint(&change.action);
                let may_be_applied = tried.former.is_some_and(|entry| entry.outcome == Outcome::Intended);
                let failure = Failure { message, may_be_applied, needs_plan: true, ..Failure::ours(step) };
                self.fail(tried.index, change, failure);
            }
            Came::Halted(why) => {
                self.ledger.withdraw(change.seq, tried.former);
                self.halt(why);
            }
            Came::Broken(error) => drop(self.store_error.get_or_insert(error)),
        }
    }
}
