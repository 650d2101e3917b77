//! Menus of apps over REST and at the sandbox (MENU-01, MENU-02).

use super::world::{CORP, World};
use serde_json::json;
use wecom_bridge::directory::sample::SampleSpec;
use wecom_bridge::sandbox::{Effect, Fault, seed};

#[tokio::test]
async fn a_menu_is_published_compared_taken_over_and_withdrawn() {
    let world = World::with(SampleSpec { employees: 3, units: 1, seed: 1 }).await;
    let (bridge, menu) = (&world.bridge, format!("{CORP}/apps/oa/menu"));
    let empty = bridge.get(&menu).await.expect(200);
    assert_eq!((empty["menu"]["button"].clone(), empty["addresses"].clone()), (json!([]), json!([])));
    let wanted = json!({ "button": [
        { "name": "更多", "type": "click", "sub_button": [
            { "name": "帮助", "type": "click", "key": "help" },
            { "name": "扫码", "type": "scancode_waitmsg", "key": "scan" },
        ] },
        { "name": "工作台", "type": "view", "url": "https://oa.example.org", "key": "left over" },
    ] });
    bridge.put(&format!("{menu}/draft"), &wanted).await.expect(200);
    let there =
        || world.sandbox.state().with_corp(seed::CORPID, |corp| corp.apps[&seed::AGENTID].menu.clone()).flatten();
    assert_eq!(there(), None, "a draft is not published");
    let published = bridge.put(&menu, &wanted).await.expect(200);
    assert_eq!(
        published["published"]["button"][1],
        json!({ "name": "工作台", "type": "view", "url": "https://oa.example.org" })
    );
    assert_eq!(published["lacks_callback"], true, "the app receives nothing");
    assert_eq!(published["addresses"][0]["path"], json!(["更多", "帮助"]));
    assert_eq!(published["addresses"][2]["value"], "https://oa.example.org");
    assert_eq!(there().unwrap().button.len(), 2);

    let same = bridge.get(&format!("{menu}/comparison")).await.expect(200);
    assert_eq!(same["differences"], json!([]), "read back as it was written");
    world.sandbox.state().with_corp(seed::CORPID, |corp| {
        corp.apps.get_mut(&seed::AGENTID).unwrap().menu.as_mut().unwrap().button[1].name = "别处改的".into();
    });
    let differs = bridge.get(&format!("{menu}/comparison")).await.expect(200);
    assert_eq!(
        (differs["differences"][0]["place"].clone(), differs["differences"][0]["kind"].as_str()),
        (json!([1]), Some("changed"))
    );
    let taken = bridge.act(&format!("{menu}/take-over")).await.expect(200);
    assert_eq!(taken["menu"]["button"][1]["name"], "别处改的");

    bridge.delete(&menu).await.expect_problem(400, "request.confirm");
    bridge.delete(&format!("{menu}?confirm=oa")).await.expect(200);
    assert_eq!(there(), None);
    let after = bridge.get(&menu).await.expect(200);
    assert!(after.get("published").is_none() && after["menu"]["button"].as_array().unwrap().len() == 2, "{after}");
    world.stop().await;
}

#[tokio::test]
async fn a_menu_that_wecom_would_refuse_is_not_sent() {
    let world = World::with(SampleSpec { employees: 3, units: 1, seed: 1 }).await;
    let (bridge, menu) = (&world.bridge, format!("{CORP}/apps/oa/menu"));
    let entry = |name: &str| json!({ "name": name, "type": "view", "url": "https://oa.example.org" });
    let problem =
        bridge.put(&menu, &json!({ "button": [entry("一二三四五六")] })).await.expect_problem(422, "menu.invalid");
    assert_eq!(problem["faults"][0]["at"], "button[0].name");
    bridge.put(&menu, &json!({ "button": [] })).await.expect_problem(422, "menu.invalid");
    assert!(world.sandbox.state().calls().iter().all(|call| call.endpoint != "menu/create"));
    world.sandbox.state().add_fault(Fault::once("menu/create", Effect::Errcode { errcode: 40054 }));
    let refused = bridge.put(&menu, &json!({ "button": [entry("好")] })).await.expect_problem(502, "menu.refused");
    assert_eq!(refused["context"]["errcode"], 40054);
    let kept = bridge.get(&menu).await.expect(200);
    assert_eq!(kept["menu"]["button"][0]["name"], "好", "what was edited is not lost");
    assert!(kept.get("published").is_none());
    bridge.get(&format!("{CORP}/apps/none/menu")).await.expect_problem(404, "app.not_found");
    world.stop().await;
}

