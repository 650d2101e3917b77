//! Group chats of apps.

use super::*;
use std::time::Duration;
use wecom_bridge::sandbox::VisibleRange;
use wecom_bridge::sandbox::messages::message::Truth;

#[tokio::test]
async fn a_group_is_made_within_its_limits() {
    let world = World::public();
    people(&world, 2001);
    let app = world.app().await;
    world.state().with_corp(CORP, |corp| {
        let mut gone = corp.directory.member("u9").unwrap().clone();
        gone.has_left = true;
        corp.directory.put_member(gone);
    });
    let users = |from: usize, count: usize| (from..from + count).map(|n| format!("u{n}")).collect::<Vec<_>>();
    let n = |count: usize| "x".repeat(count);
    for (over, errcode) in [
        (json!({"userlist": users(0, 2)}), 0),
        (json!({"userlist": users(0, 1)}), 86006),
        (json!({"userlist": ["u1", "U1"]}), 86006),
        (json!({"userlist": []}), 86006),
        (json!({"userlist": null}), 86204),
        (json!({"userlist": users(10, 1991)}), 0),
        (json!({"userlist": ["u0", "nobody"]}), 86216),
        (json!({"userlist": ["u0", "u9"]}), 86007),
        (json!({"owner": "u1"}), 0),
        (json!({"owner": "nobody"}), 86005),
        (json!({"owner": "u5"}), 86207),
        (json!({"chatid": n(32)}), 0),
        (json!({"chatid": n(32)}), 86215),
        (json!({"chatid": n(33)}), 86205),
        (json!({"chatid": "a-b"}), 86001),
    ] {
        let mut body = json!({"name": "群", "userlist": users(0, 3)});
        for (key, value) in over.as_object().unwrap() {
            body[key] = value.clone();
        }
        let got = app.post("appchat/create", body).await;
        assert_eq!(got["errcode"], errcode, "{over}: {got}");
    }
    world.state().with_corp(CORP, |corp| {
        let mut back = corp.directory.member("u9").unwrap().clone();
        back.has_left = false;
        corp.directory.put_member(back);
    });
    app.post_ok("appchat/create", json!({"userlist": users(0, 2000)})).await;
    app.refused(86006, "appchat/create", json!({"userlist": users(0, 2001)})).await;
    world.state().with_corp(CORP, |corp| corp.message_limits.chats_day = 6);
    app.post_ok("appchat/create", json!({"userlist": users(0, 2)})).await;
    app.refused(45009, "appchat/create", json!({"userlist": users(0, 2)})).await;
}

#[tokio::test]
async fn a_group_is_read_changed_and_talked_to_by_its_app() {
    let world = world();
    world.state().add_app(CORP, 8, "secret-8", VisibleRange::root());
    world.state().add_app(CORP, 9, "secret-9", VisibleRange::departments([2]));
    let app = world.app().await;
    let body = json!({"name": "名".repeat(51), "owner": "u1", "userlist": ["u0", "U1", "u2"], "chatid": "c1"});
    assert_eq!(app.post_ok("appchat/create", body).await["chatid"], "c1");
    let info = app.get_ok("appchat/get?chatid=c1").await["chat_info"].clone();
    let want =
        json!({"chatid": "c1", "name": "名".repeat(50), "owner": "u1", "userlist": ["u0", "u1", "u2"], "chat_type": 0});
    assert_eq!(info, want, "the name is cut");
    let other = Caller { world: &world, token: world.token_of("secret-8").await };
    let narrow = Caller { world: &world, token: world.token_of("secret-9").await };
    other.get_refused(86008, "appchat/get?chatid=c1").await;
    narrow.get_refused(48002, "appchat/get?chatid=c1").await;
    world.contacts().await.get_refused(48002, "appchat/get?chatid=c1").await;
    app.get_refused(86003, "appchat/get?chatid=c9").await;
    app.get_refused(86201, "appchat/get").await;
    world.state().with_corp(CORP, |corp| {
        (corp.message_switches.unknown_chat_errcode, corp.message_switches.chat_range_errcode) = (40050, 60011);
    });
    app.get_refused(40050, "appchat/get?chatid=c9").await;
    narrow.get_refused(60011, "appchat/get?chatid=c1").await;

    for (over, errcode) in [
        (json!({"name": "新名"}), 0),
        (json!({"name": ""}), 86004),
        (json!({"owner": "u5"}), 86207),
        (json!({"owner": "nobody"}), 86005),
        (json!({"add_user_list": ["nobody"]}), 86216),
        (json!({"add_user_list": ["u5"], "owner": "u5"}), 0),
        (json!({"del_user_list": ["u0", "u1", "u2"]}), 86006),
        (json!({"del_user_list": ["U5", "u9"]}), 0), // the owner goes: another one takes over
        (json!({"chatid": "c9"}), 40050),
    ] {
        let mut body = json!({"chatid": "c1"});
        body.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
        app.refused(errcode, "appchat/update", body).await;
    }
    let info = app.get_ok("appchat/get?chatid=c1").await["chat_info"].clone();
    assert_eq!(
        (&info["name"], &info["owner"], &info["userlist"]),
        (&json!("新名"), &json!("u0"), &json!(["u0", "u1", "u2"]))
    );
    world.state().with_corp(CORP, |corp| corp.message_limits.chat_changes_hour = 3);
    app.refused(45009, "appchat/update", json!({"chatid": "c1", "name": "x"})).await;
    world.clock.advance(Duration::from_secs(3600));
    app.post_ok("appchat/update", json!({"chatid": "c1", "name": "x"})).await;

    let say = |over: Value| {
        let mut body = json!({"chatid": "c1", "msgtype": "text", "text": {"content": "x", "mentioned_list": ["u1"]}});
        body.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
        body
    };
    let got = app.post_ok("appchat/send", say(json!({}))).await;
    assert_eq!(got.as_object().unwrap().len(), 2, "no msgid: {got}");
    assert_eq!(world.state().inbox(CORP, "u2").len(), 1);
    assert_eq!(serde_json::to_value(last(&world).content).unwrap()["mentioned_list"], json!(["u1"]));
    app.refused(40008, "appchat/send", say(json!({"msgtype": "template_card"}))).await;
    app.refused(44004, "appchat/send", say(json!({"text": {}}))).await;
    app.refused(40058, "appchat/send", say(json!({"safe": 2}))).await;
    app.refused(86201, "appchat/send", say(json!({"chatid": ""}))).await;
    app.refused(40058, "appchat/send", "{").await;
    assert_eq!(app.try_post("appchat/dismiss", json!({})).await.unwrap().status, 404, "private editions only");
}

#[tokio::test]
async fn groups_have_their_own_rates() {
    let world = world();
    let app = world.app().await;
    app.post_ok("appchat/create", json!({"userlist": ["u0", "u1"], "chatid": "c1"})).await;
    let say = json!({"chatid": "c1", "msgtype": "text", "text": {"content": "x"}});
    for _ in 0..201 {
        app.post_ok("appchat/send", &say).await;
    }
    let truths = |number: u64| world.state().truths(CORP, number)["u1"];
    assert_eq!((truths(200), truths(201)), (Truth::Arrived, Truth::Dropped), "200 a minute to a member");
    world.state().with_corp(CORP, |corp| corp.message_limits.chat_minute = 404);
    app.post_ok("appchat/send", &say).await;
    app.refused(45009, "appchat/send", &say).await;
    world.clock.advance(Duration::from_secs(60));
    world.state().with_corp(CORP, |corp| corp.message_limits.chat_hour = 406);
    app.post_ok("appchat/send", &say).await;
    app.refused(45009, "appchat/send", &say).await;
}
