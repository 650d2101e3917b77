//! Backup under load, restore, verification, compaction.

use super::support::{Home, binding, corp, corp_key, employee, furnish, tenant};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wecom_bridge::model::{Actor, Secret, SecretName, Session};
use wecom_bridge::store::{KeyRing, Store};
use wecom_bridge::store::{
    Scope, StoreError, StoreOptions, audit, bindings, directory, restore, secrets, sessions, settings,
};

fn fill(store: &Store) {
    furnish(store);
    store
        .write_blocking(|tx| {
            let employees: Vec<_> = (0..500).map(employee).collect();
            directory::put_employees(tx, &tenant().key, &employees)?;
            let bound: Vec<_> = (0..500).map(|n| binding(&format!("e{n:06}"), &format!("U{n}"))).collect();
            bindings::put_members(tx, &corp_key(), &bound)?;
            secrets::put(tx, &corp_key(), &SecretName::Contacts, &Secret::new("hunter2"))?;
            audit::append(tx, &Actor::cli("test"), "test.fill", "all", None, None)
        })
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backups_taken_during_writes_are_whole() {
    let home = Home::new();
    let store = home.open();
    fill(&store);
    let stop = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn({
        let (store, stop) = (store.clone(), stop.clone());
        async move {
            let mut n = 0_u64;
            while !stop.load(Ordering::Relaxed) {
                n += 1;
                // Two rows that must agree in every view.
                store
                    .write(move |tx| {
                        settings::put(tx, Scope::Appliance, "left", &n)?;
                        audit::append(tx, &Actor::schedule(), "test.tick", "tick", None, None)?;
                        settings::put(tx, Scope::Appliance, "right", &n)
                    })
                    .await
                    .unwrap();
            }
            n
        }
    });
    for round in 0..5 {
        let copy = Home::new();
        std::fs::copy(home.key_file(), copy.key_file()).unwrap();
        let to = copy.database();
        let (from, target) = (store.clone(), to.clone());
        tokio::task::spawn_blocking(move || from.backup(&target)).await.unwrap().unwrap();
        assert_eq!(std::fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
        let opened = copy.open();
        let report = opened.verify().unwrap();
        assert!(report.is_good(), "round {round}: {:?}", report.faults);
        let (left, right, secret) = opened
            .read(|tx| {
                let get = |name| settings::get::<u64>(tx, Scope::Appliance, name);
                Ok((get("left")?, get("right")?, secrets::find(tx, &corp_key(), &SecretName::Contacts)?))
            })
            .unwrap();
        assert_eq!(left, right, "round {round}");
        assert_eq!(secret.unwrap().expose(), "hunter2");
        let leftovers = std::fs::read_dir(copy.path()).unwrap().count();
        assert_eq!(leftovers, 2, "round {round}: key and store, nothing else");
    }
    stop.store(true, Ordering::Relaxed);
    assert!(writer.await.unwrap() > 0);
}

#[test]
fn a_backup_never_replaces_a_file() {
    let home = Home::new();
    let store = home.open();
    let to = home.path().join("precious.redb");
    std::fs::write(&to, "precious").unwrap();
    assert!(matches!(store.backup(&to), Err(StoreError::FileExists { .. })));
    assert_eq!(std::fs::read_to_string(&to).unwrap(), "precious");
    assert!(matches!(store.backup(&home.path().join("no/such/place.redb")), Err(StoreError::Missing { .. })));
}

#[test]
fn restore_brings_back_yesterday_and_keeps_today() {
    let home = Home::new();
    let store = home.open();
    fill(&store);
    let backup = home.path().join("yesterday.redb");
    store.backup(&backup).unwrap();
    store.write_blocking(|tx| settings::put(tx, Scope::Appliance, "today", &true)).unwrap();
    let options = home.options().unwrap();

    assert!(
        matches!(restore(&backup, home.path(), &options, &Actor::cli("root")), Err(StoreError::InUse { .. })),
        "while it is open"
    );
    drop(store);
    let kept = restore(&backup, home.path(), &options, &Actor::cli("root")).unwrap().former.unwrap();

    let today = |store: &Store| store.read(|tx| settings::get::<bool>(tx, Scope::Appliance, "today")).unwrap();
    assert_eq!(today(&home.open()), None);
    assert_eq!(today(&Store::open(&kept, options).unwrap()), Some(true));
    assert!(backup.exists());
}

#[test]
fn restore_refuses_what_is_not_a_good_backup() {
    let home = Home::new();
    let store = home.open();
    fill(&store);
    let good = home.path().join("good.redb");
    store.backup(&good).unwrap();
    drop(store);
    let options = home.options().unwrap();
    let before = std::fs::read(home.database()).unwrap();

    let garbage = home.path().join("garbage.redb");
    std::fs::write(&garbage, vec![7; 100_000]).unwrap();
    let other_key = StoreOptions { keys: KeyRing::in_memory(), ..options.clone() };
    let missing = home.path().join("missing.redb");

    let refused = restore(&garbage, home.path(), &options, &Actor::cli("root")).unwrap_err();
    assert!(matches!(&refused, StoreError::Corrupt { path, .. } if *path == garbage), "{refused}");
    let refused = restore(&good, home.path(), &other_key, &Actor::cli("root")).unwrap_err();
    assert!(matches!(&refused, StoreError::WrongKey { path, .. } if *path == good), "{refused}");
    assert!(matches!(restore(&missing, home.path(), &options, &Actor::cli("root")), Err(StoreError::Missing { .. })));
    assert_eq!(std::fs::read(home.database()).unwrap(), before, "the store was touched");
}

#[test]
fn restore_replaces_a_damaged_store() {
    let home = Home::new();
    let store = home.open();
    fill(&store);
    let backup = home.path().join("backup.redb");
    store.backup(&backup).unwrap();
    drop(store);
    std::fs::write(home.database(), "not a database").unwrap();
    restore(&backup, home.path(), &home.options().unwrap(), &Actor::cli("root")).unwrap();
    assert!(home.open().verify().unwrap().is_good());
}

#[test]
fn compaction_gives_space_back_and_keeps_the_rows() {
    let home = Home::new();
    let store = home.open();
    fill(&store);
    for _ in 0..5 {
        store
            .write_blocking(|tx| {
                let employees: Vec<_> = (0..2_000).map(employee).collect();
                directory::put_employees(tx, &tenant().key, &employees)
            })
            .unwrap();
    }
    store
        .write_blocking(|tx| {
            (500..2_000).try_for_each(|n| directory::remove_employee(tx, &tenant().key, &employee(n).id).map(|_| ()))
        })
        .unwrap();
    let (before, after) = store.compact().unwrap();
    assert!(after < before, "{before} → {after}");
    let report = store.verify().unwrap();
    assert!(report.is_good(), "{:?}", report.faults);
    assert_eq!(store.read(|tx| directory::count_employees(tx, &tenant().key)).unwrap(), 500);
    let stats = store.stats().unwrap();
    assert_eq!(stats.file_bytes, after);
    assert_eq!(stats.tables.iter().find(|table| table.name == "employees").unwrap().rows, 500);
}

#[test]
fn a_restored_backup_opens_no_session() {
    let home = Home::new();
    let store = home.open();
    let session = Session {
        id: "s".into(),
        account: "a".into(),
        opened_at_ms: 0,
        last_seen_ms: 0,
        from: None,
        user_agent: None,
        expires_at_ms: i64::MAX,
    };
    store.write_blocking(move |tx| sessions::insert(tx, &session, "hash")).unwrap();
    let backup = home.path().join("backup.redb");
    store.backup(&backup).unwrap();
    // revoked since, which the backup does not know
    store.write_blocking(|tx| sessions::remove(tx, &"a".into(), &"s".into())).unwrap();
    store.close();
    drop(store);
    restore(&backup, home.path(), &home.options().unwrap(), &Actor::cli("root")).unwrap();
    let store = home.open();
    assert!(store.read(|tx| sessions::find_by_token(tx, "hash")).unwrap().is_none());
    assert!(store.read(|tx| sessions::list(tx, None)).unwrap().is_empty());
    assert!(store.verify().unwrap().is_good());
}

#[test]
fn after_a_restore_nothing_is_written_to_wecom_until_somebody_says_so() {
    let home = Home::new();
    let store = home.open();
    furnish(&store);
    let mut first = corp("main");
    first.downstream.enabled = true;
    let mut idle = corp("idle");
    idle.downstream.enabled = false;
    store
        .write_blocking(move |tx| {
            wecom_bridge::store::corps::put(tx, &first)?;
            wecom_bridge::store::corps::put(tx, &idle)
        })
        .unwrap();
    let backup = home.path().join("backup.redb");
    store.backup(&backup).unwrap();
    drop(store);
    let restored = restore(&backup, home.path(), &home.options().unwrap(), &Actor::cli("root")).unwrap();
    assert!(restored.switched_off.contains(&"main".into()) && !restored.switched_off.contains(&"idle".into()));
    let store = home.open();
    let corps = store.read(wecom_bridge::store::corps::list).unwrap();
    assert_eq!(corps.iter().filter(|corp| corp.downstream.enabled).count(), 0);
    let rows = store.read(|tx| audit::page(tx, None, 1)).unwrap();
    assert_eq!((rows[0].action.as_str(), rows[0].actor.name.as_str()), ("store.restore", "cli:root"));
}
