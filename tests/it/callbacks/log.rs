//! The write-ahead log in front of the inbox, from outside: answered is kept, shown and copied, with a log and without one.

use super::*;
use wecom_bridge::clock::Clock;
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
async fn without_a_log_the_store_is_written() {
    let bridge = bridge().await;
    let file = bridge.app.store.path().with_extension("wal");
    std::fs::create_dir(&file).unwrap();
    deliver_all(&bridge, 1..=3).await;
    assert_eq!(arrived(&bridge.app.store), 3);
    std::fs::remove_dir(&file).unwrap();
    deliver_all(&bridge, 4..=5).await;
    assert_eq!(arrived(&bridge.app.store), 4, "the log is begun as soon as that succeeds");
    bridge.app.callbacks.shutdown().await;
    assert_eq!(arrived(&bridge.app.store), 5, "whoever stops neatly leaves nothing in it");
    bridge.stop().await;
}
