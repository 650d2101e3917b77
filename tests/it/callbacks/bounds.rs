//! What happens at the bounds: rows that cannot be read, work that fails, more than may lie packed, more than may wait for
//! the disk, a disk that takes too long.

use super::*;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::time::Duration;
use wecom_bridge::callbacks::DEADLINE;
use wecom_bridge::clock::{Clock, Stopwatch};
use wecom_bridge::store::inbox::{self, Arrival, Arrivals};

const CORPID: &str = "ww0123456789abcdef";
const START_MS: i64 = 1_700_000_100_000;
/// As large as a callback's text may be, or nearly so.
const LARGE: usize = 185_000;
/// What may wait for its commit.
const WAITING_MAX_BYTES: usize = 64 << 20;
/// How long something may take in real time.
const PATIENCE: Duration = Duration::from_secs(60);
/// What may lie packed.
const PACKED_MAX: usize = 100_000;

async fn bridge(clock: &Clock) -> Bridge {
    let bridge = Bridge::start_with("", clock.clone()).await;
    set_up(&bridge, "acme-main", CORPID, TOKEN, AES_KEY).await;
    bridge
}

/// Posts a message of so many letters.
async fn post(bridge: &Bridge, id: u64, letters: usize) -> Answer {
    deliver(bridge, APP, &crypto(CORPID), &text_message(id, "zhangsan", &"x".repeat(letters))).await
}

/// The same by one of hundreds who come at once: whose connection is closed before it is served comes again, as WeCom does.
async fn post_in_a_crowd(bridge: &Bridge, id: u64, letters: usize) -> Answer {
    let request = delivery(bridge, APP, &crypto(CORPID), &text_message(id, "zhangsan", &"x".repeat(letters)));
    for _ in 0..20 {
        match try_send(request.try_clone().unwrap()).await {
            Ok(answer) if answer.status != 408 => return answer,
            _ => {}
        }
    }
    panic!("number {id} was never served");
}

/// What is in the inbox, with its repeats, in the order of receipt.
async fn kept(bridge: &Bridge) -> Vec<String> {
    let page = bridge.get(&format!("{CORP}/inbox?limit=100")).await.expect(200);
    page["items"].as_array().unwrap().iter().rev().map(|item| item["digest"].as_str().unwrap().to_owned()).collect()
}

/// Keeps the store's writer busy until it is dropped.
pub(super) fn stall(bridge: &Bridge) -> std::sync::mpsc::Sender<()> {
    let (hold, held) = std::sync::mpsc::channel();
    let store = bridge.app.store.clone();
    // `Err` when the other end is dropped
    let wait = move |_: &wecom_bridge::store::WriteTx| {
        let _ = held.recv();
        Ok(())
    };
    tokio::spawn(async move { store.write(wait).await.unwrap() });
    hold
}

#[tokio::test]
async fn rows_that_cannot_be_read_are_kept_aside_and_hold_nobody_up() {
    let clock = Clock::manual(START_MS);
    let first = bridge(&clock).await;
    for id in 1..=3 {
        assert_eq!(post(&first, id, 1).await.status, 200);
    }
    let folder = first.close().await;
    // the second row breaks off; behind the third something stands that is no callback
    let table: redb::TableDefinition<'_, &[u8], &[u8]> = redb::TableDefinition::new("inbox_arrived");
    let database = redb::Database::open(folder.path().join("wecom-bridge.redb")).unwrap();
    let tx = database.begin_write().unwrap();
    {
        use redb::ReadableTable;
        let mut table = tx.open_table(table).unwrap();
        let rows: Vec<(Vec<u8>, Vec<u8>)> = table
            .iter()
            .unwrap()
            .map(|row| row.map(|(key, value)| (key.value().to_vec(), value.value().to_vec())).unwrap())
            .collect();
        assert_eq!(rows.len(), 3);
        table.insert(&rows[1].0[..], &rows[1].1[..rows[1].1.len() - 5]).unwrap();
        table.insert(&rows[2].0[..], &[&rows[2].1[..], b"rubbish"].concat()[..]).unwrap();
    }
    tx.commit().unwrap();
    drop(database);

    let bridge = Bridge::start_in(folder, "", clock.clone()).await;
    bridge.app.callbacks.start();
    clock.advance(Duration::from_secs(1));
    assert_eq!(post(&bridge, 4, 1).await.status, 200);
    bridge.app.callbacks.idle().await.unwrap();
    assert_eq!(kept(&bridge).await, ["m1", "m3", "m4"]);
    let broken = || bridge.app.store.read(inbox::count_broken).unwrap();
    assert_eq!(broken(), 2);
    clock.advance(Duration::from_secs(3));
    let ready = || async { send(bridge.bare(Method::GET, "/readyz")).await.text };
    assert!(ready().await.contains("callbacks.unreadable"), "{}", ready().await);
    // whatever WeCom sends again is new
    for id in 1..=4 {
        assert_eq!(post(&bridge, id, 1).await.status, 200);
    }
    bridge.app.callbacks.idle().await.unwrap();
    assert_eq!(kept(&bridge).await, ["m1", "m3", "m4", "m2"]);
    clock.advance(Duration::from_secs(31 * 24 * 3_600));
    bridge.app.callbacks.forget_old().await.unwrap();
    assert_eq!(broken(), 0);
    clock.advance(Duration::from_secs(3));
    assert!(!ready().await.contains("callbacks.unreadable"));
    assert!(bridge.app.store.verify().unwrap().is_good());
    bridge.app.callbacks.shutdown().await;
    bridge.stop().await;
}

