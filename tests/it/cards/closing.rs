//! What the business system says of its to-do (MSG-13, MSG-14).

use super::*;
use reqwest::Method;
use wecom_bridge::model::ApiScope;

#[tokio::test]
async fn done_elsewhere_returned_withdrawn() {
    let scene = Scene::new().await;
    for (body, stage, words) in [
        (json!({ "state": "done" }), "done", "已办理"),
        (json!({ "state": "returned" }), "returned", "已退回"),
        (json!({ "state": "withdrawn", "text": " 申请人已撤销 " }), "withdrawn", "申请人已撤销"),
    ] {
        let id = scene.ask(&["e0", "e1"]).await;
        let before = scene.state().count(UPDATE);
        let answer = scene.say(&id, &body).await.expect(200);
        assert_eq!((&answer["todo"]["stage"], &answer["message"]["id"]), (&json!(stage), &json!(id)));
        // said again, with another key: nothing changes
        scene.say(&id, &body).await.expect(200);
        scene.settle().await;
        assert_eq!(scene.state().count(UPDATE) - before, 1, "{stage}");
        let todo = scene.todo(&id).await;
        assert_eq!(todo["changes"].as_array().unwrap().len(), 1, "{stage}");
        assert!(todo["changes"][0]["by"].as_str().unwrap().starts_with("key:"), "{todo}");
        for userid in ["u0", "u1"] {
            assert_eq!(scene.words(userid), words, "{userid}");
        }
        let (task_id, keys) = scene.secrets(&id);
        scene.forge("u0", &task_id, &keys[0].1, "x").await;
        assert_eq!(scene.outcomes(&id).await, ["late"]);
    }
    assert!(scene.endpoint.told().is_empty());
    let audit = scene.bridge.get("/api/v1/audit").await.expect(200).to_string();
    assert_eq!(audit.matches("message.todo").count(), 3);
    scene.stop().await;
}

#[tokio::test]
async fn after_the_decision_the_business_system_has_the_last_word() {
    let scene = Scene::new().await;
    let id = scene.ask(&["e0", "e1"]).await;
    scene.press("u0", "同意").await;
    scene.say(&id, &json!({ "state": "returned", "text": "已退回申请人" })).await.expect(200);
    scene.settle().await;
    for userid in ["u0", "u1"] {
        assert_eq!(scene.words(userid), "已退回申请人", "{userid}: with the code of the press");
    }
    let todo = scene.todo(&id).await;
    assert_eq!((&todo["stage"], &todo["decision"]["button"]), (&json!("returned"), &json!("ok")));
    // both codes are used: it is said, and not lost
    scene.say(&id, &json!({ "state": "done" })).await.expect(200);
    scene.settle().await;
    let states: Vec<String> = scene.cards(&id).await.into_iter().map(|(state, _)| state).collect();
    assert_eq!(states, ["done", "done", "no_code"]);
    assert_eq!(scene.todo(&id).await["stage"], "done");
    scene.stop().await;
}

#[tokio::test]
async fn a_change_takes_the_place_of_one_that_has_not_gone_out() {
    let scene = Scene::new().await;
    let id = scene.ask(&["e0"]).await;
    set_access(&scene.bridge, scene.sandbox.base_url(), "read-only").await;
    for text in ["一", "二", "三"] {
        scene.say(&id, &json!({ "state": "done", "text": text })).await.expect(200);
        scene.settle().await;
    }
    let states: Vec<String> = scene.cards(&id).await.into_iter().map(|(state, _)| state).collect();
    assert_eq!(states, ["superseded", "superseded", "waiting"]);
    set_access(&scene.bridge, scene.sandbox.base_url(), "read-write").await;
    scene.later(1).await;
    assert_eq!((scene.words("u0").as_str(), scene.state().count(UPDATE)), ("三", 1));
    scene.stop().await;
}

