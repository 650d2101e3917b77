//! What flows: silent drops, duplicates, quota of the day, trusted IPs, faults.

use super::*;
use std::time::Duration;
use wecom_bridge::sandbox::messages::message::Truth;
use wecom_bridge::sandbox::{Effect, Fault, Owner};

fn truth(world: &World, number: u64) -> Option<Truth> {
    world.state().truths(CORP, number).get("u1").copied()
}

#[tokio::test]
async fn the_31st_message_in_a_minute_answers_ok_and_never_arrives() {
    let world = world();
    let app = world.app().await;
    for n in 1..=31 {
        let got = app.post_ok("message/send", text(format!("message {n}"))).await;
        assert!(got["msgid"].is_string() && got.get("invaliduser").is_none(), "{got}");
    }
    assert_eq!((truth(&world, 30), truth(&world, 31)), (Some(Truth::Arrived), Some(Truth::Dropped)));
    assert_eq!(world.state().inbox(CORP, "u1").len(), 30);
    let both = to_u1("text", json!({"content": "x"}), json!({"touser": "u1|u2"}));
    app.post_ok("message/send", both).await;
    let truths = world.state().truths(CORP, 32);
    assert_eq!((truths["u1"], truths["u2"]), (Truth::Dropped, Truth::Arrived), "each member has a flow of its own");
    world.clock.advance(Duration::from_secs(60));
    app.post_ok("message/send", text("x")).await;
    assert_eq!(truth(&world, 33), Some(Truth::Arrived));
}

#[tokio::test]
async fn the_1001st_message_in_an_hour_is_dropped_too() {
    let world = world();
    let app = world.app().await;
    for n in 0..1001 {
        if n % 25 == 0 {
            world.clock.advance(Duration::from_secs(60));
        }
        app.post_ok("message/send", text("x")).await;
    }
    assert_eq!((truth(&world, 1000), truth(&world, 1001)), (Some(Truth::Arrived), Some(Truth::Dropped)));
}

#[tokio::test]
async fn an_identical_request_in_its_interval_is_not_delivered_again() {
    let world = world();
    let app = world.app().await;
    let checked = |over: Value| {
        let mut body = to_u1("text", json!({"content": "x"}), json!({"enable_duplicate_check": 1}));
        body.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
        body
    };
    let count = || world.state().messages(CORP).len();
    let first = app.post_ok("message/send", checked(json!({}))).await;
    let spaced = checked(json!({})).to_string().replace(',', " ,\n");
    let second = app.post_ok("message/send", spaced).await;
    assert_eq!((count(), second.get("msgid")), (1, None), "the same JSON, though written differently");
    world.state().with_corp(CORP, |corp| corp.message_switches.duplicate_answers_msgid = true);
    assert_eq!(app.post_ok("message/send", checked(json!({}))).await["msgid"], first["msgid"]);
    app.post_ok("message/send", checked(json!({"safe": 1}))).await;
    app.post_ok("message/send", text("x")).await;
    app.post_ok("message/send", text("x")).await;
    assert_eq!(count(), 4, "other JSON, and JSON without the check");
    world.clock.advance(Duration::from_secs(1799));
    app.post_ok("message/send", checked(json!({}))).await;
    assert_eq!(count(), 4);
    world.clock.advance(Duration::from_secs(1));
    app.post_ok("message/send", checked(json!({}))).await;
    assert_eq!(count(), 5, "after the 1800 s of the default");
    let app = world.app().await;
    app.post_ok("message/send", checked(json!({"duplicate_check_interval": 14_400}))).await;
    app.refused(40058, "message/send", checked(json!({"duplicate_check_interval": 14_401}))).await;
    app.refused(40058, "message/send", checked(json!({"enable_duplicate_check": 2}))).await;
    world.clock.advance(Duration::from_secs(14_399));
    let app = world.app().await;
    app.post_ok("message/send", checked(json!({"duplicate_check_interval": 14_400}))).await;
    assert_eq!(count(), 6);
}