#[tokio::test]
async fn beyond_a_hundred_thousand_packed_ones_those_who_arrive_unpack() {
    let clock = Clock::manual(START_MS);
    let first = bridge(&clock).await;
    let mut arrivals = Arrivals::default();
    for n in 0..PACKED_MAX as u128 {
        let mut id = ((START_MS as u128 - 1_000) << 80 | 0x7000_8000_0000_0000_0000 | n).to_be_bytes();
        id[6] = 0x70;
        let digest = format!("m{}", 1_000_000 + n);
        arrivals.push(&Arrival {
            id,
            corp: "acme-main",
            since_ms: 0,
            receiver: "oa",
            kind: "message.text",
            from: "zhangsan",
            agentid: Some(218),
            created_at_s: 1_700_000_000,
            received_at_ms: START_MS - 1_000,
            digest: &digest,
            text: "<xml></xml>",
            reply: None,
            pieces: &[],
        });
    }
    first.app.store.write(move |tx| inbox::arrive(tx, &arrivals)).await.unwrap();
    let bridge = Bridge::start_in(first.close().await, "", clock).await;
    let corp = CorpKey::from("acme-main");
    let counts = || {
        let look = bridge.app.store.read(|tx| Ok((inbox::count_arrived(tx, None)?.0, inbox::counts(tx, &corp)?.0)));
        look.unwrap()
    };
    assert_eq!(counts(), (PACKED_MAX, PACKED_MAX));
    assert_eq!(post(&bridge, 1, 1).await.status, 200);
    assert_eq!(counts(), (PACKED_MAX + 1, PACKED_MAX + 1), "at the bound nothing is done");
    assert_eq!(post(&bridge, 2, 1).await.status, 200);
    let (packed, all) = counts();
    assert_eq!(all, PACKED_MAX + 2, "none is lost");
    assert!(packed <= PACKED_MAX + 2 - 500, "{packed} lie packed");
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_much_to_wait_for_the_disk_is_to_be_sent_again() {
    let clock = Clock::manual(START_MS);
    let bridge = bridge(&clock).await;
    let hold = stall(&bridge);
    let count = (WAITING_MAX_BYTES + (10 << 20)) / LARGE;
    let mut posts: FuturesUnordered<_> = (1..=count as u64)
        .map(|id| {
            let bridge = &bridge;
            async move { (id, post_in_a_crowd(bridge, id, LARGE).await) }
        })
        .collect();
    // the first that is answered while nothing can be stored and no time passes is one too many
    let first = tokio::time::timeout(PATIENCE, posts.next()).await;
    let (refused, answer) = first.expect("somebody is refused").unwrap();
    answer.expect_problem(503, "callback.later");
    drop(hold);
    let (mut taken, mut again) = (0, vec![refused]);
    while let Some((id, answer)) = posts.next().await {
        match answer.status.as_u16() {
            200 => taken += 1,
            503 => again.push(id),
            status => panic!("{status}: {}", answer.text),
        }
    }
    drop(posts);
    assert!(taken * LARGE >= WAITING_MAX_BYTES, "{taken} of {count} could wait");
    for id in again {
        assert_eq!(post(&bridge, id, LARGE).await.status, 200);
    }
    bridge.app.callbacks.take_over_log().await.unwrap();
    let corp = CorpKey::from("acme-main");
    assert_eq!(bridge.app.store.read(|tx| inbox::counts(tx, &corp)).unwrap().0, count);
    let failure = last_failure(&bridge, "acme-main", "oa").await;
    assert_eq!(failure["fault"], "not_stored");
    bridge.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_takes_too_long_is_answered_for_after_four_seconds() {
    let bridge = bridge(&Clock::system()).await;
    let hold = stall(&bridge);
    let mut posts: FuturesUnordered<_> = (1..=60)
        .map(|id| {
            let bridge = &bridge;
            async move {
                let watch = Stopwatch::start();
                (id, post_in_a_crowd(bridge, id, LARGE).await, watch.elapsed())
            }
        })
        .collect();
    let mut again = Vec::new();
    let answers = async {
        while let Some((id, answer, elapsed)) = posts.next().await {
            if answer.status != 200 {
                answer.expect_problem(503, "callback.later");
                assert!(elapsed >= DEADLINE, "number {id} was given up after {elapsed:?}");
                again.push(id);
            }
        }
    };
    tokio::time::timeout(PATIENCE, answers).await.expect("everybody is answered while nothing can be stored");
    drop(posts);
    assert!(!again.is_empty(), "nobody waited for the disk");
    drop(hold);
    // they were stored all the same, and WeCom sends them again
    for id in again {
        assert_eq!(post(&bridge, id, LARGE).await.status, 200);
    }
    bridge.app.callbacks.start();
    bridge.app.callbacks.idle().await.unwrap();
    let mut kept = kept(&bridge).await;
    kept.sort_unstable();
    let mut wanted: Vec<String> = (1..=60).map(|id| format!("m{id}")).collect();
    wanted.sort_unstable();
    assert_eq!(kept, wanted);
    bridge.app.callbacks.shutdown().await;
    bridge.stop().await;
}

#[tokio::test]
async fn work_that_fails_again_and_again_is_put_aside_and_the_others_follow() {
    let clock = Clock::manual(START_MS);
    let bridge = bridge(&clock).await;
    let keys = bridge.act(&format!("{CORP}/callback-keys")).await.expect(201);
    let of_contacts =
        CallbackCrypto::new(keys["token"].as_str().unwrap(), keys["aes_key"].as_str().unwrap(), CORPID).unwrap();
    // what the work on a contact event rests on is damaged
    let set = |value: Value| {
        let write = move |tx: &wecom_bridge::store::WriteTx| {
            let scope = wecom_bridge::store::Scope::Corp(&"acme-main".into());
            wecom_bridge::store::settings::put(tx, scope, "callbacks.pull", &value)
        };
        bridge.app.store.write_blocking(write).unwrap();
    };
    set(json!("rubbish"));
    assert_eq!(post(&bridge, 1, 1).await.status, 200);
    let event = "<xml><ToUserName>ww</ToUserName><FromUserName>sys</FromUserName><CreateTime>1700000000</CreateTime>\
                 <MsgType>event</MsgType><Event>change_contact</Event><ChangeType>create_user</ChangeType>\
                 <UserID>new</UserID></xml>";
    assert_eq!(deliver(&bridge, "/cb/acme-main/contacts", &of_contacts, event).await.status, 200);
    assert_eq!(post(&bridge, 2, 1).await.status, 200);
    bridge.app.callbacks.start();
    let all = || async { bridge.get(&format!("{CORP}/inbox")).await.expect(200)["items"].as_array().unwrap().clone() };
    let put_aside = async {
        while all().await.iter().any(|item| item["state"] == "waiting") {
            clock.advance(Duration::from_secs(2));
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, put_aside).await.expect("nothing waits any more");
    let items = all().await;
    let states: Vec<&str> = items.iter().rev().map(|item| item["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["done", "failed", "done"], "the order of receipt");
    assert_eq!(items[1]["attempts"], 5);
    assert!(items[1]["note"].as_str().unwrap().contains("callbacks.pull"), "{}", items[1]);
    clock.advance(Duration::from_secs(3));
    assert!(send(bridge.bare(Method::GET, "/readyz")).await.text.contains("callbacks.failed"));
    set(json!({}));
    bridge.act(&format!("{CORP}/inbox/{}/replay", items[1]["id"].as_str().unwrap())).await.expect(200);
    bridge.app.callbacks.idle().await.unwrap();
    let items = all().await;
    assert_eq!((&items[1]["state"], &items[1]["note"]), (&json!("done"), &json!("a pull will look at it")));
    bridge.app.callbacks.shutdown().await;
    bridge.stop().await;
}
