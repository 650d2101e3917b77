//! The first downstream of a large organisation under the public quota, on the sandbox's clock: how long it takes
//! compared with the quota's floor, how many calls it makes compared with the least possible, and whether it was ever
//! locked out. Time on that clock costs no time here; what is measured is the pacing, not the machine.
//!
//! `cargo bench --profile nolto --bench first_sync [-- EMPLOYEES UNITS]`
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a bench says what broke by stopping")]

use std::collections::BTreeMap;
use std::sync::Arc;
use wecom_bridge::clock::{Clock, Stopwatch};
use wecom_bridge::directory::sample::{SampleSpec, generate};
use wecom_bridge::jobs::Jobs;
use wecom_bridge::model::{Actor, CorpKey, RunState, Secret, SecretName};
use wecom_bridge::sandbox::{Sandbox, SandboxOptions, seed};
use wecom_bridge::setup::read_in_place;
use wecom_bridge::store::{self, CHUNK_ROWS, KeyRing, Store, StoreOptions};
use wecom_bridge::sync::Env;
use wecom_bridge::sync::pull::PullRequest;
use wecom_bridge::wecom::{Clients, NoObserver};

const START_MS: i64 = 1_760_000_000_000;

fn main() {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|arg| arg.parse().ok()).collect();
    let people = numbers.first().copied().unwrap_or(100_000);
    let units = numbers.get(1).copied().unwrap_or(people / 10);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(first_sync(people, units));
}

async fn first_sync(people: usize, units: usize) {
    let clock = Clock::jumping(START_MS);
    let options = SandboxOptions { clock: clock.clone(), ..SandboxOptions::default() };
    let sandbox = Sandbox::start(options).unwrap();
    seed::demo(sandbox.state());

    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path(), StoreOptions::new(KeyRing::in_memory(), clock.clone())).unwrap();
    fill(&store, sandbox.base_url(), people, units).await;

    let clients = Clients::new(clock.clone(), Arc::new(NoObserver));
    let jobs = Jobs::new(Env::new(store, clock.clone(), clients));
    let corp = CorpKey::from("acme-main");
    let actor = Actor::cli("bench");

    sandbox.state().clear_calls();
    let (began_ms, watch) = (clock.now_ms(), Stopwatch::start());
    let run = jobs.start_sync(&corp, PullRequest::default(), &actor).await.unwrap();
    let run = jobs.wait(&run).await.unwrap();
    let (took_ms, wall_ms) = (clock.now_ms() - began_ms, watch.elapsed_ms());
    assert_eq!(run.state, RunState::Done, "{:?} {:?}", run.message, run.failed.first());
    assert_eq!(sandbox.state().member_count(seed::CORPID), people);

    let calls = sandbox.state().call_counts();
    let refused: u64 =
        calls.values().flat_map(|count| &count.by_errcode).filter(|(code, _)| **code != 0).map(|(_, n)| n).sum();
    let made: u64 = run.calls.reads + run.calls.writes;
    let least = least_calls(people, units);
    let floor_ms = floor_ms(people as u64).max(floor_ms(units as u64));
    println!("{people} employees, {units} units");
    println!("calls: {made}, least possible {least}, ratio {:.4}", made as f64 / least as f64);
    match floor_ms {
        0 => println!("time on the sandbox's clock: {:.0} s; one window holds it all", took_ms as f64 / 1e3),
        floor_ms => println!(
            "time on the sandbox's clock: {:.0} s, floor of the quota {:.0} s, ratio {:.3}",
            took_ms as f64 / 1e3,
            floor_ms as f64 / 1e3,
            took_ms as f64 / floor_ms as f64
        ),
    }
    println!("refused calls: {refused}; {}", endpoints(&run.calls.by_endpoint));
    println!(
        "wall time {:.1} s, {:.0} calls/s through client, journal and sandbox",
        wall_ms as f64 / 1e3,
        made as f64 * 1e3 / wall_ms as f64
    );
    println!("peak resident memory of client, sandbox and store together: {} MiB", peak_mib());

    let run = jobs.start_sync(&corp, PullRequest::default(), &actor).await.unwrap();
    let run = jobs.wait(&run).await.unwrap();
    println!("second run: {:?}, {} reads, {} writes", run.state, run.calls.reads, run.calls.writes);
    assert_eq!(run.calls.writes, 0);
    sandbox.stop().await;
}

/// One create for everybody and every unit but the root (which is there), and the two id lists; tokens are not counted.
fn least_calls(people: usize, units: usize) -> u64 {
    (people + units - 1 + 2) as u64
}

/// The least time that so many calls of one API take under 10,000 a minute and 150,000 an hour: the first window's calls
/// may go at once.
fn floor_ms(calls: u64) -> i64 {
    let minutes = calls.saturating_sub(1) / 10_000;
    let hours = calls.saturating_sub(1) / 150_000;
    i64::try_from((minutes * 60_000).max(hours * 3_600_000)).unwrap()
}

async fn fill(store: &Store, base_url: &str, people: usize, units: usize) {
    let example = format!(
        r#"
version = 1
[[tenant]]
key = "acme"
name = "示例集团"
[[corp]]
key = "acme-main"
tenant = "acme"
name = "示例集团"
corpid = "{}"
api_base = "{base_url}"
timeout_ms = 60000
access = "read-write"
contacts_secret = "{}"
read_app = "oa"
[[corp.app]]
key = "oa"
name = "OA"
agentid = {}
secret = "{}"
[corp.downstream]
enabled = true
# another external position than the position: nobody fits an import file, and every member takes a call
[corp.downstream.external_fields]
position = "{{{{ employee_no }}}}"
"#,
        seed::CORPID,
        seed::CONTACTS_SECRET,
        seed::AGENTID,
        seed::APP_SECRET
    );
    let setup = read_in_place(&example).unwrap();
    let tenant = setup.tenants[0].clone();
    let corp = setup.corps[0].corp.clone();
    let (mut tree, employees) = generate(SampleSpec { employees: people, units, seed: 1 });
    tree[0].name = "示例集团".into();
    let app = corp.apps[0].key.clone();
    let key = tenant.key.clone();
    store
        .write(move |tx| {
            store::tenants::put(tx, &tenant)?;
            store::corps::put(tx, &corp)?;
            store::secrets::put(tx, &corp.key, &SecretName::Contacts, &Secret::new(seed::CONTACTS_SECRET))?;
            store::secrets::put(tx, &corp.key, &SecretName::App(app.clone()), &Secret::new(seed::APP_SECRET))
        })
        .await
        .unwrap();
    for part in tree.chunks(CHUNK_ROWS) {
        let (key, part) = (key.clone(), part.to_vec());
        store.write(move |tx| store::directory::put_units(tx, &key, &part)).await.unwrap();
    }
    for part in employees.chunks(CHUNK_ROWS) {
        let (key, part) = (key.clone(), part.to_vec());
        store.write(move |tx| store::directory::put_employees(tx, &key, &part)).await.unwrap();
    }
}

fn endpoints(by_endpoint: &BTreeMap<String, u64>) -> String {
    by_endpoint.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}

fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}
