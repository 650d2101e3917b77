//! Which press counts, and what the others are told (BEY-12).

use super::*;
use std::collections::BTreeSet;
use wecom_bridge::model::{Employee, EmployeeStatus};

#[tokio::test]
async fn a_press_decides_is_told_signed_and_once_and_is_shown_to_everybody() {
    let scene = Scene::new().await;
    let id = scene.ask(&["e0", "e1", "e2"]).await;
    let open = scene.todo(&id).await;
    assert_eq!((&open["stage"], &open["presses"], &open["cards"]), (&json!("open"), &json!([]), &json!([])));
    let (task_id, keys) = scene.secrets(&id);
    let shown: BTreeSet<String> = scene.card("u0").unwrap().1.iter().map(|button| button.key.clone()).collect();
    assert_eq!(shown, keys.iter().map(|(_, key)| key.clone()).collect(), "the card carries the random keys");
    assert!(keys.iter().all(|(button, key)| key.len() == 32 && key != button));

    scene.press("u1", "同意").await;
    for userid in ["u0", "u1", "u2"] {
        assert_eq!(scene.words(userid), "员工1 已同意", "{userid}");
    }
    assert_eq!(scene.state().count(UPDATE), 1, "one call for all three");
    let told = scene.endpoint.told();
    assert_eq!(told.len(), 1);
    assert!(told[0].is_signed(&scene.secret, START_MS / 1_000));
    let body = told[0].json();
    assert_eq!(body["type"], "card.decision");
    let data = &body["data"];
    let expected = json!({
        "message": id, "tenant": "acme", "source": "workflow", "event": "leave.submitted", "title": "请假三天",
        "button": "ok", "text": "同意", "shown": "员工1 已同意", "employee": "e1", "corp": "acme-main", "app": "oa",
        "userid": "u1", "choices": null, "at_ms": START_MS, "data": { "ticket": "17" },
    });
    assert_eq!(*data, expected);

    let todo = scene.todo(&id).await;
    assert_eq!(todo["stage"], "decided");
    assert_eq!(todo["decision"]["button"], "ok");
    assert_eq!((&todo["decision"]["employee"], &todo["decision"]["by"]), (&json!("e1"), &json!("member:acme-main/u1")));
    assert_eq!(todo["telling"], json!({ "webhook": "oa", "state": "done", "attempts": 1 }));
    assert_eq!(todo["decision"]["told"]["post"], told[0].headers["webhook-id"]);
    assert_eq!(scene.cards(&id).await, [("done".to_owned(), "员工1 已同意".to_owned())]);
    let text = todo.to_string();
    assert!(!keys.iter().any(|(_, key)| text.contains(key.as_str())), "no key leaves the house");
    assert!(!text.contains("\"code\""), "no code either: {text}");

    // the buttons are gone; whoever presses all the same, with the very event, decides nothing
    assert_eq!(scene.try_press("u0", "驳回"), Err(ActError::NoButton));
    scene.forge("u0", &task_id, &keys[1].1, "late").await;
    assert_eq!(scene.outcomes(&id).await, ["decided", "late"]);
    assert_eq!((scene.endpoint.told().len(), scene.state().count(UPDATE)), (1, 1));
    assert_eq!(scene.words("u0"), "员工1 已同意");
    scene.stop().await;
}

#[tokio::test]
async fn two_people_press_at_the_same_moment_and_one_decides() {
    let scene = Scene::new().await;
    let id = scene.ask(&["e0", "e1"]).await;
    scene.try_press("u0", "同意").unwrap();
    scene.try_press("u1", "驳回").unwrap();
    // twice the same button, before anything was answered
    scene.try_press("u0", "同意").unwrap();
    scene.settle().await;
    let mut outcomes = scene.outcomes(&id).await;
    assert_eq!((outcomes.remove(0).as_str(), outcomes), ("decided", vec!["late".to_owned(), "late".to_owned()]));
    let todo = scene.todo(&id).await;
    assert_eq!((todo["changes"].as_array().unwrap().len(), &todo["refused"]), (1, &json!(2)));
    let told = scene.endpoint.told();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].json()["data"]["userid"], todo["presses"][0]["userid"]);
    assert_eq!(scene.words("u0"), scene.words("u1"));
    assert_eq!(scene.words("u0"), todo["decision"]["text"].as_str().unwrap());
    scene.stop().await;
}

