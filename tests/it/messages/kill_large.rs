//! `kill -9` while messages to thousands are laid down, batch by batch, and while they go out: under a rule that collects
//! what is not urgent, and with faults at WeCom.

use super::kill::{accounted, add_faults, answered, prepare, routes, runtime, sends_all};
use super::world::{message, open_store, start_sandbox};
use crate::support::child::{Moments, ended, kill_when, play};
use serde_json::json;
use std::path::Path;
use std::process::Command;
use wecom_bridge::clock::Clock;
use wecom_bridge::messages::NewMessage;
use wecom_bridge::sandbox::{Effect, Fault, State};
use wecom_bridge::store::{self, Store};

const FOLDER: &str = "WECOM_BRIDGE_TEST_LARGE_DIR";
/// The child kills itself when a message that is still being laid down has so many deliveries; empty = somebody else does.
const DIES_AT: &str = "WECOM_BRIDGE_TEST_LARGE_DIES_AT";
/// Three batches of at most a thousand.
const PEOPLE: usize = 2_050;
const MESSAGES: usize = 6;
/// The shortest that a rule can say.
const DIGEST_MS: i64 = 10_000;
/// Kills while messages go out.
const KILLS: usize = 6;

/// Message number `n` to everybody. Every third one is urgent and goes out by itself.
fn new(n: usize) -> NewMessage {
    let mut new = message(&format!("第{n}条"), &[]);
    new["recipients"] = json!({ "units": ["lab"] });
    new["priority"] = if n % 3 == 2 { "high" } else { "normal" }.into();
    serde_json::from_value(new).unwrap()
}

/// The child: see the neighbour. Where it is to die while it lays down, it looks between two commits, on the thread that
/// makes them, so that nothing more is written when it has seen what it looks for.
#[test]
#[ignore = "played by the test below in a process of its own"]
fn sends_until_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let dies_at: Option<usize> = std::env::var(DIES_AT).ok().and_then(|text| text.parse().ok());
    runtime().block_on(async {
        let clock = Clock::system();
        let store = open_store(folder, &clock);
        let routes = routes(DIGEST_MS);
        let death = async {
            let Some(rows) = dies_at else { return std::future::pending().await };
            loop {
                let committed = store.clone();
                let look = move |_: &store::WriteTx| {
                    dies_if_laid_down(&committed, rows);
                    Ok(())
                };
                store.write(look).await.unwrap();
            }
        };
        tokio::select! {
            () = sends_all(folder, &clock, &store, &routes, MESSAGES, new) => {}
            () = death => {}
        }
    });
}

fn dies_if_laid_down(store: &Store, rows: usize) {
    if laid_down(store) < rows {
        return;
    }
    Command::new("sh").args(["-c", "kill -9 $PPID"]).status().unwrap();
    loop {
        std::thread::park();
    }
}

/// Deliveries of messages that are still being laid down.
fn laid_down(store: &Store) -> usize {
    let read = |tx: &store::ReadTx| {
        let queued = store::messages::queued(tx, MESSAGES)?;
        queued
            .iter()
            .try_fold(0, |sum, message| Ok(sum + store::deliveries::list(tx, &message.id, 0, usize::MAX)?.len()))
    };
    store.read(read).unwrap()
}

#[test]
fn large_messages_that_are_cut_short_reach_everybody_once() {
    let clock = Clock::system();
    let sandbox = start_sandbox(&clock, 1);
    let state: &State = sandbox.state();
    let folder = tempfile::tempdir().unwrap();
    prepare(&sandbox, folder.path(), &clock, PEOPLE);
    add_faults(state, 0.03);
    // so that nobody is through before it is looked at: there are more calls than the kills below wait for
    state.add_fault(Fault::always("message/send", Effect::Delay { ms: 200 }));
    let mut moments = Moments::new();
    let seed = moments.seed;
    let spawn = |dies_at: &str| {
        let variables = [(FOLDER, folder.path().as_os_str()), (DIES_AT, dies_at.as_ref())];
        play("messages::kill_large::sends_until_killed", variables)
    };
    // after each of the batches, and twice after the first: the second time there is something left to take out
    for (dies_at, least) in [("1", 1), ("1", 1), ("1001", 1_001), ("2001", 2_001)] {
        assert!(!ended(spawn(dies_at)), "it was through before {dies_at} deliveries stood there");
        let store = open_store(folder.path(), &clock);
        let found = laid_down(&store);
        store.close();
        assert!(found >= least, "{found} deliveries when it was killed at {dies_at}");
    }
    assert_eq!(state.count("message/send"), 0, "what is not laid down as a whole does not go out");
    let mut kills = 0;
    for _ in 0..KILLS {
        let calls = state.count("message/send") + 1 + moments.below(2);
        kills += usize::from(kill_when(spawn(""), moments.below(100_000), || state.count("message/send") >= calls));
    }
    println!("killed {kills} times after {} calls", state.count("message/send"));
    assert!(kills >= 2, "it was through after {kills} kills (seed {seed})");
    assert!(ended(spawn("")), "seed {seed}");
    assert_eq!(answered(folder.path()).len(), MESSAGES, "seed {seed}");
    let (rows, sent, unknown) = accounted(folder.path(), &clock, state, PEOPLE, seed);
    assert_eq!(rows.len(), MESSAGES, "seed {seed}: what was answered is kept, and once");
    assert_eq!(sent + unknown, MESSAGES * PEOPLE, "seed {seed}");
}
