//! Tenants, corps, apps, secrets, the set-up file; and that no answer ever holds a secret.

use super::bridge::{Bridge, filled, operations, send};
use reqwest::Method;
use serde_json::{Value, json};
use wecom_bridge::model::{CorpKey, Member};
use wecom_bridge::store::{self, links::LinkCounts};

const CORP: &str = "/api/v1/corps/acme-main";

async fn with_corp() -> Bridge {
    let bridge = Bridge::start().await;
    bridge.put("/api/v1/tenants/acme", &json!({ "name": "Acme" })).await.expect(201);
    let corp = json!({ "tenant": "acme", "name": "Acme", "corpid": "ww0123456789abcdef" });
    bridge.put(CORP, &corp).await.expect(201);
    let app = json!({ "name": "OA", "agentid": 1_000_002, "callback_enabled": true });
    bridge.put(&format!("{CORP}/apps/oa"), &app).await.expect(201);
    bridge
}

#[tokio::test]
async fn corps_and_apps_are_written_read_and_removed() {
    let bridge = with_corp().await;
    let corp = bridge.get(CORP).await.expect(200);
    assert_eq!(corp["access"], "read-only");
    assert_eq!(corp["endpoints"]["api_base"], "https://qyapi.weixin.qq.com");
    assert_eq!(corp["apps"][0]["key"], "oa");

    let changed = json!({
        "tenant": "acme", "name": "Acme", "corpid": "ww0123456789abcdef", "access": "read-write", "read_app": "oa",
        "downstream": { "enabled": true, "guard": { "max_removals": 7 } },
    });
    bridge.put(CORP, &changed).await.expect(200);
    let corp = bridge.get(CORP).await.expect(200);
    assert_eq!(corp["downstream"]["guard"]["max_removals"], 7);
    assert_eq!(corp["apps"][0]["key"], "oa", "apps stay");

    bridge.delete(&format!("{CORP}/apps/oa")).await.expect_problem(409, "setup.conflict");
    bridge.delete("/api/v1/tenants/acme?confirm=acme").await.expect_problem(409, "setup.conflict");
    bridge.get(&format!("{CORP}/apps/none")).await.expect_problem(404, "app.not_found");
    assert_eq!(bridge.get("/api/v1/corps?tenant=acme").await.expect(200)["items"].as_array().unwrap().len(), 1);
    let deleting = |confirm: &str| {
        json!({ "tenant": "acme", "name": "Acme", "corpid": "ww0123456789abcdef", "confirm": confirm,
            "downstream": { "leaver": "delete" } })
    };
    for wrong in ["", "acme"] {
        bridge.put(CORP, &deleting(wrong)).await.expect_problem(422, "request.confirm");
    }
    assert_eq!(bridge.get(CORP).await.expect(200)["downstream"]["leaver"], "disable");
    bridge.put(CORP, &deleting("acme-main")).await.expect(200);
    bridge.put(CORP, &deleting("")).await.expect(200);
    bridge.delete(CORP).await.expect_problem(400, "request.confirm");
    bridge.delete(&format!("{CORP}?confirm=acme")).await.expect_problem(400, "request.confirm");
    bridge.delete(&format!("{CORP}?confirm=acme-main")).await.expect(204);
    bridge.get(CORP).await.expect_problem(404, "corp.not_found");
    bridge.stop().await;
}

#[tokio::test]
async fn what_a_read_answers_may_be_written_as_it_is() {
    let bridge = with_corp().await;
    let changed = json!({
        "tenant": "acme", "name": "Acme", "corpid": "ww0123456789abcdef", "access": "read-write", "read_app": "oa",
        "endpoints": { "proxy": "http://proxy.example:3128", "timeout_ms": 7000 },
        "match_rules": [{ "employee": "employee_no", "member": "userid" }], "pull": { "cron": "0 0 3 * * *" },
        "downstream": { "enabled": true, "guard": { "max_removals": 7 }, "scope": { "filter": "!admin" },
            "external_fields": { "职称": "{{ position }}" } },
    });
    for settings in [None, Some(changed)] {
        if let Some(settings) = settings {
            bridge.put(CORP, &settings).await.expect(200);
        }
        for path in [CORP, "/api/v1/tenants/acme", &format!("{CORP}/apps/oa")] {
            let read = bridge.get(path).await.expect(200);
            bridge.put(path, &read).await.expect(200);
            assert_eq!(bridge.get(path).await.expect(200), read, "{path}");
        }
    }
    // but nothing is changed by the way
    let read = bridge.get(CORP).await.expect(200);
    let with = |key: &str, value: Value| {
        let mut body = read.clone();
        body[key] = value;
        body
    };
    for (key, value) in [
        ("key", json!("other")),
        ("apps", json!([])),
        ("apps", json!([{ "key": "x", "name": "X", "agentid": 1, "callback_enabled": false }])),
    ] {
        let problem = bridge.put(CORP, &with(key, value)).await.expect_problem(422, "setup.invalid");
        assert_eq!(problem["faults"][0]["at"], key, "{problem}");
    }
    assert_eq!(bridge.get(CORP).await.expect(200), read);
    bridge.stop().await;
}

