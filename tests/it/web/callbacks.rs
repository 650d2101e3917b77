//! Callbacks by the pages alone: addresses with their failures, the inbox, auto replies, webhooks.

use super::browser::Browser;
use crate::api::bridge::Bridge;
use crate::callbacks::endpoint::Endpoint;
use crate::callbacks::{AES_KEY, APP, TOKEN, crypto, deliver, set_up, text_message};
use serde_json::json;
use wecom_bridge::clock::Clock;
use wecom_bridge::model::{Member, Role};
use wecom_bridge::store;
use wecom_bridge::wecom::crypto::CallbackCrypto;

const CORP: &str = "/corps/acme-main";

async fn scene(role: Role) -> (Bridge, Browser) {
    let bridge = Bridge::start_with("", Clock::system()).await;
    set_up(&bridge, "acme-main", "ww1", TOKEN, AES_KEY).await;
    bridge.app.callbacks.start();
    bridge.app.webhooks.start();
    let browser = Browser::sign_in(&bridge, role).await;
    (bridge, browser)
}

async fn close(bridge: Bridge) {
    bridge.app.callbacks.shutdown().await;
    bridge.app.webhooks.shutdown().await;
    bridge.stop().await;
}

#[tokio::test]
async fn an_administrator_finds_out_why_nothing_arrives() {
    let (bridge, browser) = scene(Role::Operator).await;
    let page = browser.get(&format!("{CORP}/callbacks")).await.expect(200);
    page.has("尚未收到").has("/cb/acme-main/oa").has("通讯录变更");
    let wrong = CallbackCrypto::new("another", AES_KEY, "ww1").unwrap();
    deliver(&bridge, APP, &wrong, &text_message(1, "zhangsan", "x")).await.expect_problem(403, "callback.refused");
    let page = browser.get(&format!("{CORP}/callbacks")).await.expect(200);
    page.has("被拒收").has("Token 不一致").has("重新复制 Token");
    deliver(&bridge, APP, &crypto("ww1"), &text_message(1, "zhangsan", "x")).await;
    let page = browser.get(&format!("{CORP}/callbacks")).await.expect(200);
    page.lacks("被拒收").has("正常");
    browser.in_english().await.get(&format!("{CORP}/callbacks")).await.expect(200).has("The Token differs");
    close(bridge).await;
}

