//! Pulls after contact events (DIR-06, PEER-06): events are hints, gathered for a moment, and one pull looks at what they
//! mean. The wish is durable; it is forgotten only when a pull that began after the last event has ended well. What events
//! never tell of is found by the pulls of the schedule.

use super::Callbacks;
use super::incoming::Incoming;
use crate::jobs::Jobs;
use crate::model::{Actor, CorpKey, DepartmentId, RunState, UserId};
use crate::store::{self, Reads, Scope, StoreError, WriteTx};
use crate::sync::SyncError;
use crate::sync::hints;
use crate::sync::pull::PullRequest;
use serde::{Deserialize, Serialize};

const NAME: &str = "callbacks.pull";
/// A pull begins when no event has come for so long …
const QUIET_MS: i64 = 3_000;
/// … or the first one is so old.
const WAIT_MAX_MS: i64 = 30_000;
/// Pause after the first pull that failed; it doubles.
const RETRY_MS: i64 = 30_000;
/// The longest pause.
const RETRY_MAX_MS: i64 = 3_600_000;
/// Without being told, it is looked so often.
const LOOK_EVERY_MS: i64 = 60_000;

/// That a pull is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wish {
    /// When the first event came that no pull has looked at, Unix milliseconds.
    pub since_ms: i64,
    /// When the last one came.
    pub until_ms: i64,
    /// How many.
    pub events: u64,
    /// Pulls that failed since.
    pub failures: u32,
    /// Not before this time, Unix milliseconds.
    pub not_before_ms: i64,
}

impl Wish {
    /// When its pull begins, Unix milliseconds.
    fn due_at_ms(&self) -> i64 {
        (self.until_ms + QUIET_MS).min(self.since_ms + WAIT_MAX_MS).max(self.not_before_ms)
    }
}

/// The wish of a corp.
pub fn wish(tx: &impl Reads, corp: &CorpKey) -> Result<Option<Wish>, StoreError> {
    store::settings::get(tx, Scope::Corp(corp), NAME)
}

/// Notes what a contact event means; one English phrase about it.
pub(super) fn note(tx: &WriteTx, corp: &CorpKey, incoming: &Incoming<'_>) -> Result<String, StoreError> {
    let now_ms = tx.now_ms();
    let mut known = wish(tx, corp)?.unwrap_or_default();
    if known.events == 0 {
        known.since_ms = now_ms;
    }
    known.until_ms = now_ms;
    known.events += 1;
    store::settings::put(tx, Scope::Corp(corp), NAME, &known)?;
    let field = |name: &str| incoming.tree.text(name).map(str::trim).filter(|text| !text.is_empty());
    let userid = field("UserID").or_else(|| field("OpenUserID")).map(UserId::from);
    let renamed = field("NewUserID").map(UserId::from);
    let department = field("Id").and_then(|id| id.parse().ok()).map(DepartmentId);
    hints::add(tx, corp, |hints| {
        let is_of_member = incoming.kind.ends_with("_user");
        for member in userid.iter().chain(&renamed).filter(|_| is_of_member) {
            hints.members.insert(member.folded());
        }
        if let (Some(from), Some(to)) = (userid.clone(), renamed.clone()) {
            hints.renamed.push((from, to));
        }
        hints.departments.extend(department.filter(|_| incoming.kind.ends_with("_party")));
    })?;
    Ok("a pull will look at it".to_owned())
}

/// Starts pulls until the appliance stops.
pub(super) async fn run(callbacks: Callbacks) {
    loop {
        let wanted = callbacks.0.pull_wanted.notified();
        let (next_ms, busy) = match round(&callbacks).await {
            Ok(round) => round,
            Err(SyncError::Stopping | SyncError::Store(StoreError::Closed)) => return,
            Err(error) => {
                tracing::error!(%error, "pulls after contact events stand still: {error}");
                (callbacks.0.clock.now_ms() + RETRY_MS, Vec::new())
            }
        };
        let due_ms = next_ms.min(callbacks.0.clock.now_ms() + LOOK_EVERY_MS);
        let told = async {
            tokio::select! {
                () = wanted => {}
                () = any_free(&callbacks.0.jobs, &busy) => {}
            }
        };
        if !callbacks.0.clock.until_due_or_told(Some(due_ms), told, &callbacks.0.stop).await {
            return;
        }
    }
}

