//! The OA's side and WeCom's side: lists, trees, cards, edits by hand.

use super::browser::Browser;
use super::office::{CORP, ESCAPED, Office, SCRIPT, TENANT};
use serde_json::json;
use wecom_bridge::model::Role;

#[tokio::test]
async fn tree_and_list_show_who_is_where() {
    let office = Office::open().await;
    office.bind("zhang", "ZhangSan").await;
    let page = office.get(&format!("{TENANT}/directory")).await.expect(200);
    page.has("总部").has("研发部").has("张三").has("李四").has("在职 4 人").has("ZhangSan").lacks("旧人");
    page.has(ESCAPED).lacks(SCRIPT);
    for (query, there, gone) in [
        ("q=lisi", "李四", "王五"),
        ("q=旧人", "旧人", "李四"),
        ("status=departed", "旧人", "李四"),
        ("unit=2", "李四", "王五"),
        ("unit=1&only=1", "没有符合条件的记录", "李四"),
        ("bound=yes", "张三", "李四"),
        ("bound=no", "李四", "13800000001"),
        ("find=研发", "总部 / 研发部", "data-load"),
    ] {
        let page = office.get(&format!("{TENANT}/directory?{query}")).await.expect(200);
        page.has(there).lacks(gone);
    }
    let unit = office.get(&format!("{TENANT}/directory?unit=2")).await.expect(200);
    unit.has("部门负责人").has("含下级 2 人，直属 2 人").has("aria-current");
    office.get(&format!("{TENANT}/directory/branch?unit=1")).await.expect(200).has("研发部").has("<ul>");
    office.get(&format!("{TENANT}/directory/branch?unit=none")).await.expect(404);
    office.get("/tenants/none/directory").await.expect(404);
    office.get(&format!("{TENANT}/directory?after=nonsense")).await.expect(400);

    let csv = office.get(&format!("{TENANT}/directory.csv?q=lisi&sort=name")).await.expect(200);
    assert!(csv.headers["content-disposition"].to_str().unwrap().contains("directory-acme-20"));
    csv.has("人员编号,姓名").has("li,李四,lisi").lacks("王五");
    let book = office.get(&format!("{TENANT}/directory.xlsx")).await.expect(200);
    assert!(book.headers["content-type"].to_str().unwrap().contains("spreadsheetml"));
    office.close().await;
}

#[tokio::test]
async fn an_empty_directory_says_what_to_do() {
    let office = Office::open().await;
    office.bridge.put("/api/v1/tenants/fresh", &json!({ "name": "新" })).await.expect(201);
    let page = office.get("/tenants/fresh/directory").await.expect(200);
    page.has("还没有 OA 组织").has("/tenants/fresh/import").has("/api/docs");
    office.close().await;
}

#[tokio::test]
async fn the_card_tells_everything_about_a_person() {
    let office = Office::open().await;
    office.bind("li", "lisi").await;
    let row = json!({ "id": "li", "name": "李小四", "account": "lisi", "unit_id": "3", "superior_id": "zhang" });
    office.bridge.put("/api/v1/tenants/acme/employees/li", &row).await.expect(200);
    let page = office.get(&format!("{TENANT}/employees/li")).await.expect(200);
    page.has("李小四").has("销售部").has("张三").has("阿克米企业").has("手工").has("/corps/acme-main/explain/li");
    page.has("<del>李四</del>").has("<ins>李小四</ins>").has("API 密钥");
    assert!(page.has_form("/bindings/unbind") && page.has_form("/employees/li/depart"));
    let zhang = office.get(&format!("{TENANT}/employees/zhang")).await.expect(200);
    zhang.has("工位").has("A-7").has("负责的部门").has("尚未关联企业微信成员");
    assert!(zhang.has_form("/bindings/bind"));
    office.get(&format!("{TENANT}/employees/script")).await.expect(200).has(ESCAPED).lacks(SCRIPT);
    office.get(&format!("{TENANT}/employees/none")).await.expect(404);

    let gone = office.browser.submit(&page, "/employees/li/depart", &[]).await;
    let page = office.browser.follow(&gone).await.expect(200);
    page.has("已标记为离职").has("离职");
    let back = office.browser.submit(&page, "/employees/li/return", &[]).await;
    office.browser.follow(&back).await.expect(200).has("已恢复为在职");
    assert!(office.active().contains(&"li".to_owned()));
    office.close().await;
}

