//! The form of requests and answers (contacts.md section 0.2).

use super::caller::{CORP, World, person};
use serde_json::json;

#[tokio::test]
async fn errors_come_with_status_200_headers_and_suffix() {
    let world = World::public();
    let contacts = world.contacts().await;
    let got = contacts.try_get("department/delete?id=1").await.unwrap();
    assert_eq!((got.status, got.error_code.as_deref()), (200, Some("60007")));
    let text = got.body["errmsg"].as_str().unwrap();
    assert_eq!(got.error_msg.as_deref(), Some(text));
    let (_, suffix) = text.split_once(", hint: [").unwrap();
    let (hint, rest) = suffix.split_once(']').unwrap();
    assert!((22..=25).contains(&hint.len()) && hint.bytes().all(|b| b.is_ascii_digit()), "{hint}");
    assert_eq!(rest, ", from ip: 127.0.0.1, more info at https://open.work.weixin.qq.com/devtool/query?e=60007");
    let got = contacts.try_get("department/simplelist").await.unwrap();
    assert_eq!((got.error_code, &got.body["errmsg"]), (None, &json!("ok")));
    let got = contacts.try_get("department/simplelist2").await.unwrap();
    assert_eq!(got.status, 404);
}

#[tokio::test]
async fn broken_json_is_read_in_part_and_warned_of() {
    let world = World::public();
    let contacts = world.contacts().await;
    let got = contacts.post_ok("department/create", r#"{"name":"a","parentid":1,"#).await;
    assert!(got["errmsg"].as_str().unwrap().contains("Warning: wrong json format."), "{got}");
    let got = contacts.post_ok("department/create", json!({"name": "b", "parentid": "1"})).await;
    assert!(got["errmsg"].as_str().unwrap().contains("Warning: wrong json format."), "{got}");
    let got = contacts.refused(60001, "department/create", json!({"name": 5, "parentid": 1})).await;
    assert!(got["errmsg"].as_str().unwrap().contains("Warning: wrong json format."), "{got}");
    let got = contacts.post_ok("department/create", json!({"name": "c", "parentid": 1})).await;
    assert_eq!(got["errmsg"], "created");
}

#[tokio::test]
async fn the_wrong_verb_is_a_parameter_error() {
    let world = World::public();
    let contacts = world.contacts().await;
    for (path, errcode) in [("user/create", 40003), ("department/create", 40058), ("batch/invite", 40063)] {
        let got = contacts.try_get(path).await.unwrap();
        assert_eq!((got.status, &got.body["errcode"]), (200, &json!(errcode)), "{path}");
    }
    contacts.refused(40058, "department/simplelist", json!({})).await;
}

#[tokio::test]
async fn bodies_are_limited_and_escapes_can_be_refused() {
    let world = World::public();
    let contacts = world.contacts().await;
    world.state().with_corp(CORP, |corp| corp.limits.body_max_bytes = 200);
    let mut body = person("a");
    body["address"] = json!("x".repeat(120));
    contacts.refused(40206, "user/create", body).await;
    world.state().with_corp(CORP, |corp| corp.switches.refuses_unicode_escapes = true);
    contacts.refused(40033, "department/create", r#"{"name":"\u5f20","parentid":1}"#).await;
    contacts.post_ok("department/create", json!({"name": "张", "parentid": 1})).await;
}

#[tokio::test]
async fn several_sandboxes_live_side_by_side_and_free_their_port() {
    let (one, two) = (World::public(), World::public());
    assert_ne!(one.sandbox.base_url(), two.sandbox.base_url());
    one.contacts().await.post_ok("user/create", person("a")).await;
    assert_eq!((one.state().member_count(CORP), two.state().member_count(CORP)), (1, 0));
    let address = one.sandbox.address();
    one.sandbox.stop().await;
    std::net::TcpListener::bind(address).unwrap();
}
