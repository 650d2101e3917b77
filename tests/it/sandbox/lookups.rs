//! Look-ups, conversions, invitations, media (contacts.md sections 3.6 and 5.1).

use super::caller::{CORP, World, person, read};
use serde_json::json;
use std::time::Duration;
use wecom_bridge::sandbox::VisibleRange;

#[tokio::test]
async fn members_are_found_by_mobile_and_mail() {
    let world = World::public();
    let (contacts, app) = (world.contacts().await, world.app().await);
    for i in 0..10 {
        let mut body = person(&format!("u{i}"));
        body["mobile"] = json!(format!("1390000000{i}"));
        contacts.post_ok("user/create", body).await;
    }
    assert_eq!(app.post_ok("user/getuserid", json!({"mobile": "+8613900000003"})).await["userid"], "u3");
    app.refused(40063, "user/getuserid", json!({})).await;
    app.refused(60103, "user/getuserid", json!({"mobile": "1"})).await;
    let mail = |mail: &str, kind: i32| json!({"email": mail, "email_type": kind});
    assert_eq!(app.post_ok("user/get_userid_by_email", mail("U3@example.com", 2)).await["userid"], "u3");
    app.refused(60147, "user/get_userid_by_email", mail("no@example.com", 2)).await;
    app.refused(60148, "user/get_userid_by_email", json!({"email": "no@example.com"})).await;
    app.refused(46004, "user/get_userid_by_email", mail("nonsense", 1)).await;
    app.refused(40058, "user/get_userid_by_email", mail("no@example.com", 3)).await;
    // 20 % of ten are two; the third wrong number is the last that is looked up.
    for wrong in 0..3 {
        app.refused(46004, "user/getuserid", json!({"mobile": format!("1380000000{wrong}")})).await;
    }
    app.refused(45009, "user/getuserid", json!({"mobile": "13900000003"})).await;
    world.clock.advance(Duration::from_secs(24 * 3600));
    let app = world.app().await;
    app.post_ok("user/getuserid", json!({"mobile": "13900000003"})).await;
    world.state().add_app(CORP, 9, "blind-secret", VisibleRange::default());
    let blind = super::caller::Caller { world: &world, token: world.token_of("blind-secret").await };
    blind.refused(60146, "user/getuserid", json!({"mobile": "13900000003"})).await;
}

#[tokio::test]
async fn openids_exist_for_those_who_bound_wechat() {
    let world = World::public();
    let (contacts, app) = (world.contacts().await, world.app().await);
    contacts.post_ok("user/create", person("A")).await;
    app.refused(43004, "user/convert_to_openid", json!({"userid": "a"})).await;
    app.refused(60111, "user/convert_to_openid", json!({"userid": "ghost"})).await;
    world.state().console(CORP, "user/bind_wechat", &json!({"userid": "a"})).unwrap();
    let openid = app.post_ok("user/convert_to_openid", json!({"userid": "a"})).await["openid"].clone();
    assert_eq!(app.post_ok("user/convert_to_userid", json!({"openid": openid})).await["userid"], "A");
    app.refused(40073, "user/convert_to_userid", json!({"openid": "oX"})).await;
    let got = app.post_ok("batch/userid_to_openuserid", json!({"userid_list": ["A", "ghost"]})).await;
    assert_eq!(got["invalid_userid_list"], json!(["ghost"]));
    let open = got["open_userid_list"][0]["open_userid"].clone();
    let got = app.post_ok("batch/openuserid_to_userid", json!({"open_userid_list": [open, "woX"]})).await;
    assert_eq!((&got["userid_list"][0]["userid"], &got["invalid_open_userid_list"]), (&json!("A"), &json!(["woX"])));
    app.refused(40125, "batch/openuserid_to_userid", json!({"open_userid_list": ["woX"]})).await;
    app.refused(81017, "batch/userid_to_openuserid", json!({"userid_list": vec!["A"; 1001]})).await;
    app.refused(40063, "batch/userid_to_openuserid", json!({"userid_list": []})).await;
}

