//! What the pages of the main job tell where something is wrong, or only looks so.

use super::browser::{Browser, Shown};
use super::sync::{HUB, leave, press, watch};
use crate::api::world::{CORP, PEOPLE, World};
use reqwest::Method;
use serde_json::json;
use wecom_bridge::directory::sample::SampleSpec;
use wecom_bridge::model::{Actor, ApiScope, Role};
use wecom_bridge::sandbox::{Effect, Fault};
use wecom_bridge::setup::service as setup;

/// What the engine refuses by itself is told in the reader's language, and where trying again writes nothing, it is not offered.
#[tokio::test]
async fn a_record_of_a_link_that_is_gone_asks_for_a_new_plan() {
    let world = World::new().await;
    world.first_sync().await;
    let browser = Browser::sign_in(&world.bridge, Role::Operator).await;
    let people = world.bridge.get("/api/v1/tenants/acme/employees").await.expect(200);
    let present = people["items"].as_array().unwrap().iter().filter(|row| row["status"] != "departed");
    let mut both: Vec<_> = present.take(2).cloned().collect();
    both.iter_mut().for_each(|person| person["position"] = json!("新的职务"));
    let [id, other] = [0, 1].map(|at| both[at]["id"].as_str().unwrap().to_owned());
    let units = json!({ "employees": both });
    world.bridge.post("/api/v1/tenants/acme/employees", &units).await.expect(200);
    let plan = press(&world, &browser, "plan").await;
    world.bridge.delete(&format!("{CORP}/bindings/{id}")).await.expect(204);
    let started = browser.submit(&plan, "/apply", &[]).await;
    let run = watch(&world, &browser, &started).await;
    run.has("已解除关联，没有写入，请重新生成预览").has("重新生成预览</a>").lacks("/retry\"").lacks("make a new plan");
    // who was not changed is not among those who were
    let named = run.text.split("变更了谁").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(named.contains(&format!("/explain/{other}\"")), "{named}");
    assert!(!named.contains(&format!("/explain/{id}\"")), "{named}");
    let records = browser.get(&format!("{}/records", run.path)).await.expect(200);
    records.has("已解除关联，没有写入").lacks("/retry\"").lacks("make a new plan");
    let english = browser.in_english().await;
    english.get(&run.path).await.expect(200).has("is not linked to member").has("Make a new plan</a>");
    world.stop().await;
}

#[tokio::test]
async fn a_run_and_the_one_that_takes_it_back_tell_of_each_other() {
    let world = World::new().await;
    world.first_sync().await;
    let browser = Browser::sign_in(&world.bridge, Role::Operator).await;
    let people = world.bridge.get("/api/v1/tenants/acme/employees").await.expect(200);
    let mut person =
        people["items"].as_array().unwrap().iter().find(|row| row["status"] != "departed").unwrap().clone();
    person["position"] = json!("新的职务");
    world.bridge.post("/api/v1/tenants/acme/employees", &json!({ "employees": [person] })).await.expect(200);
    let run = press(&world, &browser, "run").await;
    run.has("更新成员 1").lacks("已被撤销");
    let plan = watch(&world, &browser, &browser.submit(&run, "/undo", &[]).await).await;
    let undoing = watch(&world, &browser, &browser.submit(&plan, "/apply", &[]).await).await;
    undoing.has("运行：撤销").has(&format!("<a href=\"{}\"", run.path)).has("下一次同步会再做一遍").lacks("已被撤销");
    let undone = browser.get(&run.path).await.expect(200);
    undone.has("运行：同步").has("这次运行已被撤销").has(&format!("<a href=\"{}\"", undoing.path));
    assert!(!undone.has_form("/undo"), "what is undone is not offered again");
    let list = browser.get("/corps/acme-main/runs").await.expect(200);
    let kinds = list.text.split("data-label=\"类型\">").skip(1).map(|rest| rest.split('<').next().unwrap());
    assert_eq!(kinds.take(2).collect::<Vec<_>>(), ["撤销", "生成预览"]);
    // asked for all the same, it is not told as if both sides agreed
    let again = browser.post(&format!("{}/undo", run.path), &[]).await;
    let nothing = watch(&world, &browser, &again).await;
    nothing.has("没有可以撤销的变更").lacks("已经一致");
    world.stop().await;
}

