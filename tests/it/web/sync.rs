//! The main job by the pages alone: preview, decide, apply, follow, mend, explain.

use super::browser::{Browser, Shown};
use crate::api::world::{CORP, PEOPLE, World};
use reqwest::Method;
use serde_json::{Value, json};
use wecom_bridge::directory::sample::SampleSpec;
use wecom_bridge::model::{Actor, ApiScope, Role};
use wecom_bridge::sandbox::{Effect, Fault, seed};
use wecom_bridge::setup::service as setup;

pub(super) const HUB: &str = "/corps/acme-main/sync";

/// Follows a form's answer to the run's page and waits for its end there, as the script of the page does.
pub(super) async fn watch(world: &World, browser: &Browser, started: &Shown) -> Shown {
    let path = started.location();
    let run = path.split('?').next().unwrap().rsplit('/').next().unwrap();
    world.bridge.app.jobs.wait(&run.into()).await.unwrap();
    let page = browser.get(&path).await;
    if page.status == 303 { browser.follow(&page).await.expect(200) } else { page.expect(200) }
}

/// Presses a button of the hub and waits for what it starts.
pub(super) async fn press(world: &World, browser: &Browser, button: &str) -> Shown {
    let hub = browser.get(HUB).await.expect(200);
    let started = browser.submit(&hub, &format!("{HUB}/{button}"), &[]).await;
    watch(world, browser, &started).await
}

#[tokio::test]
async fn a_directory_arrives_in_wecom_by_clicks_alone() {
    let world = World::new().await;
    let browser = Browser::sign_in(&world.bridge, Role::Operator).await;
    let hub = browser.get(HUB).await.expect(200);
    hub.has("还没有从企业微信拉取过").has("全部在职人员").has("未设置定时");
    press(&world, &browser, "pull").await.has("拉取结果").has("账号列表加逐个详情");

    let plan = press(&world, &browser, "plan").await;
    assert!(plan.path.starts_with("/plans/"), "{}", plan.path);
    plan.has("同步预览").has("可以执行").has("新建成员").has("OA 新增人员").has("组织树");
    for (tab, texts) in [
        ("checks", ["安全设置", "必须遵守的规则", "一次禁用或删除的成员数"]),
        ("cost", ["user/create", "配额", "逐条调用"]),
    ] {
        let page = browser.get(&format!("{}?tab={tab}", plan.path)).await.expect(200);
        texts.iter().for_each(|text| {
            page.has(text);
        });
    }
    let started = browser.submit(&plan, "/apply", &[]).await;
    let run = watch(&world, &browser, &started).await;
    run.has("完成").has(&format!("新建成员 {PEOPLE}")).has("撤销这次运行").lacks("data-live");
    let in_wecom = world.sandbox.state().with_corp(seed::CORPID, |corp| corp.directory.members().count()).unwrap();
    assert_eq!(in_wecom, PEOPLE);

    let records = browser.get(&format!("{}/records?kind=create_member", run.path)).await.expect(200);
    records.has("完成").has(&format!("共 {PEOPLE} 条"));
    let file = browser.get(&format!("{}/records.csv?kind=create_member", run.path)).await.expect(200);
    assert_eq!(file.text.lines().count(), PEOPLE + 1, "{}", file.text);
    browser.get(&plan.path).await.expect(200).has("这个计划已经执行").lacks("/apply");
    press(&world, &browser, "plan").await.has("没有需要同步的变更");
    browser
        .get("/corps/acme-main/runs?kind=downstream")
        .await
        .expect(200)
        .has("完成")
        .lacks("<td data-label=\"类型\">拉取");
    browser.get("/corps/acme-main/runs.csv").await.expect(200).has("新建成员");
    browser.get("/corps/acme-main/runs?from=2099-01-01").await.expect(200).has("没有符合条件的记录");
    let english = browser.in_english().await;
    english.get(&plan.path).await.expect(200).has("This plan has been applied").has("create member");
    world.stop().await;
}