#[tokio::test]
async fn second_verification_and_figures() {
    let world = World::public();
    let (contacts, app) = (world.contacts().await, world.app().await);
    contacts.post_ok("user/create", person("a")).await;
    contacts.post_ok("user/create", person("b")).await;
    contacts.get_refused(41009, "user/authsucc").await;
    contacts.get_refused(60111, "user/authsucc?userid=ghost").await;
    app.get_refused(48002, "user/authsucc?userid=a").await;
    world.state().with_corp(CORP, |corp| corp.settings.has_second_verification = true);
    contacts.get_ok("user/authsucc?userid=a").await;
    assert_eq!(world.state().find_member(CORP, "a").unwrap().status(), 1);
    let today = json!({"date": "2025-10-09"});
    assert_eq!(contacts.post_ok("user/get_active_stat", &today).await["active_cnt"], 1);
    contacts.refused(40058, "user/get_active_stat", json!({"date": "2025-09-01"})).await;
    contacts.refused(40058, "user/get_active_stat", json!({"date": "09.10.2025"})).await;
    assert!(contacts.get_ok("corp/get_join_qrcode?size_type=3").await["join_qrcode"].as_str().unwrap().contains("741"));
    contacts.get_refused(40058, "corp/get_join_qrcode?size_type=5").await;

    world.state().with_corp(CORP, |corp| corp.tfa_codes.insert("c1".into(), "a".into()));
    app.refused(41008, "auth/get_tfa_info", json!({})).await;
    app.refused(40029, "auth/get_tfa_info", json!({"code": "c2"})).await;
    let got = app.post_ok("auth/get_tfa_info", json!({"code": "c1"})).await;
    assert_eq!(got["userid"], "a");
    app.refused(40029, "auth/get_tfa_info", json!({"code": "c1"})).await;
    app.refused(40207, "user/tfa_succ", json!({"userid": "a", "tfa_code": "x"})).await;
    app.refused(40208, "user/tfa_succ", json!({"userid": "b", "tfa_code": got["tfa_code"]})).await;
    app.post_ok("user/tfa_succ", json!({"userid": "a", "tfa_code": got["tfa_code"]})).await;
    app.refused(40207, "user/tfa_succ", json!({"userid": "a", "tfa_code": got["tfa_code"]})).await;
}

#[tokio::test]
async fn invitations_list_what_is_invalid() {
    let world = World::public();
    let (contacts, app) = (world.contacts().await, world.app().await);
    for userid in ["a", "b"] {
        contacts.post_ok("user/create", person(userid)).await;
    }
    let got = app.post_ok("batch/invite", json!({"user": ["A", "ghost"], "party": [1, 99], "tag": [5]})).await;
    assert_eq!(got["invaliduser"], json!(["ghost"]));
    assert_eq!((&got["invalidparty"], &got["invalidtag"]), (&json!([99]), &json!([5])));
    assert_eq!(world.state().find_member(CORP, "b").unwrap().invitations, 1);
    app.refused(82001, "batch/invite", json!({})).await;
    app.refused(81017, "batch/invite", json!({"user": vec!["a"; 1001]})).await;
    app.refused(82002, "batch/invite", json!({"party": vec![1; 101]})).await;
    app.refused(82003, "batch/invite", json!({"tag": vec![1; 101]})).await;
}

#[tokio::test]
async fn files_are_taken_and_kept_for_three_days() {
    let world = World::public();
    let app = world.app().await;
    let send = async |path: &str, name: &'static str, filename: &'static str, content: Vec<u8>| {
        let part = reqwest::multipart::Part::bytes(content).file_name(filename);
        let form = reqwest::multipart::Form::new().part(name, part);
        let request = world.http().post(app.full_url(path)).multipart(form);
        read(request.send().await.unwrap()).await.unwrap().body
    };
    world.state().with_corp(CORP, |corp| corp.limits.file_max_bytes = 100);
    for (path, name, filename, length, errcode) in [
        ("media/upload?type=file", "media", "a.csv", 6, 0),
        ("media/upload?type=image", "media", "a.png", 6, 40123), // no picture inside
        ("media/upload", "media", "a.csv", 6, 40005),
        ("media/upload?type=x", "media", "a.csv", 6, 40005),
        ("media/upload?type=image", "media", "a.gif", 6, 40004),
        ("media/upload?type=file", "media", "a.csv", 5, 40006),
        ("media/upload?type=file", "media", "a.csv", 0, 44001),
        ("media/upload?type=file", "file", "a.csv", 6, 44001),
        ("media/upload?type=file", "media", "a.csv", 101, 45001),
    ] {
        let got = send(path, name, filename, vec![b'x'; length]).await;
        assert_eq!(got["errcode"], errcode, "{path} {name} {filename} {length}: {got}");
    }
    let got = send("media/upload?type=file", "media", "a.csv", b"content".to_vec()).await;
    assert_eq!((&got["errmsg"], &got["type"], &got["created_at"]), (&json!(""), &json!("file"), &json!("1760000000")));
    let path = format!("media/get?media_id={}", got["media_id"].as_str().unwrap());
    assert_eq!(app.get(&path).await["text"], "content");
    app.get_refused(41006, "media/get").await;
    world.clock.advance(Duration::from_secs(3 * 24 * 3600));
    world.app().await.get_refused(40007, &path).await;
}
