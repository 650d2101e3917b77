//! `/_sandbox/…` and the page for people.

use super::caller::{CORP, World, person, read};
use serde_json::{Value, json};
use wecom_bridge::sandbox::{Profile, Sandbox, SandboxOptions, seed};

struct Control<'w>(&'w World);

impl Control<'_> {
    async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}/_sandbox/{path}", self.0.sandbox.base_url());
        let request = self.0.http().request(method.parse().unwrap(), url);
        let request = if body.is_null() { request } else { request.body(body.to_string()) };
        let got = read(request.send().await.unwrap()).await.unwrap();
        (got.status, got.body)
    }

    async fn ok(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, got) = self.call(method, path, body).await;
        assert_eq!(status, 200, "{method} {path}: {got}");
        got
    }
}

#[tokio::test]
async fn state_is_saved_and_loaded_again() {
    let world = World::public();
    let contacts = world.contacts().await;
    contacts.post_ok("department/create", json!({"name": "d", "parentid": 1, "id": 20})).await;
    contacts.post_ok("user/create", person("a")).await;
    contacts.post_ok("tag/create", json!({"tagname": "t"})).await;
    world.state().with_corp(CORP, |corp| corp.limits.levels = 3);
    let control = Control(&world);
    let saved = control.ok("GET", "state", Value::Null).await;
    control.ok("POST", "reset", Value::Null).await;
    assert_eq!(world.state().member_count(CORP), 0);
    control.ok("PUT", "state", saved.clone()).await;
    assert_eq!(control.ok("GET", "state", Value::Null).await, saved);
    let app = world.app().await;
    assert_eq!(app.get_ok("user/get?userid=A").await["name"], "Name a");
    assert_eq!(world.state().with_corp(CORP, |corp| corp.limits.levels), Some(3));
}

#[tokio::test]
async fn an_impossible_seed_is_refused_and_changes_nothing() {
    let world = World::public();
    let control = Control(&world);
    let member = |userid: &str, department: u32| json!({"userid": userid, "name": "x", "memberships": [{"department": department}]});
    for (corp, what) in [
        (json!({"corpid": CORP, "nonsense": 1}), "nonsense"),
        (json!({"corpid": CORP, "switches": {"nonsense": true}}), "nonsense"),
        (json!({"corpid": CORP, "members": [member("a", 9)]}), "does not exist"),
        (json!({"corpid": CORP, "members": [member("a", 1), member("A", 1)]}), "same userid"),
        (json!({"corpid": CORP, "departments": [{"id": 2, "parent": 3, "name": "a"}]}), "below the root"),
        (
            json!({"corpid": CORP, "departments": [{"id": 1, "parent": 2, "name": "r"}, {"id": 2, "parent": 1, "name": "a"}]}),
            "the root, department 1, hangs below department 2",
        ),
        (
            json!({"corpid": CORP, "departments": [{"id": 2, "parent": 3, "name": "a"}, {"id": 3, "parent": 2, "name": "b"}]}),
            "department 2 does not hang below the root: it is part of a circle",
        ),
        (
            json!({"corpid": CORP, "departments": [
                {"id": 4, "parent": 6, "name": "c"}, {"id": 5, "parent": 6, "name": "a"}, {"id": 6, "parent": 5, "name": "b"}
            ]}),
            "department 4 does not hang below the root: what is above it (department 6) is missing or part of a circle",
        ),
        (
            json!({"corpid": CORP, "departments": [{"id": 2, "parent": 1, "name": "a"}, {"id": 2, "parent": 1, "name": "b"}]}),
            "same id",
        ),
    ] {
        let (status, got) = control.call("POST", "seed", json!({"corps": [corp]})).await;
        assert_eq!(status, 400, "{got}");
        assert!(got["error"].as_str().unwrap().contains(what), "{got}");
    }
    world.contacts().await.get_ok("department/simplelist").await;
}

