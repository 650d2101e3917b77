//! Accepting over REST: scopes, faults, idempotency, the log.

use crate::api::bridge::Bridge;
use reqwest::Method;
use serde_json::{Value, json};
use wecom_bridge::model::ApiScope;

async fn bridge() -> Bridge {
    let bridge = Bridge::start().await;
    bridge.put("/api/v1/tenants/acme", &json!({ "name": "Acme" })).await.expect(201);
    bridge
}

fn message(title: &str) -> Value {
    json!({ "tenant": "acme", "source": "workflow", "title": title, "recipients": { "employees": ["e1"] } })
}

async fn post(bridge: &Bridge, key: &str, path: &str, body: &Value) -> crate::api::bridge::Answer {
    let request = bridge.request(Method::POST, path).header("idempotency-key", key).json(body);
    crate::api::bridge::send(request).await
}

#[tokio::test]
async fn a_repeated_request_is_accepted_once() {
    let bridge = bridge().await;
    let first = post(&bridge, "k1", "/api/v1/messages", &message("a")).await;
    let accepted = first.expect(202);
    let location = first.headers["location"].to_str().unwrap().to_owned();
    assert!(location.ends_with(accepted["id"].as_str().unwrap()));
    let again = post(&bridge, "k1", "/api/v1/messages", &message("a")).await;
    assert_eq!(again.expect(202), accepted);
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let other = post(&bridge, "k1", "/api/v1/messages", &message("b")).await;
    other.expect_problem(409, "idempotency.mismatch");
    post(&bridge, "k2", "/api/v1/messages", &message("a")).await.expect(202);
    let listed = bridge.get("/api/v1/messages?tenant=acme").await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 2, "{listed}");

    // at the same moment too
    let third = message("c");
    let (left, right) =
        tokio::join!(post(&bridge, "k3", "/api/v1/messages", &third), post(&bridge, "k3", "/api/v1/messages", &third));
    assert_eq!(left.expect(202), right.expect(202));
    bridge.stop().await;
}

#[tokio::test]
async fn faults_are_named_and_nothing_of_a_bad_batch_is_accepted() {
    let bridge = bridge().await;
    let problem = bridge.post("/api/v1/messages", &message("")).await.expect_problem(422, "message.invalid");
    assert_eq!(problem["faults"][0]["at"], "title");
    let batch = json!({ "messages": [message("a"), message("")] });
    let problem = bridge.post("/api/v1/messages/batch", &batch).await.expect_problem(422, "message.invalid");
    assert_eq!(problem["faults"][0]["at"], "messages[1].title");
    let mut unknown = message("a");
    unknown["tenant"] = "nobody".into();
    bridge.post("/api/v1/messages", &unknown).await.expect_problem(404, "tenant.not_found");
    let mut extra = message("a");
    extra["colour"] = "red".into();
    bridge.post("/api/v1/messages", &extra).await.expect_problem(400, "request.unknown_field");
    assert_eq!(bridge.get("/api/v1/messages").await.expect(200)["items"], json!([]));

    let batch = json!({ "messages": [message("a"), message("b")] });
    let accepted = post(&bridge, "k", "/api/v1/messages/batch", &batch).await.expect(202);
    assert_eq!(post(&bridge, "k", "/api/v1/messages/batch", &batch).await.expect(202), accepted);
    let listed = bridge.get("/api/v1/messages").await.expect(200);
    let ids: Vec<&Value> = listed["items"].as_array().unwrap().iter().map(|item| &item["message"]["id"]).collect();
    assert_eq!(ids, [&accepted["ids"][1], &accepted["ids"][0]], "the newest first");
    bridge.stop().await;
}

