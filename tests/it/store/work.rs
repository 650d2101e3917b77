//! The repositories of work: plans, runs, journals, counts over time, keys and kept answers, and their retention.

use super::support::{corp_key, furnished, is_good, run, write};
use wecom_bridge::model::*;
use wecom_bridge::store::{self, Order, StoreError};

fn entry(seq: u32) -> JournalEntry {
    serde_json::from_value(serde_json::json!({
        "seq": seq, "outcome": {"state": "intended"}, "at_ms": 1, "attempts": 1
    }))
    .unwrap()
}

/// However many pulls came after it, the last sync is found.
#[test]
fn the_last_syncs_are_found_behind_any_number_of_pulls() {
    let (_home, store) = furnished();
    let put = |id: &str, kind: RunKind, state: RunState| {
        let mut run = run("acme-main", id, 1);
        (run.kind, run.state, run.ended_at_ms) = (kind, state, Some(1));
        write(&store, move |tx| store::runs::put(tx, &run)).unwrap();
    };
    let last = || {
        let (ended, done) = store.read(|tx| store::runs::last_syncs(tx, &corp_key())).unwrap();
        (ended.map(|run| run.id.to_string()), done.map(|run| run.id.to_string()))
    };
    assert_eq!(last(), (None, None));
    put("r1", RunKind::Downstream, RunState::Done);
    put("r2", RunKind::Downstream, RunState::Failed);
    for n in 0..120 {
        put(&format!("r3-{n:03}"), RunKind::Pull, RunState::Done);
    }
    assert_eq!(last(), (Some("r2".into()), Some("r1".into())));
    put("r1", RunKind::Downstream, RunState::Done);
    assert_eq!(last().0.as_deref(), Some("r2"), "one record of an earlier run was tried again");
    write(&store, |tx| store::runs::remove_before(tx, 1_000, 0, 1_000)).unwrap();
    assert_eq!(last(), (Some("r1".into()), Some("r1".into())), "the good one stays whatever its age");
    put("r4", RunKind::Downstream, RunState::Done);
    assert_eq!(last(), (Some("r4".into()), Some("r4".into())));
    is_good(&store);
}

#[test]
fn runs_and_journals() {
    let (_home, store) = furnished();
    write(&store, |tx| {
        for n in 1..=5 {
            store::runs::put(tx, &run("acme-main", &format!("r{n}"), n))?;
        }
        store::runs::put_entries(tx, &"r2".into(), &(0..10).map(entry).collect::<Vec<_>>())
    })
    .unwrap();
    store
        .read(|tx| {
            let ids = |runs: Vec<Run>| runs.into_iter().map(|run| run.id.to_string()).collect::<Vec<_>>().join(" ");
            assert_eq!(ids(store::runs::running(tx)?), "r1 r2 r3 r4 r5");
            assert_eq!(ids(store::runs::list(tx, &corp_key(), 2)?), "r5 r4");
            for (after, order, expected) in [
                (Some("r4"), Order::Newest, "r3 r2"),
                (None, Order::Oldest, "r1 r2"),
                (Some("r2"), Order::Oldest, "r3 r4"),
                (Some("r4"), Order::Oldest, "r5"),
            ] {
                let after = after.map(RunId::from);
                assert_eq!(ids(store::runs::page(tx, &corp_key(), after.as_ref(), order, 2)?), expected);
            }
            let seqs: Vec<u32> =
                store::runs::entries(tx, &"r2".into(), 3..6)?.into_iter().map(|entry| entry.seq).collect();
            assert_eq!(seqs, [3, 4, 5]);
            assert!(store::runs::entry(tx, &"r2".into(), 10)?.is_none());
            Ok(())
        })
        .unwrap();
    let nobody = write(&store, |tx| store::runs::put_entries(tx, &"r9".into(), &[entry(0)]));
    assert!(matches!(nobody, Err(StoreError::NotFound { .. })));
    let removed = write(&store, |tx| {
        for n in [1, 2, 3] {
            let mut ended = run("acme-main", &format!("r{n}"), n);
            (ended.state, ended.ended_at_ms) = (RunState::Done, Some(n));
            store::runs::put(tx, &ended)?;
        }
        store::runs::remove_before(tx, 3, 1, 10)
    });
    assert_eq!(removed.unwrap(), 2, "r1 and r2 are old, r3 is not, r4 and r5 have not ended");
    is_good(&store);
    assert_eq!(store.read(store::runs::running).unwrap().len(), 2);
    assert!(store.read(|tx| store::runs::find(tx, &"r2".into())).unwrap().is_none());
}

