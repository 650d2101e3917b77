//! Durable writes a second (one writer, many writers sharing commits) and the full load of a large directory.
//!
//! `cargo bench --profile nolto --bench store [-- EMPLOYEES]`. Figures are of this machine and this disk; compare ratios.
#![allow(clippy::unwrap_used, missing_docs, reason = "a bench says what broke by stopping")]

use wecom_bridge::clock::{Clock, Stopwatch};
use wecom_bridge::model::{
    Actor, BindingOrigin, Corp, CorpKey, DepartmentId, Employee, Fields, Member, MemberBinding, MemberField,
    Membership, Tenant, TenantKey, Text, UserId,
};
use wecom_bridge::store::{
    self, CHUNK_ROWS, KeyRing, Scope, Search, Store, StoreOptions, bindings, directory, mirror, settings,
};

const WRITES: usize = 4_000;
const WRITERS: usize = 64;

fn main() {
    // Cargo itself passes `--bench`.
    let people = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(100_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        durable_writes().await;
        large_directory(people).await;
        long_audit_log().await;
    });
}

fn open(directory: &std::path::Path, keys: &KeyRing) -> Store {
    Store::open(directory, StoreOptions::new(keys.clone(), Clock::system())).unwrap()
}

async fn durable_writes() {
    let home = tempfile::tempdir().unwrap();
    let store = open(home.path(), &KeyRing::in_memory());
    let put = |writer: usize, n: usize| {
        let store = store.clone();
        async move {
            let name = format!("{writer:03}-{n:06}");
            store.write(move |tx| settings::put(tx, Scope::Appliance, &name, &n)).await.unwrap();
        }
    };
    let watch = Stopwatch::start();
    for n in 0..WRITES / 4 {
        put(0, n).await;
    }
    let single = rate(WRITES / 4, &watch);
    println!("one writer:                 {single:>9.0} durable writes/s");
    let watch = Stopwatch::start();
    futures_util::future::join_all((1..=WRITERS).map(|writer| async move {
        for n in 0..WRITES * 4 / WRITERS {
            put(writer, n).await;
        }
    }))
    .await;
    let grouped = rate(WRITES * 4, &watch);
    println!("{WRITERS} writers, group commit:   {grouped:>9.0} durable writes/s ({:.1} times one)", grouped / single);
}

/// A million rows: the first page, a page that finds nothing, a page of one hour a long time ago.
async fn long_audit_log() {
    const ROWS: u64 = 1_000_000;
    let home = tempfile::tempdir().unwrap();
    let clock = Clock::manual(0);
    let store = Store::open(home.path(), StoreOptions::new(KeyRing::in_memory(), clock.clone())).unwrap();
    for chunk in 0..ROWS / 2_000 {
        store
            .write(move |tx| {
                for n in 0..2_000 {
                    let after =
                        serde_json::json!({ "corp": "acme-main", "reason": "a row of an ordinary length", "n": n });
                    let subject = format!("plan {:08}", chunk * 2_000 + n);
                    store::audit::append(tx, &Actor::cli("root"), "plan.allow", &subject, None, Some(after))?;
                }
                Ok(())
            })
            .await
            .unwrap();
        clock.advance(std::time::Duration::from_secs(1));
    }
    let none = store::audit::AuditFilter::default;
    let nothing = Some(Search::new("nobody has this name"));
    for (name, filter) in [
        ("newest 50", none()),
        ("finds nothing", store::audit::AuditFilter { subject: nothing, ..none() }),
        ("100 s ago", store::audit::AuditFilter { from_ms: Some(400_000), until_ms: Some(401_000), ..none() }),
    ] {
        let watch = Stopwatch::start();
        let page = store.read(|tx| store::audit::search(tx, &filter, None, 50)).unwrap();
        let ms = watch.elapsed().as_secs_f64() * 1e3;
        println!("audit page, {name:<14}  {ms:>9.2} ms, {} rows of {ROWS}", page.rows.len());
    }
    let watch = Stopwatch::start();
    assert!(store.read(store::audit::verify_chain).unwrap().is_none());
    println!("audit chain verified:       {:>9.2} s", watch.elapsed().as_secs_f64());
}