/// A plan that was refused when it was to be applied, because the directory had changed, offers another preview and not itself again.
#[tokio::test]
async fn a_plan_that_was_refused_for_the_directory_is_not_offered_again() {
    let world = World::new().await;
    let browser = Browser::sign_in(&world.bridge, Role::Operator).await;
    press(&world, &browser, "pull").await;
    let plan = press(&world, &browser, "plan").await;
    leave(&world, 3, 2).await;
    let moved = browser.get(&plan.path).await.expect(200);
    moved.has("可以执行").has("OA 通讯录有改动").lacks("被拒绝执行");
    let started = browser.submit(&moved, "/apply", &[]).await;
    watch(&world, &browser, &started).await.has("失败").has("OA 目录已变化");
    let refused = browser.get(&plan.path).await.expect(200);
    refused.has("这个计划被拒绝执行").has("已失效").has("去重新预览").lacks("可以执行").lacks("/apply\"");
    press(&world, &browser, "plan").await.has("可以执行").lacks("被拒绝执行");
    world.stop().await;
}

pub(super) async fn leave(world: &World, from: usize, count: usize) {
    let people = world.bridge.get("/api/v1/tenants/acme/employees").await.expect(200);
    let list = people["items"].as_array().unwrap();
    let leavers: Vec<&Value> = list.iter().skip(from).take(count).map(|row| &row["id"]).collect();
    world.bridge.post("/api/v1/tenants/acme/departures", &json!({ "employees": leavers })).await.expect(200);
}

