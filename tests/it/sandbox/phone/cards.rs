//! Cards: buttons, menus, votes, and the update that is seen.

use super::*;

#[tokio::test]
async fn a_pressed_button_arrives_encrypted_and_the_update_is_seen() {
    let (world, mut server) = connected().await;
    let browser = Browser::new(&world);
    let sent = send(&world, "template_card", card()).await;
    let page = browser.get("app/7").await;
    assert_eq!(page.status, 200);
    assert!(page.html.contains("请审批 &lt;b&gt;") && !page.html.contains("请审批 <b>"));
    assert!(page.html.contains("name=key value=\"no:17\">驳回</button>"), "{}", page.html);
    let csp = "default-src 'none'; style-src 'self'; script-src 'self'";
    assert!(page.csp.starts_with(csp) && !page.csp.contains("unsafe"), "{}", page.csp);
    assert!(!page.html.contains("style=") && !page.html.contains("onclick"), "nothing inline");

    let pressed = browser.post("app/7/press", &[("message", "1"), ("c:why", "r2"), ("key", "no:17")]).await;
    assert_eq!((pressed.status, pressed.location), (303, format!("/_sandbox/phone/{CORP}/ZhangSan/app/7")));
    let text = server.text().await; // signature and encryption were checked
    assert_eq!(
        (element(&text, "Event"), element(&text, "EventKey"), element(&text, "TaskId")),
        ("template_card_event", "no:17", "oa-1")
    );
    assert_eq!((element(&text, "FromUserName"), element(&text, "OptionId")), ("ZhangSan", "r2"));
    let code = element(&text, "ResponseCode");
    let update = json!({"atall": 1, "agentid": 7, "response_code": code, "button": {"replace_name": "已驳回"}});
    world.app().await.post_ok("message/update_template_card", update).await;
    settled(&world).await;
    let page = browser.get("app/7").await;
    assert!(page.html.contains("<p class=replaced>已驳回</p>") && !page.html.contains("name=key"), "{}", page.html);
    assert!(page.html.contains("<option value=\"r2\" selected>"), "the choice stays visible");
    assert!(page.html.contains("template_card_event") && page.html.contains("已送达"), "behind the scenes");
    let gone = browser.post("app/7/press", &[("message", "1"), ("key", "no:17")]).await;
    assert!(gone.location.ends_with("?note=gone"));
    assert!(browser.get("app/7?note=gone").await.html.contains("按钮已失效"));
    browser.post("app/7/press", &[("message", "1"), ("action", "mute")]).await;
    assert_eq!(element(&server.text().await, "Event"), "template_card_menu_event");

    world.app().await.post_ok("message/recall", json!({"msgid": sent["msgid"]})).await;
    assert!(browser.get("app/7").await.html.contains("“app 7”撤回了一条消息"));
}

#[tokio::test]
async fn a_vote_without_a_tick_is_a_vote_for_nothing() {
    let (world, mut server) = connected().await;
    let browser = Browser::new(&world);
    let options = json!([{"id": "a", "text": "A", "is_checked": true}, {"id": "b", "text": "B"}]);
    send(&world, "template_card", json!({"card_type": "vote_interaction", "task_id": "v", "main_title": {"title": "投票"},
        "checkbox": {"question_key": "q", "mode": 1, "option_list": options}, "submit_button": {"text": "提交", "key": "s"}})).await;
    assert!(browser.get("app/7").await.html.contains("<input type=checkbox name=\"c:q\" value=\"a\" checked>"));
    browser.post("app/7/press", &[("message", "1"), ("q:q", ""), ("key", "s")]).await;
    assert!(server.text().await.contains("<OptionIds></OptionIds>"));
    browser.post("app/7/press", &[("message", "1"), ("q:q", ""), ("c:q", "a"), ("c:q", "b"), ("key", "s")]).await;
    assert!(server.text().await.contains("<OptionId><![CDATA[a]]></OptionId><OptionId><![CDATA[b]]></OptionId>"));
    let bad = browser.post("app/7/press", &[("message", "1"), ("c:q", "z"), ("key", "s")]).await;
    assert!(bad.location.ends_with("?note=choice"));
}
