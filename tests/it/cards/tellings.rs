//! The decision on its way to the business system.

use super::*;
use wecom_bridge::webhooks;

const POSTS: &str = "/api/v1/webhooks/oa/posts";

#[tokio::test]
async fn a_dead_endpoint_gets_the_decision_later_with_the_same_id() {
    let scene = Scene::new().await;
    let id = scene.ask(&["e0"]).await;
    scene.endpoint.answer([503; 11]);
    scene.press("u0", "同意").await;
    assert_eq!(scene.words("u0"), "员工0 已同意", "the card does not wait for the business system");
    let telling = scene.todo(&id).await["telling"].clone();
    assert_eq!((&telling["state"], &telling["error"]), (&json!("waiting"), &json!("the endpoint answered 503")));
    for _ in 0..12 {
        scene.later(8).await;
    }
    let told = scene.endpoint.told();
    assert_eq!(told.len(), 11);
    assert_eq!(scene.todo(&id).await["telling"]["state"], "dead");
    let post = scene.todo(&id).await["decision"]["told"]["post"].as_str().unwrap().to_owned();
    scene.bridge.act(&format!("{POSTS}/{post}/redrive")).await.expect(200);
    scene.settle().await;
    let told = scene.endpoint.told();
    assert_eq!(told.len(), 12);
    assert!(told.iter().all(|one| one.headers["webhook-id"] == post && one.body == told[0].body));
    let now_s = scene.clock.now_ms() / 1_000;
    assert!(told[11].is_signed(&scene.secret, now_s), "signed anew");
    assert!(!told[0].is_signed(&scene.secret, now_s), "the first one of days ago is a replay by now");
    assert_eq!(scene.todo(&id).await["telling"]["state"], "done");
    scene.stop().await;
}

#[tokio::test]
async fn a_webhook_that_is_switched_off_hears_of_the_decision_when_it_is_on_again() {
    let scene = Scene::new().await;
    let id = scene.ask(&["e0"]).await;
    let set = |enabled: bool| json!({ "url": scene.endpoint.url, "events": [], "enabled": enabled });
    scene.bridge.put("/api/v1/webhooks/oa", &set(false)).await.expect(200);
    scene.press("u0", "同意").await;
    assert_eq!((scene.endpoint.told().len(), scene.todo(&id).await["telling"]["state"].clone()), (0, json!("waiting")));
    scene.bridge.put("/api/v1/webhooks/oa", &set(true)).await.expect(200);
    scene.settle().await;
    assert_eq!((scene.endpoint.told().len(), scene.todo(&id).await["telling"]["state"].clone()), (1, json!("done")));
    scene.stop().await;
}

#[tokio::test]
async fn others_hear_of_decisions_where_they_subscribe_and_a_missing_webhook_is_told_at_once() {
    let scene = Scene::new().await;
    let other = Endpoint::start().await;
    let body = json!({ "url": other.url, "events": ["card.*"] });
    scene.bridge.put("/api/v1/webhooks/audit", &body).await.expect(201);
    let mut message = todo(&["e0"]);
    message["webhook"] = json!("nobody");
    let problem = scene.bridge.post("/api/v1/messages", &message).await.expect_problem(422, "message.invalid");
    assert_eq!(problem["faults"][0]["at"], "webhook");
    message["webhook"] = Value::Null;
    let id = scene.post(&message).await;
    scene.gone_out(&id).await;
    scene.press("u0", "驳回").await;
    assert_eq!((scene.endpoint.told().len(), other.told().len()), (0, 1), "the message names none");
    assert_eq!(other.told()[0].json()["type"], webhooks_kind());
    assert_eq!(scene.todo(&id).await["telling"], Value::Null);

    // removed between the message and the decision: the story says so
    let id = scene.ask(&["e1"]).await;
    scene.bridge.delete("/api/v1/webhooks/oa?confirm=oa").await.expect(204);
    scene.press("u1", "同意").await;
    let todo = scene.todo(&id).await;
    assert_eq!((&todo["stage"], &todo["telling"]["state"]), (&json!("decided"), &json!("removed")));
    scene.stop().await;
}

fn webhooks_kind() -> &'static str {
    // the signature that the documentation describes is that of the room
    let _: fn(&wecom_bridge::model::Secret, &str, i64, &str) -> String = webhooks::signature;
    wecom_bridge::messages::cards::DECISION
}
