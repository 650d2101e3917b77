//! API keys, idempotency, audit.

use super::bridge::{Answer, Bridge, send};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use wecom_bridge::clock::Clock;
use wecom_bridge::model::ApiScope;

const KEYS: &str = "/api/v1/api-keys";
const NOON_MS: i64 = 1_700_000_000_000;

#[tokio::test]
async fn a_key_is_shown_once_works_and_can_be_revoked() {
    let bridge = Bridge::start().await;
    let made = bridge.post(KEYS, &json!({ "name": "oa", "scopes": ["corp.read"] })).await.expect(201);
    let (key, id) = (made["key"].as_str().unwrap().to_owned(), made["id"].as_str().unwrap().to_owned());
    assert!(key.starts_with(&format!("wbk_{id}_")), "{key}");
    let get = || send(bridge.bare(Method::GET, "/api/v1/tenants").bearer_auth(&key));
    get().await.expect(200);

    let list = bridge.get(KEYS).await;
    assert!(list.text.contains(&id) && !list.text.contains(&key) && !list.text.contains("hash"), "{}", list.text);
    let raw = std::fs::read(bridge.app.store.path()).unwrap();
    let secret = key.rsplit('_').next().unwrap().as_bytes();
    assert!(!raw.windows(secret.len()).any(|part| part == secret), "the key itself must not be stored");

    bridge.delete(&format!("{KEYS}/{id}")).await.expect(200);
    get().await.expect_problem(401, "key.revoked");
    bridge.delete(&format!("{KEYS}/none")).await.expect_problem(404, "key.not_found");
    bridge.stop().await;
}

#[tokio::test]
async fn keys_are_checked_when_they_are_made() {
    let bridge = Bridge::start().await;
    for (body, code) in [
        (json!({ "name": "", "scopes": ["corp.read"] }), "key.name"),
        (json!({ "name": "a", "scopes": [] }), "key.no_scope"),
        (json!({ "name": "a", "scopes": ["corp.read"], "networks": ["10.0.0.0/33"] }), "key.network_form"),
        (json!({ "name": "a", "scopes": ["corp.read"], "expires_at_ms": 1 }), "key.expiry"),
    ] {
        bridge.post(KEYS, &body).await.expect_problem(422, code);
    }
    let problem = bridge.post(KEYS, &json!({ "name": "a", "scopes": ["all"] })).await;
    assert_eq!(problem.expect_problem(400, "request.json")["faults"][0]["at"], "scopes[0]");
    let body = json!({ "name": "a", "scopes": ["corp.read"] });
    bridge.post(KEYS, &body).await.expect(201);
    bridge.post(KEYS, &body).await.expect_problem(409, "key.name_taken");

    let admin = bridge.make_key(&[ApiScope::KeysAdmin]).await;
    let request = bridge.bare(Method::POST, KEYS).bearer_auth(admin);
    let answer = send(request.json(&json!({ "name": "b", "scopes": ["corp.write"] }))).await;
    answer.expect_problem(403, "key.scope_not_held");
    bridge.stop().await;
}

