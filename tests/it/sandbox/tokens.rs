//! gettoken, tokens, trusted IPs, permissions, quota (contacts.md sections 1, 4 and 10).

use super::caller::{CORP, Caller, START_MS, World, person};
use serde_json::json;
use std::time::Duration;
use wecom_bridge::sandbox::{AppKind, Owner, Profile, VisibleRange};

#[tokio::test]
async fn gettoken_names_what_is_wrong() {
    let world = World::public();
    world.state().add_corp("ww0000000000000002", "other-secret");
    world.state().add_app(CORP, 8, "stopped-secret", VisibleRange::root());
    world.state().with_corp(CORP, |corp| corp.apps.get_mut(&8).unwrap().is_enabled = false);
    for (query, errcode) in [
        (format!("corpid={CORP}&corpsecret=contacts-secret"), 0),
        (format!("corpid={CORP}&corpsecret=app-secret"), 0),
        (format!("corpid={CORP}&corpsecret=wrong"), 40001),
        (format!("corpid={CORP}&corpsecret=other-secret"), 40091),
        ("corpid=1000002&corpsecret=app-secret".into(), 40013),
        ("corpid=ww9999999999999999&corpsecret=app-secret".into(), 2_000_002),
        ("corpsecret=app-secret".into(), 41002),
        (format!("corpid={CORP}&corpsecret="), 41004),
        (format!("corpid={CORP}&corpsecret=stopped-secret"), 50003),
    ] {
        let got = world.raw_get(&format!("gettoken?{query}")).await.unwrap().body;
        assert_eq!(got["errcode"], errcode, "{query}: {got}");
    }
    world.state().with_corp(CORP, |corp| corp.switches.wrong_secret_errcode = 40091);
    let got = world.raw_get(&format!("gettoken?corpid={CORP}&corpsecret=wrong")).await.unwrap().body;
    assert_eq!(got["errcode"], 40091);
    world.state().with_corp(CORP, |corp| corp.settings.is_banned = true);
    let got = world.raw_get(&format!("gettoken?corpid={CORP}&corpsecret=app-secret")).await.unwrap().body;
    assert_eq!(got["errcode"], 301_007);
}

#[tokio::test]
async fn a_token_stays_the_same_until_it_expires() {
    let world = World::public();
    let (first, app) = (world.token_of("contacts-secret").await, world.token_of("app-secret").await);
    assert_ne!(first, app, "one token per secret");
    world.clock.advance(Duration::from_secs(7199));
    let got = world.raw_get(&format!("gettoken?corpid={CORP}&corpsecret=contacts-secret")).await.unwrap().body;
    assert_eq!((got["access_token"].as_str().unwrap(), &got["expires_in"]), (first.as_str(), &json!(1)));
    let old = Caller { world: &world, token: first.clone() };
    old.get_ok("department/simplelist").await;
    world.clock.advance(Duration::from_secs(1));
    old.get_refused(42001, "department/simplelist").await;
    assert_ne!(world.token_of("contacts-secret").await, first);
}

#[tokio::test]
async fn a_token_taken_back_is_invalid_and_a_new_one_works() {
    let world = World::public();
    let contacts = world.contacts().await;
    assert_eq!(world.state().invalidate_tokens(CORP), 1);
    contacts.get_refused(40014, "department/simplelist").await;
    world.contacts().await.get_ok("department/simplelist").await;
    let got = world.raw_get("department/simplelist").await.unwrap().body;
    assert_eq!(got["errcode"], 41001);
}

#[tokio::test]
async fn many_wrong_secrets_lock_the_ip_out_for_an_hour() {
    let world = World::public();
    world.state().with_corp(CORP, |corp| corp.quota.wrong_secrets_hour = 3);
    let wrong = format!("gettoken?corpid={CORP}&corpsecret=wrong");
    for attempt in 0..4 {
        assert_eq!(world.raw_get(&wrong).await.unwrap().body["errcode"], 40001, "attempt {attempt}");
    }
    let right = format!("gettoken?corpid={CORP}&corpsecret=app-secret");
    assert_eq!(world.raw_get(&right).await.unwrap().body["errcode"], 45009);
    world.clock.advance(Duration::from_secs(3600));
    assert_eq!(world.raw_get(&right).await.unwrap().body["errcode"], 0);
}

#[tokio::test]
async fn a_trusted_ip_works_after_a_minute() {
    let world = World::public();
    let state = world.state();
    let contacts = world.contacts().await;
    state.set_caller_ip(Some("203.0.113.9"));
    let got = contacts.get_refused(60020, "department/simplelist").await;
    let text = got["errmsg"].as_str().unwrap();
    assert!(text.starts_with("not allow to access from your ip, hint: ["), "{text}");
    assert!(text.contains("from ip: 203.0.113.9, more info at https://"), "{text}");
    state.set_trusted_ips(CORP, Owner::Contacts, &["203.0.113.9"]);
    contacts.get_refused(60020, "department/simplelist").await;
    world.clock.advance(Duration::from_secs(60));
    contacts.get_ok("department/simplelist").await;
    state.set_caller_ip(None);
    contacts.get_refused(60020, "department/simplelist").await;
}

