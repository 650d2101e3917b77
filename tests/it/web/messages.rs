//! The push log, one message, sending by hand, queues: by clicks alone.

use super::browser::Browser;
use super::office::{Office, TENANT};
use wecom_bridge::model::Role;

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
    let detail = office.act(&new, &with("send")).await;
    detail.has("消息已受理").has("&#60;b&#62;停电通知&#60;/b&#62;").lacks("<b>停电").has("今晚检修");

    let shown = loop {
        let shown = office.get(&detail.path).await.expect(200);
        if shown.text.contains("没有规则匹配") {
            break shown;
        }
        tokio::task::yield_now().await;
    };
    shown.has("失败 1").has("未关联 1").has("张三").has("已找到接收人").has("撤回").has("重发未送达的");
    let again = office.act(&format!("{}/redrive", detail.path), &[]).await;
    again.has("已重新排队 0，仍不能发送 2");
    office.act(&format!("{}/recall", detail.path), &[]).await.has("已取消 0，已撤回 0");

    for (query, there) in [
        ("", true),
        ("?who=zhang", true),
        ("?who=zhangsan", true),
        ("?who=li", false),
        ("?state=dead", true),
        ("?state=sent", false),
        ("?source=manual", true),
        ("?source=other", false),
        ("?from=2099-01-01", false),
    ] {
        let page = office.get(&format!("{log}{query}")).await.expect(200);
        assert_eq!(page.text.contains("停电通知"), there, "{query}");
    }
    office.get(&format!("{log}?who=stranger")).await.expect(200).has("找不到这个人员或成员");
    office.get(&format!("{log}.csv?state=dead")).await.expect(200).has("停电通知").has("消息编号");
    assert_eq!(office.get(&format!("{log}.xlsx")).await.status, 200);
    office.get(&format!("{log}/none")).await.expect(404);
    office.get("/tenants/none/messages").await.expect(404);
    let chosen = office.get("/?lang=en").await;
    office.browser.follow(&chosen).await.expect(200);
    office.get(&detail.path).await.expect(200).has("Recipients found").has("not linked 1");
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