#[tokio::test]
async fn one_person_is_made_and_changed_by_hand() {
    let office = Office::open().await;
    let form = office.get(&format!("{TENANT}/directory/new-employee?unit=3")).await.expect(200);
    let fields =
        [("id", "new"), ("name", "新人"), ("unit_id", "研发部"), ("superior_id", "李四"), ("ext", "工位 = B-1")];
    let made = office.browser.submit(&form, "/new-employee", &fields).await;
    office.browser.follow(&made).await.expect(200).has("新人").has("研发部").has("李四").has("B-1");
    for (told, fields) in [
        ("必填", vec![("id", "x"), ("name", ""), ("unit_id", "3")]),
        ("找不到部门“没有”", vec![("id", "x"), ("name", "甲"), ("unit_id", "没有")]),
        ("这个编号已经存在", vec![("id", "li"), ("name", "甲"), ("unit_id", "3")]),
        ("“坏的”不是", vec![("id", "x"), ("name", "甲"), ("unit_id", "3"), ("ext", "坏的")]),
        ("找不到人员“无此人”", vec![("id", "x"), ("name", "甲"), ("unit_id", "3"), ("superior_id", "无此人")]),
    ] {
        let page = office.browser.submit(&form, "/new-employee", &fields).await.expect(422);
        page.has("有内容需要修改").has(if told == "必填" { "不能为空" } else { told });
    }
    assert!(!office.active().contains(&"x".to_owned()));
    assert_eq!(office.bridge.get("/api/v1/tenants/acme/employees/li").await.expect(200)["name"], "李四");

    let form = office.get(&format!("{TENANT}/employees/li/edit")).await.expect(200);
    let changed = office.browser.submit(&form, "/employees/li/edit", &[("mobile", "13900000000")]).await;
    office.browser.follow(&changed).await.expect(200).has("13900000000").lacks("warn-text");
    // what an import doubts is doubted here too
    let form = office.get(&format!("{TENANT}/employees/li/edit")).await.expect(200);
    let changed = office.browser.submit(&form, "/employees/li/edit", &[("mobile", "12345")]).await;
    office
        .browser
        .follow(&changed)
        .await
        .expect(200)
        .has("12345<br><span class=\"warn-text\">")
        .has("大陆手机号为 1 开头");
    let form = office.get(&format!("{TENANT}/employees/li/edit")).await.expect(200);
    let changed = office.browser.submit(&form, "/employees/li/edit", &[("mobile", "13900000000")]).await;
    office.browser.follow(&changed).await.expect(200).has("13900000000");
    let row = office.bridge.get("/api/v1/tenants/acme/employees/li").await.expect(200);
    assert_eq!((&row["superior_id"], &row["part_time_unit_ids"]), (&json!("zhang"), &json!(["2"])), "the rest stays");
    // the form was filled before the change
    let stale = office.browser.submit(&form, "/employees/li/edit", &[("mobile", "1")]).await.expect(422);
    stale.has("被别人修改过");
    assert_eq!(office.bridge.get("/api/v1/tenants/acme/employees/li").await.expect(200)["mobile"], "13900000000");
    let again = office.browser.submit(&stale, "/employees/li/edit", &[]).await;
    office.browser.follow(&again).await.expect(200);
    assert_eq!(office.bridge.get("/api/v1/tenants/acme/employees/li").await.expect(200)["mobile"], "1");
    office.close().await;
}

#[tokio::test]
async fn one_unit_is_made_changed_and_removed_by_hand() {
    let office = Office::open().await;
    let form = office.get(&format!("{TENANT}/directory/new-unit?unit=1")).await.expect(200);
    let fields = [("id", "4"), ("name", "财务部"), ("head", "王五"), ("order", "5")];
    let made = office.browser.submit(&form, "/new-unit", &fields).await;
    office.browser.follow(&made).await.expect(200).has("财务部").has("王五");
    let second = [("id", "5"), ("name", "另一个根"), ("parent_id", "")];
    office.browser.submit(&form, "/new-unit", &second).await.expect(422).has("有多个根部门");
    let form = office.get(&format!("{TENANT}/units/1/edit")).await.expect(200);
    office.browser.submit(&form, "/units/1/edit", &[("parent_id", "2")]).await.expect(422);
    assert!(office.bridge.get("/api/v1/tenants/acme/units/1").await.expect(200).get("parent_id").is_none());
    let used = office.get(&format!("{TENANT}/units/3/edit")).await.expect(200);
    office.browser.submit(&used, "/units/3/remove", &[]).await.expect(422).has("没有删除").has("部门下还有人员");
    let free = office.get(&format!("{TENANT}/units/4/edit")).await.expect(200);
    let removed = office.browser.submit(&free, "/units/4/remove", &[]).await;
    office.browser.follow(&removed).await.expect(200).has("已删除部门");
    office.bridge.get("/api/v1/tenants/acme/units/4").await.expect(404);
    office.close().await;
}