fn plan(id: &str, state: &str, expires_at_ms: i64) -> PlanHead {
    serde_json::from_value(serde_json::json!({
        "id": id, "corp": "acme-main", "direction": "downstream", "hash": "00", "created_at_ms": 1,
        "expires_at_ms": expires_at_ms, "state": state, "guards": [], "counts": {"departments": {}, "members": {}},
        "budget": {"calls": 0, "by_endpoint": {}, "reads": 0, "estimated_s": 0, "strategy": "", "strategy_reason": "",
                   "creations_30_days": 0},
        "invariants": [], "notices": [], "source_employees": 0, "mirror_read_at_ms": 0, "options_hash": "00",
        "compute_ms": 0
    }))
    .unwrap()
}

fn changes(seqs: std::ops::Range<u32>) -> Vec<Change> {
    let change = |seq| {
        serde_json::from_value(serde_json::json!({
            "seq": seq, "action": "bind_member", "employee": format!("e{seq}"), "userid": format!("u{seq}"),
            "rule": "mobile = mobile", "reason": "match.rule", "reversible": "yes"
        }))
        .unwrap()
    };
    seqs.map(change).collect()
}

#[test]
fn plans_and_their_changes() {
    let (_home, store) = furnished();
    write(&store, |tx| {
        for (id, state, expires) in [("p1", "ready", 10), ("p2", "taken", 10), ("p3", "held", 10), ("p4", "ready", 99)]
        {
            store::plans::put_changes(tx, &corp_key(), &id.into(), &changes(0..600))?;
            store::plans::put_changes(tx, &corp_key(), &id.into(), &changes(500..1_000))?;
            store::plans::put_head(tx, &plan(id, state, expires))?;
        }
        // Crashes left these without a head.
        store::plans::put_changes(tx, &corp_key(), &"p0".into(), &changes(0..3))?;
        store::plans::put_changes(tx, &corp_key(), &"p5".into(), &changes(0..5))
    })
    .unwrap();
    let seqs = |plan: &str, range| -> Vec<u32> {
        let rows = store.read(|tx| store::plans::changes(tx, &plan.into(), range)).unwrap();
        rows.into_iter().map(|change| change.seq).collect()
    };
    assert_eq!(seqs("p1", 0..u32::MAX), (0..1_000).collect::<Vec<_>>());
    assert_eq!(seqs("p2", 998..2_000), [998, 999]);
    assert_eq!(seqs("p2", 7..7), Vec::<u32>::new());
    let unknown = store.read(|tx| store::plans::changes(tx, &"p0".into(), 0..9));
    assert!(matches!(unknown, Err(StoreError::NotFound { .. })), "a plan without a head does not exist");
    let ids = |limit| -> Vec<String> {
        let heads = store.read(|tx| store::plans::list(tx, &corp_key(), limit)).unwrap();
        heads.into_iter().map(|head| head.id.to_string()).collect()
    };
    assert_eq!(ids(2), ["p4", "p3"]);
    assert_eq!(write(&store, |tx| store::plans::remove_expired(tx, 50, 1)).unwrap(), 1);
    assert_eq!(write(&store, |tx| store::plans::remove_expired(tx, 50, 10)).unwrap(), 1);
    assert_eq!(ids(10), ["p4", "p2"]);
    assert_eq!(write(&store, |tx| store::plans::remove_headless(tx, &"p5".into())).unwrap(), 3, "p5 is too young");
    assert_eq!(write(&store, |tx| store::plans::remove_headless(tx, &"p6".into())).unwrap(), 5);
    assert_eq!(seqs("p4", 0..2_000).len(), 1_000);
    assert!(write(&store, |tx| store::plans::remove(tx, &"p4".into())).unwrap());
    assert!(store.read(|tx| store::plans::head(tx, &"p4".into())).unwrap().is_none());
    is_good(&store);
}

