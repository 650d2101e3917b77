//! `message/recall` and `message/update_template_card`.

use super::*;
use std::time::Duration;
use wecom_bridge::sandbox::VisibleRange;
use wecom_bridge::sandbox::messages::message::Truth;

fn buttons(task: &str) -> Value {
    json!({"card_type": "button_interaction", "task_id": task, "main_title": {"title": "请审批"},
           "button_list": [{"text": "同意", "key": "ok"}, {"text": "驳回", "key": "no"}]})
}

/// Sends a card to u1, u2 and u3; answers its response_code.
async fn send_card(app: &Caller<'_>, card: Value) -> String {
    let got = app.post_ok("message/send", to_u1("template_card", card, json!({"touser": "u1|u2|u3"}))).await;
    got["response_code"].as_str().unwrap().to_owned()
}

fn update(code: &str, over: Value) -> Value {
    let mut body =
        json!({"userids": ["u1"], "agentid": 7, "response_code": code, "button": {"replace_name": "已同意"}});
    for (key, value) in over.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

#[tokio::test]
async fn a_message_is_recalled_within_24_hours_by_its_app() {
    let world = world();
    world.state().add_app(CORP, 8, "secret-8", VisibleRange::root());
    let app = world.app().await;
    let send =
        async |app: &Caller<'_>| app.post_ok("message/send", text("x")).await["msgid"].as_str().unwrap().to_owned();
    let msgid = send(&app).await;
    assert!(msgid.len() == 86 && msgid.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{msgid}");
    let other = Caller { world: &world, token: world.token_of("secret-8").await };
    other.refused(40058, "message/recall", json!({"msgid": msgid})).await;
    app.refused(40058, "message/recall", json!({"msgid": "unknown"})).await;
    app.refused(40058, "message/recall", json!({})).await;
    assert_eq!(world.state().inbox(CORP, "u1").len(), 1);
    app.post_ok("message/recall", json!({"msgid": msgid})).await;
    assert_eq!(world.state().inbox(CORP, "u1").len(), 0);
    assert_eq!(world.state().truths(CORP, 1)["u1"], Truth::Recalled);
    app.post_ok("message/recall", json!({"msgid": msgid})).await;
    world.state().with_corp(CORP, |corp| corp.message_switches.second_recall_errcode = 40058);
    app.refused(40058, "message/recall", json!({"msgid": msgid})).await;

    let (young, old) = (send(&app).await, send(&app).await);
    world.clock.advance(Duration::from_secs(24 * 3600));
    let app = world.app().await;
    app.post_ok("message/recall", json!({"msgid": young})).await;
    world.clock.advance(Duration::from_millis(1));
    app.refused(42052, "message/recall", json!({"msgid": old})).await;
    assert_eq!(world.raw_get("message/revoke").await.unwrap().status, 200, "an unknown caller learns nothing");
    assert_eq!(
        app.try_post("message/revoke", json!({"jobid": "x"})).await.unwrap().status,
        404,
        "private editions only"
    );
}

#[tokio::test]
async fn a_response_code_is_good_once_and_for_72_hours() {
    let world = world();
    give_callback(&world, 7);
    let app = world.app().await;
    let code = send_card(&app, buttons("t1")).await;
    // Refusals do not use it up.
    for (over, errcode) in [
        (json!({"agentid": null}), 41011),
        (json!({"agentid": 99}), 40056),
        (json!({"userids": []}), 82001),
        (json!({"userids": vec!["u1"; 1001]}), 40032),
        (json!({"partyids": vec![1; 101]}), 82002),
        (json!({"tagids": vec![1; 101]}), 82003),
        (json!({"partyids": "1"}), 40035),
        (json!({"atall": 2}), 40058),
        (json!({"response_code": "unknown"}), 60140),
        (json!({"response_code": null}), 60140),
        (json!({"button": null}), 40058),
        (json!({"button": {}}), 40058),
        (json!({"template_card": buttons("x")}), 40058), // both
        (json!({"button": null, "template_card": {}}), 41016),
        (json!({"button": null, "template_card": {"card_type": "text_notice", "main_title": {"title": "t"}}}), 42045),
        (json!({"userids": ["u9", "nobody"]}), 81013),
    ] {
        app.refused(errcode, "message/update_template_card", update(&code, over)).await;
    }
    app.post_ok("message/update_template_card", update(&code, json!({}))).await;
    app.refused(42022, "message/update_template_card", update(&code, json!({}))).await;

    let young = send_card(&app, buttons("t2")).await;
    let old = send_card(&app, buttons("t3")).await;
    world.clock.advance(Duration::from_millis(72 * 3_600_000 - 1));
    let app = world.app().await;
    app.post_ok("message/update_template_card", update(&young, json!({}))).await;
    world.clock.advance(Duration::from_millis(1));
    app.refused(60140, "message/update_template_card", update(&old, json!({}))).await;
    assert_eq!(app.post("message/update_taskcard", json!({})).await["text"], "no such api", "deprecated, not offered");
}

#[tokio::test]
async fn a_code_belongs_to_its_app() {
    let world = world();
    give_callback(&world, 7);
    world.state().add_app(CORP, 8, "secret-8", VisibleRange::root());
    let code = send_card(&world.app().await, buttons("t1")).await;
    let other = Caller { world: &world, token: world.token_of("secret-8").await };
    other.refused(301_002, "message/update_template_card", update(&code, json!({}))).await;
    other.refused(60140, "message/update_template_card", update(&code, json!({"agentid": 8}))).await;
}

#[tokio::test]
async fn an_update_reaches_whom_it_names_among_the_receivers() {
    let world = world();
    give_callback(&world, 7);
    let app = world.app().await;
    world.state().seed_department(CORP, 20, 1, "d", 0);
    world.state().seed_member(CORP, Member::new("u3", "Name 3", 20));
    let seen = |number: u64| {
        let message = world.state().find_message(CORP, number).unwrap();
        let names = message
            .receipts
            .iter()
            .map(|receipt| receipt.card.as_ref().map(|card| card.replace_name.clone()).unwrap_or_default());
        names.collect::<Vec<_>>().join("|")
    };
    let code = send_card(&app, buttons("t1")).await;
    let got = app
        .post_ok(
            "message/update_template_card",
            update(&code, json!({"userids": ["U2", "u9", "Nobody"], "partyids": [20, 99], "tagids": [5]})),
        )
        .await;
    assert_eq!(seen(1), "|已同意|已同意");
    assert_eq!(got["invaliduser"], json!(["nobody", "u9"]));
    assert_eq!((&got["invalidparty"], &got["invalidtag"]), (&json!([99]), &json!([5])));
    let code = send_card(&app, buttons("t2")).await;
    let got = app.post_ok("message/update_template_card", update(&code, json!({"userids": null, "atall": 1}))).await;
    assert_eq!(seen(2), "已同意|已同意|已同意");
    assert_eq!(got.as_object().unwrap().len(), 2, "{got}");
    assert_eq!(world.state().truths(CORP, 2)["u1"], Truth::Updated);
}

#[tokio::test]
async fn a_card_is_replaced_by_a_card_of_any_type() {
    let world = world();
    give_callback(&world, 7);
    let app = world.app().await;
    let code = send_card(&app, buttons("t1")).await;
    let mut replacement = buttons("ignored / even if illegal");
    replacement["replace_text"] = json!("已由张三处理");
    replacement["button_selection"] =
        json!({"question_key": "q", "disable": true, "option_list": [{"id": "a", "text": "A"}]});
    app.post_ok("message/update_template_card", update(&code, json!({"button": null, "template_card": replacement})))
        .await;
    let message = last(&world);
    let card = message.card_at(message.receipt("u1").unwrap()).unwrap().clone();
    assert_eq!((card.task_id.as_str(), card.replace_text.as_str()), ("t1", "已由张三处理"));
    assert!(card.button_selection.unwrap().disable);
    assert_eq!(message.card_at(message.receipt("u2").unwrap()), message.content.card(), "others see the old one");

    let notice = json!({"card_type": "text_notice", "main_title": {"title": "x"}, "task_id": "t9",
        "action_menu": {"action_list": [{"text": "x", "key": "k"}]}, "card_action": {"type": 1, "url": "http://a"}});
    let code = send_card(&app, notice.clone()).await;
    app.refused(40058, "message/update_template_card", update(&code, json!({}))).await; // it has no buttons
    app.post_ok("message/update_template_card", update(&code, json!({"button": null, "template_card": notice}))).await;
    let sent = buttons("t10");
    assert_eq!(sent["replace_text"], Value::Null);
    let mut early = sent;
    early["replace_text"] = json!("too early");
    send_card(&app, early).await;
    assert_eq!(last(&world).content.card().unwrap().replace_text, "", "exists in updates only");
}
