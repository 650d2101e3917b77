//! The inbox: filters, pages, replay, gauges, retention.

use super::*;
use std::time::Duration;
use wecom_bridge::clock::Clock;
use wecom_bridge::model::ApiScope;

const START_MS: i64 = 1_700_000_100_000;

/// Twelve callbacks, a minute apart, worked on.
async fn filled_inbox() -> Bridge {
    let bridge = Bridge::start_with("", Clock::manual(START_MS)).await;
    set_up(&bridge, "acme-main", "ww1", TOKEN, AES_KEY).await;
    for at in 0..12 {
        let text = match at % 3 {
            0 => text_message(at, "zhangsan", &format!("第{at}条")),
            1 => event("click", at, "<EventKey>a</EventKey>"),
            _ => event("enter_agent", at, ""),
        };
        assert_eq!(deliver(&bridge, APP, &crypto("ww1"), &text).await.status, 200);
        bridge.app.clock.advance(Duration::from_secs(60));
    }
    bridge.app.callbacks.start();
    bridge.app.callbacks.idle().await.unwrap();
    bridge
}

fn event(name: &str, at: u64, extra: &str) -> String {
    format!(
        "<xml><FromUserName>lisi</FromUserName><CreateTime>{}</CreateTime><MsgType>event</MsgType><Event>{name}</Event>\
         {extra}<AgentID>218</AgentID></xml>",
        1_700_000_098 + at * 60
    )
}

async fn count(bridge: &Bridge, query: &str) -> usize {
    bridge.get(&format!("{CORP}/inbox?{query}")).await.expect(200)["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn filters_and_pages() {
    let bridge = filled_inbox().await;
    let after_ms = START_MS + 6 * 60_000;
    for (query, want) in [
        ("limit=1000".to_owned(), 12),
        ("kind=event.click".to_owned(), 4),
        ("kind=event.".to_owned(), 8),
        ("kind=event.click&state=done".to_owned(), 4),
        ("state=waiting".to_owned(), 0),
        ("state=failed".to_owned(), 0),
        ("from=LiSi".to_owned(), 8),
        ("receiver=oa".to_owned(), 12),
        ("receiver=contacts".to_owned(), 0),
        ("text=%E7%AC%AC9".to_owned(), 1),
        (format!("from_ms={after_ms}"), 6),
        (format!("until_ms={after_ms}"), 6),
        (format!("from_ms={after_ms}&until_ms={after_ms}"), 0),
        (format!("kind=message.text&from_ms={after_ms}"), 2),
        (format!("from_ms={}&until_ms={START_MS}", START_MS + 1), 0),
    ] {
        assert_eq!(count(&bridge, &query).await, want, "{query}");
    }
    let mut seen = Vec::new();
    let mut next = String::new();
    loop {
        let page = bridge.get(&format!("{CORP}/inbox?limit=5{next}")).await.expect(200);
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(after) = page["next"].as_str() else { break };
        next = format!("&after={after}");
    }
    assert_eq!(seen.len(), 12);
    assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "the newest first");
    bridge.get(&format!("{CORP}/inbox?state=odd")).await.expect_problem(400, "request.query");
    bridge.get("/api/v1/corps/none/inbox").await.expect_problem(404, "corp.not_found");
    bridge.get(&format!("{CORP}/inbox/none")).await.expect_problem(404, "callback.not_found");
    let blind = bridge.make_key(&[ApiScope::SyncRead]).await;
    let answer = send(bridge.bare(Method::GET, &format!("{CORP}/inbox")).bearer_auth(&blind)).await;
    answer.expect_problem(403, "key.scope");
    bridge.app.callbacks.shutdown().await;
    bridge.stop().await;
}

