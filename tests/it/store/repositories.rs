//! The repositories: uniqueness, indexes, pages, retention, the audit chain.

use super::support::{Home, binding, corp, corp_key, employee, furnish, tenant};
use redb::ReadableDatabase;
use wecom_bridge::model::*;
use wecom_bridge::store::{self, Scope, Search, Store, StoreError};

fn furnished() -> (Home, Store) {
    let home = Home::new();
    let store = home.open();
    furnish(&store);
    (home, store)
}

fn write<T: Send + 'static>(
    store: &Store,
    work: impl Fn(&store::WriteTx) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    store.write_blocking(work)
}

fn is_good(store: &Store) {
    let report = store.verify().unwrap();
    assert!(report.is_good(), "{:?}", report.faults);
}

#[test]
fn member_bindings_are_unique_both_ways() {
    let (_home, store) = furnished();
    let put = |employee: &'static str, userid: &'static str| {
        write(&store, move |tx| store::bindings::put_member(tx, &corp_key(), &binding(employee, userid)))
    };
    put("e1", "Chen").unwrap();
    put("e1", "chen").unwrap();
    for (employee, userid, present) in [("e1", "li", "member chen"), ("e2", "CHEN", "employee e1")] {
        let error = put(employee, userid).unwrap_err();
        assert!(matches!(&error, StoreError::Conflict { present: p, .. } if p.contains(present)), "{error}");
    }
    put("e2", "li").unwrap();
    let found = store.read(|tx| store::bindings::find_by_userid(tx, &corp_key(), &UserId::from("CHEN")));
    assert_eq!(found.unwrap().unwrap().employee.as_str(), "e1");
    write(&store, |tx| store::bindings::remove_member(tx, &corp_key(), &EmployeeId::from("e1"))).unwrap().unwrap();
    put("e3", "chen").unwrap();
    is_good(&store);
}

#[test]
fn department_bindings_and_tombstones_are_unique_both_ways() {
    let (_home, store) = furnished();
    let put = |unit: &'static str, department: u32| {
        let row: DepartmentBinding = serde_json::from_value(serde_json::json!({
            "unit": unit, "department": department, "origin": "created", "bound_at_ms": 1
        }))
        .unwrap();
        write(&store, move |tx| store::bindings::put_department(tx, &corp_key(), &row))
    };
    put("u1", 7).unwrap();
    put("u1", 7).unwrap();
    assert!(matches!(put("u1", 8), Err(StoreError::Conflict { .. })));
    assert!(matches!(put("u2", 7), Err(StoreError::Conflict { .. })));
    let tomb = |employee: &'static str, userid: &'static str| {
        let row = Tombstone { employee: employee.into(), userid: userid.into(), deleted_at_ms: 1 };
        write(&store, move |tx| store::bindings::put_tombstone(tx, &corp_key(), &row))
    };
    tomb("e1", "Chen").unwrap();
    assert!(matches!(tomb("e2", "chen"), Err(StoreError::Conflict { .. })));
    tomb("e1", "chen2").unwrap();
    tomb("e2", "chen").unwrap();
    is_good(&store);
    write(&store, |tx| {
        store::bindings::remove_department(tx, &corp_key(), &UnitId::from("u1"))?;
        store::bindings::remove_tombstone(tx, &corp_key(), &EmployeeId::from("e2"))
    })
    .unwrap();
    is_good(&store);
    assert!(store.read(|tx| store::bindings::tombstones(tx, &corp_key())).unwrap().len() == 1);
}

