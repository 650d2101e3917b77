//! The menu editor: a tree in a form that works without script, published by saving (MENU-01), addresses to copy
//! (MENU-02).

use super::browser::Browser;
use crate::api::world::World;
use wecom_bridge::directory::sample::SampleSpec;
use wecom_bridge::model::Role;
use wecom_bridge::sandbox::{Effect, Fault, seed};

const MENU: &str = "/corps/acme-main/apps/oa/menu";

#[tokio::test]
async fn a_menu_is_built_published_and_compared() {
    let world = World::with(SampleSpec { employees: 3, units: 1, seed: 1 }).await;
    let browser = Browser::sign_in(&world.bridge, Role::Operator).await;
    browser.get("/corps/acme-main/menus").await.expect(200).has("从未发布").has("OA");
    let page = browser.get(MENU).await.expect(200);
    page.has("还没有菜单").has("保存并发布");
    let one = browser.submit(&page, "/menu", &[("act", "add")]).await.expect(200);
    let sub = browser.submit(&one, "/menu", &[("e0_name", "更多"), ("act", "add-0")]).await.expect(200);
    let fields = [("e0s0_name", "帮助"), ("e0s0_kind", "click"), ("e0s0_value", "help"), ("act", "add")];
    let two = browser.submit(&sub, "/menu", &fields).await.expect(200);
    two.has("<li>帮助</li>");
    let wrong = [("e1_name", "一二三四五六"), ("e1_value", "oa.example.org"), ("act", "publish")];
    let refused = browser.submit(&two, "/menu", &wrong).await.expect(422);
    refused.has("菜单有问题").has("共 18 字节，最多 16 字节").has("http://");
    for act in ["publish", "save"] {
        let homeless = [("e0_value", "https://oa.example.org/lost"), ("act", act)];
        let refused = browser.submit(&two, "/menu", &homeless).await.expect(422);
        refused.has("有下级菜单的菜单不能再有地址").has("https://oa.example.org/lost");
    }
    let right = [("e1_name", "工作台"), ("e1_value", "https://oa.example.org"), ("act", "publish")];
    let done = browser.submit(&two, "/menu", &right).await;
    let shown = browser.follow(&done).await.expect(200);
    shown.has("菜单已发布到企业微信").has("https://oa.example.org").has("更多 / 帮助").has("没有启用回调");
    let there = world.sandbox.state().with_corp(seed::CORPID, |corp| corp.apps[&seed::AGENTID].menu.clone()).flatten();
    assert_eq!(there.unwrap().button[0].sub_button[0].key, "help");
    browser.get(&format!("{MENU}/comparison")).await.expect(200).has("与企业微信中的菜单一致");

    world.sandbox.state().add_fault(Fault::once("menu/create", Effect::Errcode { errcode: 40054 }));
    let page = browser.get(MENU).await.expect(200);
    let busy = browser.submit(&page, "/menu", &[("act", "publish")]).await.expect(502);
    busy.has("40054").has("子菜单 URL 域名不合法");

    let state = world.sandbox.state();
    state.add_fault(Fault::always("menu/create", Effect::DropAfter));
    let page = browser.get(MENU).await.expect(200);
    let found = browser.submit(&page, "/menu", &[("e0_name", "甲"), ("act", "publish")]).await;
    browser.follow(&found).await.expect(200).has("读回后确认已生效").lacks("结果未知");
    state.add_fault(Fault::always("menu/get", Effect::DropBefore));
    let lost = browser.submit(&page, "/menu", &[("e0_name", "乙"), ("act", "publish")]).await.expect(502);
    lost.has("也无法读回").has("是否生效未知");
    browser.get("/corps/acme-main/menus").await.expect(200).has("结果未知");
    state.clear_faults();
    browser.get(&format!("{MENU}/comparison")).await.expect(200).has("已经生效").lacks("是否生效未知");
    state.add_fault(Fault::always("menu/create", Effect::DropBefore));
    let lost = browser.submit(&page, "/menu", &[("e0_name", "丙"), ("act", "publish")]).await.expect(502);
    lost.has("操作没有生效，可以重试").lacks("是否生效未知");
    state.clear_faults();

    let withdrawn = browser.post(&format!("{MENU}/withdraw"), &[("confirm", "oa")]).await;
    browser.follow(&withdrawn).await.expect(200).has("已从企业微信删除菜单");
    let auditor = Browser::sign_in(&world.bridge, Role::Auditor).await;
    auditor.get(MENU).await.expect(200).lacks("保存并发布").has("工作台");
    world.stop().await;
}
