//! Webhooks: signed, once, again after failures, dead letters, redrive.

use super::endpoint::Endpoint;
use super::*;
use std::time::Duration;
use wecom_bridge::clock::Clock;
use wecom_bridge::model::{ApiScope, WebhookPost};
use wecom_bridge::store;

const HOOK: &str = "/api/v1/webhooks/oa";

struct Scene {
    bridge: Bridge,
    endpoint: Endpoint,
    secret: String,
}

impl Scene {
    async fn new(events: &[&str]) -> Self {
        let bridge = Bridge::start_with("", Clock::manual(1_700_000_100_000)).await;
        set_up(&bridge, "acme-main", "ww1", TOKEN, AES_KEY).await;
        let endpoint = Endpoint::start().await;
        let made = bridge.put(HOOK, &json!({ "url": endpoint.url, "events": events })).await.expect(201);
        let secret = made["secret"].as_str().unwrap().to_owned();
        bridge.app.callbacks.start();
        bridge.app.webhooks.start();
        Self { bridge, endpoint, secret }
    }

    /// Receives a text message and lets everything that follows happen.
    async fn say(&self, msgid: u64) {
        assert_eq!(
            deliver(&self.bridge, APP, &crypto("ww1"), &text_message(msgid, "zhangsan", "你好")).await.status,
            200
        );
        self.bridge.app.callbacks.idle().await.unwrap();
        self.bridge.app.webhooks.idle().await.unwrap();
    }

    async fn later(&self, seconds: u64) {
        self.bridge.app.clock.advance(Duration::from_secs(seconds));
        self.bridge.app.webhooks.idle().await.unwrap();
    }

    async fn posts(&self, query: &str) -> Vec<Value> {
        let page = self.bridge.get(&format!("{HOOK}/posts{query}")).await.expect(200);
        page["items"].as_array().unwrap().clone()
    }

    async fn stop(self) {
        self.bridge.app.callbacks.shutdown().await;
        self.bridge.app.webhooks.shutdown().await;
        self.bridge.stop().await;
    }
}

#[tokio::test]
async fn an_event_is_told_once_signed_and_whole() {
    let scene = Scene::new(&["message.*"]).await;
    scene.say(42).await;
    scene.say(42).await;
    let told = scene.endpoint.told();
    assert_eq!(told.len(), 1, "a repeat of the callback is not told again");
    assert!(told[0].is_signed(&scene.secret, 1_700_000_100));
    assert!(!told[0].is_signed("whsec_AAAA", 1_700_000_100));
    assert!(!told[0].is_signed(&scene.secret, 1_700_000_401), "an old one is a replay");
    let body = told[0].json();
    assert_eq!((&body["type"], &body["data"]["fields"]["Content"]), (&json!("message.text"), &json!("你好")));
    assert_eq!(body["id"], told[0].headers["webhook-id"]);
    assert_eq!(told[0].headers["webhook-event"], "message.text");
    let posts = scene.posts("").await;
    assert_eq!(
        (&posts[0]["state"], &posts[0]["attempts"], &posts[0]["status"]),
        (&json!("done"), &json!(1), &json!(200))
    );
    assert!(!scene.bridge.get(HOOK).await.text.contains("whsec"), "the secret is shown once");
    scene.stop().await;
}

#[tokio::test]
async fn failures_are_tried_again_with_the_same_id_until_they_are_dead() {
    let scene = Scene::new(&["*"]).await;
    scene.endpoint.answer([500, 302]);
    scene.say(1).await;
    assert_eq!(scene.posts("?state=waiting").await[0]["error"], "the endpoint answered 500");
    scene.later(4).await;
    assert_eq!(scene.endpoint.told().len(), 1, "not before five seconds");
    scene.later(1).await;
    assert_eq!(scene.posts("?state=waiting").await[0]["error"], "the endpoint answered 302", "no redirect is followed");
    scene.later(30).await;
    let told = scene.endpoint.told();
    assert_eq!(told.len(), 3);
    assert!(
        told.iter().all(|one| one.headers["webhook-id"] == told[0].headers["webhook-id"] && one.body == told[0].body)
    );
    assert_eq!(told[2].headers["webhook-attempt"], "3");
    assert!(told[2].is_signed(&scene.secret, 1_700_000_135), "signed anew at each attempt");

    scene.endpoint.answer([503; 11]);
    scene.say(2).await;
    for _ in 0..12 {
        scene.later(28_800).await;
    }
    assert_eq!(scene.endpoint.told().len(), 3 + 11);
    let dead = scene.posts("?state=dead").await;
    assert_eq!((dead.len(), &dead[0]["attempts"]), (1, &json!(11)));
    assert_eq!(scene.bridge.get(HOOK).await.expect(200)["gauge"]["dead"], 1);
    let id = dead[0]["id"].as_str().unwrap().to_owned();
    scene.bridge.act(&format!("{HOOK}/posts/{id}/redrive")).await.expect(200);
    scene.bridge.app.webhooks.idle().await.unwrap();
    assert_eq!(scene.endpoint.told().last().unwrap().headers["webhook-id"], id.as_str());
    scene.bridge.act(&format!("{HOOK}/posts/{id}/redrive")).await.expect_problem(409, "post.not_dead");
    scene.bridge.act(&format!("{HOOK}/posts/none/redrive")).await.expect_problem(404, "post.not_found");
    assert_eq!(scene.bridge.act(&format!("{HOOK}/redrives")).await.expect(200)["posts"], 0);
    assert!(scene.bridge.app.store.verify().unwrap().is_good());
    scene.stop().await;
}