/// The run's row names a thousand failures; the number and the list have all of them.
#[tokio::test]
async fn more_than_a_thousand_failures_are_counted_and_listed() {
    const MANY: usize = 1_100;
    let world = World::with(SampleSpec { employees: MANY, units: 6, seed: 7 }).await;
    let browser = Browser::sign_in(&world.bridge, Role::Operator).await;
    world.sandbox.state().add_fault(Fault::always("user/create", Effect::Errcode { errcode: 60103 }));
    let run = press(&world, &browser, "run").await;
    run.has(&format!("失败的记录（{MANY}）"));
    let list = format!("{}/records?outcome=failed", run.path);
    let mut page = browser.get(&list).await.expect(200);
    page.has(&format!("共 {MANY} 条"));
    let mut seen = 0;
    loop {
        seen += page.text.matches("/retry\"").count();
        let Some(next) = page.text.split("rel=\"next\" href=\"").nth(1) else { break };
        page = browser.get(&super::browser::unescape(next.split('"').next().unwrap())).await.expect(200);
    }
    assert_eq!(seen, MANY);
    let file = browser.get(&format!("{}/records.csv?outcome=failed", run.path)).await.expect(200);
    assert_eq!(file.text.lines().count(), MANY + 1);
    browser.get("/corps/acme-main/runs").await.expect(200).has(&format!(">{MANY}</span>"));
    world.stop().await;
}

/// Live progress is for who may see it now: it ends with the session, and with the key.
#[tokio::test]
async fn live_progress_ends_with_the_session() {
    let world = World::new().await;
    let browser = Browser::sign_in(&world.bridge, Role::Operator).await;
    press(&world, &browser, "pull").await;
    world.sandbox.state().add_fault(Fault::always("user/create", Effect::Delay { ms: 500 }));
    let hub = browser.get(HUB).await.expect(200);
    let started = browser.submit(&hub, &format!("{HUB}/run"), &[]).await.location();
    let run = started.split('?').next().unwrap().to_owned();
    let mut live = browser.request(Method::GET, &format!("{run}/events")).send().await.unwrap();
    assert!(live.chunk().await.unwrap().unwrap().starts_with(b"event: run"));
    let key = world.bridge.make_key(&[ApiScope::SyncRead]).await;
    let events = format!("/api/v1{run}/events");
    let mut by_key = world.bridge.bare(Method::GET, &events).bearer_auth(&key).send().await.unwrap();
    assert!(by_key.chunk().await.unwrap().unwrap().starts_with(b"event: run"));

    let people = world.bridge.get("/api/v1/accounts").await.expect(200);
    let all = people["items"].as_array().unwrap();
    let own = all.iter().find(|row| row["role"] == "operator").unwrap()["id"].as_str().unwrap().to_owned();
    world.bridge.delete(&format!("/api/v1/accounts/{own}/sessions")).await.expect(200);
    let id = key.split('_').nth(1).unwrap();
    world.bridge.delete(&format!("/api/v1/api-keys/{id}")).await.expect(200);
    for rest in [live.text().await.unwrap(), by_key.text().await.unwrap()] {
        assert!(!rest.contains("event: ended"), "{rest}");
    }
    let ended = world.bridge.app.jobs.wait(&run.rsplit('/').next().unwrap().into()).await.unwrap();
    assert_eq!(ended.state, wecom_bridge::model::RunState::Done);
    world.stop().await;
}

/// Addresses with what others add to them, names as pages say them, and somebody whom the OA does not have.
#[tokio::test]
async fn small_things_do_not_mislead() {
    let world = World::new().await;
    let browser = Browser::sign_in(&world.bridge, Role::Administrator).await;
    world.first_sync().await;
    world.first_sync().await;
    let runs = browser.get("/corps/acme-main/runs").await.expect(200);
    runs.lacks("读取 ");
    for (by, found) in [("API 密钥", true), ("命令行", false)] {
        let page = browser.get(&format!("/corps/acme-main/runs?by={by}")).await.expect(200);
        assert_eq!(page.text.contains("没有符合条件的记录"), !found, "{by}");
    }
    let audit = browser.get("/system/audit?actor=API 密钥&action=run.").await.expect(200);
    audit.lacks("没有符合条件的记录");
    browser.get("/corps/acme-main/explain/nobody").await.expect(200).lacks("没有阻碍");
    let people = world.bridge.get("/api/v1/tenants/acme/employees").await.expect(200);
    let id = people["items"][0]["id"].as_str().unwrap().to_owned();
    let before = browser.get("/corps").await.expect(200);
    before.has(&format!("OA 在职人员 {PEOPLE} 人"));
    world.bridge.post("/api/v1/tenants/acme/departures", &json!({ "employees": [id] })).await.expect(200);
    browser.get("/corps").await.expect(200).has(&format!("OA 在职人员 {} 人", PEOPLE - 1));
    assert!(world.bridge.app.store.verify().unwrap().is_good());
    Browser::new(&world.bridge).get("/sign-in?utm_source=mail").await.expect(200);
    world.stop().await;
}