#[tokio::test]
async fn what_wecom_did_not_tell_is_marked() {
    let office = Office::open().await;
    office.bind("zhang", "ZhangSan").await;
    let page = office.get(&format!("{CORP}/members")).await.expect(200);
    page.has("5 名成员").has("$userName=wo1$").has("名称未转换").has("名称不可读").has("如何处理").has("只读到账号");
    for (query, there, gone) in [
        ("naming=untranslated", "wo1", "lisi"),
        ("naming=unreadable", "u9", "lisi"),
        ("bound=yes", "ZhangSan", "lisi"),
        ("department=2", "lisi", "wang2"),
        ("q=李四", "lisi", "wang2"),
    ] {
        let page = office.get(&format!("{CORP}/members?{query}")).await.expect(200);
        page.has(&format!("{CORP}/members/{there}")).lacks(&format!("{CORP}/members/{gone}\""));
    }
    office.get(&format!("{CORP}/members/branch?department=1")).await.expect(200).has("技术部");
    office.get(&format!("{CORP}/members.csv?q=李四")).await.expect(200).has("lisi,李四").lacks("wang2");
    let card = office.get(&format!("{CORP}/members/zhangsan")).await.expect(200);
    card.has("ZhangSan").has("13800000001").has("总部 / 技术部").has("张三").has("/tenants/acme/employees/zhang");
    let card = office.get(&format!("{CORP}/members/u9")).await.expect(200);
    card.has("没有读到的内容").has("48002 not allowed").has("尚未关联 OA 人员");
    office.get(&format!("{CORP}/members/none")).await.expect(404);
    office.get("/corps/none/members").await.expect(404);
    office.close().await;
}

#[tokio::test]
async fn both_trees_stand_side_by_side_and_units_are_linked_by_hand() {
    let office = Office::open().await;
    let page = office.get(&format!("{CORP}/compare")).await.expect(200);
    page.has("研发部").has("技术部").has("仅 OA 有").has("仅企业微信有");
    office.get(&format!("{CORP}/compare?state=only_here")).await.expect(200).has("销售部").lacks("技术部");
    let chosen = office.get(&format!("{CORP}/compare?unit=2&pick=技术")).await.expect(200);
    let bound = office.browser.submit(&chosen, "/bindings/bind-unit", &[]).await;
    let page = office.browser.follow(&bound).await.expect(200);
    page.has("已关联：研发部（2） ↔ 技术部（2）").has("总部 / 技术部");
    assert!(page.has_form("/bindings/unbind-unit"));
    let pairs = office.bridge.get("/api/v1/corps/acme-main/department-bindings").await.expect(200);
    assert_eq!(pairs["items"][0]["department"], 2, "{pairs}");
    office.get(&format!("{CORP}/compare/branch?unit=1&level=1")).await.expect(200).has("研发部").has("<ul>");

    let refused = office.act(&format!("{CORP}/bindings/bind-unit"), &[("unit", "3"), ("department", "2")]).await;
    refused.has("已关联 2，请先解除");
    office
        .act(&format!("{CORP}/bindings/bind-unit"), &[("unit", "3"), ("department", "99")])
        .await
        .has("没有读到企业微信部门");
    let undone =
        office.act(&format!("{CORP}/bindings/unbind-unit"), &[("unit", "2"), ("back", "//evil.example")]).await;
    undone.has("已解除 2 的关联");
    office.act(&format!("{CORP}/bindings/unbind-unit"), &[("unit", "2")]).await.has("已经不存在");
    office.close().await;
}

#[tokio::test]
async fn auditors_look_and_change_nothing() {
    let office = Office::open().await;
    let auditor = Browser::sign_in(&office.bridge, Role::Auditor).await;
    let page = auditor.get(&format!("{TENANT}/employees/zhang")).await.expect(200);
    assert!(!page.has_form("/depart") && !page.has_form("/bindings/bind"));
    auditor.get(&format!("{TENANT}/directory")).await.expect(200).lacks("new-employee");
    auditor.get(&format!("{CORP}/members")).await.expect(200);
    auditor.get(&format!("{CORP}/compare?unit=2")).await.expect(200).lacks("bind-unit");
    for path in ["/directory/new-employee", "/employees/zhang/edit", "/units/2/edit", "/import"] {
        auditor.get(&format!("{TENANT}{path}")).await.expect(403);
    }
    auditor.post(&format!("{TENANT}/employees/zhang/depart"), &[]).await.expect(403);
    auditor.post(&format!("{TENANT}/units/3/remove"), &[]).await.expect(403);
    assert!(office.active().contains(&"zhang".to_owned()));
    let english = Browser::sign_in(&office.bridge, Role::Auditor).await.in_english().await;
    english.get(&format!("{TENANT}/directory")).await.expect(200).has("4 active people").has("Unit and position");
    office.close().await;
}
