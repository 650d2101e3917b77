//! Auto replies reach the member's phone, encrypted and within the same answer.

use super::*;
use wecom_bridge::sandbox::messages::content::Content;
use wecom_bridge::sandbox::messages::message::Origin;
use wecom_bridge::sandbox::{DeliveryOptions, Effect, Fault};

const RULES: &str = "/api/v1/corps/acme-main/apps/oa/auto-replies";

async fn line() -> Line {
    let line = Line::new().await;
    line.world.sandbox.state().seed_member(seed::CORPID, wecom_bridge::sandbox::Member::new("zhangsan", "张三", 1));
    line
}

fn rule(name: &str, matching: &str, keyword: &str, text: &str, priority: u32) -> Value {
    json!({
        "name": name, "said": "text", "matching": matching, "keyword": keyword,
        "reply": { "kind": "text", "text": text }, "priority": priority
    })
}

/// What the member's phone shows from the app, the oldest first.
fn shown(line: &Line) -> Vec<Content> {
    let inbox = line.world.sandbox.state().inbox(seed::CORPID, "zhangsan");
    let from_app = inbox.into_iter().filter(|message| !matches!(message.origin, Origin::Member { .. }));
    let mut shown: Vec<(u64, Content)> = from_app.map(|message| (message.number, message.content)).collect();
    shown.sort_by_key(|(number, _)| *number);
    shown.into_iter().map(|(_, content)| content).collect()
}

fn texts(line: &Line) -> Vec<String> {
    let text = |content: Content| serde_json::to_value(content).unwrap()["content"].as_str().unwrap().to_owned();
    shown(line).into_iter().map(text).collect()
}

#[tokio::test]
async fn the_rule_that_wins_answers_with_its_lines_and_links() {
    let line = line().await;
    let bridge = line.bridge();
    let leave = "第一行\n<a href=\"https://oa.example.org/leave\">请假</a>\n第三行 & ]]>";
    bridge.post(RULES, &rule("请假", "contains", "请假", leave, 10)).await.expect(201);
    bridge.post(RULES, &rule("全部", "all", "", "听不懂", 100)).await.expect(201);
    let picture = json!({ "name": "图", "said": "image", "reply": { "kind": "news", "articles": [
        { "title": "收到图片", "url": "https://oa.example.org/1", "picture": "https://oa.example.org/1.png" }] } });
    bridge.post(RULES, &picture).await.expect(201);
    line.act("zhangsan", Act::Text { content: "我要请假".into() });
    line.settle().await;
    line.act("zhangsan", Act::Text { content: "别的".into() });
    line.settle().await;
    assert_eq!(texts(&line), [leave, "听不懂"]);
    let media = line.world.sandbox.state().add_media(seed::CORPID, "image", "a.png", b"picture".to_vec()).unwrap();
    line.act("zhangsan", Act::Image { media_id: media });
    line.act("zhangsan", Act::Enter);
    line.settle().await;
    let news = serde_json::to_value(shown(&line).pop().unwrap()).unwrap();
    assert_eq!(news["articles"][0]["title"], "收到图片");
    assert_eq!(shown(&line).len(), 3, "opening the app is no message");
    let notes: Vec<Value> = line.inbox("?kind=message.").await.into_iter().map(|item| item["note"].clone()).collect();
    assert_eq!(
        notes,
        [json!("answered by an auto reply"), json!("answered by an auto reply"), json!("answered by an auto reply")]
    );
    line.stop().await;
}

#[tokio::test]
async fn a_reply_that_is_too_long_for_one_message_arrives_whole_in_several() {
    let line = line().await;
    let long: String = (0..90).map(|n| format!("第{n}句,十五个字左右的一句话。")).collect();
    assert!(long.chars().count() <= 1_500 && long.len() > 2_048);
    line.bridge().post(RULES, &rule("长", "all", "", &long, 1)).await.expect(201);
    line.act("zhangsan", Act::Text { content: "x".into() });
    line.settle().await;
    let arrived = async {
        while texts(&line).concat().len() < long.len() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), arrived).await.expect("the rest arrives");
    assert_eq!(texts(&line).concat(), long);
    assert!(texts(&line).len() >= 2 && texts(&line).iter().all(|text| text.len() <= 2_048 && text.ends_with('。')));
    line.stop().await;
}

