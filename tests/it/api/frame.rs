//! What holds for every route: keys, scopes, the document, verbs, bodies, errors, headers.

use super::bridge::{Bridge, filled, operations, send};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use wecom_bridge::clock::Clock;
use wecom_bridge::model::ApiScope;

/// Routes that need no key, and why: the document and its page, probes of the supervisor.
const OPEN: [&str; 5] = ["/api/v1/openapi.json", "/api/docs", "/healthz", "/readyz", "/metrics"];

fn scope_of(operation: &Value) -> Option<ApiScope> {
    operation["security"][0]["api_key"][0].as_str().map(|name| ApiScope::find(name).unwrap())
}

#[tokio::test]
async fn no_route_answers_without_a_key_or_with_a_wrong_scope() {
    let bridge = Bridge::start().await;
    let document = bridge.document().await;
    let mut keys = Vec::new();
    for scope in ApiScope::ALL {
        keys.push((scope, bridge.make_key(&[scope]).await));
    }
    let unknown = format!("wbk_{}_{}", "0".repeat(16), "0".repeat(64));
    let mut used = BTreeSet::new();
    for (method, pattern, operation) in operations(&document) {
        let path = filled(&pattern);
        let Some(needed) = scope_of(&operation) else {
            assert!(OPEN.contains(&pattern.as_str()), "{method} {pattern} asks for no scope");
            continue;
        };
        used.insert(needed);
        let told = format!("{method} {pattern}");
        let answer = send(bridge.bare(method.clone(), &path)).await;
        answer.expect_problem(401, "key.missing");
        assert!(answer.headers.contains_key("www-authenticate"), "{told}");
        let answer = send(bridge.bare(method.clone(), &path).bearer_auth(&unknown)).await;
        assert!(matches!(answer.status.as_u16(), 401 | 429), "{told}: {}", answer.text);
        for (scope, key) in keys.iter().filter(|(scope, _)| *scope != needed) {
            let answer = send(bridge.bare(method.clone(), &path).bearer_auth(key)).await;
            let problem = answer.expect_problem(403, "key.scope");
            assert_eq!(problem["context"]["scope"], needed.name(), "{told} with {}", scope.name());
        }
    }
    assert_eq!(used, BTreeSet::from(ApiScope::ALL), "a scope that no route asks for is of no use");
    bridge.stop().await;
}

#[tokio::test]
async fn with_its_scope_every_documented_route_is_there() {
    let bridge = Bridge::start().await;
    let document = bridge.document().await;
    for (method, pattern, operation) in operations(&document) {
        let Some(needed) = scope_of(&operation) else { continue };
        let key = bridge.make_key(&[needed]).await;
        let answer = send(bridge.bare(method.clone(), &filled(&pattern)).bearer_auth(key)).await;
        let told = format!("{method} {pattern}: {}", answer.text);
        assert!(!matches!(answer.status.as_u16(), 401 | 403 | 405), "{told}");
        assert!(answer.status.as_u16() < 500, "{told}");
        if answer.status == 404 {
            assert_ne!(answer.json()["code"], "request.not_found", "{told}");
        }
        let is_documented = operation["responses"].get(answer.status.as_str()).is_some();
        assert!(is_documented, "{told}: status {} is not documented", answer.status);
    }
    bridge.stop().await;
}

#[tokio::test]
async fn every_post_takes_an_idempotency_key_unless_it_writes_nothing() {
    let bridge = Bridge::start().await;
    let writes_nothing = ["/test-expression", "/what-if", "/check", "/rules/test", "/auto-replies-test"];
    for (method, pattern, operation) in operations(&bridge.document().await) {
        if method == Method::POST && !writes_nothing.iter().any(|end| pattern.ends_with(end)) {
            let takes = operation["parameters"].as_array().unwrap().iter().any(|p| p["name"] == "Idempotency-Key");
            assert!(takes, "{pattern}");
        }
    }
    bridge.stop().await;
}