#[tokio::test]
async fn a_lost_answer_can_be_repeated_without_a_second_delivery() {
    let world = world();
    let app = world.app().await;
    world.state().add_fault(Fault::once("message/send", Effect::DropAfter));
    let body = to_u1("text", json!({"content": "x"}), json!({"enable_duplicate_check": 1}));
    assert!(app.try_post("message/send", &body).await.is_err(), "the connection is cut");
    app.post_ok("message/send", &body).await;
    assert_eq!(world.state().inbox(CORP, "u1").len(), 1);
    world.state().add_fault(Fault::once("message/send", Effect::DropBefore));
    assert!(app.try_post("message/send", text("y")).await.is_err());
    assert_eq!(world.state().inbox(CORP, "u1").len(), 1, "not carried out");
}

#[tokio::test]
async fn the_days_person_times_are_accounts_by_200() {
    let world = world();
    let app = world.app().await;
    world.state().with_corp(CORP, |corp| (corp.limits.members, corp.message_limits.day_per_account) = (10, 2));
    let all = to_u1("text", json!({"content": "x"}), json!({"touser": "@all"}));
    app.post_ok("message/send", &all).await;
    app.post_ok("message/send", text("x")).await;
    app.refused(45009, "message/send", &all).await;
    assert_eq!(world.state().messages(CORP).len(), 2, "a refused message reaches nobody");
    for _ in 0..9 {
        app.post_ok("message/send", text("x")).await;
    }
    app.refused(45009, "message/send", text("x")).await;
    world.clock.advance(Duration::from_secs(24 * 3600));
    world.app().await.post_ok("message/send", &all).await;
}

#[tokio::test]
async fn sending_does_not_count_in_the_basic_frequency() {
    let world = world();
    let app = world.app().await;
    world.state().with_corp(CORP, |corp| corp.quota.corp_minute = 3);
    for _ in 0..10 {
        app.post_ok("message/send", text("x")).await;
    }
    for _ in 0..3 {
        app.post_ok("message/get_statistics", json!({})).await;
    }
    app.refused(45009, "message/get_statistics", json!({})).await;
}

#[tokio::test]
async fn ips_are_checked_everywhere_unless_sending_is_exempt() {
    let world = world();
    let app = world.app().await;
    world.state().set_trusted_ips(CORP, Owner::App(7), &["203.0.113.9"]);
    world.clock.advance(Duration::from_secs(60));
    let got = app.refused(60020, "message/send", text("x")).await;
    assert!(got["errmsg"].as_str().unwrap().contains("from ip: 127.0.0.1"), "{got}");
    assert_eq!(app.get_refused(60020, "get_api_domain_ip").await["ip_list"], json!([]));
    assert_eq!(app.get_refused(60020, "getcallbackip").await["ip_list"], json!([]));
    world.state().with_corp(CORP, |corp| corp.message_switches.send_skips_trusted_ip = true);
    app.post_ok("message/send", text("x")).await;
    app.refused(60020, "message/recall", json!({"msgid": "x"})).await;
}

#[tokio::test]
async fn statistics_count_messages_by_day() {
    let world = world();
    let app = world.app().await;
    assert_eq!(app.post_ok("message/get_statistics", json!({})).await["statistics"], json!([]));
    for _ in 0..3 {
        app.post_ok("message/send", to_u1("text", json!({"content": "x"}), json!({"touser": "@all"}))).await;
    }
    let want = json!([{"agentid": 7, "app_name": "app 7", "count": 3}]);
    assert_eq!(app.post_ok("message/get_statistics", json!({"time_type": 0})).await["statistics"], want);
    assert_eq!(app.post_ok("message/get_statistics", json!({"time_type": 1})).await["statistics"], json!([]));
    world.clock.advance(Duration::from_secs(24 * 3600));
    let app = world.app().await;
    assert_eq!(app.post_ok("message/get_statistics", json!({"time_type": 1})).await["statistics"], want);
    app.refused(40058, "message/get_statistics", json!({"time_type": 2})).await;
}