/// Returns when the member has so many messages from the app.
async fn until_shown(line: &Line, count: usize) {
    let arrived = async {
        while texts(line).len() < count {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), arrived).await.expect("the rest arrives");
}

#[tokio::test]
async fn who_asks_twice_gets_the_whole_answer_twice_and_others_who_wait_hold_nobody_up() {
    let line = line().await;
    let long: String = (0..90).map(|n| format!("第{n}句,十五个字左右的一句话。")).collect();
    line.bridge().post(RULES, &rule("长", "all", "", &long, 1)).await.expect(201);
    // more than are looked at together wait for somebody else's connection
    let write = |tx: &wecom_bridge::store::WriteTx| {
        for n in 0..250 {
            let piece = json!({
                "id": format!("0000-{n:03}"), "corp": "acme-main", "app": "oa", "to": format!("u{n}"),
                "content": { "kind": "text", "text": "rest" }, "due_at_ms": i64::MAX, "attempts": 1,
            });
            wecom_bridge::store::follow_ups::put(tx, &serde_json::from_value(piece).unwrap())?;
        }
        Ok(())
    };
    line.bridge().app.store.write_blocking(write).unwrap();
    line.act("zhangsan", Act::Text { content: "x".into() });
    line.settle().await;
    until_shown(&line, 2).await;
    line.act("zhangsan", Act::Text { content: "y".into() });
    line.settle().await;
    until_shown(&line, 4).await;
    assert_eq!(texts(&line).concat(), format!("{long}{long}"));
    line.stop().await;
}

