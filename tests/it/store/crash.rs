//! `kill -9` at any moment: what was acknowledged is there, and the file opens and verifies.

use super::support::{Home, child, furnish, options};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use wecom_bridge::model::Actor;
use wecom_bridge::store::{Scope, Store, audit, settings};

const VARIABLE: &str = "WECOM_BRIDGE_TEST_CRASH_DIR";
const ROUNDS: usize = 24;

/// The child: writes from several tasks until it is killed, and says each number after its write returned.
#[test]
#[ignore = "played by the test below in a process of its own"]
fn writes_until_killed() {
    let Some(directory) = std::env::var_os(VARIABLE) else { return };
    let directory = Path::new(&directory);
    let store = Store::open(directory, options(directory).unwrap()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let tasks: Vec<_> = (0..8).map(|task| runtime.spawn(write_on(store.clone(), task))).collect();
    runtime.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
}

async fn write_on(store: Store, task: usize) {
    let name = format!("task-{task}");
    let read = name.clone();
    let from: u64 = store.read(|tx| settings::get(tx, Scope::Appliance, &read)).unwrap().unwrap_or(0);
    for n in from + 1.. {
        let name = name.clone();
        store
            .write(move |tx| {
                settings::put(tx, Scope::Appliance, &name, &n)?;
                audit::append(tx, &Actor::cli("test"), "test.write", &format!("{task} {n}"), None, None)
            })
            .await
            .unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "ack {task} {n}").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn a_killed_process_loses_nothing_it_has_acknowledged() {
    let home = Home::new();
    furnish(&home.open());
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut acknowledged = [0_u64; 8];
    for round in 0..ROUNDS {
        let mut command = child("store::crash::writes_until_killed", VARIABLE, home.path());
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let stop_after = 1 + (seed.rotate_left(round as u32 * 7) % 97) as usize;
        let mut heard = 0;
        let mut note = |line: &str| -> bool {
            let Some((_, rest)) = line.split_once("ack ") else { return false };
            let Some((task, n)) = rest.split_once(' ') else { return false };
            let (Ok(task), Ok(n)) = (task.parse::<usize>(), n.parse::<u64>()) else { return false };
            acknowledged[task] = acknowledged[task].max(n);
            true
        };
        for line in lines.by_ref() {
            heard += usize::from(note(&line.unwrap()));
            if heard >= stop_after {
                break;
            }
        }
        assert!(heard > 0, "round {round}: the child wrote nothing");
        process.kill().unwrap();
        process.wait().unwrap();
        for line in lines.map_while(Result::ok) {
            note(&line);
        }
        let store = home.open();
        for (task, n) in acknowledged.iter().enumerate() {
            let name = format!("task-{task}");
            let stored: u64 = store.read(|tx| settings::get(tx, Scope::Appliance, &name)).unwrap().unwrap_or(0);
            assert!(stored >= *n, "round {round}, task {task}: {n} was acknowledged, {stored} is stored");
        }
        let report = store.verify().unwrap();
        assert!(report.is_good(), "round {round}: {:?}", report.faults);
    }
    assert!(acknowledged.iter().sum::<u64>() > ROUNDS as u64);
}

/// A copy of the file taken while it is being written is what a snapshot of the disk would give; with the writer held
/// still between two commits it must open.
#[test]
fn a_file_that_was_never_closed_opens() {
    let home = Home::new();
    let store = home.open();
    furnish(&store);
    let other = Home::new();
    std::fs::copy(home.key_file(), other.key_file()).unwrap();
    // Inside the writer's thread nothing is being committed.
    let (from, to) = (home.database(), other.database());
    store.write_blocking(move |_| std::fs::copy(&from, &to).map(|_| ()).map_err(|e| panic!("{e}"))).unwrap();
    let again = other.open();
    assert_eq!(again.read(wecom_bridge::store::tenants::list).unwrap().len(), 1);
    assert!(again.verify().unwrap().is_good());
}
