//! Callbacks that have only just arrived lie packed; counts know them, and unpacking loses and doubles none.

use super::support::*;
use wecom_bridge::model::{CorpKey, InboxState};
use wecom_bridge::store::inbox::{self, Arrival, Arrivals, InboxFilter, Late, Received};
use wecom_bridge::store::{self, Store};

const NOW_S: i64 = 1_700_000_000;

fn arrival<'a>(at: u8, corp: &'a str, digest: &'a str, reply: Option<&'a str>) -> Arrival<'a> {
    Arrival {
        id: [1, 144, 0, 0, 0, 0, 0x70, at, 0x80, 0, 0, 0, 0, 0, 0, at],
        corp,
        since_ms: 0,
        receiver: "oa",
        kind: "message.text",
        from: "zhangsan",
        agentid: Some(218),
        created_at_s: NOW_S + i64::from(at),
        received_at_ms: (NOW_S + i64::from(at)) * 1_000,
        digest,
        text: "<xml><MsgType>text</MsgType></xml>",
        reply,
        pieces: &[],
    }
}

fn late(one: Arrival<'_>) -> Late {
    Late { item: one.to_item(), since_ms: one.since_ms }
}

fn packed(all: &[Arrival<'_>]) -> Arrivals {
    let mut arrivals = Arrivals::default();
    all.iter().for_each(|one| arrivals.push(one));
    arrivals
}

async fn with_corps(home: &Home, keys: &[&str]) -> Store {
    let store = home.open();
    let corps: Vec<_> = keys.iter().map(|key| corp(key)).collect();
    store
        .write(move |tx| {
            store::tenants::put(tx, &tenant())?;
            corps.iter().try_for_each(|corp| store::corps::put(tx, corp))
        })
        .await
        .unwrap();
    store
}

async fn arrive(store: &Store, all: &[Arrival<'_>]) {
    let arrivals = packed(all);
    store.write(move |tx| inbox::arrive(tx, &arrivals)).await.unwrap();
}

fn digests(store: &Store, corp: &str) -> Vec<(String, u32)> {
    let page = store.read(|tx| inbox::search(tx, &CorpKey::from(corp), &InboxFilter::default(), None, 100)).unwrap();
    page.rows.into_iter().rev().map(|item| (item.digest, item.repeats)).collect()
}

#[tokio::test]
async fn what_arrives_is_counted_before_and_after_it_is_unpacked() {
    let home = Home::new();
    let store = with_corps(&home, &["a", "b"]).await;
    arrive(&store, &[arrival(1, "a", "m1", None), arrival(2, "b", "m2", None), arrival(3, "gone", "m3", None)]).await;
    arrive(&store, &[arrival(4, "a", "m4", None)]).await;
    let look = |corp: &str| {
        let corp = CorpKey::from(corp);
        store.read(|tx| Ok((inbox::counts(tx, &corp)?.0, inbox::oldest_waiting(tx, &corp)?))).unwrap()
    };
    let both = [(2, Some((NOW_S + 1) * 1_000)), (1, Some((NOW_S + 2) * 1_000))];
    assert_eq!([look("a"), look("b")], both);
    assert_eq!(digests(&store, "a"), [], "who looks for items has them unpacked first");
    // one row at a time, to its end
    assert_eq!(store.write(|tx| inbox::settle(tx, 1)).await.unwrap(), 3);
    assert_eq!([look("a"), look("b")], both);
    drop(store);
    let store = home.open();
    let left = store.read(|tx| inbox::count_arrived(tx, None)).unwrap();
    assert_eq!(left, (1, Some((NOW_S + 4) * 1_000)), "what is left waits for the next start");
    assert_eq!(store.write(|tx| inbox::settle(tx, 9)).await.unwrap(), 1);
    assert_eq!(store.write(|tx| inbox::settle(tx, 9)).await.unwrap(), 0);
    assert_eq!(digests(&store, "a"), [("m1".to_owned(), 0), ("m4".to_owned(), 0)]);
    assert_eq!(digests(&store, "b"), [("m2".to_owned(), 0)]);
    let item = store.read(|tx| inbox::search(tx, &CorpKey::from("b"), &InboxFilter::default(), None, 1)).unwrap().rows;
    assert_eq!((item[0].state, item[0].agentid, item[0].from.as_str()), (InboxState::Waiting, Some(218), "zhangsan"));
    assert_eq!(item[0].id.as_str(), "01900000-0000-7002-8000-000000000002");
    assert!(store.verify().unwrap().is_good());
}

#[tokio::test]
async fn a_repeat_of_what_lies_packed_is_answered_as_the_first_and_counted_with_it() {
    let home = Home::new();
    let store = with_corps(&home, &["a"]).await;
    arrive(&store, &[arrival(1, "a", "m1", Some("<xml>first</xml>"))]).await;
    let mut again = arrival(2, "a", "m1", Some("<xml>second</xml>"));
    again.created_at_s = NOW_S + 1;
    let both = [late(again), late(arrival(3, "a", "m3", None))];
    let (results, packed) = store.write(move |tx| inbox::receive_late(tx, &both)).await.unwrap();
    let Received::Again { id, reply } = &results[0] else { panic!("{results:?}") };
    assert_eq!((id.as_str(), reply.as_deref()), ("01900000-0000-7001-8000-000000000001", Some("<xml>first</xml>")));
    assert_eq!((&results[1], packed), (&Received::New, 2), "the new one lies behind what arrived before it");
    store.write(|tx| inbox::settle(tx, 9)).await.unwrap();
    assert_eq!(digests(&store, "a"), [("m1".to_owned(), 1), ("m3".to_owned(), 0)]);
    let both = [late(again)];
    let (results, packed) = store.write(move |tx| inbox::receive_late(tx, &both)).await.unwrap();
    assert!(
        matches!(&results[0], Received::Again { reply: Some(reply), .. } if reply.contains("first")),
        "{results:?}"
    );
    assert_eq!((packed, digests(&store, "a")[0].1), (0, 2));
    assert!(store.verify().unwrap().is_good());
}

#[tokio::test]
async fn what_was_opened_with_the_keys_of_a_former_wecom_is_not_kept() {
    let home = Home::new();
    let store = with_corps(&home, &["a", "b"]).await;
    let key = CorpKey::from("a");
    let since = || store.read(|tx| store::loose_ends::since_ms(tx, &key)).unwrap();
    let mut marks = vec![since()];
    for _ in 0..2 {
        // at one moment: the marks differ all the same
        store.write_blocking(|tx| store::links::reset(tx, &"a".into())).unwrap();
        marks.push(since());
    }
    assert!(marks[0] < marks[1] && marks[1] < marks[2], "{marks:?}");
    let at = |at: u8, digest, since_ms| Arrival { since_ms, ..arrival(at, "a", digest, Some("<xml>r</xml>")) };
    // on their way while the corp became another WeCom, twice; the last one came after that, and says the same as one before
    let new = Arrival { created_at_s: NOW_S + 2, ..at(3, "m2", marks[2]) };
    let all = [at(1, "m1", marks[0]), at(2, "m2", marks[1]), new, arrival(4, "b", "m4", None)];
    arrive(&store, &all).await;
    let all = [late(at(5, "m5", marks[1])), late(at(6, "m6", marks[2])), late(arrival(7, "gone", "m7", None))];
    let (results, packed) = store.write(move |tx| inbox::receive_late(tx, &all)).await.unwrap();
    assert_eq!((results, packed), (vec![Received::Former, Received::New, Received::Former], 1));
    assert_eq!(store.write(|tx| inbox::settle(tx, 9)).await.unwrap(), 5);
    assert_eq!(digests(&store, "a"), [("m2".to_owned(), 0), ("m6".to_owned(), 0)]);
    assert_eq!(digests(&store, "b"), [("m4".to_owned(), 0)]);
    let kept = store.read(|tx| inbox::search(tx, &key, &InboxFilter::default(), None, 9)).unwrap().rows;
    assert_eq!(kept[1].id.as_str(), "01900000-0000-7003-8000-000000000003", "the one of the present WeCom");
    assert!(store.verify().unwrap().is_good());
}

#[tokio::test]
async fn the_newest_keys_are_complete_from_the_second_that_they_name() {
    let home = Home::new();
    let store = with_corps(&home, &["a", "b"]).await;
    let all: Vec<_> = (1..=6).map(|at| arrival(at, "a", "m", None)).chain([arrival(7, "b", "n", None)]).collect();
    arrive(&store, &all).await;
    store.write(|tx| inbox::settle(tx, 99)).await.unwrap();
    arrive(&store, &[arrival(8, "b", "o", None), arrival(1, "b", "p", None)]).await;
    let look = |since_s: i64, limit: usize| {
        let (since_s, keys) = store.read(|tx| inbox::newest_keys(tx, since_s, limit)).unwrap();
        let mut seconds: Vec<i64> = keys.iter().map(|key| key.created_at_s - NOW_S).collect();
        seconds.sort_unstable();
        (since_s - NOW_S, seconds)
    };
    assert_eq!(look(NOW_S + 5, 99), (5, vec![5, 6, 7, 8]));
    assert_eq!(look(NOW_S, 99), (0, vec![1, 1, 2, 3, 4, 5, 6, 7, 8]));
    assert_eq!(look(NOW_S, 2), (5, vec![5, 6, 7, 8]), "no more than two of one receiver");
    assert_eq!(look(NOW_S + 50, 2), (50, vec![]));
}

#[tokio::test]
async fn a_backup_has_what_lies_packed() {
    let home = Home::new();
    let store = with_corps(&home, &["a"]).await;
    arrive(&store, &[arrival(1, "a", "m1", None)]).await;
    let copy = home.path().join("copy.redb");
    store.backup(&copy).unwrap();
    drop(store);
    let copied = Store::open(&copy, home.options().unwrap()).unwrap();
    assert_eq!(copied.read(|tx| inbox::count_arrived(tx, None)).unwrap().0, 1);
}