#[tokio::test]
async fn an_answer_that_is_lost_is_looked_after() {
    let world = World::with(SampleSpec { employees: 3, units: 1, seed: 1 }).await;
    let (bridge, menu) = (&world.bridge, format!("{CORP}/apps/oa/menu"));
    let state = world.sandbox.state();
    let entry = |name: &str| json!({ "button": [{ "name": name, "type": "view", "url": "https://oa.example.org" }] });
    let there = || {
        let menu = state.with_corp(seed::CORPID, |corp| corp.apps[&seed::AGENTID].menu.clone()).flatten();
        menu.map(|menu| menu.button[0].name.clone())
    };
    let actions = || async {
        let rows = bridge.get("/api/v1/audit").await.expect(200);
        let all = rows["items"].as_array().unwrap().clone();
        let of_menus = all.into_iter().filter(|row| row["action"].as_str().unwrap().starts_with("menu."));
        of_menus.map(|row| row["action"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // it arrived: reading back shows it
    state.add_fault(Fault::always("menu/create", Effect::DropAfter));
    let done = bridge.put(&menu, &entry("一")).await.expect(200);
    assert_eq!((&done["is_read_back"], &done["published"]["button"][0]["name"]), (&json!(true), &json!("一")));
    assert!(done.get("unsettled").is_none(), "{done}");
    // it did not
    state.clear_faults();
    state.add_fault(Fault::always("menu/create", Effect::DropBefore));
    bridge.put(&menu, &entry("二")).await.expect_problem(502, "menu.not_in_force");
    let kept = bridge.get(&menu).await.expect(200);
    assert_eq!((&kept["menu"]["button"][0]["name"], there()), (&json!("二"), Some("一".to_owned())));
    assert_eq!((&kept["published"]["button"][0]["name"], kept.get("unsettled")), (&json!("一"), None));
    // nobody knows, until somebody reads
    state.clear_faults();
    state.add_fault(Fault::always("menu/create", Effect::DropAfter));
    state.add_fault(Fault::always("menu/get", Effect::DropBefore));
    bridge.put(&menu, &entry("三")).await.expect_problem(502, "menu.unknown");
    let kept = bridge.get(&menu).await.expect(200);
    assert_eq!((&kept["unsettled"]["menu"], &kept["published"]["button"][0]["name"]), (&entry("三"), &json!("一")));
    bridge.get(&format!("{menu}/comparison")).await.expect_problem(502, "menu.refused");
    assert!(bridge.get(&menu).await.expect(200).get("unsettled").is_some(), "still not");
    assert_eq!(actions().await[0], "menu.unknown");
    state.clear_faults();
    let told = bridge.get(&format!("{menu}/comparison")).await.expect(200);
    assert_eq!((&told["settled"], &told["differences"]), (&json!("in_force"), &json!([])));
    let kept = bridge.get(&menu).await.expect(200);
    assert_eq!((&kept["published"]["button"][0]["name"], kept.get("unsettled")), (&json!("三"), None));
    assert_eq!(actions().await[0], "menu.publish");
    let again = bridge.get(&format!("{menu}/comparison")).await.expect(200);
    assert_eq!(again.get("settled"), None);
    // the same with taking it away, which did not arrive
    state.add_fault(Fault::always("menu/delete", Effect::DropBefore));
    state.add_fault(Fault::always("menu/get", Effect::DropBefore));
    bridge.delete(&format!("{menu}?confirm=oa")).await.expect_problem(502, "menu.unknown");
    let kept = bridge.get(&menu).await.expect(200);
    assert!(kept["unsettled"].get("menu").is_none() && kept["unsettled"]["at_ms"].is_i64(), "{kept}");
    state.clear_faults();
    let told = bridge.get(&format!("{menu}/comparison")).await.expect(200);
    assert_eq!((&told["settled"], there()), (&json!("not_in_force"), Some("三".to_owned())));
    state.add_fault(Fault::always("menu/delete", Effect::DropAfter));
    let gone = bridge.delete(&format!("{menu}?confirm=oa")).await.expect(200);
    assert_eq!((&gone["is_read_back"], there()), (&json!(true), None));
    world.stop().await;
}