#[tokio::test]
async fn bad_settings_are_refused_with_their_places() {
    let bridge = with_corp().await;
    let bad = json!({
        "tenant": "acme", "name": "", "corpid": "?", "downstream": { "scope": { "filter": "name ==" } },
        "pull": { "cron": "every day" }, "match_rules": [{ "employee": "shoe_size", "member": "userid" }],
    });
    let problem = bridge.put(CORP, &bad).await.expect_problem(422, "setup.invalid");
    let places: Vec<_> =
        problem["faults"].as_array().unwrap().iter().map(|fault| fault["at"].as_str().unwrap()).collect();
    for place in ["name", "corpid", "pull.cron"] {
        assert!(places.contains(&place), "{place} in {places:?}");
    }
    assert!(places.iter().any(|place| place.contains("match")), "{places:?}");
    let unknown = json!({ "tenant": "acme", "name": "A", "corpid": "ww1", "downstream": { "leavers": "delete" } });
    let problem = bridge.put(CORP, &unknown).await.expect(400);
    assert!(problem.to_string().contains("leavers"), "{problem}");
    bridge.put("/api/v1/tenants/Not-A-Key", &json!({ "name": "x" })).await.expect_problem(422, "setup.invalid");
    bridge.stop().await;
}

#[tokio::test]
async fn no_answer_holds_a_secret() {
    let bridge = with_corp().await;
    let aes_key = "Secr3tOfNumber9abcdefghijklmnopqrstuvwxyz01";
    let puts = [
        (format!("{CORP}/secrets/contacts"), "Secr3tOfNumber1"),
        (format!("{CORP}/secrets/contacts_token"), "Secr3tOfNumber2"),
        (format!("{CORP}/secrets/contacts_aes_key"), aes_key),
        (format!("{CORP}/apps/oa/secrets/secret"), "Secr3tOfNumber3"),
        (format!("{CORP}/apps/oa/secrets/token"), "Secr3tOfNumber4"),
    ];
    for (path, value) in &puts {
        bridge.put(path, &json!({ "value": value })).await.expect(204);
    }
    let proxied = json!({
        "tenant": "acme", "name": "Acme", "corpid": "ww0123456789abcdef",
        "endpoints": { "proxy": "http://user:Secr3tOfNumber8@127.0.0.1:3128" },
    });
    let refused = bridge.put(CORP, &proxied).await;
    assert_eq!(refused.expect_problem(422, "setup.invalid")["faults"][0]["at"], "endpoints.proxy");
    let mut texts = vec![refused.text];
    for (method, pattern, _) in operations(&bridge.document().await) {
        let path = filled(&pattern)
            .replace("/corps/none", "/corps/acme-main")
            .replace("/tenants/none", "/tenants/acme")
            .replace("/apps/none", "/apps/oa");
        if method == Method::GET && !pattern.ends_with("/events") {
            texts.push(bridge.get(&path).await.text);
        }
    }
    let bad = json!({ "value": "Secr3t Of Number 1 with blanks" });
    texts.push(bridge.put(&format!("{CORP}/secrets/contacts"), &bad).await.text);
    let bad = json!({ "setup": "version = 1\ncontacts_secret = \"Secr3tOfNumber1\"" });
    texts.push(bridge.post("/api/v1/setup", &bad).await.text);
    for text in &texts {
        assert!(!text.contains("Secr3t"), "{text}");
    }
    let list = bridge.get(&format!("{CORP}/secrets")).await.expect(200);
    assert!(list["items"].as_array().unwrap().iter().any(|row| row["app"] == "oa" && row["is_set"] == true), "{list}");
    bridge.delete(&format!("{CORP}/secrets/contacts")).await.expect(204);
    bridge.delete(&format!("{CORP}/secrets/contacts")).await.expect_problem(404, "secret.not_found");
    let other = bridge.put(&format!("{CORP}/secrets/other"), &json!({ "value": "x" })).await;
    other.expect_problem(404, "secret.not_found");
    bridge.stop().await;
}

#[tokio::test]
async fn callback_keys_are_shown_once() {
    let bridge = with_corp().await;
    for (key, path) in [("k1", format!("{CORP}/callback-keys")), ("k2", format!("{CORP}/apps/oa/callback-keys"))] {
        let make = || send(bridge.request(Method::POST, &path).header("idempotency-key", key));
        let (first, again) = (make().await.expect(201), make().await.expect(201));
        assert_eq!(first["aes_key"].as_str().unwrap().len(), 43);
        assert!(first["url"].as_str().unwrap().contains("/cb/acme-main/"), "{first}");
        assert_eq!(again, json!({ "url": first["url"] }));
    }
    bridge.act(&format!("{CORP}/apps/none/callback-keys")).await.expect_problem(404, "app.not_found");
    bridge.stop().await;
}

