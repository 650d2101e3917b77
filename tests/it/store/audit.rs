//! The audit log shows what was done to it.

use super::support::{Home, write};
use redb::ReadableDatabase;
use wecom_bridge::model::{Actor, AuditRow};
use wecom_bridge::store::audit::AuditFilter;
use wecom_bridge::store::{self, Order, Search};

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

/// Rows of three actors, one each second from second 0 on.
fn written(rows: u32) -> (Home, store::Store, wecom_bridge::clock::Clock) {
    let home = Home::new();
    let clock = wecom_bridge::clock::Clock::manual(0);
    let store = home.open_at(clock.clone());
    let actors = ["cli:root", "account:Zhang.San", "key:oa"];
    let actions = ["plan.allow", "session.open", "corp.change", "session.refused"];
    for n in 0..rows {
        let at = n as usize;
        let (actor, action) = (actors[at % 3], actions[at % 4]);
        write(&store, move |tx| {
            let actor = Actor { name: actor.into(), from: None };
            // what is looked for stands in other places too, and must not be found there
            let after = serde_json::json!({ "action": "session.trap", "name": "zhang.san", "subject": "row 7" });
            store::audit::append(tx, &actor, action, &format!("Row {n}"), None, Some(after))
        })
        .unwrap();
        clock.advance(std::time::Duration::from_secs(1));
    }
    (home, store, clock)
}

/// All rows that a filter wants, page after page.
fn found(store: &store::Store, filter: &AuditFilter, limit: usize) -> Vec<AuditRow> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = store.read(|tx| store::audit::search(tx, filter, after, limit)).unwrap();
        assert!(page.rows.len() <= limit);
        rows.extend(page.rows);
        match page.next {
            Some(next) => {
                let is_further = |after| if filter.order == Order::Newest { next < after } else { next > after };
                assert!(after.is_none_or(is_further), "each page lies further on");
                after = Some(next);
            }
            None => return rows,
        }
    }
}

#[test]
fn the_audit_log_is_searched_from_either_end() {
    let (_home, store, _) = written(60);
    let all = store.read(|tx| store::audit::page(tx, None, 100)).unwrap();
    let search = |text: &str| Some(Search::new(text));
    type Wanted = fn(&AuditRow) -> bool;
    let none = AuditFilter::default;
    let cases: [(&str, AuditFilter, Wanted); 10] = [
        ("everything", none(), |_| true),
        ("actor", AuditFilter { actor: search("zhang"), ..none() }, |row| row.actor.name == "account:Zhang.San"),
        ("actor's kind", AuditFilter { actor: search("KEY:"), ..none() }, |row| row.actor.name == "key:oa"),
        ("action", AuditFilter { action: Some("session.".into()), ..none() }, |row| row.action.starts_with("session")),
        ("whole action", AuditFilter { action: Some("plan.allow".into()), ..none() }, |row| row.action == "plan.allow"),
        ("no such action", AuditFilter { action: Some("session.trap".into()), ..none() }, |_| false),
        ("subject", AuditFilter { subject: search("row 7"), ..none() }, |row| row.subject == "Row 7"),
        ("from", AuditFilter { from_ms: Some(50_000), ..none() }, |row| row.at_ms >= 50_000),
        ("stretch", AuditFilter { from_ms: Some(9_500), until_ms: Some(12_000), ..none() }, |row| {
            (10_000..12_000).contains(&row.at_ms)
        }),
        (
            "several",
            AuditFilter { actor: search("cli"), action: Some("plan".into()), until_ms: Some(30_000), ..none() },
            |row| row.actor.name == "cli:root" && row.action == "plan.allow" && row.at_ms < 30_000,
        ),
    ];
    for (name, filter, wanted) in cases {
        let mut expected: Vec<_> = all.iter().filter(|row| wanted(row)).cloned().collect();
        for order in [Order::Newest, Order::Oldest] {
            let filter = AuditFilter { order, ..filter.clone() };
            for limit in [1, 7, 1_000] {
                assert_eq!(found(&store, &filter, limit), expected, "{name}, {limit} on a page, {order:?}");
            }
            expected.reverse();
        }
    }
    let empty = AuditFilter { from_ms: Some(5_000), until_ms: Some(5_000), ..none() };
    assert!(found(&store, &empty, 10).is_empty());
    let home = Home::new();
    assert!(found(&home.open(), &none(), 10).is_empty(), "a log without rows");
}

#[test]
fn a_search_looks_at_a_bounded_number_of_rows() {
    let home = Home::new();
    let store = home.open();
    let rows = store::audit::LOOKED_AT_MAX as u64 + 10;
    store
        .write_blocking(move |tx| {
            for n in 0..rows {
                let subject = if n == 0 { "the first" } else { "another" };
                store::audit::append(tx, &Actor::cli("root"), "test", subject, None, None)?;
            }
            Ok(())
        })
        .unwrap();
    let filter = AuditFilter { subject: Some(Search::new("the first")), ..AuditFilter::default() };
    let page = store.read(|tx| store::audit::search(tx, &filter, None, 10)).unwrap();
    assert_eq!((page.rows.len(), page.next), (0, Some(11)), "it stops and says where to go on");
    assert!(page.looked_to_ms.is_some());
    let page = store.read(|tx| store::audit::search(tx, &filter, page.next, 10)).unwrap();
    assert_eq!((page.rows.len(), page.next), (1, None));
}
