//! Updates of cards: faults, lost answers, spent codes, codes of presses.

use super::*;
use wecom_bridge::sandbox::{Effect, Fault};

#[tokio::test]
async fn faults_are_survived_and_a_lost_answer_is_found_out_about() {
    let scene = Scene::new().await;
    for (effect, doubts) in [
        // the client itself tries again
        (Effect::Errcode { errcode: -1 }, 0),
        (Effect::ErrcodeAfter { errcode: -1 }, 1),
        (Effect::Errcode { errcode: 45009 }, 0),
        (Effect::DropBefore, 1),
        (Effect::DropAfter, 1),
        (Effect::Garbage, 1),
        (Effect::Half, 1),
    ] {
        let id = scene.ask(&["e0", "e1"]).await;
        let before = scene.state().count(UPDATE);
        scene.state().add_fault(Fault::once(UPDATE, effect));
        scene.try_press("u0", "同意").unwrap();
        // the client and the queue both wait on the clock
        let card = loop {
            let card = scene.todo(&id).await["cards"][0].clone();
            if card["state"] == "done" {
                break card;
            }
            assert_ne!(card["state"], "failed", "{effect:?}: {card}");
            scene.clock.advance(Duration::from_millis(200));
            tokio::task::yield_now().await;
        };
        assert_eq!(card["doubts"], doubts, "{effect:?}: {card}");
        assert!(card["attempts"].as_u64().unwrap() >= 1, "{effect:?}: {card}");
        assert!(scene.state().count(UPDATE) - before >= 2, "{effect:?}");
        for userid in ["u0", "u1"] {
            assert_eq!(scene.words(userid), "员工0 已同意", "{effect:?} {userid}");
        }
    }
    scene.stop().await;
}

#[tokio::test]
async fn what_cannot_be_found_out_is_visible() {
    let scene = Scene::new().await;
    let id = scene.ask(&["e0"]).await;
    let fault = scene.state().add_fault(Fault::always(UPDATE, Effect::DropBefore));
    scene.press("u0", "同意").await;
    for _ in 0..80 {
        scene.later(1).await;
    }
    let card = scene.todo(&id).await["cards"][0].clone();
    assert_eq!((&card["state"], &card["why"]), (&json!("unknown"), &json!("unknown_outcome")), "{card}");
    assert!(card["ended_at_ms"].is_i64() && fault > 0);
    assert_eq!(scene.todo(&id).await["telling"]["state"], "done", "the business system knows all the same");

    scene.state().clear_faults();
    let id = scene.ask(&["e1"]).await;
    scene.state().add_fault(Fault::once(UPDATE, Effect::Errcode { errcode: 40058 }));
    scene.press("u1", "同意").await;
    let card = scene.todo(&id).await["cards"][0].clone();
    assert_eq!((&card["state"], &card["errcode"]), (&json!("failed"), &json!(40058)), "{card}");
    scene.stop().await;
}

#[tokio::test]
async fn a_code_that_somebody_else_has_spent_is_replaced_by_that_of_the_press() {
    let scene = Scene::new().await;
    let id = scene.ask(&["e0", "e1"]).await;
    spend_all(&scene);
    scene.press("u0", "同意").await;
    let card = scene.todo(&id).await["cards"][0].clone();
    assert_eq!((&card["state"], &card["attempts"]), (&json!("done"), &json!(2)), "{card}");
    assert_eq!(scene.words("u1"), "员工0 已同意", "the code of a press updates everybody's card");

    // without a press there is no other one
    let id = scene.ask(&["e2"]).await;
    spend_all(&scene);
    scene.say(&id, &json!({ "state": "done" })).await.expect(200);
    scene.settle().await;
    let card = scene.todo(&id).await["cards"][0].clone();
    assert_eq!((&card["state"], &card["why"]), (&json!("failed"), &json!("code_spent")), "{card}");
    // the next press decides nothing, and brings one
    scene.press("u2", "同意").await;
    assert_eq!((scene.words("u2").as_str(), scene.outcomes(&id).await), ("已办理", vec!["late".to_owned()]));
    assert!(scene.endpoint.told().len() == 1);
    scene.stop().await;
}

/// Somebody uses every code that WeCom has given so far.
fn spend_all(scene: &Scene) {
    let store = &scene.bridge.app.store;
    let codes = store
        .read(|tx| {
            let mut codes = Vec::new();
            store::outbox::scan_sent(tx, "acme-main/oa", 0, |call| {
                codes.extend(call.parts.iter().filter_map(|part| part.response_code.clone()));
                Ok(())
            })?;
            Ok(codes)
        })
        .unwrap();
    scene.state().with_corp(CORPID, |corp| codes.iter().for_each(|code| corp.messages.codes.spend(code)));
}

