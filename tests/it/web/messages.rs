//! The push log, one message, sending by hand, queues: by clicks alone.

use super::browser::Browser;
use super::office::{Office, TENANT};
use crate::support::until;
use serde_json::json;
use std::time::Duration;
use wecom_bridge::model::{MessageId, Role};

#[tokio::test]
async fn a_message_sent_by_hand_is_previewed_sent_and_followed() {
    let office = Office::open().await;
    office.bridge.app.messages.start();
    let log = format!("{TENANT}/messages");
    office.get(&log).await.expect(200).has("还没有消息").has("发送消息");
    let new = format!("{log}/new");
    office.get(&new).await.expect(200).has("全部在职人员").has("value=\"manual\"");
    let fields = [
        ("source", "manual"),
        ("title", "<b>停电通知</b>"),
        ("body", "今晚检修\n请保存"),
        ("employees", "zhang, nobody"),
        ("units", ""),
        ("url", ""),
        ("picture", ""),
        ("priority", "normal"),
    ];
    let with = |act: &'static str| fields.iter().copied().chain([("act", act)]).collect::<Vec<_>>();
    let preview = office.browser.post(&new, &with("preview")).await.expect(200);
    preview.has("没有规则匹配").has("通讯录里没有这个人员");
    let mut bad = with("send");
    bad[1].1 = "";
    bad[5].1 = "ftp://a";
    office.browser.post(&new, &bad).await.expect(422).has("e-title").has("e-url");
    // those who have one name are told apart, and whom nobody has is told with them
    let twins = json!({ "employees": [
        { "id": "t1", "name": "同名", "unit_id": "3", "position": "会计" }, { "id": "t2", "name": "同名", "unit_id": "2" },
    ] });
    office.bridge.post("/api/v1/tenants/acme/employees", &twins).await.expect(200);
    let mut several = with("preview");
    several[3].1 = "zhang, 同名, 某某";
    let told = office.browser.post(&new, &several).await.expect(422);
    told.has("t1（总部 / 销售部，会计）、t2（总部 / 研发部）").has("没有").has("“某某”");
    let detail = office.act(&new, &with("send")).await;
    detail.has("消息已受理").has("&#60;b&#62;停电通知&#60;/b&#62;").lacks("<b>停电").has("今晚检修");

    let shown = loop {
        let shown = office.get(&detail.path).await.expect(200);
        // the counts are read first, the recipients behind them
        if shown.text.contains("失败 1") {
            break shown;
        }
        tokio::task::yield_now().await;
    };
    shown
        .has("失败 1")
        .has("查无此人 1")
        .has("导入后可在这里重发")
        .has("张三")
        .has("已找到接收人")
        .has("撤回")
        .has("重发未送达的");
    let failed = office.get(&format!("{}?state=failed", detail.path)).await.expect(200);
    failed.has("<option value=\"failed\" selected>").has("messages.csv?state=failed&#38;message=");
    assert_eq!(failed.text.matches("<th scope=\"row\" data-label=\"接收人\"").count(), 1, "{}", failed.text);
    office.get(&format!("{}?after=nonsense", detail.path)).await.expect(400);
    let again = office.act(&format!("{}/redrive", detail.path), &[]).await;
    again.has("已重新排队 0，仍不能发送 2");
    let recall = format!("{}/recall", detail.path);
    let sure = office.browser.post(&recall, &[]).await.expect(200);
    sure.has("没有接收人可以撤回；撤回后，没有确认送达的 2 个不再重发")
        .has("查无此人 1 · 失败 1")
        .has("data-confirm-text=\"2\"");
    office.browser.post(&recall, &[("confirm", "3")]).await.expect(422).has("没有接收人可以撤回");
    office.get(&detail.path).await.expect(200).has("重发未送达的");
    let recalled = office.act(&recall, &[("confirm", "2")]).await;
    recalled.has("已取消 0，已撤回 0").lacks("/recall\"").lacks("重发未送达的").has("发送结束");
    let audit = office.bridge.get("/api/v1/audit?action=message.send").await.expect(200);
    let told = &audit["items"][0]["after"];
    assert_eq!((&told["recipients"], &told["everyone"]), (&json!(2), &json!(false)), "{audit}");

    for (query, there) in [
        ("", true),
        ("?who=zhang", true),
        ("?who=zhangsan", true),
        ("?who=li", false),
        ("?who=%E5%BC%A0%E4%B8%89", true),
        ("?who=%E6%9D%8E%E5%9B%9B", false),
        ("?who=nobody", true),
        ("?title=%E5%81%9C%E7%94%B5", true),
        ("?title=%E5%81%9C%E6%B0%B4", false),
        ("?who=%E5%BC%A0%E4%B8%89&title=%E5%81%9C%E7%94%B5&state=failed", true),
        ("?state=unknown_recipient", true),
        ("?state=not_bound", false),
        ("?state=dead", true),
        ("?state=sent", false),
        ("?source=manual", true),
        ("?source=other", false),
        ("?from=2099-01-01", false),
    ] {
        let page = office.get(&format!("{log}{query}")).await.expect(200);
        assert_eq!(page.text.contains("停电通知"), there, "{query}");
    }
    let id = detail.path.rsplit('/').next().unwrap();
    office.get(&format!("{log}?message={id}")).await.expect(200).has("停电通知").has("name=\"message\"");
    office.get(&format!("{log}?message={}", &id[..8])).await.expect(200).lacks("停电通知");
    office.get(&detail.path).await.has(&format!("/messages?message={id}"));
    // whoever is not there cannot be reached: no button, and why
    let unknown = office.get(&format!("{log}?state=unknown_recipient")).await.expect(200);
    unknown.has("导入他们之后").lacks("重发筛选出的").has("nobody");
    let hired = json!({ "employees": [{ "id": "nobody", "name": "新人", "unit_id": "3" }] });
    office.bridge.post("/api/v1/tenants/acme/employees", &hired).await.expect(200);
    office.get(&format!("{log}?state=unknown_recipient")).await.expect(200).has("重发筛选出的").has("新人");
    office.bridge.delete("/api/v1/tenants/acme/employees/nobody").await;
    let found = format!("{TENANT}/redrives?state=dead&message={id}");
    office.get(&format!("{log}?state=dead&message={id}")).await.has("重发筛选出的未送达消息");
    // the second page's button means what is on the first as well, unless some were just sent again
    let page = office.bridge.get("/api/v1/tenants/acme/deliveries?state=dead&limit=1").await.expect(200);
    let next = page["next"].as_str().unwrap();
    let second = office.get(&format!("{log}?state=dead&after={next}")).await.expect(200);
    second.has("redrives?state=dead\"");
    let second = office.get(&format!("{log}?state=dead&after={next}&resent={next}")).await.expect(200);
    second.has(&format!("redrives?state=dead&#38;after={next}&#38;resent={next}\""));
    let sure = office.browser.post(&found, &[]).await.expect(200);
    sure.has("将重发筛选出的 2 个未送达").has("name=\"doubtful\"").has("name=\"asked_at\"");
    let before = office.browser.post(&found, &[("asked_at", "0"), ("confirm", "2")]).await;
    office.browser.follow(&before).await.expect(200).has("没有可以重发的");
    office.browser.post(&found, &[("confirm", "1")]).await.expect(422).lacks("value=\"1\" checked");
    let mistyped = office.browser.post(&found, &[("confirm", "1"), ("doubtful", "1")]).await.expect(422);
    mistyped.has("name=\"doubtful\" value=\"1\" checked");
    let done = office.browser.post(&found, &[("confirm", "2")]).await;
    office.browser.follow(&done).await.expect(200).has("已重新排队 0，仍不能发送 2");
    let done = office.browser.post(&format!("{TENANT}/redrives?state=dead&source=other"), &[]).await;
    office.browser.follow(&done).await.expect(200).has("没有可以重发的");
    let api = format!("/api/v1/tenants/acme/redrives?message={id}");
    let refused = office.bridge.post(&api, &json!({})).await;
    assert!(refused.expect_problem(400, "request.confirm").to_string().contains("must be 2"));
    assert_eq!(office.bridge.post(&api, &json!({ "confirm": 2 })).await.expect(200)["still_dead"], 2);
    office.get(&format!("{log}?who=stranger")).await.expect(200).has("找不到这个人员或成员");
    let narrowed = office.get(&format!("{log}?who=stranger&state=sent")).await.expect(200);
    narrowed.has("清除条件").lacks("找不到这个人员或成员");
    // a unit that comes later does not make the message reach anybody
    let to_unit = json!({ "tenant": "acme", "source": "oa", "title": "部门通知", "recipients": { "units": ["none"] } });
    let unit = office.bridge.post("/api/v1/messages", &to_unit).await.expect(202);
    let unit = MessageId::from(unit["id"].as_str().unwrap());
    let is_found =
        || office.bridge.app.store.read(|tx| wecom_bridge::store::messages::head(tx, &unit)).unwrap().is_some();
    until(Duration::from_secs(20), is_found).await;
    for path in [format!("{log}?state=dead&message={unit}"), format!("{log}/{unit}")] {
        office
            .get(&path)
            .await
            .expect(200)
            .has("部门导入后，请重新发送消息")
            .lacks("导入他们之后")
            .has(">没有这个部门</span>");
    }
    office.get(&format!("{log}.csv?state=dead")).await.expect(200).has("停电通知").has("消息编号");
    assert_eq!(office.get(&format!("{log}.xlsx")).await.status, 200);
    office.get(&format!("{log}/none")).await.expect(404);
    office.get("/tenants/none/messages").await.expect(404);
    let chosen = office.get("/?lang=en").await;
    office.browser.follow(&chosen).await.expect(200);
    office.get(&detail.path).await.expect(200).has("Recipients found").has("no such recipient 1");
    office.bridge.app.messages.shutdown().await;
    office.close().await;
}