#[tokio::test]
async fn only_the_assignee_decides() {
    let scene = Scene::new().await;
    let id = scene.ask(&["e0", "e1"]).await;
    let (task_id, keys) = scene.secrets(&id);
    let store = &scene.bridge.app.store;
    // u1 got the card as employee e1, and is somebody else's account by now
    let other = json!({ "employee": "e3", "userid": "u1", "origin": "manual", "bound_at_ms": 2 });
    let other: MemberBinding = serde_json::from_value(other).unwrap();
    store
        .write(move |tx| {
            for employee in ["e1", "e3"] {
                store::bindings::remove_member(tx, &"acme-main".into(), &employee.into())?;
            }
            store::bindings::put_members(tx, &"acme-main".into(), std::slice::from_ref(&other))
        })
        .await
        .unwrap();
    scene.press("u1", "同意").await;
    assert_eq!(scene.words("u1"), "您不是处理人，操作无效", "who pressed is told");
    assert_eq!(scene.words("u0"), "", "the assignee can still decide");
    assert_eq!(scene.todo(&id).await["stage"], "open");

    // u2 never got the card; its event is signed and right in every other way
    scene.forge("u2", &task_id, &keys[0].1, "stolen").await;
    // a key of the card's own words, a key of nobody, another card
    scene.forge("u0", &task_id, "ok", "c1").await;
    scene.forge("u0", &task_id, "0123456789abcdef0123456789abcdef", "c2").await;
    scene.forge("u0", &format!("{id}@0"), &keys[0].1, "c3").await;
    scene.forge("u0", &task_id.replace("@0", "@7"), &keys[0].1, "c4").await;
    let expected = ["not_assignee", "not_assignee", "unknown_button", "unknown_button", "unknown_button"];
    assert_eq!(scene.outcomes(&id).await, expected);
    assert!(scene.endpoint.told().is_empty());
    let last = scene.bridge.get(&format!("{CORP}/inbox?limit=10")).await.expect(200);
    let notes = last["items"].to_string();
    assert!(
        notes.contains("does not count: not_assignee") && notes.contains("does not count: unknown_button"),
        "{notes}"
    );

    // who has left decides nothing although the account and the link are still there
    let set = |status: EmployeeStatus| {
        let row = Employee { status, ..Employee::new("e0", "员工0", "1") };
        let write = move |tx: &store::WriteTx| {
            store::directory::put_employees(tx, &"acme".into(), std::slice::from_ref(&row)).map(drop)
        };
        store.write_blocking(write).unwrap();
    };
    set(EmployeeStatus::Departed);
    scene.forge("u0", &task_id, &keys[0].1, "c5").await;
    assert_eq!(scene.outcomes(&id).await.last().map(String::as_str), Some("not_assignee"));
    assert_eq!(scene.todo(&id).await["stage"], "open");
    set(EmployeeStatus::Active);

    scene.press("u0", "驳回").await;
    assert_eq!(scene.todo(&id).await["decision"]["button"], "no");
    for userid in ["u0", "u1"] {
        assert_eq!(scene.words(userid), "员工0 已驳回", "{userid}");
    }
    scene.stop().await;
}

#[tokio::test]
async fn a_press_after_the_end_of_its_time_decides_nothing() {
    let scene = Scene::new().await;
    let mut message = todo(&["e0", "e1"]);
    message["expires_at_ms"] = json!(START_MS + 3_600_000);
    let id = scene.post(&message).await;
    scene.gone_out(&id).await;
    assert_eq!(scene.todo(&id).await["valid_until_ms"], START_MS + 3_600_000);
    scene.later(1).await;
    assert_eq!(scene.todo(&id).await["stage"], "expired");
    scene.press("u0", "同意").await;
    assert_eq!(scene.outcomes(&id).await, ["expired"]);
    for userid in ["u0", "u1"] {
        assert_eq!(scene.words(userid), "已过期", "{userid}");
    }
    assert!(scene.endpoint.told().is_empty());
    let (task_id, keys) = scene.secrets(&id);
    scene.forge("u1", &task_id, &keys[0].1, "x").await;
    assert_eq!(scene.outcomes(&id).await, ["expired", "late"]);

    // buttons without an end have one all the same
    let id = scene.ask(&["e2"]).await;
    scene.later(30 * 24).await;
    scene.press("u2", "同意").await;
    assert_eq!((scene.outcomes(&id).await, scene.words("u2").as_str()), (vec!["expired".to_owned()], "已过期"));
    scene.stop().await;
}