#[tokio::test]
async fn a_dead_endpoint_does_not_hold_up_another_and_misses_nothing() {
    let scene = Scene::new(&["*"]).await;
    let other = Endpoint::start().await;
    scene
        .bridge
        .put("/api/v1/webhooks/gone", &json!({ "url": "http://127.0.0.1:1/", "events": ["*"] }))
        .await
        .expect(201);
    scene.bridge.put("/api/v1/webhooks/other", &json!({ "url": other.url, "events": ["event.*"] })).await.expect(201);
    for msgid in 1..=3 {
        scene.say(msgid).await;
    }
    assert_eq!(scene.endpoint.told().len(), 3);
    assert_eq!(other.told().len(), 0, "it did not subscribe to messages");
    let gone = scene.bridge.get("/api/v1/webhooks/gone").await.expect(200);
    assert_eq!(gone["gauge"]["waiting"], 3);
    assert!(gone["gauge"]["failures"].as_u64().unwrap() >= 1);
    let put = json!({ "url": other.url, "events": ["*"] });
    scene.bridge.put("/api/v1/webhooks/gone", &put).await.expect(200);
    scene.later(600).await;
    assert_eq!(other.told().len(), 3, "they follow when the address is mended");
    scene.stop().await;
}

#[tokio::test]
async fn settings_are_checked_and_secrets_renewed() {
    let scene = Scene::new(&["*"]).await;
    for (body, field) in [
        (json!({ "url": "ftp://x/" }), "url"),
        (json!({ "url": "http://u:p@x/" }), "url"),
        (json!({ "url": "http://x/", "events": ["A"] }), "events"),
        (json!({ "url": "http://x/", "timeout_ms": 1 }), "timeout_ms"),
    ] {
        let problem = scene.bridge.put("/api/v1/webhooks/x", &body).await.expect_problem(422, "webhook.invalid");
        assert_eq!(problem["faults"][0]["at"], field);
    }
    let renewed = scene.bridge.act(&format!("{HOOK}/secret")).await.expect(201);
    scene.bridge.act(&format!("{HOOK}/test")).await.expect(202);
    scene.bridge.app.webhooks.idle().await.unwrap();
    let told = scene.endpoint.told();
    assert_eq!(told[0].json()["type"], "webhook.test");
    assert!(told[0].is_signed(renewed["secret"].as_str().unwrap(), 1_700_000_100));
    assert!(!told[0].is_signed(&scene.secret, 1_700_000_100), "the former secret is void");
    let off = json!({ "url": scene.endpoint.url, "events": ["*"], "enabled": false });
    scene.bridge.put(HOOK, &off).await.expect(200);
    scene.bridge.act(&format!("{HOOK}/test")).await.expect_problem(422, "webhook.invalid");
    scene.say(7).await;
    assert_eq!(scene.endpoint.told().len(), 1, "nothing is kept for one that is off");
    let reader = scene.bridge.make_key(&[ApiScope::CallbacksRead]).await;
    let answer = send(scene.bridge.bare(Method::DELETE, HOOK).bearer_auth(&reader)).await;
    answer.expect_problem(403, "key.scope");
    scene.bridge.delete(HOOK).await.expect_problem(400, "request.confirm");
    scene.bridge.delete(&format!("{HOOK}?confirm=oa")).await.expect(204);
    scene.bridge.get(HOOK).await.expect_problem(404, "webhook.not_found");
    scene.stop().await;
}

