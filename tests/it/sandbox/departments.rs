//! Departments: rules, orders, limits, every refusal (contacts.md section 2).

use super::caller::{CORP, World};
use serde_json::json;

/// What tests seed without any check must not stop the sandbox.
#[tokio::test]
async fn a_seeded_circle_is_walked_once() {
    let world = World::public();
    for (id, parent, name) in [(20, 21, "a"), (21, 20, "b"), (22, 21, "c"), (30, 1, "d")] {
        world.state().seed_department(CORP, id, parent, name, 0);
    }
    let app = world.app().await;
    // nobody sees it from the root, so nobody may look at it either
    for id in [20, 21, 22] {
        app.get_refused(60011, &format!("department/get?id={id}")).await;
    }
    let contacts = world.contacts().await;
    contacts.post_ok("department/create", json!({"name": "e", "parentid": 22, "id": 40})).await;
    contacts.post_ok("department/update", json!({"id": 30, "parentid": 20})).await;
    let listed = contacts.get_ok("department/simplelist?id=20").await;
    assert_eq!(listed["department_id"].as_array().unwrap().len(), 5, "{listed}");
    // the root itself in a circle: each department is answered once, and the bridge refuses the answer
    world.state().seed_department(CORP, 1, 50, "root", 0);
    world.state().seed_department(CORP, 50, 1, "f", 0);
    let listed = contacts.get_ok("department/simplelist").await;
    assert_eq!(listed["department_id"].as_array().unwrap().len(), 2, "{listed}");
}

#[tokio::test]
async fn a_department_is_created_changed_moved_and_deleted() {
    let world = World::public();
    let contacts = world.contacts().await;
    let got = contacts
        .post_ok("department/create", json!({"name": "财务", "parentid": 1, "order": 4_294_967_295_u32, "id": 20}))
        .await;
    assert_eq!((&got["errmsg"], &got["id"]), (&json!("created"), &json!(20)));
    let got = contacts.post_ok("department/create", json!({"name": "研发", "parentid": 1})).await;
    assert_eq!(got["id"], 21, "the next id after the largest");
    assert_eq!(
        contacts.post_ok("department/update", json!({"id": 21, "name": "研发中心", "parentid": 20})).await["errmsg"],
        "updated"
    );
    let got = world.app().await.get_ok("department/get?id=21").await;
    let want = json!({"id": 21, "name": "研发中心", "department_leader": [], "parentid": 20, "order": 99_999_000});
    assert_eq!(got["department"], want);
    let got = contacts.get_ok("department/simplelist?id=20").await;
    let want =
        json!([{"id": 20, "parentid": 1, "order": 4_294_967_295_u32}, {"id": 21, "parentid": 20, "order": 99_999_000}]);
    assert_eq!(got["department_id"], want);
    contacts.get_refused(60006, "department/delete?id=20").await;
    assert_eq!(contacts.get_ok("department/delete?id=21").await["errmsg"], "deleted");
    contacts.get_ok("department/delete?id=20").await;
    assert_eq!(world.state().departments(CORP).len(), 1);
}

#[tokio::test]
async fn orders_not_given_step_down_from_the_first() {
    let world = World::public();
    let contacts = world.contacts().await;
    for (name, order) in [("a", 100_000_000), ("b", 99_999_000), ("c", 99_998_000)] {
        let id = contacts.post_ok("department/create", json!({"name": name, "parentid": 1})).await["id"].clone();
        let id = u32::try_from(id.as_u64().unwrap()).unwrap();
        assert_eq!(world.state().find_department(CORP, id).unwrap().order, order, "{name}");
    }
}

