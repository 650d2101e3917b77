//! What pages over a large organisation cost: making the snapshots, one page in every way, trees, memory while somebody
//! looks and after nobody does.
//!
//! `cargo bench --profile nolto --bench browse [-- EMPLOYEES]`. The targets are those of pages: 20 ms of server time at the
//! 95th percentile, 64 MiB while idle.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a bench says what broke by stopping")]

mod filled;

use filled::{PLAN, fill};
use std::time::Duration;
use wecom_bridge::browse::directory::{DirectoryView, EmployeeColumn, EmployeeQuery};
use wecom_bridge::browse::mirror::{
    BindingColumn, BindingQuery, MemberColumn, MemberQuery, MirrorView, Side, SideState,
};
use wecom_bridge::browse::plan::{ChangeColumn, ChangeKind, ChangeQuery, PlanView};
use wecom_bridge::browse::{Branch, OutlineQuery, Paging, Views, export};
use wecom_bridge::clock::{Clock, Stopwatch};
use wecom_bridge::model::{CorpKey, DepartmentId, EmployeeStatus, PlanId, TenantKey};
use wecom_bridge::store::{KeyRing, Store, StoreOptions};

const ROUNDS: usize = 200;

fn main() {
    let people = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(100_000);
    let home = tempfile::tempdir().unwrap();
    let clock = Clock::manual(1_800_000_000_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let options = StoreOptions::new(KeyRing::in_memory(), clock.clone());
        let store = Store::open(home.path(), options.clone()).unwrap();
        let units = fill(&store, people, clock.now_ms()).await;
        drop(store);
        // as a server that has just been started
        let store = Store::open(home.path(), options).unwrap();
        println!("{people} employees, members and links, {units} units and departments, a plan of {people} changes");
        look(&store, &clock).await;
    });
}

async fn look(store: &Store, clock: &Clock) {
    let (tenant, corp) = (TenantKey::from("acme"), CorpKey::from("acme-main"));
    let idle = resident_mib();
    let views = Views::new(store.clone(), clock.clone());
    let watch = Stopwatch::start();
    let directory = views.directory_view(&tenant).await.unwrap();
    made("directory", &watch, &views);
    let watch = Stopwatch::start();
    let mirror = views.mirror_view(&corp).await.unwrap();
    made("mirror and links", &watch, &views);
    let watch = Stopwatch::start();
    let (plan, _) = views.plan_view(&PlanId::from(PLAN)).await.unwrap();
    made("plan", &watch, &views);

    println!("\n{:34} {:>9} {:>9} {:>9} {:>9}", "one page of 50", "first ms", "median", "95 %", "largest");
    employees(&directory);
    members(&mirror);
    links(&mirror);
    changes(&plan);
    timed("whole question: page of employees", 200, || {
        let (views, tenant) = (views.clone(), tenant.clone());
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(async move {
                views.directory(&tenant, |view| Ok(view.page(&EmployeeQuery::default())?.total)).await.unwrap()
            })
        })
    });
    let (employee, corp_key) = ("100500", corp.clone());
    let id =
        directory.page(&EmployeeQuery { search: employee.into(), ..Default::default() }).unwrap().rows[0].id.clone();
    timed("person card", 200, || {
        let (views, tenant, id) = (views.clone(), tenant.clone(), id.clone());
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current()
                .block_on(async move { usize::from(views.person(&tenant, &id, 20).await.unwrap().is_some()) })
        })
    });
    timed("statistics of 90 days, 2,160 runs", 50, || {
        let (views, corp) = (views.clone(), corp_key.clone());
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current()
                .block_on(async move { views.stats(&corp, 90, chrono_tz::Asia::Shanghai).await.unwrap().days.len() })
        })
    });

    let watch = Stopwatch::start();
    let rows = directory.rows(&EmployeeQuery::default()).map(|row| Ok([row.id.to_string(), row.name.to_string()]));
    export::csv(std::io::sink(), &["id", "name"], rows).unwrap();
    println!("\nexport of everybody as CSV: {} ms", watch.elapsed_ms());

    let looking = resident_mib();
    drop((directory, mirror, plan));
    clock.advance(Duration::from_secs(601));
    views.sweep();
    assert_eq!(views.kept(), 0);
    println!("resident: {idle} MiB before, {looking} MiB while looking, {} MiB after nobody does", resident_mib());
}

fn made(what: &str, watch: &Stopwatch, views: &Views) {
    let mib = views.bytes() as f64 / 1_048_576.0;
    println!(
        "make {what:20} {:>6} ms, all snapshots {mib:.1} MiB, resident {} MiB",
        watch.elapsed_ms(),
        resident_mib()
    );
}

