//! Auto replies reach the member's phone, encrypted and within the same answer.

use super::*;
use wecom_bridge::sandbox::DeliveryOptions;
use wecom_bridge::sandbox::messages::content::Content;
use wecom_bridge::sandbox::messages::message::Origin;

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
