//! The write-ahead log of the inbox: what is in it is taken over once, whenever the process ends, and by no other store.

use super::support::*;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use wecom_bridge::model::Actor;
use wecom_bridge::store::inbox::wal::{self, Logged, Wal};
use wecom_bridge::store::inbox::{self, Arrival, Arrivals};
use wecom_bridge::store::{Store, StoreError, restore};

fn bundle(ids: &[u8], letters: usize) -> Arc<Arrivals> {
    let mut arrivals = Arrivals::default();
    let text = "x".repeat(letters);
    for id in ids {
        arrivals.push(&Arrival {
            id: [1, 144, 0, 0, 0, 0, 0x70, *id, 0x80, 0, 0, 0, 0, 0, 0, *id],
            corp: "a",
            since_ms: 0,
            receiver: "oa",
            kind: "message.text",
            from: "zhangsan",
            agentid: None,
            created_at_s: i64::from(*id),
            received_at_ms: i64::from(*id),
            digest: "m",
            text: &text,
            reply: None,
            pieces: &[],
        });
    }
    Arc::new(arrivals)
}

/// A log as it is begun: announced first.
fn begin(store: &Store, run: u64) -> Wal {
    store.write_blocking(move |tx| wal::announce(tx, run)).unwrap();
    Wal::begin(store, run).unwrap()
}

fn take_over(store: &Store, bundles: &[Logged]) {
    let bundles = bundles.to_vec();
    store.write_blocking(move |tx| wal::take_over(tx, &bundles)).unwrap();
}

fn recovered(store: &Store) -> Vec<Logged> {
    store.read(|tx| wal::recover(store, tx)).unwrap()
}

fn ids(bundles: &[Logged]) -> Vec<i64> {
    bundles.iter().flat_map(|one| one.arrivals.keys().map(|key| key.created_at_s)).collect()
}

fn arrived(store: &Store) -> usize {
    store.read(|tx| inbox::count_arrived(tx, None)).unwrap().0
}

#[test]
fn what_was_not_taken_over_is_found_at_the_next_start_and_taken_over_once() {
    let home = Home::new();
    let store = home.open();
    let mut log = begin(&store, 7);
    let mut append = |ids: &[u8]| log.append(&bundle(ids, 100), false).unwrap().unwrap();
    let (first, second, third) = (append(&[1, 2]), append(&[3]), append(&[4]));
    take_over(&store, std::slice::from_ref(&first));
    // somebody who looked earlier comes later
    take_over(&store, &[first.clone(), second]);
    take_over(&store, &[first]);
    assert_eq!(arrived(&store), 3);
    drop((log, store));

    let store = home.open();
    let left = recovered(&store);
    assert_eq!(ids(&left), [4]);
    assert_eq!(left[0].arrivals.len(), third.arrivals.len());
    assert_eq!(ids(&recovered(&store)), [4], "looking changes nothing");
    take_over(&store, &left);
    take_over(&store, &left);
    assert_eq!((arrived(&store), recovered(&store).len()), (4, 0));
    assert!(store.verify().unwrap().is_good());
}

#[test]
fn a_log_begins_anew_at_the_start_of_its_file_and_is_full_at_its_end() {
    let home = Home::new();
    let store = home.open();
    let mut log = begin(&store, 7);
    let big: Vec<Logged> =
        std::iter::from_fn(|| log.append(&bundle(&[1], 1_000_000), false).unwrap()).take(100).collect();
    assert_eq!(big.len(), 8, "8 MiB hold eight of these");
    take_over(&store, &big);
    let small = log.append(&bundle(&[9], 10), true).unwrap().unwrap();
    assert_eq!(ids(&recovered(&store)), [9], "not what stands behind it from before");
    let more = log.append(&bundle(&[10], 10), false).unwrap().unwrap();
    assert_eq!(ids(&recovered(&store)), [9, 10]);
    take_over(&store, &[small, more]);
    assert_eq!(log.append(&bundle(&[1], 9_000_000), true).unwrap().map(|_| ()), None);
    let file = home.database().with_extension("wal");
    let meta = std::fs::metadata(&file).unwrap();
    assert_eq!((meta.len(), meta.permissions().mode() & 0o777), (8 << 20, 0o600));
}

#[test]
fn once_another_run_is_announced_the_former_one_is_over() {
    let home = Home::new();
    let store = home.open();
    let mut log = begin(&store, 7);
    let left = [log.append(&bundle(&[1], 10), false).unwrap().unwrap()];
    let bundles = left.to_vec();
    let announced = store.write_blocking(move |tx| {
        wal::take_over(tx, &bundles)?;
        wal::announce(tx, 8)
    });
    announced.unwrap();
    take_over(&store, &left);
    assert_eq!((arrived(&store), recovered(&store).len()), (1, 0));
    let file = home.database().with_extension("wal");
    std::fs::write(&file, b"half").unwrap();
    let mut log = Wal::begin(&store, 8).unwrap();
    assert_eq!(recovered(&store).len(), 0);
    log.append(&bundle(&[2], 10), true).unwrap().unwrap();
    assert_eq!(ids(&recovered(&store)), [2]);
}

#[test]
fn a_restored_store_does_not_read_the_log_of_the_former_one_which_keeps_it() {
    let home = Home::new();
    let store = home.open();
    let mut log = begin(&store, 7);
    let backup = home.path().join("yesterday.redb");
    store.backup(&backup).unwrap();
    log.append(&bundle(&[1], 10), false).unwrap().unwrap();
    drop((log, store));
    let options = home.options().unwrap();
    let kept = restore(&backup, home.path(), &options, &Actor::cli("root")).unwrap().former.unwrap();
    let store = home.open();
    assert_eq!(recovered(&store).len(), 0);
    let mut log = begin(&store, 8);
    log.append(&bundle(&[2], 10), true).unwrap().unwrap();
    assert_eq!(ids(&recovered(&store)), [2]);
    let former = Store::open(&kept, options.clone()).unwrap();
    assert_eq!(ids(&recovered(&former)), [1]);
    drop((former, log, store));
    // the way back: what lies in the log of the kept one comes with it
    restore(&kept, home.path(), &options, &Actor::cli("root")).unwrap();
    let store = home.open();
    assert_eq!((arrived(&store), recovered(&store).len()), (1, 0));
}

#[test]
fn a_copy_has_no_log() {
    let home = Home::new();
    let store = home.open();
    let mut log = begin(&store, 7);
    let copy = home.path().join("copy.redb");
    store.backup(&copy).unwrap();
    log.append(&bundle(&[1], 10), false).unwrap().unwrap();
    drop((log, store));
    std::fs::copy(&copy, home.database()).unwrap();
    assert_eq!(recovered(&home.open()).len(), 0, "the log belongs to another store now");
}

#[test]
fn a_log_that_cannot_be_read_is_an_error_and_no_empty_log() {
    let home = Home::new();
    let store = home.open();
    let file = home.database().with_extension("wal");
    std::fs::create_dir(&file).unwrap();
    assert_eq!(recovered(&store).len(), 0, "no log was ever announced");
    store.write_blocking(|tx| wal::announce(tx, 7)).unwrap();
    let refused = store.read(|tx| wal::recover(&store, tx)).unwrap_err();
    assert!(matches!(&refused, StoreError::Io { path, .. } if *path == file), "{refused}");
    assert!(Wal::begin(&store, 7).is_err());
}
