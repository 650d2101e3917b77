//! The private and government editions (contacts.md section 15).

use super::caller::{CORP, World, person};
use serde_json::json;
use std::time::Duration;
use wecom_bridge::sandbox::{Owner, Profile};

#[tokio::test]
async fn newer_apis_do_not_exist() {
    let world = World::new(Profile::Private);
    let contacts = world.contacts().await;
    for path in ["department/simplelist", "department/get?id=1", "export/get_result?jobid=x"] {
        assert_eq!(contacts.try_get(path).await.unwrap().status, 404, "{path}");
    }
    assert_eq!(contacts.try_post("user/list_id", json!({})).await.unwrap().status, 404);
    let public = World::public();
    assert_eq!(public.contacts().await.try_get("async/list?department_id=1").await.unwrap().status, 404);
}

#[tokio::test]
async fn gettoken_is_guarded_by_ip() {
    let world = World::new(Profile::Private);
    world.state().set_trusted_ips(CORP, Owner::App(7), &["10.0.0.9"]);
    world.clock.advance(Duration::from_secs(60));
    let got = world.raw_get(&format!("gettoken?corpid={CORP}&corpsecret=app-secret")).await.unwrap().body;
    assert_eq!(got["errcode"], 60020);
    world.state().set_caller_ip(Some("10.0.0.9"));
    world.token_of("app-secret").await;
}

#[tokio::test]
async fn apps_read_the_account_and_what_was_opened() {
    let world = World::new(Profile::Private);
    let (contacts, app) = (world.contacts().await, world.app().await);
    let mut body = person("a");
    body["english_name"] = json!("anna");
    body["positions"] = json!(["经理"]);
    body["hide_mobile"] = json!(1);
    contacts.post_ok("user/create", body).await;
    let got = app.get_ok("user/get?userid=a").await;
    assert_eq!(got.as_object().unwrap().keys().collect::<Vec<_>>(), ["errcode", "errmsg", "userid"]);
    world.state().with_corp(CORP, |corp| corp.apps.get_mut(&7).unwrap().open_fields.insert("name".into()));
    assert_eq!(app.get_ok("user/get?userid=a").await["name"], "Name a");
    let got = contacts.get_ok("user/get?userid=a").await;
    for (field, want) in [
        ("english_name", json!("anna")),
        ("positions", json!(["经理"])),
        ("hide_mobile", json!(1)),
        ("enable", json!(1)),
        ("email", json!("a@example.com")),
    ] {
        assert_eq!(got[field], want, "{field}");
    }
    assert!(got.get("alias").is_none() && got.get("main_department").is_none(), "{got}");
    world.state().leave(CORP, "a").unwrap();
    assert_eq!(contacts.get_ok("user/get?userid=a").await["status"], 4, "5 does not exist here");
}

#[tokio::test]
async fn attributes_are_flat() {
    let world = World::new(Profile::Private);
    let contacts = world.contacts().await;
    world.state().with_corp(CORP, |corp| corp.settings.custom_attributes.insert("工号".into()));
    let mut body = person("a");
    body["extattr"] = json!({"attrs": [{"name": "工号", "value": "7"}]});
    contacts.post_ok("user/create", body).await;
    let got = contacts.get_ok("user/get?userid=a").await;
    assert_eq!(got["extattr"], json!({"attrs": [{"type": 0, "name": "工号", "value": "7"}]}));
}

#[tokio::test]
async fn government_departments_say_what_they_are() {
    let world = World::new(Profile::Government);
    let contacts = world.contacts().await;
    contacts.post_ok("department/create", json!({"name": "局", "parentid": 1, "id": 2, "type": 1})).await;
    contacts.post_ok("department/create", json!({"name": "处", "parentid": 2, "id": 3})).await;
    let got = contacts.get_ok("department/list?id=2&no_fetch_child=1&get_party_path=1").await;
    assert_eq!(got["department"][0]["type"], 1);
    assert_eq!(got["department"][1]["partypath"]["path_info"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn long_lists_come_as_files() {
    let world = World::new(Profile::Private);
    let contacts = world.contacts().await;
    contacts.post_ok("user/create", person("a")).await;
    let jobid = contacts.get_ok("async/list?department_id=1&fetch_child=1").await["jobid"].as_str().unwrap().to_owned();
    let path = format!("async/getresult?jobid={jobid}");
    assert_eq!(contacts.get_ok(&path).await["status"], 2);
    world.clock.advance(Duration::from_secs(1));
    let got = contacts.get_ok(&path).await;
    let media = format!("media/get?media_id={}", got["media_id_list"][0].as_str().unwrap());
    assert_eq!(contacts.get(&media).await["userlist"][0]["userid"], "a");
    contacts.get_refused(60003, "async/simplelist?department_id=9").await;
}