#[tokio::test]
async fn each_scope_opens_its_own_doors() {
    let bridge = bridge().await;
    let id = bridge.post("/api/v1/messages", &message("a")).await.expect(202)["id"].as_str().unwrap().to_owned();
    for (scope, method, path, status) in [
        (ApiScope::MessagesRead, Method::POST, "/api/v1/messages".to_owned(), 403),
        (ApiScope::MessagesSend, Method::GET, "/api/v1/messages".to_owned(), 403),
        (ApiScope::MessagesRead, Method::GET, format!("/api/v1/messages/{id}"), 200),
        (ApiScope::MessagesRead, Method::GET, format!("/api/v1/messages/{id}/trace"), 200),
        (ApiScope::MessagesRead, Method::POST, format!("/api/v1/messages/{id}/recall"), 403),
        (ApiScope::MessagesManage, Method::POST, format!("/api/v1/messages/{id}/recall"), 200),
        (ApiScope::MessagesManage, Method::POST, "/api/v1/messages/none/recall".to_owned(), 404),
        (ApiScope::MessagesRead, Method::GET, "/api/v1/messages/none".to_owned(), 404),
        (ApiScope::MessagesRead, Method::GET, "/api/v1/tenants/acme/deliveries?state=odd".to_owned(), 400),
        (ApiScope::MessagesRead, Method::GET, "/api/v1/tenants/none/deliveries".to_owned(), 404),
    ] {
        let key = bridge.make_key(&[scope]).await;
        let mut request = bridge.bare(method.clone(), &path).bearer_auth(&key);
        if method == Method::POST && path.ends_with("messages") {
            request = request.json(&message("b"));
        }
        let answer = crate::api::bridge::send(request).await;
        assert_eq!(answer.status.as_u16(), status, "{scope:?} {method} {path}: {}", answer.text);
    }
    bridge.stop().await;
}

#[tokio::test]
async fn without_a_rule_the_log_says_so_and_files_have_it_too() {
    let bridge = bridge().await;
    bridge.app.messages.start();
    let id = bridge.post("/api/v1/messages", &message("=1+1")).await.expect(202)["id"].as_str().unwrap().to_owned();
    let found = loop {
        let found = bridge.get(&format!("/api/v1/messages/{id}/deliveries")).await.expect(200);
        if !found["items"].as_array().unwrap().is_empty() {
            break found;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(
        (&found["items"][0]["state"], &found["items"][0]["code"]),
        (&json!("unknown_recipient"), &json!("unknown_employee"))
    );
    let status = bridge.get(&format!("/api/v1/messages/{id}")).await.expect(200);
    assert_eq!((&status["stage"], &status["tally"]), (&json!("ended"), &json!({ "unknown_recipient": 1 })));
    let searched = bridge.get("/api/v1/tenants/acme/deliveries?employee=e1&state=dead").await.expect(200);
    assert_eq!(searched["items"], found["items"]);
    for (query, there) in [
        ("recipient=e1", true),
        ("recipient=e2", false),
        ("title=1%2B1", true),
        ("title=2%2B2", false),
        ("recipient=e1&title=1%2B1&state=unknown_recipient", true),
        ("state=not_bound", false),
        ("changed_until_ms=1", false),
    ] {
        let searched = bridge.get(&format!("/api/v1/tenants/acme/deliveries?{query}")).await.expect(200);
        assert_eq!(!searched["items"].as_array().unwrap().is_empty(), there, "{query}");
    }
    let both = "/api/v1/tenants/acme/deliveries?employee=e1&recipient=e1";
    bridge.get(both).await.expect_problem(400, "request.query");
    // a recall may say how many it means
    let recall = format!("/api/v1/messages/{id}/recall");
    let refused = bridge.act(&format!("{recall}?confirm=2")).await.expect_problem(400, "request.confirm");
    assert!(refused.to_string().contains("must be 1"), "{refused}");
    bridge.act(&format!("{recall}?confirm=1")).await.expect(200);
    let csv = bridge.get("/api/v1/tenants/acme/deliveries-file?state=dead&captions=zh").await;
    assert!(
        csv.text.contains("消息编号") && csv.text.contains("'=1+1") && csv.text.contains("unknown_recipient"),
        "{}",
        csv.text
    );
    let xlsx = bridge.get("/api/v1/tenants/acme/deliveries-file?format=xlsx").await;
    assert_eq!(xlsx.status, 200);
    bridge.get("/api/v1/tenants/acme/deliveries-file?format=pdf").await.expect_problem(400, "request.query");
    let settings = bridge.put("/api/v1/message-settings", &json!({ "keep_days": 30 })).await.expect(200);
    assert_eq!(settings, bridge.get("/api/v1/message-settings").await.expect(200));
    bridge.put("/api/v1/message-settings", &json!({ "keep_days": 0 })).await.expect_problem(422, "message.setting");
    bridge.app.messages.shutdown().await;
    bridge.stop().await;
}