#[tokio::test]
async fn a_set_up_file_is_laid_over_what_is_there() {
    let bridge = Bridge::start().await;
    let setup = "version = 1\n[[tenant]]\nkey = \"t\"\nname = \"T\"\n[[corp]]\nkey = \"c\"\ntenant = \"t\"\nname = \"C\"\n\
                 corpid = \"ww1\"\ncontacts_secret = \"s\"\n";
    let dry = bridge.post("/api/v1/setup", &json!({ "setup": setup, "dry_run": true })).await.expect(200);
    assert_eq!(dry["items"][0], json!({ "action": "add", "subject": "tenant t" }));
    bridge.get("/api/v1/tenants/t").await.expect_problem(404, "tenant.not_found");
    bridge.post("/api/v1/setup", &json!({ "setup": setup })).await.expect(200);
    let again = bridge.post("/api/v1/setup", &json!({ "setup": setup })).await.expect(200);
    assert!(again["items"].as_array().unwrap().iter().all(|row| row["action"] == "same"), "{again}");
    let export = bridge.get("/api/v1/setup").await.expect(200);
    assert!(export["setup"].as_str().unwrap().contains("corpid = \"ww1\""), "{export}");
    let refers = setup.replace("\"s\"", "{ file = \"/etc/hostname\" }");
    let problem = bridge.post("/api/v1/setup", &json!({ "setup": refers })).await.expect_problem(422, "setup.invalid");
    assert_eq!(problem["faults"][0]["at"], "corp[1].contacts_secret");
    bridge.post("/api/v1/setup", &json!({ "setup": "version = " })).await.expect_problem(422, "setup.invalid");
    bridge.stop().await;
}

#[tokio::test]
async fn error_codes_are_explained() {
    let bridge = Bridge::start().await;
    let row = bridge.get("/api/v1/errcodes/60020").await.expect(200);
    assert!(!row["fix"]["zh"].as_str().unwrap().is_empty() && !row["fix"]["en"].as_str().unwrap().is_empty());
    bridge.get("/api/v1/errcodes/1").await.expect_problem(404, "errcode.not_found");
    assert!(bridge.get("/api/v1/errcodes").await.expect(200)["items"].as_array().unwrap().len() > 30);
    bridge.stop().await;
}

/// The tests of the room tell each way; this one tells that the API passes it on.
#[tokio::test]
async fn a_corp_with_links_becomes_another_wecom_only_when_told_so() {
    let bridge = with_corp().await;
    let key = CorpKey::from("acme-main");
    let member: Member =
        serde_json::from_value(json!({ "userid": "u1", "memberships": [{ "department": 1 }], "has_details": true }))
            .unwrap();
    let write = {
        let key = key.clone();
        move |tx: &store::WriteTx| store::mirror::put_members(tx, &key, std::slice::from_ref(&member))
    };
    bridge.app.store.write(write).await.unwrap();
    let other = |links: Option<&str>| json!({ "tenant": "acme", "name": "Acme", "corpid": "ww-other", "links": links });
    for links in [None, Some("keep")] {
        let problem = bridge.put(CORP, &other(links)).await.expect_problem(409, "setup.linked");
        let counts =
            json!({ "members": 0, "departments": 0, "tombstones": 0, "mirrored": 1, "plans": 0, "waiting": 0 });
        let linked = json!([{ "corp": key, "settings": ["corpid"], "counts": counts, "may_keep": false }]);
        assert_eq!(problem["context"]["linked"], linked);
    }
    let setup = "version = 1\n[[tenant]]\nkey = \"acme\"\nname = \"Acme\"\n[[corp]]\nkey = \"acme-main\"\ntenant = \"acme\"\n\
                 name = \"Acme\"\ncorpid = \"ww-other\"\n";
    let file = |links: Value, dry: bool| json!({ "setup": setup, "links": links, "dry_run": dry });
    bridge.post("/api/v1/setup", &file(json!({}), false)).await.expect_problem(409, "setup.linked");
    let dry = bridge.post("/api/v1/setup", &file(json!({ "acme-main": "reset" }), true)).await.expect(200);
    assert!(dry.to_string().contains(r#""option":"links""#), "{dry}");
    bridge.put(CORP, &other(Some("reset"))).await.expect(200);
    assert_eq!(bridge.app.store.read(|tx| store::links::count(tx, &key)).unwrap(), LinkCounts::default());
    let rows = bridge.get("/api/v1/audit?action=corp.reset_links").await.expect(200);
    assert_eq!(rows["items"][0]["before"]["links"]["mirrored"], 1, "{rows}");
    bridge.stop().await;
}