#[tokio::test]
async fn queues_show_the_limits_and_retention_is_set_there() {
    let office = Office::open().await;
    let page = office.get("/messages/queues").await.expect(200);
    page.has("保留天数").has("value=\"90\"");
    office.browser.post("/messages/queues", &[("keep_days", "0")]).await.expect(422).has("e-keep_days");
    office.act("/messages/queues", &[("keep_days", "30")]).await.has("已保存").has("value=\"30\"");
    office.act("/messages/queues/resume", &[]).await.has("已重新尝试");
    let auditor = Browser::sign_in(&office.bridge, Role::Auditor).await;
    auditor.get("/messages/queues").await.expect(200).lacks("保留天数");
    auditor.get(&format!("{TENANT}/messages")).await.expect(200).lacks("/messages/new");
    auditor.get(&format!("{TENANT}/messages/new")).await.expect(403);
    office.close().await;
}

#[tokio::test]
async fn a_to_do_is_made_by_hand_and_closed_on_its_page() {
    let office = Office::open().await;
    let hook = json!({ "url": "http://127.0.0.1:9/", "events": [] });
    office.bridge.put("/api/v1/webhooks/oa", &hook).await.expect(201);
    office.bridge.app.messages.start();
    let new = format!("{TENANT}/messages/new");
    office.get(&new).await.expect(200).has("待办与审批").has("<option value=\"oa\"").has("按钮 6 的标识");
    let fields = |todo: &'static str, first: &'static str| {
        vec![
            ("source", "manual"),
            ("title", "用印申请"),
            ("employees", "zhang"),
            ("priority", "normal"),
            ("todo", todo),
            ("button_text", first),
            ("button_key", "ok"),
            ("button_style", "1"),
            ("button_text", "驳回"),
            ("button_key", "no"),
            ("button_style", "4"),
            ("button_text", ""),
            ("button_key", ""),
            ("button_style", "1"),
            ("webhook", "oa"),
            ("act", "send"),
        ]
    };
    office.browser.post(&new, &fields("", "同意")).await.expect(422).has("id=\"e-todo\"").has("value=\"同意\"");
    let long = office.browser.post(&new, &fields("pending", "同意这件事")).await.expect(422);
    long.has("id=\"e-button_text_1\"")
        .has("应为 1 至 4 个字，现在 5 个")
        .has("没有发送")
        .lacks("未保存")
        .lacks("e-button_text_2")
        .lacks("e-button_key");
    let detail = office.act(&new, &fields("pending", "同意")).await;
    detail
        .has("待办与审批")
        .has("待处理")
        .has("<code>ok</code>")
        .has("还没有人按过按钮")
        .has("/webhooks/oa")
        .has("卡片还没有更新过");

    let todo = format!("{}/todo", detail.path);
    office.act(&todo, &[("state", "done"), ("text", &"太".repeat(21))]).await.has("最多 20 个字").has("待处理");
    office.act(&todo, &[("state", "returned"), ("text", "")]).await.has("待办状态已更新").has("已退回");
    let page = office.act(&todo, &[("state", "done"), ("text", "财务 <b>已办</b>")]).await;
    page.has("财务 &#60;b&#62;已办&#60;/b&#62;").lacks("<b>已办").has("状态变化").lacks("account:");
    office.browser.post(&format!("{TENANT}/messages/none/todo"), &[("state", "done")]).await.expect(404);
    let auditor = Browser::sign_in(&office.bridge, Role::Auditor).await;
    auditor.get(&detail.path).await.expect(200).has("待办与审批").lacks("更新待办状态");
    auditor.post(&todo, &[("state", "done")]).await.expect(403);
    let chosen = office.get("/?lang=en").await;
    office.browser.follow(&chosen).await.expect(200);
    office.get(&detail.path).await.expect(200).has("To-do and approval").has("Nobody has pressed a button yet");
    office.bridge.app.messages.shutdown().await;
    office.close().await;
}