#[tokio::test]
async fn a_press_in_time_decides_however_late_it_is_worked_on() {
    let scene = Scene::new().await;
    let mut message = todo(&["e0", "e1"]);
    message["expires_at_ms"] = json!(START_MS + 3_600_000);
    let id = scene.post(&message).await;
    scene.gone_out(&id).await;
    let (task_id, keys) = scene.secrets(&id);
    // received, and then the bridge is away until the card's time is over
    let crypto = CallbackCrypto::new(&scene.callback.token, &scene.callback.aes_key, CORPID).unwrap();
    let press = event("u1", &task_id, &keys[0].1, "code");
    let away = async |bridge: &Bridge, clock: &Clock| {
        clock.advance(Duration::from_secs(3_599));
        assert_eq!(crate::callbacks::deliver(bridge, "/cb/acme-main/oa", &crypto, &press).await.status, 200);
        clock.advance(Duration::from_secs(3_600));
    };
    let scene = scene.restart(away).await;
    scene.settle().await;
    assert_eq!(scene.outcomes(&id).await, ["decided"]);
    assert_eq!(scene.todo(&id).await["decision"]["button"], "ok");
    assert_eq!(scene.endpoint.told().len(), 1);
    scene.forge("u0", &task_id, &keys[1].1, "x").await;
    assert_eq!(scene.outcomes(&id).await, ["decided", "late"]);
    scene.stop().await;
}

#[tokio::test]
async fn a_card_can_be_decided_for_as_long_as_it_says_however_short_messages_are_kept() {
    let scene = Scene::new().await;
    let (open, done) = (scene.ask(&["e0"]).await, scene.ask(&["e1"]).await);
    scene.press("u1", "同意").await;
    let settings = json!({ "keep_days": 7 });
    scene.bridge.put("/api/v1/message-settings", &settings).await.expect(200);
    scene.later(8 * 24).await;
    scene.bridge.app.messages.remove_old().await.unwrap();
    scene.bridge.get(&format!("/api/v1/messages/{done}")).await.expect_problem(404, "message.not_found");
    scene.press("u0", "驳回").await;
    assert_eq!(scene.outcomes(&open).await, ["decided"]);
    assert_eq!(scene.endpoint.told().len(), 2);
    // decided, it goes with the others; open, when its time is over
    let open = scene.ask(&["e2"]).await;
    scene.later(31 * 24).await;
    scene.bridge.app.messages.remove_old().await.unwrap();
    scene.bridge.get(&format!("/api/v1/messages/{open}")).await.expect_problem(404, "message.not_found");
    scene.stop().await;
}

#[tokio::test]
async fn what_was_taken_back_decides_nothing() {
    let scene = Scene::new().await;
    let id = scene.ask(&["e0"]).await;
    let (task_id, keys) = scene.secrets(&id);
    scene.bridge.act(&format!("/api/v1/messages/{id}/recall")).await.expect(200);
    scene.settle().await;
    assert!(scene.card("u0").is_none(), "WeCom took it back");
    assert_eq!((scene.todo(&id).await["stage"].clone(), scene.state().count(UPDATE)), (json!("withdrawn"), 0));
    // pressed before the recall, and told after it
    scene.forge("u0", &task_id, &keys[0].1, "x").await;
    assert_eq!(scene.outcomes(&id).await, ["recalled"]);
    assert!(scene.endpoint.told().is_empty());

    // after a day WeCom takes nothing back: the card says it
    let id = scene.ask(&["e1", "e2"]).await;
    scene.later(25).await;
    let done = scene.bridge.act(&format!("/api/v1/messages/{id}/recall")).await.expect(200);
    assert_eq!(done["kept"][0]["code"], "too_late");
    scene.settle().await;
    for userid in ["u1", "u2"] {
        assert_eq!(scene.words(userid), "已撤回", "{userid}");
    }
    scene.stop().await;
}

#[tokio::test]
async fn a_replayed_callback_counts_once() {
    let scene = Scene::new().await;
    let id = scene.ask(&["e0"]).await;
    scene.press("u0", "同意").await;
    let page = scene.bridge.get(&format!("{CORP}/inbox")).await.expect(200);
    let item =
        page["items"].as_array().unwrap().iter().find(|item| item["kind"] == "event.template_card_event").unwrap();
    assert_eq!(item["note"], format!("decided message {id}"));
    let path = format!("{CORP}/inbox/{}/replay", item["id"].as_str().unwrap());
    scene.bridge.act(&path).await;
    scene.settle().await;
    assert_eq!(scene.outcomes(&id).await, ["decided"]);
    assert_eq!((scene.endpoint.told().len(), scene.state().count(UPDATE)), (1, 1));
    scene.stop().await;
}