#[tokio::test]
async fn everything_is_steered_over_http() {
    let world = World::public();
    let control = Control(&world);
    control.ok("POST", "seed", json!({"demo": true})).await;
    let info = control.ok("GET", "info", Value::Null).await;
    assert_eq!(info["corps"].as_array().unwrap().len(), 2);
    let at = control.ok("POST", "clock", json!({"advance_s": 60})).await;
    assert_eq!(at["now_ms"], 1_760_000_060_000_i64);
    control.ok("POST", "clock", json!({"set_ms": 1_760_000_000_000_i64})).await;
    let id = control
        .ok("POST", "faults", json!({"path": "department/", "count": 1, "effect": {"kind": "errcode", "errcode": -1}}))
        .await["id"]
        .clone();
    let contacts = world.contacts().await;
    contacts.get_refused(-1, "department/simplelist").await;
    assert_eq!(control.ok("GET", "faults", Value::Null).await[0]["hits"], 1);
    control.ok("DELETE", &format!("faults/{id}"), Value::Null).await;
    assert_eq!(control.call("DELETE", &format!("faults/{id}"), Value::Null).await.0, 404);
    assert_eq!(control.call("POST", "faults", json!({"effect": {"kind": "nonsense"}})).await.0, 400);
    assert_eq!(
        control.call("POST", "faults", json!({"probability": 2, "effect": {"kind": "drop_after"}})).await.0,
        400
    );
    let calls = control.ok("GET", "calls?endpoint=department&failed=true", Value::Null).await;
    assert_eq!((&calls[0]["errcode"], &calls[0]["fault"]), (&json!(-1), &json!("errcode")));
    assert_eq!(control.ok("GET", "counts", Value::Null).await["department/simplelist"]["calls"], 1);
    assert!(!control.ok("GET", "quota", Value::Null).await.as_array().unwrap().is_empty());
    control.ok("DELETE", "quota", Value::Null).await;
    let corp = format!("corps/{CORP}");
    control.ok("PATCH", &corp, json!({"limits": {"levels": 2}, "switches": {"reduces_events": false}})).await;
    let shown = control.ok("GET", &corp, Value::Null).await;
    assert_eq!((&shown["limits"]["levels"], &shown["switches"]["reduces_events"]), (&json!(2), &json!(false)));
    assert_eq!(control.call("PATCH", &corp, json!({"limits": {"nonsense": 2}})).await.0, 400);
    control.ok("PATCH", &corp, json!({"profile": "private"})).await;
    assert_eq!(world.state().with_corp(CORP, |corp| (corp.profile, corp.limits.levels)), Some((Profile::Private, 15)));
    control.ok("PATCH", &format!("{corp}/apps/9"), json!({"secret": "nine", "visible": {"departments": [1]}})).await;
    world.token_of("nine").await;
    control.ok("DELETE", &format!("{corp}/apps/9"), Value::Null).await;
    control.ok("PUT", &format!("{corp}/trusted-ips"), json!({"owner": "contacts", "ips": ["10.0.0.1"]})).await;
    control.ok("PUT", "caller-ip", json!({"ip": "10.0.0.2"})).await;
    contacts.get_refused(60020, "department/list").await;
    assert_eq!(control.ok("POST", &format!("{corp}/tokens/invalidate"), json!({})).await["invalidated"], 2);
    control.ok("PATCH", "delivery", json!({"loss": 0.5})).await;
    assert_eq!(control.ok("GET", "delivery", Value::Null).await["loss"], 0.5);
    control.ok("POST", &format!("{corp}/console/user/create"), person("byhand")).await;
    let (status, got) = control.call("POST", &format!("{corp}/console/user/create"), person("byhand")).await;
    assert_eq!((status, &got["errcode"]), (400, &json!(60102)));
    assert!(control.ok("POST", &format!("{corp}/tfa"), json!({"userid": "byhand"})).await["code"].is_string());
    assert_eq!(control.call("GET", "corps/nobody", Value::Null).await.0, 404);
}

#[tokio::test]
async fn the_page_shows_everything_and_escapes_it() {
    let world = World::public();
    let contacts = world.contacts().await;
    for i in 0..60 {
        contacts.post_ok("user/create", person(&format!("u{i:02}"))).await;
    }
    contacts.post_ok("user/update", json!({"userid": "u00", "name": "<script>alert(1)</script>"})).await;
    contacts.get_refused(60007, "department/delete?id=1").await;
    let url = world.sandbox.base_url().to_owned();
    let page = world.http().get(&url).send().await.unwrap().text().await.unwrap();
    for part in ["&lt;script&gt;alert(1)", "u49", "after=u49", "user/create", "60007 × 1", "department/delete"] {
        assert!(page.contains(part), "{part} is missing");
    }
    assert!(!page.contains("<script") && !page.contains("Name u50"));
    let next = format!("{url}/?corp={CORP}&after=u49");
    assert!(world.http().get(next).send().await.unwrap().text().await.unwrap().contains("Name u50"));
}

#[tokio::test]
async fn the_demo_corp_is_that_of_the_sample_set_up() {
    let sandbox = Sandbox::start(SandboxOptions::default()).unwrap();
    seed::demo(sandbox.state());
    for secret in [seed::CONTACTS_SECRET, seed::APP_SECRET] {
        let url = format!("{}/cgi-bin/gettoken?corpid={}&corpsecret={secret}", sandbox.base_url(), seed::CORPID);
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let got = read(http.get(url).send().await.unwrap()).await.unwrap();
        assert_eq!(got.body["errcode"], 0, "{secret}");
    }
    sandbox.stop().await;
}

#[test]
fn a_used_address_is_a_clear_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let refused = Sandbox::start(SandboxOptions { listen: listen.clone(), ..SandboxOptions::default() }).unwrap_err();
    assert!(refused.to_string().contains(&listen), "{refused}");
}