/// Returns when nobody is at work on one of the corps any more.
async fn any_free(jobs: &Jobs, corps: &[CorpKey]) {
    if corps.is_empty() {
        return std::future::pending().await;
    }
    let waits = corps.iter().map(|corp| Box::pin(jobs.env().wait_until_free(corp)));
    futures_util::future::select_all(waits).await;
}

/// Starts the pulls that are due, one after the other; when the next one is, Unix milliseconds, and which corps somebody
/// else is at work on.
async fn round(callbacks: &Callbacks) -> Result<(i64, Vec<CorpKey>), SyncError> {
    let (mut next_ms, mut busy) = (i64::MAX, Vec::new());
    for corp in callbacks.0.store.read_async(store::corps::list).await? {
        let key = corp.key.clone();
        let Some(wish) = callbacks.0.store.read_async(move |tx| wish(tx, &key)).await? else { continue };
        let due_ms = wish.due_at_ms();
        if due_ms > callbacks.0.clock.now_ms() {
            next_ms = next_ms.min(due_ms);
            continue;
        }
        match pull(&callbacks.0.jobs, &corp.key).await {
            // a run that began before the event may not have seen it
            Err(SyncError::Busy { .. }) => busy.push(corp.key),
            Err(SyncError::Stopping) => return Err(SyncError::Stopping),
            Err(error) => next_ms = next_ms.min(failed(callbacks, &corp.key, error.to_string()).await?),
            Ok(None) => served(callbacks, &corp.key, wish).await?,
            Ok(Some(why)) => next_ms = next_ms.min(failed(callbacks, &corp.key, why).await?),
        }
    }
    Ok((next_ms, busy))
}

/// Pulls; why it failed, if it did.
async fn pull(jobs: &Jobs, corp: &CorpKey) -> Result<Option<String>, SyncError> {
    let run = jobs.start_pull(corp, PullRequest::default(), &Actor::callback()).await?;
    let ended = jobs.wait(&run).await?;
    Ok(match ended.state {
        RunState::Done | RunState::Partly => None,
        RunState::Running => return Err(SyncError::Stopping),
        _ => Some(ended.message.unwrap_or_else(|| "it failed".into())),
    })
}

/// Forgets the wish, unless further events came while the pull was under way.
async fn served(callbacks: &Callbacks, corp: &CorpKey, seen: Wish) -> Result<(), SyncError> {
    let corp = corp.clone();
    let forgotten = callbacks.0.store.write(move |tx| {
        let Some(now) = wish(tx, &corp)? else { return Ok(()) };
        if now.events == seen.events {
            return store::settings::remove(tx, Scope::Corp(&corp), NAME).map(drop);
        }
        let left =
            Wish { since_ms: now.until_ms, events: now.events - seen.events, failures: 0, not_before_ms: 0, ..now };
        store::settings::put(tx, Scope::Corp(&corp), NAME, &left)
    });
    Ok(forgotten.await?)
}

/// Keeps the wish for later; when.
async fn failed(callbacks: &Callbacks, corp: &CorpKey, why: String) -> Result<i64, SyncError> {
    tracing::warn!(%corp, "the pull after contact events failed and is tried again: {why}");
    let (corp, now_ms) = (corp.clone(), callbacks.0.clock.now_ms());
    let noted = callbacks.0.store.write(move |tx| {
        let Some(mut wish) = wish(tx, &corp)? else { return Ok(i64::MAX) };
        wish.failures = wish.failures.saturating_add(1);
        let pause_ms = RETRY_MS.saturating_mul(1 << (wish.failures - 1).min(10)).min(RETRY_MAX_MS);
        wish.not_before_ms = now_ms + pause_ms;
        store::settings::put(tx, Scope::Corp(&corp), NAME, &wish)?;
        Ok(wish.due_at_ms())
    });
    Ok(noted.await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_a_pull_begins() {
        for (since_ms, until_ms, not_before_ms, due_ms) in [
            (0, 0, 0, 3_000),       // one event
            (0, 10_000, 0, 13_000), // a burst waits for its end
            (0, 29_000, 0, 30_000), // but not for ever
            (0, 0, 60_000, 60_000), // after a failure
        ] {
            let wish = Wish { since_ms, until_ms, events: 1, failures: 0, not_before_ms };
            assert_eq!(wish.due_at_ms(), due_ms, "{since_ms} to {until_ms}, not before {not_before_ms}");
        }
    }
}