/// Somebody who cannot be created is told before anything else: the plan is empty, and yet not all is well.
#[tokio::test]
async fn who_cannot_be_created_is_told_at_the_top_of_the_preview() {
    let world = World::new().await;
    world.first_sync().await;
    let units = world.bridge.get("/api/v1/tenants/acme/units").await.expect(200);
    let row = json!({ "id": "E900001", "name": "无号者", "account": "nobody", "unit_id": units["items"][0]["id"], "mobile": "123", "employee_no": "E900001" });
    world.bridge.put("/api/v1/tenants/acme/employees/E900001", &row).await.expect(200);
    let browser = Browser::sign_in(&world.bridge, Role::Operator).await;
    let plan = press(&world, &browser, "plan").await;
    plan.has("1 人没有进入企业微信").has("无号者").has("/explain/E900001").has("上面列出的人员没有处理");
    plan.lacks("OA 与企业微信已经一致");
    plan.has("没有可写入的变更，但有 1 人没有进入企业微信").lacks("<h2>没有需要同步的变更");
    browser.get(&format!("{}?tab=checks&reason=member.record_incomplete", plan.path)).await.expect(200).has("E900001");

    // with somebody else's number and mobile the reason is another one, and it does not go away
    let people = world.bridge.get("/api/v1/tenants/acme/employees").await.expect(200);
    let twin = people["items"].as_array().unwrap().iter().find(|row| row["id"] != "E900001").unwrap().clone();
    let mut row = row;
    row["mobile"] = twin["mobile"].clone();
    world.bridge.put("/api/v1/tenants/acme/employees/E900001", &row).await.expect(200);
    let plan = press(&world, &browser, "plan").await;
    plan.has("手机号或邮箱与另一名人员重复").has("没有可写入的变更，但有 1 人").lacks("手机号和邮箱都不可用");
    row["employee_no"] = twin["employee_no"].clone();
    world.bridge.put("/api/v1/tenants/acme/employees/E900001", &row).await.expect(200);
    let plan = press(&world, &browser, "plan").await;
    plan.has("账号（userid）已被其他成员使用").has("没有可写入的变更，但有 1 人").lacks("OA 与企业微信已经一致");
    // a run that asks nobody says it afterwards
    let run = press(&world, &browser, "run").await;
    run.has("完成").has("1 人没有进入企业微信").has("无号者").has("?tab=checks&#38;reason=member.userid_taken");
    browser.get(HUB).await.expect(200).has("1 人没有进入企业微信").has("立即同步”拉取、计算后直接写入，不再询问");
    world.stop().await;
}

/// The department that the bridge has made for disabled members is its own, and no stranger's in the next preview.
#[tokio::test]
async fn the_department_for_disabled_members_is_told_as_our_own() {
    let world = World::new().await;
    world.first_sync().await;
    let (store, key) = (&world.bridge.app.store, "acme-main".into());
    let mut corp = setup::get_corp(store, &key).await.unwrap();
    corp.downstream.disabled_department = "已禁用用户".into();
    setup::put_settings(store, &Actor::cli("tester"), corp, None.into()).await.unwrap();
    let browser = Browser::sign_in(&world.bridge, Role::Administrator).await;
    let row = |page: &Shown| page.text.split("<li>").find(|line| line.contains("已禁用用户")).unwrap().to_owned();
    leave(&world, 0, 3).await;
    press(&world, &browser, "run").await.has("完成").has("新建部门 1");
    leave(&world, 3, 3).await;
    let plan = press(&world, &browser, "plan").await;
    assert!(row(&plan).contains("row matched") && row(&plan).contains("存放已禁用的成员"), "{}", row(&plan));
    world.stop().await;
}
