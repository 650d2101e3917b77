//! Accounts, sessions and base settings over REST.

use super::bridge::{Answer, Bridge, send};
use reqwest::Method;
use serde_json::{Value, json};
use wecom_bridge::admin::sessions::{Opened, Visitor};
use wecom_bridge::admin::sign_in::{Attempt, Refused, sign_in};
use wecom_bridge::clock::Clock;
use wecom_bridge::model::{ApiScope, Role, Secret};

const ACCOUNTS: &str = "/api/v1/accounts";

async fn make(bridge: &Bridge, name: &str, role: &str) -> (String, String) {
    let body = json!({ "name": name, "display_name": "张三", "role": role });
    let made = bridge.post(ACCOUNTS, &body).await.expect(201);
    (format!("{ACCOUNTS}/{}", made["id"].as_str().unwrap()), made["password"].as_str().unwrap().to_owned())
}

async fn enter(bridge: &Bridge, name: &str, password: &str) -> Result<Opened, Refused> {
    let (name, password) = (name.to_owned(), Secret::new(password));
    sign_in(&bridge.app.admin, Attempt { name, password, code: None, visitor: Visitor::default() }).await
}

#[tokio::test]
async fn accounts_are_made_changed_and_disabled() {
    let bridge = Bridge::start().await;
    let (boss, password) = make(&bridge, "boss", "administrator").await;
    let opened = enter(&bridge, "boss", &password).await.unwrap();
    assert!(opened.account.must_change_password, "a generated password is for once");

    let list = bridge.get(ACCOUNTS).await;
    let row = &list.expect(200)["items"][0];
    assert_eq!((&row["name"], &row["role"], &row["enabled"]), (&json!("boss"), &json!("administrator"), &json!(true)));
    assert_eq!(row["totp"]["state"], "off");
    for secret in [password.as_str(), "argon2", "hash"] {
        assert!(!list.text.contains(secret), "{secret} in {}", list.text);
    }
    bridge.delete(&format!("{boss}/none")).await.expect_problem(404, "request.not_found");

    let changed = json!({ "display_name": "李四", "role": "administrator", "language": "en" });
    let view = bridge.put(&boss, &changed).await.expect(200);
    assert_eq!((&view["display_name"], &view["language"]), (&json!("李四"), &json!("en")));
    let demoted = json!({ "display_name": "李四", "role": "auditor" });
    bridge.put(&boss, &demoted).await.expect_problem(409, "account.last_administrator");
    bridge.act(&format!("{boss}/disable")).await.expect_problem(409, "account.last_administrator");

    let (worker, _) = make(&bridge, "worker", "operator").await;
    let renewed = bridge.act(&format!("{worker}/password")).await.expect(200);
    enter(&bridge, "worker", renewed["password"].as_str().unwrap()).await.unwrap();
    let disabled = bridge.act(&format!("{worker}/disable")).await.expect(200);
    assert!(disabled["disabled_at_ms"].is_i64() && disabled["enabled"] == false, "{disabled}");
    let refused = enter(&bridge, "worker", renewed["password"].as_str().unwrap()).await.unwrap_err();
    assert!(matches!(refused, Refused::Disabled));
    bridge.act(&format!("{worker}/enable")).await.expect(200);
    bridge.act(&format!("{worker}/reset-totp")).await.expect(200);
    for (body, code) in [
        (json!({ "name": "WORKER", "display_name": "A", "role": "operator" }), (409, "account.name_taken")),
        (json!({ "name": "a", "display_name": "A", "role": "operator" }), (422, "account.name")),
        (json!({ "name": "ab", "display_name": "", "role": "operator" }), (422, "account.display_name")),
        (json!({ "name": "ab", "display_name": "A", "role": "root" }), (400, "request.json")),
        (json!({ "name": "ab", "display_name": "A", "role": "auditor", "language": "de" }), (422, "account.language")),
        (
            json!({ "name": "ab", "display_name": "A", "role": "auditor", "password": "x" }),
            (400, "request.unknown_field"),
        ),
    ] {
        bridge.post(ACCOUNTS, &body).await.expect_problem(code.0, code.1);
    }
    bridge.get(&format!("{ACCOUNTS}/none")).await.expect_problem(404, "account.not_found");
    bridge.stop().await;
}

#[tokio::test]
async fn a_generated_password_is_shown_once() {
    let bridge = Bridge::start().await;
    let body = json!({ "name": "boss", "display_name": "张三", "role": "administrator" });
    let post = || {
        let request = bridge.request(Method::POST, ACCOUNTS).header("idempotency-key", "one");
        send(request.json(&body))
    };
    let first = post().await.expect(201);
    let again = post().await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let again = again.expect(201);
    assert_eq!((first["id"].clone(), again.get("password")), (again["id"].clone(), None));
    let password = first["password"].as_str().unwrap();
    let raw = std::fs::read(bridge.app.store.path()).unwrap();
    assert!(!raw.windows(password.len()).any(|part| part == password.as_bytes()), "it must not be stored");
    bridge.stop().await;
}