#[tokio::test]
async fn the_document_is_sound_and_as_recorded() {
    let bridge = Bridge::start().await;
    let document = bridge.document().await;
    assert_eq!(document["openapi"], "3.1.0");
    let text = document.to_string();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for reference in text.split("#/components/schemas/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(schemas.contains_key(reference), "schema {reference} is referred to and not there");
    }
    let mut ids = BTreeSet::new();
    for (method, pattern, operation) in operations(&document) {
        assert!(ids.insert(operation["operationId"].to_string()), "{method} {pattern}: the operation id is used twice");
        for hole in pattern.split('{').skip(1).map(|part| part.split('}').next().unwrap()) {
            let described = operation["parameters"].as_array().unwrap().iter().find(|p| p["name"] == hole);
            assert!(described.is_some_and(|p| p["description"] != "Id."), "{pattern}: {hole} is not described");
        }
    }
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_json_snapshot!("openapi", document);
    });
    let page = send(bridge.request(Method::GET, "/api/docs").header("accept-language", "en")).await;
    assert_eq!(page.status, 200);
    assert!(page.headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    assert!(!page.text.contains("<script") && !page.text.contains("src="), "the page loads nothing");
    assert!(page.text.contains("lang=\"en\"") && page.text.contains("Parameter</th>"));
    assert!(page.text.contains("href=\"?lang=zh\"") && page.text.contains("<details><summary>Contents</summary>"));
    let chinese = |text: &str| text.chars().any(|c| ('\u{3400}'..='\u{9fff}').contains(&c));
    // what stands between backticks is a value, which may be Chinese
    let told: String =
        page.text.split("<code>").map(|part| part.split_once("</code>").map_or(part, |(_, rest)| rest)).collect();
    let told = told.replace("中文</a>", "");
    let lines: Vec<&str> = told.split('<').filter(|part| chinese(part)).collect();
    assert!(lines.is_empty(), "Chinese in the English reference: {lines:?}");
    for (lang, expected) in [("en", "en"), ("zh", "zh-CN"), ("fr", "zh-CN")] {
        let asked = bridge.request(Method::GET, &format!("/api/docs?lang={lang}")).header("accept-language", "zh");
        let page = send(asked).await;
        assert!(page.text.contains(&format!("<html lang=\"{expected}\"")), "{lang}: {}", page.status);
    }
    let page = send(bridge.request(Method::GET, "/api/docs?lang=zh")).await;
    for tag in document["tags"].as_array().unwrap() {
        let name = tag["name"].as_str().unwrap();
        let heading = format!("<h2 lang=\"zh-CN\">{name}</h2>");
        assert!(name == "Webhooks" || !page.text.contains(&heading), "{name} has no Chinese name");
    }
    let page = send(bridge.request(Method::GET, "/api/docs").header("accept-language", "zh-CN,en;q=0.5")).await;
    assert!(page.text.contains("lang=\"zh-CN\"") && page.text.contains("参数</th>") && page.text.contains("推送规则"));
    // where the browser's language is not one of ours, the one that is set, as on the pages; what was chosen counts more
    for (cookie, expected) in [("", "zh-CN"), ("wb_lang=zh; __Host-wb_lang=en", "en"), ("other_wb_lang=en", "zh-CN")] {
        let asked = bridge.request(Method::GET, "/api/docs").header("accept-language", "fr").header("cookie", cookie);
        assert!(send(asked).await.text.contains(&format!("<html lang=\"{expected}\"")), "{cookie}");
    }
    bridge.stop().await;
}

#[tokio::test]
async fn the_document_need_not_be_fetched_twice() {
    let bridge = Bridge::start().await;
    let first = bridge.get("/api/v1/openapi.json").await;
    let again = bridge.request(Method::GET, "/api/v1/openapi.json").header("if-none-match", &first.headers["etag"]);
    let again = send(again).await;
    assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""));
    bridge.stop().await;
}

