//! Contents of `message/send`: each type, its limits at the boundary, and what is cut.

use super::*;

fn n(count: usize) -> String {
    "x".repeat(count)
}

fn url(bytes: usize) -> String {
    format!("http://a.example/{}", n(bytes - 17))
}

#[tokio::test]
async fn every_limit_holds_at_its_boundary() {
    let world = world();
    let app = world.app().await;
    world.state().with_corp(CORP, |corp| {
        corp.settings.mini_programs.extend(["wx1".to_owned(), "wx2".to_owned()]);
        corp.apps.get_mut(&7).unwrap().mini_program = "wx1".into();
    });
    let image = media(&app, "image", "a.png", PNG).await;
    let card = |over: Value| {
        let mut card = json!({"title": "t", "description": "d", "url": "http://a"});
        card.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
        card
    };
    let news = |over: Value| {
        let mut article = json!({"title": "t", "url": "http://a"});
        article.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
        json!({"articles": [article]})
    };
    let mpnews = |over: Value| {
        let mut article = json!({"title": "t", "thumb_media_id": image, "content": "c"});
        article.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
        json!({"articles": [article]})
    };
    let notice = |over: Value| {
        let mut notice = json!({"appid": "wx1", "title": "标题标题"});
        notice.as_object_mut().unwrap().extend(over.as_object().unwrap().clone());
        notice
    };
    let articles = |count: usize| json!({"articles": vec![json!({"title": "t", "url": "http://a"}); count]});
    for (msgtype, content, errcode) in [
        ("text", json!({"content": "x"}), 0),
        ("text", json!({"content": ""}), 44004),
        ("text", json!({}), 44004),
        ("markdown", json!({"content": n(2048)}), 0),
        ("markdown", json!({"content": n(2049)}), 40058),
        ("markdown", json!({"content": "中".repeat(682)}), 0), // 2046 bytes
        ("markdown", json!({"content": "中".repeat(683)}), 40058),
        ("markdown", json!({}), 44004),
        ("textcard", card(json!({"title": ""})), 41016),
        ("textcard", card(json!({"description": ""})), 41033),
        ("textcard", card(json!({"url": ""})), 40058),
        ("textcard", card(json!({"url": "a.example/b"})), 45034),
        ("textcard", card(json!({"url": "weixin://b"})), 40127),
        ("textcard", card(json!({"url": url(2048)})), 0),
        ("textcard", card(json!({"url": url(2049)})), 40058),
        ("news", articles(1), 0),
        ("news", articles(8), 0),
        ("news", articles(9), 45008),
        ("news", articles(0), 40058),
        ("news", json!({}), 40058),
        ("news", news(json!({"title": ""})), 41016),
        ("news", news(json!({"url": ""})), 40058),
        ("news", news(json!({"url": url(2048)})), 0),
        ("news", news(json!({"url": url(2049)})), 40058),
        ("news", news(json!({"url": "//a"})), 45034),
        ("news", news(json!({"picurl": url(2048)})), 0),
        ("news", news(json!({"picurl": url(2049)})), 40058),
        ("news", news(json!({"picurl": "a.png"})), 45034),
        ("news", news(json!({"url": "", "appid": "wx1", "pagepath": n(128)})), 0),
        ("news", news(json!({"url": "", "appid": "wx1", "pagepath": n(129)})), 40058),
        ("news", news(json!({"appid": "wx1"})), 40058),
        ("news", news(json!({"pagepath": "p"})), 40058),
        ("news", news(json!({"appid": "wx9", "pagepath": "p"})), 90206),
        ("news", news(json!({"appid": "x", "pagepath": "p"})), 90207),
        ("mpnews", mpnews(json!({})), 0),
        ("mpnews", mpnews(json!({"title": ""})), 41016),
        ("mpnews", mpnews(json!({"thumb_media_id": ""})), 41006),
        ("mpnews", mpnews(json!({"thumb_media_id": "gone"})), 40007),
        ("mpnews", mpnews(json!({"author": n(64)})), 0),
        ("mpnews", mpnews(json!({"author": n(65)})), 45032),
        ("mpnews", mpnews(json!({"content": ""})), 44004),
        ("mpnews", mpnews(json!({"content": n(666 * 1024)})), 0),
        ("mpnews", mpnews(json!({"content": n(666 * 1024 + 1)})), 45002),
        ("mpnews", mpnews(json!({"content_source_url": "a"})), 45034),
        ("miniprogram_notice", notice(json!({})), 0),
        ("miniprogram_notice", notice(json!({"appid": ""})), 90200),
        ("miniprogram_notice", notice(json!({"appid": "wx9"})), 90206),
        ("miniprogram_notice", notice(json!({"appid": "9"})), 90207),
        ("miniprogram_notice", notice(json!({"appid": "wx2"})), 90208),
        ("miniprogram_notice", notice(json!({"title": ""})), 41016),
        ("miniprogram_notice", notice(json!({"title": "标题标"})), 40058),
        ("miniprogram_notice", notice(json!({"title": "标".repeat(12)})), 0),
        ("miniprogram_notice", notice(json!({"title": "标".repeat(13)})), 40058),
        ("miniprogram_notice", notice(json!({"description": "描述描"})), 40058),
        ("miniprogram_notice", notice(json!({"description": "描述描述"})), 0),
        ("miniprogram_notice", notice(json!({"page": n(1024)})), 0),
        ("miniprogram_notice", notice(json!({"page": n(1025)})), 90204),
        ("miniprogram_notice", notice(json!({"content_item": vec![json!({"key": "k", "value": "v"}); 10]})), 0),
        ("miniprogram_notice", notice(json!({"content_item": vec![json!({"key": "k", "value": "v"}); 11]})), 90201),
        (
            "miniprogram_notice",
            notice(json!({"content_item": [{"key": "键".repeat(10), "value": "值".repeat(30)}]})),
            0,
        ),
        ("miniprogram_notice", notice(json!({"content_item": [{"key": "键".repeat(11), "value": "v"}]})), 90202),
        ("miniprogram_notice", notice(json!({"content_item": [{"key": "k", "value": "值".repeat(31)}]})), 90203),
        ("image", json!({}), 41006),
        ("image", json!({"media_id": "gone"}), 40007),
        ("image", json!({"media_id": image}), 0),
        ("voice", json!({"media_id": image}), 40007), // of the wrong kind
        ("interactive_taskcard", json!({"title": "t"}), 40008),
        ("template_msg", json!({}), 40008),
        ("markdown_v2", json!({"content": "x"}), 40008), // robots only
    ] {
        let got = app.post("message/send", to_u1(msgtype, content.clone(), json!({}))).await;
        let shown: String = content.to_string().chars().take(120).collect();
        assert_eq!(got["errcode"], errcode, "{msgtype} {shown}: {got}");
        assert_eq!(got["msgid"].is_string(), errcode == 0, "{got}");
    }
}

