//! The repositories of the two sides: uniqueness, indexes, pages, what is removed with what.

use super::support::{Home, binding, corp, corp_key, employee, furnish, furnished, is_good, run, tenant, write};
use wecom_bridge::model::*;
use wecom_bridge::store::{self, Scope, Search, Store, StoreError};

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
    // of each corp its revision stays, so that a new corp of the same key does not repeat the numbers of the former one, and
    // the time, so that members who were named before are not looked for in another one's WeCom
    assert_eq!(rows(&store), before + 4);
    assert!(!write(&store, |tx| store::corps::remove(tx, &"acme-main2".into())).unwrap());
    is_good(&store);
    assert!(store.read(|tx| store::corps::find(tx, &corp_key())).unwrap().is_some());
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