#[tokio::test]
async fn every_refusal_of_a_department() {
    let world = World::public();
    let contacts = world.contacts().await;
    let state = world.state();
    state.seed_department(CORP, 2, 1, "a", 0);
    state.seed_department(CORP, 3, 2, "b", 0);
    state.seed_department(CORP, 4, 1, "c", 0);
    state.with_corp(CORP, |corp| corp.settings.forbidden_words.push("赌博".into()));
    for (body, errcode) in [
        (json!({"parentid": 1}), 60001),
        (json!({"name": "", "parentid": 1}), 60001),
        (json!({"name": "长".repeat(65), "parentid": 1}), 60001),
        (json!({"name": "a:b", "parentid": 1}), 60009),
        (json!({"name": "  ", "parentid": 1}), 60125),
        (json!({"name": "赌博部", "parentid": 1}), 85002),
        (json!({"name": "x"}), 60004),
        (json!({"name": "x", "parentid": 99}), 60004),
        (json!({"name": "x", "parentid": -1}), 60124),
        (json!({"name": "x", "parentid": 1, "id": 1}), 60123),
        (json!({"name": "x", "parentid": 1, "id": -5}), 60123),
        (json!({"name": "x", "parentid": 1, "id": 2}), 60008),
        (json!({"name": "a", "parentid": 1}), 60008),
        (json!({"name": "x", "parentid": 1, "order": 4_294_967_296_u64}), 40058),
    ] {
        contacts.refused(errcode, "department/create", body).await;
    }
    for (body, errcode) in [
        (json!({"name": "x"}), 60003),
        (json!({"id": 99, "name": "x"}), 60003),
        (json!({"id": 0, "name": "x"}), 60123),
        (json!({"id": 1, "name": "root", "parentid": 0}), 60124),
        (json!({"id": 2, "parentid": 99}), 60124),
        (json!({"id": 2, "parentid": 3}), 60010),
        (json!({"id": 2, "parentid": 2}), 60010),
        (json!({"id": 4, "name": "a"}), 60008),
        (json!({"id": 4, "name": ""}), 60001),
        (json!({"id": 4, "name": "x|y"}), 60009),
    ] {
        contacts.refused(errcode, "department/update", body).await;
    }
    contacts.post_ok("department/update", json!({"id": 1, "name": "集团", "parentid": null})).await;
    contacts.post_ok("department/update", json!({"id": 1, "name": "集团公司"})).await;
    contacts.post_ok("user/create", super::caller::person("a")).await;
    contacts.post_ok("user/update", json!({"userid": "a", "department": [4]})).await;
    for (query, errcode) in
        [("", 60003), ("?id=99", 60003), ("?id=x", 60123), ("?id=1", 60007), ("?id=2", 60006), ("?id=4", 60005)]
    {
        contacts.get_refused(errcode, &format!("department/delete{query}")).await;
    }
    contacts.get_refused(60003, "department/simplelist?id=99").await;
    contacts.get_refused(60123, "department/simplelist?id=x").await;
    assert_eq!(world.app().await.get("department/get?id=99").await["errcode"], 60003);
    assert_eq!(world.app().await.get("department/get").await["errcode"], 60003);
}

#[tokio::test]
async fn depth_and_size_are_limited() {
    let world = World::public();
    let contacts = world.contacts().await;
    for id in 2..=15 {
        contacts
            .post_ok("department/create", json!({"name": format!("level {id}"), "parentid": id - 1, "id": id}))
            .await;
    }
    contacts.refused(81002, "department/create", json!({"name": "level 16", "parentid": 15})).await;
    contacts.post_ok("department/create", json!({"name": "branch", "parentid": 1, "id": 20})).await;
    contacts.post_ok("department/create", json!({"name": "leaf", "parentid": 20, "id": 21})).await;
    contacts.refused(81002, "department/update", json!({"id": 20, "parentid": 14})).await;
    contacts.post_ok("department/update", json!({"id": 20, "parentid": 13})).await;
    world.state().with_corp(CORP, |corp| corp.limits.nodes = 1);
    contacts.refused(81001, "department/create", json!({"name": "x", "parentid": 1})).await;
    contacts.refused(81001, "user/create", super::caller::person("a")).await;
}

#[tokio::test]
async fn names_may_swap_only_over_a_third_name() {
    let world = World::public();
    let contacts = world.contacts().await;
    world.state().seed_department(CORP, 2, 1, "a", 0);
    world.state().seed_department(CORP, 3, 1, "b", 0);
    contacts.refused(60008, "department/update", json!({"id": 2, "name": "b"})).await;
    for (id, name) in [(2, "tmp"), (3, "a"), (2, "b")] {
        contacts.post_ok("department/update", json!({"id": id, "name": name})).await;
    }
}
