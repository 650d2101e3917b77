//! From the start of the server's process to its first answer on `/readyz`, and its memory while it idles, with a large
//! directory, its members and its bindings stored.
//!
//! `cargo bench --profile nolto --bench start [-- EMPLOYEES]`
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a bench says what broke by stopping")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use wecom_bridge::clock::{Clock, Stopwatch};
use wecom_bridge::directory::sample::{SampleSpec, generate};
use wecom_bridge::model::{
    BindingOrigin, CorpKey, DepartmentId, Employee, Fields, Member, MemberBinding, MemberField, MemberStatus,
    Membership, Tenant, TenantKey, UserId,
};
use wecom_bridge::setup::read_in_place;
use wecom_bridge::store::{self, CHUNK_ROWS, KeyRing, Store, StoreOptions};

const STARTS: usize = 5;

fn main() {
    let people = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(100_000);
    let home = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(fill(home.path(), people));
    let mut starts: Vec<(f64, u64)> = (0..STARTS).map(|_| start(home.path())).collect();
    starts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let memory = starts.iter().map(|(_, mib)| *mib).max().unwrap_or(0);
    println!("{people} employees, members and bindings stored, {STARTS} starts");
    println!(
        "start to ready: {:.0} ms in the middle, {:.0} to {:.0} ms; resident while idle: {memory} MiB",
        starts[STARTS / 2].0,
        starts[0].0,
        starts[STARTS - 1].0
    );
}

/// Milliseconds to the first answer, and MiB resident after it.
fn start(home: &Path) -> (f64, u64) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let watch = Stopwatch::start();
    let server = Command::new(env!("CARGO_BIN_EXE_wecom-bridge"))
        .args(["serve", "--listen", &format!("127.0.0.1:{port}")])
        .env("WECOM_BRIDGE_DATA_DIR", home)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut server = Running(server);
    while !answers(port) {
        assert!(server.0.try_wait().unwrap().is_none(), "the server ended");
        assert!(watch.elapsed_ms() < 60_000, "the server is not ready after a minute");
        std::thread::yield_now();
    }
    (watch.elapsed().as_secs_f64() * 1e3, resident_mib(server.0.id()))
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let request = "GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let mut answer = String::new();
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}

fn resident_mib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}

async fn fill(home: &Path, people: usize) {
    let clock = Clock::system();
    let keys = KeyRing::discover(&home.join("master.key"), home).unwrap();
    let store = Store::open(home, StoreOptions::new(keys, clock)).unwrap();
    let (tenant, corp) = (TenantKey::from("acme"), CorpKey::from("acme-main"));
    let setup = read_in_place(include_str!("start.toml")).unwrap();
    let rows = (Tenant { key: tenant.clone(), name: "示例集团".into() }, setup.corps[0].corp.clone());
    store
        .write(move |tx| {
            store::tenants::put(tx, &rows.0)?;
            store::corps::put(tx, &rows.1)
        })
        .await
        .unwrap();
    let (units, employees) = generate(SampleSpec { employees: people, units: people / 10, seed: 1 });
    let members: Vec<Member> = employees.iter().map(member).collect();
    let bindings: Vec<MemberBinding> = employees.iter().map(binding).collect();
    let put = |tx: &_, _: usize, rows: &[_]| store::directory::put_units(tx, &TenantKey::from("acme"), rows);
    store.write_chunks(units, CHUNK_ROWS, put, |_| ()).await.unwrap();
    let put = |tx: &_, _: usize, rows: &[_]| store::directory::put_employees(tx, &TenantKey::from("acme"), rows);
    store.write_chunks(employees, CHUNK_ROWS, put, |_| ()).await.unwrap();
    let key = corp.clone();
    let put = move |tx: &_, _: usize, rows: &[_]| store::mirror::put_members(tx, &key, rows);
    store.write_chunks(members, CHUNK_ROWS, put, |_| ()).await.unwrap();
    let put = move |tx: &_, _: usize, rows: &[_]| store::bindings::put_members(tx, &corp, rows);
    store.write_chunks(bindings, CHUNK_ROWS, put, |_| ()).await.unwrap();
}

fn member(employee: &Employee) -> Member {
    Member {
        userid: UserId(employee.employee_no.clone()),
        memberships: vec![Membership { department: DepartmentId::ROOT, order: 0, is_leader: false }],
        main_department: Some(DepartmentId::ROOT),
        status: Some(MemberStatus::Activated),
        direct_leader: None,
        fields: [(MemberField::Name, employee.name.clone()), (MemberField::Position, employee.position.clone())]
            .into_iter()
            .collect(),
        has_details: true,
    }
}

fn binding(employee: &Employee) -> MemberBinding {
    MemberBinding {
        employee: employee.id.clone(),
        userid: UserId(employee.employee_no.clone()),
        origin: BindingOrigin::Created,
        bound_at_ms: 1_760_000_000_000,
        pushed: Fields::new(),
        placed: None,
        removal: None,
    }
}
