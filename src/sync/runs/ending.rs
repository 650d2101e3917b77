//! How a run ends: what its row says then, and what its calls have shown of the secrets.

use crate::model::{Calls, CorpKey, PlanState, Run, RunState};
use crate::store;
use crate::sync::env::Env;
use crate::sync::error::SyncError;
use crate::sync::facts;
use crate::sync::progress::Watch;
use crate::wecom::CallMeter;

/// Tests that failed are over for the secrets with which calls went through since, whatever became of the run.
pub(super) async fn note_passed(env: &Env, corp: &CorpKey, meter: &CallMeter) {
    let (of, passed) = (corp.clone(), meter.passed());
    let read = env.store.read_async(move |tx| store::trials::list(tx, &of)).await;
    if read.is_ok_and(|trials| passed.iter().all(|(name, ..)| store::trials::failure(&trials, name).is_none())) {
        return;
    }
    let of = corp.clone();
    if let Err(error) = env.store.write(move |tx| store::trials::passed(tx, &of, &passed)).await {
        tracing::warn!(%corp, %error, "that the secrets of corp {corp} work could not be stored: {error}");
    }
}

/// A run as it ended; where an error ended it, that is written.
pub(super) async fn conclude(env: &Env, ended: Result<Run, SyncError>, run: Run, watch: &Watch) -> Run {
    match ended {
        Ok(ended) => ended,
        Err(error) => {
            let calls = run.calls.clone();
            stop(env, run, calls, &error, watch).await
        }
    }
}

/// Ends a run by an error. Once it has written, the stored row says how far it came, and the one in hand is older.
pub(crate) async fn stop(env: &Env, mut run: Run, calls: Calls, error: &SyncError, watch: &Watch) -> Run {
    run.calls = calls;
    let id = run.id.clone();
    let read = move |tx: &store::ReadTx| {
        let has_begun = !store::runs::entries(tx, &id, 0..u32::MAX)?.is_empty();
        Ok(if has_begun { store::runs::find(tx, &id)? } else { None })
    };
    if let Ok(Some(stored)) = env.store.read_async(read).await {
        let (key, writer) = (stored.corp.clone(), stored.id.clone());
        run = stored;
        let noted = env.store.write(move |tx| facts::change(tx, &key, |memory| memory.note_write(&writer)));
        if let Err(error) = noted.await {
            tracing::error!(run.id = %run.id, %error, "that run {} has written could not be stored", run.id);
        }
    }
    fail(&mut run, error);
    end(env, &mut run, watch).await;
    run
}

/// Puts an error into the run's row.
pub(crate) fn fail(run: &mut Run, error: &SyncError) {
    run.state = if matches!(error, SyncError::Cancelled) { RunState::Cancelled } else { RunState::Failed };
    run.message = Some(match error {
        SyncError::Stopping => "the appliance stopped before anything was written; start again".to_owned(),
        other => other.to_string(),
    });
    let code = match error {
        SyncError::Plan(refusal) => refusal.code(),
        other => other.code(),
    };
    run.code = Some(code.to_owned());
    run.errcode = match error {
        SyncError::Read { cause, .. } | SyncError::Stopped { cause, .. } => {
            cause.refusal().map(|refusal| refusal.errcode)
        }
        _ => None,
    };
}

/// Writes the last row and tells the watchers. A store that cannot be written leaves the run to the next start.
pub(crate) async fn end(env: &Env, run: &mut Run, watch: &Watch) {
    run.ended_at_ms = Some(env.clock.now_ms());
    let row = run.clone();
    let written = env.store.write(move |tx| {
        // the plan could be decided before the run's row was
        let is_held = row.state == RunState::Held;
        let plan =
            row.plan.as_ref().filter(|_| is_held).map(|plan| store::plans::head(tx, plan)).transpose()?.flatten();
        let is_rejected = plan.is_some_and(|plan| plan.state == PlanState::Rejected);
        let state = if is_rejected { RunState::Rejected } else { row.state };
        store::runs::put(tx, &Run { state, ..row.clone() }).map(|()| state)
    });
    match written.await {
        Ok(state) => run.state = state,
        Err(error) => tracing::error!(run.id = %run.id, %error, "the end of run {} could not be stored", run.id),
    }
    watch.ended(run);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::model::{Actor, JournalEntry, Outcome, RunKind, Tenant};
    use crate::store::{KeyRing, Store, StoreOptions};
    use crate::sync::runs::new_run;
    use crate::wecom::{Clients, NoObserver};
    use std::sync::Arc;

    /// The engine holds a row from before the first record; what was written since is in the store.
    #[tokio::test]
    async fn an_error_does_not_put_an_older_row_over_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual(5_000);
        let store = Store::open(folder.path(), StoreOptions::new(KeyRing::in_memory(), clock.clone())).unwrap();
        let env = Env::new(store, clock.clone(), Clients::new(clock, Arc::new(NoObserver)));
        for has_begun in [true, false] {
            let key = CorpKey::from(if has_begun { "acme" } else { "other" });
            let mut corp = crate::sync::tests::world::World::new().corp;
            corp.key = key.clone();
            let actor = Actor { name: "test".into(), from: None };
            let held = new_run(&env, &key, RunKind::Downstream, &actor);
            let mut written = held.clone();
            (written.done, written.calls.writes) = (3, 3);
            let entry = JournalEntry { seq: 0, outcome: Outcome::Done, at_ms: 4_000, attempts: 1 };
            let (row, id) = (written.clone(), held.id.clone());
            let tenant = Tenant { key: corp.tenant.clone(), name: "A".into() };
            let put = env.store.write(move |tx| {
                store::tenants::put(tx, &tenant)?;
                store::corps::put(tx, &corp)?;
                store::runs::put(tx, &row)?;
                if has_begun { store::runs::put_entries(tx, &id, std::slice::from_ref(&entry)) } else { Ok(()) }
            });
            put.await.unwrap();
            let watch = Watch::unwatched(held.id.clone());
            let ended = stop(&env, held.clone(), Calls::default(), &SyncError::Bug("a bug".into()), &watch).await;
            let expected = if has_begun { 3 } else { 0 };
            assert_eq!((ended.state, ended.done, ended.calls.writes), (RunState::Failed, expected, expected));
            let (stored, memory) =
                env.store.read(|tx| Ok((store::runs::find(tx, &held.id)?, facts::get(tx, &key)?))).unwrap();
            assert_eq!(stored.as_ref(), Some(&ended));
            assert_eq!(memory.written_by, has_begun.then_some(held.id));
        }
    }
}