#[tokio::test]
async fn a_key_makes_and_opens_no_account_that_may_do_more_than_itself() {
    let bridge = Bridge::start().await;
    let (boss, _) = make(&bridge, "boss", "administrator").await;
    make(&bridge, "second", "administrator").await;
    let (auditor, _) = make(&bridge, "auditor", "auditor").await;
    let mut scopes = Role::Auditor.rights();
    scopes.push(ApiScope::AccountsAdmin);
    let key = bridge.make_key(&scopes).await;
    let call = |method: Method, path: String, body: Option<Value>| {
        let request = bridge.bare(method, &path).bearer_auth(&key);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        async move { send(request).await }
    };
    let refused = |answer: Answer| answer.expect_problem(403, "key.scope_not_held");
    let new = |role: &str| Some(json!({ "name": "new", "display_name": "A", "role": role }));
    let profile = |role: &str| Some(json!({ "display_name": "A", "role": role }));
    for role in ["administrator", "operator"] {
        refused(call(Method::POST, ACCOUNTS.into(), new(role)).await);
        refused(call(Method::PUT, auditor.clone(), profile(role)).await);
    }
    for act in ["password", "reset-totp", "enable"] {
        refused(call(Method::POST, format!("{boss}/{act}"), None).await);
        call(Method::POST, format!("{auditor}/{act}"), None).await.expect(200);
    }
    call(Method::PUT, boss.clone(), profile("auditor")).await.expect(200);
    call(Method::POST, ACCOUNTS.into(), new("auditor")).await.expect(201);
    bridge.stop().await;
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let bridge = Bridge::start_with("", Clock::manual(1_763_596_800_000)).await;
    let (boss, password) = make(&bridge, "boss", "administrator").await;
    let (worker, _) = make(&bridge, "worker", "operator").await;
    for _ in 0..3 {
        enter(&bridge, "boss", &password).await.unwrap();
    }
    let list = bridge.get(&format!("{boss}/sessions")).await.expect(200);
    let ids: Vec<&str> = list["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 3);
    assert!(!list.to_string().contains("token"), "{list}");
    bridge.delete(&format!("{worker}/sessions/{}", ids[0])).await.expect_problem(404, "session.not_found");
    bridge.delete(&format!("{boss}/sessions/{}", ids[0])).await.expect(204);
    bridge.delete(&format!("{boss}/sessions/{}", ids[0])).await.expect_problem(404, "session.not_found");
    assert_eq!(bridge.delete(&format!("{boss}/sessions")).await.expect(200)["revoked"], 2);
    assert_eq!(bridge.get(&format!("{boss}/sessions")).await.expect(200)["items"], json!([]));
    bridge.get(&format!("{ACCOUNTS}/none/sessions")).await.expect_problem(404, "account.not_found");
    bridge.stop().await;
}

#[tokio::test]
async fn settings_are_read_replaced_and_checked() {
    let bridge = Bridge::start().await;
    let path = "/api/v1/settings";
    let first = bridge.get(path).await.expect(200);
    assert_eq!((&first["language"], &first["two_person_removals"]), (&json!("zh"), &json!(false)), "{first}");
    assert!(first["public_url_in_force"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{first}");
    let set = bridge.put(path, &json!({ "public_url": "https://bridge.example.com/" })).await.expect(200);
    assert_eq!(set["public_url_in_force"], "https://bridge.example.com");
    assert_eq!(bridge.get(path).await.expect(200), set);
    let problem = bridge.put(path, &json!({ "session_idle_min": 1 })).await.expect_problem(422, "settings.invalid");
    assert_eq!(problem["faults"][0]["at"], "session_idle_min");
    bridge.put(path, &json!({ "colour": "red" })).await.expect_problem(400, "request.unknown_field");
    assert_eq!(bridge.get(path).await.expect(200), set, "a refusal changes nothing");
    let rows = bridge.get("/api/v1/audit?action=settings.&limit=10").await.expect(200);
    assert_eq!(rows["items"].as_array().unwrap().len(), 1, "{rows}");
    bridge.stop().await;
}

#[tokio::test]
async fn the_audit_log_is_filtered() {
    let bridge = Bridge::start().await;
    make(&bridge, "boss", "administrator").await;
    make(&bridge, "worker", "operator").await;
    let count = |query: &str| {
        let path = format!("/api/v1/audit?{query}");
        let bridge = &bridge;
        async move { bridge.get(&path).await.expect(200)["items"].as_array().unwrap().len() }
    };
    assert_eq!(count("action=account.").await, 2);
    assert_eq!(count("action=account.create&subject=WORKER").await, 1);
    assert_eq!(count("actor=cli:tester&action=account.").await, 0);
    assert_eq!(count("action=account.&until_ms=1").await, 0);
    assert_eq!(count("action=account.&from_ms=1").await, 2);
    let page = bridge.get("/api/v1/audit?action=account.&limit=1").await.expect(200);
    let next = page["next"].as_str().unwrap();
    assert_eq!(count(&format!("action=account.&limit=1&after={next}")).await, 1);
    bridge.get("/api/v1/audit?from_ms=yesterday").await.expect_problem(400, "request.query");
    bridge.stop().await;
}
