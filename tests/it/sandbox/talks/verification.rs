//! Saving a callback address.

use super::super::caller::read as read_json;
use super::*;
use serde_json::{Value, json};
use wecom_bridge::sandbox::{AppKind, DeliveryOptions, Owner, VerifyError};

fn saved(world: &World) -> Option<Callback> {
    world.state().with_corp(CORP, |corp| corp.apps[&7].callback.clone()).unwrap()
}

#[tokio::test]
async fn an_address_that_decrypts_the_text_is_saved() {
    let (world, mut server) = (World::public(), Server::start().await);
    world.state().save_callback(CORP, Owner::App(7), server.callback()).await.unwrap();
    assert_eq!(saved(&world), Some(server.callback()));
    let request = server.next().await;
    assert!(request.text.len() == 19 && request.text.bytes().all(|b| b.is_ascii_digit()), "{}", request.text);
    assert!(!request.target.split_once("echostr=").unwrap().1.contains(['+', '/', '=']), "{}", request.target);
    let with_query = Callback { url: format!("{}?tenant=a", server.url), ..server.callback() };
    world.state().save_callback(CORP, Owner::Contacts, with_query).await.unwrap();
    let target = server.next().await.target;
    assert!(target.starts_with("/cb/oa?tenant=a&msg_signature="), "{target}");
    assert!(world.state().with_corp(CORP, |corp| corp.contacts.callback.is_some()).unwrap());
}

#[tokio::test]
async fn an_address_that_fails_is_not_saved_and_the_reason_is_told() {
    let (world, server) = (World::public(), Server::start().await);
    let quick = DeliveryOptions { verify_timeout_ms: 200, ..DeliveryOptions::default() };
    world.state().set_delivery(quick);
    let good = server.callback();
    let with = |change: fn(&mut Callback)| {
        let mut callback = good.clone();
        change(&mut callback);
        callback
    };
    for (callback, answer, error, errcode) in [
        (with(|c| c.url = "ftp://a".into()), None, VerifyError::BadUrl, 40057),
        (with(|c| c.url = "oa.example.org/cb".into()), None, VerifyError::BadUrl, 40057),
        (with(|c| c.url = "http://127.0.0.1:9/cb".into()), None, VerifyError::Unreachable, 85011),
        (with(|c| c.token = "to ken".into()), None, VerifyError::BadToken, 85010),
        (with(|c| c.token = "t".repeat(33)), None, VerifyError::BadToken, 85010),
        (with(|c| c.aes_key.truncate(42)), None, VerifyError::BadKey, 85010),
        (with(|c| c.aes_key.replace_range(..1, "-")), None, VerifyError::BadKey, 85010),
        (good.clone(), Some(Answer::Status(404)), VerifyError::BadStatus(404), 85011),
        (good.clone(), Some(Answer::Status(302)), VerifyError::BadStatus(302), 85011),
        (good.clone(), Some(Answer::Silence), VerifyError::TimedOut, 85011),
        (good.clone(), Some(Answer::Body(String::new())), VerifyError::WrongAnswer("it is empty"), 85011),
        (good.clone(), Some(Answer::Body("{}".into())), VerifyError::WrongAnswer("it is JSON"), 85011),
        (
            with(|c| c.token = "other".into()), // the server decrypts nothing under a wrong signature
            None,
            VerifyError::WrongAnswer("it is empty"),
            85011,
        ),
    ] {
        server.answer(answer);
        let got = world.state().save_callback(CORP, Owner::App(7), callback.clone()).await.unwrap_err();
        assert_eq!((&got, got.errcode()), (&error, errcode), "{callback:?}");
        assert_eq!(saved(&world), None);
    }
    assert_eq!(world.state().save_callback(CORP, Owner::App(99), good.clone()).await, Err(VerifyError::Nobody));
    assert_eq!(world.state().save_callback("ww9", Owner::Contacts, good.clone()).await, Err(VerifyError::Nobody));
    world.state().set_delivery(DeliveryOptions { sends_raw_echostr: true, ..DeliveryOptions::default() });
    let mut spaces = 0;
    for _ in 0..40 {
        let is_saved = world.state().save_callback(CORP, Owner::App(7), good.clone()).await.is_ok();
        spaces += u32::from(!is_saved); // this server does not put the + back
    }
    assert!(spaces > 0, "a raw + arrives as a space");
}

#[tokio::test]
async fn a_suite_is_checked_under_its_own_id() {
    let (world, mut server) = (World::public(), Server::start().await);
    world.state().with_corp(CORP, |corp| {
        let app = corp.apps.get_mut(&7).unwrap();
        (app.kind, app.suite_id) = (AppKind::ThirdParty, "suite1".into());
    });
    let got = world.state().save_callback(CORP, Owner::App(7), server.callback()).await;
    assert!(matches!(got, Err(VerifyError::WrongAnswer(_))), "the server expects the CorpID: {got:?}");
    assert_eq!(server.next().await.text, "");
}

#[tokio::test]
async fn the_control_api_saves_and_removes_addresses() {
    let (world, server) = (World::public(), Server::start().await);
    let call = async |method: &str, path: &str, body: Value| {
        let url = format!("{}/_sandbox/corps/{CORP}/{path}", world.sandbox.base_url());
        let request = world.http().request(method.parse().unwrap(), url).body(body.to_string());
        let got = read_json(request.send().await.unwrap()).await.unwrap();
        (got.status, got.body)
    };
    let callback = serde_json::to_value(server.callback()).unwrap();
    assert_eq!(call("PUT", "apps/7/callback", callback.clone()).await.0, 200);
    assert!(saved(&world).is_some());
    assert_eq!(call("DELETE", "apps/7/callback", Value::Null).await.0, 200);
    assert_eq!(saved(&world), None);
    server.answer([Answer::Status(500)]);
    let (status, got) = call("PUT", "callback", callback.clone()).await;
    assert_eq!((status, &got["errcode"]), (400, &json!(85011)));
    assert_eq!(got["error"], "HTTP status 500 in place of 200");
    assert_eq!(call("PUT", "callback", callback).await.0, 200);
    assert_eq!(call("DELETE", "callback", Value::Null).await.0, 200);
    assert_eq!(call("DELETE", "apps/99/callback", Value::Null).await.0, 404);
}
