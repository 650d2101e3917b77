//! Push rules over REST (MSG-02 to MSG-13), the box to try them, and posts of monitoring systems.

use super::bridge::{Answer, Bridge, send};
use super::world::World;
use reqwest::Method;
use serde_json::{Value, json};
use wecom_bridge::directory::sample::SampleSpec;
use wecom_bridge::sandbox::seed;

const CORP: &str = "/api/v1/corps/acme-main";
const RULES: &str = "/api/v1/tenants/acme/rules";

async fn office() -> Bridge {
    let bridge = Bridge::start().await;
    bridge.put("/api/v1/tenants/acme", &json!({ "name": "Acme" })).await.expect(201);
    bridge.put(CORP, &json!({ "tenant": "acme", "name": "Acme", "corpid": "ww0123456789abcdef" })).await.expect(201);
    for (key, callback_enabled) in [("oa", true), ("quiet", false)] {
        let app = json!({ "name": key, "agentid": 1_000_002 + key.len(), "callback_enabled": callback_enabled });
        bridge.put(&format!("{CORP}/apps/{key}"), &app).await.expect(201);
    }
    bridge
}

fn target(app: &str, kind: &str) -> Value {
    json!({ "corp": "acme-main", "app": app, "kind": kind })
}

fn rule(name: &str, targets: Value) -> Value {
    json!({ "name": name, "targets": targets })
}

async fn make(bridge: &Bridge, body: &Value) -> Value {
    bridge.post(RULES, body).await.expect(201)
}