#[tokio::test]
async fn a_replay_does_the_work_again_and_is_audited() {
    let bridge = filled_inbox().await;
    let page = bridge.get(&format!("{CORP}/inbox?kind=event.click")).await.expect(200);
    let id = page["items"][0]["id"].as_str().unwrap().to_owned();
    let replayed = bridge.act(&format!("{CORP}/inbox/{id}/replay")).await.expect(200);
    assert_eq!((&replayed["replays"], &replayed["state"]), (&json!(1), &json!("waiting")));
    bridge.app.callbacks.idle().await.unwrap();
    let detail = bridge.get(&format!("{CORP}/inbox/{id}")).await.expect(200);
    assert_eq!((&detail["replays"], &detail["state"], &detail["attempts"]), (&json!(1), &json!("done"), &json!(1)));
    // many at once only with their number, which the refusal says
    let replays = format!("{CORP}/inbox-replays");
    let refused = bridge.post(&replays, &json!({ "kind": "event." })).await.expect_problem(400, "request.confirm");
    assert!(refused.to_string().contains("must be 8"), "{refused}");
    let wrong = json!({ "kind": "event.", "confirm": 9 });
    bridge.post(&replays, &wrong).await.expect_problem(400, "request.confirm");
    let many = bridge.post(&replays, &json!({ "kind": "event.", "confirm": 8 })).await.expect(200);
    assert_eq!(many["callbacks"], 8);
    bridge.app.callbacks.idle().await.unwrap();
    assert_eq!(count(&bridge, "state=done").await, 12);
    let audit = bridge.get("/api/v1/audit?action=inbox.replay").await.expect(200);
    assert_eq!(audit["items"].as_array().unwrap().len(), 2);
    let reader = bridge.make_key(&[ApiScope::CallbacksRead]).await;
    let answer = send(bridge.bare(Method::POST, &format!("{CORP}/inbox/{id}/replay")).bearer_auth(&reader)).await;
    answer.expect_problem(403, "key.scope");
    bridge.app.callbacks.shutdown().await;
    bridge.stop().await;
}

#[tokio::test]
async fn gauges_show_lag_and_gaps() {
    let bridge = filled_inbox().await;
    bridge.app.clock.advance(Duration::from_secs(3_600));
    let gauges = bridge.get(&format!("{CORP}/callbacks")).await.expect(200);
    let oa = gauges["receivers"].as_array().unwrap().iter().find(|gauge| gauge["receiver"] == "oa").unwrap();
    assert_eq!((&oa["received"], &oa["repeats"], &oa["is_on"]), (&json!(12), &json!(0), &json!(true)));
    assert_eq!(oa["longest_gap_ms"], 3_600_000 + 60_000, "{oa}");
    assert_eq!(oa["lag_median_ms"], 2_000, "events are two seconds on their way: {oa}");
    assert_eq!(oa["last_at_ms"], START_MS + 11 * 60_000);
    assert_eq!(gauges["waiting"], 0);
    let contacts = gauges["receivers"].as_array().unwrap().iter().find(|g| g["receiver"] == "contacts").unwrap();
    assert_eq!((&contacts["received"], &contacts["longest_gap_ms"]), (&json!(0), &Value::Null));
    bridge.app.callbacks.shutdown().await;
    bridge.stop().await;
}

#[tokio::test]
async fn what_is_old_goes_and_the_setting_says_when() {
    let bridge = filled_inbox().await;
    bridge.put("/api/v1/inbox-settings", &json!({ "kept_days": 0 })).await.expect_problem(422, "request.refused");
    bridge.put("/api/v1/inbox-settings", &json!({ "kept_days": 1 })).await.expect(200);
    assert_eq!(bridge.get("/api/v1/inbox-settings").await.expect(200)["kept_days"], 1);
    bridge.app.clock.advance(Duration::from_secs(24 * 3_600 - 6 * 60));
    let mut left = 0;
    // the room itself looks too; both together remove each once
    while left != 6 {
        bridge.app.callbacks.forget_old().await.unwrap();
        left = count(&bridge, "limit=100").await;
        assert!(left >= 5, "{left} are left");
    }
    let report = bridge.app.store.verify().unwrap();
    assert!(report.is_good(), "{:?}", report.faults);
    bridge.app.callbacks.shutdown().await;
    bridge.stop().await;
}
