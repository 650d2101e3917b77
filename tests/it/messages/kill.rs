//! `kill -9` at random points of a stream of messages, a hundred of them or as many as `KILLS` says, while WeCom has faults.
//! The bridge is a process of its own; WeCom lives on in this one.

use super::world::{Route, Routes, actor, build, corpid, furnish, inboxes, message, open_store, start_sandbox, to};
use crate::support::child::{Moments, ended, kill_when, kills};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use wecom_bridge::clock::Clock;
use wecom_bridge::messages::{NewMessage, OnceKey};
use wecom_bridge::model::{DeliveryState, Employee, MemberBinding};
use wecom_bridge::sandbox::{Effect, Fault, Member, Sandbox, State};
use wecom_bridge::store::messages::Listed;
use wecom_bridge::store::{self, Store};

const FOLDER: &str = "WECOM_BRIDGE_TEST_MESSAGES_DIR";
/// In every run of the tests; `KILLS` asks for more.
const KILLS: usize = 100;
const PEOPLE: usize = 240;
/// A child that has not sent everything by then ends with a fault.
const PATIENCE: Duration = Duration::from_secs(300);
/// What is not urgent is collected at its members for so long.
const DIGEST_MS: i64 = 1_000;

/// Enough for so many kills: a process lives for ten calls at most, and half of the calls carry several.
fn messages(kills: usize) -> usize {
    16 * kills.max(KILLS)
}

/// Numbers of the messages whose acceptance was answered: what is in this file is never posted again, so that whatever is
/// answered and lost is missed in the end.
pub(super) fn answered(folder: &Path) -> BTreeSet<usize> {
    let text = std::fs::read_to_string(folder.join("answered")).unwrap_or_default();
    text.lines().map(|line| line.parse().unwrap()).collect()
}

pub(super) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Everything to one app, and what is not urgent is collected at its members for so long.
pub(super) fn routes(digest_ms: i64) -> Arc<Routes> {
    let routes = Arc::new(Routes::default());
    routes.0.lock().unwrap().push(Route { digest_ms: Some(digest_ms), ..to("acme-main") });
    routes
}

/// Message number `n` to three people, at different places of the directory. Every second one is urgent and goes out by
/// itself, the others may be put together.
fn new(n: usize) -> NewMessage {
    let people: Vec<String> = (0..3).map(|k| format!("e{}", (n * 7 + k * 11) % PEOPLE)).collect();
    let people: Vec<&str> = people.iter().map(String::as_str).collect();
    let mut new = message(&format!("第{n}条"), &people);
    new["priority"] = if n.is_multiple_of(2) { "high" } else { "normal" }.into();
    serde_json::from_value(new).unwrap()
}

/// The child: goes on with what it finds, posts what was not answered yet, under keys, and works until all is sent or it is
/// killed.
#[test]
#[ignore = "played by the test below in a process of its own"]
fn sends_until_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    runtime().block_on(async {
        let clock = Clock::system();
        let store = open_store(folder, &clock);
        sends_all(folder, &clock, &store, &routes(DIGEST_MS), messages(kills(KILLS)), new).await;
    });
}