#[tokio::test]
async fn what_has_not_gone_out_is_not_sent_any_more() {
    let scene = Scene::new().await;
    set_access(&scene.bridge, scene.sandbox.base_url(), "read-only").await;
    let id = scene.post(&todo(&["e0", "e1"])).await;
    while scene.status(&id).await["stage"] == "accepted" {
        tokio::task::yield_now().await;
    }
    while scene.bridge.app.messages.paused().is_empty() {
        tokio::task::yield_now().await;
    }
    scene.say(&id, &json!({ "state": "done" })).await.expect(200);
    assert_eq!(scene.status(&id).await["tally"], json!({ "expired": 2 }));
    set_access(&scene.bridge, scene.sandbox.base_url(), "read-write").await;
    scene.bridge.app.messages.resume_paused();
    let next = scene.ask(&["e2"]).await;
    assert_eq!(scene.status(&next).await["tally"], json!({ "sent": 1 }));
    assert!(scene.card("u0").is_none());
    let rows = scene.bridge.get(&format!("/api/v1/messages/{id}/deliveries")).await.expect(200);
    assert_eq!(rows["items"][0]["code"], "todo_ended");
    scene.stop().await;
}

#[tokio::test]
async fn what_ends_before_its_recipients_are_found_is_not_sent() {
    let scene = Scene::new().await;
    let mut ids = Vec::new();
    let close = async |bridge: &Bridge, _: &Clock| {
        // to a few, and to so many that they are found in portions
        for people in [json!({ "employees": ["e0", "e1"] }), json!({ "everyone": true })] {
            let mut message = todo(&[]);
            message["recipients"] = people;
            let made = bridge.post("/api/v1/messages", &message).await.expect(202);
            let id = made["id"].as_str().unwrap().to_owned();
            bridge.post(&format!("/api/v1/messages/{id}/todo"), &json!({ "state": "withdrawn" })).await.expect(200);
            ids.push(id);
        }
    };
    let scene = scene.restart(close).await;
    for id in &ids {
        scene.gone_out(id).await;
        let status = scene.status(id).await;
        assert!(status["tally"]["expired"].as_u64() >= Some(2) && status["tally"].get("sent").is_none(), "{status}");
        let rows = scene.bridge.get(&format!("/api/v1/messages/{id}/deliveries")).await.expect(200);
        assert_eq!(rows["items"][0]["code"], "todo_ended");
    }
    assert_eq!(scene.state().count("message/send"), 0);
    scene.stop().await;
}

#[tokio::test]
async fn what_is_refused() {
    let scene = Scene::new().await;
    let id = scene.ask(&["e0"]).await;
    for (body, status, code) in [
        (json!({ "state": "done", "text": "" }), 422, "message.invalid"),
        (json!({ "state": "done", "text": "太".repeat(21) }), 422, "message.invalid"),
        (json!({ "state": "done", "text": "两\n行" }), 422, "message.invalid"),
        (json!({ "state": "open" }), 400, "request.json"),
        (json!({ "state": "done", "extra": 1 }), 400, "request.json"),
    ] {
        let answer = scene.say(&id, &body).await;
        assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (status, Some(code)), "{}", answer.text);
    }
    assert_eq!(scene.todo(&id).await["stage"], "open");
    scene.say("none", &json!({ "state": "done" })).await.expect_problem(404, "message.not_found");
    let plain = json!({ "tenant": "acme", "source": "x", "title": "t", "recipients": { "employees": ["e0"] } });
    let plain = scene.post(&plain).await;
    scene.say(&plain, &json!({ "state": "done" })).await.expect_problem(409, "message.no_todo");
    assert_eq!(scene.todo(&plain).await, Value::Null);
    let reader = scene.bridge.make_key(&[ApiScope::MessagesRead]).await;
    let request = scene.bridge.bare(Method::POST, &format!("/api/v1/messages/{id}/todo")).bearer_auth(&reader);
    let answer = crate::api::bridge::send(request.json(&json!({ "state": "done" }))).await;
    answer.expect_problem(403, "key.scope");
    for n in 0..20 {
        scene.say(&id, &json!({ "state": "done", "text": n.to_string() })).await.expect(200);
    }
    let answer = scene.say(&id, &json!({ "state": "returned" })).await;
    answer.expect_problem(409, "message.too_many_changes");
    scene.settle().await;
    scene.stop().await;
}
