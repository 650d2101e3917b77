//! Links: one by one, from the resolve list, by file, all at once, crossed ones swapped.

use super::browser::Browser;
use super::office::{CORP, Office, SCRIPT};
use serde_json::json;
use wecom_bridge::model::{CorpKey, MemberBinding, Role};
use wecom_bridge::store;

#[tokio::test]
async fn people_and_members_are_bound_and_unbound() {
    let office = Office::open().await;
    let page = office.get(&format!("{CORP}/bindings")).await.expect(200);
    page.has("还没有关联").has("未关联人员").has("未关联成员");
    let people = office.get(&format!("{CORP}/bindings/employees")).await.expect(200);
    people.has("账号相同").has("姓名相同").lacks(SCRIPT).lacks("旧人");
    let members = office.get(&format!("{CORP}/bindings/members")).await.expect(200);
    members.has("账号相同").has("wang2");
    let bound =
        office.browser.submit(&people, "/bindings/bind", &[("employee", "zhang"), ("userid", "ZhangSan")]).await;
    office.browser.follow(&bound).await.expect(200).has("已关联：张三（zhang） ↔ 张三（ZhangSan）");
    assert_eq!(office.bound("zhang").await.as_deref(), Some("ZhangSan"));

    let bind = format!("{CORP}/bindings/bind");
    // by name, as somebody types it on a card
    office.act(&bind, &[("employee", "李四"), ("userid", "李四")]).await.has("已关联：李四（li） ↔ 李四（lisi）");
    for (employee, userid, told) in [
        ("nobody", "wang2", "找不到人员"),
        ("wang", "nobody", "没有读到成员"),
        ("wang", "LISI", "成员 lisi 已关联人员 li"),
        ("li", "wang2", "人员 li 已关联成员 lisi"),
    ] {
        office.act(&bind, &[("employee", employee), ("userid", userid)]).await.has(told);
    }
    assert_eq!(office.bound("wang").await, None);
    office.browser.post("/corps/none/bindings/bind", &[("employee", "li"), ("userid", "lisi")]).await.expect(404);

    let list = office.get(&format!("{CORP}/bindings")).await.expect(200);
    list.has("张三").has("lisi").has("手工");
    office.get(&format!("{CORP}/bindings?q=李四")).await.expect(200).has("lisi").lacks("ZhangSan");
    office.get(&format!("{CORP}/bindings?state=departed")).await.expect(200).has("没有符合条件的记录");
    office
        .get(&format!("{CORP}/bindings.csv?sort=userid&dir=desc"))
        .await
        .expect(200)
        .has("zhang,张三,研发部,ZhangSan,张三");
    office.get(&format!("{CORP}/bindings.xlsx")).await.expect(200);

    let unbind = format!("{CORP}/bindings/unbind");
    office
        .act(&unbind, &[("employee", "zhang"), ("back", "/tenants/acme/employees/zhang")])
        .await
        .has("已解除 zhang 的关联")
        .has("OA 资料");
    office.act(&unbind, &[("employee", "zhang")]).await.has("已经不存在");
    assert_eq!(office.bound("zhang").await, None);
    let new = office.get(&format!("{CORP}/bindings/new?employee=zhang")).await.expect(200);
    new.has("可能的成员").has("ZhangSan");
    office.get(&format!("{CORP}/bindings/new?userid=wang2&q=王")).await.expect(200).has("王五").has("bindings/bind");
    office.get(&format!("{CORP}/bindings/new?employee=nobody")).await.expect(404);
    office.close().await;
}