/// Makes a key with another key; answers id and text.
async fn make_with(bridge: &Bridge, maker: &str, body: Value) -> (String, String) {
    let made = send(bridge.bare(Method::POST, KEYS).bearer_auth(maker).json(&body)).await.expect(201);
    (made["id"].as_str().unwrap().to_owned(), made["key"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_key_hands_on_only_what_it_has() {
    let clock = Clock::manual(NOON_MS);
    let bridge = Bridge::start_with("trusted_proxies = [\"127.0.0.1\"]\n", clock.clone()).await;
    let end_ms = NOON_MS + 3_600_000;
    let maker = json!({
        "name": "maker", "scopes": ["keys.admin", "sync.read"], "networks": ["127.0.0.0/8", "10.0.0.0/8"],
        "expires_at_ms": end_ms,
    });
    let (maker_id, maker) = make_with(&bridge, &bridge.key, maker).await;
    let with = |more: Value| {
        let mut body = json!({ "name": "child", "scopes": ["sync.read"] });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        bridge.bare(Method::POST, KEYS).bearer_auth(&maker).json(&body)
    };
    for (more, code) in [
        (json!({ "scopes": ["sync.run"] }), "key.scope_not_held"),
        (json!({ "networks": ["0.0.0.0/0"] }), "key.network_not_held"),
        (json!({ "networks": ["10.1.0.0/16", "11.0.0.1"] }), "key.network_not_held"),
        (json!({ "expires_at_ms": end_ms + 1 }), "key.expiry_not_held"),
    ] {
        send(with(more)).await.expect_problem(403, code);
    }
    let child = send(with(json!({ "networks": ["10.1.0.0/16"], "expires_at_ms": NOON_MS + 60_000 }))).await.expect(201);
    assert_eq!(child["made_with"], maker_id.as_str());
    let heir = send(with(json!({ "name": "heir" }))).await.expect(201);
    assert_eq!(heir["networks"], json!(["127.0.0.0/8", "10.0.0.0/8"]), "as the key that made it: {heir}");
    assert_eq!(heir["expires_at_ms"], end_ms);
    let use_from = |key: &Value, address: &'static str| {
        let request = bridge.bare(Method::GET, "/api/v1/corps/none/runs").bearer_auth(key.as_str().unwrap());
        send(request.header("x-forwarded-for", address))
    };
    use_from(&heir["key"], "10.9.9.9").await.expect_problem(404, "corp.not_found");
    use_from(&heir["key"], "192.168.0.1").await.expect_problem(403, "key.network");
    clock.advance(Duration::from_secs(3_600));
    use_from(&heir["key"], "10.9.9.9").await.expect_problem(401, "key.expired");
    bridge.stop().await;
}

#[tokio::test]
async fn with_a_key_go_the_keys_that_were_made_with_it() {
    let bridge = Bridge::start().await;
    let named = |name: &str| json!({ "name": name, "scopes": ["keys.admin", "corp.read"] });
    let (first_id, first) = make_with(&bridge, &bridge.key, named("first")).await;
    let (second_id, second) = make_with(&bridge, &first, named("second")).await;
    let (third_id, third) = make_with(&bridge, &second, named("third")).await;
    let (_, other) = make_with(&bridge, &bridge.key, named("other")).await;
    let answer = bridge.delete(&format!("{KEYS}/{first_id}")).await.expect(200);
    assert_eq!(answer["id"], first_id.as_str());
    let mut gone: Vec<&str> =
        answer["revoked_with_it"].as_array().unwrap().iter().map(|key| key["id"].as_str().unwrap()).collect();
    gone.sort_unstable();
    let mut want = [second_id.as_str(), third_id.as_str()];
    want.sort_unstable();
    assert_eq!(gone, want);
    for key in [&first, &second, &third] {
        let answer = send(bridge.bare(Method::GET, "/api/v1/tenants").bearer_auth(key)).await;
        answer.expect_problem(401, "key.revoked");
    }
    for key in [&other, &bridge.key] {
        send(bridge.bare(Method::GET, "/api/v1/tenants").bearer_auth(key)).await.expect(200);
    }
    let again = bridge.delete(&format!("{KEYS}/{first_id}")).await.expect(200);
    assert_eq!(again["revoked_with_it"], json!([]), "nothing is left to revoke");
    let rows = bridge.get("/api/v1/audit?limit=3").await.expect(200);
    let actions: Vec<_> = rows["items"].as_array().unwrap().iter().map(|row| &row["action"]).collect();
    assert_eq!(actions, ["key.revoke", "key.revoke", "key.revoke"]);
    bridge.stop().await;
}

#[tokio::test]
async fn keys_expire_and_know_where_they_may_come_from() {
    let clock = Clock::manual(NOON_MS);
    let bridge = Bridge::start_with("trusted_proxies = [\"127.0.0.1\"]\n", clock.clone()).await;
    let body =
        json!({ "name": "a", "scopes": ["corp.read"], "expires_at_ms": NOON_MS + 60_000, "networks": ["10.0.0.0/8"] });
    let made = bridge.post(KEYS, &body).await.expect(201);
    let key = made["key"].as_str().unwrap();
    let from = |address: &str| {
        send(bridge.bare(Method::GET, "/api/v1/tenants").bearer_auth(key).header("x-forwarded-for", address))
    };
    from("10.1.2.3").await.expect(200);
    from("192.168.1.1").await.expect_problem(403, "key.network");
    from("10.1.2.3, 192.168.1.1").await.expect_problem(403, "key.network");
    clock.advance(Duration::from_secs(60));
    from("10.1.2.3").await.expect_problem(401, "key.expired");
    bridge.stop().await;
}

#[tokio::test]
async fn bad_keys_are_slowed_down_and_good_ones_are_not() {
    let clock = Clock::manual(NOON_MS);
    let bridge = Bridge::start_with("", clock.clone()).await;
    let bad = || send(bridge.bare(Method::GET, "/api/v1/tenants").bearer_auth("wbk_guess"));
    for _ in 0..20 {
        bad().await.expect_problem(401, "key.unknown");
    }
    let answer = bad().await;
    answer.expect_problem(429, "key.throttled");
    assert_eq!(answer.headers["retry-after"], "60");
    bridge.get("/api/v1/tenants").await.expect(200);
    clock.advance(Duration::from_secs(60));
    bad().await.expect_problem(401, "key.unknown");
    bridge.stop().await;
}

async fn make_once(bridge: &Bridge, key: &str, body: &Value) -> Answer {
    send(bridge.request(Method::POST, KEYS).header("idempotency-key", key).json(body)).await
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer() {
    let clock = Clock::manual(NOON_MS);
    let bridge = Bridge::start_with("", clock.clone()).await;
    let named = |name: &str| json!({ "name": name, "scopes": ["corp.read"] });
    let first = make_once(&bridge, "k-1", &named("a")).await;
    let again = make_once(&bridge, "k-1", &named("a")).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.headers["location"], first.headers["location"]);
    let (first, again) = (first.expect(201), again.expect(201));
    assert_eq!(first["id"], again["id"]);
    assert!(first["key"].is_string() && again.get("key").is_none(), "the key itself is shown once: {again}");

    make_once(&bridge, "k-1", &named("b")).await.expect_problem(409, "idempotency.mismatch");
    make_once(&bridge, "k-2", &named("b")).await.expect(201);
    // a refused request is not kept: put right, it may come under the same key
    make_once(&bridge, "k-3", &named("a")).await.expect_problem(409, "key.name_taken");
    make_once(&bridge, "k-3", &named("c")).await.expect(201);
    for key in ["", "with blank", &"x".repeat(256)] {
        make_once(&bridge, key, &named("e")).await.expect_problem(400, "idempotency.key");
    }
    clock.advance(Duration::from_secs(24 * 60 * 60));
    make_once(&bridge, "k-1", &named("d")).await.expect(201);
    bridge.stop().await;
}

#[tokio::test]
async fn many_at_once_make_one() {
    let bridge = Bridge::start().await;
    let body = json!({ "name": "a", "scopes": ["corp.read"] });
    let answers = futures_util::future::join_all((0..16).map(|_| make_once(&bridge, "k", &body))).await;
    for answer in &answers {
        match answer.status.as_u16() {
            201 => {}
            409 => assert_eq!(answer.json()["code"], "idempotency.in_progress", "{}", answer.text),
            other => panic!("{other}: {}", answer.text),
        }
    }
    let fresh = answers.iter().filter(|a| a.status == 201 && !a.headers.contains_key("idempotency-replayed")).count();
    assert_eq!(fresh, 1);
    bridge.stop().await;
}

#[tokio::test]
async fn changes_are_in_the_audit_log_with_who_and_from_where() {
    let bridge = Bridge::start().await;
    bridge.put("/api/v1/tenants/acme", &json!({ "name": "Acme" })).await.expect(201);
    bridge.put("/api/v1/tenants/acme", &json!({ "name": "Acme 2" })).await.expect(200);
    bridge.delete("/api/v1/tenants/acme?confirm=acme").await.expect(204);
    let rows = bridge.get("/api/v1/audit?limit=3").await.expect(200);
    let actions: Vec<_> = rows["items"].as_array().unwrap().iter().map(|row| row["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["tenant.remove", "tenant.update", "tenant.create"]);
    let actor = &rows["items"][0]["actor"];
    assert!(actor["name"].as_str().unwrap().starts_with("key:"), "{actor}");
    assert_eq!(actor["from"], "127.0.0.1");
    let next = rows["next"].as_str().unwrap();
    let rest = bridge.get(&format!("/api/v1/audit?after={next}")).await.expect(200);
    assert_eq!(rest["items"][0]["action"], "key.create");
    assert_eq!(bridge.get("/api/v1/audit/verify").await.expect(200), json!({ "whole": true }));
    bridge.stop().await;
}