/// A double click, or a page that is sent again from the history.
#[tokio::test]
async fn one_form_sends_one_message_however_often_it_comes() {
    let office = Office::open().await;
    let new = format!("{TENANT}/messages/new");
    let form = office.get(&new).await.expect(200);
    let fields = [("title", "开会"), ("employees", "zhang"), ("act", "send")];
    let first = office.browser.submit(&form, "/messages/new", &fields).await.location();
    let again = office.browser.submit(&form, "/messages/new", &fields).await;
    assert_eq!(again.location(), first);
    office.browser.follow(&again).await.expect(200).has("没有再发一次");
    let other = [("title", "散会"), ("employees", "zhang"), ("act", "send")];
    assert_ne!(office.browser.submit(&form, "/messages/new", &other).await.location(), first, "another text");
    let form = office.get(&new).await.expect(200);
    assert_ne!(office.browser.submit(&form, "/messages/new", &fields).await.location(), first, "another form");
    office.close().await;
}

#[tokio::test]
async fn people_are_named_as_they_are_called_and_everybody_is_previewed() {
    let office = Office::open().await;
    let twin = json!({ "employees": [{ "id": "li2", "name": "李四", "account": "lisi2", "unit_id": "2" }] });
    office.bridge.post("/api/v1/tenants/acme/employees", &twin).await.expect(200);
    let new = format!("{TENANT}/messages/new");
    office.get(&new).await.expect(200);
    let fields = |employees: &'static str, units: &'static str, more: &[(&'static str, &'static str)]| {
        let mut all = vec![("source", "manual"), ("title", "停电通知"), ("employees", employees), ("units", units)];
        all.extend(more);
        all
    };
    let preview = |employees, units| fields(employees, units, &[("act", "preview")]);
    let page = office.browser.post(&new, &preview("张三、wangwu nobody", "研发部")).await.expect(200);
    page.has("张三、wangwu nobody</textarea>").has("研发部</textarea>").has("通讯录里没有这个人员");
    page.has("张三 <span class=\"mono\">zhang</span>").has("研发部 <span class=\"mono\">2</span>");
    page.has("<span class=\"badge\">nobody</span>");
    let page = office.browser.post(&new, &preview("李四", "")).await.expect(422);
    page.has("e-employees").has("li（总部 / 销售部）、li2（总部 / 研发部）");
    let twins = json!({ "units": [
        { "id": "f1", "parent_id": "2", "name": "财务组" },
        { "id": "f2", "parent_id": "3", "name": "财务组" },
    ] });
    office.bridge.post("/api/v1/tenants/acme/units", &twins).await.expect(200);
    let page = office.browser.post(&new, &preview("", "财务组")).await.expect(422);
    page.has("f1（总部 / 研发部 下）").has("f2（总部 / 销售部 下）");

    // as WeCom shows it, with those whom it would miss
    let app = json!({ "name": "办公", "agentid": 1_000_001 });
    office.bridge.put("/api/v1/corps/acme-main/apps/oa", &app).await.expect(201);
    let body = "{{ title }}";
    let target =
        json!({ "corp": "acme-main", "app": "oa", "kind": "textcard", "url": "https://oa.example.com/", "body": body });
    let rule = json!({ "name": "通知", "targets": [target], "digest": { "window_s": 60 } });
    office.bridge.post("/api/v1/tenants/acme/rules", &rule).await.expect(201);
    let page = office.browser.post(&new, &preview("张三", "")).await.expect(200);
    page.has("class=\"wecom textcard\"").has("停电通知</strong>").has("阿克米企业 / 办公：0 个成员");
    page.has("1 人收不到").has("/employees/zhang\">张三</a>").lacks("没有用到消息的");
    let page =
        office.browser.post(&new, &fields("张三", "", &[("body", "今晚检修"), ("act", "preview")])).await.expect(200);
    page.has("没有用到消息的正文：成员看不到").has("规则：通知").has("有 60 秒的合并窗口");
    let urgent = fields("张三", "", &[("priority", "high"), ("act", "preview")]);
    office.browser.post(&new, &urgent).await.expect(200).has("规则：通知").lacks("合并窗口");
    let asks = [("todo", "pending"), ("button_text", "同意"), ("act", "preview")];
    let page = office.browser.post(&new, &fields("张三", "", &asks)).await.expect(200);
    page.has("没有用到消息的操作按钮：成员看不到");

    let form = office.get(&new).await.expect(200);
    let everybody = [("title", "停电通知"), ("everyone", "1"), ("act", "send")];
    let page = office.browser.submit(&form, "/messages/new", &everybody).await.expect(200);
    page.has("这条消息将发给全部在职人员").has("name=\"seen\"");
    // what Enter presses is the first button: it looks again
    let first = page.text.split("id=\"message\"").nth(1).and_then(|form| form.split("<button").nth(1)).unwrap();
    assert!(first.starts_with(" class=\"sr\" name=\"act\" value=\"preview\""), "{}", page.text);
    assert_eq!(page.text.matches("value=\"send\"").count(), 1, "one button sends");
    // what was looked at is another message
    let page =
        office.browser.submit(&page, "/messages/new", &[("title", "停水通知"), ("act", "send")]).await.expect(200);
    page.has("这条消息将发给全部在职人员").has("停水通知</strong>");
    let unseen = [("everyone", "1"), ("seen", "1"), ("act", "send")];
    office.browser.post(&new, &fields("", "", &unseen)).await.expect(200);
    office.get(&format!("{TENANT}/messages")).await.expect(200).has("还没有消息");
    let sent = office.browser.submit(&page, "/messages/new", &[("act", "send")]).await;
    office.browser.follow(&sent).await.expect(200).has("消息已受理").has("由 ").lacks("account:");
    let page = office.browser.post(&new, &fields("", "", &[("act", "send")])).await.expect(422);
    page.has("请填写接收人").lacks("must name");
    office.close().await;
}