#[tokio::test]
async fn long_texts_are_cut_silently_even_in_the_middle_of_a_character() {
    let world = world();
    let app = world.app().await;
    let video = media(&app, "video", "a.mp4", b"\0\0\0\x18ftypisom").await;
    let image = media(&app, "image", "a.png", PNG).await;
    let cases = [
        ("text", json!({"content": n(2048)}), "/content", n(2048), 0),
        ("text", json!({"content": n(2049)}), "/content", n(2048), 1),
        ("text", json!({"content": "中".repeat(683)}), "/content", format!("{}\u{fffd}", "中".repeat(682)), 1),
        ("video", json!({"media_id": video, "title": n(129)}), "/title", n(128), 1),
        ("video", json!({"media_id": video, "description": n(513)}), "/description", n(512), 1),
        ("video", json!({"media_id": video, "title": n(128), "description": n(512)}), "/title", n(128), 0),
        (
            "textcard",
            json!({"title": "中".repeat(128), "description": "中".repeat(512), "url": "http://a"}),
            "/title",
            "中".repeat(128),
            0,
        ),
        (
            "textcard",
            json!({"title": "中".repeat(129), "description": "d", "url": "http://a"}),
            "/title",
            "中".repeat(128),
            1,
        ),
        ("textcard", json!({"title": "t", "description": n(513), "url": "http://a"}), "/description", n(512), 1),
        ("textcard", json!({"title": "t", "description": "d", "url": "http://a"}), "/btntxt", "详情".into(), 0),
        (
            "textcard",
            json!({"title": "t", "description": "d", "url": "http://a", "btntxt": "一二三四"}),
            "/btntxt",
            "一二三四".into(),
            0,
        ),
        (
            "textcard",
            json!({"title": "t", "description": "d", "url": "http://a", "btntxt": "一二三四五"}),
            "/btntxt",
            "一二三四".into(),
            1,
        ),
        ("news", json!({"articles": [{"title": n(129), "url": "http://a"}]}), "/articles/0/title", n(128), 1),
        (
            "news",
            json!({"articles": [{"title": "t", "description": n(513), "url": "http://a"}]}),
            "/articles/0/description",
            n(512),
            1,
        ),
        (
            "mpnews",
            json!({"articles": [{"title": n(129), "thumb_media_id": image, "content": "c", "digest": n(513)}]}),
            "/articles/0/digest",
            n(512),
            2,
        ),
    ];
    for (msgtype, content, pointer, kept, cuts) in cases {
        app.post_ok("message/send", to_u1(msgtype, content, json!({}))).await;
        let message = last(&world);
        let shown = serde_json::to_value(&message.content).unwrap();
        assert_eq!(shown.pointer(pointer).unwrap(), &json!(kept), "{msgtype} {pointer}");
        assert_eq!(message.cuts.len(), cuts, "{msgtype} {pointer}: {:?}", message.cuts);
        world.clock.advance(std::time::Duration::from_secs(10));
    }
    world.state().with_corp(CORP, |corp| corp.message_switches.textcard_counts_bytes = true);
    let card = json!({"title": "中".repeat(43), "description": "d", "url": "http://a"});
    app.post_ok("message/send", to_u1("textcard", card, json!({}))).await;
    let shown = serde_json::to_value(last(&world).content).unwrap();
    assert_eq!(shown["title"], format!("{}\u{fffd}", "中".repeat(42)), "bytes on older pages");
}