#[tokio::test]
async fn the_inbox_is_filtered_looked_into_and_replayed() {
    let (bridge, browser) = scene(Role::Operator).await;
    let list = format!("{CORP}/inbox");
    browser.get(&list).await.expect(200).has("还没有收到回调");
    deliver(&bridge, APP, &crypto("ww1"), &text_message(1, "zhangsan", "<b>你好</b>")).await;
    bridge.app.callbacks.idle().await.unwrap();
    let page = browser.get(&list).await.expect(200);
    page.has("文字消息").has("zhangsan").has("完成");
    browser.get(&format!("{list}?kind=event.")).await.expect(200).has("没有符合条件");
    let path = page.text.split("href=\"").find(|part| part.starts_with("/corps/acme-main/inbox/")).unwrap();
    // whom WeCom names by an id alone is named by the mirror
    let member = json!({ "userid": "zhangsan", "memberships": [{ "department": 1 }], "fields": { "name": "张三" }, "has_details": true });
    let member: Vec<Member> = serde_json::from_value(json!([member])).unwrap();
    let put = move |tx: &store::WriteTx| store::mirror::put_members(tx, &"acme-main".into(), &member);
    bridge.app.store.write(put).await.unwrap();
    browser.get(&list).await.expect(200).has("/corps/acme-main/members/zhangsan\">张三</a>");
    for (typed, there) in
        [("%E5%BC%A0%E4%B8%89", true), ("ZhangSan", true), ("%E6%9D%8E%E5%9B%9B", false), ("%E5%BC%A0", false)]
    {
        let page = browser.get(&format!("{list}?sender={typed}")).await.expect(200);
        assert_eq!(page.text.contains("文字消息<span"), there, "sender {typed}");
    }
    // of a name that too many have, not all are looked for: it is said, and nothing is done with half of them
    let members: Vec<_> = (0..101)
        .map(|n| json!({ "userid": format!("n{n}"), "memberships": [{ "department": 1 }], "fields": { "name": "同名" }, "has_details": true }))
        .collect();
    let members: Vec<Member> = serde_json::from_value(json!(members)).unwrap();
    let put = move |tx: &store::WriteTx| store::mirror::put_members(tx, &"acme-main".into(), &members);
    bridge.app.store.write(put).await.unwrap();
    let many = browser.get(&format!("{list}?sender=%E5%90%8C%E5%90%8D")).await.expect(200);
    many.has("叫这个名字的成员超过 100 个").lacks("重新处理筛选出的回调");
    let refused = browser.post(&format!("{list}-replays"), &[("sender", "同名")]).await.expect(303);
    browser.follow(&refused).await.expect(200).has("请改填账号");
    browser.get(&format!("{list}.csv?sender=%E5%90%8C%E5%90%8D")).await.expect(422);
    let path = path.split('"').next().unwrap().to_owned();
    let detail = browser.get(&path).await.expect(200);
    detail.has("&#60;b&#62;你好&#60;/b&#62;").lacks("<b>你好").has("收件箱");
    let done = browser.submit(&detail, &format!("{path}/replay"), &[]).await;
    browser.follow(&done).await.expect(200).has("将重新处理");
    bridge.app.callbacks.idle().await.unwrap();
    browser.get(&path).await.expect(200).has("重新处理 1 次");
    let replays = format!("{list}-replays");
    let sure = browser.post(&replays, &[("kind", "message.")]).await.expect(200);
    sure.has("将重新处理 1 条回调").has("name=\"kind\" value=\"message.\"").has("/inbox?kind=message.\">取消</a>");
    // what comes after the question is not meant, and the number stays
    deliver(&bridge, APP, &crypto("ww1"), &text_message(2, "lisi", "later")).await;
    bridge.app.callbacks.idle().await.unwrap();
    browser.submit(&sure, &replays, &[("kind", "message."), ("confirm", "x")]).await.expect(422);
    browser.get(&path).await.expect(200).has("重新处理 1 次");
    let done = browser.submit(&sure, &replays, &[("kind", "message."), ("confirm", "1")]).await;
    assert_eq!(done.location(), format!("{list}?kind=message."));
    browser.follow(&done).await.expect(200).has("1 条回调将重新处理");
    bridge.app.callbacks.idle().await.unwrap();
    browser.get(&path).await.expect(200).has("重新处理 2 次");
    let auditor = Browser::sign_in(&bridge, Role::Auditor).await;
    auditor.get(&path).await.expect(200).lacks("重新处理</button>");
    let file = browser.get(&format!("{list}.csv?kind=message.")).await.expect(200);
    file.has("zhangsan").has("文字消息");
    assert_eq!(browser.get(&format!("{list}.csv?kind=event.")).await.expect(200).text.lines().count(), 1);
    // how long callbacks are kept is set by an administrator, on the same page
    browser.get(&list).await.expect(200).has("保留 30 天").lacks("name=\"kept_days\"");
    let admin = Browser::sign_in(&bridge, Role::Administrator).await;
    for (days, told) in [("0", "请填写 1 到 365"), ("x", "请填写 1 到 365"), ("90", "已保存")] {
        let done = admin.post(&format!("{CORP}/inbox-settings"), &[("kept_days", days)]).await;
        admin.follow(&done).await.expect(200).has(told);
    }
    admin.get(&list).await.expect(200).has("value=\"90\"");
    assert_eq!(bridge.get("/api/v1/inbox-settings").await.expect(200)["kept_days"], 90);
    browser.post(&format!("{CORP}/inbox-settings"), &[("kept_days", "1")]).await.expect(403);
    close(bridge).await;
}