#[tokio::test]
async fn wrong_verbs_paths_queries_and_bodies_are_refused_clearly() {
    let bridge = Bridge::start().await;
    bridge.put("/api/v1/tenants/acme", &json!({ "name": "Acme" })).await.expect(201);

    let answer = send(bridge.request(Method::PATCH, "/api/v1/tenants/acme")).await;
    answer.expect_problem(405, "request.method");
    assert_eq!(answer.headers["allow"], "DELETE, GET, PUT");
    bridge.get("/api/v1/nothing").await.expect_problem(404, "request.not_found");
    bridge.get("/nothing").await.expect_problem(404, "request.not_found");
    bridge.get("/api/v1/tenants/none").await.expect_problem(404, "tenant.not_found");

    bridge.get("/api/v1/tenants?color=red").await.expect_problem(400, "request.query");
    let problem = bridge.get("/api/v1/tenants/acme/units?color=red").await.expect_problem(400, "request.query");
    assert!(problem["faults"][0]["message"].as_str().unwrap().contains("color"), "{problem}");
    for limit in ["0", "1001", "-1", "many"] {
        bridge.get(&format!("/api/v1/tenants/acme/units?limit={limit}")).await.expect_problem(400, "request.query");
    }

    let put = |content_type: &'static str, body: &'static str| {
        let request =
            bridge.request(Method::PUT, "/api/v1/tenants/acme").header("content-type", content_type).body(body);
        async move { send(request).await }
    };
    put("text/plain", r#"{"name":"A"}"#).await.expect_problem(415, "request.media_type");
    put("application/json", "").await.expect_problem(400, "request.json");
    put("application/json", "{").await.expect_problem(400, "request.json");
    put("application/json", r#"{"name":"A"} x"#).await.expect_problem(400, "request.json");
    let problem = put("application/json", r#"{"name":7}"#).await.expect_problem(400, "request.json");
    assert_eq!(problem["faults"][0]["at"], "name");
    let answer = put("application/json", r#"{"name":"A","nick":"B"}"#).await;
    assert_eq!(answer.expect_problem(400, "request.unknown_field")["faults"][0]["at"], "nick");
    bridge.stop().await;
}

#[tokio::test]
async fn bodies_have_limits() {
    let bridge = Bridge::start_with("[limits]\nbody_max_mib = 2\n", Clock::system()).await;
    bridge.put("/api/v1/tenants/acme", &json!({ "name": "Acme" })).await.expect(201);
    let large = json!({ "name": "x".repeat(1 << 20) });
    bridge.put("/api/v1/tenants/acme", &large).await.expect_problem(413, "request.too_large");
    let units = |bytes: usize| json!({ "units": [{ "id": "1", "name": "x".repeat(bytes) }] });
    bridge.post("/api/v1/tenants/acme/units", &units(2 << 20)).await.expect_problem(413, "request.too_large");
    // between the ordinary limit and the configured one: read, and refused for its content
    assert_eq!(bridge.post("/api/v1/tenants/acme/units", &units(1 << 20)).await.status, 422);
    let chunks = futures_util::stream::iter((0..3).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1 << 20])));
    let request = bridge.request(Method::POST, "/api/v1/tenants/acme/units").header("content-type", "application/json");
    let answer = send(request.body(reqwest::Body::wrap_stream(chunks))).await;
    answer.expect_problem(413, "request.too_large");
    let answer = bridge.upload("/api/v1/tenants/acme/imports", "d.zip", vec![0; (2 << 20) + 1]).await;
    answer.expect_problem(413, "request.too_large");
    bridge.stop().await;
}

#[tokio::test]
async fn every_answer_has_its_headers() {
    let bridge = Bridge::start().await;
    for path in ["/api/v1/tenants", "/api/v1/nothing", "/api/docs"] {
        let answer = bridge.get(path).await;
        for (name, value) in
            [("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("referrer-policy", "no-referrer")]
        {
            assert_eq!(answer.headers[name], value, "{path}");
        }
        assert!(
            answer.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"),
            "{path}"
        );
        assert!(!answer.headers["x-request-id"].is_empty(), "{path}");
    }
    let forged = send(bridge.request(Method::GET, "/api/v1/tenants").header("x-request-id", "chosen-by-client")).await;
    assert_ne!(forged.headers["x-request-id"], "chosen-by-client", "only a trusted proxy names requests");
    bridge.stop().await;
}

#[tokio::test]
async fn a_base_path_stands_before_everything() {
    let bridge = Bridge::start_with("base_path = \"/wecom\"\n", Clock::system()).await;
    bridge.get("/api/v1/tenants").await.expect(200);
    let outside = bridge.base.replace("/wecom", "/api/v1/tenants");
    send(bridge.http.get(outside).bearer_auth(&bridge.key)).await.expect_problem(404, "request.not_found");
    assert_eq!(bridge.document().await["servers"][0]["url"], "/wecom");
    let made = bridge.post("/api/v1/api-keys", &json!({ "name": "k", "scopes": ["ops.read"] })).await;
    assert!(made.headers["location"].to_str().unwrap().starts_with("/wecom/api/v1/api-keys/"));
    bridge.stop().await;
}