#[tokio::test]
async fn ambiguous_matches_are_decided_or_left() {
    let office = Office::open().await;
    office.get(&format!("{CORP}/bindings/resolve")).await.expect(200).has("没有待确认的匹配");
    let case = json!({ "rule": "name = name", "value": SCRIPT, "employees": ["zhang", "wang"], "members": ["ZhangSan", "wang2"] });
    office.put_case(case).await;
    let page = office.get(&format!("{CORP}/bindings/resolve")).await.expect(200);
    page.has("姓名 = 姓名").lacks(SCRIPT).has("张三").has("wang2");
    let left = office.browser.submit(&page, "/bindings/resolve", &[("employee", "zhang")]).await;
    office.browser.follow(&left).await.expect(200).has("请在两边各选一个");
    let strange = [("employee", "li"), ("userid", "ZhangSan")];
    let refused = office.browser.submit(&page, "/bindings/resolve", &strange).await;
    office.browser.follow(&refused).await.expect(200).has("没有改动");
    assert_eq!(office.bound("li").await, None);
    let pair = [("employee", "zhang"), ("userid", "ZhangSan")];
    let bound = office.browser.submit(&page, "/bindings/resolve", &pair).await;
    office.browser.follow(&bound).await.expect(200).has("已关联：张三（zhang） ↔ 张三（ZhangSan）").has("wang2");
    // whoever is bound by hand leaves the list, and a case without a choice is closed
    office.bind("wang", "wang2").await;
    office.get(&format!("{CORP}/bindings/resolve")).await.expect(200).has("没有待确认的匹配");
    let ambiguous = office.bridge.get("/api/v1/corps/acme-main/ambiguous").await.expect(200);
    assert_eq!(ambiguous["items"], json!([]));
    office.close().await;
}

#[tokio::test]
async fn a_binding_file_is_looked_at_before_it_is_carried_out() {
    let office = Office::open().await;
    office.bind("li", "lisi").await;
    let path = format!("{CORP}/bindings/file");
    let page = office.get(&path).await.expect(200);
    page.has("第一步").has("file.xlsx");
    office
        .get(&format!("{path}.csv"))
        .await
        .expect(200)
        .has("li,李四,lisi")
        .has("人员编号,姓名,账号,工号,手机号,主部门,关联,成员姓名");
    office.get(&format!("{path}.xlsx")).await.expect(200);
    let content =
        "id,link\nzhang,13800000001\nnobody,13800000001\nwang,139\nli,13800000001\nscript,\n".as_bytes().to_vec();
    office.get(&path).await.expect(200);
    let uploaded = office.browser.upload(&path, &[("member_field", "mobile")], "links.csv", content.clone()).await;
    let shown = office.browser.follow(&uploaded).await.expect(200);
    shown.has("没有这个人员编号").has("没有成员是这个值").has("已关联另一名成员").has("第 3 行").has("关联这 1 人");
    assert_eq!(office.bound("zhang").await, None, "a preview binds nobody");
    shown.has("张三").has("<span class=\"sub\">ZhangSan</span>");
    let file = office.get(&format!("{}.csv", shown.path)).await.expect(200);
    let lines: Vec<&str> = file.text.lines().skip(1).collect();
    assert!(lines.len() == 4 && lines[0].starts_with("2,zhang,张三,ZhangSan,"), "{}", file.text);
    assert!(lines[1].starts_with("3,nobody,,,,OA 中没有这个人员编号"), "{}", file.text);
    office.get(&format!("{}.xlsx?q=nobody", shown.path)).await.expect(200);
    let found = office.get(&format!("{}?q=nobody", shown.path)).await.expect(200);
    found.has("没有这个人员编号").lacks("没有成员是这个值").has(&format!("{}.csv?q=nobody", shown.path));
    office.get(&format!("{}?sort=member&dir=desc", shown.path)).await.expect(200).has("aria-sort=\"descending\"");
    let done = office.browser.submit(&shown, &shown.path, &[]).await.expect(200);
    done.has("已关联 1 人").has("3 行没有使用");
    assert_eq!(office.bound("zhang").await.as_deref(), Some("ZhangSan"));
    office.get(&shown.path).await.expect(404);

    office.get(&path).await.expect(200);
    let meant = "编号,成员账号,备注\nli,lisi,\n".as_bytes().to_vec();
    let near = "请添加：人员编号/id, 关联/link。不认识的标题：编号 → 人员编号, 成员账号 → 关联, 备注";
    for (field, name, content, told) in [
        ("userid", "links.csv", b"a,b\n1,2\n".to_vec(), "请添加：人员编号/id, 关联/link。"),
        ("userid", "links.csv", meant, near),
        ("userid", "links.csv", Vec::from("人员编号,账号\nli,lisi\n"), "<p class=\"break\">请添加：关联/link</p>"),
        ("nonsense", "links.csv", content.clone(), "关联文件无法使用"),
        ("userid", "links.xlsx", b"PK\x03\x04 nonsense".to_vec(), "关联文件无法使用"),
        ("userid", "", Vec::new(), "请选择文件"),
    ] {
        office.browser.upload(&path, &[("member_field", field)], name, content).await.expect(422).has(told);
    }
    office.close().await;
}