#[tokio::test]
async fn auto_replies_are_made_tried_and_removed() {
    let (bridge, browser) = scene(Role::Operator).await;
    let list = format!("{CORP}/replies");
    browser.get(&list).await.expect(200).has("还没有自动回复规则");
    let new = format!("{CORP}/apps/oa/replies/new");
    let page = browser.get(&new).await.expect(200);
    let bad =
        [("name", ""), ("on", "text:contains"), ("keyword", ""), ("kind", "text"), ("text", ""), ("priority", "0")];
    let again = browser.submit(&page, &new, &bad).await;
    again.expect(422).has("请输入 1 到 64 个字").has("请输入 1 到 50 个字").has("请输入 1 到 100 的整数");
    // rows stay where they are, and a fault stands at its row
    let news = [
        ("name", "新闻"),
        ("on", "text:equals"),
        ("keyword", "新闻"),
        ("kind", "news"),
        ("priority", "10"),
        ("title", ""),
        ("title", "第二行"),
        ("title", ""),
        ("description", ""),
        ("description", ""),
        ("description", "只有摘要"),
        ("url", ""),
        ("url", "ftp://x"),
        ("url", ""),
        ("picture", ""),
        ("picture", ""),
        ("picture", ""),
    ];
    let again = browser.submit(&page, &new, &news).await.expect(422);
    let row = |n: usize| {
        let after = again.text.split(&format!("第 {n} 篇")).nth(1).unwrap_or_else(|| panic!("{}", again.text));
        after.split("</fieldset>").next().unwrap().to_owned()
    };
    assert!(row(2).contains("第二行") && row(2).contains("http:// 或 https:// 开头"), "{}", row(2));
    assert!(row(3).contains("只有摘要") && row(3).contains("标题为 1 到 128 字节"), "{}", row(3));
    assert!(!row(1).contains("http:// 或 https:// 开头") && !row(1).contains("标题为 1 到"), "{}", row(1));
    let page = browser.get(&new).await.expect(200);
    let good = [
        ("name", "请假"),
        ("on", "text:contains"),
        ("keyword", "请假"),
        ("kind", "text"),
        ("text", "第一行\n<a href=\"https://oa.example.com/\">请假单</a>"),
        ("priority", "10"),
        ("enabled", "1"),
    ];
    let done = browser.submit(&page, &new, &good).await;
    let page = browser.follow(&done).await.expect(200);
    page.has("规则已保存")
        .has("文字包含“请假”")
        .has("<div>第一行</div>")
        .has("title=\"https://oa.example.com/\">请假单</span>");
    let tried = browser.get(&format!("{list}?app=oa&try=我要请假")).await.expect(200);
    tried.has("由规则“请假”回复");
    browser.get(&format!("{list}?app=oa&try=x")).await.expect(200).has("没有规则回复");
    let answer = deliver(&bridge, APP, &crypto("ww1"), &text_message(1, "zhangsan", "请假")).await;
    assert!(answer.text.starts_with("<xml><Encrypt>"), "{}", answer.text);
    let id = page.text.split("name=\"rules\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let act = format!("{CORP}/apps/oa/replies");
    let done = browser.submit(&page, &act, &[("rules", &id), ("act", "disable")]).await;
    browser.follow(&done).await.expect(200).has("已处理 1 条规则").has("停用");
    browser.get(&list).await.expect(200);
    let remove = format!("{act}/remove");
    let done = browser.post(&remove, &[]).await;
    browser.follow(&done).await.expect(200).has("请先选择规则");
    let sure = browser.post(&remove, &[("rules", &id)]).await.expect(200);
    sure.has("将删除这 1 条规则").has("请假");
    browser.submit(&sure, &remove, &[("rules", &id), ("confirm", "x")]).await.expect(422);
    let done = browser.submit(&sure, &remove, &[("rules", &id), ("confirm", "oa")]).await;
    browser.follow(&done).await.expect(200).has("还没有自动回复规则");
    close(bridge).await;
}

#[tokio::test]
async fn a_picture_is_added_chosen_and_removed() {
    let (bridge, browser) = scene(Role::Operator).await;
    let list = format!("{CORP}/apps/oa/pictures");
    browser.get(&list).await.expect(200).has("还没有图片");
    browser.upload(&list, &[], "a.gif", b"GIF89a, not taken".to_vec()).await.expect(422).has("只能上传 PNG 或 JPG");
    let done = browser.upload(&list, &[], "食堂.png", b"\x89PNG\r\n\x1a\nrest".to_vec()).await;
    let page = browser.follow(&done).await.expect(200);
    page.has("食堂.png").has("没有规则使用");
    let shown =
        page.text.split("src=\"").find(|part| part.starts_with(&list)).unwrap().split('"').next().unwrap().to_owned();
    let picture = shown.rsplit('/').next().unwrap().to_owned();
    assert_eq!(browser.get(&shown).await.expect(200).headers["content-type"], "image/png");
    let new = format!("{CORP}/apps/oa/replies/new");
    let form = browser.get(&new).await.expect(200);
    form.has("食堂.png");
    let fields = [("name", "菜单"), ("on", "text:all"), ("kind", "image"), ("priority", "10"), ("enabled", "1")];
    browser.submit(&form, &new, &fields).await.expect(422).has("请选择一张图片");
    let fields = [&fields[..], &[("picture_id", picture.as_str())]].concat();
    let done = browser.submit(&form, &new, &fields).await;
    browser.follow(&done).await.expect(200).has("食堂.png");
    let page = browser.get(&list).await.expect(200);
    page.has("用于：菜单").lacks("/remove\"");
    let done = browser.post(&format!("{list}/{picture}/remove"), &[]).await;
    browser.follow(&done).await.expect(200).has("还有规则在使用");
    let auditor = Browser::sign_in(&bridge, Role::Auditor).await;
    auditor.get(&list).await.expect(200).has("食堂.png").lacks("type=\"file\"");
    let done = browser.upload(&list, &[], "旧 图.png", b"\x89PNG\r\n\x1a\nold".to_vec()).await;
    let page = browser.follow(&done).await.expect(200);
    let remove = page.text.split("action=\"").find(|part| part.contains("/remove\"")).unwrap();
    let remove = remove.split('"').next().unwrap().to_owned();
    let sure = browser.post(&remove, &[]).await.expect(200);
    sure.has("将删除图片 旧 图.png");
    browser.submit(&sure, &remove, &[("confirm", "食堂.png")]).await.expect(422);
    // blanks do not count: nobody sees how many there are
    let done = browser.submit(&sure, &remove, &[("confirm", "旧图.png")]).await;
    browser.follow(&done).await.expect(200).lacks("旧 图.png").has("图片已删除");
    close(bridge).await;
}

/// Whichever page of the list a picture stands on, its removal is asked for.
#[tokio::test]
async fn pictures_beyond_the_first_page_are_not_removed_unasked() {
    let (bridge, browser) = scene(Role::Operator).await;
    let list = format!("{CORP}/apps/oa/pictures");
    browser.get(&list).await.expect(200);
    for at in 0..52 {
        let content = [b"\x89PNG\r\n\x1a\n".as_slice(), format!("picture {at}").as_bytes()].concat();
        assert_eq!(browser.upload(&list, &[], &format!("picture{at}.png"), content).await.status, 303);
    }
    let page = browser.get(&format!("{list}?page=2")).await.expect(200);
    page.has("共 52 条").has("picture51.png").lacks("picture0.png");
    let removes = page.text.split("action=\"").filter(|part| part.contains("/remove\""));
    let remove = removes.last().unwrap().split('"').next().unwrap().to_owned();
    browser.post(&remove, &[]).await.expect(200).has("将删除图片 picture51.png");
    browser.get(&format!("{list}?q=picture51")).await.expect(200).has("picture51.png");
    let newest = browser.get(&format!("{list}?sort=added&dir=desc")).await.expect(200);
    newest.has("value=\"desc\" checked").has("rel=\"next\"");
    close(bridge).await;
}

#[tokio::test]
async fn a_webhook_is_made_tested_and_removed() {
    let (bridge, browser) = scene(Role::Operator).await;
    let endpoint = Endpoint::start().await;
    browser.get("/webhooks").await.expect(200).has("还没有 Webhook");
    let page = browser.get("/webhooks-new").await.expect(200);
    let bad = [("name", "OA"), ("url", "ftp://x"), ("events", "A"), ("timeout_ms", "1")];
    browser.submit(&page, "/webhooks-new", &bad).await.expect(422).has("请输入 500 到 30000").has("1 到 40 位小写字母");
    let strange = [("name", "oa"), ("url", endpoint.url.as_str()), ("corps", "acme-mian"), ("timeout_ms", "5000")];
    browser.submit(&page, "/webhooks-new", &strange).await.expect(422).has("没有这个企业").has("acme-mian");
    let good = [
        ("name", "oa"),
        ("url", endpoint.url.as_str()),
        ("events", "message.* event.click"),
        ("timeout_ms", "5000"),
        ("enabled", "1"),
    ];
    let made = browser.submit(&page, "/webhooks-new", &good).await.expect(200);
    made.has("whsec_").has("只显示这一次");
    let view = browser.get("/webhooks/oa").await.expect(200);
    view.has("message.*").lacks("whsec_");
    let done = browser.submit(&view, "/webhooks/oa/test", &[]).await;
    browser.follow(&done).await.expect(200).has("测试事件已排队发送");
    bridge.app.webhooks.idle().await.unwrap();
    browser.get("/webhooks/oa?state=done").await.expect(200).has("webhook.test").has("已送达");
    assert_eq!(endpoint.told().len(), 1);
    let edit = browser.get("/webhooks/oa/edit").await.expect(200);
    let done = browser.submit(&edit, "/webhooks/oa/remove", &[("confirm", "no")]).await;
    browser.follow(&done).await.expect(200);
    let done = browser.submit(&edit, "/webhooks/oa/remove", &[("confirm", "oa")]).await;
    browser.follow(&done).await.expect(200).has("已删除 oa");
    close(bridge).await;
}
