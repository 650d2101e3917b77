//! Whom the pages let in.

use super::browser::{Browser, PASSWORD};
use crate::api::bridge::Bridge;
use reqwest::Method;
use wecom_bridge::model::Role;

#[tokio::test]
async fn strangers_sign_in_first_and_come_back() {
    let bridge = Bridge::start().await;
    let known = Browser::sign_in(&bridge, Role::Administrator).await;
    known.get("/").await.expect(200).has("王管理").has("退出登录");
    let known = known.in_english().await;
    let page = known.get("/").await.expect(200);
    page.has("Sign out").lacks("退出登录");
    assert!(page.has_form("/sign-out") && !page.has_form("/sign-in"));
    let stranger = Browser::new(&bridge);
    assert_eq!(stranger.get("/?x=1").await.location(), "/sign-in?next=%2F%3Fx%3D1");
    let page = stranger.get("/sign-in?next=%2Fsystem%2Fabout").await.expect(200);
    let wrong = stranger.submit(&page, "/sign-in", &[("name", "nobody"), ("password", PASSWORD)]).await;
    assert_eq!(wrong.form("/sign-in").fields.iter().find(|field| field.0 == "next").unwrap().1, "/system/about");
    wrong.expect(401).has("账号或密码不正确");
    bridge.stop().await;
}

#[tokio::test]
async fn forms_without_their_token_or_from_elsewhere_are_refused() {
    let bridge = Bridge::start().await;
    let browser = Browser::sign_in(&bridge, Role::Administrator).await;
    let bare = browser.request(Method::POST, "/sign-out").form(&[("_csrf", "AAAA")]);
    browser.send(bare).await.expect(403);
    let page = browser.get("/").await.expect(200);
    let form = page.form("/sign-out");
    let foreign = browser.request(Method::POST, "/sign-out").header("sec-fetch-site", "cross-site").form(&form.fields);
    browser.send(foreign).await.expect(403);
    browser.get("/").await.expect(200);
    let left = browser.submit(&page, "/sign-out", &[]).await;
    assert_eq!(left.location(), "/sign-in");
    assert_eq!(browser.get("/").await.location(), "/sign-in");
    bridge.stop().await;
}

/// The answer of a form may stand at an address that is no page; its links to another language and other colours lead to
/// the page that the form stood on, or to the one above.
#[tokio::test]
async fn the_answer_of_a_form_can_be_read_in_another_language() {
    let bridge = Bridge::start().await;
    let browser = Browser::sign_in(&bridge, Role::Administrator).await;
    let form = browser.get("/system/backup").await.expect(200).form("/system/backup/verify");
    let post = |from: Option<&str>| {
        let request = browser.request(Method::POST, &form.action).form(&form.fields);
        match from {
            Some(from) => request.header("referer", from),
            None => request,
        }
    };
    let elsewhere = "http://elsewhere.example/system/backup?page=2";
    let own = format!("{}/system/backup?page=2", bridge.base);
    let itself = format!("{}/system/backup/verify", bridge.base);
    for (from, expected) in [
        (None, "/system/backup?"),
        (Some(elsewhere), "/system/backup?"),
        (Some(itself.as_str()), "/system/backup?"),
        (Some(own.as_str()), "/system/backup?page=2&"),
    ] {
        let answer = browser.send(post(from)).await.expect(200);
        let links: Vec<String> = answer.links().filter(|url| url.contains("lang=") || url.contains("theme=")).collect();
        assert_eq!(links.len(), 5, "{from:?}");
        for link in links {
            assert!(link.starts_with(expected), "{from:?}: {link}");
            let chosen = browser.get(&link).await;
            browser.follow(&chosen).await.expect(200);
        }
    }
    bridge.stop().await;
}

/// Whoever has signed in and opens an address that leads nowhere, or the address of a form, can go on from there.
#[tokio::test]
async fn an_unknown_address_keeps_the_navigation() {
    let bridge = Bridge::start().await;
    let browser = Browser::sign_in(&bridge, Role::Auditor).await;
    for (path, status) in [("/nothing/here", 404), ("/sign-out", 405)] {
        let page = browser.get(path).await.expect(status);
        page.has("王管理").has("主导航");
        assert!(page.has_form("/sign-out"), "{path}");
    }
    browser.get("/nothing/here").await.has("没有这个页面");
    assert_eq!(browser.get("/nothing/here?a=1&lang=en").await.location(), "/nothing/here?a=1");
    let stranger = Browser::new(&bridge);
    let page = stranger.get("/nothing/here").await.expect(404);
    page.has("没有这个页面").lacks("主导航");
    assert_eq!(stranger.get("/nothing/here?theme=dark").await.location(), "/nothing/here");
    bridge.stop().await;
}