/// Returns what is kept of the newest callback once its first piece is as wanted.
async fn until_rest(line: &Line, is_wanted: impl Fn(&Value) -> bool) -> Value {
    let told = async {
        loop {
            let item = line.inbox("?text=x1").await.remove(0);
            if item["rest"].get(0).is_some_and(&is_wanted) {
                return item;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), told).await.expect("it is told")
}

/// As if so many attempts had failed, and the next one were due.
async fn hurry(line: &Line, attempts: u32, is_doubtful: bool) {
    let write = move |tx: &wecom_bridge::store::WriteTx| {
        let mut pieces = wecom_bridge::store::follow_ups::list(tx, None, 9)?;
        let piece = pieces.first_mut().unwrap();
        (piece.attempts, piece.due_at_ms) = (attempts, 1);
        if is_doubtful {
            (piece.begun_at_ms, piece.checks_repeats) = (Some(1), false);
        }
        wecom_bridge::store::follow_ups::put(tx, piece)
    };
    line.bridge().app.store.write(write).await.unwrap();
    // somebody else writes: the queue is looked at
    line.act("lisi", Act::Text { content: "hello".into() });
    line.settle().await;
}

#[tokio::test]
async fn the_rest_of_a_reply_that_is_given_up_is_seen_and_sent_by_a_replay() {
    let line = line().await;
    let state = line.world.sandbox.state();
    state.seed_member(seed::CORPID, wecom_bridge::sandbox::Member::new("lisi", "李四", 1));
    let long: String = (0..90).map(|n| format!("第{n}句,十五个字左右的一句话。")).collect();
    line.bridge().post(RULES, &rule("长", "starts_with", "x", &long, 1)).await.expect(201);
    state.add_fault(Fault::always("message/send", Effect::Errcode { errcode: 40058 }));
    line.act("zhangsan", Act::Text { content: "x1".into() });
    line.settle().await;
    let item = until_rest(&line, |piece| piece["attempts"] == 1).await;
    assert_eq!((&item["state"], &item["rest"][0]["state"]), (&json!("done"), &json!("waiting")));
    assert_eq!(item["rest"][0]["errcode"], 40058, "{item}");
    hurry(&line, 7, false).await;
    let item = until_rest(&line, |piece| piece["state"] == "given_up").await;
    assert_eq!((&item["state"], &item["rest"][0]["attempts"]), (&json!("failed"), &json!(8)));
    assert_eq!(item["note"], "answered by an auto reply; the rest of the auto reply was given up");
    let gauges = line.bridge().get(&format!("{CORP}/callbacks")).await.expect(200);
    assert_eq!(gauges["failed"], 1);
    let id = item["id"].as_str().unwrap();
    let browser = crate::web::browser::Browser::sign_in(line.bridge(), wecom_bridge::model::Role::Operator).await;
    let page = browser.get(&format!("/corps/acme-main/inbox/{id}")).await.expect(200);
    page.has("自动回复的后续部分").has("已放弃").has("失败 8 次").has("40058");
    browser.get("/corps/acme-main/inbox?state=failed").await.expect(200).has("多次发送失败，已放弃");

    state.clear_faults();
    line.bridge().act(&format!("{CORP}/inbox/{id}/replay")).await.expect(200);
    let item = until_rest(&line, |piece| piece["state"] == "sent").await;
    assert_eq!((&item["state"], &item["replays"]), (&json!("done"), &json!(1)));
    until_shown(&line, 2).await;
    assert_eq!(texts(&line).concat(), long, "what was answered at once is not said again");
    line.bridge().act(&format!("{CORP}/inbox/{id}/replay")).await.expect(200);
    line.settle().await;
    assert_eq!(line.bridge().app.store.read(|tx| wecom_bridge::store::follow_ups::list(tx, None, 9)).unwrap(), []);
    line.stop().await;
}

#[tokio::test]
async fn the_rest_of_a_reply_that_may_have_arrived_is_said_to_be_unknown() {
    let line = line().await;
    let state = line.world.sandbox.state();
    state.seed_member(seed::CORPID, wecom_bridge::sandbox::Member::new("lisi", "李四", 1));
    let long: String = (0..90).map(|n| format!("第{n}句,十五个字左右的一句话。")).collect();
    line.bridge().post(RULES, &rule("长", "starts_with", "x", &long, 1)).await.expect(201);
    state.add_fault(Fault::always("message/send", Effect::DropAfter));
    line.act("zhangsan", Act::Text { content: "x1".into() });
    line.settle().await;
    until_rest(&line, |piece| piece["attempts"] == 1).await;
    hurry(&line, 1, true).await;
    let item = until_rest(&line, |piece| piece["state"] == "unknown").await;
    assert_eq!(item["state"], "done", "nothing is left to be done");
    assert!(item["rest"][0]["error"].as_str().unwrap().contains("would deliver a repetition twice"), "{item}");
    let browser = crate::web::browser::Browser::sign_in(line.bridge(), wecom_bridge::model::Role::Operator).await;
    let page = browser.get(&format!("/corps/acme-main/inbox/{}", item["id"].as_str().unwrap())).await.expect(200);
    page.has("结果未知").has("可能没有送达");
    line.stop().await;
}

#[tokio::test]
async fn the_rest_of_replies_and_messages_share_the_limits_of_a_member() {
    let line = line().await;
    let (bridge, state) = (line.bridge(), line.world.sandbox.state());
    bridge.app.messages.start();
    let target = json!({ "corp": "acme-main", "app": "oa", "kind": "text" });
    bridge.post("/api/v1/tenants/acme/rules", &json!({ "name": "r", "targets": [target] })).await.expect(201);
    let long: String = (0..90).map(|n| format!("第{n}句,十五个字左右的一句话。")).collect();
    bridge.post(RULES, &rule("长", "all", "", &long, 1)).await.expect(201);
    let sends = || state.count("message/send");
    for n in 0..10 {
        line.act("zhangsan", Act::Text { content: format!("x{n}") });
        line.settle().await;
    }
    let arrived = async {
        while sends() < 10 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), arrived).await.expect("the rests arrive");
    let rests = sends();
    let mut ids = Vec::new();
    for n in 0..30 {
        let message = json!({
            "tenant": "acme", "source": "workflow", "title": format!("第{n}条"), "priority": "high",
            "recipients": { "bindings": [{ "corp": "acme-main", "userid": "zhangsan" }] },
        });
        let made = bridge.post("/api/v1/messages", &message).await.expect(202);
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    let row =
        async |id: &str| bridge.get(&format!("/api/v1/messages/{id}/deliveries")).await.expect(200)["items"][0].clone();
    let mut held = 0;
    for id in &ids {
        let told = async {
            loop {
                let row = row(id).await;
                if row["state"] == "sent" || row["code"] == "member_limit" {
                    return row;
                }
                tokio::task::yield_now().await;
            }
        };
        let row = tokio::time::timeout(std::time::Duration::from_secs(30), told).await.expect("it goes or waits");
        held += u64::from(row["state"] != "sent");
    }
    assert!(held >= rests, "{held} of 30 messages wait, after {rests} rests of replies");
    let messages = state.messages(seed::CORPID);
    let is_dropped = |message: &wecom_bridge::sandbox::messages::message::Message| {
        let truth = |receipt| message.truth(receipt) == wecom_bridge::sandbox::messages::message::Truth::Dropped;
        message.receipts.iter().any(truth)
    };
    assert!(!messages.iter().any(is_dropped), "WeCom threw nothing away");
    bridge.app.messages.shutdown().await;
    line.stop().await;
}

#[tokio::test]
async fn a_repeat_is_answered_as_the_first_was_although_the_rules_have_changed() {
    let line = line().await;
    let bridge = line.bridge();
    let made = bridge.post(RULES, &rule("a", "all", "", "旧", 1)).await.expect(201);
    let twice = DeliveryOptions { duplication: 1.0, ..DeliveryOptions::default() };
    line.world.sandbox.state().set_delivery(twice);
    line.act("zhangsan", Act::Text { content: "x".into() });
    line.settle().await;
    assert_eq!(texts(&line).first().map(String::as_str), Some("旧"));
    let items = line.inbox("").await;
    assert_eq!((items.len(), &items[0]["repeats"]), (1, &json!(1)));
    let id = made["id"].as_str().unwrap();
    bridge.put(&format!("{RULES}/{id}"), &rule("a", "all", "", "新", 1)).await.expect(200);
    line.act("zhangsan", Act::Text { content: "y".into() });
    line.settle().await;
    assert_eq!(texts(&line).last().map(String::as_str), Some("新"), "a changed rule is in force at once");
    line.stop().await;
}

#[tokio::test]
async fn rules_are_kept_within_their_limits_and_tried_out() {
    let line = line().await;
    let bridge = line.bridge();
    for (body, at) in [
        (rule("", "all", "", "x", 1), "name"),
        (rule("a", "contains", &"键".repeat(51), "x", 1), "keyword"),
        (rule("a", "contains", "", "x", 1), "keyword"),
        (rule("a", "all", "", &"答".repeat(1_501), 1), "reply.text"),
        (rule("a", "all", "", "x", 101), "priority"),
        (rule("a", "all", "", "x", 0), "priority"),
    ] {
        let problem = bridge.post(RULES, &body).await.expect_problem(422, "auto_reply.invalid");
        assert_eq!(problem["faults"][0]["at"], at);
    }
    let first = bridge.post(RULES, &rule("first", "contains", "请假", "一", 5)).await.expect(201);
    let second = bridge.post(RULES, &rule("second", "starts_with", "请", &"长。".repeat(700), 5)).await.expect(201);
    let order = bridge.get(RULES).await.expect(200);
    assert_eq!(order["items"][0]["id"], first["id"], "of the same priority the older wins");
    let test = |text: &str| json!({ "said": "text", "text": text });
    let path = format!("{RULES}-test");
    let tried = bridge.post(&path, &test("请假")).await.expect(200);
    assert_eq!((&tried["answers"]["name"], &tried["messages"]), (&json!("first"), &json!(1)));
    assert_eq!(tried["matches"].as_array().unwrap().len(), 2);
    let tried = bridge.post(&path, &test("请问")).await.expect(200);
    assert_eq!((&tried["answers"]["name"], &tried["messages"]), (&json!("second"), &json!(3)), "4,200 bytes are three");
    assert_eq!(bridge.post(&path, &test("别的")).await.expect(200)["messages"], 0);
    let off = json!({ "rules": [first["id"], second["id"]], "enabled": false });
    assert_eq!(bridge.post(&format!("{RULES}-switch"), &off).await.expect(200)["rules"], 2);
    assert_eq!(bridge.post(&path, &test("请假")).await.expect(200)["messages"], 0);
    let both = json!({ "rules": [first["id"], second["id"], "none"] });
    bridge.post(&format!("{RULES}-removal?confirm=2"), &both).await.expect_problem(400, "request.confirm");
    assert_eq!(bridge.post(&format!("{RULES}-removal?confirm=3"), &both).await.expect(200)["rules"], 2);
    bridge.get(&format!("{RULES}/{}", first["id"].as_str().unwrap())).await.expect_problem(404, "auto_reply.not_found");
    bridge.get("/api/v1/corps/acme-main/apps/none/auto-replies").await.expect_problem(404, "app.not_found");
    line.stop().await;
}