/// What others have linked and unlinked since the preview is not undone by its confirmation.
#[tokio::test]
async fn a_binding_file_links_exactly_the_pairs_that_were_shown() {
    let office = Office::open().await;
    office.bind("li", "lisi").await;
    let path = format!("{CORP}/bindings/file");
    office.get(&path).await.expect(200);
    let content = b"id,link\nzhang,ZhangSan\nli,lisi\n".to_vec();
    let uploaded = office.browser.upload(&path, &[("member_field", "userid")], "links.csv", content).await;
    let shown = office.browser.follow(&uploaded).await.expect(200);
    shown.has("关联这 1 人").has("<span class=\"sub\">ZhangSan</span>").lacks("<span class=\"sub\">lisi</span>");
    office.get(&format!("{}?q=nobody", shown.path)).await.expect(200).lacks("<span class=\"sub\">ZhangSan</span>");
    office.bind("zhang", "ZhangSan").await;
    office.bridge.delete("/api/v1/corps/acme-main/bindings/li").await.expect(204);
    office.browser.submit(&shown, &shown.path, &[]).await.expect(422).has("关联已经变化");
    assert_eq!(office.bound("li").await, None, "this link was taken away on purpose");
    // as it was shown again: it is carried out
    office.bind("li", "lisi").await;
    office.bridge.delete("/api/v1/corps/acme-main/bindings/zhang").await.expect(204);
    let done = office.browser.submit(&shown, &shown.path, &[]).await;
    office.browser.follow(&done).await.expect(200).has("已关联 1 人");
    assert_eq!(office.bound("zhang").await.as_deref(), Some("ZhangSan"));
    office.close().await;
}

#[tokio::test]
async fn all_are_unbound_when_that_is_typed() {
    let office = Office::open().await;
    office.bind("zhang", "ZhangSan").await;
    office.bind("li", "lisi").await;
    let page = office.get(&format!("{CORP}/bindings/unbind-all")).await.expect(200);
    page.has("将解除全部 2 条关联").has("acme-main");
    office.browser.submit(&page, "/unbind-all", &[("confirm", "acme")]).await.expect(422).has("没有执行");
    assert!(office.bound("li").await.is_some());
    let done = office.browser.submit(&page, "/unbind-all", &[("confirm", "acme-main")]).await;
    office.browser.follow(&done).await.expect(200).has("已解除 2 条关联");
    assert_eq!((office.bound("zhang").await, office.bound("li").await), (None, None));
    office.close().await;
}

