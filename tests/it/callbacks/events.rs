//! Every event of an app: from the phone through the inbox to a webhook that asked for it.

use super::endpoint::Endpoint;
use super::*;
use std::collections::BTreeSet;
use wecom_bridge::sandbox::messages::content::Place;
use wecom_bridge::sandbox::{EventOrder, Extra};

/// Types of menu entries, in places of a menu of two levels.
const ENTRIES: [(&str, [usize; 2]); 8] = [
    ("click", [0, 0]),
    ("scancode_push", [0, 1]),
    ("scancode_waitmsg", [0, 2]),
    ("pic_sysphoto", [0, 3]),
    ("pic_photo_or_album", [0, 4]),
    ("pic_weixin", [1, 0]),
    ("location_select", [1, 1]),
    ("view", [1, 2]),
];

fn menu() -> Value {
    let entry = |(kind, _): &(&str, [usize; 2])| match *kind {
        "view" => json!({ "name": kind, "type": "view", "url": "https://oa.example.org/view" }),
        _ => json!({ "name": kind, "type": kind, "key": format!("key:{kind}") }),
    };
    let below = |at: usize| ENTRIES.iter().filter(|(_, place)| place[0] == at).map(entry).collect::<Vec<Value>>();
    json!({ "button": [{ "name": "甲", "sub_button": below(0) }, { "name": "乙", "sub_button": below(1) }] })
}

#[tokio::test]
async fn every_event_of_an_app_is_kept_named_and_told() {
    let line = Line::new().await;
    let (state, bridge) = (line.world.sandbox.state(), line.bridge());
    state.seed_member(seed::CORPID, wecom_bridge::sandbox::Member::new("zhangsan", "张三", 1));
    state.with_corp(seed::CORPID, |corp| corp.apps.get_mut(&seed::AGENTID).unwrap().report_location_flag = true);
    let endpoint = Endpoint::start().await;
    bridge.put("/api/v1/webhooks/oa", &json!({ "url": endpoint.url, "events": ["event.*"] })).await.expect(201);
    bridge.app.webhooks.start();
    bridge.put(&format!("{CORP}/apps/oa/menu"), &menu()).await.expect(200);

    let picture = state.add_media(seed::CORPID, "image", "a.png", b"\x89PNG\r\n\x1a\n-------".to_vec()).unwrap();
    let place = Place { latitude: 23.1, longitude: 113.3, scale: 15, label: "广州".into() };
    let with = Extra { scanned: "ABC".into(), pictures: vec![picture], place: Some(place) };
    for (_, at) in ENTRIES {
        line.act("zhangsan", Act::Menu { place: at.to_vec(), with: with.clone() });
    }
    for act in [Act::Enter, Act::Unsubscribe, Act::Subscribe] {
        line.act("zhangsan", act);
    }
    let job_end = bridge.app.env.clone();
    let heard = tokio::spawn(async move { job_end.next_job_end().await });
    for event in ["batch_job_result", "open_approval_change", "change_app_admin", "unlicensed_notify"] {
        let order = EventOrder { event: event.into(), from: None, elements: None };
        assert_eq!(state.send_event(seed::CORPID, seed::AGENTID, &order), Ok(true));
    }
    line.settle().await;
    bridge.app.webhooks.idle().await.unwrap();
    let patience = std::time::Duration::from_secs(20);
    tokio::time::timeout(patience, heard).await.expect("whoever waits for a job is told").unwrap();

    let wanted: BTreeSet<String> = ENTRIES
        .iter()
        .map(|(kind, _)| *kind)
        .chain(["enter_agent", "location", "unsubscribe", "subscribe", "batch_job_result"])
        .chain(["open_approval_change", "change_app_admin", "unlicensed_notify"])
        .map(|name| format!("event.{name}"))
        .collect();
    let items = line.inbox("?kind=event.&limit=100").await;
    let kept: BTreeSet<String> = items.iter().map(|item| item["kind"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kept, wanted);
    assert!(items.iter().all(|item| item["state"] == "done"), "{items:?}");
    let told = endpoint.told();
    let names: BTreeSet<String> = told.iter().map(|told| told.json()["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!((names, told.len()), (wanted, items.len()), "each of them once");
    let fields = |kind: &str| told.iter().map(super::endpoint::Told::json).find(|told| told["type"] == kind).unwrap();
    assert_eq!(fields("event.scancode_waitmsg")["data"]["fields"]["ScanCodeInfo"]["ScanResult"], "ABC");
    assert_eq!(fields("event.view")["data"]["fields"]["EventKey"], "https://oa.example.org/view");
    let job = items.iter().find(|item| item["kind"] == "event.batch_job_result").unwrap();
    assert!(job["note"].as_str().unwrap().contains("import or export"), "{job}");
    let messages = line.inbox("?kind=message.&limit=100").await;
    assert_eq!(messages.len(), 4, "three pictures and a place follow their events");

    // the first page tells how many came, and how late
    let days =
        bridge.app.store.read(|tx| wecom_bridge::store::callback_days::list(tx, &"acme-main".into(), 0)).unwrap();
    assert_eq!(days.values().map(|day| day.received).sum::<u64>(), (items.len() + messages.len()) as u64);
    assert!(days.values().any(|day| day.lag_within_ms(95).is_some()));
    bridge.app.webhooks.shutdown().await;
    line.stop().await;
}