#[tokio::test]
async fn after_three_days_a_card_shows_the_end_when_it_is_pressed() {
    let scene = Scene::new().await;
    let id = scene.ask(&["e0", "e1"]).await;
    scene.later(73).await;
    scene.say(&id, &json!({ "state": "done", "text": "财务已办" })).await.expect(200);
    scene.settle().await;
    assert_eq!(scene.cards(&id).await, [("no_code".to_owned(), "财务已办".to_owned())]);
    assert_eq!((scene.words("u0"), scene.state().count(UPDATE)), (String::new(), 0));
    scene.press("u1", "同意").await;
    for userid in ["u0", "u1"] {
        assert_eq!(scene.words(userid), "财务已办", "{userid}");
    }
    assert_eq!(scene.outcomes(&id).await, ["late"]);

    // a decision after so long a time is shown with the code of its own press
    let id = scene.ask(&["e2", "e3"]).await;
    scene.later(73).await;
    scene.press("u3", "同意").await;
    assert_eq!((scene.words("u2").as_str(), scene.words("u3").as_str()), ("员工3 已同意", "员工3 已同意"));
    assert_eq!(scene.outcomes(&id).await, ["decided"]);
    scene.stop().await;
}

#[tokio::test]
async fn a_card_that_goes_out_after_the_end_shows_it_at_once() {
    let scene = Scene::new().await;
    let gone = scene.bridge.app.store.clone();
    gone.write(|tx| store::bindings::remove_member(tx, &"acme-main".into(), &"e1".into()).map(drop)).await.unwrap();
    let id = scene.ask(&["e0", "e1"]).await;
    scene.press("u0", "同意").await;
    gone.write(|tx| store::bindings::put_members(tx, &"acme-main".into(), &[binding(1)])).await.unwrap();
    let again = scene.bridge.post(&format!("/api/v1/messages/{id}/redrive"), &json!({})).await.expect(200);
    assert_eq!(again["again"], 1);
    scene.gone_out(&id).await;
    while scene.cards(&id).await.len() < 2 {
        tokio::task::yield_now().await;
    }
    scene.settle().await;
    assert_eq!(scene.words("u1"), "员工0 已同意");
    scene.stop().await;
}

#[tokio::test]
async fn updates_that_stand_still_are_told_to_whoever_watches() {
    let scene = Scene::new().await;
    let id = scene.ask(&["e0"]).await;
    let reasons = async || scene.bridge.get("/readyz").await.expect(200)["reasons"].clone();
    let metric = async |name: &str| {
        let text = scene.bridge.get("/metrics").await.text;
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
        line.rsplit(' ').next().unwrap_or_default().to_owned()
    };
    let waiting = r#"wecom_bridge_card_updates_waiting{corp="acme-main",app="oa"}"#;
    let age = r#"wecom_bridge_queue_age_seconds{queue="card_updates"}"#;
    scene.state().add_fault(Fault::always(UPDATE, Effect::Errcode { errcode: 60020 }));
    scene.press("u0", "同意").await;
    scene.clock.advance(Duration::from_secs(890));
    scene.settle().await;
    assert_eq!(reasons().await, json!([]), "a pause is no fault yet");
    assert_eq!((metric(waiting).await, metric(age).await), ("1".to_owned(), "890".to_owned()));
    scene.clock.advance(Duration::from_secs(10));
    scene.settle().await;
    let late = reasons().await;
    assert_eq!((&late[0]["code"], &late[0]["corp"]), (&json!("cards.late"), &json!("acme-main")), "{late}");
    let text = late[0]["text"].as_str().unwrap();
    assert!(text.contains("for 15 minutes") && text.contains("60020"), "{text}");
    scene.state().clear_faults();
    scene.later(1).await;
    assert_eq!(scene.cards(&id).await, [("done".to_owned(), "员工0 已同意".to_owned())]);
    assert_eq!(reasons().await, json!([]));
    assert_eq!((metric(waiting).await, metric(age).await), (String::new(), "0".to_owned()));
    scene.stop().await;
}

#[tokio::test]
async fn an_update_that_takes_long_holds_no_other_one_up() {
    let scene = Scene::new().await;
    let (slow, quick) = (scene.ask(&["e0"]).await, scene.ask(&["e1"]).await);
    scene.state().add_fault(Fault::once(UPDATE, Effect::Delay { ms: 5_000 }));
    scene.try_press("u0", "同意").unwrap();
    while scene.state().faults()[0].hits == 0 {
        tokio::task::yield_now().await;
    }
    scene.try_press("u1", "同意").unwrap();
    let arrived = async {
        while scene.todo(&quick).await["cards"][0]["state"] != "done" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), arrived).await.expect("the other one is updated meanwhile");
    assert_eq!(scene.todo(&slow).await["cards"][0]["state"], "sending");
    scene.clock.advance(Duration::from_secs(5));
    scene.settle().await;
    assert_eq!((scene.words("u0"), scene.words("u1")), ("员工0 已同意".to_owned(), "员工1 已同意".to_owned()));
    scene.stop().await;
}