#[tokio::test]
async fn a_held_plan_is_rejected_or_allowed_and_then_applied() {
    let world = World::new().await;
    world.first_sync().await;
    leave(&world, 0, 9).await;
    let operator = Browser::sign_in(&world.bridge, Role::Operator).await;
    let held = press(&world, &operator, "run").await;
    held.has("等待审批").has("没有写入任何内容");
    // of the nine, the last administrator of the OA stays
    let waiting = operator.get("/decisions").await.expect(200);
    waiting.has("禁用成员 8").has("一次禁用或删除的成员占已关联成员的比例").has("nav-count");
    let path = waiting.text.split("href=\"").find(|rest| rest.starts_with("/plans/")).unwrap();
    let path = path.split('"').next().unwrap().to_owned();
    let seen = operator.get(&path).await.expect(200);
    seen.has("请联系系统管理员审批");
    assert!(!seen.has_form("/decide") && !seen.has_form("/apply"));
    operator.post(&format!("{path}/decide"), &[("decision", "allow"), ("reason", "x")]).await.expect(403);

    let admin = Browser::sign_in(&world.bridge, Role::Administrator).await;
    let page = admin.get(&path).await.expect(200);
    let again = admin.submit(&page, "/decide", &[("decision", "allow"), ("reason", "  ")]).await.expect(422);
    again.has("请填写理由");
    let reason = "<script>alert(1)</script> 分公司关闭";
    let decided = admin.submit(&again, "/decide", &[("decision", "allow"), ("reason", reason)]).await;
    let page = admin.follow(&decided).await.expect(200);
    page.has("已批准，可以执行了").has("&#60;script&#62;alert(1)").lacks("<script>alert");
    let refused = admin.submit(&page, "/apply", &[("confirm", "9")]).await.expect(422);
    refused.has("输入的内容与要求不一致");
    let started = admin.submit(&refused, "/apply", &[("confirm", "移出8人")]).await;
    let run = watch(&world, &admin, &started).await;
    run.has("完成").has("禁用成员 8");
    let took = format!("<a href=\"{}\"", run.path);
    admin.get(&path).await.expect(200).has("这个计划已经执行").has(&took);

    leave(&world, 9, 9).await;
    let plan = press(&world, &admin, "plan").await;
    plan.has("触发了安全设置");
    // made with other settings: it is not put up for a decision that no run would follow
    let limit = async |most: u32| {
        let (store, key) = (&world.bridge.app.store, "acme-main".into());
        let mut corp = setup::get_corp(store, &key).await.unwrap();
        let before = std::mem::replace(&mut corp.downstream.guard.max_removals, most);
        setup::put_settings(store, &Actor::cli("tester"), corp, None.into()).await.unwrap();
        before
    };
    let before = limit(49).await;
    let outdated = admin.get(&plan.path).await.expect(200);
    outdated.has("这个计划不能再批准或执行").has("value=\"reject\"").lacks("value=\"allow\"");
    outdated.has("当时触发的安全设置").lacks("需要审批后才能执行").has("<h2>驳回这个预览</h2>").has(">驳回</button>");
    outdated.lacks("有效期至");
    admin
        .get("/decisions")
        .await
        .expect(200)
        .has("设置已变化")
        .has("已失效")
        .lacks("nav-count")
        .lacks("button small primary");
    admin.get(HUB).await.expect(200).has("已失效").lacks("<h2>等待审批</h2>");
    admin.get("/").await.expect(200).lacks(&plan.path);
    let decision = [("decision", "allow"), ("reason", "分公司关闭")];
    admin.submit(&outdated, "/decide", &decision).await.expect(409).has("设置已变化");
    limit(before).await;
    let plan = admin.get(&plan.path).await.expect(200);
    plan.has("value=\"allow\"").lacks("这个计划不能再批准或执行");
    let rejected = admin.submit(&plan, "/decide", &[("decision", "reject"), ("reason", "弄错了")]).await;
    let page = admin.follow(&rejected).await.expect(200);
    admin.get(HUB).await.expect(200).lacks("已失效");
    page.has("已驳回").lacks("作废").has("弄错了");
    assert!(!page.has_form("/apply") && !page.has_form("/decide"));
    let forced = admin.post(&format!("{}/apply", plan.path), &[("confirm", "移出 9 人")]).await;
    forced.expect(409);
    admin.get("/decisions").await.expect(200).has("没有等待审批的计划");

    // a run whose plan was rejected waits for nobody
    let held = press(&world, &admin, "run").await;
    held.has("等待审批").lacks("驳回");
    let path = held.text.split("href=\"").find(|rest| rest.starts_with("/plans/")).unwrap();
    let plan = admin.get(path.split('"').next().unwrap()).await.expect(200);
    plan.has("人（可恢复）").lacks("不可恢复");
    admin.submit(&plan, "/decide", &[("decision", "reject"), ("reason", "弄错了")]).await.expect(303);
    admin.get(&held.path).await.expect(200).has("安全设置，已被驳回").lacks("notice warn");
    admin.get("/corps/acme-main/runs").await.expect(200).has("<span class=\"badge \">已驳回");
    for page in [HUB, "/"] {
        admin.get(page).await.expect(200).has("已驳回");
    }
    // and everybody else says so
    let listed = async |state: &str| {
        let page = admin.get(&format!("/corps/acme-main/runs?state={state}")).await.expect(200);
        page.text.contains(&format!("href=\"{}\"", held.path))
    };
    assert_eq!((listed("held").await, listed("rejected").await), (false, true));
    let run = world.bridge.get(&format!("/api/v1{}", held.path)).await.expect(200);
    assert_eq!(run["state"], json!("rejected"));
    assert!(run["message"].as_str().unwrap().ends_with(" rejected the plan: 弄错了"), "{run}");
    world.stop().await;
}

#[tokio::test]
async fn a_failed_record_is_explained_and_tried_again() {
    let world = World::new().await;
    let browser = Browser::sign_in(&world.bridge, Role::Operator).await;
    let refused = Effect::Errcode { errcode: 40066 };
    world.sandbox.state().add_fault(Fault { count: Some(1), ..Fault::always("user/create", refused) });
    let run = press(&world, &browser, "run").await;
    run.has("部分完成").has("失败的记录（1）").has("企业微信返回 40066");
    let failed = browser.get(&format!("{}/records?outcome=failed", run.path)).await.expect(200);
    failed.has("失败").has("共 1 条").has("重试");
    let file = browser.get(&format!("{}/records.csv?outcome=failed", run.path)).await.expect(200);
    let explained =
        format!("/corps/acme-main/explain/{}", file.text.lines().nth(1).unwrap().split(',').nth(3).unwrap());
    let shown = browser.get(&explained).await.expect(200);
    run.has(&format!("<a href=\"{explained}\">"));
    shown.has("上次同步时，企业微信没有接受这一步").has("40066").has("user/create").lacks("没有阻碍");
    let started = browser.submit(&run, "/retry", &[]).await;
    watch(&world, &browser, &started).await.has("完成").lacks("失败的记录");
    browser.get(&explained).await.expect(200).lacks("上次同步时");
    world.stop().await;
}