#[tokio::test]
async fn crossed_links_are_swapped_in_one_step() {
    let office = Office::open().await;
    office.bind("zhang", "lisi").await;
    office.bind("li", "ZhangSan").await;
    // what is noted of a member goes with it
    let noted = json!({ "employee": "li", "userid": "ZhangSan", "origin": "rule", "bound_at_ms": 1,
        "pushed": { "mobile": { "value": "139" } }, "removal": { "cause": "departed", "disabled_at_ms": 5 } });
    let noted: MemberBinding = serde_json::from_value(noted).unwrap();
    let key = CorpKey::from("acme-main");
    office.bridge.app.store.write(move |tx| store::bindings::put_member(tx, &key, &noted)).await.unwrap();
    let swap = format!("{CORP}/bindings/swap");
    office.get(&swap).await.expect(200).has("选择两个人");
    for (query, told) in [
        ("first=zhang&second=zhang", "请选择两个不同的人"),
        ("first=wang&second=script", "两个人都没有关联"),
        ("first=zhang&second=nobody", "找不到人员"),
    ] {
        let page = office.get(&format!("{swap}?{query}")).await.expect(422);
        page.has(told);
    }
    let page = office.get(&format!("{swap}?first=张三&second=lisi")).await.expect(200);
    page.has("互换后").has("张三");
    office.browser.submit(&page, "/swap/confirm", &[("seen", "other|thing")]).await.expect(422).has("刚刚发生了变化");
    assert_eq!(office.bound("zhang").await.as_deref(), Some("lisi"));
    let done = office.browser.submit(&page, "/swap/confirm", &[]).await;
    office.browser.follow(&done).await.expect(200).has("已互换 张三 和 李四");
    assert_eq!(office.bound("zhang").await.as_deref(), Some("ZhangSan"));
    assert_eq!(office.bound("li").await.as_deref(), Some("lisi"));
    let zhang = office.bridge.get("/api/v1/corps/acme-main/bindings/zhang").await.expect(200);
    assert_eq!((&zhang["pushed"]["mobile"]["value"], &zhang["removal"]["disabled_at_ms"]), (&json!("139"), &json!(5)));
    assert_eq!(zhang["origin"], "manual");
    // sent twice, it does not swap back
    office.browser.submit(&page, "/swap/confirm", &[]).await.expect(422);
    assert_eq!(office.bound("li").await.as_deref(), Some("lisi"));

    // where only one has a member, the other one gets it
    let api = "/api/v1/corps/acme-main/swap-bindings";
    let moved = office.bridge.post(api, &json!({ "first": "li", "second": "wang" })).await.expect(200);
    assert_eq!(moved["bindings"][0]["employee"], "wang", "{moved}");
    assert_eq!((office.bound("li").await, office.bound("wang").await.as_deref()), (None, Some("lisi")));
    for body in [json!({ "first": "li", "second": "li" }), json!({ "first": "li", "second": "script" })] {
        office.bridge.post(api, &body).await.expect_problem(409, "binding.refused");
    }
    let gone = json!({ "first": "wang", "second": "nobody" });
    office.bridge.post(api, &gone).await.expect_problem(409, "binding.refused");
    assert_eq!(office.bound("wang").await.as_deref(), Some("lisi"), "nothing was changed");
    let audit = office.bridge.get("/api/v1/audit?limit=1000").await.expect(200);
    let swaps = audit["items"].as_array().unwrap().iter().filter(|row| row["action"] == "binding.swap").count();
    assert_eq!(swaps, 2, "{audit}");
    office.close().await;
}

#[tokio::test]
async fn auditors_see_links_and_change_none() {
    let office = Office::open().await;
    office.bind("zhang", "ZhangSan").await;
    let auditor = Browser::sign_in(&office.bridge, Role::Auditor).await;
    for path in ["", "/resolve", "/employees", "/members", "/file"] {
        let page = auditor.get(&format!("{CORP}/bindings{path}")).await.expect(200);
        assert!(!page.has_form("/bindings/bind") && !page.has_form("/bindings/file"), "{path}");
    }
    for path in ["/new?employee=zhang", "/swap", "/unbind-all"] {
        auditor.get(&format!("{CORP}/bindings{path}")).await.expect(403);
    }
    auditor.post(&format!("{CORP}/bindings/unbind"), &[("employee", "zhang")]).await.expect(403);
    auditor.post(&format!("{CORP}/bindings/unbind-all"), &[("confirm", "acme-main")]).await.expect(403);
    assert!(office.bound("zhang").await.is_some());
    let english = Browser::sign_in(&office.bridge, Role::Operator).await.in_english().await;
    english.get(&format!("{CORP}/bindings")).await.expect(200).has("Bound").has("By hand");
    office.close().await;
}
