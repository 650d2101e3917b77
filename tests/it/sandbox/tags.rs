//! Tags (contacts.md section 7).

use super::caller::{CORP, World, person};
use serde_json::json;

#[tokio::test]
async fn a_tag_lives() {
    let world = World::public();
    let contacts = world.contacts().await;
    world.state().seed_department(CORP, 20, 1, "d", 0);
    contacts.post_ok("user/create", person("A.chen")).await;
    assert_eq!(contacts.post_ok("tag/create", json!({"tagname": "UI", "tagid": 12})).await["tagid"], 12);
    assert_eq!(contacts.post_ok("tag/create", json!({"tagname": "QA"})).await["tagid"], 13);
    let body = json!({"tagid": 12, "userlist": ["a.chen", "ghost"], "partylist": [20, 999]});
    let got = contacts.post_ok("tag/addtagusers", &body).await;
    assert_eq!((&got["invalidlist"], &got["invalidparty"]), (&json!("ghost"), &json!([999])));
    let got = contacts.get_ok("tag/get?tagid=12").await;
    assert_eq!((&got["tagname"], &got["partylist"]), (&json!("UI"), &json!([20])));
    assert_eq!(got["userlist"], json!([{"userid": "A.chen", "name": "Name A.chen"}]));
    contacts.post_ok("tag/deltagusers", json!({"tagid": 12, "userlist": ["A.CHEN"]})).await;
    assert_eq!(contacts.get_ok("tag/get?tagid=12").await["userlist"], json!([]));
    contacts.post_ok("tag/update", json!({"tagid": 12, "tagname": "UX"})).await;
    contacts.get_ok("tag/delete?tagid=13").await;
    assert_eq!(contacts.get_ok("tag/list").await["taglist"], json!([{"tagid": 12, "tagname": "UX"}]));
}

#[tokio::test]
async fn every_refusal_of_a_tag() {
    let world = World::public();
    let (contacts, app) = (world.contacts().await, world.app().await);
    contacts.post_ok("user/create", person("a")).await;
    contacts.post_ok("user/create", person("b")).await;
    contacts.post_ok("tag/create", json!({"tagname": "mine", "tagid": 1})).await;
    app.post_ok("tag/create", json!({"tagname": "app's", "tagid": 2})).await;
    for (path, body, errcode) in [
        ("tag/create", json!({}), 41018),
        ("tag/create", json!({"tagname": ""}), 40072),
        ("tag/create", json!({"tagname": "长".repeat(33)}), 40072),
        ("tag/create", json!({"tagname": "mine"}), 40071),
        ("tag/create", json!({"tagname": "x", "tagid": 1}), 40068),
        ("tag/create", json!({"tagname": "x", "tagid": -1}), 40068),
        ("tag/update", json!({"tagname": "x"}), 41017),
        ("tag/update", json!({"tagid": 99, "tagname": "x"}), 40068),
        ("tag/update", json!({"tagid": 1, "tagname": "app's"}), 40071),
        ("tag/update", json!({"tagid": 2, "tagname": "x"}), 81011),
        ("tag/addtagusers", json!({"tagid": 1}), 40035),
        ("tag/addtagusers", json!({"tagid": 1, "userlist": "a"}), 40035),
        ("tag/addtagusers", json!({"tagid": 1, "partylist": "1"}), 40035),
        ("tag/addtagusers", json!({"tagid": 1, "userlist": vec!["a"; 1001]}), 81014),
        ("tag/addtagusers", json!({"tagid": 1, "userlist": ["ghost"]}), 40070),
        ("tag/addtagusers", json!({"tagid": 2, "userlist": ["a"]}), 81011),
        ("tag/deltagusers", json!({"tagid": 1, "userlist": ["ghost"]}), 40031),
    ] {
        contacts.refused(errcode, path, body).await;
    }
    app.refused(60011, "tag/update", json!({"tagid": 1, "tagname": "x"})).await;
    contacts.get_refused(41017, "tag/get").await;
    contacts.get_refused(40068, "tag/delete?tagid=x").await;
    world.state().with_corp(CORP, |corp| (corp.limits.tags, corp.limits.tag_nodes) = (2, 1));
    contacts.refused(40126, "tag/create", json!({"tagname": "x"})).await;
    contacts.refused(81003, "tag/addtagusers", json!({"tagid": 1, "userlist": ["a", "b"]})).await;
}