/// Milliseconds of the first call, and median, 95th percentile and largest of the others.
fn timed(what: &str, rounds: usize, mut ask: impl FnMut() -> usize) {
    let mut times: Vec<f64> = (0..=rounds)
        .map(|_| {
            let watch = Stopwatch::start();
            std::hint::black_box(ask());
            watch.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    let first = times.remove(0);
    times.sort_by(f64::total_cmp);
    let (median, late, largest) = (times[rounds / 2], times[rounds * 95 / 100], times[rounds - 1]);
    println!("{what:34} {first:>9.2} {median:>9.2} {late:>9.2} {largest:>9.2}");
}

fn employees(view: &DirectoryView) {
    let page = |query: &EmployeeQuery| view.page(query).unwrap().total;
    timed("people, plain", ROUNDS, || page(&EmployeeQuery::default()));
    for (what, search) in [("1 hit", "100777"), ("many hits", "张"), ("nearly all", "1"), ("no hit", "nobody here")] {
        let query = EmployeeQuery { search: search.into(), ..Default::default() };
        timed(&format!("people, search with {what}"), ROUNDS, || page(&query));
    }
    for sort in [EmployeeColumn::Name, EmployeeColumn::Mobile, EmployeeColumn::Position, EmployeeColumn::Unit] {
        let query = EmployeeQuery { paging: Paging { sort, ..Default::default() }, ..Default::default() };
        timed(&format!("people, by {sort:?}"), ROUNDS, || page(&query));
    }
    let branch = view.tops()[0].branch.clone();
    let child = view.children(&branch, 0, 1).unwrap().nodes[0].branch.clone();
    let filtered = EmployeeQuery {
        search: "1".into(),
        unit: Some(child.clone()),
        status: Some(EmployeeStatus::Active),
        paging: Paging { sort: EmployeeColumn::Name, descending: true, ..Default::default() },
        ..Default::default()
    };
    timed("people, branch + search + sort", ROUNDS, || page(&filtered));
    let mut query = EmployeeQuery {
        paging: Paging { sort: EmployeeColumn::Name, limit: 200, ..Default::default() },
        ..Default::default()
    };
    timed("people, walking from page to page", ROUNDS, || {
        let page = view.page(&query).unwrap();
        query.paging.cursor = page.next;
        page.before
    });
    timed("tree of units, 3 levels", ROUNDS, || {
        view.outline(&OutlineQuery { levels: 3, open: vec![child.clone()] }).len()
    });
    timed("tree of units, find", ROUNDS, || view.find_units("研发", 50).len());
}

fn members(view: &MirrorView) {
    let page = |query: &MemberQuery| view.page(query).unwrap().total;
    timed("members, plain", ROUNDS, || page(&MemberQuery::default()));
    timed("members, search", ROUNDS, || page(&MemberQuery { search: "张".into(), ..Default::default() }));
    for sort in [MemberColumn::Name, MemberColumn::Department, MemberColumn::Employee, MemberColumn::BoundAt] {
        let query = MemberQuery { paging: Paging { sort, ..Default::default() }, ..Default::default() };
        timed(&format!("members, by {sort:?}"), ROUNDS, || page(&query));
    }
    let filtered = MemberQuery {
        department: Some(Branch::Node(DepartmentId(2))),
        bound: Some(true),
        search: "1".into(),
        paging: Paging { sort: MemberColumn::Name, ..Default::default() },
        ..Default::default()
    };
    timed("members, branch + filter + sort", ROUNDS, || page(&filtered));
    timed("tree of departments, 3 levels", ROUNDS, || {
        view.outline(&OutlineQuery { levels: 3, open: Vec::new() }).len()
    });
    timed("side by side, top", ROUNDS, || view.sides(&Side::Top, 0, 200).unwrap().total);
    timed("side by side, counts", ROUNDS, || view.side_counts().linked);
    timed("side by side, one state", ROUNDS, || view.sides_of(&[SideState::Linked], "", 0, 50).total);
}

fn links(view: &MirrorView) {
    let page = |query: &BindingQuery| view.bindings(query).unwrap().total;
    timed("links, plain", ROUNDS, || page(&BindingQuery::default()));
    timed("links, search both sides", ROUNDS, || page(&BindingQuery { search: "张".into(), ..Default::default() }));
    let sort = BindingColumn::MemberName;
    let query = BindingQuery { paging: Paging { sort, ..Default::default() }, ..Default::default() };
    timed("links, by MemberName", ROUNDS, || page(&query));
    timed("people without a link", ROUNDS, || view.unbound_employees(&EmployeeQuery::default()).unwrap().total);
}

fn changes(view: &PlanView) {
    let page = |query: &ChangeQuery| view.page(query).unwrap().total;
    timed("changes, plain", ROUNDS, || page(&ChangeQuery::default()));
    timed("changes, search", ROUNDS, || page(&ChangeQuery { search: "张".into(), ..Default::default() }));
    timed("changes, by kind", ROUNDS, || {
        page(&ChangeQuery { kinds: vec![ChangeKind::UpdateMember], ..Default::default() })
    });
    let sort = ChangeColumn::Name;
    let query = ChangeQuery { paging: Paging { sort, ..Default::default() }, ..Default::default() };
    timed("changes, by Name", ROUNDS, || page(&query));
    timed("plan, tree of 3 levels", ROUNDS, || view.outline(&OutlineQuery { levels: 3, open: Vec::new() }).len());
    timed("plan, summary", ROUNDS, || view.summary().changes);
}

/// Resident memory of this process; 0 where the system does not tell.
fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}
