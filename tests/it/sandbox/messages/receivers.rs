//! Who gets a message: named, found, out of range, unlicensed.

use super::*;
use serde_json::Map;
use std::collections::BTreeMap;
use wecom_bridge::sandbox::messages::message::Truth;
use wecom_bridge::sandbox::{AppKind, VisibleRange};

/// The root with `u0`, 20 below it with `a`, 21 below 20 with `b`, 30 with `c`; tags 1 (c and 21), 2 (c), 3 (nobody).
fn tree() -> World {
    let world = World::public();
    let state = world.state();
    for (id, parent) in [(20, 1), (21, 20), (30, 1)] {
        state.seed_department(CORP, id, parent, &format!("d{id}"), 0);
    }
    for (userid, department) in [("u0", 1), ("A", 20), ("b", 21), ("c", 30)] {
        state.seed_member(CORP, Member::new(userid, userid, department));
    }
    state.with_corp(CORP, |corp| {
        for (id, users, departments) in [(1, vec!["c"], vec![21]), (2, vec!["c"], vec![]), (3, vec![], vec![])] {
            let tag = wecom_bridge::sandbox::Tag {
                name: format!("t{id}"),
                owner: None,
                users: users.into_iter().map(str::to_owned).collect(),
                departments: departments.into_iter().collect(),
            };
            corp.tags.insert(id, tag);
        }
    });
    world
}

async fn to(app: &Caller<'_>, receivers: Value) -> Value {
    let mut body: Map<String, Value> = receivers.as_object().unwrap().clone();
    let text = json!({"agentid": 7, "msgtype": "text", "text": {"content": "x"}});
    body.extend(text.as_object().unwrap().clone());
    app.post("message/send", Value::Object(body)).await
}