#[tokio::test]
async fn a_run_is_cancelled_resumed_and_undone() {
    let world = World::new().await;
    let browser = Browser::sign_in(&world.bridge, Role::Operator).await;
    press(&world, &browser, "pull").await;
    world.sandbox.state().add_fault(Fault::always("user/create", Effect::Delay { ms: 400 }));
    let hub = browser.get(HUB).await.expect(200);
    let started = browser.submit(&hub, &format!("{HUB}/run"), &[]).await;
    let path = started.location();
    let live = browser.get(&path).await.expect(200);
    live.has("data-live=").has("<noscript><meta http-equiv=\"refresh\"");
    // what a form says stays on the page while it reloads itself, and on no other page
    let account = browser.get("/account").await.expect(200);
    let said = browser.submit(&account, "/account", &[]).await;
    let mut page = browser.get(&path).await.expect(200);
    assert_eq!(said.location(), "/account");
    for _ in 0..2 {
        page.has("class=\"notice good flash\"");
        page = browser.get(&page.refresh()).await.expect(200);
    }
    page.has("class=\"notice good flash\"");
    browser.get(&path).await.expect(200).lacks("notice good flash");
    browser.get(HUB).await.expect(200).lacks("notice good flash");
    // another start is refused while this one works
    browser.submit(&hub, &format!("{HUB}/pull"), &[]).await.expect(409);
    let events = browser.request(Method::GET, &format!("{path}/events")).send();
    let mut events = events.await.unwrap();
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    assert!(events.headers().get("content-encoding").is_none());
    let first = events.chunk().await.unwrap().unwrap();
    assert!(first.starts_with(b"event: run\n"), "{first:?}");
    loop {
        let chunk = events.chunk().await.unwrap().expect("the run writes before it ends");
        if String::from_utf8_lossy(&chunk).contains("\"phase\":\"apply\"") {
            break;
        }
    }
    let cancelled = browser.submit(&live, "/cancel", &[]).await;
    let page = watch(&world, &browser, &cancelled).await;
    page.has("已取消");
    drop(events);
    browser.post(&format!("{path}/cancel"), &[]).await.expect(409);
    world.sandbox.state().clear_faults();
    let resumed = browser.submit(&page, "/resume", &[]).await;
    let page = watch(&world, &browser, &resumed).await;
    page.has("完成");
    let undoing = browser.submit(&page, "/undo", &[]).await;
    let plan = watch(&world, &browser, &undoing).await;
    plan.has("撤销计划").has("撤销：收回新建").has("下一次同步会再做一遍");
    // who is deleted is not told by the word that stands for disabling too
    plan.has("人（不可恢复）");
    // an undo is not compared with the directory: a change there does not put it in doubt
    leave(&world, 0, 1).await;
    browser.get(&plan.path).await.expect(200).has("撤销计划").lacks("OA 通讯录有改动");
    world.stop().await;
}

#[tokio::test]
async fn roles_are_refused_what_they_may_not_do() {
    let world = World::new().await;
    world.first_sync().await;
    let auditor = Browser::sign_in(&world.bridge, Role::Auditor).await;
    let hub = auditor.get(HUB).await.expect(200);
    for button in ["pull", "plan", "run"] {
        assert!(!hub.has_form(&format!("{HUB}/{button}")));
        auditor.post(&format!("{HUB}/{button}"), &[]).await.expect(403);
    }
    let runs = world.bridge.get(&format!("{CORP}/runs")).await.expect(200);
    let run = format!("/runs/{}", runs["items"][0]["id"].as_str().unwrap());
    let page = auditor.get(&run).await.expect(200);
    for act in ["cancel", "resume", "undo", "records/0/retry"] {
        assert!(!page.has_form(&format!("/{act}")));
        auditor.post(&format!("{run}/{act}"), &[]).await.expect(403);
    }
    let stranger = Browser::new(&world.bridge);
    assert!(stranger.get(&run).await.location().starts_with("/sign-in"));
    assert!(stranger.get(&format!("{run}/events")).await.location().starts_with("/sign-in"));
    for missing in ["/runs/none", "/plans/none", "/corps/none/sync", "/corps/none/runs", "/corps/none/explain"] {
        auditor.get(missing).await.expect(404);
    }
    world.stop().await;
}