async fn large_directory(people: usize) {
    let home = tempfile::tempdir().unwrap();
    let keys = KeyRing::in_memory();
    let store = open(home.path(), &keys);
    let (tenant, corp) = (TenantKey::from("acme"), CorpKey::from("acme-main"));
    let (tenant_row, corp_row) = (Tenant { key: tenant.clone(), name: "acme".into() }, corp_row());
    store
        .write(move |tx| {
            store::tenants::put(tx, &tenant_row)?;
            store::corps::put(tx, &corp_row)
        })
        .await
        .unwrap();

    let key = tenant.clone();
    let put = move |tx: &_, _: usize, rows: &[_]| directory::put_employees(tx, &key, rows);
    let watch = Stopwatch::start();
    store.write_chunks((0..people).map(employee).collect(), CHUNK_ROWS, put, |_| ()).await.unwrap();
    println!("write {people} employees:     {:>9.2} s", watch.elapsed().as_secs_f64());
    let key = corp.clone();
    let put = move |tx: &_, _: usize, rows: &[_]| mirror::put_members(tx, &key, rows);
    let watch = Stopwatch::start();
    store.write_chunks((0..people).map(member).collect(), CHUNK_ROWS, put, |_| ()).await.unwrap();
    println!("write {people} members:       {:>9.2} s", watch.elapsed().as_secs_f64());
    let key = corp.clone();
    let put = move |tx: &_, _: usize, rows: &[_]| bindings::put_members(tx, &key, rows);
    let watch = Stopwatch::start();
    store.write_chunks((0..people).map(binding).collect(), CHUNK_ROWS, put, |_| ()).await.unwrap();
    println!("write {people} bindings:      {:>9.2} s", watch.elapsed().as_secs_f64());
    println!("file:                       {:>9.1} MiB", store.file_bytes().unwrap() as f64 / 1_048_576.0);

    drop(store);
    let watch = Stopwatch::start();
    let store = open(home.path(), &keys);
    println!("open:                       {:>9.2} ms", watch.elapsed().as_secs_f64() * 1e3);
    for pass in ["cold", "warm"] {
        let before = resident_kib();
        let watch = Stopwatch::start();
        let loaded = store.read(|tx| {
            let employees = directory::employees(tx, &tenant)?;
            Ok((employees, mirror::members(tx, &corp)?, bindings::members(tx, &corp)?))
        });
        let loaded = loaded.unwrap();
        let seconds = watch.elapsed().as_secs_f64();
        let kib = resident_kib().saturating_sub(before);
        println!("load all three, {pass}:       {seconds:>9.3} s, {} MiB more resident", kib / 1_024);
        assert_eq!((loaded.0.len(), loaded.1.len(), loaded.2.len()), (people, people, people));
    }
    let page = |search: Option<&str>| {
        let search = search.map(Search::new);
        let watch = Stopwatch::start();
        let page = store.read(|tx| directory::page_employees(tx, &tenant, None, 50, search.as_ref())).unwrap();
        (watch.elapsed().as_secs_f64() * 1e3, page.rows.len())
    };
    println!("page of 50:                 {:>9.2} ms", page(None).0);
    println!("search without a hit:       {:>9.2} ms", page(Some("nobody here")).0);
    let watch = Stopwatch::start();
    store.backup(&home.path().join("backup.redb")).unwrap();
    println!("backup:                     {:>9.2} s", watch.elapsed().as_secs_f64());
    let watch = Stopwatch::start();
    assert!(store.verify().unwrap().is_good());
    println!("verify:                     {:>9.2} s", watch.elapsed().as_secs_f64());
    let watch = Stopwatch::start();
    let (from, to) = store.compact().unwrap();
    let mib = |bytes: u64| bytes / 1_048_576;
    println!("compact:                    {:>9.2} s, {} to {} MiB", watch.elapsed().as_secs_f64(), mib(from), mib(to));
}

fn rate(count: usize, watch: &Stopwatch) -> f64 {
    count as f64 / watch.elapsed().as_secs_f64()
}

/// Resident memory of this process; 0 where the system does not tell.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn employee(n: usize) -> Employee {
    let mut row = Employee::new(format!("e{n:07}"), &format!("员工{n}"), format!("u{:05}", n % 10_000).as_str());
    row.account = Text::from(format!("user{n}"));
    row.employee_no = Text::from(format!("{n:08}"));
    row.mobile = Text::from(format!("139{n:08}"));
    row.email = Text::from(format!("user{n}@example.org"));
    row.position = Text::from("工程师");
    row
}

fn member(n: usize) -> Member {
    let department = DepartmentId(2 + u32::try_from(n % 10_000).unwrap_or(0));
    let mut fields = Fields::new();
    fields.insert(MemberField::Name, Text::from(format!("员工{n}")));
    fields.insert(MemberField::Position, Text::from("工程师"));
    Member {
        userid: UserId::from(format!("u{n:07}").as_str()),
        memberships: vec![Membership { department, order: 0, is_leader: false }],
        main_department: Some(department),
        status: None,
        direct_leader: None,
        fields,
        has_details: true,
    }
}

fn binding(n: usize) -> MemberBinding {
    serde_json::from_value(serde_json::json!({
        "employee": format!("e{n:07}"), "userid": format!("u{n:07}"), "origin": BindingOrigin::Created, "bound_at_ms": 1,
        "pushed": {"mobile": {"value": format!("139{n:08}")}}
    }))
    .unwrap()
}

fn corp_row() -> Corp {
    serde_json::from_value(serde_json::json!({
        "key": "acme-main", "tenant": "acme", "name": "acme", "corpid": "ww0", "edition": "public",
        "endpoints": {
            "api_base": "", "authorize_base": "", "login_base": "", "console_url": "", "ca_file": "", "proxy": "",
            "timeout_ms": 1
        },
        "access": "read-only", "read_app": null, "quota": {}, "apps": [], "match_rules": [], "pull": {},
        "downstream": {}, "upstream": {}
    }))
    .unwrap()
}
