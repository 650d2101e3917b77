//! The audit log shows what was done to it.

use super::support::{Home, write};
use redb::ReadableDatabase;
use wecom_bridge::model::{Actor, AuditRow};
use wecom_bridge::store;

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
