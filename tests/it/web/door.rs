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

/// Who has chosen nothing and whose browser says nothing gets the language of the settings.
#[tokio::test]
async fn the_language_of_the_settings_is_for_who_has_chosen_none() {
    let bridge = Bridge::start().await;
    let ask = async |accepted: Option<&str>| {
        let request = bridge.bare(Method::GET, "/sign-in").header("accept", "text/html");
        let request =
            accepted.map(|lang| request.try_clone().unwrap().header("accept-language", lang)).unwrap_or(request);
        let text = request.send().await.unwrap().text().await.unwrap();
        text.split("<html lang=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    assert_eq!(ask(None).await, "zh-CN");
    bridge.put("/api/v1/settings", &serde_json::json!({ "language": "en" })).await.expect(200);
    for (accepted, expected) in
        [(None, "en"), (Some("fr"), "en"), (Some("zh-CN,zh;q=0.9"), "zh-CN"), (Some("en"), "en")]
    {
        assert_eq!(ask(accepted).await, expected, "{accepted:?}");
    }
    bridge.stop().await;
}

/// A proxy on plain http may ask under another name than the browser: the form is taken where the public address or a trusted proxy
/// says so.
#[tokio::test]
async fn forms_behind_a_proxy_are_taken_from_the_public_address() {
    let config = "trusted_proxies = [\"127.0.0.1\"]";
    let bridge = Bridge::start_with(config, wecom_bridge::clock::Clock::system()).await;
    let browser = Browser::sign_in(&bridge, Role::Administrator).await;
    let form = browser.get("/system/audit").await.expect(200).form("/system/audit/verify");
    let send = async |origin: &str, forwarded: Option<&str>| {
        let request = browser.request(Method::POST, "/system/audit/verify").header("origin", origin).form(&form.fields);
        let request = match forwarded {
            Some(host) => request.header("x-forwarded-host", host),
            None => request,
        };
        browser.send(request).await.status
    };
    let public = "http://bridge.example.com:8080";
    assert_eq!(send(&bridge.base, None).await, 303, "its own address");
    assert_eq!(send(public, None).await, 403);
    assert_eq!(send(public, Some("bridge.example.com:8080")).await, 303, "a trusted proxy");
    assert_eq!(send(public, Some("other.example.com")).await, 403);
    let settings = serde_json::json!({ "public_url": public });
    bridge.put("/api/v1/settings", &settings).await.expect(200);
    assert_eq!(send(public, None).await, 303, "the public address");
    assert_eq!(send("https://bridge.example.com:8080", None).await, 403, "another scheme");
    assert_eq!(send("null", None).await, 403);
    bridge.stop().await;

    let bridge = Bridge::start().await;
    let browser = Browser::sign_in(&bridge, Role::Administrator).await;
    let form = browser.get("/system/audit").await.expect(200).form("/system/audit/verify");
    let request = browser.request(Method::POST, "/system/audit/verify").form(&form.fields);
    let request = request.header("origin", public).header("x-forwarded-host", "bridge.example.com:8080");
    browser.send(request).await.expect(403);
    bridge.stop().await;
}

/// Monitors and link checkers ask with HEAD.
#[tokio::test]
async fn head_is_answered_like_get_without_the_body() {
    let bridge = Bridge::start().await;
    let browser = Browser::sign_in(&bridge, Role::Administrator).await;
    for (path, status) in
        [("/sign-in", 200), ("/", 200), ("/system/accounts.csv", 200), ("/nothing", 404), ("/sign-out", 405)]
    {
        let answer = browser.send(browser.request(Method::HEAD, path)).await.expect(status);
        assert_eq!(answer.text, "", "{path}");
    }
    let stranger = Browser::new(&bridge);
    stranger.send(stranger.request(Method::HEAD, "/system/accounts")).await.expect(303);
    let rest = bridge.request(Method::HEAD, "/api/v1/corps").send().await.unwrap();
    assert_eq!(rest.status().as_u16(), 200);
    bridge.stop().await;
}

/// The address that set-up stores and prints has no slash at its end.
#[tokio::test]
async fn the_bare_prefix_leads_to_the_first_page() {
    let bridge = Bridge::start_with("base_path = \"/bridge\"", wecom_bridge::clock::Clock::system()).await;
    let origin = bridge.base.trim_end_matches("/bridge").to_owned();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    for (path, status, to) in [
        ("/bridge", 302, Some("/bridge/")),
        ("/bridge?lang=en", 302, Some("/bridge/?lang=en")),
        ("/bridge/healthz", 200, None),
        ("/bridges", 404, None),
        ("/", 404, None),
    ] {
        let answer = client.get(format!("{origin}{path}")).send().await.unwrap();
        let location = answer.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        assert_eq!((answer.status().as_u16(), location.as_deref()), (status, to), "{path}");
    }
    bridge.stop().await;
}
