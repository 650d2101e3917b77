//! A corp that becomes another WeCom: its cards are out of reach from then on, and nothing that was meant for them goes there.

use super::*;
use wecom_bridge::model::CardUpdateState;
use wecom_bridge::sandbox::{Effect, Fault};

const NEXT: &str = "ww9999999999999999";

/// The settings of the corp with another CorpID.
fn moved(base: &str) -> Value {
    json!({
        "tenant": "acme", "name": "Acme", "corpid": NEXT, "access": "read-write",
        "endpoints": { "api_base": base, "authorize_base": base, "login_base": base, "console_url": base },
    })
}

#[tokio::test]
async fn updates_end_with_the_wecom_that_their_cards_are_in() {
    let scene = Scene::new().await;
    scene.state().add_corp(NEXT, seed::CONTACTS_SECRET);
    scene.state().add_app(NEXT, seed::AGENTID, seed::APP_SECRET, VisibleRange::root());
    scene.state().add_fault(Fault::always(UPDATE, Effect::Errcode { errcode: 45009 }));
    let (waits, on_its_way) = (scene.ask(&["e0", "e1"]).await, scene.ask(&["e2"]).await);
    let (open, secrets) = (scene.ask(&["e3"]).await, scene.secrets(&waits));
    scene.press("u0", "同意").await;
    scene.press("u2", "驳回").await;
    let id = on_its_way.as_str().into();
    let stored = &scene.bridge.app.store;
    let mut update = stored.read(|tx| store::todos::update(tx, &id, 0)).unwrap().unwrap();
    assert_eq!(update.state, CardUpdateState::Waiting);
    update.state = CardUpdateState::Sending;
    stored.write_blocking(move |tx| store::todos::put_update(tx, &update)).unwrap();

    let base = scene.sandbox.base_url();
    let mut corp = moved(base);
    let refused = scene.bridge.put(CORP, &corp).await.expect_problem(409, "setup.linked");
    assert!(refused.to_string().contains("2 messages and callbacks under way"), "{refused}");
    corp["links"] = "reset".into();
    scene.clock.advance(Duration::from_secs(1));
    scene.bridge.put(CORP, &corp).await.expect(200);
    scene.state().clear_faults();
    let calls = |path: &str| scene.state().count(path);
    let before = (calls(UPDATE), calls("message/recall"));
    let told = |todo: &Value, at: usize| {
        let card = &todo["cards"][at];
        (card["state"].as_str().unwrap().to_owned(), card["why"].as_str().unwrap().to_owned())
    };
    let (one, two) = (scene.todo(&waits).await, scene.todo(&on_its_way).await);
    assert_eq!(told(&one, 0), ("failed".into(), "other_wecom".into()), "{one}");
    assert_eq!(told(&two, 0), ("unknown".into(), "other_wecom".into()), "{two}");
    assert!(one["cards"][0]["error"].as_str().unwrap().contains("not connected to the WeCom any more"));
    assert_eq!((&one["stage"], &one["decision"]["text"]), (&json!("decided"), &json!("员工0 已同意")));

    // what is said of them later reaches no card, and the recall takes nothing back there
    for id in [&waits, &open] {
        scene.say(id, &json!({ "state": "withdrawn" })).await.expect(200);
        let todo = scene.todo(id).await;
        let last = todo["cards"].as_array().unwrap().len() - 1;
        assert_eq!(told(&todo, last), ("no_code".into(), "other_wecom".into()), "{todo}");
        let recalled = scene.bridge.act(&format!("/api/v1/messages/{id}/recall")).await.expect(200);
        assert_eq!(recalled["kept"][0]["code"], "other_wecom", "{recalled}");
    }
    scene.later(1).await;
    assert_eq!((calls(UPDATE), calls("message/recall")), before);

    // somebody there who knows the keys of the card decides nothing
    let bound = [binding(3)];
    let bind = move |tx: &store::WriteTx| store::bindings::put_members(tx, &"acme-main".into(), &bound);
    stored.write_blocking(bind).unwrap();
    let crypto = CallbackCrypto::new(&scene.callback.token, &scene.callback.aes_key, NEXT).unwrap();
    let press = event("u3", &secrets.0, &secrets.1[0].1, "code");
    let answer = crate::callbacks::deliver(&scene.bridge, "/cb/acme-main/oa", &crypto, &press).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    scene.settle().await;
    let inbox = scene.bridge.get(&format!("{CORP}/inbox")).await.expect(200);
    let note = inbox["items"][0]["note"].as_str().unwrap();
    assert!(note.contains("not connected to any more"), "{note}");
    assert_eq!(scene.outcomes(&waits).await, ["decided"]);
    scene.stop().await;
}

