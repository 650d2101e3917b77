//! The pages of push rules: made with targets, previewed, ordered, tried; without script.

use super::browser::Browser;
use super::office::{CORP, ESCAPED, Office, SCRIPT, TENANT};
use serde_json::json;
use wecom_bridge::model::Role;

const RULES: &str = "/tenants/acme/rules";

async fn office() -> Office {
    let office = Office::open().await;
    for (agentid, key, name) in [(1_000_001, "oa", "办公"), (1_000_002, "hr", "人事")] {
        let app = json!({ "name": name, "agentid": agentid, "callback_enabled": key == "oa" });
        office.bridge.put(&format!("/api/v1{CORP}/apps/{key}"), &app).await.expect(201);
    }
    office
}

#[tokio::test]
async fn a_rule_is_made_with_two_targets_and_a_preview() {
    let office = office().await;
    office.get(RULES).await.expect(200).has("还没有推送规则");
    let page = office.get(&format!("{RULES}/new")).await.expect(200);
    // the default target is a text card with the sample's words
    page.has("{{ title }}").has("请审批：采购申请").has("wecom textcard").has("阿克米企业 / 办公");
    let fields = [("name", SCRIPT), ("t0_kind", "template_card"), ("t0_was", "textcard"), ("act", "add")];
    let more = office.browser.submit(&page, "/rules/new", &fields).await.expect(200);
    more.has("目标 2").has("wecom card").has("同意").has("模板卡片");
    // a preview with words that cannot be said
    let broken = [("t1_place", "acme-main/hr"), ("t1_title", "{{ nothing }}"), ("act", "preview")];
    office.browser.submit(&more, "/rules/new", &broken).await.expect(200).has("无法发送").has("没有字段 nothing");
    let refused =
        [("t1_place", "acme-main/hr"), ("t1_title", "{{ nothing }}"), ("t1_button", "五个字太长"), ("act", "save")];
    let again = office.browser.submit(&more, "/rules/new", &refused).await.expect(422);
    again.has("表达式有误").has("共 5 个字，最多 4 个字").has("有内容需要修改");
    // emptied words come back and the page says so (MSG-09)
    let saved = [("t1_place", "acme-main/hr"), ("t1_title", ""), ("t1_button", ""), ("act", "save")];
    let done = office.browser.submit(&more, "/rules/new", &saved).await;
    let list = office.browser.follow(&done).await.expect(200);
    list.has("规则已保存").has("已恢复默认：标题、按钮文字").has(ESCAPED).lacks(SCRIPT).has("模板卡片");
    let rules = office.bridge.get("/api/v1/tenants/acme/rules").await.expect(200);
    assert_eq!(rules["items"][0]["targets"][1]["title"], "{{ title }}");
    assert_eq!(rules["items"][0]["targets"][0]["kind"], "template_card");
    office.close().await;
}

#[tokio::test]
async fn rules_are_ordered_switched_tried_and_removed() {
    let office = office().await;
    for name in ["甲", "乙"] {
        let target = json!({ "corp": "acme-main", "app": "oa", "kind": "text" });
        office
            .bridge
            .post("/api/v1/tenants/acme/rules", &json!({ "name": name, "targets": [target] }))
            .await
            .expect(201);
    }
    let ids = async || {
        let rules = office.bridge.get("/api/v1/tenants/acme/rules").await.expect(200);
        rules["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|rule| rule["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let before = ids().await;
    office.get(RULES).await.expect(200).has("甲").has("乙").has("不会用到：排在前面的规则“甲”");
    office.get(&format!("{RULES}/{}", before[0])).await.expect(200).has("10–3600").has("没有用到消息的正文、链接");
    office.act(&format!("{RULES}/order"), &[("to", &format!("up {}", before[1]))]).await;
    assert_eq!(ids().await, [before[1].clone(), before[0].clone()]);
    office.act(&format!("{RULES}/{}/switch", before[0]), &[("to", "off")]).await.has("甲: 已停用").lacks("不会用到");

    let page = office.get(&format!("{RULES}/test")).await.expect(200);
    page.has("规则试验").has("匹配").has("wecom text").has("请审批：采购申请");
    let tried = office.browser.submit(&page, "/rules/test", &[("title", SCRIPT), ("data", "[")]).await.expect(200);
    tried.has(ESCAPED).lacks(SCRIPT).has("不是 JSON 对象");
    let unknown = office.browser.submit(&page, "/rules/test", &[("message", "none")]).await.expect(200);
    unknown.has("没有这条消息");

    let remove = format!("{RULES}/{}/remove", before[0]);
    office.act(&remove, &[("confirm", "x")]).await;
    assert_eq!(ids().await.len(), 2, "the name must be typed");
    office.act(&remove, &[("confirm", "甲")]).await.has("已删除规则：甲");
    assert_eq!(ids().await.len(), 1);
    let auditor = Browser::sign_in(&office.bridge, Role::Auditor).await;
    auditor.get(RULES).await.expect(200).has("乙").lacks("新建规则");
    auditor.get(&format!("{RULES}/new")).await.expect(403);
    let english = Browser::sign_in(&office.bridge, Role::Operator).await.in_english().await;
    english.get(RULES).await.expect(200).has("Push rules").has("all sources");
    office.get(&format!("{TENANT}/rules/none")).await.expect(404);
    office.close().await;
}