#[tokio::test]
async fn details_are_closed_to_the_contacts_secret_from_new_ips() {
    let world = World::public();
    let contacts = world.contacts().await;
    contacts.post_ok("user/create", person("a")).await;
    let key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    let export = json!({ "encoding_aeskey": key });
    for path in ["user/get?userid=a", "user/list?department_id=1", "user/simplelist?department_id=1"] {
        contacts.get_refused(48009, path).await;
    }
    for path in ["department/list", "department/get?id=1"] {
        contacts.get_refused(48009, path).await;
    }
    for path in ["export/simple_user", "export/user", "export/department"] {
        contacts.refused(48009, path, &export).await;
    }
    contacts.get_ok("department/simplelist").await;
    contacts.post_ok("user/list_id", json!({})).await;
    world.state().with_corp(CORP, |corp| corp.contacts.known_ips.insert("127.0.0.1".into()));
    contacts.get_ok("user/get?userid=a").await;
    let legacy = World::new(Profile::PublicLegacy);
    legacy.contacts().await.get_ok("department/list").await;
}

#[tokio::test]
async fn the_wrong_kind_of_secret_is_refused() {
    let world = World::public();
    let (contacts, app) = (world.contacts().await, world.app().await);
    app.refused(60011, "user/create", person("a")).await;
    app.refused(60011, "department/create", json!({"name": "x", "parentid": 1})).await;
    app.get_refused(60011, "user/delete?userid=a").await;
    app.refused(60011, "batch/syncuser", json!({"media_id": "x"})).await;
    app.refused(48002, "user/list_id", json!({})).await;
    app.refused(48002, "user/get_active_stat", json!({"date": "2025-10-09"})).await;
    let state = world.state();
    state.with_corp(CORP, |corp| corp.switches.app_write_errcode = 48002);
    app.refused(48002, "user/create", person("a")).await;
    state.with_corp(CORP, |corp| corp.contacts.can_edit = false);
    contacts.refused(60011, "user/create", person("a")).await;
    contacts.get_ok("department/simplelist").await;
    state.with_corp(CORP, |corp| corp.contacts.is_enabled = false);
    contacts.get_refused(48002, "department/simplelist").await;
    for (kind, forbidden, errcode) in
        [(AppKind::EditAuthorised, false, 48008), (AppKind::SelfBuilt, true, 60031), (AppKind::SelfBuilt, false, 0)]
    {
        state.with_corp(CORP, |corp| {
            let app = corp.apps.get_mut(&7).unwrap();
            (app.kind, app.is_forbidden) = (kind, forbidden);
        });
        assert_eq!(app.get("department/list").await["errcode"], errcode, "{kind:?}, forbidden {forbidden}");
    }
    state.with_corp(CORP, |corp| corp.apps.get_mut(&7).unwrap().is_enabled = false);
    app.get_refused(50003, "department/list").await;
}

#[tokio::test]
async fn an_authorised_editor_writes_and_reads_ids_only() {
    let world = World::public();
    world.state().with_corp(CORP, |corp| corp.apps.get_mut(&7).unwrap().kind = AppKind::EditAuthorised);
    let app = world.app().await;
    app.post_ok("user/create", person("a")).await;
    app.get_ok("department/simplelist").await;
    app.post_ok("user/list_id", json!({})).await;
    app.get_refused(48008, "user/get?userid=a").await;
    app.refused(48008, "batch/invite", json!({"user": ["a"]})).await;
}

#[tokio::test]
async fn over_the_quota_one_api_is_locked_for_its_window() {
    let world = World::public();
    let contacts = world.contacts().await;
    world.state().with_corp(CORP, |corp| (corp.quota.corp_minute, corp.quota.corp_hour) = (2, 3));
    contacts.get_ok("department/simplelist").await;
    contacts.get_ok("department/simplelist").await;
    contacts.get_refused(45009, "department/simplelist").await;
    contacts.post_ok("user/list_id", json!({})).await;
    world.clock.advance(Duration::from_secs(59));
    contacts.get_refused(45009, "department/simplelist").await;
    world.clock.advance(Duration::from_secs(1));
    contacts.get_ok("department/simplelist").await;
    contacts.get_refused(45009, "department/simplelist").await;
    world.clock.advance(Duration::from_secs(61));
    contacts.get_refused(45009, "department/simplelist").await;
    world.clock.advance(Duration::from_secs(3600));
    let contacts = world.contacts().await;
    contacts.get_ok("department/simplelist").await;
    assert!(world.state().quotas().iter().any(|row| row.endpoint == "department/simplelist" && row.lock_outs == 4));
}

#[tokio::test]
async fn calls_at_once_are_limited() {
    use wecom_bridge::sandbox::{Effect, Fault};
    let world = World::public();
    let contacts = world.contacts().await;
    world.state().with_corp(CORP, |corp| corp.quota.concurrency = 1);
    world.state().add_fault(Fault::once("department/", Effect::Delay { ms: 1000 }));
    let slow = contacts.get_ok("department/simplelist");
    let meanwhile = async {
        while world.state().faults()[0].hits == 0 {
            tokio::task::yield_now().await;
        }
        contacts.get_refused(45033, "department/simplelist").await;
        world.clock.advance(Duration::from_secs(1));
    };
    tokio::join!(slow, meanwhile);
    contacts.get_ok("department/simplelist").await;
}

#[tokio::test]
async fn new_members_are_capped_at_three_times_the_seats_in_30_days() {
    let world = World::public();
    let contacts = world.contacts().await;
    world.state().with_corp(CORP, |corp| corp.limits.members = 1);
    for round in 0..3 {
        contacts.post_ok("user/create", person(&format!("u{round}"))).await;
        contacts.refused(45024, "user/create", person("one.too.many")).await;
        contacts.get_ok(&format!("user/delete?userid=u{round}")).await;
    }
    contacts.refused(45009, "user/create", person("u3")).await;
    world.clock.advance(Duration::from_secs(30 * 24 * 3600));
    assert_eq!(world.state().now_ms(), START_MS + 30 * 24 * 3_600_000);
    world.contacts().await.post_ok("user/create", person("u3")).await;
}