#[tokio::test]
async fn an_answer_that_comes_too_late_opens_nothing_again() {
    let scene = Scene::new().await;
    scene.state().add_corp(NEXT, seed::CONTACTS_SECRET);
    scene.state().add_app(NEXT, seed::AGENTID, seed::APP_SECRET, VisibleRange::root());
    let id = scene.ask(&["e0"]).await;
    // the answer is on its way while the corp becomes another WeCom, and it would mean: again
    scene.state().add_fault(Fault::once(UPDATE, Effect::Delay { ms: 2_000 }));
    scene.state().add_fault(Fault::once(UPDATE, Effect::Errcode { errcode: 45009 }));
    let before = scene.state().count(UPDATE);
    scene.try_press("u0", "同意").unwrap();
    while scene.todo(&id).await["cards"][0]["state"] != "sending" {
        tokio::task::yield_now().await;
    }
    let mut corp = moved(scene.sandbox.base_url());
    corp["links"] = "reset".into();
    scene.clock.advance(Duration::from_secs(1));
    scene.bridge.put(CORP, &corp).await.expect(200);
    while scene.state().count(UPDATE) == before {
        scene.clock.advance(Duration::from_millis(100));
        tokio::task::yield_now().await;
    }
    scene.later(1).await;
    let card = scene.todo(&id).await["cards"][0].clone();
    assert_eq!((&card["state"], &card["why"]), (&json!("unknown"), &json!("other_wecom")), "{card}");
    scene.stop().await;
}

#[tokio::test]
async fn a_corp_that_went_to_another_tenant_gets_nothing_of_the_former_one() {
    let scene = Scene::new().await;
    scene.bridge.put("/api/v1/tenants/other", &json!({ "name": "别家" })).await.expect(201);
    let mut corp = moved(scene.sandbox.base_url());
    (corp["tenant"], corp["corpid"], corp["links"]) = (json!("other"), json!(CORPID), json!("reset"));
    scene.clock.advance(Duration::from_secs(1));
    scene.bridge.put(CORP, &corp).await.expect(200);
    // there, e0 is somebody else
    let bound = [binding(0)];
    let bind = move |tx: &store::WriteTx| store::bindings::put_members(tx, &"acme-main".into(), &bound);
    scene.bridge.app.store.write_blocking(bind).unwrap();
    scene.clock.advance(Duration::from_secs(1));
    let mut message = todo(&["e0"]);
    message["recipients"]["bindings"] = json!([{ "corp": "acme-main", "userid": "u0" }]);
    let id = scene.post(&message).await;
    scene.gone_out(&id).await;
    let status = scene.status(&id).await;
    assert_eq!(status["tally"], json!({ "failed": 2 }), "{status}");
    let rows = scene.bridge.get(&format!("/api/v1/messages/{id}/deliveries")).await.expect(200);
    let row = |at: usize| &rows["items"][at];
    assert_eq!((&row(0)["code"], &row(1)["code"]), (&json!("no_rule"), &json!("no_rule")), "{rows}");
    assert!(row(1)["employee"].is_null(), "a link of another tenant is nobody's here: {rows}");
    assert_eq!(scene.state().count("message/send"), 0);
    scene.stop().await;
}
