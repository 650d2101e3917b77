//! The write-ahead log in front of the inbox, from outside: answered is kept, shown and copied, with a log and without one.

use super::*;
use wecom_bridge::app::App;
use wecom_bridge::callbacks::{Answer, Request};
use wecom_bridge::clock::Clock;
use wecom_bridge::model::CorpKey;
use wecom_bridge::store::{self, Store, StoreOptions};

async fn bridge() -> Bridge {
    let bridge = Bridge::start_with("", Clock::manual(1_700_000_100_000)).await;
    set_up(&bridge, "acme-main", "ww0123456789abcdef", TOKEN, AES_KEY).await;
    bridge
}

async fn deliver_all(bridge: &Bridge, ids: std::ops::RangeInclusive<u64>) {
    for id in ids {
        let answer = deliver(bridge, APP, &crypto("ww0123456789abcdef"), &text_message(id, "zhangsan", "x")).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""));
    }
}

fn arrived(store: &Store) -> usize {
    store.read(|tx| store::inbox::count_arrived(tx, None)).unwrap().0
}

/// What a copy of the store through the API holds.
async fn in_a_copy(bridge: &Bridge) -> usize {
    let response = bridge.request(Method::GET, "/api/v1/backup").send().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.redb");
    std::fs::write(&path, response.bytes().await.unwrap()).unwrap();
    let keys = bridge.app.store.keys();
    arrived(&Store::open(&path, StoreOptions::new((*keys).clone(), Clock::system())).unwrap())
}

#[tokio::test]
async fn what_lies_in_the_log_is_measured() {
    let bridge = bridge().await;
    deliver_all(&bridge, 1..=4).await;
    assert_eq!(arrived(&bridge.app.store), 1);
    bridge.app.clock.advance(std::time::Duration::from_secs(7));
    let metrics = bridge.get("/metrics").await.text;
    for line in [
        r#"wecom_bridge_callbacks_waiting{corp="acme-main"} 4"#,
        r#"wecom_bridge_queue_age_seconds{queue="callbacks"} 7"#,
    ] {
        assert!(metrics.lines().any(|known| known == line), "{line} is not in {metrics}");
    }
    bridge.stop().await;
}

#[tokio::test]
async fn what_lies_in_the_log_is_measured_while_the_disk_hangs() {
    let bridge = bridge().await;
    deliver_all(&bridge, 1..=4).await;
    let hold = super::bounds::stall(&bridge);
    for _ in 0..2 {
        let metrics = tokio::time::timeout(std::time::Duration::from_secs(60), bridge.get("/metrics")).await;
        let metrics = metrics.expect("nobody waits for the disk").text;
        let line = r#"wecom_bridge_callbacks_waiting{corp="acme-main"} 4"#;
        assert!(metrics.lines().any(|known| known == line), "{line} is not in {metrics}");
    }
    drop(hold);
    bridge.stop().await;
}

#[tokio::test]
async fn what_is_answered_lies_in_the_log_until_somebody_needs_it() {
    let bridge = bridge().await;
    deliver_all(&bridge, 1..=4).await;
    assert_eq!(arrived(&bridge.app.store), 1, "the first begins the log, the others are in it");
    assert_eq!(in_a_copy(&bridge).await, 4);
    deliver_all(&bridge, 5..=6).await;
    assert_eq!(arrived(&bridge.app.store), 4);
    let page = bridge.get(&format!("{CORP}/inbox")).await.expect(200);
    let kept: Vec<&str> =
        page["items"].as_array().unwrap().iter().map(|item| item["digest"].as_str().unwrap()).collect();
    assert_eq!(kept, ["m6", "m5", "m4", "m3", "m2", "m1"]);
    deliver_all(&bridge, 6..=7).await;
    deliver_all(&bridge, 8..=8).await;
    assert_eq!(arrived(&bridge.app.store), 0, "7 and 8 are in the log again, 6 was a repeat");
    bridge.app.callbacks.start();
    bridge.app.callbacks.idle().await.unwrap();
    let page = bridge.get(&format!("{CORP}/inbox")).await.expect(200);
    let all: Vec<_> = page["items"].as_array().unwrap().iter().map(|item| (&item["state"], &item["repeats"])).collect();
    assert_eq!(all.len(), 8);
    assert!(all.iter().all(|(state, _)| **state == json!("done")), "{all:?}");
    assert_eq!(all.iter().map(|(_, repeats)| repeats.as_u64().unwrap()).collect::<Vec<_>>(), [0, 0, 1, 0, 0, 0, 0, 0]);
    bridge.app.callbacks.shutdown().await;
    bridge.stop().await;
}

#[tokio::test]
async fn what_lay_in_the_log_when_the_process_ended_is_there_after_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    super::kill::prepare(folder.path()).await;
    let of = "oa";
    let app = super::kill::open(folder.path());
    for id in 1..=3 {
        take(&app, of, id).await;
    }
    app.callbacks.take_over_log().await.unwrap();
    for id in 4..=6 {
        take(&app, of, id).await;
    }
    assert_eq!(arrived(&app.store), 3);
    // as if it had been killed: nobody takes anything over
    drop(app);

    let app = super::kill::open(folder.path());
    assert_eq!(arrived(&app.store), 3);
    take(&app, of, 5).await;
    take(&app, of, 7).await;
    app.callbacks.start();
    app.callbacks.idle().await.unwrap();
    let corp = CorpKey::from("acme-main");
    let filter = store::inbox::InboxFilter::default();
    let page = app.store.read(|tx| store::inbox::search(tx, &corp, &filter, None, 100)).unwrap();
    let all: Vec<(String, u32)> = page.rows.into_iter().rev().map(|item| (item.digest, item.repeats)).collect();
    let want = [("m1", 0), ("m2", 0), ("m3", 0), ("m4", 0), ("m5", 1), ("m6", 0), ("m7", 0)];
    assert_eq!(all, want.map(|(digest, repeats)| (digest.to_owned(), repeats)));
    app.close().await;
}

/// Takes a message without HTTP between.
async fn take(app: &App, receiver: &str, id: u64) {
    let (crypto, clock) = (crypto("ww1"), Clock::system());
    let encrypted = crypto.encrypt(&text_message_at(clock.now_ms().div_euclid(1_000), id, "zhangsan", "x"));
    let query = query(&crypto, clock.now_ms(), &encrypted);
    let request = Request { corp: "acme-main", receiver, query: &query, from: &|| None };
    let answer = app.callbacks.receive(request, request_body("ww", Some(218), &encrypted).as_bytes()).await;
    assert!(matches!(answer, Answer::Taken { .. }), "{answer:?}");
}

#[tokio::test]
async fn without_a_log_the_store_is_written() {
    let bridge = bridge().await;
    let file = bridge.app.store.path().with_extension("wal");
    std::fs::create_dir(&file).unwrap();
    deliver_all(&bridge, 1..=3).await;
    assert_eq!(arrived(&bridge.app.store), 3);
    std::fs::remove_dir(&file).unwrap();
    deliver_all(&bridge, 4..=4).await;
    assert_eq!((arrived(&bridge.app.store), file.exists()), (4, false), "it is not tried at every callback");
    bridge.app.clock.advance(std::time::Duration::from_secs(60));
    deliver_all(&bridge, 5..=6).await;
    assert_eq!(arrived(&bridge.app.store), 5, "the log is begun as soon as that succeeds");
    bridge.app.callbacks.shutdown().await;
    assert_eq!(arrived(&bridge.app.store), 6, "whoever stops neatly leaves nothing in it");
    bridge.stop().await;
}