/// Posts those of `count` messages that were not answered yet, under keys, and returns when nothing of any waits any more.
pub(super) async fn sends_all(
    folder: &Path,
    clock: &Clock,
    store: &Store,
    routes: &Arc<Routes>,
    count: usize,
    new: fn(usize) -> NewMessage,
) {
    let messages = build(store, clock, routes);
    messages.start();
    let known = answered(folder);
    let note = OpenOptions::new().append(true).create(true).open(folder.join("answered")).unwrap();
    let posting = (0..count).filter(|n| !known.contains(n)).map(|n| {
        let (messages, mut note) = (messages.clone(), &note);
        async move {
            let once = OnceKey { scope: "test".into(), key: n.to_string(), fingerprint: n.to_string() };
            messages.accept(&actor(), vec![new(n)], Some(once)).await.unwrap();
            note.write_all(format!("{n}\n").as_bytes()).unwrap();
        }
    });
    use futures_util::StreamExt;
    let sent = async {
        futures_util::stream::iter(posting).buffer_unordered(4).collect::<Vec<()>>().await;
        loop {
            let is_open = store
                .read_async(move |tx| {
                    let (rows, _) = store::messages::search(tx, &Default::default(), None, count)?;
                    Ok(rows
                        .iter()
                        .any(|row| row.head.as_ref().is_none_or(|head| head.tally.of(DeliveryState::Waiting) > 0)))
                })
                .await
                .unwrap();
            if !is_open {
                break;
            }
            clock.sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, sent).await.expect("everything is sent in time");
    messages.shutdown().await;
}

fn spawn(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture", "messages::kill::sends_until_killed"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Each kind of fault at this share of the calls.
pub(super) fn add_faults(state: &State, share: f64) {
    for (n, effect) in [
        Effect::Errcode { errcode: -1 },
        Effect::ErrcodeAfter { errcode: -1 },
        Effect::DropBefore,
        Effect::DropAfter,
        Effect::Garbage,
        Effect::Half,
        Effect::InvalidateToken,
    ]
    .into_iter()
    .enumerate()
    {
        state.add_fault(Fault::sometimes("message/send", share, n as u64, effect));
    }
}

/// So many people `e<n>` of the unit `lab`, linked to members `u<n>` whom no limit keeps waiting.
pub(super) fn prepare(sandbox: &Sandbox, folder: &Path, clock: &Clock, people: usize) {
    let state = sandbox.state();
    // the limits per member would stretch the test over hours; they have tests of their own
    state.with_corp(corpid(0), |corp| {
        (corp.message_limits.member_minute, corp.message_limits.member_hour) = (0, 0);
    });
    for n in 0..people {
        state.seed_member(corpid(0), Member::new(&format!("u{n}"), &format!("员工{n}"), 1));
    }
    let store = open_store(folder, clock);
    furnish(&store, sandbox.base_url(), 1);
    let put = move |tx: &store::WriteTx| {
        let rows: Vec<Employee> =
            (0..people).map(|n| Employee::new(format!("e{n}"), &format!("员工{n}"), "lab")).collect();
        store::directory::put_employees(tx, &"acme".into(), &rows)?;
        let bound = |n: usize| -> MemberBinding {
            serde_json::from_value(json!({
                "employee": format!("e{n}"), "userid": format!("u{n}"), "origin": "rule", "bound_at_ms": 1
            }))
            .unwrap()
        };
        let bound: Vec<MemberBinding> = (0..people).map(bound).collect();
        store::bindings::put_members(tx, &"acme-main".into(), &bound)
    };
    store.write_blocking(put).unwrap();
    store.close();
}

#[test]
fn a_killed_outbox_goes_on_and_sends_nothing_twice() {
    let clock = Clock::system();
    let sandbox = start_sandbox(&clock, 1);
    let state = sandbox.state();
    let folder = tempfile::tempdir().unwrap();
    prepare(&sandbox, folder.path(), &clock, PEOPLE);
    add_faults(state, 0.02);
    let mut moments = Moments::new();
    let seed = moments.seed;
    let (wanted, mut kills) = (kills(KILLS), 0);
    for _ in 0..wanted {
        let (calls, spins) = (state.count("message/send") + 1 + moments.below(10), moments.below(30_000));
        if !kill_when(spawn(folder.path()), spins, || state.count("message/send") >= calls) {
            break;
        }
        kills += 1;
    }
    let (count, before) = (messages(wanted), answered(folder.path()).len());
    println!("killed {kills} times after {} calls, when {before} messages were answered", state.count("message/send"));
    assert!(kills >= wanted * 9 / 10, "it was through after {kills} kills (seed {seed})");
    assert!(ended(spawn(folder.path())), "seed {seed}");
    assert_eq!(answered(folder.path()).len(), count, "seed {seed}");

    let (rows, sent, unknown) = accounted(folder.path(), &clock, state, PEOPLE, seed);
    assert_eq!(rows.len(), count, "seed {seed}: what was answered is kept, and once");
    assert_eq!(sent + unknown, 3 * count);
}

/// Compares what the log says with what the phones show: all messages, how many deliveries arrived, each exactly once, and
/// how many are listed as unknown; there is nothing else. Titles are `第<n>条`.
pub(super) fn accounted(
    folder: &Path,
    clock: &Clock,
    state: &State,
    people: usize,
    seed: u64,
) -> (Vec<Listed>, usize, usize) {
    let store = open_store(folder, clock);
    let report = store.verify().unwrap();
    assert!(report.is_good(), "seed {seed}: {:?}", report.faults);
    let (rows, _) = store.read(|tx| store::messages::search(tx, &Default::default(), None, usize::MAX)).unwrap();
    let mut arrived: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (userid, texts) in inboxes(state, corpid(0), people) {
        for text in texts {
            // what was collected arrives together
            for title in text.split('第').skip(1).filter_map(|rest| rest.split_once('条')) {
                *arrived.entry((userid.clone(), format!("第{}条", title.0))).or_default() += 1;
            }
        }
    }
    let (mut sent, mut unknown) = (0, 0);
    for row in &rows {
        for delivery in store.read(|tx| store::deliveries::list(tx, &row.message.id, 0, usize::MAX)).unwrap() {
            let userid = delivery.userid.clone().unwrap().to_string();
            let count = arrived.remove(&(userid, row.message.title.clone())).unwrap_or(0);
            match delivery.state {
                DeliveryState::Sent => {
                    assert_eq!(count, 1, "seed {seed}: {delivery:?}");
                    sent += 1;
                }
                DeliveryState::Unknown => {
                    assert!(count <= 1 && delivery.error.is_some(), "seed {seed}: {count} of {delivery:?}");
                    unknown += 1;
                }
                _ => panic!("seed {seed}: {delivery:?}"),
            }
        }
    }
    assert!(arrived.is_empty(), "seed {seed}: nobody got what was not for him: {arrived:?}");
    println!("{sent} deliveries arrived exactly once, {unknown} are listed as unknown");
    (rows, sent, unknown)
}