#[tokio::test]
async fn names_come_out_as_text_and_one_person_is_explained() {
    let world = World::new().await;
    let bridge = &world.bridge;
    let mut person = bridge.get("/api/v1/tenants/acme/employees?limit=1").await.expect(200)["items"][0].take();
    let path = format!("/api/v1/tenants/acme/employees/{}", person["id"].as_str().unwrap());
    person["name"] = json!("<script>alert(1)</script>");
    bridge.put(&path, &person).await.expect(200);
    let id = person["id"].as_str().unwrap();
    let browser = Browser::sign_in(bridge, Role::Auditor).await;
    // nothing was pulled yet: said, not shown as an error of the bridge
    browser.get(&format!("/corps/acme-main/explain/{id}")).await.expect(409).has("拉取");
    let operator = Browser::sign_in(bridge, Role::Operator).await;
    let plan = press(&world, &operator, "plan").await;
    let found = browser.get("/corps/acme-main/explain?q=alert").await.expect(200);
    let explained = browser.get(&format!("/corps/acme-main/explain/{id}")).await.expect(200);
    let searched = operator.get(&format!("{}?q=alert", plan.path)).await.expect(200);
    for page in [&found, &explained, &searched] {
        page.lacks("<script>alert").has("&#60;script&#62;alert");
    }
    explained.has("在同步范围内").has("user/create").has("没有成员使用这个值").has("新建成员").has("将写入");
    browser.get("/corps/acme-main/explain/nobody").await.expect(200).has("OA 目录里没有这个编号的人员");
    let csv = operator.get(&format!("{}.csv?q=alert", plan.path)).await.expect(200);
    assert!(
        csv.text.contains("<script>") && csv.headers["content-disposition"].to_str().unwrap().contains("attachment")
    );
    world.stop().await;
}

#[tokio::test]
async fn pages_stay_small_with_thousands_of_changes() {
    let world = World::with(SampleSpec { employees: 2_000, units: 300, seed: 3 }).await;
    let browser = Browser::sign_in(&world.bridge, Role::Operator).await;
    let plan = press(&world, &browser, "plan").await;
    let mut pages = vec![plan.path.clone()];
    pages.extend(
        ["?tab=checks", "?tab=cost", "?colour=new", "?side=departments"].map(|rest| format!("{}{rest}", plan.path)),
    );
    let next = plan.text.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    pages.push(super::browser::unescape(next));
    for path in &pages {
        let page = browser.get(path).await.expect(200);
        assert!(page.text.len() < 300_000, "{path}: {} bytes", page.text.len());
    }
    let branch = plan.text.split("data-load=\"").nth(1).unwrap().split('"').next().unwrap();
    let loaded = browser.get(&super::browser::unescape(branch)).await.expect(200);
    loaded.has("<ul><li>");
    browser.get(&format!("{}/tree?branch=u:none", plan.path)).await.expect(404);
    let file = browser.get(&format!("{}.csv?kind=create_member", plan.path)).await.expect(200);
    assert_eq!(file.text.matches("新建成员").count(), 2_000);
    world.stop().await;
}

