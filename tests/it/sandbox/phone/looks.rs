//! What the pages look like: lists, every type of message, languages, versions, what is dropped.

use super::*;

#[tokio::test]
async fn the_list_shows_what_the_member_can_open() {
    let (world, _server) = connected().await;
    let browser = Browser::new(&world);
    world.state().add_app(CORP, 8, "secret-8", VisibleRange::departments([9]));
    world.state().add_robot(CORP, "k1", "告警机器人", &["zhangsan"]);
    world.state().seed_member(CORP, Member::new("wangwu", "王五", 1));
    let app = world.app().await;
    app.post_ok("appchat/create", json!({"chatid": "c1", "name": "值班群", "userlist": ["zhangsan", "lisi"]})).await;
    let html = browser.get("").await.html;
    assert!(
        html.contains("app 7") && !html.contains("app 8") && !html.contains("值班群") && !html.contains("告警机器人"),
        "{html}"
    );
    app.post_ok("appchat/send", json!({"chatid": "c1", "msgtype": "text", "text": {"content": "群里的话"}})).await;
    let url = format!("{}?key=k1", world.url("webhook/send"));
    let alarm = json!({"msgtype": "markdown", "markdown": {"content": "# 磁盘\n<font color=\"warning\">90%</font>"}});
    world.http().post(url).body(alarm.to_string()).send().await.unwrap();
    send(&world, "text", json!({"content": "通知"})).await;
    let html = browser.get("").await.html;
    let place = |text: &str| html.find(text).unwrap_or_else(|| panic!("{text} in {html}"));
    assert!(place("通知") < place("告警机器人") && place("告警机器人") < place("值班群 (2)"), "the newest first");
    assert_eq!(html.matches("<span class=badge>1</span>").count(), 3);
    assert!(browser.get("chat/c1").await.html.contains("群里的话"));
    let html = browser.get("robot/k1").await.html;
    assert!(html.contains("<p class=h1>磁盘</p>") && html.contains("<span class=warning>90%</span>"), "{html}");
    browser.get("app/7").await;
    assert_eq!(browser.get("").await.html.matches("class=badge").count(), 0, "everything is read");
    let other = format!("/_sandbox/phone/{CORP}/wangwu");
    assert!(!browser.get(&other).await.html.contains("值班群"));
    for (path, status) in [
        (format!("/_sandbox/phone/{CORP}/nobody"), 404),
        ("/_sandbox/phone/ww9/zhangsan".to_owned(), 404),
        (format!("/_sandbox/phone/{CORP}/zhangsan/app/8"), 404),
        (format!("/_sandbox/phone/{CORP}/zhangsan/chat/c9"), 404),
        (format!("/_sandbox/phone?corp={CORP}&userid=ZHANGSAN"), 303),
        (format!("/_sandbox/phone?corp={CORP}&userid=%E6%9D%8E%E5%9B%9B"), 303),
        (format!("/_sandbox/phone?corp={CORP}&userid=wang"), 303),
        (format!("/_sandbox/phone?corp={CORP}&userid=zzz"), 404),
    ] {
        assert_eq!(browser.get(&path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn every_type_of_message_has_its_look() {
    let (world, _server) = connected().await;
    let browser = Browser::new(&world);
    world.state().with_corp(CORP, |corp| {
        corp.settings.mini_programs.insert("wx1".into());
        corp.apps.get_mut(&7).unwrap().mini_program = "wx1".into();
    });
    let media =
        |kind: &str, name: &str, content: &[u8]| world.state().add_media(CORP, kind, name, content.to_vec()).unwrap();
    let mut amr = b"#!AMR\n".to_vec();
    for _ in 0..150 {
        amr.push(0x3c);
        amr.resize(amr.len() + 31, 0);
    }
    let (image, voice, video, file) = (
        media("image", "a.png", PNG),
        media("voice", "a.amr", &amr),
        media("video", "a.mp4", b"...."),
        media("file", "报告.pdf", b"0123456789"),
    );
    let article = |n: u8| json!({"title": format!("标题{n}"), "description": "说明", "url": "http://a", "picurl": "http://a/p.png"});
    for (msgtype, content, looks) in [
        ("text", json!({"content": "见 https://oa.example.org/1。"}), vec!["https://oa.example.org/1</a>。"]),
        ("image", json!({"media_id": image}), vec!["<img src=\"/_sandbox/media/"]),
        ("voice", json!({"media_id": voice}), vec!["<span>3″</span>"]),
        ("video", json!({"media_id": video, "title": "片名"}), vec!["<video controls", "片名"]),
        ("file", json!({"media_id": file}), vec!["报告.pdf", "10 B", ">PDF<"]),
        (
            "textcard",
            json!({"title": "标题", "description": "<div class=\"gray\">2026年</div><div class=\"highlight\">请领取</div><script>", "url": "http://a"}),
            vec!["<div class=gray>2026年</div>", "&lt;script&gt;", "<span class=go>详情</span>"],
        ),
        ("news", json!({"articles": [article(1)]}), vec!["class=single", "<p>说明</p>"]),
        ("news", json!({"articles": [article(2), article(3)]}), vec!["class=first", "class=row", "标题3"]),
        (
            "mpnews",
            json!({"articles": [{"title": "长文", "thumb_media_id": image, "content": "<p>正文</p><script>1</script>", "author": "作者"}]}),
            vec!["/article/9/0", "长文"],
        ),
        (
            "markdown",
            json!({"content": "**粗** `代码` [链接](http://a)\n> 引用\n![x](y)"}),
            vec!["<b>粗</b> <code>代码</code>", "<blockquote>引用</blockquote>"],
        ),
        (
            "miniprogram_notice",
            json!({"appid": "wx1", "title": "会议通知", "emphasis_first_item": true, "content_item": [{"key": "室", "value": "402"}, {"key": "时", "value": "9点"}]}),
            vec!["<b>402</b>", "<dt>时</dt><dd>9点</dd>"],
        ),
        (
            "template_card",
            json!({"card_type": "news_notice", "main_title": {"title": "图文"}, "source": {"desc": "来源", "desc_color": 3},
                   "card_image": {"url": "http://a/b.png"}, "image_text_area": {"title": "左图", "image_url": "http://a/c.png"},
                   "quote_area": {"title": "引用标题", "quote_text": "引用文"}, "vertical_content_list": [{"title": "段", "desc": "落"}],
                   "horizontal_content_list": [{"keyname": "申请人", "type": 3, "userid": "LISI"}, {"keyname": "附件", "type": 2, "media_id": file, "value": "报告.pdf"}],
                   "jump_list": [{"title": "更多", "type": 1, "url": "http://a"}], "card_action": {"type": 1, "url": "http://a"}}),
            vec![
                "class='source d3'",
                "<span class=person-link>李四</span>",
                "download=\"报告.pdf\"",
                "引用文",
                "class='jump'",
            ],
        ),
        (
            "template_card",
            json!({"card_type": "text_notice", "emphasis_content": {"title": "100", "desc": "待办"}, "sub_title_text": "副文本", "card_action": {"type": 1, "url": "http://a"}}),
            vec!["<span class=figure><b>100</b><span>待办</span></span>", "<span class=sub>副文本</span>"],
        ),
        (
            "template_card",
            json!({"card_type": "multiple_interaction", "task_id": "m", "main_title": {"title": "选"}, "submit_button": {"text": "提交", "key": "s"},
                   "select_list": [{"question_key": "q", "title": "地点", "selected_id": "b", "option_list": [{"id": "a", "text": "A"}, {"id": "b", "text": "B"}]}]}),
            vec!["<select name=\"c:q\">", "<option value=\"b\" selected>B</option>"],
        ),
    ] {
        send(&world, msgtype, content).await;
        let html = browser.get("app/7").await.html;
        let entry = html.rsplit("<article").next().unwrap().split("</article>").next().unwrap();
        for look in looks {
            assert!(entry.contains(look), "{msgtype}: {look} in {entry}");
        }
        assert!(!entry.contains("<script"), "{msgtype}");
    }
    let page = browser.get("article/9/0").await;
    assert!(page.html.contains("<p>正文</p>") && page.csp.starts_with("sandbox "), "{}", page.csp);
    assert_eq!(browser.get("article/9/1").await.status, 404);
    assert_eq!(
        browser.get(&format!("/_sandbox/phone/{CORP}/nobody/article/9/0")).await.status,
        404,
        "not sent to them"
    );
    let body = json!({"touser": "zhangsan", "agentid": 7, "msgtype": "text", "enable_id_trans": 1, "safe": 1,
        "text": {"content": "$userName=LISI$ $departmentName=1$ $userName=nobody$ 5$"}});
    world.app().await.post_ok("message/send", body).await;
    let html = browser.get("app/7").await.html;
    assert!(html.contains(&format!("李四 {CORP} $userName=nobody$ 5$")) && html.contains("保密消息"), "{html}");
}

#[tokio::test]
async fn labels_are_chinese_first_and_english_on_demand() {
    let (world, _server) = connected().await;
    let browser = Browser::new(&world);
    assert!(browser.get("app/7").await.html.contains("还没有消息"));
    let page = browser.get("app/7?lang=en&look=dark").await;
    assert!(
        page.html.contains("No messages yet") && page.html.contains("<html lang=en data-look=dark>"),
        "{}",
        page.html
    );
    assert!(page.cookies.contains("sandbox_lang=en") && page.cookies.contains("sandbox_look=dark"), "{}", page.cookies);
    let request = browser.http.get(browser.url("app/7")).header("Cookie", "sandbox_lang=en; sandbox_look=nonsense");
    let page = browser.send(request).await;
    assert!(page.html.contains("No messages yet") && page.html.contains("data-look=auto"));
}

#[tokio::test]
async fn the_version_moves_with_everything_that_can_be_seen() {
    let (world, mut server) = connected().await;
    let browser = Browser::new(&world);
    let version = async || browser.get("version").await.html;
    let mut seen = vec![version().await];
    send(&world, "template_card", card()).await;
    seen.push(version().await);
    browser.post("app/7/press", &[("message", "1"), ("key", "ok:17")]).await;
    server.next().await;
    settled(&world).await;
    seen.push(version().await);
    seen.dedup();
    assert_eq!(seen.len(), 3);
    browser.get("app/7").await;
    assert_eq!(Some(&version().await), seen.last(), "looking changes nothing");
    for (path, kind) in [("/_sandbox/phone.css", "text/css"), ("/_sandbox/phone.js", "text/javascript")] {
        let answer = browser.http.get(browser.url(path)).send().await.unwrap();
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with(kind));
    }
}

#[tokio::test]
async fn dropped_messages_are_hidden_from_the_chat_and_told_behind_the_scenes() {
    let (world, _server) = connected().await;
    world.state().with_corp(CORP, |corp| corp.message_limits.member_minute = 1);
    world.state().set_delivery(DeliveryOptions { loss: 1.0, ..DeliveryOptions::default() });
    let browser = Browser::new(&world);
    send(&world, "text", json!({"content": "第一条"})).await;
    send(&world, "text", json!({"content": "第二条"})).await;
    world.state().act(CORP, "zhangsan", 7, Act::Text { content: "丢".into() }).unwrap();
    let html = browser.get("app/7").await.html;
    let (chat, backstage) = html.split_once("id=backstage").unwrap();
    assert!(chat.contains("第一条") && !chat.contains("第二条"));
    assert!(
        backstage.contains("第二条") && backstage.contains("被静默丢弃") && backstage.contains("按故障设置丢弃"),
        "{backstage}"
    );
    let page = browser.get(&format!("/?corp={CORP}&view=messages&find=LISI")).await;
    assert!(page.html.contains("静默丢弃 dropped 2") && page.html.contains("第一条"), "{}", page.html);
    let page = browser.get(&format!("/?corp={CORP}")).await;
    assert!(page.html.contains(&format!("/_sandbox/phone/{CORP}/lisi")));
}