async fn names(bridge: &Bridge) -> Vec<String> {
    let list = bridge.get(RULES).await.expect(200);
    list["items"].as_array().unwrap().iter().map(|rule| rule["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn rules_are_made_changed_ordered_switched_and_removed() {
    let bridge = office().await;
    assert!(names(&bridge).await.is_empty());
    let first = make(&bridge, &rule("待办", json!([target("oa", "textcard")]))).await;
    let saved = &first["rule"]["targets"][0];
    assert_eq!((saved["title"].as_str(), saved["button"].as_str()), (Some("{{ title }}"), Some("详情")), "defaults");
    assert_eq!((first["restored"].clone(), first["warnings"].clone()), (json!([]), json!([])));
    let second = make(&bridge, &rule("通知", json!([target("quiet", "text")]))).await;
    assert_eq!(second["warnings"], json!([]));
    // behind one that takes all of its messages a rule is saved, and the answer says that it never counts
    let behind = make(&bridge, &rule("后", json!([target("quiet", "textcard"), target("oa", "text")]))).await;
    let told = &behind["warnings"];
    let told: Vec<_> = told.as_array().unwrap().iter().map(|one| [&one["at"], &one["code"], &one["by"]]).collect();
    assert_eq!(told, [["targets[0]", "never_reached", "通知"], ["targets[1]", "never_reached", "待办"]]);
    let behind = behind["rule"]["id"].as_str().unwrap();
    bridge.delete(&format!("{RULES}/{behind}?confirm={behind}")).await.expect(204);
    assert_eq!(names(&bridge).await, ["待办", "通知"]);

    let id = first["rule"]["id"].as_str().unwrap();
    let path = format!("{RULES}/{id}");
    // MSG-09: title and button come back, the body may be empty
    let emptied = json!({ "name": "待办", "source": "workflow", "filter": "todo == 'pending'", "targets": [{
        "corp": "acme-main", "app": "oa", "kind": "textcard", "title": " ", "body": "", "button": "",
    }], "quiet_hours": { "from": "22:00", "until": "07:30" }, "digest": { "window_s": 60 } });
    let changed = bridge.put(&path, &emptied).await.expect(200);
    assert_eq!(changed["restored"], json!(["targets[0].title", "targets[0].button"]));
    assert_eq!(
        (changed["rule"]["targets"][0]["body"].as_str(), changed["rule"]["order"].as_u64()),
        (Some(""), Some(0))
    );
    assert_eq!(bridge.get(&path).await.expect(200), changed["rule"]);

    let off = bridge.put(&format!("{path}/enabled"), &json!({ "enabled": false })).await.expect(200);
    assert_eq!(off["enabled"], false);
    let second = bridge.get(RULES).await.expect(200)["items"][1]["id"].clone();
    bridge.put(&format!("{RULES}/order"), &json!({ "rules": [second] })).await.expect(200);
    assert_eq!(names(&bridge).await, ["通知", "待办"]);
    bridge.put(&format!("{RULES}/order"), &json!({ "rules": ["none"] })).await.expect_problem(404, "rule.not_found");
    bridge.delete(&path).await.expect_problem(400, "request.confirm");
    let confirmed = format!("{path}?confirm={}", path.rsplit('/').next().unwrap());
    bridge.delete(&confirmed).await.expect(204);
    bridge.delete(&confirmed).await.expect_problem(404, "rule.not_found");
    bridge.get("/api/v1/tenants/none/rules").await.expect_problem(404, "tenant.not_found");

    let audit = bridge.get("/api/v1/audit").await.expect(200);
    let actions: Vec<&str> =
        audit["items"].as_array().unwrap().iter().filter_map(|row| row["action"].as_str()).collect();
    for action in ["rule.create", "rule.change", "rule.disable", "rule.order", "rule.remove"] {
        assert!(actions.contains(&action), "{action} in {actions:?}");
    }
    bridge.stop().await;
}

#[tokio::test]
async fn a_rule_with_faults_is_refused_with_their_places() {
    let bridge = office().await;
    let long = "一二三四五";
    for (body, at) in [
        (rule("", json!([target("oa", "text")])), "name"),
        (rule("a", json!([])), "targets"),
        (rule("a", json!([target("none", "text")])), "targets[0].app"),
        (rule("a", json!([target("oa", "text"), target("oa", "news")])), "targets[1]"),
        // MSG-11
        (rule("a", json!([target("quiet", "template_card")])), "targets[0].kind"),
        // MSG-10
        (
            rule("a", json!([{ "corp": "acme-main", "app": "oa", "kind": "textcard", "button": long }])),
            "targets[0].button",
        ),
        (
            rule("a", json!([{ "corp": "acme-main", "app": "oa", "kind": "text", "body": "{{ nothing }}" }])),
            "targets[0].body",
        ),
        (
            rule("a", json!([{ "corp": "acme-main", "app": "oa", "kind": "news", "url": "oa.example.org" }])),
            "targets[0].url",
        ),
        (json!({ "name": "a", "filter": "title +", "targets": [target("oa", "text")] }), "filter"),
        (json!({ "name": "a", "digest": { "window_s": 1 }, "targets": [target("oa", "text")] }), "digest.window_s"),
    ] {
        let problem = bridge.post(RULES, &body).await.expect_problem(422, "rule.invalid");
        assert_eq!(problem["faults"][0]["at"], at, "{problem}");
    }
    bridge.post(RULES, &json!({ "name": "a", "targets": [target("oa", "poem")] })).await.expect(400);
    assert!(names(&bridge).await.is_empty());
    bridge.stop().await;
}

#[tokio::test]
async fn rules_can_be_tried() {
    let bridge = office().await;
    make(&bridge, &json!({ "name": "审批", "source": "workflow", "targets": [target("oa", "template_card")] })).await;
    make(&bridge, &rule("全部", json!([target("oa", "text"), target("quiet", "news")]))).await;
    let test = format!("{RULES}/test");
    let sample = json!({ "sample": {
        "source": "workflow", "todo": "pending", "title": "请审批", "body": "正文", "url": "https://oa.example.org/1",
        "buttons": [{ "text": "同意" }, { "text": "驳回", "style": 4 }],
    } });
    let trial = bridge.post(&test, &sample).await.expect(200);
    assert_eq!(trial["rules"].as_array().unwrap().len(), 2);
    let targets = trial["targets"].as_array().unwrap();
    let counts: Vec<_> = targets.iter().map(|target| target["counts"].as_bool().unwrap()).collect();
    assert_eq!(counts, [true, false, true], "the first rule has the app already");
    assert_eq!(targets[0]["contents"][0]["card_type"], "button_interaction");
    assert_eq!(targets[2]["contents"][0]["articles"][0]["title"], "请审批");

    // MSG-13: a reminder is no to-do
    let reminder = json!({ "sample": { "source": "workflow", "title": "催办", "url": "https://oa.example.org/1" } });
    let trial = bridge.post(&test, &reminder).await.expect(200);
    assert_eq!(trial["targets"][0]["fault"]["code"], "not_todo");
    // one that is not saved yet
    let unsaved = json!({ "rule": rule("新", json!([target("oa", "textcard")])), "sample": { "title": "x" } });
    let trial = bridge.post(&test, &unsaved).await.expect(200);
    assert_eq!(trial["targets"][0]["fault"]["code"], "part_empty", "the sample has no link: {trial}");
    bridge.post(&test, &json!({ "message": "none" })).await.expect_problem(404, "message.not_found");
    bridge.stop().await;
}

async fn receive(bridge: &Bridge, path: &str, post: &Value) -> Answer {
    send(bridge.request(Method::POST, &format!("/api/v1/receivers/{path}")).json(post)).await
}

#[tokio::test]
async fn posts_of_monitoring_systems_become_messages_once() {
    let bridge = office().await;
    let people = json!({ "employees": [{ "id": "e1", "name": "张三", "unit_id": "u1" }] });
    bridge.post("/api/v1/tenants/acme/units", &json!({ "units": [{ "id": "u1", "name": "总部" }] })).await.expect(200);
    bridge.post("/api/v1/tenants/acme/employees", &people).await.expect(200);
    let alert = |status: &str| {
        json!({ "status": status, "alerts": [{
            "status": status, "labels": { "alertname": "HighLoad", "severity": "critical" },
            "annotations": { "summary": "load is 20" }, "startsAt": "2025-11-25T14:40:07Z", "fingerprint": "abc",
        }] })
    };
    for kind in ["alertmanager", "grafana"] {
        let path = format!("{kind}?tenant=acme&employees=e1");
        let first = receive(&bridge, &path, &alert("firing")).await.expect(202);
        assert_eq!((first["accepted"].as_u64(), first["messages"].as_array().unwrap().len()), (Some(1), 1));
        let again = receive(&bridge, &path, &alert("firing")).await.expect(202);
        assert_eq!((again["accepted"].as_u64(), &again["messages"]), (Some(0), &first["messages"]));
        let over = receive(&bridge, &path, &alert("resolved")).await.expect(202);
        assert_eq!(over["accepted"], 1);
        // the same alert at another address is for other people
        let others = receive(&bridge, &format!("{kind}?tenant=acme&units=u1"), &alert("firing")).await.expect(202);
        assert_eq!(others["accepted"], 1, "{others}");
        assert_ne!(others["messages"], first["messages"]);
        let id = first["messages"][0].as_str().unwrap();
        let message = bridge.get(&format!("/api/v1/messages/{id}")).await.expect(200);
        let text = message.to_string();
        assert!(text.contains("[告警] HighLoad：load is 20") && text.contains("\"high\""), "{text}");
    }
    let plain = receive(&bridge, "webhook?tenant=acme&units=u1&source=backup", &json!({ "title": "done" })).await;
    assert_eq!(plain.expect(202)["accepted"], 1);
    receive(&bridge, "webhook?tenant=acme", &json!({ "title": "x" })).await.expect_problem(400, "receiver.nobody");
    let wrong = receive(&bridge, "grafana?tenant=acme&employees=e1", &json!({ "title": "x" })).await;
    wrong.expect_problem(422, "receiver.form");
    let unknown = receive(&bridge, "webhook?tenant=none&employees=e1", &json!({ "title": "x" })).await;
    unknown.expect_problem(404, "tenant.not_found");
    let nobody = receive(&bridge, "nagios?tenant=acme&employees=e1", &json!({ "title": "x" })).await;
    nobody.expect_problem(404, "receiver.not_found");
    bridge.stop().await;
}

#[tokio::test]
async fn a_storm_of_alerts_is_taken_and_what_has_no_message_of_its_own_is_told() {
    let bridge = office().await;
    bridge.post("/api/v1/tenants/acme/units", &json!({ "units": [{ "id": "u1", "name": "运维" }] })).await.expect(200);
    let alert = |n: usize| {
        json!({ "status": "firing", "labels": { "alertname": "Down", "instance": n.to_string() }, "startsAt": "",
            "annotations": { "description": "x".repeat(1_200) } })
    };
    let mut alerts: Vec<Value> = (0..1_002).map(alert).collect();
    alerts.insert(7, json!({ "status": "firing", "annotations": { "n": 7 } }));
    let post = json!({ "alerts": alerts, "externalURL": "https://am.example.com" });
    assert!(post.to_string().len() > 1 << 20);
    let taken = receive(&bridge, "alertmanager?tenant=acme&units=u1", &post).await.expect(202);
    assert_eq!(taken["accepted"], 1_001);
    let last = taken["messages"].as_array().unwrap().last().unwrap().as_str().unwrap().to_owned();
    let told = bridge.get(&format!("/api/v1/messages/{last}")).await.expect(200);
    assert_eq!(told["message"]["title"], "[告警] 还有 3 条告警没有逐条转发", "{told}");
    let body = told["message"]["body"].as_str().unwrap();
    assert!(body.contains("另外 2 条") && body.contains("1 条告警的内容无法识别"), "{body}");
    let again = receive(&bridge, "alertmanager?tenant=acme&units=u1", &post).await.expect(202);
    assert_eq!((&again["accepted"], &again["messages"]), (&json!(0), &taken["messages"]));
    let none = json!({ "alerts": [{ "status": 1 }] });
    receive(&bridge, "alertmanager?tenant=acme&units=u1", &none).await.expect_problem(422, "receiver.form");
    bridge.stop().await;
}

/// The recipients of a message once none of them waits any more.
async fn settled(bridge: &Bridge, id: &str) -> Vec<Value> {
    let path = format!("/api/v1/messages/{id}/deliveries");
    let waiting = async {
        loop {
            let rows = bridge.get(&path).await.expect(200)["items"].as_array().unwrap().clone();
            if !rows.is_empty() && rows.iter().all(|row| row["state"] != "waiting") {
                return rows;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), waiting).await.expect("it never came to that")
}

#[tokio::test]
async fn a_message_goes_the_way_of_its_rule() {
    let world = World::with(SampleSpec { employees: 3, units: 1, seed: 1 }).await;
    world.first_sync().await;
    let bridge = &world.bridge;
    let bindings = bridge.get("/api/v1/corps/acme-main/bindings").await.expect(200);
    let (employee, userid) = (&bindings["items"][0]["employee"], bindings["items"][0]["userid"].as_str().unwrap());
    let say = |source: &str, body: &str| {
        json!({
            "tenant": "acme", "source": source, "title": "请审批", "body": body, "url": "https://oa.example.org/1",
            "data": { "amount": 1200 }, "recipients": { "employees": [employee] },
        })
    };
    let big = json!({ "name": "大额", "source": "workflow", "filter": "data.amount > 1000", "targets": [
        { "corp": "acme-main", "app": "oa", "kind": "textcard", "title": "{{ title }}：{{ data.amount }}" },
    ] });
    let made = make(bridge, &big).await;
    bridge.app.messages.start();
    let first = bridge.post("/api/v1/messages", &say("workflow", &"内容。".repeat(100))).await.expect(202);
    let rows = settled(bridge, first["id"].as_str().unwrap()).await;
    assert_eq!((rows[0]["state"].as_str(), &rows[0]["rule"]), (Some("sent"), &made["rule"]["id"]), "{rows:?}");
    let inbox = world.sandbox.state().inbox(seed::CORPID, userid);
    let texts: Vec<Value> = inbox.iter().map(|message| serde_json::to_value(&message.content).unwrap()).collect();
    assert_eq!((texts[0]["msgtype"].as_str(), texts[0]["title"].as_str()), (Some("textcard"), Some("请审批：1200")));
    assert!(texts[1]["content"].as_str().unwrap().starts_with("(2/2)\n"), "the rest follows as text: {texts:?}");
    assert!(inbox.iter().all(|message| message.cuts.is_empty()));

    // no rule carries it: visible, not dropped
    let other = bridge.post("/api/v1/messages", &say("mail", "x")).await.expect(202);
    let rows = settled(bridge, other["id"].as_str().unwrap()).await;
    assert_ne!(rows[0]["state"], "sent", "{rows:?}");
    // a rule that is changed counts from the next message on
    let id = made["rule"]["id"].as_str().unwrap();
    let all = json!({ "name": "全部", "targets": [{ "corp": "acme-main", "app": "oa", "kind": "text", "body": "新：{{ title }}" }] });
    bridge.put(&format!("{RULES}/{id}"), &all).await.expect(200);
    let third = bridge.post("/api/v1/messages", &say("mail", "x")).await.expect(202);
    let rows = settled(bridge, third["id"].as_str().unwrap()).await;
    assert_eq!(rows[0]["state"], "sent", "{rows:?}");
    let last = world.sandbox.state().inbox(seed::CORPID, userid).pop().unwrap();
    assert_eq!(serde_json::to_value(&last.content).unwrap()["content"], "新：请审批");
    bridge.app.messages.shutdown().await;
    world.stop().await;
}
