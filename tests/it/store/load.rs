//! How long it takes to load a large directory: printed, never asserted, for machines vary.

use super::support::{Home, binding, corp_key, employee, furnish, tenant};
use wecom_bridge::clock::Stopwatch;
use wecom_bridge::model::{DepartmentId, Fields, Member, MemberField, Membership, Text, UserId};
use wecom_bridge::store::{CHUNK_ROWS, bindings, directory, mirror};

const ROWS: usize = 100_000;

fn member(n: usize) -> Member {
    let mut fields = Fields::new();
    fields.insert(MemberField::Name, Text::from(format!("员工{n}")));
    fields.insert(MemberField::Position, Text::from("工程师"));
    Member {
        userid: UserId::from(format!("u{n:06}").as_str()),
        memberships: vec![Membership { department: DepartmentId(2 + n as u32 % 1_000), order: 0, is_leader: false }],
        main_department: Some(DepartmentId(2 + n as u32 % 1_000)),
        status: None,
        direct_leader: None,
        fields,
        has_details: true,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_people_load() {
    let home = Home::new();
    let store = home.open();
    furnish(&store);
    let watch = Stopwatch::start();
    let put = |tx: &_, _: usize, rows: &[_]| directory::put_employees(tx, &tenant().key, rows);
    store.write_chunks((0..ROWS).map(employee).collect(), CHUNK_ROWS, put, |_| ()).await.unwrap();
    println!("{ROWS} employees written in {} ms", watch.elapsed_ms());
    let watch = Stopwatch::start();
    let put = |tx: &_, _: usize, rows: &[_]| mirror::put_members(tx, &corp_key(), rows);
    store.write_chunks((0..ROWS).map(member).collect(), CHUNK_ROWS, put, |_| ()).await.unwrap();
    println!("{ROWS} members written in {} ms", watch.elapsed_ms());
    let watch = Stopwatch::start();
    let put = |tx: &_, _: usize, rows: &[_]| bindings::put_members(tx, &corp_key(), rows);
    let bound = (0..ROWS).map(|n| binding(&format!("e{n:06}"), &format!("u{n:06}"))).collect();
    store.write_chunks(bound, CHUNK_ROWS, put, |_| ()).await.unwrap();
    println!("{ROWS} bindings written in {} ms", watch.elapsed_ms());

    let watch = Stopwatch::start();
    let (employees, members, bound) = store
        .read_async(|tx| {
            Ok((
                directory::employees(tx, &tenant().key)?,
                mirror::members(tx, &corp_key())?,
                bindings::members(tx, &corp_key())?,
            ))
        })
        .await
        .unwrap();
    println!("all of them loaded in {} ms", watch.elapsed_ms());
    assert_eq!((employees.len(), members.len(), bound.len()), (ROWS, ROWS, ROWS));
    assert_eq!(employees[77], employee(77));
    assert_eq!(members[77], member(77));

    drop(store);
    let watch = Stopwatch::start();
    let store = home.open();
    println!("reopened in {} ms", watch.elapsed_ms());
    let found = store.read(|tx| {
        let search = wecom_bridge::store::Search::new("USER99999");
        directory::page_employees(tx, &tenant().key, None, 50, Some(&search))
    });
    let found = found.unwrap();
    assert_eq!((found.rows.len(), found.next), (1, None));
}