#[tokio::test]
async fn an_endpoint_that_is_slow_holds_nobody_else_up() {
    let scene = Scene::new(&["message.*"]).await;
    let slow = Endpoint::start().await;
    slow.hold(true);
    let settings = json!({ "url": slow.url, "events": ["message.*"] });
    scene.bridge.put("/api/v1/webhooks/slow", &settings).await.expect(201);
    for msgid in 1..=3 {
        let text = text_message(msgid, "zhangsan", "你好");
        assert_eq!(deliver(&scene.bridge, APP, &crypto("ww1"), &text).await.status, 200);
        let told = async {
            while (scene.endpoint.told().len() as u64) < msgid {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), told).await.expect("the other one is told meanwhile");
    }
    assert_eq!(slow.told().len(), 1, "one after the other");
    slow.hold(false);
    scene.bridge.app.webhooks.idle().await.unwrap();
    assert_eq!((slow.told().len(), scene.endpoint.told().len()), (3, 3));
    scene.stop().await;
}

#[tokio::test]
async fn what_ended_long_ago_is_removed_also_where_nobody_listens() {
    let scene = Scene::new(&["message.*"]).await;
    scene.endpoint.answer([500; 100]);
    scene.say(1).await;
    for _ in 0..30 {
        scene.later(8 * 3_600).await;
    }
    assert_eq!(scene.posts("?state=dead").await.len(), 1);
    let ready = scene.bridge.get("/readyz").await.expect(200);
    let codes: Vec<&str> =
        ready["reasons"].as_array().unwrap().iter().map(|reason| reason["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"webhooks.dead") && codes.contains(&"webhooks.failing"), "{ready}");
    let metrics = scene.bridge.get("/metrics").await.text;
    assert!(metrics.contains(r#"wecom_bridge_webhook_posts_dead{webhook="oa"} 1"#), "{metrics}");
    scene.later(31 * 24 * 3_600).await;
    scene.say(2).await;
    let left = scene.posts("").await;
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(left[0]["state"], "waiting", "and nobody listens still");
    scene.stop().await;
}

#[tokio::test]
async fn dead_letters_and_decisions_outlive_the_callbacks() {
    let scene = Scene::new(&["message.*"]).await;
    scene.bridge.put("/api/v1/inbox-settings", &json!({ "kept_days": 1 })).await.expect(200);
    scene.endpoint.answer([503; 11]);
    scene.say(1).await;
    for _ in 0..12 {
        scene.later(28_800).await;
    }
    let now_ms = scene.bridge.app.clock.now_ms();
    let decision = json!({
        "id": "019a2f31-0000-7c40-9d6e-2f0a6b7c1d55", "webhook": "oa", "kind": "card.decision", "body": "{}",
        "made_at_ms": now_ms - 1_000, "due_at_ms": now_ms, "state": "done", "ended_at_ms": now_ms
    });
    let decision: WebhookPost = serde_json::from_value(decision).unwrap();
    scene.bridge.app.store.write(move |tx| store::webhooks::add(tx, &decision)).await.unwrap();
    let kinds = async || {
        scene.bridge.app.callbacks.forget_old().await.unwrap();
        let posts = scene.posts("").await;
        let mut kinds: Vec<String> = posts.iter().map(|post| post["kind"].as_str().unwrap().to_owned()).collect();
        kinds.sort();
        kinds
    };
    assert_eq!(kinds().await, ["card.decision", "message.text"], "four days old, and the inbox keeps one");
    scene.later(13 * 86_400).await;
    assert_eq!(kinds().await, ["card.decision", "message.text"]);
    scene.later(86_400).await;
    assert_eq!(kinds().await, ["card.decision"], "nobody sent it again for 14 days");
    scene.later(17 * 86_400).await;
    assert!(kinds().await.is_empty());
    scene.stop().await;
}

#[tokio::test]
async fn what_was_told_goes_with_the_callbacks_that_it_was_about() {
    let scene = Scene::new(&["message.*"]).await;
    scene.bridge.put("/api/v1/inbox-settings", &json!({ "kept_days": 2 })).await.expect(200);
    scene.say(1).await;
    scene.later(24 * 3_600).await;
    scene.bridge.app.callbacks.forget_old().await.unwrap();
    assert_eq!(scene.posts("").await.len(), 1);
    scene.later(24 * 3_600 + 1).await;
    scene.bridge.app.callbacks.forget_old().await.unwrap();
    assert_eq!(scene.posts("").await, [] as [Value; 0]);
    scene.stop().await;
}