/// All recipients of a large message can be reached.
#[tokio::test]
async fn the_recipients_of_a_large_message_have_pages() {
    let office = Office::open().await;
    office.bridge.app.messages.start();
    let everybody: Vec<String> = (0..120).map(|at| format!("nobody{at:03}")).collect();
    let recipients = json!({ "employees": everybody });
    let message = json!({ "tenant": "acme", "source": "oa", "title": "T", "recipients": recipients });
    let answer = office.bridge.post("/api/v1/messages", &message).await.expect(202);
    let id = MessageId::from(answer["id"].as_str().unwrap());
    let path = format!("{TENANT}/messages/{id}");
    let store = &office.bridge.app.store;
    let is_found = || {
        let head = store.read(|tx| wecom_bridge::store::messages::head(tx, &id)).unwrap();
        head.is_some_and(|head| head.tally.total() == 120)
    };
    until(Duration::from_secs(20), is_found).await;
    let (mut page, mut seen) = (office.get(&path).await.expect(200), Vec::new());
    for _ in 0..4 {
        let rows = page.text.split("<span class=\"mono\">nobody").skip(1);
        seen.extend(rows.map(|rest| rest.split('<').next().unwrap().parse::<usize>().unwrap()));
        let Some(next) = page.text.split("rel=\"next\" href=\"").nth(1) else { break };
        page = office.get(&super::browser::unescape(next.split(['"', '#']).next().unwrap())).await.expect(200);
    }
    assert_eq!(seen, (0..120).collect::<Vec<_>>(), "each once, in their order");
    page.has("第一页").lacks("rel=\"next\"");
    office.close().await;
}