#[test]
fn removals_and_creations_are_counted_by_member() {
    let (_home, store) = furnished();
    write(&store, |tx| {
        use store::removals::{RemovalKind, append, append_creation};
        append(tx, &corp_key(), 100, &"Chen".into(), RemovalKind::Disabled)?;
        append(tx, &corp_key(), 200, &"chen".into(), RemovalKind::Deleted)?;
        append(tx, &corp_key(), 200, &"chen".into(), RemovalKind::Deleted)?;
        append(tx, &corp_key(), 300, &"li".into(), RemovalKind::Deleted)?;
        append_creation(tx, &corp_key(), 300, &"wang".into())
    })
    .unwrap();
    let count = |since| store.read(|tx| store::removals::count_since(tx, &corp_key(), since)).unwrap();
    assert_eq!([count(0), count(200), count(201), count(301), count(-5)], [2, 2, 1, 0, 2]);
    assert_eq!(store.read(|tx| store::removals::count_creations_since(tx, &corp_key(), 0)).unwrap(), 1);
    assert_eq!(write(&store, |tx| store::removals::remove_before(tx, 300)).unwrap(), 2);
    assert_eq!(count(0), 1);
}

#[test]
fn keys_answers_and_cases() {
    let (_home, store) = furnished();
    let key = |id: &str, name: &str, hash: &str| ApiKey {
        id: id.into(),
        name: name.into(),
        hash: hash.into(),
        scopes: vec![ApiScope::SyncRead],
        networks: Vec::new(),
        created_by: "cli".into(),
        made_with: None,
        created_at_ms: 1,
        expires_at_ms: None,
        revoked_at_ms: None,
    };
    let put = |key: ApiKey| write(&store, move |tx| store::api_keys::put(tx, &key));
    put(key("1", "oa", "h1")).unwrap();
    assert!(matches!(put(key("2", "oa2", "h1")), Err(StoreError::Conflict { .. })));
    assert!(matches!(put(key("2", "oa", "h2")), Err(StoreError::Conflict { .. })));
    assert!(write(&store, |tx| store::api_keys::revoke(tx, "1", 9)).unwrap());
    assert!(!write(&store, |tx| store::api_keys::revoke(tx, "7", 9)).unwrap());
    put(key("2", "oa", "h2")).unwrap();
    let found = store.read(|tx| store::api_keys::find_by_hash(tx, "h1")).unwrap().unwrap();
    assert_eq!(found.revoked_at_ms, Some(9));

    let answer = |fingerprint: &str, at_ms| StoredAnswer {
        fingerprint: fingerprint.into(),
        at_ms,
        status: 201,
        location: None,
        body: serde_json::json!({"n": at_ms}),
    };
    let keep = |name: &'static str, answer: StoredAnswer| {
        write(&store, move |tx| store::idempotency::put(tx, "1", name, &answer))
    };
    keep("a", answer("f", 10)).unwrap();
    keep("a", answer("f", 11)).unwrap();
    assert!(matches!(keep("a", answer("g", 12)), Err(StoreError::Conflict { .. })));
    keep("b", answer("f", 20)).unwrap();
    is_good(&store);
    assert_eq!(write(&store, |tx| store::idempotency::remove_before(tx, 20, 10)).unwrap(), 1);
    assert!(store.read(|tx| store::idempotency::find(tx, "1", "a")).unwrap().is_none());
    assert!(store.read(|tx| store::idempotency::find(tx, "1", "b")).unwrap().is_some());

    let case = ResolveCase { rule: "mobile".into(), value: "1".into(), employees: vec![], members: vec![] };
    write(&store, {
        let case = case.clone();
        move |tx| {
            store::resolve::put_all(tx, &corp_key(), &[ResolveCase { value: "0".into(), ..case.clone() }])?;
            store::resolve::put_all(tx, &corp_key(), std::slice::from_ref(&case))
        }
    })
    .unwrap();
    assert_eq!(store.read(|tx| store::resolve::list(tx, &corp_key())).unwrap(), std::slice::from_ref(&case));
    assert!(write(&store, move |tx| store::resolve::remove(tx, &corp_key(), &case.key())).unwrap().is_some());
    is_good(&store);
}