fn reached(world: &World) -> String {
    last(world).receipts.iter().map(|receipt| receipt.userid.to_string()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn names_are_resolved_within_the_range_of_the_app() {
    let world = tree();
    world.state().with_corp(CORP, |corp| corp.apps.get_mut(&7).unwrap().visible = VisibleRange::departments([20]));
    let app = world.app().await;
    for (receivers, errcode, who, lists) in [
        (json!({"touser": "a|B"}), 0, "a b", json!({})),
        (json!({"touser": " a | b "}), 0, "a b", json!({})),
        (json!({"touser": "a|a|A"}), 0, "a", json!({})),
        (json!({"touser": "a|C|Nobody"}), 0, "a", json!({"invaliduser": "c|nobody"})),
        (json!({"touser": "C"}), 81013, "", json!({"invaliduser": "c"})),
        (json!({"toparty": "20"}), 0, "a b", json!({})),
        (json!({"toparty": "21|1|99|x"}), 0, "b", json!({"invalidparty": "1|99|x"})),
        (json!({"toparty": "30"}), 81013, "", json!({"invalidparty": "30"})),
        (json!({"totag": "1"}), 0, "b", json!({})),
        (json!({"totag": "2"}), 81013, "", json!({"invalidtag": "2"})),
        (json!({"totag": "3"}), 0, "", json!({})),
        (json!({"totag": "1|9"}), 0, "b", json!({"invalidtag": "9"})),
        (json!({"touser": "a", "toparty": "21", "totag": "9"}), 0, "a b", json!({"invalidtag": "9"})),
        (json!({"touser": "@all", "toparty": "99", "totag": "99"}), 0, "a b", json!({})),
        (json!({"touser": "@all|a"}), 0, "a", json!({"invaliduser": "@all"})),
        (json!({}), 82001, "", json!({})),
        (json!({"touser": " | ", "toparty": "", "totag": null}), 82001, "", json!({})),
    ] {
        let got = to(&app, receivers.clone()).await;
        assert_eq!(got["errcode"], errcode, "{receivers}: {got}");
        for key in ["invaliduser", "invalidparty", "invalidtag", "unlicenseduser"] {
            assert_eq!(got.get(key), lists.get(key), "{receivers}: {key} in {got}");
        }
        if errcode == 0 {
            assert_eq!(reached(&world), who, "{receivers}");
        }
    }
    let text = to(&app, json!({"touser": "c"})).await["errmsg"].as_str().unwrap().to_owned();
    assert!(text.starts_with("user & party & tag all invalid, hint: ["), "{text}");
    world.state().with_corp(CORP, |corp| {
        corp.message_switches.all_invalid_errcode = 82001;
        corp.message_switches.party_includes_below = false;
    });
    assert_eq!(to(&app, json!({"touser": "c"})).await["errcode"], 82001, "old servers");
    to(&app, json!({"toparty": "20"})).await;
    assert_eq!(reached(&world), "a");
}

#[tokio::test]
async fn counts_are_limited() {
    let world = tree();
    let app = world.app().await;
    let many = |name: &str, count: usize| vec![name; count].join("|");
    for (key, name, most, errcode) in
        [("touser", "a", 1000, 40032), ("toparty", "20", 100, 82002), ("totag", "1", 100, 82003)]
    {
        assert_eq!(to(&app, json!({key: many(name, most)})).await["errcode"], 0, "{key}");
        assert_eq!(to(&app, json!({key: many(name, most + 1)})).await["errcode"], errcode, "{key}");
    }
}

#[tokio::test]
async fn who_is_disabled_or_left_gets_nothing_and_who_has_no_licence_is_listed() {
    let world = tree();
    let app = world.app().await;
    world.state().with_corp(CORP, |corp| {
        let mut disabled = corp.directory.member("a").unwrap().clone();
        disabled.is_enabled = false;
        corp.directory.put_member(disabled);
        let mut gone = corp.directory.member("b").unwrap().clone();
        gone.has_left = true;
        corp.directory.put_member(gone);
    });
    assert_eq!(to(&app, json!({"touser": "a|b|c"})).await["invaliduser"], "a|b");
    to(&app, json!({"touser": "@all"})).await;
    assert_eq!(reached(&world), "c u0");
    world.state().with_corp(CORP, |corp| {
        corp.settings.unlicensed.insert("c".into());
    });
    assert_eq!(to(&app, json!({"touser": "c"})).await.get("unlicenseduser"), None, "not checked");
    world.state().with_corp(CORP, |corp| corp.settings.checks_licences = true);
    let got = to(&app, json!({"touser": "c|u0"})).await;
    assert_eq!((&got["errcode"], &got["unlicenseduser"]), (&json!(0), &json!("c")));
    assert_eq!(reached(&world), "u0");
}

#[tokio::test]
async fn only_the_apps_own_token_sends() {
    let world = tree();
    world.state().add_app(CORP, 8, "secret-8", VisibleRange::root());
    let contacts = world.contacts().await;
    let app = world.app().await;
    let text = |agentid: Value| json!({"touser": "a", "agentid": agentid, "msgtype": "text", "text": {"content": "x"}});
    contacts.refused(48002, "message/send", text(json!(7))).await;
    app.refused(41011, "message/send", text(Value::Null)).await;
    app.refused(40056, "message/send", text(json!(99))).await;
    app.refused(40056, "message/send", text(json!(-1))).await;
    let got = app.refused(301_002, "message/send", text(json!(8))).await;
    assert!(
        got["errmsg"].as_str().unwrap().starts_with("not allow operate another agent with this accesstoken., hint")
    );
    app.refused(40008, "message/send", json!({"touser": "a", "agentid": 7})).await;
    let app_of = |change: fn(&mut wecom_bridge::sandbox::App)| {
        world.state().with_corp(CORP, |corp| change(corp.apps.get_mut(&7).unwrap()));
    };
    app_of(|app| app.kind = AppKind::EditAuthorised);
    app.refused(48008, "message/send", text(json!(7))).await;
    app_of(|app| (app.kind, app.is_forbidden) = (AppKind::SelfBuilt, true));
    app.refused(60031, "message/send", text(json!(7))).await;
    app_of(|app| app.is_enabled = false);
    app.refused(50003, "message/send", text(json!(7))).await;
    assert_eq!(world.raw_get("message/send").await.unwrap().body["errcode"], 41001);
}

#[tokio::test]
async fn a_message_to_twenty_thousand_is_twenty_calls() {
    let world = World::public();
    people(&world, 20_000);
    let app = world.app().await;
    for page in 0..20 {
        let users: Vec<String> = (page * 1000..(page + 1) * 1000).map(|n| format!("u{n}")).collect();
        assert_eq!(to(&app, json!({"touser": users.join("|")})).await["errcode"], 0);
    }
    assert_eq!(world.state().count("message/send"), 20);
    let mut reached = BTreeMap::new();
    for message in world.state().messages(CORP) {
        reached.extend(world.state().truths(CORP, message.number));
    }
    assert_eq!(reached.len(), 20_000);
    assert!(reached.values().all(|truth| *truth == Truth::Arrived));
}