#[tokio::test]
async fn safe_is_for_some_types_only() {
    let world = world();
    let app = world.app().await;
    let image = media(&app, "image", "a.png", PNG).await;
    let voice = media(&app, "voice", "a.amr", &amr(10)).await;
    let video = media(&app, "video", "a.mp4", b"\0\0\0\x18ftypisom").await;
    let pdf = media(&app, "file", "a.PDF", b"content").await;
    let zip = media(&app, "file", "a.zip", b"content").await;
    let articles = json!({"articles": [{"title": "t", "thumb_media_id": image, "content": "c"}]});
    for (msgtype, content, safe, errcode) in [
        ("text", json!({"content": "x"}), 1, 0),
        ("text", json!({"content": "x"}), 2, 40058),
        ("text", json!({"content": "x"}), 3, 40058),
        ("image", json!({"media_id": image}), 1, 0),
        ("voice", json!({"media_id": voice}), 0, 0),
        ("voice", json!({"media_id": voice}), 1, 40058),
        ("video", json!({"media_id": video}), 1, 0),
        ("file", json!({"media_id": pdf}), 1, 0),
        ("file", json!({"media_id": zip}), 1, 40058),
        ("file", json!({"media_id": zip}), 0, 0),
        ("mpnews", articles.clone(), 1, 0),
        ("mpnews", articles, 2, 0),
        ("news", json!({"articles": [{"title": "t", "url": "http://a"}]}), 1, 40074),
        ("markdown", json!({"content": "x"}), 1, 40058),
        ("textcard", json!({"title": "t", "description": "d", "url": "http://a"}), 1, 40058),
    ] {
        let got = app.post("message/send", to_u1(msgtype, content, json!({"safe": safe}))).await;
        assert_eq!(got["errcode"], errcode, "{msgtype} safe {safe}: {got}");
        if errcode == 0 {
            assert_eq!(i64::from(last(&world).safe), safe);
        }
    }
    world.state().with_corp(CORP, |corp| corp.message_switches.refuses_unsupported_safe = false);
    let lenient = to_u1("markdown", json!({"content": "x"}), json!({"safe": 1}));
    app.post_ok("message/send", lenient).await;
    assert_eq!(last(&world).safe, 0);
}

#[tokio::test]
async fn wrong_types_are_taken_with_a_warning_and_broken_json_is_not() {
    let world = world();
    let app = world.app().await;
    let got =
        app.post_ok("message/send", to_u1("text", json!({"content": "x"}), json!({"agentid": "7", "safe": "0"}))).await;
    assert_eq!(got["errmsg"], "ok. Warning: wrong json format. ");
    let got = app.refused(44004, "message/send", to_u1("text", json!({"content": 5}), json!({}))).await;
    assert!(got["errmsg"].as_str().unwrap().contains("Warning: wrong json format. "), "{got}");
    app.refused(40058, "message/send", r#"{"touser":"u1","agentid":7,"msgtype":"text","text":{"content":"x"}"#).await;
    app.refused(41011, "message/send", "").await;
    app.refused(
        82001,
        "message/send",
        json!({"toUser": "u1", "agentid": 7, "msgtype": "text", "text": {"content": "x"}}),
    )
    .await;
    app.get_refused(40058, "message/send").await;
    app.post_ok("message/send", r#"{"touser":"u1","agentid":7,"msgtype":"text","text":{"content":"\u4f60"}}"#).await;
    assert_eq!(serde_json::to_value(last(&world).content).unwrap()["content"], "你");
}