#[test]
fn employees_are_found_paged_and_counted() {
    let (_home, store) = furnished();
    let key = tenant().key;
    write(&store, {
        let key = key.clone();
        move |tx| {
            let mut rows: Vec<Employee> = (0..250).map(employee).collect();
            rows[7].name = "Ärzte \"Quote\" Li".into();
            rows[8].part_time_unit_ids = vec!["u0001".into(), "u0008".into()];
            store::directory::put_employees(tx, &key, &rows)
        }
    })
    .unwrap();
    is_good(&store);
    store
        .read(|tx| {
            let mut seen = Vec::new();
            let mut after = None;
            loop {
                let page = store::directory::page_employees(tx, &key, after.as_ref(), 60, None)?;
                seen.extend(page.rows.into_iter().map(|row| row.id.to_string()));
                match page.next {
                    Some(next) => after = Some(EmployeeId::from(next)),
                    None => break,
                }
            }
            assert_eq!(seen, (0..250).map(|n| format!("e{n:06}")).collect::<Vec<_>>());
            for (needle, hits) in [
                ("员工24", 11),
                ("USER24", 11),
                ("00000123", 1),
                ("13900000042", 1),
                ("ärzte", 1),
                ("ÄRZTE \"QUOTE\"", 1),
                ("E000007", 1),
                ("example.org", 0),
                ("工程师", 0),
                ("nobody", 0),
            ] {
                let page = store::directory::page_employees(tx, &key, None, 1_000, Some(&Search::new(needle)))?;
                assert_eq!((page.rows.len(), page.next), (hits, None), "{needle}");
            }
            let of = |unit: &str| store::directory::employees_of_unit(tx, &key, &UnitId::from(unit));
            assert_eq!(of("u0001")?.len(), 2);
            assert_eq!(of("u0008")?.len(), 1);
            assert_eq!(store::directory::find_by_account(tx, &key, "USER12")?.len(), 1);
            assert_eq!(store::directory::count_employees(tx, &key)?, 250);
            Ok(())
        })
        .unwrap();
    write(&store, {
        let key = key.clone();
        move |tx| {
            let mut moved = employee(9);
            moved.unit_id = "u0001".into();
            moved.account = Text::default();
            store::directory::put_employees(tx, &key, &[moved])?;
            store::directory::remove_employee(tx, &key, &employee(1).id)
        }
    })
    .unwrap();
    is_good(&store);
    assert_eq!(store.read(|tx| store::directory::count_employees(tx, &key)).unwrap(), 249);
    assert_eq!(store.read(|tx| store::directory::employees_of_unit(tx, &key, &"u0001".into())).unwrap().len(), 2);
}

#[test]
fn what_rests_on_a_tenant_needs_it() {
    let home = Home::new();
    let store = home.open();
    let orphan = write(&store, |tx| store::directory::put_employees(tx, &tenant().key, &[employee(1)]));
    assert!(matches!(orphan, Err(StoreError::NotFound { .. })));
    assert!(matches!(write(&store, |tx| store::corps::put(tx, &corp("x"))), Err(StoreError::NotFound { .. })));
    furnish(&store);
    let refused = write(&store, |tx| store::tenants::remove(tx, &tenant().key));
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
}

#[test]
fn removing_a_corp_leaves_nothing_of_it_and_touches_no_other() {
    let (_home, store) = furnished();
    let fill = |key: &'static str| {
        write(&store, move |tx| {
            let corp_key = CorpKey::from(key);
            store::corps::put(tx, &corp(key))?;
            store::secrets::put(tx, &corp_key, &SecretName::Contacts, &Secret::new("x"))?;
            store::bindings::put_member(tx, &corp_key, &binding("e1", "chen"))?;
            store::settings::put(tx, Scope::Corp(&corp_key), "largest_department_id", &7)?;
            store::removals::append(tx, &corp_key, 5, &"chen".into(), store::removals::RemovalKind::Deleted)?;
            store::runs::put(tx, &run(key, "r1", 1))
        })
        .unwrap();
    };
    let rows = |store: &Store| store.verify().unwrap().rows();
    let before = rows(&store);
    // "acme-main2" begins with the other one's key.
    fill("acme-main2");
    let with_one = rows(&store);
    fill("other");
    write(&store, |tx| store::corps::remove(tx, &"other".into())).unwrap();
    // Both corps used the run id r1, so its index row is gone; ids are unique in real life.
    assert!(rows(&store) >= with_one - 1);
    assert!(write(&store, |tx| store::corps::remove(tx, &"acme-main2".into())).unwrap());
    assert_eq!(rows(&store), before);
    assert!(!write(&store, |tx| store::corps::remove(tx, &"acme-main2".into())).unwrap());
    is_good(&store);
    assert!(store.read(|tx| store::corps::find(tx, &corp_key())).unwrap().is_some());
}

