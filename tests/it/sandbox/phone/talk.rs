//! Texts, pictures, menus, opening an app, codes and links.

use super::*;

#[tokio::test]
async fn texts_and_pictures_reach_the_app_and_replies_the_phone() {
    let (world, mut server) = connected().await;
    let browser = Browser::new(&world);
    server.answer([Answer::Reply(format!(
        "<xml><ToUserName>ZhangSan</ToUserName><FromUserName>{CORP}</FromUserName><CreateTime>1</CreateTime>\
         <MsgType>text</MsgType><Content><![CDATA[见<a href=\"https://oa.example.org/?a=1&b=2\">这里</a>\n第二行]]></Content></xml>"
    ))]);
    let said = browser.post("app/7/say", &[("content", "你好 <script>")]).await;
    assert_eq!(said.status, 303);
    assert_eq!(element(&server.text().await, "Content"), "你好 <script>");
    settled(&world).await;
    let html = browser.get("app/7").await.html;
    assert!(html.contains("你好 &lt;script&gt;") && !html.contains("<script>"), "{html}");
    assert!(
        html.contains("open?url=https%3A%2F%2Foa%2Eexample%2Eorg%2F%3Fa%3D1%26b%3D2\">这里</a><br>第二行"),
        "{html}"
    );
    browser.upload("app/7/picture", vec![("picture", Some("a.png"), PNG.to_vec())]).await;
    let text = server.text().await;
    let url = element(&text, "PicUrl");
    assert!(url.starts_with(&format!("{}/_sandbox/media/{CORP}/", world.sandbox.base_url())));
    assert_eq!(world.http().get(url).send().await.unwrap().bytes().await.unwrap(), PNG, "the app can fetch it");
    let refused = browser.upload("app/7/picture", vec![("picture", Some("a.gif"), b"GIF89a".to_vec())]).await;
    assert!(refused.location.ends_with("?note=picture"));
    assert!(browser.post("app/7/say", &[("content", " ")]).await.location.ends_with("?note=empty"));
    world.state().with_corp(CORP, |corp| corp.apps.get_mut(&7).unwrap().callback = None);
    let html = browser.get("app/7").await.html;
    assert!(html.contains("未设置接收消息服务器") && !html.contains("name=content"), "{html}");
}

#[tokio::test]
async fn menus_open_and_fire() {
    let (world, mut server) = connected().await;
    let browser = Browser::new(&world);
    let menu = json!({"button": [
        {"type": "click", "name": "待办", "key": "todo"},
        {"type": "view", "name": "首页", "url": "https://oa.example.org/home?x=1"},
        {"name": "更多", "sub_button": [
            {"type": "scancode_push", "name": "扫码", "key": "s"},
            {"type": "pic_weixin", "name": "相册", "key": "p"},
            {"type": "location_select", "name": "位置", "key": "l"},
        ]},
    ]});
    world.app().await.post_ok("menu/create?agentid=7", menu).await;
    let html = browser.get("app/7").await.html;
    assert!(
        html.contains("/app/7/menu/0\"") && html.contains("/app/7/view/1\"") && html.contains("/app/7/menu/2-1\""),
        "{html}"
    );
    browser.upload("app/7/menu/0", vec![("x", None, vec![])]).await;
    assert_eq!(element(&server.text().await, "EventKey"), "todo");
    let page = browser.get("app/7/view/1").await;
    assert_eq!((page.status, page.location.as_str()), (303, "https://oa.example.org/home?x=1"));
    assert!(page.cookies.contains(&format!("sandbox_member={CORP}:ZhangSan")), "{}", page.cookies);
    assert_eq!(element(&server.text().await, "Event"), "view");
    assert!(browser.get("app/7/menu/2-0").await.html.contains("name=scanned"));
    let page = browser.upload("app/7/menu/2-0", vec![("scanned", None, b"https://oa.example.org/s/1".to_vec())]).await;
    assert!(
        page.html.contains("http-equiv=refresh")
            && page.html.contains("open?url=https%3A%2F%2Foa%2Eexample%2Eorg%2Fs%2F1"),
        "{}",
        page.html
    );
    assert_eq!(element(&server.text().await, "ScanResult"), "https://oa.example.org/s/1");
    assert!(browser.get("app/7/menu/2-1").await.html.contains("multiple"));
    browser
        .upload(
            "app/7/menu/2-1",
            vec![("picture", Some("a.png"), PNG.to_vec()), ("picture", Some("b.png"), PNG.to_vec())],
        )
        .await;
    assert_eq!(element(&server.text().await, "Count"), "2");
    assert_eq!(element(&server.text().await, "MsgType"), "image");
    assert_eq!(element(&server.text().await, "MsgType"), "image");
    let place = vec![
        ("label", None, "广州".into()),
        ("latitude", None, b"23.1".to_vec()),
        ("longitude", None, b"113.3".to_vec()),
    ];
    browser.upload("app/7/menu/2-2", place).await;
    assert_eq!(element(&server.text().await, "Event"), "location_select");
    assert_eq!(element(&server.text().await, "MsgType"), "location");
    assert!(browser.upload("app/7/menu/2-2", vec![("label", None, vec![])]).await.location.ends_with("?note=empty"));
    assert_eq!(browser.get("app/7/menu/9").await.status, 404);
    assert!(browser.get("app/7/view/9").await.location.ends_with("?note=gone"));
}

#[tokio::test]
async fn opening_an_app_tells_it_once_and_looking_again_does_not() {
    let (world, mut server) = connected().await;
    let browser = Browser::new(&world);
    world.state().with_corp(CORP, |corp| corp.apps.get_mut(&7).unwrap().isreportenter = true);
    let page = browser.post("app/7/enter", &[]).await;
    assert!(page.location.ends_with("/app/7"));
    assert_eq!(element(&server.text().await, "Event"), "enter_agent");
    for _ in 0..3 {
        browser.get("app/7").await;
    }
    settled(&world).await;
    assert!(server.is_quiet());
}

#[tokio::test]
async fn codes_and_links_open_as_the_member() {
    let (world, _server) = connected().await;
    let browser = Browser::new(&world);
    assert!(browser.get("scan").await.html.contains("name=payload"));
    let page = browser.post("scan", &[("payload", " https://oa.example.org/s/abc ")]).await;
    assert!(page.html.contains("content=\"0;url=/_sandbox/phone/"), "{}", page.html);
    let page = browser.get("open?url=https%3A%2F%2Foa.example.org%2Fs%2Fabc").await;
    assert_eq!((page.status, page.location.as_str()), (303, "https://oa.example.org/s/abc"));
    assert!(page.cookies.contains("sandbox_member=") && page.cookies.contains("HttpOnly"), "{}", page.cookies);
    for text in ["javascript:alert(1)", "file:///etc/passwd", "ABC-123", "/relative"] {
        let page = browser
            .get(&format!("open?url={}", url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>()))
            .await;
        assert_eq!((page.status, page.location.as_str()), (200, ""), "{text}");
        assert!(page.html.contains("内容不是网址"), "{text}");
    }
}