#[tokio::test]
async fn two_administrators_allow_a_removal_one_after_the_other() {
    let world = World::new().await;
    world.first_sync().await;
    world.bridge.put("/api/v1/settings", &json!({ "two_person_removals": true })).await.expect(200);
    leave(&world, 0, 9).await;
    let maker = Browser::sign_in(&world.bridge, Role::Administrator).await;
    let plan = press(&world, &maker, "plan").await;
    plan.has("发起人：").has("这个计划由您发起").has("目前没有其他系统管理员可以批准").lacks("value=\"allow\"");
    let first = Browser::sign_in(&world.bridge, Role::Administrator).await;
    for browser in [&maker, &first] {
        browser.get(&plan.path).await.expect(200).has("还差一名");
    }
    let second = Browser::sign_in(&world.bridge, Role::Administrator).await;
    let page = first.get(&plan.path).await.expect(200);
    page.has("需要两名管理员先后批准").lacks("这个计划由您发起").lacks("作为第一人批准").lacks("还差一名");
    let decided = first.submit(&page, "/decide", &[("decision", "allow"), ("reason", "<b>部门撤销")]).await;
    let page = first.follow(&decided).await.expect(200);
    page.has("作为第一人批准").has("您已经批准过").has("&#60;b&#62;部门撤销").lacks("value=\"allow\"");
    // from a page that was opened before: what was typed stays, and the page says who must
    let late = maker.post(&format!("{}/decide", plan.path), &[("decision", "allow"), ("reason", "我来批准")]).await;
    late.expect(409).has("我来批准</textarea>").has("需要另一名管理员").has("可以批准的系统管理员：");
    assert!(!page.has_form("/apply"));
    let page = second.get(&plan.path).await.expect(200);
    page.has("作为第一人批准").lacks("您已经批准过");
    let decided = second.submit(&page, "/decide", &[("decision", "allow"), ("reason", "同意")]).await;
    let page = second.follow(&decided).await.expect(200);
    page.has("已批准，可以执行了").lacks("作为第一人批准");
    assert!(page.has_form("/apply"));
    world.stop().await;
}

/// A key acts for whoever made it.
#[tokio::test]
async fn a_plan_that_a_key_had_made_is_its_makers_own() {
    let world = World::new().await;
    world.first_sync().await;
    world.bridge.put("/api/v1/settings", &json!({ "two_person_removals": true })).await.expect(200);
    leave(&world, 0, 9).await;
    let maker = Browser::sign_in(&world.bridge, Role::Administrator).await;
    let accounts = world.bridge.get("/api/v1/accounts").await.expect(200);
    let account = accounts["items"].as_array().unwrap().iter().find(|row| row["role"] == "administrator").unwrap();
    let actor = Actor { name: format!("account:{}", account["name"].as_str().unwrap()), from: None };
    let key = world.bridge.make_key_by(&actor, &[ApiScope::SyncRun, ApiScope::SyncRead]).await;
    let made = world.bridge.bare(Method::POST, &format!("{CORP}/plans")).bearer_auth(&key).send().await.unwrap();
    assert_eq!(made.status(), 201);
    let made: Value = serde_json::from_str(&made.text().await.unwrap()).unwrap();
    let plan = format!("/plans/{}", made["id"].as_str().unwrap());
    maker.get(&plan).await.expect(200).has("这个计划由您发起").lacks("value=\"allow\"");
    let other = Browser::sign_in(&world.bridge, Role::Administrator).await;
    other.get(&plan).await.expect(200).has("value=\"allow\"").has("还差一名");
    world.stop().await;
}

#[tokio::test]
async fn a_small_answer_of_wecom_is_accepted_by_typing() {
    let world = World::new().await;
    let browser = Browser::sign_in(&world.bridge, Role::Operator).await;
    browser.get(HUB).await.expect(200);
    let wrong = [("accept_shrink", "1"), ("confirm", "acme"), ("back", "/corps/acme-main/runs")];
    let refused = browser.post(&format!("{HUB}/pull"), &wrong).await;
    assert_eq!(refused.location(), "/corps/acme-main/runs");
    browser.follow(&refused).await.expect(200).has("输入的内容与要求不一致");
    let right = [("accept_shrink", "1"), ("confirm", "acme-main")];
    let started = browser.post(&format!("{HUB}/pull"), &right).await;
    watch(&world, &browser, &started).await.has("拉取结果");
    world.stop().await;
}
