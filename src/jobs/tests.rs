//! What becomes of a run that ends by a bug, or with the runtime.

use super::*;
use crate::clock::Clock;
use crate::model::{JournalEntry, Tenant};
use crate::store::{KeyRing, Store, StoreOptions};
use crate::wecom::{Clients, NoObserver};

/// Who ends by a bug still says which plan it applied, how far it came and that it has written.
#[tokio::test]
async fn a_bug_in_a_run_does_not_erase_what_it_has_done() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::manual(5_000);
    let store = Store::open(folder.path(), StoreOptions::new(KeyRing::in_memory(), clock.clone())).unwrap();
    let corp = crate::sync::tests::world::World::new().corp;
    let (key, tenant) = (corp.key.clone(), Tenant { key: corp.tenant.clone(), name: "A".into() });
    store
        .write_blocking(move |tx| {
            store::tenants::put(tx, &tenant)?;
            store::corps::put(tx, &corp)
        })
        .unwrap();
    let jobs = Jobs::new(Env::new(store, clock.clone(), Clients::new(clock, Arc::new(NoObserver))));
    let run = runs::new_run(jobs.env(), &key, RunKind::Downstream, &Actor { name: "test".into(), from: None });
    let lease = jobs.occupy(&run).unwrap();
    runs::begin(jobs.env(), &run, &Actor { name: "test".into(), from: None }, "run.sync").await.unwrap();
    let id = jobs.spawn(lease, run, |env, run, _| async move {
        let row = Run { plan: Some("p1".into()), done: 3, total: 9, ..run };
        let entry = JournalEntry { seq: 0, outcome: Outcome::Done, at_ms: 4_000, attempts: 1 };
        let written = env.store.write(move |tx| {
            store::runs::put(tx, &row)?;
            store::runs::put_entries(tx, &row.id, std::slice::from_ref(&entry))
        });
        written.await.unwrap();
        assert_eq!(1, 2, "a bug");
    });
    let ended = jobs.wait(&id).await.unwrap();
    assert_eq!((ended.state, ended.code.as_deref()), (RunState::Failed, Some("sync.bug")), "{:?}", ended.message);
    assert_eq!((ended.plan, ended.done, ended.total), (Some("p1".into()), 3, 9));
    let memory = jobs.env().store.read(|tx| crate::sync::facts::get(tx, &key)).unwrap();
    assert_eq!((memory.written_by, memory.writes), (Some(id), 1));
}