fn run(corp: &str, id: &str, started_at_ms: i64) -> Run {
    serde_json::from_value(serde_json::json!({
        "id": id, "corp": corp, "kind": "downstream", "state": "running", "by": "cli", "plan": "p1",
        "started_at_ms": started_at_ms, "done": 0, "total": 0, "counts": {"departments": {}, "members": {}},
        "calls": {"reads": 0, "writes": 0, "by_endpoint": {}}, "failed": []
    }))
    .unwrap()
}

fn entry(seq: u32) -> JournalEntry {
    serde_json::from_value(serde_json::json!({
        "seq": seq, "outcome": {"state": "intended"}, "at_ms": 1, "attempts": 1
    }))
    .unwrap()
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
            assert_eq!(ids(store::runs::list_before(tx, &corp_key(), &"r4".into(), 2)?), "r3 r2");
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
fn the_mirror_and_its_index() {
    let (_home, store) = furnished();
    let member = |userid: &str, departments: &[u32]| -> Member {
        let memberships: Vec<_> = departments.iter().map(|id| serde_json::json!({"department": id})).collect();
        serde_json::from_value(serde_json::json!({
            "userid": userid, "memberships": memberships, "fields": {"name": format!("名 {userid}"), "mobile": "139"}
        }))
        .unwrap()
    };
    let put = |rows: Vec<Member>| write(&store, move |tx| store::mirror::put_members(tx, &corp_key(), &rows)).unwrap();
    put(vec![member("Chen", &[1, 2]), member("li", &[2]), member("wang", &[])]);
    put(vec![member("CHEN", &[2, 3]), member("li", &[2])]);
    is_good(&store);
    let of = |department| -> Vec<String> {
        let rows = store.read(|tx| store::mirror::members_of_department(tx, &corp_key(), DepartmentId(department)));
        rows.unwrap().into_iter().map(|row| row.userid.to_string()).collect()
    };
    assert_eq!((of(1), of(2), of(3)), (vec![], vec!["CHEN".into(), "li".into()], vec!["CHEN".into()]));
    store
        .read(|tx| {
            assert_eq!(store::mirror::members(tx, &corp_key())?.len(), 3);
            assert!(store::mirror::find_member(tx, &corp_key(), &"cHeN".into())?.is_some());
            let page = store::mirror::page_members(tx, &corp_key(), None, 2, None)?;
            assert_eq!((page.rows.len(), page.next.as_deref()), (2, Some("li")));
            let page = store::mirror::page_members(tx, &corp_key(), Some(&"LI".into()), 2, None)?;
            assert_eq!((page.rows.len(), page.next), (1, None));
            for (needle, hits) in [("名 L", 1), ("chen", 1), ("139", 3), ("department", 0)] {
                let page = store::mirror::page_members(tx, &corp_key(), None, 10, Some(&Search::new(needle)))?;
                assert_eq!(page.rows.len(), hits, "{needle}");
            }
            Ok(())
        })
        .unwrap();
    write(&store, |tx| {
        store::mirror::remove_members(tx, &corp_key(), &["chen".into(), "nobody".into()])?;
        let row = Department { id: DepartmentId(2), parent: DepartmentId(1), name: None, order: 0, leaders: vec![] };
        store::mirror::put_departments(tx, &corp_key(), &[row])?;
        store::mirror::remove_departments(tx, &corp_key(), &[DepartmentId(2), DepartmentId(9)])
    })
    .unwrap();
    assert_eq!((of(2), of(3)), (vec!["li".to_owned()], vec![]));
    assert!(store.read(|tx| store::mirror::departments(tx, &corp_key())).unwrap().is_empty());
    is_good(&store);
    write(&store, |tx| store::mirror::clear(tx, &corp_key())).unwrap();
    assert!(store.read(|tx| store::mirror::members(tx, &corp_key())).unwrap().is_empty());
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

#[test]
fn the_audit_log_shows_tampering() {
    let home = Home::new();
    let store = home.open();
    for n in 0..10 {
        write(&store, move |tx| {
            let after = serde_json::json!({"z": n, "a": 10.1 * f64::from(n), "中": ["文", null]});
            store::audit::append(tx, &Actor::cli("root"), "test.change", &format!("row {n}"), None, Some(after))
        })
        .unwrap();
    }
    let pages = store.read(|tx| Ok((store::audit::page(tx, None, 3)?, store::audit::page(tx, Some(3), 3)?))).unwrap();
    let seqs = |rows: &[AuditRow]| rows.iter().map(|row| row.seq).collect::<Vec<_>>();
    assert_eq!((seqs(&pages.0), seqs(&pages.1)), (vec![10, 9, 8], vec![2, 1]));
    assert!(store.read(store::audit::verify_chain).unwrap().is_none());
    drop(store);
    let good = std::fs::read(home.database()).unwrap();

    type Rows<'a> = redb::Table<'a, &'static [u8], &'static [u8]>;
    let tamper = |work: &dyn Fn(&mut Rows<'_>)| {
        std::fs::write(home.database(), &good).unwrap();
        let database = redb::Database::open(home.database()).unwrap();
        assert!(database.begin_read().is_ok());
        let tx = database.begin_write().unwrap();
        work(&mut tx.open_table(redb::TableDefinition::new("audit")).unwrap());
        tx.commit().unwrap();
        drop(database);
        let store = home.open();
        let fault = store.read(store::audit::verify_chain).unwrap();
        assert_eq!(store.verify().unwrap().is_good(), fault.is_none());
        fault.map(|fault| fault.seq)
    };
    let key = |seq: u64| seq.to_be_bytes();
    let value = |rows: &Rows<'_>, seq: u64| {
        use redb::ReadableTable;
        rows.get(&key(seq)[..]).unwrap().unwrap().value().to_vec()
    };
    assert_eq!(tamper(&|_| ()), None);
    let edited = tamper(&|rows| {
        let text = String::from_utf8(value(rows, 4)).unwrap().replace("row 3", "row X");
        rows.insert(&key(4)[..], text.as_bytes()).unwrap();
    });
    assert_eq!(edited, Some(4));
    assert_eq!(tamper(&|rows| drop(rows.remove(&key(4)[..]).unwrap())), Some(4), "a row is missing");
    assert_eq!(tamper(&|rows| drop(rows.remove(&key(10)[..]).unwrap())), Some(10), "the end is cut off");
    let swapped = tamper(&|rows| {
        let (five, six) = (value(rows, 5), value(rows, 6));
        rows.insert(&key(5)[..], six.as_slice()).unwrap();
        rows.insert(&key(6)[..], five.as_slice()).unwrap();
    });
    assert_eq!(swapped, Some(5));
}

#[test]
fn index_damage_is_found() {
    let (home, store) = furnished();
    write(&store, |tx| {
        store::bindings::put_member(tx, &corp_key(), &binding("e1", "chen"))?;
        store::directory::put_employees(tx, &tenant().key, &[employee(1), employee(2)])
    })
    .unwrap();
    drop(store);
    let good = std::fs::read(home.database()).unwrap();
    for table in [
        "corps_by_tenant",
        "employees_by_unit",
        "employees_by_account",
        "employees",
        "directory_counts",
        "member_bindings_by_userid",
        "member_bindings",
    ] {
        std::fs::write(home.database(), &good).unwrap();
        let database = redb::Database::open(home.database()).unwrap();
        let tx = database.begin_write().unwrap();
        let definition: redb::TableDefinition<'_, &[u8], &[u8]> = redb::TableDefinition::new(table);
        tx.open_table(definition).unwrap().pop_first().unwrap().unwrap();
        tx.commit().unwrap();
        drop(database);
        let report = home.open().verify().unwrap();
        assert!(!report.is_good(), "a row less in {table} goes unnoticed");
    }
}
